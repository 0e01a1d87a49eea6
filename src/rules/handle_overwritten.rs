//! A slot that gets another handle while the one it holds is live.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::overwrites::{Again, Overwrite};

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    out.extend(model.overwrites().iter().map(|it| finding(model, it)));
}

fn finding(model: &Model, it: &Overwrite) -> Finding {
    let tree = model.tree;
    let slot = model.describe(&it.slot);
    let kind = model
        .resources()
        .find(|resource| resource.at == it.made)
        .map(|resource| resource.kind);
    let what = kind.map_or("what is made here", |kind| kind.what.as_str());
    let released = kind.map_or("released", |kind| kind.released.as_str());
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        it.made,
        format!("{what} is kept in `{slot}`"),
    )];
    match &it.again {
        Again::Repeat(repeat) => steps.extend(proof::again(model, repeat)),
        &Again::Update(function) => steps.push(proof::step(
            model,
            Role::Again,
            tree.function(function).node,
            "runs on each update of the component",
        )),
    }
    steps.push(proof::step(
        model,
        Role::Held,
        it.store,
        format!("`{slot}` then holds the new one, the former lives on without a name"),
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        it.release,
        format!("only what `{slot}` holds at last is {released} here"),
    ));
    Finding {
        rule: "handle-overwritten",
        confidence: Confidence::Likely,
        message: format!("`{slot}` gets another handle while the one it holds is live"),
        span: tree.span(it.store),
        steps,
        help: format!("get what `{slot}` holds {released} before it is replaced"),
        assumption: Some("this code runs again before the other one has released it".to_string()),
        question: None,
        scope: proof::scope(model, it.store),
    }
}
