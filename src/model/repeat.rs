//! Repeat: how often code runs, counted from the moment when something else (a module, a scope, an instance) began,
//! and why. The answer is a path through the callers, ready to be told as steps.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::apis::Removes;
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, FunctionKind, Kind, NodeId, Op};

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

/// What lies between some code and the test in front of it.
struct Passed {
    /// Functions that are called behind the test, and may set what it asks for.
    callers: Vec<FunctionId>,
    /// Functions that run when what the code began is over.
    within: Vec<FunctionId>,
}

/// How many callbacks may stand between some code and the test in front of it.
const MAX_GUARDED: usize = 5;

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
                let scope = &tree.scopes[tree.bindings[binding.index()].scope.index()];
                let (value, path) = self.index.only_value(tree, binding)?;
                (scope.function == entry.from && path.is_empty()).then_some(value)
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
        let timer = effect.acquires.as_deref().filter(|_| effect.timer);
        let timer = timer.and_then(|it| self.apis.resource(it));
        let ends = |call: NodeId| {
            let removes = effect.adds.is_some()
                && self
                    .effect(call)
                    .is_some_and(|it| it.removes == Some(Removes::Listener))
                && tree.args(call).any(|it| self.functions(it).contains(&function));
            let stops = |place| self.held_at(entry.site) == Some(place);
            let first = || tree.args(call).next().and_then(|it| self.place(it));
            removes || timer.is_some_and(|it| self.is_release(call, it)) && first().is_some_and(stops)
        };
        self.calls_in(function).iter().any(|&call| {
            let block = tree.parent(tree.statement(call));
            ends(call) && tree.contains(block, site)
        })
    }

    /// The function stops the timer that led here before it goes on to `site`.
    fn stops_on_the_way(&self, entry: &Entry, function: FunctionId, site: NodeId) -> bool {
        let tree = self.tree;
        let effect = tree
            .is(entry.site, Kind::Call)
            .then(|| self.effect(entry.site))
            .flatten();
        let timer = effect.filter(|it| it.timer).and_then(|it| it.acquires.as_deref());
        let Some(timer) = timer.and_then(|it| self.apis.resource(it)) else {
            return false;
        };
        let held = self.held_at(entry.site);
        held.is_some()
            && self.calls_in(function).iter().any(|&call| {
                call < site
                    && self.is_release(call, timer)
                    && tree.args(call).next().and_then(|it| self.place(it)) == held
                    && !self.exclude(call, site)
            })
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
            if body && (returns || leaves_again(self, up, inside)) {
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

    /// True if this code is behind a flag that its first run sets: `if (this.ready) return; this.ready = true`.
    pub fn runs_once_by_guard(&self, site: NodeId) -> bool {
        self.guard(site).is_some()
    }

    /// The flag behind which this code runs only once in the flag's life.
    pub fn guard(&self, site: NodeId) -> Option<super::place::Place> {
        self.guarded_by(site, false)
    }

    /// `if (!known[key]) { known[key] = true; … }`: this code runs once for each key.
    pub fn runs_once_by_key(&self, site: NodeId) -> bool {
        let tree = self.tree;
        let element = |node: NodeId| {
            let place = self.place(node)?;
            (place.path.last() == Some(super::place::Seg::ELEMENT)).then_some(place)
        };
        tree.ancestors(site).any(|up| {
            if !tree.is(up, Kind::If) || !tree.contains(tree.child(up, 1), site) {
                return false;
            }
            let (test, then) = (tree.child(up, 0), tree.child(up, 1));
            let unset = Some(test)
                .filter(|&it| tree.is(it, Kind::Unary) && tree[it].op == Op::Not)
                .and_then(|it| element(tree.child(it, 0)));
            unset.is_some()
                && tree
                    .subtree(then)
                    .any(|it| tree.is(it, Kind::Assign) && element(tree.child(it, 0)) == unset)
        })
    }

    /// The flag behind which this code runs again after each reset of the flag.
    pub fn reset_guard(&self, site: NodeId) -> Option<super::place::Place> {
        self.guarded_by(site, true)
    }

    /// The flag in front of this code, if it is (or is never) reset.
    fn guarded_by(&self, site: NodeId, reset: bool) -> Option<super::place::Place> {
        let tree = self.tree;
        let mut function = tree.function_of(site);
        let mut at = site;
        let mut passed = Passed {
            callers: Vec::new(),
            within: self.when_gone(site),
        };
        for _ in 0..MAX_GUARDED {
            let guard = self.guarded_in(at, function, reset, &passed);
            if guard.is_some() {
                return guard;
            }
            // A callback that runs within a call, or once behind it, is as guarded as that call.
            let entries = self.entries(function);
            // A method that the class itself calls is its helper.
            let helps = entries.iter().any(|it| it.how == How::Call);
            let mut inside = entries
                .iter()
                .filter(|it| !helps || !matches!(it.how, How::Method | How::Exported));
            let (Some(Entry { from, site, how }), None) = (inside.next(), inside.next()) else {
                return None;
            };
            let once = matches!(how, How::Call | How::Later | How::Once)
                || *how == How::Escapes && self.is_command(tree.function(function).node);
            if !once || *from == FunctionId::NONE || tree.function(function).kind == FunctionKind::Program {
                return None;
            }
            passed.callers.push(function);
            (function, at) = (*from, *site);
        }
        None
    }

    /// What a one-shot listener that is added here runs, and what takes the listener off: when these reset a flag, the
    /// listener is gone.
    fn when_gone(&self, site: NodeId) -> Vec<FunctionId> {
        let adds = self.tree.is(site, Kind::Call) && self.effect(site).is_some_and(|it| it.adds.is_some());
        let Some((listener, _)) = adds.then(|| self.listener(site)).flatten() else {
            return Vec::new();
        };
        let removals = self.removals().iter().filter(|it| self.removes(it, &listener));
        let mut gone: Vec<FunctionId> = removals.map(|it| self.tree.function_of(it.call)).collect();
        if listener.once {
            gone.extend(self.functions(listener.callback));
        }
        gone
    }

    /// `window.googletag.cmd.push(function () {…})`: a library runs it and forgets it.
    pub(super) fn is_command(&self, function: NodeId) -> bool {
        let tree = self.tree;
        let call = tree.parent(function);
        let callee = tree.is(call, Kind::Call).then(|| tree.callee(call));
        callee.is_some_and(|it| {
            let queue = tree.is(it, Kind::Member).then(|| tree.child(it, 0));
            it != function
                && tree.name_text(it) == "push"
                && queue.is_some_and(|it| {
                    tree.is(it, Kind::Member) && self.named("command_queues", tree.name_of(it))
                })
        })
    }

    fn guarded_in(
        &self,
        site: NodeId,
        function: FunctionId,
        reset: bool,
        passed: &Passed,
    ) -> Option<super::place::Place> {
        let tree = self.tree;
        let node = tree.function(function).node;
        let mut inside = site;
        for up in tree.ancestors(site) {
            if up == node {
                break;
            }
            match tree.kind(up) {
                Kind::If => {
                    let (test, then) = (tree.child(up, 0), tree.child(up, 1));
                    let unset = self.tests_unset(test).filter(|_| then == inside);
                    let unset = unset.filter(|it| self.lasts_beyond(it, test));
                    let set = |place: &super::place::Place| {
                        self.set_within(then, place, reset, passed) || self.set_behind(up, place, reset)
                    };
                    if let Some(place) = unset.filter(set) {
                        return Some(place);
                    }
                }
                // `url = url || make()`
                Kind::Logical if tree.child(up, 1) == inside && tree[up].op != Op::And => {
                    let assign = tree.parent(up);
                    let kept = self.flag(tree.child(up, 0)).filter(|it| {
                        tree.is(assign, Kind::Assign)
                            && self.flag(tree.child(assign, 0)) == Some(*it)
                            && self.lasts_beyond(it, up)
                    });
                    if let Some(place) = kept.filter(|it| self.resets(it).is_empty() != reset) {
                        return Some(place);
                    }
                }
                Kind::Block | Kind::Program | Kind::Case => {
                    // `if (this.ready) return;` before it.
                    for statement in tree.children(up).take_while(|&child| child < inside) {
                        if !tree.is(statement, Kind::If) || !self.always_leaves(tree.child(statement, 1)) {
                            continue;
                        }
                        let set = self.tests_set(tree.child(statement, 0));
                        let set = set.filter(|it| self.lasts_beyond(it, statement));
                        if let Some(place) = set.filter(|place| self.set_within(node, place, reset, passed)) {
                            return Some(place);
                        }
                    }
                }
                _ => {}
            }
            inside = up;
        }
        None
    }

    /// What is tested is no variable that each run of the code has for itself: `let value = cache.get(key); if (!value) …`.
    fn lasts_beyond(&self, place: &super::place::Place, test: NodeId) -> bool {
        let tree = self.tree;
        let super::place::Root::Binding(binding) = place.root else {
            return true;
        };
        let scope = &tree.scopes[tree.bindings[binding.index()].scope.index()];
        let function = tree.function_of(test);
        let around = tree.function(function).node;
        !place.path.is_empty()
            || scope.function != function
            || function == FunctionId(0)
            || self.loop_around(test, around).is_some()
    }

    /// What a test asks for: an outer variable that is given new values is itself, not what it is given.
    fn flag(&self, node: NodeId) -> Option<super::place::Place> {
        let tree = self.tree;
        let binding = tree.binding_of(node).filter(|_| tree.is(node, Kind::Ident));
        let is_state = |it: &BindingId| {
            let scope = tree.bindings[it.index()].scope;
            self.index.writes[it.index()].len() > 1
                && tree.scopes[scope.index()].function != tree.function_of(node)
        };
        match binding.filter(is_state) {
            Some(binding) => Some(super::place::Place::of(super::place::Root::Binding(binding))),
            None => self.place(node),
        }
    }

    /// `!x`, `x === undefined`, `x == null`: the place tested to be unset.
    fn tests_unset(&self, test: NodeId) -> Option<super::place::Place> {
        let tree = self.tree;
        let place = match (tree.kind(test), tree[test].op) {
            (Kind::Unary, Op::Not) => self.flag(tree.child(test, 0)),
            (Kind::Binary, Op::Equal) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                let unset = tree.is_nullish(b) || tree.is_false(b) || tree.is(b, Kind::Str);
                let a = if tree.is(a, Kind::Unary) && tree[a].op == Op::TypeOf {
                    tree.child(a, 0)
                } else {
                    a
                };
                unset.then(|| self.flag(a))?
            }
            (Kind::Logical, Op::And | Op::Or) => {
                return self
                    .tests_unset(tree.child(test, 0))
                    .or_else(|| self.tests_unset(tree.child(test, 1)));
            }
            _ => None,
        };
        place.filter(|place| !place.path.segs().contains(&super::place::Seg::ELEMENT))
    }

    fn tests_set(&self, test: NodeId) -> Option<super::place::Place> {
        let tree = self.tree;
        let place = match (tree.kind(test), tree[test].op) {
            (Kind::Ident | Kind::Member, _) => self.flag(test),
            (Kind::Unary, Op::Not) => {
                let inner = tree.child(test, 0);
                (tree.is(inner, Kind::Unary) && tree[inner].op == Op::Not)
                    .then(|| self.flag(tree.child(inner, 0)))?
            }
            (Kind::Binary, Op::NotEqual) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                tree.is_nullish(b).then(|| self.flag(a))?
            }
            (Kind::Binary, Op::Equal) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                (tree.is(b, Kind::Bool) && tree[b].a == 1).then(|| self.flag(a))?
            }
            (Kind::Logical, Op::And | Op::Or) => {
                return self
                    .tests_set(tree.child(test, 0))
                    .or_else(|| self.tests_set(tree.child(test, 1)));
            }
            _ => None,
        };
        place.filter(|place| !place.path.segs().contains(&super::place::Seg::ELEMENT))
    }

    /// The place is given something other than nothing within the node, and somewhere in the file (or nowhere) reset to
    /// nothing.
    fn set_within(&self, node: NodeId, place: &super::place::Place, reset: bool, passed: &Passed) -> bool {
        let tree = self.tree;
        let writes = self.values_at(place);
        // What a callback sets later lets this code through until then.
        let now = |at: NodeId| {
            let inner = tree.function_of(at);
            let own = if tree.is(node, Kind::Function) {
                tree.function_at(node)
            } else {
                tree.function_of(node)
            };
            inner == own || self.entries(inner).iter().all(|it| it.how == How::Call)
        };
        let sets = writes.iter().any(|&(at, value)| {
            (tree.contains(node, at) || passed.callers.contains(&tree.function_of(at)))
                && now(at)
                && tree.is(at, Kind::Assign)
                && value.is_some_and(|value| !is_unset(tree, value))
        });
        let mut resets = self.resets(place);
        if !reset {
            resets.retain(|&it| !passed.within.contains(&tree.function_of(it)));
        }
        sets && resets.is_empty() != reset
    }

    /// `if (!this.socket) this.listen(); this.socket = connect();`: the flag is set right behind the test, also by a
    /// function that is called there.
    fn set_behind(&self, test: NodeId, place: &super::place::Place, reset: bool) -> bool {
        let tree = self.tree;
        let function = tree.function_of(test);
        let block = tree.parent(test);
        let behind = |node: NodeId| {
            node > test && !tree.contains(test, node) && tree.parent(tree.statement(node)) == block
        };
        let calls = self.calls_in(function).iter().copied();
        let called: Vec<FunctionId> = calls
            .filter(|&it| behind(it))
            .flat_map(|it| self.called_functions(it))
            .collect();
        let sets = self.values_at(place).into_iter().any(|(at, value)| {
            let within = tree.function_of(at);
            tree.is(at, Kind::Assign)
                && value.is_some_and(|it| !is_unset(tree, it))
                && (within == function && behind(at) || called.contains(&within))
        });
        sets && self.resets(place).is_empty() != reset
    }

    /// Where a flag is taken back.
    pub fn resets(&self, flag: &super::place::Place) -> Vec<NodeId> {
        let tree = self.tree;
        let declared = |at: NodeId| matches!(tree.kind(at), Kind::Declarator | Kind::Property);
        // A reset in the constructor is the initial value.
        let initial = |at: NodeId| {
            let function = tree.function(tree.function_of(at));
            function.kind == FunctionKind::Constructor
                || function.kind == FunctionKind::Program
                || self.owners.at(function.node).is_some()
        };
        let writes = self.values_at(flag).into_iter();
        let taken_back = writes.filter(|&(at, value)| {
            !declared(at) && !initial(at) && value.is_some_and(|it| is_unset(tree, it))
        });
        taken_back.map(|(at, _)| at).collect()
    }

    /// Each run of its function comes to the node: no condition around it, no way out before it.
    pub fn always_reaches(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function_of(node);
        let leaves = |statement: NodeId| {
            tree.subtree(statement).any(|id| {
                matches!(tree.kind(id), Kind::Return | Kind::Throw) && tree.function_of(id) == function
            })
        };
        let mut inside = node;
        for up in tree.ancestors(node) {
            match tree.kind(up) {
                Kind::Function | Kind::Program => return true,
                Kind::If | Kind::Conditional if tree.child(up, 0) != inside => return false,
                Kind::Logical if tree.child(up, 0) != inside => return false,
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

/// The code at `inside` is followed by an unconditional way out of the loop: it runs in the last round only.
fn leaves_again(model: &Model, around: NodeId, inside: NodeId) -> bool {
    let tree = model.tree;
    let _ = around;
    tree.is(inside, Kind::Block)
        && tree
            .children(inside)
            .last()
            .is_some_and(|last| matches!(tree.kind(last), Kind::Return | Kind::Break | Kind::Throw))
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

/// The value of a flag that is not set.
fn is_unset(tree: &Tree, value: NodeId) -> bool {
    tree.is_nullish(value) || tree.is_false(value)
}
