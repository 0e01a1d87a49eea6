//! Repeat: how often code runs, counted from the moment when something else (a module, a scope, an instance) began,
//! and why. The answer is a path through the callers, ready to be told as steps.

mod guards;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::apis::Removes;
use crate::syntax::tree::{FunctionId, Kind, NodeId};

use super::Model;
use super::calls::{Entry, How};

/// How often, at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Once, or as often as the program text says.
    Once,
    /// In a loop that ends.
    Loop,
    /// As often as callers outside the file like.
    Calls,
    /// Again and again: on events, timers, requests.
    Again,
}

/// Why code runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Once,
    /// A loop around it; `waits` if it awaits in between.
    Loop {
        waits: bool,
    },
    /// Code outside the file calls it.
    Outside(How),
    /// A callback that runs many times.
    Callback,
    /// The function starts itself again, through timers, events or awaits.
    Cycle,
}

#[derive(Clone, Debug)]
pub struct Repeat {
    pub level: Level,
    pub why: Why,
    /// What leads to the code, the repeating cause first: places and how each runs the next.
    pub path: Vec<Entry>,
    /// In a cycle: some step of it is the end or failure of an emitter, or its name tells of connecting again.
    pub reconnects: bool,
}

impl Repeat {
    fn once() -> Repeat {
        Repeat {
            level: Level::Once,
            why: Why::Once,
            path: Vec::new(),
            reconnects: false,
        }
    }
}

/// Which ways to some code count.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// Not what this call leads to.
    pub without: NodeId,
    /// Unknown code calls back what it is given.
    pub called_back: bool,
}

/// How far callers are followed.
const MAX_STATES: usize = 150;

impl Model<'_> {
    /// How often the code at `site` runs for one run of `outer` (NONE: for one instance or as long as the process lives).
    pub fn repeat(&self, site: NodeId, outer: FunctionId) -> Repeat {
        let ways = Ways {
            without: NodeId::NONE,
            called_back: false,
        };
        let function = self.tree.function_of(site);
        if self
            .loop_around(site, self.tree.function(function).node)
            .is_some()
        {
            return self.repeat_by(site, outer, ways);
        }
        // Outside loops, all code of a function runs as often.
        let key = (function, outer);
        if let Some(known) = self.repeats.borrow().get(&key) {
            return known.clone();
        }
        let repeat = self.repeat_by(site, outer, ways);
        self.repeats.borrow_mut().insert(key, repeat.clone());
        repeat
    }

    /// The same, counting only some of the ways there.
    pub fn repeat_by(&self, site: NodeId, outer: FunctionId, ways: Ways) -> Repeat {
        let tree = self.tree;
        let start = tree.function_of(site);
        let mut best = match self.loop_around(site, tree.function(start).node) {
            Some((at, waits)) => Repeat {
                level: if waits { Level::Again } else { Level::Loop },
                why: Why::Loop { waits },
                path: vec![Entry {
                    from: start,
                    site: at,
                    how: How::Call,
                }],
                reconnects: false,
            },
            None => Repeat::once(),
        };
        if start == outer || start == FunctionId(0) {
            return best;
        }
        // Backwards through the callers, breadth first: the shortest explanation wins.
        let mut came_from: FxHashMap<FunctionId, (FunctionId, Entry)> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        let mut visited = vec![start];
        let consider = |repeat: Repeat, best: &mut Repeat| {
            let better = (repeat.level, repeat.why == Why::Cycle) > (best.level, best.why == Why::Cycle);
            if better {
                *best = repeat;
            }
        };
        while let Some(function) = queue.pop_front() {
            if visited.len() > MAX_STATES {
                break;
            }
            let down = self.path_down(&came_from, function, start);
            let mut way: Vec<(FunctionId, NodeId)> =
                down.iter().map(|entry| (entry.from, entry.site)).collect();
            way.push((start, site));
            if let Some(mut cycle) = self.cycle(function, &way, outer, ways) {
                cycle.path.extend(down);
                consider(cycle, &mut best);
            }
            let unknown = [Entry {
                from: FunctionId::NONE,
                site: tree.function(function).node,
                how: How::Escapes,
            }];
            let entries = match self.entries(function) {
                // Nothing in the file runs it; something else may.
                [] => &unknown,
                entries => entries,
            };
            for &entry in entries.iter().filter(|entry| entry.site != ways.without) {
                let down = || {
                    let mut path = vec![entry];
                    path.extend(self.path_down(&came_from, function, start));
                    path
                };
                let repeat = |level, why| Repeat {
                    level,
                    why,
                    path: down(),
                    reconnects: false,
                };
                match entry.how {
                    How::Again { .. }
                        if self.ends_itself(&entry, function, way[0].1)
                            || way
                                .iter()
                                .any(|&(on, site)| self.stops_on_the_way(&entry, on, site)) => {}
                    How::Again { ends } => {
                        consider(
                            Repeat {
                                reconnects: ends,
                                ..repeat(Level::Again, Why::Callback)
                            },
                            &mut best,
                        );
                    }
                    How::Method | How::Exported | How::Escapes | How::Returned => {
                        if !(entry.how == How::Returned && entry.from == FunctionId::NONE) {
                            consider(repeat(Level::Calls, Why::Outside(entry.how)), &mut best);
                        }
                    }
                    How::Call | How::Later | How::Once => {}
                }
                let follow = matches!(entry.how, How::Call | How::Later | How::Once | How::Again { .. });
                if !follow || entry.from == FunctionId::NONE || self.is_called_on_new(&entry, outer) {
                    continue;
                }
                let caller = tree.function(entry.from).node;
                if let Some((around, waits)) = self.loop_around(entry.site, caller) {
                    let level = if waits { Level::Again } else { Level::Loop };
                    let mut repeat = repeat(level, Why::Loop { waits });
                    repeat.path.insert(
                        0,
                        Entry {
                            from: entry.from,
                            site: around,
                            how: How::Call,
                        },
                    );
                    consider(repeat, &mut best);
                }
                if entry.from != outer && entry.from != FunctionId(0) && !visited.contains(&entry.from) {
                    visited.push(entry.from);
                    came_from.insert(entry.from, (function, entry));
                    queue.push_back(entry.from);
                }
            }
        }
        best
    }

    /// `new Request(url).send()`: the instance begins with the call. `constructor` is that of the class.
    fn is_called_on_new(&self, entry: &Entry, constructor: FunctionId) -> bool {
        let tree = self.tree;
        if constructor == FunctionId::NONE || entry.how != How::Call || !tree.is(entry.site, Kind::Call) {
            return false;
        }
        let callee = tree.callee(entry.site);
        let object = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let made = object.and_then(|it| match tree.kind(it) {
            Kind::Ident => {
                let binding = tree.binding_of(it)?;
                let (value, path) = self.index.only_value(tree, binding)?;
                (tree.declared_in(binding) == entry.from && path.is_empty()).then_some(value)
            }
            _ => Some(it),
        });
        made.is_some_and(|it| tree.is(it, Kind::New) && self.called_functions(it).contains(&constructor))
    }

    /// The callback stops its own timer, or takes itself off the emitter, in each run that comes to `site`.
    pub(super) fn ends_itself(&self, entry: &Entry, function: FunctionId, site: NodeId) -> bool {
        let tree = self.tree;
        if !tree.is(entry.site, Kind::Call) {
            return false;
        }
        let Some(effect) = self.effect(entry.site) else {
            return false;
        };
        let ends = |call: NodeId| {
            let removes = effect.adds.is_some()
                && self
                    .effect(call)
                    .is_some_and(|it| it.removes == Some(Removes::Listener))
                && tree.args(call).any(|it| self.functions(it).contains(&function));
            removes || self.stops_timer(entry, call)
        };
        self.calls_in(function).iter().any(|&call| {
            let block = tree.block_of(call);
            ends(call) && tree.contains(block, site)
        })
    }

    /// The function stops the timer that led here before it goes on to `site`.
    fn stops_on_the_way(&self, entry: &Entry, function: FunctionId, site: NodeId) -> bool {
        let calls = self.calls_in(function);
        calls
            .iter()
            .any(|&call| call < site && self.stops_timer(entry, call) && !self.exclude(call, site))
    }

    /// The entry is made by a timer whose handle is held at a place, and the call stops what that place holds.
    fn stops_timer(&self, entry: &Entry, call: NodeId) -> bool {
        let tree = self.tree;
        if !tree.is(entry.site, Kind::Call) {
            return false;
        }
        let timer = self.effect(entry.site).filter(|it| it.timer);
        let timer = timer.and_then(|it| self.apis.resource(it.acquires.as_deref()?));
        let stopped = || tree.args(call).next().and_then(|it| self.place(it));
        timer.is_some_and(|it| self.is_release(call, it))
            && stopped().is_some_and(|it| self.held_at(entry.site) == Some(it))
    }

    /// The steps from `function` down to `start`.
    fn path_down(
        &self,
        came_from: &FxHashMap<FunctionId, (FunctionId, Entry)>,
        function: FunctionId,
        start: FunctionId,
    ) -> Vec<Entry> {
        let mut path = Vec::new();
        let mut at = function;
        while at != start {
            let Some(&(next, entry)) = came_from.get(&at) else {
                break;
            };
            path.push(entry);
            at = next;
        }
        path
    }

    /// A way from the function back to itself, without passing `outer`, that leaves the stack in between (so it is no
    /// mere recursion). What is to run again lies on `way`: a step on another branch of it does not lead there.
    fn cycle(
        &self,
        function: FunctionId,
        way: &[(FunctionId, NodeId)],
        outer: FunctionId,
        ways: Ways,
    ) -> Option<Repeat> {
        // States: a function, and whether the way from there has left the stack.
        let mut came_from: FxHashMap<(FunctionId, bool), ((FunctionId, bool), Entry)> = FxHashMap::default();
        let mut queue = VecDeque::from([(function, false)]);
        while let Some(state) = queue.pop_front() {
            if came_from.len() > MAX_STATES {
                return None;
            }
            for &entry in self
                .entries(state.0)
                .iter()
                .filter(|entry| entry.site != ways.without)
            {
                let leaves = match entry.how {
                    How::Later | How::Again { .. } => true,
                    How::Call => self.is_awaited(entry.site) || is_after_await(self, entry),
                    How::Escapes if ways.called_back && self.tree.is(entry.site, Kind::Call) => true,
                    _ => continue,
                };
                if entry.from == FunctionId::NONE
                    || entry.from == outer
                    || entry.from == FunctionId(0)
                    || self.is_called_on_new(&entry, outer)
                {
                    continue;
                }
                if way
                    .iter()
                    .any(|&(on, site)| on == entry.from && self.exclude(entry.site, site))
                {
                    continue;
                }
                let next = (entry.from, state.1 || leaves);
                if next == (function, true) {
                    let mut path = vec![entry];
                    let mut at = state;
                    while let Some(&(next, entry)) = came_from.get(&at) {
                        path.push(entry);
                        at = next;
                    }
                    let reconnects = path.iter().any(|entry| self.is_another_try(entry))
                        || self.tells_of_reconnecting(function);
                    return Some(Repeat {
                        level: Level::Again,
                        why: Why::Cycle,
                        path,
                        reconnects,
                    });
                }
                if next.0 != function && !came_from.contains_key(&next) {
                    came_from.insert(next, (state, entry));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// A step of a cycle that tells of trying again: behind a timer, an `await`, unknown code or the end of an emitter.
    fn is_another_try(&self, entry: &Entry) -> bool {
        let named = entry.from != FunctionId::NONE && self.tells_of_reconnecting(entry.from);
        named
            || self.is_ending_callback(entry)
            || match entry.how {
                How::Again { ends } => ends,
                How::Later => self.effect(entry.site).is_none_or(|effect| effect.adds.is_none()),
                How::Call => self.is_awaited(entry.site) || is_after_await(self, *entry),
                _ => true,
            }
    }

    fn tells_of_reconnecting(&self, function: FunctionId) -> bool {
        self.apis.mentions(
            "reconnect_words",
            self.tree.text(self.tree.function(function).name),
        )
    }

    /// The callback is for an event that ends or fails an emitter.
    pub fn is_ending_callback(&self, entry: &Entry) -> bool {
        let tree = self.tree;
        if !matches!(entry.how, How::Later | How::Again { .. }) || !tree.is(entry.site, Kind::Call) {
            return false;
        }
        let event = tree
            .args(entry.site)
            .next()
            .filter(|&arg| tree.is(arg, Kind::Str));
        event.is_some_and(|event| {
            self.apis
                .event(None, tree.name_text(event))
                .is_some_and(|event| event.ends)
        })
    }

    fn is_awaited(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function(tree.function_of(call));
        if !function.is_async && !function.is_generator {
            return false;
        }
        tree.ancestors(call)
            .take_while(|&up| up != function.node)
            .any(|up| self.is_await(up))
    }

    /// `await`, or `yield` in a generator that a helper runs as an async function.
    fn is_await(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Await => true,
            Kind::Yield => {
                let generator = tree.function(tree.function_of(node)).node;
                let call = tree.parent(generator);
                tree.is(call, Kind::Call)
                    && tree
                        .args(call)
                        .position(|arg| arg == generator)
                        .is_some_and(|at| self.callback_runs(call, at) == Some(How::Call))
            }
            _ => false,
        }
    }

    /// The loop around a node within its function, and whether it waits inside.
    pub fn loop_around(&self, node: NodeId, function: NodeId) -> Option<(NodeId, bool)> {
        let tree = self.tree;
        let mut inside = node;
        let mut found = None;
        let mut returns = false;
        for up in tree.ancestors(node) {
            if up == function {
                break;
            }
            let body = match tree.kind(up) {
                Kind::For | Kind::ForIn | Kind::ForOf | Kind::While => {
                    tree.children(up).last() == Some(inside)
                }
                Kind::DoWhile => tree.child(up, 0) == inside,
                _ => false,
            };
            // What is returned is found in the last round.
            returns |= matches!(tree.kind(up), Kind::Return | Kind::Throw);
            // … unless an error keeps it from being returned.
            returns &= !tree.is(up, Kind::Try);
            if body && (returns || runs_in_last_round(self, node, inside)) {
                inside = up;
                continue;
            }
            if body {
                let waits = self.endless(up) && self.waits_in(up);
                if waits || found.is_none() {
                    found = Some((up, waits));
                }
                if waits {
                    break;
                }
            }
            inside = up;
        }
        found
    }

    /// A loop with no end of its own: `while (true)`, `for (;;)`, `while (!this.closed)`, `for await`.
    fn endless(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::While | Kind::DoWhile => true,
            // `for (let attempt = 0; !stopped; attempt++)`: what counts does not end it.
            Kind::For => {
                let (test, update) = (tree.child(node, 1), tree.child(node, 2));
                let mentions = |node: NodeId| {
                    tree.subtree(node)
                        .filter(|&it| tree.is(it, Kind::Ident))
                        .map(|it| tree.name_of(it))
                };
                mentions(update).all(|counter| mentions(test).all(|it| it != counter))
            }
            Kind::ForOf => tree.has(node, crate::syntax::tree::flag::FLAG),
            _ => false,
        }
    }

    /// A loop without any condition to end it.
    pub fn is_endless(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let always = |test: NodeId| {
            tree.is(test, Kind::Empty)
                || tree.is(test, Kind::Bool) && tree[test].a == 1
                || tree.is(test, Kind::Num) && tree.number(test) != 0.0
        };
        match tree.kind(node) {
            Kind::While => always(tree.child(node, 0)),
            Kind::DoWhile => always(tree.child(node, 1)),
            Kind::For => always(tree.child(node, 1)),
            _ => false,
        }
    }

    fn waits_in(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function_of(node);
        tree.has(node, crate::syntax::tree::flag::FLAG)
            || tree
                .subtree(node)
                .any(|id| self.is_await(id) && tree.function_of(id) == function)
    }

    /// Each run of its function comes to the node: no condition around it, no way out before it.
    pub fn always_reaches(&self, node: NodeId) -> bool {
        self.always_reaches_but(node, &|_| false)
    }

    /// The same, apart from conditions that `holds` accepts.
    pub fn always_reaches_but(&self, node: NodeId, holds: &dyn Fn(NodeId) -> bool) -> bool {
        let tree = self.tree;
        let function = tree.function_of(node);
        let leaves = |statement: NodeId| {
            let held = || tree.is(statement, Kind::If) && holds(tree.child(statement, 0));
            let mut within = tree.subtree(statement);
            let leaves = within.any(|id| {
                matches!(tree.kind(id), Kind::Return | Kind::Throw) && tree.function_of(id) == function
            });
            leaves && !held()
        };
        let mut inside = node;
        for up in tree.ancestors(node) {
            match tree.kind(up) {
                Kind::Function | Kind::Program => return true,
                Kind::If | Kind::Conditional | Kind::Logical
                    if tree.child(up, 0) != inside && !holds(tree.child(up, 0)) =>
                {
                    return false;
                }
                Kind::Case
                | Kind::Catch
                | Kind::While
                | Kind::DoWhile
                | Kind::For
                | Kind::ForIn
                | Kind::ForOf => {
                    return false;
                }
                Kind::Block if tree.children(up).take_while(|&it| it < inside).any(leaves) => return false,
                _ => {}
            }
            inside = up;
        }
        true
    }

    /// No run of their function comes to both nodes: they are on different branches, or the first leaves.
    pub fn exclude(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        let (first, second) = (a.min(b), a.max(b));
        let mut inside = first;
        let mut leaves = false;
        // `return retry()`: what it fails with is nobody's here to catch.
        let mut returns = false;
        for up in tree.ancestors(first) {
            let is_branch =
                matches!(tree.kind(up), Kind::If | Kind::Conditional) && tree.child(up, 0) != inside;
            if tree.contains(up, second) {
                return leaves || is_branch && inside != second && !tree.contains(inside, second);
            }
            match tree.kind(up) {
                Kind::Function => return false,
                Kind::Return if tree.child(up, 0) == first => returns = true,
                // Behind it, code runs in spite of a way out that is left by an error.
                Kind::Try => leaves = returns,
                _ if returns => leaves = true,
                _ => leaves |= is_branch && self.always_returns(inside),
            }
            inside = up;
        }
        false
    }

    fn always_returns(&self, statement: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(statement) {
            Kind::Return | Kind::Throw => true,
            Kind::Block => tree
                .children(statement)
                .last()
                .is_some_and(|last| self.always_returns(last)),
            _ => false,
        }
    }

    /// The statement always returns, throws, breaks or continues.
    pub fn always_leaves(&self, statement: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(statement) {
            Kind::Return | Kind::Throw | Kind::Break | Kind::Continue => true,
            Kind::Block => tree
                .children(statement)
                .last()
                .is_some_and(|last| self.always_leaves(last)),
            Kind::If => {
                self.always_leaves(tree.child(statement, 1)) && self.always_leaves(tree.child(statement, 2))
            }
            _ => false,
        }
    }
}

/// The body of the loop ends with an unconditional way out, and nothing between the site and that goes on with the next
/// round: the site runs in the last round only.
fn runs_in_last_round(model: &Model, site: NodeId, body: NodeId) -> bool {
    let tree = model.tree;
    let is_out = |last| matches!(tree.kind(last), Kind::Return | Kind::Break | Kind::Throw);
    let leaves = tree.is(body, Kind::Block) && tree.children(body).last().is_some_and(is_out);
    let is_loop = |up: NodeId| {
        matches!(
            tree.kind(up),
            Kind::For | Kind::ForIn | Kind::ForOf | Kind::While | Kind::DoWhile | Kind::Function
        )
    };
    let around = tree.parent(body);
    let goes_on = |it: NodeId| {
        it > site && tree.is(it, Kind::Continue) && tree.ancestors(it).find(|&up| is_loop(up)) == Some(around)
    };
    leaves && !tree.subtree(body).any(goes_on)
}

/// `await` stands before the call in its function: a recursion that has left the stack.
fn is_after_await(model: &Model, entry: Entry) -> bool {
    let tree = model.tree;
    if entry.from == FunctionId::NONE {
        return false;
    }
    let from = tree.function(entry.from);
    if !from.is_async && !from.is_generator {
        return false;
    }
    let body = tree.body(entry.from);
    (body.0..entry.site.0)
        .map(NodeId)
        .any(|id| model.is_await(id) && tree.function_of(id) == entry.from)
}
