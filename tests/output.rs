//! The formats on findings made by hand: what is drawn, and that nothing is drawn twice or whole that should not be.

use leaklint::engine::FileResult;
use leaklint::finding::{Confidence, Finding, Problem, ProblemKind, Role, Step};
use leaklint::output::pretty::{self, Look};
use leaklint::output::{Run, unix};
use leaklint::report::{Report, Settings};
use leaklint::source::{Source, Span};

/// The place of `needle` in `text`.
fn at(text: &str, needle: &str) -> Span {
    let lo = text
        .find(needle)
        .unwrap_or_else(|| panic!("`{needle}` is in the text")) as u32;
    Span::new(lo, lo + needle.len() as u32)
}

/// A finding at the first of the places, whose steps are all of them.
fn finding(text: &str, places: &[(Role, &str, &str)]) -> Finding {
    let step = |(role, needle, said): &(Role, &str, &str)| Step {
        role: *role,
        span: at(text, needle),
        text: said.to_string(),
    };
    Finding {
        rule: "unbounded-cache",
        confidence: Confidence::Likely,
        message: "`cache` gains an entry on every tick, and nothing ever removes one".to_string(),
        span: at(text, places[0].1),
        steps: places.iter().map(step).collect(),
        help: "delete entries that are no longer needed, or bound the size of `cache`".to_string(),
        assumption: Some("that no other module empties `cache`".to_string()),
        questions: Vec::new(),
        scope: String::new(),
    }
}

fn report(text: &str, findings: Vec<Finding>) -> Report {
    let result = FileResult {
        findings,
        ..FileResult::default()
    };
    Report::new(Source::new("src/a.js", text), result, &Settings::default())
}

fn draw(report: Report, width: usize, unicode: bool) -> String {
    let run = Run {
        reports: vec![report],
        skipped: Default::default(),
    };
    let text = pretty::findings(
        &run,
        Look {
            color: false,
            unicode,
            width,
            limit: None,
        },
    );
    let widest = text
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or_default();
    assert!(widest <= width, "{widest} columns:\n{text}");
    text
}

const TICK: &str = "\
const cache = new Map()

setInterval(() => {
  cache.set(Date.now(), Buffer.alloc(1000))
}, 100)
";

const STEPS: [(Role, &str, &str); 3] = [
    (
        Role::Acquired,
        "cache.set(Date.now(), Buffer.alloc(1000))",
        "an entry under a new key each time",
    ),
    (Role::Again, "setInterval(() => {\n", "runs again every 100 ms"),
    (
        Role::Held,
        "cache = new Map()",
        "`cache` lives as long as the process",
    ),
];

#[test]
fn near_steps_share_a_frame() {
    let expected = "  \
  × unbounded-cache: `cache` gains an entry on every tick, and nothing ever removes one
   ╭─[src/a.js:4:3]
 1 │ const cache = new Map()
   ·       ────────┬────────
   ·               ╰── 3: `cache` lives as long as the process
 2 │
 3 │ setInterval(() => {
   · ─────────┬─────────
   ·          ╰── 2: runs again every 100 ms
 4 │   cache.set(Date.now(), Buffer.alloc(1000))
   ·   ────────────────────┬────────────────────
   ·                       ╰── 1: an entry under a new key each time
 5 │ }, 100)
   ╰────
  help: delete entries that are no longer needed, or bound the size of `cache`
  note: assumes that no other module empties `cache` (likely)

";
    assert_eq!(
        draw(report(TICK, vec![finding(TICK, &STEPS)]), 100, true),
        expected
    );
}

#[test]
fn narrow_terminals_wrap_what_is_said() {
    let expected = "  \
  x unbounded-cache: `cache` gains an entry on every tick,
  | and nothing ever removes one
   ,-[src/a.js:4:3]
 1 | const cache = new Map()
   :       ^^^^^^^^|^^^^^^^^
   :               `-| 3: `cache` lives as long as the
   :                 |    process
 2 |
 3 | setInterval(() => {
   : ^^^^^^^^^|^^^^^^^^^
   :          `-- 2: runs again every 100 ms
 4 |   cache.set(Date.now(), Buffer.alloc(1000))
   :   ^^^^^^^^^^^^^^^^^^^^|^^^^^^^^^^^^^^^^^^^^
   :                       `-| 1: an entry under a new
   :                         |    key each time
 5 | }, 100)
   `----
  help: delete entries that are no longer needed, or bound
        the size of `cache`
  note: assumes that no other module empties `cache`
        (likely)

";
    assert_eq!(
        draw(report(TICK, vec![finding(TICK, &STEPS)]), 60, false),
        expected
    );
}

#[test]
fn far_steps_have_frames_of_their_own_after_the_primary_one() {
    let filler = "work()\n".repeat(40);
    let text = format!(
        "const cache = new Map()\n{filler}function tick() {{\n  cache.set({{}}, 1)\n}}\n{filler}setInterval(tick)"
    );
    let steps = [
        (Role::Acquired, "cache.set({}, 1)", "an entry under a new key"),
        (Role::Again, "setInterval(tick)", "runs again"),
        (Role::Held, "cache = new Map()", "lives as long as the process"),
    ];
    let expected = "  \
  × unbounded-cache: `cache` gains an entry on every tick, and nothing ever removes one
    ╭─[src/a.js:43:3]
 42 │ function tick() {
 43 │   cache.set({}, 1)
    ·   ────────┬───────
    ·           ╰── 1: an entry under a new key
 44 │ }
    ╰────
   ╭─[src/a.js:1:7]
 1 │ const cache = new Map()
   ·       ────────┬────────
   ·               ╰── 3: lives as long as the process
   ╰────
    ╭─[src/a.js:85:1]
 85 │ setInterval(tick)
    · ────────┬────────
    ·         ╰── 2: runs again
    ╰────
  help: delete entries that are no longer needed, or bound the size of `cache`
  note: assumes that no other module empties `cache` (likely)

";
    assert_eq!(
        draw(report(&text, vec![finding(&text, &steps)]), 100, true),
        expected
    );
}

#[test]
fn of_a_long_line_only_the_marked_parts_are_drawn() {
    let text = format!(
        "a({});cache.set(1, 2);b({});setInterval(tick);c({})",
        "x,".repeat(500),
        "y,".repeat(900),
        "z"
    );
    let steps = [
        (Role::Acquired, "cache.set(1, 2)", "an entry"),
        (Role::Again, "setInterval(tick)", "runs again"),
    ];
    let drawn = draw(report(&text, vec![finding(&text, &steps)]), 100, true);
    assert!(
        drawn.contains("[src/a.js:1:1005]"),
        "the column is that of the file:\n{drawn}"
    );
    assert!(
        drawn.contains(";cache.set(1, 2);b(y") && drawn.contains(";setInterval(tick);c(z)"),
        "{drawn}"
    );
    assert!(
        drawn.contains("╰── 1: an entry") && drawn.contains("╰── 2: runs again"),
        "{drawn}"
    );
    assert!(drawn.contains("│ …") && drawn.contains("y,…y"), "{drawn}");
}

#[test]
fn findings_that_say_the_same_are_grouped_after_the_third() {
    let text: String = (0..8).map(|n| format!("cache.set({n})\n")).collect();
    let findings = (0..8).map(|n| finding(&text, &[(Role::Acquired, &format!("cache.set({n})"), "here")]));
    let drawn = draw(report(&text, findings.collect()), 100, true);
    assert_eq!(drawn.matches("× unbounded-cache").count(), 3, "{drawn}");
    assert!(
        drawn.contains("… and 5 more like this in this file: lines 4, 5, 6, 7, 8\n"),
        "{drawn}"
    );
}

#[test]
fn a_limit_is_told() {
    let run = Run {
        reports: vec![report(TICK, vec![finding(TICK, &STEPS)]); 5],
        skipped: Default::default(),
    };
    let text = pretty::findings(
        &run,
        Look {
            color: false,
            unicode: false,
            width: 80,
            limit: Some(2),
        },
    );
    assert_eq!(text.matches("x unbounded-cache").count(), 2, "{text}");
    assert!(
        text.ends_with("... and 3 more; --max-diagnostics 0 shows all\n"),
        "{text}"
    );
}

#[test]
fn unix_lines_name_the_steps() {
    let run = Run {
        reports: vec![report(TICK, vec![finding(TICK, &STEPS)])],
        skipped: Default::default(),
    };
    assert_eq!(
        unix::findings(&run),
        "src/a.js:4:3: error unbounded-cache: `cache` gains an entry on every tick, and nothing ever removes one \
         [again src/a.js:3:1; held by src/a.js:1:7]\n"
    );
}

#[test]
fn odd_places_are_drawn_without_harm() {
    for text in [
        "",
        "\n",
        "a",
        "a\n",
        "\t\ta\u{301}\u{1f600}\r\n\r\n",
        "\u{2028}\u{feff}x\r",
    ] {
        for lo in 0..=text.len() as u32 {
            for hi in lo..=text.len() as u32 {
                let problem = Problem {
                    span: Span::new(lo, hi),
                    message: "odd".to_string(),
                    kind: ProblemKind::Syntax { recovered: false },
                };
                let result = FileResult {
                    problems: vec![problem],
                    ..FileResult::default()
                };
                let report = Report::new(Source::new("a.js", text), result, &Settings::default());
                let run = Run {
                    reports: vec![report],
                    skipped: Default::default(),
                };
                let look = Look {
                    color: false,
                    unicode: true,
                    width: 40,
                    limit: None,
                };
                let drawn = pretty::problems(&run, look);
                assert!(!drawn.contains("Failed"), "{text:?} {lo}..{hi}:\n{drawn}");
            }
        }
    }
}
