//! An observer that goes on watching after its owner is gone.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("observer-not-disconnected", model, out);
}
