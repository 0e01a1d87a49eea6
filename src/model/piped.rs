//! Files that are read into the response of a server. `pipe` ends neither side when the other one ends early
//! (<https://nodejs.org/api/stream.html#readablepipedestination-options>): if the client goes away, the file stays open
//! (measured on Node 20).
//!
//! Refuses to know streams that are used for anything but piping and listening.

use crate::syntax::tree::{BindingKind, Kind, NodeId};

use super::Model;

/// A file that is piped into a response, and that nothing closes when the response ends first.
#[derive(Clone, Copy, Debug)]
pub struct Piped {
    /// What opens the file.
    pub opened: NodeId,
    /// What pipes it into the response.
    pub pipe: NodeId,
}

impl Model<'_> {
    pub fn piped_files(&self) -> Vec<Piped> {
        let tree = self.tree;
        let readers = self.apis.words("file_readers").iter();
        let readers: Vec<_> = readers.filter_map(|it| tree.name(it)).collect();
        if readers.is_empty() {
            return Vec::new();
        }
        let opens = |call: &NodeId| {
            let name = self.called_name(*call).map(|it| tree.name_of(it));
            name.is_some_and(|it| readers.contains(&it)) && !self.runs_once(tree.function_of(*call))
        };
        let opened = self.index.calls.iter().copied().filter(opens);
        opened
            .filter_map(|opened| {
                let pipe = self.piped_into_response(opened)?;
                Some(Piped { opened, pipe })
            })
            .collect()
    }

    fn piped_into_response(&self, opened: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let declarator = tree.parent(opened);
        if !tree.is(declarator, Kind::Declarator) {
            return self.response_behind(opened)?;
        }
        let stream = tree.binding_of(tree.child(declarator, 0))?;
        let ends: Option<Vec<_>> = tree
            .references(stream)
            .iter()
            .map(|&it| self.response_behind(it))
            .collect();
        ends?.into_iter().flatten().next()
    }

    /// The call by which the chain of calls that begins with the stream pipes into a response, if one does: `stream.on(…)
    /// .pipe(response)`. `None` if the chain has other calls, or hands the stream on.
    fn response_behind(&self, stream: NodeId) -> Option<Option<NodeId>> {
        let tree = self.tree;
        let mut at = stream;
        let mut found = None;
        loop {
            let member = tree.parent(at);
            if tree.is(member, Kind::ExprStmt) && at != stream {
                return Some(found);
            }
            let call = tree.parent(member);
            let is_called = tree.is(member, Kind::Member)
                && tree.child(member, 0) == at
                && tree.is(call, Kind::Call)
                && tree.callee(call) == member;
            if !is_called {
                return None;
            }
            let target = tree.args(call).next();
            if tree.name_text(member) != "pipe" {
                self.effect(call).filter(|it| it.adds.is_some())?;
            } else if target.is_some_and(|it| self.is_response(it)) {
                found = Some(call);
            }
            at = call;
        }
    }

    /// `response`, `context.res`
    fn is_response(&self, node: NodeId) -> bool {
        if self.tree.is(node, Kind::Member) {
            return self.named("response_names", self.tree.name_of(node));
        }
        let binding = self.tree.variable(node);
        binding
            .map(|it| &self.tree.bindings[it.index()])
            .is_some_and(|it| it.kind == BindingKind::Param && self.named("response_names", it.name))
    }
}
