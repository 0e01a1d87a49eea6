//! What files tell each other. Each file's analysis leaves a summary and open questions; when all are done, the
//! questions are answered from the summaries. Syntax trees of two files never meet.

mod modules;
pub mod summary;

use rustc_hash::FxHashMap;

use crate::discover::Skip;
use crate::finding::Question;
use crate::report::{Report, Reported};

use modules::{Modules, file_name};
use summary::{Maker, Summary};

/// How many instances that make one another are followed to the program.
const MAX_MAKERS: u32 = 8;

/// Answers the findings' open questions, and drops those that another file answers to be no leak. A question that
/// nobody answers stays as it is.
///
/// About properties and classes, only files that import each other directly are asked.
pub fn link(reports: &mut [Result<Report, Skip>]) {
    let asking: Vec<usize> = (0..reports.len())
        .filter(|&at| reports[at].as_ref().is_ok_and(|it| it.findings.iter().any(asks)))
        .collect();
    if asking.is_empty() {
        return;
    }
    let project = Project::new(reports);
    let innocent: Vec<(usize, Vec<bool>)> = asking
        .into_iter()
        .map(|at| {
            let findings = reports[at].iter().flat_map(|it| &it.findings);
            let answers = findings.map(|it| {
                let mut questions = it.finding.questions.iter();
                questions.any(|question| project.confirms(at, question))
            });
            (at, answers.collect())
        })
        .collect();
    for (at, innocent) in innocent {
        if let Ok(report) = &mut reports[at] {
            let mut innocent = innocent.into_iter();
            report.findings.retain(|_| innocent.next() != Some(true));
        }
    }
}

fn asks(reported: &Reported) -> bool {
    !reported.finding.questions.is_empty()
}

/// The summaries of all files, and which files import which.
struct Project<'r> {
    files: Vec<Option<(&'r str, &'r Summary)>>,
    imports: Vec<Vec<usize>>,
    imported_by: Vec<Vec<usize>>,
    /// How many files mention a global, apart from those that ask about it: builds of one source mention the same.
    globals: FxHashMap<&'r str, usize>,
}

impl<'r> Project<'r> {
    fn new(reports: &'r [Result<Report, Skip>]) -> Project<'r> {
        let files: Vec<_> = reports
            .iter()
            .map(|report| {
                let report = report.as_ref().ok()?;
                Some((&*report.source.path, &report.summary))
            })
            .collect();
        let known = || {
            files
                .iter()
                .enumerate()
                .filter_map(|(at, file)| Some((at, (*file)?)))
        };
        let modules = Modules::new(known().map(|(at, (path, _))| (path, at)));
        let mut project = Project {
            imports: vec![Vec::new(); files.len()],
            imported_by: vec![Vec::new(); files.len()],
            globals: FxHashMap::default(),
            files: Vec::new(),
        };
        for (at, (path, summary)) in known() {
            for specifier in &summary.imports {
                let found = modules.resolve(path, specifier);
                if let Some(other) = found.filter(|&other| other != at) {
                    project.imports[at].push(other);
                    project.imported_by[other].push(at);
                }
            }
            let findings = reports[at].iter().flat_map(|it| &it.findings);
            let questions: Vec<_> = findings.flat_map(|it| &it.finding.questions).collect();
            for name in &summary.globals {
                let asks = questions
                    .iter()
                    .any(|it| matches!(it, Question::GlobalUsedElsewhere(asked) if asked == name));
                *project.globals.entry(name).or_default() += usize::from(!asks);
            }
        }
        project.files = files;
        project
    }

    fn summaries(&self, files: &[usize]) -> impl Iterator<Item = &'r Summary> {
        files.iter().filter_map(|&at| Some(self.files[at]?.1))
    }

    /// Other files show that what the file at `asking` has found is no leak.
    fn confirms(&self, asking: usize, question: &Question) -> bool {
        match question {
            Question::ShrunkElsewhere(name) => {
                let neighbours = [&self.imports[asking], &self.imported_by[asking]].into_iter();
                let mut summaries = neighbours.flat_map(|files| self.summaries(files));
                summaries.any(|it| it.shrinks.contains(name))
            }
            Question::GlobalUsedElsewhere(name) => {
                self.globals.get(name.as_str()).is_some_and(|&files| files > 0)
            }
            Question::MadeOnce(class) => self.is_made_once(asking, class, MAX_MAKERS),
        }
    }

    /// All instances of the class of this file are made by the program, or by others of which there is one.
    fn is_made_once(&self, file: usize, class: &str, depth: u32) -> bool {
        let path = self.files[file].map_or("", |it| it.0);
        let class = if class.is_empty() {
            component_name(path)
        } else {
            class
        };
        if is_root_file(path) {
            return true;
        }
        let makers = std::iter::once(file).chain(self.imported_by[file].iter().copied());
        let mut made = makers
            .filter_map(|at| Some((at, self.files[at]?)))
            .filter(|(_, (path, _))| !is_example(path))
            .flat_map(|(at, (_, summary))| summary.made.iter().map(move |it| (at, it)))
            .filter(|(_, it)| same_name(&it.class, class))
            .peekable();
        depth > 0
            && made.peek().is_some()
            && made.all(|(at, it)| match &it.by {
                Maker::Program => true,
                Maker::Instance(other) => self.is_made_once(at, other, depth - 1),
                Maker::File => self.is_made_once(at, "", depth - 1),
                Maker::Many => false,
            })
    }
}

/// A file that shows or tries how the others are used.
fn is_example(path: &str) -> bool {
    const WORDS: [&str; 8] = [
        "example",
        "demo",
        "test",
        "spec",
        "sample",
        "bench",
        "doc",
        "playground",
    ];
    path.split('/').any(|part| {
        let part = part.to_lowercase();
        let mut words = part.split('.');
        words.any(|it| WORDS.iter().any(|word| it.starts_with(word)))
    })
}

/// The name of the component that a file is: its own, or the folder's.
fn component_name(path: &str) -> &str {
    let folder = path.rsplit('/').nth(1).unwrap_or("");
    match file_name(path) {
        "index" => folder,
        name => name,
    }
}

/// `SideBar` and `side-bar` are one component.
fn same_name(a: &str, b: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = char> {
        let kept = name.chars().filter(|it| !matches!(it, '-' | '_'));
        kept.map(|it| it.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// A file of which a framework makes one component for the whole page, by its place: the root layout of
/// [SvelteKit](https://svelte.dev/docs/kit/routing#layout) and [Next.js](https://nextjs.org/docs/app/getting-started/layouts-and-pages),
/// and what the starters of Vue, Nuxt and Svelte begin with.
fn is_root_file(path: &str) -> bool {
    let folder = path.rsplit('/').nth(1).unwrap_or("");
    let is_component = path.ends_with(".vue") || path.ends_with(".svelte");
    match file_name(path) {
        "+layout" => folder == "routes",
        "_app" => folder == "pages",
        "layout" => folder == "app",
        "App" | "app" => is_component,
        _ => false,
    }
}
