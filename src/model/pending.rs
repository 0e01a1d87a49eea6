//! Pending entries: what is stored until something comes that comes once (a reply, the end of a connection, a timer),
//! and the ways on which the waiting ends while the entry stays. Refuses to know containers that nothing is ever taken
//! out of (those are `growth`'s), entries settled by code that is not written beside the store, and any container that
//! a timer or a loop clears of old entries.

mod ended;
mod work;

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use crate::apis::{Runs, Word};
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, Kind, NodeId, Op as TreeOp, flag};

use super::Model;
use super::calls::{Entry, How};
use super::growth::{Fate, Growth, Holder, Site};
use super::place::{Place, Root};
use super::repeat::Level;
use super::resources::Resource;
use super::uses;

use ended::EntryEnd;

/// An entry that stays on one way out.
pub struct Forgotten<'a> {
    pub growth: &'a Growth,
    pub site: &'a Site,
    pub way: Way,
    /// What ends the waiting and forgets the entry.
    pub at: NodeId,
    /// Another way out, which takes the entry out.
    pub released: NodeId,
    /// Nothing speaks for the entry to be taken out on the way by code out of sight.
    pub sure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The time to wait is over.
    Timeout,
    /// Somebody aborts the waiting.
    Abort,
    /// What is waited for has failed.
    Failure,
    /// The entry is a timer that runs once, and has run.
    Fired,
    /// Others can end what the entry stands for, by its handle, but not the entry.
    HandedOut,
    /// The entry is a connection, and it has closed.
    Closed,
    /// The entry's time is over, and nobody asks for it again.
    Expired,
    /// What the entry stands for has ended, as the file is told.
    Ended,
    /// The work for the time of which the entry is there has failed.
    Work,
    /// The reply has come, in time.
    Reply,
}

/// What settles an entry when it is called.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Settler {
    binding: BindingId,
    /// It is an object; its methods settle.
    object: bool,
}

/// All that makes one container smaller.
struct Releases {
    nodes: Vec<NodeId>,
    /// Functions that take something out, and those that call them.
    functions: FxHashSet<FunctionId>,
    escapes: bool,
}

/// How far callers and callees are followed.
const MAX_DEPTH: u32 = 4;

/// A function with more callers than this is a helper for everything.
const MAX_CALLERS: usize = 12;

/// How many parts of a stored value are looked at.
const MAX_STORED: usize = 20;

impl Model<'_> {
    /// Entries that are taken out on one way and stay on another; at most one for each place that puts them in.
    pub fn forgotten_entries(&self) -> Vec<Forgotten<'_>> {
        let released =
            |growth: &&Growth| matches!(growth.fate, Fate::Released(_)) && growth.holder != Holder::Another;
        let growing = self.growth().iter().filter(released);
        growing.flat_map(|growth| self.forgotten(growth)).collect()
    }

    fn forgotten<'a>(&self, growth: &'a Growth) -> Vec<Forgotten<'a>> {
        let releases = OnceCell::new();
        let releases = || releases.get_or_init(|| self.releases(growth)).as_ref();
        let sites = growth.sites.iter().filter(|site| site.inside.is_none());
        sites
            .filter_map(|site| self.forgotten_at(growth, site, releases()?))
            .collect()
    }

    fn forgotten_at<'a>(
        &self,
        growth: &'a Growth,
        site: &'a Site,
        releases: &Releases,
    ) -> Option<Forgotten<'a>> {
        if let Some(at) = self.expiry(site)
            && let Some((released, sure)) = self.expires(at, site, releases)
        {
            return Some(Forgotten {
                growth,
                site,
                way: Way::Expired,
                at,
                released,
                sure,
            });
        }
        let replied = self.replied(site, releases);
        if replied.is_none() && self.is_covered(site, releases) {
            return None;
        }
        let (way, at, sure) = replied
            .or_else(|| self.fires(self.timer(site)?, &growth.place, site, releases))
            .or_else(|| self.unsettled(site, &self.settlers(site), releases))
            .or_else(|| self.is_connection(site).then(|| self.closes(site, releases))?)
            .or_else(|| self.ends_unheard(&self.entry_end(site)?, releases))
            .or_else(|| self.fails(site, releases))?;
        let takes_one = releases.nodes.iter().find(|&&it| self.takes_one(it));
        // A clear-out at the end lets entries pile up until then, but for other ones than timers that is the reply's
        // mistake.
        let released = match takes_one {
            Some(&released) => released,
            None if matches!(way, Way::Fired | Way::HandedOut | Way::Ended) => releases.nodes[0],
            None => return None,
        };
        let unmounts = |&it: &NodeId| self.is_unmount(self.tree.function_of(it), 0);
        let short = takes_one.is_none() && releases.nodes.iter().any(unmounts);
        Some(Forgotten {
            growth,
            site,
            way,
            at,
            released,
            sure: sure && !short && !releases.escapes,
        })
    }

    /// `None` if the container has a limit.
    fn releases(&self, growth: &Growth) -> Option<Releases> {
        let mut releases = Releases {
            nodes: Vec::new(),
            functions: FxHashSet::default(),
            escapes: false,
        };
        for fate in self.fates(growth) {
            match fate {
                Fate::Released(node) => releases.nodes.push(node),
                Fate::Escapes(_) => releases.escapes = true,
                Fate::Bounded(_) => return None,
                Fate::Kept => {}
            }
        }
        releases.functions = self.functions_that_come_to(&releases.nodes);
        Some(releases)
    }

    /// The functions in which the nodes stand, and those that call them.
    fn functions_that_come_to(&self, nodes: &[NodeId]) -> FxHashSet<FunctionId> {
        let mut found = FxHashSet::default();
        let mut functions: Vec<FunctionId> = nodes.iter().map(|&it| self.tree.function_of(it)).collect();
        for _ in 0..MAX_DEPTH {
            functions.retain(|&it| it != FunctionId(0) && found.insert(it));
            let callers = functions.iter().flat_map(|&it| self.entries(it));
            functions = callers
                .filter(|entry| matches!(entry.how, How::Call | How::Once) && entry.from != FunctionId::NONE)
                .map(|entry| entry.from)
                .collect();
        }
        found
    }

    /// A listener that waits for an event and goes with it, and stays when the waiting ends without it: how it ends,
    /// where, and what takes the listener off when the event comes, unless it is one-shot.
    pub fn forgotten_listener(&self, resource: &Resource) -> Option<(Way, NodeId, Option<NodeId>)> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        if listener.hidden || listener.is_promise() || !self.is_in_executor(resource.at) {
            return None;
        }
        // Who keeps what the call returns may take the listener off by it.
        if self.fate_of(resource) == super::resources::Fate::Escapes {
            return None;
        }
        let place = self.place(target)?;
        let nodes: Vec<NodeId> = match listener.once {
            true => self.removal(listener, target).into_iter().collect(),
            false => self.removals_at(place, listener).collect(),
        };
        let callback = match self.functions(listener.callback)[..] {
            // `once('reply', resolve)`
            [] => listener.callback,
            [function] => tree.function(function).node,
            _ => return None,
        };
        // A removal elsewhere is for whoever knows of the waiting.
        let within = nodes.iter().all(|&it| tree.contains(callback, it));
        if !within || nodes.is_empty() && !listener.once || !self.outlives_calls(&place, resource.at) {
            return None;
        }
        let site = Site {
            node: resource.at,
            key: None,
            value: Some(listener.callback),
            inside: None,
        };
        let mut settlers = Vec::new();
        self.collect_settlers(listener.callback, &mut settlers, 0);
        let releases = Releases {
            functions: self.functions_that_come_to(&nodes),
            nodes,
            escapes: false,
        };
        let (way, at, sure) = self.unsettled(&site, &settlers, &releases)?;
        let taken_off = releases.nodes.first().copied();
        sure.then_some((way, at, taken_off))
    }

    /// A listener that settles the promise in whose executor it is added, and stays when that has settled: where it
    /// settles it. Refuses events at which the emitter ends, or of which there is one for each piece of it.
    pub fn left_when_settled(&self, resource: &Resource) -> Option<NodeId> {
        let tree = self.tree;
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        if listener.hidden || listener.is_promise() {
            return None;
        }
        if listener.once {
            return self.left_for_failure(resource);
        }
        let made = self.promise_around(resource.at)?;
        let place = self.place(target)?;
        let name = self.event_text(listener.event);
        let event = name.and_then(|it| self.apis.event(None, it));
        // In the rounds of a loop, the emitter fails at most once, and collects them until then.
        let fault = name.is_some_and(|it| self.apis.named("fault_events", it))
            && self.lasts_through_rounds(&place, made);
        let over = event.is_some_and(|it| it.ends || it.part || it.last || it.runs == Some(Runs::Later));
        if over && !fault {
            return None;
        }
        let outlives = self.outlives_work(&place, made);
        if !outlives || self.taken_off(listener, target).is_some() {
            return None;
        }
        if self.fate_of(resource) == super::resources::Fate::Escapes {
            return None;
        }
        let mut settlers = Vec::new();
        self.collect_settlers(listener.callback, &mut settlers, 0);
        let bodies = self.functions(listener.callback);
        let in_callback = |&it: &NodeId| {
            let mut bodies = bodies.iter();
            it == listener.callback || bodies.any(|&body| tree.contains(tree.function(body).node, it))
        };
        let mut settling = settlers.iter().flat_map(|it| tree.references(it.binding));
        settling.find(|&it| in_callback(it)).copied()
    }

    /// A one-shot listener for a failure, which does not come when all goes well: where the promise settles then.
    fn left_for_failure(&self, resource: &Resource) -> Option<NodeId> {
        let (listener, target) = (resource.listener.as_ref()?, resource.target?);
        let fails = self
            .event_text(listener.event)
            .is_some_and(|it| self.apis.named("fault_events", it));
        let made = self.promise_around(resource.at).filter(|_| fails)?;
        let place = self.place(target)?;
        let outlives = self.outlives_work(&place, made);
        if !outlives || self.taken_off(listener, target).is_some() {
            return None;
        }
        let of_emitter = |call: NodeId| self.receiver(call).and_then(|it| self.place(it)) == Some(place);
        // `socket.once('open', …)`: who waits for its beginning waits once.
        let mut beside = self.calls_in(self.tree.function_of(resource.at)).iter();
        if beside.any(|&call| self.is_beginning(call) && of_emitter(call)) {
            return None;
        }
        // `server.listen(port, resolve)`: what it does itself is over when it fails.
        let by_itself = |settles: &NodeId| {
            let up = self.tree.ancestors(*settles).take_while(|&up| up != made);
            let mut calls = up.filter(|&up| self.tree.is(up, Kind::Call));
            calls.any(|call| {
                of_emitter(call)
                    && !self
                        .called_name(call)
                        .is_some_and(|it| self.named("sending_methods", self.tree.name_of(it)))
            })
        };
        self.left_by_success(resource.at, listener.callback)
            .filter(|it| !by_itself(it))
    }

    /// What each run of this code waits for is for many of them: it outlives the calls, is given to a function around the
    /// work, or lasts through the rounds of a loop.
    pub(super) fn outlives_work(&self, place: &Place, work: NodeId) -> bool {
        let tree = self.tree;
        let is_given = |binding: BindingId| {
            let declared = tree.declared_in(binding);
            tree.bindings[binding.index()].kind == BindingKind::Param
                && tree.nests(declared, tree.function_of(work))
                && self.repeat(work, declared).level >= Level::Loop
        };
        self.outlives_calls(place, work)
            || matches!(place.root, Root::Binding(it) if is_given(it))
            || self.lasts_through_rounds(place, work)
    }

    /// A function around the work has it before the loop begins that runs the work again.
    fn lasts_through_rounds(&self, place: &Place, work: NodeId) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = place.root else {
            return false;
        };
        let declared = tree.declared_in(binding);
        let around = self.loop_around(work, tree.function(declared).node);
        tree.nests(declared, tree.function_of(work))
            && around.is_some_and(|it| !tree.contains(it.0, tree.bindings[binding.index()].decl))
    }

    fn is_in_executor(&self, node: NodeId) -> bool {
        self.promise_around(node).is_some()
    }

    /// The new promise of which a function around the node gets what settles it.
    pub(super) fn promise_around(&self, node: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let functions = tree.functions_around(node);
        let mut makers = functions.map(|it| tree.parent(tree.function(it).node));
        makers.find(|&it| self.makes_promise(it))
    }

    /// Some release is sure to run after each store, or takes out all that has become old.
    fn is_covered(&self, site: &Site, releases: &Releases) -> bool {
        let tree = self.tree;
        let stores = tree.function_of(site.node);
        let entries = || releases.functions.iter().flat_map(|&it| self.entries(it));
        // `new Future(() => pending.delete(key))`, which is what is stored, or a part of it.
        let is_told = |&function: &FunctionId| {
            let maker = tree.parent(tree.function(function).node);
            tree.is(maker, Kind::New)
                && !self.makes_promise(maker)
                && self.stored_parts(site).contains(&maker)
        };
        if releases.functions.iter().any(is_told) {
            return true;
        }
        if entries().any(|entry| self.runs_on_failure(entry.site)) {
            return true;
        }
        // What an `async` function does, it may do later.
        let mut nodes: Vec<(NodeId, bool)> = releases.nodes.iter().map(|&it| (it, true)).collect();
        for &function in &releases.functions {
            let runs = self
                .entries(function)
                .iter()
                .filter(|entry| entry.how == How::Call);
            nodes.extend(runs.map(|it| (it.site, !tree.function(function).is_async)));
        }
        nodes.into_iter().any(|(node, at_once)| {
            // Old entries go before a new one comes.
            let before = at_once && tree.function_of(node) == stores && node < site.node;
            before || self.is_in_cleanup(node)
        }) || releases.nodes.iter().any(|&node| self.sweeps(node))
    }

    /// In a `finally` or `catch`, as a block or as the step of a promise.
    fn is_in_cleanup(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let mut inside = node;
        for up in tree.ancestors(node) {
            match tree.kind(up) {
                Kind::Catch => return true,
                Kind::Try if tree.child(up, 2) == inside => return true,
                Kind::Call if tree.callee(up) != inside && self.runs_on_failure(up) => return true,
                _ => {}
            }
            inside = up;
        }
        false
    }

    /// A step of a promise that does not wait for success alone, or that comes behind such a one.
    pub(super) fn runs_on_failure(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let mut step = call;
        while self.is_promise_step(step) {
            let callee = tree.callee(step);
            if !matches!(tree.name_text(callee), "then" | "done") || tree.args(step).count() > 1 {
                return true;
            }
            step = tree.child(callee, 0);
        }
        false
    }

    /// Takes out old entries: by a timer, or one after the other, and not only when everything ends.
    fn sweeps(&self, release: NodeId) -> bool {
        let tree = self.tree;
        let mut function = tree.function_of(release);
        let mut at = release;
        let mut looped = false;
        for _ in 0..MAX_DEPTH {
            looped |= self.loop_around(at, tree.function(function).node).is_some();
            let entries = self.entries(function);
            if entries.iter().any(|entry| self.is_timer(entry)) {
                return true;
            }
            if self.is_end(function, 0) {
                return false;
            }
            // The callback of an iteration.
            let inline = entries.iter().find(|entry| {
                entry.how == How::Call
                    && entry.from != FunctionId::NONE
                    && tree
                        .args(entry.site)
                        .any(|arg| arg == tree.function(function).node)
            });
            looped |= inline.is_some();
            let Some(caller) = inline.or_else(|| entries.iter().find(|entry| entry.how == How::Call)) else {
                break;
            };
            (function, at) = (caller.from, caller.site);
            if function == FunctionId::NONE || function == FunctionId(0) {
                break;
            }
        }
        looped || !self.tree.is(release, Kind::Call) && !self.takes_one(release)
    }

    /// Named like the end of an owner, run when an emitter ends, or called by such functions only.
    fn is_end(&self, function: FunctionId, depth: u32) -> bool {
        let name = self.tree.text(self.tree.function(function).name);
        let entries = self.entries(function);
        let ends = |entry: &Entry| {
            matches!(entry.how, How::Call | How::Once | How::Later)
                && entry.from != FunctionId::NONE
                && depth < MAX_DEPTH
                && self.is_end(entry.from, depth + 1)
        };
        self.apis.named("end_methods", name)
            || self.apis.begins_name("ending_words", name)
            || entries.iter().any(|entry| self.is_ending(entry))
            || (1..=MAX_CALLERS).contains(&entries.len()) && entries.iter().all(ends)
    }

    /// Run when a component goes, which most often lives only a short time.
    fn is_unmount(&self, function: FunctionId, depth: u32) -> bool {
        let name = self.tree.text(self.tree.function(function).name);
        let mut callers = self
            .entries(function)
            .iter()
            .filter(|entry| entry.from != FunctionId::NONE)
            .take(MAX_CALLERS);
        self.apis.named("unmount_methods", name)
            || depth < MAX_DEPTH && callers.any(|entry| self.is_unmount(entry.from, depth + 1))
    }

    fn is_ending(&self, entry: &Entry) -> bool {
        matches!(entry.how, How::Again { ends: true })
            || self.is_ending_callback(entry)
            || self.event_of(entry.site).is_some_and(|event| event.ends)
    }

    // ---- replies ----

    /// What settles the entry that is stored.
    fn settlers(&self, site: &Site) -> Vec<Settler> {
        let mut found = Vec::new();
        if let (Some(_), Some(value)) = (site.key, site.value) {
            self.collect_settlers(value, &mut found, 0);
        }
        found
    }

    fn collect_settlers(&self, value: NodeId, found: &mut Vec<Settler>, depth: u32) {
        let tree = self.tree;
        if depth > MAX_DEPTH || found.len() > MAX_CALLERS {
            return;
        }
        match tree.kind(value) {
            Kind::Ident => {
                let Some(binding) = tree.binding_of(value) else {
                    return;
                };
                if let Some((function, position)) = self.tree.parameter(binding) {
                    self.add_settler(binding, found);
                    for &call in self.calls_of(function) {
                        if let Some(arg) = tree
                            .args(call)
                            .nth(position)
                            .filter(|&it| tree.is(it, Kind::Ident))
                        {
                            self.collect_settlers(arg, found, depth + 1);
                        }
                    }
                    return;
                }
                let Some((of, path)) = self.index.only_value(tree, binding) else {
                    // `function settle() { … }`
                    if let [function] = self.functions(value)[..] {
                        self.collect_settlers(tree.function(function).node, found, depth + 1);
                    }
                    return;
                };
                if path.is_empty() && of != value {
                    match tree.kind(of) {
                        Kind::Object | Kind::Array | Kind::New | Kind::Call | Kind::Await => {
                            found.push(Settler {
                                binding,
                                object: true,
                            });
                        }
                        Kind::Function => found.push(Settler {
                            binding,
                            object: false,
                        }),
                        _ => return,
                    }
                    self.collect_settlers(of, found, depth + 1);
                }
            }
            Kind::Object => {
                for property in tree.children(value).filter(|&it| tree.is(it, Kind::Property)) {
                    self.collect_settlers(tree.value(property), found, depth + 1);
                }
            }
            Kind::Array => {
                for element in tree.children(value) {
                    self.collect_settlers(element, found, depth + 1);
                }
            }
            // `new Pending(resolve, reject)`
            Kind::New => {
                for arg in tree.args(value).filter(|&arg| tree.is(arg, Kind::Ident)) {
                    let binding = tree.binding_of(arg);
                    if let Some(binding) = binding.filter(|&it| self.executor(it).is_some()) {
                        self.add_settler(binding, found);
                    }
                }
            }
            // A wrapper: what it calls settles.
            Kind::Function => {
                let function = tree.function_at(value);
                for call in tree.subtree(value).filter(|&id| tree.is(id, Kind::Call)) {
                    let callee = tree.callee(call);
                    let binding = tree.variable(callee);
                    let outer = |binding: &BindingId| {
                        self.tree
                            .parameter(*binding)
                            .is_some_and(|(owner, _)| !tree.nests(function, owner))
                    };
                    if let Some(binding) = binding.filter(outer) {
                        self.add_settler(binding, found);
                    }
                }
            }
            _ => {}
        }
    }

    /// A parameter; with it, the others of the same promise.
    fn add_settler(&self, binding: BindingId, found: &mut Vec<Settler>) {
        let tree = self.tree;
        let mut all = vec![binding];
        if let Some(executor) = self.executor(binding) {
            let params = tree.params(executor).map(|param| tree.child(param, 0));
            all.extend(
                params
                    .filter(|&it| tree.is(it, Kind::Binding))
                    .filter_map(|it| tree.binding_of(it)),
            );
        }
        for binding in all {
            let object = self.executor(binding).is_none();
            for settler in [
                Settler {
                    binding,
                    object: false,
                },
                Settler {
                    binding,
                    object: true,
                },
            ] {
                if (object || !settler.object) && !found.contains(&settler) {
                    found.push(settler);
                }
            }
        }
    }

    /// The function that gets the parameter from a new promise.
    pub(super) fn executor(&self, binding: BindingId) -> Option<FunctionId> {
        let tree = self.tree;
        let (function, _) = self.tree.parameter(binding)?;
        let made = tree.parent(tree.function(function).node);
        self.makes_promise(made).then_some(function)
    }

    /// A way on which the entry is settled and stays.
    fn unsettled(
        &self,
        site: &Site,
        settlers: &[Settler],
        releases: &Releases,
    ) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let stored = self.stored_values(site);
        let mut best: Option<(Way, NodeId, bool)> = None;
        for settler in settlers {
            for &reference in tree.references(settler.binding) {
                if stored.iter().any(|&it| tree.contains(it, reference)) {
                    continue;
                }
                let Some((way, at, sure)) = self.settled_at(reference, *settler, site, releases) else {
                    continue;
                };
                if matches!(way, Way::Timeout | Way::Abort) && self.is_answered(site) {
                    continue;
                }
                // The time that runs out says most.
                if best
                    .is_none_or(|(known, _, was)| (sure, way == Way::Timeout) > (was, known == Way::Timeout))
                {
                    best = Some((way, at, sure));
                }
            }
        }
        best
    }

    /// The entry waits for the answer of a worker, which comes, however late.
    fn is_answered(&self, site: &Site) -> bool {
        let tree = self.tree;
        let sends = |call: NodeId| {
            let callee = tree.callee(call);
            tree.is(callee, Kind::Member)
                && tree.name_text(callee) == "postMessage"
                && self
                    .ty(tree.child(callee, 0))
                    .is_some_and(|it| self.apis.ty(it).answers)
        };
        let function = tree.function(tree.function_of(site.node)).node;
        tree.subtree(function)
            .any(|it| tree.is(it, Kind::Call) && sends(it))
    }

    /// The stored expression, and all that its variable is given.
    fn stored_values(&self, site: &Site) -> Vec<NodeId> {
        let Some(value) = site.value else {
            return Vec::new();
        };
        let held = self.place(value).filter(|it| it.path.is_empty());
        let values = held.map(|it| self.values_at(&it)).unwrap_or_default();
        let values = values.into_iter().filter_map(|(_, value)| value);
        values.chain([value]).collect()
    }

    /// The same, with what that is made of at once: the elements of a list, the properties of an object.
    fn stored_parts(&self, site: &Site) -> Vec<NodeId> {
        let tree = self.tree;
        let mut found = self.stored_values(site);
        let mut at = 0;
        while let Some(&value) = found.get(at) {
            at += 1;
            match tree.kind(value) {
                Kind::Array => found.extend(tree.children(value)),
                Kind::Object => {
                    let properties = tree.children(value).filter(|&it| tree.is(it, Kind::Property));
                    found.extend(properties.map(|it| tree.value(it)));
                }
                Kind::Ident => {
                    let binding = tree.binding_of(value);
                    found.extend(
                        binding
                            .and_then(|it| self.index.only_value(tree, it))
                            .map(|it| it.0),
                    );
                }
                _ => {}
            }
            if at > MAX_STORED {
                break;
            }
        }
        found
    }

    fn settled_at(
        &self,
        reference: NodeId,
        settler: Settler,
        site: &Site,
        releases: &Releases,
    ) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let parent = tree.parent(reference);
        let at = if settler.object {
            let call = tree.parent(parent);
            let method = tree.is(parent, Kind::Member)
                && tree.is(call, Kind::Call)
                && tree.callee(call) == parent
                && (self.named("reply_names", tree.name_of(parent))
                    || self.named("callback_names", tree.name_of(parent)));
            method.then_some(call)?
        } else {
            match tree.kind(parent) {
                Kind::Call if tree.callee(parent) == reference => parent,
                // `.catch(reject)`, `once('error', reject)`: nothing else runs on this way.
                Kind::Call => {
                    let position = tree.args(parent).position(|arg| arg == reference)?;
                    // `setTimeout(done, ms)`, and `done` takes it out.
                    if self
                        .functions(reference)
                        .iter()
                        .any(|it| releases.functions.contains(it))
                    {
                        return None;
                    }
                    let entry = Entry {
                        from: tree.function_of(parent),
                        site: parent,
                        how: self.callback_runs(parent, position).unwrap_or(How::Escapes),
                    };
                    let (way, sure) = self.way(&entry, position)?;
                    let own = tree.function_of(parent);
                    return self.follows(own, site).then_some((way, parent, sure));
                }
                _ => return None,
            }
        };
        self.way_of(at, site, releases)
    }

    /// Which way out of the waiting runs the code at `at`, if it leaves the entry behind.
    fn way_of(&self, at: NodeId, site: &Site, releases: &Releases) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let stores = tree.function_of(site.node);
        let mut function = tree.function_of(at);
        let mut node = at;
        let mut sure = true;
        for _ in 0..MAX_DEPTH {
            // What takes the entry out stands on the way itself.
            if self.takes_out(function, node, site, releases) {
                return None;
            }
            sure &= !self.ends_more(function);
            if let Some(caught) = self.caught(node, function) {
                let fails = caught > site.node && self.follows(function, site);
                return fails.then_some((Way::Failure, at, sure));
            }
            if function == stores || function == FunctionId(0) {
                return None;
            }
            for entry in self.entries(function) {
                let callback = tree.function(function).node;
                let position = tree.args(entry.site).position(|arg| arg == callback);
                let way = match entry.how {
                    // `send(message, (error) => { if (error) reject(error) })`
                    How::Escapes | How::Later | How::Again { .. } if self.is_failing(node, function) => {
                        Some((Way::Failure, true))
                    }
                    _ => self.way(entry, position.unwrap_or(0)),
                };
                if let Some((way, known)) = way {
                    return self.follows(entry.from, site).then_some((way, at, sure && known));
                }
            }
            let [
                Entry {
                    from,
                    site: call,
                    how: How::Call,
                },
            ] = self.entries(function)
            else {
                return None;
            };
            if *from == FunctionId::NONE {
                return None;
            }
            (function, node) = (*from, *call);
        }
        None
    }

    /// What it means for the waiting that this callback runs.
    fn way(&self, entry: &Entry, position: usize) -> Option<(Way, bool)> {
        let tree = self.tree;
        if !tree.is(entry.site, Kind::Call) {
            return None;
        }
        if self.is_timer(entry) {
            return (entry.how == How::Later).then_some((Way::Timeout, true));
        }
        if self.is_promise_step(entry.site) {
            let fails = self.takes_failure(entry.site, position);
            return fails.then_some((Way::Failure, true));
        }
        self.effect(entry.site)?.adds?;
        let event = tree
            .args(entry.site)
            .next()
            .filter(|&arg| tree.is(arg, Kind::Str))?;
        match tree.name_text(event) {
            "abort" => Some((Way::Abort, true)),
            "timeout" => Some((Way::Timeout, true)),
            // The emitter that fails may well take the container with it.
            "error" => Some((Way::Failure, false)),
            _ => None,
        }
    }

    /// The code is part of the waiting that the store begins: it stands in the storing function, around or inside it.
    fn follows(&self, function: FunctionId, site: &Site) -> bool {
        let tree = self.tree;
        let stores = tree.function_of(site.node);
        function == stores || tree.nests(function, stores) || tree.nests(stores, function)
    }

    /// The function, or what it calls, takes something out, and does so on the same way.
    fn takes_out(&self, function: FunctionId, node: NodeId, site: &Site, releases: &Releases) -> bool {
        let tree = self.tree;
        if function == tree.function_of(site.node) {
            // The store's own function: only what stands on this very branch.
            return releases.nodes.iter().any(|&it| {
                tree.function_of(it) == function
                    && it > site.node
                    && !self.exclude(it, node)
                    && self.caught(it, function) == self.caught(node, function)
            });
        }
        if releases.functions.contains(&function) {
            let mut here = releases
                .nodes
                .iter()
                .filter(|&&it| tree.function_of(it) == function)
                .peekable();
            return here.peek().is_none() || here.any(|&it| !self.exclude(it, node));
        }
        // The entry's key is handed on: whoever gets it may take the entry out.
        let key = site.key.and_then(|key| self.place(key));
        key.is_some()
            && self.calls_in(function).iter().any(|&call| {
                let reads = self
                    .effect(call)
                    .is_some_and(|it| it.reads || it.gets || it.has || it.grows.is_some());
                call != node
                    && !reads
                    && tree
                        .args(call)
                        .any(|arg| tree.is(arg, Kind::Ident) && self.place(arg) == key)
            })
    }

    /// The function ends something larger, which may take all entries with it.
    fn ends_more(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        self.calls_in(function).iter().any(|&call| {
            let callee = tree.callee(call);
            tree.is(callee, Kind::Member) && self.named("end_methods", tree.name_of(callee))
        })
    }

    /// The Catch around the node within its function.
    fn caught(&self, node: NodeId, function: FunctionId) -> Option<NodeId> {
        let tree = self.tree;
        let outer = tree.function(function).node;
        tree.ancestors(node)
            .take_while(|&up| up != outer)
            .find(|&up| tree.is(up, Kind::Catch))
    }

    /// Behind a test of the callback's first parameter: `if (error) …`.
    fn is_failing(&self, node: NodeId, function: FunctionId) -> bool {
        let tree = self.tree;
        let param = tree.params(function).next().map(|param| tree.child(param, 0));
        let Some(binding) = param
            .filter(|&it| tree.is(it, Kind::Binding))
            .and_then(|it| tree.binding_of(it))
        else {
            return false;
        };
        let outer = tree.function(function).node;
        let mut inside = node;
        tree.ancestors(node).take_while(|&up| up != outer).any(|up| {
            let was = std::mem::replace(&mut inside, up);
            let test = matches!(tree.kind(up), Kind::If | Kind::Conditional) && tree.child(up, 1) == was;
            test && tree.is(tree.child(up, 0), Kind::Ident)
                && tree.binding_of(tree.child(up, 0)) == Some(binding)
        })
    }

    // ---- timers ----

    /// The entry is the handle of a timer: the call that starts it.
    pub(super) fn timer(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let mut value = site.value?;
        if tree.is(value, Kind::Ident) {
            let binding = tree.binding_of(value)?;
            // `id = setTimeout(task, delay); timers.push(id)`
            let block = tree.block_of(site.node);
            let mut writes = self.index.writes[binding.index()].iter();
            let beside = writes.rfind(|it| it.at < site.node && tree.block_of(it.at) == block);
            let written = beside.and_then(|it| it.value);
            let (only, path) = written.or_else(|| self.index.only_value(tree, binding))?;
            value = path.is_empty().then_some(only)?;
        }
        let timer = tree.is(value, Kind::Call)
            && tree.function_of(value) == tree.function_of(site.node)
            && self.typed_effect(value).is_some_and(|effect| effect.timer);
        timer.then_some(value)
    }

    /// The timer's callback leaves the handle where it is; or the caller gets the handle, and may end the timer with it.
    fn fires(
        &self,
        timer: NodeId,
        place: &Place,
        site: &Site,
        releases: &Releases,
    ) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let ends = |&it: &NodeId| self.is_end(tree.function_of(it), 0);
        if self.effect(timer)?.runs != Some(Runs::Later) {
            let stores = tree.function_of(site.node);
            let value = site.value.and_then(|value| self.place(value))?;
            let returns = self.index.returns_of(stores);
            let handed_out = returns
                .iter()
                .find(|&&it| self.place(tree.child(it, 0)) == Some(value))?;
            return releases
                .nodes
                .iter()
                .all(ends)
                .then_some((Way::HandedOut, *handed_out, true));
        }
        let callback = tree.args(timer).next()?;
        let mut functions = self.functions(callback);
        // What callers hand over to be run.
        let given = self.given(callback).into_iter();
        functions.extend(given.flat_map(|arg| self.functions(arg)));
        // `while (timers.has(id)) resume()`: it goes on until somebody has taken the entry out.
        let waits = || {
            let uses = self.uses_near(place);
            uses.iter().any(|it| {
                matches!(it.op, uses::Op::Method { name } if tree.text(name) == "has")
                    && tree.is(tree.parent(it.node), Kind::While)
                    && functions.contains(&tree.function_of(it.node))
            })
        };
        let takes_out = functions.iter().any(|it| releases.functions.contains(it)) || waits();
        // What empties a list of all at any time begins a new round with it.
        let rounds = !releases.nodes.iter().all(|it| self.takes_one(*it) || ends(it));
        (!takes_out && !rounds).then_some((Way::Fired, timer, true))
    }

    /// The timer's callback takes out what another container has under the key: nobody comes with that again.
    pub fn is_last_of_key(&self, timer: NodeId, site: &Site) -> bool {
        let tree = self.tree;
        let Some(key) = site.key.and_then(|it| self.key_name(it)) else {
            return false;
        };
        tree.subtree(timer).any(|it| {
            let shrinks = match tree.kind(it) {
                Kind::Unary => tree[it].op == TreeOp::Delete,
                Kind::Call => self.effect(it).is_some_and(|it| it.shrinks),
                _ => false,
            };
            shrinks && self.key_taken_out(it) == Some(key)
        })
    }

    /// Only a timer takes the entry out, and the reply, which is what is stored, clears that timer.
    fn replied(&self, site: &Site, releases: &Releases) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let timer = |release: NodeId| {
            let mut calls = tree
                .functions_around(release)
                .map(|it| tree.parent(tree.function(it).node));
            calls.find(|&it| {
                let effect = tree.is(it, Kind::Call).then(|| self.typed_effect(it)).flatten();
                effect.is_some_and(|it| it.timer && it.runs == Some(Runs::Later))
            })
        };
        let within = |node: NodeId| self.follows(tree.function_of(node), site);
        let mut each = releases.nodes.iter().map(|&it| timer(it));
        let first = each.next()??;
        if !each.all(|it| it == Some(first)) || !within(first) {
            return None;
        }
        let handle = self.held_at(first)?;
        let replies: Vec<FunctionId> = self
            .stored_parts(site)
            .iter()
            .flat_map(|&it| self.functions(it))
            .collect();
        let clears = |&call: &NodeId| {
            let mut args = tree.args(call);
            args.next().and_then(|it| self.place(it)) == Some(handle)
        };
        let mut calls = self.calls_that(Word::RELEASES);
        let cleared = calls.find(|it| replies.contains(&tree.function_of(*it)) && clears(it))?;
        Some((Way::Reply, cleared, true))
    }

    /// What runs when the thing ends leaves the entry, and all entries go together, at the end of everything.
    fn ends_unheard(&self, end: &EntryEnd, releases: &Releases) -> Option<(Way, NodeId, bool)> {
        let takes_out = end.functions.iter().any(|it| releases.functions.contains(it));
        let at_end = |&it: &NodeId| !self.takes_one(it) && self.is_end(self.tree.function_of(it), 0);
        (!takes_out && releases.nodes.iter().all(at_end)).then_some((end.way, end.at, true))
    }

    // ---- connections ----

    /// The entry is, or has, what a `connection` event has brought.
    fn is_connection(&self, site: &Site) -> bool {
        let tree = self.tree;
        let Some(value) = site.value else { return false };
        let mut bindings: Vec<BindingId> = tree.variable(value).into_iter().collect();
        if tree.is(value, Kind::Object) {
            let properties = tree
                .children(value)
                .filter(|&it| tree.is(it, Kind::Property) && !tree.has(it, flag::METHOD));
            bindings.extend(properties.filter_map(|it| tree.variable(tree.value(it))));
        }
        bindings.iter().any(|&binding| {
            let Some((function, position)) = self.tree.parameter(binding) else {
                return false;
            };
            self.brings_connection(function, position, 0)
        })
    }

    fn brings_connection(&self, function: FunctionId, position: usize, depth: u32) -> bool {
        let tree = self.tree;
        self.entries(function).iter().any(|entry| match entry.how {
            How::Again { .. } => self.event_of(entry.site).is_some_and(|event| {
                let given = event
                    .gives
                    .get(position)
                    .and_then(|name| self.apis.type_named(name));
                given.is_some_and(|ty| {
                    self.apis
                        .lineage(ty)
                        .any(|ty| ty.events.values().any(|event| event.ends))
                }) && !event.lends
            }),
            How::Call if depth < 2 && tree.is(entry.site, Kind::Call) => {
                let binding = tree
                    .args(entry.site)
                    .nth(position)
                    .and_then(|arg| tree.variable(arg));
                let param = binding.and_then(|it| self.tree.parameter(it));
                param
                    .is_some_and(|(function, position)| self.brings_connection(function, position, depth + 1))
            }
            _ => false,
        })
    }

    /// Connections are taken out on messages only, not when they close.
    fn closes(&self, site: &Site, releases: &Releases) -> Option<(Way, NodeId, bool)> {
        let asked = releases
            .nodes
            .iter()
            .all(|&it| self.runs_on_messages(self.tree.function_of(it), MAX_DEPTH));
        asked.then_some((Way::Closed, site.node, true))
    }

    /// Everything that runs the function is an event which does not end its emitter.
    fn runs_on_messages(&self, function: FunctionId, depth: u32) -> bool {
        let entries = self.entries(function);
        depth > 0
            && !entries.is_empty()
            && entries.iter().all(|entry| match entry.how {
                How::Again { .. } => {
                    !self.is_timer(entry) && !self.is_ending(entry) && self.event_name(entry.site).is_some()
                }
                How::Call => entry.from != FunctionId::NONE && self.runs_on_messages(entry.from, depth - 1),
                _ => false,
            })
    }

    /// The event that a callback is for, where it is written.
    fn event_name(&self, site: NodeId) -> Option<&str> {
        let tree = self.tree;
        match tree.kind(site) {
            Kind::Call => tree
                .args(site)
                .next()
                .filter(|&arg| tree.is(arg, Kind::Str))
                .map(|arg| tree.name_text(arg)),
            Kind::Assign => tree.name_text(tree.child(site, 0)).strip_prefix("on"),
            _ => None,
        }
    }

    // ---- entries with an end ----

    /// Entries are taken out only when somebody asks for one whose time is over; what nobody asks for again stays.
    fn expires(&self, expiry: NodeId, site: &Site, releases: &Releases) -> Option<(NodeId, bool)> {
        let tree = self.tree;
        let word = tree.name_of(expiry);
        let asked = |&&it: &&NodeId| {
            self.takes_one(it) && !self.sweeps(it) && {
                let outer = tree.function(tree.function_of(it)).node;
                tree.ancestors(it).take_while(|&up| up != outer).any(|up| {
                    tree.is(up, Kind::If)
                        && tree
                            .subtree(tree.child(up, 0))
                            .any(|id| tree.is(id, Kind::Member) && tree.name_of(id) == word)
                })
            }
        };
        let ends = |&&it: &&NodeId| self.is_end(tree.function_of(it), 0);
        let first = releases.nodes.iter().find(asked)?;
        let all = releases.nodes.iter().all(|it| asked(&it) || ends(&it));
        let sure = self.outside_key(site).is_some() && !releases.escapes;
        all.then_some((*first, sure))
    }
}
