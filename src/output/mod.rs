//! The formats. Findings are one string for standard output; everything else goes to standard error.

pub mod json;
pub mod pretty;
pub mod sarif;
pub mod unix;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::discover::Skip;
use crate::finding::{Confidence, Problem, ProblemKind, Role, Severity, Step};
use crate::report::Report;
use crate::source::{Source, Span};

/// Everything that a run has to tell.
#[derive(Debug)]
pub struct Run {
    /// In the order of their paths; files of which there is nothing to tell are here, too.
    pub reports: Vec<Report>,
    pub skipped: BTreeMap<Skip, usize>,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
    /// Files that were not analysed because of leaklint or the system, not because of their syntax.
    pub incomplete: usize,
}

impl Run {
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for report in &self.reports {
            let findings = report.shown().map(|reported| reported.severity);
            for severity in findings.chain(report.problems.iter().map(|problem| problem.kind.severity())) {
                match severity {
                    Severity::Error => counts.errors += 1,
                    Severity::Warning => counts.warnings += 1,
                }
            }
            let unread = |problem: &Problem| problem.kind == ProblemKind::NotAnalysed;
            counts.incomplete += usize::from(report.problems.iter().any(unread));
        }
        counts
    }

    /// Leaves only errors.
    pub fn drop_warnings(&mut self) {
        for report in &mut self.reports {
            report
                .findings
                .retain(|reported| reported.severity == Severity::Error);
            report
                .problems
                .retain(|problem| problem.kind.severity() == Severity::Error);
        }
    }

    /// The last lines of a run.
    pub fn summary(&self, elapsed: Duration) -> String {
        let mut leaks = 0;
        let mut by_confidence = Vec::new();
        for confidence in Confidence::ALL.into_iter().rev() {
            let shown = self.reports.iter().flat_map(Report::shown);
            let n = shown
                .filter(|reported| reported.finding.confidence == confidence)
                .count();
            if n > 0 {
                leaks += n;
                by_confidence.push(format!("{} {}", grouped(n), confidence.name()));
            }
        }
        let failed = self.reports.iter().filter(|report| report.failed()).count();
        let files = self.reports.len() - failed;
        let scope = format!("{} · {:.1} s", count(files, "file"), elapsed.as_secs_f64());
        let mut text = match leaks {
            0 => format!("No leaks found. {scope}\n"),
            _ => format!(
                "Found {} ({}) in {scope}\n",
                count(leaks, "leak"),
                by_confidence.join(", ")
            ),
        };
        let mut line = |line: String| text.extend([line.as_str(), "\n"]);
        if failed > 0 {
            line(format!("{} could not be analysed", count(failed, "file")));
        }
        if !self.skipped.is_empty() {
            let reasons = self
                .skipped
                .iter()
                .map(|(skip, n)| format!("{} {}", grouped(*n), skip.reason()));
            line(format!("skipped: {}", reasons.collect::<Vec<_>>().join(", ")));
        }
        let suppressed: usize = self
            .reports
            .iter()
            .map(|r| r.findings.len() - r.shown().count())
            .sum();
        if suppressed > 0 {
            line(format!("{} suppressed by comments", count(suppressed, "finding")));
        }
        let hidden: usize = self.reports.iter().map(|report| report.hidden).sum();
        if hidden > 0 {
            let findings = format!("{} less certain {}", grouped(hidden), plural(hidden, "finding"));
            line(format!("{findings} hidden; --min-confidence possible shows all"));
        }
        text
    }
}

/// `1 file`, `1,204 files`.
fn count(n: usize, noun: &str) -> String {
    format!("{} {}", grouped(n), plural(n, noun))
}

fn plural(n: usize, noun: &str) -> String {
    if n == 1 {
        noun.to_string()
    } else {
        format!("{noun}s")
    }
}

fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How a step is introduced where there is no frame around it.
fn lead_in(step: &Step) -> &'static str {
    match step.role {
        Role::Acquired => "acquired",
        Role::Again => "again",
        Role::Held => "held by",
        Role::Unreleased => "unreleased",
    }
}

/// Text without control characters, which a hostile source file could smuggle to the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// `path:line:column` of a place.
fn place(source: &Source, span: Span) -> String {
    let at = source.line_column(span.lo);
    format!("{}:{}:{}", printable(&source.path), at.line, at.column)
}
