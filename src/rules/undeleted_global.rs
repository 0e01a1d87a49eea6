//! Values put on the global object by code that runs again, or left there after the work, and never taken off.

use super::proof;
use super::unbounded_cache::{self, Leak};
use crate::finding::{Confidence, Finding, Question, Role};
use crate::model::Model;
use crate::model::globals::GlobalStore;
use crate::model::growth::{Fate, Growth};
use crate::model::place::{Place, Root, Seg};
use crate::model::repeat::Level;
use crate::syntax::tree::{FunctionId, Kind, Op};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for growth in model
        .growth()
        .iter()
        .filter(|growth| growth.place.root == Root::Global)
    {
        if growth.fate != Fate::Kept || is_shared(model, &growth.place) {
            continue;
        }
        if let Some(leak) = unbounded_cache::worst(model, growth) {
            out.push(grows(model, growth, leak));
        }
    }
    for store in model
        .global_stores()
        .iter()
        .filter(|store| !is_shared(model, &store.place))
    {
        out.extend(retains(model, store));
    }
}

/// A queue that a script from elsewhere works off, or something inside an object that is not named.
fn is_shared(model: &Model, place: &Place) -> bool {
    place
        .path
        .segs()
        .iter()
        .enumerate()
        .any(|(at, seg)| match seg.as_name() {
            Some(name) => {
                model.named("shared_queues", name) || model.tree.text(name).starts_with("webpackChunk")
            }
            None => at == 0,
        })
}

/// `window.queue = window.queue || []`, where a part of the program is put in place: what is there already stays.
fn keeps_itself(model: &Model, store: &GlobalStore) -> bool {
    let tree = model.tree;
    let name = tree.text(tree.function(tree.function_of(store.assign)).name);
    let starts = model.apis.begins_name("registering_words", name);
    let keyed =
        |growth: &Growth| growth.place == store.place && growth.sites.iter().all(|it| it.key.is_some());
    (starts || model.growth().iter().any(keyed))
        && tree.is(store.value, Kind::Logical)
        && tree[store.value].op != Op::And
        && model.place(tree.child(store.value, 0)) == Some(store.place)
}

/// Whether code of another file reads the global, or takes it away.
fn used_elsewhere(model: &Model, place: &Place) -> Vec<Question> {
    let name = place.path.segs().first().and_then(|seg| seg.as_name());
    name.map(|name| Question::GlobalUsedElsewhere(model.tree.text(name).to_string()))
        .into_iter()
        .collect()
}

/// New names on the global object, or a container there, with each run.
fn grows(model: &Model, growth: &Growth, leak: Leak) -> Finding {
    let named = growth.place.path.segs().iter().any(|&seg| seg != Seg::ELEMENT);
    let name = model.describe(&growth.place);
    let node = leak.site.node;
    let (what, how) = if named {
        (
            format!("the global `{name}` grows and is never emptied"),
            format!("the global `{name}` grows here"),
        )
    } else {
        (
            "a new property is put on the global object each time and never deleted".to_string(),
            "a property with a changing name is put on the global object here".to_string(),
        )
    };
    let mut steps = vec![proof::step(model, Role::Acquired, node, how)];
    if let Some(inside) = leak.site.inside {
        steps.push(proof::step(
            model,
            Role::Acquired,
            inside,
            "the value is stored here",
        ));
    }
    steps.extend(proof::again(model, &leak.repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        node,
        "the global object lives as long as the process or page",
    ));
    let missing = if named {
        "nothing in this file empties or replaces it"
    } else {
        "nothing in this file deletes the property"
    };
    steps.push(proof::step(model, Role::Unreleased, node, missing));
    Finding {
        confidence: leak.confidence,
        message: what,
        steps,
        help: if named {
            format!(
                "empty `{name}` when its entries are no longer needed, or keep them in the function's own variable"
            )
        } else {
            "delete the property when it is no longer needed (setting it to undefined keeps the name), or use a Map of your own and delete from that".to_string()
        },
        assumption: leak.assumption,
        questions: used_elsewhere(model, &growth.place),
        ..proof::finding(model, "undeleted-global", node)
    }
}

/// Data left on a global when the work is done.
fn retains(model: &Model, store: &GlobalStore) -> Option<Finding> {
    let tree = model.tree;
    let function = tree.function_of(store.assign);
    if model.runs_once(function)
        // A name that somebody has forgotten to declare is for nobody else.
        || !(model.is_heavy(store.value, &store.place) || store.implicit && model.holds_on(store.value))
        || model.runs_once_by_guard(store.assign)
        || model.creates(store.assign)
        || keeps_itself(model, store)
    {
        return None;
    }
    let repeat = model.repeat(store.assign, FunctionId(0));
    if repeat.level < Level::Calls {
        return None;
    }
    if model.global_release(store).is_some() || model.global_read_elsewhere(store).is_some() {
        return None;
    }
    let name = model.describe(&store.place);
    let how = if store.implicit {
        format!("`{name}` is declared nowhere, so this assignment makes it a global variable")
    } else {
        format!("`{name}` is put on the global object here")
    };
    let mut steps = vec![proof::step(model, Role::Acquired, store.assign, how)];
    steps.extend(proof::again(model, &repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        store.assign,
        "the global object keeps the value after the work is done",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        store.assign,
        "nothing sets it to null or undefined, or deletes it",
    ));
    Some(Finding {
        confidence: Confidence::Likely,
        message: format!("the global `{name}` keeps its value after the work is done"),
        steps,
        help: if store.implicit {
            format!("declare `{name}` with const or let")
        } else {
            format!("use a local variable, or set `{name}` to undefined when the work is done")
        },
        assumption: Some("the value is large, and no other file uses this global".to_string()),
        questions: used_elsewhere(model, &store.place),
        ..proof::finding(model, "undeleted-global", store.assign)
    })
}
