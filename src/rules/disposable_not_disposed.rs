//! A disposable that nobody disposes of, so that what it stands for goes on.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("disposable-not-disposed", model, out);
}
