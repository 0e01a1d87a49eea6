//! Modules loaded again past their cache: each load is another module, which nothing ever unloads.

use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId, Op};

use super::Model;
use super::place::Root;
use super::uses;

/// Code that makes the next load of a module a new one.
#[derive(Clone, Copy, Debug)]
pub struct Reload {
    /// The `import()`, or the deletion from the cache.
    pub at: NodeId,
    /// What is new each time: the call that makes an id or a time stamp, the counter.
    pub fresh: NodeId,
    pub imports: bool,
}

/// How many variables are followed to what makes a specifier new.
const MAX_DEPTH: u32 = 3;

/// How many functions around a deletion may load the module again.
const MAX_CALLERS: usize = 6;

impl Model<'_> {
    /// `import()` of specifiers that are new each time, and deletions from the module cache before a `require`.
    ///
    /// Not known: specifiers that callers make new, loaders behind functions of other files.
    pub fn reloads(&self) -> Vec<Reload> {
        let tree = self.tree;
        let imports = self.index.calls.iter().filter_map(|&call| {
            if !tree.is(tree.callee(call), Kind::Import) {
                return None;
            }
            let fresh = self.fresh_part(tree.args(call).next()?, 0)?;
            Some(Reload {
                at: call,
                fresh,
                imports: true,
            })
        });
        let mut found: Vec<Reload> = imports.collect();
        for &delete in &self.index.deletes {
            let target = tree.child(delete, 0);
            let cache = tree.is(target, Kind::Index).then(|| tree.child(target, 0));
            let is_cache = cache
                .and_then(|cache| self.api_path(cache))
                .is_some_and(|path| self.apis.named("module_caches", &path));
            if !is_cache {
                continue;
            }
            let around = self.around(delete);
            if let Some(fresh) = self
                .loads_again(&around)
                .filter(|_| !self.forgets_children(&around))
            {
                found.push(Reload {
                    at: delete,
                    fresh,
                    imports: false,
                });
            }
        }
        found
    }

    /// What makes a string new each time it is built.
    fn fresh_part(&self, node: NodeId, depth: u32) -> Option<NodeId> {
        let tree = self.tree;
        if depth > MAX_DEPTH {
            return None;
        }
        tree.subtree(node).find_map(|it| match tree.kind(it) {
            Kind::Call if self.effect(it).is_some_and(|effect| effect.fresh) => Some(it),
            // `new Date().getTime()`
            Kind::New if tree.args(it).next().is_none() => {
                let path = self.api_path(tree.callee(it))?;
                self.apis.named("clocks", &path).then_some(it)
            }
            Kind::Update => Some(it),
            Kind::Ident => {
                let binding = tree.binding_of(it)?;
                self.fresh_binding(binding, depth)
            }
            _ => None,
        })
    }

    fn fresh_binding(&self, binding: BindingId, depth: u32) -> Option<NodeId> {
        let tree = self.tree;
        let writes = &self.index.writes[binding.index()];
        let counted = writes.iter().find(|write| {
            tree.is(write.at, Kind::Update)
                || tree.is(write.at, Kind::Assign) && tree[write.at].op == Op::Add && write.value.is_none()
        });
        if let Some(write) = counted {
            return Some(write.at);
        }
        if let Some((value, path)) = self.index.only_value(tree, binding)
            && path.is_empty()
            // One time stamp for the life of the module is no new one.
            && tree.function_of(value) != FunctionId(0)
            && let Some(fresh) = self.fresh_part(value, depth + 1)
        {
            return Some(fresh);
        }
        // `url.searchParams.set('t', Date.now())`
        self.uses(Root::Binding(binding))
            .iter()
            .find_map(|it| match it.op {
                uses::Op::Method { .. } => tree.args(it.node).find_map(|arg| self.fresh_part(arg, depth + 1)),
                uses::Op::Write { value: Some(value) } if !it.path.is_empty() => {
                    self.fresh_part(value, depth + 1)
                }
                _ => None,
            })
    }

    /// The bodies of the function that deletes and of those that lead to it by calls.
    fn around(&self, delete: NodeId) -> Vec<NodeId> {
        let tree = self.tree;
        let mut functions = vec![tree.function_of(delete)];
        let mut next = 0;
        while let Some(&function) = functions.get(next) {
            next += 1;
            for from in self.entries(function).iter().filter_map(|it| it.from.some()) {
                if functions.len() < MAX_CALLERS && from != FunctionId(0) && !functions.contains(&from) {
                    functions.push(from);
                }
            }
        }
        functions.into_iter().map(|it| tree.body(it)).collect()
    }

    /// The code around the deletion loads a module.
    fn loads_again(&self, around: &[NodeId]) -> Option<NodeId> {
        let tree = self.tree;
        let loads = |call: NodeId| {
            let callee = tree.callee(call);
            tree.is(call, Kind::Call)
                && tree.is(callee, Kind::Ident)
                && self
                    .api_path(callee)
                    .is_some_and(|path| self.apis.named("module_loaders", &path))
        };
        around.iter().find_map(|&body| {
            let mut calls = self.index.calls.iter().copied();
            calls.find(|&call| tree.contains(body, call) && loads(call))
        })
    }

    /// The code also takes the module off the list of its parent.
    fn forgets_children(&self, around: &[NodeId]) -> bool {
        let tree = self.tree;
        let mut nodes = around.iter().flat_map(|&body| tree.subtree(body));
        nodes.any(|it| tree.is(it, Kind::Member) && self.apis.named("module_lists", tree.name_text(it)))
    }
}
