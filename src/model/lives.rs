//! Lives: whose part some code is (a component, an instance, a call), whether others of its kind come and go, and
//! which code runs at the end of it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::{Component, Effect, Runs, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{FunctionId, FunctionKind, Kind, NodeId, Op, flag};

use super::Model;
use super::calls::{Entry, How};
use super::owners::{OwnerId, OwnerKind, This, given_to};
use super::place::{Place, Root};
use super::resources::Resource;
use super::uses;

/// For how long what some code acquires is meant to live.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub of: Of,
    /// A callback within it that runs again and again, and acquires each time.
    pub round: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The process or page: nothing has to be released.
    Program,
    /// An instance of a class, or of an object of options.
    Instance(OwnerId),
    /// A function that a framework calls for each of its components.
    Component(FunctionId),
    /// A callback that a framework runs when a component begins.
    Mount(FunctionId),
    /// A function that its callers run as often as they like.
    Call(FunctionId),
}

/// What ends a life.
#[derive(Clone, Copy, Debug)]
pub enum End<'m> {
    /// A framework, which tells it the methods of a component.
    Framework(&'m Component),
    /// A framework, which runs the function that this callback returns.
    Cleanup,
    /// A method of its own, `dispose`, or of the object that the call returns; or the base class that has it.
    Method(NodeId),
    /// Nothing that the file shows.
    None,
}

/// How far callers are followed.
const MAX_CALLERS: usize = 40;

/// How far the object that a function returns is looked for.
const MAX_DEPTH: u32 = 3;

impl<'a> Model<'a> {
    /// The life of what the code at a node acquires.
    pub fn life(&self, at: NodeId) -> Life {
        let function = self.tree.function_of(at);
        let known = self.lives.borrow().get(&function).copied();
        let mut life = known.unwrap_or_else(|| {
            let life = self.life_of(function);
            self.lives.borrow_mut().insert(function, life);
            life
        });
        life.round = life.round.filter(|round| {
            let mut callbacks = self.tree.functions_around(at).filter(|&it| {
                let mut entries = self.entries(it).iter();
                entries.any(|entry| entry.site == round.site)
            });
            !callbacks.any(|it| self.ends_itself(round, it, at))
        });
        life
    }

    fn life_of(&self, mut function: FunctionId) -> Life {
        let tree = self.tree;
        let mut life = Life {
            of: Of::Program,
            round: None,
        };
        let mut innermost = None;
        // Each step goes to a caller or outwards.
        for _ in 0..MAX_CALLERS {
            let info = tree.function(function);
            if function == FunctionId(0) || info.kind == FunctionKind::StaticInit {
                life.of = innermost
                    .filter(|&it| !self.runs_once(it))
                    .map_or(Of::Program, Of::Call);
                return life;
            }
            if self.is_mounted(function) || self.is_of_subscriber(function) {
                life.of = Of::Mount(function);
                return life;
            }
            if self.is_component_function(function) {
                life.of = Of::Component(function);
                return life;
            }
            if self.made_end(function).is_some() {
                life.of = match self.runs_once(function) {
                    true => Of::Program,
                    false => Of::Call(function),
                };
                return life;
            }
            let entries = self.entries(function);
            life.round = life.round.or_else(|| {
                entries.iter().copied().find(|entry| {
                    let once = match entry.how {
                        How::Again { ends: true } => !self.event_of(entry.site).is_some_and(|it| it.rounds),
                        How::Again { ends: false } => self.is_beginning(entry.site),
                        _ => true,
                    };
                    !once && !self.is_mounting(entry.site)
                })
            });
            // One instance serves many requests.
            if self.handles_request(function) && !self.runs_once(function) {
                life.of = Of::Call(function);
                return life;
            }
            if let This::Instance(owner) = self.owners.this[function.index()]
                && (self.owners.get(owner).kind != OwnerKind::Object || self.owners.get(owner).is_options)
            {
                life.of = if self.is_singleton(owner) {
                    Of::Program
                } else {
                    Of::Instance(owner)
                };
                return life;
            }
            innermost.get_or_insert(function);
            // A helper belongs to those who call it.
            let caller = entries
                .iter()
                .find(|entry| {
                    entry.how == How::Call
                        && entry.from != FunctionId::NONE
                        && !tree.nests(function, entry.from)
                })
                .map(|entry| entry.from)
                .filter(|_| entries.iter().all(|entry| entry.how == How::Call));
            function = caller.filter(|&it| it != function).unwrap_or(info.parent);
        }
        life.of = innermost.map_or(Of::Program, Of::Call);
        life
    }

    /// `emitter.on('ready', …)`: an event that comes once for most emitters.
    pub(super) fn is_beginning(&self, call: NodeId) -> bool {
        let tree = self.tree;
        tree.is(call, Kind::Call)
            && self.effect(call).is_some_and(|effect| effect.adds.is_some())
            && tree
                .args(call)
                .next()
                .filter(|&arg| tree.is(arg, Kind::Str))
                .is_some_and(|it| {
                    let event = tree.name_text(it);
                    self.apis.named("beginning_events", event)
                        || self.apis.ends_name("beginning_words", event)
                })
    }

    /// A call whose callback a framework runs when a component begins.
    pub fn is_mounting(&self, call: NodeId) -> bool {
        self.tree.is(call, Kind::Call) && self.effect(call).is_some_and(|effect| effect.mounts)
    }

    /// A stream runs the function for each of its subscribers: `new Observable(function)`.
    pub fn is_of_subscriber(&self, function: FunctionId) -> bool {
        let makes_stream = |call: NodeId| {
            matches!(self.tree.kind(call), Kind::Call | Kind::New)
                && self.effect(call).is_some_and(|effect| effect.subscribed)
        };
        let mut entries = self.entries(function).iter();
        entries.any(|it| matches!(it.how, How::Again { .. }) && makes_stream(it.site))
    }

    /// `useEffect(function)`, `onMount(function)`, `<div ref={function}>`
    fn is_mounted(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let is_ref = |property: NodeId| {
            tree.is(property, Kind::Property)
                && self.named("element_refs", tree.name_of(property))
                && (tree.is(tree.parent(property), Kind::Jsx) || self.is_element_made(tree.parent(property)))
        };
        let mut entries = self.entries(function).iter();
        entries.any(|it| {
            let runs = matches!(it.how, How::Again { .. } | How::Later);
            runs && self.is_mounting(it.site) || is_ref(it.site)
        })
    }

    /// `createElement('div', props)`
    fn is_element_made(&self, props: NodeId) -> bool {
        let tree = self.tree;
        let call = tree.parent(props);
        let named = |it: NodeId| self.named("element_makers", tree.name_of(it));
        tree.is(call, Kind::Call) && self.called_name(call).is_some_and(named)
    }

    /// The function calls hooks, so it is a component or a hook itself.
    pub fn is_component_function(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let hooks = |call: NodeId| {
            let callee = tree.callee(call);
            tree.is(call, Kind::Call)
                && matches!(tree.kind(callee), Kind::Ident | Kind::Member | Kind::Sequence)
                && self
                    .effect(call)
                    .is_some_and(|effect| effect.mounts || effect.unmounts || effect.hook)
        };
        self.tree.function(function).kind == FunctionKind::Setup
            || self.is_setup(function)
            || self.is_linked(function)
            || self.calls_in(function).iter().any(|&call| hooks(call))
    }

    /// What AngularJS runs for each element of a directive: `link: (scope, element, attrs) => {…}`.
    /// Source: https://docs.angularjs.org/api/ng/service/$compile#-link-
    pub fn is_linked(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let mut params = tree.params(function).map(|param| tree.child(param, 0));
        let mut named = |list: &'static str| {
            let param = params.next().filter(|&it| tree.is(it, Kind::Binding));
            param.is_some_and(|it| self.named(list, tree.name_of(it)))
        };
        named("scope_names") && (named("linked_elements") || self.is_link(tree.function(function).node))
    }

    /// `link: f`, `link: { post: f }`
    fn is_link(&self, function: NodeId) -> bool {
        let tree = self.tree;
        let property = tree.parent(function);
        let named = |at: NodeId, name: &str| tree.is(at, Kind::Property) && tree.name_text(at) == name;
        let outer = || tree.parent(tree.parent(property));
        named(property, "link")
            || (named(property, "post") || named(property, "pre")) && named(outer(), "link")
    }

    /// The `setup` of an object of options: `defineComponent({ props: …, setup(props) {…} })`.
    fn is_setup(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let info = tree.function(function);
        if !self.named("setup_methods", info.name) || info.kind != FunctionKind::Method {
            return false;
        }
        let object = tree.parent(tree.parent(info.node));
        let handed = matches!(tree.kind(tree.parent(object)), Kind::Call | Kind::ExportDefault);
        let mut properties = tree.children(object).filter(|&it| tree.is(it, Kind::Property));
        tree.is(object, Kind::Object)
            && handed
            && properties.any(|it| self.named("component_options", tree.name_of(it)))
    }

    /// The kind of component that instances of the owner are.
    pub fn component(&self, owner: OwnerId) -> Option<&'a Component> {
        let components = self.components.get_or_init(|| {
            let owners = self.owners.ids();
            owners.map(|owner| self.find_component(owner)).collect()
        });
        components[owner.index()]
    }

    /// A method that a framework runs at the beginning of each of its components.
    pub fn is_hook(&self, property: NodeId) -> bool {
        let owner = self.owners.at(self.tree.parent(property));
        let component = owner.and_then(|it| self.component(it));
        component.is_some_and(|it| {
            it.methods
                .iter()
                .any(|name| name == self.tree.name_text(property))
        })
    }

    fn find_component(&self, owner: OwnerId) -> Option<&'a Component> {
        let tree = self.tree;
        let info = self.owners.get(owner);
        let named = |words: &[String], name: &str| words.iter().any(|word| word == name);
        let path = || {
            let mut at = owner;
            for _ in 0..8 {
                let superclass = self.owners.get(at).superclass?;
                if let Some(path) = self.api_path(superclass) {
                    return Some(path);
                }
                at = self.superclass(at)?;
            }
            None
        };
        let path = path();
        let mut members = info.members.iter();
        let has_hooks = members.any(|member| self.word(member.name).may(Word::HOOK));
        let mut components = self.apis.components().iter();
        let known = components.clone().find(|component| {
            path.as_ref().is_some_and(|path| named(&component.class, path))
                || info.is_options && named(&component.given_to, given_to(tree, info.node))
                || has_hooks
                    && (component.groups.is_empty() || self.may_be_options(owner))
                    && info.members.iter().any(|member| {
                        // `get destroyed()` and `destroyed = false` are no hooks.
                        member.function.is_some()
                            && !tree.has(member.node, flag::GETTER)
                            && named(&component.methods, tree.text(member.name))
                    })
                || self
                    .decorators(owner)
                    .any(|name| named(&component.decorators, name))
        });
        // Options without any of its methods.
        known.or_else(|| components.find(|it| info.is_options && !it.groups.is_empty()))
    }

    /// An object of options, or a class that is made one: `@Component class View extends Vue`.
    fn may_be_options(&self, owner: OwnerId) -> bool {
        let tree = self.tree;
        let info = self.owners.get(owner);
        let of_base = |base: NodeId| {
            tree.is(base, Kind::Call) || self.apis.ends_name("option_bases", tree.name_text(base))
        };
        !tree.is(info.node, Kind::Class)
            || self.decorators(owner).next().is_some()
            || info.superclass.is_some_and(of_base)
    }

    /// An object of Vue's options that takes methods and hooks from others.
    pub(super) fn is_mixed(&self, owner: OwnerId) -> bool {
        let info = self.owners.get(owner);
        let mut members = info.members.iter();
        let of_vue = self.component(owner).is_some_and(|it| !it.groups.is_empty());
        info.is_options && of_vue && members.any(|it| self.named("mixing_options", it.name))
    }

    /// Names of the decorators of a class.
    fn decorators(&self, owner: OwnerId) -> impl Iterator<Item = &str> {
        let tree = self.tree;
        let node = self.owners.get(owner).node;
        tree.children(node)
            .filter(|&child| tree.is(child, Kind::Decorator))
            .filter_map(|decorator| {
                let inner = tree.child(decorator, 0);
                let name = match tree.kind(inner) {
                    Kind::Call => tree.callee(inner),
                    _ => inner,
                };
                matches!(tree.kind(name), Kind::Ident | Kind::Member).then(|| tree.name_text(name))
            })
    }

    /// A program has one instance of it, by its decorators, its name, or by what it registers, which is refused twice.
    pub fn is_one_of_a_kind(&self, owner: OwnerId) -> bool {
        let tree = self.tree;
        let info = self.owners.get(owner);
        let name = tree.text(info.name);
        // `TheHeader`: Vue's style guide has this for components that a page has once.
        let options = || {
            let mut properties = tree.children(info.node).filter(|&it| tree.is(it, Kind::Property));
            let value = properties
                .find(|&it| tree.name_text(it) == "name")
                .map(|it| tree.value(it));
            value
                .filter(|&it| tree.is(it, Kind::Str))
                .map(|it| tree.name_text(it))
        };
        let called = if info.is_options {
            options().unwrap_or(name)
        } else {
            name
        };
        let after = called.strip_prefix("The").and_then(|it| it.chars().next());
        let exclusive = |&call: &NodeId| {
            tree.contains(info.node, call)
                && tree.args(call).next().is_some_and(|it| tree.is(it, Kind::Str))
                && self.effect(call).is_some_and(|it| it.exclusive)
        };
        let name = name.to_lowercase();
        let name = name.strip_suffix("component").unwrap_or(&name);
        after.is_some_and(|it| it.is_ascii_uppercase())
            || self.apis.named("singleton_words", name)
            // What Angular's compiler makes of `@Injectable()`
            || info.members.iter().any(|it| it.is_static && tree.text(it.name) == "ɵprov")
            || self.index.calls.iter().any(exclusive)
            || self
                .decorators(owner)
                .any(|it| self.apis.named("singleton_decorators", it))
    }

    /// The node stands in a function that a server runs for each request: its parameters are a request and a response.
    pub fn is_in_request_handler(&self, node: NodeId) -> bool {
        let mut around = self.tree.functions_around(node);
        around.any(|it| self.handles_request(it))
    }

    /// `(req, res) => …`
    pub(super) fn handles_request(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let params = tree.params(function).map(|param| tree.child(param, 0)).take(2);
        let named = |it: &NodeId| {
            tree.is(*it, Kind::Binding) && self.apis.named("request_names", tree.name_text(*it))
        };
        params.filter(named).count() == 2 && !self.is_constructor(function)
    }

    /// An interval that an instance starts for itself, and that its base class knows nothing of. Whoever lets the process
    /// end in spite of an interval (`unref`) knows that it goes on until then.
    pub fn ticks_for_instance(&self, resource: &Resource, owner: OwnerId) -> bool {
        let tree = self.tree;
        let again = |effect: &Effect| effect.timer && effect.runs == Some(Runs::Again);
        if resource.kind.ends || !self.effect(resource.at).is_some_and(again) || self.is_program(owner) {
            return false;
        }
        let held = self.held_at(resource.at);
        let of_base = held.is_some() && self.owners.get(owner).superclass.is_some();
        let lets_end =
            |node: NodeId| tree.is(node, Kind::Member) && self.named("detaching_methods", tree.name_of(node));
        let detached = held.is_some_and(|place| {
            let uses = self.uses_near(&place);
            uses.iter()
                .any(|it| matches!(it.op, uses::Op::Method { name } if self.named("detaching_methods", name)))
        });
        !of_base && !detached && !lets_end(tree.parent(resource.at))
    }

    /// By its name, it is the program, or its framework makes one of it.
    pub fn is_program(&self, owner: OwnerId) -> bool {
        let name = self.tree.text(self.owners.get(owner).name);
        self.apis.has_word("program_classes", name)
    }

    /// An instance is put where another one was, or where nothing is left behind later: instances come and go.
    pub fn is_replaced(&self, owner: OwnerId) -> bool {
        let tree = self.tree;
        let news: Vec<NodeId> = self.news_of(owner).collect();
        let mut stores = news.iter().filter_map(|&new| {
            let store = tree.parent(new);
            let stored = tree.is(store, Kind::Assign) && tree.child(store, 1) == new;
            stored.then(|| self.place(tree.child(store, 0))).flatten()
        });
        stores.any(|place| {
            let values = self.values_at(&place);
            let mut later = values.iter().filter(|it| !self.is_first(it.0, &place));
            let emptied = later.clone().any(|it| it.1.is_some_and(|it| tree.is_nullish(it)));
            emptied && later.any(|it| it.1.is_some_and(|it| news.contains(&it)))
        })
    }

    /// What ends the life.
    pub fn end(&self, life: &Life) -> End<'_> {
        match life.of {
            Of::Instance(owner) => {
                if let Some(component) = self.component(owner) {
                    return End::Framework(component);
                }
                let mut at = owner;
                for _ in 0..8 {
                    let members = &self.owners.get(at).members;
                    let mut ends = members.iter().filter(|member| {
                        self.named("teardown_methods", member.name)
                            && member.function.is_some_and(|it| !self.ends_one_of_many(it))
                    });
                    // `shutdown` rather than `close`, which `open` undoes.
                    let for_good = ends.clone().find(|it| !self.is_begun_again(at, it.node));
                    if let Some(member) = for_good.or_else(|| ends.next()) {
                        return End::Method(member.node);
                    }
                    match self.superclass(at) {
                        Some(up) => at = up,
                        None => break,
                    }
                }
                // `extends Disposable`, which has the end.
                let base = self.owners.get(at).superclass;
                base.filter(|_| self.is_disposable(at))
                    .map_or(End::None, End::Method)
            }
            Of::Component(_) | Of::Mount(_) => End::Cleanup,
            Of::Call(function) => self.made_end(function).map_or(End::None, End::Method),
            Of::Program => End::None,
        }
    }

    /// `destroy(id)`: the end of something that the instance keeps, not its own.
    fn ends_one_of_many(&self, method: FunctionId) -> bool {
        let tree = self.tree;
        let first = tree.params(method).next().map(|param| tree.child(param, 0));
        first
            .filter(|&it| tree.is(it, Kind::Binding))
            .is_some_and(|it| self.apis.ends_name("key_suffixes", tree.name_text(it)))
    }

    /// Of a class that has its end from a base: `extends Disposable`.
    pub fn is_disposable(&self, owner: OwnerId) -> bool {
        let base = self.owners.get(owner).superclass;
        base.is_some_and(|it| {
            matches!(self.tree.kind(it), Kind::Ident | Kind::Member)
                && self.named("disposable_bases", self.tree.name_of(it))
        })
    }

    /// The ends of what a function makes, by what it returns: `{ destroy() {…} }`, `() => clearInterval(timer)`; or by
    /// what it gives the object that it makes. Each with the node that shows it.
    pub(super) fn made_ends(&self, function: FunctionId) -> Vec<(NodeId, FunctionId)> {
        let tree = self.tree;
        let mut found = Vec::new();
        for &ret in self.index.returns_of(function) {
            let value = tree.child(ret, 0);
            if self.is_cleanup(value)
                && let Some(&cleanup) = self.functions(value).first()
            {
                found.push((tree.function(cleanup).node, cleanup));
            }
            if let Some((owner, _)) = self.owner(value) {
                let owner = self.owners.get(owner);
                let made_here = owner.kind == OwnerKind::Object && tree.function_of(owner.node) == function;
                let ends = owner
                    .members
                    .iter()
                    .filter(|it| made_here && self.named("end_methods", it.name));
                found.extend(ends.filter_map(|it| Some((it.node, *self.functions(it.value).first()?))));
            }
        }
        let returned = self.returned_methods(function).into_iter();
        let returned = returned.filter(|&it| self.named("end_methods", tree.name_of(it)));
        found.extend(returned.filter_map(|it| Some((it, *self.functions(tree.value(it)).first()?))));
        for given in self.given_ends(function) {
            let values = self.functions(tree.child(tree.parent(given), 1));
            found.extend(values.into_iter().map(|value| (given, value)));
        }
        found
    }

    /// What certainly ends what a function makes; a method called `reset` alone does not.
    fn made_end(&self, function: FunctionId) -> Option<NodeId> {
        let tree = self.tree;
        let is_end = |node: &NodeId| match tree.kind(*node) {
            Kind::Function => true,
            _ => self.named("teardown_methods", tree.name_of(*node)),
        };
        self.made_ends(function).into_iter().map(|it| it.0).find(is_end)
    }

    /// The methods named like ends that a function, which is no class otherwise, gives to the object that it makes:
    /// `var self = this; self.destroy = destroy`, `var api = {}; api.close = function …; return api`.
    fn given_ends(&self, function: FunctionId) -> impl Iterator<Item = NodeId> {
        let given = self.given_ends.get_or_init(|| {
            let tree = self.tree;
            let mut found: FxHashMap<FunctionId, Vec<NodeId>> = FxHashMap::default();
            let lists = ["teardown_methods", "end_methods"];
            let mut names: Vec<_> = lists.iter().flat_map(|list| self.apis.words(list)).collect();
            names.sort();
            names.dedup();
            let writes = names
                .into_iter()
                .filter_map(|name| self.index.member_writes.get(&tree.name(name)?))
                .flatten();
            for &write in writes {
                let (target, value) = (tree.child(write, 0), tree.child(write, 1));
                let object = tree.child(target, 0);
                let binding = tree.variable(object);
                let made = match tree.kind(object) {
                    Kind::This => Some(object),
                    _ => binding
                        .and_then(|it| self.index.only_value(tree, it))
                        .map(|it| it.0),
                };
                let function = tree.function_of(write);
                let is_this = |it: NodeId| {
                    tree.is(it, Kind::This) && self.owners.this[function.index()] == This::Unknown
                };
                let is_returned = |it: NodeId| {
                    let returns = self.index.returns_of(function).iter();
                    let mut returned = returns.map(|&it| tree.variable(tree.child(it, 0)));
                    tree.is(it, Kind::Object)
                        && self.always_reaches(write)
                        && returned.any(|it| it.is_some() && it == binding)
                };
                let own = made
                    .is_some_and(|it| tree.function_of(it) == function && (is_this(it) || is_returned(it)))
                    && tree.function(function).kind == FunctionKind::Plain
                    && self
                        .functions(value)
                        .iter()
                        .any(|&it| tree.function(it).parent == function);
                if own {
                    found.entry(function).or_default().push(target);
                }
            }
            found
        });
        given.get(&function).into_iter().flatten().copied()
    }

    /// The methods of objects that a function makes and returns.
    fn returned_methods(&self, function: FunctionId) -> Vec<NodeId> {
        let mut found = Vec::new();
        for &ret in self.index.returns_of(function) {
            let value = self.tree.child(ret, 0);
            self.methods_made(value, function, MAX_DEPTH, &mut found);
        }
        found
    }

    /// The methods of the object that an expression makes, by itself, by a variable, or of others: `Object.assign(…)`.
    fn methods_made(&self, node: NodeId, function: FunctionId, depth: u32, found: &mut Vec<NodeId>) {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Object => {
                let properties = tree.children(node).filter(|&it| tree.is(it, Kind::Property));
                found.extend(properties.filter(|&it| {
                    let value = tree.value(it);
                    matches!(tree.kind(value), Kind::Function | Kind::Ident)
                        && self
                            .functions(value)
                            .iter()
                            .any(|&it| tree.function(it).parent == function)
                }));
            }
            Kind::Ident if depth > 0 => {
                let value = tree
                    .binding_of(node)
                    .filter(|&it| tree.declared_in(it) == function)
                    .and_then(|it| self.index.only_value(tree, it));
                if let Some((value, path)) = value
                    && path.is_empty()
                {
                    self.methods_made(value, function, depth - 1, found);
                }
            }
            Kind::Call if depth > 0 => {
                for arg in tree.args(node) {
                    self.methods_made(arg, function, depth - 1, found);
                }
            }
            _ => {}
        }
    }

    /// What this method ends can be begun again by its counterpart, so what the constructor acquired has to stay.
    pub fn is_begun_again(&self, owner: OwnerId, end: NodeId) -> bool {
        let end = self.tree.name_text(end);
        self.counterparts()
            .any(|(ends, begins)| ends == end && self.has_method(owner, begins))
    }

    /// The names of methods of which the first ends what the second begins.
    fn counterparts(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.apis.words("counterparts").iter();
        pairs.filter_map(|it| it.split_once(' '))
    }

    fn has_method(&self, owner: OwnerId, name: &str) -> bool {
        let mut members = self.owners.get(owner).members.iter();
        members.any(|it| it.function.is_some() && self.tree.text(it.name) == name)
    }

    /// A method that begins what another one ends, by their names, acquires it on what the instance has from its
    /// beginning: `start() { this.client.on('paused', …) }`, where there is a `stop`.
    pub fn is_started_again(&self, resource: &Resource, owner: OwnerId) -> bool {
        let Some(method) = self.method_around(resource.at, owner) else {
            return false;
        };
        let name = self.tree.text(self.tree.function(method).name);
        let target = resource.target.and_then(|it| self.place(it));
        self.counterparts()
            .any(|(ends, begins)| begins == name && self.has_method(owner, ends))
            && target.is_some_and(|it| {
                it.root == Root::Instance(owner) && it.path.segs().len() == 1 && self.is_made_at_first(&it)
            })
    }

    /// The methods of the owner that undo what this method does, by their names: `addKeys` and `removeKeys`.
    pub(super) fn opposites(&self, owner: OwnerId, method: FunctionId) -> Vec<FunctionId> {
        let tree = self.tree;
        let members = &self.owners.get(owner).members;
        let pairs = self.apis.words("opposites").iter();
        let pairs: Vec<_> = pairs.filter_map(|pair| pair.split_once(' ')).collect();
        let undone = |does: &str, undoes: &str| {
            pairs.iter().any(|(a, b)| {
                let rest = does.strip_prefix(a);
                rest.is_some() && rest == undoes.strip_prefix(b)
            })
        };
        // `prototype.on = prototype.subscribe = function …`
        let own = members.iter().filter(|it| it.function == Some(method));
        let own: Vec<&str> = own.map(|it| tree.text(it.name)).collect();
        let is_opposite = |name: &str| own.iter().any(|does| undone(does, name));
        let opposites = members.iter().filter(|it| is_opposite(tree.text(it.name)));
        opposites.filter_map(|it| it.function).collect()
    }

    /// The method of the owner, apart from its constructor, in which the node stands.
    pub(super) fn method_around(&self, node: NodeId, owner: OwnerId) -> Option<FunctionId> {
        let is_method = |it: &FunctionId| {
            let members = &self.owners.get(owner).members;
            members
                .iter()
                .any(|member| member.function == Some(*it) && !member.is_static)
        };
        let method = self.tree.functions_around(node).find(is_method)?;
        let of_owner = self.owners.this[method.index()] == This::Instance(owner);
        (of_owner && !self.is_constructor(method)).then_some(method)
    }

    /// The instance, or a field of it that is only set at its beginning.
    pub(super) fn is_made_at_first(&self, place: &Place) -> bool {
        let values = self.values_at(place);
        place.path.is_empty() || !values.is_empty() && values.iter().all(|it| self.is_first(it.0, place))
    }

    /// Functions that run at the end of the life.
    pub(super) fn teardowns(&self, life: &Life) -> FxHashSet<FunctionId> {
        let tree = self.tree;
        let mut found = FxHashSet::default();
        match life.of {
            Of::Instance(owner) => {
                let component = self.component(owner);
                let base = self.owners.base(owner);
                let by_base = component.is_some_and(|it| self.is_ended_by_base(owner, it));
                let ends = |name: &str| match component {
                    Some(component) => {
                        component.ends_by(name)
                            || by_base
                                && (self.apis.named("end_methods", name)
                                    || self.apis.mentions("unmounting_words", name))
                    }
                    None => self.apis.named("end_methods", name) || self.apis.named("teardown_methods", name),
                };
                for id in self.owners.ids().filter(|&id| self.owners.base(id) == base) {
                    let members = self.owners.get(id).members.iter();
                    found.extend(
                        members
                            .filter(|member| ends(tree.text(member.name)))
                            .filter_map(|member| member.function),
                    );
                }
                let events = component.map_or(&[][..], |it| &it.end_events);
                if !events.is_empty() {
                    found.extend(self.called_back_for(events));
                }
            }
            Of::Component(function) => {
                self.cleanups_in(function, &mut found);
                if self.is_linked(function) {
                    found.extend(self.called_back_for(self.apis.words("linked_end_events")));
                }
            }
            Of::Mount(function) => {
                if !self.is_ignored_by_framework(function) {
                    self.returned_functions(function, &mut found);
                }
                self.added_to_subscriber(function, &mut found);
                let mut up = tree.function(function).parent;
                while up != FunctionId(0) && up != FunctionId::NONE {
                    self.cleanups_in(up, &mut found);
                    up = tree.function(up).parent;
                }
            }
            Of::Call(function) => found.extend(self.made_ends(function).iter().map(|it| it.1)),
            Of::Program => {}
        }
        found
    }

    /// A component without a hook for its end, whose base class out of sight has that, and tells it by a method.
    fn is_ended_by_base(&self, owner: OwnerId, component: &Component) -> bool {
        let tree = self.tree;
        let mut at = owner;
        for _ in 0..8 {
            let info = self.owners.get(at);
            if info
                .members
                .iter()
                .any(|it| component.ends_by(tree.text(it.name)))
            {
                return false;
            }
            let Some(base) = info.superclass else { return false };
            match self.superclass(at) {
                Some(up) => at = up,
                None => {
                    let path = self.api_path(base);
                    return !path.is_some_and(|path| component.class.contains(&path));
                }
            }
        }
        false
    }

    /// `this.$once('hook:beforeDestroy', function)`, `scope.$on('$destroy', function)`
    fn called_back_for(&self, events: &[String]) -> impl Iterator<Item = FunctionId> {
        let tree = self.tree;
        let is_one =
            move |arg: NodeId| tree.is(arg, Kind::Str) && events.iter().any(|it| it == tree.name_text(arg));
        let calls = self.calls_that(Word::ADDS);
        let listening = calls.filter(move |&call| tree.args(call).next().is_some_and(is_one));
        listening.flat_map(|call| tree.args(call).flat_map(|arg| self.functions(arg)))
    }

    /// `new Observable(subscriber => subscriber.add(function))`
    fn added_to_subscriber(&self, function: FunctionId, found: &mut FxHashSet<FunctionId>) {
        let tree = self.tree;
        let Some(subscriber) = self.plain_params(function).next() else {
            return;
        };
        let members = tree.references(subscriber).iter().map(|&it| tree.parent(it));
        let adds = members.filter(|&it| tree.is(it, Kind::Member) && tree.name_text(it) == "add");
        let called = adds.map(|it| tree.parent(it));
        for call in called.filter(|&it| tree.is(it, Kind::Call)) {
            found.extend(tree.args(call).flat_map(|arg| self.functions(arg)));
        }
    }

    /// The functions that hooks called in this function run at its end.
    fn cleanups_in(&self, function: FunctionId, found: &mut FxHashSet<FunctionId>) {
        for &call in self.calls_in(function) {
            let Some(effect) = self.effect(call).filter(|it| it.mounts || it.unmounts) else {
                continue;
            };
            for callback in self.tree.args(call).flat_map(|arg| self.functions(arg)) {
                if effect.unmounts {
                    found.insert(callback);
                }
                if effect.cleans {
                    self.returned_functions(callback, found);
                }
            }
        }
    }

    pub(super) fn returned_functions(&self, function: FunctionId, found: &mut FxHashSet<FunctionId>) {
        for &ret in self.index.returns_of(function) {
            found.extend(self.functions(self.tree.child(ret, 0)));
        }
    }

    /// The node's code is reached when the life ends.
    pub fn runs_at_end(&self, node: NodeId, life: &Life) -> bool {
        let teardowns = self.teardowns(life);
        let leading = self.leading_to(node, FunctionId::NONE);
        leading.iter().any(|it| teardowns.contains(it))
    }

    /// The same, or code out of sight could reach it then; ways through one function do not count.
    pub fn may_run_at_end(&self, node: NodeId, life: &Life, without: FunctionId) -> bool {
        let teardowns = self.teardowns(life);
        self.leading_to(node, without)
            .iter()
            .any(|&it| self.is_teardown(it, &teardowns) || self.is_called_out_of_sight(it, life))
    }

    /// One of the functions, or one that runs when they close a socket: `socket.onclose = function`.
    fn is_teardown(&self, function: FunctionId, teardowns: &FxHashSet<FunctionId>) -> bool {
        let tree = self.tree;
        if teardowns.contains(&function) {
            return true;
        }
        let store = tree.parent(tree.function(function).node).some();
        let handler = store
            .filter(|&it| tree.is(it, Kind::Assign))
            .map(|it| tree.child(it, 0));
        let handler = handler.filter(|&it| tree.is(it, Kind::Member) && tree.name_text(it) == "onclose");
        let Some(socket) = handler.and_then(|it| self.place(tree.child(it, 0))) else {
            return false;
        };
        self.uses_near(&socket).iter().any(|it| {
            it.path == socket.path
                && matches!(it.op, uses::Op::Method { name } if tree.text(name) == "close")
                && teardowns.contains(&tree.function_of(it.node))
        })
    }

    /// The functions that a run of this node's code may begin with, apart from what leads through one of them.
    pub fn leading_to(&self, node: NodeId, without: FunctionId) -> Vec<FunctionId> {
        let mut seen = vec![self.tree.function_of(node)];
        seen.retain(|&it| it != without);
        let mut at = 0;
        while let Some(&function) = seen.get(at) {
            at += 1;
            if self.is_handler(function) {
                continue;
            }
            for entry in self.entries(function) {
                let goes_on = entry.from != FunctionId::NONE && seen.len() < MAX_CALLERS;
                let called = matches!(entry.how, How::Call | How::Escapes | How::Later)
                    && !self.is_handed_with_all(entry, function)
                    && !self.starts_again_behind(entry.site, without);
                if goes_on && called && entry.from != without && !seen.contains(&entry.from) {
                    seen.push(entry.from);
                }
            }
        }
        seen
    }

    /// A constructor runs this code, as it stands or through methods that it calls.
    pub fn is_within_constructor(&self, node: NodeId) -> bool {
        let leading = self.leading_to(node, FunctionId::NONE);
        leading.into_iter().any(|it| self.is_constructor(it))
    }

    /// This code stands in a function that only constructors call.
    pub fn is_called_by_constructors(&self, node: NodeId) -> bool {
        let calls = self.calls_of(self.tree.function_of(node));
        !calls.is_empty()
            && calls
                .iter()
                .all(|&it| self.is_constructor(self.tree.function_of(it)))
    }

    /// By which a thread hears of whoever started it.
    pub fn is_parent_port(&self, node: NodeId) -> bool {
        self.api_path(node)
            .is_some_and(|it| it == "worker_threads.parentPort")
    }

    /// A message of whoever started this thread or process: most of what it tells to do, it tells once.
    pub fn is_from_parent(&self, entry: &Entry) -> bool {
        let tree = self.tree;
        let callee = tree.is(entry.site, Kind::Call).then(|| tree.callee(entry.site));
        let sender = callee.filter(|&it| tree.is(it, Kind::Member));
        let sender = sender.and_then(|it| self.api_path(tree.child(it, 0)));
        let event = tree.args(entry.site).next();
        sender.is_some_and(|it| self.apis.named("parents", &it))
            && event.is_some_and(|it| tree.name_text(it) == "message")
    }

    /// `this.stop(); this.start();`: behind the call, at the latest, the function runs.
    fn starts_again_behind(&self, call: NodeId, function: FunctionId) -> bool {
        let tree = self.tree;
        let block = tree.block_of(call);
        function != FunctionId::NONE
            && self
                .calls_of(function)
                .iter()
                .any(|&it| it > call && tree.block_of(it) == block)
    }

    /// Somebody else has the function, and may call it at any time.
    fn is_called_out_of_sight(&self, function: FunctionId, life: &Life) -> bool {
        let entries = self.entries(function);
        let node = self.tree.function(function).node;
        if self.is_handler(function) {
            return false;
        }
        entries.is_empty()
            || entries.iter().any(|entry| match entry.how {
                How::Escapes => {
                    !self.takes_handler(entry.site, node)
                        && !self.is_handed_with_all(entry, function)
                        && !self.is_for_template(entry.site)
                }
                How::Exported => true,
                // What a framework's callback returns, nobody calls, unless that cleans up.
                How::Returned => !self.is_ignored_by_framework(entry.from),
                How::Method => !matches!(life.of, Of::Instance(owner) if self.component(owner).is_some()),
                _ => false,
            })
    }

    /// A part of what the `setup` of a component returns, which is there for its template.
    fn is_for_template(&self, site: NodeId) -> bool {
        self.tree.is_returned(site) && self.is_setup(self.tree.function_of(site))
    }

    /// A method of a component that is an object, which a framework gets as a whole: `createClass({ stop() {…} })`.
    fn is_handed_with_all(&self, entry: &Entry, function: FunctionId) -> bool {
        let node = self.tree.function(function).node;
        let property = self.tree.parent(node);
        let owner = self.owners.at(self.tree.parent(property));
        entry.how == How::Escapes
            && self.tree.contains(entry.site, node)
            && self.tree.is(property, Kind::Property)
            && owner.is_some_and(|it| self.component(it).is_some())
    }

    /// `{ onClick: function }`, `useUpdateEffect(function)`: runs on an event, which the end of a component is not.
    fn is_handler(&self, function: FunctionId) -> bool {
        let node = self.tree.function(function).node;
        function != FunctionId(0) && self.takes_handler(self.tree.parent(node), node)
    }

    /// The property or call takes a function, `value`, for a handler of events.
    fn takes_handler(&self, at: NodeId, value: NodeId) -> bool {
        let tree = self.tree;
        let (name, list) = match tree.kind(at) {
            Kind::Property if tree.is(tree.parent(at), Kind::Object) => (tree.name_text(at), "handler_words"),
            Kind::Call if tree.callee(at) != value && self.effect(at).is_none() => {
                match tree.kind(tree.callee(at)) {
                    Kind::Ident | Kind::Member => (tree.name_text(tree.callee(at)), "hook_words"),
                    _ => return false,
                }
            }
            _ => return false,
        };
        self.apis.begins_with(list, name) && !self.apis.mentions("unmounting_words", name)
    }

    /// The release never runs: it stands in a function that a framework's callback returns to nobody, in a hook whose name
    /// is misspelt, or behind a test of a property that nothing sets.
    pub fn never_runs(&self, release: NodeId) -> bool {
        let entries = self.entries(self.tree.function_of(release));
        let returned = |entry: &Entry| entry.how == How::Returned && self.is_ignored_by_framework(entry.from);
        !entries.is_empty() && entries.iter().all(returned)
            || self.is_in_misspelt_hook(release)
            || self.is_behind_unset(release)
    }

    /// `UNSAFE_componentWillUnmount() {…}`, `beforeDestory() {…}`, which nothing calls.
    fn is_in_misspelt_hook(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function_of(node);
        let This::Instance(owner) = self.owners.this[function.index()] else {
            return false;
        };
        let Some(component) = self.component(owner) else {
            return false;
        };
        let name = tree.text(tree.function(function).name);
        let info = self.owners.get(owner);
        let is_hook = |name: &str| {
            component
                .methods
                .iter()
                .chain(&component.teardown)
                .any(|it| it == name)
        };
        info.members.iter().any(|it| it.function == Some(function))
            && self.entries(function).iter().all(|it| it.how == How::Method)
            && !is_hook(name)
            && !self.is_ended_by_base(owner, component)
            && !self.apis.named("end_methods", name)
            && component.teardown.iter().any(|hook| is_misspelt(name, hook))
    }

    /// `if (this.observer) this._observer.disconnect()`, where no code of the file sets the former.
    fn is_behind_unset(&self, release: NodeId) -> bool {
        let tree = self.tree;
        let callee = tree.callee(release);
        let object = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let Some(kept) = object.filter(|&it| tree.is(it, Kind::Member)) else {
            return false;
        };
        let plain = |node: NodeId| tree.name_text(node).replace(['_', '$', '#'], "").to_lowercase();
        let unset = |test: NodeId| {
            tree.is(test, Kind::Member)
                && tree.is(tree.child(test, 0), Kind::This)
                && tree.name_of(test) != tree.name_of(kept)
                && plain(test) == plain(kept)
                && !self.word(tree.name_of(test)).may(Word::DEFINED)
        };
        let function = tree.function(tree.function_of(release)).node;
        let mut around = tree.ancestors(release).take_while(|&up| up != function);
        around.any(|up| {
            let test = tree.child(up, 0);
            let tests = match tree.kind(up) {
                Kind::If => tree.contains(tree.child(up, 1), release),
                Kind::Logical => tree[up].op == Op::And && !tree.contains(test, release),
                _ => false,
            };
            tests && conjuncts(tree, test).into_iter().any(unset)
        })
    }

    /// The function begins a component, and what it returns is thrown away.
    fn is_ignored_by_framework(&self, function: FunctionId) -> bool {
        let entries = self.entries(function);
        let ignored = |call: NodeId| {
            self.tree.is(call, Kind::Call) && self.effect(call).is_some_and(|it| it.mounts && !it.cleans)
        };
        !entries.is_empty() && entries.iter().all(|entry| ignored(entry.site))
    }
}

/// `a`, `b` and `c` of `a && b && c`.
fn conjuncts(tree: &Tree, test: NodeId) -> Vec<NodeId> {
    match tree.kind(test) {
        Kind::Logical if tree[test].op == Op::And => {
            tree.children(test).flat_map(|it| conjuncts(tree, it)).collect()
        }
        _ => vec![test],
    }
}

/// Another name, which only a mistake, or a prefix of the framework's for other hooks, makes of the hook's.
fn is_misspelt(name: &str, hook: &str) -> bool {
    /// Shorter ones are too near to other words.
    const MIN_LENGTH: usize = 9;
    let (name, hook) = (name.to_lowercase(), hook.to_lowercase());
    let prefixed = name.strip_suffix(&hook).is_some_and(|it| it.ends_with('_'));
    hook.len() >= MIN_LENGTH && (prefixed || strsim::damerau_levenshtein(&name, &hook) <= 2)
}
