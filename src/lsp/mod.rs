//! The editor's face: a language server that publishes the findings of open documents, with their steps.
//!
//! A document is analysed anew after each change, as soon as no further message waits: that takes milliseconds.
//! While it does not parse, what was last published stays, and the editor moves it along with the text.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use lsp_server::{Connection, ErrorCode, Message, Notification, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Exit,
    Notification as _, PublishDiagnostics,
};
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, Location,
    NumberOrString, Position, PositionEncodingKind, PublishDiagnosticsParams, Range, ServerCapabilities,
    TextDocumentItem, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::discover::{self, Skip};
use crate::finding::{ProblemKind, Severity};
use crate::report::{Report, Reported, Settings};
use crate::run;
use crate::source::{Source, Span};

/// Serves one client on standard input and output, and returns the exit status of the process.
pub fn serve(settings: Settings) -> u8 {
    match run::with_deep_stacks(1, || session(settings)) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            1
        }
    }
}

fn session(settings: Settings) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (connection, threads) = Connection::stdio();
    let (id, params) = connection.initialize_start()?;
    let utf8 = speaks_utf8(&params);
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::FULL),
        save: Some(TextDocumentSyncSaveOptions::Supported(true)),
        ..Default::default()
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(if utf8 {
            PositionEncodingKind::UTF8
        } else {
            PositionEncodingKind::UTF16
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        ..Default::default()
    };
    let server = json!({ "name": "leaklint", "version": env!("CARGO_PKG_VERSION") });
    connection.initialize_finish(id, json!({ "capabilities": capabilities, "serverInfo": server }))?;
    Server {
        settings,
        utf8,
        documents: BTreeMap::new(),
    }
    .run(&connection)?;
    drop(connection);
    Ok(threads.join()?)
}

/// Whether the client prefers positions in bytes; else they are in UTF-16 code units, as always.
fn speaks_utf8(params: &Value) -> bool {
    let encodings = params
        .pointer("/capabilities/general/positionEncodings")
        .and_then(Value::as_array);
    let mut known = encodings
        .into_iter()
        .flatten()
        .filter(|name| *name == "utf-8" || *name == "utf-16");
    known.next().is_some_and(|name| name == "utf-8")
}

struct Server {
    settings: Settings,
    utf8: bool,
    /// Open documents by their URI.
    documents: BTreeMap<String, Document>,
}

struct Document {
    item: TextDocumentItem,
    /// Whether the text has changed since it was analysed.
    stale: bool,
    /// Whether findings of some earlier text are on display.
    published: bool,
}

impl Server {
    fn run(mut self, connection: &Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
        loop {
            // A burst of changes is analysed once.
            if connection.receiver.is_empty() {
                self.publish_stale(connection)?;
            }
            let Ok(message) = connection.receiver.recv() else {
                return Ok(());
            };
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let message = format!("leaklint does not know {}", request.method);
                    let refusal = Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message);
                    connection.sender.send(refusal.into())?;
                }
                Message::Notification(notification) if notification.method == Exit::METHOD => {
                    return Err("exit without shutdown".into());
                }
                Message::Notification(notification) => self.notified(connection, notification)?,
                Message::Response(_) => {}
            }
        }
    }

    fn notified(
        &mut self,
        connection: &Connection,
        notification: Notification,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Notification { method, params } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(DidOpenTextDocumentParams { text_document: item }) = parse(params) else {
                    return Ok(());
                };
                let document = Document {
                    item,
                    stale: true,
                    published: false,
                };
                self.documents.insert(document.item.uri.to_string(), document);
            }
            DidChangeTextDocument::METHOD => {
                let Some(params) = parse::<DidChangeTextDocumentParams>(params) else {
                    return Ok(());
                };
                let document = self.documents.get_mut(params.text_document.uri.as_str());
                // Synchronisation is by full text, so the last change says it all.
                if let (Some(document), Some(change)) =
                    (document, params.content_changes.into_iter().next_back())
                {
                    document.item.text = change.text;
                    document.item.version = params.text_document.version;
                    document.stale = true;
                }
            }
            DidSaveTextDocument::METHOD => {
                let Some(params) = parse::<DidSaveTextDocumentParams>(params) else {
                    return Ok(());
                };
                if let Some(document) = self.documents.get_mut(params.text_document.uri.as_str()) {
                    document.stale = true;
                }
            }
            DidCloseTextDocument::METHOD => {
                let Some(params) = parse::<DidCloseTextDocumentParams>(params) else {
                    return Ok(());
                };
                let uri = params.text_document.uri;
                self.documents.remove(uri.as_str());
                publish(connection, PublishDiagnosticsParams::new(uri, Vec::new(), None))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn publish_stale(&mut self, connection: &Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
        for document in self.documents.values_mut().filter(|document| document.stale) {
            document.stale = false;
            let item = &document.item;
            let diagnostics = match analyze(item, &self.settings) {
                Some(report) if report.failed() && document.published => continue,
                Some(report) => {
                    document.published = !report.failed();
                    View {
                        report: &report,
                        uri: &item.uri,
                        utf8: self.utf8,
                    }
                    .diagnostics()
                }
                None => Vec::new(),
            };
            let version = Some(item.version);
            publish(
                connection,
                PublishDiagnosticsParams::new(item.uri.clone(), diagnostics, version),
            )?;
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn publish(
    connection: &Connection,
    params: PublishDiagnosticsParams,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let notification = Notification::new(PublishDiagnostics::METHOD.to_string(), params);
    Ok(connection.sender.send(notification.into())?)
}

/// The report of a document, unless it is one that a run on the command line would leave out.
fn analyze(item: &TextDocumentItem, settings: &Settings) -> Option<Report> {
    let path = item.uri.path().as_str();
    let name: Arc<str> = match discover::skip_by_name(Path::new(path)) {
        None => path.into(),
        Some(Skip::Unsupported) => format!("{path}.{}", extension(&item.language_id)?).into(),
        Some(_) => return None,
    };
    if path.split('/').any(|directory| directory == "node_modules")
        || discover::is_minified(item.text.as_bytes())
    {
        return None;
    }
    let source = Source::new(name, item.text.as_str());
    let result = run::analyze(&source);
    Some(Report::new(source, result, settings))
}

/// For documents that are not files yet.
fn extension(language: &str) -> Option<&'static str> {
    match language {
        "javascript" => Some("js"),
        "javascriptreact" => Some("jsx"),
        "typescript" => Some("ts"),
        "typescriptreact" => Some("tsx"),
        "vue" => Some("vue"),
        "svelte" => Some("svelte"),
        "astro" => Some("astro"),
        "html" => Some("html"),
        _ => None,
    }
}

/// A report in the terms of the protocol.
struct View<'a> {
    report: &'a Report,
    uri: &'a Uri,
    utf8: bool,
}

impl View<'_> {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let findings = self.report.shown().map(|reported| self.finding(reported));
        // That the rest was analysed in spite of a syntax error is nothing that an editor need hear from us.
        let recovered = ProblemKind::Syntax { recovered: true };
        let problems = self
            .report
            .problems
            .iter()
            .filter(|problem| problem.kind != recovered);
        let problems = problems.map(|problem| Diagnostic {
            range: self.range(problem.span),
            severity: Some(severity(problem.kind.severity())),
            code: Some(NumberOrString::String(problem.kind.name().to_string())),
            source: Some("leaklint".to_string()),
            message: problem.message.clone(),
            ..Default::default()
        });
        findings.chain(problems).collect()
    }

    fn finding(&self, reported: &Reported) -> Diagnostic {
        let finding = &reported.finding;
        let steps = finding
            .steps
            .iter()
            .zip(1..)
            .map(|(step, n)| DiagnosticRelatedInformation {
                location: Location::new(self.uri.clone(), self.range(step.span)),
                message: format!("{n}: {}", step.text),
            });
        let mut message = finding.message.clone();
        if !finding.help.is_empty() {
            message += &format!("\nhelp: {}", finding.help);
        }
        if let Some(assumption) = &finding.assumption {
            message += &format!("\nnote: assumes {assumption} ({})", finding.confidence.name());
        }
        Diagnostic {
            range: self.range(finding.span),
            severity: Some(severity(reported.severity)),
            code: Some(NumberOrString::String(finding.rule.to_string())),
            source: Some("leaklint".to_string()),
            message,
            related_information: Some(steps.collect()),
            ..Default::default()
        }
    }

    /// One line at most: half a file in squiggles helps nobody.
    fn range(&self, span: Span) -> Range {
        let span = self.report.source.first_line(span);
        Range::new(self.position(span.lo), self.position(span.hi))
    }

    fn position(&self, offset: u32) -> Position {
        let source = &self.report.source;
        let line = source.line_index(offset);
        match self.utf8 {
            true => Position::new(line as u32, offset - source.line_starts()[line]),
            false => Position::new(line as u32, source.line_column(offset).column - 1),
        }
    }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    }
}
