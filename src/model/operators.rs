//! Chains of stream operators: `source.pipe(a(), b(), …)`, and what keeps a stream running when its end has been asked
//! for.

use crate::apis::{Operator, Word};
use crate::syntax::tree::{FunctionKind, Kind, NodeId};

use super::Model;
use super::place::{Place, Root};
use super::repeat::Repeat;
use super::uses;

/// A chain in which the operator that ends it comes too early.
#[derive(Clone, Copy, Debug)]
pub struct EarlyEnd {
    /// The operator that ends the stream.
    pub until: NodeId,
    /// The later one that listens to another source.
    pub joins: NodeId,
    /// That source, which does not end by itself.
    pub source: NodeId,
    /// The chain is subscribed to on the spot, and the subscription dropped.
    pub subscribed: bool,
}

/// An operator that listens to one more stream without end for each value.
#[derive(Clone, Copy, Debug)]
pub struct Merging {
    pub merges: NodeId,
    /// The stream that each value opens.
    pub source: NodeId,
    /// What the values come from.
    pub values: NodeId,
}

/// A source without end that is shared, and goes on when nobody listens any more.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    pub shares: NodeId,
    pub source: NodeId,
}

/// A subject that remembers all that it is given.
#[derive(Clone, Debug)]
pub struct Remembering {
    pub made: NodeId,
    pub place: Place,
    pub given: NodeId,
    pub repeat: Repeat,
}

/// The arguments of a call, and which operator each is.
type Operators = Vec<(NodeId, Option<Operator>)>;

/// How deep sources are followed.
const MAX_DEPTH: u32 = 4;

impl Model<'_> {
    fn operator(&self, call: NodeId) -> Option<Operator> {
        let tree = self.tree;
        (tree.is(call, Kind::Call) && self.mentions(Word::STREAMS))
            .then(|| self.typed_effect(call)?.operator)
            .flatten()
    }

    /// Calls with operators among their arguments.
    fn pipes(&self) -> Vec<(NodeId, Operators)> {
        let tree = self.tree;
        if !self.mentions(Word::STREAMS) {
            return Vec::new();
        }
        let calls = self.index.calls.iter().copied();
        let of_calls =
            calls.filter(|&call| tree.is(call, Kind::Call) && tree.is(tree.callee(call), Kind::Member));
        of_calls
            .map(|call| {
                (
                    call,
                    tree.args(call)
                        .map(|arg| (arg, self.operator(arg)))
                        .collect::<Operators>(),
                )
            })
            .filter(|(_, operators)| operators.iter().any(|(_, operator)| operator.is_some()))
            .collect()
    }

    /// Chains that go on with another source after the operator that should end them.
    ///
    /// Not known: sources that unknown calls return. Most of them are answers, which end by themselves.
    pub fn early_ends(&self) -> Vec<EarlyEnd> {
        let mut found = Vec::new();
        for (pipe, operators) in self.pipes() {
            let ends =
                |operator: &Option<Operator>| matches!(operator, Some(Operator::Until | Operator::Takes));
            let Some(last) = operators.iter().rposition(|(_, operator)| ends(operator)) else {
                continue;
            };
            let (until, Some(Operator::Until)) = operators[last] else {
                continue;
            };
            let joined = operators[last + 1..].iter().find_map(|&(joins, operator)| {
                matches!(operator, Some(Operator::Joins | Operator::Merges)).then_some(())?;
                Some((joins, self.joined_source(joins)?))
            });
            if let Some((joins, source)) = joined {
                found.push(EarlyEnd {
                    until,
                    joins,
                    source,
                    subscribed: self.is_subscribed(pipe),
                });
            }
        }
        found
    }

    /// Operators that pile streams up: `clicks.pipe(mergeMap(() => this.state))`, also as methods of the stream.
    ///
    /// Not known: how many values the source has, unless an operator before it lets only some pass.
    pub fn merging(&self) -> Vec<Merging> {
        let tree = self.tree;
        let mut found = Vec::new();
        for (pipe, operators) in self.pipes() {
            for (at, &(merges, operator)) in operators.iter().enumerate() {
                let few = operators[..at].iter().any(|it| it.1 == Some(Operator::Takes));
                let values = tree.child(tree.callee(pipe), 0);
                if operator != Some(Operator::Merges) || few || self.stream_ends_at(values) {
                    continue;
                }
                found.extend(self.joined_source(merges).map(|source| Merging {
                    merges,
                    source,
                    values,
                }));
            }
        }
        if self.mentions(Word::STREAMS) {
            let methods = self.index.calls.iter().filter(|&&call| {
                let callee = tree.callee(call);
                tree.is(callee, Kind::Member) && self.named("merging_methods", tree.name_of(callee))
            });
            found.extend(methods.filter_map(|&merges| {
                let values = tree.child(tree.callee(merges), 0);
                let source = self
                    .joined_source(merges)
                    .filter(|_| !self.stream_ends_at(values))?;
                Some(Merging {
                    merges,
                    source,
                    values,
                })
            }));
        }
        found
    }

    /// The stream has one value or few: an answer, or what an operator has cut short.
    pub(super) fn stream_ends_at(&self, stream: NodeId) -> bool {
        let tree = self.tree;
        let mut at = stream;
        while tree.is(at, Kind::Call) {
            // Other calls are given streams, not operators.
            let callee = tree.callee(at);
            let pipes = tree.is(callee, Kind::Member) && self.named("pipe_methods", tree.name_of(callee));
            let operators = tree.args(at).filter(|_| pipes);
            let mut calls = operators.chain([at]).filter(|&it| tree.is(it, Kind::Call));
            let ends = calls.any(|it| {
                let name = self.called_name(it).map(|it| tree.name_text(it));
                name.is_some_and(|name| {
                    self.apis.named("stream_ends", name) && !self.apis.named("life_ends", name)
                })
            });
            if ends || !tree.is(callee, Kind::Member) {
                return ends;
            }
            at = tree.child(callee, 0);
        }
        false
    }

    fn is_subscribed(&self, pipe: NodeId) -> bool {
        let tree = self.tree;
        let member = tree.parent(pipe);
        let call = tree.parent(member);
        tree.is(member, Kind::Member)
            && self.named("subscribe_methods", tree.name_of(member))
            && tree.is(call, Kind::Call)
            && tree.is(tree.parent(call), Kind::ExprStmt)
    }

    /// The source that an operator listens to beside its own, if that does not end by itself.
    fn joined_source(&self, operator: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        tree.args(operator).find_map(|arg| match tree.kind(arg) {
            Kind::Function => {
                let returns = self.index.returns_of(tree.function_at(arg));
                returns
                    .iter()
                    .map(|&ret| tree.child(ret, 0))
                    .find(|&value| self.is_lasting(value, 0))
            }
            _ => self.is_lasting(arg, 0).then_some(arg),
        })
    }

    /// A stream that does not end by itself.
    fn is_lasting(&self, node: NodeId, depth: u32) -> bool {
        let tree = self.tree;
        if depth > MAX_DEPTH {
            return false;
        }
        let by_type = || {
            self.ty(node)
                .is_some_and(|ty| self.apis.lineage(ty).any(|ty| ty.lasting))
        };
        match tree.kind(node) {
            Kind::Call => {
                let operators: Vec<Option<Operator>> =
                    tree.args(node).map(|arg| self.operator(arg)).collect();
                let callee = tree.callee(node);
                let pipes = tree.is(callee, Kind::Member) && self.named("pipe_methods", tree.name_of(callee));
                if pipes {
                    let ends = |it: &Option<Operator>| matches!(it, Some(Operator::Until | Operator::Takes));
                    return !operators.iter().any(ends) && self.is_lasting(tree.child(callee, 0), depth + 1);
                }
                self.typed_effect(node).is_some_and(|effect| effect.lasting)
            }
            Kind::Ident | Kind::Member => {
                let value = self.place(node).and_then(|place| {
                    let mut values = self.values_at(&place).into_iter().filter_map(|(_, value)| value);
                    values.next().filter(|_| values.next().is_none())
                });
                by_type() || value.is_some_and(|value| value != node && self.is_lasting(value, depth + 1))
            }
            Kind::Conditional => {
                self.is_lasting(tree.child(node, 1), depth + 1)
                    || self.is_lasting(tree.child(node, 2), depth + 1)
            }
            _ => false,
        }
    }

    /// Sources without end that are shared for good: nobody's leaving stops them.
    pub fn shared_for_good(&self) -> Vec<Shared> {
        let tree = self.tree;
        let mut found = Vec::new();
        for (pipe, operators) in self.pipes() {
            let shares = operators.iter().position(|&(call, operator)| {
                operator == Some(Operator::Shares) && !self.counts_listeners(call)
            });
            let Some(at) = shares else { continue };
            let ends = operators[..at]
                .iter()
                .any(|(_, operator)| matches!(operator, Some(Operator::Until | Operator::Takes)));
            let source = tree.child(tree.callee(pipe), 0);
            // A subject goes with whoever holds it; a timer or an event goes on.
            let lasting = tree.is(source, Kind::Call) && self.is_lasting(source, 0);
            if !ends && (lasting || self.is_shared_by_call(pipe, source)) {
                found.push(Shared {
                    shares: operators[at].0,
                    source,
                });
            }
        }
        found
    }

    /// A method that returns another stream of its own subject for each of its arguments:
    /// `byId(id) { return this.changes.pipe(map((all) => all[id]), shareReplay(1)) }`.
    fn is_shared_by_call(&self, pipe: NodeId, source: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function_of(pipe);
        let own = tree.is(source, Kind::Member)
            && tree.is(tree.child(source, 0), Kind::This)
            && (tree.name_text(source).ends_with('$') || self.is_lasting(source, 0));
        let of_argument = |node: NodeId| {
            let binding = tree.variable(node);
            let param = binding.and_then(|it| self.tree.parameter(it));
            param.is_some_and(|(it, _)| it == function)
        };
        own && tree.function(function).kind == FunctionKind::Method
            && tree.is(tree.parent(pipe), Kind::Return)
            && tree.subtree(tree.function(function).node).any(of_argument)
    }

    /// `shareReplay({ refCount: true })`, or options out of sight.
    fn counts_listeners(&self, shares: NodeId) -> bool {
        let tree = self.tree;
        tree.args(shares).next().is_some_and(|arg| match tree.kind(arg) {
            Kind::Num => false,
            Kind::Object => tree.children(arg).any(|it| {
                !tree.is(it, Kind::Property)
                    || self.named("counting_options", tree.name_of(it)) && !tree.is_false(tree.value(it))
            }),
            _ => true,
        })
    }

    /// Subjects that remember all that they are given, without a limit, and are given more again and again.
    pub fn remembering(&self) -> Vec<Remembering> {
        let tree = self.tree;
        if !self.mentions(Word::STREAMS) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for &made in &self.index.news {
            let no_limit = tree.args(made).next().is_none();
            if !no_limit || !self.ty(made).is_some_and(|ty| self.apis.ty(ty).remembers) {
                continue;
            }
            let Some(place) = self.subject_place(made) else {
                continue;
            };
            let since = match place.root {
                Root::Binding(binding) => tree.declared_in(binding),
                Root::Instance(owner) => self
                    .owners
                    .constructor(tree, owner)
                    .unwrap_or(crate::syntax::tree::FunctionId::NONE),
                _ => continue,
            };
            let renewed = self.values_at(&place).len() > 1;
            let given = self.uses(place.root).iter().find_map(|it| {
                let uses::Op::Method { .. } = it.op else {
                    return None;
                };
                let grows = it.path == place.path
                    && self
                        .typed_effect(it.node)
                        .is_some_and(|effect| effect.grows.is_some());
                let repeat = grows.then(|| self.repeat(it.node, since))?;
                (repeat.level == super::repeat::Level::Again).then_some((it.node, repeat))
            });
            if let Some((given, repeat)) = given.filter(|_| !renewed) {
                found.push(Remembering {
                    made,
                    place,
                    given,
                    repeat,
                });
            }
        }
        found
    }

    /// Where a subject is kept: a variable of the module, or a field.
    fn subject_place(&self, made: NodeId) -> Option<Place> {
        let tree = self.tree;
        let function = tree.function(tree.function_of(made));
        if matches!(function.kind, FunctionKind::Field | FunctionKind::StaticInit) {
            let property = tree.ancestors(made).find(|&up| tree.is(up, Kind::Property))?;
            let owner = self.owners.at(tree.parent(property))?;
            let place = Place::of(Root::Instance(self.owners.base(owner)));
            return place.join(super::place::Seg::name(tree.name_of(property)));
        }
        self.held_at(made)
    }
}
