//! One pure function from a file's text to what there is to say about it. No input or output here.

use crate::apis;
use crate::finding::{Confidence, Finding, Problem};
use crate::model::{self, Model};
use crate::project::summary::Summary;
use crate::rules::{self, RULES};
use crate::source::Source;
use crate::suppress::{self, Directive};
use crate::syntax;

/// Everything that one file's analysis yields: small, owned, and free of the syntax tree.
#[derive(Debug, Default)]
pub struct FileResult {
    /// All findings of every confidence, in order of place.
    pub findings: Vec<Finding>,
    pub directives: Vec<Directive>,
    /// What other files may ask about this one.
    pub summary: Summary,
    pub problems: Vec<Problem>,
}

/// Analyses one file.
pub fn analyze(source: &Source) -> FileResult {
    let parsed = syntax::parse(source);
    let mut findings = Vec::new();
    let mut summary = Summary::default();
    if let Some(tree) = &parsed.tree {
        let model = Model::new(tree, apis::built_in());
        summary = model.summary();
        for rule in RULES {
            (rule.check)(&model, &mut findings);
        }
        rules::told_once(&mut findings);
        if !findings.is_empty() {
            let left_over: Vec<_> = model.never_made().into_iter().map(|it| tree.span(it)).collect();
            findings.retain(|it| !left_over.iter().any(|class| class.encloses(it.span)));
        }
    }
    if source.aside || is_named_aside(&source.path) {
        // What a test leaves behind ends with its run, and an example is short for a reason.
        for finding in &mut findings {
            finding.confidence = Confidence::Possible;
            finding
                .assumption
                .get_or_insert_with(|| "this is more than a test or an example".to_string());
        }
    }
    findings.sort_by(|a, b| (a.span, a.rule).cmp(&(b.span, b.rule)));
    let directives = suppress::directives(&source.text, &parsed.comments);
    FileResult {
        findings,
        directives,
        summary,
        problems: parsed.problems,
    }
}

/// A file of tests or stories, by the conventions of what runs them.
fn is_named_aside(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    folders
        .split('/')
        .any(|part| matches!(part, "__tests__" | "__mocks__"))
        || [
            ".test", ".spec", "-test", "-spec", "_test", "_spec", ".stories", ".story",
        ]
        .iter()
        .any(|it| stem.ends_with(it))
}

/// The model's tables as text, for people and for tests.
pub fn model_dump(source: &Source) -> String {
    match syntax::parse(source).tree {
        Some(tree) => model::dump::dump(&Model::new(&tree, apis::built_in()), source),
        None => String::new(),
    }
}
