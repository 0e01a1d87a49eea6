//! One pass over the tree that sorts its nodes by what later questions start from.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, Kind, Name, NodeId, Op, flag};

use super::place::{Path, Seg};

/// A store into a variable.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// Declarator, Assign, Update, ForIn, ForOf.
    pub at: NodeId,
    /// The expression that the value comes from, and the way into it (`const { a: [b] } = x` is `x`, `.a[]`).
    pub value: Option<(NodeId, Path)>,
}

/// A list for each of many things that are numbered, all in one vector: most lists are empty or short.
#[derive(Debug)]
pub struct Lists<T> {
    items: Vec<T>,
    /// Where each list ends.
    ends: Vec<u32>,
}

impl<T: Copy> Lists<T> {
    /// From pairs of a list's number and an item; each list keeps their order.
    pub fn new(count: usize, pairs: &[(usize, T)]) -> Lists<T> {
        let mut ends = vec![0; count];
        for &(list, _) in pairs {
            ends[list] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        // Filled, each list's start has moved to its end.
        let mut items: Vec<T> = pairs.iter().map(|&(_, item)| item).collect();
        for &(list, item) in pairs {
            items[ends[list] as usize] = item;
            ends[list] += 1;
        }
        Lists { items, ends }
    }
}

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists {
            items: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<T> std::ops::Index<usize> for Lists<T> {
    type Output = [T];
    /// Code out of sight, `FunctionId::NONE`, has an empty list.
    fn index(&self, list: usize) -> &[T] {
        let Some(&end) = self.ends.get(list) else {
            return &[];
        };
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..end as usize]
    }
}

#[derive(Debug, Default)]
pub struct Index {
    /// Call and New nodes.
    pub calls: Vec<NodeId>,
    pub assigns: Vec<NodeId>,
    pub this: Vec<NodeId>,
    pub classes: Vec<NodeId>,
    pub objects: Vec<NodeId>,
    /// Return nodes by function.
    returns: Lists<NodeId>,
    /// New nodes.
    pub news: Vec<NodeId>,
    /// Calls of a method `set`, of a Map most likely.
    pub sets: Vec<NodeId>,
    /// Assignments to elements: `x[k] = …`.
    pub element_writes: Vec<NodeId>,
    calls_in: OnceCell<Lists<NodeId>>,
    /// Assignments to `….name`, by name.
    pub member_writes: FxHashMap<Name, Vec<NodeId>>,
    /// Stores into each variable, in source order.
    pub writes: Lists<Write>,
    /// Assignments to names that the file does not declare.
    pub global_writes: Vec<NodeId>,
    /// Jsx nodes of components: `<Panel />`.
    pub elements: Vec<NodeId>,
    /// `delete` expressions.
    pub deletes: Vec<NodeId>,
    /// By name: it is a key of some object literal or class. What is none has no initial value.
    keys: Vec<bool>,
    /// Members and globals that are read: Member, Ident and PatternProperty nodes with a name.
    pub reads: Vec<NodeId>,
    /// ImportDecl nodes.
    pub imports: Vec<NodeId>,
    /// ExportNamed and ExportDefault nodes.
    pub exports: Vec<NodeId>,
    /// The file has a `with` statement.
    pub has_with: bool,
}

pub fn index(tree: &Tree) -> Index {
    let mut index = Index::default();
    let mut returns = Vec::new();
    let mut writes = Vec::new();
    let set = tree.name("set");
    index.keys = vec![false; tree.names().len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        let id = NodeId(at as u32);
        match node.kind {
            Kind::Call | Kind::New => {
                index.calls.push(id);
                let callee = tree.callee(id);
                if tree.is(id, Kind::New) {
                    index.news.push(id);
                } else if tree.is(callee, Kind::Member) && Some(tree.name_of(callee)) == set {
                    index.sets.push(id);
                }
            }
            Kind::Unary if tree[id].op == Op::Delete => index.deletes.push(id),
            Kind::Property => {
                if let Some(key) = tree.name_of(id).some() {
                    index.keys[key.index()] = true;
                }
            }
            Kind::Member if !is_target(tree, id) => index.reads.push(id),
            Kind::Ident if tree.binding_of(id).is_none() && !is_target(tree, id) => index.reads.push(id),
            Kind::PatternProperty if tree.name_of(id) != Name::NONE => index.reads.push(id),
            Kind::ImportDecl => index.imports.push(id),
            Kind::This => index.this.push(id),
            Kind::Jsx if matches!(tree.kind(tree.child(id, 0)), Kind::Ident | Kind::Member) => {
                index.elements.push(id)
            }
            Kind::Class => index.classes.push(id),
            Kind::Object => index.objects.push(id),
            Kind::Return => returns.push((tree.function_of(id).index(), id)),
            Kind::With => index.has_with = true,
            Kind::ExportNamed | Kind::ExportDefault => index.exports.push(id),
            Kind::Assign => {
                index.assigns.push(id);
                let target = tree.child(id, 0);
                if tree.is(target, Kind::Index) {
                    index.element_writes.push(id);
                }
                if tree.is(target, Kind::Member) {
                    index
                        .member_writes
                        .entry(tree.name_of(target))
                        .or_default()
                        .push(id);
                }
                let value = tree.child(id, 1);
                let plain = matches!(tree[id].op, Op::Assign | Op::Or | Op::Nullish | Op::And);
                index.pattern(
                    tree,
                    &mut writes,
                    id,
                    target,
                    plain.then_some((value, Path::EMPTY)),
                );
            }
            Kind::Update => index.pattern(tree, &mut writes, id, tree.child(id, 0), None),
            Kind::Declarator => {
                let init = tree.child(id, 1);
                if !tree.is(init, Kind::Empty) {
                    index.pattern(
                        tree,
                        &mut writes,
                        id,
                        tree.child(id, 0),
                        Some((init, Path::EMPTY)),
                    );
                }
            }
            Kind::ForIn | Kind::ForOf => {
                let left = tree.child(id, 0);
                let target = if tree.is(left, Kind::VarDecl) {
                    tree.children(left)
                        .next()
                        .map(|declarator| tree.child(declarator, 0))
                } else {
                    Some(left)
                };
                let element = Path::EMPTY
                    .join(Seg::ELEMENT)
                    .filter(|_| tree.is(id, Kind::ForOf));
                if let Some(target) = target {
                    index.pattern(
                        tree,
                        &mut writes,
                        id,
                        target,
                        element.map(|path| (tree.child(id, 1), path)),
                    );
                }
            }
            _ => {}
        }
    }
    index.returns = Lists::new(tree.functions.len(), &returns);
    index.writes = Lists::new(tree.bindings.len(), &writes);
    index
}

impl Index {
    /// Names of members that the file defines; some more than once.
    pub fn defined(&self) -> impl Iterator<Item = Name> {
        let keys = (0..self.keys.len()).filter(|&name| self.keys[name]);
        let written = self.member_writes.keys().copied();
        keys.map(|name| Name(name as u32)).chain(written)
    }

    /// True for a key of some object literal or class.
    pub fn is_key(&self, name: Name) -> bool {
        self.keys[name.index()]
    }

    /// The Return nodes of a function.
    pub fn returns_of(&self, function: FunctionId) -> &[NodeId] {
        &self.returns[function.index()]
    }

    /// The calls that stand in a function.
    pub fn calls_in(&self, tree: &Tree, function: FunctionId) -> &[NodeId] {
        let calls_in = self.calls_in.get_or_init(|| {
            let calls = self.calls.iter();
            let pairs: Vec<_> = calls
                .map(|&call| (tree.function_of(call).index(), call))
                .collect();
            Lists::new(tree.functions.len(), &pairs)
        });
        &calls_in[function.index()]
    }

    /// Records the stores that a pattern makes.
    fn pattern(
        &mut self,
        tree: &Tree,
        writes: &mut Vec<(usize, Write)>,
        at: NodeId,
        target: NodeId,
        value: Option<(NodeId, Path)>,
    ) {
        match tree.kind(target) {
            Kind::Binding | Kind::Ident => match tree.binding_of(target) {
                Some(binding) => writes.push((binding.index(), Write { at, value })),
                None => self.global_writes.push(at),
            },
            Kind::Default => self.pattern(tree, writes, at, tree.child(target, 0), value),
            Kind::ObjectPattern => {
                for child in tree.children(target) {
                    match tree.kind(child) {
                        Kind::PatternProperty => {
                            let seg = tree.name_of(child).some().map_or(Seg::ELEMENT, Seg::name);
                            let value = value.and_then(|(node, path)| Some((node, path.join(seg)?)));
                            self.pattern(tree, writes, at, tree.value(child), value);
                        }
                        _ => self.pattern(tree, writes, at, tree.child(child, 0), None),
                    }
                }
            }
            Kind::ArrayPattern => {
                for child in tree.children(target) {
                    match tree.kind(child) {
                        Kind::Empty => {}
                        Kind::Rest => self.pattern(tree, writes, at, tree.child(child, 0), None),
                        _ => {
                            let value = value.and_then(|(node, path)| Some((node, path.join(Seg::ELEMENT)?)));
                            self.pattern(tree, writes, at, child, value);
                        }
                    }
                }
            }
            Kind::Rest => self.pattern(tree, writes, at, tree.child(target, 0), None),
            _ => {}
        }
    }

    /// The one value that a variable ever holds, apart from nothing. `None` when there are several or it is unknown.
    pub fn only_value(&self, tree: &Tree, binding: BindingId) -> Option<(NodeId, Path)> {
        let mut real = self.writes[binding.index()].iter().filter(|write| {
            !write
                .value
                .is_some_and(|(value, path)| path.is_empty() && tree.is_nullish(value))
        });
        match (real.next(), real.next()) {
            (Some(only), None) => only.value,
            _ => None,
        }
    }
}

/// The node is what an assignment stores to.
pub fn is_target(tree: &Tree, node: NodeId) -> bool {
    let parent = tree.parent(node);
    tree.is(parent, Kind::Assign) && parent.0 + 1 == node.0 && tree[parent].op == Op::Assign
}

/// True for members that hold functions: methods, accessors, and function-valued fields or properties.
pub fn member_function(tree: &Tree, property: NodeId) -> Option<NodeId> {
    let value = tree.value(property);
    if !tree.is(value, Kind::Function) {
        return None;
    }
    if tree.has(property, flag::FIELD) {
        // The initialiser's function returns the field's value.
        let field = field_value(tree, property)?;
        return tree.is(field, Kind::Function).then_some(field);
    }
    Some(value)
}

/// The expression that initialises a class field.
pub fn field_value(tree: &Tree, property: NodeId) -> Option<NodeId> {
    let value = tree.value(property);
    if !tree.has(property, flag::FIELD) {
        return Some(value);
    }
    let body = tree
        .is(value, Kind::Function)
        .then(|| tree.children(value).last())??;
    let ret = tree
        .children(body)
        .next()
        .filter(|&ret| tree.is(ret, Kind::Return))?;
    Some(tree.child(ret, 0))
}
