//! What is shown about one file: the engine's result after suppressions, levels and confidence have had their
//! say. The command line and the editor both show exactly this.

use std::collections::HashMap;

use crate::engine::FileResult;
use crate::finding::{Confidence, Finding, Problem, ProblemKind, Severity};
use crate::project::summary::Summary;
use crate::rules::RULES;
use crate::rules::page::pages;
use crate::source::Source;
use crate::suppress;

/// What the user wants to see.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For each of [`RULES`]: how loud it is, or `None` if it is switched off.
    levels: Vec<Option<Severity>>,
    pub min_confidence: Confidence,
}

impl Default for Settings {
    /// Each rule as its page says.
    fn default() -> Settings {
        let levels = pages().iter().map(|page| Some(page.severity)).collect();
        Settings {
            levels,
            min_confidence: Confidence::Likely,
        }
    }
}

impl Settings {
    /// Sets the level of one rule, or of `all`.
    pub fn set(&mut self, rule: &str, level: Option<Severity>) {
        for (known, slot) in RULES.iter().zip(&mut self.levels) {
            if rule == "all" || rule == known.name {
                *slot = level;
            }
        }
    }

    /// How loud a finding is: what is only possible is never an error.
    fn severity(&self, finding: &Finding) -> Option<Severity> {
        let index = RULES.iter().position(|rule| rule.name == finding.rule)?;
        let level = self.levels[index]?;
        Some(if finding.confidence == Confidence::Possible {
            Severity::Warning
        } else {
            level
        })
    }
}

/// A finding as it is shown.
#[derive(Clone, Debug)]
pub struct Reported {
    pub finding: Finding,
    pub severity: Severity,
    /// Stays the same when lines are inserted or the file is renamed.
    pub fingerprint: String,
    /// If a comment suppresses it: the reason given there, or nothing.
    pub suppressed: Option<String>,
}

/// What is shown about one file.
#[derive(Clone, Debug)]
pub struct Report {
    pub source: Source,
    /// In order of place and rule.
    pub findings: Vec<Reported>,
    /// In order of place.
    pub problems: Vec<Problem>,
    /// What other files may ask about this one.
    pub summary: Summary,
    /// Number of findings that are not sure enough to be shown.
    pub hidden: usize,
}

impl Report {
    pub fn new(source: Source, result: FileResult, settings: &Settings) -> Report {
        let FileResult {
            mut findings,
            directives,
            summary,
            mut problems,
        } = result;
        findings.sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
        let fingerprints = fingerprints(&source, &findings);
        let (suppressions, complaints) = suppress::apply(&findings, &directives);
        // Of a file that was not understood, nobody knows which suppressions it needs.
        if !problems.iter().any(|problem| is_fatal(problem.kind)) {
            problems.extend(complaints);
        }
        problems.sort_by_key(|problem| problem.span);

        let mut report = Report {
            source,
            findings: Vec::new(),
            problems,
            summary,
            hidden: 0,
        };
        for ((finding, fingerprint), suppressed) in findings.into_iter().zip(fingerprints).zip(suppressions) {
            let Some(severity) = settings.severity(&finding) else {
                continue;
            };
            if finding.confidence >= settings.min_confidence {
                report.findings.push(Reported {
                    finding,
                    severity,
                    fingerprint,
                    suppressed,
                });
            } else if suppressed.is_none() {
                report.hidden += 1;
            }
        }
        report
    }

    /// A file of which there is nothing but one problem to tell.
    pub fn problem(path: &str, message: String) -> Report {
        let problem = Problem {
            span: Default::default(),
            message,
            kind: ProblemKind::NotAnalysed,
        };
        Report {
            source: Source::new(path, ""),
            findings: Vec::new(),
            problems: vec![problem],
            summary: Summary::default(),
            hidden: 0,
        }
    }

    /// The findings that no comment suppresses.
    pub fn shown(&self) -> impl Iterator<Item = &Reported> {
        self.findings
            .iter()
            .filter(|reported| reported.suppressed.is_none())
    }

    /// True if the file was not analysed at all.
    pub fn failed(&self) -> bool {
        self.problems.iter().any(|problem| is_fatal(problem.kind))
    }
}

fn is_fatal(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::NotAnalysed | ProblemKind::Syntax { recovered: false }
    )
}

/// Identities made of rule, scope and acquiring text, and a number among those that are the same.
fn fingerprints(source: &Source, findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let one = |finding: &Finding| {
        let text = source.slice(finding.span).split_whitespace().collect::<String>();
        let hash = fnv1a(&[finding.rule, &finding.scope, &text]);
        let ordinal = seen.entry(hash).or_default();
        *ordinal += 1;
        format!("{hash:016x}:{ordinal}")
    };
    findings.iter().map(one).collect()
}

/// A hash that is the same on every machine and in every version.
fn fnv1a(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
