//! Resources that the function which acquires them gives back as well.

use crate::apis::{Resource as Kinds, Word};
use crate::syntax::tree::{BindingId, Kind, Name, NodeId, Op as TreeOp};

use super::super::Model;
use super::super::place::Root;
use super::super::uses::Op;

use super::Resource;

/// A resource that the function which acquires it also gives back.
#[derive(Clone, Debug)]
pub struct Borrowed {
    /// What gives it back, in source order; all in that function, and not all in a `catch`. Empty if nothing does.
    pub releases: Vec<NodeId>,
    /// The variable that has it.
    pub binding: Option<BindingId>,
}

impl<'a> Model<'a> {
    /// `None` if the function gives it away, or leaves it to another function to give it back.
    pub fn borrowed(&self, resource: &Resource) -> Option<Borrowed> {
        let tree = self.tree;
        let kind = resource.kind;
        let function = tree.function_of(resource.at);
        let statement = tree.statement(resource.at);
        if tree.is(statement, Kind::VarDecl) && tree[statement].op == TreeOp::Using {
            return None;
        }
        let mut releases = Vec::new();
        let releases_by = |name: Name| kind.methods.iter().any(|method| method == tree.text(name));
        for it in self.uses_of_value(resource.at) {
            if let Some(first) = it.path.segs().first() {
                // `work().finally(client.release)`
                if first.as_name().is_some_and(releases_by) {
                    return None;
                }
                continue;
            }
            let is_release = match it.op {
                Op::Method { name } => releases_by(name),
                Op::Invoke => kind.call,
                Op::Passed | Op::Read if matches!(tree.kind(it.node), Kind::Call | Kind::New) => {
                    let frees = self.is_release(it.node, kind) || self.is_named_like_release(it.node, kind);
                    // A class keeps what it is made of.
                    if !frees && tree.is(it.node, Kind::New) && !kind.lent {
                        return None;
                    }
                    frees
                }
                Op::Passed if kind.lent => false,
                // `update(values, { transaction })`
                Op::Stored if self.is_option(it.node) => false,
                Op::Passed | Op::Stored | Op::Returned | Op::Exported => return None,
                Op::Read | Op::Compare | Op::Write { .. } | Op::Delete => false,
            };
            if !is_release {
                continue;
            }
            if tree.function_of(it.node) != function {
                return None;
            }
            releases.push(it.node);
        }
        let is_in_catch = |node: NodeId| {
            let mut within = tree
                .ancestors(node)
                .take_while(|&up| tree.function_of(up) == function);
            within.any(|up| tree.is(up, Kind::Catch))
        };
        if !releases.is_empty() {
            releases.extend(self.ends_of_maker(resource));
        }
        releases.sort();
        let never = releases.is_empty() && kind.never.is_some() && self.is_kept_to_itself(resource);
        if !never && releases.iter().all(|&it| is_in_catch(it)) {
            return None;
        }
        let holder = tree.ancestors(resource.at).find_map(|up| match tree.kind(up) {
            Kind::Declarator | Kind::Assign => Some(tree.child(up, 0)),
            _ => None,
        });
        Some(Borrowed {
            releases,
            binding: holder.and_then(|it| tree.binding_of(it)),
        })
    }

    /// `context.close()`, which closes each `context.newPage()` as well.
    fn ends_of_maker(&self, resource: &Resource) -> Vec<NodeId> {
        let tree = self.tree;
        let callee = tree.callee(resource.at);
        let maker = tree
            .is(callee, Kind::Member)
            .then(|| self.place(tree.child(callee, 0)));
        let Some(maker) = maker.flatten() else {
            return Vec::new();
        };
        let ends = |name: Name| resource.kind.methods.iter().any(|it| it == tree.text(name));
        let uses = self.uses_near(&maker);
        let ended = uses.iter().filter(|it| {
            it.path == maker.path
                && matches!(it.op, Op::Method { name } if ends(name))
                && tree.function_of(it.node) == tree.function_of(resource.at)
        });
        ended.map(|it| it.node).collect()
    }

    /// The function drops what it has acquired, or only looks at it; whoever it lends a handle to does not keep that.
    fn is_kept_to_itself(&self, resource: &Resource) -> bool {
        let tree = self.tree;
        let mut up = tree.parent(resource.at);
        if tree.is(up, Kind::Await) {
            up = tree.parent(up);
        }
        let named = matches!(tree.kind(up), Kind::Declarator | Kind::Assign)
            && tree
                .binding_of(tree.child(up, 0))
                .is_some_and(|it| tree.declared_in(it) == tree.function_of(resource.at));
        let looks = |op: Op| match op {
            Op::Read | Op::Compare | Op::Write { .. } | Op::Delete => true,
            Op::Passed | Op::Method { .. } | Op::Stored => resource.kind.lent,
            _ => false,
        };
        let within = |node: NodeId| tree.function_of(node) == tree.function_of(resource.at);
        resource.typed
            && (named || tree.is(up, Kind::ExprStmt) || resource.kind.lent)
            && self
                .uses_of_value(resource.at)
                .iter()
                .all(|it| !it.path.is_empty() || looks(it.op) && (within(it.node) || resource.kind.lent))
    }

    /// Resources that are borrowed, and handed to a callback: `pool.getConnection((error, connection) => …)`.
    pub fn borrowed_by_callbacks(&self) -> impl Iterator<Item = (Resource<'_>, Borrowed)> {
        self.calls_that(Word::ACQUIRES).filter_map(|call| {
            let effect = self.effect(call)?;
            let kind = self.apis.resource(effect.acquires.as_deref()?)?;
            let borrowed = self.borrowed_by_callback(call, kind)?;
            let resource = Resource {
                at: call,
                kind,
                typed: false,
                target: None,
                listener: None,
            };
            Some((resource, borrowed))
        })
    }

    /// `None` unless the callback, or callbacks within it, give back what it is handed, and nobody else gets it.
    fn borrowed_by_callback(&self, call: NodeId, kind: &Kinds) -> Option<Borrowed> {
        let tree = self.tree;
        let callback = tree.args(call).last().filter(|&it| tree.is(it, Kind::Function))?;
        let mut params = tree.params(tree.function_at(callback)).skip(1);
        let handle = tree.child(params.next().filter(|_| kind.borrowed)?, 0);
        let binding = tree
            .binding_of(handle)
            .filter(|_| tree.is(handle, Kind::Binding))?;
        let releases_by = |name: Name| kind.methods.iter().any(|method| method == tree.text(name));
        let mut releases = Vec::new();
        for it in self.uses(Root::Binding(binding)).iter() {
            match it.op {
                Op::Method { name } if it.path.is_empty() && releases_by(name) => releases.push(it.node),
                Op::Passed | Op::Read if tree.is(it.node, Kind::Call) && self.is_release(it.node, kind) => {
                    releases.push(it.node);
                }
                Op::Passed | Op::Stored | Op::Returned | Op::Exported if it.path.is_empty() => return None,
                _ => {}
            }
        }
        // node-postgres hands over the function that gives the connection back, too.
        let done = params.next().map(|it| tree.child(it, 0));
        if let Some(done) = done.and_then(|it| tree.binding_of(it)) {
            for it in self.uses(Root::Binding(done)).iter() {
                match it.op {
                    Op::Invoke => releases.push(it.node),
                    Op::Passed | Op::Stored | Op::Returned | Op::Exported => return None,
                    _ => {}
                }
            }
        }
        releases.sort();
        Some(Borrowed {
            releases,
            binding: Some(binding),
        })
    }

    /// A property of an object that is only made to be an argument of a call.
    fn is_option(&self, property: NodeId) -> bool {
        let tree = self.tree;
        let object = tree.parent(property);
        tree.is(property, Kind::Property)
            && tree.is(object, Kind::Object)
            && tree.is(tree.parent(object), Kind::Call)
    }

    /// `closeQuietly(handle)`, `this.releaseClient(client)`
    fn is_named_like_release(&self, call: NodeId, kind: &Kinds) -> bool {
        let Some(name) = self
            .called_name(call)
            .map(|it| self.tree.name_text(it).to_lowercase())
        else {
            return false;
        };
        let words = kind.methods.iter().chain(&kind.functions);
        words
            .filter(|word| word.len() > 3)
            .any(|word| name.contains(&word.to_lowercase()))
    }

    /// `fs.readSync(fd, …)`: what has just been opened can be read.
    pub fn only_uses_borrowed(&self, call: NodeId, borrowed: &Borrowed) -> bool {
        let tree = self.tree;
        let is_call = tree.is(call, Kind::Call);
        let name = self
            .called_name(call)
            .filter(|_| is_call)
            .map(|it| tree.name_text(it));
        name.is_some_and(|it| it.ends_with("Sync"))
            && tree
                .args(call)
                .next()
                .and_then(|it| tree.variable(it))
                .is_some_and(|it| Some(it) == borrowed.binding)
    }

    /// The test asks whether there is something borrowed at all: `if (!client) return`.
    pub fn tests_nothing_borrowed(&self, test: NodeId, borrowed: &Borrowed) -> bool {
        let tree = self.tree;
        let mut nodes = tree.subtree(test);
        borrowed.binding.is_some_and(|binding| {
            nodes.any(|node| {
                tree.is(node, Kind::Ident)
                    && tree.binding_of(node) == Some(binding)
                    && !matches!(tree.kind(tree.parent(node)), Kind::Member | Kind::Index)
            })
        })
    }
}
