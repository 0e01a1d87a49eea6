//! Streams that go on when they were meant to end: operators in the wrong order, sharing without an end, replay without
//! a limit.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::operators::{EarlyEnd, Merging, Remembering, Shared};
use crate::model::repeat::{Level, Why};
use crate::syntax::tree::{FunctionId, NodeId};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let ends = model.early_ends();
    out.extend(ends.iter().filter_map(|it| early_end(model, it)));
    out.extend(model.shared_for_good().iter().filter_map(|it| shared(model, it)));
    let merging_only = |it: &&Merging| !ends.iter().any(|end| end.joins == it.merges);
    out.extend(
        model
            .merging()
            .iter()
            .filter(merging_only)
            .map(|it| merging(model, it)),
    );
    out.extend(model.remembering().iter().map(|it| remembering(model, it)));
}

fn early_end(model: &Model, end: &EarlyEnd) -> Option<Finding> {
    let repeat = model.repeat(end.until, FunctionId(0));
    if repeat.level < Level::Calls {
        return None;
    }
    let (until, joins) = (proof::called(model, end.until), proof::called(model, end.joins));
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        end.joins,
        format!("{joins} listens to another source, and stays with it when its own has ended"),
    )];
    steps.extend(proof::again(model, &repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        end.source,
        "this source does not end by itself, and holds the subscription",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        end.until,
        format!("{until} ends only what comes before it"),
    ));
    Some(Finding {
        confidence: match end.subscribed {
            true => Confidence::Likely,
            false => Confidence::Possible,
        },
        message: format!("{until} does not end what {joins} listens to after it"),
        steps,
        help: format!("move {until} to the end of the chain, right before the subscription"),
        assumption: Some("the source has emitted before the end is asked for".to_string()),
        ..proof::finding(model, "rx-operator-leak", end.joins)
    })
}

/// Each value opens a stream that never ends, beside those of all values before.
fn merging(model: &Model, merging: &Merging) -> Finding {
    let merges = proof::called(model, merging.merges);
    let steps = vec![
        proof::step(
            model,
            Role::Acquired,
            merging.merges,
            format!("{merges} listens to one more stream here"),
        ),
        proof::step(
            model,
            Role::Again,
            merging.values,
            "again for each value that comes from here",
        ),
        proof::step(
            model,
            Role::Held,
            merging.source,
            "this stream does not end by itself, and holds each subscription",
        ),
        proof::step(
            model,
            Role::Unreleased,
            merging.merges,
            format!("{merges} does not leave the streams of former values"),
        ),
    ];
    Finding {
        confidence: Confidence::Likely,
        message: format!("{merges} listens to one more endless stream with each value"),
        steps,
        help: "use `switchMap`, which leaves the former stream, or end the inner stream with `take(1)`"
            .to_string(),
        assumption: Some("many values come".to_string()),
        ..proof::finding(model, "rx-operator-leak", merging.merges)
    }
}

fn shared(model: &Model, shared: &Shared) -> Option<Finding> {
    let repeat = model.repeat(shared.shares, FunctionId(0));
    if repeat.level < Level::Calls || model.runs_once_by_guard(shared.shares) {
        return None;
    }
    let by_instance = matches!(repeat.why, Why::Outside(_)) && model.is_set_up(&repeat, shared.shares);
    let name = proof::called(model, shared.shares);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        shared.shares,
        format!("{name} subscribes to its source for all listeners, when the first one comes"),
    )];
    steps.extend(proof::again(model, &repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        shared.source,
        "this source does not end by itself, and holds that subscription",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        shared.shares,
        "it does not count its listeners, and so goes on when the last one has left",
    ));
    Some(Finding {
        confidence: match by_instance {
            false => Confidence::Likely,
            true => Confidence::Possible,
        },
        message: format!("{name} keeps a source without end running when nobody listens any more"),
        steps,
        help: "let it count its listeners, share the stream once for all callers, or end the source before it is shared"
            .to_string(),
        assumption: Some("this code runs many times, and the result is subscribed to".to_string()),
        ..proof::finding(model, "rx-operator-leak", shared.shares)
    })
}

fn remembering(model: &Model, subject: &Remembering) -> Finding {
    let name = format!("`{}`", model.describe(&subject.place));
    let grown: NodeId = subject.given;
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        grown,
        format!("{name} remembers the value that it is given here"),
    )];
    steps.extend(proof::again(model, &subject.repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        subject.made,
        format!("{name} is made here, once, and lives on"),
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        subject.made,
        "it is made without a limit, and never forgets a value",
    ));
    Finding {
        confidence: Confidence::Likely,
        message: format!("{name} remembers every value that it has ever been given"),
        steps,
        help: format!("give {name} the number of values that late listeners need"),
        assumption: Some(format!("values keep coming while {name} lives")),
        ..proof::finding(model, "rx-operator-leak", subject.made)
    }
}
