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
        let ending = self.classes_that_acquire();
        let part = |new: NodeId| Resource {
            at: new,
            kind,
            typed: true,
            target: None,
            listener: None,
        };
        let release = |new: NodeId| match self.handle_fate(&part(new)) {
            Fate::Released(release) => Some(release),
            _ => None,
        };
        let found = fields.iter().filter_map(|&(new, place, class)| {
            let resource = part(new);
            let life = self.life(new);
            let ends = matches!(
                (life.of, self.end(&life)),
                (Of::Instance(_), End::Method(_) | End::Framework(_))
            );
            if !ends || !matches!(self.handle_fate(&resource), Fate::Kept(_)) {
                return None;
            }
            let own = self.owner(self.tree.callee(new)).filter(|&(_, class)| class);
            let acquires = ending
                .iter()
                .find(|it| own.is_some_and(|(owner, _)| owner == it.0));
            let why = match acquires {
                Some(&(_, at)) => Why::Acquires(at),
                // Another of its class; any other, if both are disposables by their base class.
                None => {
                    let has_end = own.is_some_and(|(owner, _)| self.is_disposable(owner));
                    let mut others = fields.iter().filter(|it| {
                        it.0 != new && (it.2 == class || has_end) && it.1.root == place.root && it.1 != place
                    });
                    let release = others.find_map(|it| release(it.0))?;
                    Why::EndsAnother(release)
                }
            };
            Some(Owned { resource, why })
        });
        found.collect()
    }

    /// `this.field = new Class()`, or the same as a field's initialiser: the field, and the name of the class.
    fn field_made(&self, new: NodeId, kind: &Kinds) -> Option<(NodeId, Place, Name)> {
        let tree = self.tree;
        let class = self.called_name(new)?;
        // What is known of has rules of its own.
        if self.ty(new).is_some() || tree.name_text(class) == "default" {
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

    /// Classes whose instances acquire what outlives them, and release it at their end; with what they acquire.
    fn classes_that_acquire(&self) -> Vec<(OwnerId, NodeId)> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for resource in self.resources() {
            let life = self.life(resource.at);
            let Of::Instance(owner) = life.of else { continue };
            if seen.contains(&owner) || self.component(owner).is_some() || resource.kind.ends {
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
