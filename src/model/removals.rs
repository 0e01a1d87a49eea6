//! Removals: calls that take listeners off, which listener each of them means, and why one that means a listener
//! cannot take it off.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::apis::{Removes, TypeId, Word};
use crate::syntax::tree::{BindingKind, FunctionId, Kind, NodeId, Op};

use super::Model;
use super::listeners::{Event, Listener};
use super::owners::This;
use super::place::{Place, Root, Seg};
use super::resources::Resource;

/// A call that removes listeners: `target.off(event, callback)`, or by a helper `off(target, event, callback)`.
#[derive(Clone, Copy, Debug)]
pub struct Removal {
    pub call: NodeId,
    pub target: NodeId,
    pub event: Option<NodeId>,
    pub callback: Option<NodeId>,
    options: Option<NodeId>,
    /// Removes whatever it is not told: all of the event, or all.
    all: bool,
    /// Without a callback, it removes nothing.
    needs_callback: bool,
    /// What a helper does with its parameters: the calls of the helper are removals, too, and say more.
    of_helper: bool,
    /// Stands behind a flag that is only set behind it.
    unreachable: bool,
}

/// Why a removal cannot match the listener that it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Its function is made in the call itself.
    Fresh,
    /// What was added is a new function made of the one that it removes, or the other way round.
    OtherFunction,
    /// It names no function, and then removes none.
    NoCallback,
    /// Only one of the two is about the capture phase.
    Capture,
    /// It names another event, of which this function is no listener.
    OtherEvent,
    /// It is called on another target, on which this function is no listener.
    OtherTarget,
    /// It names the listener of another event.
    OtherListener,
    /// It names a function of the same scope that is no listener at all.
    NoListener,
    /// It names a property that nothing ever sets.
    NeverSet,
    /// It names what the call that added the listener returned, which is nothing.
    Result,
    /// It adds the listener once more.
    AddedAgain,
    /// It stands behind a flag that is only set behind it.
    Unreachable,
}

/// Whether a listener is for the capture phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capture {
    Never,
    /// Always, or by what some caller in the file says.
    Sometimes,
    Unknown,
}

/// How far values are followed to where they are made.
const MAX_DEPTH: u32 = 3;

impl Model<'_> {
    /// All calls that remove listeners.
    pub fn removals(&self) -> &[Removal] {
        self.removals.get_or_init(|| {
            let calls = self.calls_that(Word::REMOVES);
            let all: Vec<Removal> = calls.filter_map(|call| self.removal_at(call)).collect();
            let helpers = self.helpers(all.iter().map(|it| it.call));
            let own = |it: &Removal| self.is_helpers_own(it.target, it.callback, &helpers);
            all.into_iter()
                .map(|it| Removal {
                    of_helper: own(&it),
                    unreachable: self.is_behind_own_flag(it.call),
                    ..it
                })
                .collect()
        })
    }

    /// Functions of the file that such calls run.
    pub(super) fn helpers(&self, calls: impl Iterator<Item = NodeId>) -> FxHashSet<FunctionId> {
        calls.flat_map(|it| self.called_functions(it)).collect()
    }

    /// What a helper does with its parameters counts where it is called: `function off(el, f) { el.off('click', f) }`.
    pub(super) fn is_helpers_own(
        &self,
        target: NodeId,
        callback: Option<NodeId>,
        helpers: &FxHashSet<FunctionId>,
    ) -> bool {
        let param = |node: NodeId| {
            let binding = self.tree.variable(node)?;
            Some(self.tree.parameter(binding)?.0)
        };
        !helpers.is_empty()
            && param(target).is_some_and(|it| helpers.contains(&it) && callback.and_then(param) == Some(it))
    }

    fn removal_at(&self, call: NodeId) -> Option<Removal> {
        let tree = self.tree;
        if !tree.is(call, Kind::Call) {
            return None;
        }
        let callee = self.called_name(call)?;
        if !self.word(tree.name_of(callee)).may(Word::REMOVES) {
            return None;
        }
        let args: Vec<NodeId> = tree.args(call).collect();
        // A helper is told the target first.
        let told = args.len() > 1
            && self
                .apis
                .untyped(tree.name_text(callee))
                .is_some_and(|it| it.removes.is_some())
            && !self.is_event_like(args[0])
            && self.is_event_like(args[1]);
        if told {
            return Some(Removal {
                call,
                target: self.viewed(args[0]),
                event: Some(args[1]),
                callback: args.get(2).copied(),
                options: args.get(3).copied(),
                all: false,
                needs_callback: false,
                of_helper: false,
                unreachable: false,
            });
        }
        let effect = self.effect(call).filter(|it| !it.helper)?;
        // `query.removeListener(callback)` is about one event.
        let first = usize::from(effect.event.is_none());
        Some(Removal {
            call,
            target: self.viewed(self.receiver(call)?),
            event: args.first().copied().filter(|_| first > 0),
            callback: args.get(first).copied().filter(|&it| !tree.is_nullish(it)),
            options: args.get(first + 1).copied(),
            all: effect.removes? == Removes::All,
            needs_callback: effect.needs_callback,
            of_helper: false,
            unreachable: false,
        })
    }

    /// The name by which a call calls: `f` in `f()`, `a.f()` and `(0, a.f)()`.
    pub(super) fn called_name(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let named = |it: &NodeId| matches!(tree.kind(*it), Kind::Ident | Kind::Member);
        let callee = tree.callee(call);
        match tree.kind(callee) {
            Kind::Sequence => tree.children(callee).last().filter(named),
            _ => Some(callee).filter(named),
        }
    }

    /// `$(window)` stands for `window`, and a constructor's parameter for the field that it is kept in.
    pub(super) fn viewed(&self, node: NodeId) -> NodeId {
        let tree = self.tree;
        if let Some(field) = self.kept_in_field(node) {
            return field;
        }
        let view = tree.is(node, Kind::Call) && self.ty(node).is_some_and(|ty| self.apis.ty(ty).view);
        match tree.args(node).next().filter(|_| view) {
            Some(arg) => arg,
            None => node,
        }
    }

    /// `this.bus = bus`, in the constructor that gets `bus`.
    fn kept_in_field(&self, node: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let binding = tree.variable(node)?;
        let (function, _) = self.tree.parameter(binding)?;
        if !matches!(self.owners.this[function.index()], This::Instance(it) if self.owners.constructor(tree, it) == Some(function))
        {
            return None;
        }
        let mut stores = tree.references(binding).iter().map(|&it| (it, tree.parent(it)));
        let is_field = |&(value, store): &(NodeId, NodeId)| {
            tree.is(store, Kind::Assign)
                && tree.child(store, 1) == value
                && tree.function_of(store) == function
                && tree.is(tree.child(store, 0), Kind::Member)
                && tree.is(tree.child(tree.child(store, 0), 0), Kind::This)
        };
        stores.find(is_field).map(|(_, store)| tree.child(store, 0))
    }

    /// Text or a list of texts: no target.
    pub(super) fn is_event_like(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Array => tree.children(node).all(|it| self.is_event_like(it)),
            _ => self.is_event_name(node),
        }
    }

    /// The removal takes this very listener off: same event, same function, same phase (the target is the caller's
    /// business).
    pub(super) fn removes(&self, removal: &Removal, listener: &Listener) -> bool {
        let same_event = removal
            .event
            .is_none_or(|event| self.is_event(event, listener.event));
        let same_callback = match removal.callback {
            None => !removal.needs_callback,
            Some(it) => self.may_be_callback(it, listener),
        };
        same_event
            && !removal.unreachable
            && (removal.all || same_callback && !self.differs_in_phase(removal, listener))
    }

    /// A call that removes the listener.
    pub fn taken_off(&self, listener: &Listener, target: NodeId) -> Option<NodeId> {
        let place = self.place(target);
        let single = self.ty(target).filter(|&ty| self.apis.ty(ty).single);
        let same = |other: NodeId| match (place, self.place(other)) {
            (Some(a), Some(b)) if a == b => true,
            _ if single.is_some() => self.may_be_of(other, single),
            _ if self.are_made_apart(target, other) => false,
            (Some(a), Some(b)) => self.may_be_same(&a, &b),
            // `document.querySelector('a')` twice
            _ => true,
        };
        let mut removals = self.removals().iter().filter(|it| !it.of_helper);
        let removal = removals.find(|it| self.removes(it, listener) && same(it.target));
        let known = removal.map(|it| it.call);
        known.or_else(|| self.taken_off_by_any_name(listener, target))
    }

    /// `source.un(event, callback)`: another method is given the very same as the one that added the listener.
    fn taken_off_by_any_name(&self, listener: &Listener, target: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let binding = tree.variable(listener.callback)?;
        let mut others = tree.references(binding).iter().map(|&it| tree.parent(it));
        others.find(|&call| {
            let callee = tree.callee(call);
            let mut args = tree.args(call);
            call != listener.call
                && tree.is(call, Kind::Call)
                && tree.is(callee, Kind::Member)
                && self.is_same_target(tree.child(callee, 0), target)
                && args
                    .next()
                    .is_some_and(|it| self.is_very_event(it, listener.event))
                && self
                    .effect(call)
                    .is_none_or(|it| it.adds.is_none() && it.removes.is_none())
        })
    }

    /// The calls that remove the listener from what is at this very place.
    pub(super) fn removals_at(&self, place: Place, listener: &Listener) -> impl Iterator<Item = NodeId> {
        let removals = self.removals().iter();
        let own =
            removals.filter(move |it| self.place(it.target) == Some(place) && self.removes(it, listener));
        own.map(|it| it.call)
    }

    /// A call that removes the listener, or ends what it was added to.
    pub fn removal(&self, listener: &Listener, target: NodeId) -> Option<NodeId> {
        let place = self.place(target);
        if let Some(removal) = self.taken_off(listener, target) {
            return Some(removal);
        }
        self.ended(&place?)
    }

    /// A call that ends what is at this place: `socket.destroy()`
    pub(super) fn ended(&self, place: &Place) -> Option<NodeId> {
        let tree = self.tree;
        let is_self = place.path.is_empty() && matches!(place.root, Root::Instance(_));
        if place.root == Root::Global || is_self {
            return None;
        }
        self.index.calls.iter().copied().find(|&call| {
            let callee = tree.callee(call);
            tree.is(callee, Kind::Member)
                && self.named("end_methods", tree.name_of(callee))
                && self.receiver(call).and_then(|it| self.place(it)) == Some(*place)
        })
    }

    /// The node, or what some call gives for it, is of this type; nothing in sight says what callers give.
    fn may_be_of(&self, node: NodeId, ty: Option<TypeId>) -> bool {
        let is_parameter = || {
            let binding = self.tree.variable(node);
            binding.is_some_and(|it| self.tree.parameter(it).is_some())
        };
        let given = self.given(node);
        self.ty(node) == ty
            || given.iter().any(|&it| self.ty(it) == ty)
            || given.is_empty() && self.ty(node).is_none() && is_parameter()
    }

    /// Two names that may be of one object, for all that the file shows.
    fn may_be_same(&self, a: &Place, b: &Place) -> bool {
        let open = |place: &Place| match place.root {
            Root::This(_) => true,
            Root::Binding(binding) => {
                let info = &self.tree.bindings[binding.index()];
                info.kind == BindingKind::Param || info.scope.0 != 0
            }
            _ => place.path.segs().contains(&Seg::ELEMENT),
        };
        // The element of a directive is nobody else's.
        let linked = |place: &Place| matches!(place.root, Root::Binding(it) if self.is_linked_part(it));
        if linked(a) || linked(b) {
            return false;
        }
        // Whatever an unknown `this` is, it is not the page.
        let apart = |a: &Place, b: &Place| a.root == Root::Global && matches!(b.root, Root::This(_));
        (open(a) || open(b)) && !apart(a, b) && !apart(b, a)
    }

    // ---- removals that miss ----

    /// A removal that means the listener and cannot match it. What matches another listener means that one.
    pub fn mismatch(&self, resource: &Resource) -> Option<(Removal, Mismatch)> {
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        if let Some(again) = self.added_again(resource, listener, target) {
            return Some((again, Mismatch::AddedAgain));
        }
        let found = self
            .removals()
            .iter()
            .filter(|it| !it.all && !it.of_helper)
            .find_map(|it| Some((*it, self.misses(it, listener, target)?)))?;
        let others = self.resources().filter(|it| it.at != resource.at);
        let means_another = others
            .into_iter()
            .any(|other| match (&other.listener, other.target) {
                (Some(it), Some(at)) => self.is_same_target(found.0.target, at) && self.removes(&found.0, it),
                _ => false,
            });
        (!means_another && self.removal(listener, target).is_none()).then_some(found)
    }

    fn is_in_end(&self, node: NodeId) -> bool {
        let name = self.tree.function(self.tree.function_of(node)).name;
        self.named("end_methods", name) || self.named("teardown_methods", name)
    }

    /// The same listener, which the end of something adds once more, or which the end should remove.
    fn same_at_end(&self, resource: &Resource, at_end: bool) -> Option<&Resource<'_>> {
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        self.resources().find(|it| {
            let event = self.tree.args(it.at).next();
            it.at != resource.at
                && self.is_in_end(it.at) == at_end
                && it.target.is_some_and(|it| self.is_same_target(it, target))
                && event.is_some_and(|it| self.is_very_event(it, listener.event))
                && it
                    .listener
                    .as_ref()
                    .is_some_and(|it| self.same_function(it.callback, listener.callback))
        })
    }

    /// Meant to remove a listener that was added elsewhere.
    pub fn is_meant_to_remove(&self, resource: &Resource) -> bool {
        self.is_in_end(resource.at) && self.same_at_end(resource, false).is_some()
    }

    /// The end of something adds the very same listener, where it should remove it.
    fn added_again(&self, resource: &Resource, listener: &Listener, target: NodeId) -> Option<Removal> {
        if self.is_in_end(resource.at) || listener.once {
            return None;
        }
        let again = self.same_at_end(resource, true)?;
        // What a helper removes from whatever it is given says nothing of this one.
        let named = |it: &Removal| {
            it.callback
                .is_some_and(|it| self.same_function(it, listener.callback))
        };
        (!self.removals().iter().any(named)).then_some(Removal {
            call: again.at,
            target,
            event: None,
            callback: None,
            options: None,
            all: false,
            needs_callback: false,
            of_helper: false,
            unreachable: false,
        })
    }

    fn misses(&self, removal: &Removal, listener: &Listener, target: NodeId) -> Option<Mismatch> {
        let tree = self.tree;
        let event = removal.event?;
        let same_target = self.is_same_target(removal.target, target);
        let same_event = self.is_very_event(event, listener.event);
        let Some(callback) = removal.callback else {
            // `removeEventListener(callback)` takes the function for the name of an event.
            let named = same_event || self.same_function(event, listener.callback);
            return (removal.needs_callback && same_target && named).then_some(Mismatch::NoCallback);
        };
        let same_function = self.same_function(callback, listener.callback);
        if same_function {
            return match (same_target, same_event) {
                (true, true) if removal.unreachable => Some(Mismatch::Unreachable),
                (true, true) => self
                    .differs_in_phase(removal, listener)
                    .then_some(Mismatch::Capture),
                (true, false) => {
                    let named = tree.is(event, Kind::Str) && matches!(listener.event, Event::Named(_));
                    (named && !self.is_event(event, listener.event)).then_some(Mismatch::OtherEvent)
                }
                (false, true) => self
                    .are_two_targets(removal.target, target)
                    .then_some(Mismatch::OtherTarget),
                (false, false) => None,
            };
        }
        if !same_target || !same_event {
            return None;
        }
        if self.is_fresh(callback) {
            return Some(Mismatch::Fresh);
        }
        if listener.dedups && self.is_result_of(callback, listener.call) {
            return Some(Mismatch::Result);
        }
        // Copied from the removal of its neighbour.
        let is_neighbour = |it: &Resource| {
            tree.function_of(it.at) == tree.function_of(listener.call)
                && it.target.is_some_and(|it| self.is_same_target(it, target))
                && it.listener.as_ref().is_some_and(|it| {
                    self.same_function(callback, it.callback) && !self.is_very_event(event, it.event)
                })
        };
        if tree.is(callback, Kind::Ident) && self.resources().any(is_neighbour) {
            return Some(Mismatch::OtherListener);
        }
        if self.is_never_set(callback, listener.callback) {
            return Some(Mismatch::NeverSet);
        }
        let added = self.origins(listener.callback)?;
        let removed = self.origins(callback);
        let removed = removed.as_deref().unwrap_or_default();
        if added.iter().any(|it| removed.contains(it)) {
            return None;
        }
        if self.is_made_of(&added, callback) || self.is_made_of(removed, listener.callback) {
            return Some(Mismatch::OtherFunction);
        }
        self.is_no_listener(callback, listener.callback)
            .then_some(Mismatch::NoListener)
    }

    /// `this.listener = target.addEventListener(…)`, which returns nothing.
    fn is_result_of(&self, removed: NodeId, call: NodeId) -> bool {
        let values = self.place(removed).map(|it| self.values_at(&it));
        let values: Vec<_> = values.into_iter().flatten().map(|it| it.1).collect();
        let is_result = |value: NodeId| value == call || self.tree.is_nullish(value);
        values.contains(&Some(call)) && values.iter().all(|it| it.is_some_and(is_result))
    }

    /// A property beside the one with the listener, which no code of the file ever sets: `view.onKey` for `view[onKey]`.
    fn is_never_set(&self, removed: NodeId, added: NodeId) -> bool {
        let tree = self.tree;
        let property = |node: NodeId| matches!(tree.kind(node), Kind::Member | Kind::Index);
        let object = |node: NodeId| self.place(tree.child(node, 0));
        tree.is(removed, Kind::Member)
            && property(added)
            && object(removed).is_some()
            && object(removed) == object(added)
            && !self.word(tree.name_of(removed)).may(Word::DEFINED)
            && self
                .place(added)
                .is_some_and(|place| !self.values_at(&place).is_empty())
    }

    /// Two functions of one scope, of which the file only ever removes this one.
    fn is_no_listener(&self, removed: NodeId, added: NodeId) -> bool {
        let tree = self.tree;
        let declared = |node: NodeId| {
            let binding = tree.variable(node)?;
            let info = &tree.bindings[binding.index()];
            let local = tree.scopes[info.scope.index()].function != FunctionId(0);
            (local && self.tree.parameter(binding).is_none() && !self.functions(node).is_empty())
                .then_some((binding, info.scope))
        };
        let (Some((removed, scope)), Some((_, other))) = (declared(removed), declared(added)) else {
            return false;
        };
        let is_removed = |node: NodeId| {
            self.removals()
                .iter()
                .any(|removal| removal.callback == Some(node))
        };
        scope == other && tree.references(removed).iter().all(|&it| is_removed(it))
    }

    /// Slots that are connected with a receiver and disconnected without it: `signal.connect(f, this)` and
    /// `signal.disconnect(f)`, which a signal takes for two slots. The pairs of these calls.
    pub fn slots_without_receiver(&self) -> Vec<(NodeId, NodeId)> {
        let tree = self.tree;
        let named = |list: &'static str| {
            self.calls_that(Word::CONNECTS).filter(move |&call| {
                let callee = tree.callee(call);
                tree.is(call, Kind::Call)
                    && tree.is(callee, Kind::Member)
                    && self.named(list, tree.name_of(callee))
            })
        };
        let parts = |call: NodeId| {
            let slot = self.place(tree.args(call).next()?)?;
            Some((self.place(tree.child(tree.callee(call), 0))?, slot))
        };
        let with_receiver = |call: NodeId| tree.args(call).nth(1).is_some_and(|it| tree.is(it, Kind::This));
        // `Signal.clearData(this)`
        let of_this = |call: NodeId| tree.args(call).next().is_some_and(|it| tree.is(it, Kind::This));
        if named("disconnect_all_methods").any(of_this) {
            return Vec::new();
        }
        let connects = named("connect_methods").filter(|&call| with_receiver(call));
        connects
            .filter_map(|connect| {
                let slot = parts(connect)?;
                let mut ends = named("disconnect_methods").filter(|&it| parts(it) == Some(slot));
                let first = ends.next()?;
                let alone = |it: NodeId| tree.args(it).nth(1).is_none();
                (alone(first) && ends.all(alone)).then_some((connect, first))
            })
            .collect()
    }

    /// A method is bound anew for a call and for its opposite: `hub.subscribe(topic, this.hear.bind(this))` and
    /// `hub.unsubscribe(topic, this.hear.bind(this))`, which never is the same function. The pairs of these calls.
    pub fn bound_twice(&self) -> Vec<(NodeId, NodeId)> {
        let tree = self.tree;
        let bound = |call: NodeId| {
            let last = tree.args(call).last().filter(|&it| tree.is(it, Kind::Call))?;
            let bind = Some(tree.callee(last)).filter(|&it| tree.is(it, Kind::Member))?;
            (tree.name_text(bind) == "bind").then(|| self.place(tree.child(bind, 0)))?
        };
        let parts = |call: NodeId| {
            let callee = Some(tree.callee(call)).filter(|&it| tree.is(it, Kind::Member))?;
            Some((
                tree.name_text(callee),
                self.place(tree.child(callee, 0))?,
                bound(call)?,
            ))
        };
        let opposite = |undo: &str, name: &str| undo.strip_prefix("un").is_some_and(|it| it == name);
        let undone = self
            .calls_that(Word::RELEASES)
            .filter(|&it| tree.is(it, Kind::Call));
        undone
            .filter_map(|undo| {
                let (name, target, method) = parts(undo)?;
                let done = self.index.calls.iter().copied().find(|&it| {
                    tree.is(it, Kind::Call)
                        && parts(it).is_some_and(|(other, at, function)| {
                            opposite(name, other) && at == target && function == method
                        })
                })?;
                Some((done, undo))
            })
            .collect()
    }

    /// Both are certainly one target.
    fn is_same_target(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        let same = |a: NodeId, b: NodeId| {
            let places = (self.place(a), self.place(b));
            matches!(places, (Some(a), Some(b)) if a == b)
        };
        // `this.getBus()`, twice
        let gets = |node: NodeId| tree.is(node, Kind::Call) && tree.args(node).next().is_none();
        let got = gets(a) && gets(b) && {
            let (a, b) = (tree.callee(a), tree.callee(b));
            tree.is(a, Kind::Member)
                && tree.is(b, Kind::Member)
                && self.apis.begins_name("getting_words", tree.name_text(a))
                && same(a, b)
        };
        got || same(a, b)
    }

    /// Two calls of which each makes one: `matchMedia(query)`, twice.
    fn are_made_apart(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.written_value(a), self.written_value(b));
        let makes = |node: NodeId| {
            let ty = self.tree.is(node, Kind::Call).then(|| self.ty(node)).flatten();
            ty.is_some_and(|ty| self.apis.ty(ty).kept)
        };
        a != b && makes(a) && makes(b)
    }

    /// Two targets of the platform, which are never one.
    fn are_two_targets(&self, a: NodeId, b: NodeId) -> bool {
        if self.are_made_apart(a, b) {
            return true;
        }
        let value = |node: NodeId| self.api_path(node).filter(|path| self.apis.value(path).is_some());
        matches!((value(a), value(b)), (Some(a), Some(b)) if a != b && !self.is_same_target_name(&a, &b))
    }

    /// `window.document` and `document`
    fn is_same_target_name(&self, a: &str, b: &str) -> bool {
        let short = |path: &str| path.rsplit('.').next().map(str::to_string);
        let global = |path: &str| self.is_global_object_name(path);
        short(a) == short(b) || global(a) && global(b)
    }

    /// The two are certainly one event.
    fn is_very_event(&self, node: NodeId, event: Event) -> bool {
        let tree = self.tree;
        match event {
            Event::Named(name) => tree.is(node, Kind::Str) && tree.name_of(node) == name,
            Event::Fixed(text) => tree.is(node, Kind::Str) && tree.name_text(node) == text,
            Event::At(at) => match (self.place(node), self.place(at)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// Made where it stands: a function expression without a name that is used, or one that a call makes.
    fn is_fresh(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Function => true,
            Kind::Call => {
                let known = self.effect(node);
                known.is_some_and(|effect| effect.keeps || effect.wraps) || self.makes_function(node)
            }
            _ => false,
        }
    }

    /// A call of a helper that returns a new function each time: `bind(method, this)`.
    fn makes_function(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let helpers = self.called_functions(call);
        !helpers.is_empty()
            && helpers.iter().all(|&helper| {
                let returns = self.index.returns_of(helper);
                !returns.is_empty()
                    && returns
                        .iter()
                        .all(|&ret| tree.is(tree.child(ret, 0), Kind::Function))
            })
    }

    /// Where the function objects are made that the expression may be; `None` if the file does not show all of them.
    fn origins(&self, node: NodeId) -> Option<Rc<[NodeId]>> {
        if let Some(known) = self.origins.borrow().get(&node) {
            return known.clone();
        }
        let found: Option<Rc<[NodeId]>> = self.find_origins(node, MAX_DEPTH).map(Into::into);
        self.origins.borrow_mut().insert(node, found.clone());
        found
    }

    fn find_origins(&self, node: NodeId, depth: u32) -> Option<Vec<NodeId>> {
        let tree = self.tree;
        if self.is_fresh(node) {
            return Some(vec![node]);
        }
        // One of two, as a test says.
        if tree.is(node, Kind::Conditional) && depth > 0 {
            let mut found = self.find_origins(tree.child(node, 1), depth - 1)?;
            found.extend(self.find_origins(tree.child(node, 2), depth - 1)?);
            return Some(found);
        }
        if depth == 0 || !matches!(tree.kind(node), Kind::Ident | Kind::Member | Kind::Assign) {
            return None;
        }
        if tree.is(node, Kind::Assign) {
            return (tree[node].op == Op::Assign)
                .then(|| self.find_origins(tree.child(node, 1), depth - 1))
                .flatten();
        }
        let place = self.place(node)?;
        let mut found = Vec::new();
        for (_, value) in self.values_at(&place) {
            let value = value?;
            if !tree.is_nullish(value) {
                found.extend(self.find_origins(value, depth - 1)?);
            }
        }
        if found.is_empty() {
            let functions = self.functions(node).into_iter();
            found.extend(functions.map(|it| tree.function(it).node));
        }
        (!found.is_empty()).then_some(found)
    }

    /// The two may be one function object under two names.
    pub(super) fn may_be_one_object(&self, a: NodeId, b: NodeId) -> bool {
        let (Some(a), Some(b)) = (self.origins(a), self.origins(b)) else {
            return false;
        };
        a.iter().any(|it| b.contains(it))
    }

    /// The functions are made of the one that `node` names: bound, wrapped, or calling it.
    fn is_made_of(&self, made: &[NodeId], node: NodeId) -> bool {
        let tree = self.tree;
        let Some(place) = self.place(node) else {
            return false;
        };
        let small = |it: &NodeId| tree.subtree(*it).nth(60).is_none();
        made.iter().copied().filter(small).any(|it| {
            tree.subtree(it).any(|inner| {
                matches!(tree.kind(inner), Kind::Ident | Kind::Member) && self.place(inner) == Some(place)
            })
        })
    }

    // ---- the capture phase ----

    fn differs_in_phase(&self, removal: &Removal, listener: &Listener) -> bool {
        use Capture::{Never, Sometimes};
        // Only event targets have phases.
        if !listener.dedups {
            return false;
        }
        let added = self.capture(listener.options, MAX_DEPTH);
        let removed = self.capture(removal.options, MAX_DEPTH);
        matches!((added, removed), (Never, Sometimes) | (Sometimes, Never))
    }

    fn capture(&self, options: Option<NodeId>, depth: u32) -> Capture {
        let tree = self.tree;
        let Some(node) = options else {
            return Capture::Never;
        };
        match tree.kind(node) {
            _ if tree.is_nullish(node) => Capture::Never,
            Kind::Bool if tree[node].a == 0 => Capture::Never,
            Kind::Bool => Capture::Sometimes,
            // `!0`, as minifiers write it
            Kind::Unary if tree[node].op == Op::Not && tree.is(tree.child(node, 0), Kind::Num) => {
                match tree.number(tree.child(node, 0)) == 0.0 {
                    true => Capture::Sometimes,
                    false => Capture::Never,
                }
            }
            Kind::Object => {
                let mut capture = Capture::Never;
                for child in tree.children(node) {
                    if !tree.is(child, Kind::Property) {
                        return Capture::Unknown;
                    }
                    if tree.name_text(child) == "capture" {
                        capture = match self.capture(Some(tree.value(child)), 0) {
                            Capture::Never => Capture::Never,
                            it => it,
                        };
                    }
                }
                capture
            }
            Kind::Ident if depth > 0 => self.capture_of_variable(node, depth),
            _ => Capture::Unknown,
        }
    }

    fn capture_of_variable(&self, node: NodeId, depth: u32) -> Capture {
        let tree = self.tree;
        let Some(binding) = tree.binding_of(node) else {
            return Capture::Unknown;
        };
        if tree.bindings[binding.index()].kind == BindingKind::Param {
            // A helper that hands on what its callers say.
            let mut told = self.given(node).into_iter();
            return if told.any(|arg| self.capture(Some(arg), depth - 1) == Capture::Sometimes) {
                Capture::Sometimes
            } else {
                Capture::Unknown
            };
        }
        match self.index.only_value(tree, binding) {
            Some((value, path)) if path.is_empty() => self.capture(Some(value), depth - 1),
            _ => Capture::Unknown,
        }
    }
}
