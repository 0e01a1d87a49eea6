//! The only door to SWC: text in, our own [`Tree`] out. Nothing beyond this folder names an SWC type.

mod lower;
mod parse;
pub mod tree;

pub use parse::{Parsed, parse};
#[doc(hidden)]
pub use parse::parse_only;
pub use tree::Tree;
