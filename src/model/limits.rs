//! Limits on the number of listeners that are switched off: the warning goes, the listeners stay.

use crate::apis::Word;
use crate::syntax::tree::{Kind, NodeId, Op};

use super::Model;
use super::listeners::Listener;
use super::place::{Place, Root};
use super::repeat::{Level, Repeat};

/// Code that lets an emitter have any number of listeners in silence.
#[derive(Clone, Copy, Debug)]
pub struct Unlimited {
    pub at: NodeId,
    /// The emitter; `None` for all of them.
    pub emitter: Option<Place>,
}

impl Model<'_> {
    /// Calls and assignments that set the limit of an emitter, or of all, to none.
    pub fn unlimited(&self) -> Vec<Unlimited> {
        let tree = self.tree;
        let mut found = Vec::new();
        for name in self.apis.words("limit_fields") {
            let writes = tree
                .name(name)
                .and_then(|name| self.index.member_writes.get(&name));
            let writes = writes.into_iter().flatten().copied();
            found.extend(
                writes
                    .filter(|&at| self.is_no_limit(tree.child(at, 1)))
                    .map(|at| Unlimited { at, emitter: None }),
            );
        }
        for call in self.calls_that(Word::LIMITS) {
            let callee = tree.callee(call);
            if !tree.is(call, Kind::Call) || !matches!(tree.kind(callee), Kind::Member | Kind::Ident) {
                continue;
            }
            let Some(effect) = self.effect(call).filter(|effect| effect.limits) else {
                continue;
            };
            let mut args = tree.args(call);
            if !args.next().is_some_and(|limit| self.is_no_limit(limit)) {
                continue;
            }
            let emitters: Vec<Option<Place>> = match effect.emitter {
                Some(_) => args.map(|emitter| self.place(emitter)).collect(),
                None => vec![self.limited(call)],
            };
            match emitters.is_empty() {
                true => found.push(Unlimited {
                    at: call,
                    emitter: None,
                }),
                false => found.extend(emitters.into_iter().flatten().map(|emitter| Unlimited {
                    at: call,
                    emitter: Some(emitter),
                })),
            }
        }
        found
    }

    /// The emitter on which the method is called, also if only the result has a name:
    /// `const bus = new EventEmitter().setMaxListeners(0)`.
    fn limited(&self, call: NodeId) -> Option<Place> {
        let tree = self.tree;
        let receiver = self.receiver(call)?;
        self.place(receiver).or_else(|| self.held_at(call)).or_else(|| {
            let is_field = tree.is(tree.parent(call), Kind::Return);
            is_field.then(|| self.field_of(tree.function_of(call)))?
        })
    }

    /// `0`, `Infinity`
    fn is_no_limit(&self, value: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(value) {
            Kind::Num => tree.number(value) == 0.0,
            Kind::Ident => tree.binding_of(value).is_none() && tree.name_text(value) == "Infinity",
            Kind::Member => tree.name_text(value) == "POSITIVE_INFINITY",
            Kind::Logical if tree[value].op != Op::And => self.is_no_limit(tree.child(value, 1)),
            _ => false,
        }
    }

    /// A listener that calls add to this emitter again and again, and that nothing removes.
    pub fn piles_up(&self, emitter: &Place) -> Option<(Listener, Repeat)> {
        let removed = self.uses(emitter.root).iter().any(|it| {
            it.path == emitter.path
                && self
                    .effect_of_method(it)
                    .is_some_and(|effect| effect.removes.is_some())
        });
        if removed {
            return None;
        }
        self.listeners().into_iter().find_map(|listener| {
            if listener.emitter.place != *emitter
                || listener.once
                || self.is_shared(&listener)
                || self.is_asked_for(&listener)
                || self.runs_once_by_guard(listener.call)
            {
                return None;
            }
            let repeat = self.repeat_of(&listener);
            let again = repeat.level > Level::Calls
                || repeat.level == Level::Calls && !self.is_called_by_constructors(listener.call);
            again.then_some((listener, repeat))
        })
    }

    fn effect_of_method(&self, it: &super::uses::Use) -> Option<&crate::apis::Effect> {
        matches!(it.op, super::uses::Op::Method { .. })
            .then(|| self.effect(it.node))
            .flatten()
    }

    /// The emitter outlives the code that sets its limit.
    pub fn is_long_lived(&self, unlimited: &Unlimited) -> bool {
        let tree = self.tree;
        let Some(place) = unlimited.emitter else {
            return true;
        };
        match place.root {
            Root::Binding(binding) => {
                tree.declared_in(binding) != tree.function_of(unlimited.at)
                    || tree.function_of(unlimited.at) == crate::syntax::tree::FunctionId(0)
            }
            Root::This(_) => false,
            _ => true,
        }
    }
}
