//! The only door to SWC: text in, our own [`Tree`] out. Nothing beyond this folder names an SWC type.

mod downlevel;
mod embedded;
mod lower;
#[cfg(test)]
mod oracle;
mod parse;
pub mod tree;

#[doc(hidden)]
pub use parse::parse_only;
pub use parse::{Parsed, parse};
pub use tree::Tree;
