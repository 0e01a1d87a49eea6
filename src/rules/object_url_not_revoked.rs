//! A URL made for a blob, which keeps all its bytes until it is revoked.

use super::unreleased;
use crate::finding::Finding;
use crate::model::Model;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    unreleased::check("object-url-not-revoked", model, out);
}
