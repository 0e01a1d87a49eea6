//! Resources: what a call acquires and something has to release, where its handle goes, and what releases it.

mod borrowed;
mod evidence;
mod fate;
mod injected;
mod outlives;
mod owned;
mod revived;
mod streams;

pub use borrowed::Borrowed;
pub use fate::Fate;
pub use outlives::Outlives;
pub use owned::{Owned, Why};

use crate::apis::{Resource as Kinds, Word};
use crate::syntax::tree::{FunctionId, Kind, NodeId, Op as Operator};

use super::Model;
use super::calls::How;
use super::listeners::Listener;
use super::place::Root;
use super::uses::Op;

/// Something acquired, which stays alive until it is released.
#[derive(Clone, Debug)]
pub struct Resource<'m> {
    /// The call or `new`.
    pub at: NodeId,
    pub kind: &'m Kinds,
    /// Known by more than a method's name.
    pub typed: bool,
    /// What it is registered on, if that decides how long it lives.
    pub target: Option<NodeId>,
    /// A listener has no handle: what it was added with removes it.
    pub listener: Option<Listener>,
}

/// How many functions the round of a loop through callbacks may have.
const MAX_ROUND: usize = 12;

/// How far the parts of a number are looked for.
const MAX_NUMBER_DEPTH: u32 = 4;

/// A timer that ends so soon, in milliseconds, harms nobody.
const SHORT_DELAY: f64 = 10_000.0;

/// The same, where it is only what is usual.
const SHORT_DEFAULT: f64 = 1000.0;

impl<'a> Model<'a> {
    /// Everything that the file acquires, in source order.
    pub fn resources(&self) -> impl Iterator<Item = &Resource<'a>> {
        let find = || {
            let calls = self.calls_that(Word::ACQUIRES | Word::ADDS);
            let all: Vec<Resource> = calls.filter_map(|call| self.resource(call)).collect();
            let listens = |it: &&Resource| it.listener.is_some();
            let helpers = self.helpers(all.iter().filter(listens).map(|it| it.at));
            let own = |it: &Resource| {
                let listener = it.listener.as_ref().zip(it.target);
                listener.is_some_and(|(listener, target)| {
                    self.is_helpers_own(target, Some(listener.callback), &helpers)
                })
            };
            all.into_iter().filter(|it| !own(it)).collect()
        };
        self.resources.get_or_init(find).iter()
    }

    /// `try { video.srcObject = stream } catch { video.src = URL.createObjectURL(stream) }`, where a browser knows no
    /// other way: a stream is no blob, and today's browsers take it as it is.
    fn is_fallback(&self, call: NodeId, properties: &str) -> bool {
        let tree = self.tree;
        let names_it = |part: NodeId| {
            tree.subtree(part).any(|it| {
                matches!(tree.kind(it), Kind::Member | Kind::Str) && self.named(properties, tree.name_of(it))
            })
        };
        tree.ancestors(call).any(|up| match tree.kind(up) {
            Kind::Catch => names_it(tree.child(tree.parent(up), 0)),
            Kind::If | Kind::Conditional => names_it(tree.child(up, 0)),
            _ => false,
        })
    }

    fn resource(&self, call: NodeId) -> Option<Resource<'a>> {
        let (apis, tree) = (self.apis, self.tree);
        let callee = tree.callee(call);
        let word = self.called(call);
        let acquired = |name: &str, typed: bool| {
            Some(Resource {
                at: call,
                kind: apis.resource(name)?,
                typed,
                target: None,
                listener: None,
            })
        };
        // What a library exports is called anything: `new plyr_1.default()`.
        if (word | self.called(call)).may(Word::ACQUIRES) {
            let ty = self
                .api_path(callee)
                .filter(|_| self.owner(callee).is_none())
                .and_then(|path| {
                    let class = tree.is(call, Kind::New).then(|| apis.class(&path)).flatten();
                    class.or_else(|| tree.is(call, Kind::Call).then(|| apis.made_by(&path)).flatten())
                });
            if let Some(name) = ty.and_then(|ty| apis.lineage(ty).find_map(|it| it.acquires.as_deref())) {
                // `ace.edit('editor')`
                let same = ty.is_some_and(|ty| apis.ty(ty).reuses)
                    && tree.args(call).next().is_some_and(|it| tree.is(it, Kind::Str));
                if same {
                    return None;
                }
                let mut resource = acquired(name, true)?;
                resource.target = self.started(&resource)?;
                return Some(resource);
            }
            let typed = self.typed_effect(call).and_then(|it| it.acquires.as_deref());
            // A name alone is not enough: something has to be kept.
            let untyped = || {
                // `changes.subscribe(this.changes)`: a stream that passes on what it gets.
                let passes_on = |arg: NodeId| {
                    self.ty(arg)
                        .is_some_and(|ty| apis.lineage(ty).any(|it| it.lasting))
                };
                // `client.subscribe('topic', { qos: 0 })`
                let is_settings = |object: NodeId| {
                    let is_literal =
                        |it| matches!(tree.kind(it), Kind::Num | Kind::Str | Kind::Bool | Kind::Null);
                    tree.children(object)
                        .all(|it| tree.is(it, Kind::Property) && is_literal(tree.value(it)))
                };
                let gives = |arg: NodeId| {
                    self.may_be_function(arg) && !tree.is(arg, Kind::This)
                        || tree.is(arg, Kind::Object) && !is_settings(arg)
                        || passes_on(arg)
                };
                let name = self.effect(call)?.acquires.as_deref()?;
                if self.is_function_of_package(callee) {
                    return None;
                }
                let borrows = apis.resource(name).is_some_and(|it| it.borrowed);
                // What is called back has its own end.
                let called_back = || tree.args(call).any(|arg| self.may_be_function(arg));
                let acquires = match borrows {
                    true => !called_back(),
                    false => apis.resource(name)?.value || tree.args(call).any(gives),
                };
                acquires.then_some(name)
            };
            if let Some(name) = typed.or_else(untyped) {
                let mut resource = acquired(name, typed.is_some())?;
                let first = resource.kind.fallback_of.as_deref();
                if first.is_some_and(|it| self.is_fallback(call, it)) {
                    return None;
                }
                if let Some(renewed) = resource.kind.renewed.as_deref()
                    && self.renews_itself(call)
                {
                    resource.kind = apis.resource(renewed)?;
                }
                resource.target = self
                    .receiver_of(call)
                    .filter(|_| resource.kind.on_receiver)
                    .map(|it| self.viewed(it));
                // `import { AppState } from 'react-native'`: what the platform has for all.
                if typed.is_some() && self.api_path(callee).is_some() {
                    resource.target = None;
                }
                return Some(resource);
            }
        }
        if word.may(Word::ADDS) {
            let is_method = tree.is(callee, Kind::Member) || self.is_bare_method(callee);
            let by_method = || self.listener(call).filter(|_| is_method);
            let (listener, receiver) = by_method().or_else(|| self.listener_by_helper(call))?;
            if listener.hidden || listener.is_promise() {
                return None;
            }
            return Some(Resource {
                at: call,
                kind: apis.resource("listener")?,
                typed: listener.typed,
                target: Some(self.viewed(receiver)),
                listener: Some(listener),
            });
        }
        None
    }

    /// The callback always comes back to this call: a loop that only somebody else can stop.
    fn renews_itself(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let mut seen = vec![tree.function_of(call)];
        // Once the component is gone, what it asks for is so for ever.
        let is_frozen = |test: NodeId| self.asks_for_frozen(test) || self.asks_for_setting(test);
        if !self.always_reaches_but(call, &is_frozen) {
            return false;
        }
        let mut at = 0;
        while let Some(&function) = seen.get(at) {
            at += 1;
            for entry in self.entries(function) {
                if entry.site == call {
                    return true;
                }
                // An event may come or not.
                let listens = tree.is(entry.site, Kind::Call)
                    && self
                        .effect(entry.site)
                        .is_some_and(|effect| effect.adds.is_some());
                // What is tried again until it goes well comes to its end.
                let fails = self.handles_failure(entry.site, tree.function(function).node);
                let on_the_way = matches!(entry.how, How::Call | How::Later)
                    && !listens
                    && !fails
                    && entry.from != FunctionId::NONE
                    && entry.from != FunctionId(0)
                    && seen.len() < MAX_ROUND;
                if on_the_way
                    && !seen.contains(&entry.from)
                    && self.always_reaches_but(entry.site, &is_frozen)
                {
                    seen.push(entry.from);
                }
            }
        }
        false
    }

    /// The condition is about what no longer changes when the component has ended: `if (!this.state.paused) …`.
    fn asks_for_frozen(&self, test: NodeId) -> bool {
        let tree = self.tree;
        let named = tree
            .subtree(test)
            .filter(|&it| matches!(tree.kind(it), Kind::Ident | Kind::Member));
        let mut places = named.filter_map(|it| self.place(it));
        places.any(|place| {
            let Root::Instance(owner) = place.root else {
                return false;
            };
            let field = place.path.segs().first().and_then(|it| it.as_name());
            let component = self.component(owner);
            component
                .zip(field)
                .is_some_and(|(component, field)| component.frozen.iter().any(|it| it == tree.text(field)))
        })
    }

    /// The condition is only about fields that the constructor sets, to what it is given: `if (this.delay > 0) …`.
    fn asks_for_setting(&self, test: NodeId) -> bool {
        let tree = self.tree;
        let is_setting = |node: NodeId| {
            let Some(place) = self.place(node) else {
                return false;
            };
            let field = matches!(place.root, Root::Instance(_)) && place.path.segs().len() == 1;
            let values = self.values_at(&place);
            // `this.pending--` comes to its end.
            let counts = || self.stores_at(&place).iter().any(|&it| tree.is(it, Kind::Update));
            field
                && !values.is_empty()
                && values.iter().all(|&(at, value)| {
                    self.is_first(at, &place) && value.is_some_and(|it| !tree.is(it, Kind::Bool))
                })
                && !counts()
        };
        let mut fields = 0;
        let plain = tree.subtree(test).all(|it| match tree.kind(it) {
            Kind::Member => {
                fields += 1;
                is_setting(it)
            }
            Kind::This | Kind::Num | Kind::Str | Kind::Null => true,
            Kind::Binary | Kind::Unary | Kind::Logical => true,
            _ => false,
        });
        plain && fields > 0
    }

    fn receiver_of(&self, call: NodeId) -> Option<NodeId> {
        let callee = self.tree.callee(call);
        self.tree
            .is(callee, Kind::Member)
            .then(|| self.tree.child(callee, 0))
    }

    /// What an observer is made to observe (`None` within, if nothing in particular); `None` if it never starts.
    fn started(&self, resource: &Resource) -> Option<Option<NodeId>> {
        let tree = self.tree;
        let Some(start) = &resource.kind.starts else {
            return Some(None);
        };
        let uses = self.uses_of_value(resource.at);
        let starts = uses.iter().find(|it| {
            it.path.is_empty() && matches!(it.op, Op::Method { name } if tree.text(name) == start.as_str())
        })?;
        if self.ty(resource.at).is_some_and(|ty| self.apis.ty(ty).kept) {
            return Some(None);
        }
        // `observe({ entryTypes })` observes the page.
        Some(
            tree.args(starts.node)
                .next()
                .filter(|&it| !tree.is(it, Kind::Object)),
        )
    }

    /// It ends by itself, but not before long; `None` if the file does not show when.
    pub fn lasts(&self, resource: &Resource) -> Option<bool> {
        let tree = self.tree;
        let callback = self.effect(resource.at).and_then(|effect| effect.callback);
        let Some(delay) = callback.and_then(|at| tree.args(resource.at).nth(at + 1)) else {
            return Some(false);
        };
        self.is_long_delay(delay)
    }

    /// Whether the delay, in milliseconds, is long; `None` if the file does not show it.
    pub(super) fn is_long_delay(&self, delay: NodeId) -> Option<bool> {
        let tree = self.tree;
        let mut value = self.written_value(self.written_value(delay));
        // `options.delay || 3000`: others may want more.
        let is_default = tree.is(value, Kind::Logical);
        while tree.is(value, Kind::Logical) {
            value = self.written_value(tree.child(value, 1));
        }
        // `given ? given : 3000`
        if tree.is(value, Kind::Conditional) {
            let (a, b) = (tree.child(value, 1), tree.child(value, 2));
            let mut known = [a, b].into_iter().filter_map(|it| self.written_number(it, 0));
            return known.any(|it| it <= SHORT_DEFAULT).then_some(false);
        }
        let short = if is_default { SHORT_DEFAULT } else { SHORT_DELAY };
        Some(self.written_number(value, 0)? > short)
    }

    /// The delay is an option of the instance whose usual value is short: `constructor(private wait = 2000)`.
    pub(super) fn is_usually_short(&self, delay: NodeId) -> bool {
        let values = self
            .place(delay)
            .map(|it| self.values_at(&it))
            .unwrap_or_default();
        let values = values.into_iter().filter_map(|it| it.1);
        let usual = values.filter_map(|it| self.written_number(self.written_value(it), 0));
        usual.fold(f64::INFINITY, f64::min) <= SHORT_DELAY
    }

    /// `60 * 1000`, `this.timeout`: a number that the file shows.
    fn written_number(&self, node: NodeId, depth: u32) -> Option<f64> {
        let tree = self.tree;
        if depth > MAX_NUMBER_DEPTH {
            return None;
        }
        let number = |node: NodeId| self.written_number(node, depth + 1);
        match tree.kind(node) {
            Kind::Num => Some(tree.number(node)),
            Kind::Binary => {
                let (a, b) = (number(tree.child(node, 0)), number(tree.child(node, 1)));
                match (tree[node].op, a?, b?) {
                    (Operator::Add, a, b) => Some(a + b),
                    (Operator::Sub, a, b) => Some(a - b),
                    (Operator::Mul, a, b) => Some(a * b),
                    _ => None,
                }
            }
            Kind::Ident => number(Some(self.written_value(node)).filter(|&it| it != node)?),
            Kind::Member => match self.values_at(&self.place(node)?)[..] {
                // What an option is by default, it may not be.
                [(_, Some(value))] if !tree.is(value, Kind::Ident) => number(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// `wonka.subscribe`: a function that a package exports, not a method of an object.
    fn is_function_of_package(&self, callee: NodeId) -> bool {
        let tree = self.tree;
        if !tree.is(callee, Kind::Member) || !tree.is(tree.child(callee, 0), Kind::Ident) {
            return false;
        }
        let object = tree.child(callee, 0);
        let path = tree.binding_of(object).and_then(|_| self.api_path(object));
        path.is_some_and(|path| !path.starts_with('.') && !path.contains('.'))
    }

    /// The one value of a variable, or a parameter's default, where the file shows it; else the node itself.
    pub(super) fn written_value(&self, node: NodeId) -> NodeId {
        let tree = self.tree;
        let Some(binding) = Some(node)
            .filter(|&it| tree.is(it, Kind::Ident))
            .and_then(|it| tree.binding_of(it))
        else {
            return node;
        };
        let decl = tree.bindings[binding.index()].decl;
        let default = tree.parent(decl);
        if tree.is(default, Kind::Default) && tree.child(default, 0) == decl {
            return tree.child(default, 1);
        }
        let value = self.index.only_value(tree, binding);
        value
            .filter(|(_, path)| path.is_empty())
            .map_or(node, |(value, _)| value)
    }
}
