//! How much longer the whole analysis takes than SWC's bare parse of the same files.
//!
//! `cargo bench --bench ratio -- [--rounds N] [--threads N]... PATH...`
//!
//! Machines are noisy, ratios less so. In one process, batch after batch, the same threads parse the files of a
//! batch and analyse them, in alternating order; each round gives one ratio, and the median of the rounds counts.
//! Whole processes are compared, too, also in alternation: one that finds, reads and parses the files, and leaklint.
//! The former runs with leaklint's allocator, and as SWC comes: with the system's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use leaklint::discover::{self, Discovery};
use leaklint::finding::ProblemKind;
use leaklint::run::{analyze, with_deep_stacks};
use leaklint::source::Source;
use leaklint::syntax::parse_only;
use rayon::prelude::*;

/// Text in one batch: small enough that both measurements meet the same neighbours, large enough for all threads.
const BATCH_BYTES: usize = 4 << 20;

/// The hidden first argument of a process that only parses.
const PARSE_ONLY: &str = "--parse-only";

/// The variable that tells such a process to allocate as a program does that says nothing about it.
const PLAIN: &std::ffi::CStr = c"LEAKLINT_BENCH_PLAIN";

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(AtomicU8::new(UNKNOWN));

/// leaklint's allocator or the system's: the same from the first block to the last.
struct Allocator(AtomicU8);

const UNKNOWN: u8 = 0;
const OURS: u8 = 1;
const SYSTEM: u8 = 2;

impl Allocator {
    #[inline]
    fn is_system(&self) -> bool {
        match self.0.load(Ordering::Relaxed) {
            UNKNOWN => self.choose(),
            chosen => chosen == SYSTEM,
        }
    }

    #[cold]
    fn choose(&self) -> bool {
        // SAFETY: the name is a C string, and the first block is wanted before there are threads. (`std::env` would
        // allocate.)
        let plain = unsafe { !libc::getenv(PLAIN.as_ptr()).is_null() };
        self.0.store(if plain { SYSTEM } else { OURS }, Ordering::Relaxed);
        plain
    }
}

// SAFETY: each block goes back to the allocator that it came from.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe {
            match self.is_system() {
                true => System.alloc(layout),
                false => leaklint::memory::Allocator.alloc(layout),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            match self.is_system() {
                true => System.realloc(block, layout, size),
                false => leaklint::memory::Allocator.realloc(block, layout, size),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe {
            match self.is_system() {
                true => System.alloc_zeroed(layout),
                false => leaklint::memory::Allocator.alloc_zeroed(layout),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            match self.is_system() {
                true => System.dealloc(block, layout),
                false => leaklint::memory::Allocator.dealloc(block, layout),
            }
        }
    }
}

fn main() -> ExitCode {
    let mut rounds = 7;
    let mut threads: Vec<usize> = Vec::new();
    let mut parse_only = false;
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0);
        match argument.as_str() {
            "--bench" => {} // Cargo says so.
            PARSE_ONLY => parse_only = true,
            "--rounds" | "--threads" => match number() {
                Some(n) if argument == "--rounds" => rounds = n,
                Some(n) => threads.push(n),
                None => return fail(&format!("{argument} needs a number above 0")),
            },
            flag if flag.starts_with('-') => return fail(&format!("unknown option {flag}")),
            path => paths.push(path.into()),
        }
    }
    if paths.is_empty() {
        return fail("which directories? cargo bench --bench ratio -- PATH...");
    }
    if threads.is_empty() {
        threads = vec![1, 2];
    }
    leaklint::memory::keep();
    if parse_only {
        parse_all(&find(&paths), threads[0]);
        return ExitCode::SUCCESS;
    }

    // Processes come first: what is resident here counts as their peak until they start.
    let mut whole = Vec::new();
    for &threads in &threads {
        match processes(&paths, threads, rounds) {
            Ok(measured) => whole.push(measured),
            Err(message) => return fail(&message),
        }
    }
    let sources = read(&find(&paths));
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    if bytes == 0 {
        return fail("no JavaScript or TypeScript there");
    }
    println!(
        "{} files, {:.1} MB, each content once; {rounds} rounds",
        sources.len(),
        bytes as f64 / 1e6
    );
    for (&threads, (processes, memory)) in threads.iter().zip(&whole) {
        let (measured, results) = measure(&sources, threads, rounds);
        println!("\n{threads} {}", if threads == 1 { "thread" } else { "threads" });
        print("in one process", &measured, Some(bytes));
        print("processes", &against(processes, 1), None);
        print("SWC as it comes", &against(processes, 0), None);
        println!(
            "  peak memory of the processes: parse {} MB, leaklint {} MB",
            memory[1] >> 20,
            memory[2] >> 20
        );
        println!(
            "  {} findings of any confidence; {} files do not parse, {} were not analysed",
            results.findings, results.syntax, results.not_analysed
        );
        if threads == 1 {
            println!("  most time beyond the parse:");
            for (extra, ratio, path) in &results.slowest {
                println!("    {:.1} ms (ratio {ratio:.1}) {path}", extra * 1e3);
            }
        }
    }
    ExitCode::SUCCESS
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(2)
}

/// Time of one kind of work.
#[derive(Clone, Copy, Debug, Default)]
struct Time {
    cpu: Duration,
    wall: Duration,
}

impl std::ops::AddAssign for Time {
    fn add_assign(&mut self, other: Time) {
        self.cpu += other.cpu;
        self.wall += other.wall;
    }
}

/// The times of the parse and of the whole, for each round.
type Rounds = Vec<[Time; 2]>;

#[derive(Default)]
struct Results {
    findings: usize,
    syntax: usize,
    not_analysed: usize,
    /// Seconds beyond the parse, and ratio, of the files that take most.
    slowest: Vec<(f64, f64, String)>,
}

fn find(paths: &[PathBuf]) -> Discovery {
    discover::discover(paths, &discover::Options::default()).expect("no patterns, no error")
}

/// The texts that leaklint would lint, each once.
fn read(found: &Discovery) -> Vec<Source> {
    let mut seen = HashSet::new();
    let mut sources = Vec::new();
    for file in &found.files {
        if let Ok(Ok(bytes)) = discover::read(file)
            && let Ok(text) = String::from_utf8(bytes)
        {
            let source = Source::new(file.name.as_str(), text);
            if seen.insert(source.text.clone()) {
                sources.push(source);
            }
        }
    }
    sources
}

fn measure(sources: &[Source], threads: usize, rounds: usize) -> (Rounds, Results) {
    let mut batches: Vec<&[Source]> = Vec::new();
    let mut rest = sources;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |source: &&Source| {
            bytes += source.text.len();
            bytes <= BATCH_BYTES
        };
        let (batch, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        batches.push(batch);
        rest = later;
    }
    with_deep_stacks(threads, || {
        let mut measured = Rounds::new();
        for round in 0..=rounds {
            let mut times = [Time::default(); 2];
            for (index, batch) in batches.iter().enumerate() {
                let mut parse = || times[0] += timed(batch, parse_only);
                if (round + index) % 2 == 0 {
                    parse();
                    times[1] += timed(batch, analyze);
                } else {
                    let time = timed(batch, analyze);
                    parse();
                    times[1] += time;
                }
            }
            // The first round only warms up.
            if round > 0 {
                measured.push(times);
            }
        }
        (measured, results(sources))
    })
}

/// Does the work on each of a batch, on all threads of the pool.
fn timed<R: Send>(batch: &[Source], work: impl Fn(&Source) -> R + Sync) -> Time {
    let start = Instant::now();
    let one = |source: &Source| {
        // A new one, since it keeps its table of lines.
        let source = Source::new(source.path.clone(), source.text.clone());
        let start = thread_time();
        drop(std::hint::black_box(work(&source)));
        thread_time() - start
    };
    let cpu = batch.par_iter().with_max_len(1).map(one).sum();
    Time {
        cpu,
        wall: start.elapsed(),
    }
}

fn results(sources: &[Source]) -> Results {
    let mut results = Results::default();
    for source in sources {
        let start = thread_time();
        parse_only(source);
        let parse = (thread_time() - start).as_secs_f64();
        let start = thread_time();
        let result = analyze(source);
        let whole = (thread_time() - start).as_secs_f64();
        let any = |kind| result.problems.iter().any(|problem| problem.kind == kind);
        results.findings += result.findings.len();
        results.syntax += usize::from(any(ProblemKind::Syntax { recovered: false }));
        results.not_analysed += usize::from(any(ProblemKind::NotAnalysed));
        results
            .slowest
            .push((whole - parse, whole / parse, source.path.to_string()));
    }
    results.slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
    results.slowest.truncate(5);
    results
}

/// What leaklint does, except that it parses only.
fn parse_all(found: &Discovery, threads: usize) {
    let parse = |file: &discover::File| match discover::read(file) {
        Ok(Ok(bytes)) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            parse_only(&Source::new(file.name.as_str(), text))
        }
        _ => false,
    };
    with_deep_stacks(threads, || {
        let parsed = found
            .files
            .par_iter()
            .with_max_len(1)
            .filter(|file| parse(file))
            .count();
        std::hint::black_box(parsed);
    });
}

/// Times of whole processes: with the system's allocator and with ours one that parses only, and leaklint. The peak
/// memory of each in bytes.
fn processes(paths: &[PathBuf], threads: usize, rounds: usize) -> Result<(Vec<[Time; 3]>, [u64; 3]), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let threads = threads.to_string();
    let mut measured = Vec::new();
    let mut memory = [0; 3];
    for round in 0..=rounds {
        let mut times = [Time::default(); 3];
        for (which, time) in times.iter_mut().enumerate() {
            let mut command = match which {
                2 => Command::new(env!("CARGO_BIN_EXE_leaklint")),
                _ => Command::new(&this),
            };
            match which {
                2 => command.args(["--format", "unix", "--threads", &threads]),
                _ => command.args([PARSE_ONLY, "--threads", &threads]),
            };
            if which == 0 {
                command.env(PLAIN.to_str().expect("a name of letters"), "1");
            }
            command
                .args(paths)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let start = Instant::now();
            let child = command.spawn().map_err(|error| error.to_string())?;
            let (cpu, peak) = wait(child).ok_or_else(|| format!("a signal ended {command:?}"))?;
            *time = Time {
                cpu,
                wall: start.elapsed(),
            };
            memory[which] = memory[which].max(peak);
        }
        // The first round only brings the files into memory.
        if round > 0 {
            measured.push(times);
        }
    }
    Ok((measured, memory))
}

/// leaklint's processes beside one kind of those that parse.
fn against(processes: &[[Time; 3]], which: usize) -> Rounds {
    processes.iter().map(|times| [times[which], times[2]]).collect()
}

/// Prints the medians; `bytes` of text give the speed.
fn print(what: &str, rounds: &Rounds, bytes: Option<usize>) {
    type Measure = (&'static str, fn(&Time) -> f64);
    let measures: [Measure; 2] = [
        ("CPU", |time| time.cpu.as_secs_f64()),
        ("wall", |time| time.wall.as_secs_f64()),
    ];
    for (name, seconds) in measures {
        let [parse, whole] = [0, 1].map(|which| median(rounds.iter().map(|times| seconds(&times[which]))));
        let ratios = || rounds.iter().map(|times| seconds(&times[1]) / seconds(&times[0]));
        let low = ratios().fold(f64::INFINITY, f64::min);
        let high = ratios().fold(0.0, f64::max);
        let speed = bytes.map_or(String::new(), |bytes| {
            format!(" = {:.0} MB/s", bytes as f64 / 1e6 / parse)
        });
        println!(
            "  {what:15}  {name:4}  parse {parse:.3} s{speed}, whole {whole:.3} s: ratio {:.2} ({low:.2} to {high:.2})",
            median(ratios())
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes to the structure that it is given, and to nothing else.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "this system has a clock for each thread");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Waits for a process: its processor time and its peak memory, unless a signal ended it.
fn wait(child: Child) -> Option<(Duration, u64)> {
    let mut status = 0;
    // SAFETY: the process is ours and was not waited for; the calls write to the two variables only.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (
            libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage),
            usage,
        )
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    let ended = waited > 0 && libc::WIFEXITED(status);
    // Linux counts memory in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    ended.then(|| {
        (
            time(usage.ru_utime) + time(usage.ru_stime),
            usage.ru_maxrss as u64 * unit,
        )
    })
}
