//! Listeners that pile up with each call: alternatives of which one stays, and those on an emitter that is lent.

use crate::apis::Word;
use crate::syntax::tree::{BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId};

use super::super::Model;
use super::super::place::{Place, Root};
use super::super::repeat::{Level, Why};
use super::super::resources::{Fate, Resource};
use super::super::uses::Op;
use super::Event;

/// What serves many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lent {
    Connection,
    Server,
}

impl Model<'_> {
    /// The other of two one-shot listeners that one call adds for one outcome or the other, where neither removes
    /// the other. The given one is for the failure.
    pub fn left_twin<'m>(&'m self, resource: &Resource) -> Option<&'m Resource<'m>> {
        let tree = self.tree;
        let one_shot = |it: &Resource| {
            let listener = it.listener.as_ref().filter(|it| it.once && !it.hidden)?;
            let settles = self.settler(listener.callback).map(|position| position > 0);
            let event = match listener.event {
                Event::Named(event) => event,
                // Whatever the event is, its function tells which outcome it stands for.
                _ => return settles,
            };
            let fails = settles.unwrap_or_else(|| self.named("failure_events", event));
            // What is over goes with all of its listeners.
            let ends = self.apis.event(None, tree.text(event)).is_some_and(|it| it.ends);
            (fails || !ends).then_some(fails)
        };
        if one_shot(resource) != Some(true) {
            return None;
        }
        let target = self.place(resource.target?)?;
        let function = tree.function_of(resource.at);
        let promise = self.promise_around(resource.at);
        let outlives = |target: &Place| match promise {
            Some(made) => self.outlives_work(target, made),
            None => self.outlives_calls(target, resource.at),
        };
        if !outlives(&target) {
            return None;
        }
        // Two emitters may have one promise between them.
        let on_one_of = |it: &Resource| {
            let other = it.target.and_then(|it| self.place(it));
            let settles = it.listener.as_ref().and_then(|it| self.settler(it.callback));
            other.is_some_and(|it| it == target || promise.is_some() && settles.is_some() && outlives(&it))
        };
        let left = |it: &Resource| {
            let (Some(listener), Some(target)) = (&it.listener, it.target) else {
                return false;
            };
            self.taken_off(listener, target).is_none()
        };
        // A connection begins once, and ends later.
        let is_one_of = |it: &Resource, list: &str| {
            let event = it.listener.as_ref().and_then(|it| self.event_text(it.event));
            event.is_some_and(|it| self.apis.named(list, it))
        };
        let ends = is_one_of(resource, "connection_ends");
        let begins = |it: &Resource| ends && is_one_of(it, "connection_events");
        self.resources()
            .find(|it| {
                tree.function_of(it.at) == function
                    && one_shot(it) == Some(false)
                    && on_one_of(it)
                    && !self.exclude(it.at, resource.at)
                    && !begins(it)
                    && left(it)
            })
            .filter(|_| left(resource))
    }

    /// The position of the callback, or of the only one that it calls, among the functions that settle a promise:
    /// `reject` is the second.
    fn settler(&self, callback: NodeId) -> Option<usize> {
        let tree = self.tree;
        if tree.is(callback, Kind::Function) {
            let calls = self.calls_in(tree.function_at(callback)).iter();
            // `resolve(…)`, `resolve.apply(undefined, …)`
            let called = calls.map(|&it| tree.callee(it)).map(|it| {
                let handed_on = tree.is(it, Kind::Member) && self.word(tree.name_of(it)).may(Word::HANDS_ON);
                if handed_on { tree.child(it, 0) } else { it }
            });
            let called = called.filter(|&it| tree.is(it, Kind::Ident));
            let mut settlers = called.filter_map(|it| self.settler(it));
            let first = settlers.next();
            return first.filter(|&it| settlers.all(|other| other == it));
        }
        let binding = tree.variable(callback)?;
        self.executor(binding)?;
        Some(self.tree.parameter(binding)?.1)
    }

    /// Of two one-shot listeners for two outcomes, the other one, whose removal stands in this one's callback, but which
    /// does not remove this one in turn. Returns that removal, too.
    pub fn half_removed_twin<'m>(&'m self, resource: &Resource) -> Option<(&'m Resource<'m>, NodeId)> {
        let tree = self.tree;
        let listener = resource.listener.as_ref().filter(|it| it.once && !it.hidden)?;
        let target = resource.target?;
        let place = self.place(target)?;
        // `popupClosed` comes in the end, whatever comes before.
        let name = self.event_text(listener.event).unwrap_or_default();
        if self.apis.has_word("closing_event_words", name) {
            return None;
        }
        let functions = self.functions(listener.callback);
        let is_within = |node: NodeId| {
            functions
                .iter()
                .any(|&it| tree.contains(tree.function(it).node, node))
        };
        let fails = |event: Event| {
            let text = self.event_text(event).unwrap_or_default();
            self.apis.named("failure_events", text) || text.to_lowercase().ends_with("error")
        };
        // What is given may be done with when it has failed, or keep the listener for its failures.
        let kept = self.outlives_calls(&place, resource.at)
            || !fails(listener.event)
                && matches!(place.root, Root::Binding(it) if self.tree.parameter(it).is_some());
        if functions.is_empty() || !kept || self.taken_off(listener, target).is_some() {
            return None;
        }
        self.resources().find_map(|it| {
            let (other, other_target) = (it.listener.as_ref()?, it.target?);
            let beside = it.at != resource.at
                && other.once
                && !fails(other.event)
                && tree.function_of(it.at) == tree.function_of(resource.at)
                && self.place(other_target) == Some(place)
                && !self.exclude(it.at, resource.at);
            let removal = beside.then(|| self.taken_off(other, other_target)).flatten()?;
            is_within(removal).then_some((it, removal))
        })
    }

    /// A listener that a method adds to an emitter of its object for a handler that it is given, where the method that
    /// undoes this deals with the emitter but leaves the listener: `subscribe(channel, handler)`, `unsubscribe(channel)`.
    /// Returns that method.
    pub fn left_by_opposite(&self, resource: &Resource) -> Option<FunctionId> {
        let tree = self.tree;
        let listener = resource.listener.as_ref().filter(|it| !it.once && !it.hidden)?;
        let (callback, target) = (listener.callback, resource.target?);
        let place = self.place(target)?;
        let Root::Instance(owner) = place.root else {
            return None;
        };
        let method = self.method_around(resource.at, owner)?;
        let is_called = |it: NodeId| {
            let call = tree.parent(it);
            tree.contains(callback, it) && tree.is(call, Kind::Call) && tree.callee(call) == it
        };
        let is_handler = |param: NodeId| {
            let binding = tree.binding_of(param).filter(|_| tree.is(param, Kind::Binding));
            let mut uses = binding.into_iter().flat_map(|it| tree.references(it)).copied();
            uses.any(is_called)
        };
        let mut params = tree.params(method).map(|it| tree.child(it, 0));
        if !tree.is(callback, Kind::Function) || place.path.segs().len() != 1 || !params.any(is_handler) {
            return None;
        }
        let deals = |within: &FunctionId| {
            let uses = self.uses_near(&place);
            *within != method
                && uses.iter().any(|it| {
                    it.path == place.path
                        && matches!(it.op, Op::Method { .. })
                        && tree.contains(tree.function(*within).node, it.node)
                })
        };
        let opposite = self.opposites(owner, method).into_iter().find(deals)?;
        let stays = self.is_made_at_first(&place) && self.taken_off(listener, target).is_none();
        stays.then_some(opposite)
    }

    /// Of a listener with a function of this call, on an emitter that stays: the removal, all of which run only where the
    /// work has failed. `emitter.on('error', note); connect().then(begin).catch(() => emitter.off('error', note))`
    pub fn removed_on_failure(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let listener = resource.listener.as_ref().filter(|it| !it.once && !it.hidden)?;
        let target = resource.target?;
        let function = tree.function_of(resource.at);
        let own = tree.variable(listener.callback).map(|it| tree.declared_in(it));
        let place = self.place(target).filter(|_| own == Some(function))?;
        let stays = match place.root {
            Root::Instance(_) => self.is_made_at_first(&place) && !self.is_constructor(function),
            Root::Binding(binding) => tree.declared_in(binding) == FunctionId(0) && function != FunctionId(0),
            _ => false,
        };
        let comes_again = !self.runs_once(function)
            && (!self.runs_once_by_guard(resource.at) || self.reset_guard(resource.at).is_some());
        if !stays || !comes_again {
            return None;
        }
        let mut removals = self.removals_at(place, listener);
        let first = removals.next()?;
        let mut all = removals.chain([first]);
        all.all(|it| self.is_on_failure(it, function)).then_some(first)
    }

    /// In a `catch` of the function, or in a callback that it leaves with a promise for its failure.
    fn is_on_failure(&self, at: NodeId, function: FunctionId) -> bool {
        let tree = self.tree;
        let within = tree
            .ancestors(at)
            .take_while(|&up| up != tree.function(function).node);
        let mut failing = within.filter(|&up| match tree.kind(up) {
            Kind::Catch => true,
            Kind::Function => self.handles_failure(tree.parent(up), up),
            _ => false,
        });
        failing.next().is_some()
    }

    /// The function listens to the parts of a transfer and to its end: `response.on('data', …)`, `response.on('end', …)`.
    fn is_read_to_its_end(&self, target: &Place, function: FunctionId) -> bool {
        let tree = self.tree;
        let events = || {
            let here = self.resources().filter(|it| {
                tree.function_of(it.at) == function
                    && it.target.and_then(|it| self.place(it)).as_ref() == Some(target)
            });
            here.filter_map(|it| self.event_text(it.listener.as_ref()?.event))
                .filter_map(|it| Some((it, self.apis.event(None, it)?)))
        };
        let ends = |name: &str| self.apis.named("transfer_ends", name);
        events().any(|(_, event)| event.part) && events().any(|(name, _)| ends(name))
    }

    /// An emitter of the instance or the module, which is not made for the call, in code that runs with each call of
    /// a function from outside.
    pub fn outlives_calls(&self, target: &Place, at: NodeId) -> bool {
        let tree = self.tree;
        if self.is_read_to_its_end(target, tree.function_of(at)) {
            return false;
        }
        // Once for each emitter, by a flag that lives as long.
        let lasts = |flag: &Place| match flag.root {
            Root::Binding(binding) => tree.declared_in(binding) == FunctionId(0),
            Root::Global | Root::Exports => true,
            Root::Instance(_) | Root::This(_) => false,
        };
        if self
            .guard(at)
            .is_some_and(|flag| flag.root == target.root || lasts(&flag))
        {
            return false;
        }
        let repeat = self.repeat(at, FunctionId::NONE);
        let outside = matches!(repeat.why, Why::Outside(_));
        if !outside && repeat.level < Level::Again {
            return false;
        }
        let Some(first) = repeat.path.first() else {
            return false;
        };
        let function = match tree.kind(first.site) {
            Kind::Function => Some(tree.function_at(first.site)),
            _ => None,
        };
        let starts = |name: &str| {
            outside && (self.apis.named("start_methods", name) || self.apis.named("teardown_methods", name))
        };
        let name = match (function, tree.kind(first.site)) {
            (Some(function), _) => tree.text(tree.function(function).name),
            (_, Kind::Property | Kind::Assign) => self.member_name(first.site),
            _ => "",
        };
        if starts(name) {
            return false;
        }
        let since = match target.root {
            Root::Instance(owner) => match self.owners.constructor(tree, owner) {
                Some(it) if it == tree.function_of(at) => return false,
                _ => true,
            },
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                tree.scopes[info.scope.index()].function == FunctionId(0)
            }
            _ => false,
        };
        let around = tree.function(tree.function_of(at)).node;
        let outer = tree
            .ancestors(around)
            .filter(|&it| tree.is(it, Kind::Function))
            .last()
            .unwrap_or(around);
        let renewed = self.values_at(target).iter().any(|&(store, value)| {
            value.is_some_and(|it| !tree.is_nullish(it))
                && !target.path.is_empty()
                && tree.contains(outer, store)
                && tree.function(tree.function_of(store)).kind != FunctionKind::Constructor
        });
        since && !renewed
    }

    fn member_name(&self, node: NodeId) -> &str {
        match self.tree.kind(node) {
            Kind::Assign => self.tree.name_text(self.tree.child(node, 0)),
            _ => self.tree.name_text(node),
        }
    }

    /// A listener on something kept with an element, in code that a framework runs with each update of that element.
    /// Returns the function that it runs.
    pub fn updated_by(&self, resource: &Resource) -> Option<FunctionId> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        let place = self.place(target)?;
        let Root::Binding(binding) = place.root else {
            return None;
        };
        if listener.once || place.path.is_empty() {
            return None;
        }
        let (function, position) = self.tree.parameter(binding)?;
        let of_hook = |node: NodeId| {
            let binding = tree.variable(node)?;
            let (hook, first) = self.tree.parameter(binding)?;
            (first == 0 && self.is_update_hook(hook)).then_some(hook)
        };
        let hook = match self.is_update_hook(function) && position == 0 {
            true => function,
            false => self.given_at(function, position).find_map(of_hook)?,
        };
        let made_here = self.values_at(&place).iter().any(|&(at, _)| {
            let within = tree.function_of(at);
            within == function || tree.nests(function, within)
        });
        (!made_here && self.removal(listener, target).is_none()).then_some(hook)
    }

    /// A listener that the body of a component adds, which a framework runs with each render, to what outlives that: a
    /// part of the page, a property that the component is given, what a hook returns. Returns the component.
    pub fn rendered_by(&self, resource: &Resource) -> Option<FunctionId> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        let function = tree.function_of(resource.at);
        if listener.once || !self.is_rendered(function) || self.is_shared(listener) {
            return None;
        }
        // Behind a test it may be added once.
        let node = tree.function(function).node;
        let mut around = tree.ancestors(resource.at).take_while(|&up| up != node);
        if around.any(|up| matches!(tree.kind(up), Kind::If | Kind::Conditional | Kind::Logical))
            || self.runs_once_by_guard(resource.at)
            || self.removal(listener, target).is_some()
        {
            return None;
        }
        self.outlives_render(target, function).then_some(function)
    }

    /// A component, or a hook of its own, that uses hooks which React runs with each render.
    fn is_rendered(&self, function: FunctionId) -> bool {
        self.calls_in(function).iter().any(|&call| {
            self.effect(call)
                .is_some_and(|effect| effect.hook || effect.mounts && effect.cleans)
        })
    }

    fn outlives_render(&self, target: NodeId, function: FunctionId) -> bool {
        let tree = self.tree;
        if self.is_on_page(target) {
            return true;
        }
        let Some(binding) = tree.variable(tree.base(target)) else {
            return false;
        };
        if tree.declared_in(binding) != function || tree.bindings[binding.index()].kind == BindingKind::Param
        {
            return true;
        }
        // `const value = useRef(new Value()).current`, `const { bus } = useContext(Context)`
        let of_hook = |value: NodeId| {
            let call = Some(tree.base(value)).filter(|&it| tree.is(it, Kind::Call));
            let name = call.and_then(|it| self.called_name(it));
            name.is_some_and(|it| self.is_hook_name(tree.name_text(it)))
        };
        self.index
            .only_value(tree, binding)
            .is_some_and(|(value, _)| of_hook(value))
    }

    /// `{ bind(element) {…}, update(element) {…} }`: the second of these.
    fn is_update_hook(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let property = tree.parent(tree.function(function).node);
        let object = tree.parent(property);
        tree.is(property, Kind::Property)
            && tree.is(object, Kind::Object)
            && self.named("update_hooks", tree.name_of(property))
            && tree
                .children(object)
                .any(|it| tree.is(it, Kind::Property) && self.named("directive_hooks", tree.name_of(it)))
    }

    /// The object and the property that a value is read from, here or where its variable gets it.
    fn taken_from(&self, node: NodeId) -> Option<(NodeId, Name)> {
        let tree = self.tree;
        let mut node = node;
        if tree.is(node, Kind::Ident) {
            let (value, path) = self.index.only_value(tree, tree.binding_of(node)?)?;
            if let Some(seg) = path.last() {
                return path
                    .parent()
                    .is_none_or(|up| up.is_empty())
                    .then_some((value, seg.as_name()?));
            }
            node = value;
        }
        tree.is(node, Kind::Member)
            .then(|| (tree.child(node, 0), tree.name_of(node)))
    }

    /// The emitter and the event whose listener gets the value first: `req` and `socket` in
    /// `req.on('socket', (socket) => …)`.
    fn handed_by_event(&self, node: NodeId) -> Option<(NodeId, Name)> {
        let tree = self.tree;
        let binding = tree.variable(node)?;
        let (function, _) = self
            .tree
            .parameter(binding)
            .filter(|&(_, position)| position == 0)?;
        let call = tree.parent(tree.function(function).node);
        let event = Some(call).filter(|&it| tree.is(it, Kind::Call))?;
        let event = tree.args(event).next().filter(|&arg| tree.is(arg, Kind::Str))?;
        self.adding(call)?;
        Some((self.receiver(call)?, tree.name_of(event)))
    }

    /// A listener on the connection of a request, which serves other requests, too, or on the server behind it.
    pub fn lent(&self, resource: &Resource) -> Option<Lent> {
        let tree = self.tree;
        let target = resource.target.filter(|_| resource.listener.is_some())?;
        // `req.on('socket', (socket) => limit(socket))`, `watch(req.socket.server)`
        let of = |it: NodeId| self.taken_from(it).or_else(|| self.handed_by_event(it));
        let given = self.given(target).into_iter();
        let (holder, name) = [target].into_iter().chain(given).find_map(of)?;
        let named = |node: NodeId, list: &'static str| {
            matches!(tree.kind(node), Kind::Ident | Kind::Member) && self.named(list, tree.name_of(node))
        };
        let lent = if self.named("lent_properties", name) && named(holder, "request_names") {
            Lent::Connection
        } else if self.named("server_properties", name)
            && tree.is(holder, Kind::Member)
            && named(holder, "lent_properties")
            && named(tree.child(holder, 0), "request_names")
        {
            Lent::Server
        } else {
            return None;
        };
        let function = tree.function(tree.function_of(resource.at)).node;
        // One connection for good, or a question whether it is new.
        let for_good = tree.ancestors(resource.at).any(|up| {
            tree.is(up, Kind::Call)
                && tree.args(up).next().is_some_and(|it| {
                    tree.is(it, Kind::Str) && self.named("upgrading_events", tree.name_of(it))
                })
        });
        // A stream that takes the whole connection, or a question whether it is new.
        let asked = || {
            tree.subtree(function).any(|it| match tree.kind(it) {
                Kind::Member => it < resource.at && self.named("connecting_flags", tree.name_of(it)),
                Kind::Str => self.named("streaming_types", tree.name_of(it)),
                _ => false,
            })
        };
        let place = self.place(target);
        // `if (req.read) return; req.read = true;` lets the next request of the connection through.
        let of_request = |flag: &Place| match flag.root {
            Root::Binding(it) => {
                !flag.path.is_empty() && self.named("request_names", tree.bindings[it.index()].name)
            }
            _ => false,
        };
        let is_known = |test: NodeId| {
            tree.subtree(test).any(|it| {
                tree.is(it, Kind::Call)
                    && tree
                        .args(it)
                        .any(|arg| place.is_some() && self.place(arg) == place)
            })
        };
        let tested = tree
            .ancestors(resource.at)
            .take_while(|&up| up != function)
            .any(|up| tree.is(up, Kind::If) && is_known(tree.child(up, 0)));
        // `if (known.has(socket)) return;`
        let left = || {
            tree.subtree(function)
                .take_while(|&it| it < resource.at)
                .any(|it| {
                    tree.is(it, Kind::If)
                        && self.always_leaves(tree.child(it, 1))
                        && is_known(tree.child(it, 0))
                })
        };
        let stays = !for_good
            && function != NodeId(0)
            && !tested
            && !left()
            && self.guard(resource.at).is_none_or(|flag| of_request(&flag))
            && !asked()
            && self.fate_of(resource) == Fate::Dropped;
        stays.then_some(lent)
    }
}
