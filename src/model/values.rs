//! What an expression is: the place it names, the function, class or object it holds, the API type it has.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::apis::{Effect, TypeId, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId, Op};

use super::Model;
use super::index::Write;
use super::owners::{OwnerId, OwnerKind, This};
use super::place::{Place, Root, Seg};

/// Storing nodes and stored values, by the place that they are stored at.
pub(super) type Stores = FxHashMap<Place, Vec<(NodeId, NodeId)>>;

/// What a call does, by what is known of the called function, and by its name alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effects<'a> {
    typed: Option<&'a Effect>,
    untyped: Option<&'a Effect>,
}

impl<'a> Model<'a> {
    // ---- places ----

    /// The place that an expression names, if it names one.
    pub fn place(&self, node: NodeId) -> Option<Place> {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Ident | Kind::Binding => match tree.binding_of(node) {
                Some(binding) => Some(self.binding_place(binding)),
                None => self.global_place(node),
            },
            Kind::This => self.this_place(tree.function_of(node)),
            Kind::Member => {
                let object = tree.child(node, 0);
                let name = tree.name_of(node);
                if tree.is(object, Kind::Ident)
                    && tree.binding_of(object).is_none()
                    && tree.name_text(object) == "module"
                    && tree.text(name) == "exports"
                {
                    return Some(Place::of(Root::Exports));
                }
                let place = self.place(object)?;
                if place.root == Root::Global
                    && place.path.is_empty()
                    && self.is_global_object_name(tree.text(name))
                {
                    return Some(place);
                }
                place.join(Seg::name(name))
            }
            Kind::Index => self.place(tree.child(node, 0))?.join(Seg::ELEMENT),
            Kind::Assign => self.place(tree.child(node, 0)),
            // `cache[k] || (cache[k] = [])`
            Kind::Logical if tree[node].op != Op::And => {
                let (first, second) = (tree.child(node, 0), tree.child(node, 1));
                // TypeScript's `_super.call(this) || this` and `_super !== null && _super.apply(…) || this`
                let constructed =
                    matches!(tree.kind(first), Kind::Call | Kind::Logical) && tree.is(second, Kind::This);
                self.place(first)
                    .or_else(|| constructed.then(|| self.place(second))?)
            }
            Kind::Await => self.place(tree.child(node, 0)),
            Kind::Sequence => self.place(tree.children(node).last()?),
            Kind::Call => self.call_place(node),
            _ => None,
        }
    }

    /// `map.get(k)` names an element; a call of a local function, what that returns.
    fn call_place(&self, call: NodeId) -> Option<Place> {
        self.keep(&self.call_places, call, None, || self.find_call_place(call))
    }

    fn find_call_place(&self, call: NodeId) -> Option<Place> {
        let tree = self.tree;
        let callee = tree.callee(call);
        // `map.get(k)`, but not `http.get(url)`
        let gets = tree.is(callee, Kind::Member)
            && self
                .apis
                .untyped(tree.name_text(callee))
                .is_some_and(|it| it.gets);
        if gets
            && self
                .api_path(callee)
                .is_none_or(|path| self.apis.function(&path).is_none())
        {
            return self.place(tree.child(callee, 0))?.join(Seg::ELEMENT);
        }
        if let Some(this) = self.constructed(call) {
            return self.place(this);
        }
        let &[function] = self.called_functions(call).as_slice() else {
            return None;
        };
        self.returned_place(function)
    }

    /// `_possibleConstructorReturn(this, …)` and `_super.call(this)`, with which a compiler calls the constructor of the
    /// base class: `this`.
    fn constructed(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let this = tree.args(call).next().filter(|&it| tree.is(it, Kind::This))?;
        let callee = tree.callee(call);
        let name = match super::owners::helper_name(tree, call) {
            // `_super.call(this)`
            "call" | "apply" if tree.is(callee, Kind::Member) => tree.name_text(tree.child(callee, 0)),
            name => name,
        };
        let is_super = self.apis.named("super_callers", name.trim_start_matches('_'));
        is_super.then_some(this)
    }

    /// The place whose value a function always returns, if it is none of the function's own.
    fn returned_place(&self, function: FunctionId) -> Option<Place> {
        self.keep(&self.returned_places, function, None, || {
            self.find_returned_place(function)
        })
    }

    fn find_returned_place(&self, function: FunctionId) -> Option<Place> {
        let tree = self.tree;
        let mut values = self
            .index
            .returns_of(function)
            .iter()
            .map(|&ret| self.place(tree.child(ret, 0)));
        let place = values
            .next()
            .flatten()
            .filter(|first| values.all(|other| other.as_ref() == Some(first)));
        place.filter(|place| match place.root {
            Root::Binding(binding) => !tree.nests(function, tree.declared_in(binding)),
            _ => true,
        })
    }

    fn binding_place(&self, binding: BindingId) -> Place {
        self.alias(binding).unwrap_or(Place::of(Root::Binding(binding)))
    }

    /// The place whose value a variable holds all along: `const self = this`, `const { items } = self`.
    pub fn alias(&self, binding: BindingId) -> Option<Place> {
        // An alias of itself, in a circle, is none.
        self.keep(&self.aliases, binding, None, || self.find_alias(binding))
    }

    fn find_alias(&self, binding: BindingId) -> Option<Place> {
        if self.tree.bindings[binding.index()].kind == BindingKind::Param {
            return None;
        }
        let Some((value, path)) = self.index.only_value(self.tree, binding) else {
            return self.alias_of_created(binding);
        };
        // `for (const timer of Object.values(timers))`
        let listed = self
            .listed(value)
            .filter(|_| path.segs().first() == Some(&Seg::ELEMENT));
        // `const app = exports = module.exports = {}` names the exports.
        self.place(listed.unwrap_or(value))?.concat(path)
    }

    /// `Object.values(timers)`: what has these elements.
    fn listed(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let callee = tree.is(call, Kind::Call).then(|| tree.callee(call))?;
        let lists = tree.is(callee, Kind::Member) && self.named("value_lists", tree.name_of(callee));
        let path = lists.then(|| self.api_path(callee)).flatten()?;
        let of_object = self.apis.named("key_lists", &path);
        of_object.then(|| tree.args(call).next()).flatten()
    }

    /// `let list = map.get(k); if (!list) map.set(k, list = [])`: the element in either case.
    fn alias_of_created(&self, binding: BindingId) -> Option<Place> {
        let tree = self.tree;
        let (fresh, known): (Vec<Write>, Vec<Write>) = self.index.writes[binding.index()]
            .iter()
            .copied()
            .filter(|write| {
                !write
                    .value
                    .is_some_and(|(value, path)| path.is_empty() && tree.is_nullish(value))
            })
            .partition(|write| {
                write
                    .value
                    .is_some_and(|(value, path)| path.is_empty() && self.is_fresh_literal(value))
            });
        let ([known], [_, ..]) = (known.as_slice(), fresh.as_slice()) else {
            return None;
        };
        let (value, path) = known.value?;
        let place = self.place(value)?.concat(path)?;
        let stored = tree.references(binding).iter().any(|&reference| {
            let parent = tree.parent(reference);
            match tree.kind(parent) {
                Kind::Assign if tree.child(parent, 1) == reference => {
                    self.place(tree.child(parent, 0)) == Some(place)
                }
                Kind::Call => {
                    let callee = tree.callee(parent);
                    tree.is(callee, Kind::Member)
                        && tree.name_text(callee) == "set"
                        && self
                            .place(tree.child(callee, 0))
                            .and_then(|it| it.join(Seg::ELEMENT))
                            == Some(place)
                }
                _ => false,
            }
        });
        let assigned = fresh.iter().any(|write| {
            let outer = tree.parent(write.at);
            tree.is(outer, Kind::Assign) && self.place(tree.child(outer, 0)) == Some(place)
                || tree.is(outer, Kind::Call)
                || tree.is(write.at, Kind::Assign)
                    && write.value.is_some_and(|(value, _)| {
                        tree.is(tree.parent(value), Kind::Assign) && tree.parent(value) != write.at
                    })
        });
        (stored || assigned).then_some(place)
    }

    fn is_fresh_literal(&self, value: NodeId) -> bool {
        matches!(self.tree.kind(value), Kind::Array | Kind::Object | Kind::New)
    }

    fn global_place(&self, ident: NodeId) -> Option<Place> {
        let text = self.tree.name_text(ident);
        match text {
            "exports" => Some(Place::of(Root::Exports)),
            "undefined" | "arguments" => None,
            _ if self.is_global_object_name(text) || self.is_bare_method(ident) => {
                Some(Place::of(Root::Global))
            }
            _ => Place::of(Root::Global).join(Seg::name(self.tree.name_of(ident))),
        }
    }

    pub fn is_global_object_name(&self, text: &str) -> bool {
        self.apis.named("global_object", text)
    }

    pub fn this_place(&self, function: FunctionId) -> Option<Place> {
        match self.owners.this[function.index()] {
            This::Instance(owner) => self.instance_place(owner),
            This::Class(owner) => {
                let owner = self.owners.get(owner);
                Some(Place::of(Root::Binding(owner.binding?)))
            }
            This::Unknown => {
                let mut function = function;
                while self.tree.function(function).kind == FunctionKind::Arrow {
                    function = self.tree.function(function).parent;
                }
                (function != FunctionId(0)).then(|| Place::of(Root::This(function)))
            }
        }
    }

    /// The place of an owner's instance; for an object literal, where it is kept.
    pub fn instance_place(&self, owner: OwnerId) -> Option<Place> {
        let info = self.owners.get(owner);
        if info.kind != OwnerKind::Object || info.is_options {
            return Some(Place::of(Root::Instance(self.owners.base(owner))));
        }
        Some(
            self.held_at(info.node)
                .unwrap_or(Place::of(Root::Instance(owner))),
        )
    }

    /// Where an expression's value is put as it is written: `const x = <value>`, `{ a: <value> }`, `export default <value>`.
    pub fn held_at(&self, value: NodeId) -> Option<Place> {
        let tree = self.tree;
        let parent = tree.parent(value).some()?;
        match tree.kind(parent) {
            Kind::Declarator if tree.child(parent, 1) == value => {
                let pattern = tree.child(parent, 0);
                if !tree.is(pattern, Kind::Binding) {
                    return None;
                }
                let binding = tree.binding_of(pattern)?;
                self.index.only_value(tree, binding)?;
                Some(self.binding_place(binding))
            }
            Kind::Assign if tree.child(parent, 1) == value => self.place(tree.child(parent, 0)),
            Kind::Property if tree.is(tree.parent(parent), Kind::Object) => {
                let name = tree.name_of(parent).some()?;
                self.held_at(tree.parent(parent))?.join(Seg::name(name))
            }
            Kind::ExportDefault => Some(Place::of(Root::Exports)),
            _ => None,
        }
    }

    /// Values stored into exactly this place, with the storing node; `None` where the value is not one expression.
    pub fn values_at(&self, place: &Place) -> Vec<(NodeId, Option<NodeId>)> {
        let tree = self.tree;
        let mut found = Vec::new();
        match (place.root, place.path.last()) {
            (Root::Binding(binding), None) => {
                for write in &self.index.writes[binding.index()] {
                    let value = write
                        .value
                        .filter(|(_, path)| path.is_empty())
                        .map(|(value, _)| value);
                    found.push((write.at, value));
                }
            }
            (_, Some(seg)) => {
                let stores = self.stores_under(seg);
                let stores = stores.get(place).into_iter().flatten();
                found.extend(stores.map(|&(at, value)| (at, Some(value))));
                if let Some(name) = seg.as_name() {
                    self.initial_values(place, name, &mut found);
                }
                if let (Root::Global, Some(name), 1) = (place.root, seg.as_name(), place.path.segs().len()) {
                    for &write in &self.index.global_writes {
                        if tree.is(write, Kind::Assign) && tree.name_of(tree.child(write, 0)) == name {
                            found.push((write, Some(tree.child(write, 1))));
                        }
                    }
                }
            }
            _ => {}
        }
        found.sort();
        found.dedup();
        found
    }

    /// Values that a place gets where its object is made: class fields, properties of a literal.
    fn initial_values(&self, place: &Place, name: Name, found: &mut Vec<(NodeId, Option<NodeId>)>) {
        let tree = self.tree;
        if !self.index.is_key(name) {
            return;
        }
        let parent = place.parent();
        let (owners, is_static) = match (parent.root, parent.path.is_empty()) {
            (Root::Instance(base), true) => (
                self.owners
                    .ids()
                    .filter(|&it| self.owners.base(it) == base)
                    .collect(),
                false,
            ),
            (Root::Binding(binding), true) => (Vec::from_iter(self.owners.of_binding(binding)), true),
            _ => (Vec::new(), false),
        };
        for owner in owners {
            let info = self.owners.get(owner);
            for member in &info.members {
                let is_static = is_static && info.kind != OwnerKind::Object;
                if member.name == name
                    && member.is_static == is_static
                    && tree.is(member.node, Kind::Property)
                {
                    let value = member.value.some().filter(|&value| !tree.is(value, Kind::Empty));
                    if value.is_some() {
                        found.push((member.node, value));
                    }
                }
            }
        }
        // A literal stored at the parent place.
        for (_, value) in self.values_at(&parent) {
            let Some(value) = value
                .map(|value| self.default_of(value))
                .filter(|&value| tree.is(value, Kind::Object))
            else {
                continue;
            };
            for property in tree
                .children(value)
                .filter(|&child| tree.is(child, Kind::Property))
            {
                if tree.name_of(property) == name {
                    found.push((property, Some(tree.value(property))));
                }
            }
        }
    }

    /// `x || {}`: the literal that is stored when there is nothing yet.
    fn default_of(&self, value: NodeId) -> NodeId {
        let tree = self.tree;
        match tree.kind(value) {
            Kind::Logical if tree[value].op != Op::And => self.default_of(tree.child(value, 1)),
            Kind::Assign => self.default_of(tree.child(value, 1)),
            _ => value,
        }
    }

    /// The stores into members of this name, or into elements, by their place.
    fn stores_under(&self, seg: Seg) -> Rc<Stores> {
        if let Some(Some(known)) = self.stores_under.borrow().get(&seg) {
            return known.clone();
        }
        // What a target names may depend on values at such a place: then the stores are gone through once more.
        let is_outermost = self.stores_under.borrow_mut().insert(seg, None).is_none();
        let stores = Rc::new(self.find_stores(seg));
        if is_outermost {
            self.stores_under.borrow_mut().insert(seg, Some(stores.clone()));
        }
        stores
    }

    fn find_stores(&self, seg: Seg) -> Stores {
        let tree = self.tree;
        let mut stores = Stores::default();
        let writes = match seg.as_name() {
            Some(name) => self.index.member_writes.get(&name).map_or(&[][..], Vec::as_slice),
            None => &self.index.element_writes,
        };
        for &assign in writes {
            if let Some(place) = self.place(tree.child(assign, 0)) {
                stores
                    .entry(place)
                    .or_default()
                    .push((assign, tree.child(assign, 1)));
            }
        }
        // `map.set(k, value)`
        let sets = if seg == Seg::ELEMENT {
            &self.index.sets[..]
        } else {
            &[]
        };
        for &call in sets {
            let Some(value) = tree.args(call).nth(1) else {
                continue;
            };
            let map = self.place(tree.child(tree.callee(call), 0));
            if let Some(place) = map.and_then(|map| map.join(Seg::ELEMENT)) {
                stores.entry(place).or_default().push((call, value));
            }
        }
        stores
    }

    /// A place in the words of the source: `this.items`, `cache`.
    pub fn describe(&self, place: &Place) -> String {
        let mut text = match place.root {
            Root::Binding(binding) => self
                .tree
                .text(self.tree.bindings[binding.index()].name)
                .to_string(),
            Root::Instance(_) | Root::This(_) => "this".to_string(),
            Root::Global if place.path.is_empty() => "globalThis".to_string(),
            Root::Global => String::new(),
            Root::Exports => "module.exports".to_string(),
        };
        for seg in place.path.segs() {
            match seg.as_name() {
                Some(name) if text.is_empty() => text.push_str(self.tree.text(name)),
                Some(name) => {
                    text.push('.');
                    text.push_str(self.tree.text(name));
                }
                None => text.push_str("[…]"),
            }
        }
        text
    }

    // ---- functions, classes ----

    /// The functions that an expression may be, as far as the file shows.
    pub fn functions(&self, node: NodeId) -> Vec<FunctionId> {
        let mut found = Vec::new();
        self.collect_functions(node, &mut found, 0);
        found
    }

    fn collect_functions(&self, node: NodeId, found: &mut Vec<FunctionId>, depth: u32) {
        let tree = self.tree;
        if depth > 4 {
            return;
        }
        match tree.kind(node) {
            Kind::Function => found.push(tree.function_at(node)),
            Kind::Class => {
                let constructor = self
                    .owners
                    .at(node)
                    .and_then(|owner| self.owners.constructor(tree, owner));
                found.extend(constructor);
            }
            Kind::Ident => {
                let Some(binding) = tree.binding_of(node) else {
                    return;
                };
                self.binding_functions(binding, found, depth);
            }
            Kind::Member => {
                let name = tree.name_of(node);
                let object = tree.child(node, 0);
                // Most methods are the platform's: nothing in the file has such a name.
                if !self.word(name).may(Word::DEFINED) || tree.text(name) == "bind" {
                    return;
                }
                if let Some((owner, is_static)) = self.owner(object)
                    && let Some(member) = self.member(owner, name, is_static)
                {
                    match member.function {
                        Some(function) => found.push(function),
                        None => {
                            if let Some(value) = member.value.some() {
                                self.collect_functions(value, found, depth + 1);
                            }
                        }
                    }
                    return;
                }
                if let Some(place) = self.place(node).filter(|place| place.root != Root::Global) {
                    // `const send = it.send; it.send = function () { send() }`: what was there before.
                    let later = |at: NodeId| {
                        node < at
                            && tree.is(at, Kind::Assign)
                            && tree.function_of(at) == tree.function_of(node)
                    };
                    for (at, value) in self.values_at(&place) {
                        if let Some(value) = value.filter(|&value| value != node && !later(at)) {
                            self.collect_functions(value, found, depth + 1);
                        }
                    }
                }
            }
            Kind::Assign => self.collect_functions(tree.child(node, 1), found, depth + 1),
            Kind::Conditional => {
                self.collect_functions(tree.child(node, 1), found, depth + 1);
                self.collect_functions(tree.child(node, 2), found, depth + 1);
            }
            Kind::Logical => {
                self.collect_functions(tree.child(node, 0), found, depth + 1);
                self.collect_functions(tree.child(node, 1), found, depth + 1);
            }
            // `f.bind(x)`, `debounce(f)`
            Kind::Call => {
                let callee = tree.callee(node);
                if tree.is(callee, Kind::Member) && tree.name_text(callee) == "bind" {
                    self.collect_functions(tree.child(callee, 0), found, depth + 1);
                } else if self.effect(node).is_some_and(|effect| effect.wraps)
                    && let Some(arg) = tree.args(node).next()
                {
                    self.collect_functions(arg, found, depth + 1);
                }
            }
            _ => {}
        }
        found.sort_unstable();
        found.dedup();
    }

    /// The functions that a variable may hold.
    pub(super) fn binding_functions(&self, binding: BindingId, found: &mut Vec<FunctionId>, depth: u32) {
        // Variables that are given each other's values would be gone through in all orders.
        let question = (binding, depth);
        if let Some(known) = self.binding_functions.borrow().get(&question) {
            found.extend(known);
            return;
        }
        let tree = self.tree;
        let mut functions = Vec::new();
        let decl = tree.bindings[binding.index()].decl;
        match tree.kind(decl) {
            Kind::Function => functions.push(tree.function_at(decl)),
            Kind::Class => self.collect_functions(decl, &mut functions, depth + 1),
            _ => {}
        }
        for write in &self.index.writes[binding.index()] {
            if let Some((value, path)) = write.value
                && path.is_empty()
            {
                self.collect_functions(value, &mut functions, depth + 1);
            }
        }
        found.extend(&functions);
        self.binding_functions.borrow_mut().insert(question, functions);
    }

    /// A member of an owner, or of what it extends in this file.
    pub fn member(&self, owner: OwnerId, name: Name, is_static: bool) -> Option<&super::owners::Member> {
        let mut at = owner;
        for _ in 0..8 {
            if let Some(member) = self.owners.member(at, name, is_static) {
                return Some(member);
            }
            at = self.superclass(at)?;
        }
        None
    }

    pub fn superclass(&self, owner: OwnerId) -> Option<OwnerId> {
        let superclass = self.owners.get(owner).superclass?;
        self.owner(superclass)
            .filter(|&(id, is_static)| is_static && id != owner)
            .map(|(id, _)| id)
    }

    /// The owner whose instance (`false`) or class (`true`) an expression holds.
    pub fn owner(&self, node: NodeId) -> Option<(OwnerId, bool)> {
        self.owner_at_depth(node, 0)
    }

    fn owner_at_depth(&self, node: NodeId, depth: u32) -> Option<(OwnerId, bool)> {
        let tree = self.tree;
        if depth > 6 {
            return None;
        }
        match tree.kind(node) {
            Kind::This => match self.owners.this[tree.function_of(node).index()] {
                This::Instance(owner) => Some((owner, false)),
                This::Class(owner) => Some((owner, true)),
                This::Unknown => None,
            },
            Kind::Super => match self.owners.this[tree.function_of(node).index()] {
                This::Instance(owner) => Some((self.superclass(owner)?, false)),
                This::Class(owner) => Some((self.superclass(owner)?, true)),
                This::Unknown => None,
            },
            Kind::New => {
                let (owner, is_class) = self.owner_at_depth(tree.callee(node), depth + 1)?;
                is_class.then_some((owner, false))
            }
            Kind::Class => Some((self.owners.at(node)?, true)),
            Kind::Object => Some((self.owners.at(node)?, false)),
            Kind::Ident => {
                let binding = tree.binding_of(node)?;
                if let Some(owner) = self.owners.of_binding(binding) {
                    return Some((owner, self.owners.get(owner).kind != OwnerKind::Object));
                }
                let (value, path) = self.index.only_value(tree, binding)?;
                path.is_empty().then(|| self.owner_at_depth(value, depth + 1))?
            }
            Kind::Member if tree.name_text(node) == "prototype" => {
                let (owner, is_class) = self.owner_at_depth(tree.child(node, 0), depth + 1)?;
                is_class.then_some((owner, false))
            }
            Kind::Member => {
                if let Some(owner) = self.owners.of_path(tree, node) {
                    return Some((owner, true));
                }
                let place = self.place(node)?;
                let mut owners = self
                    .values_at(&place)
                    .into_iter()
                    .filter_map(|(_, value)| value.filter(|&value| value != node && !tree.is_nullish(value)))
                    .filter(|&value| !self.is_method_result(value, &place))
                    .map(|value| self.owner_at_depth(value, depth + 1));
                let first = owners.next()??;
                owners.all(|other| other == Some(first)).then_some(first)
            }
            Kind::Assign => self.owner_at_depth(tree.child(node, 1), depth + 1),
            Kind::Logical => {
                let (a, b) = (tree.child(node, 0), tree.child(node, 1));
                self.owner_at_depth(b, depth + 1)
                    .or_else(|| self.owner_at_depth(a, depth + 1))
            }
            Kind::Await => self.owner_at_depth(tree.child(node, 0), depth + 1),
            _ => None,
        }
    }

    /// `page = page.next()`: most often another of the same kind.
    fn is_method_result(&self, value: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        let callee = tree.is(value, Kind::Call).then(|| tree.callee(value));
        callee.is_some_and(|it| {
            tree.is(it, Kind::Member) && self.place(tree.child(it, 0)).as_ref() == Some(place)
        })
    }

    // ---- APIs ----

    /// The API path that an expression names: `net.Socket`, `setTimeout`, `document.body`.
    pub fn api_path(&self, node: NodeId) -> Option<String> {
        self.api_path_at(node, 0)
    }

    /// The name of a module in the models of APIs; for a polyfill, the platform's name for what it exports.
    fn module_path<'s>(&self, specifier: &'s str) -> &'s str
    where
        'a: 's,
    {
        let specifier = specifier.strip_prefix("node:").unwrap_or(specifier);
        if let Some(path) = self.apis.polyfilled(specifier) {
            return path;
        }
        // `chart.js/dist/chart.esm`: the package, as it was built.
        match specifier.split_once("/dist/") {
            Some((package, _)) if !package.starts_with('.') => package,
            _ => specifier,
        }
    }

    fn api_path_at(&self, node: NodeId, depth: u32) -> Option<String> {
        let tree = self.tree;
        if depth > 8 {
            return None;
        }
        match tree.kind(node) {
            Kind::Ident => {
                let Some(binding) = tree.binding_of(node) else {
                    return Some(tree.name_text(node).to_string());
                };
                let info = &tree.bindings[binding.index()];
                // `(function ($) { … })(jQuery)`, `import $ from './dom'`, `function ($interval) {…}`
                // `import { requestAnimationFrame } from './shims'`, `import { window } from './platform'`
                let handed = matches!(info.kind, BindingKind::Param | BindingKind::Import)
                    && self.named("view_makers", info.name)
                    || info.kind == BindingKind::Import && self.named("shimmed_globals", info.name);
                let injected = info.kind == BindingKind::Param && self.named("injected_functions", info.name);
                if handed || injected {
                    return Some(tree.text(info.name).to_string());
                }
                match tree.kind(info.decl) {
                    Kind::ImportSpecifier => {
                        let module = self.module_path(tree.name_text(tree.parent(info.decl)));
                        Some(match tree.name_text(info.decl) {
                            "default" | "*" => module.to_string(),
                            name if module.starts_with('.') && self.apis.named("shimmed_globals", name) => {
                                name.to_string()
                            }
                            name => format!("{module}.{name}"),
                        })
                    }
                    Kind::Binding => {
                        let (value, path) = self.index.only_value(tree, binding)?;
                        if path.is_empty() && is_compiler_helper(tree, node, value) {
                            return Some(tree.name_text(node).to_string());
                        }
                        let mut text = self.api_path_at(value, depth + 1)?;
                        for seg in path.segs() {
                            text.push('.');
                            text.push_str(tree.text(seg.as_name()?));
                        }
                        Some(text)
                    }
                    _ => None,
                }
            }
            Kind::Member => {
                let name = tree.name_text(node);
                let object = tree.child(node, 0);
                // `window.setInterval` is `setInterval`.
                let of_global = tree.is(object, Kind::Ident)
                    && tree.binding_of(object).is_none()
                    && self.apis.named("global_object", tree.name_text(object));
                if of_global {
                    return Some(name.to_string());
                }
                let Some(object) = self.api_path_at(object, depth + 1) else {
                    // `react__WEBPACK_IMPORTED_MODULE_0__.useEffect`: nothing else has this name.
                    let is_hook = self
                        .apis
                        .function(name)
                        .is_some_and(|it| it.hook || it.mounts && it.cleans);
                    return Some(name.to_string()).filter(|_| is_hook && !tree.is(object, Kind::This));
                };
                Some(if name == "default" {
                    object
                } else if object.starts_with('.') && self.apis.named("shimmed_globals", name) {
                    name.to_string()
                } else {
                    format!("{object}.{name}")
                })
            }
            Kind::Call => {
                let callee = tree.callee(node);
                let arg = tree.args(node).next()?;
                if tree.is(callee, Kind::Ident)
                    && tree.name_text(callee) == "require"
                    && tree.is(arg, Kind::Str)
                {
                    return Some(self.module_path(tree.name_text(arg)).to_string());
                }
                // `_interopRequireDefault(require("x"))`, `__importStar(require("x"))`
                let helper = tree.is(callee, Kind::Ident) || tree.is(callee, Kind::Member);
                let name = if helper { tree.name_text(callee) } else { "" };
                if name == "createRequire" {
                    return Some("require".to_string());
                }
                if name.contains("nterop") || name.starts_with("__import") || name == "__toESM" {
                    return self.api_path_at(arg, depth + 1);
                }
                None
            }
            // `window.requestAnimationFrame || window.webkitRequestAnimationFrame || …`
            Kind::Logical => {
                let path = |at: usize| self.api_path_at(tree.child(node, at), depth + 1);
                let first = path(0).filter(|it| self.apis.function(it).is_some());
                first.or_else(|| path(1))
            }
            // `isBrowser ? require('masonry-layout') : null`
            Kind::Conditional => {
                let (a, b) = (tree.child(node, 1), tree.child(node, 2));
                let there = match (tree.is_nullish(a), tree.is_nullish(b)) {
                    (false, true) => a,
                    (true, false) => b,
                    _ => return None,
                };
                self.api_path_at(there, depth + 1)
            }
            Kind::Assign => self.api_path_at(tree.child(node, 1), depth + 1),
            Kind::Sequence => self.api_path_at(tree.children(node).last()?, depth + 1),
            _ => None,
        }
    }

    /// The API type of an expression's value.
    pub fn ty(&self, node: NodeId) -> Option<TypeId> {
        self.ty_at(node, 0)
    }

    fn ty_at(&self, node: NodeId, depth: u32) -> Option<TypeId> {
        let tree = self.tree;
        if depth > 8 {
            return None;
        }
        match tree.kind(node) {
            Kind::Array | Kind::ArrayPattern => self.apis.type_named("Array"),
            Kind::Object => self.apis.type_named("Object"),
            Kind::This => match self.owners.this[tree.function_of(node).index()] {
                This::Instance(owner) => self.instance_type(owner),
                _ => None,
            },
            Kind::New => {
                let callee = tree.callee(node);
                if let Some((owner, true)) = self.owner(callee) {
                    return self.instance_type(owner);
                }
                self.apis.class(&self.api_path(callee)?)
            }
            Kind::Call => {
                let callee = tree.callee(node);
                let known = self.called(node).may(Word::FUNCTION);
                if let Some(ty) = known.then(|| self.api_path(callee)).flatten().and_then(|path| {
                    self.apis
                        .made_by(&path)
                        .or_else(|| tree.is(callee, Kind::Ident).then(|| self.apis.class(&path))?)
                }) {
                    return Some(ty);
                }
                if let Some(ty) = self.place(node).and_then(|place| self.type_at(&place, depth)) {
                    return Some(ty);
                }
                if !tree.is(callee, Kind::Member) {
                    return None;
                }
                let object = tree.child(callee, 0);
                let receiver = self.ty_at(object, depth + 1)?;
                let effect = self.apis.method(receiver, tree.name_text(callee))?;
                if effect.chains {
                    return Some(receiver);
                }
                self.apis.type_named(effect.returns.as_deref()?)
            }
            Kind::Ident | Kind::Binding => {
                let Some(binding) = tree.binding_of(node) else {
                    return self
                        .apis
                        .value(tree.name_text(node))
                        .or_else(|| self.type_at(&self.place(node)?, depth));
                };
                self.keep(&self.types, binding, None, || self.binding_type(binding, depth))
            }
            Kind::Member => {
                if let Some(ty) = self.api_path(node).and_then(|path| self.apis.value(&path)) {
                    return Some(ty);
                }
                self.type_at(&self.place(node)?, depth)
            }
            Kind::Index => self.type_at(&self.place(node)?, depth),
            Kind::Assign => self.ty_at(tree.child(node, 1), depth + 1),
            Kind::Logical => {
                let (a, b) = (tree.child(node, 0), tree.child(node, 1));
                self.ty_at(b, depth + 1).or_else(|| self.ty_at(a, depth + 1))
            }
            Kind::Conditional => {
                let (a, b) = (tree.child(node, 1), tree.child(node, 2));
                self.ty_at(a, depth + 1).or_else(|| self.ty_at(b, depth + 1))
            }
            Kind::Await => self.ty_at(tree.child(node, 0), depth + 1),
            _ => None,
        }
    }

    /// The API type that instances of an owner are, by what it extends.
    pub fn instance_type(&self, owner: OwnerId) -> Option<TypeId> {
        let mut at = owner;
        for _ in 0..8 {
            let superclass = self.owners.get(at).superclass?;
            if let Some(ty) = self.api_path(superclass).and_then(|path| self.apis.class(&path)) {
                return Some(ty);
            }
            at = self.superclass(at)?;
        }
        None
    }

    fn binding_type(&self, binding: BindingId, depth: u32) -> Option<TypeId> {
        let tree = self.tree;
        let info = &tree.bindings[binding.index()];
        if let Some(ty) = self.annotation(info.decl) {
            return Some(ty);
        }
        if info.kind == BindingKind::Param {
            return self.param_type(info.decl);
        }
        if let (Kind::ImportSpecifier, Some(path)) = (tree.kind(info.decl), self.api_path(info.decl)) {
            return self.apis.value(&path);
        }
        self.type_at(&self.binding_place(binding), depth)
    }

    fn type_at(&self, place: &Place, depth: u32) -> Option<TypeId> {
        self.keep(&self.field_types, *place, None, || self.place_type(place, depth))
    }

    pub fn annotation(&self, node: NodeId) -> Option<TypeId> {
        let name = self.tree.annotations.get(&node)?;
        self.apis.annotation(self.tree.text(*name))
    }

    /// The type of a callback's parameter: `server.on('connection', socket => …)`.
    fn param_type(&self, decl: NodeId) -> Option<TypeId> {
        let tree = self.tree;
        let param = tree.parent(decl);
        if !tree.is(param, Kind::Param) {
            return None;
        }
        let function = tree.parent(param);
        let position = tree
            .params(tree.function_at(function))
            .position(|it| it == param)?;
        let call = tree.parent(function);
        if !tree.is(call, Kind::Call) || !tree.is(tree.callee(call), Kind::Member) {
            return None;
        }
        let event = tree.args(call).next().filter(|&arg| tree.is(arg, Kind::Str))?;
        let ty = self.ty(tree.child(tree.callee(call), 0))?;
        let gives = &self.apis.event(Some(ty), tree.name_text(event))?.gives;
        self.apis.type_named(gives.get(position)?)
    }

    /// The type that all known values of a place agree on.
    fn place_type(&self, place: &Place, depth: u32) -> Option<TypeId> {
        let tree = self.tree;
        let mut agreed = None;
        for (at, value) in self.values_at(place) {
            if tree.is(at, Kind::Property)
                && let Some(ty) = self.annotation(at)
            {
                return Some(ty);
            }
            let Some(value) = value else { continue };
            if tree.is_nullish(value) {
                continue;
            }
            // `list = []; map.set(k, list)`: the variable is another name of this place, and says what it is.
            let own = tree.variable(value);
            if let Some(binding) = own.filter(|&binding| self.alias(binding).as_ref() == Some(place)) {
                let literals = self.index.writes[binding.index()]
                    .iter()
                    .filter_map(|write| write.value);
                let literal = literals
                    .map(|(value, _)| value)
                    .find(|&value| self.is_fresh_literal(value));
                agreed = agreed.or(literal.and_then(|literal| self.ty_at(literal, depth + 1)));
                continue;
            }
            let ty = self.ty_at(value, depth + 1)?;
            if agreed.is_some_and(|known| known != ty) {
                return None;
            }
            agreed = Some(ty);
        }
        agreed.or_else(|| self.declared_field_type(place))
    }

    /// `private socket: net.Socket;` without a value.
    fn declared_field_type(&self, place: &Place) -> Option<TypeId> {
        let (Root::Instance(base), [seg]) = (place.root, place.path.segs()) else {
            return None;
        };
        let name = seg.as_name()?;
        let owners = self
            .owners
            .owners
            .iter()
            .zip(self.owners.ids())
            .filter(|&(_, id)| self.owners.base(id) == base);
        owners
            .flat_map(|(owner, _)| &owner.members)
            .filter(|member| member.name == name)
            .find_map(|member| self.annotation(member.node))
    }

    /// What a call does, by the type of its receiver or its path; then by the method's name alone.
    pub fn effect(&self, call: NodeId) -> Option<&'a Effect> {
        let known = self.effects(call);
        known.typed.or(known.untyped)
    }

    /// The effect that a known receiver type or function path gives.
    pub fn typed_effect(&self, call: NodeId) -> Option<&'a Effect> {
        self.effects(call).typed
    }

    fn effects(&self, call: NodeId) -> Effects<'a> {
        let word = self.called(call);
        if !word.may(Word::METHOD | Word::FUNCTION | Word::UNTYPED) {
            return Effects::default();
        }
        if let Some(&known) = self.effects.borrow().get(&call) {
            return known;
        }
        let typed = self.find_typed_effect(call, word);
        let untyped = || self.find_untyped_effect(call);
        let found = Effects {
            typed,
            untyped: if typed.is_some() { None } else { untyped() },
        };
        // What is found while another question waits may be preliminary.
        if self.open.get() == 0 {
            self.effects.borrow_mut().insert(call, found);
        }
        found
    }

    fn find_typed_effect(&self, call: NodeId, word: Word) -> Option<&'a Effect> {
        let (apis, tree) = (self.apis, self.tree);
        let callee = tree.callee(call);
        if tree.is(callee, Kind::Member)
            && self.word(tree.name_of(callee)).may(Word::METHOD)
            && let Some(ty) = self.ty(tree.child(callee, 0))
            && let Some(effect) = apis.method(ty, tree.name_text(callee))
        {
            return Some(effect);
        }
        if !word.may(Word::FUNCTION) {
            return None;
        }
        apis.function(&self.api_path(callee)?)
    }

    /// `addEventListener(…)`: the name stands for the global object, whose method it is.
    pub fn is_bare_method(&self, callee: NodeId) -> bool {
        let tree = self.tree;
        tree.is(callee, Kind::Ident)
            && self.named("bare_methods", tree.name_of(callee))
            && tree.binding_of(callee).is_none()
            && tree.is(tree.parent(callee), Kind::Call)
            && tree.callee(tree.parent(callee)) == callee
    }

    fn find_untyped_effect(&self, call: NodeId) -> Option<&'a Effect> {
        let (apis, tree) = (self.apis, self.tree);
        let callee = tree.callee(call);
        if self.is_bare_method(callee) {
            return apis.untyped(tree.name_text(callee));
        }
        if !tree.is(callee, Kind::Member) || !self.word(tree.name_of(callee)).may(Word::UNTYPED) {
            return None;
        }
        let object = tree.child(callee, 0);
        if self.ty(object).is_some_and(|ty| apis.ty(ty).container) {
            return apis.untyped(tree.name_text(callee)).filter(|effect| {
                // An object literal may get an emitter's methods.
                let listens = effect.adds.is_some() || effect.removes.is_some();
                effect.runs == Some(crate::apis::Runs::Inline) || effect.gets || listens
            });
        }
        // A method that the file itself defines is known better than by its name.
        if self
            .owner(object)
            .is_some_and(|(owner, is_static)| self.member(owner, tree.name_of(callee), is_static).is_some())
        {
            return None;
        }
        apis.untyped(tree.name_text(callee))
    }

    /// What the models know of a name of the file.
    pub fn word(&self, name: Name) -> Word {
        name.some().map_or(Word::NONE, |name| self.words[name.index()])
    }

    /// True if the file mentions a name that may do or be one of these. Without one, no call does.
    pub fn mentions(&self, any: Word) -> bool {
        self.mentioned.may(any)
    }

    /// True if the name stands in the list of names called `list`.
    pub fn named(&self, list: &str, name: Name) -> bool {
        self.word(name).may(Word::LISTED) && self.apis.named(list, self.tree.text(name))
    }

    /// The calls of functions and constructors that may do or be one of these, by their names. Most calls are out.
    pub fn calls_that(&self, any: Word) -> impl Iterator<Item = NodeId> {
        let words = self.called_words.get_or_init(|| {
            let calls = self.index.calls.iter();
            calls.map(|&call| self.called(call)).collect()
        });
        let calls = if self.mentions(any) {
            &self.index.calls[..]
        } else {
            &[]
        };
        let with_words = calls.iter().zip(words);
        with_words
            .filter(move |(_, word)| word.may(any))
            .map(|(&call, _)| call)
    }

    /// What the called function may do, by its name here and its own.
    pub fn called(&self, call: NodeId) -> Word {
        self.named_value(self.tree.callee(call), 0)
    }

    fn named_value(&self, node: NodeId, depth: u32) -> Word {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Member => self.word(tree.name_of(node)),
            Kind::Ident => {
                let own = self.word(tree.name_of(node));
                let Some(binding) = tree.binding_of(node) else {
                    return own;
                };
                let decl = tree.bindings[binding.index()].decl;
                let meant = match tree.kind(decl) {
                    // The default export of a module has the module's name.
                    Kind::ImportSpecifier if tree.name_text(decl) == "*" => Word::ANY,
                    Kind::ImportSpecifier => self.word(tree.name_of(decl)),
                    Kind::Binding => match self.index.only_value(tree, binding) {
                        _ if depth > 8 => Word::ANY,
                        None => Word::NONE,
                        Some((value, path)) => match path.last() {
                            Some(seg) => seg.as_name().map_or(Word::NONE, |name| self.word(name)),
                            None if is_compiler_helper(tree, node, value) => own,
                            None => self.named_value(value, depth + 1),
                        },
                    },
                    _ => Word::NONE,
                };
                own | meant
            }
            Kind::Sequence => {
                let last = tree.children(node).last();
                last.map_or(Word::NONE, |last| self.named_value(last, depth))
            }
            Kind::Call | Kind::Logical | Kind::Assign => Word::ANY,
            _ => Word::NONE,
        }
    }
}

/// `var __awaiter = (this && this.__awaiter) || …`: known by its name.
fn is_compiler_helper(tree: &Tree, name: NodeId, value: NodeId) -> bool {
    let text = tree.name_text(name);
    text.starts_with("__")
        && tree.is(value, Kind::Logical)
        && tree
            .subtree(tree.child(value, 0))
            .any(|it| tree.is(it, Kind::Member) && tree.name_text(it) == text)
}
