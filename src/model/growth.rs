//! Growth: stores that make a container larger, by container, with who holds it and what makes it smaller again.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::{Grows, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId, Op, flag};

use super::Model;
use super::calls::How;
use super::owners::{OwnerId, OwnerKind};
use super::place::{Path, Place, Root, Seg};
use super::uses::{self, Use};

/// A container that some code makes larger.
#[derive(Debug)]
pub struct Growth {
    pub place: Place,
    pub holder: Holder,
    pub sites: Vec<Site>,
    pub fate: Fate,
}

/// One store that makes a container larger.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The assignment or call.
    pub node: NodeId,
    /// What the entry is stored under: the key, or the value itself in a set.
    pub key: Option<NodeId>,
    pub value: Option<NodeId>,
    /// The store inside a helper, when `node` is the call that hands the container to it.
    pub inside: Option<NodeId>,
}

/// What keeps a container alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A module, a class or the global object: as long as the process or page.
    Process,
    /// An instance of a class that the file does not make once and for all.
    Instance(OwnerId),
    /// Another object, of which the file shows only that this one puts itself into its list.
    Another,
    /// The scope of a function, kept by the functions made in it.
    Scope(FunctionId),
}

/// What becomes of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Taken out again, here.
    Released(NodeId),
    /// Limited in number, here.
    Bounded(NodeId),
    /// Given to code that may take entries out.
    Escapes(NodeId),
    /// Nothing in the file makes the container smaller.
    Kept,
}

/// How many different keys there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keys {
    /// As many as the program text has.
    Fixed,
    /// Taken over from another collection.
    Copied,
    /// Unknown.
    Unknown,
    /// Chosen by callers outside the file.
    Given,
    /// Taken from an event, message or request.
    Event,
    /// New each time: a counter, a time stamp, an object.
    Fresh,
}

impl Growth {
    /// The store makes new names on the global object itself.
    pub fn is_global_object(&self) -> bool {
        self.place.root == Root::Global && self.place.path.is_empty()
    }
}

impl Model<'_> {
    /// The store stands behind a test whether there is an entry already.
    pub fn is_guarded(&self, site: &Site, place: &Place) -> bool {
        let tree = self.tree;
        let node = tree.function(tree.function_of(site.node)).node;
        tree.ancestors(site.node).take_while(|&up| up != node).any(|up| {
            // `known.has(key) || (known.add(key), …)`, as minifiers write it
            matches!(tree.kind(up), Kind::If | Kind::Logical)
                && tree.subtree(tree.child(up, 0)).any(|id| {
                    matches!(tree.kind(id), Kind::Ident | Kind::Member | Kind::Index)
                        && self.place(id).is_some_and(|tested| place.holds(&tested))
                })
        })
    }

    /// `cache[k] || (cache[k] = compute(k))`, or the same with a test before: the entry is computed when it is missing.
    pub fn is_memo(&self, site: &Site, place: &Place) -> bool {
        let tree = self.tree;
        let computed = site.value.is_some_and(|value| tree.is(value, Kind::Call));
        let inline = tree[site.node].op != Op::Assign || tree.is(tree.parent(site.node), Kind::Logical);
        computed && (inline || self.is_guarded(site, place))
    }

    /// All containers that grow, in order of their first store.
    pub fn growth(&self) -> &[Growth] {
        self.growth.get_or_init(|| self.all_growth())
    }

    fn all_growth(&self) -> Vec<Growth> {
        let mut sites: FxHashMap<Place, Vec<Site>> = FxHashMap::default();
        let mut order = Vec::new();
        for &(place, site) in self.growth_sites() {
            let list = sites.entry(place).or_default();
            if list.is_empty() {
                order.push(place);
            }
            if !list.iter().any(|known| known.node == site.node) {
                list.push(site);
            }
        }
        order
            .into_iter()
            .filter_map(|place| {
                let sites = sites.remove(&place)?;
                let holder = self.holder(&place, &sites)?;
                let fate = match self.fate(&place, &sites) {
                    // Whoever gets a string cannot shorten it.
                    Fate::Escapes(_) if self.is_text(&place) => Fate::Kept,
                    fate => fate,
                };
                Some(Growth {
                    place,
                    holder,
                    sites,
                    fate,
                })
            })
            .collect()
    }

    /// The places that some code makes larger.
    pub fn growth_places(&self) -> &FxHashSet<Place> {
        self.growth_places
            .get_or_init(|| self.growth_sites().iter().map(|&(place, _)| place).collect())
    }

    fn growth_sites(&self) -> &[(Place, Site)] {
        self.growth_sites.get_or_init(|| self.find_growth_sites())
    }

    fn find_growth_sites(&self) -> Vec<(Place, Site)> {
        let tree = self.tree;
        let mut found = Vec::new();
        for &assign in &self.index.assigns {
            let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
            let op = tree[assign].op;
            if tree.is(target, Kind::Index) && matches!(op, Op::Assign | Op::Or | Op::Nullish) {
                if tree.is_nullish(value) && !self.is_fresh_key(tree.child(target, 1)) {
                    continue;
                }
                let site = Site {
                    node: assign,
                    key: Some(tree.child(target, 1)),
                    value: Some(value),
                    inside: None,
                };
                self.add_site(tree.child(target, 0), site, &mut found);
            } else if self.extends_itself(assign, target, value) {
                let site = Site {
                    node: assign,
                    key: None,
                    value: None,
                    inside: None,
                };
                self.add_site(target, site, &mut found);
            }
        }
        for &call in &self.index.calls {
            let callee = tree.callee(call);
            // `Object.assign(cache, { [key]: value })`
            let mut args = tree.args(call);
            if let (Some(target), Some(source), None) = (args.next(), args.next(), args.next()) {
                let keyed = tree.is(source, Kind::Object).then(|| {
                    tree.children(source)
                        .find(|&prop| tree.is(prop, Kind::Property) && tree.has(prop, flag::COMPUTED))
                });
                if let Some(property) = keyed
                    .flatten()
                    .filter(|_| self.api_path(callee).as_deref() == Some("Object.assign"))
                {
                    let (key, value) = (Some(tree.child(property, 0)), Some(tree.child(property, 1)));
                    self.add_site(
                        target,
                        Site {
                            node: call,
                            key,
                            value,
                            inside: None,
                        },
                        &mut found,
                    );
                }
            }
            if tree.is(callee, Kind::Member) && tree.is(call, Kind::Call) {
                let receiver = tree.child(callee, 0);
                let Some(grows) = self.method_grows(call, receiver, tree.name_of(callee)) else {
                    continue;
                };
                let mut args = tree.args(call);
                let first = args.next();
                let (key, value) = match grows {
                    Grows::Each => (None, tree.args(call).last()),
                    Grows::Key => (first, args.next().or(first)),
                };
                self.add_site(
                    receiver,
                    Site {
                        node: call,
                        key,
                        value,
                        inside: None,
                    },
                    &mut found,
                );
            }
        }
        found
    }

    fn is_fresh_key(&self, key: NodeId) -> bool {
        self.keys(key, 0) == Keys::Fresh
    }

    /// `cache[key] = value`, where `cache` is a WeakMap of the module or an instance, or another collection that limits
    /// itself: this makes a property of the collection, and no entry.
    pub fn misplaced_entries(&self) -> Vec<(Place, Site)> {
        let tree = self.tree;
        let limits_itself = |target: NodeId| {
            let ty = self.ty(tree.child(target, 0)).map(|ty| self.apis.ty(ty));
            ty.is_some_and(|ty| ty.container && ty.bounded)
        };
        let assigns = self.index.assigns.iter().copied();
        let indexed = assigns.filter(|&it| tree.is(tree.child(it, 0), Kind::Index));
        indexed
            .filter_map(|node| {
                let (target, value) = (tree.child(node, 0), tree.child(node, 1));
                let place = self.place(tree.child(target, 0))?;
                let long = match place.root {
                    Root::Instance(_) => !place.path.is_empty(),
                    Root::Binding(it) => tree.declared_in(it) != tree.function_of(node),
                    _ => false,
                };
                let key = tree.child(target, 1);
                // As text, all objects are the same.
                let has_members = |&it: &NodeId| {
                    let up = tree.parent(it);
                    tree.is(up, Kind::Member) && tree.child(up, 0) == it
                };
                let binding = tree.variable(key);
                let is_object = binding.is_some_and(|it| tree.references(it).iter().any(has_members));
                let site = Site {
                    node,
                    key: Some(key),
                    value: Some(value),
                    inside: None,
                };
                (long && !is_object && limits_itself(target) && self.keys(key, 0) > Keys::Copied)
                    .then_some((place, site))
            })
            .collect()
    }

    /// `push`, `add`, `set` of a known collection; `splice(at, 0, x)`.
    fn method_grows(&self, call: NodeId, receiver: NodeId, name: Name) -> Option<Grows> {
        let tree = self.tree;
        if !self.word(name).may(Word::GROWS) {
            return None;
        }
        let name = tree.text(name);
        let ty = self.ty(receiver);
        let unknown =
            ty.is_none() && !self.is_parameter(receiver) && !self.puts_this_into_another(call, receiver);
        if unknown || ty.is_some_and(|ty| !self.apis.ty(ty).container) {
            return None;
        }
        if let ("splice", Some(removed)) = (name, tree.args(call).nth(1)) {
            let inserts =
                tree.is(removed, Kind::Num) && tree.number(removed) == 0.0 && tree.args(call).count() > 2;
            return inserts.then_some(Grows::Each);
        }
        match ty {
            Some(ty) => self.apis.method(ty, name)?.grows,
            None => self.apis.grows(name),
        }
    }

    /// `this.parent.children.push(this)`: an object puts itself into a list of another one.
    fn puts_this_into_another(&self, call: NodeId, receiver: NodeId) -> bool {
        let this = self.tree.args(call).last().and_then(|arg| self.place(arg));
        this.is_some_and(|this| this.path.is_empty() && self.is_of_another(&this, receiver))
    }

    fn is_of_another(&self, this: &Place, receiver: NodeId) -> bool {
        self.place(receiver).is_some_and(|place| {
            let named = place.path.segs().iter().all(|seg| seg.as_name().is_some());
            place.root == this.root && place.path.segs().len() == 2 && named
        })
    }

    fn is_parameter(&self, node: NodeId) -> bool {
        let root = self.place(node).map(|place| place.root);
        matches!(root, Some(Root::Binding(binding)) if self.tree.bindings[binding.index()].kind == BindingKind::Param)
    }

    /// `list = [...list, x]`, `list = list.concat(x)`, `text += x`.
    fn extends_itself(&self, assign: NodeId, target: NodeId, value: NodeId) -> bool {
        let tree = self.tree;
        if !matches!(tree.kind(target), Kind::Ident | Kind::Member) {
            return false;
        }
        let same = |node: NodeId| {
            self.place(node)
                .is_some_and(|place| self.place(target) == Some(place))
        };
        match (tree[assign].op, tree.kind(value)) {
            (Op::Assign, Kind::Array | Kind::Object) => {
                let spreads = tree
                    .children(value)
                    .any(|child| tree.is(child, Kind::Spread) && same(tree.child(child, 0)));
                let keyed = tree.is(value, Kind::Array)
                    || tree
                        .children(value)
                        .any(|child| tree.is(child, Kind::Property) && tree.has(child, flag::COMPUTED));
                spreads && keyed
            }
            (Op::Assign, Kind::Call) => {
                let callee = tree.callee(value);
                tree.is(callee, Kind::Member)
                    && tree.name_text(callee) == "concat"
                    && same(tree.child(callee, 0))
            }
            (Op::Add, _) => {
                let place = self.place(target);
                place.is_some_and(|place| {
                    let values = self.values_at(&place);
                    values.iter().any(|&(at, value)| {
                        at != assign
                            && value
                                .is_some_and(|value| matches!(tree.kind(value), Kind::Str | Kind::Template))
                    })
                })
            }
            _ => false,
        }
    }

    /// Adds a site at the container's place; at the arguments' places when the container is a parameter.
    fn add_site(&self, container: NodeId, site: Site, found: &mut Vec<(Place, Site)>) {
        let Some(place) = self.place(container) else {
            return;
        };
        self.add_at(place, site, found, 0);
    }

    fn add_at(&self, place: Place, site: Site, found: &mut Vec<(Place, Site)>, depth: u32) {
        let tree = self.tree;
        if let Root::Binding(binding) = place.root {
            let info = &tree.bindings[binding.index()];
            if info.kind == BindingKind::Param && depth < 3 {
                let Some((function, position)) = self.tree.parameter(binding) else {
                    return;
                };
                for &call in self.calls_of(function) {
                    let Some(arg) = self.argument(call, position) else {
                        continue;
                    };
                    let Some(at) = self.place(arg).and_then(|it| it.concat(place.path)) else {
                        continue;
                    };
                    let inside = Some(site.inside.unwrap_or(site.node));
                    self.add_at(
                        at,
                        Site {
                            node: call,
                            inside,
                            ..site
                        },
                        found,
                        depth + 1,
                    );
                }
                return;
            }
            // A local of the function that fills it, seen by no other function, ends with the call.
            if place.path.is_empty()
                && tree.scopes[info.scope.index()].function == tree.function_of(site.node)
                && info.scope.0 != 0
            {
                return;
            }
        }
        found.push((place, site));
    }

    /// Who keeps the container; `None` when that is unknown, or nobody for long.
    fn holder(&self, place: &Place, sites: &[Site]) -> Option<Holder> {
        let tree = self.tree;
        // Any store of a changing name makes the global object itself larger.
        let global_object = place.root == Root::Global && place.path.is_empty();
        if !global_object && !self.is_container(place) {
            let mut receivers = sites
                .iter()
                .filter(|site| tree.is(site.node, Kind::Call))
                .map(|site| tree.callee(site.node));
            let another = receivers.any(|callee| {
                let this = Place::of(place.root);
                tree.is(callee, Kind::Member) && self.is_of_another(&this, tree.child(callee, 0))
            });
            return another.then_some(Holder::Another);
        }
        match place.root {
            Root::Global | Root::Exports => Some(Holder::Process),
            Root::This(_) => None,
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                if matches!(info.kind, BindingKind::Param | BindingKind::Catch) {
                    return None;
                }
                if info.kind == BindingKind::Import {
                    return None;
                }
                let function = tree.scopes[info.scope.index()].function;
                // A variable that is made again in each round of its block is not the holder of a whole process.
                let scope = &tree.scopes[info.scope.index()];
                let block = tree.is(scope.node, Kind::Block) || tree.is(scope.node, Kind::For);
                if self.runs_once(function)
                    && !(block
                        && self
                            .loop_around(info.decl, tree.function(function).node)
                            .is_some())
                {
                    return Some(Holder::Process);
                }
                let captured = sites
                    .iter()
                    .any(|site| tree.function_of(site.inside.unwrap_or(site.node)) != function);
                captured.then_some(Holder::Scope(function))
            }
            Root::Instance(owner) => {
                let info = self.owners.get(owner);
                if info.kind == OwnerKind::Object {
                    let function = tree.function_of(info.node);
                    return Some(if self.runs_once(function) {
                        Holder::Process
                    } else {
                        Holder::Scope(function)
                    });
                }
                Some(if self.is_singleton(owner) {
                    Holder::Process
                } else {
                    Holder::Instance(owner)
                })
            }
        }
    }

    /// The function is the program, or something that the program runs once, like a module wrapper.
    pub fn runs_once(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let mut at = function;
        for _ in 0..6 {
            let begins = at == FunctionId(0) || tree.function(at).kind == FunctionKind::StaticInit;
            if begins || self.ends_program(at) {
                return true;
            }
            // `define ? define(factory) : factory()`: one of them.
            let entries = self.entries(at);
            let Some((entry, others)) = entries.split_first() else {
                return false;
            };
            if !others
                .iter()
                .all(|it| it.site == entry.site || self.exclude(it.site, entry.site))
            {
                return false;
            }
            if !matches!(entry.how, How::Call | How::Once | How::Later) || entry.from == FunctionId::NONE {
                return false;
            }
            if self
                .loop_around(entry.site, tree.function(entry.from).node)
                .is_some()
            {
                return false;
            }
            at = entry.from;
        }
        false
    }

    /// The function leaves the program behind it, whatever happens: `async function run() { …; process.exit(code) }`.
    fn ends_program(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let last = tree.children(tree.body(function)).last();
        let call = last.and_then(|it| match tree.kind(it) {
            Kind::ExprStmt | Kind::Return => Some(tree.child(it, 0)),
            _ => None,
        });
        call.is_some_and(|it| tree.is(it, Kind::Call) && self.is_program_exit(tree.callee(it)))
    }

    /// Some run of the function's code leaves the program: `() => server.close().then(() => process.exit())`
    pub fn leaves_program(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let body = tree.subtree(tree.function(function).node);
        let mut callees = body
            .filter(|&it| tree.is(it, Kind::Call))
            .map(|it| tree.callee(it));
        callees.any(|it| self.is_program_exit(it))
    }

    /// The function returns a value on some way.
    pub fn gives_back(&self, function: FunctionId) -> bool {
        self.index.returns_of(function).iter().any(|&ret| {
            let value = self.tree.child(ret, 0);
            !self.tree.is(value, Kind::Empty) && !self.tree.is_nullish(value)
        })
    }

    fn is_program_exit(&self, callee: NodeId) -> bool {
        let named = matches!(self.tree.kind(callee), Kind::Ident | Kind::Member);
        named && self.named("program_ends", self.tree.name_of(callee)) && self.api_path(callee).is_some()
    }

    /// The class is instantiated by the program itself, once for each place in the text.
    pub fn is_singleton(&self, owner: OwnerId) -> bool {
        let tree = self.tree;
        let base = self.owners.base(owner);
        let mut news = self
            .index
            .news
            .iter()
            .filter(|&&call| {
                self.owner(tree.callee(call))
                    .is_some_and(|(it, class)| class && self.owners.base(it) == base)
            })
            .peekable();
        // `export class Tooltip`, also made for each element that the page has at its start
        let one_of_many = |call: NodeId| {
            let function = tree.function_of(call);
            self.loop_around(call, tree.function(function).node).is_some()
                || self
                    .entries(function)
                    .iter()
                    .any(|it| self.runs_for_each(it.site))
        };
        let made_once = news.peek().is_some()
            && news.all(|&call| {
                self.runs_once(tree.function_of(call))
                    && !(one_of_many(call) && self.is_exported_class(owner))
                    || self.runs_once_by_guard(call)
                    || self.is_created_lazily(call)
            });
        made_once || self.refuses_another(owner)
    }

    /// `constructor() { if (App.instance) throw new Error(); App.instance = this; … }`
    fn refuses_another(&self, owner: OwnerId) -> bool {
        let tree = self.tree;
        let class = self.owners.get(owner).binding;
        let constructor = self.owners.constructor(tree, owner);
        let keeps_one = |place: Place| {
            let mut values = self.values_at(&place).into_iter().filter_map(|it| it.1);
            let instance = Some(Place::of(Root::Instance(owner)));
            values.any(|it| self.place(it) == instance)
        };
        let of_class = |node: NodeId| {
            let own = tree.is(node, Kind::Member) && tree.variable(tree.child(node, 0)) == class;
            own && self.place(node).is_some_and(keeps_one)
        };
        let refuses = |statement: NodeId| {
            tree.is(statement, Kind::If)
                && tree.subtree(tree.child(statement, 0)).any(of_class)
                && tree
                    .subtree(tree.child(statement, 1))
                    .any(|it| tree.is(it, Kind::Throw))
        };
        class.is_some() && constructor.is_some_and(|it| tree.children(tree.body(it)).any(refuses))
    }

    /// Other files can make instances.
    pub(super) fn is_exported_class(&self, owner: OwnerId) -> bool {
        let info = self.owners.get(owner);
        let constructor = self.owners.constructor(self.tree, owner);
        let made_outside = |it: FunctionId| self.entries(it).iter().any(|it| it.how == How::Exported);
        info.binding.is_some_and(|it| self.is_exported(it))
            || self.tree.is(self.tree.parent(info.node), Kind::ExportDefault)
            || constructor.is_some_and(made_outside)
    }

    /// `X.instance ??= new X()`, `instance || (instance = new X())`
    fn is_created_lazily(&self, new: NodeId) -> bool {
        let tree = self.tree;
        let assign = tree.parent(new);
        tree.is(assign, Kind::Assign)
            && (matches!(tree[assign].op, Op::Or | Op::Nullish) || self.creates(assign))
            && self
                .place(tree.child(assign, 0))
                .is_some_and(|place| match place.root {
                    Root::Binding(binding) => tree.bindings[binding.index()].scope.0 == 0,
                    Root::Global | Root::Exports => true,
                    Root::Instance(_) | Root::This(_) => false,
                })
    }

    /// Some value that the place gets is a collection without a limit of its own.
    fn is_container(&self, place: &Place) -> bool {
        let tree = self.tree;
        let mut container = false;
        for (at, value) in self.values_at(place) {
            let Some(value) = value else { continue };
            if tree.is(value, Kind::Str) || tree.is(value, Kind::Template) {
                container = true;
            }
            let ty = self.annotation(at).or_else(|| self.ty(value));
            if let Some(ty) = ty {
                let ty = self.apis.ty(ty);
                if ty.bounded {
                    return false;
                }
                container |= ty.container;
            }
        }
        (container || self.place_annotation(place)) && !self.is_inside_bounded(place)
    }

    /// An entry of a collection that limits itself, or whose entries go with their keys.
    fn is_inside_bounded(&self, place: &Place) -> bool {
        let bounded = |value: NodeId| self.ty(value).is_some_and(|ty| self.apis.ty(ty).bounded);
        let mut around = *place;
        while let Some(path) = around.path.parent() {
            let is_element = around.path.last() == Some(Seg::ELEMENT);
            around.path = path;
            let values = || self.values_at(&around);
            if is_element && values().iter().any(|&(_, value)| value.is_some_and(bounded)) {
                return true;
            }
        }
        false
    }

    /// The container is a string.
    pub fn is_text(&self, place: &Place) -> bool {
        let tree = self.tree;
        self.values_at(place).iter().any(|(_, value)| {
            value.is_some_and(|value| matches!(tree.kind(value), Kind::Str | Kind::Template))
        })
    }

    /// The container is an array, where the file shows it.
    pub fn is_array(&self, place: &Place) -> bool {
        let array = self.apis.type_named("Array");
        self.values_at(place).iter().any(|&(at, value)| {
            value.is_some_and(|value| self.ty(value) == array) || self.annotation(at) == array
        })
    }

    fn place_annotation(&self, place: &Place) -> bool {
        let container = |node: NodeId| {
            self.annotation(node)
                .is_some_and(|ty| self.apis.ty(ty).container && !self.apis.ty(ty).bounded)
        };
        match (place.root, place.path.segs()) {
            (Root::Binding(binding), []) => container(self.tree.bindings[binding.index()].decl),
            (Root::Instance(owner), [seg]) => {
                let Some(name) = seg.as_name() else { return false };
                self.owners
                    .ids()
                    .filter(|&it| self.owners.base(it) == owner)
                    .any(|it| {
                        self.owners
                            .get(it)
                            .members
                            .iter()
                            .any(|member| member.name == name && container(member.node))
                    })
            }
            _ => false,
        }
    }

    /// What makes the container smaller, or keeps it small.
    fn fate(&self, place: &Place, sites: &[Site]) -> Fate {
        let uses = self.uses_near(place);
        let mut fate = Fate::Kept;
        if let Some(test) = sites.iter().find_map(|site| self.fills_once(site, place)) {
            fate = Fate::Bounded(test);
        }
        for it in uses.iter() {
            match self.effect_on(it, place, sites) {
                Fate::Kept => {}
                Fate::Released(node) => return Fate::Released(node),
                Fate::Bounded(node) => {
                    if !matches!(fate, Fate::Bounded(_)) {
                        fate = Fate::Bounded(node);
                    }
                }
                Fate::Escapes(node) => {
                    if fate == Fate::Kept {
                        fate = Fate::Escapes(node);
                    }
                }
            }
        }
        fate
    }

    /// All that the file does to make the container smaller, to limit it, or to give it away.
    pub fn fates(&self, growth: &Growth) -> Vec<Fate> {
        let uses = self.uses(growth.place.root);
        uses.iter()
            .map(|it| self.effect_on(it, &growth.place, &growth.sites))
            .filter(|&fate| fate != Fate::Kept)
            .collect()
    }

    /// `if (!list.length) …`: the container is filled when its size allows.
    fn fills_once(&self, site: &Site, place: &Place) -> Option<NodeId> {
        let tree = self.tree;
        let node = tree.function(tree.function_of(site.node)).node;
        let mut inside = site.node;
        for up in tree.ancestors(site.node).take_while(|&up| up != node) {
            let test = match tree.kind(up) {
                Kind::If | Kind::While => Some(tree.child(up, 0)),
                Kind::For => Some(tree.child(up, 1)),
                _ => None,
            };
            if let Some(test) = test.filter(|&test| test != inside) {
                let size = tree.subtree(test).any(|id| {
                    tree.is(id, Kind::Member)
                        && self
                            .place(id)
                            .and_then(|it| it.path.strip(&place.path))
                            .is_some_and(|rest| self.is_size(&rest))
                });
                if size {
                    return Some(test);
                }
            }
            inside = up;
        }
        None
    }

    fn effect_on(&self, it: &Use, place: &Place, sites: &[Site]) -> Fate {
        let tree = self.tree;
        let path = &it.path;
        let holds = place.path.starts_with(path);
        let here = *path == place.path;
        let inside = path.strip(&place.path);
        match it.op {
            uses::Op::Delete => {
                // `delete cache[k]`, or of what holds the container.
                let element = inside.is_some_and(|rest| rest.segs() == [Seg::ELEMENT]);
                if element || holds && !path.is_empty() {
                    Fate::Released(it.node)
                } else {
                    Fate::Kept
                }
            }
            uses::Op::Method { .. } if self.is_put_back_filtered(it, place) => Fate::Released(it.node),
            uses::Op::Method { name } if holds => {
                if !self.word(name).may(Word::SHRINKS) {
                    return Fate::Kept;
                }
                let name = tree.text(name);
                // `delete([host, port])`: a new object is no key of the map.
                let new_object = tree
                    .args(it.node)
                    .next()
                    .is_some_and(|arg| matches!(tree.kind(arg), Kind::Array | Kind::Object | Kind::Function));
                if name == "delete" && new_object {
                    return Fate::Kept;
                }
                if self.splices_nothing(it.node, tree.name_of(tree.callee(it.node))) {
                    Fate::Kept
                } else {
                    Fate::Released(it.node)
                }
            }
            uses::Op::Write { value } => {
                let length = inside.is_some_and(|rest| {
                    rest.segs()
                        .first()
                        .and_then(|seg| seg.as_name())
                        .is_some_and(|name| tree.text(name) == "length")
                });
                if length {
                    return Fate::Released(it.node);
                }
                let grows = sites
                    .iter()
                    .any(|site| site.node == it.node || site.inside == Some(it.node));
                // `clients[this.index] = null`: an empty slot stays.
                let emptied = inside.is_some_and(|rest| rest.segs() == [Seg::ELEMENT])
                    && self.is_array(place)
                    && value.is_some_and(|value| tree.is_nullish(value));
                if emptied {
                    return Fate::Released(it.node);
                }
                if holds && !grows && value.is_some_and(|value| self.replaces(it, value, place)) {
                    return Fate::Released(it.node);
                }
                Fate::Kept
            }
            uses::Op::Compare | uses::Op::Read if inside.is_some_and(|rest| self.is_size(&rest)) => {
                if self.limits(it.node) {
                    Fate::Bounded(it.node)
                } else {
                    Fate::Kept
                }
            }
            // `Object.keys(cache).length > MAX`
            uses::Op::Read if here && tree.is(it.node, Kind::Call) => {
                let member = tree.parent(it.node);
                let size =
                    tree.is(member, Kind::Member) && matches!(tree.name_text(member), "length" | "size");
                if size && self.limits(tree.parent(member)) {
                    Fate::Bounded(it.node)
                } else {
                    Fate::Kept
                }
            }
            uses::Op::Passed if here || it.node == Tree::ROOT => Fate::Escapes(it.node),
            uses::Op::Stored | uses::Op::Returned | uses::Op::Exported if here => Fate::Escapes(it.node),
            _ => Fate::Kept,
        }
    }

    /// `lists.set(key, lists.get(key).filter(…))`, where the place is an element of the map.
    fn is_put_back_filtered(&self, it: &Use, place: &Place) -> bool {
        let tree = self.tree;
        let uses::Op::Method { name } = it.op else {
            return false;
        };
        if tree.text(name) != "set" || it.path.join(Seg::ELEMENT) != Some(place.path) {
            return false;
        }
        let Some(value) = tree.args(it.node).nth(1) else {
            return false;
        };
        tree.subtree(value).any(|call| {
            let callee = tree.is(call, Kind::Call).then(|| tree.callee(call));
            callee.is_some_and(|callee| {
                tree.is(callee, Kind::Member)
                    && tree.name_text(callee) == "filter"
                    && self.place(tree.child(callee, 0)) == Some(*place)
            })
        })
    }

    /// `splice(i, 0, x)`, `splice(i, -1)`: takes nothing out.
    pub(super) fn splices_nothing(&self, call: NodeId, name: Name) -> bool {
        let tree = self.tree;
        let count = tree.args(call).nth(1).filter(|_| tree.text(name) == "splice");
        count.is_some_and(|it| match tree.kind(it) {
            Kind::Num => tree.number(it) == 0.0,
            Kind::Unary => tree[it].op != Op::Not && tree.is(tree.child(it, 0), Kind::Num),
            _ => false,
        })
    }

    fn is_size(&self, rest: &Path) -> bool {
        let [seg] = rest.segs() else { return false };
        seg.as_name()
            .is_some_and(|name| matches!(self.tree.text(name), "length" | "size"))
    }

    /// A comparison of a size with a limit: not with nothing, and not a loop over the elements.
    fn limits(&self, node: NodeId) -> bool {
        let tree = self.tree;
        if !tree.is(node, Kind::Binary) {
            return false;
        }
        let compares = matches!(
            tree[node].op,
            Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::Equal | Op::NotEqual
        );
        let loop_test = tree.ancestors(node).take(2).any(|up| {
            let body = matches!(tree.kind(up), Kind::For | Kind::While | Kind::DoWhile);
            body && tree
                .children(up)
                .any(|part| tree.contains(part, node) && !tree.is(part, Kind::Block))
        });
        let trivial = tree.children(node).any(|side| {
            tree.is(side, Kind::Num) && tree.number(side) <= 1.0
                || tree.is(side, Kind::Ident) && self.is_counter(side)
        });
        compares && !loop_test && !trivial
    }

    fn is_counter(&self, ident: NodeId) -> bool {
        let Some(binding) = self.tree.binding_of(ident) else {
            return false;
        };
        self.index.writes[binding.index()]
            .iter()
            .any(|write| self.tree.is(write.at, Kind::Update))
    }

    /// The assignment puts something new in the container's place, or in that of what holds it, other than at its
    /// beginning.
    fn replaces(&self, it: &Use, value: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        if tree[it.node].op != Op::Assign && tree.is(it.node, Kind::Assign) {
            return false;
        }
        // `cache = cache || {}`
        if tree.is(value, Kind::Logical) && self.place(value).is_some_and(|kept| kept.holds(place)) {
            return false;
        }
        let function = tree.function_of(it.node);
        // `exports.uploads = void 0`, before the instance that holds the place is put there.
        let target = tree
            .is(it.node, Kind::Assign)
            .then(|| self.place(tree.child(it.node, 0)))
            .flatten();
        let is_first = |place: &Place| self.is_initial(function, place);
        if is_first(place)
            || target.as_ref().is_some_and(is_first)
            || self.runs_once_by_guard(it.node)
            || self.creates(it.node)
        {
            return false;
        }
        true
    }

    /// `if (!cache) cache = {}`: made when it is missing.
    pub fn creates(&self, assign: NodeId) -> bool {
        let tree = self.tree;
        let Some(target) = self.place(tree.child(assign, 0)) else {
            return false;
        };
        let mut inside = assign;
        tree.ancestors(assign).take(4).any(|up| {
            let was = std::mem::replace(&mut inside, up);
            match tree.kind(up) {
                Kind::If if tree.child(up, 1) == was => self.tests_missing(tree.child(up, 0), &target),
                Kind::Logical if tree.child(up, 1) == was => {
                    self.place(tree.child(up, 0)) == Some(target)
                        || self.tests_missing(tree.child(up, 0), &target)
                }
                _ => false,
            }
        })
    }

    pub(super) fn tests_missing(&self, test: NodeId, target: &Place) -> bool {
        let tree = self.tree;
        match (tree.kind(test), tree[test].op) {
            (Kind::Unary, Op::Not) => {
                let inner = tree.child(test, 0);
                self.place(inner).as_ref() == Some(target)
                    || tree.is(inner, Kind::Call)
                    || self.tests_missing(inner, target)
            }
            (Kind::Binary, Op::Equal) => {
                let side = tree.child(test, 0);
                let side = if tree.is(side, Kind::Unary) {
                    tree.child(side, 0)
                } else {
                    side
                };
                self.place(side).as_ref() == Some(target)
            }
            (Kind::Binary, Op::In) => true,
            (Kind::Logical, _) => {
                self.tests_missing(tree.child(test, 0), target)
                    || self.tests_missing(tree.child(test, 1), target)
            }
            _ => false,
        }
    }

    /// The store gives the place its first value.
    pub(super) fn is_first(&self, store: NodeId, place: &Place) -> bool {
        !self.tree.is(store, Kind::Assign) || self.is_initial(self.tree.function_of(store), place)
    }

    /// The function only sets the place up: the program, or the constructor.
    fn is_initial(&self, function: FunctionId, place: &Place) -> bool {
        let tree = self.tree;
        match place.root {
            Root::Instance(owner) => {
                let kind = tree.function(function).kind;
                matches!(kind, FunctionKind::Constructor | FunctionKind::Field)
                    || self.owners.ids().any(|it| {
                        self.owners.base(it) == self.owners.base(owner)
                            && self.owners.constructor(tree, it) == Some(function)
                    })
            }
            Root::Binding(binding) => tree.declared_in(binding) == function,
            Root::Global | Root::Exports => function == FunctionId(0),
            Root::This(own) => function == own,
        }
    }

    // ---- keys ----

    /// How many different values an expression can have over time.
    pub fn keys(&self, node: NodeId, depth: u32) -> Keys {
        let tree = self.tree;
        if depth > 8 {
            return Keys::Unknown;
        }
        let of = |node| self.keys(node, depth + 1);
        match tree.kind(node) {
            Kind::Num | Kind::Str | Kind::Bool | Kind::Null | Kind::Regex | Kind::Super | Kind::Meta => {
                Keys::Fixed
            }
            Kind::Template => tree.children(node).map(of).max().unwrap_or(Keys::Fixed),
            Kind::Array | Kind::Object | Kind::Function | Kind::Class => Keys::Fresh,
            Kind::This => Keys::Fresh,
            Kind::New => Keys::Fresh,
            Kind::Update if self.goes_back(tree.child(node, 0)) => Keys::Copied,
            Kind::Update => Keys::Fresh,
            Kind::Unary => match tree[node].op {
                Op::Not | Op::TypeOf | Op::Void | Op::Delete => Keys::Fixed,
                _ => of(tree.child(node, 0)),
            },
            Kind::Binary => match tree[node].op {
                Op::Mod
                | Op::BitAnd
                | Op::Equal
                | Op::NotEqual
                | Op::Less
                | Op::LessEqual
                | Op::Greater
                | Op::GreaterEqual
                | Op::In
                | Op::InstanceOf => Keys::Fixed,
                _ => of(tree.child(node, 0)).max(of(tree.child(node, 1))),
            },
            Kind::Logical => of(tree.child(node, 0)).max(of(tree.child(node, 1))),
            Kind::Conditional => of(tree.child(node, 1)).max(of(tree.child(node, 2))),
            Kind::Assign => of(tree.child(node, 1)),
            Kind::Await | Kind::Spread => of(tree.child(node, 0)),
            Kind::Sequence => tree.children(node).last().map_or(Keys::Unknown, of),
            Kind::Call => self.call_keys(node, depth),
            Kind::Ident => self.variable_keys(node, depth),
            Kind::Member => {
                let name = tree.name_text(node);
                if self.apis.named("fixed_properties", name)
                    || name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                {
                    return Keys::Fixed;
                }
                if self.is_fixed_name(name) {
                    return Keys::Fixed;
                }
                let object = tree.child(node, 0);
                if name == "length" || name == "size" {
                    return Keys::Fresh;
                }
                if let Some(keys) = self.place(node).and_then(|place| self.counter_keys(&place)) {
                    return keys;
                }
                let literal = self
                    .place(node)
                    .map(|place| self.values_at(&place))
                    .unwrap_or_default();
                let literal = literal
                    .iter()
                    .filter(|(at, _)| tree.is(*at, Kind::Property))
                    .filter_map(|&(_, value)| value);
                if let Some(keys) = literal.filter(|&value| value != node).map(of).max() {
                    return keys;
                }
                match tree.kind(object) {
                    Kind::This | Kind::Super => self.field_keys(node, depth),
                    _ => match of(object) {
                        // A property of an object that is new each time may still be one of few.
                        Keys::Fresh => Keys::Unknown,
                        keys => keys,
                    },
                }
            }
            Kind::Index => match of(tree.child(node, 0)) {
                Keys::Fresh => Keys::Unknown,
                keys => keys,
            },
            _ => Keys::Unknown,
        }
    }

    /// The counter is also counted down, or set again after its beginning: its values return.
    fn goes_back(&self, counter: NodeId) -> bool {
        let Some(place) = self.place(counter) else {
            return false;
        };
        self.stores_at(&place)
            .into_iter()
            .any(|at| self.sets_back(at, &place))
    }

    fn sets_back(&self, at: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        match (tree.kind(at), tree[at].op) {
            (Kind::Update, op) => op == Op::Decrement,
            (Kind::Assign, Op::Assign) => !self.is_first(at, place),
            (Kind::Assign, op) => matches!(op, Op::Sub | Op::Mod | Op::BitAnd),
            _ => false,
        }
    }

    /// The updates and assignments that store at the place.
    pub(super) fn stores_at(&self, place: &Place) -> Vec<NodeId> {
        match place.root {
            // A variable's own are at hand.
            Root::Binding(binding) if place.path.is_empty() => self.index.writes[binding.index()]
                .iter()
                .map(|write| write.at)
                .collect(),
            Root::Instance(_) => {
                let uses = self.uses_near(place);
                let stores = uses
                    .iter()
                    .filter(|it| it.path == place.path && matches!(it.op, uses::Op::Write { .. }));
                stores.map(|it| it.node).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Named like something that has few different values: `type`, `mediaType`, `locale`.
    fn is_fixed_name(&self, name: &str) -> bool {
        self.apis.ends_name("fixed_suffixes", name)
    }

    fn call_keys(&self, call: NodeId, depth: u32) -> Keys {
        let tree = self.tree;
        let callee = tree.callee(call);
        let name = match tree.kind(callee) {
            Kind::Ident | Kind::Member => tree.name_text(callee),
            _ => "",
        };
        if self.apis.named("id_makers", name)
            || self
                .typed_effect(call)
                .is_some_and(|effect| effect.fresh || effect.timer)
        {
            return Keys::Fresh;
        }
        let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let args = tree.args(call).filter(|&arg| !tree.is(arg, Kind::Function));
        let from_args = args.map(|arg| self.keys(arg, depth + 1)).max();
        let receiver_keys = receiver
            .filter(|&it| {
                self.api_path(it).is_none_or(|path| {
                    self.apis.function(&path).is_none() && !tree.is(it, Kind::Ident)
                        || tree.binding_of(it).is_some()
                })
            })
            .map(|it| self.keys(it, depth + 1));
        // A function or method of the file that makes ids: `nextId()`, `this.nextId()`.
        let makes_ids = || {
            let functions = self.called_functions(call);
            functions
                .iter()
                .any(|&function| self.returns_fresh(function, depth))
        };
        match (receiver_keys, from_args) {
            (_, None) if makes_ids() => Keys::Fresh,
            (None, None) => Keys::Unknown,
            (a, b) => {
                let keys = a.max(b).unwrap_or(Keys::Unknown);
                // A new object does not make what is computed from it new; a time or an id does.
                if keys == Keys::Fresh {
                    let fresh = tree
                        .args(call)
                        .chain(receiver)
                        .any(|it| self.is_fresh_text(it, depth));
                    return if fresh { Keys::Fresh } else { Keys::Unknown };
                }
                keys
            }
        }
    }

    /// Fresh, and not by being an object.
    fn is_fresh_text(&self, node: NodeId, depth: u32) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::New => self.api_path(tree.callee(node)).as_deref() == Some("Date"),
            Kind::Object | Kind::Array | Kind::This | Kind::Function => false,
            Kind::Ident => {
                let only = tree
                    .binding_of(node)
                    .and_then(|binding| self.index.only_value(tree, binding));
                match only {
                    Some((value, path)) if path.is_empty() && value < node => {
                        self.is_fresh_text(value, depth + 1)
                    }
                    _ => self.keys(node, depth + 1) == Keys::Fresh,
                }
            }
            _ => self.keys(node, depth + 1) == Keys::Fresh,
        }
    }

    fn returns_fresh(&self, function: FunctionId, depth: u32) -> bool {
        let tree = self.tree;
        self.index
            .returns_of(function)
            .iter()
            .any(|&ret| self.is_fresh_text(tree.child(ret, 0), depth + 1))
    }

    fn variable_keys(&self, ident: NodeId, depth: u32) -> Keys {
        let tree = self.tree;
        let Some(binding) = tree.binding_of(ident) else {
            return Keys::Unknown;
        };
        if self.is_fixed_name(tree.name_text(ident)) {
            return Keys::Fixed;
        }
        let info = &tree.bindings[binding.index()];
        match info.kind {
            BindingKind::Param => return self.parameter_keys(binding, depth),
            BindingKind::Enum => return Keys::Fixed,
            BindingKind::Import => return Keys::Unknown,
            BindingKind::Catch => return Keys::Event,
            _ => {}
        }
        let writes = &self.index.writes[binding.index()];
        let scope_function = tree.scopes[info.scope.index()].function;
        // One object of the module.
        let once = || {
            let [write] = writes else { return false };
            tree.is(write.at, Kind::Declarator) && tree.function_of(write.at) == FunctionId(0)
        };
        if scope_function == FunctionId(0)
            && (matches!(
                info.kind,
                BindingKind::Const | BindingKind::Class | BindingKind::Function
            ) || once())
        {
            return Keys::Fixed;
        }
        // A counter that lives longer than the call.
        let counts = writes.iter().any(|write| {
            tree.is(write.at, Kind::Update) || tree.is(write.at, Kind::Assign) && tree[write.at].op == Op::Add
        });
        if counts {
            let local = scope_function == tree.function_of(ident) && scope_function != FunctionId(0);
            return if local || self.goes_back(ident) {
                Keys::Copied
            } else {
                Keys::Fresh
            };
        }
        if let Some(&known) = self.binding_keys.borrow().get(&(binding, depth)) {
            return known;
        }
        let mut keys = None;
        for write in writes {
            let of = match tree.kind(write.at) {
                Kind::ForIn => Keys::Copied,
                Kind::ForOf => match write.value {
                    Some((source, _)) if self.lists_keys(source) => Keys::Copied,
                    Some((source, _)) if self.is_constant_list(source) => Keys::Fixed,
                    Some((source, _)) => self.keys(source, depth + 1).min(Keys::Given).max(Keys::Copied),
                    None => Keys::Unknown,
                },
                _ => match write.value {
                    Some((value, _)) if tree.is_nullish(value) => continue,
                    Some((value, path)) if path.is_empty() => self.keys(value, depth + 1),
                    Some((value, _)) => match self.keys(value, depth + 1) {
                        Keys::Fresh => Keys::Unknown,
                        keys => keys,
                    },
                    None => Keys::Unknown,
                },
            };
            keys = keys.max(Some(of));
        }
        let keys = keys.unwrap_or(Keys::Unknown);
        self.binding_keys.borrow_mut().insert((binding, depth), keys);
        keys
    }

    /// `Object.keys(x)`: the names that another object has.
    fn lists_keys(&self, node: NodeId) -> bool {
        let tree = self.tree;
        tree.is(node, Kind::Call)
            && self
                .api_path(tree.callee(node))
                .is_some_and(|path| self.apis.named("key_lists", &path))
    }

    fn is_constant_list(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Array => tree
                .children(node)
                .all(|child| self.keys(child, 4) == Keys::Fixed || tree.is(child, Kind::Ident)),
            Kind::Ident => {
                let Some(binding) = tree.binding_of(node) else {
                    return false;
                };
                let only = self.index.only_value(tree, binding);
                only.is_some_and(|(value, path)| {
                    path.is_empty() && value != node && tree.is(value, Kind::Array)
                }) && tree.declared_in(binding) == FunctionId(0)
            }
            Kind::Call => tree.args(node).next().is_some_and(|arg| {
                // Object.keys(CONSTANT)
                tree.is(arg, Kind::Ident)
                    && self.place(arg).is_some_and(|place| match place.root {
                        Root::Binding(binding) => tree.bindings[binding.index()].scope.0 == 0,
                        _ => false,
                    })
            }),
            _ => false,
        }
    }

    fn parameter_keys(&self, binding: BindingId, depth: u32) -> Keys {
        let tree = self.tree;
        let decl = tree.bindings[binding.index()].decl;
        let Some(param) = tree.ancestors(decl).find(|&up| tree.is(up, Kind::Param)) else {
            return Keys::Unknown;
        };
        let function = tree.function_at(tree.parent(param));
        let position = tree.params(function).position(|it| it == param).unwrap_or(0);
        let mut keys = None;
        for entry in self.entries(function) {
            let of = match entry.how {
                How::Again { .. } => Keys::Event,
                How::Later => Keys::Event,
                How::Call => match self.argument(entry.site, position) {
                    Some(arg) if !tree.is(arg, Kind::Function) => self.keys(arg, depth + 2),
                    // An element of what is looped over.
                    Some(_) => {
                        let callee = tree.callee(entry.site);
                        let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
                        match receiver {
                            Some(receiver) if self.lists_keys(receiver) => Keys::Copied,
                            Some(receiver) if self.is_constant_list(receiver) => Keys::Fixed,
                            Some(receiver) => {
                                self.keys(receiver, depth + 2).min(Keys::Given).max(Keys::Copied)
                            }
                            None => Keys::Copied,
                        }
                    }
                    None => Keys::Unknown,
                },
                How::Once => Keys::Copied,
                How::Method | How::Exported | How::Returned | How::Escapes => Keys::Given,
            };
            keys = keys.max(Some(of));
        }
        keys.unwrap_or(Keys::Given)
    }

    /// A field that is counted up: new each time, unless it goes back.
    fn counter_keys(&self, place: &Place) -> Option<Keys> {
        let tree = self.tree;
        let stores = self.stores_at(place);
        let counts =
            |&at: &NodeId| tree.is(at, Kind::Update) || tree.is(at, Kind::Assign) && tree[at].op == Op::Add;
        if !stores.iter().any(counts) {
            return None;
        }
        let back = stores.iter().any(|&at| self.sets_back(at, place));
        Some(if back { Keys::Copied } else { Keys::Fresh })
    }

    /// `this.x` as a key: new each time when it counts, else whatever is stored in it.
    fn field_keys(&self, member: NodeId, depth: u32) -> Keys {
        let Some(place) = self.place(member) else {
            return Keys::Unknown;
        };
        let values = self.values_at(&place);
        let keys = values
            .iter()
            .filter_map(|&(_, value)| value)
            .map(|value| self.keys(value, depth + 2))
            .max();
        keys.unwrap_or(Keys::Unknown)
    }

    /// `const known = TABLE[key]; if (!known) throw …`: the key is one of a constant table's.
    fn looks_up(&self, test: NodeId, key: &Place) -> bool {
        let tree = self.tree;
        let negated = tree.is(test, Kind::Unary) && tree[test].op == Op::Not;
        let tested = if negated {
            tree.child(test, 0)
        } else {
            return false;
        };
        let source = match tree.variable(tested) {
            Some(binding) => self.index.only_value(tree, binding).map(|(value, _)| value),
            None => Some(tested),
        };
        source.is_some_and(|source| {
            tree.is(source, Kind::Index)
                && self.place(tree.child(source, 1)).as_ref() == Some(key)
                && self
                    .place(tree.child(source, 0))
                    .is_some_and(|table| self.is_constant_table(&table))
        })
    }

    fn is_constant_table(&self, place: &Place) -> bool {
        let values = self.values_at(place);
        matches!(values.as_slice(), [(_, Some(value))]
            if self.tree.is(*value, Kind::Object) && self.tree[*value].end.0 > value.0 + 1)
    }

    /// The key was tested to be one of a constant collection before the store: `if (!ALLOWED.has(key)) return`.
    pub fn is_validated(&self, key: NodeId, site: NodeId, container: &Place) -> bool {
        let tree = self.tree;
        // `'option_' + name`: the part that changes.
        if matches!(tree.kind(key), Kind::Binary | Kind::Template) {
            return tree
                .children(key)
                .any(|part| self.is_validated(part, site, container));
        }
        let Some(place) = self.place(key) else {
            return false;
        };
        let function = tree.function_of(site);
        let node = tree.function(function).node;
        let checks = |test: NodeId| {
            tree.subtree(test).any(|id| match tree.kind(id) {
                Kind::Call => {
                    let callee = tree.callee(id);
                    tree.is(callee, Kind::Member)
                        && matches!(
                            tree.name_text(callee),
                            "has" | "includes" | "indexOf" | "hasOwnProperty" | "hasOwn" | "test" | "call"
                        )
                        && tree.args(id).any(|arg| self.place(arg) == Some(place))
                        && self
                            .place(tree.child(callee, 0))
                            .is_none_or(|it| !it.holds(container) && !container.holds(&it))
                        && tree.args(id).all(|arg| self.place(arg) != Some(*container))
                }
                Kind::Binary if tree[id].op == Op::In => {
                    self.place(tree.child(id, 0)) == Some(place)
                        && self.place(tree.child(id, 1)) != Some(*container)
                }
                _ => false,
            })
        };
        let mut inside = site;
        for up in tree.ancestors(site) {
            if up == node {
                break;
            }
            match tree.kind(up) {
                Kind::If if tree.child(up, 1) == inside && checks(tree.child(up, 0)) => return true,
                Kind::Case => return self.place(tree.child(tree.parent(up), 0)) == Some(place),
                Kind::Block | Kind::Program => {
                    let earlier = tree.children(up).take_while(|&child| child < inside);
                    for statement in earlier.filter(|&it| tree.is(it, Kind::If)) {
                        let test = tree.child(statement, 0);
                        if self.always_leaves(tree.child(statement, 1))
                            && (checks(test) || self.looks_up(test, &place))
                        {
                            return true;
                        }
                    }
                }
                _ => {}
            }
            inside = up;
        }
        false
    }
}
