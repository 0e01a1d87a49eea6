//! A listener on something that lives longer, which its component or instance never removes.

use super::{listener_per_call, unreleased};
use crate::finding::Finding;
use crate::model::Model;

const RULE: &str = "listener-not-removed";

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    let resources = model.resources().filter(|it| it.kind.rule == RULE);
    let own = resources.filter(|it| !listener_per_call::is_own(model, it));
    out.extend(own.filter_map(|it| unreleased::judge(RULE, model, it)));
}
