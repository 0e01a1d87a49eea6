//! What files tell each other. Each file's analysis leaves a summary and open questions; when all are done, the
//! questions are answered from the summaries. Syntax trees of two files never meet.

use std::collections::{BTreeSet, HashMap};

use crate::discover::Skip;
use crate::finding::Question;
use crate::report::Report;

/// What a file's analysis tells other files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Specifiers of modules in the same project: `./connection`.
    pub imports: Vec<String>,
    /// Properties of objects that are not the file's own whose collections it makes smaller: `_pages` in
    /// `context._pages.delete(page)`.
    pub shrinks: BTreeSet<String>,
}

/// Answers the findings' open questions, and drops those that another file answers with a release.
///
/// Only files that import each other directly are asked. A question that nobody answers stays as it is.
pub fn link(reports: &mut [Result<Report, Skip>]) {
    let by_module: HashMap<&str, usize> = reports
        .iter()
        .enumerate()
        .filter_map(|(at, report)| Some((module(&report.as_ref().ok()?.source.path), at)))
        .collect();
    let mut neighbours: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for (at, report) in reports.iter().enumerate() {
        let Ok(report) = report else { continue };
        for specifier in &report.summary.imports {
            let path = join(&report.source.path, specifier);
            let index = format!("{path}/index");
            let found = [module(&path), path.as_str(), index.as_str()]
                .into_iter()
                .find_map(|it| by_module.get(it));
            if let Some(&other) = found {
                neighbours.entry(at).or_default().insert(other);
                neighbours.entry(other).or_default().insert(at);
            }
        }
    }
    let answered: Vec<(usize, BTreeSet<String>)> = neighbours
        .into_iter()
        .map(|(at, others)| {
            let shrinks = others.iter().filter_map(|&other| reports[other].as_ref().ok());
            (
                at,
                shrinks
                    .flat_map(|report| report.summary.shrinks.iter().cloned())
                    .collect(),
            )
        })
        .collect();
    for (at, shrinks) in answered {
        if let Ok(report) = &mut reports[at] {
            report
                .findings
                .retain(|reported| match &reported.finding.question {
                    Some(Question::ShrunkElsewhere(name)) => !shrinks.contains(name),
                    None => true,
                });
        }
    }
}

/// The path without its extension, which imports leave out or write differently (`.js` for a `.ts` file).
fn module(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') && !stem.is_empty() && !stem.ends_with('/') => {
            stem
        }
        _ => path,
    }
}

/// The path that a relative specifier in `file` means.
fn join(file: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_specifiers_are_joined_to_the_file() {
        assert_eq!(join("src/client/page.js", "./frame"), "src/client/frame");
        assert_eq!(
            join("src/client/page.js", "../server/frame.js"),
            "src/server/frame.js"
        );
        assert_eq!(join("page.js", "./frame"), "frame");
        assert_eq!(module("src/frame.js"), "src/frame");
        assert_eq!(module("src.old/frame"), "src.old/frame");
    }
}
