//! The editor's face: a language server that publishes the findings of open documents.

use crate::report::Settings;

/// Serves one client on standard input and output; the exit status of the process.
pub fn serve(_settings: Settings) -> u8 {
    0
}
