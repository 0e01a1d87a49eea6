//! A client with connections of its own, made for each call and left open.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::clients::Client;
use crate::model::repeat::{Level, Why};
use crate::syntax::tree::FunctionId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let clients = model.clients_left_open();
    out.extend(clients.iter().filter_map(|client| judge(model, client)));
}

fn judge(model: &Model, client: &Client) -> Option<Finding> {
    let tree = model.tree;
    let repeat = model.repeat(client.made, FunctionId(0));
    if repeat.level < Level::Calls || model.runs_once_by_guard(client.made) {
        return None;
    }
    let (opens, _) = model.apis.opens(client.ty)?;
    let often = repeat.level == Level::Again
        || !model.is_set_up(&repeat, client.made) && !model.is_script(client.made);
    let confidence = match often {
        true => Confidence::Likely,
        false => Confidence::Possible,
    };
    let name = match client.name {
        Some(name) => format!("`{}`", tree.name_text(name)),
        None => proof::called(model, client.made),
    };
    let each = match repeat.why {
        Why::Loop { .. } => "in each round",
        Why::Callback | Why::Cycle => "each time it runs",
        _ => "on each call",
    };
    let mut steps = vec![proof::step(
        model,
        Role::Acquired,
        client.made,
        format!("opens {opens}"),
    )];
    steps.extend(proof::again(model, &repeat));
    steps.push(proof::step(
        model,
        Role::Held,
        client.made,
        "what it has opened keeps it alive, even when the code that made it has forgotten it".to_string(),
    ));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        client.name.unwrap_or(client.made),
        "nothing here closes it, keeps it for the next call, or hands it to somebody who could".to_string(),
    ));
    Some(Finding {
        confidence,
        message: format!("{name} opens {opens} {each}, and is never closed"),
        steps,
        help: "make it once, outside this function, and share it; or close it in `finally`".to_string(),
        assumption: Some("this code runs many times in one process".to_string()),
        ..proof::finding(model, "client-per-call", client.made)
    })
}
