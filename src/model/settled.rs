//! What the executor of a promise acquires, and what stays when the promise has settled: a timeout in case nothing else
//! settles it, an interval that polls for it, a callback on a signal that may cancel it.
//!
//! A timeout is of no more use then, but the event loop keeps it, and all that its callback refers to, until it is over.
//! Refuses timeouts that are known to be short, and promises that only the timeout settles.

use crate::apis::{Runs, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId};

use super::Model;
use super::calls::{Entry, How};
use super::place::{Place, Root};
use super::resources::Resource;

/// Something that stays when its promise has settled.
#[derive(Clone, Copy, Debug)]
pub struct Left<'m> {
    pub resource: &'m Resource<'m>,
    /// What settles the promise, and leaves it.
    pub settles: NodeId,
    /// Where it is released on another way.
    pub released: Option<NodeId>,
    /// A timeout that takes long, or a limit that may; not known if the time is given from outside.
    pub is_long: bool,
}

/// The function that has what settles a promise: the executor of `new Promise`, or one with a deferred.
struct Executor {
    function: FunctionId,
    /// Mentions of `resolve` and `reject`, or of the deferred whose method of this name is meant.
    settles: Vec<NodeId>,
    /// Those of `reject`.
    rejects: Vec<NodeId>,
}

/// `resolve` and `reject`
const MAX_SETTLERS: usize = 2;

impl<'a> Model<'a> {
    /// Timeouts that limit a promise, and run on when it has settled in another way.
    pub fn left_timeouts(&self) -> Vec<Left<'_>> {
        let timeouts = self.resources().filter(|it| self.is_one_timeout(it));
        timeouts.filter_map(|it| self.left_timeout(it)).collect()
    }

    /// Timeouts that do nothing but settle a promise which takes part in a race: when another one has won, they run on.
    pub fn raced_timeouts(&self) -> Vec<Left<'_>> {
        let races = self.calls_that(Word::RACES).next().is_some();
        let timeouts = self.resources().filter(|it| races && self.is_one_timeout(it));
        timeouts.filter_map(|it| self.raced_timeout(it)).collect()
    }

    fn raced_timeout<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Left<'m>> {
        let tree = self.tree;
        let executor = self.executor_of(resource.at)?;
        let callback = tree.args(resource.at).next()?;
        let (outside, settles) = self.settling(&executor, callback);
        if !settles || !outside.is_empty() {
            return None;
        }
        match self.held_at(resource.at) {
            Some(Place {
                root: Root::Binding(binding),
                path,
            }) if path.is_empty() && self.clears(binding, resource).is_empty() => {}
            None if matches!(tree.kind(tree.parent(resource.at)), Kind::ExprStmt | Kind::Return) => {}
            _ => return None,
        }
        let promise = tree.parent(tree.function(executor.function).node);
        let maker = tree.function_of(promise);
        let race = self.race_of(promise, maker)?;
        // The time that the racing call gives.
        let delay = tree.args(resource.at).nth(1)?;
        let given = self.given(delay);
        let is_long = match given.is_empty() {
            true => self.is_long_delay(delay),
            false => given.iter().filter_map(|&it| self.is_long_delay(it)).max(),
        };
        // A pause that is over soon, or a limit that may be any.
        let names = given.iter().chain([&delay]).flat_map(|&it| tree.subtree(it));
        let mut names = names.filter(|&it| matches!(tree.kind(it), Kind::Ident | Kind::Member));
        let is_limit = is_long == Some(true)
            || !executor.rejects.is_empty()
            || names.any(|it| self.apis.has_word("limit_words", tree.name_text(it)));
        (is_long != Some(false)).then_some(Left {
            resource,
            settles: race,
            released: None,
            is_long: is_limit,
        })
    }

    /// A timeout, whatever it is for.
    pub fn is_one_timeout(&self, resource: &Resource) -> bool {
        let effect = self.effect(resource.at);
        resource.kind.ends && resource.kind.renewed.is_some() && effect.is_some_and(|effect| effect.timer)
    }

    fn left_timeout<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Left<'m>> {
        let tree = self.tree;
        let executor = self.executor_of(resource.at)?;
        let is_long = self.lasts(resource);
        if is_long == Some(false) {
            return None;
        }
        let mut args = tree.args(resource.at);
        let (callback, delay) = (args.next()?, args.next()?);
        if !self.settling(&executor, callback).1 {
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
        if slot.is_some() && cleared.is_empty() {
            return None;
        }
        Some(Left {
            resource,
            settles: self.leaving(resource.at, callback, &executor, &cleared)?,
            released: cleared.first().copied(),
            // Who only rejects when it is over has a limit in mind, which callers may set at will.
            is_long: is_long == Some(true)
                || self.only_rejects(&executor, callback) && !self.is_usually_short(delay),
        })
    }

    /// Intervals that ask whether a promise can settle, and clear themselves then, but run on when it has settled in
    /// another way.
    pub fn left_intervals(&self) -> Vec<Left<'_>> {
        let intervals = self.resources().filter(|it| {
            let effect = self.effect(it.at).filter(|effect| effect.timer);
            effect.is_some_and(|effect| effect.runs == Some(Runs::Again))
        });
        intervals.filter_map(|it| self.left_interval(it)).collect()
    }

    fn left_interval<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Left<'m>> {
        let tree = self.tree;
        let executor = self.executor_of(resource.at)?;
        let callback = tree.args(resource.at).next()?;
        if !self.settling(&executor, callback).1 {
            return None;
        }
        let Place { root, path } = self.held_at(resource.at)?;
        let Root::Binding(slot) = root else { return None };
        if !path.is_empty() {
            return None;
        }
        let mut own = tree.references(slot).iter().filter(|&&it| {
            let call = tree.parent(it);
            tree.contains(resource.at, it) && tree.is(call, Kind::Call) && tree.callee(call) != it
        });
        let released = own.next().copied()?;
        let cleared = self.clears(slot, resource);
        Some(Left {
            resource,
            settles: self.leaving(resource.at, callback, &executor, &cleared)?,
            released: Some(released),
            is_long: true,
        })
    }

    /// Callbacks on signals that are taken off on some of the ways that settle the promise, and stay on another.
    pub fn left_on_signals(&self) -> Vec<Left<'_>> {
        let listeners = self.resources().filter(|it| it.listener.is_some());
        listeners.filter_map(|it| self.left_on_signal(it)).collect()
    }

    fn left_on_signal<'m>(&'m self, resource: &'m Resource<'a>) -> Option<Left<'m>> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        if !self.is_cancelling(resource.at, target) {
            return None;
        }
        let executor = self.executor_of(resource.at)?;
        let place = self.place(target)?;
        let made = |(_, value): (NodeId, Option<NodeId>)| value.is_some_and(|it| tree.is(it, Kind::New));
        let controller = place.parent();
        if self.values_at(&controller).into_iter().any(made) {
            return None;
        }
        let taken_off: Vec<NodeId> = self.removals_at(place, listener).collect();
        let released = taken_off.first().copied()?;
        // What is wrong from the start is the caller's mistake, and rare.
        let settles = self.leaving(resource.at, listener.callback, &executor, &taken_off)?;
        if tree.function_of(settles) == executor.function {
            return None;
        }
        Some(Left {
            resource,
            settles,
            released: Some(released),
            is_long: true,
        })
    }

    /// Where the promise settles without the callback, which settles it, too.
    pub(super) fn left_by_success(&self, at: NodeId, callback: NodeId) -> Option<NodeId> {
        let executor = self.executor_of(at)?;
        let settles = self.settling(&executor, callback).1;
        settles.then(|| self.leaving(at, callback, &executor, &[]))?
    }

    fn executor_of(&self, at: NodeId) -> Option<Executor> {
        self.promise_executor(at).or_else(|| self.deferring(at))
    }

    fn promise_executor(&self, at: NodeId) -> Option<Executor> {
        let tree = self.tree;
        let made = self.promise_around(at)?;
        let function = tree.args(made).next().filter(|&it| tree.is(it, Kind::Function))?;
        let function = tree.function_at(function);
        let settlers: Vec<BindingId> = self.plain_params(function).take(MAX_SETTLERS).collect();
        let mentions = |settlers: &[BindingId]| {
            let all = settlers.iter().flat_map(|&it| tree.references(it));
            all.copied().collect::<Vec<_>>()
        };
        (!self.runs_once(tree.function_of(made))).then(|| Executor {
            function,
            settles: mentions(&settlers),
            rejects: mentions(settlers.get(1..).unwrap_or_default()),
        })
    }

    /// `const deferred = defer(); setTimeout(() => deferred.reject(…), time); return deferred.promise`
    fn deferring(&self, at: NodeId) -> Option<Executor> {
        let tree = self.tree;
        let function = tree.function_of(at);
        let callback = tree.args(at).next()?;
        let settles_by = |node: NodeId, names: &[&str]| {
            let up = tree.parent(node);
            tree.is(up, Kind::Member) && tree.child(up, 0) == node && names.contains(&tree.name_text(up))
        };
        let makes = |value: NodeId| {
            let made = matches!(tree.kind(value), Kind::Call | Kind::New);
            let name = self.called_name(value).filter(|_| made);
            name.is_some_and(|it| self.apis.has_word("deferred_words", tree.name_text(it)))
        };
        let deferred = tree
            .subtree(callback)
            .filter(|&it| tree.is(it, Kind::Ident) && settles_by(it, &["reject", "resolve"]))
            .find_map(|it| {
                let binding = tree.binding_of(it)?;
                let (value, path) = self.index.only_value(tree, binding)?;
                let is_own = tree.declared_in(binding) == function && path.is_empty();
                (is_own && makes(value)).then_some(binding)
            })?;
        let mentions = |names: &[&str]| {
            let all = tree.references(deferred).iter();
            all.copied()
                .filter(|&it| settles_by(it, names))
                .collect::<Vec<_>>()
        };
        (!self.runs_once(function)).then(|| Executor {
            function,
            settles: mentions(&["resolve", "reject"]),
            rejects: mentions(&["reject"]),
        })
    }

    /// The callback itself rejects, and does not settle the promise otherwise, or after other work.
    fn only_rejects(&self, executor: &Executor, callback: NodeId) -> bool {
        let tree = self.tree;
        let own = tree
            .is(callback, Kind::Function)
            .then(|| tree.function_at(callback));
        let within = |it: &&NodeId| tree.contains(callback, **it);
        let mut settles = executor.settles.iter().filter(within).peekable();
        settles.peek().is_some()
            && settles.all(|&it| executor.rejects.contains(&it) && Some(tree.function_of(it)) == own)
    }

    /// Where the promise is settled outside of the callback, and whether the callback settles it, too.
    fn settling(&self, executor: &Executor, callback: NodeId) -> (Vec<NodeId>, bool) {
        let tree = self.tree;
        let own = self.may_be(callback);
        let in_callback = |node: &NodeId| {
            *node == callback || own.iter().any(|&it| tree.contains(tree.function(it).node, *node))
        };
        let (within, outside): (Vec<_>, Vec<_>) = executor.settles.iter().copied().partition(in_callback);
        (outside, !within.is_empty())
    }

    /// What settles the promise without a release on the way. Refuses what is released around the executor, by whoever
    /// waits for the promise, and what is handed on to be released: `cleanups.push(() => clearTimeout(timer))`.
    fn leaving(
        &self,
        at: NodeId,
        callback: NodeId,
        executor: &Executor,
        releases: &[NodeId],
    ) -> Option<NodeId> {
        let tree = self.tree;
        let node = tree.function(executor.function).node;
        let handed_on = |entry: &Entry| entry.how == How::Escapes && !self.is_given(entry.site);
        // `cleanup = () => clearTimeout(timer)`, which the function around calls at last
        let called_around = |entry: &Entry, function: FunctionId| {
            let inside = entry.from == FunctionId::NONE || tree.contains(node, entry.site);
            function != executor.function && !inside
        };
        // `request.on('close', () => signal.removeEventListener('abort', cancel))`: it ends in any case.
        let at_end =
            |entry: &Entry| entry.how == (How::Again { ends: true }) || self.is_ending_callback(entry);
        let elsewhere = |release: NodeId| {
            let function = tree.function_of(release);
            let mut entries = self.entries(function).iter();
            !tree.contains(node, release)
                || entries.any(|it| handed_on(it) || called_around(it, function) || at_end(it))
        };
        if releases.iter().any(|&it| elsewhere(it)) {
            return None;
        }
        // What is called here, rather than handed on to be called: `work.then(resolve, reject)`
        let called = |it: NodeId| {
            let member = tree.is(tree.parent(it), Kind::Member);
            let settler = if member { tree.parent(it) } else { it };
            let call = tree.parent(settler);
            tree.is(call, Kind::Call) && tree.callee(call) == settler
        };
        // `work.then(resolve).catch(() => setTimeout(…))`
        let led_past = |it: NodeId| {
            let mut calls = tree.ancestors(at).take_while(|&up| up != node);
            calls.any(|up| tree.is(up, Kind::Call) && tree.contains(tree.callee(up), it))
        };
        let before = |it: NodeId| {
            it < at && called(it) && tree.function_of(it) == tree.function_of(at)
                || led_past(it)
                || self.exclude(it, at)
        };
        let (settling, _) = self.settling(executor, callback);
        let mut settling = settling.into_iter();
        settling.find(|&it| !before(it) && !self.releases_beside(it, at, executor.function, releases))
    }

    /// Calls that clear the timeout in this variable; also the variable where it is handed on, to whatever may do so.
    fn clears(&self, slot: BindingId, resource: &Resource) -> Vec<NodeId> {
        let tree = self.tree;
        let uses = tree.references(slot).iter().map(|&it| (it, tree.parent(it)));
        let is_method = |name: &str| resource.kind.methods.iter().any(|method| method == name);
        // What the callback clears has run already.
        let elsewhere = uses.filter(|&(it, _)| !tree.contains(resource.at, it));
        let clears = elsewhere.filter(|&(it, up)| match tree.kind(up) {
            Kind::Call => tree.callee(up) != it,
            Kind::Member => is_method(tree.name_text(up)),
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

    /// A step of a promise that runs whether it fails or not: `finally(…)`, or what comes behind `catch(…)`.
    fn runs_in_any_case(&self, step: NodeId) -> bool {
        let tree = self.tree;
        let callee = tree.is(step, Kind::Call).then(|| tree.callee(step));
        let name = callee
            .filter(|&it| tree.is(it, Kind::Member))
            .map(|it| tree.name_text(it));
        match name {
            Some("finally") => true,
            Some("then") => tree.args(step).count() == 1 && self.runs_on_failure(step),
            _ => false,
        }
    }

    /// Functions that a node may be, by any value of a variable.
    fn may_be(&self, node: NodeId) -> Vec<FunctionId> {
        let tree = self.tree;
        let binding = tree.variable(node);
        let writes = binding.map_or(&[][..], |it| &self.index.writes[it.index()]);
        let values = writes
            .iter()
            .filter_map(|write| write.value.map(|(value, _)| value));
        let mut found: Vec<FunctionId> = values
            .filter(|&it| tree.is(it, Kind::Function))
            .map(|it| tree.function_at(it))
            .collect();
        found.extend(self.functions(node));
        found
    }

    /// A release is on the way that settles the promise here: in the function or one around it, in a function that is
    /// called there, or in its callers, those aside that come before there is anything to release.
    fn releases_beside(
        &self,
        settles: NodeId,
        acquired: NodeId,
        executor: FunctionId,
        releases: &[NodeId],
    ) -> bool {
        let tree = self.tree;
        let has = |it: FunctionId| {
            let node = tree.function(it).node;
            releases.iter().any(|&release| tree.contains(node, release))
        };
        let has_by_call = |&call: &NodeId| self.may_be(tree.callee(call)).into_iter().any(has);
        let within = |it: FunctionId| has(it) || self.calls_in(it).iter().any(has_by_call);
        // `settle(resolve, value)`, `work().then(resolve, reject).finally(() => …)`
        let mentions = |at: NodeId| {
            let statement = tree.statement(at);
            let own = tree.function_of(statement);
            let in_any_case = |it: NodeId| {
                let callback = tree.function(tree.function_of(it)).node;
                let call = tree.parent(callback);
                tree.function_of(it) == own || self.runs_in_any_case(call)
            };
            tree.subtree(statement)
                .filter(|&it| !tree.is(at, Kind::Function) || !tree.contains(at, it))
                .any(|it| {
                    let releases = releases.contains(&it)
                        || tree.is(it, Kind::Ident) && self.may_be(it).into_iter().any(within);
                    releases && in_any_case(it)
                })
        };
        let releases_in = |function: FunctionId, at: NodeId| {
            let direct = |it: &NodeId| tree.function_of(*it) == function && !self.exclude(*it, at);
            let by_call = |call: &NodeId| {
                let runs = || [self.may_be(tree.callee(*call)), self.called_functions(*call)].concat();
                !self.exclude(*call, at) && runs().into_iter().any(within)
            };
            releases.iter().any(direct) || self.calls_in(function).iter().any(by_call)
        };
        let mut at = settles;
        loop {
            let function = tree.function_of(at);
            if mentions(at) {
                return true;
            }
            if function == executor {
                return releases_in(function, at);
            }
            let callers = self.entries(function);
            let comes_before = |it: &Entry| {
                it.how == How::Call && it.from == tree.function_of(acquired) && it.site < acquired
            };
            let by_callers = || {
                let mut callers = callers.iter();
                callers.all(|it| comes_before(it) || releases_in(it.from, it.site))
            };
            if releases_in(function, at) || !callers.is_empty() && by_callers() {
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
