//! A timer that goes on after what started it is gone.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role, Step};
use crate::model::Model;
use crate::model::resources::Resource;
use crate::model::settled::Left;

const RULE: &str = "timer-not-cleared";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check(RULE, model, out);
    out.extend(model.left_timeouts().iter().map(|it| left_finding(model, it)));
    out.extend(model.raced_timeouts().iter().map(|it| raced_finding(model, it)));
    out.extend(model.left_intervals().iter().map(|it| polling_finding(model, it)));
    let timeouts = model.resources().filter(|it| model.is_one_timeout(it));
    out.extend(timeouts.filter_map(|it| revived_finding(model, it)));
}

/// The instance has ended, and the timeout opens it again.
fn revived_finding(model: &Model, resource: &Resource) -> Option<Finding> {
    let life = model.life(resource.at);
    let (opens, end) = model.revives(resource, &life, &["connection-not-closed", RULE])?;
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        resource.at,
        "a timeout is started here",
    )];
    steps.extend(unreleased::again(model, &life));
    let held = resource.kind.held.clone();
    steps.push(proof::step(model, Role::Held, resource.at, held));
    let forgets = "this ends it, and does not clear the timeout";
    steps.push(proof::step(model, Role::Unreleased, end, forgets));
    let revives = "then this opens it again, without asking whether it has ended";
    steps.push(proof::step(model, Role::Unreleased, opens, revives));
    Some(Finding {
        confidence: Confidence::Likely,
        message: format!(
            "a timeout is started {}, and opens it again after its end",
            unreleased::whose(model, &life)
        ),
        steps,
        help: "keep the timeout, and clear it where the instance ends".to_string(),
        assumption: Some("some end while the timeout runs".to_string()),
        ..proof::finding(model, RULE, resource.at)
    })
}

fn raced_finding(model: &Model, left: &Left) -> Finding {
    let tree = model.tree;
    let racing = tree.function(tree.function_of(left.settles));
    // The last thing that an object does, it does once.
    let is_end = model.apis.begins_name("stopping_words", tree.text(racing.name));
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            left.resource.at,
            "a timeout is started here, to settle a promise",
        ),
        proof::step(
            model,
            Role::Again,
            racing.node,
            "can be called any number of times",
        ),
        held(model, left),
        proof::step(
            model,
            Role::Unreleased,
            left.settles,
            "when another promise wins this race, the timeout runs on",
        ),
    ];
    finding(
        model,
        left,
        left.is_long && !is_end,
        steps,
        "keep the timeout, and clear it when the race is over: `.finally(() => clearTimeout(timer))`",
    )
}

fn left_finding(model: &Model, left: &Left) -> Finding {
    let started = "a timeout is started here, in case the promise does not settle in time";
    let settles = "the promise settles here, and the timeout runs on";
    let steps = left_steps(
        model,
        left,
        started,
        settles,
        "it is cleared here, on another way",
    );
    finding(
        model,
        left,
        left.released.is_some() || left.is_long,
        steps,
        "clear the timeout on every way that settles the promise",
    )
}

fn polling_finding(model: &Model, left: &Left) -> Finding {
    let started = "an interval is started here, to settle a promise when the time has come";
    let settles = "the promise settles here, and the interval runs on";
    Finding {
        confidence: Confidence::Likely,
        message: "an interval runs on when the promise that it settles has settled".to_string(),
        steps: left_steps(
            model,
            left,
            started,
            settles,
            "it is cleared here, if ever the time comes",
        ),
        help: "clear the interval on every way that settles the promise".to_string(),
        assumption: Some("what it waits for may never come".to_string()),
        ..proof::finding(model, RULE, left.resource.at)
    }
}

/// Of a timer that stays when its promise has settled: what is told of where it starts, where the promise settles
/// without it, and where it is released.
fn left_steps(model: &Model, left: &Left, started: &str, settles: &str, released: &str) -> Vec<Step> {
    let at = left.resource.at;
    let function = model.tree.function(model.tree.function_of(at)).node;
    let unreleased = |at, text| proof::step(model, Role::Unreleased, at, text);
    let mut steps = vec![
        proof::step(model, Role::Acquired, at, started),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        held(model, left),
        unreleased(left.settles, settles),
    ];
    steps.extend(left.released.map(|it| unreleased(it, released)));
    steps
}

fn held(model: &Model, left: &Left) -> Step {
    let resource = left.resource;
    proof::step(model, Role::Held, resource.at, resource.kind.held.clone())
}

fn finding(model: &Model, left: &Left, likely: bool, steps: Vec<Step>, help: &str) -> Finding {
    Finding {
        confidence: match likely {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        message: "a timeout runs on when the promise that it limits has settled".to_string(),
        steps,
        help: help.to_string(),
        assumption: Some("it takes long until it ends by itself".to_string()),
        ..proof::finding(model, RULE, left.resource.at)
    }
}
