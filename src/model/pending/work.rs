//! Entries for the time of some work, which stay when that fails.

use crate::syntax::tree::{FunctionId, Kind, NodeId};

use super::super::Model;
use super::super::exits;
use super::super::growth::Site;
use super::{Releases, Way};

impl Model<'_> {
    /// The entry is there while some work is done, and the only code that takes it out stands at the end of that work, to
    /// which errors do not come.
    pub(super) fn fails(&self, site: &Site, releases: &Releases) -> Option<(Way, NodeId, bool)> {
        let tree = self.tree;
        let (ones, all): (Vec<NodeId>, Vec<NodeId>) =
            releases.nodes.iter().partition(|&&it| self.takes_one(it));
        let work = tree.function_of(*ones.first()?);
        let in_work = |&it: &NodeId| tree.function_of(it) == work;
        let at_end = |&it: &NodeId| self.is_end(tree.function_of(it), 0);
        if !ones.iter().all(in_work) || !all.iter().all(at_end) {
            return None;
        }
        if !tree.function(work).is_async {
            let step = self.unanswered(site, work)?;
            return Some((Way::Work, step, true));
        }
        let exit = match in_work(&site.node) {
            // A run that stores comes to it, too, when all goes well.
            true if !ones
                .iter()
                .all(|&it| it > site.node && self.comes_from(it, site.node)) =>
            {
                return None;
            }
            true => self.exit_before(site.node, &ones, |_| false, |_| false),
            // `pending.set(key, load(key))`
            false => {
                let starts = |it| tree.is(it, Kind::Call) && self.called_functions(it).contains(&work);
                let body = tree.body(work);
                self.stored_values(site)
                    .into_iter()
                    .any(starts)
                    .then(|| self.exit_between(body, work, &ones, |_| false))?
            }
        };
        let fails = exit.filter(|it| it.way == exits::Way::Fails)?;
        Some((Way::Work, fails.at, true))
    }

    /// `answer = load(key).then(function)`, and `answer` is stored: the step, which comes only when all goes well.
    fn unanswered(&self, site: &Site, function: FunctionId) -> Option<NodeId> {
        let tree = self.tree;
        let node = tree.function(function).node;
        let step = tree.parent(node);
        if function == FunctionId(0)
            || !self.is_promise_step(step)
            || tree.args(step).next() != Some(node)
            || tree.args(step).count() > 1
            || tree.name_text(tree.callee(step)) != "then"
        {
            return None;
        }
        let before = tree.child(tree.callee(step), 0);
        let stores = tree.function_of(site.node);
        // Elsewhere, an error of it that nobody takes up would end the program.
        let is_stored = self
            .stored_values(site)
            .iter()
            .any(|&it| tree.contains(it, step) && tree.function_of(step) == stores);
        (is_stored && !self.never_rejects(before, 0)).then_some(step)
    }

    /// The statement of `to` follows that of `from`, in the same block or further out.
    fn comes_from(&self, to: NodeId, from: NodeId) -> bool {
        let block = self.tree.parent(self.tree.statement(to));
        self.tree.is(block, Kind::Block) && self.tree.contains(block, from)
    }
}
