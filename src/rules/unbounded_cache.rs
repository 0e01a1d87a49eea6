//! A long-lived container that grows with the work done and is never made smaller.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::calls::How;
use crate::model::growth::{Fate, Growth, Holder, Keys, Site};
use crate::model::owners::OwnerKind;
use crate::model::place::{Root, Seg};
use crate::model::repeat::{Level, Repeat, Why};
use crate::model::uses;
use crate::syntax::tree::{FunctionId, Kind, NodeId};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for growth in model.growth() {
        if growth.place.root == Root::Global || !matches!(growth.fate, Fate::Kept | Fate::Escapes(_)) {
            continue;
        }
        if let Some(leak) = worst(model, growth) {
            out.push(finding(model, growth, leak));
        }
    }
}

/// The store that proves a growing container to leak.
pub struct Leak<'a> {
    pub site: &'a Site,
    pub confidence: Confidence,
    pub repeat: Repeat,
    pub keys: Keys,
    pub assumption: Option<String>,
}

/// The store that leaks most surely; the first of several.
pub fn worst<'a>(model: &Model, growth: &'a Growth) -> Option<Leak<'a>> {
    let leaks = growth.sites.iter().filter_map(|site| judge(model, growth, site));
    // Of equals, one that does not look first whether there is an entry already proves more.
    let rank = |leak: &Leak| (leak.confidence, leak.keys, !model.is_guarded(leak.site, &growth.place));
    leaks.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best })
}

/// Whether the store leaks, and how surely.
fn judge<'a>(model: &Model, growth: &Growth, site: &'a Site) -> Option<Leak<'a>> {
    let tree = model.tree;
    let outer = match growth.holder {
        Holder::Process => FunctionId(0),
        Holder::Scope(function) => function,
        Holder::Instance(owner) => model.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE),
    };
    let repeat = model.repeat(site.node, outer);
    if repeat.level < Level::Calls || model.runs_once_by_guard(site.node) {
        return None;
    }
    if starts_up(model, &repeat) {
        return None;
    }
    let keys = match (site.key, site.value) {
        (Some(key), _) if model.is_validated(key, site.node, &growth.place) => Keys::Fixed,
        (Some(key), _) => model.keys(key, 0),
        // Each push adds one, whatever its value; what callers hand over they may well register once.
        (None, Some(_)) if is_registry(model, site) => Keys::Given,
        (None, _) => Keys::Fresh,
    };
    if keys <= Keys::Copied {
        return None;
    }
    // A slot of an array is one of few, unless its number keeps rising.
    if keys < Keys::Fresh && tree.is(site.node, Kind::Assign) && model.is_array(&growth.place) && site.key.is_some() {
        return None;
    }
    // Text that an object builds is its result.
    if matches!(growth.place.root, Root::Instance(_)) && model.is_text(&growth.place) {
        return None;
    }
    let again = repeat.level == Level::Again && !is_part(model, &repeat);
    let private = !matches!(growth.fate, Fate::Escapes(_));
    let registry = is_registry(model, site);
    let confidence = match (growth.holder, again, keys) {
        (Holder::Scope(_), true, _) if !is_lasting(model, &repeat) => Confidence::Possible,
        _ if private && waits_for_reply(model, site) => Confidence::Likely,
        (Holder::Process, true, Keys::Fresh | Keys::Event) if private => Confidence::Certain,
        (Holder::Process, true, Keys::Fresh | Keys::Event) => Confidence::Likely,
        (Holder::Process, true, _) if private && site.key.is_none() => Confidence::Likely,
        (Holder::Process, false, Keys::Fresh) if private && !registry => Confidence::Likely,
        // Names on the global object that change are hardly ever meant to stay.
        (Holder::Process, _, _) if private && !registry && growth.is_global_object() => Confidence::Likely,
        (Holder::Instance(_), false, Keys::Fresh)
            if private && matches!(repeat.why, Why::Outside(_)) && site.key.is_some_and(|key| model.is_new_text(key)) =>
        {
            Confidence::Likely
        }
        (Holder::Process, _, Keys::Given | Keys::Event) if private && has_ever_new_keys(model, growth, site) => {
            Confidence::Likely
        }
        (Holder::Instance(_) | Holder::Scope(_), true, Keys::Fresh | Keys::Event) if private => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let assumption = assumption(model, growth, site, &repeat, keys, confidence);
    Some(Leak { site, confidence, repeat, keys, assumption })
}

/// The store runs on behalf of an owner's start, once for each.
fn starts_up(model: &Model, repeat: &Repeat) -> bool {
    let Why::Outside(_) = repeat.why else { return false };
    let Some(entry) = repeat.path.first() else { return false };
    let name = match model.tree.kind(entry.site) {
        Kind::Property => model.tree.name_text(entry.site),
        Kind::Assign => model.tree.name_text(model.tree.child(entry.site, 0)),
        _ => return false,
    };
    model.apis.named("start_methods", name) && name != "constructor"
}

/// Runs for each part of one transfer, file or run, which comes to its end.
fn is_part(model: &Model, repeat: &Repeat) -> bool {
    match repeat.why {
        Why::Cycle => !is_lasting(model, repeat),
        Why::Loop { .. } => repeat.path.first().is_some_and(|entry| !model.is_endless(entry.site)),
        Why::Callback => repeat.path.first().is_some_and(|entry| model.event_of(entry.site).is_some_and(|event| event.part)),
        _ => false,
    }
}

/// Runs again for as long as something that was made to last: a timer, a server, a connection.
fn is_lasting(model: &Model, repeat: &Repeat) -> bool {
    match repeat.why {
        Why::Callback => repeat.path.first().is_some_and(|entry| {
            model.event_of(entry.site).is_some() || model.tree.is(entry.site, Kind::Call) && model.effect(entry.site).is_some_and(|effect| effect.why.is_some())
        }),
        // A chain of promises works something off; timers and events come again.
        Why::Cycle => repeat.path.iter().any(|entry| match entry.how {
            How::Again { .. } => true,
            How::Later => !model.is_promise_step(entry.site),
            _ => false,
        }),
        _ => false,
    }
}

/// The entry is the resolver of a promise: somebody waits for a reply.
fn waits_for_reply(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let (Some(key), Some(value)) = (site.key, site.value) else { return false };
    if model.keys(key, 0) == Keys::Fixed {
        return false;
    }
    let is_resolver = |node: NodeId| {
        tree.is(node, Kind::Ident) && model.apis.named("reply_names", tree.name_text(node))
    };
    match tree.kind(value) {
        Kind::Ident => is_resolver(value),
        Kind::Object => tree.children(value).any(|child| tree.is(child, Kind::Property) && is_resolver(tree.value(child))),
        _ => false,
    }
}

/// What callers hand over is kept as it is: they register something.
fn is_registry(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let Some(value) = site.value.filter(|_| site.inside.is_none()) else { return false };
    tree.is(value, Kind::Ident) && tree.binding_of(value).is_some_and(|binding| model.parameter(binding).is_some())
}

/// Callers choose the key, and something tells that they do not come with the same few.
fn has_ever_new_keys(model: &Model, growth: &Growth, site: &Site) -> bool {
    expires(model, site)
        || comes_from_outside(model, site)
        || is_serialised(model, site)
        || is_fetched(model, site)
        || is_forgotten_twin(model, growth, site)
        || leaves_empty_entries(model, growth)
}

/// What is inside the entries is taken out again, but the entries stay.
fn leaves_empty_entries(model: &Model, growth: &Growth) -> bool {
    let Some(element) = growth.place.join(Seg::ELEMENT) else { return false };
    model.uses(growth.place.root).iter().any(|it| {
        it.path == element.path
            && matches!(it.op, uses::Op::Method { name } if model.apis.may_shrink(model.tree.text(name)))
    })
}

/// The key is made of whole arguments: `JSON.stringify(args)`.
fn is_serialised(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let Some(key) = site.key else { return false };
    let source = match tree.binding_of(key).filter(|_| tree.is(key, Kind::Ident)) {
        Some(binding) => model.index.only_value(tree, binding).map_or(key, |(value, _)| value),
        None => key,
    };
    tree.is(source, Kind::Call) && model.api_path(tree.callee(source)).as_deref() == Some("JSON.stringify")
}

/// The entry is the answer to something asked of the outside world: stored behind an `await` or in a `then`.
fn is_fetched(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let node = site.inside.unwrap_or(site.node);
    let function = tree.function_of(node);
    let body = tree.body(function);
    let awaited = tree.function(function).is_async
        && (body.0..site.node.0).map(NodeId).any(|id| tree.is(id, Kind::Await) && tree.function_of(id) == function);
    let awaits = site.value.is_some_and(|value| tree.subtree(value).any(|id| tree.is(id, Kind::Await)));
    let call = tree.parent(tree.function(function).node);
    let then = tree.is(call, Kind::Call) && tree.is(tree.callee(call), Kind::Member) && tree.name_text(tree.callee(call)) == "then";
    awaited || awaits || then
}

/// The same value also goes into another collection, which does let go of it.
fn is_forgotten_twin(model: &Model, growth: &Growth, site: &Site) -> bool {
    let tree = model.tree;
    let Some(value) = site.value.and_then(|value| model.place(value)) else { return false };
    model.growth().iter().any(|other| {
        other.place != growth.place
            && matches!(other.fate, Fate::Released(_))
            && other.sites.iter().any(|twin| {
                tree.function_of(twin.node) == tree.function_of(site.node)
                    && twin.value.and_then(|value| model.place(value)) == Some(value)
            })
    })
}

/// The entry says when it should go, which nothing enforces.
fn expires(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let Some(value) = site.value.filter(|&value| tree.is(value, Kind::Object)) else { return false };
    tree.children(value)
        .any(|prop| tree.is(prop, Kind::Property) && model.apis.mentions("expiry_words", tree.name_text(prop)))
}

/// The key is named like something that the outside world has in unlimited number.
fn comes_from_outside(model: &Model, site: &Site) -> bool {
    let tree = model.tree;
    let Some(key) = site.key else { return false };
    tree.subtree(key).any(|id| {
        matches!(tree.kind(id), Kind::Ident | Kind::Member)
            && {
                let name = tree.name_text(id);
                model.apis.named("unbounded_words", &name.to_lowercase()) || name.ends_with("Id") || name.ends_with("_id")
            }
    })
}

fn assumption(
    model: &Model,
    growth: &Growth,
    site: &Site,
    repeat: &Repeat,
    keys: Keys,
    confidence: Confidence,
) -> Option<String> {
    if confidence == Confidence::Certain {
        return None;
    }
    let name = model.describe(&growth.place);
    Some(match (growth.holder, growth.fate) {
        (_, Fate::Escapes(_)) => format!("other code that gets `{name}` does not take entries out"),
        (Holder::Instance(owner), _) => {
            format!("an instance of `{}` lives much longer than one entry is needed", model.tree.text(model.owners.get(owner).name))
        }
        (Holder::Scope(_), _) => format!("the functions that use `{name}` live much longer than one entry is needed"),
        _ if repeat.level == Level::Calls && keys == Keys::Given => match site.key {
            Some(_) => "callers come with ever new keys".to_string(),
            None => "callers come again and again while the program works, not only at its start".to_string(),
        },
        _ if repeat.level == Level::Calls => {
            "callers come again and again while the program works, not only at its start".to_string()
        }
        _ => "the keys are ever new ones".to_string(),
    })
}

fn finding(model: &Model, growth: &Growth, leak: Leak) -> Finding {
    let tree = model.tree;
    let name = model.describe(&growth.place);
    let site = leak.site;
    let entries = match (site.key, leak.keys) {
        (None, _) => "one more entry each time",
        (Some(_), Keys::Fresh) => "the key is new each time",
        (Some(_), Keys::Event) => "the key comes with the event",
        (Some(_), _) => "callers choose the key",
    };
    let mut steps = vec![proof::step(model, Role::Acquired, site.node, format!("`{name}` grows here: {entries}"))];
    if let Some(inside) = site.inside {
        steps.push(proof::step(model, Role::Acquired, inside, "the entry is stored here"));
    }
    steps.extend(proof::again(model, &leak.repeat));
    if let Some(at) = declaration(model, growth) {
        steps.push(proof::step(model, Role::Held, at, held_by(model, growth)));
    }
    let missing = match growth.fate {
        Fate::Escapes(at) => (at, format!("`{name}` leaves here; nothing in this file takes entries out or limits them")),
        _ => (site.node, format!("nothing in this file takes entries out of `{name}` or limits their number")),
    };
    steps.push(proof::step(model, Role::Unreleased, missing.0, missing.1));
    Finding {
        rule: "unbounded-cache",
        confidence: leak.confidence,
        message: format!("`{name}` grows {} and is never emptied or bounded", how_often(&leak.repeat)),
        span: tree.span(site.node),
        steps,
        help: help(growth, site, &name, leak.keys),
        assumption: leak.assumption,
        scope: proof::scope(model, site.node),
    }
}

fn how_often(repeat: &Repeat) -> &'static str {
    match repeat.why {
        Why::Callback | Why::Cycle => "again and again",
        Why::Loop { .. } => "with every round of a loop",
        _ => "with each call",
    }
}

fn declaration(model: &Model, growth: &Growth) -> Option<NodeId> {
    model.values_at(&growth.place).first().map(|&(at, _)| at)
}

fn held_by(model: &Model, growth: &Growth) -> String {
    let nested = growth.place.path.segs().contains(&Seg::ELEMENT);
    let kept = if nested { "kept in a collection that" } else { "held here, and" };
    match (growth.holder, growth.place.root) {
        (Holder::Process, Root::Instance(owner)) if model.owners.get(owner).kind != OwnerKind::Object => {
            format!("{kept} the only instance lives as long as the process")
        }
        (Holder::Process, Root::Binding(_)) if !nested => "lives as long as the process".to_string(),
        (Holder::Process, _) => format!("{kept} lives as long as the process"),
        (Holder::Instance(_), _) => format!("{kept} lives as long as the instance"),
        (Holder::Scope(_), _) => format!("{kept} lives as long as the functions made in its scope"),
    }
}

fn help(growth: &Growth, site: &Site, name: &str, keys: Keys) -> String {
    let object_key = site.key.is_some() && keys == Keys::Fresh;
    match (site.key, growth.holder) {
        (None, _) => format!("remove the entry when it is no longer needed, or keep `{name}` short (shift the oldest out beyond a limit)"),
        (Some(_), _) if object_key => {
            format!("delete the entry from `{name}` when it is no longer needed; if the key is an object, a WeakMap or WeakSet lets go by itself")
        }
        (Some(_), _) => format!("limit `{name}`: delete entries when they are no longer needed, or use a cache with a maximum size or age"),
    }
}
