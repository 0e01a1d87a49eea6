//! What a file means, as far as leaks are concerned: tables of facts that the rules read.
//!
//! Built bottom up, each from those above it: `index` (nodes by kind) → `owners` (what `this` is) → `values` (what an
//! expression is: place, function, type) → `uses` (everything that is done with a place) → `calls` (who runs a
//! function) → `repeat` (how often code runs, and why), `contexts` (what closures keep), `lives` (whose part code is, and
//! what ends it) → `growth`, `pending`, `listeners`, `resources`, `memos`, `nodes`, `promises`, `cancellations`,
//! `clients`, `loads`, `limits`, `operators`, `piped`, `chains` (what can leak).

pub mod calls;
pub mod cancellations;
pub mod chains;
pub mod cleanups;
pub mod clients;
pub mod contexts;

pub mod dump;
pub mod evidence;
pub mod exits;
pub mod globals;
pub mod growth;
pub mod index;
pub mod late;
pub mod limits;
pub mod listeners;
pub mod lives;
pub mod loads;
pub mod made;
pub mod memos;
pub mod nodes;
pub mod operators;
pub mod overwrites;
pub mod owners;
pub mod pending;
pub mod piped;
pub mod place;
pub mod promises;
pub mod removals;
pub mod repeat;
pub mod resources;
pub mod reused;
pub mod settled;
pub mod summary;
pub mod uses;
pub mod values;

use std::cell::{Cell, OnceCell, RefCell};
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::{Apis, Component, TypeId, Word};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, NodeId};

use calls::Entry;
use contexts::Contexts;
use index::Index;
use owners::{OwnerId, Owners};
use place::{Place, Root, Seg};
use uses::Followed;
use values::{Effects, Stores};

/// The model of one file. Answers that need search are found on demand and kept.
pub struct Model<'a> {
    pub tree: &'a Tree,
    pub apis: &'a Apis,
    pub index: Index,
    pub owners: Owners,
    /// What is known of each of the file's names.
    words: Vec<Word>,
    /// What is known of any of them.
    mentioned: Word,
    /// How many questions wait for an answer that may depend on themselves.
    open: Cell<u32>,
    /// What the called function may do, for each of `index.calls`.
    called_words: OnceCell<Vec<Word>>,
    effects: RefCell<FxHashMap<NodeId, Effects<'a>>>,
    aliases: RefCell<FxHashMap<BindingId, Option<Place>>>,
    types: RefCell<FxHashMap<BindingId, Option<TypeId>>>,
    field_types: RefCell<FxHashMap<Place, Option<TypeId>>>,
    returned_places: RefCell<FxHashMap<FunctionId, Option<Place>>>,
    call_places: RefCell<FxHashMap<NodeId, Option<Place>>>,
    /// `None` while it is being found.
    stores_under: RefCell<FxHashMap<Seg, Option<Rc<Stores>>>>,
    /// By the depth of the question, too.
    binding_functions: RefCell<FxHashMap<(BindingId, u32), Vec<FunctionId>>>,
    called: RefCell<FxHashMap<NodeId, Vec<FunctionId>>>,
    alias_index: OnceCell<FxHashMap<Root, Vec<BindingId>>>,
    this_index: OnceCell<FxHashMap<OwnerId, Vec<NodeId>>>,
    uses: RefCell<FxHashMap<Root, Followed>>,
    entries: OnceCell<Vec<Vec<Entry>>>,
    growth: OnceCell<Vec<growth::Growth>>,
    growth_sites: OnceCell<Vec<(Place, growth::Site)>>,
    growth_places: OnceCell<FxHashSet<Place>>,
    /// By the depth of the question, too.
    binding_keys: RefCell<FxHashMap<(BindingId, u32), growth::Keys>>,
    repeats: RefCell<FxHashMap<(FunctionId, FunctionId), repeat::Repeat>>,
    calls_of: OnceCell<FxHashMap<FunctionId, Vec<NodeId>>>,
    contexts: OnceCell<Contexts>,
    lookup: OnceCell<chains::Lookup>,
    resources: OnceCell<Vec<resources::Resource<'a>>>,
    /// What becomes of each resource, by the acquiring call.
    resource_fates: RefCell<FxHashMap<NodeId, resources::Fate>>,
    /// Of expressions that are added or removed as listeners.
    origins: RefCell<FxHashMap<NodeId, Option<Rc<[NodeId]>>>>,
    /// What becomes of the elements of a collection that are resources of a kind.
    container_fates: RefCell<FxHashMap<(Place, *const crate::apis::Resource), resources::Fate>>,
    /// By owner.
    components: OnceCell<Vec<Option<&'a Component>>>,
    lives: RefCell<FxHashMap<FunctionId, lives::Life>>,
    /// Methods that end what a function makes.
    given_ends: OnceCell<FxHashMap<FunctionId, Vec<NodeId>>>,
    removals: OnceCell<Vec<removals::Removal>>,
}

impl<'a> Model<'a> {
    pub fn new(tree: &'a Tree, apis: &'a Apis) -> Model<'a> {
        let index = index::index(tree);
        let owners = owners::owners(tree, &index, apis);
        let mut words: Vec<Word> = tree.names().map(|name| apis.word(name)).collect();
        for name in index.defined().chain(owners.names()) {
            words[name.index()].add(Word::DEFINED);
        }
        // What is called `default` is told by the module's name.
        let known = words.iter().filter(|&&word| word != Word::ANY);
        Model {
            tree,
            apis,
            index,
            owners,
            mentioned: known.fold(Word::NONE, |all, &word| all | word),
            words,
            open: Cell::default(),
            called_words: OnceCell::new(),
            effects: RefCell::default(),
            aliases: RefCell::default(),
            types: RefCell::default(),
            field_types: RefCell::default(),
            returned_places: RefCell::default(),
            call_places: RefCell::default(),
            stores_under: RefCell::default(),
            binding_functions: RefCell::default(),
            called: RefCell::default(),
            alias_index: OnceCell::new(),
            this_index: OnceCell::new(),
            uses: RefCell::default(),
            entries: OnceCell::new(),
            growth: OnceCell::new(),
            growth_sites: OnceCell::new(),
            growth_places: OnceCell::new(),
            binding_keys: RefCell::default(),
            repeats: RefCell::default(),
            calls_of: OnceCell::new(),
            contexts: OnceCell::new(),
            lookup: OnceCell::new(),
            resources: OnceCell::new(),
            resource_fates: RefCell::default(),
            origins: RefCell::default(),
            container_fates: RefCell::default(),
            components: OnceCell::new(),
            lives: RefCell::default(),
            given_ends: OnceCell::new(),
            removals: OnceCell::new(),
        }
    }

    /// Finds a fact and keeps it. The search may come back to the same question: then the answer is `meanwhile`.
    fn keep<K, V>(
        &self,
        known: &RefCell<FxHashMap<K, V>>,
        key: K,
        meanwhile: V,
        find: impl FnOnce() -> V,
    ) -> V
    where
        K: Copy + Eq + Hash,
        V: Clone,
    {
        if let Some(known) = known.borrow().get(&key) {
            return known.clone();
        }
        known.borrow_mut().insert(key, meanwhile);
        self.open.set(self.open.get() + 1);
        let found = find();
        self.open.set(self.open.get() - 1);
        known.borrow_mut().insert(key, found.clone());
        found
    }
}
