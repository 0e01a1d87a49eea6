//! DOM nodes that a function makes and puts into the page, and what takes them out. Refuses to know nodes that leave the
//! function otherwise (stored, returned, handed on: somebody else may remove them), and parents that are not known to be
//! in the page.

use crate::apis::Word;
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId, Op};

use super::Model;
use super::growth::Keys;
use super::place::{Path, Place, Root};
use super::uses;

/// A node made and inserted by the same run of a function.
pub struct Insertion {
    /// The inserting call.
    pub call: NodeId,
    /// The expression that makes the node.
    pub made: NodeId,
    /// The page itself (`document.body`), rather than some element that was looked up.
    pub in_page: bool,
    pub purpose: Option<(Purpose, NodeId)>,
    /// Something in the file takes nodes out, though not this one in sight.
    pub others_removed: bool,
    /// The function remembers what it was given, so that it makes one node for each.
    pub remembered: bool,
}

/// Why each call needs a node of its own, for a short time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is clicked, selected or printed at once.
    Used,
    /// It loads what has an address of its own each time.
    Loads,
}

impl Model<'_> {
    /// Nodes that stay where they have been inserted.
    pub fn insertions(&self) -> Vec<Insertion> {
        let tree = self.tree;
        let mut found = Vec::new();
        for call in self.calls_that(Word::INSERTS) {
            let callee = tree.callee(call);
            if !tree.is(callee, Kind::Member) {
                continue;
            }
            let Some((node, made)) = tree.args(call).find_map(|arg| self.made_here(arg, call)) else {
                continue;
            };
            let Some(in_page) = self.page_node(tree.child(callee, 0), 0) else {
                continue;
            };
            if self.is_looked_up_before(call) || self.leaves(node, call) {
                continue;
            }
            found.push(Insertion {
                call,
                made,
                in_page,
                purpose: self.purpose(node, call),
                remembered: self.is_remembered(tree.function_of(call)),
                others_removed: self.index.calls.iter().any(|&it| self.removes_node(it))
                    || self.index.assigns.iter().any(|&it| self.empties(it)),
            });
        }
        found
    }

    /// `loaded.add(url)`, of a parameter.
    fn is_remembered(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        self.calls_in(function).iter().any(|&call| {
            let callee = tree.callee(call);
            let keeps = tree.is(callee, Kind::Member)
                && self.word(tree.name_of(callee)).may(Word::GROWS)
                && self.place(tree.child(callee, 0)).is_some_and(
                    |it| matches!(it.root, Root::Binding(set) if self.tree.parameter(set).is_none()),
                );
            let first = tree
                .args(call)
                .next()
                .filter(|&it| keeps && tree.is(it, Kind::Ident));
            let binding = first.and_then(|it| tree.binding_of(it));
            binding.is_some_and(|it| self.tree.parameter(it).is_some_and(|(of, _)| of == function))
        })
    }

    /// A variable of the function that holds an element which the same run makes.
    fn made_here(&self, arg: NodeId, call: NodeId) -> Option<(BindingId, NodeId)> {
        let tree = self.tree;
        let binding = tree.variable(arg)?;
        let function = tree.declared_in(binding);
        if function == FunctionId(0) || function != tree.function_of(call) {
            return None;
        }
        let (value, path) = self.index.only_value(tree, binding)?;
        let made = path.is_empty()
            && tree.is(value, Kind::Call)
            && self.ty(value) == self.apis.type_named("Element");
        made.then_some((binding, value))
    }

    /// Whether a node is in the page: `Some(true)` if it is always there.
    fn page_node(&self, node: NodeId, depth: u32) -> Option<bool> {
        let tree = self.tree;
        if depth > 5 {
            return None;
        }
        match tree.kind(node) {
            Kind::Ident | Kind::Member => {
                if let Some(path) = self.api_path(node)
                    && self.apis.named("page_nodes", &path)
                {
                    return Some(true);
                }
                if tree.is(node, Kind::Member)
                    && matches!(tree.name_text(node), "parentNode" | "parentElement")
                {
                    return self.page_node(tree.child(node, 0), depth + 1);
                }
                let binding = tree.variable(node)?;
                let (value, path) = self.index.only_value(tree, binding)?;
                (path.segs().len() < 2 && value != node)
                    .then(|| self.page_node(value, depth + 1))
                    .flatten()
            }
            Kind::Index => self.page_node(tree.child(node, 0), depth + 1),
            Kind::Logical => tree
                .children(node)
                .find_map(|side| self.page_node(side, depth + 1)),
            Kind::Call => {
                let path = self.api_path(tree.callee(node))?;
                if !self.apis.named("page_lookups", &path) {
                    return None;
                }
                // There is only one `head`, and one `body`.
                let name = tree.args(node).next().filter(|&arg| tree.is(arg, Kind::Str));
                Some(
                    name.is_some_and(|name| {
                        matches!(tree.name_text(name), "head" | "body" | "html" | "script")
                    }),
                )
            }
            _ => None,
        }
    }

    /// The node is taken out, or goes where others can take it out.
    fn leaves(&self, node: BindingId, call: NodeId) -> bool {
        let tree = self.tree;
        let itself = self.uses(Root::Binding(node)).iter().any(|it| {
            it.path.is_empty()
                && match it.op {
                    uses::Op::Method { name } => self.takes_node_out(it.node, tree.text(name)),
                    uses::Op::Passed => it.node != call && !self.is_inert(it.node),
                    uses::Op::Stored | uses::Op::Returned | uses::Op::Exported => true,
                    _ => false,
                }
        });
        // `script.onload = function () { this.remove() }`
        let own = tree.function(tree.function_of(call)).node;
        let nearby = |&it: &NodeId| tree.contains(own, it) && self.removes_node(it);
        itself || self.index.calls.iter().any(nearby)
    }

    /// A call that gets the node only to look at it.
    fn is_inert(&self, call: NodeId) -> bool {
        self.effect(call).is_some_and(|effect| effect.reads)
    }

    fn removes_node(&self, call: NodeId) -> bool {
        let callee = self.tree.callee(call);
        self.tree.is(call, Kind::Call)
            && self.tree.is(callee, Kind::Member)
            && self.takes_node_out(call, self.tree.name_text(callee))
    }

    /// `x.remove()`, `parent.removeChild(x)`; `set.remove(x)` removes something else.
    fn takes_node_out(&self, call: NodeId, name: &str) -> bool {
        self.apis.named("removing_methods", name)
            && (name != "remove" || self.tree.args(call).next().is_none())
    }

    /// `container.innerHTML = ''`
    fn empties(&self, assign: NodeId) -> bool {
        let tree = self.tree;
        let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
        tree.is(target, Kind::Member)
            && self.named("content_properties", tree.name_of(target))
            && (tree.is(value, Kind::Str) && tree.name_text(value).is_empty() || tree.is_nullish(value))
    }

    /// The insertion stands behind a test that looks whether there is such a node already.
    fn is_looked_up_before(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let own = tree.function(tree.function_of(call)).node;
        let looks = |test: NodeId| {
            tree.subtree(test).any(|id| match tree.kind(id) {
                Kind::Call => self.looks_up_node(id),
                Kind::Ident => {
                    let only = tree.binding_of(id).and_then(|it| self.index.only_value(tree, it));
                    only.is_some_and(|(value, _)| tree.is(value, Kind::Call) && self.looks_up_node(value))
                }
                Kind::Index => true,
                Kind::Binary => tree[id].op == Op::In,
                _ => false,
            })
        };
        let mut inside = call;
        for up in tree.ancestors(call).take_while(|&up| up != own) {
            let tests = match tree.kind(up) {
                Kind::If | Kind::Conditional | Kind::Logical => {
                    tree.child(up, 0) != inside && looks(tree.child(up, 0))
                }
                Kind::Block => tree.children(up).take_while(|&child| child < inside).any(|it| {
                    tree.is(it, Kind::If) && looks(tree.child(it, 0)) && self.always_leaves(tree.child(it, 1))
                }),
                _ => false,
            };
            if tests {
                return true;
            }
            inside = up;
        }
        false
    }

    fn looks_up_node(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let callee = tree.callee(call);
        self.api_path(callee)
            .is_some_and(|path| self.apis.named("page_lookups", &path))
            || tree.is(callee, Kind::Member)
                && (self.effect(call).is_some_and(|effect| effect.has)
                    || matches!(
                        tree.name_text(callee),
                        "querySelector" | "contains" | "has" | "includes"
                    ))
    }

    /// What each call needs its own node for.
    fn purpose(&self, node: BindingId, call: NodeId) -> Option<(Purpose, NodeId)> {
        let tree = self.tree;
        let uses = self.uses(Root::Binding(node));
        let own = |it: &&uses::Use| tree.function_of(it.node) == tree.function_of(call);
        let used = uses.iter().filter(own).find(|it| {
            it.path.is_empty()
                && matches!(it.op, uses::Op::Method { name } if self.named("use_once_methods", name))
        });
        if let Some(used) = used {
            return Some((Purpose::Used, used.node));
        }
        let address = |path: &Path| {
            path.segs()
                .first()
                .and_then(|seg| seg.as_name())
                .is_some_and(|name| matches!(tree.text(name), "src" | "href"))
        };
        let written = uses.iter().find_map(|it| match it.op {
            uses::Op::Write { value: Some(value) } if address(&it.path) => Some(value),
            uses::Op::Method { name } if it.path.is_empty() && tree.text(name) == "setAttribute" => {
                let mut args = tree.args(it.node);
                let name = args.next().filter(|&arg| tree.is(arg, Kind::Str))?;
                matches!(tree.name_text(name), "src" | "href")
                    .then(|| args.next())
                    .flatten()
            }
            _ => None,
        })?;
        if self.is_unique_id(written, 0) {
            return Some((Purpose::Loads, written));
        }
        // The answer's callback is put on the global object under a name of its own.
        let callback = self.index.assigns.iter().find(|&&assign| {
            let target = tree.child(assign, 0);
            tree.is(target, Kind::Index)
                && tree.function_of(assign) == tree.function_of(call)
                && self.place(tree.child(target, 0)) == Some(Place::of(Root::Global))
                && (self.is_unique_id(tree.child(target, 1), 0)
                    || self.keys(tree.child(target, 1), 0) > Keys::Copied)
        })?;
        Some((Purpose::Loads, *callback))
    }
}
