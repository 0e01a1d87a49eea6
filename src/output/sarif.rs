//! SARIF 2.1.0, with what GitHub code scanning needs: rules with help, steps as code flows, stable fingerprints.

use std::path::Path;

use serde_json::{Value, json};

use super::Run;
use crate::finding::{Finding, Problem, Severity};
use crate::report::{Report, Reported};
use crate::rules::page::{Page, pages};
use crate::source::{Source, Span};

pub fn render(run: &Run) -> String {
    let results = run
        .reports
        .iter()
        .flat_map(|report| report.findings.iter().map(|r| result(report, r)));
    let notifications = run
        .reports
        .iter()
        .flat_map(|report| report.problems.iter().map(|p| notification(&report.source, p)));
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "leaklint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": pages().iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {
                "ROOT": { "description": { "text": "The directory in which leaklint was started." } },
            },
            "invocations": [{
                "executionSuccessful": run.counts().incomplete == 0,
                "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    });
    format!("{document:#}\n")
}

fn rule(page: &Page) -> Value {
    let why = page
        .section("Why it leaks")
        .and_then(|text| text.split("\n\n").next())
        .unwrap_or_default();
    let (level, precision) = match page.severity {
        Severity::Error => ("error", "high"),
        Severity::Warning => ("warning", "medium"),
    };
    json!({
        "id": page.name,
        "shortDescription": { "text": page.summary },
        "fullDescription": { "text": if why.is_empty() { page.summary.as_str() } else { why } },
        "help": { "text": page.body, "markdown": page.body },
        "defaultConfiguration": { "level": level },
        "properties": { "tags": page.tags, "precision": precision, "problem.severity": level },
    })
}

fn result(report: &Report, reported: &Reported) -> Value {
    let Reported {
        finding,
        severity,
        fingerprint,
        suppressed,
    } = reported;
    let source = &report.source;
    let steps = || finding.steps.iter().zip(1..);
    let related = steps().map(|(step, id)| {
        let mut location = location(source, step.span);
        location["id"] = json!(id);
        location["message"] = json!({ "text": step.text });
        location
    });
    let flow = steps().map(|(step, order)| {
        let mut location = location(source, step.span);
        location["message"] = json!({ "text": step.text });
        json!({ "location": location, "executionOrder": order, "kinds": [step.role.name()] })
    });
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": pages().iter().position(|page| page.name == finding.rule),
        "level": severity.name(),
        "message": { "text": message(finding) },
        "locations": [location(source, finding.span)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "primaryLocationLineHash": fingerprint },
        "properties": { "confidence": finding.confidence.name() },
    });
    if !finding.steps.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow.collect::<Vec<_>>() }] }]);
    }
    if let Some(reason) = suppressed {
        result["suppressions"] = match reason.as_str() {
            "" => json!([{ "kind": "inSource" }]),
            reason => json!([{ "kind": "inSource", "justification": reason }]),
        };
    }
    result
}

/// The message, then the steps as links to the related locations: viewers show only those that are linked.
fn message(finding: &Finding) -> String {
    let mut text = format!("{}.", finding.message);
    for (step, id) in finding.steps.iter().zip(1..) {
        let link = step
            .text
            .replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]");
        text += &format!("\n{id}. [{link}]({id})");
    }
    if !finding.help.is_empty() {
        text += &format!("\nHelp: {}", finding.help);
    }
    if let Some(assumption) = &finding.assumption {
        text += &format!("\nAssumes: {assumption}");
    }
    text
}

fn notification(source: &Source, problem: &Problem) -> Value {
    json!({
        "level": problem.kind.severity().name(),
        "descriptor": { "id": problem.kind.name() },
        "message": { "text": problem.message },
        "locations": [location(source, problem.span)],
    })
}

/// One line at most: a pull request shows an alert only if all of its lines were changed.
fn location(source: &Source, span: Span) -> Value {
    let span = source.first_line(span);
    let (start, end) = (source.line_column(span.lo), source.line_column(span.hi));
    json!({ "physicalLocation": {
        "artifactLocation": artifact(&source.path),
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    }})
}

fn artifact(path: &str) -> Value {
    match Path::new(path).is_absolute() {
        true => json!({ "uri": format!("file://{}", percent_encoded(path)) }),
        false => json!({ "uri": percent_encoded(path), "uriBaseId": "ROOT" }),
    }
}

fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'+' => {
                uri.push(byte as char);
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}
