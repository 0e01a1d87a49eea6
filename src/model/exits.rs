//! Ways out: where a function may leave behind some code and before what should follow it, by an error or a return.
//!
//! Refuses to know which awaited calls fail: each may. Of others, only those that are known to throw count. Ways out of
//! `catch` and `finally` blocks are not looked at.

use crate::syntax::tree::{FunctionId, Kind, NodeId};

use super::Model;

/// A way out.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// The `await`, `throw` or `return`.
    pub at: NodeId,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What is awaited fails.
    Fails,
    Throws,
    Returns,
}

/// How far called functions are followed.
const MAX_DEPTH: u32 = 3;

impl Model<'_> {
    /// The first way out of the function behind `from` that passes none of the `goals`, which stand in this function
    /// and are what a normal run comes to. Ways that a test excludes are left out: `excused` says which tests do, and
    /// `harmless` which other ways.
    pub fn exit_before(
        &self,
        from: NodeId,
        goals: &[NodeId],
        excused: impl Fn(NodeId) -> bool,
        harmless: impl Fn(NodeId) -> bool,
    ) -> Option<Exit> {
        let tree = self.tree;
        let behind = tree[tree.statement(from)].end;
        self.exit_between(behind, tree.function_of(from), goals, |exit| {
            harmless(exit)
                || self.exclude(from, exit)
                || self.is_excused(exit, tree.function_of(from), &excused)
        })
    }

    /// The first way out of the function that passes none of the `goals`, as above, if it stands at `start` or behind.
    pub fn exit_between(
        &self,
        start: NodeId,
        function: FunctionId,
        goals: &[NodeId],
        is_harmless: impl Fn(NodeId) -> bool,
    ) -> Option<Exit> {
        let tree = self.tree;
        let last = *goals.iter().max()?;
        (start.0..last.0)
            .map(NodeId)
            .filter(|&node| tree.function_of(node) == function)
            .filter_map(|at| {
                let way = match tree.kind(at) {
                    Kind::Await => Way::Fails,
                    Kind::Throw => Way::Throws,
                    Kind::Return => Way::Returns,
                    Kind::Call if self.typed_effect(at).is_some_and(|it| it.fails) => Way::Fails,
                    _ => return None,
                };
                Some(Exit { at, way })
            })
            .find(|exit| {
                let harmless = goals.iter().any(|&goal| self.is_passed(goal, exit))
                    || self.is_caught(exit, goals)
                    || exit.way == Way::Fails && self.never_fails(exit.at)
                    || is_harmless(exit.at);
                !harmless
            })
    }

    /// A callback that is told of an error first, and then leaves without coming to the goal that it comes to when all
    /// is well: `if (error) return done(error)`. The callback `handed` is told that there is nothing to leave behind.
    pub fn exit_on_error(&self, handed: FunctionId, goals: &[NodeId]) -> Option<Exit> {
        let tree = self.tree;
        let mut functions: Vec<FunctionId> = goals.iter().map(|&it| tree.function_of(it)).collect();
        functions.dedup();
        let reaching: Vec<FunctionId> = functions.clone();
        let comes_to_goal = |node: NodeId| {
            tree.subtree(node).any(|it| {
                goals.contains(&it)
                    || tree.is(it, Kind::Call)
                        && self
                            .called_functions(it)
                            .iter()
                            .any(|function| reaching.contains(function))
            })
        };
        functions
            .into_iter()
            .filter(|&function| function != handed && tree.nests(handed, function))
            .find_map(|function| {
                let first = tree.params(function).next().map(|param| tree.child(param, 0))?;
                let error = tree.binding_of(first).filter(|_| tree.is(first, Kind::Binding))?;
                let named = tree.name_text(first).to_lowercase();
                let last = goals
                    .iter()
                    .copied()
                    .rfind(|&it| tree.function_of(it) == function)?;
                let body = tree.function(function).node;
                let leaving = tree.subtree(body).find(|&it| {
                    tree.is(it, Kind::If)
                        && it < last
                        && tree.function_of(it) == function
                        && tree.is(tree.child(it, 0), Kind::Ident)
                        && tree.binding_of(tree.child(it, 0)) == Some(error)
                        && self.always_leaves(tree.child(it, 1))
                        && !comes_to_goal(tree.child(it, 1))
                })?;
                let before = goals
                    .iter()
                    .any(|&it| tree.function_of(it) == function && it < leaving);
                let is_error = named.starts_with("err") || named == "e";
                (is_error && !before).then_some(Exit {
                    at: leaving,
                    way: Way::Returns,
                })
            })
    }

    /// Each run that leaves here has been at the goal, or is on the way to it.
    fn is_passed(&self, goal: NodeId, exit: &Exit) -> bool {
        let tree = self.tree;
        if tree.contains(exit.at, goal) {
            return true;
        }
        goal < exit.at && tree.contains(tree.block_of(goal), exit.at)
    }

    /// A `finally` or `catch` around the way out comes to a goal, or the run goes on behind the `catch`.
    fn is_caught(&self, exit: &Exit, goals: &[NodeId]) -> bool {
        let tree = self.tree;
        let mut inside = exit.at;
        let mut returns = exit.way == Way::Returns;
        for up in tree.ancestors(exit.at) {
            if tree.is(up, Kind::Function) {
                return false;
            }
            if tree.is(up, Kind::Try) {
                let (block, catch, finally) = (tree.child(up, 0), tree.child(up, 1), tree.child(up, 2));
                let reaches = |part: NodeId| goals.iter().any(|&goal| tree.contains(part, goal));
                // Whoever fails while tidying up has other troubles.
                if inside == finally || inside == catch || reaches(finally) {
                    return true;
                }
                if inside == block && !returns && tree.is(catch, Kind::Catch) {
                    let body = tree.children(catch).last();
                    let leaves = body.filter(|&body| self.always_leaves(body));
                    let Some(body) = leaves.filter(|_| !reaches(catch)) else {
                        return true;
                    };
                    // The `catch` leaves in turn: by an error again, or not.
                    returns = tree.subtree(body).any(|it| tree.is(it, Kind::Return));
                }
            }
            inside = up;
        }
        false
    }

    /// `await work().catch(report)`, or a promise of this file that nothing rejects.
    fn never_fails(&self, wait: NodeId) -> bool {
        self.tree.is(wait, Kind::Await) && self.never_rejects(self.tree.child(wait, 0), 0)
    }

    /// The promise is never rejected, as far as the file tells.
    pub(super) fn never_rejects(&self, value: NodeId, depth: u32) -> bool {
        let tree = self.tree;
        match tree.kind(value) {
            // `new Promise(resolve => …)`
            Kind::New => {
                self.makes_promise(value)
                    && tree.args(value).next().is_some_and(|it| {
                        let executor = tree.is(it, Kind::Function).then(|| tree.function_at(it));
                        executor.is_some_and(|it| tree.params(it).count() < 2)
                    })
            }
            Kind::Call => {
                let callee = tree.callee(value);
                let caught = tree.is(callee, Kind::Member)
                    && (tree.name_text(callee) == "catch"
                        || tree.name_text(callee) == "then" && tree.args(value).count() > 1
                        || tree.name_text(callee) == "allSettled");
                let named = matches!(tree.kind(callee), Kind::Ident | Kind::Member);
                let waits = || {
                    // `await delay(ms)`, a timer that nobody can cancel.
                    if named && self.named("waiting_functions", tree.name_of(callee)) {
                        return tree.args(value).count() < 2;
                    }
                    let effect = self.typed_effect(value);
                    effect.is_some_and(|it| it.timer) && tree.args(value).count() < 3
                };
                let functions = self.called_functions(value);
                let known = depth < MAX_DEPTH && !functions.is_empty();
                caught || waits() || known && functions.iter().all(|&it| self.cannot_fail(it, depth + 1))
            }
            Kind::Ident => {
                let only = tree
                    .binding_of(value)
                    .and_then(|it| self.index.only_value(tree, it));
                only.is_some_and(|(it, path)| {
                    path.is_empty() && depth < MAX_DEPTH && self.never_rejects(it, depth + 1)
                })
            }
            Kind::Member => false,
            _ => true,
        }
    }

    /// An async function that waits for nothing that fails, or catches that; one that returns such a promise.
    fn cannot_fail(&self, function: FunctionId, depth: u32) -> bool {
        let tree = self.tree;
        let body = tree.body(function);
        let mut returns = self
            .index
            .returns_of(function)
            .iter()
            .map(|&it| tree.child(it, 0));
        if tree.function(function).is_async {
            return tree
                .subtree(body)
                .filter(|&it| tree.function_of(it) == function)
                .all(|at| {
                    let fails = match tree.kind(at) {
                        Kind::Await => !self.never_rejects(tree.child(at, 0), depth),
                        Kind::Throw => true,
                        Kind::Call => !tree.is(tree.parent(at), Kind::Await) && !self.is_quiet(at),
                        _ => false,
                    };
                    !fails || self.is_swallowed(at)
                });
        }
        returns.len() > 0 && returns.all(|it| self.never_rejects(it, depth))
    }

    /// In a `try` whose `catch` takes up all errors.
    fn is_swallowed(&self, at: NodeId) -> bool {
        let tree = self.tree;
        let mut inside = at;
        for up in tree.ancestors(at).take_while(|&up| !tree.is(up, Kind::Function)) {
            let catch = tree.is(up, Kind::Try).then(|| tree.child(up, 1));
            if let Some(catch) = catch
                && inside == tree.child(up, 0)
                && tree.is(catch, Kind::Catch)
            {
                let throws = |it| matches!(tree.kind(it), Kind::Throw | Kind::Await);
                return !tree.subtree(catch).any(throws);
            }
            // Whoever fails while tidying up has other troubles.
            if tree.is(up, Kind::Catch) {
                return true;
            }
            inside = up;
        }
        false
    }

    /// A call of which nobody expects an error.
    fn is_quiet(&self, call: NodeId) -> bool {
        self.effect(call).is_some_and(|it| !it.fails)
    }

    /// The code stands in a branch of its function.
    pub fn is_conditional(&self, at: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function_of(at);
        tree.ancestors(at)
            .take_while(|&up| tree.function_of(up) == function)
            .any(|up| matches!(tree.kind(up), Kind::If | Kind::Conditional | Kind::Switch))
    }

    /// Stands behind a test that excuses it.
    fn is_excused(&self, at: NodeId, function: FunctionId, excused: impl Fn(NodeId) -> bool) -> bool {
        let tree = self.tree;
        let within = tree
            .ancestors(at)
            .take_while(|&up| tree.function_of(up) == function);
        within
            .filter(|&up| tree.is(up, Kind::If))
            .any(|branch| excused(tree.child(branch, 0)))
    }
}
