//! Which files are linted: walks directories, honours `.gitignore`, and says what it leaves out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{Match, WalkBuilder};

use crate::report::Report;

/// Larger files are bundles that nobody mends.
const MAX_BYTES: u64 = 1 << 20;

/// Why a file is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// `.d.ts`: types only, nothing runs.
    Declaration,
    Minified,
    TooLarge,
    /// A directory of other people's code.
    NodeModules,
    /// By `--ignore-pattern`.
    Excluded,
    /// By `.gitignore`; only told of files that were named.
    Ignored,
    /// Has neither JavaScript nor TypeScript; only told of files that were named.
    Unsupported,
}

impl Skip {
    pub fn reason(self) -> &'static str {
        match self {
            Skip::Declaration => "declarations only",
            Skip::Minified => "minified",
            Skip::TooLarge => "over 1 MiB",
            Skip::NodeModules => "node_modules",
            Skip::Excluded => "excluded by --ignore-pattern",
            Skip::Ignored => "ignored by .gitignore",
            Skip::Unsupported => "not a file with JavaScript or TypeScript",
        }
    }
}

/// A file to lint.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    /// Its path as it is printed: relative to the current directory if it lies therein.
    pub name: String,
    /// Whether the user named this very file.
    pub named: bool,
    /// Lies in a folder of tests or examples, below what the user named.
    pub aside: bool,
}

/// What the arguments of a run amount to.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Sorted by name, each file once.
    pub files: Vec<File>,
    pub skipped: BTreeMap<Skip, usize>,
    /// Named files that are left out, with the reason.
    pub notes: Vec<(String, Skip)>,
    /// Paths that do not exist or cannot be read.
    pub failures: Vec<Report>,
}

/// How directories are walked.
#[derive(Debug, Default)]
pub struct Options {
    pub no_ignore: bool,
    /// Globs, relative to the current directory, of what is left out.
    pub ignore_patterns: Vec<String>,
}

/// Finds the files that `roots` stand for. An error is a glob that cannot be read.
pub fn discover(roots: &[PathBuf], options: &Options) -> Result<Discovery, String> {
    let mut found = Discovery::default();
    let base = fs::canonicalize(".").unwrap_or_default();
    let excluded = patterns(&base, &options.ignore_patterns)?;
    let is_excluded = |path: &Path, is_dir| excluded.matched_path_or_any_parents(path, is_dir).is_ignore();
    // Names rather than paths: a root given twice, or under another root, is the same file once.
    let mut names = BTreeSet::new();

    for root in roots {
        let resolved = match fs::canonicalize(root) {
            Ok(resolved) => resolved,
            Err(error) => {
                found
                    .failures
                    .push(Report::problem(&slashes(root), describe(&error)));
                continue;
            }
        };
        let is_file = resolved.is_file();
        if is_file {
            let name = display_name(&resolved, &base);
            let skip = skip_by_name(&resolved).or_else(|| {
                let in_base = resolved.starts_with(&base);
                if in_base && is_excluded(&resolved, false) {
                    return Some(Skip::Excluded);
                }
                (!options.no_ignore && is_gitignored(&resolved, false, false)).then_some(Skip::Ignored)
            });
            match skip {
                Some(skip) => found.notes.push((name, skip)),
                None if names.insert(name.clone()) => {
                    found.files.push(File {
                        path: resolved,
                        name,
                        named: true,
                        aside: false,
                    });
                }
                None => {}
            }
            continue;
        }

        let node_modules = Arc::new(AtomicUsize::new(0));
        let counter = node_modules.clone();
        let mut walk = WalkBuilder::new(&resolved);
        walk.standard_filters(false)
            .hidden(true)
            .require_git(false)
            .git_ignore(!options.no_ignore)
            .git_exclude(!options.no_ignore)
            // A directory that was named is wanted, whatever ignores it.
            .parents(!options.no_ignore && !is_gitignored(&resolved, true, true))
            .follow_links(false)
            .filter_entry(move |entry| {
                let skip = entry.depth() > 0
                    && entry.file_name() == "node_modules"
                    && entry.file_type().is_some_and(|kind| kind.is_dir());
                counter.fetch_add(usize::from(skip), Ordering::Relaxed);
                !skip
            });
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error_path(&error).unwrap_or(&resolved);
                    let message = error.io_error().map_or_else(|| error.to_string(), describe);
                    found
                        .failures
                        .push(Report::problem(&display_name(path, &base), message));
                    continue;
                }
            };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry.into_path();
            let skip = match skip_by_name(&path) {
                Some(Skip::Unsupported) => continue,
                _ if path.starts_with(&base) && is_excluded(&path, false) => Some(Skip::Excluded),
                skip => skip,
            };
            let name = display_name(&path, &base);
            let aside = path.strip_prefix(&resolved).is_ok_and(stands_aside);
            if !names.insert(name.clone()) {
                continue;
            }
            match skip {
                Some(skip) => *found.skipped.entry(skip).or_default() += 1,
                None => found.files.push(File {
                    path,
                    name,
                    named: false,
                    aside,
                }),
            }
        }
        match node_modules.load(Ordering::Relaxed) {
            0 => {}
            n => *found.skipped.entry(Skip::NodeModules).or_default() += n,
        }
    }
    found.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What stands in these folders only runs in tests and measurements, or shows how the program is used.
const ASIDE: [&str; 20] = [
    "test",
    "tests",
    "spec",
    "specs",
    "e2e",
    "bench",
    "benchmark",
    "benchmarks",
    "__tests__",
    "__mocks__",
    "example",
    "examples",
    "demo",
    "demos",
    "sample",
    "samples",
    "playground",
    "playgrounds",
    "storybook",
    "cypress",
];

/// How the names of such folders end: `browser-integration-tests`.
const ASIDE_ENDS: [&str; 4] = ["-test", "-tests", "-example", "-examples"];

/// Outside of the source, what stands in these folders tells of the program.
const DOCS: [&str; 5] = ["doc", "docs", "documentation", "website", "_site"];

/// The folders that a program's own source stands in.
const SOURCE: [&str; 4] = ["src", "lib", "app", "dist"];

/// A file in a folder of tests, examples or documents.
fn stands_aside(path: &Path) -> bool {
    let folders = path.parent().into_iter().flat_map(Path::components);
    let mut folders = folders.filter_map(|it| it.as_os_str().to_str());
    let tests = |it: &str| ASIDE.contains(&it) || ASIDE_ENDS.iter().any(|end| it.ends_with(end));
    let docs = folders
        .clone()
        .take_while(|it| !SOURCE.contains(it))
        .any(|it| DOCS.contains(&it));
    docs || folders.any(tests)
}

/// Reads a file, unless it is too large or not meant for people.
pub fn read(file: &File) -> std::io::Result<Result<Vec<u8>, Skip>> {
    if fs::metadata(&file.path)?.len() > MAX_BYTES {
        return Ok(Err(Skip::TooLarge));
    }
    let bytes = fs::read(&file.path)?;
    Ok(if is_minified(&bytes) {
        Err(Skip::Minified)
    } else {
        Ok(bytes)
    })
}

/// Why a file is left out for its name alone.
pub fn skip_by_name(path: &Path) -> Option<Skip> {
    let name = path.file_name()?.to_str()?;
    let Some((
        stem,
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte" | "astro" | "html"
        | "htm",
    )) = name.rsplit_once('.')
    else {
        return Some(Skip::Unsupported);
    };
    if stem.ends_with(".d") && name.ends_with("ts") {
        Some(Skip::Declaration)
    } else if stem.ends_with(".min") || stem.ends_with("-min") {
        Some(Skip::Minified)
    } else {
        None
    }
}

/// Whether most of a file is long lines that are dense with punctuation. A long string or a table of numbers in
/// ordinary code is long, too, but not dense.
pub fn is_minified(bytes: &[u8]) -> bool {
    const LONG_LINE: usize = 500;
    if bytes.len() < 4 * LONG_LINE {
        return false;
    }
    let is_dense = |(code, punctuation): (usize, usize)| code * 2 > LONG_LINE && punctuation * 30 > code;
    let mut start = 0;
    let mut dense = 0;
    // A line may begin in a template, of which only what comes before tells, and not surely: a backtick may stand in a
    // regular expression.
    let (mut told, mut in_template) = (0, false);
    while start < bytes.len() {
        // The last end of a line within reach passes many short ones at once.
        let reach = (start + LONG_LINE + 1).min(bytes.len());
        if let Some(end) = memchr::memrchr(b'\n', &bytes[start..reach]) {
            start += end + 1;
            continue;
        }
        let end = memchr::memchr(b'\n', &bytes[reach..]).map_or(bytes.len(), |end| reach + end);
        let line = &bytes[start..end];
        if line.len() > LONG_LINE {
            in_template ^= memchr::memchr_iter(b'`', &bytes[told..start]).count() % 2 == 1;
            told = start;
            if is_dense(code_of(line, false)) || in_template && is_dense(code_of(line, true)) {
                dense += line.len();
            }
        }
        start = end + 1;
    }
    dense * 2 > bytes.len()
}

/// How long a line is without its strings, which may be a style sheet or markup, and how much of that is punctuation.
fn code_of(line: &[u8], in_template: bool) -> (usize, usize) {
    let (mut code, mut punctuation) = (0, 0);
    let mut quote = in_template.then_some(b'`');
    let mut escaped = false;
    for &byte in line {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some(end) if byte == end => quote = None,
            Some(_) => {}
            None => {
                if b"\"'`".contains(&byte) {
                    quote = Some(byte);
                }
                code += 1;
                punctuation += usize::from(b";(){}=".contains(&byte));
            }
        }
    }
    (code, punctuation)
}

/// What went wrong, without the number of the operating system.
pub fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}

fn patterns(base: &Path, globs: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new(base);
    for glob in globs {
        builder
            .add_line(None, glob)
            .map_err(|error| format!("--ignore-pattern {glob}: {error}"))?;
    }
    builder
        .build()
        .map_err(|error| format!("--ignore-pattern: {error}"))
}

/// Whether a `.gitignore` of some parent directory names a path, or with `or_parents` a directory above it.
fn is_gitignored(path: &Path, is_dir: bool, or_parents: bool) -> bool {
    for directory in path.ancestors().skip(1) {
        let rules = directory.join(".gitignore");
        if rules.is_file() {
            let (rules, _) = Gitignore::new(rules);
            let verdict = match or_parents {
                true => rules.matched_path_or_any_parents(path, is_dir),
                false => rules.matched(path, is_dir),
            };
            match verdict {
                Match::None => {}
                verdict => return verdict.is_ignore(),
            }
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    false
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(error_path),
        _ => None,
    }
}

/// A resolved path as it is printed.
fn display_name(path: &Path, base: &Path) -> String {
    let relative = path.strip_prefix(base).unwrap_or(path);
    if relative.as_os_str().is_empty() {
        ".".to_string()
    } else {
        slashes(relative)
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let skip = |name| skip_by_name(Path::new(name));
        assert_eq!(skip("a/b.js"), None);
        assert_eq!(skip("a/b.bundle.js"), None);
        assert_eq!(skip("b.d.ts"), Some(Skip::Declaration));
        assert_eq!(skip("b.d.js"), None);
        assert_eq!(skip("jquery.min.js"), Some(Skip::Minified));
        assert_eq!(skip("jquery-min.js"), Some(Skip::Minified));
        assert_eq!(skip("Menu.vue"), None);
        assert_eq!(skip("index.html"), None);
        assert_eq!(skip("b.json"), Some(Skip::Unsupported));
        assert_eq!(skip("Makefile"), Some(Skip::Unsupported));
    }

    #[test]
    fn minified_is_told_from_long_data() {
        let code = "function handler(request) {\n  return request.body\n}\n".repeat(40);
        let string = format!(
            "{code}const logo = 'data:image/png;base64,{}'\n",
            "iVBORw0KGgo".repeat(4000)
        );
        let minified = "var a=function(b){return c(d)};".repeat(100);
        assert!(!is_minified(code.as_bytes()));
        assert!(!is_minified(string.as_bytes()));
        let styles = format!("{code}const styles = \"{}\"\n", ".a{b:c;d:e}".repeat(4000));
        assert!(!is_minified(styles.as_bytes()));
        assert!(is_minified(minified.as_bytes()));
        assert!(is_minified(format!("/* licence */\n{minified}").as_bytes()));
        let templates = format!("a=`\n`+b;{minified}c=`\n`+d;{minified}");
        assert!(is_minified(templates.as_bytes()));
    }
}
