//! For people: each finding with its steps drawn into excerpts of the code, rendered by miette.
//!
//! miette reads not the file but an [`Excerpt`] made for the finding: only the lines that matter, far-apart steps
//! in frames of their own, long lines cut to windows around what is marked, control characters removed.

use std::collections::HashMap;
use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::{Run, printable};
use crate::finding::{Problem, ProblemKind, Severity};
use crate::report::{Report, Reported};
use crate::source::{LineColumn, Source, Span};

/// Frames whose lines are closer than this are one.
const NEAR: usize = 4;
/// Of findings that say the same in one file, so many are shown in full.
const ALIKE: usize = 3;

/// What the output may look like.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub color: bool,
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// How many findings are shown, if that is limited.
    pub limit: Option<usize>,
}

pub fn findings(run: &Run, look: Look) -> String {
    let limit = look.limit.unwrap_or(usize::MAX);
    let mut text = String::new();
    let mut total = 0;
    for report in &run.reports {
        let mut alike: HashMap<(&str, &str), Vec<&Reported>> = HashMap::new();
        for reported in report.shown() {
            alike
                .entry((reported.finding.rule, &reported.finding.message))
                .or_default()
                .push(reported);
        }
        for reported in report.shown() {
            total += 1;
            let alike = &alike[&(reported.finding.rule, reported.finding.message.as_str())];
            let nth = alike
                .iter()
                .position(|other| std::ptr::eq(*other, reported))
                .unwrap_or_default();
            if total > limit || nth >= ALIKE {
                continue;
            }
            finding(&mut text, report, reported, look);
            if nth + 1 == ALIKE && alike.len() > ALIKE {
                let line =
                    |other: &&Reported| report.source.line_column(other.finding.span.lo).line.to_string();
                let lines = alike[ALIKE..].iter().map(line).collect::<Vec<_>>().join(", ");
                let dots = look.dots();
                let more = alike.len() - ALIKE;
                let more = format!("{dots} and {more} more like this in this file: lines {lines}");
                text += &format!("{}\n\n", wrap(&more, look.width, "  ", "  ").join("\n"));
            }
        }
    }
    if total > limit {
        text += &format!(
            "{} and {} more; --max-diagnostics 0 shows all\n",
            look.dots(),
            total - limit
        );
    }
    text
}

pub fn problems(run: &Run, look: Look) -> String {
    let mut text = String::new();
    for report in &run.reports {
        for problem in &report.problems {
            self::problem(&mut text, &report.source, problem, look);
        }
    }
    text
}

impl Look {
    fn dots(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    fn handler(self) -> GraphicalReportHandler {
        let theme = match (self.unicode, self.color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(self.width)
            .with_urls(false);
        handler.without_syntax_highlighting()
    }
}

fn finding(text: &mut String, report: &Report, reported: &Reported, look: Look) {
    let finding = &reported.finding;
    let mut marks = vec![Mark {
        span: report.source.first_line(finding.span),
        text: String::new(),
        primary: true,
    }];
    let several = finding.steps.len() > 1;
    for (step, n) in finding.steps.iter().zip(1..) {
        let span = report.source.first_line(step.span);
        let text = if several {
            format!("{n}: {}", step.text)
        } else {
            step.text.clone()
        };
        match marks.iter_mut().find(|mark| mark.span == span) {
            Some(mark) if mark.text.is_empty() => mark.text = printable(&text),
            Some(mark) => mark.text += &format!("\n{}", printable(&text)),
            None => marks.push(Mark {
                span,
                text: printable(&text),
                primary: false,
            }),
        }
    }
    let message = Message {
        title: printable(&format!("{}: {}", finding.rule, finding.message)),
        severity: reported.severity,
        help: Some(printable(&finding.help)).filter(|help| !help.is_empty()),
        excerpt: Some(Excerpt::new(&report.source, marks, look)),
    };
    message.render(text, look);
    if let Some(assumption) = &finding.assumption {
        let note = format!(
            "note: assumes {} ({})",
            printable(assumption),
            finding.confidence.name()
        );
        *text += &format!("{}\n", wrap(&note, look.width, "  ", "        ").join("\n"));
    }
    text.push('\n');
}

fn problem(text: &mut String, source: &Source, problem: &Problem, look: Look) {
    let mark = || Mark {
        span: source.first_line(problem.span),
        text: String::new(),
        primary: true,
    };
    let message = match problem.kind {
        ProblemKind::NotAnalysed => Message {
            title: printable(&format!("{}: {}", source.path, problem.message)),
            severity: Severity::Error,
            help: None,
            excerpt: None,
        },
        kind => Message {
            title: printable(&format!("{}: {}", kind.name(), problem.message)),
            severity: kind.severity(),
            help: None,
            excerpt: Some(Excerpt::new(source, vec![mark()], look)),
        },
    };
    message.render(text, look);
    text.push('\n');
}

/// What miette renders.
#[derive(Debug)]
struct Message {
    title: String,
    severity: Severity,
    help: Option<String>,
    excerpt: Option<Excerpt>,
}

impl Message {
    fn render(&self, text: &mut String, look: Look) {
        let mut rendered = String::new();
        look.handler()
            .render_report(&mut rendered, self)
            .expect("writing to a string does not fail");
        // miette leaves blanks at the ends of some lines.
        text.extend(rendered.lines().flat_map(|line| [line.trim_end(), "\n"]));
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Message {}

impl Diagnostic for Message {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.help.as_ref()?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.excerpt.as_ref()?)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(
            self.excerpt
                .as_ref()?
                .labels
                .iter()
                .map(|(label, _)| label.clone()),
        ))
    }
}

/// A place of the source to be underlined, on one line.
struct Mark {
    span: Span,
    text: String,
    primary: bool,
}

/// The lines of a source that are drawn, as a text of its own in which the labels are placed.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    frames: Vec<Frame>,
    /// In the order of the excerpt, without overlaps; each with its place in the file.
    labels: Vec<(LabeledSpan, LineColumn)>,
}

/// Lines that follow each other.
#[derive(Debug)]
struct Frame {
    /// Bytes of the excerpt.
    start: usize,
    end: usize,
    /// 0-based line of the file.
    first_line: usize,
    lines: usize,
}

impl Excerpt {
    fn new(source: &Source, mut marks: Vec<Mark>, look: Look) -> Excerpt {
        marks.sort_by_key(|mark| mark.span);
        let budget = look.width.saturating_sub(12);
        let line_of = |mark: &Mark| source.line_index(mark.span.lo);
        let mut excerpt = Excerpt {
            name: printable(&source.path),
            text: String::new(),
            frames: Vec::new(),
            labels: Vec::new(),
        };
        for lines in frames(&marks, source) {
            let start = excerpt.text.len();
            let (first_line, count) = (lines.start, lines.len());
            for line in lines {
                let on_line: Vec<&Mark> = marks.iter().filter(|mark| line_of(mark) == line).collect();
                excerpt.push_line(source, line, &on_line, budget, look);
            }
            excerpt.frames.push(Frame {
                start,
                end: excerpt.text.len(),
                first_line,
                lines: count,
            });
        }
        excerpt
    }

    /// Appends a line, or what a long one has around the marks, and the labels for them.
    fn push_line(&mut self, source: &Source, line: usize, marks: &[&Mark], budget: usize, look: Look) {
        let line = source.line_span(line);
        let line_start = self.text.len();
        let mut starts = Vec::new();
        for piece in pieces(source, line, marks, budget) {
            if piece.lo > line.lo {
                self.text += look.dots();
            }
            starts.push((piece, self.text.len()));
            // Each control character becomes as many bytes, so that offsets stay true.
            for c in source.slice(piece).chars() {
                match c.is_control() && c != '\t' {
                    true => self.text.extend(std::iter::repeat_n('?', c.len_utf8())),
                    false => self.text.push(c),
                }
            }
        }
        if starts.last().is_some_and(|(piece, _)| piece.hi < line.hi) {
            self.text += look.dots();
        }
        let end = self.text.len();
        self.text.push('\n');

        let in_excerpt = |offset: u32| {
            let (piece, at) = starts
                .iter()
                .rfind(|(piece, _)| piece.lo <= offset)
                .unwrap_or(&starts[0]);
            at + (offset.min(piece.hi) - piece.lo.min(offset)) as usize
        };
        let mut taken = line_start;
        for (index, mark) in marks.iter().enumerate() {
            // miette cannot draw overlapping labels: the earlier one ends where the next begins.
            let next = marks.get(index + 1).filter(|next| next.span.lo > mark.span.lo);
            let lo = in_excerpt(mark.span.lo).max(taken);
            let hi =
                in_excerpt(next.map_or(mark.span.hi, |next| next.span.lo.min(mark.span.hi))).clamp(lo, end);
            taken = hi;
            let middle = self.text.floor_char_boundary((lo + hi) / 2);
            let column = self.text[line_start..middle].chars().count();
            let width = look.width.saturating_sub(column + 13).max(20);
            let text = mark.text.lines().flat_map(|text| wrap(text, width, "", "   "));
            let text = Some(text.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty());
            let label = match mark.primary {
                true => LabeledSpan::new_primary_with_span(text, (lo, hi - lo)),
                false => LabeledSpan::new_with_span(text, (lo, hi - lo)),
            };
            self.labels.push((label, source.line_column(mark.span.lo)));
        }
    }
}

/// The ranges of 0-based lines to draw: those with marks, one line around the primary one, small gaps filled.
/// The one with the primary mark comes first, then they follow their places in the file.
fn frames(marks: &[Mark], source: &Source) -> Vec<std::ops::Range<usize>> {
    let last = source.line_starts().len();
    let mut frames: Vec<std::ops::Range<usize>> = Vec::new();
    for mark in marks {
        let line = source.line_index(mark.span.lo);
        let around = usize::from(mark.primary);
        let mut lines = line.saturating_sub(around)..(line + 1 + around).min(last);
        if lines.end > line + 1 && source.slice(source.line_span(line + 1)).trim().is_empty() {
            lines.end = line + 1;
        }
        match frames.last_mut() {
            Some(frame) if lines.start < frame.end + NEAR => frame.end = frame.end.max(lines.end),
            _ => frames.push(lines),
        }
    }
    let primary = marks
        .iter()
        .find(|mark| mark.primary)
        .map(|mark| source.line_index(mark.span.lo));
    frames.sort_by_key(|frame| !primary.is_some_and(|line| frame.contains(&line)));
    frames
}

/// The parts of a line that are shown: all of a short one, else about `budget` bytes around the marks.
fn pieces(source: &Source, line: Span, marks: &[&Mark], budget: usize) -> Vec<Span> {
    let budget = budget as u32;
    if line.hi - line.lo <= budget {
        return vec![line];
    }
    let start = Span::new(line.lo, line.lo);
    let spans = marks.iter().map(|mark| mark.span);
    let spans: Vec<Span> = if marks.is_empty() {
        vec![start]
    } else {
        spans.collect()
    };
    let share = budget / spans.len() as u32;
    let mut pieces: Vec<Span> = Vec::new();
    for span in spans {
        let shown = (span.hi - span.lo).min(share * 2 / 3);
        let lo = span.lo.saturating_sub((share - shown) / 2).max(line.lo);
        let hi = (lo + share).max(span.lo + shown).min(line.hi);
        let lo = lo.min(hi.saturating_sub(share)).max(line.lo);
        let text = &source.text;
        let piece = Span::new(
            text.floor_char_boundary(lo as usize) as u32,
            text.ceil_char_boundary(hi as usize).min(line.hi as usize) as u32,
        );
        match pieces.last_mut() {
            Some(last) if piece.lo <= last.hi + 3 => last.hi = last.hi.max(piece.hi),
            _ => pieces.push(piece),
        }
    }
    pieces
}

impl SourceCode for Excerpt {
    /// All lines of the frame that holds a span; for a header, where miette wants no context, its place in the file.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (lo, hi) = (span.offset(), span.offset() + span.len());
        let frame = self
            .frames
            .iter()
            .find(|frame| frame.start <= lo && hi <= frame.end);
        let frame = frame.ok_or(MietteError::OutOfBounds)?;
        let (mut line, mut column) = (frame.first_line, 0);
        if before == 0 && after == 0 {
            let place = self
                .labels
                .iter()
                .find(|(label, _)| label.offset() == lo)
                .map(|(_, place)| place);
            (line, column) = place.map_or((line, 0), |at| (at.line as usize - 1, at.column as usize - 1));
        }
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[frame.start..frame.end],
            (frame.start, frame.end - frame.start).into(),
            line,
            column,
            frame.lines,
        )))
    }
}

/// Text in lines of at most `width` characters, with what the first and the others begin with.
fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{rest}{word}")),
            None => lines.push(format!("{first}{word}")),
        }
    }
    lines
}
