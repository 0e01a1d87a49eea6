//! What a file means, as far as leaks are concerned: tables of facts that the rules read.
//!
//! Built bottom up, each from those above it: `index` (nodes by kind) → `owners` (what `this` is) → `values` (what an
//! expression is: place, function, type) → `uses` (everything that is done with a place) → `calls` (who runs a
//! function) → `repeat` (how often code runs, and why), `contexts` (what closures keep) → `growth`,
//! `listeners`, `promises`, `cancellations`, `clients`, `loads`, `limits`, `operators`, `chains` (what can leak).

pub mod calls;
pub mod cancellations;
pub mod chains;
pub mod clients;
pub mod contexts;
pub mod dump;
pub mod evidence;
pub mod globals;
pub mod growth;
pub mod index;
pub mod limits;
pub mod listeners;
pub mod loads;
pub mod operators;
pub mod owners;
pub mod place;
pub mod promises;
pub mod repeat;
pub mod summary;
pub mod uses;
pub mod values;

use std::cell::{OnceCell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::{Apis, TypeId};
use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, NodeId};

use calls::Entry;
use contexts::Contexts;
use index::Index;
use owners::{OwnerId, Owners};
use place::{Place, Root};
use uses::Use;

/// The model of one file. Answers that need search are found on demand and kept.
pub struct Model<'a> {
    pub tree: &'a Tree,
    pub apis: &'a Apis,
    pub index: Index,
    pub owners: Owners,
    aliases: RefCell<FxHashMap<BindingId, Option<Place>>>,
    types: RefCell<FxHashMap<BindingId, Option<TypeId>>>,
    field_types: RefCell<FxHashMap<Place, Option<TypeId>>>,
    returned_places: RefCell<FxHashMap<FunctionId, Option<Place>>>,
    call_places: RefCell<FxHashMap<NodeId, Option<Place>>>,
    alias_index: OnceCell<FxHashMap<Root, Vec<BindingId>>>,
    this_index: OnceCell<FxHashMap<OwnerId, Vec<NodeId>>>,
    uses: RefCell<FxHashMap<Root, std::rc::Rc<[Use]>>>,
    entries: OnceCell<Vec<Vec<Entry>>>,
    growth: OnceCell<Vec<growth::Growth>>,
    growth_places: OnceCell<FxHashSet<Place>>,
    repeats: RefCell<FxHashMap<(FunctionId, FunctionId), repeat::Repeat>>,
    calls_of: OnceCell<FxHashMap<FunctionId, Vec<NodeId>>>,
    contexts: OnceCell<Contexts>,
    lookup: OnceCell<chains::Lookup>,
    calls_in: OnceCell<FxHashMap<FunctionId, Vec<NodeId>>>,
}

impl<'a> Model<'a> {
    pub fn new(tree: &'a Tree, apis: &'a Apis) -> Model<'a> {
        let index = index::index(tree);
        let owners = owners::owners(tree, &index);
        Model {
            tree,
            apis,
            index,
            owners,
            aliases: RefCell::default(),
            types: RefCell::default(),
            field_types: RefCell::default(),
            returned_places: RefCell::default(),
            call_places: RefCell::default(),
            alias_index: OnceCell::new(),
            this_index: OnceCell::new(),
            uses: RefCell::default(),
            entries: OnceCell::new(),
            growth: OnceCell::new(),
            growth_places: OnceCell::new(),
            repeats: RefCell::default(),
            calls_of: OnceCell::new(),
            contexts: OnceCell::new(),
            lookup: OnceCell::new(),
            calls_in: OnceCell::new(),
        }
    }
}
