//! A cleanup that somebody wrote, and that nobody ever runs.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::cleanups::{Lost, LostCleanup};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for lost in model.lost_cleanups() {
        out.push(finding(model, &lost));
    }
}

fn finding(model: &Model, lost: &LostCleanup) -> Finding {
    let called = proof::called(model, lost.call);
    let (why, help) = match lost.why {
        Lost::Promise => (
            format!("{called} gets a promise from the `async` function, not this cleanup, and never runs it"),
            format!(
                "make the function of {called} an ordinary one, start the `async` work inside it, and return the cleanup from it"
            ),
        ),
        Lost::Unused => (
            format!("{called} does not look at what its callback returns, so this never runs"),
            "keep the cleanup in a variable, and run it where the component or its owner ends".to_string(),
        ),
        Lost::Late => (
            format!("{called} is called when the component is no longer being set up, so this never runs"),
            format!("call {called} before the first `await`, outside of callbacks"),
        ),
        Lost::Dropped => (
            "what the call returns would release it, and is thrown away".to_string(),
            "keep what the call returns, and run it where the component or its owner ends".to_string(),
        ),
    };
    let at = match lost.why {
        Lost::Dropped => lost.call,
        _ => lost.acquired.unwrap_or(lost.call),
    };
    let mut steps = Vec::new();
    if let Some(acquired) = lost.acquired {
        steps.push(proof::step(model, Role::Acquired, acquired, "acquired here"));
    }
    let cleanup = match lost.why {
        Lost::Dropped => "this would release it",
        _ => "this is meant to release it",
    };
    steps.push(proof::step(model, Role::Unreleased, lost.cleanup, cleanup));
    steps.push(proof::step(model, Role::Unreleased, lost.call, why));
    Finding {
        confidence: if lost.sure {
            Confidence::Likely
        } else {
            Confidence::Possible
        },
        message: match lost.why {
            Lost::Promise => format!("the cleanup of an `async` function given to {called} never runs"),
            Lost::Unused => format!("the cleanup that the callback of {called} returns never runs"),
            Lost::Late => format!("{called} is called too late, and its cleanup never runs"),
            Lost::Dropped => format!("{called} returns its cleanup, which is thrown away"),
        },
        steps,
        help,
        assumption: Some("what it would release lives longer".to_string()),
        ..proof::finding(model, "ownership-lost", at)
    }
}
