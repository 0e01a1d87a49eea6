//! Parts of an instance that have an end of their own: objects in its fields that have to be ended with it.

use rustc_hash::FxHashSet;

use crate::apis::Resource as Kinds;
use crate::syntax::tree::{Kind, Name, NodeId};

use super::super::Model;
use super::super::lives::{End, Life, Of};
use super::super::owners::OwnerId;
use super::super::place::{Place, Root};

use super::{Fate, Outlives, Resource};

/// An object in a field, which nobody ends, and what shows that somebody should.
#[derive(Clone, Debug)]
pub struct Owned<'m> {
    pub resource: Resource<'m>,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its class acquires this, which only its own end releases.
    Acquires(NodeId),
    /// The instance ends another one here.
    EndsAnother(NodeId),
}

impl<'a> Model<'a> {
    /// Objects in fields of instances that come to an end, without these. Refuses objects that any other code gets.
    pub fn owned(&self) -> Vec<Owned<'a>> {
        let Some(kind) = self.apis.resource("part") else {
            return Vec::new();
        };
        let fields: Vec<(NodeId, Place, Name)> = self
            .index
            .news
            .iter()
            .filter_map(|&new| self.field_made(new, kind))
            .collect();
        if fields.is_empty() {
            return Vec::new();
        }
        let own = |new: NodeId| self.owner(self.tree.callee(new)).filter(|&(_, class)| class);
        let classes: Vec<OwnerId> = fields.iter().filter_map(|it| own(it.0)).map(|it| it.0).collect();
        let acquiring = self.that_acquire(&classes);
        let fate = |new: NodeId| self.handle_fate(&part(new, kind));
        let found = fields.iter().filter_map(|&(new, place, class)| {
            let own = own(new).map(|it| it.0);
            let acquires = acquiring.iter().find(|it| own == Some(it.0));
            // Another of its class; any other, if both are disposables by their base class.
            let has_end = own.is_some_and(|it| self.is_disposable(it));
            let mut others = fields
                .iter()
                .filter(|it| {
                    it.0 != new && (it.2 == class || has_end) && it.1.root == place.root && it.1 != place
                })
                .peekable();
            if acquires.is_none() && others.peek().is_none() {
                return None;
            }
            let life = self.life(new);
            let ends = matches!(
                (life.of, self.end(&life)),
                (Of::Instance(_), End::Method(_) | End::Framework(_))
            );
            if !ends || !matches!(fate(new), Fate::Kept(_)) {
                return None;
            }
            let why = match acquires {
                Some(&(_, at)) => Why::Acquires(at),
                None => Why::EndsAnother(others.find_map(|it| match fate(it.0) {
                    Fate::Released(release) => Some(release).filter(|&release| {
                        self.tree.contains(release, it.0)
                            || self.is_about(release, &it.1) && self.runs_at_end(release, &life)
                    }),
                    _ => None,
                })?),
            };
            let resource = part(new, kind);
            Some(Owned { resource, why })
        });
        found.collect()
    }

    /// The code names the place itself, not only something of the same name.
    fn is_about(&self, code: NodeId, place: &Place) -> bool {
        let tree = self.tree;
        tree.subtree(code)
            .any(|it| tree.is(it, Kind::Member) && self.place(it).as_ref() == Some(place))
    }

    /// `this.field = new Class()`, or the same as a field's initialiser: the field, and the name of the class.
    fn field_made(&self, new: NodeId, kind: &Kinds) -> Option<(NodeId, Place, Name)> {
        let tree = self.tree;
        let class = self.called_name(new)?;
        // What is known of has rules of its own; a bundler calls the exports of all modules alike.
        let name = tree.name_text(class);
        let of_language = self.tree.binding_of(class).is_none() && self.apis.named("language_classes", name);
        if self.ty(new).is_some() || name == "default" || name.len() == 1 || of_language {
            return None;
        }
        // `this.field = this.register(new Class())`
        let around = tree.parent(new);
        let value = match tree.is(around, Kind::Call) && self.is_release(around, kind) {
            true => around,
            false => new,
        };
        let by_initialiser = || {
            let initial = tree.is(tree.parent(value), Kind::Return);
            self.field_of(tree.function_of(value)).filter(|_| initial)
        };
        let place = self.held_at(value).or_else(by_initialiser)?;
        let is_field = matches!(place.root, Root::Instance(_)) && place.path.segs().len() == 1;
        is_field.then(|| (new, place, tree.name_of(class)))
    }

    /// Those of `classes` whose instances acquire what outlives them, and release it at their end; with what they
    /// acquire.
    fn that_acquire(&self, classes: &[OwnerId]) -> Vec<(OwnerId, NodeId)> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        if classes.is_empty() {
            return found;
        }
        for resource in self.resources() {
            let life = self.life(resource.at);
            let Of::Instance(owner) = life.of else { continue };
            if !classes.contains(&owner)
                || seen.contains(&owner)
                || self.component(owner).is_some()
                || resource.kind.ends
            {
                continue;
            }
            if self.is_ended_with(resource, &life) {
                seen.insert(owner);
                found.push((owner, resource.at));
            }
        }
        found
    }

    fn is_ended_with(&self, resource: &Resource, life: &Life) -> bool {
        let outlives = resource
            .target
            .is_none_or(|it| self.outlives(it, life) == Outlives::Yes);
        let by_method = matches!(self.end(life), End::Method(_));
        by_method
            && outlives
            && matches!(self.fate_of(resource), Fate::Released(release) if self.runs_at_end(release, life))
    }
}

fn part(new: NodeId, kind: &Kinds) -> Resource<'_> {
    Resource {
        at: new,
        kind,
        typed: true,
        target: None,
        listener: None,
    }
}
