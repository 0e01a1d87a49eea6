//! A slot whose new value keeps the value that it replaces, so that all former values stay alive as a chain.

use super::{proof, unbounded_cache};
use crate::finding::{Confidence, Finding, Role, Step};
use crate::model::Model;
use crate::model::chains::{Chain, Link};
use crate::model::contexts::{Captured, Variable};
use crate::model::repeat::{Level, Repeat};
use crate::syntax::tree::{FunctionId, NodeId};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for chain in model.chains() {
        if model.runs_once_by_guard(chain.store) {
            continue;
        }
        // The old value is read, and the new one stored, as often as the rarer of the two.
        let since = model.slot_since(&chain.slot);
        let (stored, read) = (model.repeat(chain.store, since), model.repeat(chain.read, since));
        let repeat = if read.level < stored.level { read } else { stored };
        if repeat.level >= Level::Calls {
            out.push(finding(model, &chain, &repeat));
        }
    }
}

fn confidence(model: &Model, chain: &Chain, repeat: &Repeat) -> Confidence {
    let wraps = matches!(chain.link, Link::Closure { .. } | Link::Part(_));
    let of_module = model.slot_since(&chain.slot) == FunctionId(0);
    match repeat.level {
        // An object that a function made has an end that the file does not show.
        _ if model.is_local_object(&chain.slot) || model.restarts_before(chain.store, repeat) => {
            Confidence::Possible
        }
        // A framework makes instances of what it is given, and each wraps its own.
        _ if model.is_of_definition(&chain.slot) => Confidence::Possible,
        // A component begins once, and what it wraps then is its own.
        Level::Again if repeat.path.first().is_some_and(|it| model.is_mounting(it.site)) => {
            Confidence::Possible
        }
        // The pieces of one transfer or search are put together on purpose.
        Level::Again if wraps && !unbounded_cache::is_lasting(model, repeat) => Confidence::Possible,
        Level::Again => Confidence::Certain,
        // Wrapping things of others, or what the caller adds, is most often done once for each program.
        _ if model.is_foreign(&chain.slot) && !model.gives_cleanup(chain.store) => Confidence::Possible,
        _ if wraps && (model.is_starting(chain.store) || model.composes(chain)) => Confidence::Possible,
        _ if wraps && model.sets_up(chain.store) => Confidence::Possible,
        // Layers that an object puts over one another, by design: how many, its user knows.
        _ if wraps && !of_module => Confidence::Possible,
        _ => Confidence::Likely,
    }
}

fn finding(model: &Model, chain: &Chain, repeat: &Repeat) -> Finding {
    let slot = model.describe(&chain.slot);
    let confidence = confidence(model, chain, repeat);
    let (held, help) = link(model, chain, &slot);
    let stored = format!("`{slot}` gets a new value here");
    let kept = format!("nothing cuts the chain: every value that `{slot}` ever had stays alive");
    let mut steps = vec![proof::step(model, Role::Acquired, chain.store, stored)];
    steps.extend(proof::again(model, repeat));
    steps.extend(held);
    steps.push(proof::step(model, Role::Unreleased, chain.store, kept));
    Finding {
        confidence,
        message: format!("each new value of `{slot}` keeps the one before it alive"),
        steps,
        help,
        assumption: (confidence != Confidence::Certain).then(|| {
            "callers come again and again while the program works, not only at its start".to_string()
        }),
        ..proof::finding(model, "closure-captures-replaced", chain.store)
    }
}

/// How the new value holds the old one, step by step, and how to cut that.
fn link(model: &Model, chain: &Chain, slot: &str) -> (Vec<Step>, String) {
    let held = |node: NodeId, text: String| proof::step(model, Role::Held, node, text);
    match chain.link {
        Link::Context {
            variable,
            captured,
            closure,
        } => {
            let old = model.variable_name(variable);
            let (mention, why) = match captured {
                Captured::Mentioned(at) => (
                    at,
                    format!(
                        "a function mentions `{old}`, which puts it into the context that all functions made in its scope share"
                    ),
                ),
                Captured::Eval => (
                    chain.read,
                    format!("a direct `eval` or `with` puts `{old}` into the scope's shared context"),
                ),
                Captured::Arguments => (
                    chain.read,
                    format!("`arguments` ties the parameter `{old}` to the function's shared context"),
                ),
                Captured::Catch => (
                    chain.read,
                    format!("a catch parameter, like `{old}`, always lives in a shared context"),
                ),
            };
            let steps = vec![
                held(chain.read, format!("`{old}` holds the old value of `{slot}`")),
                held(mention, why),
                held(
                    closure,
                    format!(
                        "made in the same scope: it keeps that context, and so `{old}`, without mentioning it"
                    ),
                ),
            ];
            let cut = match variable {
                Variable::Binding(_) => format!("set `{old}` to null when it is no longer needed, "),
                Variable::This(_) | Variable::Arguments(_) => String::new(),
            };
            let help = format!(
                "{cut}hand what is needed of `{old}` to a function outside, or make the stored function outside this scope"
            );
            (steps, help)
        }
        Link::Closure { variable, closure } => {
            let old = model.variable_name(variable);
            let steps = vec![
                held(chain.read, format!("`{old}` holds the old value of `{slot}`")),
                held(
                    closure,
                    format!("the function in the new value uses `{old}`, so it keeps it"),
                ),
            ];
            let help = format!(
                "do not build each value of `{slot}` on the one before: remember the original once, or put it back before it is wrapped again"
            );
            (steps, help)
        }
        Link::Frame { variable, call } => {
            let old = model.variable_name(variable);
            let steps = vec![
                held(chain.read, format!("`{old}` holds the old value of `{slot}`")),
                held(
                    call,
                    format!("a suspended function keeps all its variables, used or not, and so `{old}`"),
                ),
            ];
            (
                steps,
                format!(
                    "copy what you need of `{old}` before, and let the suspended function have only that"
                ),
            )
        }
        Link::Part(part) => {
            let steps = vec![held(
                part,
                format!("the old value of `{slot}` becomes a part of the new one"),
            )];
            (
                steps,
                format!(
                    "limit the chain behind `{slot}`: drop the link after use, or keep only a number of former values"
                ),
            )
        }
    }
}
