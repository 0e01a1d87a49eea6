//! What the file tells other files.

use crate::apis::Word;
use crate::project::Summary;
use crate::syntax::tree::{Kind, NodeId, Op};

use super::Model;

impl Model<'_> {
    pub fn summary(&self) -> Summary {
        Summary {
            imports: self.relative_imports(),
            shrinks: self.shrunk_elsewhere(),
        }
    }

    fn relative_imports(&self) -> Vec<String> {
        let tree = self.tree;
        let require = tree.name("require");
        let required = self.index.calls.iter().filter_map(|&call| {
            let callee = tree.callee(call);
            let loads = tree.is(callee, Kind::Import)
                || tree.is(callee, Kind::Ident) && Some(tree.name_of(callee)) == require;
            tree.args(call)
                .next()
                .filter(|&arg| loads && tree.is(arg, Kind::Str))
                .map(|arg| tree.name_text(arg))
        });
        let declared = self.index.imports.iter().map(|&import| tree.name_text(import));
        let relative = required
            .chain(declared)
            .filter(|specifier| specifier.starts_with('.'));
        relative.map(str::to_string).collect()
    }

    /// Properties of other objects than `this` whose collections the file makes smaller.
    fn shrunk_elsewhere(&self) -> Vec<String> {
        let tree = self.tree;
        let mut names = Vec::new();
        let mut note = |receiver: NodeId| {
            if tree.is(receiver, Kind::Member) && !tree.is(tree.child(receiver, 0), Kind::This) {
                names.push(tree.name_of(receiver));
            }
        };
        for call in self.calls_that(Word::SHRINKS) {
            let callee = tree.callee(call);
            if tree.is(callee, Kind::Member) {
                note(tree.child(callee, 0));
            }
        }
        for &assign in &self.index.assigns {
            let target = tree.child(assign, 0);
            if tree[assign].op == Op::Assign && tree.is(target, Kind::Member) {
                // `owner.items = []`, `owner.items.length = 0`
                note(target);
                note(tree.child(target, 0));
            }
        }
        for &delete in &self.index.deletes {
            let target = tree.child(delete, 0);
            if tree.is(target, Kind::Index) {
                note(tree.child(target, 0));
            }
        }
        names.sort_unstable();
        names.dedup();
        names.iter().map(|&name| tree.text(name).to_string()).collect()
    }
}
