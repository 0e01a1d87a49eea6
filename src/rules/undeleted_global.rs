use crate::finding::Finding;
use crate::model::Model;

pub fn check(_model: &Model, _out: &mut Vec<Finding>) {}
