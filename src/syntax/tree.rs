//! The tree that the model reads: one flat vector in source order, without SWC's lifetimes or its many wrappers.
//!
//! A node's subtree is the range `id..end(id)`; its first child is `id + 1`, the next sibling starts where a child
//! ends. Children have fixed positions for each [`Kind`]; an absent optional child is an [`Kind::Empty`] node.
//! Parentheses, TypeScript's casts and types are gone; `a["b"]` is the member `b`; an arrow's expression body is a
//! block with a `return`.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::source::Span;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
        impl $name {
            pub const NONE: $name = $name(u32::MAX);
            pub fn index(self) -> usize {
                self.0 as usize
            }
            /// `None` for [`Self::NONE`].
            pub fn some(self) -> Option<$name> {
                (self != $name::NONE).then_some(self)
            }
        }
    )* };
}
ids! {
    /// Index into [`Tree::nodes`].
    NodeId,
    /// Index into the file's table of strings: identifiers, keys and string literals.
    Name,
    /// Index into [`Tree::functions`]. 0 is the program itself.
    FunctionId,
    /// Index into [`Tree::scopes`].
    ScopeId,
    /// Index into [`Tree::bindings`].
    BindingId
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Kind {
    /// An absent child, an array hole, an empty statement.
    Empty,
    // Expressions. `a` is a Name where one is mentioned.
    /// A reference; `a` name, `b` binding or NONE for a global.
    Ident,
    This,
    Super,
    Null,
    /// `a` is 1 for true.
    Bool,
    /// `a` and `b` hold the bits of the f64.
    Num,
    /// `a` text.
    Str,
    Regex,
    /// Template literal: expressions.
    Template,
    /// tag, expressions…
    TaggedTemplate,
    Array,
    /// Property and Spread children.
    Object,
    /// `a` key or NONE when computed; [key expression if computed], value. Also class members and JSX attributes.
    Property,
    Spread,
    /// `a` function id; Param…, Block.
    Function,
    /// `a` name, `b` binding; superclass or Empty, then Decorator and Property children.
    Class,
    Decorator,
    Unary,
    Update,
    Binary,
    Logical,
    /// target, value.
    Assign,
    /// test, then, else.
    Conditional,
    /// callee, arguments…
    Call,
    /// callee, arguments…
    New,
    /// `a` key; object.
    Member,
    /// object, key.
    Index,
    Sequence,
    Await,
    /// value or Empty.
    Yield,
    /// `new.target`, `import.meta`.
    Meta,
    /// Callee of a dynamic import.
    Import,
    /// Tag expression or Empty (`a` element name), Property and Spread attributes, children.
    Jsx,
    // Patterns.
    /// A declared name; `a` name, `b` binding.
    Binding,
    /// PatternProperty and Rest children.
    ObjectPattern,
    /// `a` key or NONE when computed; [key expression if computed], pattern.
    PatternProperty,
    ArrayPattern,
    Rest,
    /// pattern, default value.
    Default,
    // Statements.
    Program,
    Block,
    /// Declarator children; `op` tells the kind.
    VarDecl,
    /// pattern, initialiser or Empty.
    Declarator,
    /// expression.
    ExprStmt,
    /// test, then, else or Empty.
    If,
    /// init, test, update (each may be Empty), body.
    For,
    /// left (VarDecl or pattern), right, body.
    ForIn,
    /// left (VarDecl or pattern), right, body.
    ForOf,
    /// test, body.
    While,
    /// body, test.
    DoWhile,
    /// value or Empty.
    Return,
    Throw,
    /// block, Catch or Empty, finally Block or Empty.
    Try,
    /// parameter pattern or Empty, block.
    Catch,
    /// discriminant, Case…
    Switch,
    /// test or Empty, statements…
    Case,
    Labeled,
    Break,
    Continue,
    /// object, body.
    With,
    Debugger,
    /// `a` source; ImportSpecifier…
    ImportDecl,
    /// `a` imported name (`default`, `*`), `b` binding.
    ImportSpecifier,
    /// declaration, or ExportSpecifier…; `a` source or NONE.
    ExportNamed,
    /// `a` exported name; Ident, or nothing for a re-export.
    ExportSpecifier,
    /// expression or declaration; also TypeScript's `export =`.
    ExportDefault,
    ExportAll,
    /// `a` name, `b` binding; EnumMember…
    Enum,
    /// `a` name; value or Empty.
    EnumMember,
    /// `a` name, `b` binding; statements…
    Namespace,
    /// A parameter: pattern (Binding, ObjectPattern, Default, Rest …).
    Param,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Op {
    None,
    Assign,
    /// `+` and `+=`.
    Add,
    Sub,
    Mul,
    /// `%` and `%=`.
    Mod,
    /// Other arithmetic and bit operators.
    Arithmetic,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    InstanceOf,
    And,
    Or,
    Nullish,
    Not,
    TypeOf,
    Void,
    Delete,
    Increment,
    Decrement,
    Var,
    Let,
    Const,
    Using,
}

/// Bits of [`Node::flags`].
pub mod flag {
    /// `a?.b`, `a?.()`.
    pub const OPTIONAL: u8 = 1;
    pub const COMPUTED: u8 = 2;
    pub const STATIC: u8 = 4;
    pub const GETTER: u8 = 8;
    pub const SETTER: u8 = 16;
    pub const METHOD: u8 = 32;
    /// A class field (on Property), or a parameter that declares one (on Param).
    pub const FIELD: u8 = 64;
    /// Prefix form of an update; `for await`; a declaration (on Function and Class); `private` (on Property).
    pub const FLAG: u8 = 128;
}

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: Kind,
    pub op: Op,
    pub flags: u8,
    pub parent: NodeId,
    /// One past the last node of the subtree.
    pub end: NodeId,
    /// The function in whose body the node stands; a function's own node belongs to the outer one.
    pub function: FunctionId,
    pub span: Span,
    pub a: u32,
    pub b: u32,
}

/// A function as written; class field initialisers and static blocks count as functions, as they do for V8.
#[derive(Clone, Debug)]
pub struct Function {
    pub node: NodeId,
    /// The function in which this one is written.
    pub parent: FunctionId,
    pub scope: ScopeId,
    pub name: Name,
    pub kind: FunctionKind,
    pub is_async: bool,
    pub is_generator: bool,
    pub strict: bool,
    /// Mentions `arguments` itself (not in a nested function other than an arrow).
    pub uses_arguments: bool,
    /// No default, rest or destructured parameter.
    pub simple_parameters: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionKind {
    Program,
    Plain,
    Arrow,
    Method,
    Constructor,
    /// A field's initialiser, run for each instance.
    Field,
    /// A static field's initialiser or a static block, run once.
    StaticInit,
    /// The script of a component, run for each instance: `<script setup>` in Vue, an ordinary script in Svelte, the
    /// front matter in Astro.
    Setup,
    /// Runs whenever a component is updated, or on an event: an expression of a template, a statement `$: …` in Svelte.
    Reactive,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    Program,
    Function,
    Block,
    /// Header of a `for` with its own bindings: one for each iteration.
    Loop,
    Catch,
    Class,
    With,
}

#[derive(Clone, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub parent: ScopeId,
    pub node: NodeId,
    pub function: FunctionId,
    /// A direct `eval` here or further in: every variable may be meant.
    pub has_eval: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingKind {
    Var,
    Let,
    Const,
    Function,
    /// A function or class expression's own name.
    SelfName,
    Class,
    Param,
    Catch,
    Import,
    Enum,
    Namespace,
}

#[derive(Clone, Debug)]
pub struct Binding {
    pub name: Name,
    pub kind: BindingKind,
    pub scope: ScopeId,
    /// The declaring node: Binding, Function, Class, ImportSpecifier, Enum, Namespace.
    pub decl: NodeId,
}

/// The file's strings, each stored once.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<u32>,
    table: HashTable<Name>,
}

impl Names {
    pub fn reserve(&mut self, count: usize) {
        self.ends.reserve(count);
        self.text.reserve(count * 8);
        let Names {
            text: all,
            ends,
            table,
        } = self;
        table.reserve(count, |&name| hash(text_of(all, ends, name)));
    }

    /// Number of strings.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// All strings, in the order of their numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|name| self.text(Name(name as u32)))
    }

    pub fn text(&self, name: Name) -> &str {
        text_of(&self.text, &self.ends, name)
    }

    pub fn find(&self, text: &str) -> Option<Name> {
        self.table
            .find(hash(text), |&name| self.text(name) == text)
            .copied()
    }

    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.find(text) {
            return name;
        }
        let name = Name(self.ends.len() as u32);
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        let Names {
            text: all,
            ends,
            table,
        } = self;
        table.insert_unique(hash(text), name, |&name| hash(text_of(all, ends, name)));
        name
    }
}

fn text_of<'t>(all: &'t str, ends: &[u32], name: Name) -> &'t str {
    let start = if name.0 == 0 { 0 } else { ends[name.index() - 1] };
    &all[start as usize..ends[name.index()] as usize]
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// A component in the template of another.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub name: Name,
    /// Not behind any condition, nor in a loop or slot.
    pub always: bool,
    /// The nearest of these that it is inside of.
    pub within: Option<usize>,
}

/// A file's syntax with its names resolved.
#[derive(Debug, Default)]
pub struct Tree {
    pub nodes: Vec<Node>,
    pub functions: Vec<Function>,
    pub scopes: Vec<Scope>,
    pub bindings: Vec<Binding>,
    /// Outermost name of a declared type, by Binding, Param or Property node: `Map`, `net.Socket`, `string`.
    pub annotations: FxHashMap<NodeId, Name>,
    /// Globals that the file says are declared elsewhere.
    pub ambient: FxHashSet<Name>,
    /// Other components that the template of this one shows.
    pub shown: Vec<Shown>,
    /// Has `import` or `export`: an ECMAScript module, hence strict.
    pub is_module: bool,
    pub(super) names: Names,
    pub(super) references: Vec<NodeId>,
    pub(super) reference_starts: Vec<u32>,
    pub(super) globals: Vec<NodeId>,
}

impl std::ops::Index<NodeId> for Tree {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

impl Tree {
    pub const ROOT: NodeId = NodeId(0);

    pub fn kind(&self, id: NodeId) -> Kind {
        self[id].kind
    }

    pub fn is(&self, id: NodeId, kind: Kind) -> bool {
        self[id].kind == kind
    }

    pub fn has(&self, id: NodeId, flag: u8) -> bool {
        self[id].flags & flag != 0
    }

    pub fn parent(&self, id: NodeId) -> NodeId {
        self[id].parent
    }

    pub fn span(&self, id: NodeId) -> Span {
        self[id].span
    }

    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children {
            tree: self,
            next: NodeId(id.0 + 1),
            end: self[id].end,
        }
    }

    /// The child at a fixed position; panics if there is none.
    pub fn child(&self, id: NodeId, index: usize) -> NodeId {
        self.children(id).nth(index).expect("kinds have fixed children")
    }

    /// All nodes of the subtree, in source order, the root first.
    pub fn subtree(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0..self[id].end.0).map(NodeId)
    }

    pub fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        outer <= inner && inner < self[outer].end
    }

    /// The node's ancestors, nearest first, without itself.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id).some(), |&id| self.parent(id).some())
    }

    pub fn text(&self, name: Name) -> &str {
        name.some().map_or("", |name| self.names.text(name))
    }

    /// All names of the file, in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter()
    }

    /// The name for a text, if the file mentions it at all.
    pub fn name(&self, text: &str) -> Option<Name> {
        self.names.find(text)
    }

    /// Name stored in the node: an identifier, member key, string literal, property key.
    pub fn name_of(&self, id: NodeId) -> Name {
        Name(self[id].a)
    }

    /// Text of [`Tree::name_of`].
    pub fn name_text(&self, id: NodeId) -> &str {
        self.text(self.name_of(id))
    }

    pub fn binding_of(&self, id: NodeId) -> Option<BindingId> {
        BindingId(self[id].b).some()
    }

    /// The binding that an identifier refers to; `None` for any other node.
    pub fn variable(&self, id: NodeId) -> Option<BindingId> {
        self.binding_of(id).filter(|_| self.is(id, Kind::Ident))
    }

    /// The function whose scope, or a block of it, declares the binding.
    pub fn declared_in(&self, binding: BindingId) -> FunctionId {
        self.scopes[self.bindings[binding.index()].scope.index()].function
    }

    /// The function and position of a parameter that is a plain name.
    pub fn parameter(&self, binding: BindingId) -> Option<(FunctionId, usize)> {
        let mut param = self.parent(self.bindings[binding.index()].decl);
        if self.is(param, Kind::Default) {
            param = self.parent(param);
        }
        if !self.is(param, Kind::Param) {
            return None;
        }
        let function = self.function_at(self.parent(param));
        let position = self.params(function).position(|it| it == param)?;
        Some((function, position))
    }

    /// The node is returned, or is a part of the object that is: `return { send }`.
    pub fn is_returned(&self, node: NodeId) -> bool {
        let is_part = |node: NodeId| matches!(self.kind(node), Kind::Property | Kind::Object);
        let mut around = self.ancestors(node).skip_while(|&up| is_part(up));
        around.next().is_some_and(|up| self.is(up, Kind::Return))
    }

    /// References to a binding, in source order (its declarations are not among them).
    pub fn references(&self, binding: BindingId) -> &[NodeId] {
        let range = self.reference_starts[binding.index()]..self.reference_starts[binding.index() + 1];
        &self.references[range.start as usize..range.end as usize]
    }

    /// References to names that the file does not declare.
    pub fn global_references(&self) -> &[NodeId] {
        &self.globals
    }

    pub fn number(&self, id: NodeId) -> f64 {
        let node = &self[id];
        f64::from_bits(u64::from(node.a) << 32 | u64::from(node.b))
    }

    pub fn function_at(&self, id: NodeId) -> FunctionId {
        FunctionId(self[id].a)
    }

    /// The function in whose body the node stands; a function's own node belongs to the outer one.
    pub fn function_of(&self, id: NodeId) -> FunctionId {
        self[id].function
    }

    /// The functions in which the node stands, innermost first, without the program.
    pub fn functions_around(&self, id: NodeId) -> impl Iterator<Item = FunctionId> + '_ {
        let around = std::iter::successors(Some(self.function_of(id)), |&it| Some(self.function(it).parent));
        around.take_while(|&it| it != FunctionId(0))
    }

    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// The body block of a function; the program itself for function 0.
    pub fn body(&self, id: FunctionId) -> NodeId {
        let node = self.function(id).node;
        if node == Tree::ROOT {
            node
        } else {
            self.children(node).last().expect("a function has a body")
        }
    }

    pub fn params(&self, id: FunctionId) -> impl Iterator<Item = NodeId> + '_ {
        let node = self.function(id).node;
        self.children(node)
            .filter(move |&child| self.is(child, Kind::Param))
    }

    /// True if `inner` is `outer` or written inside it.
    pub fn nests(&self, outer: FunctionId, inner: FunctionId) -> bool {
        // Code out of sight is neither.
        if outer == FunctionId::NONE || inner == FunctionId::NONE {
            return false;
        }
        self.contains(self.function(outer).node, self.function(inner).node)
    }

    /// Innermost scope that holds the node.
    pub fn scope_of(&self, id: NodeId) -> ScopeId {
        // Scopes are numbered in source order, so the last one that starts before the node is it or inside one before it.
        let mut at = self.scopes.partition_point(|scope| scope.node < id);
        while at > 0 {
            at -= 1;
            let scope = ScopeId(at as u32);
            if self.contains(self.scopes[at].node, id) {
                return scope;
            }
            // Jump outwards instead of over all siblings.
            let mut up = self.scopes[at].parent;
            while let Some(outer) = up.some() {
                if self.contains(self.scopes[outer.index()].node, id) {
                    return outer;
                }
                up = self.scopes[outer.index()].parent;
            }
        }
        ScopeId(0)
    }

    /// Arguments of a call or `new`.
    pub fn args(&self, call: NodeId) -> std::iter::Skip<Children<'_>> {
        self.children(call).skip(1)
    }

    pub fn callee(&self, call: NodeId) -> NodeId {
        NodeId(call.0 + 1)
    }

    /// The value of an object property, class member or pattern property.
    pub fn value(&self, property: NodeId) -> NodeId {
        self.child(property, usize::from(self.has(property, flag::COMPUTED)))
    }

    /// `a` of `a.b.c`; the node itself, if it is no member.
    pub fn base(&self, id: NodeId) -> NodeId {
        let mut at = id;
        while self.is(at, Kind::Member) {
            at = self.child(at, 0);
        }
        at
    }

    /// The block (a program, a case) whose statement the node is or stands in.
    pub fn block_of(&self, id: NodeId) -> NodeId {
        self.parent(self.statement(id))
    }

    /// The nearest ancestor (or the node itself) that is a statement of a block.
    pub fn statement(&self, id: NodeId) -> NodeId {
        let mut at = id;
        loop {
            let up = self.parent(at);
            let Some(up) = up.some() else { return at };
            if matches!(
                self.kind(up),
                Kind::Block | Kind::Program | Kind::Case | Kind::Namespace
            ) {
                return at;
            }
            at = up;
        }
    }

    /// The literal `false`.
    pub fn is_false(&self, id: NodeId) -> bool {
        self.is(id, Kind::Bool) && self[id].a == 0
    }

    pub fn is_nullish(&self, id: NodeId) -> bool {
        match self.kind(id) {
            Kind::Null | Kind::Empty => true,
            Kind::Ident => self.binding_of(id).is_none() && self.name_text(id) == "undefined",
            Kind::Unary => self[id].op == Op::Void,
            _ => false,
        }
    }
}

pub struct Children<'a> {
    tree: &'a Tree,
    next: NodeId,
    end: NodeId,
}

impl Iterator for Children<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let id = self.next;
        self.next = self.tree[id].end;
        Some(id)
    }
}
