//! Nodes that are put into the page again and again, and never taken out.

use super::{proof, unbounded_cache};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::nodes::{Insertion, Purpose};
use crate::model::repeat::{Level, Repeat};
use crate::syntax::tree::FunctionId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for insertion in model.insertions() {
        let repeat = model.repeat(insertion.call, FunctionId(0));
        if repeat.level >= Level::Calls && !model.runs_once_by_guard(insertion.call) {
            let confidence = judge(model, &insertion, &repeat);
            out.push(finding(model, &insertion, repeat, confidence));
        }
    }
}

fn judge(model: &Model, insertion: &Insertion, repeat: &Repeat) -> Confidence {
    let tree = model.tree;
    let name = tree.text(tree.function(tree.function_of(insertion.call)).name);
    let shows = model.apis.begins_name("showing_words", name);
    let on_its_own = repeat.level == Level::Again;
    let again = insertion.purpose.is_some() || insertion.in_page && (shows || on_its_own);
    if again
        && !insertion.others_removed
        && !insertion.remembered
        && !unbounded_cache::starts_up(model, repeat)
    {
        Confidence::Likely
    } else {
        Confidence::Possible
    }
}

fn finding(model: &Model, insertion: &Insertion, repeat: Repeat, confidence: Confidence) -> Finding {
    let made = proof::called(model, insertion.made);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        insertion.made,
        format!("{made} makes a new node each time"),
    )];
    steps.extend(proof::again(model, &repeat));
    if let Some((purpose, at)) = insertion.purpose {
        let text = match purpose {
            Purpose::Used => "the node has done its work here",
            Purpose::Loads => "what it loads is another thing each time",
        };
        steps.push(proof::step(model, Role::Again, at, text));
    }
    steps.push(proof::step(
        model,
        Role::Held,
        insertion.call,
        "put into the page, which keeps it",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        insertion.call,
        "nothing takes this node out again",
    ));
    let cure = match insertion.purpose {
        Some((Purpose::Used, _)) => "take the node out right after its use: `node.remove()`",
        Some((Purpose::Loads, _)) => {
            "take the node out when it has loaded or failed, in both callbacks: `node.remove()`"
        }
        None => "take the node out when it is no longer shown, or make it once and use it again",
    };
    Finding {
        confidence,
        message: "each call puts another node into the page, and none is taken out".to_string(),
        steps,
        help: cure.to_string(),
        assumption: Some("the page stays open while this runs many times".to_string()),
        ..proof::finding(model, "dom-growth", insertion.call)
    }
}
