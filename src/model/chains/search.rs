//! The search for a chain: from a stored value to everything that it keeps.

use rustc_hash::FxHashSet;

use crate::apis::Word;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, Kind, NodeId, Op, ScopeId, flag};

use super::super::Model;
use super::super::calls::How;
use super::super::contexts::Variable;
use super::super::index::field_value;
use super::super::owners::OwnerKind;
use super::super::place::{Path, Place, Root, Seg};
use super::{Chain, Store};

/// How many things one search looks at, and how deep it goes into calls.
const MAX_STATES: usize = 300;
const MAX_FRAMES: usize = 100;
const MAX_DEPTH: usize = 3;
/// What the search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    /// The value of an expression.
    Value(NodeId),
    /// The value of a variable.
    Variable(Variable),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) thing: Thing,
    /// The way from the thing to the part that matters.
    pub(super) path: Path,
    /// Index of the call in which the thing stands.
    frame: usize,
    /// Some object, closure or frame holds the thing; it is not the stored value itself.
    kept: bool,
    /// The state that led here.
    pub(super) from: usize,
}

/// A call that the search has gone into; the first one stands for the storing function and its callers.
#[derive(Clone, Copy, Debug)]
struct Frame {
    function: FunctionId,
    call: NodeId,
    parent: usize,
    depth: usize,
}

pub(super) struct Search<'m, 'a> {
    pub(super) model: &'m Model<'a>,
    pub(super) store: &'m Store,
    /// The slot, or the part of it that matters.
    target: Place,
    /// Contexts of this function and those around it are the same for every value.
    shared: FunctionId,
    frames: Vec<Frame>,
    pub(super) states: Vec<State>,
    seen: FxHashSet<(Thing, Path, usize, bool)>,
    /// Parts of the slot that the value keeps.
    pub(super) parts: Vec<Path>,
}

impl<'m, 'a> Search<'m, 'a> {
    pub(super) fn new(model: &'m Model<'a>, store: &'m Store, target: Place) -> Search<'m, 'a> {
        let function = model.tree.function_of(store.node);
        Search {
            model,
            store,
            target,
            shared: model.shared_function(&store.slot, store.node),
            frames: vec![Frame {
                function,
                call: NodeId::NONE,
                parent: 0,
                depth: 0,
            }],
            states: Vec::new(),
            seen: FxHashSet::default(),
            parts: Vec::new(),
        }
    }

    /// Goes on from the part of the stored value at `path`.
    pub(super) fn run(&mut self, path: Path) -> Option<Chain> {
        let start = State {
            thing: Thing::Value(self.store.value),
            path,
            frame: 0,
            kept: false,
            from: 0,
        };
        self.states.push(start);
        let mut at = 0;
        while at < self.states.len() && at < MAX_STATES {
            let hit = match self.states[at].thing {
                Thing::Value(node) => self.value(at, node),
                Thing::Variable(variable) => {
                    self.variable(at, variable);
                    false
                }
            };
            if let Some(chain) = hit.then(|| self.chain(at)).flatten() {
                return Some(chain);
            }
            at += 1;
        }
        None
    }

    fn push(&mut self, from: usize, thing: Thing, path: Path, frame: usize, kept: bool) {
        let kept = kept || self.states[from].kept;
        if self.states.len() < MAX_STATES && self.seen.insert((thing, path, frame, kept)) {
            self.states.push(State {
                thing,
                path,
                frame,
                kept,
                from,
            });
        }
    }

    /// The same value, as another expression.
    fn same(&mut self, at: usize, node: NodeId) {
        let State { path, frame, .. } = self.states[at];
        self.push(at, Thing::Value(node), path, frame, false);
    }

    /// What is held at `seg` by the thing being looked at (`None`: at an unknown name).
    fn part(&mut self, at: usize, seg: Option<Seg>, thing: Thing, frame: usize) {
        let path = self.states[at].path;
        match path.segs().first() {
            None => self.push(at, thing, path, frame, true),
            Some(&wanted)
                if wanted == Seg::ELEMENT || seg.is_none_or(|seg| seg == wanted || seg == Seg::ELEMENT) =>
            {
                self.push(at, thing, path.rest(), frame, false);
            }
            Some(_) => {}
        }
    }

    /// What has the elements of `node`, without being it.
    fn elements(&mut self, at: usize, node: NodeId) {
        let State { path, frame, .. } = self.states[at];
        if path.is_empty() {
            let element = Path::EMPTY.join(Seg::ELEMENT).unwrap_or(path);
            self.push(at, Thing::Value(node), element, frame, true);
        } else {
            self.push(at, Thing::Value(node), path, frame, false);
        }
    }

    /// Looks at the value of an expression. True if it is the old value of the slot.
    fn value(&mut self, at: usize, node: NodeId) -> bool {
        let tree = self.model.tree;
        let State { path, frame, .. } = self.states[at];
        match tree.kind(node) {
            Kind::Ident => match tree.binding_of(node) {
                Some(binding) => match self.place_of(binding, frame) {
                    Some(place) => return self.meets(at, place),
                    None => self.push(
                        at,
                        Thing::Variable(Variable::Binding(binding)),
                        path,
                        frame,
                        false,
                    ),
                },
                None => return self.model.place(node).is_some_and(|place| self.meets(at, place)),
            },
            Kind::This => {
                let function = self.model.not_arrow(tree.function_of(node));
                if self.frame_of(function, frame) == 0 {
                    return self.model.place(node).is_some_and(|place| self.meets(at, place));
                }
                self.push(at, Thing::Variable(Variable::This(function)), path, frame, false);
            }
            Kind::Member | Kind::Index => {
                if let Some(place) = self.model.place(node).filter(|place| place.root == Root::Exports) {
                    return self.meets(at, place);
                }
                let seg = if tree.is(node, Kind::Member) {
                    Seg::name(tree.name_of(node))
                } else {
                    Seg::ELEMENT
                };
                if let Some(path) = Path::EMPTY.join(seg).and_then(|first| first.concat(path)) {
                    self.push(at, Thing::Value(tree.child(node, 0)), path, frame, false);
                }
            }
            Kind::Function if path.is_empty() => self.closure(at, node),
            Kind::Class if path.is_empty() => {
                self.closure(at, node);
                self.push(at, Thing::Value(tree.child(node, 0)), path, frame, true);
            }
            Kind::Object => {
                for child in tree.children(node) {
                    match tree.kind(child) {
                        Kind::Property => {
                            let seg = tree.name_of(child).some().map(Seg::name);
                            self.part(at, seg, Thing::Value(tree.value(child)), frame);
                        }
                        _ => self.elements(at, tree.child(child, 0)),
                    }
                }
            }
            Kind::Array => {
                for child in tree.children(node) {
                    match tree.kind(child) {
                        Kind::Spread => self.elements(at, tree.child(child, 0)),
                        _ => self.part(at, Some(Seg::ELEMENT), Thing::Value(child), frame),
                    }
                }
            }
            Kind::Conditional => {
                self.same(at, tree.child(node, 1));
                self.same(at, tree.child(node, 2));
            }
            Kind::Logical => {
                let (left, right) = (tree.child(node, 0), tree.child(node, 1));
                self.same(at, left);
                // `slot = slot || { … }`: the other value is made where there is no old one.
                if tree[node].op == Op::And || self.model.place(left) != Some(self.store.slot) {
                    self.same(at, right);
                }
            }
            Kind::Assign => self.same(at, tree.child(node, 1)),
            Kind::Await => self.same(at, tree.child(node, 0)),
            Kind::Sequence => tree
                .children(node)
                .last()
                .into_iter()
                .for_each(|last| self.same(at, last)),
            Kind::Call | Kind::New => self.call(at, node),
            _ => {}
        }
        false
    }

    /// The long-lived place that a variable stands for: itself, or what it is an alias of. A variable that was given
    /// what the slot holds is no alias of the slot, which changes.
    fn place_of(&self, binding: BindingId, frame: usize) -> Option<Place> {
        let slot = &self.store.slot;
        if slot.root == Root::Binding(binding) {
            return Some(Place::of(slot.root));
        }
        let place = self.model.alias(binding).filter(|place| !slot.holds(place))?;
        match place.root {
            Root::Binding(of) if of != binding && slot.root != place.root && self.is_fresh(of, frame) => None,
            _ => Some(place),
        }
    }

    /// The expression names `place`. True if that closes the chain.
    fn meets(&mut self, at: usize, place: Place) -> bool {
        let State { path, kept, .. } = self.states[at];
        let slot = &self.store.slot;
        let Some(place) = place.concat(path).filter(|place| kept && slot.holds(place)) else {
            return false;
        };
        if place.holds(&self.target) {
            return true;
        }
        let part = place
            .path
            .strip(&slot.path)
            .filter(|part| !part.is_empty() && !self.parts.contains(part));
        self.parts.extend(part);
        false
    }

    /// A closure keeps the contexts of all scopes in which it was made.
    fn closure(&mut self, at: usize, node: NodeId) {
        let (model, tree) = (self.model, self.model.tree);
        let frame = self.states[at].frame;
        let mut scope = Some(tree.scope_of(node));
        while let Some(id) = scope {
            let info = &tree.scopes[id.index()];
            if !self.is_fresh_function(info.function, frame) {
                break;
            }
            for &(variable, _) in model.context(id) {
                self.push(at, Thing::Variable(variable), Path::EMPTY, frame, true);
            }
            scope = info.parent.some();
        }
    }

    /// Each new value is made in another run of this function, so its variables are others each time.
    fn is_fresh_function(&self, function: FunctionId, frame: usize) -> bool {
        let tree = self.model.tree;
        self.frame_of(function, frame) != 0 || function != self.shared && tree.nests(self.shared, function)
    }

    fn is_fresh(&self, binding: BindingId, frame: usize) -> bool {
        let tree = self.model.tree;
        self.is_fresh_function(tree.declared_in(binding), frame)
    }

    /// The call in which the function's own variables live, seen from `frame`.
    fn frame_of(&self, function: FunctionId, mut frame: usize) -> usize {
        while frame != 0 && !self.model.tree.nests(self.frames[frame].function, function) {
            frame = self.frames[frame].parent;
        }
        frame
    }

    fn variable(&mut self, at: usize, variable: Variable) {
        match variable {
            Variable::Binding(binding) => self.binding(at, binding),
            Variable::This(function) => {
                let (tree, frame) = (self.model.tree, self.frame_of(function, self.states[at].frame));
                let Frame { call, parent, .. } = self.frames[frame];
                if frame != 0 && tree.is(call, Kind::Call) && tree.is(tree.callee(call), Kind::Member) {
                    let path = self.states[at].path;
                    self.push(
                        at,
                        Thing::Value(tree.child(tree.callee(call), 0)),
                        path,
                        parent,
                        false,
                    );
                }
            }
            Variable::Arguments(function) => {
                for (call, frame) in self.calls_of(function, self.states[at].frame) {
                    for arg in self.model.tree.args(call) {
                        self.push(at, Thing::Value(arg), Path::EMPTY, frame, true);
                    }
                }
            }
        }
    }

    /// The call of the function that the search has come through, or else all calls of it in the file; and the frame
    /// in which the arguments stand.
    fn calls_of(&self, function: FunctionId, frame: usize) -> Vec<(NodeId, usize)> {
        let frame = self.frame_of(function, frame);
        if frame == 0 {
            return self
                .model
                .calls_of(function)
                .iter()
                .map(|&call| (call, 0))
                .collect();
        }
        let Frame {
            function: entered,
            call,
            parent,
            ..
        } = self.frames[frame];
        if entered == function {
            vec![(call, parent)]
        } else {
            Vec::new()
        }
    }

    fn binding(&mut self, at: usize, binding: BindingId) {
        let (model, tree) = (self.model, self.model.tree);
        let State {
            path, frame, from, ..
        } = self.states[at];
        let info = &tree.bindings[binding.index()];
        let scope = &tree.scopes[info.scope.index()];
        if !self.is_fresh(binding, frame) {
            return;
        }
        let frame = self.frame_of(scope.function, frame);
        if matches!(tree.kind(info.decl), Kind::Function | Kind::Class) {
            self.push(at, Thing::Value(info.decl), path, frame, false);
        }
        let used_at = match self.states[from].thing {
            Thing::Value(node) if tree.is(node, Kind::Ident) => Some(node),
            _ => None,
        };
        for &write in &model.index.writes[binding.index()] {
            if self.is_cut(binding, write, used_at)
                || !self.runs_within(tree.function_of(write.at), scope.function)
            {
                continue;
            }
            if let Some((value, Some(path))) = write.value.map(|(value, inner)| (value, inner.concat(path))) {
                self.push(at, Thing::Value(value), path, frame, false);
            }
        }
        match info.kind {
            BindingKind::Param if !self.is_cut_parameter(binding) => self.parameter(at, binding, frame),
            BindingKind::Catch => self.thrown(at, info.scope, frame),
            _ => {}
        }
        for &reference in tree.references(binding) {
            self.filled(at, reference, frame);
        }
    }

    /// What a variable is given in `inner` it is given once in each run of `outer`.
    fn runs_within(&self, inner: FunctionId, outer: FunctionId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        let mut function = inner;
        while function != outer && function != FunctionId(0) {
            if !model.entries(function).iter().all(|entry| entry.how == How::Call) {
                return false;
            }
            function = tree.function(function).parent;
        }
        true
    }

    /// Where a parameter gets its value: arguments, its default, or, for the executor of a promise, the awaiting frame.
    fn parameter(&mut self, at: usize, binding: BindingId, frame: usize) {
        let (model, tree) = (self.model, self.model.tree);
        let path = self.states[at].path;
        let Some((function, position, part, rest)) = model.parameter_part(binding) else {
            return;
        };
        for (call, outer) in self.calls_of(function, frame) {
            for arg in tree
                .args(call)
                .skip(position)
                .take(if rest { usize::MAX } else { 1 })
            {
                let inner = if rest {
                    Some(path.rest())
                } else {
                    part.concat(path)
                };
                if let Some(inner) = inner.filter(|_| !tree.is(arg, Kind::Spread)) {
                    self.push(at, Thing::Value(arg), inner, outer, rest);
                }
            }
        }
        let pattern = tree.parent(tree.bindings[binding.index()].decl);
        if tree.is(pattern, Kind::Default) {
            self.push(at, Thing::Value(tree.child(pattern, 1)), path, frame, false);
        }
        // `await new Promise(resolve => …)`: whoever holds `resolve` holds the frame that waits.
        let executor = tree.function(function).node;
        let promise = tree.parent(executor);
        if model.makes_promise(promise) && tree.is(tree.parent(promise), Kind::Await) {
            self.suspended(at, tree.function_of(promise), frame);
        }
    }

    /// A suspended function keeps all its variables, used or not.
    fn suspended(&mut self, at: usize, function: FunctionId, frame: usize) {
        for &binding in &self.model.lookup().variables[function.index()] {
            self.push(
                at,
                Thing::Variable(Variable::Binding(binding)),
                Path::EMPTY,
                frame,
                true,
            );
        }
    }

    /// A catch parameter gets what the `try` block, or a local function called in it, throws.
    fn thrown(&mut self, at: usize, scope: ScopeId, frame: usize) {
        let (model, tree) = (self.model, self.model.tree);
        let path = self.states[at].path;
        let attempt = tree.parent(tree.scopes[scope.index()].node);
        if !tree.is(attempt, Kind::Try) {
            return;
        }
        let block = tree.child(attempt, 0);
        let in_block = |node: NodeId, function| tree.function_of(node) == function;
        let function = tree.function_of(attempt);
        for node in tree
            .subtree(block)
            .filter(|&it| tree.is(it, Kind::Throw) && in_block(it, function))
        {
            self.push(at, Thing::Value(tree.child(node, 0)), path, frame, false);
        }
        for call in tree
            .subtree(block)
            .filter(|&it| tree.is(it, Kind::Call) && in_block(it, function))
        {
            for called in model.called_functions(call) {
                let Some(inner) = self.enter(call, called, frame) else {
                    continue;
                };
                let body = tree.body(called);
                for node in tree
                    .subtree(body)
                    .filter(|&it| tree.is(it, Kind::Throw) && in_block(it, called))
                {
                    self.push(at, Thing::Value(tree.child(node, 0)), path, inner, false);
                }
            }
        }
    }

    /// What is put into the variable's object here: `next.stop = …`, `list.push(…)`, `Object.assign(next, …)`.
    fn filled(&mut self, at: usize, reference: NodeId, frame: usize) {
        let (model, tree) = (self.model, self.model.tree);
        let path = self.states[at].path;
        let parent = tree.parent(reference);
        match tree.kind(parent) {
            Kind::Member | Kind::Index if tree.child(parent, 0) == reference => {
                let outer = tree.parent(parent);
                if tree.is(outer, Kind::Assign) && tree.child(outer, 0) == parent {
                    let seg = if tree.is(parent, Kind::Member) {
                        Seg::name(tree.name_of(parent))
                    } else {
                        Seg::ELEMENT
                    };
                    self.part(at, Some(seg), Thing::Value(tree.child(outer, 1)), frame);
                } else if tree.is(parent, Kind::Member)
                    && tree.is(outer, Kind::Call)
                    && tree.callee(outer) == parent
                    && model.word(tree.name_of(parent)).may(Word::GROWS)
                {
                    // The value behind the key; `column.set(other)` copies numbers.
                    let keyed = usize::from(tree.name_text(parent) == "set");
                    for arg in tree
                        .args(outer)
                        .skip(keyed)
                        .filter(|&arg| !tree.is(arg, Kind::Spread))
                    {
                        self.part(at, Some(Seg::ELEMENT), Thing::Value(arg), frame);
                    }
                }
            }
            Kind::Call
                if tree.args(parent).next() == Some(reference)
                    && model.effect(parent).is_some_and(|effect| effect.fills) =>
            {
                for arg in tree.args(parent).skip(1) {
                    self.push(at, Thing::Value(arg), path, frame, true);
                }
            }
            _ => {}
        }
    }

    /// Goes into a call, unless that is too deep or a circle.
    fn enter(&mut self, call: NodeId, function: FunctionId, parent: usize) -> Option<usize> {
        let depth = self.frames[parent].depth + 1;
        let mut at = parent;
        while at != 0 {
            if self.frames[at].function == function {
                return None;
            }
            at = self.frames[at].parent;
        }
        if depth > MAX_DEPTH || self.frames.len() >= MAX_FRAMES {
            return None;
        }
        self.frames.push(Frame {
            function,
            call,
            parent,
            depth,
        });
        Some(self.frames.len() - 1)
    }

    /// What a call returns.
    fn call(&mut self, at: usize, call: NodeId) {
        let (model, tree) = (self.model, self.model.tree);
        let State { path, frame, .. } = self.states[at];
        let callee = tree.callee(call);
        let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        if tree.is(call, Kind::New) && self.instance(at, call) {
            return;
        }
        let functions = model.called_functions(call);
        if path.is_empty() && self.is_of_unknown_class(call) {
            for arg in tree.args(call) {
                self.push(at, Thing::Value(arg), path, frame, true);
            }
        }
        if functions.is_empty() {
            let gets = model
                .apis
                .untyped(tree.name_text(callee))
                .is_some_and(|effect| effect.gets);
            let element = Path::EMPTY.join(Seg::ELEMENT).and_then(|it| it.concat(path));
            if let (Some(map), Some(element), true) = (receiver, element, gets) {
                self.push(at, Thing::Value(map), element, frame, false);
            }
            match model.keeps_arguments(call) {
                Some(true) => {
                    for node in receiver.into_iter().chain(tree.args(call)) {
                        self.push(at, Thing::Value(node), path, frame, path.is_empty());
                    }
                }
                Some(false) => receiver
                    .into_iter()
                    .chain(tree.args(call))
                    .for_each(|node| self.elements(at, node)),
                None => {}
            }
        }
        for function in functions {
            let Some(inner) = self.enter(call, function, frame) else {
                continue;
            };
            if tree.function(function).is_generator {
                self.suspended(at, function, inner);
                continue;
            }
            for &ret in model.index.returns_of(function) {
                self.push(at, Thing::Value(tree.child(ret, 0)), path, inner, false);
            }
        }
    }

    /// An instance of a class that this file does not show, which may keep what its constructor is given.
    pub(super) fn is_of_unknown_class(&self, call: NodeId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        tree.is(call, Kind::New)
            && tree.variable(tree.base(tree.callee(call))).is_some()
            && model.owner(tree.callee(call)).is_none()
            && model.typed_effect(call).is_none()
            && model.called_functions(call).is_empty()
    }

    /// What an instance of a local class keeps. False if the class is not known.
    fn instance(&mut self, at: usize, new: NodeId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        let State { path, frame, .. } = self.states[at];
        let Some((mut owner, true)) = model.owner(tree.callee(new)) else {
            return false;
        };
        let (mut call, mut outer) = (new, frame);
        for _ in 0..MAX_DEPTH {
            let info = model.owners.get(owner);
            if path.is_empty() && info.kind == OwnerKind::Class {
                // Its methods.
                self.closure(at, info.node);
            }
            let constructor = model.owners.constructor(tree, owner);
            let inner = constructor
                .and_then(|it| self.enter(call, it, outer))
                .unwrap_or(outer);
            for member in info
                .members
                .iter()
                .filter(|member| !member.is_static && tree.has(member.node, flag::FIELD))
            {
                if let Some(value) = field_value(tree, member.node) {
                    self.part(at, Some(Seg::name(member.name)), Thing::Value(value), inner);
                }
            }
            let Some(constructor) = constructor else { break };
            for &assign in model.lookup().fields.get(&constructor).into_iter().flatten() {
                let seg = Seg::name(tree.name_of(tree.child(assign, 0)));
                self.part(at, Some(seg), Thing::Value(tree.child(assign, 1)), inner);
            }
            for param in tree
                .params(constructor)
                .filter(|&param| tree.has(param, flag::FIELD))
            {
                let declared = tree.subtree(param).find(|&it| tree.is(it, Kind::Binding));
                if let Some((name, Some(binding))) =
                    declared.map(|it| (tree.name_of(it), tree.binding_of(it)))
                {
                    self.part(
                        at,
                        Some(Seg::name(name)),
                        Thing::Variable(Variable::Binding(binding)),
                        inner,
                    );
                }
            }
            // `super(…)`: what the class extends.
            let body = tree.body(constructor);
            let up = tree
                .subtree(body)
                .find(|&it| tree.is(it, Kind::Call) && tree.is(tree.callee(it), Kind::Super));
            match (up, model.superclass(owner)) {
                (Some(up), Some(superclass)) => (call, outer, owner) = (up, inner, superclass),
                _ => break,
            }
        }
        true
    }
}
