//! Streams: what they are made of, and what ends them.

use crate::syntax::tree::{Kind, NodeId};

use super::super::Model;
use super::super::lives::Life;
use super::super::place::{Path, Place, Root};
use super::super::uses::Op;
use super::Outlives;

impl Model<'_> {
    /// A stream that ends by itself, or that an operator ends: `http.get(url)`, `clicks.pipe(take(1))`. A helper of the
    /// file may make the operator: `() => pipe(debounceTime(10), takeUntil(this.destroyed))`.
    pub(super) fn stream_ends(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let operators = || tree.args(call).filter(|&it| tree.is(it, Kind::Call));
        self.ends_here(call)
            || operators().any(|operator| {
                let helpers = self.called_functions(operator);
                let mut made = helpers.iter().flat_map(|&it| self.index.returns_of(it));
                made.any(|&it| self.ends_here(tree.child(it, 0)))
            })
    }

    /// By its name, or by that of an operator given to it.
    fn ends_here(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let ends = |call: NodeId| {
            let named = |it: NodeId| self.apis.named("stream_ends", tree.name_text(it));
            tree.is(call, Kind::Call) && self.called_name(call).is_some_and(named) && !self.is_periodic(call)
        };
        ends(call)
            || tree.is(call, Kind::Call) && tree.args(call).any(|arg| ends(arg) && !self.waits_in_vain(arg))
    }

    /// `timer(0, 1000)`, which goes on for ever; `timer(1000)` emits once.
    fn is_periodic(&self, call: NodeId) -> bool {
        let name = self.called_name(call).map(|it| self.tree.name_text(it));
        name.is_some_and(|name| self.apis.named("periodic_streams", name))
            && self.tree.args(call).nth(1).is_some()
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
        let place = tree
            .args(call)
            .next()
            .filter(|_| self.ends_life(call))
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
                // `Component.prototype.destroyed;`, written by compilers
                Op::Read if tree.is(tree.parent(it.node), Kind::ExprStmt) => true,
                Op::Passed | Op::Read => tree.is(it.node, Kind::Call) && self.ends_life(it.node),
                Op::Write { .. } => true,
                // Ends the subject, and tells nobody.
                Op::Method { name } => tree.text(name) == "unsubscribe",
                _ => false,
            })
    }

    /// What a call passes on: `clicks` of `clicks.pipe(…)`.
    pub(super) fn stream_step(&self, call: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        // `L.map(element)` makes a map.
        let steps = tree.is(callee, Kind::Member)
            && self.named("stream_steps", tree.name_of(callee))
            && self.ty(call).is_none();
        steps.then(|| tree.child(callee, 0))
    }

    /// A stream of several others ends with the last of them, one made from an emitter with that.
    pub(super) fn stream_joined(&self, call: NodeId, life: &Life, depth: u32) -> Option<Outlives> {
        let name = self.tree.name_text(self.called_name(call)?);
        if self.apis.named("endless_streams", name) || self.is_periodic(call) {
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

    /// `takeUntil(…)`
    pub(super) fn ends_life(&self, call: NodeId) -> bool {
        let name = self.called_name(call).map(|it| self.tree.name_text(it));
        name.is_some_and(|name| self.apis.named("life_ends", name))
    }

    /// The variable or field whose streams, or streams of whose parts, an expression makes others of.
    pub(super) fn source(&self, stream: NodeId) -> Option<Place> {
        let mut at = stream;
        let place = loop {
            if let Some(place) = self.place(at) {
                break place;
            }
            at = match self.tree.kind(at) {
                Kind::Member => self.tree.child(at, 0),
                Kind::Call => self.tree.callee(at),
                _ => return None,
            };
        };
        let first = place
            .path
            .segs()
            .first()
            .filter(|_| matches!(place.root, Root::Instance(_)));
        let path = first.map_or(Some(Path::EMPTY), |&seg| Path::EMPTY.join(seg))?;
        Some(Place { path, ..place })
    }
}
