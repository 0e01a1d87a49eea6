//! Cancellations: callbacks that a piece of work leaves on a signal of somebody else, to be told when it should be
//! given up. Most signals are never aborted, so the callback stays when the work is done, unless it is taken off.

use crate::apis::{Removes, Runs, Word};
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId};

use super::Model;
use super::calls::How;
use super::place::{Place, Root, Seg};
use super::uses;

/// Whose signal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalOf {
    /// Given by the caller.
    Caller,
    /// Kept by the instance, the module or an outer function, whose life this is.
    Holder(FunctionId),
}

/// A callback on a signal that outlives the work.
#[derive(Clone, Copy, Debug)]
pub struct Cancellation {
    pub call: NodeId,
    pub callback: NodeId,
    pub once: bool,
    pub signal: NodeId,
    pub place: Place,
    pub of: SignalOf,
    /// The function that does the work: in whose run the callback is left.
    pub work: FunctionId,
}

/// What a callback works on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Touches {
    /// Settles the promise that the work is.
    pub settles: bool,
    /// Variables of this run of the work.
    pub own: bool,
    /// The same, and the variable's value leaves the work: returned or kept elsewhere.
    pub leaves: bool,
    /// Fields of the instance or variables around the work.
    pub outer: bool,
}

/// How far callers are followed.
const MAX_CALLERS: u32 = 3;

impl Model<'_> {
    /// Callbacks on signals that live longer than the work that leaves them.
    ///
    /// Not known: elements of a list of signals, signals that unknown calls return.
    pub fn cancellations(&self) -> Vec<Cancellation> {
        let calls = self.calls_that(Word::ADDS);
        calls.filter_map(|call| self.cancellation(call)).collect()
    }

    fn cancellation(&self, call: NodeId) -> Option<Cancellation> {
        let tree = self.tree;
        let callee = tree.callee(call);
        if !tree.is(call, Kind::Call) || !tree.is(callee, Kind::Member) {
            return None;
        }
        // Most listeners are out by the event or the method.
        let by_method = self.apis.untyped(tree.name_text(callee));
        let event = tree.args(call).next().filter(|&it| tree.is(it, Kind::Str));
        let by_event = event.and_then(|event| self.apis.event(None, tree.name_text(event)));
        if !by_method.is_some_and(|it| it.cancels) && !by_event.is_some_and(|it| it.cancels) {
            return None;
        }
        let (listener, signal) = self.listener(call)?;
        if !self.is_cancelling(call, signal) || listener.is_promise() {
            return None;
        }
        let place = self.place(signal)?;
        if place.path.segs().contains(&Seg::ELEMENT) {
            return None;
        }
        // `controller = new AbortController(); controller.signal.addEventListener(…)`
        let controller = place.parent();
        if self.is_made_before(&controller, call) {
            return None;
        }
        let work = self.work_of(call);
        let of = match place.root {
            Root::This(_) => return None,
            Root::Global | Root::Exports => SignalOf::Holder(FunctionId(0)),
            Root::Instance(owner) => {
                SignalOf::Holder(self.owners.constructor(tree, owner).unwrap_or(FunctionId::NONE))
            }
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                let declared = tree.scopes[info.scope.index()].function;
                match (info.kind, tree.nests(work, declared)) {
                    (BindingKind::Param, true) => SignalOf::Caller,
                    (_, true) => return None,
                    _ => SignalOf::Holder(declared),
                }
            }
        };
        Some(Cancellation {
            call,
            callback: listener.callback,
            once: listener.once,
            signal,
            place,
            of,
            work,
        })
    }

    /// The callback is told that work should be given up.
    pub(super) fn is_cancelling(&self, call: NodeId, signal: NodeId) -> bool {
        let tree = self.tree;
        if self.effect(call).is_some_and(|effect| effect.cancels) {
            return true;
        }
        let Some(event) = tree.args(call).next().filter(|&it| tree.is(it, Kind::Str)) else {
            return false;
        };
        let ty = self.ty(signal);
        let model = self.apis.event(ty, tree.name_text(event));
        model.is_some_and(|event| event.cancels) && (ty.is_some() || self.is_signal_name(signal))
    }

    fn is_signal_name(&self, node: NodeId) -> bool {
        let suffixes = self.apis.words("signal_suffixes");
        // `const sig = signal`
        [node, self.written_value(node)].into_iter().any(|it| {
            let named = matches!(self.tree.kind(it), Kind::Ident | Kind::Member);
            let name = named.then(|| self.tree.name_text(it).to_lowercase());
            name.is_some_and(|name| suffixes.iter().any(|suffix| name.ends_with(suffix.as_str())))
        })
    }

    /// The function in whose run a node is reached: callbacks that run during a call belong to the caller.
    fn work_of(&self, node: NodeId) -> FunctionId {
        let tree = self.tree;
        let mut function = tree.function_of(node);
        while let [entry] = self.entries(function) {
            let inline = entry.how == How::Call
                && entry.from == tree.function(function).parent
                && tree.parent(tree.function(function).node) == entry.site;
            if !inline {
                break;
            }
            function = entry.from;
        }
        function
    }

    /// Something takes the callback off again, or may do so.
    pub fn is_taken_off(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let Cancellation { call, callback, .. } = *cancellation;
        // The call's result is kept: it is what takes the callback off.
        let is_dropped = matches!(
            tree.kind(tree.parent(call)),
            Kind::ExprStmt | Kind::Logical | Kind::Conditional | Kind::Await
        ) || self.is_concise_body(call);
        if !is_dropped {
            return true;
        }
        // Options that are not in view may name a signal that takes the callback off.
        let options = tree.args(call).nth(2);
        if options.is_some_and(|it| !self.is_plain_option(it)) {
            return true;
        }
        let functions = self.functions(callback);
        // A callback that only the signal runs takes itself off when it is too late.
        let only_told = |node: NodeId| {
            functions.iter().any(|&function| {
                tree.contains(tree.function(function).node, node)
                    && self.entries(function).iter().all(|entry| entry.site == call)
            })
        };
        // `command.abort.listener` of the same object, which another method gets out of its queue
        let same_property = |arg: NodeId| {
            tree.is(arg, Kind::Member)
                && tree.is(callback, Kind::Member)
                && tree.name_of(arg) == tree.name_of(callback)
        };
        self.is_kept(cancellation)
            || self.index.calls.iter().any(|&other| {
                other != call
                    && self.takes_off_again(other)
                    && !only_told(other)
                    && tree
                        .args(other)
                        .nth(1)
                        .is_some_and(|arg| self.same_function(arg, callback) || same_property(arg))
            })
    }

    /// `true`, or an object whose keys are all written out.
    fn is_plain_option(&self, node: NodeId) -> bool {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Bool => true,
            Kind::Object => tree
                .children(node)
                .all(|it| tree.is(it, Kind::Property) && tree.name_of(it).some().is_some()),
            _ => false,
        }
    }

    /// The callback is also put or handed somewhere from where it may be taken off.
    fn is_kept(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let callback = cancellation.callback;
        let binding = tree.variable(callback);
        binding.is_some_and(|binding| {
            tree.references(binding)
                .iter()
                .filter(|&&it| it != callback)
                .any(|&it| {
                    let parent = tree.parent(it);
                    match tree.kind(parent) {
                        Kind::Call | Kind::New => {
                            tree.callee(parent) != it
                                && !self.takes_off_again(parent)
                                && self.effect(parent).is_none_or(|effect| effect.adds.is_none())
                        }
                        // `signal.onabort = callback`, for old signals
                        Kind::Assign => {
                            let target = tree.child(parent, 0);
                            let other_way = tree.is(target, Kind::Member)
                                && tree.name_text(target).starts_with("on")
                                && self.place(tree.child(target, 0)) == Some(cancellation.place);
                            tree.child(parent, 1) == it && !other_way
                        }
                        Kind::Property | Kind::Array | Kind::Return => true,
                        _ => false,
                    }
                })
        })
    }

    fn takes_off_again(&self, call: NodeId) -> bool {
        let tree = self.tree;
        tree.is(tree.callee(call), Kind::Member)
            && self
                .effect(call)
                .is_some_and(|effect| effect.removes == Some(Removes::Listener))
    }

    /// `() => signal.addEventListener(…)`
    fn is_concise_body(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let ret = tree.parent(call);
        tree.is(ret, Kind::Return) && tree.function(tree.function_of(call)).kind == FunctionKind::Arrow
    }

    /// The work comes to an end by itself, most often without being told: an async function, one that returns a
    /// promise of its own.
    pub fn ends_by_itself(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let within = std::iter::successors(Some(tree.function_of(cancellation.call)), |&it| {
            (it != cancellation.work).then(|| tree.function(it).parent)
        });
        self.gives_promise(cancellation.work)
            || self.is_part_of_async(cancellation.work, 0)
            || within
                .into_iter()
                .any(|it| tree.function(it).is_generator || tree.function(it).is_async)
            || self.executor_around(cancellation).is_some()
    }

    /// An async function, or one that returns a promise of its own.
    fn gives_promise(&self, function: FunctionId) -> bool {
        let mut returned = self
            .index
            .returns_of(function)
            .iter()
            .map(|&it| self.tree.child(it, 0));
        self.tree.function(function).is_async
            || returned.any(|it| self.is_promise_step(it) || self.makes_promise(it))
    }

    /// A function that gives a promise calls it, directly or by others.
    fn is_part_of_async(&self, function: FunctionId, depth: u32) -> bool {
        let mut callers = self.entries(function).iter().filter(|it| it.how == How::Call);
        callers.any(|it| {
            it.from != FunctionId::NONE
                && depth < MAX_CALLERS
                && (self.gives_promise(it.from) || self.is_part_of_async(it.from, depth + 1))
        })
    }

    /// The function that settles a promise, in which the callback is left.
    fn executor_around(&self, cancellation: &Cancellation) -> Option<FunctionId> {
        let tree = self.tree;
        let mut function = tree.function_of(cancellation.call);
        while function != cancellation.work {
            let made = tree.parent(tree.function(function).node);
            if self.makes_promise(made) {
                return Some(function);
            }
            function = tree.function(function).parent;
        }
        None
    }

    /// The parameters of a function that are names, not patterns.
    pub(super) fn plain_params(&self, function: FunctionId) -> impl Iterator<Item = BindingId> {
        let tree = self.tree;
        let params = tree.params(function).map(|param| tree.child(param, 0));
        params.filter_map(|it| tree.binding_of(it).filter(|_| tree.is(it, Kind::Binding)))
    }

    /// Only the signal settles the promise: whoever waits for it wants to be told.
    pub fn only_waits_for_signal(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let Some(executor) = self.executor_around(cancellation) else {
            return false;
        };
        let callbacks = self.functions(cancellation.callback);
        let in_callback = |node: NodeId| {
            tree.contains(cancellation.call, node)
                || callbacks
                    .iter()
                    .any(|&it| tree.contains(tree.function(it).node, node))
        };
        self.plain_params(executor)
            .flat_map(|binding| tree.references(binding))
            .all(|&reference| in_callback(reference))
    }

    /// The promise of [`Self::only_waits_for_signal`] takes part in a race, after which nobody waits for it.
    pub fn is_raced(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let Some(executor) = self.executor_around(cancellation) else {
            return false;
        };
        let promise = tree.parent(tree.function(executor).node);
        self.race_of(promise, cancellation.work).is_some()
    }

    /// The signal is likely to be used for many pieces of work: one that is kept, one among the options of an API, one
    /// for something else that the caller gives (`abortable(promise, signal)`). Most that are handed over as such are
    /// made for the one call.
    pub fn is_reused(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let Root::Binding(signal) = cancellation.place.root else {
            return true;
        };
        if cancellation.of != SignalOf::Caller || !cancellation.place.path.is_empty() {
            return true;
        }
        let params: Vec<BindingId> = self.plain_params(cancellation.work).collect();
        // `{ signal } = {}`
        if !params.contains(&signal) {
            return true;
        }
        let mut given = params
            .into_iter()
            .filter(|&it| it != signal)
            .flat_map(|it| tree.references(it));
        let callbacks = self.functions(cancellation.callback);
        given.any(|&it| {
            let ends = |function: &FunctionId| tree.contains(tree.function(*function).node, it);
            let waits =
                tree.is(tree.parent(it), Kind::Await) || self.is_promise_step(tree.parent(tree.parent(it)));
            callbacks.iter().any(ends) && self.is_receiver(it) || waits
        }) || self.waits_for_timer(cancellation)
    }

    /// `sleep(delay, signal)`, which is called many times by whoever has the signal.
    pub fn waits_for_timer(&self, cancellation: &Cancellation) -> bool {
        let Some(executor) = self.executor_around(cancellation) else {
            return false;
        };
        let tree = self.tree;
        // Not one that fails: that limits some other work.
        let Some(resolve) = self.plain_params(executor).next() else {
            return false;
        };
        let mut timers = self.calls_in(executor).iter().filter(|&&call| {
            self.typed_effect(call)
                .is_some_and(|it| it.timer && it.runs == Some(Runs::Later))
        });
        timers.any(|&timer| {
            let callback = tree.args(timer).next();
            let functions = callback.map(|it| self.functions(it)).unwrap_or_default();
            let resolves = |node: NodeId| tree.variable(node) == Some(resolve);
            callback.is_some_and(resolves)
                || functions.iter().any(|&it| {
                    let calls = self.calls_in(it).iter();
                    calls.map(|&call| tree.callee(call)).any(resolves)
                })
        })
    }

    /// `it.abort()`
    fn is_receiver(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let member = tree.parent(node);
        tree.is(member, Kind::Member)
            && tree.is(tree.parent(member), Kind::Call)
            && tree.callee(tree.parent(member)) == member
    }

    /// What the callback works on.
    pub fn touches(&self, cancellation: &Cancellation) -> Touches {
        let tree = self.tree;
        let mut touches = Touches::default();
        let executor = self.executor_around(cancellation);
        let bodies: Vec<NodeId> = match self.functions(cancellation.callback) {
            functions if functions.is_empty() => vec![cancellation.callback],
            functions => functions.iter().map(|&it| tree.function(it).node).collect(),
        };
        for body in bodies {
            for node in tree.subtree(body) {
                match tree.kind(node) {
                    Kind::This => touches.outer = true,
                    Kind::Ident => {
                        let Some(binding) = tree.binding_of(node) else {
                            continue;
                        };
                        let info = &tree.bindings[binding.index()];
                        let declared = tree.scopes[info.scope.index()].function;
                        let is_signal = self.place(node) == Some(cancellation.place)
                            || info.kind == BindingKind::Param
                                && cancellation.place.root == Root::Binding(binding);
                        if is_signal || tree.contains(body, info.decl) {
                            continue;
                        }
                        if Some(declared) == executor && info.kind == BindingKind::Param {
                            touches.settles = true;
                        } else if tree.nests(cancellation.work, declared) && declared != FunctionId(0) {
                            touches.own = true;
                            touches.leaves |= info.kind != BindingKind::Param
                                && self.uses(Root::Binding(binding)).iter().any(|it| {
                                    // What the callback returns, or what makes the promise, nobody looks at.
                                    let outside = it.path.is_empty() && !tree.contains(body, it.node);
                                    let ignored = it.op == uses::Op::Returned
                                        && Some(tree.function_of(it.node)) == executor;
                                    outside
                                        && !ignored
                                        && (matches!(it.op, uses::Op::Returned | uses::Op::Exported)
                                            || it.op == uses::Op::Stored
                                                && !self.is_kept_by_argument(it.node))
                                });
                            // What the caller has given, it has anyway.
                            touches.leaves |= self.is_in_method(binding, cancellation.work)
                                || info.kind != BindingKind::Param && self.is_result(binding, executor);
                        } else if !matches!(
                            info.kind,
                            BindingKind::Import
                                | BindingKind::Function
                                | BindingKind::Class
                                | BindingKind::Enum
                        ) {
                            touches.outer |= self.functions(node).is_empty();
                        }
                    }
                    _ => {}
                }
            }
        }
        touches
    }

    /// The callback only aborts a controller of the instance, with which there is nothing to abort after the work.
    pub fn only_forwards(&self, cancellation: &Cancellation) -> bool {
        let forwards = |function: &FunctionId| {
            let calls = self.calls_in(*function);
            calls.iter().all(|&call| {
                let callee = self.tree.callee(call);
                let is_abort = self.tree.is(callee, Kind::Member) && self.tree.name_text(callee) == "abort";
                let controller = is_abort.then(|| self.place(self.tree.child(callee, 0))).flatten();
                controller.is_some_and(|it| matches!(it.root, Root::Instance(_)) && it.path.segs().len() == 1)
            }) && !calls.is_empty()
        };
        let functions = self.functions(cancellation.callback);
        !functions.is_empty() && functions.iter().all(forwards)
    }

    /// The promise is resolved with the variable.
    fn is_result(&self, binding: BindingId, executor: Option<FunctionId>) -> bool {
        let tree = self.tree;
        tree.references(binding).iter().any(|&reference| {
            let call = tree.parent(reference);
            let callee = tree.is(call, Kind::Call).then(|| tree.callee(call));
            let settler = callee
                .filter(|&it| it != reference && tree.is(it, Kind::Ident))
                .and_then(|it| tree.binding_of(it));
            settler.is_some_and(|it| {
                let info = &tree.bindings[it.index()];
                info.kind == BindingKind::Param && Some(tree.scopes[info.scope.index()].function) == executor
            })
        })
    }

    /// A function that the work puts into an object, or returns, uses the variable: it is needed after the work.
    fn is_in_method(&self, binding: BindingId, work: FunctionId) -> bool {
        let tree = self.tree;
        tree.references(binding).iter().any(|&reference| {
            let mut function = tree.function_of(reference);
            while function != work && function != FunctionId(0) {
                let info = tree.function(function);
                if matches!(tree.kind(tree.parent(info.node)), Kind::Property | Kind::Return) {
                    return true;
                }
                function = info.parent;
            }
            false
        })
    }

    /// `f({ signal: controller.signal })`: the object is an argument.
    fn is_kept_by_argument(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let up = tree
            .ancestors(node)
            .find(|&up| !matches!(tree.kind(up), Kind::Object | Kind::Property | Kind::Array));
        up.is_some_and(|up| matches!(tree.kind(up), Kind::Call | Kind::New))
    }

    /// The signal is that of a controller, of which most often the caller makes one for this call.
    pub fn is_of_controller(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let place = cancellation.place;
        let owner = match (place.path.parent(), place.root) {
            (None, _) => return false,
            (Some(path), Root::Binding(binding)) if path.is_empty() => {
                tree.text(tree.bindings[binding.index()].name)
            }
            (Some(path), _) => path
                .last()
                .and_then(|seg| seg.as_name())
                .map_or("", |it| tree.text(it)),
        };
        self.apis.ends_name("controller_suffixes", owner)
    }

    /// The work tidies up when it is over, by itself, but not this callback.
    pub fn forgets_beside_others(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let callbacks = self.functions(cancellation.callback);
        let when_told = |node: NodeId| {
            tree.contains(cancellation.call, node)
                || callbacks
                    .iter()
                    .any(|&it| tree.contains(tree.function(it).node, node))
        };
        let work = tree.function(cancellation.work).node;
        let mut releases = self.calls_that(Word::RELEASES | Word::REMOVES);
        releases.any(|call| tree.contains(work, call) && call > cancellation.call && !when_told(call))
    }

    /// The signal is made for this one piece of work: the function is handed to somebody who calls it with a signal of
    /// its own, or the signal comes with a request.
    pub fn is_per_work(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let named = |name: &str| self.apis.named("work_names", name);
        if let Root::Binding(binding) = cancellation.place.root {
            let owner = tree.text(tree.bindings[binding.index()].name);
            if !cancellation.place.path.is_empty() && named(owner) {
                return true;
            }
        }
        let within = cancellation.place.path.parent();
        if within.is_some_and(|path| {
            path.segs()
                .iter()
                .any(|seg| seg.as_name().is_some_and(|it| named(tree.text(it))))
        }) {
            return true;
        }
        // Tokens are made for one task.
        if self
            .effect(cancellation.call)
            .is_some_and(|effect| effect.cancels)
        {
            return true;
        }
        if cancellation.of != SignalOf::Caller {
            return false;
        }
        let entries = self.entries(cancellation.work);
        let inside = !entries.is_empty()
            && entries
                .iter()
                .all(|entry| entry.how == How::Call && entry.from != FunctionId(0));
        // `{ queryFn: load }`
        let handed = entries
            .iter()
            .any(|entry| matches!(entry.how, How::Escapes | How::Later | How::Again { .. }))
            && !entries
                .iter()
                .any(|entry| matches!(entry.how, How::Method | How::Exported | How::Returned));
        handed
            || self.is_callback_of_others(cancellation.work)
            || inside && entries.iter().all(|entry| self.is_callback_of_others(entry.from))
    }

    /// The function is a callback, or stands in an object of callbacks, and is given something.
    fn is_callback_of_others(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        if function == FunctionId::NONE || function == FunctionId(0) || tree.params(function).next().is_none()
        {
            return false;
        }
        let parent = tree.parent(tree.function(function).node);
        match tree.kind(parent) {
            Kind::Call | Kind::New | Kind::Jsx | Kind::Array | Kind::Return => true,
            Kind::Property => {
                let object = tree.parent(parent);
                tree.is(object, Kind::Object)
                    && matches!(
                        tree.kind(tree.parent(object)),
                        Kind::Call | Kind::New | Kind::Return | Kind::Property
                    )
            }
            _ => false,
        }
    }

    /// Every caller is in the file, and makes the signal that it gives.
    pub fn is_own_of_callers(&self, cancellation: &Cancellation) -> bool {
        let tree = self.tree;
        let Root::Binding(binding) = cancellation.place.root else {
            return false;
        };
        let entries = self.entries(cancellation.work);
        if cancellation.of != SignalOf::Caller
            || entries.is_empty()
            || entries
                .iter()
                .any(|entry| entry.how != How::Call || entry.from == FunctionId::NONE)
        {
            return false;
        }
        let Some((function, position)) = self.tree.parameter(binding) else {
            return false;
        };
        self.calls_of(function).iter().all(|&call| {
            let Some(arg) = self.argument(call, position) else {
                return true;
            };
            let object = tree.base(arg);
            let made = |node: NodeId| matches!(tree.kind(node), Kind::New | Kind::Call);
            made(object)
                || tree.variable(object).is_some_and(|it| {
                    tree.declared_in(it) == tree.function_of(call)
                        && self
                            .index
                            .only_value(tree, it)
                            .is_some_and(|(value, _)| made(value))
                })
        })
    }
}
