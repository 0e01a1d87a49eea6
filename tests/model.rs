//! The model's tables for small programs, against the dump beside each.
//!
//! `UPDATE_EXPECT=1 cargo test --test model` writes the dumps anew; whoever does so reads the difference.

use std::fs;
use std::path::{Path, PathBuf};

use leaklint::discover::skip_by_name;
use leaklint::engine::model_dump;
use leaklint::run::with_deep_stacks;
use leaklint::source::Source;

#[test]
fn dumps_of_the_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/model");
    let mut programs: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| skip_by_name(path).is_none())
        .collect();
    programs.sort();
    assert!(programs.len() >= 8, "{} programs", programs.len());
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for path in &programs {
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = Source::new(name, fs::read_to_string(path).unwrap());
        let dump = with_deep_stacks(1, || model_dump(&source));
        let expected = path.with_extension("dump");
        if update {
            fs::write(&expected, &dump).unwrap();
        }
        let known = fs::read_to_string(&expected).unwrap_or_default();
        if known != dump {
            wrong.push(format!("fixtures/model/{name}\n{}", difference(&known, &dump)));
        }
    }
    let count = wrong.len();
    assert!(
        count == 0,
        "{count} dumps differ (UPDATE_EXPECT=1 writes them anew):\n{}",
        wrong.join("\n")
    );
}

/// The lines that only one of the texts has.
fn difference(known: &str, now: &str) -> String {
    let missing = |mark: char, from: &str, other: &str| {
        let only = from.lines().filter(|line| !other.lines().any(|it| it == *line));
        only.map(|line| format!("  {mark} {line}\n")).collect::<String>()
    };
    let text = missing('-', known, now) + &missing('+', now, known);
    if text.is_empty() {
        "  the order of the lines differs\n".to_string()
    } else {
        text
    }
}
