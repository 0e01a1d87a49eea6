//! Text to [`Tree`]: chooses the dialect, guards the parser, turns its errors into problems.

use swc_common::comments::SingleThreadedComments;
use swc_common::sync::Lrc;
use swc_common::{BytePos, FileName, SourceFile, Spanned};
use swc_ecma_ast::{EsVersion, Program};
use swc_ecma_parser::{EsSyntax, FlowSyntax, Syntax, TsSyntax, parse_file_as_program};

use super::tree::Tree;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Source, Span};

/// What parsing yields. `tree` is absent when nothing could be recovered.
pub struct Parsed {
    pub tree: Option<Tree>,
    pub problems: Vec<Problem>,
    /// Spans of all comments, in order; filled only when the text mentions a suppression.
    pub comments: Vec<Span>,
}

/// Nesting beyond this is refused: the parser needs up to 3.3 KB of stack for a level (measured on its release
/// build), its overflow cannot be caught, and workers have 1 GiB.
const MAX_DEPTH: usize = 100_000;

/// The worst text needs 3.3 KB of stack for each of its bytes.
const SAFE_BYTES: usize = 300_000;

pub fn parse(source: &Source) -> Parsed {
    let mut parsed = Parsed {
        tree: None,
        problems: Vec::new(),
        comments: Vec::new(),
    };
    // A smaller text cannot nest deep enough, whatever it holds.
    let may_nest = source.text.len() > SAFE_BYTES;
    if let Some(at) = may_nest.then(|| too_deep(source.text.as_bytes())).flatten() {
        parsed.problems.push(Problem {
            span: Span::new(at, at),
            message: format!("nested more than {MAX_DEPTH} levels deep"),
            kind: ProblemKind::NotAnalysed,
        });
        return parsed;
    }
    let wants_comments = memchr::memmem::find(source.text.as_bytes(), b"leaklint-").is_some();
    let comments = wants_comments.then(SingleThreadedComments::default);
    let program = program(source, comments.as_ref(), &mut parsed.problems);
    if let Some(comments) = comments {
        let (leading, trailing) = comments.take_all();
        let all = [leading, trailing];
        for map in &all {
            for list in map.borrow().values() {
                parsed
                    .comments
                    .extend(list.iter().map(|comment| span(comment.span)));
            }
        }
        parsed.comments.sort_unstable();
        parsed.comments.dedup();
    }
    parsed.tree = program.map(|program| super::lower::lower(&program, &source.text));
    parsed
}

/// Parses and drops, with what SWC needs at the least: the yardstick of the speed bench. True if there was a tree.
#[doc(hidden)]
pub fn parse_only(source: &Source) -> bool {
    program(source, None, &mut Vec::new()).is_some()
}

pub(super) fn program(
    source: &Source,
    comments: Option<&SingleThreadedComments>,
    problems: &mut Vec<Problem>,
) -> Option<Program> {
    let name: Lrc<FileName> = Lrc::new(FileName::Anon);
    let text = source.text.to_string();
    let file = SourceFile::new(name.clone(), false, name, text.into(), BytePos(1));
    let syntaxes = syntaxes(&source.path);
    let mut first_failure = None;
    for syntax in syntaxes {
        let mut recovered = Vec::new();
        let comments = comments.map(|comments| comments as &dyn swc_common::comments::Comments);
        match parse_file_as_program(&file, syntax, EsVersion::EsNext, comments, &mut recovered) {
            Ok(program) => {
                problems.extend(recovered.iter().map(|error| problem(error, true)));
                return Some(program);
            }
            Err(error) => {
                first_failure.get_or_insert(error);
            }
        }
    }
    problems.extend(first_failure.map(|error| problem(&error, false)));
    None
}

fn problem(error: &swc_ecma_parser::error::Error, recovered: bool) -> Problem {
    Problem {
        span: span(error.span()),
        message: error.kind().msg().into_owned(),
        kind: ProblemKind::Syntax { recovered },
    }
}

/// The dialects to try for a file, by its extension.
fn syntaxes(path: &str) -> Vec<Syntax> {
    let extension = path.rsplit('.').next().unwrap_or("");
    let typescript = |tsx| {
        Syntax::Typescript(TsSyntax {
            tsx,
            decorators: true,
            no_early_errors: true,
            ..TsSyntax::default()
        })
    };
    match extension {
        "ts" | "mts" | "cts" => vec![typescript(false)],
        "tsx" => vec![typescript(true)],
        _ => vec![
            Syntax::Es(EsSyntax {
                jsx: true,
                fn_bind: false,
                decorators: true,
                decorators_before_export: true,
                export_default_from: true,
                import_attributes: true,
                allow_super_outside_method: true,
                allow_return_outside_function: true,
                auto_accessors: true,
                explicit_resource_management: true,
            }),
            // React Native and others publish Flow in .js files.
            Syntax::Flow(FlowSyntax {
                jsx: true,
                all: true,
                require_directive: false,
                enums: true,
                decorators: true,
                components: true,
                pattern_matching: true,
            }),
        ],
    }
}

/// SWC's spans start at 1.
pub(super) fn span(span: swc_common::Span) -> Span {
    Span::new(span.lo.0.saturating_sub(1), span.hi.0.saturating_sub(1))
}

/// Offset where nesting passes the limit. A scan of bytes: brackets in strings count too, which only errs for
/// texts that no person wrote.
fn too_deep(text: &[u8]) -> Option<u32> {
    let mut depth = 0usize;
    let mut arrows = 0usize;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at as u32);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'>' if at > 0 && text[at - 1] == b'=' => {
                arrows += 1;
                if arrows > 2 * MAX_DEPTH {
                    return Some(at as u32);
                }
            }
            _ => {}
        }
    }
    None
}
