//! A timer that goes on after what started it is gone.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::settled::Left;

const RULE: &str = "timer-not-cleared";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check(RULE, model, out);
    out.extend(model.left_timeouts().iter().map(|it| left_finding(model, it)));
    out.extend(model.raced_timeouts().iter().map(|it| raced_finding(model, it)));
}

fn raced_finding(model: &Model, left: &Left) -> Finding {
    let resource = left.resource;
    let (tree, racing) = (model.tree, model.tree.function_of(left.settles));
    let function = tree.function(racing).node;
    // The last thing that an object does, it does once.
    let is_end = model
        .apis
        .begins_name("stopping_words", tree.text(tree.function(racing).name));
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            "a timeout is started here, to settle a promise",
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(model, Role::Held, resource.at, resource.kind.held.clone()),
        proof::step(
            model,
            Role::Unreleased,
            left.settles,
            "when another promise wins this race, the timeout runs on",
        ),
    ];
    Finding {
        confidence: match left.is_long && !is_end {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        message: "a timeout runs on when the promise that it limits has settled".to_string(),
        steps,
        help: "keep the timeout, and clear it when the race is over: `.finally(() => clearTimeout(timer))`"
            .to_string(),
        assumption: Some("it takes long until it ends by itself".to_string()),
        ..proof::finding(model, RULE, resource.at)
    }
}

fn left_finding(model: &Model, left: &Left) -> Finding {
    let resource = left.resource;
    let function = model.tree.function(model.tree.function_of(resource.at)).node;
    let mut steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            "a timeout is started here, in case the promise does not settle in time",
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(model, Role::Held, resource.at, resource.kind.held.clone()),
        proof::step(
            model,
            Role::Unreleased,
            left.settles,
            "the promise settles here, and the timeout runs on",
        ),
    ];
    steps.extend(
        left.released
            .map(|it| proof::step(model, Role::Unreleased, it, "it is cleared here, on another way")),
    );
    Finding {
        confidence: match left.released.is_some() || left.is_long {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        message: "a timeout runs on when the promise that it limits has settled".to_string(),
        steps,
        help: "clear the timeout on every way that settles the promise".to_string(),
        assumption: Some("it takes long until it ends by itself".to_string()),
        ..proof::finding(model, RULE, resource.at)
    }
}
