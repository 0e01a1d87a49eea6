//! Suppression comments: `// leaklint-disable-next-line rule -- reason` and its kin.

use crate::source::Span;

/// A suppression comment as it stands in the file.
#[derive(Clone, Debug)]
pub struct Directive {
    pub span: Span,
}
