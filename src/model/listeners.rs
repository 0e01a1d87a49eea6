//! Listeners: callbacks that a call leaves on an emitter, who the emitter is, and what removes them again.

use rustc_hash::FxHashSet;

use crate::apis::{Adds, Effect, Removes};
use crate::syntax::tree::{BindingKind, FunctionId, Kind, Name, NodeId};

use super::Model;
use super::calls::{Entry, How};
use super::place::{Place, Root, Seg};
use super::repeat::Repeat;
use super::uses;

/// A call that leaves a callback on an emitter.
#[derive(Clone, Debug)]
pub struct Listener {
    pub call: NodeId,
    pub event: Event,
    pub callback: NodeId,
    pub once: bool,
    /// The emitter ignores a function that it has already.
    pub dedups: bool,
    /// The API adds it for the caller, beside what the call is for.
    pub hidden: bool,
    /// The receiver's type is known, so the method's name is no guess.
    pub typed: bool,
    pub emitter: Emitter,
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
        let mut found = Vec::new();
        for &call in &self.index.calls {
            if let Some((listener, receiver)) = self.listener(call) {
                for emitter in self.emitters(receiver, call, 0) {
                    found.push(Listener { emitter, ..listener.clone() });
                }
            }
        }
        found
    }

    /// The listener that a call adds (its emitter still to be found), and the receiver.
    fn listener(&self, call: NodeId) -> Option<(Listener, NodeId)> {
        let tree = self.tree;
        let callee = tree.callee(call);
        if !tree.is(call, Kind::Call) || !tree.is(callee, Kind::Member) || !self.apis.may_add(tree.name_text(callee)) {
            return None;
        }
        let typed = self.typed_effect(call);
        let effect: &Effect = match typed {
            Some(effect) => effect,
            None => self.effect(call)?,
        };
        if effect.adds != Some(Adds::Listener) {
            return None;
        }
        let args: Vec<NodeId> = tree.args(call).collect();
        let (event, callback) = match &effect.event {
            Some(event) => {
                let callback = *args.last()?;
                let function = tree.is(callback, Kind::Function)
                    || !self.functions(callback).is_empty()
                    || is_callback_name(self, callback);
                if !function {
                    return None;
                }
                // Models live as long as the process.
                let event = crate::apis::built_in().intern(event)?;
                (Event::Fixed(event), callback)
            }
            None => {
                let (&event, &callback) = (args.first()?, args.get(1)?);
                let event = if tree.is(event, Kind::Str) { Event::Named(tree.name_of(event)) } else { Event::At(event) };
                (event, callback)
            }
        };
        if typed.is_none() && !(self.is_event_name(args[0]) || effect.event.is_some()) || !self.may_be_function(callback) {
            return None;
        }
        let options = args.iter().skip(2).find(|&&arg| tree.is(arg, Kind::Object));
        let has_option = |wanted: &str| {
            options.is_some_and(|&object| {
                tree.children(object).any(|prop| {
                    tree.is(prop, Kind::Property)
                        && tree.name_text(prop) == wanted
                        && !(tree.is(tree.value(prop), Kind::Bool) && tree[tree.value(prop)].a == 0)
                })
            })
        };
        // Whoever aborts the signal removes the listener.
        if has_option("signal") {
            return None;
        }
        let listener = Listener {
            call,
            event,
            callback,
            once: effect.once || has_option("once"),
            dedups: effect.dedups,
            hidden: effect.event.is_some(),
            typed: typed.is_some(),
            emitter: Emitter { place: Place::of(Root::Global), site: call, since: FunctionId::NONE },
        };
        // `a.on(…).on(…)`: the receiver is further in.
        let mut receiver = tree.child(callee, 0);
        while tree.is(receiver, Kind::Call) && tree.is(tree.callee(receiver), Kind::Member) {
            let chains = self.effect(receiver).is_some_and(|effect| effect.chains || effect.adds.is_some());
            if !chains {
                break;
            }
            receiver = tree.child(tree.callee(receiver), 0);
        }
        Some((listener, receiver))
    }

    /// A string, or something that is named like a constant.
    fn is_event_name(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Str | Kind::Template => true,
            Kind::Ident | Kind::Member => {
                let name = tree.name_text(node);
                name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                    || matches!(name, "event" | "eventName" | "type" | "ev" | "evt" | "name")
                    || tree.is(node, Kind::Member) && tree.name_text(tree.child(node, 0)).contains("vent")
            }
            _ => false,
        }
    }

    fn may_be_function(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Function | Kind::Call => true,
            Kind::Ident | Kind::Member => {
                !self.functions(node).is_empty()
                    || is_callback_name(self, node)
                    || self.apis.mentions("callback_words", tree.name_text(node))
            }
            Kind::Logical | Kind::Conditional => true,
            _ => false,
        }
    }

    /// Where the emitter may come from, through the parameters of local functions.
    fn emitters(&self, receiver: NodeId, site: NodeId, depth: u32) -> Vec<Emitter> {
        let tree = self.tree;
        let Some(place) = self.place(receiver) else { return Vec::new() };
        // One of many emitters, and who knows whether the same.
        if place.path.segs().contains(&Seg::ELEMENT) {
            return Vec::new();
        }
        let since = match place.root {
            Root::Global | Root::Exports => FunctionId(0),
            Root::Instance(owner) => self.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE),
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                if info.kind == BindingKind::Param && depth < 3 {
                    let Some((function, position)) = self.parameter(binding) else { return Vec::new() };
                    let calls = self.calls_of(function).iter();
                    let args = calls.filter_map(|&call| Some((call, tree.args(call).nth(position)?)));
                    return args
                        .flat_map(|(call, arg)| self.emitters(arg, call, depth + 1))
                        .filter_map(|it| Some(Emitter { place: it.place.concat(place.path)?, ..it }))
                        .collect();
                }
                if matches!(info.kind, BindingKind::Param | BindingKind::Catch) {
                    return Vec::new();
                }
                tree.scopes[info.scope.index()].function
            }
        };
        vec![Emitter { place, site, since }]
    }

    /// The functions that take part in each round: those on the path, and what they call in turn.
    pub fn round(&self, listener: &Listener, repeat: &Repeat) -> FxHashSet<FunctionId> {
        let tree = self.tree;
        let mut functions: FxHashSet<FunctionId> = FxHashSet::default();
        let mut todo = vec![tree.function_of(listener.call), tree.function_of(listener.emitter.site)];
        for entry in &repeat.path {
            todo.extend(entry.from.some());
        }
        todo.retain(|&function| function != FunctionId(0));
        let mut depth_left = 400;
        while let Some(function) = todo.pop() {
            if !functions.insert(function) || depth_left == 0 {
                continue;
            }
            depth_left -= 1;
            for &call in &self.index.calls {
                if tree.function_of(call) == function {
                    todo.extend(self.called_functions(call).into_iter().filter(|it| *it != FunctionId(0)));
                }
            }
            // Callbacks written in it belong to the round that made them.
            for at in function.0 + 1..tree.functions.len() as u32 {
                if !tree.nests(function, FunctionId(at)) {
                    break;
                }
                if tree.function(FunctionId(at)).parent == function {
                    todo.push(FunctionId(at));
                }
            }
        }
        functions
    }

    /// The emitter is made anew in each round: the store that renews it.
    pub fn renewed(&self, listener: &Listener, round: &FxHashSet<FunctionId>) -> Option<NodeId> {
        let tree = self.tree;
        let mut place = listener.emitter.place;
        loop {
            for (at, value) in self.values_at(&place) {
                let Some(value) = value else { continue };
                if tree.is_nullish(value) || !round.contains(&tree.function_of(at)) {
                    continue;
                }
                let kept = tree.is(value, Kind::Logical) && self.place(value) == Some(place);
                let nulled = || {
                    self.values_at(&place)
                        .iter()
                        .any(|&(at, value)| tree.is(at, Kind::Assign) && value.is_some_and(|value| tree.is_nullish(value)))
                };
                if !kept && (!self.is_made_once(at) || nulled()) {
                    return Some(at);
                }
            }
            place.path = place.path.parent()?;
            if place.path.is_empty() && matches!(place.root, Root::Instance(_) | Root::Global) {
                return None;
            }
        }
    }

    /// `if (!socket) socket = new Socket()`
    fn is_made_once(&self, assign: NodeId) -> bool {
        self.tree.is(assign, Kind::Assign) && (self.creates(assign) || self.runs_once_by_guard(assign))
    }

    /// The call that removes the listener in each round, if there is one.
    pub fn removed(&self, listener: &Listener, round: &FxHashSet<FunctionId>) -> Option<NodeId> {
        let uses = self.uses(listener.emitter.place.root);
        let removals = uses.iter().filter(|it| {
            it.path == listener.emitter.place.path && matches!(it.op, uses::Op::Method { .. }) && self.removes(it.node, listener)
        });
        removals.map(|it| it.node).find(|&call| self.is_on_the_way(call, round))
    }

    /// The call removes this very listener: same event, same function (the receiver is the caller's business).
    fn removes(&self, call: NodeId, listener: &Listener) -> bool {
        let tree = self.tree;
        let Some(removes) = self.effect(call).and_then(|effect| effect.removes) else { return false };
        let args: Vec<NodeId> = tree.args(call).collect();
        let same_event = args.first().is_none_or(|&event| self.is_event(event, listener.event));
        let same_callback = args.get(1).is_none_or(|&callback| self.same_function(callback, listener.callback));
        match removes {
            Removes::All => same_event,
            Removes::Listener => same_event && same_callback,
        }
    }

    fn is_event(&self, node: NodeId, event: Event) -> bool {
        let tree = self.tree;
        match (tree.kind(node), event) {
            (Kind::Str, Event::Named(name)) => tree.name_of(node) == name,
            (Kind::Str, Event::Fixed(text)) => tree.name_text(node) == text,
            (Kind::Array, _) => tree.children(node).any(|child| self.is_event(child, event)),
            (Kind::Str, Event::At(at)) => !matches!(tree.kind(at), Kind::Member | Kind::Index),
            (_, Event::At(at)) => match (self.place(node), self.place(at)) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            },
            // A variable may hold any event.
            _ => true,
        }
    }

    /// The two expressions are one function object, not two of the same making.
    pub fn same_function(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        let names_itself = |ident: NodeId, function: NodeId| {
            tree.is(ident, Kind::Ident)
                && tree.is(function, Kind::Function)
                && tree.binding_of(ident).is_some_and(|it| tree.bindings[it.index()].decl == function)
        };
        if names_itself(a, b) || names_itself(b, a) {
            return true;
        }
        let is_name = |node| matches!(tree.kind(node), Kind::Ident | Kind::Member | Kind::Index);
        if !is_name(a) || !is_name(b) {
            return false;
        }
        match (self.place(a), self.place(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }

    /// The removal runs in each round, not only when the owner is thrown away.
    fn is_on_the_way(&self, call: NodeId, round: &FxHashSet<FunctionId>) -> bool {
        let tree = self.tree;
        let function = tree.function_of(call);
        if round.contains(&function) {
            return true;
        }
        let ends_owner = |entry: &Entry| {
            entry.how == How::Method
                && self.apis.named("end_methods", tree.text(tree.function(function).name))
        };
        !self.entries(function).iter().all(ends_owner)
    }

    /// The event's words: `'close'`.
    pub fn event_text(&self, event: Event) -> Option<&str> {
        match event {
            Event::Named(name) => Some(self.tree.text(name)),
            Event::Fixed(text) => Some(text),
            Event::At(_) => None,
        }
    }
}

/// A parameter or variable that is named like a callback.
fn is_callback_name(model: &Model, node: NodeId) -> bool {
    let tree = model.tree;
    matches!(tree.kind(node), Kind::Ident | Kind::Member) && model.apis.named("callback_names", tree.name_text(node))
}
