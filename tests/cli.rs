//! The command line from outside: what is linted, what is said where, and the exit status.

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{CLEAN, LEAK, Outcome, Project};

#[test]
fn a_leak_is_told_on_standard_output_and_fails_the_run() {
    let project = Project::new(&[("src/a.js", LEAK), ("src/b.ts", CLEAN)]);
    let outcome = project.run(&["--format", "unix"]).expect(1);
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
    assert!(
        outcome
            .stdout
            .starts_with("src/a.js:3:3: error unbounded-cache: "),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stderr.starts_with("Found 1 leak ("), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(") in 2 files · "), "{}", outcome.stderr);
}

#[test]
fn a_clean_run_leaves_standard_output_empty() {
    let project = Project::new(&[("a.js", CLEAN)]);
    for format in ["pretty", "unix"] {
        let outcome = project.run(&["-f", format]).expect(0);
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome.stderr.starts_with("No leaks found. 1 file · "),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn pretty_draws_the_steps_and_fits_the_width() {
    let project = Project::new(&[("a.js", LEAK)]);
    for width in ["60", "100"] {
        let output = project.command(&[]).env("COLUMNS", width).output().unwrap();
        let outcome = Outcome::from(output).expect(1);
        let text = &outcome.stdout;
        assert!(text.contains("unbounded-cache: "), "{text}");
        assert!(text.contains("[a.js:3:3]") && text.contains("help: "), "{text}");
        assert!(text.lines().count() <= 24, "{text}");
        assert!(
            text.is_ascii() || text.contains('…') || !text.contains('╭'),
            "frames are ASCII in a pipe: {text}"
        );
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width.parse().unwrap(), "{widest} columns:\n{text}");
    }
}

#[test]
fn colors_only_where_they_are_wanted() {
    let project = Project::new(&[("a.js", LEAK), ("broken.js", "let = = 1")]);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = project.command(arguments);
        let outcome = Outcome::from(command.envs(variables.iter().copied()).output().unwrap());
        assert_eq!(
            outcome.stdout.contains('\x1b'),
            outcome.stderr.contains('\x1b'),
            "{outcome:?}"
        );
        outcome.stdout.contains('\x1b')
    };
    assert!(!colored(&[], &[]));
    assert!(!colored(&[], &[("CI", "true")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    let project = Project::new(&[("src/my file.js", LEAK)]);
    let log = project.run(&["-f", "sarif"]).expect(1).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let result = &run["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"unbounded-cache".into(), &"error".into())
    );
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "src/my%20file.js");
    assert_eq!(
        (&location["region"]["startLine"], &location["region"]["endLine"]),
        (&3.into(), &3.into())
    );
    assert_eq!(location["region"]["startColumn"], 3);

    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], "unbounded-cache");
    for text in [
        "/shortDescription/text",
        "/fullDescription/text",
        "/help/text",
        "/help/markdown",
    ] {
        assert!(
            rule.pointer(text)
                .is_some_and(|text| !text.as_str().unwrap().is_empty()),
            "{text}"
        );
    }
    let related = result["relatedLocations"].as_array().unwrap();
    let flow = result
        .pointer("/codeFlows/0/threadFlows/0/locations")
        .unwrap()
        .as_array()
        .unwrap();
    assert!(related.len() >= 2 && related.len() == flow.len(), "{result}");
    for location in related {
        let link = format!("]({})", location["id"]);
        assert!(
            result["message"]["text"].as_str().unwrap().contains(&link),
            "{link} links to the step"
        );
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn fingerprints_survive_inserted_lines_and_renames() {
    let fingerprint = |name: &str, text: &str| {
        let log = Project::new(&[(name, text)])
            .run(&["-f", "sarif"])
            .expect(1)
            .json();
        let hash = &log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"];
        hash.as_str().unwrap().to_string()
    };
    let moved = format!(
        "{}{}",
        "// new\n".repeat(100),
        LEAK.replace("Date.now(), ", "Date.now(),   ")
    );
    assert_eq!(fingerprint("a.js", LEAK), fingerprint("b.js", &moved));
    assert_ne!(
        fingerprint("a.js", LEAK),
        fingerprint("a.js", &LEAK.replace("alloc(1000)", "alloc(1001)"))
    );
}

#[test]
fn json_says_the_same() {
    let project = Project::new(&[("a.js", LEAK), ("broken.js", "let = = 1"), ("a.min.js", LEAK)]);
    let document = project.run(&["-f", "json"]).expect(1).json();
    assert_eq!(document["version"], 1);
    let finding = &document["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["file"]),
        (&"unbounded-cache".into(), &"a.js".into())
    );
    assert_eq!(
        finding["range"]["start"],
        serde_json::json!({ "line": 3, "column": 3 })
    );
    assert_eq!(finding["steps"][0]["role"], "acquired");
    let problem = &document["problems"][0];
    assert_eq!(
        (&problem["kind"], &problem["file"]),
        (&"syntax".into(), &"broken.js".into())
    );
    assert_eq!(
        document["files"]["skipped"][0],
        serde_json::json!({ "reason": "minified", "count": 1 })
    );
}

#[test]
fn output_file() {
    let project = Project::new(&[("a.js", LEAK)]);
    let outcome = project.run(&["-f", "unix", "-o", "leaks.txt"]).expect(1);
    assert_eq!(outcome.stdout, "");
    assert!(
        std::fs::read_to_string(project.path().join("leaks.txt"))
            .unwrap()
            .contains("unbounded-cache")
    );
    project.run(&["-o", "no/such/directory/leaks.txt"]).expect(2);
}

#[test]
fn levels_are_applied_from_left_to_right() {
    let project = Project::new(&[("a.js", LEAK)]);
    let run = |arguments: &[&str]| project.run(&[&["-f", "unix"], arguments].concat());
    assert_eq!(run(&["-A", "unbounded-cache"]).expect(0).stdout, "");
    assert_eq!(run(&["-D", "unbounded-cache", "-A", "all"]).expect(0).stdout, "");
    run(&["-A", "all", "-D", "unbounded-cache"]).expect(1);
    let outcome = run(&["-W", "all"]).expect(0);
    assert!(outcome.stdout.contains("warning unbounded-cache"), "{outcome:?}");
    assert!(outcome.stderr.contains("--max-warnings 0"), "{outcome:?}");
    run(&["-W", "all", "--deny-warnings"]).expect(1);
    run(&["-W", "all", "--max-warnings", "0"]).expect(1);
    run(&["-W", "all", "--max-warnings", "1"]).expect(0);
    assert_eq!(run(&["-W", "all", "--quiet"]).expect(0).stdout, "");
    run(&["-W", "all", "-A", "unbounded-cache", "-D", "unbounded-cache"]).expect(1);
}

#[test]
fn mistakes_are_usage_errors_with_a_suggestion() {
    let project = Project::new(&[("a.js", LEAK)]);
    for flag in ["-A", "-W", "-D", "--explain"] {
        let outcome = project.run(&[flag, "unbounded-cashe"]).expect(2);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains("unbounded-cache"), "{}", outcome.stderr);
    }
    assert!(
        project
            .run(&["--fromat", "json"])
            .expect(2)
            .stderr
            .contains("--format")
    );
    project.run(&["-f", "xml"]).expect(2);
    project.run(&["--min-confidence", "maybe"]).expect(2);
    project.run(&["--ignore-pattern", "a{b"]).expect(2);
}

#[test]
fn missing_paths_are_told_and_the_others_are_linted() {
    let project = Project::new(&[("a.js", LEAK)]);
    let outcome = project.run(&["-f", "unix", "a.js", "nofile.js"]).expect(2);
    assert!(
        outcome.stdout.starts_with("a.js:3:3: error unbounded-cache"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("nofile.js") && outcome.stderr.contains("no such file"),
        "{outcome:?}"
    );
    let log = project.run(&["-f", "sarif", "nofile.js"]).expect(2).json();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["level"], "error");
}

#[test]
fn a_syntax_error_is_told_with_its_place() {
    let project = Project::new(&[("broken.js", "let x = 1\nlet = = 1\n"), ("a.js", LEAK)]);
    let outcome = project.run(&["-f", "unix"]).expect(1);
    assert!(outcome.stdout.contains("a.js:3:3"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("broken.js:2:") && outcome.stderr.contains("error syntax: "),
        "{outcome:?}"
    );
}

#[test]
fn ignored_files_are_left_out_of_walks() {
    let project = Project::new(&[
        (".gitignore", "dist/\n*.gen.js\n"),
        ("src/.gitignore", "secret.js\n"),
        ("a.js", CLEAN),
        ("dist/a.js", LEAK),
        ("src/b.gen.js", LEAK),
        ("src/secret.js", LEAK),
        (".hidden/a.js", LEAK),
        (".hidden.js", LEAK),
        ("node_modules/foo/index.js", LEAK),
        ("node_modules/foo/node_modules/bar/index.js", LEAK),
        ("types.d.ts", LEAK),
        ("jquery.min.js", LEAK),
        ("README.md", LEAK),
    ]);
    let run = |arguments: &[&str]| project.run(&[&["-f", "unix"], arguments].concat());
    let outcome = run(&[]).expect(0);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.starts_with("No leaks found. 1 file · "),
        "{outcome:?}"
    );
    assert!(
        outcome
            .stderr
            .contains("skipped: 1 declarations only, 1 minified, 1 node_modules"),
        "{outcome:?}"
    );

    assert!(run(&["dist"]).expect(1).stdout.starts_with("dist/a.js:3:3"));
    assert!(run(&["dist/a.js"]).expect(1).stdout.starts_with("dist/a.js:3:3"));
    assert!(run(&[".hidden"]).expect(1).stdout.starts_with(".hidden/a.js:3:3"));
    let outcome = run(&["node_modules/foo"]).expect(1);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
    assert!(
        outcome.stdout.starts_with("node_modules/foo/index.js:3:3"),
        "{outcome:?}"
    );
    assert_eq!(run(&["--no-ignore"]).expect(1).stdout.lines().count(), 3);

    for (named, reason) in [
        ("src/b.gen.js", "ignored by .gitignore"),
        ("types.d.ts", "declarations only"),
        ("jquery.min.js", "minified"),
        ("README.md", "not a file with JavaScript or TypeScript"),
    ] {
        let outcome = run(&[named]).expect(0);
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome
                .stderr
                .contains(&format!("note: {named} is skipped: {reason}")),
            "{outcome:?}"
        );
    }
}

#[test]
fn ignore_patterns_are_relative_to_the_current_directory() {
    let project = Project::new(&[("a.js", LEAK), ("old/b.js", LEAK), ("src/old/c.js", LEAK)]);
    let outcome = project.run(&["-f", "unix", "--ignore-pattern", "/old"]).expect(1);
    assert_eq!(outcome.stdout.lines().count(), 2, "{outcome:?}");
    let outcome = project
        .run(&[
            "-f",
            "unix",
            "--ignore-pattern",
            "old",
            "--ignore-pattern",
            "a.js",
        ])
        .expect(0);
    assert!(
        outcome.stderr.contains("skipped: 3 excluded by --ignore-pattern"),
        "{outcome:?}"
    );
}

#[test]
fn what_lies_in_a_folder_of_tests_or_examples_is_possible_unless_that_was_named() {
    let project = Project::new(&[
        ("src/a.js", LEAK),
        ("src/test/b.js", LEAK),
        ("examples/ws/c.js", LEAK),
        ("src/d.stories.js", LEAK),
        ("browser-tests/e.js", LEAK),
        ("docs/src/f.js", LEAK),
    ]);
    let lines = |path: &str| {
        let outcome = project.run(&["-f", "unix", path]).expect(1);
        outcome.stdout.lines().count()
    };
    assert_eq!(lines("."), 1);
    assert_eq!(lines("src/test"), 1);
    assert_eq!(lines("src/test/b.js"), 1);
    assert_eq!(lines("examples"), 1);
    assert_eq!(lines("docs"), 1);
}

/// Where leaklint finds leaks in a project: `a.js:3 b.js:1`.
fn places(files: &[(&str, &str)]) -> String {
    let outcome = Project::new(files).run(&["-f", "unix"]);
    let place = |line: &str| line.split(':').take(2).collect::<Vec<_>>().join(":");
    outcome.stdout.lines().map(place).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_collection_that_another_file_empties_does_not_leak() {
    const TOKENS: &str = "\
export const tokens = new Map()
export function issue(token, user) {
  tokens.set(token, { user, expires: Date.now() + 60_000 })
}
";
    const IMPORT: &str = "import { tokens } from '../tokens.js'\n";
    const OWN: &str = "const tokens = new Set()\n";
    const REVOKE: &str = "export const revoke = (token) => tokens.delete(token)\n";
    let beside = |text: &str| places(&[("src/revoke.js", text), ("tokens.js", TOKENS)]);
    assert_eq!(places(&[("tokens.js", TOKENS)]), "tokens.js:3");
    assert_eq!(beside(IMPORT), "tokens.js:3");
    assert_eq!(beside(&[IMPORT, REVOKE].concat()), "");
    assert_eq!(beside(&[OWN, REVOKE].concat()), "tokens.js:3");
}

#[test]
fn what_comes_once_for_each_instance_is_no_leak_if_the_program_makes_one() {
    const GALLERY: &str = "\
export class Gallery {
  constructor() {
    document.addEventListener('keydown', this.onKey)
    window.addEventListener('resize', this.onResize)
  }
  onKey = () => {}
  onResize = () => {}
  destroy() {
    document.removeEventListener('keydown', this.onKey)
  }
}
";
    const ONCE: &str = "import { Gallery } from './gallery.js'\nexport const gallery = new Gallery()\n";
    const OFTEN: &str = "import { Gallery } from './gallery.js'\nexport const open = () => new Gallery()\n";
    const PART: &str = "\
import { Gallery } from './gallery.js'
export class App {
  constructor() {
    this.gallery = new Gallery()
  }
}
";
    const APP_ONCE: &str = "import { App } from './app.js'\nnew App()\n";
    const APP_OFTEN: &str = "import { App } from './app.js'\nexport const open = () => new App()\n";
    let beside = |others: &[(&str, &str)]| places(&[&[("gallery.js", GALLERY)], others].concat());
    assert_eq!(beside(&[]), "gallery.js:4");
    assert_eq!(beside(&[("main.js", ONCE)]), "");
    assert_eq!(beside(&[("main.js", OFTEN)]), "gallery.js:4");
    assert_eq!(beside(&[("main.js", ONCE), ("open.js", OFTEN)]), "gallery.js:4");
    assert_eq!(beside(&[("app.js", PART), ("main.js", APP_ONCE)]), "");
    assert_eq!(
        beside(&[("app.js", PART), ("main.js", APP_OFTEN)]),
        "gallery.js:4"
    );

    const SESSIONS: &str = "\
const sessions = []
export class Session {
  constructor(user) {
    this.user = user
    sessions.push(this)
  }
}
";
    const ROOT: &str = "import { Session } from './session.js'\nexport const root = new Session('root')\n";
    const LOGIN: &str = "\
import { Session } from './session.js'
export const login = (user) => new Session(user)
";
    let beside = |text: &str| places(&[("main.js", text), ("session.js", SESSIONS)]);
    assert_eq!(beside(ROOT), "");
    assert_eq!(beside(LOGIN), "session.js:5");
}

#[test]
fn what_comes_once_for_each_component_is_no_leak_if_the_page_shows_one() {
    const CLOCK: &str = "\
import { useEffect } from 'react'
export function Clock() {
  useEffect(() => {
    window.addEventListener('focus', () => refresh())
  }, [])
  return <time />
}
";
    const ROOT: &str = "\
import { Clock } from './clock.jsx'
ReactDOM.createRoot(page).render(<Provider><Clock /></Provider>)
";
    const ALIASED: &str = "import { Clock } from '@/clock'\ncreateRoot(page).render(<Clock />)\n";
    const SHELL: &str = "\
import { Clock } from './clock.jsx'
export const Shell = () => <header><Clock /></header>
";
    const SHELL_ROOT: &str = "import { Shell } from './shell.jsx'\ncreateRoot(page).render(<Shell />)\n";
    const SOMETIMES: &str = "\
import { Clock } from './clock.jsx'
export const Shell = ({ open }) => <header>{open && <Clock />}</header>
";
    let beside = |others: &[(&str, &str)]| places(&[&[("clock.jsx", CLOCK)], others].concat());
    assert_eq!(beside(&[]), "clock.jsx:4");
    assert_eq!(beside(&[("root.jsx", ROOT)]), "");
    assert_eq!(beside(&[("root.jsx", ALIASED)]), "");
    assert_eq!(beside(&[("shell.jsx", SHELL), ("root.jsx", SHELL_ROOT)]), "");
    assert_eq!(
        beside(&[("shell.jsx", SOMETIMES), ("root.jsx", SHELL_ROOT)]),
        "clock.jsx:4"
    );
    assert_eq!(
        beside(&[("shell.jsx", SOMETIMES), ("root.jsx", ROOT)]),
        "clock.jsx:4"
    );

    const FEED: &str = "\
<script setup>
import { onMounted } from 'vue'
onMounted(() => window.addEventListener('online', () => reload()))
</script>
";
    const CREATE: &str =
        "import { createApp } from 'vue'\nimport Feed from './Feed.vue'\ncreateApp(Feed).mount('#feed')\n";
    assert_eq!(places(&[("Feed.vue", FEED)]), "Feed.vue:3");
    assert_eq!(places(&[("Feed.vue", FEED), ("main.js", CREATE)]), "");
    let below = |page: &str| {
        let page = format!(
            "<template><main>{page}</main></template>\n<script setup>\nimport Feed from './Feed.vue'\n</script>\n"
        );
        let create = CREATE.replace("Feed", "Page");
        places(&[("Feed.vue", FEED), ("Page.vue", &page), ("main.js", &create)])
    };
    assert_eq!(below("<p>News</p><Feed />"), "");
    assert_eq!(below("<Feed v-if=\"open\" />"), "Feed.vue:3");
    assert_eq!(below("<p v-if=\"open\"><Feed></Feed></p>"), "Feed.vue:3");
    assert_eq!(below("<base-modal><Feed /></base-modal>"), "Feed.vue:3");
    assert_eq!(places(&[("src/routes/+layout.svelte", SVELTE)]), "");
    assert_eq!(
        places(&[("src/routes/shop/+layout.svelte", SVELTE)]),
        "src/routes/shop/+layout.svelte:3"
    );
    const SVELTE: &str = "\
<script>
import { onMount } from 'svelte'
onMount(() => window.addEventListener('online', () => reload()))
</script>
";
}

#[test]
fn a_global_that_another_file_uses_is_meant_to_stay() {
    const COUNT: &str = "\
const fs = require('fs')
exports.countItems = function (file) {
  catalog = JSON.parse(fs.readFileSync(file, 'utf8'))
  return catalog.items.length
}
";
    let beside = |text: &str| places(&[("count.js", COUNT), ("other.js", text)]);
    assert_eq!(places(&[("count.js", COUNT)]), "count.js:3");
    assert_eq!(beside("exports.first = () => catalog.items[0]\n"), "");
    assert_eq!(beside("exports.forget = () => delete globalThis.catalog\n"), "");
    assert_eq!(
        beside("exports.first = (catalog) => catalog.items[0]\n"),
        "count.js:3"
    );
    // Two builds of one source ask the same.
    assert_eq!(beside(COUNT), "count.js:3 other.js:3");
}

#[test]
fn minified_and_huge_files_are_skipped_by_content() {
    let minified = "var a=function(b){return c(d)};".repeat(200);
    let string = format!(
        "{LEAK}const logo = 'data:image/png;base64,{}'\n",
        "iVBORw0KGgo".repeat(4000)
    );
    let huge = LEAK.repeat(20_000);
    let project = Project::new(&[("min.js", &minified), ("string.js", &string), ("huge.js", &huge)]);
    let outcome = project.run(&["-f", "unix"]).expect(1);
    assert!(outcome.stdout.starts_with("string.js:3:3"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("skipped: 1 minified, 1 over 1 MiB"),
        "{outcome:?}"
    );
    assert!(
        project
            .run(&["min.js"])
            .expect(0)
            .stderr
            .contains("note: min.js is skipped: minified")
    );
}

#[test]
fn a_long_line_is_never_printed_whole() {
    let data = "1, ".repeat(10_000);
    let line = format!(
        "{}; const table = [{data}]\n",
        LEAK.replace('\n', ";").replace("{;", "{")
    );
    let project = Project::new(&[("a.js", &line)]);
    let outcome = project.run(&[]).expect(1);
    assert!(outcome.stdout.contains("[a.js:1:"), "{outcome:?}");
    assert!(
        outcome.stdout.lines().all(|line| line.len() < 200),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_file_is_linted_once_under_one_name() {
    let project = Project::new(&[("src/a.js", LEAK)]);
    let absolute = project.path().join("src/a.js");
    let outcome = project
        .run(&[
            "-f",
            "unix",
            "src/a.js",
            "./src/../src/a.js",
            "src",
            ".",
            absolute.to_str().unwrap(),
        ])
        .expect(1);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
    assert!(outcome.stdout.starts_with("src/a.js:"), "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_in_walks() {
    let project = Project::new(&[("src/a.js", LEAK)]);
    std::os::unix::fs::symlink("..", project.path().join("src/loop")).unwrap();
    std::os::unix::fs::symlink("a.js", project.path().join("src/link.js")).unwrap();
    let outcome = project.run(&["-f", "unix"]).expect(1);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
    let outcome = project.run(&["-f", "unix", "src/link.js"]).expect(1);
    assert!(
        outcome.stdout.starts_with("src/a.js:"),
        "the real path: {outcome:?}"
    );
}

#[test]
fn standard_input() {
    let project = Project::new(&[]);
    let run = |arguments: &[&str], input: &str| {
        let mut command = project.command(&[&["-f", "unix"], arguments].concat());
        let pipes = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Outcome::from(child.wait_with_output().unwrap())
    };
    assert!(
        run(&["--stdin"], LEAK)
            .expect(1)
            .stdout
            .starts_with("stdin.tsx:3:3: error unbounded-cache")
    );
    assert!(
        run(&["-"], LEAK)
            .expect(1)
            .stdout
            .starts_with("stdin.tsx:3:3: error unbounded-cache")
    );
    let outcome = run(&["--stdin", "--stdin-filename", "src/a.js"], LEAK).expect(1);
    assert!(outcome.stdout.starts_with("src/a.js:3:3: "), "{outcome:?}");
    run(&["--stdin"], CLEAN).expect(0);
    assert!(
        run(&["--stdin", "--stdin-filename", "a.md"], LEAK)
            .expect(0)
            .stderr
            .contains("a.md is skipped")
    );
}

#[test]
fn suppressions() {
    let line = "  cache.set(Date.now(), Buffer.alloc(1000))";
    let with = |comment: &str| LEAK.replace(line, &format!("  {comment}\n{line}"));
    let run = |text: &str, format: &str| Project::new(&[("a.js", text)]).run(&["-f", format]);

    let outcome = run(
        &with("// leaklint-disable-next-line unbounded-cache -- it is a demo"),
        "unix",
    )
    .expect(0);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("1 finding suppressed by comments"),
        "{outcome:?}"
    );
    run(&with("/* leaklint-disable */"), "unix").expect(0);
    run(
        &format!("{LEAK}// leaklint-disable-file unbounded-cache\n"),
        "unix",
    )
    .expect(0);

    let outcome = run(&with("// leaklint-disable-next-line undeleted-global"), "unix").expect(1);
    assert!(
        outcome
            .stderr
            .contains("a.js:3:3: warning suppression: unused suppression"),
        "{outcome:?}"
    );
    let outcome = run(&with("// leaklint-disable-next-line unbounded-cash"), "unix").expect(1);
    assert!(
        outcome.stderr.contains("did you mean `unbounded-cache`?"),
        "{outcome:?}"
    );

    let log = run(
        &with("// leaklint-disable-next-line unbounded-cache -- it is a demo"),
        "sarif",
    )
    .expect(0)
    .json();
    let suppression = &log["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        suppression,
        &serde_json::json!({ "kind": "inSource", "justification": "it is a demo" })
    );
}

#[test]
fn rules_and_their_pages() {
    let project = Project::new(&[]);
    let table = project.run(&["--rules"]).expect(0).stdout;
    let names: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.is_sorted() && names.contains(&"unbounded-cache"), "{table}");
    for name in names {
        let page = project.run(&["--explain", name]).expect(0).stdout;
        assert!(
            page.starts_with(&format!("# {name}\n")) && page.contains("## How to fix"),
            "{page}"
        );
    }
}

#[test]
fn help_says_what_never_happens() {
    let project = Project::new(&[]);
    for flag in ["-h", "--help"] {
        let help = project.run(&[flag]).expect(0).stdout;
        assert!(
            help.contains("never uses the network") && help.contains("Exit status"),
            "{help}"
        );
    }
    let version = project.run(&["-V"]).expect(0).stdout;
    assert_eq!(version, format!("leaklint {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn nobody_need_read_to_the_end() {
    let project = Project::new(&[]);
    for n in 0..200 {
        project.write(&format!("{n}.js"), LEAK);
    }
    let mut child = project
        .command(&[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let outcome = Outcome::from(child.wait_with_output().unwrap()).expect(1);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
}

#[test]
fn columns_are_utf_16() {
    let project = Project::new(&[("a.js", &LEAK.replace("  cache.set", "  /* 😀é */ cache.set"))]);
    let outcome = project.run(&["-f", "unix"]).expect(1);
    assert!(outcome.stdout.starts_with("a.js:3:13: "), "{outcome:?}");
}
