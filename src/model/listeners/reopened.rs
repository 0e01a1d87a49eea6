//! Listeners that a method adds to what it opens, which the object keeps from its beginning: closed and opened again,
//! that has one more. `open() { this.port.on('data', …); this.port.open(); }`
//!
//! Refuses what the object makes anew, what asks before it adds, and objects that nobody in the file closes.

use crate::syntax::tree::{FunctionId, Kind, NodeId};

use super::super::Model;
use super::super::owners::OwnerId;
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
    /// The method makes something new that the object keeps: `this.socket = new Socket(url)`.
    fn makes_part(&self, owner: OwnerId, method: FunctionId) -> bool {
        let tree = self.tree;
        let node = tree.function(method).node;
        let is_part = |target: NodeId| {
            let place = self.place(target);
            place.is_some_and(|it| it.root == Root::Instance(owner) && it.path.segs().len() == 1)
        };
        let mut stores = self.index.assigns.iter().filter(|&&it| tree.contains(node, it));
        stores.any(|&store| {
            let value = self.written_value(tree.child(store, 1));
            tree.is(value, Kind::New) && is_part(tree.child(store, 0))
        })
    }

    pub fn reopened(&self, resource: &Resource) -> Option<Reopened> {
        let listener = resource.listener.as_ref().filter(|it| !it.once && !it.hidden)?;
        let target = resource.target?;
        let place = self.place(target)?;
        let Root::Instance(owner) = place.root else {
            return None;
        };
        let method = self.method_around(resource.at, owner)?;
        let starts = |name: &str| self.apis.begins_with("restart_words", name);
        if !starts(self.tree.text(self.tree.function(method).name)) {
            return None;
        }
        let kept = || {
            !self.runs_once_by_guard(resource.at)
                && !self.is_asked_for(listener)
                && !self.is_shared(listener)
                && self.taken_off(listener, target).is_none()
        };
        // The object listens to itself, each time it makes a connection.
        if place.path.is_empty() {
            if !self.makes_part(owner, method) || self.component(owner).is_some() {
                return None;
            }
            let mut members = self.owners.get(owner).members.iter();
            let closes = members.find(|it| {
                !it.is_static
                    && it.function.is_some_and(|it| it != method)
                    && self.named("end_methods", it.name)
            })?;
            let opens = self.tree.function(method).node;
            return kept().then_some(Reopened {
                method,
                opens,
                closes: closes.node,
            });
        }
        if place.path.segs().len() != 1 || !self.is_made_at_first(&place) {
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
        kept().then_some(Reopened {
            method,
            opens,
            closes: closes.node,
        })
    }
}
