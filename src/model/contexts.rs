//! Contexts: which variables V8 keeps in the heap for closures, and the chains that grow when a new value keeps the
//! one that it replaces.
//!
//! V8 gives each scope at most one context, shared by all closures made in it: a closure keeps every variable there
//! alive, also those that only another closure mentions. Which variables live in the context was measured on
//! Node 20.20 (V8 11.3); see `rules/closure-captures-replaced.md`.

use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId, Op, ScopeKind};

use super::Model;
use super::owners::This;
use super::place::{Path, Place, Root, Seg};

/// How a variable comes to live in its scope's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// A function inside the scope mentions it here.
    Mentioned(NodeId),
    /// A direct `eval` may mention it.
    Eval,
    /// `arguments` of a sloppy function is tied to its parameters.
    Arguments,
    /// Catch parameters always live in a context.
    Catch,
}

/// A slot that is given a new value which keeps the one that it replaces.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The slot: a place that outlives the function.
    pub slot: Place,
    /// The store of the new value.
    pub store: NodeId,
    /// Where the old value is read.
    pub read: NodeId,
    pub link: Link,
    /// The function that reads the old value and makes the new one.
    pub function: FunctionId,
}

/// How the new value holds the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The closure in the new value shares its context with a variable that holds the old value.
    Context { variable: BindingId, captured: Captured, closure: NodeId },
    /// The closure in the new value mentions the variable itself.
    Closure { variable: BindingId, closure: NodeId },
    /// The old value is itself a part of the new one.
    Direct(NodeId),
}

impl Model<'_> {
    /// Whether, and why, the variable lives in a context.
    pub fn captured(&self, binding: BindingId) -> Option<Captured> {
        let tree = self.tree;
        let info = &tree.bindings[binding.index()];
        let scope = &tree.scopes[info.scope.index()];
        let mention = tree.references(binding).iter().copied().find(|&reference| tree.function_of(reference) != scope.function);
        if let Some(reference) = mention {
            return Some(Captured::Mentioned(reference));
        }
        let named_in_with = tree.references(binding).iter().any(|&reference| {
            tree.ancestors(reference).any(|up| tree.is(up, Kind::With))
        });
        if scope.has_eval || named_in_with {
            return Some(Captured::Eval);
        }
        if info.kind == BindingKind::Catch && scope.kind == ScopeKind::Catch {
            return Some(Captured::Catch);
        }
        let function = tree.function(scope.function);
        let mapped = info.kind == BindingKind::Param && function.uses_arguments && !function.strict && function.simple_parameters;
        mapped.then_some(Captured::Arguments)
    }

    /// All slots whose new value keeps the old one, in order of their stores.
    pub fn chains(&self) -> Vec<Chain> {
        let mut found = Vec::new();
        for (store, slot, value) in self.slot_stores() {
            if let Some(chain) = self.chain(store, slot, value) {
                found.push(chain);
            }
        }
        found.sort_by_key(|chain| chain.store);
        found.dedup_by_key(|chain| chain.store);
        found
    }

    /// Stores into places that outlive the storing function: the store, the place, the value.
    fn slot_stores(&self) -> Vec<(NodeId, Place, NodeId)> {
        let tree = self.tree;
        let mut found = Vec::new();
        for &assign in &self.index.assigns {
            if tree[assign].op != Op::Assign || tree.function_of(assign) == FunctionId(0) {
                continue;
            }
            let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
            if let Some(slot) = self.slot_of(target, tree.function_of(assign)) {
                found.push((assign, slot, value));
            }
        }
        for &call in &self.index.calls {
            let callee = tree.callee(call);
            if !tree.is(callee, Kind::Member) || tree.name_text(callee) != "set" || tree.function_of(call) == FunctionId(0) {
                continue;
            }
            let (Some(value), None) = (tree.args(call).nth(1), tree.args(call).nth(2)) else { continue };
            let Some(map) = self.slot_of(tree.child(callee, 0), tree.function_of(call)) else { continue };
            if let Some(slot) = map.join(Seg::ELEMENT) {
                found.push((call, slot, value));
            }
        }
        found
    }

    /// The place, if it is not one of the function's own.
    fn slot_of(&self, target: NodeId, function: FunctionId) -> Option<Place> {
        let tree = self.tree;
        let place = match tree.kind(target) {
            // The variable itself, even where it is an alias: it is overwritten.
            Kind::Ident => match tree.binding_of(target) {
                Some(binding) => Place::of(Root::Binding(binding)),
                None => self.place(target)?,
            },
            Kind::Member | Kind::Index => self.place(target)?,
            _ => return None,
        };
        match place.root {
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                let outer = tree.scopes[info.scope.index()].function;
                (outer != function && info.kind != BindingKind::Param).then_some(place)
            }
            _ => (!place.path.is_empty()).then_some(place),
        }
    }

    fn chain(&self, store: NodeId, slot: Place, value: NodeId) -> Option<Chain> {
        let tree = self.tree;
        // `slot = next(slot)`: the new value is made in `next`, from its parameter.
        if tree.is(value, Kind::Call) || tree.is(value, Kind::New) {
            for function in self.called_functions(value) {
                if tree.function(function).parent == FunctionId::NONE {
                    continue;
                }
                for (position, arg) in tree.args(value).enumerate() {
                    if !self.holds_slot(arg, &slot) {
                        continue;
                    }
                    let Some(param) = tree.params(function).nth(position) else { continue };
                    for variable in self.pattern_bindings(param) {
                        for made in self.made_by(function, tree.is(value, Kind::New)) {
                            if let Some(link) = self.link(variable, made, function, &slot) {
                                return Some(Chain { slot, store, read: arg, link, function });
                            }
                        }
                    }
                }
            }
        }
        let function = tree.function_of(store);
        let function = self.outermost_maker(function, &slot);
        for variable in self.variables_of(function) {
            let Some(read) = self.reads_slot(variable, &slot) else { continue };
            if read > store && !self.in_same_loop(read, store) || self.is_refreshed(&slot, function, read) {
                continue;
            }
            if let Some(link) = self.link(variable, value, function, &slot) {
                return Some(Chain { slot, store, read, link, function });
            }
        }
        if slot.path.last() == Some(Seg::ELEMENT) {
            return None;
        }
        // `head = { value, parent: head }`
        let part = self.part_of_slot(value, &slot)?;
        Some(Chain { slot, store, read: part, link: Link::Direct(part), function })
    }

    /// The slot is given something else before it is read: what it holds then is no older value.
    fn is_refreshed(&self, slot: &Place, function: FunctionId, read: NodeId) -> bool {
        let tree = self.tree;
        let node = tree.function(function).node;
        self.values_at(slot).iter().any(|&(at, value)| {
            tree.contains(node, at) && at < read && !tree.contains(at, read) && value.is_some_and(|value| !self.holds_slot(value, slot))
        })
    }

    /// The store may stand in a callback or helper written inside the function that reads the slot.
    fn outermost_maker(&self, function: FunctionId, slot: &Place) -> FunctionId {
        let tree = self.tree;
        let limit = match slot.root {
            Root::Binding(binding) => tree.scopes[tree.bindings[binding.index()].scope.index()].function,
            _ => FunctionId(0),
        };
        let mut at = function;
        loop {
            let parent = tree.function(at).parent;
            if parent == FunctionId::NONE || parent == FunctionId(0) || parent == limit {
                return at;
            }
            at = parent;
        }
    }

    /// Variables declared in the function or in functions inside it.
    fn variables_of(&self, function: FunctionId) -> Vec<BindingId> {
        let tree = self.tree;
        (0..tree.bindings.len() as u32)
            .map(BindingId)
            .filter(|binding| {
                let scope = &tree.scopes[tree.bindings[binding.index()].scope.index()];
                scope.function != FunctionId(0) && tree.nests(function, scope.function)
            })
            .collect()
    }

    /// Where the variable is given what the slot holds.
    fn reads_slot(&self, variable: BindingId, slot: &Place) -> Option<NodeId> {
        let tree = self.tree;
        if slot.root == Root::Binding(variable) {
            return None;
        }
        if let Some(source) = self.parameter_source(variable, slot) {
            return Some(source);
        }
        let writes = &self.index.writes[variable.index()];
        let read = writes.iter().find_map(|write| {
            let (value, path) = write.value?;
            if path.is_empty() {
                self.holds_slot(value, slot).then_some(value)
            } else {
                // `const { current: old } = holder`, or a part of what the slot holds.
                let place = self.raw_place(value)?.concat(path)?;
                (place == *slot || slot.holds(&place) && self.is_callable_part(variable)).then_some(value)
            }
        })?;
        // Overwritten later with anything: no longer the old value.
        let overwritten = writes.iter().any(|write| {
            write.at > read
                && !tree.contains(write.at, read)
                && tree.is(write.at, Kind::Assign)
                && tree.function_of(write.at) == tree.scopes[tree.bindings[variable.index()].scope.index()].function
                && !write.value.is_some_and(|(value, _)| self.holds_slot(value, slot))
        });
        (!overwritten).then_some(read)
    }

    /// A parameter that is handed the slot's value by a call in the file.
    fn parameter_source(&self, variable: BindingId, slot: &Place) -> Option<NodeId> {
        let tree = self.tree;
        if tree.bindings[variable.index()].kind != BindingKind::Param {
            return None;
        }
        let (function, position) = self.parameter(variable)?;
        self.calls_of(function)
            .iter()
            .filter_map(|&call| tree.args(call).nth(position))
            .find(|&arg| self.raw_place(arg).as_ref() == Some(slot))
    }

    /// A part of the old value matters when it is a function, which has a context of its own.
    fn is_callable_part(&self, variable: BindingId) -> bool {
        let tree = self.tree;
        tree.references(variable).iter().any(|&reference| {
            let parent = tree.parent(reference);
            tree.is(parent, Kind::Call) && tree.callee(parent) == reference
                || tree.is(parent, Kind::Member) && matches!(tree.name_text(parent), "call" | "apply" | "bind")
        })
    }

    /// The expression's value is, or has as a part, what the slot holds.
    fn holds_slot(&self, node: NodeId, slot: &Place) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Ident | Kind::Member | Kind::Index | Kind::Call => self.raw_place(node).is_some_and(|place| {
                // A method of the old value: its closure has the old context.
                place == *slot
            }),
            Kind::Object => tree.children(node).any(|child| {
                tree.is(child, Kind::Property) && self.holds_slot(tree.value(child), slot)
            }),
            Kind::Array => tree.children(node).any(|child| self.holds_slot(child, slot)),
            Kind::Conditional => self.holds_slot(tree.child(node, 1), slot) || self.holds_slot(tree.child(node, 2), slot),
            Kind::Logical => self.holds_slot(tree.child(node, 0), slot) || self.holds_slot(tree.child(node, 1), slot),
            Kind::Await => self.holds_slot(tree.child(node, 0), slot),
            Kind::Spread => {
                // The elements of the old list, when the slot is a list.
                self.raw_place(tree.child(node, 0)).as_ref() == Some(slot)
            }
            _ => false,
        }
    }

    /// The place that an expression names, without looking through a variable that is only a snapshot of it.
    fn raw_place(&self, node: NodeId) -> Option<Place> {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Ident => match tree.binding_of(node) {
                Some(binding) if self.is_self(binding) => self.alias(binding),
                Some(binding) => Some(Place::of(Root::Binding(binding))),
                None => self.place(node),
            },
            Kind::Member => {
                let object = self.raw_place(tree.child(node, 0))?;
                if object.root == Root::Global && object.path.is_empty() {
                    return self.place(node);
                }
                object.join(Seg::name(tree.name_of(node)))
            }
            Kind::Index => self.raw_place(tree.child(node, 0))?.join(Seg::ELEMENT),
            Kind::Call => {
                let callee = tree.callee(node);
                let get = tree.is(callee, Kind::Member) && tree.name_text(callee) == "get";
                if get { self.raw_place(tree.child(callee, 0))?.join(Seg::ELEMENT) } else { None }
            }
            Kind::This | Kind::Await => self.place(node),
            _ => None,
        }
    }

    /// `const self = this`
    fn is_self(&self, binding: BindingId) -> bool {
        self.index.only_value(self.tree, binding).is_some_and(|(value, path)| {
            path.is_empty() && self.tree.is(value, Kind::This)
        })
    }

    fn pattern_bindings(&self, pattern: NodeId) -> Vec<BindingId> {
        let tree = self.tree;
        tree.subtree(pattern)
            .filter(|&id| tree.is(id, Kind::Binding))
            .filter_map(|id| tree.binding_of(id))
            .collect()
    }

    /// What a function returns, or what a constructor stores on the instance.
    fn made_by(&self, function: FunctionId, is_new: bool) -> Vec<NodeId> {
        let tree = self.tree;
        let mut made: Vec<NodeId> = self.index
            .returns_of(function)
            .iter()
            .map(|&ret| tree.child(ret, 0))
            .collect();
        if is_new {
            let body = tree.body(function);
            made.extend(self.index.assigns.iter().copied().filter(|&assign| {
                let target = tree.child(assign, 0);
                tree.contains(body, assign)
                    && tree.is(target, Kind::Member)
                    && tree.is(tree.child(target, 0), Kind::This)
            }).map(|assign| tree.child(assign, 1)));
        }
        made
    }

    /// How the value, stored into the slot, keeps the variable.
    fn link(&self, variable: BindingId, value: NodeId, function: FunctionId, slot: &Place) -> Option<Link> {
        let tree = self.tree;
        let mut parts = Parts::default();
        self.parts(value, function, &mut parts, 0);
        let scope = tree.bindings[variable.index()].scope;
        if self.is_released(slot, function, variable) {
            return None;
        }
        let element = slot.path.last() == Some(Seg::ELEMENT);
        // `top.bind(null, old)`, `{ parent: old }`; an old element is most often another one.
        if let (false, Some(&direct)) = (element, parts.values.iter().find(|&&part| tree.is(part, Kind::Ident) && tree.binding_of(part) == Some(variable))) {
            return Some(Link::Direct(direct));
        }
        let captured = self.captured(variable)?;
        // Made inside the variable's scope: the function's own scope lies within it.
        let inside = |&closure: &NodeId| {
            let made_in = tree.scope_of(closure);
            tree.scope_nests(scope, made_in)
        };
        let closure = parts.closures.iter().copied().find(inside)?;
        let mentions = tree
            .references(variable)
            .iter()
            .copied()
            .any(|reference| tree.contains(closure, reference));
        Some(if mentions {
            Link::Closure { variable, closure }
        } else {
            Link::Context { variable, captured, closure }
        })
    }

    /// The functions made for, and the variables put into, a value.
    fn parts(&self, node: NodeId, function: FunctionId, parts: &mut Parts, depth: u32) {
        let tree = self.tree;
        if depth > 6 {
            return;
        }
        match tree.kind(node) {
            Kind::Function => parts.closures.push(node),
            Kind::Class => parts.closures.push(node),
            Kind::Object => {
                for child in tree.children(node) {
                    match tree.kind(child) {
                        Kind::Property => self.parts(tree.value(child), function, parts, depth + 1),
                        _ => {}
                    }
                }
            }
            Kind::Array => {
                for child in tree.children(node).filter(|&child| !tree.is(child, Kind::Spread)) {
                    self.parts(child, function, parts, depth + 1);
                }
            }
            Kind::Conditional => {
                self.parts(tree.child(node, 1), function, parts, depth + 1);
                self.parts(tree.child(node, 2), function, parts, depth + 1);
            }
            Kind::Logical => {
                self.parts(tree.child(node, 0), function, parts, depth + 1);
                self.parts(tree.child(node, 1), function, parts, depth + 1);
            }
            Kind::Assign => self.parts(tree.child(node, 1), function, parts, depth + 1),
            Kind::Await => self.parts(tree.child(node, 0), function, parts, depth + 1),
            Kind::Ident => {
                let Some(binding) = tree.binding_of(node) else { return };
                // The old value itself, stored again, is no link.
                if depth > 0 {
                    parts.values.push(node);
                }
                let info = &tree.bindings[binding.index()];
                let made_in = tree.scopes[info.scope.index()].function;
                if made_in == FunctionId(0) || !tree.nests(function, made_in) {
                    return;
                }
                if matches!(tree.kind(info.decl), Kind::Function | Kind::Class) {
                    parts.closures.push(info.decl);
                }
                for write in &self.index.writes[binding.index()] {
                    if let Some((value, path)) = write.value {
                        if path.is_empty() && value != node {
                            self.parts(value, function, parts, depth + 1);
                        }
                    }
                }
                // `next.stop = () => …` before `slot = next`.
                for &reference in tree.references(binding) {
                    let member = tree.parent(reference);
                    let assign = tree.parent(member);
                    let stores = matches!(tree.kind(member), Kind::Member | Kind::Index)
                        && tree.child(member, 0) == reference
                        && tree.is(assign, Kind::Assign)
                        && tree.child(assign, 0) == member;
                    if stores {
                        self.parts(tree.child(assign, 1), function, parts, depth + 2);
                    }
                    // `table.set(k, () => …)`, `list.push(() => …)`
                    let call = tree.parent(member);
                    if tree.is(member, Kind::Member) && tree.is(call, Kind::Call) && tree.callee(call) == member
                        && self.apis.may_grow(tree.name_text(member))
                    {
                        for arg in tree.args(call) {
                            self.parts(arg, function, parts, depth + 2);
                        }
                    }
                }
            }
            Kind::Call | Kind::New => self.call_parts(node, function, parts, depth),
            _ => {}
        }
    }

    fn call_parts(&self, call: NodeId, function: FunctionId, parts: &mut Parts, depth: u32) {
        let tree = self.tree;
        let callee = tree.callee(call);
        if tree.is(callee, Kind::Member) && tree.name_text(callee) == "bind" {
            self.parts(tree.child(callee, 0), function, parts, depth + 1);
            for arg in tree.args(call) {
                self.parts(arg, function, parts, depth + 1);
            }
            return;
        }
        let functions = self.called_functions(call);
        for &made_by in &functions {
            // A helper inside the function makes its closures inside the scope; one outside does not.
            if tree.nests(function, made_by) && made_by != function {
                for made in self.made_by(made_by, tree.is(call, Kind::New)) {
                    self.parts(made, function, parts, depth + 1);
                }
            }
        }
        if tree.is(call, Kind::New) {
            // An instance of a class made here keeps the class.
            if let Some(class) = self.owner(callee).map(|(owner, _)| self.owners.get(owner).node) {
                if tree.contains(tree.function(function).node, class) && tree.is(class, Kind::Class) {
                    parts.closures.push(class);
                }
                return;
            }
        }
        if functions.is_empty() {
            let keeps = match self.api_path(callee).as_deref() {
                Some("Object.assign" | "Object.freeze" | "Object.create" | "Object.defineProperty" | "Object.seal" | "Proxy" | "Map" | "Set") => true,
                _ => false,
            };
            if keeps {
                for arg in tree.args(call) {
                    self.parts(arg, function, parts, depth + 1);
                }
            }
        }
    }

    /// A part of the value that is the slot's own old value: `{ parent: head }`.
    fn part_of_slot(&self, value: NodeId, slot: &Place) -> Option<NodeId> {
        let tree = self.tree;
        let is_slot = |node: NodeId| self.raw_place(node).as_ref() == Some(slot);
        let part = match tree.kind(value) {
            Kind::Object => tree
                .children(value)
                .filter(|&child| tree.is(child, Kind::Property))
                .map(|child| tree.value(child))
                .find(|&value| is_slot(value) || tree.is(value, Kind::Object) && self.part_of_slot(value, slot).is_some()),
            Kind::Call => {
                let callee = tree.callee(value);
                let bind = tree.is(callee, Kind::Member) && tree.name_text(callee) == "bind";
                (bind && is_slot(tree.child(callee, 0))).then(|| tree.child(callee, 0))
                    .or_else(|| bind.then(|| tree.args(value).skip(1).find(|&arg| is_slot(arg)))?)
            }
            _ => None,
        }?;
        (!self.is_truncated(slot)).then_some(part)
    }

    /// Some code moves the slot back or empties it, so the chain has an end.
    fn is_truncated(&self, slot: &Place) -> bool {
        let tree = self.tree;
        self.values_at(slot).iter().any(|&(at, value)| {
            let Some(value) = value else { return true };
            let function = tree.function_of(at);
            let declared = !tree.is(at, Kind::Assign);
            !declared && function != FunctionId(0) && tree.function(function).kind != FunctionKind::Constructor
                && self.part_here(value, slot).is_none()
        })
    }

    fn part_here(&self, value: NodeId, slot: &Place) -> Option<NodeId> {
        let tree = self.tree;
        tree.subtree(value).find(|&id| {
            id != value && matches!(tree.kind(id), Kind::Ident | Kind::Member) && self.raw_place(id).as_ref() == Some(slot)
                && tree.is(tree.parent(id), Kind::Property)
        })
    }

    /// The old value lets go of its closure, or the slot gets its old value back.
    fn is_released(&self, slot: &Place, function: FunctionId, variable: BindingId) -> bool {
        let tree = self.tree;
        // `slot = original`: restored.
        let restored = self.values_at(slot).iter().any(|&(_, value)| {
            value.is_some_and(|value| tree.is(value, Kind::Ident) && tree.binding_of(value) == Some(variable))
        });
        if restored {
            return true;
        }
        let node = tree.function(function).node;
        // `delete slot.method`, `old.method = null`
        let lets_go = |id: NodeId| {
            let target = match (tree.kind(id), tree[id].op) {
                (Kind::Unary, Op::Delete) => tree.child(id, 0),
                (Kind::Assign, Op::Assign) if tree.is_nullish(tree.child(id, 1)) => tree.child(id, 0),
                _ => return false,
            };
            if !matches!(tree.kind(target), Kind::Member | Kind::Index) {
                return false;
            }
            let of_old = self.raw_place(target).is_some_and(|place| {
                place.root == Root::Binding(variable) && !place.path.is_empty() || slot.holds(&place) && place != *slot
            });
            of_old
        };
        tree.subtree(node).any(lets_go)
    }

    fn in_same_loop(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        tree.ancestors(a).any(|up| {
            matches!(tree.kind(up), Kind::For | Kind::ForIn | Kind::ForOf | Kind::While | Kind::DoWhile) && tree.contains(up, b)
        })
    }

    /// The function in whose life the slot is one place: the program, the constructor, or the declaring function.
    pub fn slot_since(&self, slot: &Place) -> FunctionId {
        let tree = self.tree;
        match slot.root {
            Root::Global | Root::Exports => FunctionId(0),
            Root::Binding(binding) => tree.scopes[tree.bindings[binding.index()].scope.index()].function,
            Root::Instance(owner) => self.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE),
        }
    }

    /// The instance, if `this` in the function is one.
    pub fn this_owner(&self, function: FunctionId) -> Option<super::owners::OwnerId> {
        match self.owners.this[function.index()] {
            This::Instance(owner) => Some(owner),
            _ => None,
        }
    }

    /// A path of one named segment.
    pub fn field(&self, name: &str) -> Option<Path> {
        Path::EMPTY.join(Seg::name(self.tree.name(name)?))
    }
}

#[derive(Default)]
struct Parts {
    /// Function and Class nodes.
    closures: Vec<NodeId>,
    /// Ident nodes.
    values: Vec<NodeId>,
}
