//! What the documents show is what leaklint does.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{LEAK, Project};
use leaklint::rules::page::pages;
use serde_json::Value;

#[test]
fn the_finding_in_the_readme_is_real() {
    let readme = read("README.md");
    let (code, output) = (block(&readme, "ts"), block(&readme, "text"));
    let project = Project::new(&[("src/sessions.ts", code)]);
    let outcome = project.run(&[]).expect(1);
    assert_eq!(outcome.stdout.trim_end(), output.trim_end());
}

#[test]
fn the_readme_lists_the_rules() {
    let readme = read("README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.contains("](rules/")).collect();
    let row = |name: &str, summary: &str| format!("| [{name}](rules/{name}.md) | {summary} |");
    let expected: Vec<String> = pages().iter().map(|page| row(page.name, &page.summary)).collect();
    assert_eq!(rows, expected);
}

#[test]
fn options_in_the_readme_exist() {
    let readme = read("README.md");
    let help = Project::new(&[]).run(&["--help"]).expect(0).stdout;
    let usage = readme
        .split("\n## ")
        .find(|section| section.starts_with("Usage"))
        .unwrap();
    let rows = usage.lines().filter(|line| line.starts_with("| `-"));
    let options: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split(['`', ',', ' ']))
        .filter(|word| word.starts_with('-'))
        .collect();
    assert!(options.len() > 10, "{options:?}");
    for option in options {
        let known = |line: &str| line.split([' ', ',']).any(|word| word == option);
        assert!(help.lines().any(known), "{option} is not in --help");
    }
}

#[test]
fn every_member_of_the_json_format_is_described() {
    let project = Project::new(&[
        ("a.js", LEAK),
        ("b.js", "let = (\n"),
        ("node_modules/c/d.js", LEAK),
    ]);
    let json = project.run(&["--format", "json"]).expect(1).json();
    let document = read("docs/json.md");
    let mut tables = document.split("\n| --- | --- |\n").skip(1).map(described);

    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&json), tables.next().unwrap(), "the whole");
    assert_eq!(keys(&json["findings"][0]), tables.next().unwrap(), "a finding");

    let named = |value: &Value| {
        for key in keys(value) {
            assert!(document.contains(&format!("`{key}`")), "{key} is not described");
        }
    };
    for part in ["tool", "summary", "files"] {
        named(&json[part]);
    }
    let finding = &json["findings"][0];
    for part in [
        &json["problems"][0],
        &json["files"]["skipped"][0],
        &finding["steps"][0],
        &finding["range"],
    ] {
        named(part);
    }
    named(&finding["range"]["start"]);
    for step in finding["steps"].as_array().unwrap() {
        assert!(
            document.contains(&format!("`{}`", step["role"].as_str().unwrap())),
            "{step}"
        );
    }
}

#[test]
fn links_lead_somewhere() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/json.md",
        "rules/apis/README.md",
    ] {
        let text = read(document);
        let folder = Path::new(document).parent().unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link)
        {
            if !link.contains("://") && !link.starts_with('#') {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(link);
                assert!(path.exists(), "{document}: {link}");
            }
        }
    }
}

/// The members in the first column of the table at the start of a text.
fn described(table: &str) -> BTreeSet<String> {
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
        .map(str::to_string)
        .collect()
}

/// The first fenced block in a language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("```\n").unwrap().0
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
