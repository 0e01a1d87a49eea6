//! The same input gives the same bytes, whatever the number of threads.

mod common;

use std::path::Path;
use std::process::Command;

fn lint(format: &str, threads: &str) -> Vec<u8> {
    let _ = common::fixtures();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let arguments = [
        "-f",
        format,
        "--threads",
        threads,
        "--min-confidence",
        "possible",
        ".",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_leaklint"))
        .args(arguments)
        .current_dir(fixtures)
        .output();
    let output = output.unwrap();
    assert!(
        output.status.code().is_some(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn same_bytes_on_any_number_of_threads() {
    for format in ["pretty", "unix", "json", "sarif"] {
        let first = lint(format, "1");
        assert!(!first.is_empty(), "{format}: the fixtures leak");
        for threads in ["1", "4", "4", "0"] {
            assert!(
                lint(format, threads) == first,
                "{format} differs on {threads} threads"
            );
        }
    }
}
