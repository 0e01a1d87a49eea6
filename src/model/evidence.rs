//! Evidence that a container's entries belong to the work that is done, in unlimited number, and not to the program.

use crate::apis::{Runs, Word};
use crate::syntax::tree::{FunctionId, FunctionKind, Kind, Name, NodeId, Op, flag};

use super::Model;
use super::calls::{Entry, How};
use super::growth::{Fate, Growth, Holder, Keys, Site};
use super::owners::{OwnerId, OwnerKind};
use super::place::{Path, Place, Root, Seg};
use super::repeat::Repeat;
use super::uses;

#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    pub kind: EvidenceKind,
    /// What tells it.
    pub at: NodeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// The key is an id or a time that never comes again.
    UniqueKey,
    /// Callers may leave the key out, which is a new object then.
    Default,
    /// The entry says when it should go.
    Expiry,
    /// Somebody waits for the entry's reply.
    Reply,
    /// The same value is taken out of another container again.
    Twin,
    /// What has the same key is taken out of another container again.
    KeyTwin,
    /// What is meant to take entries out changes nothing.
    Vain,
    /// The key is an object, which the container keeps alive.
    ObjectKey,
    /// What is inside the entries is taken out, but not the entries.
    EmptyEntries,
    /// What the entry stands for is released, but the entry stays.
    Ended,
    /// The entry is set to nothing, and its key stays.
    Emptied,
    /// The entry is a timer, which is over when it has fired.
    Fired,
    /// The caller is given the key, which is a new one each time.
    Ticket,
    /// Each instance puts itself in.
    Itself,
    /// The global object gets another property.
    GlobalName,
    /// The key names somebody or something of the outside world.
    Outside,
    /// The entry is what an awaited call brought.
    Fetched,
    /// The entry is a record of something that happened.
    Record,
}

impl Evidence {
    /// Also convincing for a container that only one instance holds.
    pub fn is_strong(self) -> bool {
        use EvidenceKind::{Default, Emptied, Ended, Expiry, Fired, KeyTwin, Reply, Ticket, UniqueKey, Vain};
        matches!(
            self.kind,
            UniqueKey | Default | Expiry | Reply | KeyTwin | Ended | Emptied | Fired | Ticket | Vain
        )
    }

    /// True of as many tables with few entries as of those with many.
    pub fn is_weak(self) -> bool {
        self.kind == EvidenceKind::EmptyEntries
    }
}

impl EvidenceKind {
    pub fn text(self) -> &'static str {
        match self {
            EvidenceKind::UniqueKey => "the key is a new one each time",
            EvidenceKind::Default => {
                "without this argument, the key is a new object, which nobody can ask for again"
            }
            EvidenceKind::Expiry => "the entry says when it ends, but nothing takes it out then",
            EvidenceKind::Reply => {
                "somebody waits for the reply to this entry, which is not taken out when it comes"
            }
            EvidenceKind::Twin => {
                "the same value is taken out of its other container here, but not out of this one"
            }
            EvidenceKind::KeyTwin => {
                "what has the same key is taken out of another container here, but not out of this one"
            }
            EvidenceKind::Vain => "this is meant to take an entry out, but it changes nothing",
            EvidenceKind::ObjectKey => "the key is an object, which the container keeps alive",
            EvidenceKind::EmptyEntries => "what is inside an entry is taken out here, but the entry stays",
            EvidenceKind::Ended => "what the entry stands for is released here, but the entry stays",
            EvidenceKind::Emptied => "the entry is set to nothing here, and its key stays",
            EvidenceKind::Fired => "each entry is a timer, which stays when it has fired",
            EvidenceKind::Ticket => "the caller gets the new key here, and has no way to give the entry back",
            EvidenceKind::Itself => "each new instance puts itself in",
            EvidenceKind::GlobalName => "the name is another one each time",
            EvidenceKind::Outside => "the key comes from the outside world, where there is no end of them",
            EvidenceKind::Fetched => {
                "the entry is the answer to something that was asked for, which can be anything"
            }
            EvidenceKind::Record => "each entry is the record of something that happened",
        }
    }
}

/// So many instances that the program makes by one function are all there are.
const MIN_ENUMERATED: usize = 3;

/// So many functions may make an instance through each other.
const MAX_FACTORIES: u32 = 3;

impl Model<'_> {
    /// What tells that the entries come without end; the most convincing fact.
    pub fn evidence(&self, growth: &Growth, site: &Site, repeat: &Repeat) -> Option<Evidence> {
        let found = |kind, at: Option<NodeId>| at.map(|at| Evidence { kind, at });
        found(EvidenceKind::UniqueKey, self.unique_key(growth, site))
            .or_else(|| found(EvidenceKind::Default, self.default_key(site)))
            .or_else(|| found(EvidenceKind::Reply, self.waits_for_reply(growth, site)))
            .or_else(|| found(EvidenceKind::Expiry, self.expiry(site)))
            .or_else(|| found(EvidenceKind::Ended, self.ended_entry(growth, site)))
            .or_else(|| {
                let end = self.entry_end(site).filter(|_| growth.holder == Holder::Process);
                found(EvidenceKind::Ended, end.map(|it| it.at))
            })
            .or_else(|| found(EvidenceKind::Emptied, self.emptied_entry(growth, site)))
            .or_else(|| found(EvidenceKind::Fired, self.fired_timer(site)))
            .or_else(|| found(EvidenceKind::Vain, self.vain_release(growth)))
            .or_else(|| found(EvidenceKind::Ticket, self.ticket(growth, site)))
            .or_else(|| {
                found(
                    EvidenceKind::Itself,
                    self.puts_itself_in(site)
                        .filter(|_| !growth.is_global_object() && self.has_own_entry(site)),
                )
            })
            .or_else(|| found(EvidenceKind::GlobalName, self.global_name(growth, site)))
            .or_else(|| {
                if self.registers(site, repeat) {
                    return None;
                }
                found(EvidenceKind::Twin, self.forgotten_twin(growth, site))
                    .or_else(|| found(EvidenceKind::KeyTwin, self.key_twin(growth, site)))
                    .or_else(|| found(EvidenceKind::ObjectKey, self.object_key(growth, site)))
                    .or_else(|| found(EvidenceKind::EmptyEntries, self.empty_entries(growth)))
                    .or_else(|| {
                        if self.is_of_the_program(growth, site) {
                            return None;
                        }
                        found(EvidenceKind::Outside, self.outside_key(site))
                            .or_else(|| found(EvidenceKind::Fetched, self.fetched(site)))
                            .or_else(|| found(EvidenceKind::Record, self.record(site)))
                            .or_else(|| found(EvidenceKind::Record, self.grown_global(growth, site)))
                    })
            })
    }

    /// Releases what one entry stands for: `clearTimeout(timers[id])`, `emitter.off(name, handlers[id])`. The end of the
    /// owner takes the container with it, and what stands beside the store makes room for the next.
    fn ended_entry(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let element = growth.place.join(Seg::ELEMENT)?;
        let is_entry = |node: NodeId| tree.is(node, Kind::Index) && self.place(node) == Some(element);
        let stores = tree.function_of(site.node);
        // `default` is any export of a module.
        let named = |call: NodeId| {
            self.called_name(call)
                .is_some_and(|it| tree.name_text(it) != "default")
        };
        let is_one = |&call: &NodeId| {
            let function = tree.function(tree.function_of(call));
            named(call)
                && !self.apis.named("end_methods", tree.text(function.name))
                && tree.function_of(call) != stores
                && self.loop_around(call, function.node).is_none()
                && !tree
                    .functions_around(call)
                    .any(|ends| self.comes_before(ends, stores))
        };
        // `off(name, handlers[name])`: there are only so many events.
        let of_its_event = |event: NodeId, entry: NodeId| {
            let key = tree.child(entry, 1);
            let named = |it: NodeId| matches!(tree.kind(it), Kind::Ident | Kind::Member);
            let mut parts = tree.subtree(event).filter(|&it| named(it));
            named(key) && parts.any(|it| tree.name_of(it) == tree.name_of(key))
        };
        let removals = self.removals().iter();
        let off = removals
            .filter(|it| {
                it.callback.is_some_and(|entry| {
                    is_entry(entry) && !it.event.is_some_and(|event| of_its_event(event, entry))
                })
            })
            .map(|it| it.call);
        let releases = self.calls_that(Word::RELEASES | Word::HANDS_ON).filter(|&call| {
            let Some(callee) = self.called_name(call) else {
                return false;
            };
            // `Emitter.prototype.removeListener.call(this, name, handlers[id])`
            let lent = tree.is(callee, Kind::Member) && tree.name_text(callee) == "call" && {
                let method = tree.child(callee, 0);
                tree.is(method, Kind::Member) && self.word(tree.name_of(method)).may(Word::REMOVES)
            };
            lent && tree.args(call).any(is_entry)
                || self.word(tree.name_of(callee)).may(Word::RELEASES)
                    && tree.args(call).next().is_some_and(is_entry)
        });
        let mut found = off.chain(releases);
        found.find(is_one)
    }

    /// `stop(job); start(job);`: what the latter puts in takes the place of what was there.
    fn comes_before(&self, ends: FunctionId, begins: FunctionId) -> bool {
        let tree = self.tree;
        let about = |call: NodeId| tree.args(call).next();
        let same = |a: NodeId, b: NodeId| match (about(a), about(b)) {
            (Some(a), Some(b)) => self.same_value(a, b),
            (a, b) => a == b,
        };
        let first = self.calls_of(ends).iter();
        first.copied().any(|first| {
            let mut then = self.calls_of(begins).iter().copied();
            then.any(|then| first < then && tree.block_of(first) == tree.block_of(then) && same(first, then))
        })
    }

    /// `calls[id] = null`, for one entry when its time is over: the object keeps all keys that there ever were.
    fn emptied_entry(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let element = growth.place.join(Seg::ELEMENT)?;
        let unlimited =
            |key: NodeId| self.keys(key, 0) == Keys::Fresh || self.waits_for_reply(growth, site).is_some();
        site.key
            .filter(|&it| !self.is_array(&growth.place) && unlimited(it))?;
        let uses = self.uses_near(&element);
        let emptied = uses.iter().find(|it| {
            let nothing = matches!(it.op, uses::Op::Write { value: Some(value) } if tree.is_nullish(value));
            let function = tree.function(tree.function_of(it.node)).node;
            it.path == element.path
                && nothing
                && tree.function_of(it.node) != tree.function_of(site.node)
                && self.loop_around(it.node, function).is_none()
        })?;
        Some(emptied.node)
    }

    /// `timers.push(setTimeout(task, delay))`, of which there is one more with each call.
    fn fired_timer(&self, site: &Site) -> Option<NodeId> {
        let once = |&timer: &NodeId| self.effect(timer).and_then(|it| it.runs) == Some(Runs::Later);
        self.timer(site).filter(|it| site.key.is_none() && once(it))
    }

    /// `list.filter(keep)` whose result nobody takes, `list.splice(at, -1)`.
    fn vain_release(&self, growth: &Growth) -> Option<NodeId> {
        let tree = self.tree;
        let uses = self.uses_near(&growth.place);
        let vain = uses.iter().find(|it| {
            let uses::Op::Method { name } = it.op else {
                return false;
            };
            let dropped = tree.is(tree.parent(it.node), Kind::ExprStmt);
            let inserts = tree.args(it.node).nth(2).is_some();
            // `map.delete([host, port])`: another array is another key.
            let first = tree.args(it.node).next();
            let fresh = tree.text(name) == "delete"
                && first.is_some_and(|it| matches!(tree.kind(it), Kind::Array | Kind::Object));
            it.path == growth.place.path
                && (dropped && tree.text(name) == "filter"
                    || fresh
                    || !inserts && self.splices_nothing(it.node, name))
        })?;
        Some(vain.node)
    }

    /// The store's key goes by a name under which something else is kept beside this, which is taken out again.
    fn key_twin(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let key = self.key_name(site.key.filter(|&it| self.names_one_of_many(it))?)?;
        // Fields of one object, or variables of one scope.
        let scope = |place: &Place| match place.root {
            Root::Binding(it) if place.path.is_empty() => Some(tree.bindings[it.index()].scope),
            _ => None,
        };
        let near = |other: &Place| {
            let fields = other.root == growth.place.root && other.path.parent() == growth.place.path.parent();
            fields || scope(other).is_some() && scope(other) == scope(&growth.place)
        };
        let beside = |other: &Growth| {
            other.place != growth.place
                && near(&other.place)
                && other.sites.iter().any(|twin| {
                    tree.function_of(twin.node) == tree.function_of(site.node)
                        && twin.key.and_then(|it| self.key_name(it)) == Some(key)
                })
        };
        let takes_out = |at: NodeId| self.key_taken_out(at) == Some(key);
        self.growth().iter().find_map(|other| match other.fate {
            Fate::Released(at) if beside(other) && takes_out(at) && !self.is_moved(site, at) => Some(at),
            _ => None,
        })
    }

    /// The name by which a key is told: `id`, `user.id`.
    pub(super) fn key_name(&self, key: NodeId) -> Option<Name> {
        let named = matches!(self.tree.kind(key), Kind::Ident | Kind::Member);
        named.then(|| self.tree.name_of(key)).and_then(Name::some)
    }

    /// The name of the key whose entry is taken out here: `all.delete(key)`, `delete all[key]`.
    pub(super) fn key_taken_out(&self, at: NodeId) -> Option<Name> {
        let tree = self.tree;
        let key = match tree.kind(at) {
            Kind::Call => tree.args(at).next(),
            Kind::Unary => Some(tree.child(at, 0))
                .filter(|&it| tree.is(it, Kind::Index))
                .map(|it| tree.child(it, 1)),
            _ => None,
        };
        self.key_name(key?)
    }

    /// A parameter that is used as an object, or named like a part of a page or a connection, as the key under which a
    /// Map keeps what is computed of it.
    fn object_key(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let computes = tree.is(site.node, Kind::Call) && site.value != site.key;
        let key = site.key.filter(|_| computes && growth.place.path.is_empty())?;
        let binding = tree.variable(key)?;
        self.tree.parameter(binding)?;
        let is_object = tree.references(binding).iter().any(|&it| {
            let up = tree.parent(it);
            let member = tree.is(up, Kind::Member) && tree.child(up, 0) == it;
            // Text has methods, too, and a length.
            member && !self.apis.named("text_members", tree.name_text(up))
        });
        let name = tree.bindings[binding.index()].name;
        let is_kept = is_object || self.named("entity_names", name);
        (is_kept && !self.named("definition_names", name)).then_some(key)
    }

    /// Containers of warnings already given, caches by the names of program parts.
    fn is_of_the_program(&self, growth: &Growth, site: &Site) -> bool {
        site.key
            .is_some_and(|key| self.is_said_once(growth, site) || self.mentions_word(key, "program_words"))
    }

    /// What has been said already, so as not to say it again: `warned[key] = true`, `warnOnce(key)`.
    fn is_said_once(&self, growth: &Growth, site: &Site) -> bool {
        let tree = self.tree;
        let function = tree.function_of(site.node);
        let says = |text: &str| self.apis.mentions("once_words", text);
        // Whatever its name is: `said.has(text) || (said.add(text), console.warn(text))`
        let warns = |&call: &NodeId| {
            let path = tree
                .is(tree.callee(call), Kind::Member)
                .then(|| self.api_path(tree.callee(call)));
            path.flatten()
                .is_some_and(|it| self.apis.named("warning_functions", &it))
        };
        let is_mark = site
            .value
            .is_none_or(|it| Some(it) == site.key || tree.is(it, Kind::Bool));
        let guarded = || self.is_guarded(site, &growth.place);
        (site.key.is_some() || guarded())
            && (says(&self.describe(&growth.place)) || says(tree.text(tree.function(function).name)))
            || is_mark && guarded() && self.calls_in(function).iter().any(warns)
    }

    pub fn mentions_word(&self, node: NodeId, list: &str) -> bool {
        let tree = self.tree;
        tree.subtree(node).any(|id| {
            matches!(tree.kind(id), Kind::Ident | Kind::Member)
                && self.apis.named(list, &tree.name_text(id).to_lowercase())
        })
    }

    /// How many different keys the store has over time.
    pub fn site_keys(&self, growth: &Growth, site: &Site) -> Keys {
        match (site.key, site.value) {
            (Some(key), _) if self.is_validated(key, site.node, &growth.place) => Keys::Fixed,
            (Some(key), _) => self.keys(key, 0),
            // `if (!list.includes(x)) list.push(x)`: as many as there are values.
            (None, Some(value)) if self.is_guarded(site, &growth.place) => {
                self.keys(value, 0).max(Keys::Given)
            }
            // Each push adds one, whatever its value; what callers hand over they may well register once.
            (None, Some(_)) if self.is_handed_over(site) => Keys::Given,
            (None, _) => Keys::Fresh,
        }
    }

    /// Text that an object builds is its result; a slot of an array is one of few, unless its number keeps rising.
    pub fn is_bounded_by_nature(&self, growth: &Growth, site: &Site, keys: Keys) -> bool {
        let slot =
            site.key.is_some() && self.tree.is(site.node, Kind::Assign) && self.is_array(&growth.place);
        let builds = matches!(growth.place.root, Root::Instance(_)) && self.is_text(&growth.place);
        let command = growth.place.root == Root::Global && site.value.is_some_and(|it| self.is_command(it));
        builds
            || self.is_said_once(growth, site)
            || command
            || site.key.is_some() && self.is_laid_out(&growth.place)
            || slot && keys < Keys::Fresh
    }

    /// `{ x: null, y: null }`: the keys that there are stand in the text, and wait for their values.
    fn is_laid_out(&self, place: &Place) -> bool {
        let tree = self.tree;
        let mut objects = self
            .values_at(place)
            .into_iter()
            .filter_map(|(_, value)| value)
            .filter(|&it| tree.is(it, Kind::Object));
        objects.any(|object| {
            let mut properties = tree.children(object).peekable();
            properties.peek().is_some()
                && properties.all(|it| tree.is(it, Kind::Property) && tree.is_nullish(tree.value(it)))
        })
    }

    /// The function whose run begins a holder's life; NONE when that is made from outside.
    pub fn holder_since(&self, holder: Holder) -> FunctionId {
        match holder {
            Holder::Process => FunctionId(0),
            Holder::Another => FunctionId::NONE,
            Holder::Scope(function) => function,
            Holder::Instance(owner) => self
                .owners
                .constructor(self.tree, owner)
                .unwrap_or(FunctionId::NONE),
        }
    }

    /// A timer that runs the callback later.
    pub fn is_timer(&self, entry: &Entry) -> bool {
        let tree = self.tree;
        matches!(entry.how, How::Later | How::Again { .. })
            && tree.is(entry.site, Kind::Call)
            && self
                .api_path(tree.callee(entry.site))
                .is_some_and(|path| self.apis.function(&path).is_some_and(|it| it.timer))
    }

    /// The value is a parameter as it came: callers register it.
    fn is_handed_over(&self, site: &Site) -> bool {
        let value = site.value.filter(|_| site.inside.is_none());
        value.is_some_and(|value| self.is_parameter_itself(value))
    }

    fn is_parameter_itself(&self, node: NodeId) -> bool {
        let tree = self.tree;
        tree.is(node, Kind::Ident)
            && tree
                .binding_of(node)
                .is_some_and(|binding| self.tree.parameter(binding).is_some())
    }

    fn unique_key(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let key = site.key?;
        // Instances that the program itself makes, each under an id of its own.
        let enumerated = || {
            let this = site.value.filter(|&it| self.tree.is(it, Kind::This));
            this.and_then(|it| self.owner(it))
                .is_some_and(|it| self.is_enumerated(it.0))
        };
        let unique = self.is_unique_id(key, 0)
            && !self.is_parameter_itself(key)
            && !self.mentions_own_constant(growth, key)
            && !enumerated();
        unique.then_some(key)
    }

    /// The object that stands for the key of a Map where callers give none: `(options = {}) => cache.set(options, …)`.
    fn default_key(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let key = site.key.filter(|_| tree.is(site.node, Kind::Call))?;
        let value = self.written_value(key);
        let is_new = |it: NodeId| matches!(tree.kind(it), Kind::Object | Kind::Array | Kind::Function);
        let given = |it: NodeId| tree.is(it, Kind::Index) && tree.name_text(tree.child(it, 0)) == "arguments";
        match tree.kind(value) {
            // As Babel wrote it: `arguments[0] === undefined ? {} : arguments[0]`
            Kind::Conditional => {
                let (a, b) = (tree.child(value, 1), tree.child(value, 2));
                let pairs = [(a, b), (b, a)].into_iter();
                let mut left_out = pairs.filter(|&(made, other)| is_new(made) && given(other));
                left_out.next().map(|it| it.0)
            }
            _ => Some(value).filter(|&it| is_new(it) && tree.is(tree.parent(it), Kind::Default)),
        }
    }

    /// Where a function returns the counted key under which it has put something in: `all.set(id = next++, it); return id`.
    pub fn ticket(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let key = site.key.filter(|_| !self.is_array(&growth.place))?;
        let binding = tree.variable(key).filter(|_| self.keys(key, 0) == Keys::Fresh)?;
        let function = tree.function_of(site.node);
        let counts = |node: NodeId| {
            let counter = tree.is(node, Kind::Update).then(|| tree.child(node, 0));
            // Of the function's own, it begins anew each time.
            counter.is_some_and(|it| {
                tree.variable(it)
                    .is_none_or(|it| tree.declared_in(it) != function)
            })
        };
        let is_counted = tree.subtree(self.written_value(key)).any(counts);
        // Also when a promise is fulfilled.
        let mut given = tree.references(binding).iter().map(|&it| tree.parent(it));
        let given = given.find(|&up| tree.is(up, Kind::Return));
        given.filter(|_| is_counted && tree.declared_in(binding) == function)
    }

    /// A field that the holder of the container gets once, when it is made: `name ?? this.anyName`.
    fn mentions_own_constant(&self, growth: &Growth, key: NodeId) -> bool {
        let tree = self.tree;
        let initial = |at: NodeId| {
            tree.is(at, Kind::Property)
                || tree.function(tree.function_of(at)).kind == FunctionKind::Constructor
        };
        let is_constant = |node: NodeId| {
            let place = self.place(node).filter(|it| it.root == growth.place.root);
            let values = place
                .filter(|it| matches!(it.root, Root::Instance(_)))
                .map(|it| self.values_at(&it));
            values.is_some_and(|it| !it.is_empty() && it.iter().all(|&(at, _)| initial(at)))
        };
        matches!(growth.holder, Holder::Instance(_))
            && tree
                .subtree(self.written_value(key))
                .any(|it| tree.is(it, Kind::Member) && is_constant(it))
    }

    /// Made of a time, a random number or an id generator.
    pub fn is_unique_id(&self, node: NodeId, depth: u32) -> bool {
        let tree = self.tree;
        if depth > 6 {
            return false;
        }
        match tree.kind(node) {
            Kind::Call => {
                let callee = tree.callee(node);
                let name = match tree.kind(callee) {
                    Kind::Ident | Kind::Member => tree.name_text(callee),
                    _ => "",
                };
                self.apis.named("id_makers", name)
                    || self.typed_effect(node).is_some_and(|effect| effect.fresh)
                    || tree.is(callee, Kind::Member) && self.is_unique_id(tree.child(callee, 0), depth + 1)
                    || self.called_functions(node).iter().any(|&function| {
                        self.index
                            .returns_of(function)
                            .iter()
                            .any(|&ret| self.is_unique_id(tree.child(ret, 0), depth + 2))
                    })
            }
            Kind::New => self.api_path(tree.callee(node)).as_deref() == Some("Date"),
            Kind::Binary | Kind::Template | Kind::Logical | Kind::Conditional | Kind::Sequence => tree
                .children(node)
                .any(|child| self.is_unique_id(child, depth + 1)),
            Kind::Unary if tree[node].op != Op::Not => self.is_unique_id(tree.child(node, 0), depth + 1),
            Kind::Assign | Kind::Await => tree
                .children(node)
                .last()
                .is_some_and(|value| self.is_unique_id(value, depth + 1)),
            Kind::Ident => {
                let only = tree
                    .binding_of(node)
                    .and_then(|binding| self.index.only_value(tree, binding));
                only.is_some_and(|(value, path)| {
                    path.is_empty() && value < node && self.is_unique_id(value, depth + 1)
                })
            }
            Kind::Member => {
                let values = self
                    .place(node)
                    .map(|place| self.values_at(&place))
                    .unwrap_or_default();
                values.iter().any(|&(_, value)| {
                    value.is_some_and(|value| value != node && self.is_unique_id(value, depth + 2))
                })
            }
            _ => false,
        }
    }

    /// The entry has, or is, what settles a promise.
    fn waits_for_reply(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let (key, value) = (site.key?, site.value?);
        if self.keys(key, 0) == Keys::Fixed {
            return None;
        }
        // Made when there is none yet, it is there for all who ask for it; what callers hand over they register.
        if self.is_guarded(site, &growth.place) {
            return None;
        }
        let settles = |node: NodeId| {
            let binding = tree.variable(node);
            binding.is_some_and(|it| {
                let named = self.named("reply_names", tree.name_of(node));
                self.executor(it).is_some() || named && self.tree.parameter(it).is_none()
            })
        };
        // `{ promise: [resolve, reject] }`
        let settles_any = |node: NodeId| match tree.kind(node) {
            Kind::Array => tree.children(node).any(settles),
            _ => settles(node),
        };
        let waits = match tree.kind(value) {
            Kind::Object => tree
                .children(value)
                .any(|child| tree.is(child, Kind::Property) && settles_any(tree.value(child))),
            _ => settles_any(value),
        };
        waits.then_some(value)
    }

    pub fn expiry(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let value = site.value.filter(|&value| tree.is(value, Kind::Object))?;
        tree.children(value).find(|&prop| {
            tree.is(prop, Kind::Property) && self.apis.mentions("expiry_words", tree.name_text(prop))
        })
    }

    /// Where an entry is stored, it is taken out of another container: `open.delete(key); closed.add(key)`.
    fn is_moved(&self, site: &Site, taken_out: NodeId) -> bool {
        let tree = self.tree;
        tree.function_of(taken_out) == tree.function_of(site.node)
            && (tree.contains(tree.block_of(taken_out), site.node)
                || tree.contains(tree.block_of(site.node), taken_out))
    }

    pub fn forgotten_twin(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let value = site.value.and_then(|value| self.place(value))?;
        if growth.holder == Holder::Another {
            return self.left_in_one_of_two(growth, site);
        }
        self.growth().iter().find_map(|other| match other.fate {
            Fate::Released(at)
                if other.place != growth.place && self.takes_one(at) && !self.is_moved(site, at) =>
            {
                let twin = other.sites.iter().any(|twin| {
                    tree.function_of(twin.node) == tree.function_of(site.node)
                        && twin.value.and_then(|value| self.place(value)) == Some(value)
                });
                twin.then_some(at)
            }
            _ => None,
        })
    }

    /// When its life ends, the object sees to the other list that it put itself into, but not to this one.
    fn left_in_one_of_two(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let uses = self.uses(growth.place.root);
        let at_end = |path: &Path| {
            uses.iter().find(|it| {
                let name = tree.text(tree.function(tree.function_of(it.node)).name);
                it.path.starts_with(path) && self.apis.named("end_methods", name)
            })
        };
        if at_end(&growth.place.path).is_some() {
            return None;
        }
        let twins = self.growth().iter().filter(|other| {
            other.holder == Holder::Another
                && other.place != growth.place
                && other.place.path.parent() == growth.place.path.parent()
                && other
                    .sites
                    .iter()
                    .any(|twin| tree.function_of(twin.node) == tree.function_of(site.node))
        });
        twins
            .filter_map(|other| at_end(&other.place.path))
            .map(|it| it.node)
            .next()
    }

    /// One entry is taken out here, rather than all of them.
    pub fn takes_one(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Call => tree.args(node).next().is_some(),
            Kind::Unary => true,
            _ => false,
        }
    }

    fn empty_entries(&self, growth: &Growth) -> Option<NodeId> {
        let element = growth.place.join(Seg::ELEMENT)?;
        let uses = self.uses_near(&element);
        let shrinks = uses.iter().find(|it| {
            it.path == element.path
                && matches!(it.op, uses::Op::Method { name } if self.tree.text(name) == "delete")
        })?;
        Some(shrinks.node)
    }

    /// Not `registry[name] = this`, where the callers choose the name, of which there may be few.
    fn has_own_entry(&self, site: &Site) -> bool {
        // `all[this.id] = this`
        let of_itself = |key: NodeId| {
            self.tree.is(key, Kind::Member)
                && self.tree.is(self.tree.child(key, 0), Kind::This)
                && self.names_one_of_many(key)
        };
        site.key.is_none_or(|key| {
            self.tree.is(key, Kind::This) || self.keys(key, 0) == Keys::Fresh || of_itself(key)
        })
    }

    /// `instances.push(this)`, `states.set(this, {})`, of a class that is made many times.
    fn puts_itself_in(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let key = site.key.filter(|&it| tree.is(it, Kind::This));
        let value = key.or(site.value)?;
        let is_this = tree.is(value, Kind::This)
            || self
                .place(value)
                .is_some_and(|place| matches!(place.root, Root::Instance(_)) && place.path.is_empty());
        let (owner, _) = self.owner(value).filter(|_| is_this)?;
        let info = self.owners.get(owner);
        let is_component = self.component(owner).is_some();
        let made = is_component || info.kind != OwnerKind::Object && !self.is_singleton(owner);
        // Definitions of parts of the program: `class InheritedProperty`.
        let defines = key.is_none() && self.apis.ends_name("program_words", tree.text(info.name));
        (made && !defines && !self.is_enumerated(owner)).then_some(value)
    }

    /// `static NOT_FOUND = Code.error(404)`, and more of that kind: the program itself makes the instances, each by its
    /// name.
    fn is_enumerated(&self, owner: OwnerId) -> bool {
        let by_program = |new| self.calls_by_program(self.tree.function_of(new), MAX_FACTORIES);
        self.news_of(owner)
            .any(|new| by_program(new).is_some_and(|it| it >= MIN_ENUMERATED))
    }

    /// How often the program itself calls the function, directly or through others that are called for that; `None` if
    /// any of them is called by what runs again.
    fn calls_by_program(&self, function: FunctionId, depth: u32) -> Option<usize> {
        let calls = self.calls_of(function).iter();
        calls
            .map(|&call| match self.tree.function_of(call) {
                caller if self.runs_once(caller) => Some(1),
                _ if depth == 0 => None,
                caller => self.calls_by_program(caller, depth - 1).filter(|&it| it > 0),
            })
            .sum()
    }

    /// A name made for this one property of the global object.
    fn global_name(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let key = site.key.filter(|_| growth.is_global_object())?;
        let keys = self.keys(key, 0);
        // `'job_' + id`: names made to a scheme.
        let scheme = keys > Keys::Copied && self.is_composed(key, 0);
        (keys == Keys::Fresh || scheme).then_some(key)
    }

    /// A template with more text than its back-ticks, `${` and `}`.
    fn has_own_text(&self, template: NodeId) -> bool {
        let tree = self.tree;
        let length = |id: NodeId| tree.span(id).hi - tree.span(id).lo;
        let parts: u32 = tree.children(template).map(|part| length(part) + 3).sum();
        length(template) > parts + 2
    }

    /// Text with a part of its own and a part that changes.
    fn is_composed(&self, key: NodeId, depth: u32) -> bool {
        let tree = self.tree;
        if depth > 6 {
            return false;
        }
        match tree.kind(key) {
            Kind::Binary => tree[key].op == Op::Add && tree.subtree(key).any(|id| tree.is(id, Kind::Str)),
            Kind::Template => self.has_own_text(key),
            Kind::Ident => {
                let only = tree
                    .binding_of(key)
                    .and_then(|binding| self.index.only_value(tree, binding));
                only.is_some_and(|(value, path)| {
                    path.is_empty() && value < key && self.is_composed(value, depth + 1)
                })
            }
            Kind::Member => self
                .place(key)
                .map(|place| self.values_at(&place))
                .unwrap_or_default()
                .iter()
                .any(|&(_, value)| {
                    value.is_some_and(|value| {
                        !tree.is(value, Kind::Member) && self.is_composed(value, depth + 1)
                    })
                }),
            Kind::Logical | Kind::Conditional => {
                tree.children(key).any(|child| self.is_composed(child, depth + 1))
            }
            _ => false,
        }
    }

    /// A list on the global object, made when the program starts, that a function adds to.
    fn grown_global(&self, growth: &Growth, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        if growth.place.root != Root::Global
            || growth.is_global_object()
            || site.key.is_some()
            || self.is_handed_over(site)
        {
            return None;
        }
        let made_here = self.values_at(&growth.place).iter().any(|&(at, _)| {
            tree.is(at, Kind::Assign)
                && tree.function_of(at) == tree.function_of(site.node)
                && at != site.node
        });
        (!made_here).then_some(site.node)
    }

    /// The function is there to register what belongs to the program: plug-ins, types, handlers.
    fn registers(&self, site: &Site, repeat: &Repeat) -> bool {
        let tree = self.tree;
        let mut names = vec![tree.text(tree.function(tree.function_of(site.node)).name)];
        if let Some(entry) = repeat.path.first() {
            match tree.kind(entry.site) {
                Kind::Property => names.push(tree.name_text(entry.site)),
                Kind::Assign if tree.is(tree.child(entry.site, 0), Kind::Member) => {
                    names.push(tree.name_text(tree.child(entry.site, 0)));
                }
                _ => {}
            }
        }
        names
            .iter()
            .any(|name| self.apis.begins_name("registering_words", name) || name.eq_ignore_ascii_case("on"))
    }

    pub fn outside_key(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let key = site.key?;
        let named = |id: NodeId| {
            let name = tree.name_text(id).to_lowercase().replace('_', "");
            self.apis.named("unbounded_words", &name)
        };
        tree.subtree(key)
            .any(|id| matches!(tree.kind(id), Kind::Ident | Kind::Member) && named(id))
            .then_some(key)
    }

    /// What an `await` or a promise has brought, under a key that names one of many things.
    fn fetched(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        let value = site.value?;
        if site.key.is_some_and(|key| !self.names_one_of_many(key)) {
            return None;
        }
        // `{ name: answer.name }`, and what `answer` is
        let awaited = || {
            let mut written = tree.subtree(value).map(|it| self.written_value(it));
            written.find_map(|it| tree.subtree(it).find(|&it| tree.is(it, Kind::Await)))
        };
        // `load(id).then((answer) => cache.set(id, answer))`
        let brought = || {
            let mut nodes = tree.subtree(value);
            nodes.find_map(|it| {
                let binding = tree.variable(it)?;
                let (function, _) = self.tree.parameter(binding)?;
                let call = tree.parent(tree.function(function).node);
                self.is_promise_step(call).then_some(call)
            })
        };
        awaited().or_else(brought)
    }

    /// `user.id`, `imageUrl`; what is composed of them, or computed from the arguments.
    fn names_one_of_many(&self, key: NodeId) -> bool {
        let tree = self.tree;
        let key = self.written_value(key);
        self.is_unique_id(key, 0)
            || tree.subtree(key).any(|id| {
                matches!(tree.kind(id), Kind::Ident | Kind::Member)
                    && self.apis.ends_name("thing_suffixes", tree.name_text(id))
            })
    }

    /// A new object with a time or id in it, or one made by a function that is named like work.
    fn record(&self, site: &Site) -> Option<NodeId> {
        let tree = self.tree;
        // Under a key that comes again, the record is replaced.
        if site.key.is_some_and(|key| self.keys(key, 0) != Keys::Fresh) {
            return None;
        }
        let value = site.value.unwrap_or(site.node);
        let stamped = tree.is(value, Kind::Object)
            && tree.children(value).any(|prop| {
                tree.is(prop, Kind::Property)
                    && !tree.has(prop, flag::METHOD)
                    && self.is_unique_id(tree.value(prop), 2)
            });
        let works = |function: FunctionId| {
            if function == FunctionId::NONE {
                return false;
            }
            let name = tree.text(tree.function(function).name);
            self.apis.begins_name("working_words", name)
        };
        let function = tree.function_of(site.node);
        let works = !self.is_handed_over(site) && (works(function) || works(tree.function(function).parent));
        (stamped || works).then_some(value)
    }
}
