//! What cuts a chain, and how the ones that nothing cuts are told.

use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, Kind, NodeId, Op};

use super::super::contexts::{Captured, Variable};
use super::super::index::Write;
use super::super::owners::holding_binding;
use super::super::place::Seg;
use super::search::{Search, State, Thing};
use super::{Chain, Link};

impl Search<'_, '_> {
    /// The variable has lost the written value when it matters: before `used_at`, or else before the function ends.
    pub(super) fn is_cut(&self, binding: BindingId, write: Write, used_at: Option<NodeId>) -> bool {
        let tree = self.model.tree;
        let writes = &self.model.index.writes[binding.index()];
        let later = writes.partition_point(|it| it.at <= write.at);
        writes[later..].iter().any(|later| {
            !tree.contains(later.at, write.at) && self.overwrites(*later, Some(write.at), used_at)
        })
    }

    pub(super) fn is_cut_parameter(&self, binding: BindingId) -> bool {
        self.model.index.writes[binding.index()]
            .iter()
            .any(|write| self.overwrites(*write, None, None))
    }

    /// The write takes the value away on every way out.
    fn overwrites(&self, write: Write, first: Option<NodeId>, used_at: Option<NodeId>) -> bool {
        let tree = self.model.tree;
        if !tree.is(write.at, Kind::Assign) || tree[write.at].op != Op::Assign {
            return false;
        }
        let function = tree.function_of(write.at);
        let empties = write
            .value
            .is_some_and(|(value, path)| path.is_empty() && tree.is_nullish(value));
        let store = self.store.node;
        let is_sure = || {
            self.always_after(write.at, first)
                || self.always_after(write.at, Some(store)) && !self.model.exclude(write.at, store)
        };
        if let Some(used_at) = used_at {
            let before = write.at < used_at && tree.function_of(used_at) == function;
            return before && !tree.contains(write.at, used_at) && is_sure();
        }
        if !empties && !is_sure() {
            return false;
        }
        let in_finally = tree.ancestors(write.at).any(|up| {
            let attempt = tree.parent(up);
            attempt.some().is_some()
                && tree.is(attempt, Kind::Try)
                && tree.children(attempt).nth(2) == Some(up)
        });
        // A way out between the store and the write.
        let returns = self.model.index.returns_of(function);
        let leaves = returns.iter().any(|&ret| store <= ret && ret < write.at);
        in_finally || tree.function_of(store) != function || !leaves
    }

    /// The node runs whenever `first` has run: no branch stands around it that does not stand around both.
    fn always_after(&self, node: NodeId, first: Option<NodeId>) -> bool {
        let tree = self.model.tree;
        let function = tree.function(tree.function_of(node)).node;
        tree.ancestors(node)
            .take_while(|&up| up != function && !first.is_some_and(|first| tree.contains(up, first)))
            .all(|up| {
                !matches!(
                    tree.kind(up),
                    Kind::If
                        | Kind::Conditional
                        | Kind::Logical
                        | Kind::Case
                        | Kind::Catch
                        | Kind::For
                        | Kind::ForIn
                        | Kind::ForOf
                        | Kind::While
                        | Kind::DoWhile
                        | Kind::Function
                )
            })
    }

    /// The old value is read before the store; the slot is not emptied first.
    fn is_old(&self, read: NodeId) -> bool {
        let (model, tree, store) = (self.model, self.model.tree, self.store.node);
        let function = tree.function_of(read);
        if function == tree.function_of(store)
            && read > store
            && !tree.contains(store, read)
            && !self.in_same_loop(read)
        {
            return false;
        }
        // Given something else before: what is read then is no older value.
        !model.values_at(&self.store.slot).iter().any(|&(at, _)| {
            at != store
                && at < read
                && tree.function_of(at) == function
                && !tree.contains(at, read)
                && tree.is(at, Kind::Assign)
                && self.always_after(at, Some(read))
        })
    }

    fn in_same_loop(&self, read: NodeId) -> bool {
        let tree = self.model.tree;
        tree.ancestors(read).any(|up| {
            matches!(
                tree.kind(up),
                Kind::For | Kind::ForIn | Kind::ForOf | Kind::While | Kind::DoWhile
            ) && tree.contains(up, self.store.node)
        })
    }

    /// The store runs only where the slot holds nothing: `if (!old) slot = …`, `if (old) return old; slot = …`.
    fn fills_empty(&self, read: NodeId) -> bool {
        let (model, tree, store) = (self.model, self.model.tree, self.store.node);
        let old = holding_binding(tree, read);
        let names_old = |node: NodeId| {
            tree.is(node, Kind::Ident) && old.is_some() && tree.binding_of(node) == old
                || model.place(node) == Some(self.store.slot)
        };
        // `const entry = map.get(key) ?? make(); …; map.set(key, entry)`
        let value = model.written_value(self.store.value);
        if tree.is(value, Kind::Logical)
            && tree[value].op != Op::And
            && model.place(tree.child(value, 0)) == Some(self.store.slot)
        {
            return true;
        }
        let function = tree.function(tree.function_of(store)).node;
        let mut inside = store;
        for up in tree.ancestors(store).take_while(|&up| up != function) {
            let found = match tree.kind(up) {
                Kind::If | Kind::Conditional => {
                    let (test, then) = (tree.child(up, 0), tree.child(up, 1));
                    is_unset_test(tree, test, &names_old) && then == inside
                        || is_set_test(tree, test, &names_old) && then != inside && test != inside
                }
                Kind::Logical => {
                    let left = tree.child(up, 0);
                    left != inside && matches!(tree[up].op, Op::Or | Op::Nullish) && names_old(left)
                }
                Kind::Block => tree
                    .children(up)
                    .take_while(|&child| child < inside)
                    .any(|statement| {
                        tree.is(statement, Kind::If)
                            && is_set_test(tree, tree.child(statement, 0), &names_old)
                            && model.always_leaves(tree.child(statement, 1))
                    }),
                _ => false,
            };
            if found {
                return true;
            }
            inside = up;
        }
        false
    }

    /// The chain that ends in this state, if nothing cuts it.
    pub(super) fn chain(&self, at: usize) -> Option<Chain> {
        let (model, slot) = (self.model, self.store.slot);
        let read = self.read(at);
        if !self.is_old(read) || slot.path.segs().contains(&Seg::ELEMENT) && !self.same_element(read) {
            return None;
        }
        if self.fills_empty(read) || model.is_reset(&slot, self.store) || model.is_in_replaced(&slot) {
            return None;
        }
        let link = self.link(at, read);
        // What is wrapped, and what is given for a part, is so on purpose.
        let by_assumption = model.is_given_object(&slot) || self.goes_through_unknown_class(at);
        if by_assumption && !matches!(link, Link::Context { .. }) {
            return None;
        }
        let cut = match link {
            // Chained entries of a table are its contents.
            Link::Part(part) => {
                slot.path.last() == Some(Seg::ELEMENT)
                    || model.is_truncated(&slot, self.store.node, part)
                    || self.is_marked(None)
            }
            Link::Context { variable, .. }
            | Link::Closure { variable, .. }
            | Link::Frame { variable, .. } => {
                model.is_restored(&slot, variable) || self.lets_go(variable) || self.is_marked(Some(variable))
            }
        };
        (!cut).then_some(Chain {
            slot,
            store: self.store.node,
            read,
            link,
        })
    }

    /// The way to this state leads through what a class out of sight was constructed with.
    fn goes_through_unknown_class(&self, mut at: usize) -> bool {
        while at != 0 {
            at = self.states[at].from;
            if matches!(self.states[at].thing, Thing::Value(node) if self.is_of_unknown_class(node)) {
                return true;
            }
        }
        false
    }

    /// The whole expression that reads the slot: the state's own, or those around it that led there.
    fn read(&self, at: usize) -> NodeId {
        let tree = self.model.tree;
        let Thing::Value(mut read) = self.states[at].thing else {
            return self.store.node;
        };
        let mut at = at;
        loop {
            let State { path, from, .. } = self.states[at];
            let outer = &self.states[from];
            match outer.thing {
                Thing::Value(node)
                    if tree.contains(node, read) && outer.path.segs().len() < path.segs().len() =>
                {
                    read = node
                }
                _ => break,
            }
            at = from;
        }
        read
    }

    /// How the stored value holds what was read: by the last closure or frame on the way.
    fn link(&self, at: usize, read: NodeId) -> Link {
        let (model, tree) = (self.model, self.model.tree);
        let mut at = at;
        while at != 0 {
            let State { thing, from, .. } = self.states[at];
            if let (Thing::Variable(variable), Thing::Value(holder)) = (thing, self.states[from].thing) {
                let scope = match variable {
                    Variable::Binding(binding) => tree.bindings[binding.index()].scope,
                    Variable::This(function) | Variable::Arguments(function) => tree.function(function).scope,
                };
                match tree.kind(holder) {
                    Kind::Function | Kind::Class | Kind::New => {
                        let captured = model.context(scope).iter().find(|(known, _)| *known == variable);
                        if let Some(&(_, captured)) = captured {
                            let mentions = match variable {
                                Variable::Binding(binding) => tree
                                    .references(binding)
                                    .iter()
                                    .any(|&it| tree.contains(holder, it)),
                                _ => {
                                    matches!(captured, Captured::Mentioned(node) if tree.contains(holder, node))
                                }
                            };
                            return match mentions {
                                true => Link::Closure {
                                    variable,
                                    closure: holder,
                                },
                                false => Link::Context {
                                    variable,
                                    captured,
                                    closure: holder,
                                },
                            };
                        }
                    }
                    Kind::Call => {
                        return Link::Frame {
                            variable,
                            call: holder,
                        };
                    }
                    _ => {}
                }
            }
            if let (Thing::Variable(variable), Thing::Variable(_)) = (thing, self.states[from].thing) {
                return Link::Frame {
                    variable,
                    call: self.store.node,
                };
            }
            at = from;
        }
        Link::Part(read)
    }

    /// The element that is read is the one that is overwritten.
    fn same_element(&self, read: NodeId) -> bool {
        let (written, read) = (
            self.model.element_keys(self.store.target),
            self.model.element_keys(read),
        );
        let count = self
            .store
            .slot
            .path
            .segs()
            .iter()
            .filter(|&&seg| seg == Seg::ELEMENT)
            .count();
        written.len() >= count
            && read.len() >= count
            && written
                .iter()
                .zip(&read)
                .take(count)
                .all(|(&a, &b)| self.model.same_value(a, b))
    }

    /// The old value lets go of its closure: `delete slot.method`, `old.method = null`.
    fn lets_go(&self, variable: Variable) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        let slot = &self.store.slot;
        let node = tree.function(tree.function_of(self.store.node)).node;
        tree.subtree(node).any(|id| {
            let target = match (tree.kind(id), tree[id].op) {
                (Kind::Unary, Op::Delete) => tree.child(id, 0),
                (Kind::Assign, Op::Assign) if tree.is_nullish(tree.child(id, 1)) => tree.child(id, 0),
                _ => return false,
            };
            if !matches!(tree.kind(target), Kind::Member | Kind::Index) {
                return false;
            }
            let object = tree.child(target, 0);
            let of_variable = tree.is(object, Kind::Ident)
                && tree.binding_of(object).map(Variable::Binding) == Some(variable);
            of_variable
                || model.place(target).is_some_and(|place| {
                    slot.holds(&place) && place.path.segs().len() == slot.path.segs().len() + 1
                })
        })
    }

    /// The new value carries a mark, and one that carries it already is not wrapped: `if (!old.wrapped) …`.
    fn is_marked(&self, old: Option<Variable>) -> bool {
        let (model, tree, store) = (self.model, self.model.tree, self.store.node);
        let function = tree.function_of(store);
        let names_old = |node: NodeId| {
            tree.is(node, Kind::Ident) && old.is_some() && tree.binding_of(node).map(Variable::Binding) == old
                || model.place(node).is_some_and(|place| place == self.store.slot)
        };
        let reads_mark = |test: NodeId| {
            tree.subtree(test).any(|id| match tree.kind(id) {
                Kind::Member => {
                    let set = model.index.member_writes.contains_key(&tree.name_of(id));
                    set && names_old(tree.child(id, 0)) && is_truth_test(tree, id, test)
                }
                Kind::Index => names_old(tree.child(id, 0)) && is_truth_test(tree, id, test),
                Kind::Call => tree.args(id).any(names_old) && is_truth_test(tree, id, test),
                _ => false,
            })
        };
        let guards = tree
            .subtree(tree.body(function))
            .filter(|&id| tree.is(id, Kind::If) && id < store);
        guards.into_iter().any(|guard| {
            let decides = tree.contains(guard, store) || model.always_leaves(tree.child(guard, 1));
            decides && reads_mark(tree.child(guard, 0))
        })
    }
}

/// `!x`, `x === undefined`
fn is_unset_test(tree: &Tree, test: NodeId, is_x: &dyn Fn(NodeId) -> bool) -> bool {
    match (tree.kind(test), tree[test].op) {
        (Kind::Unary, Op::Not) => is_x(tree.child(test, 0)),
        (Kind::Binary, Op::Equal) => is_x(tree.child(test, 0)) && tree.is_nullish(tree.child(test, 1)),
        _ => false,
    }
}

/// `x`, `x !== undefined`
fn is_set_test(tree: &Tree, test: NodeId, is_x: &dyn Fn(NodeId) -> bool) -> bool {
    match (tree.kind(test), tree[test].op) {
        (Kind::Binary, Op::NotEqual) => is_x(tree.child(test, 0)) && tree.is_nullish(tree.child(test, 1)),
        _ => is_x(test),
    }
}

/// The node is asked for being true or false, not compared with something.
fn is_truth_test(tree: &Tree, node: NodeId, test: NodeId) -> bool {
    let truth = |up: NodeId| {
        matches!(
            (tree.kind(up), tree[up].op),
            (Kind::Logical, _) | (Kind::Unary, Op::Not)
        )
    };
    let mut at = node;
    while at != test {
        at = tree.parent(at);
        if !truth(at) {
            return false;
        }
    }
    true
}
