//! Something borrowed that goes back when all is well, and stays away when something fails.

use super::{RULES, proof};
use crate::finding::{Confidence, Finding, Role, Step};
use crate::model::Model;
use crate::model::exits::{Exit, Way};
use crate::model::piped::Piped;
use crate::model::resources::{Borrowed, Resource};
use crate::syntax::tree::NodeId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for resource in model.resources().filter(|it| it.kind.borrowed) {
        if model.runs_once(model.tree.function_of(resource.at)) {
            continue;
        }
        let Some(borrowed) = model.borrowed(resource) else {
            continue;
        };
        if borrowed.releases.is_empty() {
            let rule = RULES
                .iter()
                .find(|it| Some(it.name) == resource.kind.never.as_deref());
            out.extend(rule.map(|rule| never(model, resource, rule.name)));
            continue;
        }
        let exit = |harmless: &dyn Fn(NodeId) -> bool| {
            let excused = |test| model.tests_nothing_borrowed(test, &borrowed);
            model.exit_before(resource.at, &borrowed.releases, excused, harmless)
        };
        // What has just been opened can be read, most often.
        let likely = exit(&|it| model.only_uses_borrowed(it, &borrowed));
        if let Some(exit) = likely.or_else(|| exit(&|_| false)) {
            // What is only sometimes acquired here may not be, on the way that a test chooses.
            let unsure = likely.is_none() || exit.way != Way::Fails && model.is_conditional(resource.at);
            let confidence = match unsure {
                true => Confidence::Possible,
                false => Confidence::Likely,
            };
            out.push(finding(model, resource, &borrowed, &exit, confidence));
        }
    }
    out.extend(model.piped_files().iter().map(|it| piped_finding(model, it)));
    for (resource, borrowed) in model.borrowed_by_callbacks() {
        let callback = model.tree.args(resource.at).last();
        let handed = callback.map(|it| model.tree.function_at(it));
        if let Some(exit) = handed.and_then(|it| model.exit_on_error(it, &borrowed.releases)) {
            out.push(finding(model, &resource, &borrowed, &exit, Confidence::Likely));
        }
    }
}

/// The file is read into a response, whose client may go away.
fn piped_finding(model: &Model, piped: &Piped) -> Finding {
    let function = model.tree.function(model.tree.function_of(piped.opened)).node;
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            piped.opened,
            "a file is opened here, to be read",
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(
            model,
            Role::Held,
            piped.opened,
            "the process keeps its descriptor, of which there are only so many",
        ),
        proof::step(
            model,
            Role::Unreleased,
            piped.pipe,
            "when the client goes away before the end, the response closes, and `pipe` leaves the file open",
        ),
    ];
    Finding {
        confidence: Confidence::Likely,
        message: "a file is not closed when the response that it is piped into ends first".to_string(),
        steps,
        help: "use `pipeline(file, response, callback)`, or destroy the file when the response closes"
            .to_string(),
        assumption: Some("some clients go away before the end".to_string()),
        ..proof::finding(model, "not-released-on-error", piped.opened)
    }
}

/// How it came.
fn acquired(model: &Model, resource: &Resource) -> Step {
    let kind = resource.kind;
    let text = format!("{} is {} here", kind.what, kind.acquired);
    proof::step(model, Role::Acquired, resource.at, text)
}

/// The cure for both: given back on every way out.
fn help(resource: &Resource) -> String {
    format!("{} in a `finally` around all that follows", resource.kind.cure)
}

/// Nothing gives it back, whether all goes well or not.
fn never(model: &Model, resource: &Resource, rule: &'static str) -> Finding {
    let kind = resource.kind;
    let function = model.tree.function(model.tree.function_of(resource.at)).node;
    let steps = vec![
        acquired(model, resource),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(model, Role::Held, resource.at, kind.held.clone()),
        proof::step(
            model,
            Role::Unreleased,
            resource.at,
            format!(
                "the function keeps it to itself, and it is never {}",
                kind.released
            ),
        ),
    ];
    Finding {
        confidence: Confidence::Likely,
        message: format!(
            "{} is {} on each call and never {}",
            kind.what, kind.acquired, kind.released
        ),
        steps,
        help: help(resource),
        assumption: Some("this runs many times in the life of the program".to_string()),
        ..proof::finding(model, rule, resource.at)
    }
}

fn finding(
    model: &Model,
    resource: &Resource,
    borrowed: &Borrowed,
    exit: &Exit,
    confidence: Confidence,
) -> Finding {
    let kind = resource.kind;
    let (when, leaves) = match exit.way {
        Way::Fails => ("something fails", "if this fails, the function ends here"),
        Way::Throws => ("the function throws", "the function throws here"),
        Way::Returns => ("the function returns early", "the function returns here"),
    };
    let release = borrowed.releases[borrowed.releases.len() - 1];
    let steps = vec![
        acquired(model, resource),
        proof::step(model, Role::Held, resource.at, kind.held.clone()),
        proof::step(
            model,
            Role::Unreleased,
            release,
            format!("{} here, when all goes well", kind.released),
        ),
        proof::step(
            model,
            Role::Unreleased,
            exit.at,
            format!("{leaves}, and it is not {}", kind.released),
        ),
    ];
    let assumption = match exit.way {
        Way::Fails => "this can fail",
        _ => "nothing out of sight releases it",
    };
    Finding {
        confidence,
        message: format!("{} is not {} when {when}", kind.what, kind.released),
        steps,
        help: help(resource),
        assumption: Some(assumption.to_string()),
        ..proof::finding(model, "not-released-on-error", resource.at)
    }
}
