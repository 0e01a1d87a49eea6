//! Source text and places in it. Offsets are UTF-8 bytes everywhere; lines and columns exist only at the edge.

use std::sync::{Arc, OnceLock};

/// A half-open byte range of a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub lo: u32,
    pub hi: u32,
}

impl Span {
    pub fn new(lo: u32, hi: u32) -> Span {
        Span { lo, hi }
    }

    pub fn encloses(self, inner: Span) -> bool {
        self.lo <= inner.lo && inner.hi <= self.hi
    }
}

/// A place as people and editors count it: 1-based line, 1-based column in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    pub line: u32,
    pub column: u32,
}

/// One file's text with the name under which it is reported. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative path with forward slashes, as printed.
    pub path: Arc<str>,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// Lies in a folder of tests or examples.
    pub aside: bool,
    line_starts: Arc<OnceLock<Vec<u32>>>,
}

impl Source {
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let text: Arc<str> = text.into();
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.into(),
            None => text,
        };
        Source {
            path: path.into(),
            text,
            aside: false,
            line_starts: Arc::default(),
        }
    }

    /// Byte offset of the start of each line; built on first use, since most files have no finding.
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0)
                .chain(newlines.map(|at| at as u32 + 1))
                .collect()
        })
    }

    /// 0-based index of the line that holds `offset`.
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&start| start <= offset) - 1
    }

    /// Byte range of a 0-based line, without its line break.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let lo = starts[line];
        let hi = starts
            .get(line + 1)
            .map_or(self.text.len() as u32, |&next| next - 1);
        let text = &self.text[lo as usize..hi as usize];
        Span::new(lo, lo + text.strip_suffix('\r').unwrap_or(text).len() as u32)
    }

    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_index(offset);
        let start = self.line_starts()[line] as usize;
        let end = self
            .text
            .floor_char_boundary((offset as usize).min(self.text.len()));
        let column = self.text[start..end.max(start)].encode_utf16().count() as u32 + 1;
        LineColumn {
            line: line as u32 + 1,
            column,
        }
    }

    /// The part of a span that lies on its first line: what is underlined and annotated.
    pub fn first_line(&self, span: Span) -> Span {
        let line = self.line_span(self.line_index(span.lo));
        Span::new(span.lo.min(line.hi), span.hi.clamp(span.lo.min(line.hi), line.hi))
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.lo as usize..span.hi as usize).unwrap_or("")
    }
}
