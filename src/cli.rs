//! The command line: options, where output goes, and the exit status.

use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, io};

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, ValueEnum};

use crate::discover::{self, Discovery, skip_by_name};
use crate::finding::{Confidence, Severity};
use crate::output::pretty::Look;
use crate::output::{Run, json, pretty, sarif, unix};
use crate::report::{Report, Settings};
use crate::rules::RULES;
use crate::rules::page::{page, pages};
use crate::source::Source;
use crate::{engine, lsp, memory, run};

/// No error, and no more warnings than allowed.
const CLEAN: u8 = 0;
/// Leaks, or files that are not valid JavaScript or TypeScript.
const FINDINGS: u8 = 1;
/// Wrong usage, a path that does not exist, or a file that could not be analysed.
const INCOMPLETE: u8 = 2;

/// Finds memory leaks in JavaScript and TypeScript source, and shows why each one leaks.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = AFTER_HELP)]
struct Options {
    /// Files and directories to lint; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    paths: Vec<PathBuf>,

    /// How findings are printed
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,

    /// Write findings to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output_file: Option<PathBuf>,

    /// Switch a rule, or `all`, off (applied from left to right with -W and -D)
    #[arg(short = 'A', long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true)]
    allow: Vec<String>,

    /// Make findings of a rule, or of `all`, warnings
    #[arg(short = 'W', long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true)]
    warn: Vec<String>,

    /// Make findings of a rule, or of `all`, errors
    #[arg(short = 'D', long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true)]
    deny: Vec<String>,

    /// Show findings that are at least so sure
    #[arg(long, value_name = "LEVEL", value_parser = PossibleValuesParser::new(Confidence::ALL.map(Confidence::name)))]
    #[arg(default_value = "likely")]
    min_confidence: String,

    /// Show errors only
    #[arg(long)]
    quiet: bool,

    /// Fail if there are more warnings than this
    #[arg(long, value_name = "N")]
    max_warnings: Option<usize>,

    /// Fail if there is any warning
    #[arg(long)]
    deny_warnings: bool,

    /// Show at most so many findings on a terminal; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_diagnostics: usize,

    /// Lint standard input
    #[arg(long)]
    stdin: bool,

    /// The name of standard input, which tells its language
    #[arg(long, value_name = "NAME", default_value = "stdin.tsx")]
    stdin_filename: String,

    /// Lint files that .gitignore excludes, too
    #[arg(long)]
    no_ignore: bool,

    /// Leave out files that match a glob of .gitignore syntax
    #[arg(long, value_name = "GLOB")]
    ignore_pattern: Vec<String>,

    /// Number of threads; 0 is one per processor
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    /// When to use colors
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// List the rules
    #[arg(long)]
    rules: bool,

    /// Print the page of a rule
    #[arg(long, value_name = "RULE", value_parser = PossibleValuesParser::new(RULES.iter().map(|rule| rule.name)))]
    #[arg(hide_possible_values = true)]
    explain: Option<String>,

    /// Run as a language server on standard input and output
    #[arg(long)]
    lsp: bool,

    /// Accepted for editors that pass it; it is what --lsp does anyway
    #[arg(long, hide = true)]
    stdio: bool,

    /// Print what leaklint knows about a file instead of linting it
    #[arg(long, value_enum, value_name = "WHAT", hide = true)]
    debug: Option<Debug>,
}

const AFTER_HELP: &str = "\
Exit status:
  0  no error was found
  1  leaks or syntax errors were found, or too many warnings
  2  wrong usage, a path that does not exist, or a file that could not be analysed

Nothing of the linted code is ever executed, and leaklint never uses the network.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Code frames, for people
    Pretty,
    /// One line per finding
    Unix,
    /// Everything, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Debug {
    /// The model of each file
    Model,
}

fn rule_names() -> PossibleValuesParser {
    PossibleValuesParser::new(RULES.iter().map(|rule| rule.name).chain(["all"]))
}

/// Runs leaklint with the arguments of the process.
pub fn main() -> ExitCode {
    let matches = Options::command().get_matches();
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let settings = settings(&options, &matches);
    ExitCode::from(if options.lsp {
        lsp::serve(settings)
    } else if options.rules {
        print(&rule_table(), CLEAN)
    } else if let Some(rule) = &options.explain {
        let text = page(rule)
            .map(|page| format!("{}\n", page.body))
            .unwrap_or_default();
        print(&text, CLEAN)
    } else {
        memory::keep();
        lint(&options, &settings)
    })
}

/// The levels in the order of the command line, across the three flags.
fn settings(options: &Options, matches: &ArgMatches) -> Settings {
    let flags = [
        ("allow", &options.allow, None),
        ("warn", &options.warn, Some(Severity::Warning)),
        ("deny", &options.deny, Some(Severity::Error)),
    ];
    let mut levels: Vec<(usize, &String, Option<Severity>)> = Vec::new();
    for (flag, rules, level) in flags {
        let indices = matches.indices_of(flag).into_iter().flatten();
        levels.extend(indices.zip(rules).map(|(index, rule)| (index, rule, level)));
    }
    levels.sort_by_key(|(index, ..)| *index);
    let mut settings = Settings::default();
    for (_, rule, level) in levels {
        settings.set(rule, level);
    }
    let wanted = Confidence::ALL
        .into_iter()
        .find(|confidence| confidence.name() == options.min_confidence);
    settings.min_confidence = wanted.unwrap_or(settings.min_confidence);
    settings
}

fn rule_table() -> String {
    let width = pages()
        .iter()
        .map(|page| page.name.len())
        .max()
        .unwrap_or_default();
    let line = |page: &crate::rules::page::Page| {
        format!(
            "{:width$}  {:7}  {}\n",
            page.name,
            page.severity.name(),
            page.summary
        )
    };
    pages().iter().map(line).collect()
}

fn lint(options: &Options, settings: &Settings) -> u8 {
    let start = Instant::now();
    let mut run = if options.stdin || options.paths == [Path::new("-")] {
        match lint_stdin(options, settings) {
            Ok(run) => run,
            Err(message) => return fail(&message),
        }
    } else {
        let walk = discover::Options {
            no_ignore: options.no_ignore,
            ignore_patterns: options.ignore_pattern.clone(),
        };
        let found = match discover::discover(&options.paths, &walk) {
            Ok(found) => found,
            Err(message) => return fail(&message),
        };
        if options.debug == Some(Debug::Model) {
            return print_models(&found);
        }
        lint_files(found, settings, options.threads)
    };
    let summary = run.summary(start.elapsed());
    let counts = run.counts();
    if options.quiet {
        run.drop_warnings();
    }

    let look = look(
        options,
        io::stdout().is_terminal() && options.output_file.is_none(),
    );
    let findings = match options.format {
        Format::Pretty => pretty::findings(&run, look),
        Format::Unix => unix::findings(&run),
        Format::Json => json::render(&run),
        Format::Sarif => sarif::render(&run),
    };
    if let Some(path) = &options.output_file {
        if let Err(error) = fs::write(path, findings) {
            return fail(&format!("{}: {}", path.display(), discover::describe(&error)));
        }
    } else if let Err(error) = write_all(io::stdout(), &findings) {
        return fail(&format!("standard output: {error}"));
    }
    match options.format {
        Format::Pretty => tell(&pretty::problems(
            &run,
            self::look(options, io::stderr().is_terminal()),
        )),
        Format::Unix => tell(&unix::problems(&run)),
        Format::Json | Format::Sarif => {}
    }
    tell(&summary);

    let max_warnings = if options.deny_warnings {
        Some(0)
    } else {
        options.max_warnings
    };
    let too_many = max_warnings.is_some_and(|max| counts.warnings > max);
    if counts.incomplete > 0 {
        INCOMPLETE
    } else if counts.errors > 0 {
        FINDINGS
    } else if too_many {
        tell(&format!("too many warnings: {}\n", counts.warnings));
        FINDINGS
    } else {
        if counts.warnings > 0 && max_warnings.is_none() {
            tell("warnings do not fail the run; use --max-warnings 0\n");
        }
        CLEAN
    }
}

fn lint_stdin(options: &Options, settings: &Settings) -> Result<Run, String> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input: {error}"))?;
    let name = options.stdin_filename.replace('\\', "/");
    let mut run = Run {
        reports: Vec::new(),
        skipped: Default::default(),
    };
    match skip_by_name(Path::new(&name)) {
        Some(skip) => tell(&format!("note: {name} is skipped: {}\n", skip.reason())),
        None => run.reports.push(run::with_deep_stacks(1, || {
            run::lint_bytes(&name, false, bytes, settings)
        })),
    }
    Ok(run)
}

fn lint_files(found: Discovery, settings: &Settings, threads: usize) -> Run {
    let mut skipped = found.skipped;
    let mut notes = found.notes;
    let mut reports: Vec<Report> = found.failures;
    for (file, result) in found.files.iter().zip(run::run(&found.files, settings, threads)) {
        match result {
            Ok(report) => reports.push(report),
            Err(skip) if file.named => notes.push((file.name.clone(), skip)),
            Err(skip) => *skipped.entry(skip).or_default() += 1,
        }
    }
    for (name, skip) in notes {
        tell(&format!("note: {name} is skipped: {}\n", skip.reason()));
    }
    reports.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    Run { reports, skipped }
}

fn print_models(found: &Discovery) -> u8 {
    let mut status = CLEAN;
    let dump = || {
        let mut text = String::new();
        for file in &found.files {
            match fs::read(&file.path) {
                Ok(bytes) => {
                    let source = Source::new(file.name.as_str(), String::from_utf8_lossy(&bytes));
                    text += &engine::model_dump(&source);
                }
                Err(error) => status = fail(&format!("{}: {}", file.name, discover::describe(&error))),
            }
        }
        text
    };
    let text = run::with_deep_stacks(1, dump);
    let status = if found.failures.is_empty() {
        status
    } else {
        INCOMPLETE
    };
    print(&text, status)
}

/// What a stream can show.
fn look(options: &Options, terminal: bool) -> Look {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match options.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => set("FORCE_COLOR") || set("CLICOLOR_FORCE") || terminal && !dumb,
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let unicode = locale.contains("utf-8") || locale.contains("utf8") || cfg!(windows);
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let columns = columns.or_else(|| {
        let (width, _) = terminal_size::terminal_size().filter(|_| terminal)?;
        Some(usize::from(width.0))
    });
    Look {
        color,
        unicode: terminal && unicode && !dumb,
        width: columns.unwrap_or(100).clamp(40, 120),
        limit: Some(options.max_diagnostics).filter(|&limit| terminal && limit > 0),
    }
}

fn print(text: &str, status: u8) -> u8 {
    match write_all(io::stdout(), text) {
        Ok(()) => status,
        Err(error) => fail(&format!("standard output: {error}")),
    }
}

/// Writes a text; that nobody reads it to the end is no error.
fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Says something beside the findings.
fn tell(text: &str) {
    let _ = write_all(io::stderr(), text);
}

fn fail(message: &str) -> u8 {
    tell(&format!("error: {message}\n"));
    INCOMPLETE
}
