//! A connection, channel or worker that nobody closes.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("connection-not-closed", model, out);
}
