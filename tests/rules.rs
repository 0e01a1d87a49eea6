//! What the rules say of the fixtures and of the examples on their pages, against what is marked there.
//!
//! A mark is a comment at the end of a line, or alone on the line before:
//!
//! | mark | the line |
//! | --- | --- |
//! | `// leak` | leaks, and the rule says so |
//! | `// ok` | looks like a leak, is none, and the rule is silent |
//! | `// fn` | leaks, and the rule does not see it yet (false negative) |
//! | `// fp` | does not leak, and the rule still says so (false positive) |
//!
//! It is about the rule that its folder is named after, unless it names another one: `// leak: other-rule`. Text
//! may follow after a dash. All of it is strict in both directions: `fn` and `fp` fail as soon as they are wrong.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use leaklint::engine::FileResult;
use leaklint::finding::{Confidence, Finding, ProblemKind};
use leaklint::rules::RULES;
use leaklint::rules::page::{Page, page, pages};
use leaklint::run::{analyze, with_deep_stacks};
use leaklint::source::Source;

#[test]
fn fixtures_of_abort_listener_not_removed() {
    check_fixtures("abort-listener-not-removed");
}

#[test]
fn fixtures_of_client_per_call() {
    check_fixtures("client-per-call");
}

#[test]
fn fixtures_of_closure_captures_replaced() {
    check_fixtures("closure-captures-replaced");
}

#[test]
fn fixtures_of_connection_not_closed() {
    check_fixtures("connection-not-closed");
}

#[test]
fn fixtures_of_disposable_not_disposed() {
    check_fixtures("disposable-not-disposed");
}

#[test]
fn fixtures_of_dom_growth() {
    check_fixtures("dom-growth");
}

#[test]
fn fixtures_of_handle_overwritten() {
    check_fixtures("handle-overwritten");
}

#[test]
fn fixtures_of_listener_in_reconnect() {
    check_fixtures("listener-in-reconnect");
}

#[test]
fn fixtures_of_listener_not_removed() {
    check_fixtures("listener-not-removed");
}

#[test]
fn fixtures_of_listener_per_call() {
    check_fixtures("listener-per-call");
}

#[test]
fn fixtures_of_listener_removal_mismatch() {
    check_fixtures("listener-removal-mismatch");
}

#[test]
fn fixtures_of_max_listeners_masked() {
    check_fixtures("max-listeners-masked");
}

#[test]
fn fixtures_of_memoize_unbounded() {
    check_fixtures("memoize-unbounded");
}

#[test]
fn fixtures_of_module_cache_bust() {
    check_fixtures("module-cache-bust");
}

#[test]
fn fixtures_of_not_released_on_error() {
    check_fixtures("not-released-on-error");
}

#[test]
fn fixtures_of_object_url_not_revoked() {
    check_fixtures("object-url-not-revoked");
}

#[test]
fn fixtures_of_observer_not_disconnected() {
    check_fixtures("observer-not-disconnected");
}

#[test]
fn fixtures_of_ownership_lost() {
    check_fixtures("ownership-lost");
}

#[test]
fn fixtures_of_pending_entry_not_deleted() {
    check_fixtures("pending-entry-not-deleted");
}

#[test]
fn fixtures_of_promise_race_long_lived() {
    check_fixtures("promise-race-long-lived");
}

#[test]
fn fixtures_of_rx_operator_leak() {
    check_fixtures("rx-operator-leak");
}

#[test]
fn fixtures_of_subscription_not_unsubscribed() {
    check_fixtures("subscription-not-unsubscribed");
}

#[test]
fn fixtures_of_third_party_not_destroyed() {
    check_fixtures("third-party-not-destroyed");
}

#[test]
fn fixtures_of_timer_not_cleared() {
    check_fixtures("timer-not-cleared");
}

#[test]
fn fixtures_of_unbounded_cache() {
    check_fixtures("unbounded-cache");
}

#[test]
fn fixtures_of_undeleted_global() {
    check_fixtures("undeleted-global");
}

#[test]
fn every_rule_has_a_page_a_module_fixtures_and_a_test_above() {
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_string()).collect();
    let listed = |directory: &str, extension: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter_map(|name| Some(name.strip_suffix(extension)?.to_string()))
            .collect()
    };
    let without = |mut names: BTreeSet<String>, others: &[&str]| {
        names.retain(|name| !others.contains(&name.as_str()));
        names
    };
    assert_eq!(listed("rules", ".md"), rules, "pages");
    assert_eq!(
        without(listed("fixtures", ""), OTHER_FIXTURES),
        rules,
        "folders of fixtures"
    );

    let modules = listed("src/rules", ".rs");
    let snake: BTreeSet<String> = rules.iter().map(|rule| rule.replace('-', "_")).collect();
    assert_eq!(snake.difference(&modules).next(), None, "rules without a module");
    for rule in &rules {
        let test = format!(
            "fn fixtures_of_{}() {{\n    check_fixtures(\"{rule}\");",
            rule.replace('-', "_")
        );
        assert!(
            include_str!("rules.rs").contains(&test),
            "{rule} has no test in this file"
        );
    }
}

#[test]
fn pages_have_front_matter_and_examples() {
    assert_eq!(pages().len(), RULES.len());
    for page in pages() {
        for heading in ["Leaks", "Does not leak"] {
            assert!(
                !examples(page, heading).is_empty(),
                "{}: no example under `{heading}`",
                page.name
            );
        }
    }
}

#[test]
fn examples_that_leak_are_found() {
    check_examples("Leaks", |found| !found.is_empty());
}

#[test]
fn examples_that_do_not_leak_are_silent() {
    check_examples("Does not leak", <[_]>::is_empty);
}

#[test]
fn findings_on_fixtures_are_well_formed() {
    let mut wrong = Vec::new();
    with_deep_stacks(1, || {
        for path in common::fixtures() {
            let source = read(&path);
            for finding in analyze(&source).findings {
                let defects = defects(&source, &finding);
                if !defects.is_empty() {
                    wrong.push(format!("{}: {}", place(&source, &finding), defects.join(", ")));
                }
            }
        }
    });
    assert!(
        wrong.is_empty(),
        "{} findings are malformed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn fixtures_and_pages_name_no_directory_of_this_machine() {
    let here = root().to_str().unwrap();
    let mut wrong = Vec::new();
    for directory in ["fixtures", "rules"] {
        for path in files(&root().join(directory)) {
            let text = fs::read_to_string(&path).unwrap();
            for (line, at) in text.lines().zip(1..) {
                if [here, "/home/", "/Users/", "/root/", "file:///", ":\\Users\\"]
                    .iter()
                    .any(|it| line.contains(it))
                {
                    wrong.push(format!("{}:{at}: {}", name(&path), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "paths of some machine:\n{}", wrong.join("\n"));
}

#[test]
fn marks_are_read() {
    let rule = "some-rule";
    let text = "\
a() // leak
b() // ok - why: it is // fine
// leak: other-rule
// fn
c() /* fp */
d('http://ok/') // not ok
{/* leak */}
e() // leaking
f() // ok, too
// ok - about the comment below
// which is not code
g()
";
    let read: Vec<_> = marks(text, rule)
        .into_iter()
        .map(|mark| (mark.line, mark.kind, mark.rule))
        .collect();
    let expected = [
        (1, Kind::Leak, "some-rule"),
        (2, Kind::Ok, "some-rule"),
        (5, Kind::Leak, "other-rule"),
        (5, Kind::Missed, "some-rule"),
        (5, Kind::FalseAlarm, "some-rule"),
        (7, Kind::Leak, "some-rule"),
        (12, Kind::Ok, "some-rule"),
    ];
    assert_eq!(
        read,
        expected.map(|(line, kind, rule)| (line, kind, rule.to_string()))
    );
}

/// Scripts in components and pages, by several rules: each mark names its own.
#[test]
fn embedded() {
    check_fixtures("embedded");
}

/// Folders of `fixtures/` that belong to no rule.
const OTHER_FIXTURES: &[&str] = &["embedded", "model", "projects"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Leak,
    Ok,
    /// `fn`
    Missed,
    /// `fp`
    FalseAlarm,
}

impl Kind {
    const ALL: [(&'static str, Kind); 4] = [
        ("leak", Kind::Leak),
        ("ok", Kind::Ok),
        ("fn", Kind::Missed),
        ("fp", Kind::FalseAlarm),
    ];
}

#[derive(Debug)]
struct Mark {
    /// The 1-based line that it is about.
    line: u32,
    kind: Kind,
    rule: String,
}

/// The marks of a text, by line. `rule` is the one that marks without a name are about.
fn marks(text: &str, rule: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut waiting: Vec<Mark> = Vec::new();
    for (line, at) in text.lines().zip(1..) {
        let mark = ["//", "/*", "<!--"]
            .iter()
            .flat_map(|opening| line.match_indices(opening))
            .find_map(|(column, opening)| Some((column, mark(&line[column + opening.len()..])?)));
        let alone = match &mark {
            Some((column, _)) => line[..*column].trim().is_empty() && line.contains("//"),
            None => line.trim_start().starts_with("//") && !waiting.is_empty(),
        };
        let mark = mark.map(|(_, (kind, other))| {
            let rule = other.unwrap_or(rule).to_string();
            Mark { line: at, kind, rule }
        });
        if alone {
            waiting.extend(mark);
        } else {
            marks.extend(waiting.drain(..).map(|mark| Mark { line: at, ..mark }));
            marks.extend(mark);
        }
    }
    marks.extend(waiting);
    marks
}

/// Reads what follows the opening of a comment, if it is a mark: its kind, and the rule that it names.
fn mark(comment: &str) -> Option<(Kind, Option<&str>)> {
    let comment = comment.trim_start();
    let (rest, kind) = Kind::ALL
        .iter()
        .find_map(|&(word, kind)| Some((comment.strip_prefix(word)?, kind)))?;
    let (rest, rule) = match rest.strip_prefix(':') {
        Some(rest) => {
            let rest = rest.trim_start();
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
                .unwrap_or(rest.len());
            (&rest[end..], Some(&rest[..end]))
        }
        None => (rest, None),
    };
    let ends = ["-", "–", "—", "*/", "-->"];
    let spaced = rest.trim_start();
    let is_mark = spaced.is_empty() || ends.iter().any(|end| spaced.starts_with(end));
    // `// leak-free` is a word, not a mark with a text.
    let is_word = rest.starts_with('-') && !rest.starts_with("-->");
    (is_mark && !is_word).then_some((kind, rule))
}

/// What came of the marks of one rule's fixtures.
#[derive(Default)]
struct Tally {
    programs: usize,
    leaks: usize,
    found: usize,
    near_misses: usize,
    silent: usize,
    known_missed: usize,
    known_false: usize,
    unmarked: usize,
    /// `file:line: what`
    wrong: Vec<String>,
}

/// Compares a rule's findings with the marks of its fixtures.
fn check_fixtures(rule: &str) {
    let mut tally = Tally::default();
    let folder = root().join("fixtures").join(rule);
    let programs = files(&folder);
    let programs = programs
        .iter()
        .filter(|path| !path.starts_with(folder.join("drive")));
    with_deep_stacks(1, || {
        for path in programs.filter(|path| leaklint::discover::skip_by_name(path).is_none()) {
            let source = read(path);
            check_program(rule, &source, &analyze(&source), &mut tally);
        }
    });
    let counts = format!(
        "{rule}: {} of {} leaks found, {} of {} near-misses silent, {} findings without a mark, \
         {} known false negatives and {} known false positives, in {} programs",
        tally.found,
        tally.leaks,
        tally.silent,
        tally.near_misses,
        tally.unmarked,
        tally.known_missed,
        tally.known_false,
        tally.programs
    );
    println!("{counts}");
    assert!(tally.programs > 0, "{rule} has no fixtures");
    let n = tally.wrong.len();
    assert!(
        n == 0,
        "{n} disagreements\n{}\n{counts}\n",
        tally.wrong.join("\n")
    );
}

fn check_program(rule: &str, source: &Source, result: &FileResult, tally: &mut Tally) {
    let mut wrong: Vec<(u32, String)> = Vec::new();
    tally.programs += 1;
    for problem in &result.problems {
        if matches!(
            problem.kind,
            ProblemKind::Syntax { .. } | ProblemKind::NotAnalysed
        ) {
            wrong.push((source.line_column(problem.span.lo).line, problem.message.clone()));
        }
    }

    let mut findings: BTreeMap<(u32, &str), Vec<&Finding>> = BTreeMap::new();
    let mut unsure: BTreeSet<(u32, &str)> = BTreeSet::new();
    for finding in &result.findings {
        let key = (source.line_column(finding.span.lo).line, finding.rule);
        if finding.confidence >= Confidence::Likely {
            findings.entry(key).or_default().push(finding);
        } else {
            unsure.insert(key);
        }
    }
    for (&(line, rule), list) in &findings {
        let places: BTreeSet<_> = list.iter().map(|finding| finding.span).collect();
        if places.len() < list.len() {
            wrong.push((
                line,
                format!("{rule} is reported {} times at one place", list.len()),
            ));
        }
    }

    let marks = marks(&source.text, rule);
    if marks.is_empty() {
        wrong.push((1, "the program has no mark".to_string()));
    }
    let mut seen = BTreeSet::new();
    for mark in &marks {
        let key = (mark.line, mark.rule.as_str());
        let of = if mark.rule == rule {
            String::new()
        } else {
            format!(" ({})", mark.rule)
        };
        if page(&mark.rule).is_none() {
            wrong.push((
                mark.line,
                format!("the mark names `{}`, which is no rule", mark.rule),
            ));
        }
        if !seen.insert(key) {
            wrong.push((mark.line, format!("two marks about one rule{of}")));
        }
        let found = findings.get(&key).map(|list| list[0]);
        match (mark.kind, found) {
            (Kind::Leak, Some(_)) => tally.found += 1,
            (Kind::Leak, None) if unsure.contains(&key) => {
                wrong.push((mark.line, format!("missed{of}: found as `possible` only")));
            }
            (Kind::Leak, None) => wrong.push((mark.line, format!("missed{of}"))),
            (Kind::Ok, None) => tally.silent += 1,
            (Kind::Ok, Some(finding)) => {
                wrong.push((mark.line, format!("false alarm{of}: {}", said(finding))))
            }
            (Kind::Missed, None) => tally.known_missed += 1,
            (Kind::Missed, Some(_)) => {
                wrong.push((mark.line, format!("found now{of}: promote this mark to `leak`")))
            }
            (Kind::FalseAlarm, Some(_)) => tally.known_false += 1,
            (Kind::FalseAlarm, None) => {
                wrong.push((mark.line, format!("silent now{of}: promote this mark to `ok`")))
            }
        }
        tally.leaks += usize::from(mark.kind == Kind::Leak);
        tally.near_misses += usize::from(mark.kind == Kind::Ok);
    }
    for (&(line, other), list) in &findings {
        if !seen.contains(&(line, other)) {
            tally.unmarked += list.len();
            let of = if other == rule {
                String::new()
            } else {
                format!(" of {other}")
            };
            wrong.push((
                line,
                format!("finding{of} on a line without a mark: {}", said(list[0])),
            ));
        }
    }
    wrong.sort();
    tally.wrong.extend(
        wrong
            .into_iter()
            .map(|(line, what)| format!("{}:{line}: {what}", source.path)),
    );
}

fn said(finding: &Finding) -> String {
    format!("{} ({})", finding.message, finding.confidence.name())
}

/// What the types of a finding promise but cannot enforce.
fn defects(source: &Source, finding: &Finding) -> Vec<String> {
    let mut defects = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            defects.push(what.to_string());
        }
    };
    let is_line =
        |text: &str| !text.is_empty() && text.trim() == text && !text.contains('\n') && !text.ends_with('.');
    let is_place = |lo: u32, hi: u32| lo < hi && source.text.get(lo as usize..hi as usize).is_some();
    expect(
        is_line(&finding.message),
        "the message is no line of text without a full stop",
    );
    expect(
        is_line(&finding.help),
        "the help is no line of text without a full stop",
    );
    expect(
        is_place(finding.span.lo, finding.span.hi),
        "its place is not in the text",
    );
    expect(
        finding.assumption.is_some() != (finding.confidence == Confidence::Certain),
        "an assumption is what is not certain, and only that",
    );
    expect(!finding.steps.is_empty(), "there is no proof");
    expect(
        finding.steps.is_sorted_by_key(|step| step.role),
        "the steps are not in the order of the argument",
    );
    for step in &finding.steps {
        expect(
            is_line(&step.text),
            "a step is no line of text without a full stop",
        );
        expect(
            is_place(step.span.lo, step.span.hi),
            "the place of a step is not in the text",
        );
    }
    defects
}

/// A fenced block of a page.
struct Example {
    /// Line of the page on which its code starts.
    line: usize,
    source: Source,
}

/// The JavaScript and TypeScript blocks under a heading.
fn examples(page: &Page, heading: &str) -> Vec<Example> {
    let text = RULES.iter().find(|rule| rule.name == page.name).unwrap().page;
    let mut examples = Vec::new();
    let mut section = "";
    let mut open: Option<(usize, &str, String)> = None;
    for (line, at) in text.lines().zip(1..) {
        open = match (open, line.strip_prefix("```")) {
            (None, Some(language)) => Some((at + 1, language.trim(), String::new())),
            (None, None) => {
                section = line.strip_prefix("## ").unwrap_or(section);
                None
            }
            (Some((start, language, mut code)), None) => {
                writeln!(code, "{line}").unwrap();
                Some((start, language, code))
            }
            (Some((start, language, code)), Some(_)) => {
                if section == heading {
                    let known = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"].contains(&language);
                    assert!(
                        known,
                        "rules/{}.md:{}: in which language is this block?",
                        page.name,
                        start - 1
                    );
                    let source = Source::new(format!("example.{language}"), code);
                    examples.push(Example { line: start, source });
                }
                None
            }
        };
    }
    assert!(open.is_none(), "rules/{}.md: a block without an end", page.name);
    examples
}

/// Checks what each page's rule finds in its examples under a heading.
fn check_examples(heading: &str, expected: impl Fn(&[Finding]) -> bool + Sync + Send) {
    let mut wrong = Vec::new();
    let mut count = 0;
    with_deep_stacks(1, || {
        for page in pages() {
            for example in examples(page, heading) {
                count += 1;
                let FileResult {
                    mut findings,
                    problems,
                    ..
                } = analyze(&example.source);
                let place = format!("rules/{}.md:{}", page.name, example.line);
                wrong.extend(
                    problems
                        .iter()
                        .map(|problem| format!("{place}: {}", problem.message)),
                );
                findings.retain(|it| it.rule == page.name && it.confidence >= Confidence::Likely);
                if !expected(&findings) {
                    let found: Vec<String> = findings.iter().map(said).collect();
                    let found = if found.is_empty() {
                        "nothing found".to_string()
                    } else {
                        found.join("; ")
                    };
                    wrong.push(format!("{place}: {found}"));
                }
            }
        }
    });
    println!(
        "{heading}: {} of {count} examples are as they say",
        count - wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} of {count} examples under `{heading}`:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.into_path())
        .collect()
}

/// A path as it is told.
fn name(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap()
        .to_str()
        .unwrap()
        .replace('\\', "/")
}

fn read(path: &Path) -> Source {
    Source::new(name(path), fs::read_to_string(path).unwrap())
}

fn place(source: &Source, finding: &Finding) -> String {
    format!(
        "{}:{}: {}",
        source.path,
        source.line_column(finding.span.lo).line,
        finding.rule
    )
}
