//! The machine format of leaklint itself. `docs/json.md` describes it; what is there stays until `version` grows.

use serde_json::{Value, json};

use super::Run;
use crate::report::{Report, Reported};
use crate::source::{Source, Span};

pub fn render(run: &Run) -> String {
    let findings = run
        .reports
        .iter()
        .flat_map(|report| report.shown().map(|r| finding(report, r)));
    let problems = run.reports.iter().flat_map(|report| {
        report.problems.iter().map(|problem| {
            json!({
                "kind": problem.kind.name(),
                "severity": problem.kind.severity().name(),
                "message": problem.message,
                "file": &*report.source.path,
                "range": range(&report.source, problem.span),
            })
        })
    });
    let skipped = run
        .skipped
        .iter()
        .map(|(skip, n)| json!({ "reason": skip.reason(), "count": n }));
    let counts = run.counts();
    let document = json!({
        "version": 1,
        "tool": { "name": "leaklint", "version": env!("CARGO_PKG_VERSION") },
        "summary": {
            "errors": counts.errors,
            "warnings": counts.warnings,
            "suppressed": run.reports.iter().map(|r| r.findings.len() - r.shown().count()).sum::<usize>(),
            "hidden": run.reports.iter().map(|report| report.hidden).sum::<usize>(),
        },
        "findings": findings.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "files": {
            "analysed": run.reports.iter().filter(|report| !report.failed()).count(),
            "skipped": skipped.collect::<Vec<_>>(),
        },
    });
    format!("{document:#}\n")
}

fn finding(report: &Report, reported: &Reported) -> Value {
    let finding = &reported.finding;
    let steps = finding.steps.iter().zip(1..).map(|(step, n)| {
        json!({
            "n": n,
            "role": step.role.name(),
            "message": step.text,
            "file": &*report.source.path,
            "range": range(&report.source, step.span),
        })
    });
    json!({
        "rule": finding.rule,
        "severity": reported.severity.name(),
        "confidence": finding.confidence.name(),
        "message": finding.message,
        "help": finding.help,
        "assumption": finding.assumption,
        "file": &*report.source.path,
        "range": range(&report.source, finding.span),
        "scope": finding.scope,
        "fingerprint": reported.fingerprint,
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn range(source: &Source, span: Span) -> Value {
    let (start, end) = (source.line_column(span.lo), source.line_column(span.hi));
    json!({
        "start": { "line": start.line, "column": start.column },
        "end": { "line": end.line, "column": end.column },
    })
}
