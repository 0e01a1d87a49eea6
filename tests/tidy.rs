//! Invariants of the repository that the compiler does not enforce.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leaklint::apis;
use leaklint::rules::RULES;

#[test]
fn swc_stays_behind_its_door() {
    let outside = |path: &str| !path.starts_with("src/syntax/");
    let wrong = lines_with(outside, |line| line.contains("swc_"));
    assert!(
        wrong.is_empty(),
        "swc_ outside of src/syntax:\n{}",
        wrong.join("\n")
    );

    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    for (name, dependency) in manifest["dependencies"].as_table().unwrap() {
        if name.starts_with("swc_") {
            let version = dependency.get("version").unwrap_or(dependency).as_str().unwrap();
            assert!(version.starts_with('='), "{name} {version} is not pinned");
        }
    }
}

/// Printing macros panic when nobody reads; `cli` has functions that do not.
#[test]
fn nothing_prints_past_the_command_line() {
    let macros = ["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!("];
    let prints = |line: &str| macros.iter().any(|name| calls(line, name));
    let wrong = lines_with(|_| true, prints);
    assert!(wrong.is_empty(), "printing macros:\n{}", wrong.join("\n"));
}

#[test]
fn the_engine_does_no_input_or_output() {
    let faces = [
        "src/cli.rs",
        "src/discover.rs",
        "src/lsp/",
        "src/main.rs",
        "src/run.rs",
        "src/output/",
    ];
    let engine = |path: &str| !faces.iter().any(|face| path.starts_with(face));
    let touches = |line: &str| {
        ["fs", "io", "env", "net", "process", "time"]
            .iter()
            .any(|module| line.contains(&format!("std::{module}")))
            || line.contains("use std::{") && ["fs", "io", "env"].iter().any(|module| line.contains(module))
    };
    let wrong = lines_with(engine, touches);
    assert!(
        wrong.is_empty(),
        "input, output or clocks in the engine:\n{}",
        wrong.join("\n")
    );

    let wrong = lines_with(
        |_| true,
        |line| line.contains("std::net") || line.contains("process::Command"),
    );
    assert!(
        wrong.is_empty(),
        "network or other programs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn rules_are_sorted_by_name() {
    assert!(RULES.is_sorted_by_key(|rule| rule.name));
}

#[test]
fn every_api_model_is_compiled_in_and_names_types_that_exist() {
    let built_in = apis::built_in(); // Panics with the name of a file that does not parse.
    let code = read("src/apis.rs");
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    let mut references: Vec<(String, String)> = Vec::new();
    for (file, model) in models() {
        let text = format!("include_str!(\"../rules/apis/{file}\")");
        assert!(code.contains(&text), "rules/apis/{file} is not compiled in");
        for ty in list(&model, "type") {
            let name = ty["name"].as_str().unwrap().to_string();
            assert!(
                built_in.type_named(&name).is_some(),
                "{file}: {name} was not read"
            );
            if let Some(other) = types.insert(name.clone(), file.clone()) {
                panic!("{name} stands in {other} and in {file}");
            }
        }
        collect_references(&toml::Value::Table(model), &file, &mut references);
    }
    references.retain(|(_, name)| !types.contains_key(name));
    assert!(
        references.is_empty(),
        "types that no model describes: {references:?}"
    );
}

#[test]
fn every_resource_is_reported_by_a_rule_and_every_acquisition_is_of_a_resource() {
    let mut resources = BTreeSet::new();
    let mut acquired = BTreeSet::new();
    for (file, model) in models() {
        for resource in list(&model, "resource") {
            let name = resource["name"].as_str().unwrap().to_string();
            let rule = resource["rule"].as_str().unwrap();
            let known = RULES.iter().any(|it| it.name == rule);
            assert!(known, "{file}: {rule} of {name}");
            if let Some(renewed) = resource.get("renewed") {
                acquired.insert(renewed.as_str().unwrap().to_string());
            }
            assert!(resources.insert(name.clone()), "{file}: {name} stands twice");
        }
        collect_acquired(&toml::Value::Table(model), &mut acquired);
    }
    // Told by what is done with them, not by what makes them.
    acquired.extend(["listener", "part"].map(str::to_string));
    assert_eq!(acquired, resources);
}

/// The values of all keys `acquires`.
fn collect_acquired(value: &toml::Value, out: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value.as_str().filter(|_| key == "acquires") {
                    Some(name) => drop(out.insert(name.to_string())),
                    None => collect_acquired(value, out),
                }
            }
        }
        toml::Value::Array(values) => values.iter().for_each(|value| collect_acquired(value, out)),
        _ => {}
    }
}

/// Names of APIs are data. A rule that spells one knows something that the other rules do not.
#[test]
fn rules_spell_no_name_of_an_api() {
    let names = api_names();
    assert!(names.len() > 100, "{} names", names.len());
    let mut wrong = Vec::new();
    for rule in RULES {
        let path = format!("src/rules/{}.rs", rule.name.replace('-', "_"));
        for (line, literal) in string_literals(&read(&path)) {
            if names.contains(literal) {
                wrong.push(format!("{path}:{line}: \"{literal}\""));
            }
        }
    }
    assert!(wrong.is_empty(), "names of APIs in rules:\n{}", wrong.join("\n"));
}

#[test]
fn string_literals_are_told_from_other_quotes() {
    let code = r##"
// "comment"
let a: &'static str = "on\"e"; let c = '"'; /* "no" */
let r = r#"raw "two""#; let b = b"three"; let l = '\'';
"##;
    let literals: Vec<_> = string_literals(code)
        .into_iter()
        .map(|(line, text)| (line, text.to_string()))
        .collect();
    let expected = [(3, r#"on\"e"#), (4, r#"raw "two""#), (4, "three")];
    assert_eq!(literals, expected.map(|(line, text)| (line, text.to_string())));
}

/// Whether a line calls a macro of this very name.
fn calls(line: &str, name: &str) -> bool {
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(name).any(|(at, _)| starts(at))
}

/// Lines of code in `src/` that are as described, as `path:line: text`. Comments are no code.
fn lines_with(file: impl Fn(&str) -> bool, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("src")).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry
            .path()
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        if !path.ends_with(".rs") || !file(&path) {
            continue;
        }
        for (line, at) in read(&path).lines().zip(1..) {
            if !line.trim_start().starts_with("//") && wanted(line) {
                lines.push(format!("{path}:{at}: {}", line.trim()));
            }
        }
    }
    assert!(root().join("src/lib.rs").exists());
    lines
}

/// The files of `rules/apis/`.
fn models() -> Vec<(String, toml::Table)> {
    let entries = fs::read_dir(root().join("rules/apis")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    assert!(!names.is_empty());
    let parse = |name: String| {
        let model = toml::from_str(&read(&format!("rules/apis/{name}")));
        let model = model.unwrap_or_else(|error| panic!("rules/apis/{name}: {error}"));
        (name, model)
    };
    names.into_iter().map(parse).collect()
}

fn list(model: &toml::Table, key: &str) -> Vec<toml::Value> {
    model
        .get(key)
        .and_then(|list| list.as_array())
        .cloned()
        .unwrap_or_default()
}

/// What the models call types, wherever they refer to one.
fn collect_references(value: &toml::Value, file: &str, out: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match (key.as_str(), value) {
                    ("extends" | "returns", toml::Value::String(name)) => {
                        out.push((file.to_string(), name.clone()))
                    }
                    ("gives", toml::Value::Array(names)) => {
                        let names = names.iter().filter_map(|name| name.as_str());
                        out.extend(
                            names
                                .filter(|name| !name.is_empty())
                                .map(|name| (file.to_string(), name.to_string())),
                        );
                    }
                    _ => collect_references(value, file, out),
                }
            }
        }
        toml::Value::Array(values) => values
            .iter()
            .for_each(|value| collect_references(value, file, out)),
        _ => {}
    }
}

/// Names of types, methods, functions and events, whole and without the path before them.
fn api_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |name: &str| {
        names.insert(name.to_string());
        names.extend(name.rsplit('.').next().map(str::to_string));
    };
    let keys = |value: Option<&toml::Value>| -> Vec<String> {
        value
            .and_then(|table| table.as_table())
            .map(|table| table.keys().cloned().collect())
            .unwrap_or_default()
    };
    for (_, model) in models() {
        for section in ["functions", "untyped", "events"] {
            keys(model.get(section)).iter().for_each(|name| add(name));
        }
        for ty in list(&model, "type") {
            add(ty["name"].as_str().unwrap());
            for section in ["methods", "events"] {
                keys(ty.get(section)).iter().for_each(|name| add(name));
            }
            for section in ["class", "made_by", "value", "annotation"] {
                let values = ty
                    .get(section)
                    .and_then(|list| list.as_array())
                    .into_iter()
                    .flatten();
                values.filter_map(|value| value.as_str()).for_each(&mut add);
            }
        }
    }
    names
}

/// The string literals of Rust code before its tests, with their lines.
fn string_literals(code: &str) -> Vec<(usize, &str)> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let bytes = code.as_bytes();
    let mut literals = Vec::new();
    let mut at = 0;
    let find = |from: usize, text: &str| code[from..].find(text).map_or(code.len(), |found| from + found);
    while at < bytes.len() {
        let rest = &code[at..];
        let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            at = find(at, "\n");
        } else if rest.starts_with("/*") {
            at = find(at, "*/") + 2;
        } else if rest.starts_with('r') && !word_before && rest[1..].trim_start_matches('#').starts_with('"')
        {
            let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
            let start = at + 2 + hashes;
            let end = find(start, &format!("\"{}", "#".repeat(hashes)));
            literals.push((start, &code[start..end]));
            at = end + 1 + hashes;
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            literals.push((at + 1, &code[at + 1..end]));
            at = end + 1;
        } else if rest.starts_with("'\\") {
            at = find(at + 3, "'") + 1;
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            // A character, or the start of a lifetime.
            let one = quoted.chars().next().map_or(0, char::len_utf8);
            at += if quoted[one..].starts_with('\'') {
                one + 2
            } else {
                1
            };
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    let line = |offset: usize| code[..offset].matches('\n').count() + 1;
    literals
        .into_iter()
        .map(|(offset, text)| (line(offset), text))
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
