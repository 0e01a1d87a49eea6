//! What else the file releases, and when: it tells what the author thinks of a resource that is left.

use crate::apis::Resource as Kinds;
use crate::syntax::tree::{FunctionId, Kind, NodeId};

use super::super::Model;
use super::super::calls::{Entry, How};
use super::super::listeners::Listener;
use super::super::lives::{End, Life, Of};
use super::super::owners::This;
use super::super::place::{Place, Root, Seg};
use super::super::removals::Removal;
use super::super::uses::Op;

use super::{Fate, MAX_ROUND, Outlives, Resource};

/// How many calls may lead from a test of what is on or off to what is added or removed.
const MAX_TOGGLES: usize = 6;

impl<'a> Model<'a> {
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

    /// The function with the release takes several listeners off the target of this one: it is meant to take off all.
    pub fn is_forgotten_among(&self, resource: &Resource, release: NodeId) -> bool {
        let target = resource.target.and_then(|it| self.place(it));
        let function = self.tree.function_of(release);
        let removals = self.removals().iter();
        let beside = removals
            .filter(|it| self.tree.function_of(it.call) == function && self.place(it.target) == target);
        target.is_some() && beside.count() > 1
    }

    /// What is released there was added to the same target by the same run of a function.
    pub fn is_released_beside(&self, resource: &Resource, release: NodeId) -> bool {
        let target = |it: &Resource| it.target.and_then(|it| self.place(it));
        let mut others = self.resources().filter(|it| it.at != resource.at);
        others.any(|it| {
            self.tree.function_of(it.at) == self.tree.function_of(resource.at)
                && target(it).is_some()
                && target(it) == target(resource)
                && !self.exclude(it.at, resource.at)
                && self.fate_of(it) == Fate::Released(release)
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

    /// Where the end of this life lets go of what the listener is registered on: that lives on, with the listener.
    pub fn let_go(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        let place = self.place(resource.target?)?;
        if !matches!(self.end(life), End::Method(_))
            || !matches!(place.root, Root::Instance(_))
            || place.path.is_empty()
        {
            return None;
        }
        let values = self.values_at(&place);
        let emptied = values
            .iter()
            .filter(|(at, value)| tree.is(*at, Kind::Assign) && value.is_some_and(|it| tree.is_nullish(it)));
        let mut emptied = emptied.map(|&(at, _)| at);
        emptied.find(|&at| self.runs_at_end(at, life))
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
            self.tree.parameter(binding).map(|_| tree.name_text(node))
        };
        resource.listener.as_ref()?;
        let (function, target) = (tree.function_of(resource.at), resource.target?);
        if let Some(removal) = self.removed_before_letting_go(resource, target) {
            return Some(removal);
        }
        let name = parameter(target)?;
        let removed = self.removed_siblings(
            resource,
            |it| parameter(it) == Some(name),
            |within| !tree.nests(function, within),
        );
        removed.into_iter().min()
    }

    /// The removal of others that were added beside this one to the same target, in the method that undoes what the adding
    /// method does: `addListeners() { … }`, `removeListeners() { … }`.
    pub fn forgotten_by_opposite(&self, resource: &Resource) -> Option<NodeId> {
        resource.listener.as_ref().filter(|it| !it.once && !it.hidden)?;
        let place = self.place(resource.target?)?;
        let function = self.tree.function_of(resource.at);
        let This::Instance(owner) = self.owners.this[function.index()] else {
            return None;
        };
        let opposites = self.opposites(owner, function);
        if opposites.is_empty() || !self.always_reaches(resource.at) {
            return None;
        }
        let mut removed = self.removed_siblings(
            resource,
            |it| self.place(it) == Some(place),
            |within| opposites.contains(&within),
        );
        removed.dedup();
        removed.first().copied().filter(|_| removed.len() > 1)
    }

    /// The removal of another listener that was added beside this one to the same field, in code that lets go of what
    /// the field holds: `this.map.off('move', this.update); delete this.map`.
    fn removed_before_letting_go(&self, resource: &Resource, target: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let place = self.place(target)?;
        if !matches!(place.root, Root::Instance(_)) || place.path.segs().len() != 1 {
            return None;
        }
        let lets_go = |within: FunctionId| {
            self.uses_near(&place).iter().any(|it| {
                let nothing = match it.op {
                    Op::Delete => true,
                    Op::Write { value } => value.is_some_and(|it| tree.is_nullish(it)),
                    _ => false,
                };
                it.path == place.path && nothing && tree.function_of(it.node) == within
            })
        };
        let removed = self.removed_siblings(resource, |it| self.place(it) == Some(place), lets_go);
        removed.into_iter().min()
    }

    /// Removals of other listeners that the same function adds to the same target, one for each, in functions that
    /// `stands` accepts. `is_target` knows the target by the node of it.
    fn removed_siblings(
        &self,
        resource: &Resource,
        is_target: impl Fn(NodeId) -> bool,
        stands: impl Fn(FunctionId) -> bool,
    ) -> Vec<NodeId> {
        let tree = self.tree;
        let function = tree.function_of(resource.at);
        let removals = self
            .removals()
            .iter()
            .filter(|it| it.callback.is_some() && is_target(it.target) && stands(tree.function_of(it.call)));
        let removals: Vec<_> = removals.collect();
        let siblings = self.resources().filter(|it| {
            it.at != resource.at && tree.function_of(it.at) == function && it.target.is_some_and(&is_target)
        });
        let removal_of = |it: &Resource| {
            let listener = it.listener.as_ref()?;
            removals.iter().find(|removal| self.removes(removal, listener))
        };
        siblings.filter_map(removal_of).map(|it| it.call).collect()
    }

    /// What the listener runs when the program ends, and what others may run before: it has no more to do then, but
    /// stays. `process.once('exit', stop)` beside `return { stop }`.
    pub fn ended_sooner(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let listener = resource.listener.as_ref().filter(|it| self.comes_last(it))?;
        let callbacks = self.functions(listener.callback);
        let is_within = |node: NodeId| {
            let mut bodies = callbacks.iter().map(|&it| tree.function(it).node);
            bodies.any(|it| tree.contains(it, node))
        };
        let calls = self.index.calls.iter().filter(|&&it| is_within(it));
        let called = calls.flat_map(|&it| self.called_functions(it));
        let mut run = callbacks.iter().copied().chain(called);
        let is_of_program = |entry: &Entry| {
            let site = entry.site;
            let adds = tree.is(site, Kind::Call) && self.effect(site).is_some_and(|it| it.adds.is_some());
            adds || is_within(site)
        };
        let is_for_others = |entry: &Entry| {
            matches!(
                entry.how,
                How::Escapes | How::Returned | How::Method | How::Exported
            ) && !is_of_program(entry)
        };
        let ends = |&function: &FunctionId| {
            self.apis
                .begins_name("stopping_words", tree.text(tree.function(function).name))
                && self.entries(function).iter().any(is_for_others)
        };
        run.find(ends).map(|it| tree.function(it).node)
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

    /// What releases the resource, if that is done only when something else happens before the life ends: some code of
    /// the file does it, but the end of the life does not lead there.
    pub fn late_release(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        if let (Some(listener), End::Method(_)) = (&resource.listener, self.end(life)) {
            return self.makes_room(resource, listener, life);
        }
        let known_end = match self.end(life) {
            End::Framework(_) | End::Cleanup => true,
            End::None if resource.listener.is_none() => {
                matches!(life.of, Of::Instance(owner) if self.is_replaced(owner))
            }
            // Its other methods may end it, too, unless they put another one in its place.
            End::Method(_) => resource.listener.is_none() && matches!(life.of, Of::Instance(_)),
            End::None => false,
        };
        // The methods of options are there for those that are mixed in, too.
        let is_mixed = matches!(life.of, Of::Instance(owner) if self.is_mixed(owner));
        if resource.kind.value || !known_end || is_mixed {
            return None;
        }
        if let Some(listener) = &resource.listener {
            return self.toggled(resource, listener, life);
        }
        // Some work that the end itself puts off.
        if self.runs_at_end(resource.at, life) {
            return None;
        }
        let (releases, place) = self.releases_of_handle(resource)?;
        // What a callback does to its own resource ends it in time.
        let acquiring = tree.function_of(resource.at);
        let by_itself = |release: NodeId| tree.contains(resource.at, release) && !resource.kind.ends;
        // `return store.subscribe(callback)`, to who calls it.
        let returned = |release: NodeId| tree.is(release, Kind::Return);
        // `store.subscribe(callback).unsubscribe()` is a call around the other.
        let behind = |release: NodeId| release > resource.at || tree.contains(release, resource.at);
        let follows = |release: NodeId| tree.function_of(release) == acquiring && behind(release);
        let in_time = |&release: &NodeId| {
            !self.never_runs(release)
                && (returned(release)
                    || follows(release)
                    || resource.kind.ends && self.comes_by_itself(resource, release, life)
                    || by_itself(release)
                    || self.may_run_at_end(release, life, acquiring)
                    || self.comes_from_outside(release, life, acquiring))
        };
        if matches!(self.end(life), End::Method(_)) {
            let place = place?;
            let replaces = |&release: &NodeId| self.puts_another(release, &place);
            let ends = |&release: &NodeId| self.runs_at_end(release, life);
            return match releases.iter().all(replaces) && !releases.iter().any(ends) {
                true => releases.first().copied(),
                false => None,
            };
        }
        match releases.iter().any(in_time) {
            true => None,
            false => releases.first().copied(),
        }
    }

    /// Where the end of the instance clears another timer of it, and not this one-shot timer, which it keeps.
    pub fn ended_timer(&self, resource: &Resource, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        let is_timer = |it: &Resource| self.effect(it.at).is_some_and(|effect| effect.timer);
        if !resource.kind.ends
            || !is_timer(resource)
            || !matches!(life.of, Of::Instance(_))
            || !matches!(self.end(life), End::Method(_))
            || self.runs_at_end(resource.at, life)
        {
            return None;
        }
        let (releases, kept) = self.releases_of_handle(resource)?;
        if !matches!(kept?.root, Root::Instance(_)) || releases.iter().any(|&it| self.runs_at_end(it, life)) {
            return None;
        }
        // The function with the release, and those that call it.
        let clearing = |release: NodeId| {
            let function = tree.function_of(release);
            let callers = self.entries(function).iter().map(|it| it.from);
            callers
                .filter(|it| *it > FunctionId(0) && *it != FunctionId::NONE)
                .chain([function])
        };
        let others = self
            .resources()
            .filter(|it| it.at != resource.at && is_timer(it) && self.life(it.at).of == life.of);
        let cleared: Vec<NodeId> = others
            .filter_map(|it| Some(self.releases_of_handle(it)?.0))
            .flatten()
            .collect();
        // `onClose` clears both, when the instance has come to its end.
        let own: Vec<FunctionId> = releases.iter().flat_map(|&it| clearing(it)).collect();
        if cleared.iter().any(|&it| clearing(it).any(|it| own.contains(&it))) {
            return None;
        }
        cleared.into_iter().find(|&it| self.runs_at_end(it, life))
    }

    /// All that releases the handle, and where it is kept; `None` if it is given away.
    pub(super) fn releases_of_handle(&self, resource: &Resource) -> Option<(Vec<NodeId>, Option<Place>)> {
        let mut releases: Vec<NodeId> = self.removed_by_callback(resource).collect();
        let mut place: Option<Place> = None;
        for it in self.uses_of_value(resource.at) {
            if let Some(container) = self.put_into(it.node).filter(|_| it.path.is_empty()) {
                releases.extend(self.element_releases(&container, resource.kind));
            }
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
        Some((releases, place))
    }

    /// All that releases the elements of a container.
    fn element_releases(&self, container: &Place, kind: &Kinds) -> Vec<NodeId> {
        let Some(element) = container.join(Seg::ELEMENT) else {
            return Vec::new();
        };
        let uses = self.uses(container.root);
        let elements = uses.iter().filter(|it| it.path == element.path);
        elements
            .filter_map(|it| match self.handle_use(it, kind)? {
                Fate::Released(release) => Some(release),
                _ => None,
            })
            .collect()
    }

    /// Behind the release, another one is put in the place of what is released, whatever else is so.
    fn puts_another(&self, release: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        let function = tree.function_of(release);
        let comes_behind =
            |at: NodeId| self.always_reaches(at) || tree.block_of(at) == tree.block_of(release);
        let mut others = self
            .resources()
            .filter(|it| it.at > release && tree.function_of(it.at) == function && comes_behind(it.at));
        others.any(|it| self.kept_at(it) == Some(*place))
    }

    /// Where the handle is kept.
    fn kept_at(&self, resource: &Resource) -> Option<Place> {
        let uses = self.uses_of_value(resource.at);
        let mut fates = uses
            .iter()
            .filter(|it| it.path.is_empty())
            .filter_map(|it| self.handle_use(it, resource.kind));
        fates.find_map(|it| match it {
            Fate::Kept(place) => Some(place),
            _ => None,
        })
    }

    /// The call in whose callback the code runs at once, once for each element: `events.forEach(…)`.
    fn outside_loops(&self, node: NodeId) -> NodeId {
        let tree = self.tree;
        let mut at = node;
        loop {
            let function = tree.function_of(at);
            let callback = tree.function(function).node;
            let call = tree.parent(callback);
            match self.entries(function) {
                [entry]
                    if entry.how == How::Call
                        && entry.site == call
                        && tree.args(call).any(|it| it == callback) =>
                {
                    at = call;
                }
                _ => return at,
            }
        }
    }

    /// The node, the calls of the function that it stands in, and so on.
    fn led_here(&self, node: NodeId) -> Vec<NodeId> {
        let mut sites = vec![self.outside_loops(node)];
        let mut next = 0;
        while let Some(&at) = sites.get(next).filter(|_| sites.len() < MAX_TOGGLES) {
            let entries = self.entries(self.tree.function_of(at)).iter();
            let calls = entries.filter(|it| it.how == How::Call && !sites.contains(&it.site));
            let calls: Vec<NodeId> = calls.map(|it| self.outside_loops(it.site)).collect();
            sites.extend(calls);
            next += 1;
        }
        sites
    }

    /// The removal of a listener that only makes room for the next one, of the same instance: `$(window).off(mine).on(mine,
    /// () => this.fit())`.
    fn makes_room(&self, resource: &Resource, listener: &Listener, life: &Life) -> Option<NodeId> {
        let tree = self.tree;
        // What is not the page may be another one each time.
        let at = resource.target.filter(|&it| self.is_on_page(it))?;
        let target = self.place(at)?;
        let on_same = self
            .removals()
            .iter()
            .filter(|it| self.place(it.target) == Some(target));
        // The end may know the event by another name.
        let named = |it: &Removal| it.event.is_some_and(|event| tree.is(event, Kind::Str));
        let at_end = |it: &&Removal| !named(it) && self.runs_at_end(it.call, life);
        if on_same.clone().any(|it| at_end(&it)) {
            return None;
        }
        let removals: Vec<&Removal> = on_same.filter(|it| self.removes(it, listener)).collect();
        let is_own = match tree.kind(listener.callback) {
            Kind::Function => true,
            _ => self
                .place(listener.callback)
                .is_some_and(|it| !self.values_at(&it).is_empty()),
        };
        // What names neither takes off those of other instances, too.
        let names_one = |it: &Removal| it.callback.is_some() || it.event.is_some() && !named(it);
        let before = |it: &&Removal| {
            tree.function_of(it.call) == tree.function_of(resource.at)
                && tree.span(it.call).hi <= tree.span(resource.at).hi
                && it.call != resource.at
                && !self.exclude(it.call, resource.at)
                && names_one(it)
        };
        let ends = self.runs_at_end(resource.at, life);
        let first = removals.first().filter(|_| is_own && !ends)?;
        removals.iter().all(before).then_some(first.call)
    }

    /// The removal of a listener that code adds or removes as something is on or off, if the end of the life does not
    /// lead there: it may end while that is on.
    fn toggled(&self, resource: &Resource, listener: &Listener, life: &Life) -> Option<NodeId> {
        let target = self.place(resource.target?)?;
        let removals: Vec<NodeId> = self.removals_at(target, listener).collect();
        let acquires = self.led_here(resource.at);
        let beside = |&it: &NodeId| {
            self.led_here(it).into_iter().any(|off| {
                let together = |on: NodeId| self.tree.function_of(on) == self.tree.function_of(off);
                acquires.iter().any(|&on| together(on) && self.exclude(on, off))
            })
        };
        let never = |&it: &NodeId| {
            self.never_runs(it) || beside(&it) && !self.may_run_at_end(it, life, FunctionId::NONE)
        };
        // What takes itself off comes to do so after the end, too.
        let own = self.functions(listener.callback);
        let by_itself = |it: &NodeId| own.contains(&self.tree.function_of(*it));
        let toggled = removals.iter().all(never) && !removals.iter().any(by_itself);
        removals.first().copied().filter(|_| toggled)
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
        let work = tree.declared_in(binding);
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
}
