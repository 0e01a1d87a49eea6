//! A long-lived container that grows with the work done and is never made smaller.

use super::proof;
use crate::finding::{Confidence, Finding, Question, Role};
use crate::model::Model;
use crate::model::evidence::{Evidence, EvidenceKind};
use crate::model::growth::{Fate, Growth, Holder, Keys, Site};
use crate::model::owners::{OwnerKind, holding_binding};
use crate::model::place::{Place, Root, Seg};
use crate::model::repeat::{Level, Repeat, Why};
use crate::syntax::tree::{FunctionId, FunctionKind, Kind, NodeId};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for growth in model.growth() {
        if growth.place.root == Root::Global || !matches!(growth.fate, Fate::Kept | Fate::Escapes(_)) {
            continue;
        }
        if let Some(leak) = worst(model, growth) {
            out.push(finding(model, growth, leak));
        }
    }
    for (place, site) in model.misplaced_entries() {
        let repeat = model.repeat(site.node, FunctionId(0));
        if repeat.level >= Level::Calls {
            out.push(misplaced(model, &place, &site, &repeat));
        }
    }
}

/// What looks like an entry of a WeakMap is a property of the WeakMap itself.
fn misplaced(model: &Model, place: &Place, site: &Site, repeat: &Repeat) -> Finding {
    let name = model.describe(place);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        site.node,
        format!("this makes a property of the object `{name}`, named by the key as text, and no entry"),
    )];
    steps.extend(proof::again(model, repeat));
    let values = model.values_at(place);
    if let Some(&(at, _)) = values.first() {
        steps.push(proof::step(
            model,
            Role::Held,
            at,
            "keeps its own properties as long as it lives",
        ));
    }
    steps.push(proof::step(
        model,
        Role::Unreleased,
        site.node,
        "its methods do not know of the property, and nothing lets go of it with the key",
    ));
    Finding {
        confidence: Confidence::Likely,
        message: format!("`{name}` gets a property with each key, which nothing deletes"),
        steps,
        help: format!("write `{name}.set(key, value)`"),
        assumption: Some("the keys are ever new ones".to_string()),
        ..proof::finding(model, "unbounded-cache", site.node)
    }
}

/// The store that proves a growing container to leak.
pub struct Leak<'a> {
    pub site: &'a Site,
    pub confidence: Confidence,
    pub repeat: Repeat,
    pub keys: Keys,
    pub evidence: Option<Evidence>,
    pub assumption: Option<String>,
}

/// The store that leaks most surely; the first of several.
pub fn worst<'a>(model: &Model, growth: &'a Growth) -> Option<Leak<'a>> {
    let leaks = growth.sites.iter().filter_map(|site| judge(model, growth, site));
    // Of equals, one that does not look first whether there is an entry already proves more.
    let rank = |leak: &Leak| {
        (
            leak.confidence,
            leak.keys,
            !model.is_guarded(leak.site, &growth.place),
        )
    };
    leaks.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best })
}

/// Whether the store leaks, and how surely.
fn judge<'a>(model: &Model, growth: &Growth, site: &'a Site) -> Option<Leak<'a>> {
    if growth.holder == Holder::Another {
        return left_behind(model, growth, site);
    }
    let keys = model.site_keys(growth, site);
    if keys <= Keys::Copied || model.is_bounded_by_nature(growth, site, keys) {
        return None;
    }
    let repeat = model.repeat(site.node, model.holder_since(growth.holder));
    // `register(actor)` that gives each its id is for any number of them.
    if repeat.level < Level::Calls
        || model.runs_once_by_guard(site.node)
        || starts_up(model, &repeat) && model.ticket(growth, site).is_none()
    {
        return None;
    }
    // What the constructor puts in, once for each instance.
    let function = model.tree.function_of(site.node);
    if matches!(growth.holder, Holder::Instance(_))
        && model.tree.function(function).kind == FunctionKind::Constructor
        && model
            .loop_around(site.node, model.tree.function(function).node)
            .is_none()
    {
        return None;
    }
    // What a component does once, when it begins, to a collection of its own.
    if let (Holder::Scope(function), Some(cause)) = (growth.holder, repeat.path.first())
        && model.is_component_function(function)
        && model.is_mounting(cause.site)
        && !model.effect(cause.site).is_some_and(|it| it.cleans)
    {
        return None;
    }
    // The collection of one piece of work, which takes its listener off or stops its timer when it is done.
    if let Holder::Scope(function) = growth.holder
        && (model.is_taken_off_again(&repeat) || model.is_stopped_by(function, &repeat))
    {
        return None;
    }
    let private = !matches!(growth.fate, Fate::Escapes(_));
    let evidence = model.evidence(growth, site, &repeat).filter(|_| private);
    let lasts = repeat.level == Level::Again && is_lasting(model, &repeat);
    let strong_keys = matches!(keys, Keys::Fresh | Keys::Event);
    // What is computed from the key alone is meant to be kept; the question is how many keys there are.
    let memo = keys == Keys::Event && model.is_memo(site, &growth.place);
    let strong_keys = strong_keys && !memo;
    let confidence = match (growth.holder, lasts) {
        (Holder::Process, true) if private && strong_keys => Confidence::Certain,
        (Holder::Process, true) if strong_keys || private && site.key.is_none() => Confidence::Likely,
        (Holder::Instance(_), true) if private && keys == Keys::Fresh => Confidence::Likely,
        (Holder::Scope(function), true)
            if private && strong_keys && outlasts_work(model, function, &repeat) =>
        {
            Confidence::Likely
        }
        (Holder::Process, _) if evidence.is_some_and(|it| !it.is_weak()) => Confidence::Likely,
        (Holder::Instance(_), _) if evidence.is_some_and(|it| it.is_strong()) => Confidence::Likely,
        (Holder::Scope(function), _)
            if evidence.is_some_and(|it| it.is_strong()) && is_returned(model, function, &repeat) =>
        {
            Confidence::Likely
        }
        _ => Confidence::Possible,
    };
    let assumption = assumption(model, growth, site, &repeat, keys, confidence);
    Some(Leak {
        site,
        confidence,
        repeat,
        keys,
        evidence,
        assumption,
    })
}

/// An object that puts itself into two lists of another one, and takes itself out of one of them only.
fn left_behind<'a>(model: &Model, growth: &Growth, site: &'a Site) -> Option<Leak<'a>> {
    let at = model.forgotten_twin(growth, site)?;
    let repeat = model.repeat(site.node, model.holder_since(growth.holder));
    Some(Leak {
        site,
        confidence: Confidence::Likely,
        repeat,
        keys: Keys::Fresh,
        evidence: Some(Evidence {
            kind: EvidenceKind::Twin,
            at,
        }),
        assumption: Some(format!(
            "the other object does not empty `{}` by itself",
            model.describe(&growth.place)
        )),
    })
}

/// The store runs on behalf of an owner's start, once for each.
pub fn starts_up(model: &Model, repeat: &Repeat) -> bool {
    let Why::Outside(_) = repeat.why else { return false };
    let Some(entry) = repeat.path.first() else {
        return false;
    };
    let name = match model.tree.kind(entry.site) {
        // Components come and go: `created() { all.add(this) }`
        Kind::Property if model.is_hook(entry.site) => return false,
        Kind::Property => model.tree.name_text(entry.site),
        Kind::Assign => model.tree.name_text(model.tree.child(entry.site, 0)),
        _ => return false,
    };
    model.apis.named("start_methods", name) && name != "constructor"
}

/// Runs again for as long as something that was made to last: a timer, a server, a connection.
pub fn is_lasting(model: &Model, repeat: &Repeat) -> bool {
    let Some(cause) = repeat.path.first() else {
        return false;
    };
    match repeat.why {
        Why::Callback => match model.event_of(cause.site) {
            Some(event) => !event.part,
            None => {
                model.tree.is(cause.site, Kind::Call)
                    && model
                        .effect(cause.site)
                        .is_some_and(|effect| effect.why.is_some())
            }
        },
        // A chain of promises works something off; a timer that starts itself again goes on.
        Why::Cycle => repeat.path.len() <= 3 && repeat.path.iter().any(|entry| model.is_timer(entry)),
        Why::Loop { .. } => model.is_endless(cause.site),
        _ => false,
    }
}

/// The scope is no piece of work that listens until it has its answer: a component, or what makes a server.
fn outlasts_work(model: &Model, function: FunctionId, repeat: &Repeat) -> bool {
    let cause = repeat
        .path
        .first()
        .filter(|it| model.tree.is(it.site, Kind::Call));
    model.tree.function(function).kind == FunctionKind::Setup
        || cause
            .and_then(|it| model.effect(it.site))
            .is_some_and(|it| it.why.is_some())
}

/// The code is what the function returns, or a part of it, which its callers keep: `return { subscribe, unsubscribe }`.
fn is_returned(model: &Model, function: FunctionId, repeat: &Repeat) -> bool {
    let tree = model.tree;
    let outside = matches!(repeat.why, Why::Outside(_));
    let cause = repeat.path.first().filter(|_| outside);
    cause.is_some_and(|it| {
        tree.function_of(it.site) == function
            && !tree.is(it.site, Kind::Call)
            && is_given_back(model, it.site)
    })
}

/// `return send`, `return { send }`, also of what is made of it: `const request = new Proxy(send, traps)`.
fn is_given_back(model: &Model, node: NodeId) -> bool {
    let tree = model.tree;
    let returned = |node: NodeId| tree.is(node, Kind::Return) || tree.is_returned(node);
    let held = Some(node).filter(|&it| tree.is(it, Kind::New));
    let held = held.and_then(|it| holding_binding(tree, it));
    returned(node) || held.is_some_and(|it| tree.references(it).iter().any(|&it| returned(it)))
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
            format!(
                "an instance of `{}` lives much longer than one entry is needed",
                model.tree.text(model.owners.get(owner).name)
            )
        }
        (Holder::Scope(_) | Holder::Another, _) => {
            format!("the functions that use `{name}` live much longer than one entry is needed")
        }
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
    let name = model.describe(&growth.place);
    let site = leak.site;
    let entries = match (site.key, leak.keys) {
        (None, _) => "one more entry each time",
        (Some(_), Keys::Fresh) => "the key is new each time",
        (Some(_), Keys::Event) => "the key comes with the event",
        (Some(_), _) => "callers choose the key",
    };
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        site.node,
        format!("`{name}` grows here: {entries}"),
    )];
    if let Some(inside) = site.inside {
        steps.push(proof::step(
            model,
            Role::Acquired,
            inside,
            "the entry is stored here",
        ));
    }
    steps.extend(proof::again(model, &leak.repeat));
    if let Some(evidence) = leak.evidence {
        steps.push(proof::step(model, Role::Again, evidence.at, evidence.kind.text()));
    }
    if let Some(at) = declaration(model, growth) {
        steps.push(proof::step(model, Role::Held, at, held_by(model, growth)));
    }
    let missing = match growth.fate {
        Fate::Escapes(at) => (
            at,
            format!("`{name}` leaves here; nothing in this file takes entries out or limits them"),
        ),
        _ => (
            site.node,
            format!("nothing in this file takes entries out of `{name}` or limits their number"),
        ),
    };
    steps.push(proof::step(model, Role::Unreleased, missing.0, missing.1));
    Finding {
        confidence: leak.confidence,
        message: format!(
            "`{name}` grows {} and is never emptied or bounded",
            how_often(&leak.repeat)
        ),
        steps,
        help: help(growth, site, &name, leak.keys),
        assumption: leak.assumption,
        questions: questions(model, growth, leak.evidence),
        ..proof::finding(model, "unbounded-cache", site.node)
    }
}

/// A property that other files can reach may be emptied there; an instance that puts itself in may be the only one.
pub fn questions(model: &Model, growth: &Growth, evidence: Option<Evidence>) -> Vec<Question> {
    let names = growth.place.path.segs().iter().rev();
    let exported = match growth.place.root {
        Root::Binding(binding) => Some(binding).filter(|&it| model.is_exported(it)),
        _ => None,
    };
    let name = names
        .filter_map(|seg| seg.as_name())
        .next()
        .or(exported.map(|it| model.tree.bindings[it.index()].name));
    let name = name.map(|name| model.tree.text(name));
    let reachable = matches!(
        growth.place.root,
        Root::Instance(_) | Root::Exports | Root::Binding(_)
    );
    let property = name.filter(|name| reachable && !name.starts_with('#'));
    let itself = evidence.filter(|it| it.kind == EvidenceKind::Itself);
    let owner = itself.and_then(|it| model.owner(it.at));
    property
        .map(|name| Question::ShrunkElsewhere(name.to_string()))
        .into_iter()
        .chain(owner.and_then(|(owner, _)| model.made_once(owner)))
        .collect()
}

fn how_often(repeat: &Repeat) -> &'static str {
    match repeat.why {
        Why::Callback | Why::Cycle => "again and again",
        Why::Loop { .. } => "with every round of a loop",
        _ => "with each call",
    }
}

pub fn declaration(model: &Model, growth: &Growth) -> Option<NodeId> {
    model.values_at(&growth.place).first().map(|&(at, _)| at)
}

pub fn held_by(model: &Model, growth: &Growth) -> String {
    let nested = growth.place.path.segs().contains(&Seg::ELEMENT);
    let kept = if nested {
        "kept in a collection that"
    } else {
        "held here, and"
    };
    match (growth.holder, growth.place.root) {
        (Holder::Process, Root::Instance(owner)) if model.owners.get(owner).kind != OwnerKind::Object => {
            format!("{kept} the only instance lives as long as the process")
        }
        (Holder::Process, Root::Binding(_)) if !nested => "lives as long as the process".to_string(),
        (Holder::Process, _) => format!("{kept} lives as long as the process"),
        (Holder::Instance(_), _) => format!("{kept} lives as long as the instance"),
        (Holder::Another, _) => "belongs to the other object, which lives on".to_string(),
        (Holder::Scope(function), _) if model.tree.function(function).kind == FunctionKind::Setup => {
            format!("{kept} lives as long as the component")
        }
        (Holder::Scope(_), _) => format!("{kept} lives as long as the functions made in its scope"),
    }
}

fn help(growth: &Growth, site: &Site, name: &str, keys: Keys) -> String {
    let object_key = site.key.is_some() && keys == Keys::Fresh;
    match (site.key, growth.holder) {
        (None, _) => format!(
            "remove the entry when it is no longer needed, or keep `{name}` short (shift the oldest out beyond a limit)"
        ),
        (Some(_), _) if object_key => {
            format!(
                "delete the entry from `{name}` when it is no longer needed; if the key is an object, a WeakMap or WeakSet lets go by itself"
            )
        }
        (Some(_), _) => format!(
            "limit `{name}`: delete entries when they are no longer needed, or use a cache with a maximum size or age"
        ),
    }
}
