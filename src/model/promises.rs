//! Promises that outlive the code that waits for them: who keeps them, and what settles them.
//!
//! A promise that has not settled keeps a reaction for everything that waits for it. `Promise.race` forgets the losers,
//! but the losers do not forget the race: each one stays on the list of the promise that lost, with its result.

use rustc_hash::FxHashSet;

use crate::apis::Word;
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId};

use super::Model;
use super::calls::{Entry, How};
use super::listeners::Emitter;
use super::place::{Place, Root};
use super::repeat::{Repeat, Why};

/// What settles a promise, the soonest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settles {
    /// A timer, or the code that makes it.
    Soon,
    /// The file does not tell.
    Unknown,
    /// Whoever calls a function that is kept for it.
    Told,
    /// The end or failure of something, which may never come.
    Late,
    /// Nothing.
    Never,
}

/// A call that leaves a reaction on a promise of somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The race, or the call of `then`.
    pub call: NodeId,
    /// The call is a race: it goes on whatever this promise does.
    pub races: bool,
    /// The expression that names the promise.
    pub operand: NodeId,
    /// Where the promise is kept, and by whose life.
    pub holder: Emitter,
    pub settles: Settles,
    /// The expression that makes it.
    pub made: Option<NodeId>,
}

/// How deep values are followed to the promise that they are.
const MAX_DEPTH: u32 = 5;

impl Model<'_> {
    /// Calls that wait for a promise that is kept somewhere: races, and steps that hang on it.
    ///
    /// Not known: promises that unknown calls return, races over a variable number of promises.
    pub fn waitings(&self) -> Vec<Waiting> {
        let tree = self.tree;
        let mut found = Vec::new();
        for call in self.calls_that(Word::STEPS | Word::RACES) {
            let callee = tree.callee(call);
            if !tree.is(call, Kind::Call) || !tree.is(callee, Kind::Member) {
                continue;
            }
            if self.is_promise_step(call) {
                let promise = tree.child(callee, 0);
                if matches!(tree.kind(promise), Kind::Ident | Kind::Member) {
                    self.waits_for(call, promise, false, &mut found);
                }
            } else if self.typed_effect(call).is_some_and(|effect| effect.races) {
                let list = tree.args(call).next().filter(|&arg| tree.is(arg, Kind::Array));
                for operand in list.into_iter().flat_map(|list| tree.children(list)) {
                    self.waits_for(call, operand, true, &mut found);
                }
            }
        }
        found
    }

    /// The race in which a promise takes part, by itself, by its name, or as the result of the function that makes it.
    pub(super) fn race_of(&self, promise: NodeId, maker: FunctionId) -> Option<NodeId> {
        let tree = self.tree;
        let race = |node: NodeId| {
            let races =
                |&up: &NodeId| tree.is(up, Kind::Call) && self.effect(up).is_some_and(|effect| effect.races);
            tree.ancestors(node).take(3).find(races)
        };
        let place = self.held_at(promise);
        let named = match place.map(|place| place.root) {
            Some(Root::Binding(binding)) => tree.references(binding),
            _ => &[],
        };
        let others = named.iter().chain(self.calls_of(maker));
        race(promise).or_else(|| others.copied().find_map(race))
    }

    fn waits_for(&self, call: NodeId, operand: NodeId, races: bool, found: &mut Vec<Waiting>) {
        let tree = self.tree;
        let mut promise = operand;
        // `stopped.then(() => null)` hangs on `stopped` as well.
        while tree.is(promise, Kind::Call) && self.is_promise_step(promise) {
            promise = tree.child(tree.callee(promise), 0);
        }
        if !matches!(tree.kind(promise), Kind::Ident | Kind::Member | Kind::Call) {
            return;
        }
        let deferred = self.deferred(promise);
        for holder in self.emitters(deferred.unwrap_or(promise), call, 0) {
            let (settles, made) = match deferred {
                Some(_) => (Settles::Told, self.only_value_at(&holder.place)),
                None => self.settles_at(&holder.place),
            };
            found.push(Waiting {
                call,
                races,
                operand: promise,
                holder,
                settles,
                made,
            });
        }
    }

    /// `this.stopping.promise`, where `stopping` is an object that keeps the promise with what settles it.
    fn deferred(&self, promise: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let named = tree.is(promise, Kind::Member) && self.named("promise_fields", tree.name_of(promise));
        let object = named.then(|| tree.child(promise, 0))?;
        let unknown = self
            .place(promise)
            .is_none_or(|place| self.values_at(&place).is_empty());
        unknown.then_some(object)
    }

    /// The one value that a place is given, apart from nothing.
    fn only_value_at(&self, place: &Place) -> Option<NodeId> {
        let mut values = self.values_at(place).into_iter().filter_map(|(_, value)| value);
        let mut real = values.by_ref().filter(|&value| !self.tree.is_nullish(value));
        real.next().filter(|_| real.next().is_none())
    }

    fn settles_at(&self, place: &Place) -> (Settles, Option<NodeId>) {
        if let (Root::Binding(binding), true) = (place.root, place.path.is_empty())
            && let Some((value, path)) = self.index.only_value(self.tree, binding)
            && self.apis.named(
                "promise_fields",
                path.last()
                    .and_then(|seg| seg.as_name())
                    .map_or("", |name| self.tree.text(name)),
            )
        {
            // `const { promise, resolve } = Promise.withResolvers()`
            return (Settles::Told, Some(value));
        }
        match self.only_value_at(place) {
            Some(value) => (self.settles(value, 0), Some(value)),
            None => (Settles::Unknown, None),
        }
    }

    /// `new Promise(executor)`: makes a promise that its callback settles.
    pub fn makes_promise(&self, node: NodeId) -> bool {
        matches!(self.tree.kind(node), Kind::New | Kind::Call)
            && self.effect(node).is_some_and(|effect| effect.resumes)
    }

    /// What settles the promise that an expression makes or names.
    pub fn settles(&self, value: NodeId, depth: u32) -> Settles {
        let tree = self.tree;
        if depth > MAX_DEPTH {
            return Settles::Unknown;
        }
        let of = |node: NodeId| self.settles(node, depth + 1);
        match tree.kind(value) {
            _ if self.makes_promise(value) => {
                let executor = tree
                    .args(value)
                    .next()
                    .filter(|&arg| tree.is(arg, Kind::Function));
                executor.map_or(Settles::Unknown, |it| self.settles_by(tree.function_at(it)))
            }
            Kind::Call if self.is_promise_step(value) => of(tree.child(tree.callee(value), 0)),
            Kind::Call => {
                if let Some(effect) = self.typed_effect(value) {
                    if effect.races {
                        let list = tree.args(value).next().filter(|&it| tree.is(it, Kind::Array));
                        let all = list.into_iter().flat_map(|list| tree.children(list)).map(of);
                        return all.min().unwrap_or(Settles::Unknown);
                    }
                    if let Some(position) = effect.emitter {
                        let event = tree.args(value).nth(position + 1);
                        return self.settles_on(tree.args(value).nth(position), event);
                    }
                    if effect.timer {
                        return Settles::Soon;
                    }
                }
                let &[function] = self.called_functions(value).as_slice() else {
                    return Settles::Unknown;
                };
                let &[ret] = self.index.returns_of(function) else {
                    return Settles::Unknown;
                };
                if tree.function(function).is_async {
                    return Settles::Unknown;
                }
                of(tree.child(ret, 0))
            }
            Kind::Ident | Kind::Member => match self.deferred(value) {
                Some(object)
                    if self
                        .place(object)
                        .is_some_and(|it| self.only_value_at(&it).is_some()) =>
                {
                    Settles::Told
                }
                _ => match self.place(value) {
                    Some(place) => self.only_value_at(&place).map_or(Settles::Unknown, of),
                    None => Settles::Unknown,
                },
            },
            Kind::Logical => of(tree.child(value, 0)).min(of(tree.child(value, 1))),
            Kind::Conditional => of(tree.child(value, 1)).min(of(tree.child(value, 2))),
            _ => Settles::Unknown,
        }
    }

    /// What settles a promise with this executor: the soonest of all that its two functions are used for.
    fn settles_by(&self, executor: FunctionId) -> Settles {
        let tree = self.tree;
        let params: Vec<BindingId> = tree
            .params(executor)
            .filter_map(|param| {
                tree.binding_of(tree.child(param, 0))
                    .filter(|_| tree.is(tree.child(param, 0), Kind::Binding))
            })
            .collect();
        let uses = |at: usize| params.get(at).map_or(&[][..], |&it| tree.references(it));
        let soonest = params
            .iter()
            .flat_map(|&param| tree.references(param))
            .map(|&reference| self.settles_where(reference, executor))
            .min();
        match soonest {
            None if tree.function(executor).uses_arguments => Settles::Unknown,
            None => Settles::Never,
            // It can only fail.
            Some(soonest) if uses(0).is_empty() && params.len() == 2 && soonest > Settles::Soon => {
                soonest.max(Settles::Late)
            }
            Some(soonest) => soonest,
        }
    }

    /// When what stands at `reference`, one of the functions that settle a promise, is called.
    fn settles_where(&self, reference: NodeId, executor: FunctionId) -> Settles {
        let tree = self.tree;
        let parent = tree.parent(reference);
        match tree.kind(parent) {
            Kind::Call if tree.callee(parent) == reference => self.settles_when(parent, executor),
            Kind::Call => self.settles_through(parent),
            Kind::Assign | Kind::Property | Kind::Array => Settles::Told,
            _ => Settles::Unknown,
        }
    }

    /// A callback of this call settles the promise.
    fn settles_through(&self, call: NodeId) -> Settles {
        let Some(effect) = self.effect(call) else {
            return Settles::Unknown;
        };
        if effect.timer {
            return Settles::Soon;
        }
        if effect.adds.is_some() {
            let receiver = self.receiver(call);
            return self.settles_on(receiver, self.tree.args(call).next());
        }
        // Put into a list of those who wait.
        if effect.grows.is_some() {
            Settles::Told
        } else {
            Settles::Unknown
        }
    }

    fn settles_on(&self, emitter: Option<NodeId>, event: Option<NodeId>) -> Settles {
        let tree = self.tree;
        let model = event
            .filter(|&event| tree.is(event, Kind::Str))
            .and_then(|event| {
                let ty = emitter.and_then(|it| self.ty(it));
                self.apis.event(ty, tree.name_text(event))
            });
        match model {
            Some(event) if event.last || event.ends && !event.part => Settles::Late,
            _ => Settles::Unknown,
        }
    }

    /// When the code at a node inside an executor runs.
    fn settles_when(&self, node: NodeId, executor: FunctionId) -> Settles {
        let tree = self.tree;
        let mut seen = FxHashSet::default();
        let mut todo = vec![tree.function_of(node)];
        let mut soonest = Settles::Never;
        while let Some(function) = todo.pop() {
            if function == executor {
                return Settles::Soon;
            }
            if !seen.insert(function) {
                continue;
            }
            for entry in self.entries(function) {
                soonest = soonest.min(match entry.how {
                    How::Call if entry.from != FunctionId::NONE && tree.nests(executor, entry.from) => {
                        todo.push(entry.from);
                        continue;
                    }
                    How::Call => Settles::Told,
                    _ if tree.is(entry.site, Kind::Call) => self.settles_through(entry.site),
                    _ if tree.is(entry.site, Kind::Assign) => match self.event_of(entry.site) {
                        Some(event) if event.last || event.ends && !event.part => Settles::Late,
                        Some(_) => Settles::Unknown,
                        None => Settles::Told,
                    },
                    _ => Settles::Told,
                });
            }
        }
        soonest
    }

    /// The promise is another one in each round, or it has settled before: nothing piles up on it.
    pub fn is_renewed(&self, waiting: &Waiting, repeat: &Repeat) -> bool {
        let tree = self.tree;
        let around = repeat
            .path
            .first()
            .filter(|_| matches!(repeat.why, Why::Loop { .. }))
            .map(|cause| cause.site);
        let in_round = |at: NodeId| {
            let function = tree.function_of(at);
            around.is_some_and(|around| tree.contains(around, at))
                || function != waiting.holder.since
                    && (function == tree.function_of(waiting.call)
                        || repeat.path.iter().any(|entry| entry.from == function))
        };
        let mut place = waiting.holder.place;
        loop {
            let values = self.values_at(&place);
            let real: Vec<_> = values
                .iter()
                .filter(|(_, value)| value.is_none_or(|value| !tree.is_nullish(value)))
                .collect();
            if real.len() > 1
                || real
                    .iter()
                    .any(|&&(at, _)| in_round(at) || !self.is_put_at_start(at, &place))
            {
                return true;
            }
            match place.path.parent() {
                Some(parent) => place.path = parent,
                None => break,
            }
        }
        self.is_awaited_before(waiting)
    }

    /// The promise is made anew in each round of a loop around the one that waits: its life is such a round.
    pub fn is_made_in_loop(&self, waiting: &Waiting) -> bool {
        let tree = self.tree;
        self.values_at(&waiting.holder.place).iter().any(|&(at, _)| {
            let function = tree.function_of(at);
            self.loop_around(at, tree.function(function).node).is_some()
        })
    }

    /// `while (busy) await Promise.race([pause(), stopped])`, beside a promise of the same run: what came first is not
    /// looked at, so the reactions hold nothing, and go with the run, unless only an error ends its loop.
    pub fn only_passes_time(&self, waiting: &Waiting) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = waiting.holder.place.root else {
            return false;
        };
        let declared = tree.declared_in(binding);
        let awaited = tree.parent(waiting.call);
        let is_dropped = tree.is(awaited, Kind::Await) && tree.is(tree.parent(awaited), Kind::ExprStmt);
        let around = self.loop_around(waiting.call, tree.function(declared).node);
        let ends = !around.is_some_and(|(it, _)| self.is_endless(it));
        waiting.races
            && ends
            && is_dropped
            && declared == tree.function_of(waiting.call)
            && declared != FunctionId(0)
    }

    /// The store belongs to the beginning of the place's owner, or to a method that starts it.
    fn is_put_at_start(&self, at: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        let name = tree.function(tree.function_of(at)).name;
        let starts = || {
            self.named("start_methods", name) || self.apis.begins_with("connecting_words", tree.text(name))
        };
        !matches!(place.root, Root::Instance(_)) || self.is_first(at, place) || starts()
    }

    /// The code has waited for the promise alone before it comes to the call.
    fn is_awaited_before(&self, waiting: &Waiting) -> bool {
        let tree = self.tree;
        let function = tree.function_of(waiting.call);
        let Some(place) = self.place(waiting.operand) else {
            return false;
        };
        tree.subtree(tree.body(function))
            .take_while(|&it| it < waiting.call)
            .any(|it| {
                tree.is(it, Kind::Await)
                    && tree.function_of(it) == function
                    && self.place(tree.child(it, 0)) == Some(place)
            })
    }

    /// The caller that makes the code run again starts or ends something: most often it runs once.
    pub fn is_set_up(&self, repeat: &Repeat, site: NodeId) -> bool {
        let tree = self.tree;
        let name = |function: FunctionId| tree.text(tree.function(function).name).trim_start_matches('#');
        let outer = |entry: &Entry| match tree.kind(entry.site) {
            Kind::Property => tree.name_text(entry.site).to_string(),
            Kind::Assign => tree.name_text(tree.child(entry.site, 0)).to_string(),
            _ => String::new(),
        };
        let mut names: Vec<String> = repeat
            .path
            .iter()
            .filter(|entry| entry.from != FunctionId::NONE)
            .map(|entry| name(entry.from).to_string())
            .collect();
        names.extend(repeat.path.first().map(outer));
        names.push(name(tree.function_of(site)).to_string());
        names.iter().filter(|name| !name.is_empty()).any(|name| {
            let name = name.trim_start_matches('_');
            self.apis.named("start_methods", name)
                || self.apis.named("end_methods", name)
                || self.apis.begins_with("restart_words", name)
                || self.apis.begins_name("setting_words", name)
        })
    }

    /// The name of a promise tells of an end: `stopped`, `this.closed.promise`.
    pub fn tells_of_ending(&self, promise: NodeId) -> bool {
        let tree = self.tree;
        let mut at = promise;
        loop {
            let name = match tree.kind(at) {
                Kind::Ident | Kind::Member => tree.name_text(at),
                Kind::Call => {
                    at = tree.callee(at);
                    continue;
                }
                _ => return false,
            };
            if self.apis.has_word("late_words", name) {
                return true;
            }
            if !tree.is(at, Kind::Member) {
                return false;
            }
            at = tree.child(at, 0);
        }
    }
}
