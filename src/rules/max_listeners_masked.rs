//! The warning about too many listeners is switched off instead of its cause.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::limits::Unlimited;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    out.extend(model.unlimited().iter().filter_map(|it| judge(model, it)));
}

fn judge(model: &Model, unlimited: &Unlimited) -> Option<Finding> {
    if !model.is_long_lived(unlimited) {
        return None;
    }
    let name = match unlimited.emitter.map(|place| model.describe(&place)) {
        Some(name) if !name.is_empty() => format!("`{name}`"),
        Some(_) => "the emitter".to_string(),
        None => "every emitter".to_string(),
    };
    let piles_up = unlimited.emitter.and_then(|place| model.piles_up(&place));
    let mut steps = Vec::new();
    if let Some((listener, repeat)) = &piles_up {
        steps.push(proof::step(
            model,
            Role::Acquired,
            listener.call,
            format!("a listener is added to {name} here"),
        ));
        steps.extend(proof::again(model, repeat));
    }
    steps.push(proof::step(
        model,
        Role::Held,
        unlimited.at,
        format!("{name} may have any number of listeners without a warning, and keeps them all"),
    ));
    if let Some((listener, _)) = &piles_up {
        steps.push(proof::step(
            model,
            Role::Unreleased,
            listener.call,
            "nothing in this file removes it".to_string(),
        ));
    }
    let (confidence, assumption) = match piles_up {
        Some(_) => (
            Confidence::Likely,
            "this code runs many times in the life of the emitter",
        ),
        None => (
            Confidence::Possible,
            "listeners pile up, which was the reason for the warning",
        ),
    };
    Some(Finding {
        confidence,
        message: format!("the warning about too many listeners on {name} is switched off, not its cause"),
        steps,
        help: "remove each listener when its work is done, then set the limit to the number that is really needed".to_string(),
        assumption: Some(assumption.to_string()),
        ..proof::finding(model, "max-listeners-masked", unlimited.at)
    })
}
