//! An entry that waits for something, taken out on one way and forgotten on another.

use super::{proof, unbounded_cache};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::growth::{Holder, Keys};
use crate::model::pending::{Forgotten, Way};
use crate::model::repeat::{Level, Repeat};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let forgotten = model.forgotten_entries();
    // One finding for each container, the surest.
    for of_container in forgotten.chunk_by(|a, b| a.growth.place == b.growth.place) {
        let judged = of_container.iter().filter_map(|it| {
            let since = model.holder_since(it.growth.holder);
            let repeat = model.repeat(it.site.node, since);
            let confidence = judge(model, it, &repeat)?;
            Some((it, repeat, confidence))
        });
        let surest = judged.reduce(|best, it| if it.2 > best.2 { it } else { best });
        out.extend(surest.map(|(it, repeat, confidence)| finding(model, it, repeat, confidence)));
    }
}

fn judge(model: &Model, forgotten: &Forgotten, repeat: &Repeat) -> Option<Confidence> {
    let (growth, site) = (forgotten.growth, forgotten.site);
    let keys = model.site_keys(growth, site);
    // A reply is waited for under a key of its own; a timer may replace the last one under its key.
    let enough = match forgotten.way {
        Way::Fired | Way::HandedOut | Way::Ended => Keys::Given,
        Way::Expired => Keys::Given,
        _ => Keys::Unknown,
    };
    if keys < enough || repeat.level < Level::Calls || model.runs_once_by_guard(site.node) {
        return None;
    }
    let is_last = || forgotten.way == Way::Fired && model.is_last_of_key(forgotten.at, site);
    let replaced = enough == Keys::Given && keys < Keys::Fresh && forgotten.way != Way::Expired && !is_last();
    let started = unbounded_cache::starts_up(model, repeat);
    let short = forgotten.way == Way::Expired && growth.holder != Holder::Process;
    Some(if forgotten.sure && !short && !replaced && !started {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

fn finding(model: &Model, forgotten: &Forgotten, repeat: Repeat, confidence: Confidence) -> Finding {
    let (growth, site) = (forgotten.growth, forgotten.site);
    let name = model.describe(&growth.place);
    let words = words(forgotten.way);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        site.node,
        format!("`{name}` keeps {} here", words.entry),
    )];
    steps.extend(proof::again(model, &repeat));
    if let Some(at) = unbounded_cache::declaration(model, growth) {
        steps.push(proof::step(
            model,
            Role::Held,
            at,
            unbounded_cache::held_by(model, growth),
        ));
    }
    steps.push(proof::step(
        model,
        Role::Unreleased,
        forgotten.released,
        format!("the entry is taken out here, {}", words.not_when),
    ));
    if forgotten.at != site.node {
        steps.push(proof::step(model, Role::Unreleased, forgotten.at, words.forgets));
    }
    Finding {
        confidence,
        message: format!("`{name}` keeps its entry {}", words.when),
        steps,
        help: format!("delete the entry from `{name}` {}", words.cure),
        assumption: Some(words.assumption.to_string()),
        questions: unbounded_cache::questions(model, growth, None),
        ..proof::finding(model, "pending-entry-not-deleted", site.node)
    }
}

/// How a way out is told.
struct Words {
    entry: &'static str,
    when: &'static str,
    not_when: &'static str,
    forgets: &'static str,
    cure: &'static str,
    assumption: &'static str,
}

fn words(way: Way) -> Words {
    let waiting = "what waits for a reply";
    match way {
        Way::Timeout => Words {
            entry: waiting,
            when: "when the time to wait is over",
            not_when: "but not when the time is over",
            forgets: "the time is over and the waiting ends here, but the entry stays",
            cure: "in the timer's callback too, before it settles the entry",
            assumption: "some replies never come, not even late",
        },
        Way::Abort => Words {
            entry: waiting,
            when: "when the waiting is aborted",
            not_when: "but not when somebody aborts",
            forgets: "aborted: the waiting ends here, but the entry stays",
            cure: "when it is aborted too, before it settles the entry",
            assumption: "what is aborted gets no reply",
        },
        Way::Failure => Words {
            entry: waiting,
            when: "when what it waits for has failed",
            not_when: "but not after a failure",
            forgets: "after a failure the waiting ends here, but the entry stays",
            cure: "on the failure's way too, before it settles the entry",
            assumption: "what has failed gets no reply",
        },
        Way::Reply => Words {
            entry: waiting,
            when: "when the reply has come",
            not_when: "when the time is over",
            forgets: "the reply clears the timer that would have done it, and the entry stays",
            cure: "when the reply comes, too",
            assumption: "most replies come in time",
        },
        Way::Fired => Words {
            entry: "the timer",
            when: "after the timer has fired",
            not_when: "but not when the timer fires",
            forgets: "the timer fires once, and its callback does not take it out",
            cure: "at the beginning of the timer's callback",
            assumption: "most of the timers fire before they are cleared",
        },
        Way::HandedOut => Words {
            entry: "what callers can end",
            when: "after others have ended what it stands for",
            not_when: "only when everything ends",
            forgets: "with this, callers can end it, but the entry stays",
            cure: "in the function that ends it, for callers to use",
            assumption: "callers end it before everything ends",
        },
        Way::Ended => Words {
            entry: "something that has an end",
            when: "when what it stands for has ended",
            not_when: "only when everything ends",
            forgets: "it has ended here, but the entry stays",
            cure: "here",
            assumption: "things come and go before everything ends",
        },
        Way::Work => Words {
            entry: "an entry for the time of some work",
            when: "when the work fails",
            not_when: "but only when the work comes to this",
            forgets: "the work may end here, and the entry stays",
            cure: "in a `finally` around the work",
            assumption: "this can fail",
        },
        Way::Expired => Words {
            entry: "an entry with an end",
            when: "after its time is over",
            not_when: "but only when somebody asks for the same entry again",
            forgets: "the entry says when it ends, but nobody looks then",
            cure: "when its time is over: take old entries out every now and then, or limit their number",
            assumption: "most of the keys never come again",
        },
        Way::Closed => Words {
            entry: "the connection",
            when: "when the connection closes",
            not_when: "on a message, but not when the connection closes",
            forgets: "",
            cure: "when the connection closes",
            assumption: "connections close without that message, too",
        },
    }
}
