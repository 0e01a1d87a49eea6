//! Listeners that a method adds to what it opens, which the object keeps from its beginning: closed and opened again,
//! that has one more. `open() { this.port.on('data', …); this.port.open(); }`
//!
//! Refuses what the object makes anew, what asks before it adds, and objects that nobody in the file closes.

use crate::syntax::tree::{FunctionId, NodeId};

use super::super::Model;
use super::super::place::Root;
use super::super::resources::Resource;
use super::super::uses::{self, Use};

/// What is opened and closed, and keeps a listener of each time.
#[derive(Clone, Copy, Debug)]
pub struct Reopened {
    /// The method that adds the listener.
    pub method: FunctionId,
    pub opens: NodeId,
    /// Another method closes it, and leaves its listeners.
    pub closes: NodeId,
}

impl Model<'_> {
    pub fn reopened(&self, resource: &Resource) -> Option<Reopened> {
        let listener = resource.listener.as_ref().filter(|it| !it.once && !it.hidden)?;
        let target = resource.target?;
        let place = self.place(target)?;
        let Root::Instance(owner) = place.root else {
            return None;
        };
        if place.path.segs().len() != 1 || !self.is_made_at_first(&place) {
            return None;
        }
        let method = self.method_around(resource.at, owner)?;
        let starts = |name: &str| self.apis.begins_with("restart_words", name);
        if !starts(self.tree.text(self.tree.function(method).name)) {
            return None;
        }
        let uses = self.uses_near(&place);
        let called = |it: &Use, named: &dyn Fn(&str) -> bool| match it.op {
            uses::Op::Method { name } if it.path == place.path && named(self.tree.text(name)) => {
                self.method_around(it.node, owner)
            }
            _ => None,
        };
        let opens = uses.iter().find(|it| called(it, &starts) == Some(method))?.node;
        let ends = |name: &str| self.apis.named("end_methods", name);
        let closes = uses
            .iter()
            .find(|it| called(it, &ends).is_some_and(|it| it != method))?;
        let kept = !self.runs_once_by_guard(resource.at)
            && !self.is_asked_for(listener)
            && !self.is_shared(listener)
            && self.taken_off(listener, target).is_none();
        kept.then_some(Reopened {
            method,
            opens,
            closes: closes.node,
        })
    }
}
