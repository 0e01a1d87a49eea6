//! Guards: tests that let only the first run of some code pass, and what takes the flag back that they ask for.

use crate::syntax::Tree;
use crate::syntax::tree::{BindingId, FunctionId, FunctionKind, Kind, NodeId, Op};

use super::super::Model;
use super::super::calls::{Entry, How};
use super::super::place::{Place, Root, Seg};
use super::super::uses;

/// What lies between some code and the test in front of it.
struct Passed {
    /// Functions that are called behind the test, and may set what it asks for.
    callers: Vec<FunctionId>,
    /// Functions that run when what the code began is over.
    within: Vec<FunctionId>,
}

/// How many callbacks may stand between some code and the test in front of it.
const MAX_GUARDED: usize = 5;

impl Model<'_> {
    /// True if this code is behind a flag that its first run sets: `if (this.ready) return; this.ready = true`.
    pub fn runs_once_by_guard(&self, site: NodeId) -> bool {
        self.guard(site).is_some()
    }

    /// The flag behind which this code runs only once in the flag's life.
    pub fn guard(&self, site: NodeId) -> Option<Place> {
        self.guarded_by(site, false)
    }

    /// `if (!known[key]) { known[key] = true; … }`, `if (known.has(key)) return; known.add(key); …`: this code runs once
    /// for each key.
    pub fn runs_once_by_key(&self, site: NodeId) -> bool {
        let tree = self.tree;
        let function = tree.function(tree.function_of(site)).node;
        let inverted = |test: NodeId| tree.is(test, Kind::Unary) && tree[test].op == Op::Not;
        tree.ancestors(site).any(|up| match tree.kind(up) {
            Kind::If if tree.contains(tree.child(up, 1), site) => {
                let (test, then) = (tree.child(up, 0), tree.child(up, 1));
                inverted(test) && self.notes_key(then, tree.child(test, 0))
            }
            Kind::Block if tree.contains(function, up) => {
                let mut before = tree.children(up).take_while(|&it| it < site);
                before.any(|it| {
                    tree.is(it, Kind::If)
                        && self.always_leaves(tree.child(it, 1))
                        && self.notes_key(up, tree.child(it, 0))
                })
            }
            _ => false,
        })
    }

    /// The code puts in what the test looks for, and nothing takes it out: `known[key]`, `known.has(key)`.
    fn notes_key(&self, code: NodeId, test: NodeId) -> bool {
        let tree = self.tree;
        let element = |node: NodeId| {
            let place = self.place(node)?;
            (place.path.last() == Some(Seg::ELEMENT)).then_some(place)
        };
        if let Some(known) = element(test) {
            let sets = |it: NodeId| tree.is(it, Kind::Assign) && element(tree.child(it, 0)) == Some(known);
            return tree.subtree(code).any(sets);
        }
        let method = |node: NodeId| {
            let callee = Some(tree.callee(node)).filter(|&it| tree.is(it, Kind::Member))?;
            Some((self.place(tree.child(callee, 0))?, tree.name_text(callee)))
        };
        let called = |node: NodeId| tree.is(node, Kind::Call).then(|| method(node)).flatten();
        let (Some((known, "has")), Some(key)) = (called(test), tree.args(test).next()) else {
            return false;
        };
        let adds = |it: NodeId| {
            matches!(called(it), Some((to, "add" | "set")) if to == known)
                && tree.args(it).next().is_some_and(|it| self.same_value(it, key))
        };
        let takes = |it: &uses::Use| matches!(it.op, uses::Op::Method { name } if matches!(tree.text(name), "delete" | "clear"));
        tree.subtree(code).any(adds) && !self.uses_near(&known).iter().any(takes)
    }

    /// The flag behind which this code runs again after each reset of the flag.
    pub fn reset_guard(&self, site: NodeId) -> Option<Place> {
        self.guarded_by(site, true)
    }

    /// The flag in front of this code, if it is (or is never) reset.
    fn guarded_by(&self, site: NodeId, reset: bool) -> Option<Place> {
        let tree = self.tree;
        let mut function = tree.function_of(site);
        let mut at = site;
        let mut passed = Passed {
            callers: Vec::new(),
            within: self.when_gone(site),
        };
        for _ in 0..MAX_GUARDED {
            let guard = self.guarded_in(at, function, reset, &passed);
            if guard.is_some() {
                return guard;
            }
            // A callback that runs within a call, or once behind it, is as guarded as that call.
            let entries = self.entries(function);
            // A method that the class itself calls is its helper.
            let helps = entries.iter().any(|it| it.how == How::Call);
            let mut inside = entries
                .iter()
                .filter(|it| !helps || !matches!(it.how, How::Method | How::Exported));
            let (Some(Entry { from, site, how }), None) = (inside.next(), inside.next()) else {
                return None;
            };
            let once = matches!(how, How::Call | How::Later | How::Once)
                || *how == How::Escapes && self.is_command(tree.function(function).node);
            if !once || *from == FunctionId::NONE || tree.function(function).kind == FunctionKind::Program {
                return None;
            }
            passed.callers.push(function);
            (function, at) = (*from, *site);
        }
        None
    }

    /// What a one-shot listener that is added here runs, what takes the listener off, and what puts another emitter in
    /// the place of its own: when these reset a flag, the listener is gone.
    fn when_gone(&self, site: NodeId) -> Vec<FunctionId> {
        let adds = self.tree.is(site, Kind::Call) && self.effect(site).is_some_and(|it| it.adds.is_some());
        let Some((listener, target)) = adds.then(|| self.listener(site)).flatten() else {
            return Vec::new();
        };
        let removals = self.removals().iter().filter(|it| self.removes(it, &listener));
        let mut gone: Vec<FunctionId> = removals.map(|it| self.tree.function_of(it.call)).collect();
        // `this.proxy = connect(); this.listens = false`
        let renewals = self.place(target).into_iter().flat_map(|it| self.values_at(&it));
        gone.extend(renewals.map(|it| self.tree.function_of(it.0)));
        if listener.once {
            gone.extend(self.functions(listener.callback));
        }
        gone
    }

    /// `window.googletag.cmd.push(function () {…})`: a library runs it and forgets it.
    pub fn is_command(&self, function: NodeId) -> bool {
        let tree = self.tree;
        let call = tree.parent(function);
        let callee = tree.is(call, Kind::Call).then(|| tree.callee(call));
        callee.is_some_and(|it| {
            let queue = tree.is(it, Kind::Member).then(|| tree.child(it, 0));
            it != function
                && tree.name_text(it) == "push"
                && queue.is_some_and(|it| {
                    tree.is(it, Kind::Member) && self.named("command_queues", tree.name_of(it))
                })
        })
    }

    fn guarded_in(&self, site: NodeId, function: FunctionId, reset: bool, passed: &Passed) -> Option<Place> {
        let tree = self.tree;
        let node = tree.function(function).node;
        let mut inside = site;
        for up in tree.ancestors(site) {
            if up == node {
                break;
            }
            match tree.kind(up) {
                Kind::If => {
                    let (test, then) = (tree.child(up, 0), tree.child(up, 1));
                    let unset = self.tests_unset(test).filter(|_| then == inside);
                    let unset = unset.filter(|it| self.lasts_beyond(it, test));
                    let set = |place: &Place| {
                        self.set_within(then, place, reset, passed)
                            || self.set_behind(up, place, reset, passed)
                    };
                    if let Some(place) = unset.filter(set) {
                        return Some(place);
                    }
                }
                // `url = url || make()`
                Kind::Logical if tree.child(up, 1) == inside && tree[up].op != Op::And => {
                    let assign = tree.parent(up);
                    let kept = self.flag(tree.child(up, 0)).filter(|it| {
                        tree.is(assign, Kind::Assign)
                            && self.flag(tree.child(assign, 0)) == Some(*it)
                            && self.lasts_beyond(it, up)
                    });
                    if let Some(place) = kept.filter(|it| self.resets(it).is_empty() != reset) {
                        return Some(place);
                    }
                }
                Kind::Block | Kind::Program | Kind::Case => {
                    // `if (this.ready) return;` before it.
                    for statement in self.exits_before(up, inside) {
                        let set = self.tests_set(tree.child(statement, 0));
                        let set = set.filter(|it| self.lasts_beyond(it, statement));
                        let left = set.filter(|place| self.set_within(node, place, reset, passed));
                        let state = || self.state_left(tree.child(statement, 0), node);
                        if let Some(place) = left.or_else(|| if reset { None } else { state() }) {
                            return Some(place);
                        }
                    }
                }
                _ => {}
            }
            inside = up;
        }
        None
    }

    /// `if (this.state !== State.New) return; this.state = State.Connecting`: the state that is left within the node, if
    /// nothing brings it back.
    fn state_left(&self, test: NodeId, node: NodeId) -> Option<Place> {
        let tree = self.tree;
        if !tree.is(test, Kind::Binary) || tree[test].op != Op::NotEqual {
            return None;
        }
        let (state, first) = (self.place(tree.child(test, 0))?, tree.child(test, 1));
        if !matches!(tree.kind(first), Kind::Member | Kind::Str | Kind::Num) {
            return None;
        }
        let writes = self.values_at(&state);
        let is_same = |value: Option<NodeId>| value.is_none_or(|it| self.same_value(it, first));
        let leaves = |&(at, value): &(NodeId, Option<NodeId>)| tree.contains(node, at) && !is_same(value);
        let stays_left = writes
            .iter()
            .all(|&(at, value)| self.is_first(at, &state) || !is_same(value));
        (writes.iter().any(leaves) && stays_left).then_some(state)
    }

    /// What is tested is no variable that each run of the code has for itself: `let value = cache.get(key); if (!value) …`.
    fn lasts_beyond(&self, place: &Place, test: NodeId) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = place.root else {
            return true;
        };
        let function = tree.function_of(test);
        let around = tree.function(function).node;
        !place.path.is_empty()
            || tree.declared_in(binding) != function
            || function == FunctionId(0)
            || self.loop_around(test, around).is_some()
    }

    /// What a test asks for: an outer variable that is given new values is itself, not what it is given.
    fn flag(&self, node: NodeId) -> Option<Place> {
        let tree = self.tree;
        let binding = tree.variable(node);
        let is_state = |it: &BindingId| {
            self.index.writes[it.index()].len() > 1 && tree.declared_in(*it) != tree.function_of(node)
        };
        match binding.filter(is_state) {
            Some(binding) => Some(Place::of(Root::Binding(binding))),
            None => self.place(node),
        }
    }

    /// `!x`, `x === undefined`, `x == null`: the place tested to be unset.
    fn tests_unset(&self, test: NodeId) -> Option<Place> {
        let tree = self.tree;
        let place = match (tree.kind(test), tree[test].op) {
            (Kind::Unary, Op::Not) => self.flag(tree.child(test, 0)),
            (Kind::Binary, Op::Equal) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                let unset = is_unset(tree, b) || tree.is(b, Kind::Str);
                let a = if tree.is(a, Kind::Unary) && tree[a].op == Op::TypeOf {
                    tree.child(a, 0)
                } else {
                    a
                };
                unset.then(|| self.flag(a))?
            }
            (Kind::Logical, Op::And | Op::Or) => {
                return self
                    .tests_unset(tree.child(test, 0))
                    .or_else(|| self.tests_unset(tree.child(test, 1)));
            }
            _ => None,
        };
        place.filter(|place| self.is_one_flag(place, test))
    }

    fn tests_set(&self, test: NodeId) -> Option<Place> {
        let tree = self.tree;
        let place = match (tree.kind(test), tree[test].op) {
            (Kind::Ident | Kind::Member, _) => self.flag(test),
            (Kind::Unary, Op::Not) => {
                let inner = tree.child(test, 0);
                (tree.is(inner, Kind::Unary) && tree[inner].op == Op::Not)
                    .then(|| self.flag(tree.child(inner, 0)))?
            }
            (Kind::Binary, Op::NotEqual) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                (tree.is_nullish(b) || is_zero(tree, b)).then(|| self.flag(a))?
            }
            (Kind::Binary, Op::Greater) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                is_zero(tree, b).then(|| self.flag(a))?
            }
            (Kind::Binary, Op::Equal) => {
                let (a, b) = (tree.child(test, 0), tree.child(test, 1));
                (tree.is(b, Kind::Bool) && tree[b].a == 1).then(|| self.flag(a))?
            }
            (Kind::Logical, Op::And | Op::Or) => {
                return self
                    .tests_set(tree.child(test, 0))
                    .or_else(|| self.tests_set(tree.child(test, 1)));
            }
            _ => None,
        };
        place.filter(|place| self.is_one_flag(place, test))
    }

    /// The same flag each time, none that each element of a collection has for itself. The element may be the same, too:
    /// `for (const it of all) it.on('x', () => { if (it.ready) return; … })`.
    fn is_one_flag(&self, place: &Place, test: NodeId) -> bool {
        let tree = self.tree;
        let outer = |node: NodeId| {
            let binding = tree.variable(node);
            binding.is_some_and(|it| tree.declared_in(it) != tree.function_of(test))
        };
        !place.path.segs().contains(&Seg::ELEMENT)
            || place.path.last() != Some(Seg::ELEMENT)
                && tree
                    .subtree(test)
                    .any(|it| tree.is(it, Kind::Member) && outer(tree.child(it, 0)))
    }

    /// The place is given something other than nothing within the node, and somewhere in the file (or nowhere) reset to
    /// nothing.
    fn set_within(&self, node: NodeId, place: &Place, reset: bool, passed: &Passed) -> bool {
        let tree = self.tree;
        let writes = self.values_at(place);
        // What a callback sets later lets this code through until then.
        let now = |at: NodeId| {
            let inner = tree.function_of(at);
            let own = if tree.is(node, Kind::Function) {
                tree.function_at(node)
            } else {
                tree.function_of(node)
            };
            inner == own || self.entries(inner).iter().all(|it| it.how == How::Call)
        };
        let sets = writes.iter().any(|&(at, value)| {
            (tree.contains(node, at) || passed.callers.contains(&tree.function_of(at)))
                && now(at)
                && (tree.is(at, Kind::Assign) && value.is_some_and(|value| !is_unset(tree, value))
                    || counts(tree, at, Op::Increment))
        });
        sets && self.is_taken_back(place, reset, passed)
    }

    /// The flag is, or is never, taken back by code that leaves the listener there.
    fn is_taken_back(&self, flag: &Place, reset: bool, passed: &Passed) -> bool {
        let mut resets = self.resets(flag);
        if !reset {
            resets.retain(|&it| !passed.within.contains(&self.tree.function_of(it)));
        }
        resets.is_empty() != reset
    }

    /// `if (!this.socket) this.listen(); this.socket = connect();`: the flag is set right behind the test, also by a
    /// function that is called there.
    fn set_behind(&self, test: NodeId, place: &Place, reset: bool, passed: &Passed) -> bool {
        let tree = self.tree;
        let function = tree.function_of(test);
        let block = tree.parent(test);
        let behind = |node: NodeId| node > test && !tree.contains(test, node) && tree.block_of(node) == block;
        let calls = self.calls_in(function).iter().copied();
        let called: Vec<FunctionId> = calls
            .filter(|&it| behind(it))
            .flat_map(|it| self.called_functions(it))
            .collect();
        let sets = self.values_at(place).into_iter().any(|(at, value)| {
            let within = tree.function_of(at);
            tree.is(at, Kind::Assign)
                && value.is_some_and(|it| !is_unset(tree, it))
                && (within == function && behind(at) || called.contains(&within))
        });
        sets && self.is_taken_back(place, reset, passed)
    }

    /// `if (!this.ended) return; this.ended = true; release()`: the flag that has to be set is only ever set behind the
    /// test of it.
    pub fn is_behind_own_flag(&self, release: NodeId) -> bool {
        let tree = self.tree;
        let node = tree.function(tree.function_of(release)).node;
        let mut inside = release;
        for up in tree.ancestors(release).take_while(|&it| it != node) {
            let is_block = matches!(tree.kind(up), Kind::Block | Kind::Program | Kind::Case);
            if is_block && self.exits_before(up, inside).any(|it| self.never_passes(it)) {
                return true;
            }
            inside = up;
        }
        false
    }

    /// `if (…) return;`: the tests of a block that may leave it before this statement.
    fn exits_before(&self, block: NodeId, statement: NodeId) -> impl Iterator<Item = NodeId> {
        let before = self.tree.children(block).take_while(move |&it| it < statement);
        before.filter(|&it| self.tree.is(it, Kind::If) && self.always_leaves(self.tree.child(it, 1)))
    }

    /// `if (!flag) return`, where all that sets the flag stands behind it.
    fn never_passes(&self, guard: NodeId) -> bool {
        let tree = self.tree;
        let test = tree.child(guard, 0);
        if !tree.is(test, Kind::Unary) || tree[test].op != Op::Not {
            return false;
        }
        let tested = tree.child(test, 0);
        let (Some(place), function) = (self.flag(tested), tree.function_of(guard)) else {
            return false;
        };
        let own = match place.root {
            Root::Instance(_) => place.path.segs().len() == 1,
            Root::Binding(it) => place.path.is_empty() && tree.declared_in(it) != function,
            _ => false,
        };
        let behind = |at: NodeId| tree.function_of(at) == function && at > guard && !tree.contains(guard, at);
        let sets = |&(_, value): &(NodeId, Option<NodeId>)| value.is_none_or(|it| !is_unset(tree, it));
        let writes = self.values_at(&place);
        // `other.ended = true`, of another one of its kind
        let others = self.index.member_writes.get(&tree.name_of(tested));
        let others = others
            .into_iter()
            .flatten()
            .filter(|_| tree.is(tested, Kind::Member));
        own && writes.iter().any(|it| sets(it) && behind(it.0))
            && writes.iter().all(|it| !sets(it) || behind(it.0))
            && others
                .copied()
                .all(|it| is_unset(tree, tree.child(it, 1)) || behind(it))
    }

    /// Where a flag is taken back.
    pub fn resets(&self, flag: &Place) -> Vec<NodeId> {
        let tree = self.tree;
        let writes = self.values_at(flag);
        // `try { flag = await make(); } catch { flag = null; }`: nothing was made.
        let sets_last = |block: NodeId, at: NodeId| {
            let calls = |&it: &NodeId| tree.is(it, Kind::Call) && it > at && !tree.contains(at, it);
            tree.contains(block, at) && !tree.subtree(block).any(|it| calls(&it))
        };
        let failed = |at: NodeId| {
            let mut around = tree.ancestors(at).filter(|&it| tree.is(it, Kind::Catch));
            around.any(|catch| {
                let block = tree.child(tree.parent(catch), 0);
                writes.iter().any(|&(it, _)| sets_last(block, it))
            })
        };
        let taken_back = writes.iter().filter(|&&(at, value)| {
            let unset = value.is_some_and(|it| is_unset(tree, it)) || counts(tree, at, Op::Decrement);
            unset && !self.is_first(at, flag) && !failed(at)
        });
        taken_back.map(|&(at, _)| at).collect()
    }
}

/// The value of a flag that is not set.
fn is_unset(tree: &Tree, value: NodeId) -> bool {
    tree.is_nullish(value) || tree.is_false(value) || is_zero(tree, value)
}

fn is_zero(tree: &Tree, value: NodeId) -> bool {
    tree.is(value, Kind::Num) && tree.number(value) == 0.0
}

/// `users++`, `users -= 1`: how many there are is a flag, too.
fn counts(tree: &Tree, write: NodeId, by: Op) -> bool {
    let other = match by {
        Op::Increment => Op::Add,
        _ => Op::Sub,
    };
    let changed = tree.is(write, Kind::Assign) && tree[write].op == other;
    tree.is(write, Kind::Update) && tree[write].op == by
        || changed && tree.is(tree.child(write, 1), Kind::Num)
}
