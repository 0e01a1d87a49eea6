//! A callback left on a signal that outlives the work it was to cancel.

use super::{listener_in_reconnect, proof};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::cancellations::{Cancellation, SignalOf};
use crate::model::repeat::{Level, Repeat, Why};
use crate::model::settled::Left;
use crate::syntax::tree::FunctionId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let findings = model.cancellations();
    out.extend(findings.iter().filter_map(|it| judge(model, it)));
    out.extend(model.left_on_signals().iter().map(|it| left_finding(model, it)));
}

/// The callback is taken off on some ways that settle the promise, but not on this one.
fn left_finding(model: &Model, left: &Left) -> Finding {
    let at = left.resource.at;
    let function = model.tree.function(model.tree.function_of(at)).node;
    let mut steps = vec![
        proof::step(model, Role::Acquired, at, "a callback is left on the signal here"),
        proof::step(model, Role::Again, function, "can be called any number of times"),
        proof::step(
            model,
            Role::Held,
            left.resource.target.unwrap_or(at),
            "the signal is the caller's, who can use it for any number of calls",
        ),
        proof::step(
            model,
            Role::Unreleased,
            left.settles,
            "the promise settles here, and the callback stays",
        ),
    ];
    let released = left.released.into_iter();
    steps.extend(released.map(|it| {
        proof::step(
            model,
            Role::Unreleased,
            it,
            "it is taken off here, on another way",
        )
    }));
    Finding {
        confidence: Confidence::Likely,
        message: "the callback on a signal stays when the promise settles in another way".to_string(),
        steps,
        help: "take the callback off on every way that settles the promise".to_string(),
        assumption: Some("callers pass a signal that lives longer than this call".to_string()),
        ..proof::finding(model, "abort-listener-not-removed", at)
    }
}

fn judge(model: &Model, cancellation: &Cancellation) -> Option<Finding> {
    let since = match cancellation.of {
        SignalOf::Caller => FunctionId(0),
        SignalOf::Holder(since) => since,
    };
    let repeat = model.repeat(cancellation.call, since);
    if repeat.level < Level::Calls
        || model.is_taken_off(cancellation)
        || model.is_own_of_callers(cancellation)
        || model.runs_once_by_guard(cancellation.call)
        || listener_in_reconnect::reports(model, cancellation.call)
    {
        return None;
    }
    let confidence = confidence(model, cancellation, &repeat);
    Some(finding(model, cancellation, &repeat, confidence))
}

fn confidence(model: &Model, cancellation: &Cancellation, repeat: &Repeat) -> Confidence {
    let touches = model.touches(cancellation);
    // What the callback does must be over when the work is: otherwise it stays for good reason.
    let is_done = (touches.settles || touches.own) && !touches.leaves || model.only_forwards(cancellation);
    let waits = model.only_waits_for_signal(cancellation);
    let runs_often = matches!(repeat.why, Why::Loop { .. } | Why::Cycle | Why::Callback)
        || !model.is_set_up(repeat, cancellation.call);
    let likely = is_done
        && runs_often
        && model.ends_by_itself(cancellation)
        && (model.is_reused(cancellation)
            || model.is_raced(cancellation)
            || matches!(repeat.why, Why::Loop { .. } | Why::Cycle))
        && (!waits || model.is_raced(cancellation))
        && (!model.is_per_work(cancellation)
            || model.forgets_beside_others(cancellation)
            || model.waits_for_timer(cancellation))
        && (!model.is_of_controller(cancellation) || model.waits_for_timer(cancellation));
    match likely {
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

fn finding(model: &Model, cancellation: &Cancellation, repeat: &Repeat, confidence: Confidence) -> Finding {
    let signal = model.describe(&cancellation.place);
    let added = if cancellation.once {
        "a callback is left on the signal here; `once` takes it off only if the signal fires"
    } else {
        "a callback is left on the signal here"
    };
    let mut steps = vec![proof::step(model, Role::Acquired, cancellation.call, added)];
    steps.extend(proof::again(model, repeat));
    let whose = match cancellation.of {
        SignalOf::Caller => {
            format!("`{signal}` belongs to the caller, who can use it for any number of calls")
        }
        SignalOf::Holder(_) => format!("`{signal}` is the same signal each time"),
    };
    steps.push(proof::step(model, Role::Held, cancellation.signal, whose));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        cancellation.call,
        "nothing takes the callback off when the work is done without being cancelled",
    ));
    Finding {
        confidence,
        message: format!("the callback on `{signal}` stays when the work is done"),
        steps,
        help: "name the callback and take it off in `finally`, or wherever the work settles".to_string(),
        assumption: Some(match cancellation.of {
            SignalOf::Caller => format!("callers pass a `{signal}` that lives longer than this call"),
            SignalOf::Holder(_) => format!("`{signal}` is not aborted after each run"),
        }),
        ..proof::finding(model, "abort-listener-not-removed", cancellation.call)
    }
}
