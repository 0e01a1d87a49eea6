//! The language server: a scripted session, and a real editor.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{CLEAN, LEAK, Project};
use serde_json::{Value, json};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Client {
    server: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
}

impl Client {
    /// A server that is initialised, and its capabilities.
    fn start(capabilities: Value) -> (Client, Value) {
        let mut server = Command::new(env!("CARGO_BIN_EXE_leaklint"));
        let mut server = server
            .args(["--lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(server.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let stdin = server.stdin.take().unwrap();
        let mut client = Client {
            server,
            stdin,
            messages,
        };
        client.request(
            1,
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": capabilities }),
        );
        let answer = client.receive();
        client.notify("initialized", json!({}));
        (client, answer["result"]["capabilities"].clone())
    }

    fn send(&mut self, message: Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stdin.flush().unwrap();
    }

    fn request(&mut self, id: u32, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    #[track_caller]
    fn receive(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the server answers")
    }

    #[track_caller]
    fn diagnostics(&self) -> Vec<Value> {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn open(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, uri: &str, version: u32, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", params);
    }

    fn stop(mut self) -> ExitStatus {
        self.request(99, "shutdown", Value::Null);
        let answer = self.receive();
        assert_eq!(
            (&answer["id"], &answer["result"]),
            (&99.into(), &Value::Null),
            "{answer}"
        );
        self.notify("exit", Value::Null);
        self.server.wait().unwrap()
    }
}

fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            line => {
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.parse().ok()?;
                }
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

const URI: &str = "file:///project/src/a%20b.js";

#[test]
fn a_session() {
    let (mut client, capabilities) = Client::start(json!({}));
    assert_eq!(capabilities["positionEncoding"], "utf-16");

    client.open(URI, "javascript", LEAK);
    let message = client.receive();
    assert_eq!(
        (&message["params"]["uri"], &message["params"]["version"]),
        (&URI.into(), &1.into()),
        "{message}"
    );
    let diagnostic = &message["params"]["diagnostics"][0];
    assert_eq!(
        (&diagnostic["code"], &diagnostic["source"]),
        (&"unbounded-cache".into(), &"leaklint".into())
    );
    assert_eq!(
        (&diagnostic["severity"], &diagnostic["range"]["start"]),
        (&1.into(), &json!({ "line": 2, "character": 2 }))
    );
    let related = diagnostic["relatedInformation"].as_array().unwrap();
    assert!(related.len() >= 2, "{diagnostic}");
    for (step, n) in related.iter().zip(1..) {
        assert_eq!(step["location"]["uri"], URI);
        assert!(
            step["message"].as_str().unwrap().starts_with(&format!("{n}: ")),
            "{step}"
        );
    }

    client.change(
        URI,
        2,
        &LEAK.replace(
            "  cache",
            "  // leaklint-disable-next-line unbounded-cache\n  cache",
        ),
    );
    assert_eq!(
        client.diagnostics(),
        Vec::<Value>::new(),
        "suppressions count here, too"
    );
    client.change(URI, 3, LEAK);
    assert_eq!(client.diagnostics().len(), 1);

    client.change(URI, 4, &format!("{LEAK}let = = ("));
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": URI } }));
    client.request(7, "leaklint/nothing", Value::Null);
    let answer = client.receive();
    assert_eq!(
        answer["id"], 7,
        "while the text does not parse, what was published stays: {answer}"
    );
    assert_eq!(answer["error"]["code"], -32601);

    client.change(URI, 5, CLEAN);
    assert_eq!(client.diagnostics(), Vec::<Value>::new());
    client.change(URI, 6, LEAK);
    assert_eq!(client.diagnostics().len(), 1);
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(client.diagnostics(), Vec::<Value>::new(), "closing clears");
    assert!(client.stop().success());
}

#[test]
fn positions_in_the_encoding_that_the_client_prefers() {
    let text = LEAK.replace("  cache.set", "  /* 😀é */ cache.set");
    for (encodings, column) in [
        (json!(["utf-8", "utf-16"]), 15),
        (json!(["utf-16", "utf-8"]), 12),
        (json!([]), 12),
    ] {
        let (mut client, capabilities) =
            Client::start(json!({ "general": { "positionEncodings": encodings } }));
        assert_eq!(
            capabilities["positionEncoding"],
            if column == 15 { "utf-8" } else { "utf-16" }
        );
        client.open(URI, "javascript", &text);
        assert_eq!(
            client.diagnostics()[0]["range"]["start"],
            json!({ "line": 2, "character": column })
        );
        assert!(client.stop().success());
    }
}

#[test]
fn a_burst_of_changes_ends_with_the_last_text() {
    let (mut client, _) = Client::start(json!({}));
    client.open(URI, "javascript", CLEAN);
    for version in 2..40 {
        client.change(URI, version, &format!("{LEAK}// {version}\n"));
    }
    let last = std::iter::repeat_with(|| client.receive())
        .find(|message| message["params"]["version"] == 39)
        .unwrap();
    assert_eq!(last["params"]["diagnostics"].as_array().unwrap().len(), 1);
    assert!(client.stop().success());
}

#[test]
fn what_a_run_leaves_out_has_no_findings_here() {
    let (mut client, _) = Client::start(json!({}));
    client.open("file:///project/node_modules/a/a.js", "javascript", LEAK);
    assert_eq!(client.diagnostics().len(), 0);
    client.open("file:///project/a.min.js", "javascript", LEAK);
    assert_eq!(client.diagnostics().len(), 0);
    client.open("file:///project/README.md", "markdown", LEAK);
    assert_eq!(client.diagnostics().len(), 0);
    client.open("untitled:Untitled-1", "typescript", LEAK);
    assert_eq!(client.diagnostics().len(), 1);
    assert!(client.stop().success());
}

#[test]
fn components_and_pages_are_served() {
    let (mut client, _) = Client::start(json!({}));
    let text = format!("<p></p>\n<script>\n{LEAK}</script>\n");
    for (uri, language) in [
        ("file:///project/a.vue", "vue"),
        ("file:///project/a.astro", "astro"),
        ("file:///project/a.html", "html"),
        ("untitled:Untitled-1", "vue"),
    ] {
        client.open(uri, language, &text);
        let diagnostics = client.diagnostics();
        assert_eq!(diagnostics.len(), 1, "{uri}");
        assert_eq!(
            diagnostics[0]["range"]["start"],
            json!({ "line": 4, "character": 2 }),
            "{uri}"
        );
    }
    client.open(
        "file:///project/a.svelte",
        "svelte",
        &text.replace("<script", "<script module"),
    );
    assert_eq!(client.diagnostics().len(), 1);
    assert!(client.stop().success());
}

#[test]
fn a_text_that_never_parsed_says_why_nothing_is_found() {
    let (mut client, _) = Client::start(json!({}));
    client.open(URI, "javascript", "let = = (");
    assert_eq!(client.diagnostics()[0]["code"], "syntax");
    assert!(client.stop().success());
}

#[test]
fn exit_without_shutdown_is_a_failure() {
    let (mut client, _) = Client::start(json!({}));
    client.notify("exit", Value::Null);
    assert_eq!(client.server.wait().unwrap().code(), Some(1));
}

#[test]
fn neovim_shows_the_findings() {
    let project = Project::new(&[("a.js", LEAK)]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nvim.lua");
    let output = Command::new("nvim")
        .args([
            "--headless",
            "-u",
            "NONE",
            "-i",
            "NONE",
            "-n",
            "a.js",
            "-c",
            &format!("luafile {script}"),
            "-c",
            "qa!",
        ])
        .env("LEAKLINT", env!("CARGO_BIN_EXE_leaklint"))
        .env("XDG_STATE_HOME", project.path())
        .env("XDG_CACHE_HOME", project.path())
        .current_dir(project.path())
        .output()
        .unwrap_or_else(|error| panic!("this test needs Neovim (`apt-get install neovim`): nvim: {error}"));
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told: Vec<(&str, &str)> = stdout.lines().filter_map(|line| line.split_once(": ")).collect();
    let [("opened", opened), ("broken", broken), ("mended", "")] = told[..] else {
        panic!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    assert!(opened.starts_with("3:3 leaklint unbounded-cache "), "{stdout}");
    assert_eq!(
        opened, broken,
        "what was found stays while the text does not parse"
    );
}
