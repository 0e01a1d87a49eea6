//! What the file tells other files, and asks them.

use crate::apis::Word;
use crate::project::summary::Summary;
use crate::syntax::tree::{BindingKind, Kind, NodeId, Op};

use super::Model;

impl Model<'_> {
    pub fn summary(&self) -> Summary {
        Summary {
            imports: self.imports(),
            shrinks: self.shrunk_elsewhere(),
            globals: self.globals_mentioned(),
            made: self.made(),
        }
    }

    /// Names of the program's own globals: `window.app`, and what is declared nowhere.
    fn globals_mentioned(&self) -> Vec<String> {
        let tree = self.tree;
        let mut names = Vec::new();
        for &node in tree.global_references() {
            let up = tree.parent(node);
            let name = tree.name_of(node);
            if !self.named("global_object", name) {
                names.push(name);
            } else if tree.is(up, Kind::Member) {
                names.push(tree.name_of(up));
            }
        }
        names.sort_unstable();
        names.dedup();
        names.retain(|&it| !self.named("platform_globals", it) && self.apis.value(tree.text(it)).is_none());
        names.into_iter().map(|it| tree.text(it).to_string()).collect()
    }

    /// Specifiers that name a file, not a package alone.
    fn imports(&self) -> Vec<String> {
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
        let files = required.chain(declared).filter(|it| it.contains('/'));
        files.map(str::to_string).collect()
    }

    /// Properties of other objects than `this`, and imported variables, whose collections the file makes smaller.
    fn shrunk_elsewhere(&self) -> Vec<String> {
        let tree = self.tree;
        let mut names = Vec::new();
        let mut note = |receiver: NodeId| {
            if tree.is(receiver, Kind::Member) && !tree.is(tree.child(receiver, 0), Kind::This) {
                names.push(tree.name_of(receiver));
            }
            let binding = tree.variable(receiver);
            if let Some(info) = binding.map(|it| &tree.bindings[it.index()])
                && info.kind == BindingKind::Import
            {
                names.push(tree.name_of(info.decl));
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
