//! Analyses many files on all processors. What is wrong with one file never harms another.

use std::any::Any;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::discover::{self, File, Skip, describe};
use crate::engine::{self, FileResult};
use crate::finding::{Problem, ProblemKind};
use crate::project;
use crate::report::{Report, Settings};
use crate::source::{Source, Span};

/// Threads whose names start so die of panics in silence: [`analyze`] tells of them.
const QUIET_THREAD: &str = "leaklint-";

/// Stacks for recursive descent through deeply nested code, largest first: only touched pages cost anything,
/// but some systems refuse large ones.
const STACK_SIZES: [usize; 3] = [1 << 30, 256 << 20, 64 << 20];

/// Lints files in parallel; the reports are in the order of the files.
pub fn run(files: &[File], settings: &Settings, threads: usize) -> Vec<Result<Report, Skip>> {
    let progress = Progress::new(files.len());
    let lint = |file: &File| {
        let report = lint(file, settings);
        progress.advance();
        report
    };
    let mut reports: Vec<_> =
        with_deep_stacks(threads, || files.par_iter().with_max_len(1).map(lint).collect());
    project::link(&mut reports);
    reports
}

/// Runs `work` on a pool of threads with deep stacks; 0 threads are as many as there are processors.
pub fn with_deep_stacks<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    silence_panics();
    let pool = STACK_SIZES.iter().find_map(|&stack_size| {
        let builder = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(stack_size);
        builder
            .thread_name(|index| format!("{QUIET_THREAD}{index}"))
            .build()
            .ok()
    });
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// [`engine::analyze`], except that a defect of leaklint becomes a problem of the file.
pub fn analyze(source: &Source) -> FileResult {
    catch_unwind(AssertUnwindSafe(|| engine::analyze(source))).unwrap_or_else(|panic| FileResult {
        problems: vec![Problem {
            span: Span::default(),
            message: format!(
                "leaklint failed on this file, please report it: {}",
                panic_message(&*panic)
            ),
            kind: ProblemKind::NotAnalysed,
        }],
        ..FileResult::default()
    })
}

/// Lints the bytes of one file.
pub fn lint_bytes(name: &str, aside: bool, bytes: Vec<u8>, settings: &Settings) -> Report {
    let (text, bad_byte) = decode(bytes);
    let mut source = Source::new(name, text);
    source.aside = aside;
    let mut result = analyze(&source);
    result.problems.extend(bad_byte.map(|at| Problem {
        span: Span::new(at, at + 1),
        message: "this file is not UTF-8; bytes that are not were read as `?`".to_string(),
        kind: ProblemKind::Encoding,
    }));
    let mut report = Report::new(source, result, settings);
    if report.findings.is_empty() && report.problems.is_empty() {
        report.source = Source::new(name, ""); // The text is no longer needed; thousands of files are not kept.
    }
    report
}

fn lint(file: &File, settings: &Settings) -> Result<Report, Skip> {
    match discover::read(file) {
        Ok(bytes) => Ok(lint_bytes(&file.name, file.aside, bytes?, settings)),
        Err(error) => Ok(Report::problem(&file.name, describe(&error))),
    }
}

/// Text in which each byte that is not UTF-8 is one `?`, so that offsets stay true, and where the first one is.
fn decode(bytes: Vec<u8>) -> (String, Option<u32>) {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    let mut bad_byte = None;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            bad_byte.get_or_insert(text.len() as u32);
        }
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    (text, bad_byte)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown cause")
}

fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !std::thread::current()
                .name()
                .is_some_and(|name| name.starts_with(QUIET_THREAD))
            {
                default(info);
            }
        }));
    });
}

/// A bar on the terminal, for runs that take more than a second.
struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    fn new(files: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        bar.set_style(
            ProgressStyle::with_template("  {bar:30} {pos}/{len} files").expect("a valid template"),
        );
        Progress {
            bar,
            start: Instant::now(),
        }
    }

    fn advance(&self) {
        self.bar.inc(1);
        let late = self.start.elapsed() > Duration::from_secs(1);
        if late && self.bar.is_hidden() && std::io::stderr().is_terminal() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_keep_offsets() {
        let (text, at) = decode(b"a\xff\xe2\x82b\xe2\x82\xac".to_vec());
        assert_eq!((text.as_str(), at), ("a???b\u{20ac}", Some(1)));
    }
}
