//! A function of the program whose results a library keeps for ever.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::memos::{Arguments, Memo};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    out.extend(model.memos().iter().map(|memo| finding(model, memo)));
}

fn finding(model: &Model, memo: &Memo) -> Finding {
    let memoize = proof::called(model, memo.call);
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        memo.call,
        format!("{memoize} keeps one result for each argument"),
    )];
    let assumption = match memo.without_end {
        Some((arguments, at)) => {
            let (text, assumption) = match arguments {
                Arguments::Fresh => (
                    "the argument is another one with each event",
                    "there are many different arguments",
                ),
                Arguments::Outside => (
                    "the argument comes from the outside world, where there is no end of them",
                    "callers come with ever new arguments",
                ),
                Arguments::Fetched => (
                    "the result is an answer to what is asked for, which can be anything",
                    "callers ask for ever new things",
                ),
            };
            steps.push(proof::step(model, Role::Again, at, text));
            assumption
        }
        None => "callers come with ever new arguments",
    };
    steps.push(proof::step(
        model,
        Role::Held,
        memo.call,
        "made once: it lives as long as the program, and so do its results",
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        memo.call,
        "no option limits how many results it keeps, or for how long",
    ));
    Finding {
        // Answers in a page go with the page.
        confidence: match memo.without_end {
            Some((Arguments::Fetched, _)) if model.is_of_page() => Confidence::Possible,
            Some(_) => Confidence::Likely,
            None => Confidence::Possible,
        },
        message: format!("{memoize} keeps every result as long as the program runs"),
        steps,
        help: "use a cache with a maximum size or age, or keep only the last result".to_string(),
        assumption: Some(assumption.to_string()),
        ..proof::finding(model, "memoize-unbounded", memo.call)
    }
}
