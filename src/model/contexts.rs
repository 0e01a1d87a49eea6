//! Contexts: which variables V8 keeps in the heap for closures.
//!
//! V8 gives each scope at most one context, shared by all closures made in it: a closure keeps every variable there
//! alive, also those that only another closure mentions. Which variables live in the context was measured on
//! Node 20.20 (V8 11.3); see `rules/closure-captures-replaced.md`.

use crate::syntax::tree::{
    BindingId, BindingKind, FunctionId, FunctionKind, Kind, NodeId, ScopeId, ScopeKind,
};

use super::Model;

/// What a context can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    Binding(BindingId),
    /// `this` of a function that is no arrow.
    This(FunctionId),
    /// `arguments` of a function that is no arrow.
    Arguments(FunctionId),
}

/// How a variable comes to live in its scope's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// A function inside the scope mentions it here.
    Mentioned(NodeId),
    /// A direct `eval` may mention it.
    Eval,
    /// `arguments` of a sloppy function is tied to its parameters.
    Arguments,
    /// Catch parameters always live in a context.
    Catch,
}

/// The contents of each scope's context, by [`ScopeId`]. A scope without contents has no context.
pub type Contexts = Vec<Vec<(Variable, Captured)>>;

impl Model<'_> {
    /// What the scope's context holds, and why.
    pub fn context(&self, scope: ScopeId) -> &[(Variable, Captured)] {
        &self.contexts.get_or_init(|| self.find_contexts())[scope.index()]
    }

    fn find_contexts(&self) -> Contexts {
        let tree = self.tree;
        let mut contexts: Contexts = vec![Vec::new(); tree.scopes.len()];
        for binding in (0..tree.bindings.len() as u32).map(BindingId) {
            if let Some(captured) = self.captured(binding) {
                contexts[tree.bindings[binding.index()].scope.index()]
                    .push((Variable::Binding(binding), captured));
            }
        }
        let arguments = tree
            .global_references()
            .iter()
            .filter(|&&it| tree.name_text(it) == "arguments");
        let of_this = self
            .index
            .this
            .iter()
            .map(|&node| (node, Variable::This as fn(FunctionId) -> Variable));
        for (node, variable) in of_this.chain(arguments.map(|&node| (node, Variable::Arguments as _))) {
            let user = tree.function_of(node);
            let owner = self.not_arrow(user);
            if owner == user || owner == FunctionId(0) {
                continue;
            }
            let context = &mut contexts[tree.function(owner).scope.index()];
            if !context.iter().any(|&(known, _)| known == variable(owner)) {
                context.push((variable(owner), Captured::Mentioned(node)));
            }
        }
        contexts
    }

    /// The variable in the words of the source.
    pub fn variable_name(&self, variable: Variable) -> &str {
        match variable {
            Variable::Binding(binding) => self.tree.text(self.tree.bindings[binding.index()].name),
            Variable::This(_) => "this",
            Variable::Arguments(_) => "arguments",
        }
    }

    /// The function whose `this` and `arguments` a function uses.
    pub fn not_arrow(&self, mut function: FunctionId) -> FunctionId {
        while self.tree.function(function).kind == FunctionKind::Arrow {
            function = self.tree.function(function).parent;
        }
        function
    }

    /// Whether, and why, the variable lives in a context.
    pub fn captured(&self, binding: BindingId) -> Option<Captured> {
        let tree = self.tree;
        let info = &tree.bindings[binding.index()];
        let scope = &tree.scopes[info.scope.index()];
        let references = tree.references(binding);
        if let Some(&mention) = references
            .iter()
            .find(|&&it| tree.function_of(it) != scope.function)
        {
            return Some(Captured::Mentioned(mention));
        }
        let in_with = |&it: &NodeId| tree.ancestors(it).any(|up| tree.is(up, Kind::With));
        if scope.has_eval || self.index.has_with && references.iter().any(in_with) {
            return Some(Captured::Eval);
        }
        if info.kind == BindingKind::Catch && scope.kind == ScopeKind::Catch {
            return Some(Captured::Catch);
        }
        let function = tree.function(scope.function);
        let mapped = info.kind == BindingKind::Param
            && function.uses_arguments
            && !function.strict
            && function.simple_parameters;
        mapped.then_some(Captured::Arguments)
    }
}
