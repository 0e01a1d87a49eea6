//! Modules loaded again past their cache: each load is another module, which nothing ever unloads.

use crate::syntax::tree::{BindingId, Kind, NodeId, Op};

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
            if !is_cache || self.forgets_children(delete) {
                continue;
            }
            if let Some(fresh) = self.loads_again(delete) {
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
            && tree.function_of(value) != crate::syntax::tree::FunctionId(0)
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

    /// The function that deletes, or one that it calls or that calls it, loads a module by a specifier that varies.
    fn loads_again(&self, delete: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let function = tree.function_of(delete);
        let mut around = vec![function];
        around.extend(
            self.entries(function)
                .iter()
                .filter_map(|entry| entry.from.some()),
        );
        around.iter().find_map(|&function| {
            self.calls_in(function).iter().copied().find(|&call| {
                let callee = tree.callee(call);
                tree.is(call, Kind::Call)
                    && tree.is(callee, Kind::Ident)
                    && self
                        .api_path(callee)
                        .is_some_and(|path| self.apis.named("module_loaders", &path))
            })
        })
    }

    /// The code also takes the module off the list of its parent.
    fn forgets_children(&self, delete: NodeId) -> bool {
        let tree = self.tree;
        let body = tree.body(tree.function_of(delete));
        tree.subtree(body)
            .any(|it| tree.is(it, Kind::Member) && self.named("module_lists", tree.name_of(it)))
    }
}
