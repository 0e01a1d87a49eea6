//! A slot whose new value keeps the value that it replaces, so that all former values stay alive as a chain.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::contexts::{Captured, Chain, Link};
use crate::model::place::Root;
use crate::model::repeat::{Level, Repeat};
use crate::syntax::tree::{BindingKind, FunctionKind, Kind};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for chain in model.chains() {
        let repeat = model.repeat(chain.store, model.slot_since(&chain.slot));
        let constructor = model.tree.function(model.tree.function_of(chain.store)).kind == FunctionKind::Constructor;
        if repeat.level < Level::Calls || constructor && matches!(chain.slot.root, Root::Instance(_)) {
            continue;
        }
        if model.runs_once_by_guard(chain.store) {
            continue;
        }
        out.push(finding(model, &chain, &repeat));
    }
}

fn confidence(model: &Model, chain: &Chain, repeat: &Repeat) -> Confidence {
    let foreign = match chain.slot.root {
        Root::Binding(binding) => model.tree.bindings[binding.index()].kind == BindingKind::Import,
        Root::Global | Root::Exports => true,
        Root::Instance(_) => false,
    };
    match repeat.level {
        Level::Again => Confidence::Certain,
        _ if foreign => Confidence::Possible,
        _ if matches!(chain.link, Link::Closure { .. } | Link::Direct(_)) && matches!(chain.slot.root, Root::Instance(_)) => Confidence::Possible,
        _ => Confidence::Likely,
    }
}

fn finding(model: &Model, chain: &Chain, repeat: &Repeat) -> Finding {
    let tree = model.tree;
    let slot = model.describe(&chain.slot);
    let confidence = confidence(model, chain, repeat);
    let name = |binding: crate::syntax::tree::BindingId| tree.text(tree.bindings[binding.index()].name);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        chain.store,
        format!("`{slot}` gets a new value, which keeps the old one"),
    )];
    let help = match chain.link {
        Link::Context { variable, captured, closure } => {
            let old = name(variable);
            steps.push(proof::step(model, Role::Held, chain.read, format!("`{old}` holds the old value of `{slot}`")));
            let why = match captured {
                Captured::Mentioned(at) => {
                    let inner = tree.function(tree.function_of(at)).node;
                    let _ = inner;
                    (at, format!("a function mentions `{old}`, which puts it into the scope's shared context"))
                }
                Captured::Eval => (chain.read, format!("a direct `eval` or `with` puts `{old}` into the scope's shared context")),
                Captured::Arguments => (chain.read, format!("`arguments` ties the parameter `{old}` to the function's context")),
                Captured::Catch => (chain.read, format!("a catch parameter, like `{old}`, always lives in a context")),
            };
            steps.push(proof::step(model, Role::Held, why.0, why.1));
            steps.push(proof::step(
                model,
                Role::Held,
                closure,
                format!("the new value has a function made in the same scope, which keeps that context and so `{old}`"),
            ));
            format!("set `{old}` to null when it is no longer needed, pass it to the inner function as an argument, or make the stored function outside this scope")
        }
        Link::Closure { variable, closure } => {
            let old = name(variable);
            steps.push(proof::step(model, Role::Held, chain.read, format!("`{old}` holds the old value of `{slot}`")));
            steps.push(proof::step(model, Role::Held, closure, format!("the function in the new value uses `{old}`")));
            format!("do not build each value of `{slot}` on the one before: keep the original apart, or cut the link to `{old}` after use")
        }
        Link::Direct(part) => {
            steps.push(proof::step(model, Role::Held, part, format!("the old value of `{slot}` becomes a part of the new one")));
            format!("limit the chain behind `{slot}`: drop the link after use, or keep only a number of former values")
        }
    };
    steps.extend(proof::again(model, repeat));
    steps.push(proof::step(model, Role::Unreleased, chain.store, "nothing cuts the chain: each value keeps all before it".to_string()));
    let assumption = (confidence != Confidence::Certain)
        .then(|| "callers come again and again while the program works, not only at its start".to_string());
    let _ = Kind::Call;
    Finding {
        rule: "closure-captures-replaced",
        confidence,
        message: format!("each new value of `{slot}` keeps the one before it alive"),
        span: tree.span(chain.store),
        steps,
        help,
        assumption,
        question: None,
        scope: proof::scope(model, chain.store),
    }
}
