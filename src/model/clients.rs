//! Clients: objects that open connections, threads or a browser of their own. A program needs one, not one per call.

use crate::apis::{TypeId, Word};
use crate::syntax::tree::{BindingId, FunctionId, Kind, NodeId, Op};

use super::Model;
use super::calls::How;
use super::place::Root;
use super::uses;

/// A client that a call makes and leaves open.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The `new` or the call that makes it.
    pub made: NodeId,
    pub ty: TypeId,
    /// The variable that holds it, where one does.
    pub name: Option<NodeId>,
}

impl Model<'_> {
    /// Clients that the code which makes them neither closes, nor keeps, nor gives away.
    ///
    /// Not known: what unknown code does with a client that it is handed.
    pub fn clients_left_open(&self) -> Vec<Client> {
        let calls = self.calls_that(Word::OPENS);
        calls.filter_map(|made| self.client(made)).collect()
    }

    fn client(&self, made: NodeId) -> Option<Client> {
        let tree = self.tree;
        if tree.function_of(made) == FunctionId(0) {
            return None;
        }
        let path = self.api_path(tree.callee(made))?;
        let ty = match tree.kind(made) {
            Kind::New => self.apis.class(&path),
            _ => self.apis.made_by(&path),
        }?;
        let (_, only_with) = self.apis.opens(ty)?;
        let asked = |option: &str| {
            tree.args(made)
                .filter(|&arg| tree.is(arg, Kind::Object))
                .flat_map(|arg| tree.children(arg))
                .any(|it| {
                    tree.is(it, Kind::Property)
                        && tree.name_text(it) == option
                        && !tree.is_false(tree.value(it))
                })
        };
        if only_with.is_some_and(|option| !asked(option)) {
            return None;
        }
        let mut value = made;
        while tree.is(tree.parent(value), Kind::Await) {
            value = tree.parent(value);
        }
        let parent = tree.parent(value);
        match tree.kind(parent) {
            Kind::Declarator | Kind::Assign if tree.child(parent, 1) == value => {
                let target = tree.child(parent, 0);
                let binding = tree
                    .binding_of(target)
                    .filter(|_| matches!(tree.kind(target), Kind::Binding | Kind::Ident))?;
                let own = tree.declared_in(binding) == tree.function_of(made);
                let is_using = tree[tree.parent(parent)].op == Op::Using;
                // One value is the client that the uses are about.
                let alone = self.index.only_value(tree, binding).is_some();
                let left = own
                    && alone
                    && !is_using
                    && !self.is_kept_by_function(binding, tree.function_of(made))
                    && self.is_left_open(Root::Binding(binding), ty);
                left.then_some(Client {
                    made,
                    ty,
                    name: Some(target),
                })
            }
            // `new Client().find(…)`, but not `new Client().connect()`, which may return it.
            Kind::Member => {
                let call = tree.parent(parent);
                let inner = tree.is(call, Kind::Member) && tree.is(tree.parent(call), Kind::Call);
                inner.then_some(Client { made, ty, name: None })
            }
            // `get(url, { agent: new Agent(…) })`
            Kind::Property if self.apis.ty(ty).handed_on => {
                let argument = tree.parent(tree.parent(parent));
                tree.is(argument, Kind::Call)
                    .then_some(Client { made, ty, name: None })
            }
            _ => None,
        }
    }

    fn is_left_open(&self, root: Root, ty: TypeId) -> bool {
        let handed_on = self.apis.ty(ty).handed_on;
        let tree = self.tree;
        self.uses(root).iter().all(|it| match it.op {
            uses::Op::Method { name } => {
                let effect = self.apis.method(ty, tree.text(name));
                !it.path.is_empty()
                    || !effect
                        .is_some_and(|effect| effect.closes || effect.keeps && self.is_given_away(it.node))
            }
            uses::Op::Passed => !it.path.is_empty() || handed_on,
            // Inside the options of a call it is handed on, elsewhere it is kept.
            uses::Op::Stored => {
                !it.path.is_empty()
                    || handed_on
                        && tree.is(it.node, Kind::Property)
                        && tree.is(tree.parent(tree.parent(it.node)), Kind::Call)
            }
            uses::Op::Returned | uses::Op::Exported => !it.path.is_empty(),
            uses::Op::Write { .. } => !it.path.is_empty() || tree.is(it.node, Kind::Declarator),
            _ => true,
        })
    }

    /// A function that runs later than the one that makes the client uses it.
    fn is_kept_by_function(&self, client: BindingId, made_in: FunctionId) -> bool {
        let tree = self.tree;
        tree.references(client).iter().any(|&reference| {
            let mut function = tree.function_of(reference);
            while function != made_in && function != FunctionId(0) {
                let entries = self.entries(function);
                if entries.is_empty()
                    || entries
                        .iter()
                        .any(|entry| !matches!(entry.how, How::Call | How::Later))
                {
                    return true;
                }
                function = tree.function(function).parent;
            }
            false
        })
    }

    /// The result of a call, which holds the client, is returned or kept elsewhere.
    fn is_given_away(&self, call: NodeId) -> bool {
        let tree = self.tree;
        let mut value = call;
        while matches!(tree.kind(tree.parent(value)), Kind::Await) {
            value = tree.parent(value);
        }
        let parent = tree.parent(value);
        match tree.kind(parent) {
            Kind::ExprStmt | Kind::Member => false,
            Kind::Declarator => tree
                .subtree(tree.child(parent, 0))
                .filter(|&it| tree.is(it, Kind::Binding))
                .filter_map(|it| tree.binding_of(it))
                .any(|binding| {
                    self.uses(Root::Binding(binding)).iter().any(|it| {
                        let out = matches!(
                            it.op,
                            uses::Op::Returned | uses::Op::Exported | uses::Op::Stored | uses::Op::Passed
                        );
                        it.path.is_empty() && out
                    })
                }),
            _ => true,
        }
    }

    /// The code belongs to a script that runs once, by the names of its functions.
    pub fn is_script(&self, node: NodeId) -> bool {
        let tree = self.tree;
        tree.functions_around(node).any(|it| {
            let name = tree.text(tree.function(it).name);
            self.apis.begins_name("script_words", name)
        })
    }
}
