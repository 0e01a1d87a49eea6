//! Finds memory leaks in JavaScript and TypeScript source. `ARCHITECTURE.md` is the map.

pub mod apis;
pub mod cli;
pub mod discover;
pub mod engine;
pub mod finding;
pub mod lsp;
pub mod memory;
pub mod model;
pub mod output;
pub mod project;
pub mod report;
pub mod rules;
pub mod run;
pub mod source;
pub mod suppress;
pub mod syntax;
