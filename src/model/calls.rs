//! Who runs a function: calls, callbacks and when they run, and callers outside the file.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::apis::{Adds, Removes, Runs, Word};
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId, flag};

use super::Model;
use super::owners::OwnerKind;
use super::place::{Place, Root};
use super::uses::Op;

/// How a function comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Called here, or run during this call.
    Call,
    /// Run once by whatever defines it: a module factory, a test.
    Once,
    /// Run once, some time after this call.
    Later,
    /// Put where the file does not show who calls it.
    Escapes,
    /// Returned to the caller of the function where it is written.
    Returned,
    /// A method that code outside the file can call.
    Method,
    /// Exported, or a global function of a script.
    Exported,
    /// Run again and again after this call: on an event, on a timer, for each request. `ends`: when an emitter ends.
    Again { ends: bool },
}

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The function in which `site` stands; NONE for callers outside the file.
    pub from: FunctionId,
    pub site: NodeId,
    pub how: How,
}

impl Model<'_> {
    /// Ways in which a function comes to run.
    pub fn entries(&self, function: FunctionId) -> &[Entry] {
        &self.entries.get_or_init(|| self.all_entries())[function.index()]
    }

    /// Calls that may run this function directly.
    pub fn calls_of(&self, function: FunctionId) -> &[NodeId] {
        let calls = self.calls_of.get_or_init(|| {
            let mut calls: FxHashMap<FunctionId, Vec<NodeId>> = FxHashMap::default();
            for &call in &self.index.calls {
                for function in self.called_functions(call) {
                    calls.entry(function).or_default().push(call);
                }
            }
            calls
        });
        calls.get(&function).map_or(&[], Vec::as_slice)
    }

    /// The calls that stand in a function.
    pub fn calls_in(&self, function: FunctionId) -> &[NodeId] {
        self.index.calls_in(self.tree, function)
    }

    /// The functions of the file that a call runs. `f.call(…)` and `f.apply(…)` run `f`.
    pub fn called_functions(&self, call: NodeId) -> Vec<FunctionId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        // Most calls leave the file.
        let leaves = match tree.kind(callee) {
            Kind::Ident => tree.binding_of(callee).is_none(),
            Kind::Member => !self
                .word(tree.name_of(callee))
                .may(Word::DEFINED | Word::HANDS_ON),
            _ => false,
        };
        if leaves {
            return Vec::new();
        }
        if let Some(known) = self.called.borrow().get(&call) {
            return known.clone();
        }
        let functions = self.find_called_functions(call);
        self.called.borrow_mut().insert(call, functions.clone());
        functions
    }

    /// What a call gives the function for the parameter at this position: `f.call(this, a)` gives `a` for the first.
    pub fn argument(&self, call: NodeId, position: usize) -> Option<NodeId> {
        let callee = self.tree.callee(call);
        let handed_on = self.tree.is(callee, Kind::Member)
            && self.word(self.tree.name_of(callee)).may(Word::HANDS_ON)
            && self.functions(callee).is_empty();
        let args = || self.tree.args(call);
        match handed_on.then(|| self.tree.name_text(callee)) {
            Some("call") => args().nth(position + 1),
            Some("apply") => None,
            _ => args().nth(position),
        }
    }

    /// What the calls in sight give for the parameter that the node names; of any other node, nothing.
    pub fn given(&self, node: NodeId) -> Vec<NodeId> {
        let binding = self.tree.variable(node);
        let Some((function, position)) = binding.and_then(|it| self.tree.parameter(it)) else {
            return Vec::new();
        };
        self.given_at(function, position).collect()
    }

    /// What the calls in sight give for the parameter at this position.
    pub fn given_at(&self, function: FunctionId, position: usize) -> impl Iterator<Item = NodeId> {
        let calls = self.calls_of(function).iter();
        calls.filter_map(move |&call| self.argument(call, position))
    }

    fn find_called_functions(&self, call: NodeId) -> Vec<FunctionId> {
        let tree = self.tree;
        let callee = tree.callee(call);
        if tree.is(callee, Kind::Super) {
            let this = self.owners.this[tree.function_of(call).index()];
            let super::owners::This::Instance(owner) = this else {
                return Vec::new();
            };
            let constructor = self
                .superclass(owner)
                .and_then(|it| self.owners.constructor(tree, it));
            return constructor.into_iter().collect();
        }
        let functions = self.functions(callee);
        let handed_on = tree.is(callee, Kind::Member) && self.word(tree.name_of(callee)).may(Word::HANDS_ON);
        if functions.is_empty() && handed_on {
            self.functions(tree.child(callee, 0))
        } else {
            functions
        }
    }

    fn all_entries(&self) -> Vec<Vec<Entry>> {
        let tree = self.tree;
        let mut table = Entries {
            model: self,
            entries: vec![Vec::new(); tree.functions.len()],
            seen: FxHashSet::default(),
        };
        for &call in &self.index.calls {
            let from = tree.function_of(call);
            for function in self.called_functions(call) {
                table.add(
                    function,
                    Entry {
                        from,
                        site: call,
                        how: How::Call,
                    },
                );
            }
            for (position, arg) in tree.args(call).enumerate() {
                let could_be_function = matches!(
                    tree.kind(arg),
                    Kind::Function | Kind::Ident | Kind::Member | Kind::Call | Kind::Conditional
                );
                if could_be_function {
                    for function in self.functions(arg) {
                        table.callback(function, call, position, arg, 0);
                    }
                }
            }
        }
        for at in 1..tree.functions.len() as u32 {
            table.written(FunctionId(at));
        }
        for owner in self.owners.ids() {
            table.methods(owner);
        }
        for &export in &self.index.exports {
            table.exported(export);
        }
        table.entries
    }
}

struct Entries<'m, 'a> {
    model: &'m Model<'a>,
    entries: Vec<Vec<Entry>>,
    /// Values that have been followed, against circles.
    seen: FxHashSet<(FunctionId, NodeId)>,
}

impl Entries<'_, '_> {
    fn add(&mut self, function: FunctionId, entry: Entry) {
        let list = &mut self.entries[function.index()];
        if !list
            .iter()
            .any(|known| known.site == entry.site && known.how == entry.how)
        {
            list.push(entry);
        }
    }

    fn outside(&mut self, function: FunctionId, site: NodeId, how: How) {
        self.add(
            function,
            Entry {
                from: FunctionId::NONE,
                site,
                how,
            },
        );
    }

    /// `function` is an argument of `call`.
    fn callback(&mut self, function: FunctionId, call: NodeId, position: usize, arg: NodeId, depth: u32) {
        let (model, tree) = (self.model, self.model.tree);
        let entry = |how| Entry {
            from: tree.function_of(call),
            site: call,
            how,
        };
        if model
            .effect(call)
            .is_some_and(|effect| effect.removes == Some(Removes::Listener) || effect.reads)
        {
            return;
        }
        // `const stop = useCallback(function)`
        if model.effect(call).is_some_and(|effect| effect.wraps) {
            self.put(function, call);
            return;
        }
        if let Some(how) = model.callback_runs(call, position) {
            let how = if matches!(how, How::Again { .. }) && self.takes_itself_off(function) {
                How::Later
            } else {
                how
            };
            self.add(function, entry(how));
            return;
        }
        // A local function takes it: what does that do with its parameter?
        let mut followed = false;
        if depth < 3 {
            for callee in model.called_functions(call) {
                for how in self.through_parameter(callee, position, depth) {
                    self.add(function, entry(how));
                    followed = true;
                }
            }
        }
        // A class extends another, a function is compared …: not a callback. `new X(f)` and `g(f)` are.
        let is_class = tree.is(arg, Kind::Ident) && model.owner(arg).is_some_and(|(_, class)| class);
        if !followed && !is_class {
            self.add(function, entry(How::Escapes));
        }
    }

    /// `em.on('up', function up() { em.off('up', up) })`: runs once.
    fn takes_itself_off(&self, function: FunctionId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        model.calls_in(function).iter().any(|&call| {
            let always = tree.block_of(call) == tree.body(function);
            let itself = |arg: NodeId| tree.is(arg, Kind::Ident) && model.functions(arg) == [function];
            always
                && tree.args(call).nth(1).is_some_and(itself)
                && model
                    .effect(call)
                    .is_some_and(|effect| effect.removes == Some(Removes::Listener))
        })
    }

    /// How a local function runs the callback that it takes at this position, seen from its caller.
    fn through_parameter(&self, callee: FunctionId, position: usize, depth: u32) -> Vec<How> {
        let (model, tree) = (self.model, self.model.tree);
        let mut found = Vec::new();
        let Some(param) = tree.params(callee).nth(position) else {
            return found;
        };
        let Some(binding) = Some(tree.child(param, 0)).filter(|&it| tree.is(it, Kind::Binding)) else {
            return found;
        };
        let Some(binding) = tree.binding_of(binding) else {
            return found;
        };
        for &reference in tree.references(binding) {
            let parent = tree.parent(reference);
            let how = match tree.kind(parent) {
                // Tried again and again: `for (;;) try { return await f() } catch { await pause() }`.
                Kind::Call if tree.callee(parent) == reference => {
                    match model.loop_around(parent, tree.function(tree.function_of(parent)).node) {
                        Some((_, true)) => How::Again { ends: true },
                        _ => How::Call,
                    }
                }
                Kind::Member if matches!(tree.name_text(parent), "call" | "apply") => How::Call,
                Kind::Call | Kind::New => {
                    let Some(position) = tree.args(parent).position(|arg| arg == reference) else {
                        continue;
                    };
                    match model.callback_runs(parent, position) {
                        Some(how) => how,
                        None if depth < 3 => {
                            let inner = model.called_functions(parent);
                            let hows = inner
                                .iter()
                                .flat_map(|&it| self.through_parameter(it, position, depth + 1));
                            let mut hows: Vec<How> = hows.collect();
                            match hows.pop() {
                                Some(how) => how,
                                None => How::Escapes,
                            }
                        }
                        None => How::Escapes,
                    }
                }
                Kind::Assign | Kind::Property | Kind::Array => How::Escapes,
                _ => continue,
            };
            found.push(self.seen_from_outside(how, reference, callee));
        }
        found.sort();
        found.dedup();
        found
    }

    /// A callback that runs within functions inside `callee` runs as those do.
    fn seen_from_outside(&self, how: How, at: NodeId, callee: FunctionId) -> How {
        let (model, tree) = (self.model, self.model.tree);
        let mut how = how;
        let mut function = tree.function_of(at);
        while function != callee && function != FunctionId(0) {
            let node = tree.function(function).node;
            let call = tree.parent(node);
            let position = matches!(tree.kind(call), Kind::Call | Kind::New)
                .then(|| tree.args(call).position(|arg| arg == node))
                .flatten();
            let layer = match position {
                Some(position) => match model.callback_runs(call, position).unwrap_or(How::Escapes) {
                    // What is made for the call ends once.
                    How::Again { ends: true } if self.is_made_within(call, callee) => How::Later,
                    how => how,
                },
                // A function that names itself tries again.
                None if self.goes_on_to_itself(function, at) => How::Again { ends: true },
                None => How::Call,
            };
            how = how.max(layer);
            function = tree.function(function).parent;
        }
        how
    }

    /// `off('up', f)`
    fn is_taken_off(&self, function: NodeId) -> bool {
        let call = self.model.tree.parent(function);
        let effect = self
            .model
            .tree
            .is(call, Kind::Call)
            .then(|| self.model.effect(call));
        effect
            .flatten()
            .is_some_and(|it| it.removes == Some(Removes::Listener))
    }

    /// A listener on an emitter that is a variable of the function.
    fn is_made_within(&self, listens: NodeId, function: FunctionId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        let receiver = model.receiver(listens).filter(|&it| tree.is(it, Kind::Ident));
        let binding = receiver.and_then(|it| tree.binding_of(it));
        binding.is_some_and(|it| {
            let info = &tree.bindings[it.index()];
            info.kind != BindingKind::Param && tree.scopes[info.scope.index()].function == function
        })
    }

    /// A run of the function that comes to `at` may also come to where it names itself.
    fn goes_on_to_itself(&self, function: FunctionId, at: NodeId) -> bool {
        let (model, tree) = (self.model, self.model.tree);
        let node = tree.function(function).node;
        let Some(binding) = tree
            .binding_of(node)
            .or_else(|| super::owners::holding_binding(tree, node))
        else {
            return false;
        };
        tree.references(binding)
            .iter()
            .filter(|&&it| tree.contains(node, it) && !self.is_taken_off(it))
            // `cached.values`
            .filter(|&&it| {
                let up = tree.parent(it);
                !tree.is(up, Kind::Member) || matches!(tree.name_text(up), "call" | "apply" | "bind")
            })
            .any(|&reference| {
                // Functions are numbered outside in: the inner of the two is lifted out until they meet.
                let (mut a, mut b) = (at, reference);
                while tree.function_of(a) != tree.function_of(b) {
                    let inner = if tree.function_of(a) > tree.function_of(b) {
                        &mut a
                    } else {
                        &mut b
                    };
                    *inner = tree.function(tree.function_of(*inner)).node;
                }
                !model.exclude(a, b)
            })
    }

    /// Where a function expression or the name of a declared function is put.
    fn written(&mut self, function: FunctionId) {
        let (model, tree) = (self.model, self.model.tree);
        let info = tree.function(function);
        match info.kind {
            FunctionKind::Field | FunctionKind::Constructor => {
                // Runs with `new`; classes that the file does not make are made elsewhere.
                self.outside(function, info.node, How::Method);
            }
            // For each instance, which code elsewhere makes.
            FunctionKind::Setup => self.outside(function, info.node, How::Exported),
            FunctionKind::Reactive => {
                let from = info.parent;
                let (site, how) = (info.node, How::Again { ends: false });
                self.add(function, Entry { from, site, how });
            }
            FunctionKind::StaticInit => {
                self.add(
                    function,
                    Entry {
                        from: info.parent,
                        site: info.node,
                        how: How::Call,
                    },
                );
            }
            _ => {}
        }
        if !tree.has(info.node, flag::FLAG) {
            self.put(function, info.node);
        }
        if let Some(binding) = tree.binding_of(info.node) {
            for &reference in tree.references(binding) {
                self.put(function, reference);
            }
            let in_script = !tree.is_module && tree.bindings[binding.index()].scope.0 == 0;
            if in_script
                && tree.references(binding).is_empty()
                && model.tree.is(tree.parent(info.node), Kind::Program)
            {
                // A global function of a script that nothing here calls.
                self.outside(function, info.node, How::Exported);
            }
        }
    }

    /// `node` is the function's value; what its surroundings do with it, apart from calls and arguments.
    fn put(&mut self, function: FunctionId, node: NodeId) {
        let (model, tree) = (self.model, self.model.tree);
        if !self.seen.insert((function, node)) {
            return;
        }
        let parent = tree.parent(node);
        match tree.kind(parent) {
            Kind::Declarator if tree.child(parent, 1) == node => {
                let pattern = tree.child(parent, 0);
                if let Some(binding) = tree
                    .is(pattern, Kind::Binding)
                    .then(|| tree.binding_of(pattern))
                    .flatten()
                {
                    self.references(function, binding);
                }
            }
            Kind::Assign if tree.child(parent, 1) == node => {
                let target = tree.child(parent, 0);
                match tree.kind(target) {
                    Kind::Ident => match tree.binding_of(target) {
                        Some(binding) => self.references(function, binding),
                        None => self.outside(function, parent, How::Exported),
                    },
                    Kind::Member => self.assigned(function, parent, target),
                    _ => self.outside(function, parent, How::Escapes),
                }
                if !tree.is(tree.parent(parent), Kind::ExprStmt) {
                    self.put(function, parent);
                }
            }
            Kind::Return => {
                let from = tree.function_of(parent);
                // The initialiser of a field returns its value, which is a member.
                if tree.function(from).kind != FunctionKind::Field
                    && tree.function(from).kind != FunctionKind::StaticInit
                {
                    self.add(
                        function,
                        Entry {
                            from,
                            site: parent,
                            how: How::Returned,
                        },
                    );
                }
            }
            Kind::Property => {
                let object = tree.parent(parent);
                match tree.kind(object) {
                    // What is written there is a member of the object, with entries of its own.
                    Kind::Object if model.owners.at(object).is_none() || !tree.is(node, Kind::Function) => {
                        let exported = matches!(
                            model.held_at(object),
                            Some(Place {
                                root: Root::Exports,
                                ..
                            })
                        );
                        self.outside(
                            function,
                            parent,
                            if exported { How::Exported } else { How::Escapes },
                        );
                    }
                    Kind::Jsx => {
                        self.add(
                            function,
                            Entry {
                                from: tree.function_of(parent),
                                site: parent,
                                how: How::Again { ends: false },
                            },
                        );
                    }
                    _ => {}
                }
            }
            Kind::Array | Kind::Spread | Kind::Yield => self.outside(function, parent, How::Escapes),
            Kind::ExportDefault | Kind::ExportSpecifier => self.outside(function, parent, How::Exported),
            Kind::Conditional | Kind::Logical | Kind::Await | Kind::Sequence => self.put(function, parent),
            _ => {}
        }
    }

    fn references(&mut self, function: FunctionId, binding: crate::syntax::tree::BindingId) {
        let tree = self.model.tree;
        for &reference in tree.references(binding) {
            let parent = tree.parent(reference);
            // A variable that is handed on by name is followed once.
            let again = tree.is(parent, Kind::Declarator)
                || tree.is(parent, Kind::Assign) && tree.child(parent, 0) == reference;
            if !again {
                self.put(function, reference);
            }
        }
        if tree.bindings[binding.index()].kind == BindingKind::Var
            && tree.bindings[binding.index()].scope.0 == 0
            && !tree.is_module
            && tree.references(binding).is_empty()
        {
            self.outside(function, tree.bindings[binding.index()].decl, How::Exported);
        }
    }

    /// `target = function`: an event property, an export, or a member of something.
    fn assigned(&mut self, function: FunctionId, assign: NodeId, target: NodeId) {
        let (model, tree) = (self.model, self.model.tree);
        let name = tree.name_text(target);
        let from = tree.function_of(assign);
        let event = name
            .strip_prefix("on")
            .filter(|event| !event.is_empty() && event.bytes().all(|byte| byte.is_ascii_lowercase()))
            .filter(|_| !model.apis.named("no_event_properties", name));
        if let Some(event) = event {
            let ty = model.ty(tree.child(target, 0));
            let how = model.event_runs(ty, event);
            self.add(
                function,
                Entry {
                    from,
                    site: assign,
                    how,
                },
            );
            return;
        }
        match model.place(target) {
            Some(Place {
                root: Root::Exports, ..
            }) => self.outside(function, assign, How::Exported),
            // Members of owners have their own entries.
            _ if model.owner(tree.child(target, 0)).is_some() => {}
            _ if is_prototype_member(model, target) => {}
            _ => self.outside(function, assign, How::Escapes),
        }
    }

    fn methods(&mut self, id: super::owners::OwnerId) {
        let (model, tree) = (self.model, self.model.tree);
        let owner = model.owners.get(id);
        // The methods of an object that goes nowhere else are called by what the file shows.
        for member in &owner.members {
            let Some(function) = member.function else { continue };
            let name = tree.text(member.name);
            let private = name.starts_with('_')
                || name.starts_with('#')
                || tree.is(member.node, Kind::Property) && tree.has(member.node, flag::FLAG);
            if private && !self.entries[function.index()].is_empty() {
                continue;
            }
            if owner.kind == OwnerKind::Object {
                match self.object_goes(owner.node) {
                    Goes::Nowhere => continue,
                    Goes::Callback(call) => {
                        let from = tree.function_of(call);
                        self.add(
                            function,
                            Entry {
                                from,
                                site: call,
                                how: How::Escapes,
                            },
                        );
                        continue;
                    }
                    Goes::Outside => {}
                }
            }
            self.outside(function, member.node, How::Method);
        }
    }

    fn object_goes(&self, object: NodeId) -> Goes {
        let (model, tree) = (self.model, self.model.tree);
        if let Some(binding) = super::owners::holding_binding(tree, object) {
            let uses = model.uses_near(&Place::of(Root::Binding(binding)));
            let leaves = uses.iter().any(|it| {
                it.path.is_empty() && matches!(it.op, Op::Passed | Op::Stored | Op::Returned | Op::Exported)
            });
            let exported = is_exported_declaration(tree, object);
            return if leaves || exported {
                Goes::Outside
            } else {
                Goes::Nowhere
            };
        }
        let parent = tree.parent(object);
        if tree.is(parent, Kind::Call) || tree.is(parent, Kind::New) {
            return Goes::Callback(parent);
        }
        Goes::Outside
    }

    fn exported(&mut self, export: NodeId) {
        let (model, tree) = (self.model, self.model.tree);
        for child in tree.children(export) {
            match tree.kind(child) {
                Kind::Function => self.outside(tree.function_at(child), export, How::Exported),
                Kind::VarDecl => {
                    for declarator in tree.children(child) {
                        let value = tree.child(declarator, 1);
                        for function in model.functions(value) {
                            self.outside(function, export, How::Exported);
                        }
                    }
                }
                Kind::ExportSpecifier => {
                    for ident in tree.children(child) {
                        for function in model.functions(ident) {
                            self.outside(function, export, How::Exported);
                        }
                    }
                }
                Kind::Ident => {
                    for function in model.functions(child) {
                        self.outside(function, export, How::Exported);
                    }
                }
                _ => {}
            }
        }
    }
}

enum Goes {
    /// Every use of the object is in the file.
    Nowhere,
    /// It is an argument of this call.
    Callback(NodeId),
    Outside,
}

fn is_exported_declaration(tree: &crate::syntax::Tree, value: NodeId) -> bool {
    tree.ancestors(value)
        .take(4)
        .any(|up| matches!(tree.kind(up), Kind::ExportNamed | Kind::ExportDefault))
}

fn is_prototype_member(model: &Model, target: NodeId) -> bool {
    let tree = model.tree;
    let object = tree.child(target, 0);
    tree.is(object, Kind::Member) && tree.name_text(object) == "prototype"
}

impl Model<'_> {
    /// How an API runs the callback at this position; `None` when no model tells.
    pub fn callback_runs(&self, call: NodeId, position: usize) -> Option<How> {
        let tree = self.tree;
        let Some(effect) = self.effect(call) else {
            return self.helper_runs(call, position);
        };
        if effect.adds == Some(Adds::Listener) {
            if effect.emitter.is_some() {
                return None;
            }
            let event = match &effect.event {
                Some(event) => Some(event.as_str()),
                None => tree
                    .args(call)
                    .next()
                    .filter(|&arg| tree.is(arg, Kind::Str))
                    .map(|arg| tree.name_text(arg)),
            };
            let callee = tree.callee(call);
            let receiver = tree.is(callee, Kind::Member).then(|| tree.child(callee, 0));
            let how = match event {
                Some(event) => self.event_runs(receiver.and_then(|it| self.ty(it)), event),
                None => How::Again { ends: false },
            };
            return Some(match how {
                How::Again { .. } if effect.once => How::Later,
                how => how,
            });
        }
        if effect.callback.is_some_and(|wanted| wanted != position) {
            return None;
        }
        Some(match effect.runs? {
            Runs::Inline => How::Call,
            Runs::Later => How::Later,
            Runs::Again => How::Again { ends: false },
            Runs::Once => How::Once,
        })
    }

    /// The call runs its callback before it returns, once for each element: `list.forEach(callback)`.
    pub fn runs_for_each(&self, site: NodeId) -> bool {
        self.tree.is(site, Kind::Call)
            && self
                .effect(site)
                .is_some_and(|effect| effect.runs == Some(Runs::Inline))
    }

    /// Other files can import the variable.
    pub fn is_exported(&self, binding: BindingId) -> bool {
        let tree = self.tree;
        let assigned = |up: NodeId| {
            let place = tree.is(up, Kind::Assign).then(|| self.place(tree.child(up, 0)));
            place.flatten().is_some_and(|it| it.root == Root::Exports)
        };
        // `export { it }`, `module.exports = it`, `module.exports = { it }`
        let by_name = |&it: &NodeId| {
            let up = tree.parent(it);
            match tree.kind(up) {
                Kind::ExportSpecifier | Kind::ExportDefault => true,
                Kind::Property => assigned(tree.parent(tree.parent(up))),
                _ => assigned(up),
            }
        };
        is_exported_declaration(tree, tree.bindings[binding.index()].decl)
            || tree.references(binding).iter().any(by_name)
    }

    /// `on(target, event, callback)`, with a helper of another file.
    fn helper_runs(&self, call: NodeId, position: usize) -> Option<How> {
        let (listener, _) = self.listener_by_helper(call)?;
        let is_callback = self.tree.args(call).nth(position) == Some(listener.callback);
        is_callback.then_some(if listener.once {
            How::Later
        } else {
            How::Again { ends: false }
        })
    }

    /// `then`, `catch`, `finally`: the callback runs when something has been done.
    pub fn is_promise_step(&self, call: NodeId) -> bool {
        let tree = self.tree;
        tree.is(call, Kind::Call)
            && tree.is(tree.callee(call), Kind::Member)
            && self.word(tree.name_of(tree.callee(call))).may(Word::STEPS)
    }

    /// The promise step runs its callback at this position when what it waits for fails.
    pub fn takes_failure(&self, step: NodeId, position: usize) -> bool {
        match self.tree.name_text(self.tree.callee(step)) {
            "catch" | "fail" => position == 0,
            "then" => position == 1,
            _ => false,
        }
    }

    /// A promise step that is given this callback for the failure of what it waits for.
    pub fn handles_failure(&self, step: NodeId, callback: NodeId) -> bool {
        self.is_promise_step(step)
            && self
                .tree
                .args(step)
                .position(|it| it == callback)
                .is_some_and(|it| self.takes_failure(step, it))
    }

    /// The model of the event that a listener's call, or an assignment to an `onX` property, is for.
    pub fn event_of(&self, site: NodeId) -> Option<&crate::apis::Event> {
        let tree = self.tree;
        match tree.kind(site) {
            Kind::Call if tree.is(tree.callee(site), Kind::Member) => {
                let event = tree.args(site).next().filter(|&arg| tree.is(arg, Kind::Str))?;
                self.apis
                    .event(self.ty(tree.child(tree.callee(site), 0)), tree.name_text(event))
            }
            Kind::Assign if tree.is(tree.child(site, 0), Kind::Member) => {
                let target = tree.child(site, 0);
                let event = tree.name_text(target).strip_prefix("on")?;
                self.apis.event(self.ty(tree.child(target, 0)), event)
            }
            _ => None,
        }
    }

    fn event_runs(&self, ty: Option<crate::apis::TypeId>, event: &str) -> How {
        let Some(event) = self.apis.event(ty, event) else {
            return How::Again { ends: false };
        };
        match event.runs {
            Some(Runs::Later) => How::Later,
            Some(Runs::Once) => How::Once,
            _ => How::Again { ends: event.ends },
        }
    }
}
