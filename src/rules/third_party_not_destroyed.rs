//! A chart, a map, an editor that is never told to go.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("third-party-not-destroyed", model, out);
}
