//! How many there are of a class or a component: who makes instances of it, as other files are told and asked.

use crate::apis::Word;
use crate::finding::Question;
use crate::project::summary::{Made, Maker};
use crate::syntax::tree::{BindingId, BindingKind, FunctionId, FunctionKind, Kind, Name, NodeId};

use super::Model;
use super::lives::{Life, Of};
use super::owners::{OwnerId, OwnerKind, This, holding_binding};
use super::repeat::Level;

/// Classes that extend each other are followed so far.
const MAX_BASES: u32 = 8;

impl Model<'_> {
    /// Whether the program has only one of what this life is of, if other files could know.
    pub fn has_one(&self, life: &Life) -> Option<Question> {
        match life.of {
            Of::Instance(owner) => self.made_once(owner),
            _ => self.shown_once(self.component_of(life)?),
        }
    }

    /// The function that is the component, or sets it up.
    fn component_of(&self, life: &Life) -> Option<FunctionId> {
        match life.of {
            Of::Component(function) => Some(function),
            Of::Mount(function) => Some(self.tree.function(function).parent),
            Of::Program | Of::Instance(_) | Of::Call(_) => None,
        }
    }

    /// Whether the program makes one instance of the class, if other files could know.
    pub fn made_once(&self, owner: OwnerId) -> Option<Question> {
        let info = self.owners.get(owner);
        let name = self.tree.text(info.name);
        // The object of options that a component's file exports has the file's name.
        let is_known = info.kind != OwnerKind::Object && !name.is_empty() || info.is_options;
        is_known.then(|| Question::MadeOnce(name.to_string()))
    }

    /// A component that is called as only the one at the top is: `App`.
    pub fn is_called_root(&self, life: &Life) -> bool {
        let component = self.component_of(life);
        component.is_some_and(|it| {
            let name = self.component_name(it).to_lowercase();
            self.apis.named("singleton_words", &name)
        })
    }

    /// The file itself makes instances on events or for requests, each time another one.
    pub fn is_made_again(&self, owner: OwnerId) -> bool {
        self.news_of(owner).any(|new| {
            self.repeat(new, FunctionId::NONE).level == Level::Again && !self.runs_once_by_guard(new)
        })
    }

    /// Classes that are left over in a bundle: the module neither makes an instance of them nor hands them to anybody.
    pub fn never_made(&self) -> Vec<NodeId> {
        let classes = self.owners.ids().filter(|&it| self.is_never_made(it, 0));
        classes.map(|it| self.owners.get(it).node).collect()
    }

    fn is_never_made(&self, owner: OwnerId, depth: u32) -> bool {
        let tree = self.tree;
        let class = self.owners.get(owner).node;
        let declared = |it: &BindingId| tree.bindings[it.index()].kind == BindingKind::Class;
        let binding = self.owners.get(owner).binding.filter(declared);
        let (Some(binding), true) = (binding, tree.is_module && depth < MAX_BASES) else {
            return false;
        };
        let extends = |reference: NodeId| {
            let subclass = tree.parent(reference);
            tree.is(subclass, Kind::Class)
                && tree.child(subclass, 0) == reference
                && self
                    .owners
                    .at(subclass)
                    .is_some_and(|it| self.is_never_made(it, depth + 1))
        };
        // `static { customElements.define('x-tag', this) }`
        let static_init = |at: NodeId| tree.function(tree.function_of(at)).kind == FunctionKind::StaticInit;
        let itself = |at: NodeId| tree.is(at, Kind::This) && static_init(at);
        let references = tree.references(binding);
        !self.is_exported_class(owner)
            && !tree.children(class).any(|it| tree.is(it, Kind::Decorator))
            && !tree.subtree(class).any(itself)
            && references
                .iter()
                .all(|&it| tree.contains(class, it) && !static_init(it) || extends(it))
    }

    /// The `new` expressions of the file that make an instance of this very class.
    pub(super) fn news_of(&self, owner: OwnerId) -> impl Iterator<Item = NodeId> {
        let news = self.index.news.iter().copied();
        news.filter(move |&new| self.owner(self.tree.callee(new)) == Some((owner, true)))
    }

    fn shown_once(&self, function: FunctionId) -> Option<Question> {
        let is_file = matches!(
            self.tree.function(function).kind,
            FunctionKind::Setup | FunctionKind::Program
        );
        let name = self.component_name(function);
        (is_file || !name.is_empty()).then(|| Question::MadeOnce(name.to_string()))
    }

    /// `function Panel() {…}`, `const Panel = memo(() => …)`, the class of a method `render`.
    fn component_name(&self, function: FunctionId) -> &str {
        let tree = self.tree;
        let info = tree.function(function);
        if function == FunctionId(0) {
            return "";
        }
        if let This::Instance(owner) = self.owners.this[function.index()] {
            return tree.text(self.owners.get(owner).name);
        }
        let mut node = info.node;
        while tree.is(tree.parent(node), Kind::Call) && !tree.is(node, Kind::Call) {
            node = tree.parent(node);
        }
        match holding_binding(tree, node) {
            Some(binding) => tree.text(tree.bindings[binding.index()].name),
            None => tree.text(info.name),
        }
    }

    /// The instances that the file makes, by the names of their classes, and the components that it shows.
    pub(super) fn made(&self) -> Vec<Made> {
        let tree = self.tree;
        let mut made = Vec::new();
        for &new in &self.index.news {
            let callee = tree.callee(new);
            let is_named = match tree.kind(callee) {
                Kind::Ident => tree.binding_of(callee).is_some(),
                Kind::Member => self.api_path(callee).is_some(),
                _ => false,
            };
            if is_named {
                made.push((callee, self.maker(new)));
            }
        }
        for &element in &self.index.elements {
            made.push((tree.child(element, 0), self.shower(element)));
        }
        for call in self.calls_that(Word::SHOWS) {
            let callee = tree.callee(call);
            let first = tree.args(call).next().filter(|&it| tree.is(it, Kind::Ident));
            if self.named("element_makers", tree.name_of(callee)) {
                // `h(App)`
                made.extend(first.map(|it| (it, self.shower(call))));
            } else if self.named("root_renderers", tree.name_of(callee)) {
                // `createApp(App)`
                made.extend(first.map(|it| (it, self.program(call))));
            } else if self.is_own_hook(callee) {
                let by = self.component_name(tree.function_of(call));
                made.push((callee, Maker::of(by)));
            }
        }
        let named = made.into_iter().map(|(class, by)| Made {
            class: tree.name_text(class).to_string(),
            by,
        });
        named.chain(self.shown()).collect()
    }

    /// The components in the template of the one that the file is.
    fn shown(&self) -> impl Iterator<Item = Made> {
        let shown = &self.tree.shown;
        shown.iter().map(|it| {
            let around = std::iter::successors(it.within, |&at| shown[at].within);
            let always = it.always && around.into_iter().all(|at| !self.hides(shown[at].name));
            Made {
                class: self.tree.text(it.name).to_string(),
                by: if always { Maker::File } else { Maker::Many },
            }
        })
    }

    /// Who makes an instance here, and how often.
    fn maker(&self, new: NodeId) -> Maker {
        let tree = self.tree;
        let mut function = tree.function_of(new);
        // `(function () { … })()`
        loop {
            let info = tree.function(function);
            let around = tree.parent(info.node);
            let at_once = function != FunctionId(0)
                && info.kind != FunctionKind::Constructor
                && tree.is(around, Kind::Call)
                && tree.callee(around) == info.node;
            if self.loop_around(new, info.node).is_some() {
                return Maker::Many;
            }
            if !at_once {
                break;
            }
            function = info.parent;
        }
        if function == FunctionId(0) {
            return Maker::Program;
        }
        let info = tree.function(function);
        let begins = matches!(info.kind, FunctionKind::Constructor | FunctionKind::Field)
            || self.named("start_methods", info.name);
        match self.owners.this[function.index()] {
            This::Instance(owner) if begins => {
                Maker::Instance(tree.text(self.owners.get(owner).name).to_string())
            }
            _ => Maker::Many,
        }
    }

    /// Who shows the component of this element, and whether always: `root.render(<App />)`, or another component whose
    /// only element it is a part of.
    fn shower(&self, element: NodeId) -> Maker {
        let tree = self.tree;
        let mut at = element;
        loop {
            let up = tree.parent(at);
            match tree.kind(up) {
                Kind::Jsx if self.shows_all(up) => at = up,
                Kind::Call if matches!(tree.kind(tree.callee(up)), Kind::Ident | Kind::Member) => {
                    let name = tree.name_of(tree.callee(up));
                    if self.named("root_renderers", name) {
                        return self.program(up);
                    }
                    if !self.named("element_makers", name) {
                        return Maker::Many;
                    }
                    at = up;
                }
                Kind::Return => return self.shower_of(tree.function_of(up)),
                _ => return Maker::Many,
            }
        }
    }

    /// Who shows what this function returns.
    fn shower_of(&self, function: FunctionId) -> Maker {
        let tree = self.tree;
        if function == FunctionId(0) || self.index.returns_of(function).len() != 1 {
            return Maker::Many;
        }
        // `new Vue({ render: h => h(App) })`
        let option = tree.parent(tree.function(function).node);
        if tree.is(option, Kind::Property) && self.named("root_renderers", tree.name_of(option)) {
            let root = tree.parent(tree.parent(option));
            if tree.is(root, Kind::New) {
                return self.program(root);
            }
        }
        Maker::of(self.component_name(function))
    }

    /// The code here runs once in the program.
    fn program(&self, call: NodeId) -> Maker {
        let tree = self.tree;
        let function = tree.function_of(call);
        let once = self.runs_once(function) && self.loop_around(call, tree.function(function).node).is_none();
        if once { Maker::Program } else { Maker::Many }
    }

    /// The element shows what it is around, always.
    fn shows_all(&self, element: NodeId) -> bool {
        let tree = self.tree;
        let name = tree.child(element, 0);
        !matches!(tree.kind(name), Kind::Ident | Kind::Member) || !self.hides(tree.name_of(name))
    }

    /// A component whose name tells of routes, tabs, dialogs: it shows what it is around only at times.
    fn hides(&self, component: Name) -> bool {
        self.apis.has_word("hiding_components", self.tree.text(component))
    }

    /// `useTelemetry`, as functions are called that only components call.
    pub(super) fn is_hook_name(&self, name: &str) -> bool {
        let words = self.apis.words("component_hook_words").iter();
        let mut rests = words.filter_map(|it| name.strip_prefix(it.as_str()));
        rests.any(|it| it.starts_with(|c: char| c.is_ascii_uppercase()))
    }

    /// `useTelemetry`, a function of this file or of another one of the program.
    fn is_own_hook(&self, callee: NodeId) -> bool {
        let tree = self.tree;
        let binding = tree.variable(callee);
        self.is_hook_name(tree.name_text(callee))
            && binding.is_some_and(|it| match tree.bindings[it.index()].kind {
                BindingKind::Import => self.api_path(callee).is_none_or(|it| it.starts_with('.')),
                _ => true,
            })
    }
}
