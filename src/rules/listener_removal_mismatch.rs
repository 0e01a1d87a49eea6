//! A listener that lives on because the removal meant for it cannot match it.

use super::{listener_in_reconnect, proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::lives::{Life, Of};
use crate::model::removals::{Mismatch, Removal};
use crate::model::resources::{Outlives, Resource};
use crate::syntax::tree::NodeId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    for resource in model.resources() {
        if let Some((life, removal, mismatch)) = mismatch(model, resource)
            && !listener_in_reconnect::reports(model, resource.at)
        {
            out.push(finding(model, resource, &life, removal, mismatch));
        }
    }
    let slots = model.slots_without_receiver().into_iter();
    out.extend(slots.map(|(connect, disconnect)| pair_finding(model, connect, disconnect, &SLOT)));
    let bound = model.bound_twice().into_iter();
    out.extend(bound.map(|(done, undone)| pair_finding(model, done, undone, &BOUND)));
}

/// The removal that misses, if the listener piles up for it.
fn mismatch(model: &Model, resource: &Resource) -> Option<(Life, Removal, Mismatch)> {
    let listener = resource.listener.as_ref()?;
    let (removal, mismatch) = model.mismatch(resource)?;
    // A one-shot listener goes with its event; what takes it off is for the case that another comes.
    let meant = matches!(mismatch, Mismatch::OtherListener | Mismatch::OtherFunction);
    if listener.once && !meant {
        return None;
    }
    let life = model.life(resource.at);
    let once = life.of == Of::Program && life.round.is_none();
    let outlives = model.outlives(resource.target?, &life);
    (!once && outlives != Outlives::No && !model.is_shared(listener)).then_some((life, removal, mismatch))
}

fn finding(model: &Model, resource: &Resource, life: &Life, removal: Removal, mismatch: Mismatch) -> Finding {
    let what = unreleased::what(model, resource);
    let target = unreleased::target_name(model, resource);
    let outlives = resource
        .target
        .map_or(Outlives::Yes, |it| model.outlives(it, life));
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        resource.at,
        format!("{what} is added here"),
    )];
    steps.extend(unreleased::again(model, life));
    steps.push(proof::step(
        model,
        Role::Held,
        resource.target.unwrap_or(resource.at),
        format!("{target} keeps the listener, and all that this refers to"),
    ));
    steps.push(proof::step(model, Role::Unreleased, removal.call, why(mismatch)));
    Finding {
        confidence: match outlives {
            // Who removes it expects the target to live on.
            Outlives::Yes | Outlives::Given | Outlives::Unknown => Confidence::Likely,
            Outlives::No => Confidence::Possible,
        },
        message: format!(
            "{what} is added {}, and the removal meant for it does not match",
            unreleased::whose(model, life)
        ),
        steps,
        help: cure(mismatch).to_string(),
        assumption: Some(
            match outlives {
                Outlives::Yes => "this runs many times in the life of the program",
                _ => "what it is registered on lives longer",
            }
            .to_string(),
        ),
        ..proof::finding(model, "listener-removal-mismatch", resource.at)
    }
}

/// What a call and its opposite, which means another function, say of each other.
struct Pair {
    acquired: &'static str,
    held: &'static str,
    misses: &'static str,
    message: &'static str,
    help: &'static str,
    assumption: &'static str,
}

const SLOT: Pair = Pair {
    acquired: "a slot is connected here, with `this`",
    held: "the signal keeps the slot and its receiver",
    misses: "this disconnects nothing: without its receiver it is another slot",
    message: "a slot is connected with `this` and disconnected without it, so it stays",
    help: "give both calls the same receiver",
    assumption: "the signal tells slots apart by their receivers",
};

const BOUND: Pair = Pair {
    acquired: "a method is bound and handed over here",
    held: "keeps the function, and with it `this`",
    misses: "this takes nothing back: the method is bound anew, which makes another function",
    message: "a method is bound anew to be taken back, so the one that was handed over stays",
    help: "bind the method once, keep that in a field, and give it to both calls",
    assumption: "functions are told apart by their identity",
};

fn pair_finding(model: &Model, acquires: NodeId, releases: NodeId, pair: &Pair) -> Finding {
    let tree = model.tree;
    let life = model.life(acquires);
    let target = tree.child(tree.callee(acquires), 0);
    let mut steps = vec![proof::step(model, Role::Acquired, acquires, pair.acquired)];
    steps.extend(unreleased::again(model, &life));
    steps.push(proof::step(model, Role::Held, target, pair.held));
    steps.push(proof::step(model, Role::Unreleased, releases, pair.misses));
    Finding {
        confidence: Confidence::Likely,
        message: pair.message.to_string(),
        steps,
        help: pair.help.to_string(),
        assumption: Some(pair.assumption.to_string()),
        ..proof::finding(model, "listener-removal-mismatch", acquires)
    }
}

fn why(mismatch: Mismatch) -> &'static str {
    match mismatch {
        Mismatch::Fresh => "this removes nothing: it is given a new function, not the one that was added",
        Mismatch::OtherFunction => {
            "this removes nothing: one of the two is a new function, made of the other, and not the same object"
        }
        Mismatch::NoCallback => "this removes nothing: it does not say which function",
        Mismatch::Capture => {
            "this removes nothing: only one of the two calls is about the capture phase, and these are two lists"
        }
        Mismatch::OtherEvent => "this removes nothing: the function is no listener of this event",
        Mismatch::OtherTarget => "this removes nothing: the function is no listener of this target",
        Mismatch::OtherListener => "this removes nothing: the function is the listener of another event",
        Mismatch::NoListener => "this removes nothing: the function is no listener of anything",
        Mismatch::NeverSet => "this does not name the listener: no code sets the property that it names",
        Mismatch::Result => {
            "this removes nothing: it is given what adding the listener returned, which is no function"
        }
        Mismatch::AddedAgain => "this is meant to remove the listener, but adds it once more",
        Mismatch::Unreachable => "this never runs: the flag tested before it is only set behind that test",
    }
}

fn cure(mismatch: Mismatch) -> &'static str {
    match mismatch {
        Mismatch::Fresh | Mismatch::OtherFunction | Mismatch::Result => {
            "keep the function that is added in a variable or a field, and give the same one to the removal"
        }
        Mismatch::NoCallback | Mismatch::OtherListener | Mismatch::NoListener | Mismatch::NeverSet => {
            "give the removal the function that was added"
        }
        Mismatch::Capture => "give both calls the same capture flag",
        Mismatch::OtherEvent => "name the same event in both calls",
        Mismatch::OtherTarget => "call both on the same target",
        Mismatch::AddedAgain => "call the method that removes instead",
        Mismatch::Unreachable => "turn the test in front of the removal round",
    }
}
