//! Listeners: callbacks that a call leaves on an emitter, who the emitter is, and what removes them again.

mod per_call;
mod reopened;
mod rounds;

pub use per_call::Lent;
pub use reopened::Reopened;
pub use rounds::Round;

use crate::apis::{self, Adds, Effect, Runs, TypeId, Word};
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId};

use super::Model;
use super::place::{Place, Root, Seg};
use super::uses;

/// A call that leaves a callback on an emitter.
#[derive(Clone, Debug)]
pub struct Listener {
    pub call: NodeId,
    pub event: Event,
    pub callback: NodeId,
    /// What follows the callback.
    pub options: Option<NodeId>,
    pub once: bool,
    /// The emitter ignores a function that it has already.
    pub dedups: bool,
    /// The API adds it for the caller, beside what the call is for.
    pub hidden: bool,
    /// The receiver's type is known, so the method's name is no guess.
    pub typed: bool,
    pub emitter: Emitter,
}

impl Listener {
    /// The listener settles the promise that the call returns.
    pub fn is_promise(&self) -> bool {
        self.callback == self.call
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Named(Name),
    /// Given by a model, not by the file.
    Fixed(&'static str),
    /// An expression.
    At(NodeId),
}

/// The emitter, as far as the file shows where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Emitter {
    pub place: Place,
    /// Where code of the emitter's own scope reaches the listener's call: the call itself, or the call of the helper
    /// that is handed the emitter.
    pub site: NodeId,
    /// The function whose run the emitter lives for: the program, a constructor, or the function that declares it.
    pub since: FunctionId,
}

impl Model<'_> {
    /// All listeners whose emitter has a place in the file.
    pub fn listeners(&self) -> Vec<Listener> {
        let calls = self.calls_that(Word::ADDS | Word::LISTENS);
        calls.flat_map(|call| self.listeners_at(call)).collect()
    }

    /// The listener that a call adds, for each emitter that it may be added to.
    pub fn listeners_at(&self, call: NodeId) -> Vec<Listener> {
        let Some((listener, receiver)) = self.listener(call) else {
            return Vec::new();
        };
        let emitters = self.emitters(receiver, call, 0).into_iter();
        emitters
            .map(|emitter| Listener {
                emitter,
                ..listener.clone()
            })
            .collect()
    }

    /// An event target that gets the same function from all, and so keeps one.
    pub fn is_shared(&self, listener: &Listener) -> bool {
        let tree = self.tree;
        let of_program = |place: Place| match place.root {
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                let scope = &tree.scopes[info.scope.index()];
                info.kind == BindingKind::Import || self.runs_once(scope.function)
            }
            Root::Global | Root::Exports => true,
            Root::Instance(_) | Root::This(_) => false,
        };
        listener.dedups
            && matches!(tree.kind(listener.callback), Kind::Ident | Kind::Member)
            && self.place(listener.callback).is_some_and(of_program)
    }

    /// `if (!scene.canvas) { scene.on('canvas', this.start.bind(this)); return; }` in `start`: it is called until what
    /// it waits for is there.
    pub fn waits_to_run(&self, listener: &Listener) -> bool {
        let tree = self.tree;
        let function = tree.function_of(listener.call);
        let leaves = |up: NodeId| {
            tree.is(up, Kind::If)
                && tree.contains(tree.child(up, 1), listener.call)
                && (self.always_leaves(tree.child(up, 1)) || !tree.is(tree.child(up, 2), Kind::Empty))
        };
        let own = tree.function(function).node;
        let bound = |node: NodeId| {
            let callee = tree.is(node, Kind::Call).then(|| tree.callee(node));
            let bind = callee.filter(|&it| tree.is(it, Kind::Member) && tree.name_text(it) == "bind");
            bind.map_or(node, |it| tree.child(it, 0))
        };
        self.functions(bound(listener.callback)).contains(&function)
            && tree
                .ancestors(listener.call)
                .take_while(|&up| up != own)
                .any(leaves)
    }

    /// The listener that a call adds (its emitter still to be found), and the receiver.
    pub(super) fn listener(&self, call: NodeId) -> Option<(Listener, NodeId)> {
        let tree = self.tree;
        if !tree.is(call, Kind::Call) {
            return None;
        }
        let Some((effect, typed)) = self.adding(call) else {
            return self.kept_by_method(call);
        };
        let args: Vec<NodeId> = tree.args(call).collect();
        let event_at = |node: NodeId| match tree.kind(node) {
            Kind::Str => Event::Named(tree.name_of(node)),
            _ => Event::At(node),
        };
        let (event, callback, receiver) = match (&effect.event, effect.emitter) {
            (_, Some(position)) => (event_at(*args.get(position + 1)?), call, *args.get(position)?),
            (Some(event), None) => {
                // `$(target).click(bind(method, this))`
                let made = |arg: NodeId| effect.shorthand && tree.is(arg, Kind::Call);
                let mut args = args.iter().copied();
                let callback = args.rfind(|&arg| self.is_function(arg) || made(arg))?;
                // Models live as long as the process.
                let event = crate::apis::built_in().intern(event)?;
                (Event::Fixed(event), callback, self.receiver(call)?)
            }
            (None, None) => {
                let (&event, mut callback) = (args.first()?, *args.get(1)?);
                // `$(document).on('click', '.item', callback)`, `$(document).on('click', data, callback)`
                if typed && tree.is(callback, Kind::Str) {
                    callback = *args.get(2)?;
                }
                if typed && matches!(tree.kind(callback), Kind::This | Kind::Object | Kind::Array) {
                    let last = args.iter().skip(2).rfind(|&&it| self.is_function(it));
                    callback = last.copied().unwrap_or(callback);
                }
                // `on('data', this.onData = () => …)`
                if tree.is(callback, Kind::Assign) {
                    callback = tree.child(callback, 0);
                }
                let named = || self.is_event_name(event) && self.may_be_function(callback);
                let likely = typed || named() || self.listens_by_any_name(call, event, callback);
                if !likely || tree.is_nullish(callback) {
                    return None;
                }
                (event_at(event), callback, self.receiver(call)?)
            }
        };
        let options = args.iter().skip(2).copied();
        let options = options
            .map(|it| self.written_value(it))
            .find(|&it| tree.is(it, Kind::Object));
        let has_option = |wanted| self.has_option(options, wanted);
        // Whoever aborts the signal removes the listener.
        if has_option("signal") {
            return None;
        }
        let listener = Listener {
            call,
            event,
            callback,
            options: args.get(2).copied().filter(|_| effect.event.is_none()),
            once: effect.once || has_option("once"),
            dedups: effect.dedups,
            hidden: effect.event.is_some() && !effect.shorthand,
            typed,
            emitter: Emitter {
                place: Place::of(Root::Global),
                site: call,
                since: FunctionId::NONE,
            },
        };
        Some((listener, receiver))
    }

    /// `{ once: true }`
    fn has_option(&self, options: Option<NodeId>, wanted: &str) -> bool {
        let tree = self.tree;
        let options = options.map(|it| self.written_value(it));
        let Some(options) = options.filter(|&it| tree.is(it, Kind::Object)) else {
            return false;
        };
        tree.children(options).any(|prop| {
            tree.is(prop, Kind::Property)
                && tree.name_text(prop) == wanted
                && !tree.is_false(tree.value(prop))
        })
    }

    /// `on(target, event, callback)`: a function named like a method that adds.
    pub(super) fn listener_by_helper(&self, call: NodeId) -> Option<(Listener, NodeId)> {
        let tree = self.tree;
        let name = tree.name_text(self.called_name(call).filter(|_| tree.is(call, Kind::Call))?);
        let effect = self
            .apis
            .untyped(name)
            .filter(|it| it.adds.is_some() && it.event.is_none())?;
        let args: Vec<NodeId> = tree.args(call).collect();
        let (&target, &event, &callback) = (args.first()?, args.get(1)?, args.get(2)?);
        let named = matches!(tree.kind(target), Kind::Ident | Kind::Member | Kind::Call);
        // `this.on(document, event, callback)`: the object takes care of what its own method adds.
        let callee = tree.callee(call);
        let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let own =
            receiver.is_some_and(|it| tree.is(it, Kind::This) || self.is_of_base(it) || self.is_ended(it));
        // What the helper does in the end, the target decides.
        let dedups = self.ty(target).is_some_and(|ty| self.is_event_target(ty));
        let is_callback = self.may_be_function(callback)
            || dedups && matches!(tree.kind(callback), Kind::Ident | Kind::Member);
        if !named || own || self.is_event_like(target) || !self.is_event_like(event) || !is_callback {
            return None;
        }
        let options = args.get(3).copied();
        if self.has_option(options, "signal") {
            return None;
        }
        let listener = Listener {
            call,
            event: match tree.kind(event) {
                Kind::Str => Event::Named(tree.name_of(event)),
                _ => Event::At(event),
            },
            callback,
            options,
            once: effect.once || self.has_option(options, "once"),
            dedups,
            hidden: false,
            typed: false,
            emitter: Emitter {
                place: Place::of(Root::Global),
                site: call,
                since: FunctionId::NONE,
            },
        };
        Some((listener, target))
    }

    /// `this.events`, when `this.events.dispose()` stands somewhere.
    fn is_ended(&self, node: NodeId) -> bool {
        self.place(node).is_some_and(|place| {
            let ends =
                |op: &uses::Op| matches!(op, uses::Op::Method { name } if self.named("end_methods", *name));
            (!place.path.is_empty() || matches!(place.root, Root::Binding(_)))
                && self
                    .uses_near(&place)
                    .iter()
                    .any(|it| it.path == place.path && ends(&it.op))
        })
    }

    /// `this.events`, which a base class out of sight has made, and cares for.
    fn is_of_base(&self, node: NodeId) -> bool {
        self.place(node).is_some_and(|place| match place.root {
            Root::Instance(owner) => {
                place.path.segs().len() == 1
                    && self.owners.get(owner).superclass.is_some()
                    && self.values_at(&place).is_empty()
            }
            _ => false,
        })
    }

    /// Its methods are those of event targets, which ignore a function that they have already.
    pub(super) fn is_event_target(&self, ty: TypeId) -> bool {
        let mut lineage = self.apis.lineage(ty);
        lineage.any(|it| it.methods.values().any(|method| method.dedups))
    }

    /// `conn.onStatus(callback)`, where the method puts its argument into a list that nothing takes from.
    fn kept_by_method(&self, call: NodeId) -> Option<(Listener, NodeId)> {
        let tree = self.tree;
        let callee = tree.callee(call);
        let name = tree.name_of(callee);
        if !tree.is(callee, Kind::Member) || !self.apis.begins_with("adding_words", tree.text(name)) {
            return None;
        }
        let (position, callback) = tree
            .args(call)
            .enumerate()
            .find(|&(_, arg)| tree.is(arg, Kind::Function))?;
        let method = match self.called_functions(call).as_slice() {
            [method] => *method,
            // The receiver is unknown, but the file has one method of this name.
            [] => {
                let members = self.owners.owners.iter().flat_map(|owner| &owner.members);
                let mut methods = members.filter(|it| it.name == name);
                methods.next().filter(|_| methods.next().is_none())?.function?
            }
            _ => return None,
        };
        let param = tree.child(tree.params(method).nth(position)?, 0);
        let stores = tree
            .references(tree.binding_of(param).filter(|_| tree.is(param, Kind::Binding))?)
            .iter();
        let kept = stores.map(|&it| tree.parent(it)).any(|store| {
            let into = tree.is(store, Kind::Call) && tree.is(tree.callee(store), Kind::Member);
            into && self.word(tree.name_of(tree.callee(store))).may(Word::GROWS)
                && self
                    .place(tree.child(tree.callee(store), 0))
                    .is_some_and(|list| self.only_grows(&list))
        });
        let listener = Listener {
            call,
            event: Event::Named(name),
            callback,
            options: None,
            once: false,
            dedups: false,
            hidden: false,
            typed: false,
            emitter: Emitter {
                place: Place::of(Root::Global),
                site: call,
                since: FunctionId::NONE,
            },
        };
        kept.then_some((listener, tree.child(callee, 0)))
    }

    /// A list of an instance from which nothing is taken.
    fn only_grows(&self, list: &Place) -> bool {
        let tree = self.tree;
        if !matches!(list.root, Root::Instance(_)) || list.path.is_empty() {
            return false;
        }
        let initial = |at: NodeId| tree.function(tree.function_of(at)).kind == FunctionKind::Constructor;
        self.uses(list.root)
            .iter()
            .filter(|it| it.path.starts_with(&list.path))
            .all(|it| match it.op {
                uses::Op::Method { name } => !self.word(name).may(Word::SHRINKS),
                uses::Op::Write { .. } => initial(it.node),
                uses::Op::Delete | uses::Op::Passed | uses::Op::Stored | uses::Op::Returned => false,
                _ => true,
            })
    }

    /// The effect of a call that adds a listener, and whether it is known by more than the method's name.
    fn adding(&self, call: NodeId) -> Option<(&Effect, bool)> {
        let tree = self.tree;
        let callee = tree.callee(call);
        // Most calls are out by their names.
        if tree.is(callee, Kind::Member) && !self.word(tree.name_of(callee)).may(Word::ADDS) {
            return None;
        }
        let adds = |effect: &&Effect| effect.adds == Some(Adds::Listener) && !effect.helper;
        if let Some(effect) = self.typed_effect(call) {
            return Some((effect, true)).filter(|(effect, _)| adds(effect));
        }
        if let Some(effect) = self.effect(call) {
            return Some((effect, false)).filter(|(effect, _)| adds(effect));
        }
        // `server.close(callback)`: by the receiver's name, where the method keeps the callback beside its work.
        if !tree.is(callee, Kind::Member) {
            return None;
        }
        let object = tree.child(callee, 0);
        let named = matches!(tree.kind(object), Kind::Ident | Kind::Member);
        if !named || self.ty(object).is_some() || self.owner(object).is_some() {
            return None;
        }
        let ty = self.apis.hinted(tree.name_text(object).trim_start_matches('_'))?;
        let effect = self.apis.method(ty, tree.name_text(callee))?;
        (effect.event.is_some() && adds(&effect)).then_some((effect, false))
    }

    /// What a method is called on; in `a.on(…).off(…)` that is `a`.
    pub fn receiver(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        if !tree.is(callee, Kind::Member) {
            return self.is_bare_method(callee).then_some(callee);
        }
        let mut receiver = tree.child(callee, 0);
        while tree.is(receiver, Kind::Call) && tree.is(tree.callee(receiver), Kind::Member) {
            let chains = self
                .effect(receiver)
                .is_some_and(|effect| effect.chains || effect.adds.is_some() || effect.removes.is_some());
            if !chains {
                break;
            }
            receiver = tree.child(tree.callee(receiver), 0);
        }
        Some(receiver)
    }

    fn is_function(&self, node: NodeId) -> bool {
        self.tree.is(node, Kind::Function) || !self.functions(node).is_empty() || is_callback_name(self, node)
    }

    /// A string, or something that is named like a constant.
    pub(super) fn is_event_name(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Str | Kind::Template => true,
            Kind::Ident | Kind::Member => {
                let name = tree.name_text(node);
                let is_local = || {
                    let binding = tree.variable(node);
                    binding.is_some_and(|it| tree.bindings[it.index()].kind != BindingKind::Param)
                };
                name.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                    || matches!(name, "event" | "eventName" | "type" | "ev" | "evt" | "name")
                    || is_local() && self.apis.ends_name("event_suffixes", name)
                    || tree.is(node, Kind::Member) && tree.name_text(tree.child(node, 0)).contains("vent")
            }
            _ => false,
        }
    }

    /// `source.$on(this.opensOn, () => …)`: whatever the event is called, this is a listener.
    fn listens_by_any_name(&self, call: NodeId, event: NodeId, callback: NodeId) -> bool {
        let tree = self.tree;
        let method = tree.name_of(tree.callee(call));
        let is_value = matches!(
            tree.kind(event),
            Kind::Ident | Kind::Member | Kind::Binary | Kind::Index | Kind::Conditional
        );
        let listens = self.named("listening_methods", method)
            || self.named("adding_methods", method) && self.may_be_text(event);
        is_value && listens && tree.is(callback, Kind::Function)
    }

    /// A text, or one of a list of texts: `['SIGINT', 'SIGTERM'].forEach((signal) => …)`.
    fn may_be_text(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let is_text = |node: NodeId| matches!(tree.kind(node), Kind::Str | Kind::Template);
        let list = || {
            let (function, _) = self.tree.parameter(tree.variable(node)?).filter(|it| it.1 == 0)?;
            let call = tree.parent(tree.function(function).node);
            let callee = Some(call)
                .filter(|&it| tree.is(it, Kind::Call))
                .map(|it| tree.callee(it))?;
            let list = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0))?;
            Some(self.written_value(list)).filter(|&it| tree.is(it, Kind::Array))
        };
        let value = self.written_value(node);
        match tree.kind(value) {
            Kind::Conditional | Kind::Binary => tree.children(value).any(is_text),
            _ => is_text(value) || list().is_some_and(|it| tree.children(it).all(is_text)),
        }
    }

    pub(super) fn may_be_function(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Function | Kind::Call | Kind::This => true,
            Kind::Ident | Kind::Member => {
                !self.functions(node).is_empty()
                    || is_callback_name(self, node)
                    || self.apis.mentions("callback_words", tree.name_text(node))
                    || self.settles_promise(node)
                    || self.holds_bound(node)
                    || self.sets_state(node)
            }
            Kind::Logical | Kind::Conditional | Kind::Index => true,
            _ => false,
        }
    }

    /// A parameter that a new promise gives its executor.
    fn settles_promise(&self, node: NodeId) -> bool {
        let binding = self.tree.variable(node);
        binding.is_some_and(|it| self.executor(it).is_some())
    }

    /// `const [names, setNames] = useState([])`
    fn sets_state(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let Some(binding) = tree.variable(node) else {
            return false;
        };
        let pattern = tree.parent(tree.bindings[binding.index()].decl);
        let declarator = tree.parent(pattern);
        let value = (tree.is(pattern, Kind::ArrayPattern) && tree.is(declarator, Kind::Declarator))
            .then(|| tree.child(declarator, 1));
        value.is_some_and(|it| tree.is(it, Kind::Call) && self.effect(it).is_some_and(|effect| effect.hook))
    }

    /// `this.onData = this.read.bind(this)`
    fn holds_bound(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let values = self.place(node).map(|it| self.values_at(&it)).unwrap_or_default();
        values.iter().any(|&(_, value)| {
            value.is_some_and(|it| {
                tree.is(it, Kind::Call) && self.effect(it).is_some_and(|effect| effect.keeps || effect.wraps)
            })
        })
    }

    /// Where the emitter may come from, through the parameters of local functions.
    pub(super) fn emitters(&self, receiver: NodeId, site: NodeId, depth: u32) -> Vec<Emitter> {
        let tree = self.tree;
        let Some(place) = self.place(receiver) else {
            return Vec::new();
        };
        // One of many emitters, and who knows whether the same.
        if place.path.segs().contains(&Seg::ELEMENT) {
            return Vec::new();
        }
        let since = match place.root {
            Root::Global | Root::Exports => FunctionId(0),
            Root::This(_) => return Vec::new(),
            Root::Instance(owner) => self.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE),
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                match info.kind {
                    BindingKind::Param => return self.emitters_given(place, binding, receiver, site, depth),
                    BindingKind::Catch => return Vec::new(),
                    _ => tree.scopes[info.scope.index()].function,
                }
            }
        };
        let known = place.path.is_empty() || place.root == Root::Global || !self.values_at(&place).is_empty();
        if known {
            vec![Emitter { place, site, since }]
        } else {
            Vec::new()
        }
    }

    /// The emitters that a function is given as an argument: by its callers in the file, or by an event.
    fn emitters_given(
        &self,
        place: Place,
        binding: BindingId,
        receiver: NodeId,
        site: NodeId,
        depth: u32,
    ) -> Vec<Emitter> {
        let tree = self.tree;
        let function = tree.declared_in(binding);
        let node = tree.function(function).node;
        // What comes out of a pool has been here before.
        let lent = tree.is(tree.parent(node), Kind::Call)
            && self.event_of(tree.parent(node)).is_some_and(|event| event.lends);
        let since = if lent { FunctionId(0) } else { function };
        let mut found = Vec::new();
        if place.path.is_empty() {
            found.push(Emitter { place, site, since });
        } else if let Some(local) = tree.variable(receiver) {
            // A property of what is given may be another object each time, but the variable keeps the one it got.
            let since = tree.declared_in(local);
            found.push(Emitter {
                place: Place::of(Root::Binding(local)),
                site,
                since,
            });
        }
        let Some((function, position)) = self.tree.parameter(binding).filter(|_| depth < 3) else {
            return found;
        };
        let args = self
            .calls_of(function)
            .iter()
            .filter_map(|&call| Some((call, self.argument(call, position)?)));
        // Called by itself with the same emitter, the function stays with it.
        let (mut own, others): (Vec<_>, Vec<_>) =
            args.partition(|&(_, arg)| self.place(arg) == Some(Place::of(Root::Binding(binding))));
        // `emitter = make(); attach(emitter)`: with another one.
        let is_another = |call: NodeId| {
            let mut writes = self.index.writes[binding.index()].iter();
            writes.any(|it| it.at < call && tree.block_of(it.at) == tree.block_of(call))
        };
        own.retain(|&(call, _)| !is_another(call));
        for (call, arg) in others {
            if self.is_of_walk(function, arg) {
                continue;
            }
            let site = if own.is_empty() { call } else { site };
            let given = self.emitters(arg, site, depth + 1).into_iter();
            found.extend(given.filter_map(|it| {
                Some(Emitter {
                    place: it.place.concat(place.path)?,
                    ..it
                })
            }));
        }
        found
    }

    /// A function that calls itself for a part of what it is given, which it keeps in a variable of its own.
    pub(super) fn is_of_walk(&self, function: FunctionId, arg: NodeId) -> bool {
        let tree = self.tree;
        self.place(arg).is_some_and(|it| match it.root {
            Root::Binding(part) => {
                let within = tree.declared_in(part);
                within == function && self.tree.parameter(part).is_none() || tree.nests(function, within)
            }
            _ => false,
        })
    }

    /// The call removes this very listener (the receiver is the caller's business).
    fn is_removal(&self, call: NodeId, listener: &Listener) -> bool {
        let mut removals = self.removals().iter();
        removals.any(|it| it.call == call && self.removes(it, listener))
    }

    /// The expression is the listener's function, for all that the file shows.
    pub(super) fn may_be_callback(&self, callback: NodeId, listener: &Listener) -> bool {
        let tree = self.tree;
        let added = listener.callback;
        // `document.on('focus', other.handleFocus)`, where `other` is one of its kind; `off('focus', this.handleFocus)`
        // in a callback that is run with the same `this`
        let known = |node: NodeId| {
            self.place(node)
                .is_some_and(|it| matches!(it.root, Root::Instance(_)))
        };
        let own = |node: NodeId| tree.is(tree.child(node, 0), Kind::This) && known(node);
        let of_another = tree.is(added, Kind::Member)
            && (!own(added) || tree.is(callback, Kind::Member) && !own(callback))
            && matches!(tree.kind(callback), Kind::Ident | Kind::Member)
            && tree.name_of(callback) == tree.name_of(added);
        // `off('x', f)` in `this.g = function f() {…}`
        let itself = || {
            let binding = tree.variable(callback)?;
            let property = tree.parent(tree.bindings[binding.index()].decl);
            let held = tree.is(property, Kind::Property) && tree.is(added, Kind::Member);
            Some(held && tree.name_of(property) == tree.name_of(added))
        };
        // `on('x', handlerFor(y))`, whose result takes itself off
        let returned = |function: &FunctionId| {
            let mut returns = self.index.returns_of(*function).iter();
            returns.any(|&ret| self.same_function(tree.child(ret, 0), callback))
        };
        // jQuery takes `$.proxy(f, this)` for `f` (https://api.jquery.com/jQuery.proxy/).
        let proxied = |node: NodeId| {
            let proxy = tree.is(node, Kind::Call)
                && self
                    .called_name(node)
                    .is_some_and(|it| tree.name_text(it) == "proxy");
            tree.args(node).next().filter(|_| proxy).unwrap_or(node)
        };
        let (inner, outer) = (proxied(added), proxied(callback));
        let same_name = |a: NodeId, b: NodeId| {
            tree.is(a, Kind::Member) && tree.is(b, Kind::Member) && tree.name_of(a) == tree.name_of(b)
        };
        let by_proxy = (inner, outer) != (added, callback)
            && (self.same_function(inner, outer) || same_name(inner, outer));
        // `listen(this.load)`, for `listen(callback) { bus.on('load', callback) }`
        let given = || {
            let mut all = self.given(added).into_iter();
            all.any(|it| self.same_function(it, callback))
        };
        of_another
            || by_proxy
            || given()
            || tree.is(added, Kind::Call) && self.called_functions(added).iter().any(returned)
            || itself() == Some(true)
            || self.same_function(callback, added)
            || self.varies(callback)
                && !self.is_for_known_ones(callback, added)
                && !self.is_nobody_elses(listener, callback)
                && !self.holds_others(callback, added)
            || self.may_be_one_object(callback, added)
    }

    /// `function off(event, callback) { bus.off(event, callback) }` is for functions that somebody has: no function that
    /// was written where it was added.
    fn is_for_known_ones(&self, callback: NodeId, added: NodeId) -> bool {
        let tree = self.tree;
        let given = tree.variable(callback).and_then(|it| self.tree.parameter(it));
        let is_argument = |node: NodeId| {
            let call = tree.parent(node);
            tree.is(call, Kind::Call) && tree.args(call).any(|it| it == node)
        };
        let is_nameless = tree.is(added, Kind::Function) && is_argument(added);
        // Calls in sight may give what a list has kept.
        let from_outside = self.given(callback).is_empty();
        is_nameless
            && from_outside
            && given.is_some_and(|(function, _)| !is_argument(tree.function(function).node))
    }

    /// `item.onScroll`, where all that the file ever puts into a property of this name are functions made for it.
    fn holds_others(&self, callback: NodeId, added: NodeId) -> bool {
        let tree = self.tree;
        let stores = Some(callback)
            .filter(|&it| tree.is(it, Kind::Member))
            .and_then(|it| self.index.member_writes.get(&tree.name_of(it)));
        let made = |&store: &NodeId| {
            let value = tree.child(store, 1);
            tree.is_nullish(value) || tree.is(value, Kind::Function) && value != added
        };
        let is_property = || {
            let mut objects = self.index.objects.iter().flat_map(|&it| tree.children(it));
            objects.any(|it| tree.is(it, Kind::Property) && tree.name_of(it) == tree.name_of(callback))
        };
        stores.is_some_and(|stores| {
            stores
                .iter()
                .any(|&it| tree.is(tree.child(it, 1), Kind::Function))
                && stores.iter().all(made)
                && tree.name_of(added) != tree.name_of(callback)
                && !is_property()
        })
    }

    /// `window.addEventListener('online', () => …)`: the platform lists no listeners, so that nobody else gets hold of a
    /// function that has no name.
    fn is_nobody_elses(&self, listener: &Listener, callback: NodeId) -> bool {
        let tree = self.tree;
        let added = listener.callback;
        if !tree.is(tree.callee(listener.call), Kind::Member) {
            return false;
        }
        let itself = tree.is(callback, Kind::Member) && tree.name_text(callback) == "callee";
        let target = tree.child(tree.callee(listener.call), 0);
        self.ty(target).is_some_and(|it| self.is_event_target(it))
            && !itself
            && tree.is(added, Kind::Function)
            && tree.parent(added) == listener.call
            && self.called_functions(listener.call).is_empty()
    }

    pub(super) fn is_event(&self, node: NodeId, event: Event) -> bool {
        let tree = self.tree;
        match (tree.kind(node), event) {
            (Kind::Str, Event::Named(name)) => {
                tree.name_of(node) == name || is_event_of(tree.name_text(node), tree.text(name))
            }
            (Kind::Str, Event::Fixed(text)) => tree.name_text(node) == text,
            (Kind::Array, _) => tree.children(node).any(|child| self.is_event(child, event)),
            (Kind::Str, Event::At(at)) => !matches!(tree.kind(at), Kind::Member | Kind::Index),
            (_, Event::At(at)) => match (self.place(node), self.place(at)) {
                (Some(a), Some(b)) => {
                    // An event that is named within a space of names: `resize${SPACE}`.
                    let within = || {
                        let values = self.values_at(&b).into_iter().filter_map(|(_, value)| value);
                        let mut texts = values.chain([self.written_value(at)]);
                        texts.any(|text| {
                            // `"resize".concat(SPACE)`
                            let made = matches!(tree.kind(text), Kind::Template | Kind::Binary | Kind::Call);
                            made && tree.children(text).any(|part| self.place(part) == Some(a))
                        })
                    };
                    a == b || self.varies(node) || self.varies(at) || within()
                }
                _ => true,
            },
            // A variable may hold any event.
            _ => true,
        }
    }

    /// A parameter, an element or what is taken from one: `for (const [event, fn] of this.added) em.off(event, fn)`.
    pub(super) fn varies(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let Some(place) = self.place(node) else {
            return matches!(tree.kind(node), Kind::Ident | Kind::Member | Kind::Index);
        };
        place.path.segs().contains(&Seg::ELEMENT)
            || matches!(place.root, Root::Binding(it) if tree.bindings[it.index()].kind == BindingKind::Param)
    }

    /// The two expressions are one function object, not two of the same making.
    pub fn same_function(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        let names_itself = |ident: NodeId, function: NodeId| {
            tree.is(ident, Kind::Ident)
                && tree.is(function, Kind::Function)
                && tree
                    .binding_of(ident)
                    .is_some_and(|it| tree.bindings[it.index()].decl == function)
        };
        if names_itself(a, b) || names_itself(b, a) {
            return true;
        }
        // `on('x', this.f = () => …)`
        let kept = |node| match tree.is(node, Kind::Assign) {
            true => tree.child(node, 0),
            false => node,
        };
        let (a, b) = (kept(a), kept(b));
        // `capturing ? onCapture : onBubble`, twice
        let (chosen, again) = (self.written_value(a), self.written_value(b));
        if chosen != again && tree.is(chosen, Kind::Conditional) && tree.is(again, Kind::Conditional) {
            let mut parts = tree.children(chosen).zip(tree.children(again));
            return parts.all(|(a, b)| self.same_function(a, b));
        }
        let is_name = |node| {
            matches!(
                tree.kind(node),
                Kind::Ident | Kind::Member | Kind::Index | Kind::This
            )
        };
        if !is_name(a) || !is_name(b) {
            return false;
        }
        match (self.place(a), self.place(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }

    /// The event comes once in the life of the program, so listeners for it are added once, too.
    pub fn comes_once(&self, listener: &Listener) -> bool {
        self.modelled_event(listener)
            .is_some_and(|it| it.runs == Some(Runs::Once))
    }

    /// Only the end of the program, of a whole task or of another component brings the event:
    /// `this.$root.$once('hook:destroyed', …)`.
    pub fn comes_last(&self, listener: &Listener) -> bool {
        let of_another = |emitter: NodeId| !self.tree.is(emitter, Kind::This);
        let ends = |event: &str| {
            let mut components = self.apis.components().iter();
            components.any(|it| it.end_events.iter().any(|end| end == event))
        };
        self.modelled_event(listener).is_some_and(|it| it.last)
            || self.receiver(listener.call).is_some_and(of_another)
                && self.event_text(listener.event).is_some_and(ends)
    }

    fn modelled_event(&self, listener: &Listener) -> Option<&apis::Event> {
        let event = self.event_text(listener.event)?;
        let emitter = self.receiver(listener.call).and_then(|it| self.ty(it));
        self.apis.event(emitter, event)
    }

    /// Code of the file emits the event.
    pub fn is_emitted(&self, listener: &Listener) -> bool {
        let tree = self.tree;
        let place = listener.emitter.place;
        self.uses_near(&place).iter().any(|it| {
            let uses::Op::Method { name } = it.op else {
                return false;
            };
            let emits = it.path == place.path && self.named("emit_methods", name);
            emits
                && tree
                    .args(it.node)
                    .next()
                    .is_none_or(|event| self.is_event(event, listener.event))
        })
    }

    /// A test before or around the call asks for the emitter's listeners, or whether the emitter has been seen.
    pub fn is_asked_for(&self, listener: &Listener) -> bool {
        let tree = self.tree;
        let asks = |call: NodeId| {
            let Some(effect) = self.effect(call) else {
                return false;
            };
            let seen =
                || tree.args(call).next().and_then(|arg| self.place(arg)) == Some(listener.emitter.place);
            effect.counts || effect.has && seen()
        };
        let tests = |statement: NodeId| {
            tree.is(statement, Kind::If)
                && tree
                    .subtree(tree.child(statement, 0))
                    .any(|it| tree.is(it, Kind::Call) && asks(it))
        };
        let function = tree.function(tree.function_of(listener.call)).node;
        tree.ancestors(listener.call)
            .take_while(|&up| up != function)
            .any(|up| {
                let mut before = tree.children(up).take_while(|&child| child < listener.call);
                tests(up)
                    || tree.is(up, Kind::Block)
                        && before.any(|it| tests(it) && self.always_leaves(tree.child(it, 1)))
            })
    }

    /// The event's words: `'close'`.
    pub fn event_text(&self, event: Event) -> Option<&str> {
        match event {
            Event::Named(name) => Some(self.tree.text(name)),
            Event::Fixed(text) => Some(text),
            // `const SIGINT = 'SIGINT'`
            Event::At(at) => Some(self.written_value(at))
                .filter(|&it| self.tree.is(it, Kind::Str))
                .map(|it| self.tree.name_text(it)),
        }
    }
}

/// `'.menu'`, `'resize'` and `'scroll resize.menu'` are about `'resize.menu'`.
fn is_event_of(removed: &str, added: &str) -> bool {
    let covers = |removed: &str, added: &str| {
        let (event, space) = removed.split_once('.').unwrap_or((removed, ""));
        let (of, within) = added.split_once('.').unwrap_or((added, ""));
        (event.is_empty() || event == of) && (space.is_empty() || space == within)
    };
    let words = || added.split_whitespace();
    removed
        .split_whitespace()
        .any(|removed| words().any(|added| covers(removed, added)))
}

/// A parameter or variable that is named like a callback.
fn is_callback_name(model: &Model, node: NodeId) -> bool {
    let tree = model.tree;
    matches!(tree.kind(node), Kind::Ident | Kind::Member) && model.named("callback_names", tree.name_of(node))
}
