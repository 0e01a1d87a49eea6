//! One line per finding, for editors and `grep`: `src/a.ts:7:7: error unbounded-cache: message [held by …]`.

use super::{Run, lead_in, place, printable};
use crate::finding::{Problem, Role};
use crate::report::{Report, Reported};

pub fn findings(run: &Run) -> String {
    let lines = run
        .reports
        .iter()
        .flat_map(|report| report.shown().map(|reported| finding(report, reported)));
    lines.collect()
}

pub fn problems(run: &Run) -> String {
    let lines = run
        .reports
        .iter()
        .flat_map(|r| r.problems.iter().map(|problem| self::problem(r, problem)));
    lines.collect()
}

fn finding(report: &Report, reported: &Reported) -> String {
    let finding = &reported.finding;
    let (level, rule) = (reported.severity.name(), finding.rule);
    let place_of = |span| place(&report.source, span);
    let steps = finding.steps.iter().filter(|step| step.role != Role::Acquired);
    let steps: Vec<String> = steps
        .map(|step| format!("{} {}", lead_in(step), place_of(step.span)))
        .collect();
    let proof = if steps.is_empty() {
        String::new()
    } else {
        format!(" [{}]", steps.join("; "))
    };
    format!(
        "{}: {level} {rule}: {}{proof}\n",
        place_of(finding.span),
        printable(&finding.message)
    )
}

fn problem(report: &Report, problem: &Problem) -> String {
    let (level, kind) = (problem.kind.severity().name(), problem.kind.name());
    format!(
        "{}: {level} {kind}: {}\n",
        place(&report.source, problem.span),
        printable(&problem.message)
    )
}
