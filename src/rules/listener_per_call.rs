//! A listener on an emitter that lives longer than the call that adds it: one more with each call.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::lives::{Life, Of};
use crate::model::pending::Way;
use crate::model::resources::Resource;
use crate::syntax::tree::{FunctionId, NodeId};

const RULE: &str = "listener-per-call";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let listeners = model.resources().filter(|it| it.listener.is_some());
    out.extend(listeners.filter_map(|it| judge(model, it)));
}

/// Whether the listener's life is a call, so that the finding is this rule's.
pub fn is_of_call(life: &Life) -> bool {
    matches!(life.of, Of::Call(_) | Of::Program)
}

fn judge(model: &Model, resource: &Resource) -> Option<Finding> {
    if let Some(twin) = model.left_twin(resource) {
        return Some(twin_finding(model, resource, twin, None));
    }
    if let Some((twin, removal)) = model.half_removed_twin(resource) {
        return Some(twin_finding(model, resource, twin, Some(removal)));
    }
    if model.is_on_lent(resource) {
        return Some(lent_finding(model, resource));
    }
    if let Some(hook) = model.updated_by(resource) {
        return Some(update_finding(model, resource, hook));
    }
    if let Some(kept) = model.is_on_reused(resource) {
        return Some(reused_finding(model, resource, kept));
    }
    if let Some((way, at, removal)) = model.forgotten_listener(resource) {
        return Some(waiting_finding(model, resource, way, at, removal));
    }
    let own = is_of_call(&model.life(resource.at));
    unreleased::judge(RULE, model, resource).filter(|_| own)
}

/// Of two one-shot listeners for one outcome or the other, one always stays; or only one of them, where that takes the
/// other off.
fn twin_finding(model: &Model, resource: &Resource, twin: &Resource, removal: Option<NodeId>) -> Finding {
    let tree = model.tree;
    let target = unreleased::target_name(model, resource);
    let (what, other) = (unreleased::what(model, resource), unreleased::what(model, twin));
    let function = tree.function(tree.function_of(resource.at)).node;
    let stays = match removal {
        None => {
            format!(
                "of this, {other}, and the one above only one goes with its event: neither removes the other"
            )
        }
        Some(_) => format!("when this, {other}, goes with its event, it leaves the one above behind"),
    };
    let mut steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            format!("{what} is added here, and stays until the event comes"),
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(
            model,
            Role::Held,
            resource.target.unwrap_or(resource.at),
            format!("{target} keeps the listener, and all that this refers to"),
        ),
        proof::step(model, Role::Unreleased, twin.at, stays),
    ];
    steps.extend(removal.map(|it| {
        let text = "only the other way round one removes the other";
        proof::step(model, Role::Unreleased, it, text)
    }));
    Finding {
        rule: RULE,
        confidence: Confidence::Likely,
        message: format!("{what} on {target} stays after each call that ends the other way"),
        span: tree.span(resource.at),
        steps,
        help: "remove the other listener in each of the two".to_string(),
        assumption: Some("this is called more than once in the life of the emitter".to_string()),
        question: None,
        scope: proof::scope(model, resource.at),
    }
}

/// The emitter is one of those that are kept, and has the listeners of all who looked it up.
fn reused_finding(model: &Model, resource: &Resource, kept: NodeId) -> Finding {
    let tree = model.tree;
    let target = unreleased::target_name(model, resource);
    let what = unreleased::what(model, resource);
    let function = tree.function(tree.function_of(resource.at)).node;
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            format!("{what} is added here"),
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(
            model,
            Role::Held,
            kept,
            format!(
                "{target} may be one that was kept here since an earlier call, with the listeners of all"
            ),
        ),
        proof::step(
            model,
            Role::Unreleased,
            resource.at,
            "no call in this file removes it, and no test asks whether it is new",
        ),
    ];
    Finding {
        rule: RULE,
        confidence: Confidence::Likely,
        message: format!("{what} is added to {target} each time it is looked up and never removed"),
        span: tree.span(resource.at),
        steps,
        help: "add the listener only where a new one is made".to_string(),
        assumption: Some("the same one is looked up many times".to_string()),
        question: None,
        scope: proof::scope(model, resource.at),
    }
}

/// The event is waited for no longer, and the listener stays.
fn waiting_finding(
    model: &Model,
    resource: &Resource,
    way: Way,
    at: NodeId,
    removal: Option<NodeId>,
) -> Finding {
    let tree = model.tree;
    let target = unreleased::target_name(model, resource);
    let what = unreleased::what(model, resource);
    let function = tree.function(tree.function_of(resource.at)).node;
    let when = match way {
        Way::Timeout => "when the time to wait is over",
        Way::Abort => "when the waiting is aborted",
        _ => "when what it waits for has failed",
    };
    let mut steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            format!("{what} is added here, to wait for the event"),
        ),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(
            model,
            Role::Held,
            resource.target.unwrap_or(resource.at),
            format!("{target} keeps the listener, and all that this refers to"),
        ),
    ];
    steps.extend(removal.map(|it| {
        let text = "removed here, which only runs when the event comes";
        proof::step(model, Role::Unreleased, it, text)
    }));
    let ends = "the waiting ends here without the event, but the listener stays";
    steps.push(proof::step(model, Role::Unreleased, at, ends));
    Finding {
        rule: RULE,
        confidence: Confidence::Likely,
        message: format!("{what} on {target} stays {when}"),
        span: tree.span(resource.at),
        steps,
        help: "remove the listener on this way, too, before it settles the promise".to_string(),
        assumption: Some("some events never come, not even late".to_string()),
        question: None,
        scope: proof::scope(model, resource.at),
    }
}

/// What is kept with an element stays from one update to the next.
fn update_finding(model: &Model, resource: &Resource, hook: FunctionId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let what = unreleased::what(model, resource);
    Finding {
        rule: RULE,
        confidence: Confidence::Likely,
        message: format!("{what} is added to {target} with each update and never removed"),
        span: model.tree.span(resource.at),
        steps: vec![
            proof::step(
                model,
                Role::Acquired,
                resource.at,
                format!("{what} is added here"),
            ),
            proof::step(
                model,
                Role::Again,
                model.tree.function(hook).node,
                "the framework runs this with each update of the same element",
            ),
            proof::step(
                model,
                Role::Held,
                resource.target.unwrap_or(resource.at),
                format!("{target} stays, and keeps the listeners of all updates"),
            ),
            proof::step(
                model,
                Role::Unreleased,
                resource.at,
                "no call in this file removes it",
            ),
        ],
        help: "add a listener that goes with its event, or add it once, where the element is bound"
            .to_string(),
        assumption: Some("elements are updated many times".to_string()),
        question: None,
        scope: proof::scope(model, resource.at),
    }
}

/// Sockets are lent to one request after the other.
fn lent_finding(model: &Model, resource: &Resource) -> Finding {
    let tree = model.tree;
    let target = unreleased::target_name(model, resource);
    let what = unreleased::what(model, resource);
    let function = tree.function(tree.function_of(resource.at)).node;
    let once = resource.listener.as_ref().is_some_and(|it| it.once);
    let stays = if once {
        ", and stays until the event comes"
    } else {
        ""
    };
    Finding {
        rule: RULE,
        confidence: Confidence::Likely,
        message: format!("{what} is added to a kept-alive connection with each request and never removed"),
        span: tree.span(resource.at),
        steps: vec![
            proof::step(
                model,
                Role::Acquired,
                resource.at,
                format!("{what} is added here{stays}"),
            ),
            proof::step(model, Role::Again, function, "runs for each request"),
            proof::step(
                model,
                Role::Held,
                resource.target.unwrap_or(resource.at),
                format!("{target} serves one request after the other, and keeps the listeners of all"),
            ),
            proof::step(
                model,
                Role::Unreleased,
                resource.at,
                "no call in this file removes it when the request is done",
            ),
        ],
        help:
            "listen to the request or the response instead, or remove the listener when the request is done"
                .to_string(),
        assumption: Some("connections are kept alive".to_string()),
        question: None,
        scope: proof::scope(model, resource.at),
    }
}
