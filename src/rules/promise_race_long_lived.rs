//! A promise that outlives the code that waits for it, and collects a reaction from each round.

use rustc_hash::FxHashSet;

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::place::Root;
use crate::model::promises::{Settles, Waiting};
use crate::model::repeat::{Level, Repeat, Why};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let mut reported = FxHashSet::default();
    for waiting in model.waitings() {
        if reported.contains(&waiting.call) {
            continue;
        }
        if let Some(finding) = judge(model, &waiting) {
            reported.insert(waiting.call);
            out.push(finding);
        }
    }
}

fn judge(model: &Model, waiting: &Waiting) -> Option<Finding> {
    if waiting.settles == Settles::Soon {
        return None;
    }
    // Most promises that steps hang on settle soon.
    if !waiting.races && waiting.settles < Settles::Late {
        return None;
    }
    let repeat = model.repeat(waiting.holder.site, waiting.holder.since);
    if !(matches!(repeat.level, Level::Calls | Level::Again)) || model.is_renewed(waiting, &repeat) {
        return None;
    }
    let confidence = confidence(model, waiting, &repeat);
    Some(finding(model, waiting, &repeat, confidence))
}

fn confidence(model: &Model, waiting: &Waiting, repeat: &Repeat) -> Confidence {
    let loops = matches!(repeat.why, Why::Loop { waits: true } | Why::Cycle);
    let named = model.tells_of_ending(waiting.operand);
    let late = match waiting.settles {
        Settles::Never | Settles::Late => true,
        // A loop that runs on beside a promise waits for its own end with it.
        Settles::Told => loops || named,
        // A field that tells of the end of its object, made when that begins.
        Settles::Unknown if matches!(waiting.holder.place.root, Root::Instance(_)) => named,
        _ => loops && named,
    };
    let again = loops || !model.is_set_up(repeat, waiting.call);
    match late && again && !model.is_made_in_loop(waiting) && !model.only_passes_time(waiting) {
        true if waiting.settles == Settles::Never && loops => Confidence::Certain,
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

fn finding(model: &Model, waiting: &Waiting, repeat: &Repeat, confidence: Confidence) -> Finding {
    let name = match model.describe(&waiting.holder.place) {
        name if name.is_empty() => "the promise".to_string(),
        name => format!("`{name}`"),
    };
    let round = match repeat.why {
        Why::Loop { .. } => "every round",
        Why::Callback | Why::Cycle => "every run",
        _ => "every call",
    };
    let waits = if waiting.races {
        format!("waits for {name} beside something else, and leaves a reaction on it that holds the result")
    } else {
        format!("hangs one more callback on {name}")
    };
    let mut steps = vec![proof::step(model, Role::Acquired, waiting.call, waits)];
    steps.extend(proof::again(model, repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        waiting.made.unwrap_or(waiting.operand),
        format!("{name} is the same promise each time, and keeps all that waits for it until it settles"),
    ));
    let until = match waiting.settles {
        Settles::Never => "nothing ever settles it",
        Settles::Late => "only an event or a failure settles it, which may be long in coming",
        _ => "nothing in this code settles it from one time to the next",
    };
    steps.push(proof::step(
        model,
        Role::Unreleased,
        waiting.operand,
        format!("{until}, and a promise forgets no reaction before"),
    ));
    Finding {
        confidence,
        message: format!("{round} leaves a reaction on {name}, which stays until that settles"),
        steps,
        help: if waiting.races {
            format!(
                "test a flag or a signal instead of racing {name}, or give each race a promise of its own that is settled and forgotten with it"
            )
        } else {
            format!("wait for {name} once, and let that callback work off what has to be done")
        },
        assumption: (confidence < Confidence::Certain).then(|| match waiting.settles {
            Settles::Never => "this code runs many times".to_string(),
            _ => format!("{name} stays pending while this code runs many times"),
        }),
        ..proof::finding(model, "promise-race-long-lived", waiting.call)
    }
}
