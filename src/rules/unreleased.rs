//! The argument that the rules about resources share: acquired in a life that comes again, held by what outlives it,
//! and not released at its end. `rules/apis/resources.toml` says which rule reports which resource.

use super::proof;
use crate::apis::{Event, Runs};
use crate::finding::{Confidence, Finding, Question, Role};
use crate::model::Model;
use crate::model::calls::{Entry, How};
use crate::model::listeners::Listener;
use crate::model::lives::{End, Life, Of};
use crate::model::owners::OwnerId;
use crate::model::place::{Place, Root};
use crate::model::repeat::{Level, Repeat, Why};
use crate::model::resources::{Fate, Outlives, Resource};
use crate::syntax::tree::{FunctionId, Kind, NodeId};

/// Reports the resources that are this rule's.
pub fn check(rule: &'static str, model: &Model, out: &mut Vec<Finding>) {
    for resource in model.resources().filter(|it| it.kind.rule == rule) {
        out.extend(judge(rule, model, resource));
    }
}

pub fn judge(rule: &'static str, model: &Model, resource: &Resource) -> Option<Finding> {
    let life = model.life(resource.at);
    if life.of == Of::Program && life.round.is_none() || is_installed_once(model, resource.at, &life) {
        return None;
    }
    // A one-shot listener goes with its event, and the same function is no second one.
    let goes = |it: &Listener| {
        it.once && !model.comes_last(it)
            || model.comes_once(it)
            || model.is_shared(it)
            || model.waits_to_run(it)
    };
    if resource.listener.as_ref().is_some_and(goes) {
        return None;
    }
    let outlives = match resource.target {
        Some(target) => model.outlives(target, &life),
        None => Outlives::Yes,
    };
    if outlives == Outlives::No {
        return None;
    }
    if model.is_meant_to_remove(resource) {
        return None;
    }
    let given = resource
        .target
        .is_some_and(|it| model.is_given_by_round(it, &life));
    if given && matches!(model.end(&life), End::None) {
        return None;
    }
    let fate = model.fate_of(resource);
    // What the file does not show to live longer may go with the component, whatever is forgotten.
    let fits = |&release: &NodeId| outlives > Outlives::Unknown || model.never_runs(release);
    let late = match fate {
        Fate::Released(_) => model.late_release(resource, &life).filter(fits),
        _ => None,
    };
    let ended_timer = model.ended_timer(resource, &life);
    if matches!(fate, Fate::Released(_) | Fate::Escapes) && late.is_none() && ended_timer.is_none() {
        return None;
    }
    // What ends by itself is worth a word only if it takes long, and if other code shows that this was seen.
    let is_seen = late.is_some_and(|release| !model.is_renewal(resource, release)) || ended_timer.is_some();
    let lasts = model.lasts(resource).filter(|_| resource.kind.ends);
    if resource.kind.ends && (!is_seen || lasts == Some(false)) {
        return None;
    }
    let counterpart = model.removed_by_counterpart(resource, &life);
    let vain = resource.target.and_then(|it| model.vain_end(it));
    let opposite = model.forgotten_by_opposite(resource);
    let sibling = ended_timer
        .or(late)
        .or(counterpart)
        .or(opposite)
        .or(vain)
        .or_else(|| model.released_sibling(resource, &life))
        .or_else(|| model.ended_sibling(resource, &life));
    let let_go = model.let_go(resource, &life).filter(|_| sibling.is_none());
    let sooner = model.ended_sooner(resource);
    let kept = resource.listener.is_none()
        && matches!(
            fate,
            Fate::Kept(Place {
                root: Root::Instance(_),
                ..
            })
        );
    let evidence = Evidence {
        sibling: sibling.is_some(),
        let_go: let_go.is_some(),
        counterpart: counterpart.is_some(),
        sooner: sooner.is_some(),
        opposite: opposite.is_some(),
        among: sibling.is_some_and(|it| model.is_forgotten_among(resource, it)),
        beside: sibling.is_some_and(|it| model.is_released_beside(resource, it)),
        kept,
    };
    let certainty = match resource.kind.ends && lasts.is_none() && ended_timer.is_none() {
        true => (Confidence::Possible, "it takes long until it ends by itself"),
        false => certainty(model, resource, &life, outlives, evidence),
    };
    let by = |by: MeantBy| move |at: NodeId| Meant { at, by };
    let siblings = match sibling == vain {
        true => MeantBy::VainEnd,
        false => MeantBy::Others,
    };
    let meant = sibling.map(by(siblings));
    let meant = meant.or(let_go.map(by(MeantBy::LettingGo)));
    let meant = meant.or(sooner.map(by(MeantBy::Sooner)));
    Some(finding(rule, model, resource, &life, fate, meant, certainty))
}

/// Behind a flag that lives longer than the life: done once for all.
fn is_installed_once(model: &Model, at: NodeId, life: &Life) -> bool {
    model.runs_once_by_key(at)
        || model.guard(at).is_some_and(|flag| match flag.root {
            Root::Instance(_) | Root::This(_) => !matches!(life.of, Of::Instance(_)),
            // Each component has its own.
            Root::Binding(binding) => {
                let declared = model.tree.declared_in(binding);
                !matches!(life.of, Of::Component(it) if declared == it)
            }
            _ => true,
        })
}

/// A listener for the parts of a transfer, which ends: `process.stdin.on('data', …)`.
fn is_of_transfer(model: &Model, resource: &Resource) -> bool {
    event(model, resource).is_some_and(|it| it.part)
}

/// What an instance would do when the program ends is of no more use once it has ended by itself.
fn waits_for_last(model: &Model, resource: &Resource) -> bool {
    event(model, resource).is_some_and(|it| it.last && it.runs == Some(Runs::Later))
}

/// What leaves the program when it is told to end is the program's own, which has one of it, unless the function gives
/// somebody what it has made; so is what a thread hears of its parent by.
fn is_of_program(model: &Model, resource: &Resource) -> bool {
    if resource.target.is_some_and(|it| model.is_parent_port(it)) {
        return true;
    }
    let functions = resource.listener.as_ref().map(|it| model.functions(it.callback));
    event(model, resource).is_some_and(|it| it.last)
        && !model.gives_back(model.tree.function_of(resource.at))
        && functions.is_some_and(|all| all.iter().any(|&it| model.leaves_program(it)))
}

/// What is known of the event that the listener is for.
fn event<'m>(model: &'m Model, resource: &Resource) -> Option<&'m Event> {
    let (listener, target) = (resource.listener.as_ref()?, resource.target?);
    let given = || model.given(target).into_iter().find_map(|it| model.ty(it));
    let (ty, event) = (
        model.ty(target).or_else(given)?,
        model.event_text(listener.event)?,
    );
    model.apis.lineage(ty).find_map(|it| it.events.get(event))
}

/// An instance listens to the page, for what its user does or how its place changes: it has a part in it, and pages
/// change.
fn is_of_view(model: &Model, resource: &Resource, owner: OwnerId) -> bool {
    let event = resource
        .listener
        .as_ref()
        .and_then(|it| model.event_text(it.event));
    let mut events = event.into_iter().flat_map(|it| it.split_whitespace());
    events.any(|it| model.apis.named("view_events", it))
        && resource.target.is_some_and(|it| model.is_on_page(it))
        && !model.is_program(owner)
}

/// A listener on an emitter that the module, or the class, has for all of its instances.
fn is_on_own_module(model: &Model, resource: &Resource) -> bool {
    let listens = resource.listener.is_some() || resource.kind.on_receiver;
    resource.target.filter(|_| listens).is_some_and(|it| {
        let shared = model.place(it).is_some_and(|place| match place.root {
            Root::Binding(_) if place.path.is_empty() => resource.listener.is_some(),
            Root::Binding(binding) => {
                model.owners.of_binding(binding).is_some() && place.path.segs().len() == 1
            }
            _ => false,
        });
        shared && model.api_path(it).is_none() && !model.is_required(it)
    })
}

/// `given || new Widget()`: whoever may give one takes care of it, and perhaps of this one, too.
fn is_default(model: &Model, resource: &Resource, life: &Life) -> bool {
    let tree = model.tree;
    let either = tree.parent(resource.at);
    resource.listener.is_none()
        && tree.is(either, Kind::Logical)
        && tree.child(either, 1) == resource.at
        && model.outlives(tree.child(either, 0), life) >= Outlives::Given
}

/// A listener behind a flag that is reset when what it stands for has ended, so that it comes again.
fn reopens(model: &Model, resource: &Resource) -> bool {
    resource.listener.is_some() && model.reset_guard(resource.at).is_some()
}

/// What shows how a release was meant.
struct Meant {
    at: NodeId,
    by: MeantBy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MeantBy {
    /// It is the release itself, and never comes.
    VainEnd,
    /// Others are released here.
    Others,
    /// What it is registered on is let go of here.
    LettingGo,
    /// This does at once what the listener is there for.
    Sooner,
}

/// What tells that a release was meant to be.
struct Evidence {
    /// Others of its kind are released.
    sibling: bool,
    /// The end lets go of what it is registered on.
    let_go: bool,
    /// They are released by the counterpart of the method that acquires.
    counterpart: bool,
    /// What it waits for may be done before.
    sooner: bool,
    /// The method that undoes what the acquiring one does releases others.
    opposite: bool,
    /// The end takes off several others, of the same target.
    among: bool,
    /// One that is added to the same target, in the same run, is released.
    beside: bool,
    /// The handle is kept.
    kept: bool,
}

/// How sure the leak is, and what was assumed.
fn certainty(
    model: &Model,
    resource: &Resource,
    life: &Life,
    outlives: Outlives,
    evidence: Evidence,
) -> (Confidence, &'static str) {
    let Evidence {
        sibling,
        let_go,
        counterpart,
        sooner,
        opposite,
        among,
        beside,
        kept,
    } = evidence;
    let started_again = || matches!(life.of, Of::Instance(owner) if model.is_started_again(resource, owner));
    let comes_again = match (model.end(life), life.of) {
        (End::Method(method), Of::Instance(owner))
            if !sibling
                && !sooner
                && resource.listener.is_some()
                && model.is_begun_again(owner, method)
                && model.is_within_constructor(resource.at) =>
        {
            false
        }
        // What listens to the process or to a service of the program may well be as lasting, in spite of its end.
        (End::Method(_), Of::Instance(owner)) if resource.listener.is_some() && !sibling && !let_go => {
            let lasting = is_on_own_module(model, resource)
                || started_again()
                || sooner
                || resource.target.is_some_and(|it| model.is_on_page(it))
                || waits_for_last(model, resource)
                || outlives == Outlives::Yes && model.is_made_again(owner);
            lasting && !model.is_one_of_a_kind(owner)
        }
        (End::Framework(_) | End::Method(_), Of::Instance(owner)) => !model.is_one_of_a_kind(owner),
        (End::Framework(_) | End::Cleanup | End::Method(_), _) => !model.is_called_root(life),
        (End::None, Of::Call(_) | Of::Instance(_)) if resource.kind.value => {
            let repeat = model.repeat(resource.at, FunctionId::NONE);
            repeat.level >= Level::Calls && !model.is_starting(resource.at)
        }
        // Others are removed, so this is expected to end.
        (End::None, Of::Instance(owner)) => {
            let expected = sibling
                || sooner
                || is_on_own_module(model, resource)
                || is_of_view(model, resource, owner)
                || model.ticks_for_instance(resource, owner)
                || model.is_replaced(owner)
                || model.is_made_again(owner);
            expected
                && (outlives == Outlives::Yes || counterpart || opposite)
                && !model.is_one_of_a_kind(owner)
        }
        (End::None, Of::Call(_)) if outlives == Outlives::Yes && model.is_in_request_handler(resource.at) => {
            true
        }
        (End::None, _) => {
            let same = |it: &Entry| {
                let listener = resource.listener.as_ref();
                listener.is_some_and(|listener| model.is_shared_by_rounds(listener, it))
            };
            life.round
                .is_some_and(|it| !same(&it) && !model.is_from_parent(&it))
                || opposite
                || sibling && outlives == Outlives::Yes
                || beside && outlives == Outlives::Given
                || among
                || sooner && !model.is_within_start(resource.at)
                || reopens(model, resource)
        }
    };
    let long = "what it is registered on lives longer";
    let part = || resource.target.is_some_and(|it| model.is_injected_part(it, life));
    match outlives {
        _ if !comes_again || is_of_program(model, resource) => (
            Confidence::Possible,
            "this runs many times in the life of the program",
        ),
        _ if is_default(model, resource, life) => (Confidence::Possible, "nobody else has it"),
        _ if is_of_transfer(model, resource) => {
            (Confidence::Possible, "it takes long until it ends by itself")
        }
        _ if resource.kind.ends => (Confidence::Likely, "it takes long until it ends by itself"),
        _ if started_again() => (Confidence::Likely, "what was stopped is started again"),
        _ if sibling => (Confidence::Likely, long),
        Outlives::Yes => (Confidence::Likely, "instances come and go"),
        _ if resource.target.is_some_and(|it| model.has_led_here(it, life)) => {
            (Confidence::Likely, "it comes many times")
        }
        Outlives::Given
            if let_go || matches!(model.end(life), End::Framework(_) | End::Cleanup) && !part() =>
        {
            (Confidence::Likely, long)
        }
        // Kept to be released, and not.
        Outlives::Given if kept && matches!(model.end(life), End::Method(_)) => (Confidence::Likely, long),
        _ => (Confidence::Possible, long),
    }
}

fn finding(
    rule: &'static str,
    model: &Model,
    resource: &Resource,
    life: &Life,
    fate: Fate,
    meant: Option<Meant>,
    (confidence, assumption): (Confidence, &'static str),
) -> Finding {
    let tree = model.tree;
    let kind = resource.kind;
    let taken = match fate {
        Fate::Kept(place) => model.taken_from_helper(resource.at, &place),
        _ => resource.at,
    };
    let what = what(model, resource);
    let whose = whose(model, life);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        resource.at,
        format!("{what} is {} here", kind.acquired),
    )];
    steps.extend(again(model, life));
    let target = resource.target.map(|_| target_name(model, resource));
    let held = match &target {
        Some(target) => format!("{target} {}", kind.held),
        None => kind.held.clone(),
    };
    steps.push(proof::step(
        model,
        Role::Held,
        resource.target.unwrap_or(resource.at),
        held,
    ));
    steps.push(match (meant, model.end(life)) {
        (Some(meant), _) => proof::step(
            model,
            Role::Unreleased,
            meant.at,
            match (meant.by, fate) {
                (MeantBy::VainEnd, _) => {
                    "this is meant to end it, but waits for a subject that never emits".to_string()
                }
                (MeantBy::Sooner, _) => format!(
                    "others may run this sooner, and no call in this file gets the listener {}",
                    kind.released
                ),
                (MeantBy::LettingGo, _) => {
                    "only the reference is dropped here: the other object still has it".to_string()
                }
                (MeantBy::Others, Fate::Released(_)) => format!(
                    "only this gets it {}, which does not run at the end",
                    kind.released
                ),
                (MeantBy::Others, _) => format!("others are {} here, this one is not", kind.released),
            },
        ),
        (None, End::Method(method)) => proof::step(
            model,
            Role::Unreleased,
            method,
            format!(
                "this ends it, and nothing in this file gets the one above {}",
                kind.released
            ),
        ),
        _ => {
            let kept = match fate {
                Fate::Kept(place) => Some(place),
                _ => model.held_at(resource.at),
            };
            let missing = match kept {
                Some(place) => format!(
                    "kept in `{}`, but never {}",
                    model.describe(&place),
                    kind.released
                ),
                _ if resource.listener.is_some() => format!("no call in this file gets it {}", kind.released),
                _ => format!(
                    "what the call returns is thrown away, so it can never be {}",
                    kind.released
                ),
            };
            proof::step(model, Role::Unreleased, resource.at, missing)
        }
    });
    Finding {
        confidence,
        message: format!("{what} is {} {whose} and never {}", kind.acquired, kind.released),
        span: tree.span(taken),
        steps,
        help: format!("{}{}", kind.cure, proof::at_end(model, life)),
        assumption: Some(assumption.to_string()),
        questions: questions(model, life),
        ..proof::finding(model, rule, resource.at)
    }
}

/// What comes once for each instance leaks only if there are many.
pub fn questions(model: &Model, life: &Life) -> Vec<Question> {
    let once = model.has_one(life).filter(|_| life.round.is_none());
    once.into_iter().collect()
}

/// The resource in words: `a 'resize' listener`.
pub fn what(model: &Model, resource: &Resource) -> String {
    let event = resource
        .listener
        .as_ref()
        .and_then(|listener| model.event_text(listener.event));
    match event {
        Some(event) => proof::listener(event),
        None => resource.kind.what.clone(),
    }
}

/// How often, in words.
pub fn whose(model: &Model, life: &Life) -> String {
    match life.of {
        Of::Instance(owner) => {
            let name = model.tree.text(model.owners.get(owner).name);
            match model.component(owner) {
                _ if !name.is_empty() => format!("for each `{name}`"),
                Some(component) => {
                    let what = component
                        .what
                        .split_once(' ')
                        .map_or(component.what.as_str(), |it| it.1);
                    format!("for each {what}")
                }
                None => "for each instance".to_string(),
            }
        }
        Of::Mount(function) if model.is_of_subscriber(function) => "for each subscriber".to_string(),
        Of::Component(_) | Of::Mount(_) => "for each component".to_string(),
        Of::Program | Of::Call(_) if life.round.is_some() => "again and again".to_string(),
        Of::Program | Of::Call(_) => "on each call".to_string(),
    }
}

/// What it is registered on, in words.
pub fn target_name(model: &Model, resource: &Resource) -> String {
    let place = resource.target.and_then(|it| model.place(it));
    match place.map(|place| model.describe(&place)) {
        Some(name) if !name.is_empty() => format!("`{name}`"),
        _ => "what it is registered on".to_string(),
    }
}

/// Why others of its kind come.
pub fn again(model: &Model, life: &Life) -> Vec<crate::finding::Step> {
    let tree = model.tree;
    let mut steps = match life.of {
        Of::Instance(owner) => {
            let info = model.owners.get(owner);
            let text = match model.component(owner) {
                Some(component) => format!("{}: made again and again, and thrown away", component.what),
                None => "instances of this come and go".to_string(),
            };
            vec![proof::step(model, Role::Again, info.node, text)]
        }
        Of::Component(function) => vec![proof::step(
            model,
            Role::Again,
            tree.function(function).node,
            "runs for each component that uses it",
        )],
        Of::Mount(function) => {
            let node = tree.function(function).node;
            let call = tree.ancestors(node).find(|&up| tree.is(up, Kind::Call));
            vec![proof::step(
                model,
                Role::Again,
                call.unwrap_or(node),
                match model.is_of_subscriber(function) {
                    true => "runs again for each subscriber",
                    false => "runs again each time a component is mounted",
                },
            )]
        }
        Of::Call(function) if life.round.is_none() => vec![proof::step(
            model,
            Role::Again,
            tree.function(function).node,
            "can be called any number of times",
        )],
        Of::Program | Of::Call(_) => Vec::new(),
    };
    if let Some(entry) = life.round {
        let repeat = Repeat {
            level: Level::Again,
            why: Why::Callback,
            path: vec![entry],
            reconnects: matches!(entry.how, How::Again { ends: true }),
        };
        steps.extend(proof::again(model, &repeat));
    }
    steps
}
