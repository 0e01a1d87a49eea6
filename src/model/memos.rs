//! Memos: functions whose results a library keeps, one for each argument. Refuses to know memos that are made again
//! with their owner, that an option may limit, or whose cache the file handles itself.

use crate::apis::Word;
use crate::syntax::tree::{FunctionId, FunctionKind, Kind, NodeId};

use super::Model;
use super::growth::Keys;
use super::place::Root;
use super::uses;

pub struct Memo {
    /// The call that makes the memoizing function.
    pub call: NodeId,
    /// What tells that there is no end of arguments; without it, nobody knows.
    pub without_end: Option<(Arguments, NodeId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// It is called with what comes from an event or request, or is new each time.
    Fresh,
    /// The parameter names somebody or something of the outside world.
    Outside,
    /// The function asks somebody for what the argument names.
    Fetched,
}

impl Model<'_> {
    /// Memos that live as long as the program and have no limit.
    pub fn memos(&self) -> Vec<Memo> {
        let calls = self.calls_that(Word::MEMOIZES);
        calls.filter_map(|call| self.memo(call)).collect()
    }

    fn memo(&self, call: NodeId) -> Option<Memo> {
        let tree = self.tree;
        let effect = self.typed_effect(call)?;
        let limits = effect.memoizes.as_ref()?;
        let position = effect.callback.unwrap_or(0);
        let callback = tree.args(call).nth(position)?;
        let lives_on = self.runs_once(tree.function_of(call));
        if !lives_on
            || self.may_be_limited(call, position, limits)
            || self.is_handled(call)
            || self.is_configured(call)
        {
            return None;
        }
        let functions = self.functions(callback);
        let without_end = self
            .called_with(call)
            .filter(|_| !functions.iter().any(|&it| self.takes_few(it)))
            .or_else(|| functions.iter().find_map(|&it| self.takes_without_end(it)));
        let takes_none = functions.iter().any(|&it| tree.params(it).next().is_none())
            && functions.iter().all(|&it| !tree.function(it).uses_arguments);
        (!takes_none).then_some(Memo { call, without_end })
    }

    /// Options that are not written out, or that have a limit.
    fn may_be_limited(&self, call: NodeId, callback: usize, limits: &[String]) -> bool {
        let tree = self.tree;
        // Without options, what follows makes the key.
        let mut others = tree.args(call).skip(callback + 1).filter(|_| !limits.is_empty());
        others.any(|arg| match tree.kind(arg) {
            Kind::Object => tree.children(arg).any(|property| {
                tree.is(property, Kind::Spread) || limits.iter().any(|it| it == tree.name_text(property))
            }),
            _ => self.functions(arg).is_empty(),
        })
    }

    /// The file does more with the memoizing function than call and export it: it may clear or replace the cache.
    fn is_handled(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let parent = tree.parent(call);
        match tree.kind(parent) {
            Kind::Declarator => {
                let Some(binding) = tree.binding_of(tree.child(parent, 0)) else {
                    return true;
                };
                self.uses(Root::Binding(binding)).iter().any(|it| match it.op {
                    uses::Op::Passed | uses::Op::Stored => {
                        it.path.is_empty() && !tree.is(it.node, Kind::Property)
                    }
                    _ => !it.path.is_empty() || matches!(it.op, uses::Op::Method { .. }),
                })
            }
            Kind::ExportDefault | Kind::Assign | Kind::Property => false,
            // The value of a static field.
            Kind::Return => tree.function(tree.function_of(call)).kind != FunctionKind::StaticInit,
            _ => true,
        }
    }

    /// `memoize.Cache = WeakMap`: the file tells the library where to keep results.
    fn is_configured(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let library = self.api_path(tree.callee(call));
        let mut writes = self.index.member_writes.values().flatten();
        writes.any(|&at| {
            let target = tree.child(at, 0);
            tree.is(target, Kind::Member) && self.api_path(tree.child(target, 0)) == library
        })
    }

    fn called_with(&self, memo: NodeId) -> Option<(Arguments, NodeId)> {
        let tree = self.tree;
        let parent = tree.parent(memo);
        let binding = tree
            .binding_of(tree.child(parent, 0))
            .filter(|_| tree.is(parent, Kind::Declarator))?;
        let calls = tree.references(binding).iter().filter_map(|&reference| {
            let call = tree.parent(reference);
            (tree.is(call, Kind::Call) && tree.callee(call) == reference).then_some(call)
        });
        let mut args = calls.filter_map(|call| tree.args(call).next());
        args.find(|&arg| matches!(self.keys(arg, 0), Keys::Event | Keys::Fresh) && !self.is_of_program(arg))
            .map(|arg| (Arguments::Fresh, arg))
    }

    /// The file has to do with what a page shows.
    pub fn is_of_page(&self) -> bool {
        let tree = self.tree;
        let of_page = |node: NodeId| match tree.kind(node) {
            Kind::Jsx => true,
            Kind::Ident => tree.binding_of(node).is_none() && self.named("page_globals", tree.name_of(node)),
            _ => false,
        };
        (0..tree.nodes.len() as u32).map(NodeId).any(of_page)
    }

    fn is_of_program(&self, node: NodeId) -> bool {
        self.mentions_word(node, "program_words") || self.keys(node, 0) == Keys::Fixed
    }

    fn takes_without_end(&self, function: FunctionId) -> Option<(Arguments, NodeId)> {
        let tree = self.tree;
        let param = tree.child(tree.params(function).next()?, 0);
        if !tree.is(param, Kind::Binding) {
            return None;
        }
        let name = tree.name_text(param).to_lowercase().replace('_', "");
        if self.apis.named("unbounded_words", &name) {
            return Some((Arguments::Outside, param));
        }
        let asks = tree.function(function).is_async
            || self
                .calls_in(function)
                .iter()
                .any(|&call| self.is_promise_step(call));
        (asks && !self.takes_few(function)).then_some((Arguments::Fetched, param))
    }

    /// The parameter is named like what a program has only so many of.
    fn takes_few(&self, function: FunctionId) -> bool {
        let tree = self.tree;
        let param = tree.params(function).next().map(|it| tree.child(it, 0));
        param.filter(|&it| tree.is(it, Kind::Binding)).is_some_and(|it| {
            let name = tree.name_text(it).to_lowercase().replace('_', "");
            self.apis.named("program_words", &name) || self.apis.ends_name("fixed_suffixes", &name)
        })
    }
}
