//! A listener on something that lives longer, which its component or instance never removes.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("listener-not-removed", model, out);
}
