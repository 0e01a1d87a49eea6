//! Chains: places whose new value keeps the value that it replaces, so that all former values stay alive.
//!
//! From a stored value the search goes on to everything that the value keeps: the parts of objects, the contexts of
//! closures, bound arguments, the frames of suspended functions; through variables and through calls of local
//! functions. Where it meets a read of the very place that is being overwritten, the chain is closed.

mod cuts;
mod search;

use rustc_hash::FxHashMap;

use crate::apis::Word;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId, Op};

use super::Model;
use super::contexts::{Captured, Variable};
use super::index::{self, Lists};
use super::owners::{OwnerKind, This};
use super::place::{Path, Place, Root, Seg};
use super::repeat::{Repeat, Why};
use search::Search;

/// A place that is given new values which keep the ones that they replace.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The place: one that outlives the function.
    pub slot: Place,
    /// The store of the new value.
    pub store: NodeId,
    /// Where the old value is read.
    pub read: NodeId,
    pub link: Link,
}

/// How the new value holds the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A closure in the new value shares its context with a variable that holds the old value.
    Context {
        variable: Variable,
        captured: Captured,
        closure: NodeId,
    },
    /// A closure in the new value mentions the variable itself.
    Closure { variable: Variable, closure: NodeId },
    /// The new value holds a suspended function (this call, or the one that awaits here), whose variables stay alive.
    Frame { variable: Variable, call: NodeId },
    /// The old value is itself a part of the new one.
    Part(NodeId),
}

/// What the search asks for again and again, found once.
#[derive(Debug, Default)]
pub struct Lookup {
    /// Assignments to `this.x`, by the function whose `this` it is.
    fields: FxHashMap<FunctionId, Vec<NodeId>>,
    /// By name: some member or global of this name is read, and its value goes on from there.
    handed_on: Vec<bool>,
    /// The variables of each function.
    variables: Lists<BindingId>,
}

/// A store into a place that outlives the storing function.
struct Store {
    node: NodeId,
    slot: Place,
    target: NodeId,
    value: NodeId,
}

/// How many different parts of a place are looked at.
const MAX_PARTS: usize = 4;

impl Model<'_> {
    /// All places whose new value keeps the old one, in order of their stores.
    pub fn chains(&self) -> Vec<Chain> {
        let mut found: Vec<Chain> = self
            .slot_stores()
            .iter()
            .filter_map(|store| self.chain(store))
            .collect();
        found.sort_by_key(|chain| chain.store);
        found.dedup_by_key(|chain| chain.store);
        found
    }

    fn slot_stores(&self) -> Vec<Store> {
        let tree = self.tree;
        let mut found = Vec::new();
        for &assign in &self.index.assigns {
            let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
            if tree[assign].op != Op::Assign || !may_keep(tree.kind(value)) {
                continue;
            }
            if let Some(slot) = self.slot_of(target, tree.function_of(assign)) {
                found.push(Store {
                    node: assign,
                    slot,
                    target,
                    value,
                });
            }
        }
        for &call in &self.index.sets {
            let callee = tree.callee(call);
            let (Some(value), None) = (tree.args(call).nth(1), tree.args(call).nth(2)) else {
                continue;
            };
            if !may_keep(tree.kind(value)) {
                continue;
            }
            let map = self.slot_of(tree.child(callee, 0), tree.function_of(call));
            if let Some(slot) = map.and_then(|map| map.join(Seg::ELEMENT)) {
                found.push(Store {
                    node: call,
                    slot,
                    target: call,
                    value,
                });
            }
        }
        found
    }

    /// The place, if it is not one of the function's own and what somebody reads there may be kept.
    fn slot_of(&self, target: NodeId, function: FunctionId) -> Option<Place> {
        let tree = self.tree;
        if function == FunctionId(0) {
            return None;
        }
        let place = match (tree.kind(target), tree.binding_of(target)) {
            // The variable itself, even where it is an alias: it is overwritten.
            (Kind::Ident, Some(binding)) => Place::of(Root::Binding(binding)),
            (Kind::Ident | Kind::Member | Kind::Index, _) => self.place(target)?,
            _ => return None,
        };
        let outlives = match place.root {
            Root::Binding(binding) if self.is_given_object(&place) => tree.declared_in(binding) == function,
            Root::Binding(binding) => {
                let kind = tree.bindings[binding.index()].kind;
                tree.declared_in(binding) != function && kind != BindingKind::Param
            }
            // A constructor gives an instance its first values.
            Root::Instance(_) if self.is_constructor(function) => false,
            _ => !place.path.is_empty(),
        };
        let is_kept = match (place.path.last(), place.root) {
            (Some(seg), _) => {
                seg == Seg::ELEMENT
                    || seg
                        .as_name()
                        .is_some_and(|name| self.lookup().handed_on[name.index()])
            }
            (None, Root::Binding(binding)) => tree
                .references(binding)
                .iter()
                .any(|&it| !index::is_target(tree, it) && self.goes_on(it)),
            _ => false,
        };
        (outlives && is_kept).then_some(place)
    }

    /// The value that is read here may come to be a part of another: it is more than tested or called.
    fn goes_on(&self, read: NodeId) -> bool {
        let tree = self.tree;
        let mut at = read;
        loop {
            let up = tree.parent(at);
            let is_first = up.0 + 1 == at.0;
            match tree.kind(up) {
                Kind::Member | Kind::Index if is_first => {}
                Kind::Conditional if is_first => return false,
                Kind::Logical | Kind::Conditional | Kind::Await => {}
                // `a.b.slice()` may hold what `a.b` does, and a method of the file may do anything with it.
                Kind::Call | Kind::New if is_first => {
                    return tree.is(at, Kind::Member)
                        && self
                            .word(tree.name_of(at))
                            .may(Word::YIELDS | Word::DEFINED | Word::HANDS_ON);
                }
                Kind::Assign if is_first => {
                    return tree[up].op != Op::Assign && !tree.is(tree.parent(up), Kind::ExprStmt);
                }
                Kind::Binary
                | Kind::Unary
                | Kind::Update
                | Kind::Template
                | Kind::ExprStmt
                | Kind::If
                | Kind::While
                | Kind::DoWhile
                | Kind::For
                | Kind::Switch
                | Kind::Case => return false,
                _ => return true,
            }
            at = up;
        }
    }

    /// A class's own, or a function that is used as a class.
    pub(super) fn is_constructor(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        tree.function(function).kind == FunctionKind::Constructor
            || match self.owners.this[function.index()] {
                This::Instance(owner) => self.owners.constructor(tree, owner) == Some(function),
                _ => false,
            }
    }

    fn lookup(&self) -> &Lookup {
        self.lookup.get_or_init(|| {
            let tree = self.tree;
            let bindings = (0..tree.bindings.len() as u32).map(BindingId);
            let of_function = |it: BindingId| tree.declared_in(it);
            let variables: Vec<_> = bindings.map(|it| (of_function(it).index(), it)).collect();
            let mut handed_on = vec![false; tree.names().len()];
            for &read in &self.index.reads {
                let name = tree.name_of(read).index();
                handed_on[name] = handed_on[name] || self.goes_on(read);
            }
            let mut lookup = Lookup {
                handed_on,
                variables: Lists::new(tree.functions.len(), &variables),
                ..Lookup::default()
            };
            for &assign in &self.index.assigns {
                let target = tree.child(assign, 0);
                if tree.is(target, Kind::Member) && tree.is(tree.child(target, 0), Kind::This) {
                    lookup
                        .fields
                        .entry(self.not_arrow(tree.function_of(assign)))
                        .or_default()
                        .push(assign);
                }
            }
            lookup
        })
    }

    fn chain(&self, store: &Store) -> Option<Chain> {
        let mut search = Search::new(self, store, store.slot);
        if let Some(chain) = search.run(Path::EMPTY) {
            return Some(chain);
        }
        // The new value's part `.x` may keep the old value's part `.x`.
        let mut parts = search.parts;
        parts.truncate(MAX_PARTS);
        parts
            .into_iter()
            .find_map(|part| Search::new(self, store, store.slot.concat(part)?).run(part))
    }

    /// The function in whose life the slot is one place: the program, the constructor, or the declaring function.
    pub fn slot_since(&self, slot: &Place) -> FunctionId {
        let tree = self.tree;
        match slot.root {
            Root::Global | Root::Exports => FunctionId(0),
            Root::This(function) => function,
            Root::Binding(binding) => self.same_since(slot, binding),
            Root::Instance(owner) => self.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE),
        }
    }

    /// An object of the caller may be the same one in the next call.
    fn same_since(&self, slot: &Place, binding: BindingId) -> FunctionId {
        let function = self.tree.declared_in(binding);
        match self.is_given_object(slot) {
            true => self.tree.function(function).parent,
            false => function,
        }
    }

    /// A part of an object that a function is given.
    fn is_given_object(&self, slot: &Place) -> bool {
        let is_parameter = |binding: BindingId| {
            let kind = self.tree.bindings[binding.index()].kind;
            kind == BindingKind::Param && self.tree.declared_in(binding) != FunctionId(0)
        };
        matches!(slot.root, Root::Binding(binding) if !slot.path.is_empty() && is_parameter(binding))
    }

    /// Some call in sight gives an instance, which its other methods give again.
    fn is_given_instance(&self, slot: &Place) -> bool {
        let parameter = match slot.root {
            Root::Binding(binding) => self.tree.parameter(binding),
            _ => None,
        };
        parameter.is_some_and(|(function, position)| {
            self.given_at(function, position).any(|arg| {
                let place = self.place(arg);
                let of_instance = place.is_some_and(|it| matches!(it.root, Root::Instance(_)));
                of_instance && !self.is_constructor(self.tree.function_of(arg))
            })
        })
    }

    /// The innermost function around the store whose contexts are the same for all values of the slot.
    fn shared_function(&self, slot: &Place, store: NodeId) -> FunctionId {
        let tree = self.tree;
        match slot.root {
            Root::Global | Root::Exports => FunctionId(0),
            Root::This(function) => function,
            Root::Binding(binding) => self.same_since(slot, binding),
            Root::Instance(owner) => {
                let constructor = self.owners.constructor(tree, owner);
                match constructor.filter(|&it| tree.contains(tree.function(it).node, store)) {
                    Some(constructor) => constructor,
                    None => tree.function_of(self.owners.get(owner).node),
                }
            }
        }
    }

    /// The parameter that a variable is (a part of): its function, its position, the way into the argument, and whether
    /// it is the rest of the arguments.
    fn parameter_part(&self, binding: BindingId) -> Option<(FunctionId, usize, Path, bool)> {
        let tree = self.tree;
        let (mut at, mut segs, mut rest) = (tree.bindings[binding.index()].decl, Vec::new(), false);
        loop {
            at = tree.parent(at).some()?;
            match tree.kind(at) {
                Kind::PatternProperty => segs.push(tree.name_of(at).some().map_or(Seg::ELEMENT, Seg::name)),
                Kind::ArrayPattern => segs.push(Seg::ELEMENT),
                Kind::Rest => rest = true,
                Kind::Default | Kind::ObjectPattern => {}
                Kind::Param => break,
                _ => return None,
            }
        }
        let function = tree.function_at(tree.parent(at));
        let position = tree.params(function).position(|it| it == at)?;
        let path = segs
            .into_iter()
            .rev()
            .try_fold(Path::EMPTY, |path, seg| path.join(seg))?;
        Some((function, position, path, rest))
    }

    /// The result of the call is, or holds, the receiver and arguments (`Some(true)`) or their elements (`Some(false)`).
    fn keeps_arguments(&self, call: NodeId) -> Option<bool> {
        let tree = self.tree;
        let callee = tree.callee(call);
        let by_name = || {
            self.apis
                .untyped(tree.name_text(callee))
                .filter(|_| tree.is(callee, Kind::Member))
        };
        let effect = self.typed_effect(call).or_else(by_name)?;
        (effect.keeps || effect.copies).then_some(effect.keeps)
    }
}

/// True for expressions that can be, or hold, a function or an object made here.
fn may_keep(value: Kind) -> bool {
    use Kind::*;
    matches!(
        value,
        Function
            | Class
            | Object
            | Array
            | Ident
            | Member
            | Call
            | New
            | Conditional
            | Logical
            | Assign
            | Await
            | Sequence
    )
}

impl Model<'_> {
    /// The keys of the elements that an expression goes through, outermost last: `a[x].get(y)` is `y`, `x`.
    fn element_keys(&self, node: NodeId) -> Vec<NodeId> {
        let tree = self.tree;
        let (mut at, mut keys) = (node, Vec::new());
        for _ in 0..16 {
            match tree.kind(at) {
                Kind::Member => at = tree.child(at, 0),
                Kind::Index => {
                    keys.push(tree.child(at, 1));
                    at = tree.child(at, 0);
                }
                Kind::Call if tree.is(tree.callee(at), Kind::Member) => {
                    keys.extend(tree.args(at).next());
                    at = tree.child(tree.callee(at), 0);
                }
                Kind::Ident => {
                    let value = tree.binding_of(at).and_then(|it| self.index.only_value(tree, it));
                    match value.filter(|(value, path)| path.is_empty() && *value != at) {
                        Some((value, _)) => at = value,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        keys
    }

    /// Both expressions have the same value when they run one after the other.
    pub(super) fn same_value(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.tree;
        match (tree.kind(a), tree.kind(b)) {
            (Kind::Ident, Kind::Ident) => {
                tree.binding_of(a) == tree.binding_of(b) && tree.name_of(a) == tree.name_of(b)
            }
            (Kind::Str, Kind::Str) => tree.name_of(a) == tree.name_of(b),
            (Kind::Num, Kind::Num) => tree.number(a) == tree.number(b),
            (Kind::Member, Kind::Member) => {
                tree.name_of(a) == tree.name_of(b) && self.same_value(tree.child(a, 0), tree.child(b, 0))
            }
            (Kind::Index, Kind::Index) => {
                (0..2).all(|at| self.same_value(tree.child(a, at), tree.child(b, at)))
            }
            (Kind::This, Kind::This) => true,
            _ => false,
        }
    }

    /// The slot is given something that has nothing to do with its old value while the program works.
    fn is_reset(&self, slot: &Place, store: &Store) -> bool {
        let tree = self.tree;
        let of_slot = |node: NodeId| self.place(node).is_some_and(|place| slot.holds(&place));
        let derived = |node: NodeId| {
            let given = |binding: BindingId| {
                let mut writes = self.index.writes[binding.index()].iter();
                writes.any(|write| {
                    matches!(tree.kind(write.at), Kind::Declarator | Kind::Assign)
                        && tree.subtree(write.at).any(of_slot)
                })
            };
            of_slot(node) || tree.is(node, Kind::Ident) && tree.binding_of(node).is_some_and(given)
        };
        let unrelated = |value: NodeId| !tree.is_nullish(value) && !tree.subtree(value).any(derived);
        // A setter: what its callers in the file give it.
        let param = tree.variable(store.value);
        if let Some((function, position, ..)) = param.and_then(|it| self.parameter_part(it))
            && self.given_at(function, position).any(unrelated)
        {
            return true;
        }
        self.values_at(slot).iter().any(|&(at, value)| {
            let function = tree.function_of(at);
            let works =
                function != FunctionId(0) && tree.function(function).kind != FunctionKind::Constructor;
            at != store.node && tree.is(at, Kind::Assign) && works && value.is_some_and(unrelated)
        })
    }

    /// The object that has the slot is itself replaced by others.
    fn is_in_replaced(&self, slot: &Place) -> bool {
        let tree = self.tree;
        std::iter::successors(slot.path.parent(), Path::parent).any(|path| {
            self.values_at(&Place { path, ..*slot }).iter().any(|&(at, _)| {
                let function = tree.function_of(at);
                tree.is(at, Kind::Assign)
                    && function != FunctionId(0)
                    && tree.function(function).kind != FunctionKind::Constructor
            })
        })
    }

    /// `slot = original`: the slot gets its old value back.
    fn is_restored(&self, slot: &Place, variable: Variable) -> bool {
        let tree = self.tree;
        let Variable::Binding(old) = variable else {
            return false;
        };
        self.values_at(slot).iter().any(|&(_, value)| {
            value.is_some_and(|value| tree.is(value, Kind::Ident) && tree.binding_of(value) == Some(old))
        })
    }

    /// Some code moves the slot back or empties it, or cuts the link, so the chain has an end.
    fn is_truncated(&self, slot: &Place, store: NodeId, part: NodeId) -> bool {
        let tree = self.tree;
        let property = tree.parent(part);
        // `node.next = this.next; this.next = node`: an insertion into a list.
        let link = |assign: NodeId| Seg::name(tree.name_of(tree.child(assign, 0)));
        if tree.is(property, Kind::Assign) && slot.path.last() == Some(link(property)) {
            return true;
        }
        if tree.is(property, Kind::Property) {
            let writes = self
                .index
                .member_writes
                .get(&tree.name_of(property))
                .into_iter()
                .flatten();
            if writes
                .into_iter()
                .any(|&write| tree.is_nullish(tree.child(write, 1)))
            {
                return true;
            }
        }
        self.values_at(slot).iter().any(|&(at, value)| {
            let function = tree.function_of(at);
            let works =
                function != FunctionId(0) && tree.function(function).kind != FunctionKind::Constructor;
            // `head = head.next`, `head = null`, `head = Object.getPrototypeOf(head)`
            let shorter = value.is_none_or(|value| match tree.kind(value) {
                Kind::Ident | Kind::Member => true,
                Kind::Call => {
                    let mut args = tree.args(value);
                    args.next().is_some_and(|arg| self.place(arg) == Some(*slot)) && args.next().is_none()
                }
                _ => tree.is_nullish(value),
            });
            at != store && tree.is(at, Kind::Assign) && works && shorter
        })
    }
}

/// What tells how often chains come about in practice.
impl Model<'_> {
    /// The slot belongs to an object that some function, not the module, has made.
    pub fn is_local_object(&self, slot: &Place) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = slot.root else {
            return false;
        };
        if self.is_given_object(slot) {
            return !self.is_given_instance(slot);
        }
        let function = tree.declared_in(binding);
        let in_module =
            function == FunctionId(0) || tree.is(tree.parent(tree.function(function).node), Kind::Call);
        !slot.path.is_empty() && !in_module
    }

    /// The slot belongs to the platform, to another module, or to a class of either.
    pub fn is_foreign(&self, slot: &Place) -> bool {
        let of_class = slot
            .path
            .segs()
            .iter()
            .any(|seg| seg.as_name().is_some_and(|it| self.tree.text(it) == "prototype"));
        of_class
            || match slot.root {
                Root::Binding(binding) => self.tree.bindings[binding.index()].kind == BindingKind::Import,
                Root::Global | Root::Exports => true,
                Root::Instance(_) | Root::This(_) => false,
            }
    }

    /// A field of an object with methods that is handed to somebody: `registerComponent('grab', { … })`. Its `this` may be
    /// another object, with this one as its prototype.
    pub fn is_of_definition(&self, slot: &Place) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = slot.root else {
            return false;
        };
        let owner = self.owners.of_binding(binding).map(|it| self.owners.get(it));
        let handed = |node: NodeId| {
            let call = tree.parent(node);
            tree.is(call, Kind::Call) && tree.callee(call) != node && self.effect(call).is_none()
        };
        owner.is_some_and(|it| it.kind == OwnerKind::Object)
            && tree.references(binding).iter().any(|&it| handed(it))
    }

    /// The function returns one that ends what it began: it is meant to be called often.
    pub fn gives_cleanup(&self, store: NodeId) -> bool {
        let returns = self.index.returns_of(self.tree.function_of(store));
        returns.iter().any(|&ret| {
            let value = self.tree.child(ret, 0);
            ret > store
                && self.tree.is(value, Kind::Function)
                && self.tree.params(self.tree.function_at(value)).next().is_none()
        })
    }

    /// The run that starts the function again leaves before it stores anything.
    pub fn restarts_before(&self, store: NodeId, repeat: &Repeat) -> bool {
        let tree = self.tree;
        let function = tree.function_of(store);
        let leaves = |site: NodeId| {
            let mut around = tree.ancestors(site).take_while(|&up| !tree.contains(up, store));
            around.any(|up| tree.is(up, Kind::Block) && self.always_leaves(up))
        };
        repeat.why == Why::Cycle
            && repeat
                .path
                .iter()
                .any(|entry| entry.from == function && leaves(entry.site))
    }

    /// The store stands in a method that its owner's user calls once, at the start.
    pub fn is_starting(&self, store: NodeId) -> bool {
        let function = self.tree.function(self.tree.function_of(store));
        self.named("start_methods", function.name)
    }

    /// The node stands in a function, or in a callback of one, that somebody calls once, at the start of the program.
    pub fn is_within_start(&self, node: NodeId) -> bool {
        let mut around = self.tree.functions_around(node);
        around.any(|it| self.named("start_methods", self.tree.function(it).name))
    }

    /// The store stands in a function that is named like putting something in place: `setup`, `hook`, `reset`.
    pub fn sets_up(&self, store: NodeId) -> bool {
        let tree = self.tree;
        tree.functions_around(store).any(|it| {
            let name = tree.text(tree.function(it).name);
            self.apis.begins_name("setting_words", name)
        })
    }

    /// The new value calls a function of the caller before or after the old one: a stack of layers, by design.
    pub fn composes(&self, chain: &Chain) -> bool {
        let tree = self.tree;
        let Link::Closure { closure, .. } = chain.link else {
            return false;
        };
        let outer = tree.function_of(closure);
        // A layer for each call of some function of this file.
        let mut layers = self
            .calls_of(tree.function_of(chain.store))
            .iter()
            .flat_map(|&call| tree.args(call));
        if layers.any(|arg| tree.is(arg, Kind::Function) && tree.function_of(arg) != FunctionId(0)) {
            return false;
        }
        tree.subtree(closure)
            .filter(|&id| tree.is(id, Kind::Call))
            .any(|call| {
                let callee = tree.callee(call);
                let param = tree.variable(callee);
                param.is_some_and(|it| {
                    let info = &tree.bindings[it.index()];
                    info.kind == BindingKind::Param && tree.scopes[info.scope.index()].function == outer
                })
            })
    }
}
