//! What leaklint knows of libraries and platforms: `rules/apis/*.toml`, as data. No API is named in code.
//!
//! `rules/apis/README.md` documents the schema.

mod words;

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

pub use words::Word;

/// When a callback runs, seen from the call that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    /// Never by this call: a definition that something else calls once (a module factory).
    Once,
    /// During the call, once for each element.
    Inline,
    /// After the call, once.
    Later,
    /// After the call, any number of times.
    Again,
}

/// What a method or function does, as far as leaks are concerned.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Effect {
    /// `listener`: keeps the callback on the receiver.
    pub adds: Option<Adds>,
    /// Position of the emitter among the arguments, when it is not the receiver; the event follows it.
    pub emitter: Option<usize>,
    pub removes: Option<Removes>,
    /// Of functions that are given the target first, not of methods.
    pub helper: bool,
    /// Without its callback, it removes nothing.
    pub needs_callback: bool,
    /// The event, when it is not the first argument.
    pub event: Option<String>,
    /// The call is there to add the listener to that event: `$(target).click(callback)`.
    pub shorthand: bool,
    /// Removed by itself when the event comes.
    pub once: bool,
    /// Adding the same function again is no addition (`EventTarget`).
    pub dedups: bool,
    /// When the callback runs.
    pub runs: Option<Runs>,
    /// The callback is a tick or an attempt: what a program does again by itself.
    pub rounds: bool,
    /// What an operator on streams does to the stream.
    pub operator: Option<Operator>,
    /// The result is a stream that does not end by itself.
    pub lasting: bool,
    /// Sets how many listeners are too many.
    pub limits: bool,
    /// Ends the receiver, and closes what it has opened.
    pub closes: bool,
    /// The listener is told that work should be given up.
    pub cancels: bool,
    /// Tells which listeners the receiver has.
    pub counts: bool,
    /// A program does it once for each name: the second time it fails.
    pub exclusive: bool,
    /// Waits for the first of its arguments and forgets none of the others.
    pub races: bool,
    /// Position of the callback; the last function argument when absent.
    pub callback: Option<usize>,
    /// Reads as "again …": `on every tick`.
    pub why: Option<String>,
    pub grows: Option<Grows>,
    /// Takes something out of the receiver, or empties it.
    pub shrinks: bool,
    /// Returns an element of the receiver.
    pub gets: bool,
    /// Asks whether the receiver has a key.
    pub has: bool,
    /// Returns the receiver.
    pub chains: bool,
    /// Only looks at its arguments and receiver.
    pub reads: bool,
    /// Throws when something outside the program is not as it should be.
    pub fails: bool,
    /// Returns a new value each time: an id, a time stamp.
    pub fresh: bool,
    /// Lets time pass before it runs its callback.
    pub timer: bool,
    /// Returns data that may be large: a file's content, parsed text, a buffer.
    pub heavy: bool,
    /// Returns a function that the caller's callback becomes: `debounce(f)`, `promisify(f)`.
    pub wraps: bool,
    /// The result is, or holds, the receiver or the arguments themselves: `f.bind(x)`, `new Proxy(x, …)`.
    pub keeps: bool,
    /// The result holds the elements of the receiver or of the arguments: `list.slice()`, `new Map(list)`.
    pub copies: bool,
    /// The result holds what the callback returns for each element: `list.map(…)`.
    pub collects: bool,
    /// Puts its other arguments, or parts of them, into the first one: `Object.assign(x, …)`.
    pub fills: bool,
    /// The parameters of its callback let go on whoever awaits the result: `new Promise(resolve => …)`.
    pub resumes: bool,
    /// Returns a function that keeps the results of the callback, one for each argument; the options that limit them.
    pub memoizes: Option<Vec<String>>,
    /// Type of the result.
    pub returns: Option<String>,
    /// The resource that its result stands for.
    pub acquires: Option<String>,
    /// Only components, and hooks of their own, call it.
    pub hook: bool,
    /// Runs its callback when an instance of a component begins, or again when what that depends on has changed.
    pub mounts: bool,
    /// Runs its callback when an instance of a component ends.
    pub unmounts: bool,
    /// Belongs to the component that is being set up when it is called.
    pub setup: bool,
    /// Makes a stream that runs its callback for each subscriber.
    pub subscribed: bool,
    /// Runs the function that its callback returns, before the callback runs again and at the end.
    pub cleans: bool,
}

/// Something that stays alive until it is released.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// What `acquires` refers to.
    pub name: String,
    /// The rule that reports it.
    pub rule: String,
    /// With its article: `an interval`.
    pub what: String,
    /// What is done to it at first: `started`.
    pub acquired: String,
    /// What is missing: `cleared`.
    pub released: String,
    /// What keeps it: `the event loop keeps its callback`.
    pub held: String,
    /// How to release it, as an order: ``pass what `setInterval` returns to `clearInterval` ``.
    pub cure: String,
    /// Methods of the handle that release it.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Functions that release one of their arguments, by path; the last word of the path is enough.
    #[serde(default)]
    pub functions: Vec<String>,
    /// Calling the handle releases it.
    #[serde(default)]
    pub call: bool,
    /// It ends by itself after a while.
    #[serde(default)]
    pub ends: bool,
    /// The list of properties that code tries first, and acquires nothing.
    #[serde(default)]
    pub fallback_of: Option<String>,
    /// It holds nothing before this method of it is called; the first argument is what keeps it from then on.
    #[serde(default)]
    pub starts: Option<String>,
    /// Meant to be given back by the function that acquires it.
    #[serde(default)]
    pub borrowed: bool,
    /// The rule that reports it where nothing gives it back at all, if what acquires it is known for sure.
    #[serde(default)]
    pub never: Option<String>,
    /// What the acquiring method is called on keeps it, and lives as long.
    #[serde(default)]
    pub on_receiver: bool,
    /// The resource that it is instead, if its callback acquires it again.
    #[serde(default)]
    pub renewed: Option<String>,
    /// Its owner lends it to others, who do not release it.
    #[serde(default)]
    pub lent: bool,
    /// A plain value that tells nobody to release it.
    #[serde(default)]
    pub value: bool,
}

/// A kind of object that a framework makes and ends again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// With its article: `a React component`.
    pub what: String,
    /// Paths of the classes that it extends.
    #[serde(default)]
    pub class: Vec<String>,
    /// Names of decorators of its class.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Methods that only such an object has.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Functions that take such an object, whatever its methods are.
    #[serde(default)]
    pub given_to: Vec<String>,
    /// Properties that hold more of its methods: `methods` of Vue's options.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Other properties by which an object with such groups is known, if it has none of the methods.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Methods that the framework runs at its end; the first is the one to write.
    pub teardown: Vec<String>,
    /// Methods that are given what it is added to, which stays when it goes.
    #[serde(default)]
    pub added_by: Vec<String>,
    /// Events of its own that come at its end.
    #[serde(default)]
    pub end_events: Vec<String>,
    /// Fields that stay as they are when it has ended, whatever is asked for.
    #[serde(default)]
    pub frozen: Vec<String>,
}

impl Component {
    /// The framework runs a method of this name at the end.
    pub fn ends_by(&self, name: &str) -> bool {
        self.teardown.iter().any(|it| it == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adds {
    Listener,
}

/// What an operator does to the stream that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// Ends it when another stream emits, or with its owner.
    Until,
    /// Ends it after some values.
    Takes,
    /// Listens to other streams as well, and goes on with them when it has ended.
    Joins,
    /// The same, to one more for each value, without leaving those before.
    Merges,
    /// Subscribes once for all listeners.
    Shares,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removes {
    /// The listener named by event and callback.
    Listener,
    /// All listeners of the event, or of every event.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grows {
    /// One more entry for each call: `push(value)`.
    Each,
    /// One more entry for each new first argument: `set(key, value)`, `add(value)`.
    Key,
}

/// An event of a type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Event {
    /// Types of the callback's parameters.
    pub gives: Vec<String>,
    pub runs: Option<Runs>,
    /// One of many parts of one transfer or run, which ends.
    pub part: bool,
    /// The emitter is finished or failed: what connects again runs behind such an event.
    pub ends: bool,
    /// Comes in each round of an emitter that connects again by itself.
    pub rounds: bool,
    /// Comes once at most, when the program or a whole task ends.
    pub last: bool,
    /// Tells work that it should be given up; most often it never comes.
    pub cancels: bool,
    /// What the callback is given has been given before: it comes out of a pool.
    pub lends: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    pub name: String,
    #[serde(default)]
    pub extends: Option<String>,
    /// Paths of the class: `new net.Socket()`, `extends Socket`.
    #[serde(default)]
    pub class: Vec<String>,
    /// Functions that return one.
    #[serde(default)]
    pub made_by: Vec<String>,
    /// Expressions that hold one for as long as the process or page lives.
    #[serde(default)]
    pub value: Vec<String>,
    /// Names in TypeScript annotations, beside the class paths and their last words.
    #[serde(default)]
    pub annotation: Vec<String>,
    /// Names of variables that mostly hold one.
    #[serde(default)]
    pub hint: Vec<String>,
    /// A collection: literals and classes of it hold elements.
    #[serde(default)]
    pub container: bool,
    /// A collection that limits itself.
    #[serde(default)]
    pub bounded: bool,
    /// It answers each message that it is sent.
    #[serde(default)]
    pub answers: bool,
    /// It stands for its first argument: `$(window)`.
    #[serde(default)]
    pub view: bool,
    /// The resource that a new one is.
    #[serde(default)]
    pub acquires: Option<String>,
    /// Ends with whatever it is given to, or by itself.
    #[serde(default)]
    pub own: bool,
    /// The platform, or what stands in for it, keeps it with its listeners, whoever else lets go of it.
    #[serde(default)]
    pub kept: bool,
    /// What makes it returns the one that is there, if it is asked again for the same element.
    #[serde(default)]
    pub reuses: bool,
    /// There is one of it, which is hardly ever in a variable.
    #[serde(default)]
    pub single: bool,
    /// A stream that does not end by itself.
    #[serde(default)]
    pub lasting: bool,
    /// Made without arguments, it keeps all that it is given.
    #[serde(default)]
    pub remembers: bool,
    /// What each instance opens for itself, in words: one instance is enough for a program.
    #[serde(default)]
    pub opens: Option<String>,
    /// It does so only when this option is given to it.
    #[serde(default)]
    pub opens_if: Option<String>,
    /// It is used by handing it to calls, which do not take it over.
    #[serde(default)]
    pub handed_on: bool,
    #[serde(default)]
    pub methods: FxHashMap<String, Effect>,
    #[serde(default)]
    pub events: FxHashMap<String, Event>,
}

/// Index into [`Apis::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(u32);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "type")]
    types: Vec<Type>,
    #[serde(default)]
    functions: FxHashMap<String, Effect>,
    #[serde(default)]
    untyped: FxHashMap<String, Effect>,
    #[serde(default)]
    events: FxHashMap<String, Event>,
    #[serde(default)]
    names: FxHashMap<String, Vec<String>>,
    #[serde(default, rename = "resource")]
    resources: Vec<Resource>,
    #[serde(default, rename = "component")]
    components: Vec<Component>,
}

/// All models, indexed.
#[derive(Debug, Default)]
pub struct Apis {
    types: Vec<Type>,
    by_name: FxHashMap<String, TypeId>,
    classes: FxHashMap<String, TypeId>,
    factories: FxHashMap<String, TypeId>,
    values: FxHashMap<String, TypeId>,
    annotations: FxHashMap<String, TypeId>,
    hints: FxHashMap<String, TypeId>,
    functions: FxHashMap<String, Effect>,
    untyped: FxHashMap<String, Effect>,
    /// Entries of `[untyped]` for every name that begins so and goes on with a capital: `onDid*`.
    untyped_beginnings: Vec<(String, Effect)>,
    events: FxHashMap<String, Event>,
    names: FxHashMap<String, Vec<String>>,
    /// The same, for questions about whole names.
    name_sets: FxHashMap<String, FxHashSet<String>>,
    resources: Vec<Resource>,
    components: Vec<Component>,
    words: FxHashMap<String, Word>,
    beginnings: words::Beginnings,
    /// How methods make collections larger, by name.
    growing: FxHashMap<String, Grows>,
    /// Events that effects name.
    fixed_events: FxHashSet<String>,
}

const FILES: &[(&str, &str)] = &[
    ("clients.toml", include_str!("../rules/apis/clients.toml")),
    ("borrowed.toml", include_str!("../rules/apis/borrowed.toml")),
    ("collections.toml", include_str!("../rules/apis/collections.toml")),
    ("components.toml", include_str!("../rules/apis/components.toml")),
    ("dom.toml", include_str!("../rules/apis/dom.toml")),
    ("memoize.toml", include_str!("../rules/apis/memoize.toml")),
    ("functions.toml", include_str!("../rules/apis/functions.toml")),
    ("names.toml", include_str!("../rules/apis/names.toml")),
    ("node.toml", include_str!("../rules/apis/node.toml")),
    ("resources.toml", include_str!("../rules/apis/resources.toml")),
    (
        "subscriptions.toml",
        include_str!("../rules/apis/subscriptions.toml"),
    ),
    ("widgets.toml", include_str!("../rules/apis/widgets.toml")),
    ("pools.toml", include_str!("../rules/apis/pools.toml")),
    ("rxjs.toml", include_str!("../rules/apis/rxjs.toml")),
];

/// The built-in models.
pub fn built_in() -> &'static Apis {
    static APIS: OnceLock<Apis> = OnceLock::new();
    APIS.get_or_init(|| {
        let mut apis = Apis::default();
        for (name, text) in FILES {
            apis.add(text)
                .unwrap_or_else(|error| panic!("rules/apis/{name}: {error}"));
        }
        apis
    })
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

impl Apis {
    fn add(&mut self, text: &str) -> Result<(), toml::de::Error> {
        let file: File = toml::from_str(text)?;
        for ty in file.types {
            let id = TypeId(self.types.len() as u32);
            self.by_name.insert(ty.name.clone(), id);
            let paths = [
                (&ty.class, &mut self.classes),
                (&ty.made_by, &mut self.factories),
                (&ty.value, &mut self.values),
                (&ty.annotation, &mut self.annotations),
                (&ty.hint, &mut self.hints),
            ];
            for (list, map) in paths {
                map.extend(list.iter().map(|path| (path.clone(), id)));
            }
            self.note_type(&ty);
            for path in std::iter::once(&ty.name).chain(&ty.class) {
                for name in [path.clone(), last_name(path).to_string()] {
                    self.annotations.entry(name).or_insert(id);
                }
            }
            self.fixed_events
                .extend(ty.methods.values().filter_map(|effect| effect.event.clone()));
            if ty.container {
                let grows = |(name, effect): (&String, &Effect)| Some((name.clone(), effect.grows?));
                self.growing.extend(ty.methods.iter().filter_map(grows));
            }
            self.types.push(ty);
        }
        for (path, effect) in &file.functions {
            self.note_function(path, effect);
        }
        self.functions.extend(file.functions);
        for (name, effect) in file.untyped {
            self.note_untyped(&name, &effect);
            match name.strip_suffix('*') {
                Some(beginning) => self.untyped_beginnings.push((beginning.to_string(), effect)),
                None => _ = self.untyped.insert(name, effect),
            }
        }
        self.events.extend(file.events);
        for (list, words) in &file.names {
            let set = self.name_sets.entry(list.clone()).or_default();
            set.extend(words.iter().cloned());
        }
        self.note_lists(&file.names);
        self.names.extend(file.names);
        for path in file.resources.iter().flat_map(|it| &it.functions) {
            self.note(path, Word::RELEASES);
        }
        self.resources.extend(file.resources);
        for component in &file.components {
            self.note_component(component);
        }
        self.components.extend(file.components);
        Ok(())
    }

    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name == name)
    }

    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    pub fn components(&self) -> &[Component] {
        &self.components
    }

    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// What an instance of the type opens for itself, and the option that makes it do so.
    pub fn opens(&self, id: TypeId) -> Option<(&str, Option<&str>)> {
        let ty = self.ty(id);
        Some((ty.opens.as_deref()?, ty.opens_if.as_deref()))
    }

    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The type of `new path()` and of a class that extends it.
    pub fn class(&self, path: &str) -> Option<TypeId> {
        self.classes.get(path).copied()
    }

    /// The type that a call of `path` returns.
    pub fn made_by(&self, path: &str) -> Option<TypeId> {
        self.factories.get(path).copied().or_else(|| {
            let returns = self.functions.get(path)?.returns.as_deref()?;
            self.type_named(returns)
        })
    }

    /// The type of a value that lives as long as the process.
    pub fn value(&self, path: &str) -> Option<TypeId> {
        self.values.get(path).copied()
    }

    pub fn annotation(&self, name: &str) -> Option<TypeId> {
        self.annotations.get(name).copied()
    }

    /// The type that a variable of this name mostly has.
    pub fn hinted(&self, name: &str) -> Option<TypeId> {
        self.hints.get(name).copied()
    }

    pub fn function(&self, path: &str) -> Option<&Effect> {
        self.functions.get(path)
    }

    /// The type and those it extends, nearest first.
    pub fn lineage(&self, id: TypeId) -> impl Iterator<Item = &Type> {
        std::iter::successors(Some(self.ty(id)), |ty| {
            ty.extends
                .as_ref()
                .and_then(|name| self.type_named(name))
                .map(|id| self.ty(id))
        })
    }

    pub fn method(&self, id: TypeId, name: &str) -> Option<&Effect> {
        self.lineage(id).find_map(|ty| ty.methods.get(name))
    }

    /// How a method of this name makes some collection larger.
    pub fn grows(&self, name: &str) -> Option<Grows> {
        self.growing.get(name).copied()
    }

    /// What a method of this name mostly does, whatever the receiver.
    pub fn untyped(&self, name: &str) -> Option<&Effect> {
        self.untyped.get(name).or_else(|| self.untyped_beginning(name))
    }

    fn untyped_beginning(&self, name: &str) -> Option<&Effect> {
        let mut known = self.untyped_beginnings.iter();
        let begins = |beginning: &str| {
            let rest = name.strip_prefix(beginning);
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        known
            .find(|(beginning, _)| begins(beginning))
            .map(|(_, effect)| effect)
    }

    pub fn event(&self, ty: Option<TypeId>, name: &str) -> Option<&Event> {
        ty.and_then(|id| self.lineage(id).find_map(|ty| ty.events.get(name)))
            .or_else(|| self.events.get(name))
    }

    /// The model's own copy of an event's name.
    pub fn intern(&self, event: &str) -> Option<&str> {
        self.fixed_events.get(event).map(String::as_str)
    }

    /// True if `word` stands in the list of names called `list`.
    pub fn named(&self, list: &str, word: &str) -> bool {
        self.name_sets.get(list).is_some_and(|words| words.contains(word))
    }

    /// The list of names called `list`.
    pub fn words(&self, list: &str) -> &[String] {
        self.names.get(list).map_or(&[], Vec::as_slice)
    }

    /// The path of what the module exports in place of the platform's own: `Map` for `babel-runtime/core-js/map`.
    pub fn polyfilled(&self, module: &str) -> Option<&str> {
        let prefixes = self.words("polyfill_modules").iter();
        let mut parts = prefixes.filter_map(|prefix| module.strip_prefix(prefix.as_str()));
        let part = parts.next()?;
        let pairs = self.words("polyfills").iter();
        let mut pairs = pairs.filter_map(|pair| pair.split_once(' '));
        pairs.find(|it| it.0 == part).map(|it| it.1)
    }

    /// True if `name` begins with some word of the list called `list`.
    pub fn begins_with(&self, list: &str, name: &str) -> bool {
        self.words(list)
            .iter()
            .any(|word| name.starts_with(word.as_str()))
    }

    /// The same for a function's name, in lower case and without leading underscores.
    pub fn begins_name(&self, list: &str, name: &str) -> bool {
        self.begins_with(list, name.trim_start_matches('_').to_lowercase().as_str())
    }

    /// True if the name, in lower case, ends with a word of the list called `list`.
    pub fn ends_name(&self, list: &str, name: &str) -> bool {
        let name = name.to_lowercase();
        self.words(list).iter().any(|word| name.ends_with(word.as_str()))
    }

    /// True if one of the words of which `name` is made (`isClosed`, `on_close`) is in the list called `list`, or begins
    /// as one there that ends in `*`.
    pub fn has_word(&self, list: &str, name: &str) -> bool {
        let is_known = |word: &str| {
            let mut known = self.words(list).iter();
            known.any(|it| match it.strip_suffix('*') {
                Some(beginning) => word.starts_with(beginning),
                None => word == it,
            })
        };
        let mut words = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() || !letter.is_alphanumeric() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        words.split(|it: char| !it.is_alphanumeric()).any(is_known)
    }

    /// True if some word of the list called `list` occurs in `text` (both compared in lower case).
    pub fn mentions(&self, list: &str, text: &str) -> bool {
        let text = text.to_lowercase();
        self.names
            .get(list)
            .is_some_and(|words| words.iter().any(|known| text.contains(known.as_str())))
    }
}
