//! What a framework hands to an instance that asks for it by its class.

use crate::syntax::tree::{BindingId, Kind, NodeId};

use super::super::Model;
use super::super::lives::{Life, Of};
use super::super::owners::This;
use super::super::place::{Place, Root};

impl Model<'_> {
    /// A framework hands over what an instance asks for by its class: services are there for the whole program, what
    /// else there is of a class may be a part of the same component.
    pub fn is_injected_part(&self, target: NodeId, life: &Life) -> bool {
        let Of::Instance(owner) = life.of else {
            return false;
        };
        let injects = self.component(owner).is_some_and(|it| !it.decorators.is_empty());
        let Some(source) = self.source(target).filter(|_| injects) else {
            return false;
        };
        let class = self.injected_class(&source);
        // One of its own class is further up in the page.
        let own = self.tree.text(self.owners.get(owner).name);
        class.is_some_and(|it| it != own && !self.apis.ends_name("service_words", it))
            && !self.is_ended_beside(&source)
    }

    /// `@Component({ providers: [Selection] })`: each component has one of its own. Compiled, that is a static field.
    pub(super) fn is_provided(&self, class: Option<&str>, life: &Life) -> bool {
        let tree = self.tree;
        let (Of::Instance(owner), Some(class)) = (life.of, class) else {
            return false;
        };
        let own = self.owners.get(owner).node;
        let lists = |node: &NodeId| {
            tree.is(*node, Kind::Property) && self.named("provider_lists", tree.name_of(*node))
        };
        let properties = tree.subtree(own).filter(lists);
        let mut names = properties.flat_map(|it| tree.subtree(it));
        names.any(|it| tree.is(it, Kind::Ident) && tree.name_text(it) == class)
    }

    /// Another stream of the source is ended with the component, so it is known to live longer.
    fn is_ended_beside(&self, source: &Place) -> bool {
        let tree = self.tree;
        self.index.calls.iter().any(|&call| {
            let mut args = tree.args(call).filter(|&it| tree.is(it, Kind::Call));
            args.any(|it| self.ends_life(it))
                && self
                    .stream_step(call)
                    .and_then(|it| self.source(it))
                    .is_some_and(|it| it == *source)
        })
    }

    /// `inject(…)`
    pub(super) fn is_injector(&self, call: NodeId) -> bool {
        let callee = self.tree.callee(call);
        self.tree.is(callee, Kind::Ident) && self.named("injectors", self.tree.name_of(callee))
    }

    /// `inject(Router)`: the class.
    pub(super) fn asked_for(&self, call: NodeId) -> Option<&str> {
        let first = self.tree.args(call).next();
        first
            .filter(|&it| self.tree.is(it, Kind::Ident))
            .map(|it| self.tree.name_text(it))
    }

    /// The class of what a framework has put into a parameter or field.
    fn injected_class(&self, source: &Place) -> Option<&str> {
        let tree = self.tree;
        let of_value = |value: NodeId| match tree.kind(value) {
            Kind::Ident => self.annotated_class(tree.binding_of(value)?),
            Kind::Call if self.is_injector(value) => self.asked_for(value),
            _ => None,
        };
        if let Root::Binding(binding) = source.root
            && let Some(class) = self.annotated_class(binding)
        {
            return Some(class);
        }
        let values = self.values_at(source);
        values.into_iter().find_map(|(_, value)| of_value(value?))
    }

    /// The class of a parameter, as its type says. Compiled, that is told where the component is made:
    /// `ɵɵngDeclareFactory({ type: List, deps: [{ token: Selection }] })`.
    pub(super) fn annotated_class(&self, param: BindingId) -> Option<&str> {
        let tree = self.tree;
        let decl = tree.bindings[param.index()].decl;
        if let Some(&class) = tree.annotations.get(&decl) {
            return Some(tree.text(class));
        }
        let (function, position) = self.tree.parameter(param)?;
        let This::Instance(owner) = self.owners.this[function.index()] else {
            return None;
        };
        // Hardly any file mentions one.
        let mut makers = self.apis.words("component_makers").iter();
        makers.find(|it| tree.name(it).is_some())?;
        let own = self.owners.get(owner).name;
        let is_of_class = |&call: &NodeId| {
            let options = tree.args(call).flat_map(|it| tree.children(it));
            let properties = options.filter(|&it| tree.is(it, Kind::Property));
            let mut values = properties.map(|it| tree.value(it));
            values.any(|it| tree.is(it, Kind::Ident) && tree.name_of(it) == own)
        };
        let calls = self.index.calls.iter().copied();
        let mut makers = calls.filter(|&it| self.named("component_makers", tree.name_of(tree.callee(it))));
        let options = tree.children(tree.args(makers.find(is_of_class)?).next()?);
        let mut properties = options.filter(|&it| tree.is(it, Kind::Property));
        let list = properties.find(|&it| self.named("dependency_lists", tree.name_of(it)))?;
        let asked = tree.children(tree.value(list)).nth(position)?;
        let class = tree.subtree(asked).find(|&it| tree.is(it, Kind::Ident))?;
        Some(tree.name_text(class))
    }
}
