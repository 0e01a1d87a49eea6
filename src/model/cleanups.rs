//! Lost cleanups: functions that would release something, returned or registered where nobody ever runs them.
//!
//! Refuses to know what becomes of a function that goes to code out of sight, and what a function is for that calls
//! nothing which releases.

use crate::apis::Word;
use crate::syntax::tree::{BindingKind, FunctionId, Kind, NodeId};

use super::Model;
use super::calls::How;
use super::lives::{End, Life};
use super::resources::{Fate, Outlives, Resource};

/// A cleanup that never runs.
#[derive(Clone, Copy, Debug)]
pub struct LostCleanup {
    /// The function, or what it is returned as.
    pub cleanup: NodeId,
    /// The call that loses it.
    pub call: NodeId,
    pub why: Lost,
    /// What it would release, where the file shows it.
    pub acquired: Option<NodeId>,
    /// Shows that somebody would have to run it.
    pub sure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The callback is `async`: the caller gets a promise.
    Promise,
    /// The caller of the callback does not look at what that returns.
    Unused,
    /// Registered when the component is set up no longer.
    Late,
    /// The call's result is thrown away.
    Dropped,
}

impl Model<'_> {
    pub fn lost_cleanups(&self) -> Vec<LostCleanup> {
        let calls = self.index.calls.iter();
        // Most files clean nothing up.
        let mut handles = self.resources().filter(|it| it.kind.call);
        if self.calls_that(Word::CLEANS).next().is_none() && handles.next().is_none() {
            return Vec::new();
        }
        calls
            .filter_map(|&call| {
                self.lost_by_callback(call)
                    .or_else(|| self.registered_late(call))
                    .or_else(|| self.dropped_result(call))
            })
            .collect()
    }

    /// Calls of variables that are named like cleanups, and that nothing is ever put into: `let cleanup;` …
    /// `onDestroy(() => cleanup?.())`. Each with the declaration.
    pub fn unassigned_cleanups(&self) -> Vec<(NodeId, NodeId)> {
        let tree = self.tree;
        let unassigned = |&call: &NodeId| {
            let callee = tree.is(call, Kind::Call).then(|| tree.callee(call))?;
            let binding = tree.variable(callee)?;
            let info = &tree.bindings[binding.index()];
            let name = tree.text(info.name);
            let is_named = || self.is_releasing(call) || self.apis.begins_name("stopping_words", name);
            let is_variable = matches!(info.kind, BindingKind::Let | BindingKind::Var);
            let writes = &self.index.writes[binding.index()];
            let is_empty = || {
                writes.iter().all(|it| {
                    tree.is(it.at, Kind::Declarator)
                        && it.value.is_some_and(|(value, _)| tree.is_nullish(value))
                })
            };
            // What is released beside it may be all there is.
            let alone = |&it: &NodeId| it == call || !self.is_releasing(it);
            let beside = || self.calls_in(tree.function_of(call));
            (is_variable && is_empty() && is_named() && beside().iter().all(alone))
                .then_some((info.decl, call))
        };
        let mut found: Vec<_> = self.index.calls.iter().filter_map(unassigned).collect();
        found.dedup_by_key(|it| it.0);
        found
    }

    /// `useEffect(async () => { …; return cleanup })`, `onMounted(() => { …; return cleanup })`
    fn lost_by_callback(&self, call: NodeId) -> Option<LostCleanup> {
        let tree = self.tree;
        let callback = tree.args(call).find(|&arg| tree.is(arg, Kind::Function))?;
        let function = tree.function_at(callback);
        let returned = |&ret: &NodeId| Some(tree.child(ret, 0)).filter(|&value| self.is_cleanup(value));
        let cleanup = self.index.returns_of(function).iter().find_map(returned)?;
        let effect = self.effect(call);
        let why = match effect {
            Some(effect) if effect.cleans => {
                if !tree.function(function).is_async {
                    return None;
                }
                Lost::Promise
            }
            Some(effect) if effect.mounts || effect.unmounts || effect.timer || effect.adds.is_some() => {
                Lost::Unused
            }
            _ if self.is_promise_step(call) && self.is_unused(call) => Lost::Unused,
            _ => return None,
        };
        // Steps of promises and timers run once in many programs.
        let hook = effect.is_some_and(|it| it.mounts);
        let life = self.life(call);
        if !hook && !self.ends(&life) {
            return None;
        }
        let acquired = self.acquired_for(cleanup, function);
        Some(LostCleanup {
            cleanup,
            call,
            why,
            acquired: acquired.map(|it| it.at),
            sure: acquired.is_none_or(|it| self.is_held(it, &self.life(it.at))),
        })
    }

    /// `onUnmounted(cleanup)` behind an `await`
    fn registered_late(&self, call: NodeId) -> Option<LostCleanup> {
        let tree = self.tree;
        let function = tree.function_of(call);
        let may_register = self.called(call).may(Word::LIVES);
        if function == FunctionId(0) || !may_register || !self.effect(call)?.setup {
            return None;
        }
        let cleanup = tree.args(call).find(|&arg| self.is_cleanup(arg))?;
        let info = tree.function(function);
        let waits = || {
            let mut before = (info.node.0..call.0).map(NodeId);
            before.any(|it| {
                tree.is(it, Kind::Await) && tree.function_of(it) == function && !self.exclude(it, call)
            })
        };
        let runs_later = || {
            self.entries(function).iter().any(|entry| {
                tree.is(entry.site, Kind::Call)
                    && matches!(entry.how, How::Later | How::Again { .. })
                    && (self.is_promise_step(entry.site)
                        || self
                            .effect(entry.site)
                            .is_some_and(|it| it.timer || it.adds.is_some()))
            })
        };
        if !(info.is_async && waits() || runs_later()) {
            return None;
        }
        let acquired = self.acquired_for(cleanup, function);
        Some(LostCleanup {
            cleanup,
            call,
            why: Lost::Late,
            acquired: acquired.map(|it| it.at),
            sure: acquired.is_none_or(|it| self.is_held(it, &self.life(it.at))),
        })
    }

    /// `listen(window, handler)` as a statement, where the function `listen` returns what takes the handler off again.
    fn dropped_result(&self, call: NodeId) -> Option<LostCleanup> {
        let tree = self.tree;
        if !tree.is(call, Kind::Call) || !self.is_unused(call) {
            return None;
        }
        let [function] = self.called_functions(call)[..] else {
            return None;
        };
        let [ret] = self.index.returns_of(function) else {
            return None;
        };
        let cleanup = tree.child(*ret, 0);
        if tree.function(function).is_async || !tree.is(cleanup, Kind::Function) || !self.is_cleanup(cleanup)
        {
            return None;
        }
        let life = self.life(call);
        let acquired = self.acquired_for(cleanup, function)?;
        if !self.ends(&life) {
            return None;
        }
        Some(LostCleanup {
            cleanup,
            call,
            why: Lost::Dropped,
            acquired: Some(acquired.at),
            sure: self.target_of_call(acquired, call, function, &life),
        })
    }

    /// Somebody ends such a life, and others of its kind come.
    fn ends(&self, life: &Life) -> bool {
        !matches!(self.end(life), End::None)
    }

    /// What the resource is registered on, seen from the call of the function that registers it, lives longer.
    fn target_of_call(&self, resource: &Resource, call: NodeId, function: FunctionId, life: &Life) -> bool {
        let tree = self.tree;
        let Some(target) = resource.target else {
            return true;
        };
        let binding = tree.is(target, Kind::Ident).then(|| tree.binding_of(target));
        let position = binding.flatten().and_then(|binding| self.tree.parameter(binding));
        match position {
            Some((of, position)) if of == function => {
                let arg = self.argument(call, position);
                arg.is_some_and(|arg| self.outlives(arg, life) == Outlives::Yes)
            }
            _ => self.outlives(target, life) == Outlives::Yes,
        }
    }

    fn is_held(&self, resource: &Resource, life: &Life) -> bool {
        resource
            .target
            .is_none_or(|target| matches!(self.outlives(target, life), Outlives::Yes | Outlives::Given))
    }

    /// What is acquired in the function, or further in, and released by the cleanup.
    fn acquired_for(&self, cleanup: NodeId, function: FunctionId) -> Option<&Resource<'_>> {
        let tree = self.tree;
        if tree.is(cleanup, Kind::Ident)
            && let Some(handle) = self.acquired_handle(cleanup)
        {
            return Some(handle);
        }
        let bodies = self.functions(cleanup);
        let node = tree.function(function).node;
        self.resources()
            .filter(|it| tree.contains(node, it.at))
            .find(|it| match self.fate_of(it) {
                Fate::Released(release) => bodies
                    .iter()
                    .any(|&body| tree.contains(tree.function(body).node, release)),
                _ => false,
            })
    }

    /// Nothing looks at the value of the call.
    fn is_unused(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let mut at = call;
        loop {
            let up = tree.parent(at);
            match tree.kind(up) {
                Kind::ExprStmt => return true,
                Kind::Unary | Kind::Await => at = up,
                // `….then(…).catch(report)`
                Kind::Member
                    if tree.is(tree.parent(up), Kind::Call) && self.is_promise_step(tree.parent(up)) =>
                {
                    at = tree.parent(up);
                }
                _ => return false,
            }
        }
    }

    /// A function that releases, and is not about what it is given; or a name for one.
    pub(super) fn is_cleanup(&self, value: NodeId) -> bool {
        let tree = self.tree;
        let releases = |&function: &FunctionId| {
            let mut calls = self.calls_in(function).iter();
            // `(req, res) => …`
            tree.params(function).count() < 2 && calls.any(|&call| self.is_releasing(call))
        };
        match tree.kind(value) {
            Kind::Function => releases(&tree.function_at(value)),
            Kind::Ident => {
                self.functions(value).iter().any(releases) || self.acquired_handle(value).is_some()
            }
            _ => false,
        }
    }

    /// `const stop = store.subscribe(…); return stop`
    fn acquired_handle(&self, name: NodeId) -> Option<&Resource<'_>> {
        let tree = self.tree;
        let binding = tree.binding_of(name)?;
        self.resources()
            .filter(|it| it.kind.call && it.listener.is_none() && !it.kind.borrowed)
            .filter(|it| tree.is(tree.parent(it.at), Kind::Declarator))
            .find(|it| tree.binding_of(tree.child(tree.parent(it.at), 0)) == Some(binding))
    }

    fn is_releasing(&self, call: NodeId) -> bool {
        let name = self.called_name(call).map(|it| self.tree.name_of(it));
        name.is_some_and(|name| self.word(name).may(Word::CLEANS))
    }
}
