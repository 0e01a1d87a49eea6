//! Text to [`Tree`]: finds the scripts, chooses the dialect, guards the parser, turns its errors into problems.

use swc_common::comments::Comments;
use swc_common::comments::SingleThreadedComments;
use swc_common::sync::Lrc;
use swc_common::{BytePos, FileName, SourceFile, Spanned};
use swc_ecma_ast::{EsVersion, Expr, Module, Program, Script as SwcScript, Stmt};
use swc_ecma_parser::error::{Error, SyntaxError};
use swc_ecma_parser::{
    EsSyntax, FlowSyntax, PResult, Syntax, TsSyntax, parse_file_as_expr, parse_file_as_module,
    parse_file_as_program, parse_file_as_script,
};

use super::embedded::{self, Dialect, Expression, Language, Meaning, Runs, Script, Shown};
use super::tree::Tree;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Source, Span};

/// The code of a file.
pub(super) enum Code {
    Program(Program),
    Component(Component),
}

/// The scripts of a component or page, and what its template evaluates.
pub(super) struct Component {
    pub dialect: Dialect,
    pub scripts: Vec<(Script, Program)>,
    pub template: Vec<(Expression, Fragment)>,
    pub shown: Vec<Shown>,
}

/// An expression of a template.
pub(super) enum Fragment {
    Expr(Box<Expr>),
    Stmts(Vec<Stmt>),
    /// Nothing that parses by itself: only the names in it are known.
    Names,
}

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
    let code = code(source, comments.as_ref(), &mut parsed.problems);
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
    parsed.tree = code.map(|code| super::lower::lower(&code, &source.text));
    parsed
}

/// Parses and drops, with what SWC needs at the least: the yardstick of the speed bench. True if there was a tree.
#[doc(hidden)]
pub fn parse_only(source: &Source) -> bool {
    code(source, None, &mut Vec::new()).is_some()
}

pub(super) fn code(
    source: &Source,
    comments: Option<&SingleThreadedComments>,
    problems: &mut Vec<Problem>,
) -> Option<Code> {
    let comments = comments.map(|comments| comments as &dyn Comments);
    if let Some(dialect) = Dialect::of(&source.path) {
        return component(source, dialect, comments, problems).map(Code::Component);
    }
    let whole = Span::new(0, source.text.len() as u32);
    let language = match source.path.rsplit('.').next().unwrap_or("") {
        "ts" | "mts" | "cts" => Language::TypeScript,
        "tsx" => Language::Tsx,
        _ => Language::JavaScript,
    };
    match attempt(source, whole, syntaxes(language), comments, parse_file_as_program) {
        Ok((program, recovered)) => {
            problems.extend(recovered.iter().map(|error| problem(error, true)));
            Some(Code::Program(program))
        }
        Err(error) => {
            problems.push(problem(&error, false));
            None
        }
    }
}

fn component(
    source: &Source,
    dialect: Dialect,
    comments: Option<&dyn Comments>,
    problems: &mut Vec<Problem>,
) -> Option<Component> {
    let found = embedded::scan(&source.text, dialect);
    let mut scripts = Vec::new();
    for script in found.scripts {
        let syntaxes = syntaxes(script.language);
        let parsed = if script.runs == Runs::Classic {
            attempt(source, script.span, syntaxes, comments, parse_file_as_script)
                .map(|(script, recovered): (SwcScript, _)| (Program::Script(script), recovered))
        } else {
            attempt(source, script.span, syntaxes, comments, parse_file_as_module)
                .map(|(module, recovered): (Module, _)| (Program::Module(module), recovered))
        };
        match parsed {
            Ok((program, mut recovered)) => {
                if script.runs == Runs::Instance {
                    recovered.retain(|error| !matches!(error.kind(), SyntaxError::ReturnNotAllowed));
                }
                problems.extend(recovered.iter().map(|error| problem(error, true)));
                scripts.push((script, program));
            }
            Err(_) if dialect == Dialect::Html && has_placeholders(source.slice(script.span)) => {}
            Err(error) => {
                // The scripts of a page do without each other.
                let recovered = dialect == Dialect::Html;
                problems.push(problem(&error, recovered));
                if !recovered {
                    return None;
                }
            }
        }
    }
    let instance = scripts.iter().any(|(script, _)| script.runs == Runs::Instance);
    let template = if dialect == Dialect::Vue && !instance {
        // Such templates see the members of the component only, none of the script's variables.
        Vec::new()
    } else {
        let fragments = found.template.into_iter();
        fragments.map(|it| (it, fragment(source, dialect, it))).collect()
    };
    Some(Component {
        dialect,
        scripts,
        template,
        shown: found.shown,
    })
}

/// Pages that a server fills in: a script may become JavaScript only then.
fn has_placeholders(code: &str) -> bool {
    ["{{", "{%", "<%", "<?"].iter().any(|open| code.contains(open))
}

fn fragment(source: &Source, dialect: Dialect, expression: Expression) -> Fragment {
    let language = match dialect {
        Dialect::Vue | Dialect::Svelte => Language::TypeScript,
        Dialect::Astro => Language::Tsx,
        Dialect::Html => Language::JavaScript,
    };
    let syntax = || syntaxes(language).into_iter().take(1).collect();
    let span = expression.span;
    if let Ok((expr, _)) = attempt(source, span, syntax(), None, parse_file_as_expr) {
        let rest = Span::new(self::span(expr.span()).hi.min(span.hi), span.hi);
        if source
            .slice(rest)
            .trim_matches([' ', '\n', '\r', '\t', ';'])
            .is_empty()
        {
            return Fragment::Expr(expr);
        }
    }
    if expression.meaning == Meaning::Handler
        && let Ok((script, _)) = attempt(source, span, syntax(), None, parse_file_as_script)
    {
        return Fragment::Stmts(script.body);
    }
    Fragment::Names
}

type Parse<T> = fn(&SourceFile, Syntax, EsVersion, Option<&dyn Comments>, &mut Vec<Error>) -> PResult<T>;

/// Parses a part of a text in the first syntax in which that succeeds, else tells what is wrong in the first of all.
fn attempt<T>(
    source: &Source,
    at: Span,
    syntaxes: Vec<Syntax>,
    comments: Option<&dyn Comments>,
    parse: Parse<T>,
) -> Result<(T, Vec<Error>), Error> {
    let name: Lrc<FileName> = Lrc::new(FileName::Anon);
    let text = source.slice(at).to_string();
    let file = SourceFile::new(name.clone(), false, name, text.into(), BytePos(at.lo + 1));
    let mut first_failure = None;
    for syntax in syntaxes {
        let mut recovered = Vec::new();
        match parse(&file, syntax, EsVersion::EsNext, comments, &mut recovered) {
            Ok(parsed) => return Ok((parsed, recovered)),
            Err(error) => {
                first_failure.get_or_insert(error);
            }
        }
    }
    Err(first_failure.expect("there is a syntax to try"))
}

fn problem(error: &Error, recovered: bool) -> Problem {
    Problem {
        span: span(error.span()),
        message: error.kind().msg().into_owned(),
        kind: ProblemKind::Syntax { recovered },
    }
}

/// The dialects to try.
fn syntaxes(language: Language) -> Vec<Syntax> {
    let typescript = |tsx| {
        Syntax::Typescript(TsSyntax {
            tsx,
            decorators: true,
            no_early_errors: true,
            ..TsSyntax::default()
        })
    };
    match language {
        Language::TypeScript => vec![typescript(false)],
        Language::Tsx => vec![typescript(true)],
        Language::JavaScript => vec![
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
    // Most texts have not enough of it all, and counting is quick.
    let opening = text
        .iter()
        .filter(|byte| matches!(byte, b'(' | b'[' | b'{'))
        .count();
    let arrows = text.iter().filter(|&&byte| byte == b'>').count();
    if opening <= MAX_DEPTH && arrows <= 2 * MAX_DEPTH {
        return None;
    }
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
