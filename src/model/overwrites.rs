//! Overwrites: handles that are lost because what holds them gets another one first.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::Word;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, Kind, NodeId, Op as TreeOp};

use super::Model;
use super::calls::{Entry, How};
use super::growth::Keys;
use super::place::{Place, Root, Seg};
use super::repeat::{Level, Repeat, Why};
use super::uses::Op;

/// A slot whose value is replaced in code that runs again, though other code shows that it has to be released.
#[derive(Clone, Debug)]
pub struct Overwrite {
    pub store: NodeId,
    /// What makes the new handle.
    pub made: NodeId,
    pub slot: Place,
    /// Where the slot is released elsewhere.
    pub release: NodeId,
    pub again: Again,
}

/// Why the store runs again while the slot lives.
#[derive(Clone, Debug)]
pub enum Again {
    Repeat(Repeat),
    /// This method of a component, which runs on each update.
    Update(FunctionId),
}

/// What kind of handle a release is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Release {
    /// `clearInterval(slot)`
    Function,
    /// `slot.destroy()`
    Method,
    /// `slot()`
    Call,
}

/// How many calls deep a loop is looked for.
const MAX_CALLS: usize = 4;

impl Model<'_> {
    /// Refuses stores that any condition on the slot protects, and code that only callers outside the file repeat.
    pub fn overwrites(&self) -> Vec<Overwrite> {
        let tree = self.tree;
        let mut slots: FxHashMap<Place, Vec<(NodeId, Release)>> = FxHashMap::default();
        for call in self.calls_that(Word::RELEASES | Word::CLOSES | Word::HANDS_ON) {
            if let Some((slot, release)) = self.released_slot(call) {
                slots.entry(slot).or_default().push((call, release));
            }
        }
        let mut found = Vec::new();
        for (slot, releases) in slots {
            for (store, value) in self.values_at(&slot) {
                // `slot ??= make()` does so only if there is none.
                let replaces = tree.is(store, Kind::Assign) && tree[store].op == TreeOp::Assign;
                let handle = value.filter(|_| replaces).and_then(|value| {
                    let kinds = releases.iter();
                    kinds
                        .filter_map(|&(release, kind)| Some((self.handle_of(value, kind)?, release)))
                        .next()
                });
                if let Some((made, release)) = handle
                    && let Some(again) = self.overwritten_by(store, &slot, &releases)
                {
                    found.push(Overwrite {
                        store,
                        made,
                        slot,
                        release,
                        again,
                    });
                }
            }
        }
        found.sort_by_key(|it| it.store);
        found
    }

    /// The slot that this call releases.
    fn released_slot(&self, call: NodeId) -> Option<(Place, Release)> {
        let tree = self.tree;
        let callee = tree.callee(call);
        if !matches!(tree.kind(callee), Kind::Ident | Kind::Member) {
            return None;
        }
        let name = tree.name_text(callee);
        let no_arguments = tree.args(call).next().is_none();
        let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
        let ends = |name: &str| self.apis.begins_name("unsubscriber_words", name);
        let (node, release) = match receiver {
            Some(receiver)
                if no_arguments
                    && self.apis.named("closing_methods", name)
                    && !tree.is(receiver, Kind::This) =>
            {
                (receiver, Release::Method)
            }
            // `this.unsubscribe.call(this)`, also through a variable of a transpiler
            Some(receiver) if name == "call" => {
                let last = self.place(receiver)?.path.last()?.as_name()?;
                (ends(tree.text(last)).then_some(receiver)?, Release::Call)
            }
            _ if no_arguments && ends(name) => (callee, Release::Call),
            _ if !self.word(tree.name_of(callee)).may(Word::RELEASES) => return None,
            _ => {
                let mut kinds = self.apis.resources().iter();
                let releases =
                    kinds.any(|it| !it.functions.is_empty() && !it.call && self.is_release(call, it));
                (tree.args(call).next().filter(|_| releases)?, Release::Function)
            }
        };
        let slot = self.place(node)?;
        let long = match slot.root {
            Root::Instance(_) => !slot.path.is_empty(),
            Root::Binding(_) => true,
            _ => false,
        };
        (long && !slot.path.segs().contains(&Seg::ELEMENT)).then_some((slot, release))
    }

    /// What makes the handle, if the value is one that such a release ends.
    fn handle_of(&self, value: NodeId, release: Release) -> Option<NodeId> {
        let tree = self.tree;
        if !matches!(tree.kind(value), Kind::Call | Kind::New) {
            return None;
        }
        let fits = match release {
            Release::Function => self
                .resources()
                .any(|it| it.at == value && !it.kind.ends && !it.kind.value),
            Release::Method => {
                tree.is(value, Kind::New)
                    || matches!(tree.kind(tree.callee(value)), Kind::Ident | Kind::Member)
                        && self
                            .apis
                            .begins_name("making_words", tree.name_text(tree.callee(value)))
                    || self.resources().any(|it| it.at == value && !it.kind.ends)
            }
            Release::Call => {
                tree.is(value, Kind::Call) && tree.args(value).any(|arg| self.may_be_function(arg))
            }
        };
        fits.then_some(value)
    }

    /// Why the slot gets another handle while it holds one that is live.
    fn overwritten_by(&self, store: NodeId, slot: &Place, releases: &[(NodeId, Release)]) -> Option<Again> {
        let tree = self.tree;
        let since = self.slot_since(slot);
        let function = tree.function_of(store);
        // A constructor has a new object each time.
        let is_new = matches!(slot.root, Root::Instance(_)) && self.is_constructor(function);
        if function == since || is_new {
            return None;
        }
        // Places in the text that one round consists of.
        let mut regions = vec![tree.function(function).node];
        // What the framework calls before the next round: `useEffect(() => { …; return stop })`
        let mut ends = FxHashSet::default();
        let update = self.leading_to(store, FunctionId::NONE).into_iter().find(|&it| {
            let is_method = self.entries(it).iter().any(|entry| entry.how == How::Method);
            is_method && self.named("update_methods", tree.function(it).name)
        });
        let again = match update {
            Some(update) => {
                // The functions on the way from there.
                let leading = self.leading_to(store, FunctionId::NONE).into_iter();
                let on_the_way = leading.filter(|&it| {
                    let before = self.leading_to(tree.body(it), FunctionId::NONE);
                    before.contains(&update)
                });
                regions.extend(on_the_way.map(|it| tree.function(it).node));
                Again::Update(update)
            }
            None => {
                let repeat = self
                    .looped(store, since)
                    .unwrap_or_else(|| self.repeat(store, since));
                match (repeat.why, repeat.path.first()) {
                    (Why::Loop { .. } | Why::Callback, None) => return None,
                    (Why::Loop { .. }, Some(cause)) => {
                        if repeat.path.len() == 1 {
                            regions.clear();
                        }
                        regions.push(cause.site);
                        let down = repeat.path.iter().skip(2);
                        regions.extend(down.map(|entry| tree.function(entry.from).node));
                    }
                    (Why::Callback, Some(cause)) => {
                        let by_method = releases.iter().any(|it| it.1 == Release::Method);
                        let refused = match self.is_mounting(cause.site) {
                            true => !self.runs_on_change(cause.site),
                            false => by_method || self.is_paired(cause.site),
                        };
                        if refused {
                            return None;
                        }
                        for callback in tree.args(cause.site).flat_map(|arg| self.functions(arg)) {
                            self.returned_functions(callback, &mut ends);
                        }
                        let down = repeat.path.iter().skip(1);
                        regions.extend(down.map(|entry| tree.function(entry.from).node));
                    }
                    // Only callers repeat it.
                    _ if repeat.level >= Level::Calls && self.serves_one_of_many(function, slot) => {}
                    _ => return None,
                }
                Again::Repeat(repeat)
            }
        };
        let in_round = |node: NodeId| regions.iter().any(|&region| tree.contains(region, node));
        let looks = |op: Op| matches!(op, Op::Read | Op::Compare);
        let asked = self
            .uses(slot.root)
            .iter()
            .any(|it| it.path == slot.path && looks(it.op) && in_round(it.node));
        let releasing: Vec<FunctionId> = releases
            .iter()
            .flat_map(|&(release, _)| self.leading_to(release, FunctionId::NONE))
            .collect();
        let released = releases.iter().any(|&(release, _)| in_round(release))
            || releasing.iter().any(|it| ends.contains(it))
            || self.index.calls.iter().any(|&call| {
                in_round(call)
                    && self
                        .called_functions(call)
                        .iter()
                        .any(|it| releasing.contains(it))
            });
        let guarded = self.runs_once_by_guard(store) || self.is_reset_with_release(store, releases);
        (!asked && !released && !guarded).then_some(again)
    }

    /// The function puts an entry under a key of its own into another container of what has the slot: it is called for
    /// each of many. `start(id) { this.queries[id] = …; this.timer = setInterval(…) }`
    fn serves_one_of_many(&self, function: FunctionId, slot: &Place) -> bool {
        let beside = self.growth().iter().filter(|it| it.place.root == slot.root);
        let mut sites = beside.flat_map(|growth| growth.sites.iter().map(move |site| (growth, site)));
        matches!(slot.root, Root::Instance(_))
            && sites.any(|(growth, site)| {
                self.tree.function_of(site.node) == function
                    && site.key.is_some()
                    && self.site_keys(growth, site) >= Keys::Given
            })
    }

    /// Behind a flag that is taken back only where the handle is released: `if (!this.running) { … }`.
    fn is_reset_with_release(&self, store: NodeId, releases: &[(NodeId, Release)]) -> bool {
        let tree = self.tree;
        let releasing = |at: NodeId| {
            let function = tree.function_of(at);
            releases
                .iter()
                .any(|&(release, _)| tree.function_of(release) == function)
        };
        let flag = self.reset_guard(store);
        flag.is_some_and(|flag| self.resets(&flag).into_iter().all(releasing))
    }

    /// A loop around the store, or around a call that leads there, within the life of the slot that begins with `since`.
    fn looped(&self, store: NodeId, since: FunctionId) -> Option<Repeat> {
        let tree = self.tree;
        let mut function = tree.function_of(store);
        let mut at = store;
        let mut path = Vec::new();
        for _ in 0..MAX_CALLS {
            let around = self
                .loop_around(at, tree.function(function).node)
                .map(|(around, waits)| (function, around, waits))
                .or_else(|| self.iteration(function).map(|it| (it.from, it.site, false)));
            if let Some((function, around, waits)) = around {
                path.push(Entry {
                    from: function,
                    site: around,
                    how: How::Call,
                });
                path.reverse();
                return Some(Repeat {
                    level: Level::Loop,
                    why: Why::Loop { waits },
                    path,
                    reconnects: false,
                });
            }
            if function == since {
                return None;
            }
            let mut calls = self.entries(function).iter().filter(|it| it.how == How::Call);
            let &entry = calls.find(|it| it.from != FunctionId::NONE && it.from != function)?;
            path.push(entry);
            (function, at) = (entry.from, entry.site);
        }
        None
    }

    /// `useEffect(function, [props.data])`: what it depends on is given by others, who may give another one.
    fn runs_on_change(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let Some(list) = tree.args(call).nth(1).filter(|&it| tree.is(it, Kind::Array)) else {
            return false;
        };
        tree.children(list).any(|dependency| {
            let is_param = |binding: BindingId| tree.bindings[binding.index()].kind == BindingKind::Param;
            let named = matches!(tree.kind(dependency), Kind::Ident | Kind::Member);
            named
                && tree.variable(tree.base(dependency)).is_some_and(is_param)
                && !self.apis.mentions("lasting_words", tree.name_text(dependency))
                && !self.apis.begins_with("handler_words", tree.name_text(dependency))
        })
    }

    /// The call that runs a function for each element: `list.forEach(function)`.
    fn iteration(&self, function: FunctionId) -> Option<Entry> {
        let tree = self.tree;
        let node = tree.function(function).node;
        let entries = self.entries(function).iter().copied();
        entries
            .filter(|it| it.how == How::Call && it.from != FunctionId::NONE)
            .find(|it| {
                self.runs_for_each(it.site)
                    && tree.is(tree.callee(it.site), Kind::Member)
                    && tree.args(it.site).any(|arg| arg == node)
            })
    }

    /// The callback is for an event that comes once, or in turns with the one that releases.
    fn is_paired(&self, site: NodeId) -> bool {
        let tree = self.tree;
        let event = match tree.kind(site) {
            Kind::Call => tree.args(site).find(|&arg| tree.is(arg, Kind::Str)),
            _ => Some(site),
        };
        let name = event.map_or("", |it| tree.name_text(it)).to_lowercase();
        let name = name.strip_prefix("on").unwrap_or(&name);
        self.apis.named("connected_events", name) || self.apis.named("paired_events", name)
    }
}
