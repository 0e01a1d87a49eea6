//! Deadlines: a timeout in a promise's executor that settles the promise if nothing else does. When something else has,
//! the timeout is of no more use, but the event loop keeps it, and all that its callback refers to, until it is over.
//!
//! Refuses timeouts that are known to be short, and promises that only the timeout settles.

use crate::apis::Word;
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId};

use super::Model;
use super::calls::How;
use super::place::{Place, Root};
use super::resources::Resource;

/// A timeout that runs on when its promise has settled.
#[derive(Clone, Copy, Debug)]
pub struct Deadline<'m> {
    pub resource: &'m Resource<'m>,
    /// What settles the promise, and leaves the timeout.
    pub settles: NodeId,
    /// Where the timeout is cleared on another way.
    pub cleared: Option<NodeId>,
    /// It takes long; not known if the time is given from outside.
    pub is_long: bool,
}

/// The two that an executor gets: `resolve` and `reject`.
const MAX_SETTLERS: usize = 2;

impl<'a> Model<'a> {
    pub fn deadlines(&self) -> Vec<Deadline<'_>> {
        let timeouts = self.resources().filter(|it| {
            let effect = self.effect(it.at);
            it.kind.ends && it.kind.renewed.is_some() && effect.is_some_and(|effect| effect.timer)
        });
        timeouts.filter_map(|it| self.deadline(it)).collect()
    }

    fn deadline<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Deadline<'m>> {
        let tree = self.tree;
        let made = self.promise_around(resource.at)?;
        let executor = tree.args(made).next().filter(|&it| tree.is(it, Kind::Function))?;
        let executor = tree.function_at(executor);
        let is_long = self.lasts(resource);
        if is_long == Some(false) || self.runs_once(tree.function_of(made)) {
            return None;
        }
        let settlers: Vec<BindingId> = (tree.params(executor).take(MAX_SETTLERS))
            .map(|it| tree.child(it, 0))
            .filter(|&it| tree.is(it, Kind::Binding))
            .filter_map(|it| tree.binding_of(it))
            .collect();
        let callback = tree.args(resource.at).next()?;
        let own = self.functions(callback);
        let in_callback = |node: NodeId| {
            node == callback || own.iter().any(|&it| tree.contains(tree.function(it).node, node))
        };
        let all = || settlers.iter().flat_map(|&it| tree.references(it)).copied();
        if !all().any(in_callback) {
            return None;
        }
        let slot = match self.held_at(resource.at) {
            Some(Place {
                root: Root::Binding(binding),
                path,
            }) if path.is_empty() => Some(binding),
            // What is kept longer may be cleared by others.
            Some(_) => return None,
            None if tree.is(tree.parent(resource.at), Kind::ExprStmt) => None,
            None => return None,
        };
        let cleared: Vec<NodeId> = slot.map_or(Vec::new(), |it| self.clears(it, resource));
        // Around the executor: whoever waits for the promise cares for the timeout, too.
        let node = tree.function(executor).node;
        if cleared.iter().any(|&it| !tree.contains(node, it)) || slot.is_some() && cleared.is_empty() {
            return None;
        }
        // Handed on, to be called whenever the work is over: `cleanups.push(() => clearTimeout(timer))`.
        let handed_on = |it: &NodeId| {
            let mut entries = self.entries(tree.function_of(*it)).iter();
            entries.any(|entry| entry.how == How::Escapes && !self.is_given(entry.site))
        };
        if cleared.iter().any(handed_on) {
            return None;
        }
        let before = |it: NodeId| {
            it < resource.at && tree.function_of(it) == tree.function_of(resource.at)
                || self.exclude(it, resource.at)
        };
        let settles = all()
            .find(|&it| !in_callback(it) && !before(it) && !self.clears_beside(it, executor, &cleared))?;
        Some(Deadline {
            resource,
            settles,
            cleared: cleared.first().copied(),
            is_long: is_long == Some(true),
        })
    }

    /// Calls that clear the timeout in this variable; also the variable where it is handed on, to whatever may do so.
    fn clears(&self, slot: BindingId, resource: &Resource) -> Vec<NodeId> {
        let tree = self.tree;
        let uses = tree.references(slot).iter().map(|&it| (it, tree.parent(it)));
        let clears = uses.filter(|&(it, up)| match tree.kind(up) {
            Kind::Call => tree.callee(up) != it,
            Kind::Member => resource
                .kind
                .methods
                .iter()
                .any(|method| method == tree.name_text(up)),
            Kind::Return | Kind::Property | Kind::Array => true,
            _ => false,
        });
        clears.map(|(it, _)| it).collect()
    }

    /// An argument of a call, or an option, which is called sooner or later, rather than something that is kept.
    fn is_given(&self, site: NodeId) -> bool {
        let tree = self.tree;
        let grows = |call: NodeId| {
            let callee = tree.callee(call);
            tree.is(callee, Kind::Member) && self.word(tree.name_of(callee)).may(Word::GROWS)
        };
        // `connect({ onConnect, onError })`
        let options = tree.parent(site);
        let option = tree.is(options, Kind::Object)
            && matches!(tree.kind(tree.parent(options)), Kind::Call | Kind::New);
        tree.is(site, Kind::Call) && !grows(site) || option
    }

    /// Functions that a call may run, by any value of a variable.
    fn may_run(&self, call: NodeId) -> Vec<FunctionId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        let binding = tree.binding_of(callee).filter(|_| tree.is(callee, Kind::Ident));
        let writes = binding.map_or(&[][..], |it| &self.index.writes[it.index()]);
        let values = writes
            .iter()
            .filter_map(|write| write.value.map(|(value, _)| value));
        let mut found: Vec<FunctionId> = values
            .filter(|&it| tree.is(it, Kind::Function))
            .map(|it| tree.function_at(it))
            .collect();
        found.extend(self.called_functions(call));
        found
    }

    /// The timeout is cleared on the way that settles the promise here: in the function or one around it, by a function
    /// that is called there, or by its callers.
    fn clears_beside(&self, settles: NodeId, executor: FunctionId, cleared: &[NodeId]) -> bool {
        let tree = self.tree;
        let clears_in = |function: FunctionId, at: NodeId| {
            let direct = |it: &&NodeId| tree.function_of(**it) == function && !self.exclude(**it, at);
            let by_call = |call: &NodeId| {
                !self.exclude(*call, at)
                    && self.may_run(*call).iter().any(|&it| {
                        cleared
                            .iter()
                            .any(|&clear| tree.contains(tree.function(it).node, clear))
                    })
            };
            cleared.iter().any(|it| direct(&it)) || self.calls_in(function).iter().any(by_call)
        };
        let statement = tree.statement(settles);
        if cleared.iter().any(|&it| tree.contains(statement, it)) {
            return true;
        }
        let mut at = settles;
        loop {
            let function = tree.function_of(at);
            if function == executor {
                return clears_in(function, at);
            }
            let callers = self.entries(function);
            let by_callers = || callers.iter().all(|it| clears_in(it.from, it.site));
            if clears_in(function, at) || !callers.is_empty() && by_callers() {
                return true;
            }
            let node = tree.function(function).node;
            if node == Tree::ROOT {
                return false;
            }
            at = node;
        }
    }
}
