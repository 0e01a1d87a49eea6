//! A listener added to an emitter that outlives the attempt, again for each attempt to connect.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::calls::{Entry, How};
use crate::model::listeners::{Event, Listener, Reopened, Round};
use crate::model::place::Root;
use crate::model::repeat::{Repeat, Why};
use crate::model::resources::Resource;
use crate::syntax::tree::{FunctionId, Kind, NodeId};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for listener in model.listeners() {
        if reported.contains(&listener.call) {
            continue;
        }
        if let Some(finding) = judge(model, &listener) {
            reported.push(listener.call);
            out.push(finding);
        }
    }
    let others = model.resources().filter(|it| !reported.contains(&it.at));
    out.extend(others.filter_map(|it| Some(reopened_finding(model, it, &model.reopened(it)?))));
}

fn reopened_finding(model: &Model, resource: &Resource, reopened: &Reopened) -> Finding {
    let what = unreleased::what(model, resource);
    let target = unreleased::target_name(model, resource);
    let method = model.tree.function(reopened.method);
    let name = model.tree.text(method.name);
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            resource.at,
            format!("{what} is added here"),
        ),
        proof::step(
            model,
            Role::Again,
            method.node,
            format!("`{name}` can be called again, to connect anew"),
        ),
        proof::step(
            model,
            Role::Held,
            reopened.opens,
            format!("{target} is the same each time it is started here, and keeps every listener"),
        ),
        proof::step(
            model,
            Role::Unreleased,
            reopened.closes,
            format!("this ends the connection, but leaves the listeners of {target}"),
        ),
    ];
    Finding {
        confidence: match model.apis.begins_with("connecting_words", name) {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        message: format!("{target} gets another listener each time it is opened again, and keeps them all"),
        steps,
        help: format!("add the listener where {target} is made, or remove it where the connection ends"),
        assumption: Some("what was closed is opened again".to_string()),
        ..proof::finding(model, "listener-in-reconnect", resource.at)
    }
}

/// Whether the rule has a finding at this call.
pub fn reports(model: &Model, call: NodeId) -> bool {
    let mut listeners = model.listeners_at(call).into_iter();
    let mut resources = model.resources().filter(|it| it.at == call);
    listeners.any(|it| judge(model, &it).is_some()) || resources.any(|it| model.reopened(it).is_some())
}

fn judge(model: &Model, listener: &Listener) -> Option<Finding> {
    let emitter = &listener.emitter;
    let repeat = model.repeat_of(listener);
    if !matches!(repeat.why, Why::Cycle | Why::Callback | Why::Loop { waits: true })
        || triggers_itself(model, listener, &repeat)
    {
        return None;
    }
    if model.runs_once_by_guard(listener.call)
        || model.runs_once_by_guard(emitter.site)
        || model.is_asked_for(listener)
    {
        return None;
    }
    if model.comes_once(listener)
        || model.waits_to_run(listener)
        || is_known_already(model, listener)
        || keeps_handle(model, listener)
    {
        return None;
    }
    let round = model.round(listener, &repeat);
    if !is_reconnect(model, &repeat, &round) || model.used_up(listener, &round) {
        return None;
    }
    if model.renewed(listener, &round).is_some()
        || model.is_renewed_at_start(listener, &repeat)
        || model.removed(listener, &round).is_some()
        || model.takes_itself_off_later(listener)
    {
        return None;
    }
    Some(finding(model, listener, &repeat, &round))
}

/// The listener's own event leads to adding it again, and that event comes once for each addition, or is no end of
/// anything: a click that shows what can be clicked.
fn triggers_itself(model: &Model, listener: &Listener, repeat: &Repeat) -> bool {
    let own = repeat
        .path
        .iter()
        .find(|entry| entry.site == listener.call || entry.site == listener.emitter.site);
    let comes_once = |own: &Entry| own.how == How::Later && !model.is_emitted(listener);
    own.is_some_and(|own| match listener.event {
        Event::At(event) => !model.tree.is(event, Kind::Member),
        _ => comes_once(own) || !listener.typed && own.how == How::Again { ends: false },
    })
}

/// The listener is added again because something connects, retries, polls or recovers.
fn is_reconnect(model: &Model, repeat: &Repeat, round: &Round) -> bool {
    let tree = model.tree;
    let Some(cause) = repeat.path.first().filter(|_| repeat.why == Why::Callback) else {
        return repeat.why != Why::Cycle || repeat.reconnects;
    };
    if tree.is(cause.site, Kind::Call) && model.effect(cause.site).is_some_and(|effect| effect.rounds) {
        return true;
    }
    let Some(event) = model.event_of(cause.site) else {
        return repeat.reconnects;
    };
    if event.rounds {
        return true;
    }
    // Other emitters end or connect again only if something starts them again.
    let receiver = match tree.kind(cause.site) {
        Kind::Call => model.receiver(cause.site),
        _ => Some(tree.child(tree.child(cause.site, 0), 0)),
    };
    let Some(receiver) = receiver else { return false };
    let restarted = model
        .place(receiver)
        .is_some_and(|place| model.restarted(&place, round));
    restarted || event.ends && !event.part && model.ty(receiver).is_none()
}

/// An event target that has the same function already.
fn is_known_already(model: &Model, listener: &Listener) -> bool {
    let tree = model.tree;
    if !listener.dedups {
        return false;
    }
    match tree.kind(listener.callback) {
        Kind::Ident => tree.binding_of(listener.callback).is_some_and(|binding| {
            let made_in = tree.declared_in(binding);
            made_in == FunctionId(0)
                || made_in == listener.emitter.since
                || made_in != tree.function_of(listener.call)
        }),
        Kind::Member => true,
        _ => false,
    }
}

/// The call's result is kept: it may be what removes the listener.
fn keeps_handle(model: &Model, listener: &Listener) -> bool {
    let tree = model.tree;
    if listener.is_promise()
        || listener.typed
            && model
                .typed_effect(listener.call)
                .is_some_and(|effect| effect.chains)
    {
        return false;
    }
    !matches!(
        tree.kind(tree.parent(listener.call)),
        Kind::ExprStmt | Kind::Member | Kind::Await | Kind::Return | Kind::Logical | Kind::Conditional
    )
}

/// What a round is, in a word.
fn round_name(model: &Model, repeat: &Repeat) -> &'static str {
    let tick = repeat.path.first().is_some_and(|cause| {
        model.tree.is(cause.site, Kind::Call) && model.effect(cause.site).is_some_and(|effect| effect.rounds)
    });
    match repeat.why {
        Why::Callback if tick => "tick",
        Why::Loop { .. } => "round",
        _ => "attempt",
    }
}

fn finding(model: &Model, listener: &Listener, repeat: &Repeat, round: &Round) -> Finding {
    let tree = model.tree;
    let emitter = listener.emitter.place;
    let name = match model.describe(&emitter) {
        name if name.is_empty() => "the emitter".to_string(),
        name => name,
    };
    let event = model
        .event_text(listener.event)
        .map_or("a listener".to_string(), proof::listener);
    let another = event.replacen("an ", "another ", 1).replacen("a ", "another ", 1);
    let added = if listener.hidden {
        format!(
            "the callback of {} stays as {event} until the event comes",
            proof::called(model, listener.call)
        )
    } else if listener.is_promise() {
        format!("waits here with {event}, which stays until the event comes, whoever wins the race")
    } else if listener.once {
        format!("{event} is added here, and stays until the event comes")
    } else {
        format!("{event} is added here")
    };
    let mut steps = vec![proof::step(model, Role::Acquired, listener.call, added)];
    if listener.emitter.site != listener.call {
        steps.push(proof::step(
            model,
            Role::Acquired,
            listener.emitter.site,
            format!("on `{name}`, handed over here"),
        ));
    }
    steps.extend(proof::again(model, repeat));
    let made = model
        .values_at(&emitter)
        .into_iter()
        .find(|(_, value)| value.is_none_or(|value| !tree.is_nullish(value)));
    let held = match made {
        Some((at, value)) if !model.is_in_round(at, round) => {
            let made = if value.is_some_and(|it| tree.is(it, Kind::Ident)) {
                "given"
            } else {
                "made"
            };
            proof::step(
                model,
                Role::Held,
                at,
                format!("`{name}` is {made} here, once, and keeps every listener"),
            )
        }
        _ => proof::step(
            model,
            Role::Held,
            listener.call,
            format!("`{name}` is the same emitter each time and keeps every listener"),
        ),
    };
    steps.push(held);
    steps.push(match model.useless_removal(listener) {
        Some((at, why)) => proof::step(model, Role::Unreleased, at, why),
        None => proof::step(
            model,
            Role::Unreleased,
            listener.call,
            "no call removes it before the next one is added".to_string(),
        ),
    });
    let certain = listener.typed && repeat.why == Why::Cycle && !listener.once;
    // Part of what is given, which may be another object each time; an object that waits for its own event.
    let vague = !listener.typed
        && match emitter.root {
            Root::Binding(binding) => !emitter.path.is_empty() && model.tree.parameter(binding).is_some(),
            Root::Instance(_) => emitter.path.is_empty() && listener.once,
            _ => false,
        };
    let assumption = if listener.typed {
        match (listener.once, repeat.why) {
            (true, _) => Some("the event does not come in every round".to_string()),
            (_, Why::Cycle) => None,
            _ => Some("this code runs many times in the life of the emitter".to_string()),
        }
    } else {
        Some(format!("`{name}` is an event emitter that keeps its listeners"))
    };
    let callback = match tree.kind(listener.callback) {
        Kind::Ident | Kind::Member => format!("`{}`", tree.name_text(listener.callback)),
        _ => "the handler".to_string(),
    };
    Finding {
        confidence: match (certain, vague) {
            (true, _) => Confidence::Certain,
            (_, true) => Confidence::Possible,
            _ => Confidence::Likely,
        },
        message: format!(
            "`{name}` gets {} on every {} and keeps them all",
            another,
            round_name(model, repeat)
        ),
        steps,
        help: if listener.hidden {
            format!(
                "pass the callback once, with `{name}.on(…)` outside, or remove it before the next attempt"
            )
        } else {
            format!(
                "add {callback} once, outside the code that runs again, or remove it (same event, same function) before adding it again"
            )
        },
        assumption,
        ..proof::finding(model, "listener-in-reconnect", listener.call)
    }
}
