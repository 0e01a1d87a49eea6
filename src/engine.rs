//! One pure function from a file's text to what there is to say about it. No input or output here.

use crate::finding::{Finding, Problem};
use crate::source::Source;
use crate::suppress::Directive;

/// Everything that one file's analysis yields: small, owned, and free of the syntax tree.
#[derive(Debug, Default)]
pub struct FileResult {
    /// All findings of every confidence, in order of place.
    pub findings: Vec<Finding>,
    pub directives: Vec<Directive>,
    pub problems: Vec<Problem>,
}

/// Analyses one file. Never panics on any input, and does no input or output.
pub fn analyze(_source: &Source) -> FileResult {
    FileResult::default()
}

/// The facts about one file as text, for `--debug=model`.
pub fn model_dump(_source: &Source) -> String {
    String::new()
}
