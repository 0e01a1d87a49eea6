//! Timeouts that bring back to life what has ended: the instance has an end that does not clear them, and what they run
//! opens something again without asking whether the end has come.

use rustc_hash::FxHashSet;

use crate::syntax::tree::{FunctionId, Kind, Name, NodeId};

use super::super::Model;
use super::super::lives::{End, Life, Of};
use super::super::place::{Place, Root};
use super::Resource;

/// How many functions are followed from a timeout's callback.
const MAX_FUNCTIONS: usize = 12;

impl Model<'_> {
    /// What the timeout opens again when the instance whose part it is has ended, and that end: something that is one of
    /// the given rules' and does not end by itself, or whatever a method opens that is named so.
    pub fn revives(&self, resource: &Resource, life: &Life, rules: &[&str]) -> Option<(NodeId, NodeId)> {
        let tree = self.tree;
        let end = match (self.end(life), life.of) {
            (End::Method(end), Of::Instance(_) | Of::Call(_)) => end,
            (End::Framework(component), Of::Instance(owner)) => {
                let mut members = self.owners.get(owner).members.iter();
                let ends = |name: Name| component.ends_by(tree.text(name));
                members.find(|it| it.function.is_some() && ends(it.name))?.node
            }
            _ => return None,
        };
        if self.runs_at_end(resource.at, life) || self.is_cleared_at_end(resource, life) {
            return None;
        }
        let callback = tree.args(resource.at).next()?;
        let run = self.with_called(self.functions(callback));
        let ended = self.written_at_end(life);
        let asks = |node: NodeId| {
            let is_test = matches!(tree.kind(node), Kind::If | Kind::Conditional | Kind::Logical);
            is_test
                && tree
                    .subtree(tree.child(node, 0))
                    .any(|it| self.tells_of_end(it, &ended))
        };
        // What a function leaves for later asks for itself.
        let mut tests = run.iter().flat_map(|&it| {
            let nodes = tree.subtree(tree.function(it).node);
            nodes.filter(move |&node| tree.function_of(node) == it)
        });
        if tests.any(asks) {
            return None;
        }
        let within = |at: NodeId| run.contains(&tree.function_of(at));
        let opens = |it: &&Resource| {
            let kind = it.kind;
            within(it.at) && it.listener.is_none() && it.typed && !kind.ends && rules.contains(&&*kind.rule)
        };
        let opened = self.resources().find(opens).map(|it| it.at);
        let connects = |call: &NodeId| {
            let callee = tree.callee(*call);
            let own = |it: &Place| match it.root {
                Root::Instance(_) => it.path.is_empty(),
                // `api` of `var api = {}; api.connect = …; return api`
                Root::Binding(binding) => {
                    it.path.is_empty() && life.of == Of::Call(tree.declared_in(binding))
                }
                _ => false,
            };
            let name = || tree.name_text(callee);
            // `open(item)` opens one of many, `connectionIsOpen()` none.
            tree.is(callee, Kind::Member)
                && self.place(tree.child(callee, 0)).is_some_and(|it| own(&it))
                && tree.args(*call).next().is_none()
                && self.apis.begins_name("connecting_words", name())
                && self.apis.has_word("connecting_words", name())
        };
        let calls = || run.iter().flat_map(|&it| self.calls_in(it).iter().copied());
        opened.or_else(|| calls().find(connects)).map(|at| (at, end))
    }

    /// Some code that runs when the instance ends clears the timeout, or may do so.
    fn is_cleared_at_end(&self, resource: &Resource, life: &Life) -> bool {
        let releases = self.releases_of_handle(resource);
        releases.is_none_or(|(releases, _)| releases.iter().any(|&it| self.runs_at_end(it, life)))
    }

    /// The functions, and those that they call.
    fn with_called(&self, mut functions: Vec<FunctionId>) -> Vec<FunctionId> {
        let mut at = 0;
        while let Some(&function) = functions.get(at) {
            at += 1;
            for &call in self.calls_in(function) {
                for called in self.called_functions(call) {
                    if functions.len() < MAX_FUNCTIONS && !functions.contains(&called) {
                        functions.push(called);
                    }
                }
            }
        }
        functions
    }

    /// Fields that the end writes.
    fn written_at_end(&self, life: &Life) -> FxHashSet<Place> {
        let tree = self.tree;
        let ends = self.with_called(self.teardowns(life).into_iter().collect());
        let assigns = self.index.assigns.iter().map(|&it| (it, tree.child(it, 0)));
        let written = assigns.filter(|&(at, _)| ends.contains(&tree.function_of(at)));
        written
            .filter_map(|(_, target)| self.place(target))
            .filter(|it| matches!(it.root, Root::Instance(_)))
            .collect()
    }

    /// A field that the end writes, or the name of something that tells of ends.
    fn tells_of_end(&self, node: NodeId, ended: &FxHashSet<Place>) -> bool {
        let tree = self.tree;
        matches!(tree.kind(node), Kind::Member | Kind::Ident)
            && (self.apis.has_word("late_words", tree.name_text(node))
                || self.place(node).is_some_and(|it| ended.contains(&it)))
    }
}
