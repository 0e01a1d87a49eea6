//! What a component acquires behind an `await` or in a step of a promise: the component may have ended by then, and its
//! cleanup has run, in vain.
//!
//! Refuses acquisitions behind any test of something that outlives the wait (a flag, a ref, a signal), and components
//! whose end aborts the wait.

use crate::syntax::tree::{BindingKind, FunctionId, Kind, NodeId};

use super::Model;
use super::calls::How;
use super::cleanups::LostCleanup;
use super::lives::{End, Life, Of};
use super::resources::{Fate, Outlives, Resource};

/// A resource that may be acquired when its owner has ended.
#[derive(Clone, Copy, Debug)]
pub struct Late<'m> {
    pub resource: &'m Resource<'m>,
    pub life: Life,
    /// The `await`, or the call whose callback comes later.
    pub wait: NodeId,
    /// The release, which has run before.
    pub release: NodeId,
}

/// How many functions may stand between a component and what it acquires.
const MAX_FUNCTIONS: usize = 5;

impl<'a> Model<'a> {
    /// Not those whose cleanup is lost anyway.
    pub fn late(&self, lost: &[LostCleanup]) -> Vec<Late<'_>> {
        let resources = self
            .resources()
            .filter(|it| !lost.iter().any(|lost| lost.acquired == Some(it.at)));
        resources.filter_map(|it| self.late_at(it)).collect()
    }

    fn late_at<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Late<'m>> {
        let life = self.life(resource.at);
        let may_end_soon = match self.end(&life) {
            End::Framework(_) | End::Cleanup => true,
            // `return () => subscription?.unsubscribe()`
            End::Method(end) => self.tree.is(end, Kind::Function),
            End::None => false,
        };
        if !may_end_soon || resource.kind.ends || resource.kind.value {
            return None;
        }
        let Fate::Released(release) = self.fate_of(resource) else {
            return None;
        };
        let wait = self.waits_before(resource.at, &life)?;
        // What stands in the late code itself is returned by it, to whoever waits for it.
        let acquiring = self.tree.function_of(resource.at);
        let begun = !self.tree.nests(acquiring, self.tree.function_of(release));
        // Who releases it expects it to live on.
        let outlives = resource
            .target
            .is_none_or(|it| self.outlives(it, &life) != Outlives::No);
        let runs_before = begun && outlives && self.runs_at_end(release, &life);
        (runs_before && !self.aborts_at_end(&life)).then_some(Late {
            resource,
            life,
            wait,
            release,
        })
    }

    /// `await tick()`: hardly anything can end in the meantime.
    pub fn waits_a_moment(&self, late: &Late) -> bool {
        let tree = self.tree;
        let waited = match tree.kind(late.wait) {
            Kind::Await => tree.child(late.wait, 0),
            _ => late.wait,
        };
        let name = match tree.kind(waited) {
            Kind::Call => tree.callee(waited),
            _ => waited,
        };
        matches!(tree.kind(name), Kind::Ident | Kind::Member)
            && self.named("moment_waits", tree.name_of(name))
    }

    /// The wait between the beginning of the component and this code, unless the code behind it asks whether all is as
    /// it was.
    fn waits_before(&self, at: NodeId, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        let begins = match life.of {
            Of::Component(it) | Of::Mount(it) | Of::Call(it) => it,
            Of::Instance(_) | Of::Program => FunctionId::NONE,
        };
        let mut node = at;
        for _ in 0..MAX_FUNCTIONS {
            let function = tree.function_of(node);
            if function == FunctionId(0) {
                return None;
            }
            let body = tree.body(function);
            let is_wait = |it: &NodeId| tree.is(*it, Kind::Await) && tree.function_of(*it) == function;
            // The last one before, or one among the acquiring call's own arguments.
            let wait = (body.0..tree[node].end.0)
                .map(NodeId)
                .filter(is_wait)
                .rfind(|&it| !self.exclude(it, node));
            if let Some(wait) = wait {
                // A function that waits itself gives its cleanup behind that.
                let late = !matches!(life.of, Of::Call(it) if it == function);
                return (late && !self.asks_behind(wait, function)).then_some(wait);
            }
            if function == begins {
                return None;
            }
            let entry = match self.entries(function) {
                [entry] if entry.from != FunctionId::NONE => *entry,
                _ => return None,
            };
            if self.asks_behind(body, function) {
                return None;
            }
            if self.is_promise_step(entry.site) {
                return Some(entry.site);
            }
            if entry.how != How::Call {
                return None;
            }
            node = entry.site;
        }
        None
    }

    /// A test of something that is not the function's own stands behind `from`.
    fn asks_behind(&self, from: NodeId, function: FunctionId) -> bool {
        let tree = self.tree;
        let outer = |it: NodeId| match tree.kind(it) {
            Kind::This | Kind::Call => true,
            Kind::Ident => tree.binding_of(it).is_some_and(|binding| {
                let info = &tree.bindings[binding.index()];
                let declared = tree.scopes[info.scope.index()].function;
                declared != function && info.kind != BindingKind::Import && declared != FunctionId(0)
            }),
            _ => false,
        };
        let asks = |test: NodeId| tree.subtree(test).any(outer);
        let body = tree.body(function);
        tree.subtree(body)
            .filter(|&it| matches!(tree.kind(it), Kind::If | Kind::Conditional | Kind::Logical))
            .filter(|&it| tree.function_of(it) == function)
            .any(|it| {
                let test = tree.child(it, 0);
                test > from && asks(test)
            })
    }

    /// The end gives the work up: `controller.abort()`.
    fn aborts_at_end(&self, life: &Life) -> bool {
        let tree = self.tree;
        self.index.calls.iter().any(|&call| {
            let callee = tree.callee(call);
            tree.is(callee, Kind::Member)
                && self.named("aborting_methods", tree.name_of(callee))
                && self.runs_at_end(call, life)
        })
    }
}
