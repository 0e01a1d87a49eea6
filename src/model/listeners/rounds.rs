//! Rounds: the code that runs between one addition of a listener and the next, what of it renews the emitter or takes the
//! listener off.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::Tree;
use crate::syntax::tree::{FunctionId, Kind, Name, NodeId};

use super::super::Model;
use super::super::calls::{Entry, How};
use super::super::place::{Place, Root};
use super::super::repeat::{Repeat, Ways, Why};
use super::super::resources::Fate;
use super::super::uses;
use super::{Event, Listener};

/// What runs between one addition of a listener and the next.
#[derive(Clone, Debug)]
pub struct Round {
    functions: FxHashSet<FunctionId>,
    /// Where the round goes through its functions.
    passed: FxHashMap<FunctionId, Vec<NodeId>>,
    /// The loop whose body is the round.
    around: Option<NodeId>,
}

/// A round with more functions than this is not told apart from the rest.
const MAX_ROUND: usize = 400;
/// Callers that are looked at to find out whether all of them end the owner.
const MAX_CALLERS: usize = 20;

impl Model<'_> {
    /// An event target that has the same function from the round before: it was there before the round began.
    pub fn is_shared_by_rounds(&self, listener: &Listener, round: &Entry) -> bool {
        let tree = self.tree;
        let around = |function: FunctionId| function == round.from || tree.nests(function, round.from);
        let binding = tree.variable(listener.callback);
        listener.dedups && binding.is_some_and(|it| around(tree.declared_in(it)))
    }

    /// How often the listener is added in the emitter's life. What a one-shot listener itself leads to replaces it.
    pub fn repeat_of(&self, listener: &Listener) -> Repeat {
        let without = if listener.once {
            listener.call
        } else {
            NodeId::NONE
        };
        self.repeat_by(
            listener.emitter.site,
            listener.emitter.since,
            Ways {
                without,
                called_back: true,
            },
        )
    }

    /// The code of one round: the functions on the way back to the listener's call, and what they run in turn.
    pub fn round(&self, listener: &Listener, repeat: &Repeat) -> Round {
        let tree = self.tree;
        let (cause, way) = match repeat.path.split_first() {
            Some((cause, way)) if matches!(repeat.why, Why::Callback | Why::Loop { .. }) => {
                (Some(cause), way)
            }
            _ => (None, repeat.path.as_slice()),
        };
        let around = cause
            .filter(|_| matches!(repeat.why, Why::Loop { .. }))
            .map(|cause| cause.site);
        let mut round = Round {
            functions: FxHashSet::default(),
            passed: FxHashMap::default(),
            around,
        };
        let ways = way
            .iter()
            .filter(|entry| entry.from != FunctionId::NONE)
            .map(|entry| (entry.from, entry.site));
        let ends = [listener.call, listener.emitter.site].map(|site| (tree.function_of(site), site));
        for (function, site) in ways.chain(ends) {
            round.passed.entry(function).or_default().push(site);
        }
        // What registered the callback, or started the loop, is no part of the round.
        let outside = |it: FunctionId| {
            it == FunctionId(0)
                || it == listener.emitter.since
                || around.is_some_and(|at| it == tree.function_of(at))
        };
        let mut todo: Vec<FunctionId> = round.passed.keys().copied().filter(|&it| !outside(it)).collect();
        if let Some(around) = around {
            self.run_by(tree.function_of(around), &round, &mut todo);
        }
        while let Some(function) = todo.pop() {
            if round.functions.len() < MAX_ROUND && !outside(function) && round.functions.insert(function) {
                self.run_by(function, &round, &mut todo);
            }
        }
        round
    }

    /// The functions that a function of the round calls, and the callbacks that are written in it.
    fn run_by(&self, function: FunctionId, round: &Round, found: &mut Vec<FunctionId>) {
        let tree = self.tree;
        let holds = |node: NodeId| {
            round
                .around
                .is_none_or(|around| tree.function_of(around) != function || tree.contains(around, node))
        };
        let in_round = |node: NodeId| holds(node) && !self.is_passed_by(node, function, round);
        for &call in self.calls_in(function).iter().filter(|&&call| in_round(call)) {
            found.extend(self.called_functions(call));
        }
        let inner = (function.0 + 1..tree.functions.len() as u32).map(FunctionId);
        found.extend(inner.take_while(|&it| tree.nests(function, it)).filter(|&it| {
            let info = tree.function(it);
            info.parent == function && in_round(info.node)
        }));
    }

    /// The round goes through the function on a branch that leaves this node out.
    fn is_passed_by(&self, node: NodeId, function: FunctionId, round: &Round) -> bool {
        round
            .passed
            .get(&function)
            .is_some_and(|sites| sites.iter().any(|&site| self.exclude(node, site)))
    }

    /// The node's code runs in each round.
    pub fn is_in_round(&self, node: NodeId, round: &Round) -> bool {
        let function = self.tree.function_of(node);
        round
            .around
            .is_some_and(|around| self.tree.contains(around, node))
            || round.functions.contains(&function) && !self.is_passed_by(node, function, round)
    }

    /// The emitter is made anew in each round: the store that renews it.
    pub fn renewed(&self, listener: &Listener, round: &Round) -> Option<NodeId> {
        let tree = self.tree;
        let mut place = listener.emitter.place;
        loop {
            let values = self.values_at(&place);
            let emptied = || {
                values.iter().any(|&(at, value)| {
                    tree.is(at, Kind::Assign) && value.is_some_and(|it| tree.is_nullish(it))
                })
            };
            for &(at, value) in &values {
                if value.is_some_and(|value| tree.is_nullish(value)) || !self.is_in_round(at, round) {
                    continue;
                }
                let kept =
                    value.is_some_and(|it| tree.is(it, Kind::Logical) && self.place(it) == Some(place));
                if !kept && (!self.is_made_once(at) || emptied()) {
                    return Some(at);
                }
            }
            place.path = place.path.parent()?;
            if place.path.is_empty() && matches!(place.root, Root::Instance(_) | Root::Global) {
                return None;
            }
        }
    }

    /// `this.parser = new Parser(); this.socket.connect()`: what starts the round stores another emitter first.
    pub fn is_renewed_at_start(&self, listener: &Listener, repeat: &Repeat) -> bool {
        let tree = self.tree;
        let cause = repeat
            .path
            .first()
            .filter(|it| repeat.why == Why::Callback && tree.is(it.site, Kind::Call));
        let Some(source) = cause
            .and_then(|it| self.receiver(it.site))
            .and_then(|it| self.place(it))
        else {
            return false;
        };
        let start = |call: NodeId| {
            let callee = tree.callee(call);
            let starts = tree.is(callee, Kind::Member)
                && self.apis.begins_with("restart_words", tree.name_text(callee))
                && self.place(tree.child(callee, 0)) == Some(source);
            starts.then(|| tree.name_of(callee))
        };
        let made: Vec<FunctionId> = self
            .values_at(&listener.emitter.place)
            .into_iter()
            .filter(|&(at, value)| {
                let made = value.is_some_and(|it| matches!(tree.kind(it), Kind::New | Kind::Call));
                made && tree.is(at, Kind::Assign)
            })
            .map(|(at, _)| tree.function_of(at))
            // What the emitter lives for begins once.
            .filter(|&it| it != listener.emitter.since)
            .collect();
        let starts: Vec<(FunctionId, Name)> = (self.index.calls.iter())
            .filter_map(|&it| Some((tree.function_of(it), start(it)?)))
            .collect();
        // By this method, each time.
        let renews = |function: FunctionId| made.iter().any(|&it| it == function || tree.nests(it, function));
        let method = starts.iter().find(|it| renews(it.0)).map(|it| it.1);
        let mut again = starts.iter().filter(|it| Some(it.1) == method);
        method.is_some() && again.all(|it| renews(it.0))
    }

    /// `if (!socket) socket = new Socket()`
    fn is_made_once(&self, assign: NodeId) -> bool {
        self.tree.is(assign, Kind::Assign) && (self.creates(assign) || self.runs_once_by_guard(assign))
    }

    /// The call that removes the listener in each round, if there is one.
    pub fn removed(&self, listener: &Listener, round: &Round) -> Option<NodeId> {
        let place = &listener.emitter.place;
        let uses = self.uses_near(place);
        let of_emitter = uses
            .iter()
            .filter(|it| it.path == place.path && matches!(it.op, uses::Op::Method { .. }));
        let mut removals = of_emitter
            .map(|it| it.node)
            .filter(|&call| self.is_removal(call, listener));
        removals.find(|&call| self.is_on_the_way(call, round))
    }

    /// A function made for this one listener, which code beside it removes, though not on each way.
    pub fn takes_itself_off_later(&self, listener: &Listener) -> bool {
        let tree = self.tree;
        let own = tree.variable(listener.callback).is_some_and(|it| {
            let function = tree.declared_in(it);
            function != FunctionId(0)
                && function == tree.function_of(listener.call)
                && self.tree.parameter(it).is_none()
        });
        own && self
            .removals_at(listener.emitter.place, listener)
            .next()
            .is_some()
    }

    /// A call that looks like the removal and is none, and why.
    pub fn useless_removal(&self, listener: &Listener) -> Option<(NodeId, &'static str)> {
        let tree = self.tree;
        let place = &listener.emitter.place;
        self.uses_near(place)
            .iter()
            .filter(|it| it.path == place.path)
            .find_map(|it| {
                let is_method = matches!(it.op, uses::Op::Method { .. });
                self.effect(it.node)
                    .filter(|effect| is_method && effect.removes.is_some())?;
                let mut args = tree.args(it.node);
                let event = args.next();
                if event.is_some_and(|event| !self.is_event(event, listener.event)) {
                    return None;
                }
                let fresh = args
                    .next()
                    .is_some_and(|callback| matches!(tree.kind(callback), Kind::Function | Kind::Call));
                Some(match fresh {
                    true => (
                        it.node,
                        "this removes nothing: it is given a new function, not the one that was added",
                    ),
                    false if self.is_removal(it.node, listener) => (
                        it.node,
                        "this removes only the last one, and not on the way to the next",
                    ),
                    false => return None,
                })
            })
    }

    /// The removal runs in each round, not only when the owner is thrown away.
    fn is_on_the_way(&self, call: NodeId, round: &Round) -> bool {
        let function = self.tree.function_of(call);
        self.is_in_round(call, round) || !round.functions.contains(&function) && !self.ends_owner(function)
    }

    /// All that runs the function are methods that end their owner.
    fn ends_owner(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let mut seen = vec![function];
        let mut at = 0;
        while let Some(&function) = seen.get(at) {
            at += 1;
            if self.named("end_methods", tree.function(function).name) {
                continue;
            }
            for entry in self.entries(function) {
                let called =
                    entry.how == How::Call && entry.from != FunctionId(0) && seen.len() < MAX_CALLERS;
                if !called {
                    return false;
                }
                if !seen.contains(&entry.from) {
                    seen.push(entry.from);
                }
            }
        }
        true
    }

    /// The emitter is started again in each round: `server.listen()`, `socket.connect()`.
    pub fn restarted(&self, emitter: &Place, round: &Round) -> bool {
        let uses = self.uses_near(emitter);
        uses.iter()
            .filter(|it| it.path == emitter.path)
            .any(|it| match it.op {
                uses::Op::Method { name } => {
                    let starts = self.apis.begins_with("restart_words", self.tree.text(name));
                    starts && self.is_in_round(it.node, round)
                }
                _ => false,
            })
    }

    /// A one-shot listener that each round uses up: its event comes in every round, or the round waits for it.
    pub fn used_up(&self, listener: &Listener, round: &Round) -> bool {
        let Some(event) = self.event_text(listener.event).filter(|_| listener.once) else {
            return listener.once;
        };
        let model = match listener.event {
            Event::Fixed(_) => self.apis.event(None, event),
            _ => self
                .receiver(listener.call)
                .map_or(self.apis.event(None, event), |it| {
                    self.apis.event(self.ty(it), event)
                }),
        };
        let ends = model.is_some_and(|model| model.ends);
        if listener.is_promise() {
            return self.is_waited_for(listener.call);
        }
        if listener.hidden {
            return ends
                && !model.is_some_and(|model| model.part)
                && self.restarted(&listener.emitter.place, round);
        }
        if self.apis.named("connected_events", event) {
            return false;
        }
        if model.is_some_and(|model| model.last) {
            return false;
        }
        ends || !listener.typed || self.is_emitted(listener) || self.is_waited_for(listener.call)
    }

    /// What repeats is a listener, and some code takes it off.
    pub fn is_taken_off_again(&self, repeat: &Repeat) -> bool {
        let cause = repeat.path.first().filter(|_| repeat.why == Why::Callback);
        cause
            .and_then(|cause| self.listener(cause.site))
            .is_some_and(|(listener, target)| self.removal(&listener, target).is_some())
    }

    /// What repeats is started by the function, and stopped by it in turn, before it returns.
    pub fn is_stopped_by(&self, function: FunctionId, repeat: &Repeat) -> bool {
        let cause = repeat.path.first().filter(|_| repeat.why == Why::Callback);
        let started = cause.and_then(|cause| self.resources().find(|it| it.at == cause.site));
        started.is_some_and(|it| match self.fate_of(it) {
            Fate::Released(release) => self.tree.function_of(release) == function && release > it.at,
            _ => false,
        })
    }

    /// The code goes on only when the listener has been called: `await once(…)`, `new Promise(resolve => em.once(…, resolve))`.
    fn is_waited_for(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let executor = tree.function(tree.function_of(call)).node;
        let made = tree.parent(executor);
        let promise = if executor != Tree::ROOT && tree.is(made, Kind::New) {
            made
        } else {
            call
        };
        let up = tree.ancestors(promise).find(|&up| !tree.is(up, Kind::Array));
        up.is_some_and(|up| match tree.kind(up) {
            Kind::Await | Kind::Return => true,
            Kind::Call => !self.effect(up).is_some_and(|effect| effect.races),
            _ => promise != call,
        })
    }
}
