//! Hostile and broken input: no panic, no crash, and the other files are linted all the same.

mod common;

use std::fs;
use std::panic::catch_unwind;

use common::{LEAK, Project};
use leaklint::engine;
use leaklint::run::with_deep_stacks;
use leaklint::source::Source;

/// How many cuts are tried of each fixture.
const CUTS: usize = 40;

#[test]
fn no_prefix_of_a_fixture_makes_the_engine_panic() {
    for path in common::fixtures() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let step = (text.len() / CUTS).max(1);
        with_deep_stacks(1, || {
            for cut in (0..=text.len())
                .step_by(step)
                .map(|cut| text.floor_char_boundary(cut))
            {
                let both = [&text[..cut], &text[cut..]];
                for part in both {
                    let result = catch_unwind(|| drop(engine::analyze(&Source::new(name, part))));
                    assert!(
                        result.is_ok(),
                        "{} cut at {cut} makes the engine panic",
                        path.display()
                    );
                }
            }
        });
    }
}

/// Lints a file beside one that leaks, and expects that the leak is found and nothing crashes.
#[track_caller]
fn survives(name: &str, bytes: impl AsRef<[u8]>) -> common::Outcome {
    let project = Project::new(&[("z.js", LEAK)]);
    project.write(name, bytes);
    let outcome = project.run(&["-f", "unix"]);
    let status = outcome
        .status
        .unwrap_or_else(|| panic!("{name} ends the process: {}", outcome.stderr));
    assert!(matches!(status, 1 | 2), "{name}: {status}: {}", outcome.stderr);
    assert!(
        outcome.stdout.contains("z.js:3:3: error unbounded-cache"),
        "{name}: {outcome:?}"
    );
    let printed = format!("{}{}", outcome.stdout, outcome.stderr);
    for told in ["panicked", "leaklint failed on this file"] {
        assert!(!printed.contains(told), "{name}: {printed}");
    }
    outcome
}

/// `open` and `close` around `core`, 20,000 times.
fn nested(open: &str, core: &str, close: &str) -> String {
    format!("x = {}{core}{}\n", open.repeat(20_000), close.repeat(20_000))
}

#[test]
fn deep_parentheses() {
    survives("a.js", nested("(", "1", ")"));
    survives("a.ts", nested("(", "1", ")"));
    survives("unclosed.js", "(".repeat(20_000));
}

#[test]
fn deep_arrays_and_objects() {
    survives("a.js", nested("[", "1", "]"));
    survives("b.js", nested("{a:", "1", "}"));
}

#[test]
fn deep_functions() {
    survives("a.js", nested("(function () { return ", "1", " })()"));
    survives("b.js", nested("() => {", "f()", "}"));
    survives("c.js", nested("a => ", "1", ""));
    survives("d.js", nested("f(", "1", ")"));
}

#[test]
fn deep_blocks_and_chains() {
    survives("a.js", format!("{}{}", "{".repeat(20_000), "}".repeat(20_000)));
    survives("b.js", "if (a) {} else ".repeat(20_000) + "{}");
    survives("c.js", format!("x = a{}", ".b()".repeat(20_000)));
    survives("d.js", format!("x = a{}", " + a".repeat(20_000)));
    survives("e.js", format!("x = {}b", "a ? b : ".repeat(20_000)));
    survives(
        "f.tsx",
        format!("x = {}{}", "<a>".repeat(20_000), "</a>".repeat(20_000)),
    );
    survives("g.js", format!("x = {}a", "!".repeat(20_000)));
}

/// A variable and a field that take their values from each other, as the key of a global.
#[test]
fn values_that_go_in_a_circle() {
    survives(
        "circle.js",
        "function Frame() { var name = this.name; this.name = name; window[name] = {}; }\n\
         module.exports = function () { return new Frame(); };\n",
    );
}

#[test]
fn collections_that_are_put_into_each_other() {
    survives(
        "lists.js",
        "class Poller {\n\
           constructor() { this.timers = []; this.old = [] }\n\
           start() {\n\
             this.timers.push(setInterval(() => this.poll(), 1000))\n\
             for (const timer of this.timers) this.old.push(timer)\n\
             for (const timer of this.old) this.timers.push(timer)\n\
           }\n\
           destroy() {}\n\
         }\n",
    );
}

/// Work at the top level of a module, code that nothing in the file runs, numbers and globals in place of names.
#[test]
fn programs_at_the_edge() {
    let programs = [
        (
            "phase-by-number.js",
            r#"class A {
  start() { window.addEventListener('scroll', this.f, !0) }
  stop() { window.removeEventListener('scroll', this.f, !1) }
}
"#,
        ),
        (
            "environment.js",
            r#"process.env.X = 'a';
process.env.X += 'b';
delete process.env.X;
process.env.X++;
"#,
        ),
        (
            "pages-at-the-top.mjs",
            r#"let cursor = '0';
let found = [];
do {
  const page = await client.scan(cursor);
  found = found.concat(page.keys);
  cursor = page.cursor;
} while (cursor !== '0');
"#,
        ),
        (
            "called-from-out-of-sight.js",
            r#"const requests = new Map();
let last = 0;
class Registry {
  metrics() {
    const id = last++;
    return new Promise((resolve, reject) => {
      function done(err, result) {
        if (err) reject(err);
        else resolve(result);
      }
      const request = { done, timer: setTimeout(() => request.done(new Error('late')), 5000) };
      requests.set(id, request);
      process.nextTick(() => done(null, ''));
    });
  }
}
function listen() {
  cluster().on('message', (worker, message) => {
    const request = requests.get(message.id);
    requests.delete(message.id);
    request.done(null, '');
  });
}
module.exports = Registry;
"#,
        ),
        (
            "handler-of-the-worker.js",
            r#"const open = new Map();
self.onmessage = null;
onmessage = (event) => {
  open.clear();
};
function join(socket) {
  open.set(socket.id, socket);
  socket.on('close', () => console.log('gone'));
}
"#,
        ),
        (
            "text-at-the-top.mjs",
            r#"let text = '';
for (;;) {
  const part = await read();
  text += part;
}
"#,
        ),
    ];
    for (name, code) in programs {
        survives(name, code);
    }
}

#[test]
fn odd_bytes() {
    let outcome = survives("latin.js", b"const name = 'caf\xe9' // \xff\n");
    assert!(
        outcome.stderr.contains("latin.js:1:18: warning encoding: "),
        "{outcome:?}"
    );
    survives("empty.js", "");
    survives("zeros.js", [0_u8; 5000]);
    survives("noise.js", (0..=255_u8).cycle().take(10_000).collect::<Vec<_>>());
    survives(
        "utf16.js",
        LEAK.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    );
    survives("hashbang.js", "\u{feff}#!/usr/bin/env node\n");
}

#[test]
fn marks_and_line_breaks_do_not_move_places() {
    let project = Project::new(&[]);
    project.write("bom.js", format!("\u{feff}{LEAK}"));
    project.write(
        "bom1.js",
        format!("\u{feff}{}", LEAK.replace('\n', ";").replace("{;", "{")),
    );
    project.write("crlf.js", LEAK.replace('\n', "\r\n"));
    let mut latin = b"// caf\xe9\r\n".to_vec();
    latin.extend(LEAK.bytes());
    project.write("latin.js", latin);
    let outcome = project.run(&["-f", "unix"]).expect(1);
    for place in [
        "bom.js:3:3: ",
        "bom1.js:1:46: ",
        "crlf.js:3:3: ",
        "latin.js:4:3: ",
    ] {
        assert!(outcome.stdout.contains(place), "{place} in {outcome:?}");
    }
    project.run(&["-f", "pretty"]).expect(1);
}

/// [`LEAK`] as the script of a component, between a template and a style.
fn component(script: &str) -> String {
    format!(
        "<template>\n  <p>{{{{ \u{e9} }}}}</p>\n</template>\n<script>\n{script}\n</script>\n<style></style>\n"
    )
}

#[test]
fn places_in_components_are_those_of_the_file() {
    let project = Project::new(&[
        ("a.vue", &component(LEAK)),
        (
            "b.svelte",
            &format!("<p>\u{e9}</p><script module>{LEAK}</script>"),
        ),
        (
            "c.html",
            &format!("<p>\n\n<script>\n{LEAK}</script><script type=module>\n{LEAK}"),
        ),
        (
            "d.astro",
            &format!("---\nconst a = 1\n---\n<script>\n{LEAK}</script>"),
        ),
    ]);
    project.write("bom.vue", format!("\u{feff}{}", component(LEAK)));
    project.write("crlf.vue", component(LEAK).replace('\n', "\r\n"));
    project.write(
        "latin.vue",
        [b"<!-- caf\xe9 -->\n", component(LEAK).as_bytes()].concat(),
    );
    let outcome = project.run(&["-f", "unix"]).expect(1);
    let found: Vec<&str> = outcome
        .stdout
        .lines()
        .filter_map(|line| Some(line.split_once(": error unbounded-cache: ")?.0))
        .collect();
    let places = [
        "a.vue:7:3",
        "b.svelte:3:3",
        "bom.vue:7:3",
        "c.html:6:3",
        "c.html:11:3",
        "crlf.vue:7:3",
        "d.astro:7:3",
        "latin.vue:8:3",
    ];
    assert_eq!(found, places, "{outcome:?}");
    for format in ["pretty", "json", "sarif"] {
        let outcome = project.run(&["-f", format]).expect(1);
        assert!(outcome.stdout.contains('7'), "{format}");
    }
}

#[test]
fn comments_in_scripts_of_components_suppress() {
    let quiet = LEAK.replace(
        "  cache.set(",
        "  // leaklint-disable-next-line unbounded-cache -- few\n  cache.set(",
    );
    assert_ne!(quiet, LEAK);
    let project = Project::new(&[("a.vue", &component(&quiet))]);
    let outcome = project.run(&["-f", "unix"]).expect(0);
    assert_eq!(outcome.stdout, "", "{outcome:?}");
}

#[test]
fn syntax_errors_in_components_are_in_their_place() {
    let project = Project::new(&[
        ("a.vue", &component("let = = (")),
        ("b.html", "<p>\n<script>let = = (</script>"),
        // Filled in by a server.
        ("c.html", "<script>{% if x %} f( {% endif %}</script>"),
        ("d.svelte", "<p>{) (}</p>"),
        ("empty.vue", ""),
        ("z.js", LEAK),
    ]);
    let outcome = project.run(&["-f", "unix"]).expect(1);
    let all = outcome.stdout.clone() + &outcome.stderr;
    for place in ["a.vue:5:", "b.html:2:"] {
        assert_eq!(all.matches(place).count(), 1, "{place} in {all}");
    }
    for clean in ["c.html", "d.svelte", "empty.vue"] {
        assert!(!all.contains(clean), "{clean} in {all}");
    }
}

#[test]
fn odd_components() {
    survives("deep.svelte", format!("<script></script>{}", "{(".repeat(20_000)));
    survives("deep.vue", "<template>".repeat(20_000) + "<script setup>");
    survives("deep.astro", format!("---\n{}\n---", nested("(", "1", ")")));
    survives("deep.html", format!("<script>{}</script>", nested("[", "1", "]")));
    survives("noise.vue", (0..=255_u8).cycle().take(10_000).collect::<Vec<_>>());
    survives("zeros.html", [0_u8; 5000]);
    survives("fence.astro", "---");
    survives("latin.svelte", b"<script>const a = 1</script>{caf\xe9} {a\xe9}\n");
}

#[test]
fn terminals_are_safe_from_file_contents() {
    let project = Project::new(&[(
        "a.js",
        &LEAK.replace("cache.set(", "/* \x1b[31m\u{9b}31m\x07 */ cache.set("),
    )]);
    for format in ["pretty", "unix"] {
        let outcome = project.run(&["-f", format]).expect(1);
        let control = |c: char| c.is_control() && c != '\n';
        assert!(
            !outcome.stdout.contains(control),
            "{format}: {:?}",
            outcome.stdout
        );
    }
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_directories_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let project = Project::new(&[("a.js", LEAK), ("locked.js", LEAK), ("vault/b.js", LEAK)]);
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(project.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    let binary = project.path().join("leaklint");
    fs::copy(env!("CARGO_BIN_EXE_leaklint"), &binary).unwrap();
    mode("locked.js", 0o000);
    mode("vault", 0o000);
    mode(".", 0o755);
    let mut command = Command::new(&binary);
    if fs::read(project.path().join("locked.js")).is_ok() {
        command.uid(65534); // The superuser may read everything, so somebody else has to try.
    }
    let output = command
        .args(["-f", "unix"])
        .current_dir(project.path())
        .output()
        .unwrap();
    mode("vault", 0o755);
    let outcome = common::Outcome::from(output).expect(2);
    assert!(
        outcome.stdout.starts_with("a.js:3:3: error unbounded-cache"),
        "{outcome:?}"
    );
    for path in ["locked.js", "vault"] {
        let line = outcome.stderr.lines().find(|line| line.starts_with(path));
        assert!(
            line.is_some_and(|line| line.ends_with("permission denied")),
            "{path}: {outcome:?}"
        );
    }

    symlink("loop.js", project.path().join("loop.js")).unwrap();
    let outcome = project.run(&["-f", "unix", "loop.js", "a.js"]).expect(2);
    assert!(
        outcome.stderr.contains("loop.js") && outcome.stdout.starts_with("a.js:3:3"),
        "{outcome:?}"
    );
}
