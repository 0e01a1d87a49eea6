//! A listener added to an emitter that outlives the attempt, again for each attempt to connect.

use super::proof;
use crate::apis::Runs;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::listeners::Listener;
use crate::model::place::Root;
use crate::model::repeat::{Repeat, Why};
use crate::syntax::tree::{FunctionId, Kind};

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
}

fn judge(model: &Model, listener: &Listener) -> Option<Finding> {
    let emitter = &listener.emitter;
    let repeat = model.repeat(emitter.site, emitter.since);
    if !is_reconnect(model, listener, &repeat) || is_inside_its_loop(model, listener, &repeat) {
        return None;
    }
    if model.runs_once_by_guard(listener.call) || model.runs_once_by_guard(emitter.site) {
        return None;
    }
    if has_fired(model, listener) || is_known_already(model, listener) || keeps_handle(model, listener) {
        return None;
    }
    let round = model.round(listener, &repeat);
    if model.renewed(listener, &round).is_some() || model.removed(listener, &round).is_some() {
        return None;
    }
    Some(finding(model, listener, &repeat))
}

/// The listener is added again because something connects, retries, polls or recovers.
fn is_reconnect(model: &Model, listener: &Listener, repeat: &Repeat) -> bool {
    let tree = model.tree;
    match repeat.why {
        Why::Cycle | Why::Loop { waits: true } => true,
        Why::Callback => {
            let Some(cause) = repeat.path.first() else { return false };
            if repeat.reconnects || model.is_ending_callback(cause) {
                return true;
            }
            if !tree.is(cause.site, Kind::Call) {
                return false;
            }
            let effect = model.effect(cause.site);
            let timer = effect.is_some_and(|effect| effect.adds.is_none()) && !tree.is(tree.callee(cause.site), Kind::Member);
            // 'connect' or 'ready' of an emitter that connects again by itself.
            let event = tree.args(cause.site).next().filter(|&arg| tree.is(arg, Kind::Str));
            let receiver = tree.is(tree.callee(cause.site), Kind::Member).then(|| tree.child(tree.callee(cause.site), 0));
            let again = event.zip(receiver).is_some_and(|(event, receiver)| {
                let name = tree.name_text(event);
                let own = model.ty(receiver).and_then(|ty| model.apis.own_event(ty, name));
                model.apis.named("connected_events", name) && own.is_some_and(|event| event.runs == Some(Runs::Again))
            });
            let same_emitter = receiver.and_then(|it| model.place(it)) == Some(listener.emitter.place);
            timer || again && same_emitter
        }
        _ => false,
    }
}

/// The loop that repeats also makes the emitter.
fn is_inside_its_loop(model: &Model, listener: &Listener, repeat: &Repeat) -> bool {
    let (Why::Loop { .. }, Some(entry)) = (repeat.why, repeat.path.first()) else { return false };
    match listener.emitter.place.root {
        Root::Binding(binding) => model.index.writes[binding.index()]
            .iter()
            .any(|write| model.tree.contains(entry.site, write.at) && write.value.is_none_or(|(value, _)| !model.tree.is_nullish(value))),
        _ => false,
    }
}

/// A one-shot listener whose event comes in each round: it is used up.
fn has_fired(model: &Model, listener: &Listener) -> bool {
    let connects = |event: &str| model.apis.named("connected_events", event);
    listener.once && !listener.hidden && model.event_text(listener.event).is_none_or(|event| !connects(event))
}

/// An event target that has the same function already.
fn is_known_already(model: &Model, listener: &Listener) -> bool {
    let tree = model.tree;
    if !listener.dedups {
        return false;
    }
    match tree.kind(listener.callback) {
        Kind::Ident => tree.binding_of(listener.callback).is_some_and(|binding| {
            let scope = tree.bindings[binding.index()].scope;
            let made_in = tree.scopes[scope.index()].function;
            made_in == FunctionId(0) || made_in == listener.emitter.since || made_in != tree.function_of(listener.call)
        }),
        Kind::Member => true,
        _ => false,
    }
}

/// The call's result is kept: it may be what removes the listener.
fn keeps_handle(model: &Model, listener: &Listener) -> bool {
    let tree = model.tree;
    if listener.typed && model.typed_effect(listener.call).is_some_and(|effect| effect.chains) {
        return false;
    }
    !matches!(tree.kind(tree.parent(listener.call)), Kind::ExprStmt | Kind::Member | Kind::Await | Kind::Return | Kind::Logical | Kind::Conditional)
}

fn finding(model: &Model, listener: &Listener, repeat: &Repeat) -> Finding {
    let tree = model.tree;
    let name = match model.describe(&listener.emitter.place) {
        name if name.is_empty() => "the emitter".to_string(),
        name => name,
    };
    let event = model.event_text(listener.event).map_or("a listener".to_string(), |event| format!("a '{event}' listener"));
    let added = if listener.hidden {
        format!("the callback of {} stays as {event} until the event comes", proof::called(model, listener.call))
    } else if listener.once {
        format!("{event} is added here, and stays until the event comes")
    } else {
        format!("{event} is added here")
    };
    let mut steps = vec![proof::step(model, Role::Acquired, listener.call, added)];
    if listener.emitter.site != listener.call {
        steps.push(proof::step(model, Role::Acquired, listener.emitter.site, format!("on `{name}`, handed over here")));
    }
    steps.extend(proof::again(model, repeat));
    let holder = model.values_at(&listener.emitter.place).into_iter().find(|(_, value)| value.is_none_or(|value| !tree.is_nullish(value)));
    let at = holder.map_or(listener.call, |(at, _)| at);
    steps.push(proof::step(model, Role::Held, at, format!("`{name}` is the same emitter each time and keeps every listener")));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        listener.call,
        format!("nothing removes it before {} adds the next one", "this code"),
    ));
    let certain = listener.typed && repeat.why == Why::Cycle && !listener.once;
    let assumption = if listener.typed {
        match (listener.once, repeat.why) {
            (true, _) => Some("the event does not come in every round: attempts fail".to_string()),
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
        rule: "listener-in-reconnect",
        confidence: if certain { Confidence::Certain } else { Confidence::Likely },
        message: format!("`{name}` gets another listener on every attempt and keeps them all"),
        span: tree.span(listener.call),
        steps,
        help: if listener.hidden {
            format!("pass the callback once, with `{name}.on(…)` outside, or remove it before the next attempt")
        } else {
            format!("add {callback} once, where `{name}` is made, or remove it (same event, same function) before adding it again")
        },
        assumption,
        question: None,
        scope: proof::scope(model, listener.call),
    }
}
