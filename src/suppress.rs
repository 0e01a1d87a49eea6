//! Suppression comments: `// leaklint-disable-next-line rule -- reason` and its kin.
//!
//! A comment is turned into the range of text that it covers, so that the rest of the program need not know
//! which kinds there are: a finding whose first byte lies in that range is suppressed.

use crate::finding::{Finding, Problem, ProblemKind};
use crate::rules::RULES;
use crate::source::Span;

/// One suppression: a comment that names two rules makes two of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The comment.
    pub span: Span,
    /// The rule that it suppresses, or `None` for all.
    pub rule: Option<String>,
    /// Where it suppresses; empty if the comment is misspelt.
    pub covers: Span,
    /// What follows `--`.
    pub reason: String,
}

/// Reads the suppressions of a file. `comments` are the whole comments with their delimiters, in order.
pub fn directives(text: &str, comments: &[Span]) -> Vec<Directive> {
    let mut directives: Vec<Directive> = Vec::new();
    // Blocks that no `enable` has ended yet, as indices of `directives`.
    let mut open: Vec<usize> = Vec::new();
    for &span in comments {
        let Some((verb, rules, reason)) = parse(&text[span.lo as usize..span.hi as usize]) else {
            continue;
        };
        let end = text.len() as u32;
        let covers = match verb {
            "disable-file" => Span::new(0, end),
            "disable" => Span::new(span.lo, end),
            "disable-line" => Span::new(line_start(text, span.lo), line_end(text, span.hi)),
            "disable-next-line" => next_code_line(text, comments, span.hi),
            "enable" => {
                open.retain(|&block| {
                    let directive = &mut directives[block];
                    let named = directive
                        .rule
                        .as_deref()
                        .is_some_and(|rule| rules.contains(&rule));
                    let ends = named || rules.is_empty();
                    if ends {
                        directive.covers.hi = span.lo;
                    }
                    !ends
                });
                continue;
            }
            _ => Span::new(span.lo, span.lo),
        };
        let one = |rule: Option<&str>| {
            let (rule, reason) = (rule.map(str::to_string), reason.to_string());
            Directive {
                span,
                rule,
                covers,
                reason,
            }
        };
        let first = directives.len();
        if rules.is_empty() {
            directives.push(one(None));
        } else {
            directives.extend(rules.iter().map(|rule| one(Some(rule))));
        }
        if verb == "disable" {
            open.extend(first..directives.len());
        }
    }
    directives
}

/// Splits `// leaklint-disable-line rule, rule -- reason` into verb, rules and reason.
fn parse(comment: &str) -> Option<(&str, Vec<&str>, &str)> {
    let body = comment
        .strip_prefix("/*")
        .or_else(|| comment.strip_prefix("//"))?;
    let body = body
        .strip_suffix("*/")
        .unwrap_or(body)
        .trim_start_matches(['*', '!', '/'])
        .trim();
    let body = body.strip_prefix("leaklint-")?;
    let (head, reason) = body.split_once("--").unwrap_or((body, ""));
    let mut words = head
        .split([',', ' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty());
    let verb = words.next()?;
    Some((verb, words.collect(), reason.trim()))
}

fn line_start(text: &str, offset: u32) -> u32 {
    text[..offset as usize].rfind('\n').map_or(0, |at| at as u32 + 1)
}

fn line_end(text: &str, offset: u32) -> u32 {
    text[offset as usize..]
        .find('\n')
        .map_or(text.len() as u32, |at| offset + at as u32)
}

/// The first line after `offset` that holds more than white space and comments.
fn next_code_line(text: &str, comments: &[Span], offset: u32) -> Span {
    let mut lo = line_end(text, offset) + 1;
    while (lo as usize) < text.len() {
        let line = Span::new(lo, line_end(text, lo));
        if holds_code(text, comments, line) {
            return line;
        }
        lo = line.hi + 1;
    }
    Span::new(offset, offset)
}

fn holds_code(text: &str, comments: &[Span], line: Span) -> bool {
    let first = comments.partition_point(|comment| comment.hi <= line.lo);
    let inside = comments[first..]
        .iter()
        .take_while(|comment| comment.lo < line.hi);
    let mut rest = String::new();
    let mut at = line.lo;
    for comment in inside {
        rest.push_str(&text[at as usize..comment.lo.max(at) as usize]);
        at = comment.hi.min(line.hi);
    }
    rest.push_str(&text[at as usize..line.hi as usize]);
    let rest = rest.trim();
    // What is left of `{/* a comment in JSX */}` is no code either.
    let frame_of_comment = rest == "{}" && at > line.lo;
    !rest.is_empty() && !frame_of_comment
}

/// Finds out which findings are suppressed, with the reason given, and which directives are of no use.
pub fn apply(findings: &[Finding], directives: &[Directive]) -> (Vec<Option<String>>, Vec<Problem>) {
    let mut used = vec![false; directives.len()];
    let suppressions = findings
        .iter()
        .map(|finding| {
            let mut suppression = None;
            for (directive, used) in directives.iter().zip(&mut used) {
                let named = directive.rule.as_deref().is_none_or(|rule| rule == finding.rule);
                if named && (directive.covers.lo..directive.covers.hi).contains(&finding.span.lo) {
                    *used = true;
                    suppression = suppression.or(Some(directive.reason.clone()));
                }
            }
            suppression
        })
        .collect();
    let unused = directives
        .iter()
        .zip(used)
        .filter(|(_, used)| !used)
        .map(|(directive, _)| Problem {
            span: directive.span,
            message: complaint(directive),
            kind: ProblemKind::Suppression,
        });
    (suppressions, unused.collect())
}

fn complaint(directive: &Directive) -> String {
    match &directive.rule {
        Some(rule) if RULES.iter().all(|known| known.name != rule) => {
            let near = RULES
                .iter()
                .map(|known| (strsim::jaro_winkler(known.name, rule), known.name));
            match near
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.8)
            {
                Some((_, name)) => format!("unknown rule `{rule}` in suppression; did you mean `{name}`?"),
                None => format!("unknown rule `{rule}` in suppression"),
            }
        }
        _ if directive.covers.lo == directive.covers.hi => {
            "this suppression covers no code; the forms are leaklint-disable, -enable, -disable-line, \
             -disable-next-line and -disable-file"
                .to_string()
        }
        Some(rule) => format!("unused suppression: no finding of `{rule}` here"),
        None => "unused suppression: no finding here".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Confidence;

    /// Comments of a text that has none of their delimiters in strings.
    fn comments(text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = 0;
        while let Some(lo) = text[at..]
            .find("//")
            .into_iter()
            .chain(text[at..].find("/*"))
            .min()
        {
            let lo = at + lo;
            let hi = match &text[lo..lo + 2] {
                "//" => text[lo..].find('\n').map_or(text.len(), |n| lo + n),
                _ => lo + text[lo..].find("*/").unwrap() + 2,
            };
            spans.push(Span::new(lo as u32, hi as u32));
            at = hi;
        }
        spans
    }

    /// Lines (1-based) of the word `leak` that stay, and the complaints.
    fn left(text: &str) -> (Vec<usize>, Vec<String>) {
        let directives = directives(text, &comments(text));
        let finding = |(at, word): (usize, &str)| Finding {
            rule: "unbounded-cache",
            confidence: Confidence::Certain,
            message: String::new(),
            span: Span::new(at as u32, (at + word.len()) as u32),
            steps: Vec::new(),
            help: String::new(),
            assumption: None,
            questions: Vec::new(),
            scope: String::new(),
        };
        let findings: Vec<Finding> = text.match_indices("leak()").map(finding).collect();
        let (suppressed, problems) = apply(&findings, &directives);
        let stays = findings
            .iter()
            .zip(suppressed)
            .filter(|(_, suppressed)| suppressed.is_none());
        let line = |f: &Finding| text[..f.span.lo as usize].matches('\n').count() + 1;
        (
            stays.map(|(f, _)| line(f)).collect(),
            problems.into_iter().map(|p| p.message).collect(),
        )
    }

    #[test]
    fn next_line_is_the_next_that_holds_code() {
        assert_eq!(
            left("// leaklint-disable-next-line\nleak()\nleak()"),
            (vec![3], vec![])
        );
        let text = "// leaklint-disable-next-line unbounded-cache -- why\n\n  // more\n/* and\nmore */ leak()\nleak()";
        assert_eq!(left(text), (vec![6], vec![]));
        let jsx = "{/* leaklint-disable-next-line */}\n{/* x */}\n<p>{leak()}</p>\n{leak()}";
        assert_eq!(left(jsx), (vec![4], vec![]));
    }

    #[test]
    fn line_block_and_file() {
        assert_eq!(
            left("leak() // leaklint-disable-line unbounded-cache\nleak()"),
            (vec![2], vec![])
        );
        let block = "leak()\n/* leaklint-disable unbounded-cache */\nleak()\n/* leaklint-enable */\nleak()";
        assert_eq!(left(block), (vec![1, 5], vec![]));
        assert_eq!(left("leak()\n/* leaklint-disable */\nleak()"), (vec![1], vec![]));
        assert_eq!(
            left("leak()\n// leaklint-disable-file -- generated\nleak()"),
            (vec![], vec![])
        );
    }

    #[test]
    fn useless_suppressions_are_told() {
        let told = |text| left(text).1.join("; ");
        assert_eq!(
            told("// leaklint-disable-line\n"),
            "unused suppression: no finding here"
        );
        assert_eq!(
            told("leak() // leaklint-disable-line undeleted-global, unbounded-cache"),
            "unused suppression: no finding of `undeleted-global` here"
        );
        assert_eq!(
            told("leak() // leaklint-disable-line unbounded-cashe"),
            "unknown rule `unbounded-cashe` in suppression; did you mean `unbounded-cache`?"
        );
        assert!(told("// leaklint-disable-nextline\nleak()").starts_with("this suppression covers no code"));
        assert_eq!(
            told("// about leaklint-disable-line\n"),
            "",
            "only at the start of a comment"
        );
    }

    #[test]
    fn reasons_are_kept() {
        let text = "leak() // leaklint-disable-line a, b -- it ends -- soon";
        let directives = directives(text, &comments(text));
        assert_eq!(directives.len(), 2);
        assert_eq!(
            (directives[0].rule.as_deref(), &*directives[1].reason),
            (Some("a"), "it ends -- soon")
        );
    }
}
