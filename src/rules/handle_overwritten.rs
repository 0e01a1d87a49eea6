//! A slot that gets another handle while the one it holds is live.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::overwrites::{Again, Overwrite};
use crate::model::repeat::{Repeat, Why};
use crate::syntax::tree::{Kind, NodeId};

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
        confidence: match &it.again {
            Again::Repeat(repeat) if may_go_another_way(model, repeat) => Confidence::Possible,
            _ => Confidence::Likely,
        },
        message: format!("`{slot}` gets another handle while the one it holds is live"),
        steps,
        help: format!("get what `{slot}` holds {released} before it is replaced"),
        assumption: Some("this code runs again before the other one has released it".to_string()),
        ..proof::finding(model, "handle-overwritten", it.store)
    }
}

/// What runs again may take another branch then: what a loop calls on some condition, and what follows the end of an emitter.
fn may_go_another_way(model: &Model, repeat: &Repeat) -> bool {
    let tree = model.tree;
    let (Some(cause), next) = (repeat.path.first(), repeat.path.get(1)) else {
        return false;
    };
    let is_branch = |up: &NodeId| matches!(tree.kind(*up), Kind::If | Kind::Case | Kind::Conditional);
    match repeat.why {
        Why::Loop { .. } => next.is_some_and(|next| {
            let mut ups = tree.ancestors(next.site).take_while(|&up| up != cause.site);
            ups.any(|up| is_branch(&up))
        }),
        _ => model.is_ending_callback(cause),
    }
}
