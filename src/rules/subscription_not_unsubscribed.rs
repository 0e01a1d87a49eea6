//! A subscription that outlives its subscriber.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("subscription-not-unsubscribed", model, out);
}
