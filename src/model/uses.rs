//! Uses: everything that the file does with a place, found by following its value forwards through aliases,
//! destructuring, arguments of local functions, elements and returned values.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::Runs;
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, FunctionKind, Kind, Name, NodeId, Op as TreeOp};

use super::Model;
use super::owners::{OwnerId, This};
use super::place::{Path, Place, Root, Seg};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Looked at, in a way that cannot change or keep it.
    Read,
    /// Compared in size or order with something.
    Compare,
    /// Overwritten by this assignment or update; with the new value where it is one expression.
    Write {
        value: Option<NodeId>,
    },
    Delete,
    /// A method of it is called.
    Method {
        name: Name,
    },
    /// It is called itself.
    Invoke,
    /// Given to a function that the file does not define.
    Passed,
    /// Put into another object or place.
    Stored,
    /// Returned by this function to callers that may be elsewhere.
    Returned,
    Exported,
}

/// One use of a place.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// The call, assignment, `delete` or other node that makes the use.
    pub node: NodeId,
    /// From the root to what is used.
    pub path: Path,
    pub op: Op,
}

/// The uses of what a root holds, as far as they have been followed.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// The length of the paths up to which they are all there.
    reach: usize,
    uses: Rc<[Use]>,
}

impl Model<'_> {
    /// All uses of what the root holds, at any path.
    pub fn uses(&self, root: Root) -> Rc<[Use]> {
        self.uses_within(root, Path::MAX)
    }

    /// Uses of the place, of what holds it and of its own parts, but not of theirs; among others.
    pub fn uses_near(&self, place: &Place) -> Rc<[Use]> {
        self.uses_within(place.root, place.path.segs().len() + 1)
    }

    /// All uses of what the root holds, at paths of up to this length; perhaps some of longer ones.
    fn uses_within(&self, root: Root, reach: usize) -> Rc<[Use]> {
        let reach = reach.min(Path::MAX);
        let enough = |known: &&Followed| known.reach >= reach;
        if let Some(known) = self.uses.borrow().get(&root).filter(enough) {
            return known.uses.clone();
        }
        // Two places that hold each other: the inner one sees no more of the outer.
        let nothing = Followed {
            reach: Path::MAX,
            uses: Rc::from([]),
        };
        self.uses.borrow_mut().insert(root, nothing);
        let mut follow = Follow {
            model: self,
            reach,
            found: Vec::new(),
            seen: FxHashSet::default(),
            roots: vec![root],
            depth: 0,
        };
        follow.root(root, Path::EMPTY);
        let mut found = follow.found;
        if found.len() >= MAX_USES {
            // Not followed to its end: what is left may do anything.
            found.push(Use {
                node: Tree::ROOT,
                path: Path::EMPTY,
                op: Op::Passed,
            });
        }
        found.sort_by_key(|it| (it.node, it.path));
        found.dedup_by_key(|it| (it.node, it.path));
        let uses: Rc<[Use]> = found.into();
        let followed = Followed {
            reach,
            uses: uses.clone(),
        };
        self.uses.borrow_mut().insert(root, followed);
        uses
    }

    /// All uses of the value of an expression (with an empty path), and some of what it holds.
    pub fn uses_of_value(&self, node: NodeId) -> Vec<Use> {
        let mut follow = Follow {
            model: self,
            found: Vec::new(),
            seen: FxHashSet::default(),
            roots: Vec::new(),
            depth: 0,
            // Its methods, but nothing that it holds.
            reach: 1,
        };
        follow.value(node, Path::EMPTY);
        let mut found = follow.found;
        found.sort_by_key(|it| (it.node, it.path));
        found
    }

    /// The place of a class field whose initialiser this function is.
    pub fn field_of(&self, function: FunctionId) -> Option<Place> {
        let tree = self.tree;
        let info = tree.function(function);
        if !matches!(info.kind, FunctionKind::Field | FunctionKind::StaticInit) {
            return None;
        }
        let property = tree.parent(info.node);
        let owner = self.owners.at(tree.parent(property))?;
        let holder = match info.kind {
            FunctionKind::Field => self.instance_place(owner)?,
            _ => Place::of(Root::Binding(self.owners.get(owner).binding?)),
        };
        holder.join(Seg::name(tree.name_of(property).some()?))
    }

    /// Variables whose value is a place of this root all along.
    fn aliases_of(&self, root: Root) -> &[BindingId] {
        let index = self.alias_index.get_or_init(|| {
            let mut index: FxHashMap<Root, Vec<BindingId>> = FxHashMap::default();
            for binding in (0..self.tree.bindings.len() as u32).map(BindingId) {
                if let Some(place) = self.alias(binding) {
                    index.entry(place.root).or_default().push(binding);
                }
            }
            index
        });
        index.get(&root).map_or(&[], Vec::as_slice)
    }

    fn this_nodes(&self, owner: OwnerId) -> &[NodeId] {
        let index = self.this_index.get_or_init(|| {
            let mut index: FxHashMap<OwnerId, Vec<NodeId>> = FxHashMap::default();
            for &node in &self.index.this {
                if let This::Instance(owner) = self.owners.this[self.tree.function_of(node).index()] {
                    index.entry(self.owners.base(owner)).or_default().push(node);
                }
            }
            index
        });
        index.get(&owner).map_or(&[], Vec::as_slice)
    }
}

struct Follow<'m, 'a> {
    model: &'m Model<'a>,
    /// Longer paths are not followed: they never become shorter again.
    reach: usize,
    found: Vec<Use>,
    seen: FxHashSet<(NodeId, Path)>,
    /// Roots that are being followed, against circles.
    roots: Vec<Root>,
    /// How many calls deep the value has been handed on.
    depth: u32,
}

/// Deeper than this, a value that is handed on counts as out of sight.
const MAX_DEPTH: u32 = 5;

/// Beyond this many uses a value is everywhere, and following it further tells nothing.
const MAX_USES: usize = 50_000;

impl Follow<'_, '_> {
    fn root(&mut self, root: Root, prefix: Path) {
        let (model, tree) = (self.model, self.model.tree);
        match root {
            Root::Binding(binding) => {
                self.references(binding, prefix);
                if let Some(owner) = model.owners.of_binding(binding) {
                    // `this` in static methods, or in the methods of the object.
                    for &node in &model.index.this {
                        let this = model.owners.this[tree.function_of(node).index()];
                        if matches!(this, This::Class(it) | This::Instance(it) if it == owner)
                            && model.place(node) == Some(Place::of(root))
                        {
                            self.value(node, prefix);
                        }
                    }
                }
            }
            Root::Instance(owner) => {
                for &node in model.this_nodes(owner) {
                    self.value(node, prefix);
                }
                // Variables that hold an instance.
                for &new in &model.index.news {
                    if model
                        .owner(new)
                        .is_some_and(|(it, _)| model.owners.base(it) == owner)
                    {
                        self.value(new, prefix);
                    }
                }
            }
            Root::This(_) => {
                for &node in &model.index.this {
                    if model.place(node) == Some(Place::of(root)) {
                        self.value(node, prefix);
                    }
                }
            }
            Root::Global => {
                for &node in tree.global_references() {
                    if let Some(place) = model.place(node).filter(|place| place.root == Root::Global)
                        && let Some(path) = prefix.concat(place.path)
                    {
                        self.value(node, path);
                    }
                }
            }
            Root::Exports => {
                for &node in tree.global_references() {
                    match tree.name_text(node) {
                        "exports" => self.value(node, prefix),
                        "module" => {
                            let member = tree.parent(node);
                            if tree.is(member, Kind::Member) && tree.name_text(member) == "exports" {
                                self.value(member, prefix);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        for &alias in model.aliases_of(root) {
            if let Some(path) = model.alias(alias).and_then(|place| prefix.concat(place.path)) {
                self.references(alias, path);
            }
        }
    }

    fn references(&mut self, binding: BindingId, path: Path) {
        for &reference in self.model.tree.references(binding) {
            self.value(reference, path);
        }
    }

    fn note(&mut self, node: NodeId, path: Path, op: Op) {
        if self.found.len() < MAX_USES {
            self.found.push(Use { node, path, op });
        }
    }

    /// Follows the value of `node`, which is what `path` leads to.
    fn value(&mut self, node: NodeId, path: Path) {
        let tree = self.model.tree;
        if path.segs().len() > self.reach || self.found.len() >= MAX_USES || !self.seen.insert((node, path)) {
            return;
        }
        let parent = tree.parent(node);
        if parent == NodeId::NONE {
            return;
        }
        match tree.kind(parent) {
            Kind::Member => match path.join(Seg::name(tree.name_of(parent))) {
                Some(path) => self.value(parent, path),
                None => self.note(parent, path, Op::Read),
            },
            Kind::Index if tree.child(parent, 0) == node => match path.join(Seg::ELEMENT) {
                Some(path) => self.value(parent, path),
                None => self.note(parent, path, Op::Read),
            },
            Kind::Call | Kind::New => {
                if tree.callee(parent) == node {
                    self.called(node, parent, path);
                } else {
                    self.argument(node, parent, path);
                }
            }
            // Another variable that held the value is given a new one.
            Kind::Assign | Kind::Update if tree.child(parent, 0) == node && self.is_other_variable(node) => {}
            Kind::Assign if tree.child(parent, 0) == node => {
                let plain = matches!(
                    tree[parent].op,
                    TreeOp::Assign | TreeOp::Or | TreeOp::Nullish | TreeOp::And
                );
                self.note(
                    parent,
                    path,
                    Op::Write {
                        value: plain.then(|| tree.child(parent, 1)),
                    },
                );
                // `(list = cache[k] = []).push(x)`: the value of the assignment.
                if !tree.is(tree.parent(parent), Kind::ExprStmt) {
                    self.value(parent, path);
                }
            }
            Kind::Assign => {
                self.stored_at(parent, tree.child(parent, 0), path);
                if !tree.is(tree.parent(parent), Kind::ExprStmt) {
                    self.value(parent, path);
                }
            }
            Kind::Declarator => self.pattern(tree.child(parent, 0), path),
            Kind::ForOf | Kind::ForIn => {
                self.note(parent, path, Op::Read);
                if let (Kind::ForOf, Some(path)) = (tree.kind(parent), path.join(Seg::ELEMENT)) {
                    let left = tree.child(parent, 0);
                    if tree.is(left, Kind::VarDecl)
                        && let Some(declarator) = tree.children(left).next()
                    {
                        self.pattern(tree.child(declarator, 0), path);
                    }
                }
            }
            Kind::Unary if tree[parent].op == TreeOp::Delete => self.note(parent, path, Op::Delete),
            Kind::Update => self.note(parent, path, Op::Write { value: None }),
            Kind::Binary => {
                let relational = matches!(
                    tree[parent].op,
                    TreeOp::Less | TreeOp::LessEqual | TreeOp::Greater | TreeOp::GreaterEqual
                );
                self.note(parent, path, if relational { Op::Compare } else { Op::Read });
            }
            Kind::Conditional if tree.child(parent, 0) == node => self.note(parent, path, Op::Read),
            Kind::Logical => {
                self.note(parent, path, Op::Read);
                self.value(parent, path);
            }
            Kind::Conditional | Kind::Await => self.value(parent, path),
            Kind::Sequence if tree.children(parent).last() == Some(node) => self.value(parent, path),
            Kind::Return => self.returned(parent, path),
            Kind::Property if tree.is(tree.parent(parent), Kind::Object) && tree.value(parent) == node => {
                self.in_object(parent, path);
            }
            Kind::Property if self.is_given_to_component(parent) => self.note(parent, path, Op::Passed),
            Kind::Array => self.note(parent, path, Op::Stored),
            Kind::ExportDefault | Kind::ExportSpecifier => self.note(parent, path, Op::Exported),
            Kind::Yield | Kind::Throw => self.note(parent, path, Op::Passed),
            _ => self.note(parent, path, Op::Read),
        }
    }

    /// An attribute of an element that a component makes: who knows what that does with it.
    fn is_given_to_component(&self, property: NodeId) -> bool {
        let tree = self.model.tree;
        let element = tree.parent(property);
        tree.is(element, Kind::Jsx) && !tree.is(tree.child(element, 0), Kind::Empty)
    }

    fn is_other_variable(&self, node: NodeId) -> bool {
        let tree = self.model.tree;
        let binding = tree.variable(node);
        binding.is_some_and(|binding| self.roots.first() != Some(&Root::Binding(binding)))
    }

    /// `node` is called: a method of what stands before its last name, or the value itself.
    fn called(&mut self, node: NodeId, call: NodeId, path: Path) {
        let tree = self.model.tree;
        let (Kind::Member, Some(receiver)) = (tree.kind(node), path.parent()) else {
            self.note(call, path, Op::Invoke);
            return;
        };
        let name = tree.name_of(node);
        self.note(call, receiver, Op::Method { name });
        let effect = self.model.apis.untyped(tree.text(name));
        let element = receiver.join(Seg::ELEMENT);
        let container_get = matches!(tree.text(name), "pop" | "shift" | "find" | "at");
        match effect {
            Some(effect) if effect.gets => element.into_iter().for_each(|path| self.value(call, path)),
            // `setInterval(…).unref()` is the interval.
            Some(effect) if effect.chains => self.value(call, receiver),
            _ if container_get => element.into_iter().for_each(|path| self.value(call, path)),
            Some(effect) if effect.runs == Some(Runs::Inline) => {
                let callback = tree.args(call).next().filter(|&arg| tree.is(arg, Kind::Function));
                if let (Some(callback), Some(path)) = (callback, element) {
                    self.parameter(tree.function_at(callback), 0, path);
                }
            }
            _ => {}
        }
    }

    fn parameter(&mut self, function: FunctionId, position: usize, path: Path) -> bool {
        let tree = self.model.tree;
        let Some(param) = tree.params(function).nth(position) else {
            return false;
        };
        self.pattern(tree.child(param, 0), path);
        true
    }

    fn argument(&mut self, node: NodeId, call: NodeId, path: Path) {
        let (model, tree) = (self.model, self.model.tree);
        let position = tree.args(call).position(|arg| arg == node);
        let functions = model.functions(tree.callee(call));
        let mut followed = false;
        if let Some(position) = position.filter(|_| self.depth < MAX_DEPTH) {
            self.depth += 1;
            for function in functions {
                followed |= self.parameter(function, position, path);
            }
            self.depth -= 1;
        }
        if !followed {
            let reads = model
                .effect(call)
                .is_some_and(|effect| effect.reads || effect.has || effect.grows.is_some());
            self.note(call, path, if reads { Op::Read } else { Op::Passed });
        }
    }

    fn pattern(&mut self, pattern: NodeId, path: Path) {
        let tree = self.model.tree;
        match tree.kind(pattern) {
            Kind::Binding => {
                let Some(binding) = tree.binding_of(pattern) else {
                    return;
                };
                // An alias is followed with its root: `const stream = given ?? make()` is one of `given`.
                let with_root = |it: Place| self.roots.contains(&it.root);
                if !self.model.alias(binding).is_some_and(with_root) {
                    self.references(binding, path);
                }
            }
            Kind::Default => self.pattern(tree.child(pattern, 0), path),
            Kind::ObjectPattern => {
                for property in tree
                    .children(pattern)
                    .filter(|&child| tree.is(child, Kind::PatternProperty))
                {
                    let seg = tree.name_of(property).some().map_or(Seg::ELEMENT, Seg::name);
                    if let Some(path) = path.join(seg) {
                        self.pattern(tree.value(property), path);
                    }
                }
            }
            Kind::ArrayPattern => {
                if let Some(path) = path.join(Seg::ELEMENT) {
                    for element in tree.children(pattern) {
                        self.pattern(element, path);
                    }
                }
            }
            _ => {}
        }
    }

    /// The value is stored at `target`: from now on it is also there.
    fn stored_at(&mut self, at: NodeId, target: NodeId, path: Path) {
        let (model, tree) = (self.model, self.model.tree);
        if let (Kind::Ident, Some(binding)) = (tree.kind(target), tree.binding_of(target)) {
            if model.alias(binding).is_none() && self.enter(Root::Binding(binding)) {
                self.root(Root::Binding(binding), path);
            }
            return;
        }
        self.note(at, path, Op::Stored);
        let Some(place) = model.place(target) else { return };
        self.also_at(place, path);
    }

    fn also_at(&mut self, place: Place, path: Path) {
        // Only a place of its own is followed: an element of some collection would bring all its siblings along.
        if place.path.last().is_none_or(|seg| seg == Seg::ELEMENT) || !self.enter(place.root) {
            return;
        }
        let Some(left) = self.reach.checked_sub(path.segs().len()) else {
            return;
        };
        let others = self.model.uses_within(place.root, place.path.segs().len() + left);
        for other in others.iter() {
            if let Some(path) = other.path.strip(&place.path).and_then(|rest| path.concat(rest)) {
                self.note(other.node, path, other.op);
            }
        }
    }

    /// False if the root is being followed already.
    fn enter(&mut self, root: Root) -> bool {
        let new = !self.roots.contains(&root) && self.roots.len() < 4;
        if new {
            self.roots.push(root);
        }
        new
    }

    fn in_object(&mut self, property: NodeId, path: Path) {
        let (model, tree) = (self.model, self.model.tree);
        self.note(property, path, Op::Stored);
        let Some(name) = tree.name_of(property).some() else {
            return;
        };
        let held = model
            .held_at(tree.parent(property))
            .and_then(|place| place.join(Seg::name(name)));
        if let Some(place) = held {
            self.also_at(place, path);
        }
    }

    fn returned(&mut self, ret: NodeId, path: Path) {
        let (model, tree) = (self.model, self.model.tree);
        let function = tree.function_of(ret);
        if let Some(field) = model.field_of(function) {
            self.note(ret, path, Op::Stored);
            self.also_at(field, path);
            return;
        }
        self.note(ret, path, Op::Returned);
        for &call in model.calls_of(function) {
            self.value(call, path);
        }
    }
}
