//! An interval that goes on after what started it is gone.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("timer-not-cleared", model, out);
}
