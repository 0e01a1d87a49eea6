//! Whether what holds a resource lives longer than the life that it belongs to.

use crate::apis::Runs;
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId, flag};

use super::super::Model;
use super::super::calls::{Entry, How};
use super::super::lives::{Life, Of};
use super::super::place::{Path, Place, Root, Seg};

/// Whether what a resource is registered on outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outlives {
    /// Made within the same life: they go together.
    No,
    Unknown,
    /// Handed in from outside, most often from something that lives longer.
    Given,
    Yes,
}

/// How deep calls that merge objects are read.
const MAX_MERGES: u32 = 2;

impl<'a> Model<'a> {
    /// Whether what the resource is registered on outlives the life in which it is acquired.
    pub fn outlives(&self, target: NodeId, life: &Life) -> Outlives {
        self.outlives_at(target, life, 0)
    }

    /// What an event brings: `server.on('connection', (socket) => socket.on(…))` is about another socket each time.
    pub fn is_given_by_round(&self, target: NodeId, life: &Life) -> bool {
        let tree = self.tree;
        let binding = tree.variable(target);
        let (Some(round), Some(binding)) = (life.round, binding) else {
            return false;
        };
        let parameter = self.tree.parameter(binding);
        let adds = tree.is(round.site, Kind::Call)
            && self
                .effect(round.site)
                .is_some_and(|effect| effect.adds.is_some());
        adds && parameter.is_some_and(|(function, _)| {
            let mut entries = self.entries(function).iter();
            entries.any(|entry| entry.site == round.site)
        })
    }

    /// Each round comes from the target itself, or from one beside it, and is known to come many times:
    /// `compiler.hooks.emit.tap(…, () => compiler.hooks.done.tap(…))`.
    pub fn has_led_here(&self, target: NodeId, life: &Life) -> bool {
        let Some(round) = life.round.filter(|it| self.tree.is(it.site, Kind::Call)) else {
            return false;
        };
        let again = |runs: Option<Runs>| runs == Some(Runs::Again);
        let repeats = self
            .effect(round.site)
            .is_some_and(|it| it.adds.is_some() && again(it.runs))
            || self
                .event_of(round.site)
                .is_some_and(|it| again(it.runs) && !it.part && !it.ends);
        let places = (
            self.place(target),
            self.receiver(round.site).and_then(|it| self.place(it)),
        );
        match places {
            // `child = spawn(…)`: another one each time.
            (Some(a), Some(b)) if repeats && self.values_at(&a).len() <= 1 => {
                let beside = a.parent() == b.parent() && !a.parent().path.is_empty();
                a == b || beside
            }
            _ => false,
        }
    }

    /// The target is, or belongs to, what every page has: `window`, `document.body`, `element.ownerDocument`.
    pub fn is_on_page(&self, target: NodeId) -> bool {
        let tree = self.tree;
        let of_page = |node: NodeId| {
            let ty = self.api_path(node).and_then(|path| self.apis.value(&path));
            ty.is_some_and(|ty| self.is_event_target(ty))
                || self.is_bare_method(node)
                || tree.is(node, Kind::Member) && self.named("page_properties", tree.name_of(node))
        };
        let origin = self.written_value(target);
        of_page(target) || of_page(origin)
    }

    pub(super) fn outlives_at(&self, node: NodeId, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        if depth > 4 {
            return Outlives::Unknown;
        }
        match tree.kind(node) {
            Kind::New | Kind::Object | Kind::Array | Kind::Jsx => return Outlives::No,
            Kind::Await => return self.outlives_at(tree.child(node, 0), life, depth + 1),
            Kind::Assign => return self.outlives_at(tree.child(node, 1), life, depth + 1),
            Kind::Ident if tree.is(self.written_value(node), Kind::Logical) => {
                return self.outlives_at(self.written_value(node), life, depth + 1);
            }
            Kind::Logical => {
                let [a, b] = [0, 1].map(|at| self.outlives_at(tree.child(node, at), life, depth + 1));
                // `this.source || this.$root`: most often there is only the one that is always there.
                let falls_back = a > Outlives::No && b >= Outlives::Given;
                return if falls_back { a.max(b) } else { a.min(b) };
            }
            Kind::Call if self.viewed(node) != node => {
                return self.outlives_at(self.viewed(node), life, depth + 1);
            }
            Kind::Member if self.named("page_properties", tree.name_of(node)) => return Outlives::Yes,
            Kind::Call
                if self
                    .called_name(node)
                    .is_some_and(|it| self.named("page_getters", tree.name_of(it))) =>
            {
                return Outlives::Yes;
            }
            Kind::Call => {
                if self.stream_ends(node) {
                    return Outlives::No;
                }
                if let Some(source) = self.stream_step(node) {
                    return self.outlives_at(source, life, depth + 1);
                }
                if let Some(outlives) = self.stream_joined(node, life, depth) {
                    return outlives;
                }
                // `inject(Router)`
                if self.is_injector(node) {
                    let class = self.asked_for(node);
                    let ty = class.and_then(|it| self.apis.annotation(it));
                    let own = self.is_provided(class, life)
                        || ty.is_some_and(|ty| self.apis.lineage(ty).any(|it| it.own));
                    return if own { Outlives::No } else { Outlives::Given };
                }
                if self.ty(node).is_some_and(|ty| self.apis.ty(ty).kept) {
                    return Outlives::Yes;
                }
                let makes = self.ty(node).is_some()
                    || self.called_name(node).is_some_and(|it| {
                        let name = tree.name_text(it);
                        // `Editor(node)`, a class that is called
                        self.apis.begins_name("making_words", name)
                            || name.starts_with(|it: char| it.is_ascii_uppercase())
                    });
                return if makes { Outlives::No } else { Outlives::Unknown };
            }
            _ => {}
        }
        if self.is_own(node) {
            return Outlives::No;
        }
        if self
            .api_path(node)
            .is_some_and(|path| self.apis.value(&path).is_some())
        {
            return Outlives::Yes;
        }
        let Some(place) = self.place(node) else {
            // `this.tree.getSelection().changed`: a part of what is given. What `get` itself returns may be an answer.
            let call = tree.is(node, Kind::Member).then(|| tree.child(node, 0));
            let callee = call
                .filter(|&it| tree.is(it, Kind::Call))
                .map(|it| tree.callee(it));
            return match callee.filter(|&it| tree.is(it, Kind::Member)) {
                Some(callee) if self.apis.begins_name("getting_words", tree.name_text(callee)) => {
                    let object = self.outlives_at(tree.child(callee, 0), life, depth + 1);
                    object.clamp(Outlives::Unknown, Outlives::Given)
                }
                _ => Outlives::Unknown,
            };
        };
        if place.path.segs().contains(&Seg::ELEMENT) {
            return Outlives::Unknown;
        }
        // `const view = element.ownerDocument.defaultView`
        let names = || place.path.segs().iter().filter_map(|it| it.as_name());
        if names().any(|it| self.named("page_properties", it)) {
            return Outlives::Yes;
        }
        match place.root {
            Root::Global if self.is_made_before(&place, node) => Outlives::Unknown,
            Root::Global | Root::Exports => Outlives::Yes,
            // `this` of the function that makes the class: `wrap(…) { const { bus } = this; return class … }`
            Root::This(function) if self.makes_class(function, life) => Outlives::Yes,
            Root::This(_) => Outlives::Unknown,
            // What the instance has from its beginning, for all calls of its methods.
            Root::Instance(_)
                if matches!(life.of, Of::Call(it) if self.handles_request(it))
                    && self.is_made_at_first(&place) =>
            {
                Outlives::Yes
            }
            // `this.$el`, `this.host.nativeElement`
            Root::Instance(_) if self.is_own_part(&place) => Outlives::No,
            Root::Instance(_) => {
                let Some(first) = place.path.segs().first().and_then(|seg| seg.as_name()) else {
                    return Outlives::No;
                };
                if self.named("given_fields", first) {
                    return Outlives::Given;
                }
                let field = Place {
                    path: Path::EMPTY.join(Seg::name(first)).unwrap_or(place.path),
                    ..place
                };
                self.value_outlives(&field, life, depth)
            }
            Root::Binding(binding) => {
                let info = &tree.bindings[binding.index()];
                let scope = &tree.scopes[info.scope.index()];
                match info.kind {
                    BindingKind::Import => Outlives::Yes,
                    BindingKind::Param if self.is_of_maker(binding, life) => Outlives::Unknown,
                    BindingKind::Param if self.makes_class(scope.function, life) => Outlives::Yes,
                    BindingKind::Param if self.is_linked_part(binding) => Outlives::No,
                    BindingKind::Param if self.is_host(binding, life) => Outlives::Given,
                    BindingKind::Param if self.is_provided(self.annotated_class(binding), life) => {
                        Outlives::No
                    }
                    BindingKind::Param if self.is_made_beside(binding, place.path, life) => Outlives::No,
                    BindingKind::Param
                        if matches!(life.of, Of::Component(_))
                            && self.named("program_services", info.name) =>
                    {
                        Outlives::Yes
                    }
                    // `ref.current`: whose element it is, the caller knows.
                    BindingKind::Param
                        if place
                            .path
                            .last()
                            .and_then(Seg::as_name)
                            .is_some_and(|it| self.named("box_fields", it)) =>
                    {
                        Outlives::Unknown
                    }
                    BindingKind::Param => match self.param_outlives(scope.function, life) {
                        Outlives::Unknown => self.given_outlives(binding, life, depth),
                        known => known,
                    },
                    BindingKind::Catch => Outlives::Unknown,
                    _ if self.is_around(scope.function, life) => {
                        // `child = spawn(…)` in a function: another one each time.
                        let replaced = self.index.writes[binding.index()].iter().any(|write| {
                            tree.function_of(write.at) != scope.function
                                && !write.value.is_some_and(|(value, _)| tree.is_nullish(value))
                        });
                        let value = self.index.only_value(tree, binding).map(|(value, _)| value);
                        // `state.frame = document.createElement('iframe')`, and then a part of that
                        let made = || place.holders().any(|it| self.is_made_before(&it, node));
                        if value.is_some_and(|it| self.stream_ends_at(it)) {
                            Outlives::No
                        } else if replaced || made() {
                            Outlives::Unknown
                        } else {
                            Outlives::Yes
                        }
                    }
                    _ => self.value_outlives(&Place::of(place.root), life, depth),
                }
            }
        }
    }

    /// A part of something that ends with whatever it was given to: `route.params`.
    fn is_own(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let mut at = node;
        loop {
            if self
                .ty(at)
                .is_some_and(|ty| self.apis.lineage(ty).any(|it| it.own))
            {
                return true;
            }
            if !tree.is(at, Kind::Member) {
                return false;
            }
            if self.named("own_streams", tree.name_of(at)) {
                return true;
            }
            at = tree.child(at, 0);
        }
    }

    /// The scope or the element of an AngularJS directive.
    pub(in super::super) fn is_linked_part(&self, param: BindingId) -> bool {
        let parameter = self.tree.parameter(param);
        parameter.is_some_and(|(function, position)| position < 2 && self.is_linked(function))
    }

    /// `onAdd(map) {…}`: the map is there before and after.
    fn is_host(&self, param: BindingId, life: &Life) -> bool {
        let (Some((function, 0)), Of::Instance(owner)) = (self.tree.parameter(param), life.of) else {
            return false;
        };
        let name = self.tree.text(self.tree.function(function).name);
        let component = self.component(owner);
        component.is_some_and(|it| it.added_by.iter().any(|method| method == name))
    }

    /// `const o = t('node:process')`, `const e = n(417)`: what bundlers make of an import, of whatever it is.
    pub fn is_required(&self, target: NodeId) -> bool {
        let tree = self.tree;
        let call = self.written_value(target);
        let is_module = |it: NodeId| matches!(tree.kind(it), Kind::Str | Kind::Num);
        let requires = tree.is(call, Kind::Call) && tree.is(tree.callee(call), Kind::Ident);
        requires && tree.args(call).count() == 1 && tree.args(call).all(is_module)
    }

    /// The variables of this function are there before the life begins, and stay when it has ended: those of the program,
    /// and of the function in which the class stands.
    fn is_around(&self, function: FunctionId, life: &Life) -> bool {
        let tree = self.tree;
        match life.of {
            Of::Program => false,
            Of::Instance(owner) if function.0 != 0 => {
                tree.contains(tree.function(function).node, self.owners.get(owner).node)
                    && self.owners.constructor(tree, owner) != Some(function)
            }
            _ => function.0 == 0,
        }
    }

    /// The class of the instance stands in this function, so all instances share what it has. What a bundle's function
    /// is given are modules, of which nothing is known: `function (exports, rxjs) {…}`.
    fn makes_class(&self, function: FunctionId, life: &Life) -> bool {
        let is_exports = |param: BindingId| {
            let name = self.tree.bindings[param.index()].name;
            self.tree.text(name) == "exports"
        };
        function.0 != 0
            && matches!(life.of, Of::Instance(_))
            && self.is_around(function, life)
            && !self.plain_params(function).any(is_exports)
    }

    /// `this.button = new Button(element, this)`, for the second parameter: the instance is a part of what it is given.
    fn is_of_maker(&self, param: BindingId, life: &Life) -> bool {
        self.is_each_part(param, life, |given| self.tree.is(given, Kind::This))
    }

    /// `this.button = new Button({ bus: this.bus })`, where `this.bus = new Bus()`: the same instance makes both, and they
    /// end together.
    fn is_made_beside(&self, param: BindingId, path: Path, life: &Life) -> bool {
        let tree = self.tree;
        let is_made = |value: Option<NodeId>| value.is_some_and(|it| tree.is(it, Kind::New));
        let is_own = |value: NodeId| {
            let fields = self.place(value).filter(|it| it.path.segs().len() == 1);
            let fields = fields.filter(|it| matches!(it.root, Root::Instance(_)));
            let values = fields.map_or(Vec::new(), |it| self.values_at(&it));
            tree.is(value, Kind::New) || !values.is_empty() && values.iter().all(|it| is_made(it.1))
        };
        self.is_each_part(param, life, |given| {
            let values = self.values_under(given, path, 0);
            let own = !values.is_empty() && values.into_iter().all(is_own);
            own && self.is_constructor(tree.function_of(given))
        })
    }

    /// The values of a part of an argument, also if a call puts it together of several objects: `merge(settings, { … })`.
    fn values_under(&self, arg: NodeId, path: Path, depth: u32) -> Vec<NodeId> {
        let tree = self.tree;
        let place = self.place(arg).and_then(|it| it.concat(path));
        match tree.kind(arg) {
            _ if path.is_empty() => vec![arg],
            Kind::Call if depth < MAX_MERGES => {
                let args = tree.args(arg);
                args.flat_map(|it| self.values_under(it, path, depth + 1))
                    .collect()
            }
            _ => {
                let values = place.map_or(Vec::new(), |it| self.values_at(&it));
                values.into_iter().filter_map(|it| it.1).collect()
            }
        }
    }

    /// Of a parameter of the constructor: all instances that the file makes are parts of others, and given such values.
    fn is_each_part(&self, param: BindingId, life: &Life, given: impl Fn(NodeId) -> bool) -> bool {
        let tree = self.tree;
        let (Of::Instance(owner), Some((function, position))) = (life.of, self.tree.parameter(param)) else {
            return false;
        };
        if self.owners.constructor(tree, owner) != Some(function) {
            return false;
        }
        let mut news = self.news_of(owner).peekable();
        let is_part = |new: NodeId| {
            let field =
                |it: Place| matches!(it.root, Root::Instance(_) | Root::This(_)) && it.path.segs().len() == 1;
            tree.args(new).nth(position).is_some_and(&given) && self.held_at(new).is_some_and(field)
        };
        news.peek().is_some() && news.all(is_part)
    }

    /// `client = connect(); client.on(…)`: each run of the function stores another one there first.
    pub fn is_made_before(&self, place: &Place, node: NodeId) -> bool {
        let tree = self.tree;
        self.values_at(place).iter().any(|&(at, value)| {
            at < node
                && tree.is(at, Kind::Assign)
                && tree.function_of(at) == tree.function_of(node)
                && tree.is(tree.block_of(at), Kind::Block)
                && tree.contains(tree.block_of(at), node)
                && value.is_some_and(|it| matches!(tree.kind(it), Kind::Call | Kind::New | Kind::Await))
        })
    }

    /// A part of the page that belongs to the component.
    fn is_own_part(&self, place: &Place) -> bool {
        let mut names = place.path.segs().iter().filter_map(|seg| seg.as_name());
        names.any(|it| self.named("own_parts", it))
    }

    /// A parameter of a function outside the life, or of one that begins it, was there before.
    fn param_outlives(&self, function: FunctionId, life: &Life) -> Outlives {
        let tree = self.tree;
        let begins = match life.of {
            Of::Component(it) | Of::Mount(it) | Of::Call(it) => tree.nests(function, it),
            Of::Instance(owner) => {
                let info = tree.function(function);
                info.kind == FunctionKind::Constructor
                    || self.owners.constructor(tree, owner) == Some(function)
                    || tree.has(tree.parent(info.node), flag::SETTER)
            }
            Of::Program => false,
        };
        if begins {
            Outlives::Given
        } else {
            Outlives::Unknown
        }
    }

    /// What the callers of a helper give it, or its default.
    fn given_outlives(&self, param: BindingId, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        let Some((function, position)) = self.tree.parameter(param) else {
            return Outlives::Unknown;
        };
        let pattern = tree.parent(tree.bindings[param.index()].decl);
        let default = tree.is(pattern, Kind::Default).then(|| tree.child(pattern, 1));
        let calls = self.calls_of(function);
        let walks = |arg: NodeId| self.is_of_walk(function, arg);
        if self.given_at(function, position).any(walks) {
            return Outlives::Unknown;
        }
        // A method that the class itself calls is its helper.
        let entries = self.entries(function);
        let helps = entries.iter().any(|it| it.how == How::Call);
        let in_sight = |it: &Entry| it.how == How::Call || helps && it.how == How::Method;
        if !entries.iter().all(in_sight) {
            return Outlives::Unknown;
        }
        let mut least = None;
        for &call in calls {
            let arg = self.argument(call, position).or(default);
            let one = arg.map_or(Outlives::Unknown, |arg| self.outlives_at(arg, life, depth + 1));
            // One target that certainly outlives the life is enough.
            if one == Outlives::Yes {
                return Outlives::Yes;
            }
            least = Some(least.map_or(one, |it: Outlives| it.min(one)));
        }
        least.unwrap_or(Outlives::Unknown)
    }

    fn value_outlives(&self, place: &Place, life: &Life, depth: u32) -> Outlives {
        let tree = self.tree;
        let values = self.values_at(place);
        let mut least = None;
        for (_, value) in values {
            let Some(value) = value else {
                return Outlives::Unknown;
            };
            if tree.is_nullish(value) || self.place(value) == Some(*place) {
                continue;
            }
            let one = self.outlives_at(value, life, depth + 1);
            least = Some(least.map_or(one, |it: Outlives| it.min(one)));
        }
        least.unwrap_or(Outlives::Unknown)
    }
}
