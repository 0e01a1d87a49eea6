//! What files tell each other. Each file's analysis leaves a summary and open questions; when all are done, the
//! questions are answered from the summaries. Syntax trees of two files never meet.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::discover::Skip;
use crate::finding::Question;
use crate::report::{Report, Reported};

/// What a file's analysis tells other files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Specifiers of modules in the same project: `./connection`.
    pub imports: Vec<String>,
    /// Properties of objects that are not the file's own whose collections it makes smaller: `_pages` in
    /// `context._pages.delete(page)`.
    pub shrinks: Vec<String>,
}

/// Answers the findings' open questions, and drops those that another file answers with a release.
///
/// Only files that import each other directly are asked. A question that nobody answers stays as it is.
pub fn link(reports: &mut [Result<Report, Skip>]) {
    let asking: FxHashSet<usize> = (0..reports.len())
        .filter(|&at| reports[at].as_ref().is_ok_and(|it| it.findings.iter().any(asks)))
        .collect();
    if asking.is_empty() {
        return;
    }
    let by_module: FxHashMap<&str, usize> = reports
        .iter()
        .enumerate()
        .filter_map(|(at, report)| Some((module(&report.as_ref().ok()?.source.path), at)))
        .collect();
    // What the neighbours of each asking file make smaller.
    let mut shrunk: FxHashMap<usize, FxHashSet<String>> = FxHashMap::default();
    for (at, report) in reports.iter().enumerate() {
        let Ok(report) = report else { continue };
        for specifier in &report.summary.imports {
            let path = join(&report.source.path, specifier);
            let found = by_module
                .get(module(&path))
                .or_else(|| by_module.get(path.as_str()))
                .or_else(|| by_module.get(format!("{path}/index").as_str()));
            let Some(&other) = found else { continue };
            for (asking_one, told) in [(at, other), (other, at)] {
                if let (true, Ok(told)) = (asking.contains(&asking_one), &reports[told]) {
                    let shrunk = shrunk.entry(asking_one).or_default();
                    shrunk.extend(told.summary.shrinks.iter().cloned());
                }
            }
        }
    }
    for (at, shrunk) in shrunk {
        if let Ok(report) = &mut reports[at] {
            report.findings.retain(|it| match &it.finding.question {
                Some(Question::ShrunkElsewhere(name)) => !shrunk.contains(name),
                None => true,
            });
        }
    }
}

fn asks(reported: &Reported) -> bool {
    reported.finding.question.is_some()
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
