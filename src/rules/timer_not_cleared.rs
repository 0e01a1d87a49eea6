//! A timer that goes on after what started it is gone.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::deadlines::Deadline;

const RULE: &str = "timer-not-cleared";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check(RULE, model, out);
    out.extend(model.deadlines().iter().map(|it| deadline_finding(model, it)));
}

fn deadline_finding(model: &Model, deadline: &Deadline) -> Finding {
    let resource = deadline.resource;
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
            deadline.settles,
            "the promise settles here, and the timeout runs on",
        ),
    ];
    steps.extend(
        deadline
            .cleared
            .map(|it| proof::step(model, Role::Unreleased, it, "it is cleared here, on another way")),
    );
    Finding {
        confidence: match deadline.cleared.is_some() || deadline.is_long {
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
