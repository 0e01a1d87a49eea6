//! Entries for things whose end the file sees: the handler of their last event, or the function that is handed out to
//! end them. It is the place to take the entry out.

use crate::apis::Word;
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId};

use super::super::Model;
use super::super::growth::Site;
use super::Way;

/// Where what an entry stands for ends.
#[derive(Clone, Debug)]
pub struct EntryEnd {
    /// [`Way::Ended`] or [`Way::HandedOut`].
    pub way: Way,
    /// The listener for its end, or the call that ends it.
    pub at: NodeId,
    /// The functions that run then.
    pub functions: Vec<FunctionId>,
}

impl Model<'_> {
    /// Refuses ends that are handled by functions out of sight.
    pub fn entry_end(&self, site: &Site) -> Option<EntryEnd> {
        let things = self.things_of(site);
        if things.is_empty() {
            return None;
        }
        self.end_heard(site, &things)
            .or_else(|| self.end_handed_out(site, &things))
    }

    /// The variables of what an entry holds: itself, what its object is made of, what its function uses. They are of
    /// this one run.
    fn things_of(&self, site: &Site) -> Vec<BindingId> {
        let tree = self.tree;
        let Some(value) = site.value else {
            return Vec::new();
        };
        let stores = tree.function_of(site.node);
        let idents: Vec<NodeId> = match tree.kind(value) {
            Kind::Ident => vec![value],
            Kind::Object => tree
                .children(value)
                .filter(|&it| tree.is(it, Kind::Property))
                .map(|it| tree.value(it))
                .filter(|&it| tree.is(it, Kind::Ident))
                .collect(),
            Kind::Function => tree
                .subtree(value)
                .filter(|&it| tree.is(it, Kind::Ident))
                .collect(),
            _ => Vec::new(),
        };
        let bindings = idents.into_iter().filter_map(|it| tree.binding_of(it));
        let own = bindings.filter(|it| tree.declared_in(*it) == stores && stores != FunctionId(0));
        let mut own: Vec<BindingId> = own.collect();
        own.dedup();
        own
    }

    /// `session.on('exit', handler)`, beside the store.
    fn end_heard(&self, site: &Site, things: &[BindingId]) -> Option<EntryEnd> {
        let tree = self.tree;
        let stores = tree.function_of(site.node);
        self.resources().find_map(|it| {
            let (listener, target) = (it.listener.as_ref()?, it.target?);
            if tree.function_of(it.at) != stores || !tree.is(target, Kind::Ident) {
                return None;
            }
            let is_thing = tree.binding_of(target).is_some_and(|it| things.contains(&it));
            let event = self.event_text(listener.event)?;
            let ends = self.apis.event(self.ty(target), event).is_some_and(|it| it.ends)
                && !self.apis.named("fault_events", event);
            let functions = self.functions(listener.callback).to_vec();
            (is_thing && ends && !functions.is_empty()).then_some(EntryEnd {
                way: Way::Ended,
                at: it.at,
                functions,
            })
        })
    }

    /// `return () => subscription.unsubscribe()`, from the function that stores.
    fn end_handed_out(&self, site: &Site, things: &[BindingId]) -> Option<EntryEnd> {
        let tree = self.tree;
        let ends = self.made_ends(tree.function_of(site.node));
        let functions: Vec<FunctionId> = ends.iter().map(|it| it.1).collect();
        let is_end = |&call: &NodeId| {
            let callee = tree.callee(call);
            let object = match tree.kind(callee) {
                Kind::Member if self.word(tree.name_of(callee)).may(Word::CLEANS) => tree.child(callee, 0),
                Kind::Ident => callee,
                _ => return false,
            };
            let binding = tree.variable(object);
            binding.is_some_and(|it| things.contains(&it))
        };
        let mut calls = functions.iter().flat_map(|&it| self.calls_in(it)).copied();
        let at = calls.find(is_end)?;
        Some(EntryEnd {
            way: Way::HandedOut,
            at,
            functions,
        })
    }
}
