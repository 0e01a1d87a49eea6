//! A disposable that nobody disposes of, so that what it stands for goes on.

use super::{proof, unreleased};
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::resources::{Owned, Why};
use crate::syntax::tree::Kind;

const RULE: &str = "disposable-not-disposed";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check(RULE, model, out);
    out.extend(model.owned().iter().map(|it| part(model, it)));
}

/// An object in a field that its owner does not end.
fn part(model: &Model, owned: &Owned) -> Finding {
    let tree = model.tree;
    let at = owned.resource.at;
    let life = model.life(at);
    let callee = tree.callee(at);
    let class = match tree.kind(callee) {
        Kind::Ident | Kind::Member => tree.name_text(callee),
        _ => "object",
    };
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        at,
        format!("a `{class}` is made here"),
    )];
    steps.extend(unreleased::again(model, &life));
    match owned.why {
        Why::Acquires(it) => {
            steps.push(proof::step(
                model,
                Role::Held,
                it,
                format!("what a `{class}` registers here keeps it, until it is told to end"),
            ));
            steps.push(proof::step(
                model,
                Role::Unreleased,
                at,
                "no call in this file ends it",
            ));
        }
        Why::EndsAnother(it) => steps.push(proof::step(
            model,
            Role::Unreleased,
            it,
            "another part is ended here, this one is not",
        )),
    }
    Finding {
        // Of a class of another file, one may need its end, and another nothing but to be dropped.
        confidence: match owned.why {
            Why::EndsAnother(_) if model.owner(callee).is_none() => Confidence::Possible,
            _ => Confidence::Likely,
        },
        message: format!(
            "a `{class}` is made {} and never ended",
            unreleased::whose(model, &life)
        ),
        steps,
        help: format!("end the `{class}`{}", proof::at_end(model, &life)),
        assumption: Some("instances come and go".to_string()),
        questions: unreleased::questions(model, &life),
        ..proof::finding(model, RULE, at)
    }
}
