//! Finds memory leaks in JavaScript and TypeScript source. `ARCHITECTURE.md` is the map.

pub mod apis;
pub mod engine;
pub mod finding;
pub mod model;
pub mod rules;
pub mod source;
pub mod suppress;
pub mod syntax;
