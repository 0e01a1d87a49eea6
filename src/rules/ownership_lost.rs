//! A cleanup that somebody wrote, and that nobody ever runs.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::cleanups::{Lost, LostCleanup};
use crate::model::late::Late;
use crate::syntax::tree::NodeId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let lost = model.lost_cleanups();
    out.extend(lost.iter().map(|it| finding(model, it)));
    out.extend(model.late(&lost).iter().map(|it| late(model, it)));
    let unassigned = model.unassigned_cleanups();
    out.extend(unassigned.into_iter().map(|it| unassigned_finding(model, it)));
}

/// The variable for a cleanup stays empty.
fn unassigned_finding(model: &Model, (declaration, call): (NodeId, NodeId)) -> Finding {
    let name = proof::called(model, call);
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            declaration,
            "this variable is for a cleanup, and nothing is ever put into it",
        ),
        proof::step(
            model,
            Role::Unreleased,
            call,
            "so this runs nothing, and what it is meant to release stays",
        ),
    ];
    Finding {
        confidence: Confidence::Likely,
        message: format!("the cleanup {name} is called, but never set"),
        steps,
        help: format!("put what releases it into {name} where it is acquired"),
        assumption: Some("there is something to release".to_string()),
        ..proof::finding(model, "ownership-lost", declaration)
    }
}

/// Acquired when the cleanup has run already.
fn late(model: &Model, late: &Late) -> Finding {
    let resource = late.resource;
    let what = unreleased::what(model, resource);
    let kind = resource.kind;
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        resource.at,
        format!("{what} is {} here", kind.acquired),
    )];
    steps.extend(unreleased::again(model, &late.life));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        late.wait,
        "the code goes on behind this when something has been waited for: the component may have ended",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        late.release,
        "then this has run before, when there was nothing to release",
    ));
    let confidence = match model.waits_a_moment(late) {
        true => Confidence::Possible,
        false => Confidence::Likely,
    };
    Finding {
        confidence,
        message: format!(
            "{what} is {} too late to be {} if its component ends in the meantime",
            kind.acquired, kind.released
        ),
        steps,
        help: "ask, behind the wait, whether the component has ended (a flag that its cleanup sets), and release at once if it has".to_string(),
        assumption: Some("some components end while they wait".to_string()),
        questions: unreleased::questions(model, &late.life),
        ..proof::finding(model, "ownership-lost", resource.at)
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
