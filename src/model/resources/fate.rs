//! What becomes of a resource: where its handle goes, and what releases it.

use crate::apis::{Grows, Resource as Kinds, Word};
use crate::syntax::tree::{BindingKind, FunctionId, Kind, Name, NodeId};

use super::super::Model;
use super::super::calls::{Entry, How};
use super::super::listeners::Listener;
use super::super::place::{Place, Root, Seg};
use super::super::uses::{Op, Use};

use super::Resource;

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

impl<'a> Model<'a> {
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

    pub(super) fn handle_fate(&self, resource: &Resource) -> Fate {
        let tree = self.tree;
        let mut fate = Fate::Dropped;
        let by_callback = self.released_by_callback(resource);
        if let Some(release) = by_callback.or_else(|| self.removed_by_callback(resource).next()) {
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
        // `channel.unsubscribe(callback)`, `channel.close()`
        if let Some(target) = resource.target {
            let by_target = self.released_by_target(target, resource.kind);
            let release = by_target.or_else(|| self.ended(&self.place(target)?));
            if let Some(release) = release {
                return Fate::Released(release);
            }
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
        let releases = |node: NodeId| {
            tree.is(node, Kind::Member)
                && kind.methods.iter().any(|method| method == tree.name_text(node))
                && self.place(tree.child(node, 0)) == Some(place)
        };
        let calls = self.index.calls.iter().copied();
        let called = calls
            .filter(|&it| tree.is(it, Kind::Call))
            .find(|&it| releases(tree.callee(it)));
        // `return manager.unsubscribe`, to whoever calls it.
        called.or_else(|| {
            let functions = (0..tree.functions.len() as u32).map(FunctionId);
            let mut returns = functions.flat_map(|it| self.index.returns_of(it).iter().copied());
            returns.find(|&it| releases(tree.child(it, 0)))
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
    pub(super) fn removed_by_callback(&self, resource: &Resource) -> impl Iterator<Item = NodeId> {
        let at = resource.at;
        let place = self.receiver_of(at).and_then(|it| self.place(it));
        let is_given =
            move |callback: NodeId| self.tree.args(at).any(|arg| self.same_function(arg, callback));
        let removals = place.map_or(&[][..], |_| self.removals());
        let removals = removals
            .iter()
            .filter(move |it| it.callback.is_some_and(is_given) && self.place(it.target) == place);
        removals.map(|it| it.call)
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

    /// What one use does to a handle; `None` if it only looks at it.
    pub(super) fn handle_use(&self, it: &Use, kind: &Kinds) -> Option<Fate> {
        let tree = self.tree;
        let node = it.node;
        match it.op {
            Op::Method { name } => {
                // `layout.remove(cells)`
                let parts = self.named("parting_methods", name) && tree.args(node).next().is_some();
                let name = tree.text(name);
                if kind.methods.iter().any(|method| method == name) && !parts {
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
        self.calls_that(Word::RELEASES)
            .any(|call| self.is_release(call, kind))
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
    pub(super) fn put_into(&self, call: NodeId) -> Option<Place> {
        let tree = self.tree;
        let callee = tree.callee(call);
        let grows = self.effect(call).is_some_and(|effect| effect.grows.is_some())
            || tree.is(callee, Kind::Member)
                && self.ty(tree.child(callee, 0)).is_none()
                && self.apis.grows(tree.name_text(callee)) == Some(Grows::Each);
        grows.then(|| self.place(tree.child(callee, 0)))?
    }

    /// What becomes of handles that are put into a collection. Of what is put from there into itself again, nothing else.
    fn container_fate(&self, container: &Place, kind: &Kinds) -> Fate {
        let key = (*container, std::ptr::from_ref(kind));
        self.keep(&self.container_fates, key, Fate::Kept(*container), || {
            self.find_container_fate(container, kind)
        })
    }

    fn find_container_fate(&self, container: &Place, kind: &Kinds) -> Fate {
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
            matches!(tree.kind(entry.site), Kind::Call | Kind::New)
                && self.effect(entry.site).is_some_and(|effect| effect.cleans)
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
        if self.word(name).may(Word::RELEASES) && kind.functions.iter().any(|path| last(path)) {
            return true;
        }
        // `const cancel = window.cancelAnimationFrame || …`
        let callee = tree.callee(call);
        let renamed = tree.is(callee, Kind::Ident) && tree.binding_of(callee).is_some();
        let path = renamed.then(|| self.api_path(callee)).flatten();
        path.is_some_and(|it| kind.functions.contains(&it))
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

    pub(super) fn releases_of(&self, name: Name, kind: &Kinds) -> impl Iterator<Item = NodeId> {
        let tree = self.tree;
        let is_named = move |node: NodeId| {
            let named = matches!(tree.kind(node), Kind::Ident | Kind::Member) && tree.name_of(node) == name;
            named && !self.never_holds(node)
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

    /// A variable that the file never gives anything.
    fn never_holds(&self, node: NodeId) -> bool {
        let tree = self.tree;
        tree.variable(node).is_some_and(|binding| {
            let declared = matches!(
                tree.bindings[binding.index()].kind,
                BindingKind::Let | BindingKind::Var
            );
            let mut writes = self.index.writes[binding.index()].iter();
            declared && writes.all(|it| it.value.is_some_and(|(value, _)| tree.is_nullish(value)))
        })
    }

    fn listener_fate(&self, resource: &Resource, listener: &Listener) -> Fate {
        let tree = self.tree;
        // The result may be what removes it: `const off = em.on(…)`.
        let parent = tree.parent(resource.at);
        let chains = self
            .typed_effect(resource.at)
            .is_some_and(|it| it.chains || it.dedups);
        // `em.on(…).on(…)`; `on(…).stop` may be handed on.
        let called = tree.is(parent, Kind::Member)
            && tree.is(tree.parent(parent), Kind::Call)
            && tree.callee(tree.parent(parent)) == parent;
        let unused = called
            || matches!(tree.kind(parent), Kind::ExprStmt | Kind::Unary)
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
        // `this.events.addEvent(element, 'focus', callback)`: a helper of the instance's own, which may keep all of them.
        let callee = tree.callee(resource.at);
        let helper = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let helper = helper.filter(|&it| it != target).and_then(|it| self.place(it));
        if helper.is_some_and(|it| matches!(it.root, Root::Instance(_)) && Some(it) != self.place(target)) {
            return Fate::Escapes;
        }
        // `return onExit`, to the caller, who removes it.
        let is_callback = |ret: &NodeId| {
            let callback = tree.variable(listener.callback);
            callback.is_some() && tree.variable(tree.child(*ret, 0)) == callback
        };
        let returns = self.index.returns_of(tree.function_of(resource.at));
        match self.removal(listener, target) {
            Some(removal) => Fate::Released(removal),
            None if returns.iter().any(is_callback) => Fate::Escapes,
            None => Fate::Dropped,
        }
    }
}
