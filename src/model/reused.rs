//! Emitters that are there since an earlier call: looked up in a collection, or made by whoever came first. A call that
//! gets one and adds a listener adds one more to those of all calls before.

use crate::syntax::tree::{FunctionId, FunctionKind, Kind, NodeId};

use super::Model;
use super::calls::How;
use super::place::{Place, Root, Seg};
use super::resources::{Fate, Resource};

impl Model<'_> {
    /// A listener on what a collection has kept since an earlier call, or gets now: `map.get(key) ?? make()`. Returns
    /// where the one that is kept is looked up. Refuses callbacks that were handed in: their owners come to register.
    pub fn is_on_reused(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        let binding = tree.variable(tree.base(target))?;
        let function = tree.function_of(resource.at);
        let own = tree.declared_in(binding) == function && self.tree.parameter(binding).is_none();
        if !own || listener.once || listener.hidden || !tree.is(listener.callback, Kind::Function) {
            return None;
        }
        let (mut kept, mut made) = (None, None);
        for write in self.index.writes[binding.index()].iter() {
            let (value, path) = write.value?;
            if !path.is_empty() {
                return None;
            }
            let parts = match tree.kind(value) {
                Kind::Logical => [tree.child(value, 0), tree.child(value, 1)],
                _ => [value, value],
            };
            for part in parts {
                match self.looked_up(part) {
                    true => kept = Some(part),
                    false if tree.is_nullish(part) => {}
                    false => made = Some(write.at),
                }
            }
        }
        // Added where the new one is made, it comes once for each.
        let (kept, made) = (kept?, made?);
        let fresh_only = made != tree.parent(kept)
            && (self.exclude(kept, resource.at)
                || tree
                    .ancestors(resource.at)
                    .any(|up| tree.is(up, Kind::If) && tree.contains(up, made) && !tree.contains(up, kept)));
        // Whether there is one already, the variable itself tells.
        let flag = self
            .guard(resource.at)
            .filter(|it| it.root != Root::Binding(binding));
        let guarded = flag.is_some() || self.runs_once_by_key(resource.at);
        // That it ends one day helps nobody until then.
        let stays = match self.fate_of(resource) {
            Fate::Dropped => true,
            Fate::Released(_) => self.taken_off(listener, target).is_none(),
            _ => false,
        };
        (!fresh_only && !guarded && stays).then_some(kept)
    }

    /// Gets an element of a collection that outlives the call: `this.rooms.get(name)`, `rooms[name]`.
    fn looked_up(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let container = match tree.kind(node) {
            Kind::Index => tree.child(node, 0),
            Kind::Call if tree.is(tree.callee(node), Kind::Member) => {
                if !self.effect(node).is_some_and(|effect| effect.gets) {
                    return false;
                }
                tree.child(tree.callee(node), 0)
            }
            _ => return false,
        };
        self.place(container).is_some_and(|place| match place.root {
            Root::Instance(_) => !place.path.is_empty(),
            Root::Binding(it) => {
                let (declared, function) = (tree.declared_in(it), tree.function_of(node));
                // Of a function around: there for all runs of a handler, but not for one that runs within the call.
                let runs_within = || self.entries(function).iter().all(|it| it.how == How::Call);
                declared == FunctionId(0)
                    || declared != function && self.tree.parameter(it).is_none() && !runs_within()
            }
            _ => false,
        })
    }

    /// A listener or subscription on what a field or variable holds since the first call: `if (!this.popup) this.open()`
    /// stands before it, and the code behind that runs each time. Returns where the one that is kept is asked for.
    pub fn is_on_made_before(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let mut at = resource.target.filter(|_| resource.kind.on_receiver)?;
        if resource.listener.as_ref().is_some_and(|it| it.once || it.hidden) {
            return None;
        }
        // `this.popup.closed().subscribe(…)` is about `this.popup`.
        loop {
            if let Some(asked) = self.place(at).and_then(|it| self.made_by_first(&it, resource.at)) {
                return (self.fate_of(resource) == Fate::Dropped).then_some(asked);
            }
            at = match tree.kind(at) {
                Kind::Call if tree.is(tree.callee(at), Kind::Member) => tree.child(tree.callee(at), 0),
                Kind::Member => tree.child(at, 0),
                _ => return None,
            };
        }
    }

    /// The test before this code, in its function, behind which the place is filled if it is empty.
    fn made_by_first(&self, place: &Place, at: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let lasts = !place.path.segs().contains(&Seg::ELEMENT)
            && match place.root {
                Root::Instance(_) => !place.path.is_empty(),
                Root::Binding(binding) => tree.declared_in(binding) != tree.function_of(at),
                _ => false,
            };
        let values = self.values_at(place);
        let is_store = |node: NodeId| {
            let stores = |&(store, value): &(NodeId, Option<NodeId>)| {
                store == node && value.is_some_and(|it| matches!(tree.kind(it), Kind::Call | Kind::New))
            };
            tree.is(node, Kind::Assign) && values.iter().any(stores)
        };
        // What is let go of in between is another one each time.
        let emptied = values.iter().any(|&(store, value)| {
            let function = tree.function(tree.function_of(store));
            tree.is(store, Kind::Assign)
                && value.is_some_and(|it| tree.is_nullish(it))
                && function.kind != FunctionKind::Constructor
                && !self.named("teardown_methods", function.name)
        });
        if !lasts || emptied || self.guard(at).is_some() {
            return None;
        }
        let fills = |node: NodeId| {
            is_store(node)
                || tree.is(node, Kind::Call)
                    && self
                        .called_functions(node)
                        .iter()
                        .any(|&it| tree.subtree(tree.body(it)).any(is_store))
        };
        let outer = tree.function(tree.function_of(at)).node;
        tree.ancestors(at)
            .take_while(|&up| up != outer)
            .filter(|&up| tree.is(up, Kind::Block))
            .flat_map(|block| tree.children(block).take_while(|&it| it < at))
            .filter(|&it| tree.is(it, Kind::If) && !tree.contains(it, at))
            .find(|&it| {
                self.tests_missing(tree.child(it, 0), place)
                    && !self.always_leaves(tree.child(it, 1))
                    && tree.subtree(tree.child(it, 1)).any(fills)
            })
    }
}
