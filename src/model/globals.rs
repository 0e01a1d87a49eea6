//! Globals: values that functions put on the global object, by name or by leaving a declaration out.

use crate::apis::Word;
use crate::syntax::tree::{FunctionId, Kind, NodeId, Op};

use super::Model;
use super::calls::How;
use super::place::{Place, Root, Seg};
use super::uses;

/// A store of a value under a fixed name of the global object, by a function.
#[derive(Clone, Copy, Debug)]
pub struct GlobalStore {
    pub assign: NodeId,
    pub place: Place,
    pub value: NodeId,
    /// The name is declared nowhere in the file: the assignment itself makes the global.
    pub implicit: bool,
}

impl Model<'_> {
    /// Stores by functions to globals that the file itself made up.
    pub fn global_stores(&self) -> Vec<GlobalStore> {
        let tree = self.tree;
        let mut found = Vec::new();
        for &assign in &self.index.assigns {
            let target = tree.child(assign, 0);
            if tree[assign].op != Op::Assign || !matches!(tree.kind(target), Kind::Ident | Kind::Member) {
                continue;
            }
            let function = tree.function_of(assign);
            let Some(place) = self.place(target) else { continue };
            let ([_], Root::Global) = (place.path.segs(), place.root) else {
                continue;
            };
            let implicit = tree.is(target, Kind::Ident);
            if implicit
                && (tree.ambient.contains(&tree.name_of(target))
                    || tree.function(function).strict
                    || tree.binding_of(target).is_some())
            {
                continue;
            }
            let name = tree.name_text(target);
            if self.apis.named("platform_globals", name) || self.apis.value(name).is_some() {
                continue;
            }
            let mut value = tree.child(assign, 1);
            while tree.is(value, Kind::Assign) {
                value = tree.child(value, 1);
            }
            found.push(GlobalStore {
                assign,
                place,
                value,
                implicit,
            });
        }
        found
    }

    /// Code that lets go of what a global holds: sets it to nothing, deletes it, empties it.
    pub fn global_release(&self, store: &GlobalStore) -> Option<NodeId> {
        let tree = self.tree;
        let uses = self.uses(Root::Global);
        let element = Place::of(Root::Global)
            .join(Seg::ELEMENT)
            .expect("one segment")
            .path;
        let release = uses.iter().find(|it| {
            let here = it.path == store.place.path;
            let dynamic = it.path == element;
            let inside = it.path.strip(&store.place.path);
            match it.op {
                uses::Op::Delete => here || dynamic,
                uses::Op::Write { value: Some(value) } => {
                    let small = tree.is_nullish(value)
                        || matches!(tree.kind(value), Kind::Bool | Kind::Num | Kind::Str)
                        || matches!(tree.kind(value), Kind::Array | Kind::Object)
                            && it.node > store.assign
                            && tree[value].end.0 == value.0 + 1;
                    let length = inside.is_some_and(|rest| {
                        rest.segs()
                            .first()
                            .and_then(|seg| seg.as_name())
                            .is_some_and(|name| tree.text(name) == "length")
                    });
                    (here && it.node != store.assign || dynamic) && small || length
                }
                uses::Op::Method { name } if here => self.word(name).may(Word::SHRINKS),
                _ => false,
            }
        })?;
        Some(release.node)
    }

    /// Some code outside the storing function and what it calls reads the global: it is state, not left-over work.
    pub fn global_read_elsewhere(&self, store: &GlobalStore) -> Option<NodeId> {
        let tree = self.tree;
        let own = self.call_tree(tree.function_of(store.assign));
        let uses = self.uses(Root::Global);
        uses.iter()
            .filter(|it| {
                store.place.path.starts_with(&it.path) && !it.path.is_empty()
                    || it.path.starts_with(&store.place.path)
            })
            .filter(|it| !matches!(it.op, uses::Op::Write { .. }) || it.path != store.place.path)
            .map(|it| it.node)
            .find(|&node| !own.contains(&tree.function_of(node)))
    }

    /// The functions that run during the calls that lead to this one and for nothing else: its callers, and what they
    /// call in turn.
    fn call_tree(&self, function: FunctionId) -> Vec<FunctionId> {
        let mut callers = vec![function];
        let mut at = 0;
        while let Some(&next) = callers.get(at) {
            at += 1;
            let calls = self
                .entries(next)
                .iter()
                .filter(|entry| entry.how == How::Call && entry.from != FunctionId(0));
            for entry in calls.filter(|entry| entry.from != FunctionId::NONE) {
                if !callers.contains(&entry.from) && callers.len() < 50 {
                    callers.push(entry.from);
                }
            }
        }
        let mut found = self.callees(&callers);
        // What others can start by itself reads what earlier work has left.
        found.retain(|&it| {
            callers.contains(&it)
                || self
                    .entries(it)
                    .iter()
                    .all(|entry| matches!(entry.how, How::Call | How::Later | How::Once))
        });
        found
    }

    /// The functions, and all that run during their calls.
    fn callees(&self, functions: &[FunctionId]) -> Vec<FunctionId> {
        let tree = self.tree;
        let mut found = functions.to_vec();
        let mut at = 0;
        while let Some(&next) = found.get(at) {
            at += 1;
            for inner in next.0 + 1..tree.functions.len() as u32 {
                if !tree.nests(next, FunctionId(inner)) {
                    break;
                }
                if !found.contains(&FunctionId(inner)) {
                    found.push(FunctionId(inner));
                }
            }
            for &call in self.index.calls_in(tree, next) {
                for called in self.called_functions(call) {
                    if !found.contains(&called) {
                        found.push(called);
                    }
                }
            }
            if found.len() > 200 {
                break;
            }
        }
        found
    }

    /// The value is all that a caller has bound up in a callback, or the object itself: the last one stays alive.
    pub fn holds_on(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::This => true,
            Kind::Ident => {
                let binding = tree.variable(node);
                binding.is_some_and(|it| self.tree.parameter(it).is_some()) && self.may_be_function(node)
            }
            _ => false,
        }
    }

    /// The value is data that may be large, not a function, a record or a number.
    pub fn is_heavy(&self, node: NodeId, place: &Place) -> bool {
        self.is_heavy_at(node, place, 0)
    }

    fn is_heavy_at(&self, node: NodeId, place: &Place, depth: u32) -> bool {
        let tree = self.tree;
        if depth > 10 {
            return false;
        }
        match tree.kind(node) {
            // An array that is filled afterwards.
            Kind::Array => {
                tree[node].end.0 > node.0 + 1
                    && tree
                        .children(node)
                        .any(|child| self.is_heavy_at(child, place, depth + 1))
                    || self.growth_places().contains(place)
            }
            Kind::Object => {
                tree.children(node).any(|child| {
                    tree.is(child, Kind::Property) && self.is_heavy_at(tree.value(child), place, depth + 1)
                }) || self.growth_places().contains(place)
            }
            Kind::Call | Kind::New => {
                if self.effect(node).is_some_and(|effect| effect.heavy) {
                    return true;
                }
                let callee = tree.callee(node);
                if let Some(effect) = self.api_path(callee).and_then(|path| self.apis.function(&path)) {
                    return effect.heavy;
                }
                // What a local function returns.
                let functions = self.called_functions(node);
                if functions
                    .iter()
                    .any(|&function| self.returns_heavy(function, place, depth + 1))
                {
                    return true;
                }
                // `path.split('/').pop()` is one of the parts.
                let one =
                    tree.is(callee, Kind::Member) && self.named("element_getters", tree.name_of(callee));
                tree.is(callee, Kind::Member)
                    && !one
                    && self.is_heavy_at(tree.child(callee, 0), place, depth + 1)
            }
            Kind::Await => self.is_heavy_at(tree.child(node, 0), place, depth + 1),
            Kind::Conditional => {
                self.is_heavy_at(tree.child(node, 1), place, depth + 1)
                    || self.is_heavy_at(tree.child(node, 2), place, depth + 1)
            }
            Kind::Logical => self.is_heavy_at(tree.child(node, 1), place, depth + 1),
            Kind::Member => self.is_heavy_at(tree.child(node, 0), place, depth + 1),
            Kind::Ident => {
                let Some(binding) = tree.binding_of(node) else {
                    return false;
                };
                self.index
                    .only_value(tree, binding)
                    .is_some_and(|(value, _)| value < node && self.is_heavy_at(value, place, depth + 1))
            }
            _ => false,
        }
    }

    fn returns_heavy(&self, function: FunctionId, place: &Place, depth: u32) -> bool {
        let tree = self.tree;
        self.index.returns_of(function).iter().any(|&ret| {
            matches!(
                tree.kind(tree.child(ret, 0)),
                Kind::Call | Kind::Await | Kind::New | Kind::Object
            ) && self.is_heavy_at(tree.child(ret, 0), place, depth + 1)
        })
    }
}
