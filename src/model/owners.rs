//! Owners: what `this` means. Classes, constructor functions with a prototype, and objects with methods.

use rustc_hash::FxHashMap;

use crate::apis::{Apis, Component, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, FunctionKind, Kind, Name, NodeId, flag};

use super::index::{Index, field_value, member_function};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnerId(pub u32);

impl OwnerId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerKind {
    /// A class, or the object with the methods of one that a call makes: `View.extend({ … })`.
    Class,
    /// A function used as a class.
    Constructor,
    /// An object literal with methods.
    Object,
}

#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub name: Name,
    /// The value: a Function, or a field's initialiser expression; NONE for a field without one.
    pub value: NodeId,
    /// The Property or Assign node that defines it.
    pub node: NodeId,
    pub function: Option<FunctionId>,
    pub is_static: bool,
}

#[derive(Clone, Debug)]
pub struct Owner {
    pub kind: OwnerKind,
    /// Class, Function or Object node.
    pub node: NodeId,
    pub name: Name,
    /// The variable that holds the class, or the object.
    pub binding: Option<BindingId>,
    /// The expression that is extended.
    pub superclass: Option<NodeId>,
    pub members: Vec<Member>,
    /// An object of options, of which a framework makes instances: `this` is one of them, not the object.
    pub is_options: bool,
}

/// What `this` is in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum This {
    Unknown,
    Instance(OwnerId),
    /// The class itself.
    Class(OwnerId),
}

#[derive(Debug, Default)]
pub struct Owners {
    pub owners: Vec<Owner>,
    pub this: Vec<This>,
    /// The topmost class of the file that an owner extends.
    bases: Vec<OwnerId>,
    by_node: FxHashMap<NodeId, OwnerId>,
    by_binding: FxHashMap<BindingId, OwnerId>,
    /// Constructors kept in properties, by their path as written: `Shop.Cart`.
    by_path: FxHashMap<String, OwnerId>,
    /// Objects that group methods of an object of options: `methods: { … }`, and whose they are.
    groups: FxHashMap<OwnerId, OwnerId>,
}

impl Owners {
    /// Names of all members.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        let members = self.owners.iter().flat_map(|owner| &owner.members);
        members.filter_map(|member| member.name.some())
    }

    pub fn get(&self, id: OwnerId) -> &Owner {
        &self.owners[id.index()]
    }

    pub fn ids(&self) -> impl Iterator<Item = OwnerId> + use<> {
        (0..self.owners.len() as u32).map(OwnerId)
    }

    pub fn at(&self, node: NodeId) -> Option<OwnerId> {
        self.by_node.get(&node).copied()
    }

    /// The class, constructor or object that a variable holds.
    pub fn of_binding(&self, binding: BindingId) -> Option<OwnerId> {
        self.by_binding.get(&binding).copied()
    }

    /// The topmost class of the file that an owner extends, or itself: a field of either is one place.
    pub fn base(&self, id: OwnerId) -> OwnerId {
        self.bases[id.index()]
    }

    fn find_base(&self, tree: &Tree, id: OwnerId) -> OwnerId {
        let mut at = id;
        for _ in 0..8 {
            let superclass = self.get(at).superclass.filter(|&it| tree.is(it, Kind::Ident));
            match superclass
                .and_then(|it| tree.binding_of(it))
                .and_then(|it| self.of_binding(it))
            {
                Some(up) => at = up,
                None => break,
            }
        }
        at
    }

    pub fn member(&self, id: OwnerId, name: Name, is_static: bool) -> Option<&Member> {
        self.get(id)
            .members
            .iter()
            .rev()
            .find(|member| member.name == name && member.is_static == is_static)
    }

    /// The constructor of a class, or the constructor function itself.
    pub fn constructor(&self, tree: &Tree, id: OwnerId) -> Option<FunctionId> {
        let owner = self.get(id);
        match owner.kind {
            OwnerKind::Class => {
                let name = tree.name("constructor")?;
                self.member(id, name, false).and_then(|member| member.function)
            }
            OwnerKind::Constructor => Some(tree.function_at(owner.node)),
            OwnerKind::Object => None,
        }
    }

    /// The constructor that a property holds, by the property's path as written.
    pub fn of_path(&self, tree: &Tree, member: NodeId) -> Option<OwnerId> {
        if self.by_path.is_empty() {
            return None;
        }
        self.by_path.get(&written_path(tree, member)?).copied()
    }

    fn add(&mut self, kind: OwnerKind, node: NodeId, name: Name, binding: Option<BindingId>) -> OwnerId {
        if let Some(id) = self.at(node) {
            return id;
        }
        let id = OwnerId(self.owners.len() as u32);
        self.owners.push(Owner {
            kind,
            node,
            name,
            binding,
            superclass: None,
            members: Vec::new(),
            is_options: false,
        });
        self.by_node.insert(node, id);
        if let Some(binding) = binding {
            self.by_binding.insert(binding, id);
        }
        id
    }
}

pub fn owners(tree: &Tree, index: &Index, apis: &Apis) -> Owners {
    let mut owners = Owners {
        this: vec![This::Unknown; tree.functions.len()],
        ..Owners::default()
    };
    for &class in &index.classes {
        let declared = tree.binding_of(class).filter(|_| tree.has(class, flag::FLAG));
        let binding = declared.or_else(|| holding_binding(tree, class));
        let id = owners.add(OwnerKind::Class, class, tree.name_of(class), binding);
        if let Some(self_name) = tree.binding_of(class) {
            owners.by_binding.insert(self_name, id);
        }
        let superclass = tree.child(class, 0);
        owners.owners[id.index()].superclass = (!tree.is(superclass, Kind::Empty)).then_some(superclass);
        add_members(tree, &mut owners, id, class, None);
    }
    for &object in &index.objects {
        let has_method = tree
            .children(object)
            .any(|prop| tree.is(prop, Kind::Property) && tree.is(tree.value(prop), Kind::Function));
        if !has_method || is_prototype_value(tree, object) {
            continue;
        }
        let id = if let Some(call) = class_maker(tree, apis, object) {
            let binding = holding_binding(tree, call);
            let id = owners.add(OwnerKind::Class, object, held_name(tree, call), binding);
            let callee = tree.callee(call);
            owners.owners[id.index()].superclass =
                tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
            id
        } else {
            let binding = holding_binding(tree, object);
            owners.add(OwnerKind::Object, object, Name::NONE, binding)
        };
        add_members(tree, &mut owners, id, object, None);
    }
    options(tree, &mut owners, apis);
    namespaced(tree, index, &mut owners);
    prototypes(tree, index, &mut owners);
    constructors(tree, index, &mut owners);
    this_members(tree, index, &mut owners);
    this_of_functions(tree, &mut owners);
    owners.bases = owners.ids().map(|id| owners.find_base(tree, id)).collect();
    owners
}

/// Objects of options, by the methods that only a framework calls; their groups of methods are theirs.
fn options(tree: &Tree, owners: &mut Owners, apis: &Apis) {
    let named = |words: &[String], name: &str| words.iter().any(|word| word == name);
    for id in owners.ids() {
        let owner = owners.get(id);
        if !tree.is(owner.node, Kind::Object) {
            continue;
        }
        let mut members = owner.members.iter();
        let hooks = members.any(|member| apis.word(tree.text(member.name)).may(Word::HOOK));
        let taker = given_to(tree, owner.node);
        if !hooks && !apis.components().iter().any(|it| named(&it.given_to, taker)) {
            continue;
        }
        let has = |words: &[String]| {
            owner
                .members
                .iter()
                .any(|member| !tree.has(member.node, flag::GETTER) && named(words, tree.text(member.name)))
        };
        let grouped = |component: &&Component| {
            let mut members = owner.members.iter();
            members.any(|it| {
                named(&component.groups, tree.text(it.name))
                    && it.value.some().is_some_and(|it| tree.is(it, Kind::Object))
            }) && has(&component.marks)
        };
        let mut components = apis.components().iter();
        let by_methods = components
            .clone()
            .find(|it| has(&it.methods) || named(&it.given_to, taker));
        let Some(component) = by_methods.or_else(|| components.find(grouped)) else {
            continue;
        };
        let groups: Vec<OwnerId> = owner
            .members
            .iter()
            .filter(|member| named(&component.groups, tree.text(member.name)))
            .filter_map(|member| owners.at(member.value.some()?))
            .collect();
        for group in groups {
            let members = owners.get(group).members.clone();
            owners.owners[id.index()].members.extend(members);
            owners.groups.insert(group, id);
        }
        owners.owners[id.index()].is_options = true;
    }
}

/// The name of the function that is given this very object; empty if there is none.
pub(super) fn given_to(tree: &Tree, object: NodeId) -> &str {
    let call = tree.parent(object);
    match tree.kind(call) {
        Kind::Call if matches!(tree.kind(tree.callee(call)), Kind::Ident | Kind::Member) => {
            tree.name_text(tree.callee(call))
        }
        _ => "",
    }
}

/// The call that makes a class of an object's methods: `View.extend({ … }, statics)`, `declare([Base], { … })`.
fn class_maker(tree: &Tree, apis: &Apis, object: NodeId) -> Option<NodeId> {
    let call = tree.parent(object);
    let callee = tree.is(call, Kind::Call).then(|| tree.callee(call))?;
    let mut args = tree.args(call);
    let makes = match tree.kind(callee) {
        // `$.extend({}, defaults)` makes no class.
        Kind::Member if apis.named("subclass_methods", tree.name_text(callee)) => {
            let base = tree.child(callee, 0);
            let is_class = |name: &str| name.starts_with(|it: char| it.is_uppercase());
            matches!(tree.kind(base), Kind::Ident | Kind::Member)
                && is_class(tree.name_text(base))
                && args.next() == Some(object)
                && !tree.is(tree.parent(call), Kind::ExprStmt)
        }
        Kind::Member | Kind::Ident => {
            let path = written_path(tree, callee);
            path.is_some_and(|it| apis.named("class_makers", &it)) && args.last() == Some(object)
        }
        _ => false,
    };
    makes.then_some(call)
}

/// The last name of the variable or property that an expression is put into.
fn held_name(tree: &Tree, value: NodeId) -> Name {
    let parent = tree.parent(value);
    match tree.kind(parent) {
        Kind::Declarator | Kind::Assign if tree.child(parent, 1) == value => {
            tree.name_of(tree.child(parent, 0))
        }
        Kind::Property => tree.name_of(parent),
        _ => Name::NONE,
    }
}

/// The variable that is declared or assigned with this very expression.
pub fn holding_binding(tree: &Tree, value: NodeId) -> Option<BindingId> {
    let mut at = value;
    loop {
        let parent = tree.parent(at);
        match tree.kind(parent) {
            Kind::Declarator if tree.child(parent, 1) == at => {
                let pattern = tree.child(parent, 0);
                return tree
                    .is(pattern, Kind::Binding)
                    .then(|| tree.binding_of(pattern))?;
            }
            Kind::Assign if tree.child(parent, 1) == at => {
                let target = tree.child(parent, 0);
                if tree.is(target, Kind::Ident) {
                    return tree.binding_of(target);
                }
                at = parent;
            }
            _ => return None,
        }
    }
}

fn add_members(tree: &Tree, owners: &mut Owners, id: OwnerId, node: NodeId, make_static: Option<bool>) {
    for property in tree
        .children(node)
        .filter(|&child| tree.is(child, Kind::Property))
    {
        let Some(name) = tree.name_of(property).some() else {
            continue;
        };
        let function = member_function(tree, property).map(|function| tree.function_at(function));
        let value = field_value(tree, property).unwrap_or(NodeId::NONE);
        let is_static = make_static.unwrap_or(tree.has(property, flag::STATIC));
        owners.owners[id.index()].members.push(Member {
            name,
            value,
            node: property,
            function,
            is_static,
        });
    }
}

/// `X.prototype` (the object of a member chain), or a variable that holds it: the variable of `X`.
fn prototype_of(tree: &Tree, index: &Index, node: NodeId) -> Option<BindingId> {
    match tree.kind(node) {
        Kind::Member if tree.name_text(node) == "prototype" => {
            let object = tree.child(node, 0);
            tree.is(object, Kind::Ident).then(|| tree.binding_of(object))?
        }
        Kind::Ident => {
            let (value, path) = index.only_value(tree, tree.binding_of(node)?)?;
            let value = if tree.is(value, Kind::Assign) {
                tree.child(value, 0)
            } else {
                value
            };
            (path.is_empty() && tree.is(value, Kind::Member)).then(|| prototype_of(tree, index, value))?
        }
        Kind::Assign => prototype_of(tree, index, tree.child(node, 0)),
        _ => None,
    }
}

fn is_prototype_value(tree: &Tree, object: NodeId) -> bool {
    let parent = tree.parent(object);
    let to_prototype = |node| tree.is(node, Kind::Member) && tree.name_text(node) == "prototype";
    match tree.kind(parent) {
        Kind::Assign => to_prototype(tree.child(parent, 0)),
        Kind::Call => tree.args(parent).next().is_some_and(to_prototype),
        _ => false,
    }
}

/// The constructor function that a variable holds, as an owner.
fn constructor_owner(tree: &Tree, index: &Index, owners: &mut Owners, binding: BindingId) -> Option<OwnerId> {
    if let Some(id) = owners.of_binding(binding) {
        return Some(id);
    }
    let decl = tree.bindings[binding.index()].decl;
    let node = match tree.kind(decl) {
        Kind::Function => decl,
        _ => {
            let (value, path) = index.only_value(tree, binding)?;
            // `var X = exports.X = function () {}`
            let value = last_value(tree, value);
            // TypeScript's and Babel's ES5 classes: `var X = (function (_super) { function X() {} … return X; })(Y)`.
            let value = if path.is_empty() {
                returned_by_iife(tree, value).unwrap_or(value)
            } else {
                return None;
            };
            match tree.kind(value) {
                Kind::Function => value,
                Kind::Ident => {
                    let inner = tree.binding_of(value).filter(|&inner| inner != binding)?;
                    let id = constructor_owner(tree, index, owners, inner)?;
                    owners.by_binding.insert(binding, id);
                    return Some(id);
                }
                _ => return None,
            }
        }
    };
    let name = tree.bindings[binding.index()].name;
    let id = owners.add(OwnerKind::Constructor, node, name, Some(binding));
    owners.by_binding.insert(binding, id);
    Some(id)
}

fn returned_by_iife(tree: &Tree, call: NodeId) -> Option<NodeId> {
    let function = tree
        .is(call, Kind::Call)
        .then(|| tree.callee(call))
        .filter(|&f| tree.is(f, Kind::Function))?;
    let body = tree.body(tree.function_at(function));
    let last = tree
        .children(body)
        .last()
        .filter(|&last| tree.is(last, Kind::Return))?;
    let value = tree.child(last, 0);
    // Babel: `return _createClass(X, […])`.
    if tree.is(value, Kind::Call) {
        return tree.args(value).next().filter(|&arg| tree.is(arg, Kind::Ident));
    }
    Some(value)
}

/// `Shop.Cart`: a chain of names, as written.
fn written_path(tree: &Tree, node: NodeId) -> Option<String> {
    match tree.kind(node) {
        Kind::Ident => Some(tree.name_text(node).to_string()),
        Kind::Member => Some(format!(
            "{}.{}",
            written_path(tree, tree.child(node, 0))?,
            tree.name_text(node)
        )),
        _ => None,
    }
}

/// `Shop.Cart = function () {}`: constructors that are kept in properties and have a prototype.
fn namespaced(tree: &Tree, index: &Index, owners: &mut Owners) {
    if tree.name("prototype").is_none() {
        return;
    }
    let mut functions: FxHashMap<String, (NodeId, Name)> = FxHashMap::default();
    for &assign in &index.assigns {
        let (target, value) = (tree.child(assign, 0), last_value(tree, tree.child(assign, 1)));
        if tree.is(target, Kind::Member)
            && tree.is(value, Kind::Function)
            && let Some(path) = written_path(tree, target)
        {
            functions.entry(path).or_insert((value, tree.name_of(target)));
        }
    }
    if functions.is_empty() {
        return;
    }
    for &assign in &index.assigns {
        let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
        let is_prototype = |node: NodeId| tree.is(node, Kind::Member) && tree.name_text(node) == "prototype";
        if !tree.is(target, Kind::Member) {
            continue;
        }
        let object = tree.child(target, 0);
        let (prototype, whole) = if is_prototype(target) {
            (target, true)
        } else {
            (object, false)
        };
        if !is_prototype(prototype) || !tree.is(tree.child(prototype, 0), Kind::Member) {
            continue;
        }
        let Some(path) = written_path(tree, tree.child(prototype, 0)) else {
            continue;
        };
        let Some(&(function, name)) = functions.get(&path) else {
            continue;
        };
        let id = owners.add(OwnerKind::Constructor, function, name, None);
        owners.by_path.insert(path, id);
        if !whole {
            add_assigned(tree, index, owners, id, assign, false);
        } else if tree.is(value, Kind::Object) {
            add_members(tree, owners, id, value, Some(false));
        }
    }
}

fn prototypes(tree: &Tree, index: &Index, owners: &mut Owners) {
    for &assign in &index.assigns {
        let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
        if !tree.is(target, Kind::Member) {
            continue;
        }
        let object = tree.child(target, 0);
        if tree.name_text(target) == "prototype" && tree.is(object, Kind::Ident) {
            let Some(binding) = tree.binding_of(object) else {
                continue;
            };
            let Some(id) = constructor_owner(tree, index, owners, binding) else {
                continue;
            };
            match tree.kind(value) {
                Kind::Object => add_members(tree, owners, id, value, Some(false)),
                // `X.prototype = Object.create(Y.prototype)` or `new Y()`.
                Kind::Call | Kind::New => {
                    let of = if tree.is(value, Kind::New) {
                        Some(tree.callee(value))
                    } else {
                        tree.args(value).next()
                    };
                    let superclass = of.map(|of| match tree.kind(of) {
                        Kind::Member if tree.name_text(of) == "prototype" => tree.child(of, 0),
                        _ => of,
                    });
                    owners.owners[id.index()].superclass =
                        owners.owners[id.index()].superclass.or(superclass);
                }
                _ => {}
            }
        } else if let Some(binding) = prototype_of(tree, index, object) {
            let Some(id) = constructor_owner(tree, index, owners, binding) else {
                continue;
            };
            add_assigned(tree, index, owners, id, assign, false);
        } else if tree.is(object, Kind::Ident) && function_value(tree, index, value).is_some() {
            // `X.create = function () {}`: a static method, or a method of an object.
            let Some(binding) = tree.binding_of(object) else {
                continue;
            };
            let object_literal = index
                .only_value(tree, binding)
                .map(|(value, _)| last_value(tree, value));
            let id = match object_literal.filter(|&value| tree.is(value, Kind::Object)) {
                Some(literal) => Some(owners.add(OwnerKind::Object, literal, Name::NONE, Some(binding))),
                None => owners
                    .of_binding(binding)
                    .or_else(|| constructor_owner(tree, index, owners, binding)),
            };
            if let Some(id) = id {
                let is_static = owners.get(id).kind != OwnerKind::Object;
                add_assigned(tree, index, owners, id, assign, is_static);
            }
        }
    }
    // `(function () { this.open = function () {}; }).call(Menu.prototype)`
    let mut lent = Vec::new();
    for &call in &index.calls {
        if tree.is(call, Kind::New) {
            continue;
        }
        let name = helper_name(tree, call);
        if name == "call"
            && let Some(function) = lent_prototype(tree, index, owners, call)
        {
            lent.push(function);
            continue;
        }
        let mut args = tree.args(call);
        let (Some(first), Some(second)) = (args.next(), args.next()) else {
            continue;
        };
        match name {
            "inherits" | "__extends" | "_inherits" | "_inheritsLoose" if tree.is(first, Kind::Ident) => {
                let owner = tree
                    .binding_of(first)
                    .and_then(|it| constructor_owner(tree, index, owners, it));
                if let Some(id) = owner {
                    owners.owners[id.index()].superclass = Some(wrapped_with(tree, second).unwrap_or(second));
                }
            }
            "assign" | "extend" | "_extend" | "merge" | "mixin" => {
                let owner = prototype_of(tree, index, first)
                    .and_then(|it| constructor_owner(tree, index, owners, it));
                if let (Some(id), Kind::Object) = (owner, tree.kind(second)) {
                    add_members(tree, owners, id, second, Some(false));
                }
            }
            // Babel: `_createClass(X, [{ key: "m", value: function m() {} }], [statics])`.
            "_createClass" | "_create_class" | "createClass" if tree.is(first, Kind::Ident) => {
                let owner = tree
                    .binding_of(first)
                    .and_then(|it| constructor_owner(tree, index, owners, it));
                let Some(id) = owner else { continue };
                for (is_static, list) in [(false, Some(second)), (true, args.next())] {
                    let entries = list.filter(|&list| tree.is(list, Kind::Array));
                    for entry in entries.into_iter().flat_map(|list| tree.children(list)) {
                        add_keyed(tree, owners, id, entry, is_static);
                    }
                }
            }
            _ => {}
        }
    }
    if lent.is_empty() {
        return;
    }
    for &assign in &index.assigns {
        let target = tree.child(assign, 0);
        let within = tree.function_of(assign);
        let lent = lent.iter().find(|it| it.0 == within);
        if let Some(&(_, id)) = lent
            && tree.is(target, Kind::Member)
            && tree.is(tree.child(target, 0), Kind::This)
        {
            add_assigned(tree, index, owners, id, assign, false);
        }
    }
}

/// `var Menu = (function (_super) { __extends(Menu, _super); … })(Base)`: for `_super`, the base that compilers hand to
/// the function around a class.
fn wrapped_with(tree: &Tree, param: NodeId) -> Option<NodeId> {
    let (function, position) = tree.parameter(tree.binding_of(param)?)?;
    let node = tree.function(function).node;
    let call = tree.parent(node);
    let is_called = tree.is(call, Kind::Call) && tree.callee(call) == node;
    is_called.then(|| tree.args(call).nth(position))?
}

/// A function that is called on the prototype of a constructor, whose methods it defines.
fn lent_prototype(
    tree: &Tree,
    index: &Index,
    owners: &mut Owners,
    call: NodeId,
) -> Option<(FunctionId, OwnerId)> {
    let callee = tree.callee(call);
    let function = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0))?;
    let first = tree
        .args(call)
        .next()
        .filter(|_| tree.is(function, Kind::Function))?;
    let constructor = prototype_of(tree, index, first)?;
    let id = constructor_owner(tree, index, owners, constructor)?;
    Some((tree.function_at(function), id))
}

/// The function or method that a call names: `_inherits` in `(0, _inherits2.default)(A, B)`, as compilers write what they
/// import.
pub(super) fn helper_name(tree: &Tree, call: NodeId) -> &str {
    let mut callee = tree.callee(call);
    if tree.is(callee, Kind::Sequence) {
        callee = tree.children(callee).last().unwrap_or(callee);
    }
    if tree.is(callee, Kind::Member) && tree.name_text(callee) == "default" {
        callee = tree.child(callee, 0);
    }
    match tree.kind(callee) {
        Kind::Ident | Kind::Member => {
            let name = tree.name_text(callee);
            // A compiler or a bundler numbers those of a name: `_inherits2`, `_inherits$1`.
            let numbered = |it: &u8| it.is_ascii_digit() || *it == b'$';
            match name.as_bytes().last().is_some_and(numbered) {
                true => name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '$'),
                false => name,
            }
        }
        _ => "",
    }
}

fn add_keyed(tree: &Tree, owners: &mut Owners, id: OwnerId, entry: NodeId, is_static: bool) {
    let property = |wanted: &str| {
        tree.children(entry)
            .find(|&prop| tree.is(prop, Kind::Property) && tree.name_text(prop) == wanted)
            .map(|prop| tree.value(prop))
    };
    let key = property("key").filter(|&key| tree.is(key, Kind::Str));
    let value = property("value")
        .or_else(|| property("get"))
        .filter(|&value| tree.is(value, Kind::Function));
    if let (Some(key), Some(value)) = (key, value) {
        let function = Some(tree.function_at(value));
        let name = tree.name_of(key);
        owners.owners[id.index()].members.push(Member {
            name,
            value,
            node: entry,
            function,
            is_static,
        });
    }
}

fn add_assigned(
    tree: &Tree,
    index: &Index,
    owners: &mut Owners,
    id: OwnerId,
    assign: NodeId,
    is_static: bool,
) {
    let (target, value) = (tree.child(assign, 0), last_value(tree, tree.child(assign, 1)));
    let function = function_value(tree, index, value);
    let name = tree.name_of(target);
    owners.owners[id.index()].members.push(Member {
        name,
        value,
        node: assign,
        function,
        is_static,
    });
}

/// `a = b = value`: the value.
fn last_value(tree: &Tree, mut value: NodeId) -> NodeId {
    while tree.is(value, Kind::Assign) {
        value = tree.child(value, 1);
    }
    value
}

/// The function that an expression names directly.
fn function_value(tree: &Tree, index: &Index, value: NodeId) -> Option<FunctionId> {
    let value = last_value(tree, value);
    match tree.kind(value) {
        Kind::Function => Some(tree.function_at(value)),
        Kind::Ident => {
            let binding = tree.binding_of(value)?;
            let decl = tree.bindings[binding.index()].decl;
            if tree.is(decl, Kind::Function) {
                return Some(tree.function_at(decl));
            }
            let (value, path) = index.only_value(tree, binding)?;
            (path.is_empty() && tree.is(value, Kind::Function)).then(|| tree.function_at(value))
        }
        _ => None,
    }
}

/// Plain functions that are used with `new` or are written like a class.
fn constructors(tree: &Tree, index: &Index, owners: &mut Owners) {
    for &call in &index.news {
        let callee = tree.callee(call);
        if let Some(binding) = tree.variable(callee) {
            constructor_owner(tree, index, owners, binding);
        }
    }
    for &this in &index.this {
        // `this.x = …` in a plain function with a capital.
        let member = tree.parent(this);
        let stored = tree.is(member, Kind::Member)
            && tree.is(tree.parent(member), Kind::Assign)
            && tree.child(tree.parent(member), 0) == member;
        if !stored {
            continue;
        }
        let mut function = tree.function_of(this);
        while tree.function(function).kind == FunctionKind::Arrow {
            function = tree.function(function).parent;
        }
        let info = tree.function(function);
        let capital = tree.text(info.name).starts_with(|c: char| c.is_ascii_uppercase());
        if info.kind == FunctionKind::Plain && capital {
            let declared = tree
                .binding_of(info.node)
                .filter(|_| tree.has(info.node, flag::FLAG));
            let binding = declared.or_else(|| holding_binding(tree, info.node));
            owners.add(OwnerKind::Constructor, info.node, info.name, binding);
        }
    }
}

/// Methods made in the constructor: `this.send = function () {}`.
fn this_members(tree: &Tree, index: &Index, owners: &mut Owners) {
    this_of_functions(tree, owners);
    for &assign in &index.assigns {
        let (target, value) = (tree.child(assign, 0), tree.child(assign, 1));
        if !tree.is(target, Kind::Member) || !tree.is(tree.child(target, 0), Kind::This) {
            continue;
        }
        let This::Instance(id) = owners.this[tree.function_of(assign).index()] else {
            continue;
        };
        if function_value(tree, index, value).is_some() {
            add_assigned(tree, index, owners, id, assign, false);
        }
    }
}

fn this_of_functions(tree: &Tree, owners: &mut Owners) {
    for id in owners.ids() {
        if owners.groups.contains_key(&id) {
            continue;
        }
        if owners.get(id).kind == OwnerKind::Constructor {
            let function = tree.function_at(owners.get(id).node);
            owners.this[function.index()] = This::Instance(id);
        }
        for member in owners.owners[id.index()].members.clone() {
            let this = if member.is_static {
                This::Class(id)
            } else {
                This::Instance(id)
            };
            // The initialiser of a field is a function too.
            let own = tree
                .is(member.node, Kind::Property)
                .then(|| tree.value(member.node))
                .filter(|&value| tree.is(value, Kind::Function))
                .map(|value| tree.function_at(value));
            for function in [own, member.function].into_iter().flatten() {
                // `Shop.Cart = Cart` holds a constructor: `this` stays its own instance.
                let constructor = owners
                    .at(tree.function(function).node)
                    .is_some_and(|it| owners.get(it).kind == OwnerKind::Constructor);
                if tree.function(function).kind != FunctionKind::Arrow && !constructor {
                    owners.this[function.index()] = this;
                }
            }
        }
    }
    for property in owners
        .ids()
        .flat_map(|id| static_blocks(tree, owners, id))
        .collect::<Vec<_>>()
    {
        owners.this[property.0.index()] = This::Class(property.1);
    }
    // Functions are numbered outside in, so the outer one is known.
    for at in 0..tree.functions.len() {
        let function = &tree.functions[at];
        let inherits = function.kind == FunctionKind::Arrow || is_bound_to_this(tree, function.node);
        if inherits && function.parent != FunctionId::NONE {
            owners.this[at] = owners.this[function.parent.index()];
        }
    }
}

fn static_blocks(tree: &Tree, owners: &Owners, id: OwnerId) -> Vec<(FunctionId, OwnerId)> {
    let node = owners.get(id).node;
    if !tree.is(node, Kind::Class) {
        return Vec::new();
    }
    tree.children(node)
        .filter(|&child| tree.is(child, Kind::Property) && tree.has(child, flag::STATIC))
        .map(|child| tree.value(child))
        .filter(|&value| tree.is(value, Kind::Function))
        .map(|value| (tree.function_at(value), id))
        .filter(|&(function, _)| tree.function(function).kind == FunctionKind::StaticInit)
        .collect()
}

/// `function () {}.bind(this)`, or a callback with `this` as the argument behind it.
fn is_bound_to_this(tree: &Tree, function: NodeId) -> bool {
    if tree.function(tree.function_at(function)).kind != FunctionKind::Plain || function == Tree::ROOT {
        return false;
    }
    let parent = tree.parent(function);
    if tree.is(parent, Kind::Member) && tree.name_text(parent) == "bind" {
        let call = tree.parent(parent);
        return tree.is(call, Kind::Call)
            && tree.args(call).next().is_some_and(|arg| tree.is(arg, Kind::This));
    }
    if !tree.is(parent, Kind::Call) {
        return false;
    }
    // `__awaiter(this, void 0, void 0, function* () {})`
    let generator = tree.function(tree.function_at(function)).is_generator;
    let leads = generator
        && tree
            .args(parent)
            .next()
            .is_some_and(|arg| tree.is(arg, Kind::This));
    leads
        || tree
            .args(parent)
            .skip_while(|&arg| arg != function)
            .nth(1)
            .is_some_and(|arg| tree.is(arg, Kind::This))
}
