//! A listener on an emitter that lives longer than the call that adds it: one more with each call.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::listeners::Lent;
use crate::model::lives::Of;
use crate::model::pending::Way;
use crate::model::resources::Resource;
use crate::syntax::tree::{FunctionId, NodeId};

const RULE: &str = "listener-per-call";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let (listeners, others): (Vec<_>, Vec<_>) = model.resources().partition(|it| it.listener.is_some());
    out.extend(listeners.into_iter().filter_map(|it| judge(model, it)));
    out.extend(others.into_iter().filter_map(|it| {
        let kept = model.is_on_made_before(it)?;
        Some(reused_finding(model, it, kept))
    }));
}

/// Whether the listener's life is a call, or one render of a component, so that the finding is this rule's.
pub fn is_own(model: &Model, resource: &Resource) -> bool {
    is_of_call(model, resource) || model.rendered_by(resource).is_some()
}

fn is_of_call(model: &Model, resource: &Resource) -> bool {
    matches!(model.life(resource.at).of, Of::Call(_) | Of::Program)
}

fn judge(model: &Model, resource: &Resource) -> Option<Finding> {
    if let Some(twin) = model.left_twin(resource) {
        return Some(twin_finding(model, resource, twin, None));
    }
    if let Some((twin, removal)) = model.half_removed_twin(resource) {
        return Some(twin_finding(model, resource, twin, Some(removal)));
    }
    if let Some(lent) = model.lent(resource) {
        return Some(lent_finding(model, resource, lent));
    }
    if let Some(hook) = model.updated_by(resource) {
        return Some(update_finding(model, resource, hook));
    }
    if let Some(component) = model.rendered_by(resource) {
        return Some(rendered_finding(model, resource, component));
    }
    if let Some(kept) = model
        .is_on_reused(resource)
        .or_else(|| model.is_on_made_before(resource))
    {
        return Some(reused_finding(model, resource, kept));
    }
    if let Some((way, at, removal)) = model.forgotten_listener(resource) {
        return Some(waiting_finding(model, resource, way, at, removal));
    }
    if let Some(settles) = model.left_when_settled(resource) {
        return Some(settled_finding(model, resource, settles));
    }
    if let Some(opposite) = model.left_by_opposite(resource) {
        return Some(opposite_finding(model, resource, opposite));
    }
    if let Some(removal) = model.removed_on_failure(resource) {
        return Some(failure_finding(model, resource, removal));
    }
    let own = is_of_call(model, resource);
    unreleased::judge(RULE, model, resource).filter(|_| own)
}

/// What is told of a listener that stays, beside where it is and what it is added to.
struct Told<'t> {
    message: String,
    /// Where it is added.
    added: &'t str,
    /// What runs again, and why.
    again: (NodeId, &'t str),
    /// What keeps it, and why.
    held: (NodeId, String),
    /// Where it stays, each with the reason; at least one.
    stays: Vec<(NodeId, String)>,
    help: &'t str,
    assumption: &'t str,
}

fn finding(model: &Model, resource: &Resource, told: Told) -> Finding {
    let what = unreleased::what(model, resource);
    let added = format!("{what} is added here{}", told.added);
    let mut steps = vec![
        proof::step(model, Role::Acquired, resource.at, added),
        proof::step(model, Role::Again, told.again.0, told.again.1),
        proof::step(model, Role::Held, told.held.0, told.held.1),
    ];
    let stays = told.stays.into_iter();
    steps.extend(stays.map(|(at, why)| proof::step(model, Role::Unreleased, at, why)));
    Finding {
        confidence: Confidence::Likely,
        message: format!("{what} {}", told.message),
        steps,
        help: told.help.to_string(),
        assumption: Some(told.assumption.to_string()),
        ..proof::finding(model, RULE, resource.at)
    }
}

/// The function that adds the listener, which anybody may call.
fn called_again(model: &Model, resource: &Resource) -> (NodeId, &'static str) {
    let tree = model.tree;
    let function = tree.function(tree.function_of(resource.at)).node;
    (function, "can be called any number of times")
}

/// The emitter, with what it keeps.
fn held(model: &Model, resource: &Resource, keeps: &str) -> (NodeId, String) {
    let target = unreleased::target_name(model, resource);
    (
        resource.target.unwrap_or(resource.at),
        format!("{target} {keeps}"),
    )
}

const KEEPS: &str = "keeps the listener, and all that this refers to";

/// Of two one-shot listeners for one outcome or the other, one always stays; or only one of them, where that takes the
/// other off.
fn twin_finding(model: &Model, resource: &Resource, twin: &Resource, removal: Option<NodeId>) -> Finding {
    let other = unreleased::what(model, twin);
    let first = match removal {
        None => {
            format!(
                "of this, {other}, and the one above only one goes with its event: neither removes the other"
            )
        }
        Some(_) => format!("when this, {other}, goes with its event, it leaves the one above behind"),
    };
    let mut stays = vec![(twin.at, first)];
    stays.extend(removal.map(|it| (it, "only the other way round one removes the other".to_string())));
    let target = unreleased::target_name(model, resource);
    let told = Told {
        message: format!("on {target} stays after each call that ends the other way"),
        added: ", and stays until the event comes",
        again: called_again(model, resource),
        held: held(model, resource, KEEPS),
        stays,
        help: "remove the other listener in each of the two",
        assumption: "this is called more than once in the life of the emitter",
    };
    finding(model, resource, told)
}

/// The emitter is one of those that are kept, and has the listeners of all who looked it up.
fn reused_finding(model: &Model, resource: &Resource, kept: NodeId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let keeps = "may be one that is kept here since an earlier call, with the listeners of all";
    let never = format!(
        "no call in this file gets it {}, and no test asks whether it is new",
        resource.kind.released
    );
    let told = Told {
        message: format!("is added to {target} each time, though it may be an old one, and never removed"),
        added: "",
        again: called_again(model, resource),
        held: (kept, format!("{target} {keeps}")),
        stays: vec![(resource.at, never)],
        help: "add the listener only where a new one is made",
        assumption: "the same one is used many times",
    };
    finding(model, resource, told)
}

/// The promise has settled, and the listener that did so stays.
fn settled_finding(model: &Model, resource: &Resource, settles: NodeId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let stays = "a promise settles only once, but no call in this file removes the listener";
    let told = Told {
        message: format!("on {target} stays when the promise that it settles has settled"),
        added: ", to settle a promise",
        again: called_again(model, resource),
        held: held(model, resource, KEEPS),
        stays: vec![(settles, stays.to_string())],
        help: "remove the listener before it settles the promise, or add one that goes with its event",
        assumption: "this is called more than once in the life of the emitter",
    };
    finding(model, resource, told)
}

/// What undoes the call forgets the listener.
fn opposite_finding(model: &Model, resource: &Resource, opposite: FunctionId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let opposite = model.tree.function(opposite);
    let stays = "this undoes it, but leaves the listener";
    let told = Told {
        message: format!(
            "is added to {target} on each call, and `{}` leaves it there",
            model.tree.text(opposite.name)
        ),
        added: "",
        again: called_again(model, resource),
        held: held(model, resource, KEEPS),
        stays: vec![(opposite.node, stays.to_string())],
        help: "keep the function that is added, and remove it in the method that undoes this one",
        assumption: "this is called many times in the life of the object",
    };
    finding(model, resource, told)
}

/// The event is waited for no longer, and the listener stays.
fn waiting_finding(
    model: &Model,
    resource: &Resource,
    way: Way,
    at: NodeId,
    removal: Option<NodeId>,
) -> Finding {
    let when = match way {
        Way::Timeout => "when the time to wait is over",
        Way::Abort => "when the waiting is aborted",
        _ => "when what it waits for has failed",
    };
    let removed = |it: NodeId| {
        (
            it,
            "removed here, which only runs when the event comes".to_string(),
        )
    };
    let ends = "the waiting ends here without the event, but the listener stays";
    let mut stays: Vec<_> = removal.map(removed).into_iter().collect();
    stays.push((at, ends.to_string()));
    let target = unreleased::target_name(model, resource);
    let told = Told {
        message: format!("on {target} stays {when}"),
        added: ", to wait for the event",
        again: called_again(model, resource),
        held: held(model, resource, KEEPS),
        stays,
        help: "remove the listener on this way, too, before it settles the promise",
        assumption: "some events never come, not even late",
    };
    finding(model, resource, told)
}

/// Taken off only where the work fails.
fn failure_finding(model: &Model, resource: &Resource, removal: NodeId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let told = Told {
        message: format!("on {target} stays when the work succeeds"),
        added: "",
        again: called_again(model, resource),
        held: held(model, resource, KEEPS),
        stays: vec![(
            removal,
            "only this removes it, when the work has failed; the next run adds another one".to_string(),
        )],
        help: "remove the listener when the work has succeeded, too, or when what it began ends",
        assumption: "this is called more than once in the life of the emitter",
    };
    finding(model, resource, told)
}

/// What is kept with an element stays from one update to the next.
fn update_finding(model: &Model, resource: &Resource, hook: FunctionId) -> Finding {
    let target = unreleased::target_name(model, resource);
    let again = "the framework runs this with each update of the same element";
    let told = Told {
        message: format!("is added to {target} with each update and never removed"),
        added: "",
        again: (model.tree.function(hook).node, again),
        held: held(model, resource, "stays, and keeps the listeners of all updates"),
        stays: vec![(resource.at, "no call in this file removes it".to_string())],
        help: "add a listener that goes with its event, or add it once, where the element is bound",
        assumption: "elements are updated many times",
    };
    finding(model, resource, told)
}

/// What the body of a component adds with each render, nobody takes off.
fn rendered_finding(model: &Model, resource: &Resource, component: FunctionId) -> Finding {
    let again = "the framework runs this with each render of the same component";
    let told = Told {
        message: "is added with each render and never removed".to_string(),
        added: ", while the component is rendered",
        again: (model.tree.function(component).node, again),
        held: held(
            model,
            resource,
            "lives on, and keeps the listeners of all renders",
        ),
        stays: vec![(resource.at, "no call in this file removes it".to_string())],
        help: "add it in an effect, and return a function that removes it",
        assumption: "components are rendered many times",
    };
    finding(model, resource, told)
}

/// Sockets are lent to one request after the other, and a server has all of them.
fn lent_finding(model: &Model, resource: &Resource, lent: Lent) -> Finding {
    let once = resource.listener.as_ref().is_some_and(|it| it.once);
    let (what, help, assumption) = match lent {
        Lent::Connection => (
            "a kept-alive connection",
            "listen to the request or the response instead, or remove the listener when the request is done",
            "connections are kept alive",
        ),
        Lent::Server => (
            "the server",
            "add the listener once, where the server is made, or behind a flag",
            "the server gets many requests",
        ),
    };
    let keeps = "serves one request after the other, and keeps the listeners of all";
    let never = "no call in this file removes it when the request is done";
    let told = Told {
        message: format!("is added to {what} with each request and never removed"),
        added: if once {
            ", and stays until the event comes"
        } else {
            ""
        },
        again: (called_again(model, resource).0, "runs for each request"),
        held: held(model, resource, keeps),
        stays: vec![(resource.at, never.to_string())],
        help,
        assumption,
    };
    finding(model, resource, told)
}
