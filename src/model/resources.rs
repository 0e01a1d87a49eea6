//! Resources: what a call acquires and something has to release, where its handle goes, and what releases it.

use crate::apis::{Grows, Resource as Kinds, Word};
use crate::syntax::tree::{
    BindingId, BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId, Op as TreeOp, flag,
};

use super::Model;
use super::calls::{Entry, How};
use super::listeners::Listener;
use super::lives::{End, Life, Of};
use super::place::{Path, Place, Root, Seg};
use super::removals::Removal;
use super::uses::{Op, Use};

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

/// A resource that the function which acquires it also gives back.
#[derive(Clone, Debug)]
pub struct Borrowed {
    /// What gives it back, in source order; all in that function, and not all in a `catch`.
    pub releases: Vec<NodeId>,
    /// The variable that has it.
    pub binding: Option<BindingId>,
}

/// What becomes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This releases it.
    Released(NodeId),
    /// Other code gets it, and may release it.
    Escapes,
    /// Its handle is thrown away.
    Dropped,
    /// Its handle is kept here, and nothing releases it.
    Kept(Place),
}

/// Whether what a resource is registered on outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outlives {
    /// Made within the same life: they go together.
    No,
    Unknown,
    /// Handed in from outside, most often from something that lives longer.
    Given,
    Yes,
}

/// How many functions the round of a loop through callbacks may have.
const MAX_ROUND: usize = 12;

/// A timer that ends so soon harms nobody.
const SHORT_DELAY: f64 = 1000.0;

impl<'a> Model<'a> {
    /// Everything that the file acquires, in source order.
    pub fn resources(&self) -> impl Iterator<Item = &Resource<'a>> {
        let find = || {
            let calls = self.calls_that(Word::ACQUIRES | Word::ADDS);
            calls.filter_map(|call| self.resource(call)).collect()
        };
        self.resources.get_or_init(find).iter()
    }

    /// The release, at the end of this life if that is known, of another resource of this kind on the same target: what is done there
    /// is forgotten here.
    pub fn released_sibling(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        if resource.listener.is_none() && resource.kind.on_receiver {
            return self.released_handle(resource, life);
        }
        let target = resource.target.map(|it| self.place(it));
        if matches!(target, None | Some(None)) {
            return None;
        }
        if let Some(release) = self.released_elsewhere(resource, life) {
            return Some(release);
        }
        let unended = matches!(self.end(life), End::None);
        self.resources()
            .filter(|it| it.at != resource.at && it.kind.name == resource.kind.name)
            .filter(|it| it.target.map(|it| self.place(it)) == target && self.life(it.at).of == life.of)
            .find_map(|it| match self.fate_of(it) {
                Fate::Released(release)
                    if self.is_exact(release, target.flatten())
                        && (unended || self.runs_at_end(release, life)) =>
                {
                    Some(release)
                }
                _ => None,
            })
    }

    /// The removal, at the end of this life, of another listener that was added beside this one, to something else that
    /// was given, too.
    fn released_elsewhere(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let is_given = |it: &Resource| {
            it.listener.is_some()
                && it
                    .target
                    .is_some_and(|at| self.outlives(at, life) == Outlives::Given)
        };
        if !matches!(self.end(life), End::Method(_)) || !is_given(resource) {
            return None;
        }
        let function = self.tree.function_of(resource.at);
        self.resources()
            .filter(|it| it.at != resource.at && self.tree.function_of(it.at) == function && is_given(it))
            .find_map(|it| match self.fate_of(it) {
                Fate::Released(release) if self.runs_at_end(release, life) => {
                    let exact = self.is_exact(release, it.target.and_then(|at| self.place(at)));
                    exact.then_some(release)
                }
                _ => None,
            })
    }

    /// The release of another handle of this kind, in the same life, which was got from something that lives longer, too.
    fn released_handle(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let is_foreign = |it: &Resource| {
            let target = it.target.map(|target| self.outlives(target, life));
            matches!(target, Some(Outlives::Given | Outlives::Yes))
        };
        if !is_foreign(resource) {
            return None;
        }
        self.resources()
            .filter(|it| it.at != resource.at && it.kind.name == resource.kind.name)
            .filter(|it| self.life(it.at).of == life.of)
            .find_map(|it| match self.fate_of(it) {
                Fate::Released(release) if is_foreign(it) => Some(release),
                _ => None,
            })
    }

    /// The removal names the very object and the callback.
    fn is_exact(&self, call: NodeId, target: Option<Place>) -> bool {
        let mut removals = self.removals().iter();
        removals.any(|it| it.call == call && it.callback.is_some() && self.place(it.target) == target)
    }

    /// The removal of another listener from the same parameter of another method: what one method adds to the objects
    /// that it is given, its counterpart takes off them, but for this one.
    pub fn removed_by_counterpart(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        let Of::Instance(_) = life.of else {
            return None;
        };
        let parameter = |node: NodeId| {
            let place = self.place(node).filter(|it| it.path.is_empty())?;
            let Root::Binding(binding) = place.root else {
                return None;
            };
            self.parameter(binding).map(|_| tree.name_text(node))
        };
        resource.listener.as_ref()?;
        let (function, target) = (tree.function_of(resource.at), resource.target?);
        let name = parameter(target)?;
        let siblings = self.resources().filter(|it| {
            it.at != resource.at
                && tree.function_of(it.at) == function
                && it.target.and_then(parameter) == Some(name)
        });
        let siblings: Vec<_> = siblings.filter_map(|it| it.listener.as_ref()).collect();
        let counterpart = self.removals().iter().find(|it| {
            let elsewhere = !tree.nests(function, tree.function_of(it.call));
            elsewhere
                && it.callback.is_some()
                && parameter(it.target) == Some(name)
                && siblings.iter().any(|sibling| self.removes(it, sibling))
        });
        counterpart.map(|it| it.call)
    }

    /// Where another stream of the same giver, subscribed to beside it, is made to end with the life:
    /// `service.changes().pipe(takeUntil(this.destroyed))`.
    pub fn ended_sibling(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        if !matches!(life.of, Of::Instance(_)) || !resource.kind.on_receiver {
            return None;
        }
        let (giver, _) = self.stream_of(resource.target?)?;
        self.resources()
            .filter(|it| it.at != resource.at && it.kind.name == resource.kind.name)
            .filter(|it| self.tree.function_of(it.at) == self.tree.function_of(resource.at))
            .find_map(|it| {
                let (other, end) = self.stream_of(it.target?)?;
                end.filter(|_| other == giver)
            })
    }

    /// The field whose method or property gives a stream, and the operator behind it that ends the stream.
    fn stream_of(&self, stream: NodeId) -> Option<(Place, Option<NodeId>)> {
        let tree = self.tree;
        let (mut at, mut end) = (stream, None);
        while let Some(source) = Some(at)
            .filter(|&it| tree.is(it, Kind::Call))
            .and_then(|it| self.stream_step(it))
        {
            let named = |it: &NodeId| {
                let name = tree.is(*it, Kind::Call).then(|| self.called_name(*it)).flatten();
                name.is_some_and(|name| self.apis.named("life_ends", tree.name_text(name)))
            };
            end = end.or_else(|| Some(at).filter(named).or_else(|| tree.args(at).find(named)));
            at = source;
        }
        if tree.is(at, Kind::Call) {
            at = tree.callee(at);
        }
        let giver = tree
            .is(at, Kind::Member)
            .then(|| self.place(tree.child(at, 0)))
            .flatten()?;
        let is_field = matches!(giver.root, Root::Instance(_)) && !giver.path.is_empty();
        is_field.then_some((giver, end))
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
                let gives =
                    |arg: NodeId| self.may_be_function(arg) || tree.is(arg, Kind::Object) || passes_on(arg);
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
                if let Some(renewed) = resource.kind.renewed.as_deref()
                    && self.renews_itself(call)
                {
                    resource.kind = apis.resource(renewed)?;
                }
                resource.target = self.receiver_of(call).filter(|_| resource.kind.on_receiver);
                // `import { AppState } from 'react-native'`: what the platform has for all.
                if typed.is_some() && self.api_path(callee).is_some() {
                    resource.target = None;
                }
                return Some(resource);
            }
        }
        if word.may(Word::ADDS) {
            let by_method = || self.listener(call).filter(|_| tree.is(callee, Kind::Member));
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
        if !self.always_reaches(call) {
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
                let on_the_way = matches!(entry.how, How::Call | How::Later)
                    && !listens
                    && entry.from != FunctionId::NONE
                    && entry.from != FunctionId(0)
                    && seen.len() < MAX_ROUND;
                if on_the_way && !seen.contains(&entry.from) && self.always_reaches(entry.site) {
                    seen.push(entry.from);
                }
            }
        }
        false
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
        let mut value = self.written_value(self.written_value(delay));
        // `options.delay || 3000`
        while tree.is(value, Kind::Logical) {
            value = self.written_value(tree.child(value, 1));
        }
        tree.is(value, Kind::Num)
            .then(|| tree.number(value) > SHORT_DELAY)
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

    // ---- what becomes of it ----

    pub fn fate_of(&self, resource: &Resource) -> Fate {
        if let Some(&known) = self.resource_fates.borrow().get(&resource.at) {
            return known;
        }
        let fate = match &resource.listener {
            Some(listener) => self.listener_fate(resource, listener),
            None => self.handle_fate(resource),
        };
        self.resource_fates.borrow_mut().insert(resource.at, fate);
        fate
    }

    fn handle_fate(&self, resource: &Resource) -> Fate {
        let tree = self.tree;
        let mut fate = Fate::Dropped;
        let by_callback = self.released_by_callback(resource);
        if let Some(release) = by_callback.or_else(|| self.removed_by_callback(resource)) {
            return Fate::Released(release);
        }
        if self.is_put_into_argument(resource) {
            return Fate::Escapes;
        }
        // The handle may be what the call returns, or what that resolves to.
        for it in self.uses_of_value(self.end_of_chain(resource)) {
            if let Some(first) = it.path.segs().first() {
                // `this.end = chart.destroy.bind(chart)`
                let is_release = |name: Name| {
                    resource
                        .kind
                        .methods
                        .iter()
                        .any(|method| method == tree.text(name))
                };
                if first.as_name().is_some_and(is_release) {
                    fate = Fate::Escapes;
                }
                continue;
            }
            // A method of its own that is no release: the call has made something else.
            if !resource.typed
                && matches!(it.op, Op::Method { name } if !resource.kind.methods.iter().any(|method| method == tree.text(name)))
            {
                return Fate::Escapes;
            }
            match self.handle_use(&it, resource.kind) {
                Some(released @ Fate::Released(_)) => return released,
                Some(Fate::Escapes) => fate = Fate::Escapes,
                Some(kept) if fate == Fate::Dropped => fate = kept,
                _ => {}
            }
        }
        // `channel.unsubscribe(callback)`
        if let Some(target) = resource.target
            && let Some(release) = self.released_by_target(target, resource.kind)
        {
            return Fate::Released(release);
        }
        // A release of the same name, on an object that the file shows under another name.
        if let Fate::Kept(place) = fate
            && let Some(name) = self.telling_name(&place)
            && let Some(release) = self.releases_of_name(name, resource.kind)
        {
            return Fate::Released(release);
        }
        if let Fate::Kept(place) = fate
            && let Some(end) = self
                .ended_elsewhere(&place)
                .or_else(|| self.released_by_key(&place, resource.kind))
        {
            return Fate::Released(end);
        }
        // Held by an object of somebody else.
        if let Fate::Kept(place) = fate {
            let given = match place.root {
                Root::Binding(binding) => {
                    !place.path.is_empty()
                        && (tree.bindings[binding.index()].kind == BindingKind::Param
                            || self.is_handed_on(&place))
                }
                Root::This(_) | Root::Exports => true,
                Root::Global => !place.path.is_empty() && place.path.segs().len() > 1,
                Root::Instance(_) => false,
            };
            if given {
                return Fate::Escapes;
            }
        }
        fate
    }

    /// A method of what the resource is registered on releases it.
    fn released_by_target(&self, target: NodeId, kind: &Kinds) -> Option<NodeId> {
        let tree = self.tree;
        let place = self.place(target)?;
        self.index.calls.iter().copied().find(|&call| {
            let callee = tree.callee(call);
            tree.is(call, Kind::Call)
                && tree.is(callee, Kind::Member)
                && kind.methods.iter().any(|method| method == tree.name_text(callee))
                && self.place(tree.child(callee, 0)) == Some(place)
        })
    }

    /// `const slider = new Slider(element).mount()`: what has no other name is what its methods return.
    fn end_of_chain(&self, resource: &Resource) -> NodeId {
        let tree = self.tree;
        let mut value = resource.at;
        loop {
            let member = tree.parent(value);
            let call = tree.parent(member);
            let is_step = resource.typed
                && tree.is(member, Kind::Member)
                && tree.is(call, Kind::Call)
                && tree.callee(call) == member
                && matches!(
                    tree.kind(tree.parent(call)),
                    Kind::Declarator | Kind::Assign | Kind::Member
                );
            let ends = |name: &str| resource.kind.methods.iter().any(|method| method == name);
            if !is_step || ends(tree.name_text(member)) {
                return value;
            }
            value = call;
        }
    }

    /// `this[name].destroy()`: one of all that the holder keeps, by a name that is not written out.
    fn released_by_key(&self, kept: &Place, kind: &Kinds) -> Option<NodeId> {
        let path = kept.path.parent()?.join(Seg::ELEMENT)?;
        let uses = self.uses(kept.root);
        let mut elements = uses.iter().filter(|it| it.path == path);
        elements.find_map(|it| match self.handle_use(it, kind) {
            Some(Fate::Released(release)) => Some(release),
            _ => None,
        })
    }

    /// `onDidChange(callback, this, disposables)`: the call adds its handle to a list.
    fn is_put_into_argument(&self, resource: &Resource) -> bool {
        let tree = self.tree;
        resource.kind.on_receiver && {
            let last = tree.args(resource.at).nth(2);
            last.is_some_and(|it| matches!(tree.kind(it), Kind::Ident | Kind::Member | Kind::This))
                && self.functions(last.unwrap_or(resource.at)).is_empty()
        }
    }

    /// `platform.addEventListener('url', callback)`, which returns a handle, and `platform.removeEventListener('url',
    /// callback)`, which does without.
    fn removed_by_callback(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let place = self.place(self.receiver_of(resource.at)?)?;
        let is_given = |callback: NodeId| {
            tree.args(resource.at)
                .any(|arg| self.same_function(arg, callback))
        };
        let removal = self
            .removals()
            .iter()
            .find(|it| it.callback.is_some_and(is_given) && self.place(it.target) == Some(place))?;
        Some(removal.call)
    }

    /// The object that keeps the handle is handed to a function of another file that ends what it is given, or a base
    /// class ends it: `destroyPlayer(this)`, `super.stop()`, `this.stopMonitor()`.
    fn ended_elsewhere(&self, kept: &Place) -> Option<NodeId> {
        let tree = self.tree;
        let Root::Instance(owner) = kept.root else {
            return None;
        };
        let whole = Place::of(kept.root);
        let info = self.owners.get(owner);
        // A framework's own class knows nothing of what its components keep.
        let by_base =
            info.superclass.is_some() && self.superclass(owner).is_none() && self.component(owner).is_none();
        let ends = |name: &str| {
            self.apis
                .words("end_methods")
                .iter()
                .any(|word| name.starts_with(word.as_str()))
        };
        self.index.calls.iter().copied().find(|&call| {
            let callee = tree.callee(call);
            if by_base && tree.is(callee, Kind::Member) && tree.contains(info.node, call) {
                let object = tree.child(callee, 0);
                return matches!(tree.kind(object), Kind::This | Kind::Super)
                    && ends(tree.name_text(callee))
                    && self.called_functions(call).is_empty();
            }
            tree.is(callee, Kind::Ident)
                && self.apis.begins_name("ending_words", tree.name_text(callee))
                && tree.args(call).any(|arg| self.place(arg) == Some(whole))
                && self.called_functions(call).is_empty()
        })
    }

    /// `new MutationObserver((records, observer) => observer.disconnect())`
    fn released_by_callback(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        resource.kind.starts.as_ref()?;
        let release = |&call: &NodeId| {
            let callee = tree.callee(call);
            tree.contains(resource.at, call)
                && tree.is(callee, Kind::Member)
                && resource
                    .kind
                    .methods
                    .iter()
                    .any(|method| method == tree.name_text(callee))
        };
        self.index.calls.iter().copied().find(release)
    }

    /// What releases the resource, if that is done only when something else happens before the life ends: some code of
    /// the file does it, but the end of the life does not lead there.
    pub fn late_release(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        let known_end = match self.end(life) {
            End::Framework(_) | End::Cleanup => true,
            End::None if resource.listener.is_none() => {
                matches!(life.of, Of::Instance(owner) if self.is_replaced(owner))
            }
            End::Method(_) | End::None => false,
        };
        if resource.kind.value || !known_end {
            return None;
        }
        if let Some(listener) = &resource.listener {
            return self.toggled(resource, listener, life);
        }
        // Some work that the end itself puts off.
        if self.runs_at_end(resource.at, life) {
            return None;
        }
        let mut releases = Vec::new();
        let mut place = None;
        for it in self.uses_of_value(resource.at) {
            let fate = it.path.is_empty().then(|| self.handle_use(&it, resource.kind));
            match fate.flatten() {
                Some(Fate::Released(release)) => releases.push(release),
                Some(Fate::Escapes) => return None,
                Some(Fate::Kept(kept)) => place = Some(kept),
                _ => {}
            }
        }
        if let Some(name) = place.and_then(|it| it.path.segs().iter().rev().find_map(|seg| seg.as_name())) {
            releases.extend(self.releases_of(name, resource.kind));
        }
        // What a callback does to its own resource ends it in time.
        let acquiring = tree.function_of(resource.at);
        let by_itself = |release: NodeId| tree.contains(resource.at, release) && !resource.kind.ends;
        // `return store.subscribe(callback)`, to who calls it.
        let returned = |release: NodeId| tree.is(release, Kind::Return);
        let follows = |release: NodeId| tree.function_of(release) == acquiring && release > resource.at;
        let in_time = |&release: &NodeId| {
            returned(release)
                || follows(release)
                || resource.kind.ends && self.comes_by_itself(resource, release, life)
                || by_itself(release)
                || self.may_run_at_end(release, life, acquiring)
                || self.comes_from_outside(release, life, acquiring)
        };
        match releases.iter().any(in_time) {
            true => None,
            false => releases.first().copied(),
        }
    }

    /// The removal of a listener that code adds or removes as something is on or off, if the end of the life does not
    /// lead there: it may end while that is on.
    fn toggled(&self, resource: &Resource, listener: &Listener, life: &Life) -> Option<NodeId> {
        let target = self.place(resource.target?)?;
        let same = |it: &Removal| self.place(it.target) == Some(target) && self.removes(it, listener);
        let removals: Vec<NodeId> = self
            .removals()
            .iter()
            .filter(|it| same(it))
            .map(|it| it.call)
            .collect();
        let beside = |&it: &NodeId| {
            self.tree.function_of(it) == self.tree.function_of(resource.at) && self.exclude(resource.at, it)
        };
        let never = |&it: &NodeId| beside(&it) && !self.may_run_at_end(it, life, FunctionId::NONE);
        removals.first().copied().filter(|_| removals.iter().all(never))
    }

    /// The run in which the handle's variable lives goes on to this release without waiting for an event: some work
    /// that stops its own timer when it is done.
    fn comes_by_itself(&self, resource: &Resource, release: NodeId, life: &Life) -> bool {
        let tree = self.tree;
        let holder = tree.parent(resource.at);
        let Some(binding) = matches!(tree.kind(holder), Kind::Declarator | Kind::Assign)
            .then(|| tree.binding_of(tree.child(holder, 0)))
            .flatten()
        else {
            return false;
        };
        let work = tree.scopes[tree.bindings[binding.index()].scope.index()].function;
        let releasing = tree.function_of(release);
        // A variable of the component is there for all events, and what starts the timer anew releases the old one.
        if work == FunctionId(0)
            || life.of == Of::Component(work)
            || self
                .leading_to(resource.at, FunctionId::NONE)
                .contains(&releasing)
        {
            return false;
        }
        let mut seen = vec![releasing];
        let mut at = 0;
        while let Some(&function) = seen.get(at) {
            at += 1;
            if function == work {
                return true;
            }
            for entry in self.entries(function) {
                let listens = tree.is(entry.site, Kind::Call)
                    && self.effect(entry.site).is_some_and(|it| it.adds.is_some());
                let goes_on = matches!(entry.how, How::Call | How::Later)
                    && entry.from != FunctionId::NONE
                    && !listens
                    && seen.len() < MAX_ROUND;
                if goes_on && !seen.contains(&entry.from) {
                    seen.push(entry.from);
                }
            }
        }
        false
    }

    /// A listener on something that stays runs this code: `document.addEventListener('mouseup', stop)`.
    fn comes_from_outside(&self, node: NodeId, life: &Life, without: FunctionId) -> bool {
        let leading = self.leading_to(node, without);
        let mut sites = leading.iter().flat_map(|&it| self.entries(it)).map(|it| it.site);
        sites.any(|site| {
            self.tree.is(site, Kind::Call)
                && self.effect(site).is_some_and(|effect| effect.adds.is_some())
                && self
                    .receiver(site)
                    .is_some_and(|it| self.outlives(it, life) == Outlives::Yes)
        })
    }

    /// The call by which the keeper of a resource gets it from a helper, or the acquiring call itself.
    pub fn taken_from_helper(&self, at: NodeId, kept: &Place) -> NodeId {
        let helper = self.tree.function_of(at);
        let mut values = self.values_at(kept).into_iter().filter_map(|(_, value)| value);
        let from_helper = |&value: &NodeId| {
            self.tree.is(value, Kind::Call) && self.called_functions(value).contains(&helper)
        };
        values.find(from_helper).unwrap_or(at)
    }

    /// A release stands before the resource is acquired: one takes the place of the other.
    pub fn is_renewal(&self, resource: &Resource, release: NodeId) -> bool {
        self.tree.function_of(resource.at) == self.tree.function_of(release)
    }

    /// What one use does to a handle; `None` if it only looks at it.
    fn handle_use(&self, it: &Use, kind: &Kinds) -> Option<Fate> {
        let tree = self.tree;
        let node = it.node;
        match it.op {
            Op::Method { name } => {
                let name = tree.text(name);
                if kind.methods.iter().any(|method| method == name) {
                    return Some(Fate::Released(node));
                }
                self.apis.named("promise_steps", name).then_some(Fate::Escapes)
            }
            Op::Invoke => kind.call.then_some(Fate::Released(node)),
            Op::Passed | Op::Read if matches!(tree.kind(node), Kind::Call | Kind::New) => {
                if self.is_release(node, kind) {
                    return Some(Fate::Released(node));
                }
                if let Some(container) = self.put_into(node) {
                    return Some(self.container_fate(&container, kind));
                }
                (it.op == Op::Passed && self.takes(node, kind)).then_some(Fate::Escapes)
            }
            Op::Passed | Op::Exported => Some(Fate::Escapes),
            // `<Chart instance={handle}>`
            Op::Read => (tree.is(node, Kind::Property) && !kind.lent).then_some(Fate::Escapes),
            Op::Stored => Some(match tree.kind(node) {
                Kind::Assign if kind.value && self.shows_value(tree.child(node, 0)) => return None,
                Kind::Assign => match self.place(tree.child(node, 0)) {
                    None => Fate::Escapes,
                    Some(place) => self.stored_fate(place, kind),
                },
                Kind::Property => {
                    let name = tree.name_of(node).some();
                    let object = tree.parent(node);
                    let held = self.held_at(object).or_else(|| self.filled_with(object));
                    match held.zip(name).and_then(|(held, name)| held.join(Seg::name(name))) {
                        Some(place) => self.stored_fate(place, kind),
                        None if self.is_lent_in(object, kind) => return None,
                        None => Fate::Escapes,
                    }
                }
                Kind::Array => match self.held_at(node).and_then(|it| it.join(Seg::ELEMENT)) {
                    Some(place) => self.stored_fate(place, kind),
                    None => Fate::Escapes,
                },
                // A field's initialiser.
                _ => match self.field_of(tree.function_of(node)) {
                    Some(place) => self.stored_fate(place, kind),
                    None => Fate::Escapes,
                },
            }),
            Op::Returned => self.returned_fate(node, kind),
            Op::Compare | Op::Write { .. } | Op::Delete => None,
        }
    }

    /// The call may take over the duty to release what it is given.
    fn takes(&self, call: NodeId, kind: &Kinds) -> bool {
        let tree = self.tree;
        let callee = tree.callee(call);
        if !kind.lent && !kind.value {
            return true;
        }
        let name = match tree.kind(callee) {
            Kind::Ident | Kind::Member => tree.name_text(callee),
            _ => return true,
        };
        if kind.value && self.shows_argument(call) {
            return false;
        }
        if kind.value {
            // Nobody revokes a URL in this file.
            return self.is_released_somewhere(kind)
                || !tree.is(call, Kind::New) && !self.apis.begins_name("loading_words", name);
        }
        // Who is given a new one, without a name, has it alone.
        let new = |arg: NodeId| matches!(tree.kind(arg), Kind::Call | Kind::New | Kind::Await);
        tree.is(call, Kind::New) || tree.args(call).any(new) || self.apis.begins_name("taking_words", name)
    }

    /// `f({ view })`, for a resource that is lent.
    fn is_lent_in(&self, object: NodeId, kind: &Kinds) -> bool {
        let tree = self.tree;
        let call = tree.parent(object);
        kind.lent && tree.is(call, Kind::Call) && !self.takes(call, kind)
    }

    /// `image.src = …` takes a value to show it, not to release it.
    fn shows_value(&self, target: NodeId) -> bool {
        self.tree.is(target, Kind::Member) && self.named("shown_fields", self.tree.name_of(target))
    }

    /// `player.src(url)`, `image.setAttribute('src', url)`
    fn shows_argument(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let args: Vec<NodeId> = tree.args(call).collect();
        let shown = match args[..] {
            [_] => Some(tree.callee(call)).filter(|&it| tree.is(it, Kind::Member)),
            [property, _] => Some(property).filter(|&it| tree.is(it, Kind::Str)),
            _ => None,
        };
        shown.is_some_and(|it| self.apis.named("shown_fields", tree.name_text(it)))
    }

    fn is_released_somewhere(&self, kind: &Kinds) -> bool {
        self.index.calls.iter().any(|&call| self.is_release(call, kind))
    }

    fn stored_fate(&self, place: Place, kind: &Kinds) -> Fate {
        let Some(path) = place.path.parent() else {
            return Fate::Kept(place);
        };
        let holder = Place { path, ..place };
        if place.path.last() == Some(Seg::ELEMENT) {
            return self.container_fate(&holder, kind);
        }
        match self.takes_care(&holder) {
            true => Fate::Escapes,
            false => Fate::Kept(place),
        }
    }

    /// An object of an unknown class, which may release what its property gets: `this.listener.value = …`.
    fn takes_care(&self, holder: &Place) -> bool {
        let tree = self.tree;
        let is_unknown = |value: NodeId| match tree.kind(value) {
            Kind::New => self.owner(value).is_none() && self.ty(value).is_none(),
            Kind::Call => {
                let mut args = tree.args(value);
                args.any(|arg| tree.is(arg, Kind::New) && self.owner(arg).is_none())
            }
            _ => false,
        };
        let values = self.values_at(holder);
        values.into_iter().filter_map(|(_, value)| value).any(is_unknown)
    }

    /// The collection that a call puts its arguments into.
    fn put_into(&self, call: NodeId) -> Option<Place> {
        let tree = self.tree;
        let callee = tree.callee(call);
        let grows = self.effect(call).is_some_and(|effect| effect.grows.is_some())
            || tree.is(callee, Kind::Member)
                && self.ty(tree.child(callee, 0)).is_none()
                && self.apis.grows(tree.name_text(callee)) == Some(Grows::Each);
        grows.then(|| self.place(tree.child(callee, 0)))?
    }

    /// What becomes of handles that are put into a collection.
    fn container_fate(&self, container: &Place, kind: &Kinds) -> Fate {
        let tree = self.tree;
        match container.root {
            Root::This(_) | Root::Global | Root::Exports => return Fate::Escapes,
            Root::Binding(binding) if tree.bindings[binding.index()].kind == BindingKind::Param => {
                return Fate::Escapes;
            }
            _ => {}
        }
        // A list of the base class, which works it off.
        if let Root::Instance(owner) = container.root
            && self.owners.get(owner).superclass.is_some()
            && self.values_at(container).is_empty()
        {
            return Fate::Escapes;
        }
        let Some(element) = container.join(Seg::ELEMENT) else {
            return Fate::Escapes;
        };
        let mut fate = Fate::Kept(*container);
        for it in self.uses(container.root).iter() {
            if it.path == container.path {
                let moved = match it.op {
                    Op::Method { name } => {
                        let shrinks = self.word(name).may(Word::SHRINKS);
                        let name = tree.text(name);
                        if self.apis.named("end_methods", name) && !shrinks {
                            return Fate::Released(it.node);
                        }
                        // `for (const timer of timers.splice(0))`
                        let used =
                            !tree.is(tree.parent(it.node), Kind::ExprStmt) && self.apis.grows(name).is_none();
                        // `timers.forEach(clearInterval)`
                        used || tree
                            .args(it.node)
                            .any(|arg| matches!(tree.kind(arg), Kind::Ident | Kind::Member))
                            && self.apis.grows(name).is_none()
                            && !shrinks
                    }
                    Op::Passed | Op::Stored | Op::Returned | Op::Exported => true,
                    Op::Read => matches!(tree.kind(it.node), Kind::Call | Kind::New | Kind::Spread),
                    _ => false,
                };
                if moved {
                    fate = Fate::Escapes;
                }
            } else if it.path == element.path {
                match self.handle_use(it, kind) {
                    Some(released @ Fate::Released(_)) => return released,
                    Some(Fate::Escapes) => fate = Fate::Escapes,
                    _ => {}
                }
            } else if it.path.starts_with(&element.path) && matches!(it.op, Op::Method { .. } | Op::Passed) {
                // `for (const { timer } of list) clearInterval(timer)`
                if let Some(released @ Fate::Released(_)) = self.handle_use(it, kind) {
                    return released;
                }
            }
        }
        fate
    }

    /// What gets the properties of an object: `Object.assign(this, { chart })`.
    fn filled_with(&self, object: NodeId) -> Option<Place> {
        let tree = self.tree;
        let call = tree.parent(object);
        let fills = tree.is(call, Kind::Call) && self.effect(call).is_some_and(|effect| effect.fills);
        let target = tree.args(call).next().filter(|&it| fills && it != object)?;
        self.place(target)
    }

    /// Where the list is kept that a function makes an element of: `this.charts = elements.map(function)`.
    fn collected_in(&self, function: FunctionId) -> Option<Place> {
        let [entry] = self.entries(function) else {
            return None;
        };
        let tree = self.tree;
        let collects = tree.is(entry.site, Kind::Call)
            && self.effect(entry.site).is_some_and(|effect| effect.collects)
            && tree
                .args(entry.site)
                .any(|arg| arg == tree.function(function).node);
        let field = || {
            self.field_of(tree.function_of(entry.site))
                .filter(|_| tree.is(tree.parent(entry.site), Kind::Return))
        };
        self.held_at(entry.site).or_else(field).filter(|_| collects)
    }

    fn returned_fate(&self, ret: NodeId, kind: &Kinds) -> Option<Fate> {
        let tree = self.tree;
        let function = tree.function_of(ret);
        if let Some(list) = self.collected_in(function) {
            return Some(self.container_fate(&list, kind));
        }
        let entries = self.entries(function);
        let cleans = |entry: &Entry| {
            tree.is(entry.site, Kind::Call) && self.effect(entry.site).is_some_and(|effect| effect.cleans)
        };
        if kind.call && entries.iter().any(cleans) {
            return Some(Fate::Released(ret));
        }
        // Arrow functions return what nobody looks at: `onClick={() => setInterval(…)}`.
        let ignored = |entry: &Entry| {
            matches!(entry.how, How::Again { .. } | How::Later)
                && (tree.is(entry.site, Kind::Property)
                    || self.effect(entry.site).is_some_and(|it| it.adds.is_some()))
        };
        let calls = self.calls_of(function);
        let followed = |entry: &Entry| entry.how == How::Call && calls.contains(&entry.site);
        // A method that the class itself calls is its helper.
        let helps = entries.iter().any(followed);
        let own = |entry: &Entry| helps && entry.how == How::Method;
        let in_sight = !entries.is_empty()
            && entries
                .iter()
                .all(|entry| ignored(entry) || followed(entry) || own(entry));
        (!in_sight).then_some(Fate::Escapes)
    }

    /// An object around the place is given to code out of sight.
    fn is_handed_on(&self, place: &Place) -> bool {
        self.uses(place.root).iter().any(|it| {
            place.path.starts_with(&it.path)
                && it.path != place.path
                && matches!(it.op, Op::Passed | Op::Returned | Op::Exported | Op::Stored)
        })
    }

    /// The call is to a function that releases its first argument, or any argument by its name.
    pub fn is_release(&self, call: NodeId, kind: &Kinds) -> bool {
        let tree = self.tree;
        let Some(name) = self.called_name(call).map(|it| tree.name_of(it)) else {
            return false;
        };
        let last = |path: &str| path.rsplit('.').next() == Some(tree.text(name));
        self.word(name).may(Word::RELEASES) && kind.functions.iter().any(|path| last(path))
    }

    /// The name of the property in which a handle is kept, if it says something of it.
    fn telling_name(&self, kept: &Place) -> Option<Name> {
        let name = kept.path.segs().iter().rev().find_map(|seg| seg.as_name())?;
        (!self.apis.named("box_fields", self.tree.text(name))).then_some(name)
    }

    /// A release of something that is called so, wherever it is kept.
    fn releases_of_name(&self, name: Name, kind: &Kinds) -> Option<NodeId> {
        self.releases_of(name, kind).next()
    }

    fn releases_of(&self, name: Name, kind: &Kinds) -> impl Iterator<Item = NodeId> {
        let tree = self.tree;
        let is_named = move |node: NodeId| {
            matches!(tree.kind(node), Kind::Ident | Kind::Member) && tree.name_of(node) == name
        };
        self.index.calls.iter().copied().filter(move |&call| {
            let callee = tree.callee(call);
            if tree.args(call).next().is_some_and(is_named) && self.is_release(call, kind) {
                return true;
            }
            let by_method = || {
                tree.is(callee, Kind::Member)
                    && is_named(tree.child(callee, 0))
                    && kind.methods.iter().any(|method| method == tree.name_text(callee))
            };
            by_method() || kind.call && is_named(callee)
        })
    }

    // ---- borrowed for the time of a call ----

    /// `None` if the function gives it away, or leaves it to another function to give it back.
    pub fn borrowed(&self, resource: &Resource) -> Option<Borrowed> {
        let tree = self.tree;
        let kind = resource.kind;
        let function = tree.function_of(resource.at);
        let statement = tree.statement(resource.at);
        if tree.is(statement, Kind::VarDecl) && tree[statement].op == TreeOp::Using {
            return None;
        }
        let mut releases = Vec::new();
        let releases_by = |name: Name| kind.methods.iter().any(|method| method == tree.text(name));
        for it in self.uses_of_value(resource.at) {
            if let Some(first) = it.path.segs().first() {
                // `work().finally(client.release)`
                if first.as_name().is_some_and(releases_by) {
                    return None;
                }
                continue;
            }
            let is_release = match it.op {
                Op::Method { name } => releases_by(name),
                Op::Invoke => kind.call,
                Op::Passed | Op::Read if matches!(tree.kind(it.node), Kind::Call | Kind::New) => {
                    let frees = self.is_release(it.node, kind) || self.is_named_like_release(it.node, kind);
                    // A class keeps what it is made of.
                    if !frees && tree.is(it.node, Kind::New) {
                        return None;
                    }
                    frees
                }
                // `update(values, { transaction })`
                Op::Stored if self.is_option(it.node) => false,
                Op::Passed | Op::Stored | Op::Returned | Op::Exported => return None,
                Op::Read | Op::Compare | Op::Write { .. } | Op::Delete => false,
            };
            if !is_release {
                continue;
            }
            if tree.function_of(it.node) != function {
                return None;
            }
            releases.push(it.node);
        }
        let is_in_catch = |node: NodeId| {
            let mut within = tree
                .ancestors(node)
                .take_while(|&up| tree.function_of(up) == function);
            within.any(|up| tree.is(up, Kind::Catch))
        };
        releases.sort();
        if releases.iter().all(|&it| is_in_catch(it)) {
            return None;
        }
        let holder = tree.ancestors(resource.at).find_map(|up| match tree.kind(up) {
            Kind::Declarator | Kind::Assign => Some(tree.child(up, 0)),
            _ => None,
        });
        Some(Borrowed {
            releases,
            binding: holder.and_then(|it| tree.binding_of(it)),
        })
    }

    /// Resources that are borrowed, and handed to a callback: `pool.getConnection((error, connection) => …)`.
    pub fn borrowed_by_callbacks(&self) -> impl Iterator<Item = (Resource<'_>, Borrowed)> {
        self.calls_that(Word::ACQUIRES).filter_map(|call| {
            let effect = self.effect(call)?;
            let kind = self.apis.resource(effect.acquires.as_deref()?)?;
            let borrowed = self.borrowed_by_callback(call, kind)?;
            let resource = Resource {
                at: call,
                kind,
                typed: false,
                target: None,
                listener: None,
            };
            Some((resource, borrowed))
        })
    }

    /// `None` unless the callback, or callbacks within it, give back what it is handed, and nobody else gets it.
    fn borrowed_by_callback(&self, call: NodeId, kind: &Kinds) -> Option<Borrowed> {
        let tree = self.tree;
        let callback = tree.args(call).last().filter(|&it| tree.is(it, Kind::Function))?;
        let mut params = tree.params(tree.function_at(callback)).skip(1);
        let handle = tree.child(params.next().filter(|_| kind.borrowed)?, 0);
        let binding = tree
            .binding_of(handle)
            .filter(|_| tree.is(handle, Kind::Binding))?;
        let releases_by = |name: Name| kind.methods.iter().any(|method| method == tree.text(name));
        let mut releases = Vec::new();
        for it in self.uses(Root::Binding(binding)).iter() {
            match it.op {
                Op::Method { name } if it.path.is_empty() && releases_by(name) => releases.push(it.node),
                Op::Passed | Op::Read if tree.is(it.node, Kind::Call) && self.is_release(it.node, kind) => {
                    releases.push(it.node);
                }
                Op::Passed | Op::Stored | Op::Returned | Op::Exported if it.path.is_empty() => return None,
                _ => {}
            }
        }
        // node-postgres hands over the function that gives the connection back, too.
        let done = params.next().map(|it| tree.child(it, 0));
        if let Some(done) = done.and_then(|it| tree.binding_of(it)) {
            for it in self.uses(Root::Binding(done)).iter() {
                match it.op {
                    Op::Invoke => releases.push(it.node),
                    Op::Passed | Op::Stored | Op::Returned | Op::Exported => return None,
                    _ => {}
                }
            }
        }
        releases.sort();
        Some(Borrowed {
            releases,
            binding: Some(binding),
        })
    }

    /// A property of an object that is only made to be an argument of a call.
    fn is_option(&self, property: NodeId) -> bool {
        let tree = self.tree;
        let object = tree.parent(property);
        tree.is(property, Kind::Property)
            && tree.is(object, Kind::Object)
            && tree.is(tree.parent(object), Kind::Call)
    }

    /// `closeQuietly(handle)`, `this.releaseClient(client)`
    fn is_named_like_release(&self, call: NodeId, kind: &Kinds) -> bool {
        let Some(name) = self
            .called_name(call)
            .map(|it| self.tree.name_text(it).to_lowercase())
        else {
            return false;
        };
        let words = kind.methods.iter().chain(&kind.functions);
        words
            .filter(|word| word.len() > 3)
            .any(|word| name.contains(&word.to_lowercase()))
    }

    /// The test asks whether there is something borrowed at all: `if (!client) return`.
    pub fn tests_nothing_borrowed(&self, test: NodeId, borrowed: &Borrowed) -> bool {
        let tree = self.tree;
        let mut nodes = tree.subtree(test);
        borrowed.binding.is_some_and(|binding| {
            nodes.any(|node| {
                tree.is(node, Kind::Ident)
                    && tree.binding_of(node) == Some(binding)
                    && !matches!(tree.kind(tree.parent(node)), Kind::Member | Kind::Index)
            })
        })
    }

    // ---- listeners ----

    fn listener_fate(&self, resource: &Resource, listener: &Listener) -> Fate {
        let tree = self.tree;
        // The result may be what removes it: `const off = em.on(…)`.
        let parent = tree.parent(resource.at);
        let chains = self
            .typed_effect(resource.at)
            .is_some_and(|it| it.chains || it.dedups);
        let unused = matches!(tree.kind(parent), Kind::ExprStmt | Kind::Member | Kind::Unary)
            || tree.is(parent, Kind::Logical) && tree.is(tree.parent(parent), Kind::ExprStmt)
            || tree.is(parent, Kind::Conditional) && tree.is(tree.parent(parent), Kind::ExprStmt);
        if !unused && !chains {
            // Arrow functions return what nobody may look at.
            let fate = match tree.is(parent, Kind::Return) {
                true => self.returned_fate(parent, resource.kind),
                false => Some(Fate::Escapes),
            };
            if let Some(fate) = fate {
                return fate;
            }
        }
        let Some(target) = resource.target else {
            return Fate::Escapes;
        };
        match self.removal(listener, target) {
            Some(removal) => Fate::Released(removal),
            None => Fate::Dropped,
        }
    }

    // ---- how long what holds it lives ----

    /// Whether what the resource is registered on outlives the life in which it is acquired.
    pub fn outlives(&self, target: NodeId, life: &Life) -> Outlives {
        self.outlives_at(target, life, 0)
    }

    fn outlives_at(&self, node: NodeId, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        if depth > 4 {
            return Outlives::Unknown;
        }
        match tree.kind(node) {
            Kind::New | Kind::Object | Kind::Array | Kind::Jsx => return Outlives::No,
            Kind::Await => return self.outlives_at(tree.child(node, 0), life, depth + 1),
            Kind::Assign => return self.outlives_at(tree.child(node, 1), life, depth + 1),
            Kind::Logical => {
                let (a, b) = (tree.child(node, 0), tree.child(node, 1));
                return self
                    .outlives_at(a, life, depth + 1)
                    .min(self.outlives_at(b, life, depth + 1));
            }
            Kind::Call if self.viewed(node) != node => {
                return self.outlives_at(self.viewed(node), life, depth + 1);
            }
            Kind::Member if self.named("page_properties", tree.name_of(node)) => return Outlives::Yes,
            Kind::Call => {
                if self.stream_ends(node) {
                    return Outlives::No;
                }
                if let Some(source) = self.stream_step(node) {
                    return self.outlives_at(source, life, depth + 1);
                }
                if let Some(outlives) = self.stream_joined(node, life, depth) {
                    return outlives;
                }
                let makes = self.ty(node).is_some()
                    || self.called_name(node).is_some_and(|it| {
                        let name = tree.name_text(it);
                        // `Editor(node)`, a class that is called
                        self.apis.begins_name("making_words", name)
                            || name.starts_with(|it: char| it.is_ascii_uppercase())
                    });
                return if makes { Outlives::No } else { Outlives::Unknown };
            }
            _ => {}
        }
        if self.is_own(node) {
            return Outlives::No;
        }
        if self
            .api_path(node)
            .is_some_and(|path| self.apis.value(&path).is_some())
        {
            return Outlives::Yes;
        }
        let Some(place) = self.place(node) else {
            return Outlives::Unknown;
        };
        if place.path.segs().contains(&Seg::ELEMENT) {
            return Outlives::Unknown;
        }
        match place.root {
            Root::Global | Root::Exports => Outlives::Yes,
            Root::This(_) => Outlives::Unknown,
            // `this.$el`, `this.host.nativeElement`
            Root::Instance(_) if self.is_own_part(&place) => Outlives::No,
            Root::Instance(_) => {
                let Some(first) = place.path.segs().first().and_then(|seg| seg.as_name()) else {
                    return Outlives::No;
                };
                if self.named("given_fields", first) {
                    return Outlives::Given;
                }
                let field = Place {
                    path: Path::EMPTY.join(Seg::name(first)).unwrap_or(place.path),
                    ..place
                };
                self.value_outlives(&field, life, depth)
            }
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                let scope = &tree.scopes[info.scope.index()];
                match info.kind {
                    BindingKind::Import => Outlives::Yes,
                    BindingKind::Param => match self.param_outlives(scope.function, life) {
                        Outlives::Unknown => self.given_outlives(binding, life, depth),
                        known => known,
                    },
                    BindingKind::Catch => Outlives::Unknown,
                    _ if scope.function.0 == 0 && life.of != Of::Program => {
                        // `child = spawn(…)` in a function: another one each time.
                        let replaced = self.index.writes[binding.index()].iter().any(|write| {
                            tree.function_of(write.at).0 != 0
                                && !write.value.is_some_and(|(value, _)| tree.is_nullish(value))
                        });
                        if replaced {
                            Outlives::Unknown
                        } else {
                            Outlives::Yes
                        }
                    }
                    _ => self.value_outlives(&Place::of(place.root), life, depth),
                }
            }
        }
    }

    /// A stream that ends by itself, or that an operator ends: `http.get(url)`, `clicks.pipe(take(1))`.
    fn stream_ends(&self, call: NodeId) -> bool {
        let ends = |call: NodeId| {
            let name = self.called_name(call).map(|it| self.tree.name_text(it));
            name.is_some_and(|name| self.apis.named("stream_ends", name))
        };
        ends(call)
            || self
                .tree
                .args(call)
                .any(|arg| self.tree.is(arg, Kind::Call) && ends(arg) && !self.waits_in_vain(arg))
    }

    /// The operator behind a stream that would end it, but for a subject of the component's own that never emits:
    /// `changes.pipe(takeUntil(this.destroyed))`.
    pub fn vain_end(&self, stream: NodeId) -> Option<NodeId> {
        let mut at = stream;
        while let Some(source) = Some(at)
            .filter(|&it| self.tree.is(it, Kind::Call))
            .and_then(|it| self.stream_step(it))
        {
            let mut args = self.tree.args(at).filter(|&it| self.tree.is(it, Kind::Call));
            if let Some(end) = args.find(|&it| self.waits_in_vain(it)) {
                return Some(end);
            }
            at = source;
        }
        None
    }

    /// `takeUntil(this.destroyed)`, where the component makes the subject and never uses it otherwise.
    fn waits_in_vain(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let ends_life = |call: NodeId| {
            let name = self.called_name(call).map(|it| tree.name_text(it));
            name.is_some_and(|name| self.apis.named("life_ends", name))
        };
        let place = tree
            .args(call)
            .next()
            .filter(|_| ends_life(call))
            .and_then(|it| self.place(it));
        let Some(place) = place else { return false };
        let Root::Instance(owner) = place.root else {
            return false;
        };
        let values = self.values_at(&place);
        let is_made = |value: &Option<NodeId>| {
            value.is_some_and(|it| tree.is(it, Kind::New) && self.owner(it).is_none())
        };
        let own = self.component(owner).is_some() && self.owners.get(owner).superclass.is_none();
        own && place.path.segs().len() == 1
            && !values.is_empty()
            && values.iter().all(|(_, value)| is_made(value))
            && self.uses(place.root).iter().all(|it| match it.op {
                _ if !it.path.starts_with(&place.path) => true,
                Op::Passed | Op::Read => tree.is(it.node, Kind::Call) && ends_life(it.node),
                Op::Write { .. } => true,
                _ => false,
            })
    }

    /// What a call passes on: `clicks` of `clicks.pipe(…)`.
    fn stream_step(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        // `L.map(element)` makes a map.
        let steps = tree.is(callee, Kind::Member)
            && self.named("stream_steps", tree.name_of(callee))
            && self.ty(call).is_none();
        steps.then(|| tree.child(callee, 0))
    }

    /// A stream of several others ends with the last of them, one made from an emitter with that.
    fn stream_joined(&self, call: NodeId, life: &Life, depth: u32) -> Option<Outlives> {
        let name = self.tree.name_text(self.called_name(call)?);
        if self.apis.named("endless_streams", name) {
            return Some(Outlives::Yes);
        }
        if !self.apis.named("stream_joins", name) {
            return None;
        }
        let args = self.tree.args(call).flat_map(|arg| match self.tree.kind(arg) {
            Kind::Array => self.tree.children(arg).collect(),
            _ => vec![arg],
        });
        args.filter(|&arg| !matches!(self.tree.kind(arg), Kind::Str | Kind::Num | Kind::Function))
            .map(|arg| self.outlives_at(arg, life, depth + 1))
            .max()
    }

    /// A part of something that ends with whatever it was given to: `route.params`.
    fn is_own(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let mut at = node;
        loop {
            if self
                .ty(at)
                .is_some_and(|ty| self.apis.lineage(ty).any(|it| it.own))
            {
                return true;
            }
            if !tree.is(at, Kind::Member) {
                return false;
            }
            if self.named("own_streams", tree.name_of(at)) {
                return true;
            }
            at = tree.child(at, 0);
        }
    }

    /// A part of the page that belongs to the component.
    fn is_own_part(&self, place: &Place) -> bool {
        let mut names = place.path.segs().iter().filter_map(|seg| seg.as_name());
        names.any(|it| self.named("own_parts", it))
    }

    /// A parameter of a function outside the life, or of one that begins it, was there before.
    fn param_outlives(&self, function: FunctionId, life: &Life) -> Outlives {
        let tree = self.tree;
        let begins = match life.of {
            Of::Component(it) | Of::Mount(it) | Of::Call(it) => tree.nests(function, it),
            Of::Instance(_) => {
                let info = tree.function(function);
                info.kind == FunctionKind::Constructor || tree.has(tree.parent(info.node), flag::SETTER)
            }
            Of::Program => false,
        };
        if begins {
            Outlives::Given
        } else {
            Outlives::Unknown
        }
    }

    /// What the callers of a helper give it, or its default.
    fn given_outlives(&self, param: BindingId, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        let Some((function, position)) = self.parameter(param) else {
            return Outlives::Unknown;
        };
        let pattern = tree.parent(tree.bindings[param.index()].decl);
        let default = tree.is(pattern, Kind::Default).then(|| tree.child(pattern, 1));
        let calls = self.calls_of(function);
        // A method that the class itself calls is its helper.
        let entries = self.entries(function);
        let helps = entries.iter().any(|it| it.how == How::Call);
        let in_sight = |it: &Entry| it.how == How::Call || helps && it.how == How::Method;
        if !entries.iter().all(in_sight) {
            return Outlives::Unknown;
        }
        let mut least = None;
        for &call in calls {
            let arg = tree.args(call).nth(position).or(default);
            let one = arg.map_or(Outlives::Unknown, |arg| self.outlives_at(arg, life, depth + 1));
            // One target that certainly outlives the life is enough.
            if one == Outlives::Yes {
                return Outlives::Yes;
            }
            least = Some(least.map_or(one, |it: Outlives| it.min(one)));
        }
        least.unwrap_or(Outlives::Unknown)
    }

    fn value_outlives(&self, place: &Place, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        let values = self.values_at(place);
        let mut least = None;
        for (_, value) in values {
            let Some(value) = value else {
                return Outlives::Unknown;
            };
            if tree.is_nullish(value) || self.place(value) == Some(*place) {
                continue;
            }
            let one = self.outlives_at(value, life, depth + 1);
            least = Some(least.map_or(one, |it: Outlives| it.min(one)));
        }
        if least.is_none() && self.is_field_of_parameter(place) {
            return Outlives::Given;
        }
        least.unwrap_or(Outlives::Unknown)
    }
}
