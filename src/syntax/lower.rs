//! SWC's tree to ours, in one walk: nodes, names, functions, scopes; then every reference to its binding.
//!
//! Matches are exhaustive: new syntax must be a compile error here, never code skipped in silence.

use rustc_hash::{FxHashMap, FxHashSet};
use swc_atoms::{Atom, Wtf8Atom};
use swc_common::Spanned;
use swc_ecma_ast as swc;
use swc_ecma_ast::{
    ArrowFunctionBody, AssignOp, AssignTarget, AssignTargetPat, BinaryOp, BlockStmt, Callee, Class,
    ClassMember, Decl, DefaultDecl, ExportSpecifier, Expr, ExprOrSpread, ForHead, FunctionBody, Ident,
    ImportSpecifier, JSXAttrName, JSXAttrOrSpread, JSXAttrValue, JSXElementChild, JSXElementName, JSXExpr,
    JSXObject, Lit, MemberProp, MetaPropKind, MethodKind, ModuleDecl, ModuleExportName, ModuleItem,
    ObjectPatProp, OptChainBase, ParamOrTsParamProp, Pat, Program, Prop, PropName, PropOrSpread,
    SimpleAssignTarget, Stmt, SuperProp, Tpl, TsEntityName, TsEnumMemberId, TsModuleName, TsModuleRef,
    TsNamespaceBody, TsParamPropParam, TsType, TsTypeAnn, UnaryOp, UpdateOp, VarDeclKind, VarDeclOrExpr,
    VarDeclarator,
};
use swc_ecma_visit::Visit;

use super::downlevel::{self, Downlevel, Private, Tested, downlevel};
use super::embedded::{self, Dialect, Expression, Meaning, Runs};
use super::parse::{Code, Component, Fragment, span};
use crate::source::Span;

use super::tree::{
    Binding, BindingId, BindingKind, Function, FunctionId, FunctionKind, Kind, Name, Node, NodeId, Op, Scope,
    ScopeId, ScopeKind, Shown, Tree, flag,
};

pub(super) fn lower(code: &Code, text: &str) -> Tree {
    let mut lower = Lower {
        tree: Tree::default(),
        open: Vec::new(),
        declared: FxHashMap::default(),
        names: FxHashMap::default(),
        references: Vec::new(),
        arguments: Name::NONE,
        scope: ScopeId::NONE,
        function: FunctionId::NONE,
        name_hint: Name::NONE,
        params: Vec::new(),
        dialect: None,
        in_template: false,
        refs: FxHashSet::default(),
    };
    lower.tree.nodes.reserve(text.len() / 10);
    // About as many as ordinary code has: growing the tables costs more than they are worth.
    lower.declared.reserve(text.len() / 100);
    lower.names.reserve(text.len() / 60);
    lower.references.reserve(text.len() / 30);
    lower.tree.names.reserve(text.len() / 50);
    lower.arguments = lower.intern("arguments");
    match code {
        Code::Program(program) => lower.program(program),
        Code::Component(component) => lower.component(component, text),
    }
    let Lower {
        mut tree, references, ..
    } = lower;
    resolve(&mut tree, &references);
    tree
}

struct Lower {
    tree: Tree,
    /// Nodes whose children are being lowered, outermost first.
    open: Vec<NodeId>,
    declared: FxHashMap<(ScopeId, Name), BindingId>,
    /// SWC's atoms are quicker to look up than their text.
    names: FxHashMap<Atom, Name>,
    /// Ident nodes, in source order.
    references: Vec<NodeId>,
    /// The name `arguments`.
    arguments: Name,
    scope: ScopeId,
    function: FunctionId,
    /// What the next function or class is being assigned to, for messages.
    name_hint: Name,
    /// What kind of component or page the file is.
    dialect: Option<Dialect>,
    in_template: bool,
    /// Variables whose `value` the script uses: templates in Vue mean that by their names.
    refs: FxHashSet<Name>,
    /// Where variables are declared that stand for parameters of the functions around.
    params: Vec<swc_common::BytePos>,
}

/// What a template stores, and what runs what it hands on.
const OUTSIDE: &str = "$event";

/// Names with a dollar that are no stores, but known to Svelte's compiler.
const RUNES: [&str; 7] = [
    "$bindable",
    "$derived",
    "$effect",
    "$host",
    "$inspect",
    "$props",
    "$state",
];

/// How a pattern declares its names; `None` when it assigns to what exists.
type Declares = Option<BindingKind>;

impl Visit for Lower {
    fn visit_expr(&mut self, expr: &Expr) {
        self.expr(expr);
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        self.stmt(stmt);
    }

    fn visit_module_item(&mut self, item: &ModuleItem) {
        match item {
            ModuleItem::ModuleDecl(decl) => self.module_decl(decl),
            ModuleItem::Stmt(stmt) => self.stmt(stmt),
        }
    }
}

impl Lower {
    // ---- nodes, names, scopes ----

    fn open(&mut self, kind: Kind, at: swc_common::Span) -> NodeId {
        let id = self.push(kind, at, NodeId::NONE.0, NodeId::NONE.0);
        self.open.push(id);
        id
    }

    fn close(&mut self) {
        let id = self.open.pop().expect("every close has its open");
        self.tree.nodes[id.index()].end = NodeId(self.tree.nodes.len() as u32);
    }

    fn leaf(&mut self, kind: Kind, at: swc_common::Span) -> NodeId {
        self.push(kind, at, NodeId::NONE.0, NodeId::NONE.0)
    }

    /// Appends a node that has no children yet.
    fn push(&mut self, kind: Kind, at: swc_common::Span, a: u32, b: u32) -> NodeId {
        let id = NodeId(self.tree.nodes.len() as u32);
        let parent = self.open.last().copied().unwrap_or(NodeId::NONE);
        self.tree.nodes.push(Node {
            kind,
            op: Op::None,
            flags: 0,
            parent,
            end: NodeId(id.0 + 1),
            function: self.function,
            span: span(at),
            a,
            b,
        });
        id
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        &mut self.tree.nodes[id.index()]
    }

    fn empty(&mut self) {
        self.leaf(Kind::Empty, swc_common::DUMMY_SP);
    }

    fn name(&mut self, atom: &Atom) -> Name {
        if let Some(&name) = self.names.get(atom) {
            return name;
        }
        let name = self.tree.names.intern(atom.as_str());
        self.names.insert(atom.clone(), name);
        name
    }

    fn intern(&mut self, text: &str) -> Name {
        self.tree.names.intern(text)
    }

    fn string_name(&mut self, value: &Wtf8Atom) -> Name {
        // Nearly all literals are sound, and looking for what is not takes longer.
        match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => self.tree.names.intern(text),
            Err(_) => self.tree.names.intern(&value.to_string_lossy()),
        }
    }

    fn private_name(&mut self, name: &Atom) -> Name {
        let text = format!("#{name}");
        self.intern(&text)
    }

    fn in_scope<R>(&mut self, kind: ScopeKind, node: NodeId, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope;
        self.scope = ScopeId(self.tree.scopes.len() as u32);
        let function = self.function;
        self.tree.scopes.push(Scope {
            kind,
            parent: outer,
            node,
            function,
            has_eval: false,
        });
        let result = body(self);
        self.scope = outer;
        result
    }

    /// The scope that `var` declares in.
    fn function_scope(&self) -> ScopeId {
        self.tree.functions[self.function.index()].scope
    }

    fn declare(&mut self, name: Name, kind: BindingKind, decl: NodeId) -> BindingId {
        let strict = self.tree.functions[self.function.index()].strict;
        let scope = match kind {
            BindingKind::Var => self.function_scope(),
            // Imports are the module's, also those of a component's instance.
            BindingKind::Import => ScopeId(0),
            // Annex B: a sloppy function in a block is also the function's variable.
            BindingKind::Function if !strict => self.function_scope(),
            _ => self.scope,
        };
        let known = self.declared.get(&(scope, name)).copied();
        let known = known.filter(|&id| self.tree.bindings[id.index()].kind != BindingKind::SelfName);
        if let Some(id) = known {
            // `var x; function x() {}`: one variable, and the function is the better declaration.
            if kind == BindingKind::Function {
                self.tree.bindings[id.index()].kind = kind;
                self.tree.bindings[id.index()].decl = decl;
            }
            return id;
        }
        let id = BindingId(self.tree.bindings.len() as u32);
        self.tree.bindings.push(Binding {
            name,
            kind,
            scope,
            decl,
        });
        self.declared.insert((scope, name), id);
        id
    }

    fn declare_at(&mut self, node: NodeId, name: Name, kind: BindingKind) {
        let binding = self.declare(name, kind, node);
        self.node(node).a = name.0;
        self.node(node).b = binding.0;
    }

    fn reference(&mut self, at: swc_common::Span, name: Name) -> NodeId {
        let id = self.push(Kind::Ident, at, name.0, BindingId::NONE.0);
        self.references.push(id);
        if name == self.arguments {
            let mut function = self.function;
            while self.tree.functions[function.index()].kind == FunctionKind::Arrow {
                function = self.tree.functions[function.index()].parent;
            }
            self.tree.functions[function.index()].uses_arguments = true;
        }
        id
    }

    fn ident(&mut self, ident: &Ident) {
        let name = self.name(&ident.sym);
        if self.dialect.is_some() {
            self.component_ident(ident.span, name);
        } else {
            self.reference(ident.span, name);
        }
    }

    fn hinted<R>(&mut self, name: Name, body: impl FnOnce(&mut Self) -> R) -> R {
        self.name_hint = name;
        let result = body(self);
        self.name_hint = Name::NONE;
        result
    }

    // ---- program and modules ----

    fn program(&mut self, program: &Program) {
        let root = self.open(Kind::Program, program.span());
        let (is_module, strict) = match program {
            Program::Module(_) => (true, true),
            Program::Script(script) => (false, has_use_strict(&script.body)),
        };
        self.tree.is_module = is_module;
        self.function = self.new_function(root, FunctionId::NONE, FunctionKind::Program, strict);
        self.node(root).function = self.function;
        self.in_scope(ScopeKind::Program, root, |this| {
            this.tree.functions[0].scope = this.scope;
            this.items(program);
        });
        self.close();
    }

    fn items(&mut self, program: &Program) {
        match program {
            Program::Module(module) => module.body.iter().for_each(|item| self.visit_module_item(item)),
            Program::Script(script) => self.stmts(&script.body),
        }
    }

    // ---- components and pages ----

    /// What runs once is the program. What runs for each instance is a function in it, as compilers make of it, and
    /// what the template evaluates are functions in that.
    fn component(&mut self, component: &Component, text: &str) {
        self.dialect = Some(component.dialect);
        for shown in &component.shown {
            let name = self.intern(&text[shown.name.lo as usize..shown.name.hi as usize]);
            self.tree.shown.push(Shown {
                name,
                always: shown.always,
                within: shown.within,
            });
        }
        let whole = swc_span(Span::new(0, text.len() as u32));
        let root = self.open(Kind::Program, whole);
        let classic = component
            .scripts
            .iter()
            .any(|(script, _)| script.runs == Runs::Classic);
        self.tree.is_module = !classic && !component.scripts.is_empty();
        self.function = self.new_function(root, FunctionId::NONE, FunctionKind::Program, !classic);
        self.node(root).function = self.function;
        self.in_scope(ScopeKind::Program, root, |this| {
            this.tree.functions[0].scope = this.scope;
            for (script, program) in &component.scripts {
                match script.runs {
                    Runs::Classic => this.items(program),
                    // Modules of a page do not see each other.
                    Runs::Module if matches!(component.dialect, Dialect::Html | Dialect::Astro) => {
                        let node = this.open(Kind::Block, swc_span(script.span));
                        this.in_scope(ScopeKind::Block, node, |this| this.items(program));
                        this.close();
                    }
                    Runs::Module => this.items(program),
                    Runs::Instance => {}
                }
            }
            let mut instance = component
                .scripts
                .iter()
                .filter(|(it, _)| it.runs == Runs::Instance)
                .peekable();
            let Some((first, _)) = instance.peek() else {
                return this.template(component, text);
            };
            this.in_function(
                swc_span(first.opening),
                FunctionKind::Setup,
                Name::NONE,
                |this, id| {
                    this.tree.functions[id.index()].strict = true;
                    this.open(Kind::Block, swc_span(first.span));
                    instance.for_each(|(_, program)| this.items(program));
                    this.template(component, text);
                    this.close();
                },
            );
        });
        self.close();
    }

    fn template(&mut self, component: &Component, text: &str) {
        self.in_template = true;
        for (expression, fragment) in &component.template {
            // Handlers of a page see what every script sees; other templates only what the component declares.
            if component.dialect == Dialect::Html {
                self.template_function(expression, fragment, &[], &[], text);
                continue;
            }
            let (mut ours, mut others) = (Vec::new(), vec![OUTSIDE]);
            for (at, word) in embedded::words(text, expression.span) {
                let store = (component.dialect == Dialect::Svelte).then(|| word.strip_prefix('$'));
                let word = store.flatten().unwrap_or(word);
                match self.tree.names.find(word).filter(|&name| self.is_visible(name)) {
                    Some(name) => ours.push((at, name)),
                    None if word != "undefined" => others.push(word),
                    None => {}
                }
            }
            if !ours.is_empty() {
                self.template_function(expression, fragment, &ours, &others, text);
            }
        }
        self.in_template = false;
    }

    /// Whether the component declares the name: for all of its scripts, or for the instance.
    fn is_visible(&self, name: Name) -> bool {
        [ScopeId(0), self.scope]
            .iter()
            .any(|&scope| self.declared.contains_key(&(scope, name)))
    }

    /// An expression of the template. `others` are names that the template itself or code elsewhere declares: they
    /// become parameters, of which nothing is known.
    fn template_function(
        &mut self,
        expression: &Expression,
        fragment: &Fragment,
        ours: &[(u32, Name)],
        others: &[&str],
        text: &str,
    ) {
        let at = swc_span(expression.span);
        let name = self.intern(&text[expression.name.lo as usize..expression.name.hi as usize]);
        let event = if expression.meaning == Meaning::Handler {
            name
        } else {
            Name::NONE
        };
        self.in_function(at, FunctionKind::Reactive, event, |this, _| {
            for other in others {
                this.open(Kind::Param, at);
                let node = this.leaf(Kind::Binding, at);
                let name = this.intern(other);
                this.declare_at(node, name, BindingKind::Param);
                this.close();
            }
            this.open(Kind::Block, at);
            match fragment {
                Fragment::Stmts(stmts) => this.stmts(stmts),
                Fragment::Expr(expr) => {
                    this.open(Kind::ExprStmt, at);
                    this.template_expr(expression, expr, name);
                    this.close();
                }
                Fragment::Names if !ours.is_empty() => {
                    this.open(Kind::ExprStmt, at);
                    this.open(Kind::Call, at);
                    this.outside(at);
                    for &(start, name) in ours {
                        let length = this.tree.names.text(name).len() as u32;
                        this.component_ident(swc_span(Span::new(start, start + length)), name);
                    }
                    this.close();
                    this.close();
                }
                Fragment::Names => {}
            }
            this.close();
        });
    }

    fn template_expr(&mut self, expression: &Expression, expr: &Expr, name: Name) {
        let at = swc_span(expression.span);
        let is_function = matches!(
            expr,
            Expr::Ident(_) | Expr::Member(_) | Expr::Arrow(_) | Expr::Fn(_)
        );
        match expression.meaning {
            Meaning::Handler if !is_function => self.expr(expr),
            Meaning::Target | Meaning::Ref if matches!(expr, Expr::Ident(_) | Expr::Member(_)) => {
                let node = self.open(Kind::Assign, at);
                self.node(node).op = Op::Assign;
                self.expr(expr);
                self.outside(at);
                self.close();
            }
            meaning => {
                // As in JSX: `<p title={value} />`.
                self.open(Kind::Jsx, at);
                if matches!(meaning, Meaning::Value | Meaning::Handler) {
                    self.empty();
                } else {
                    self.outside(at);
                }
                let node = self.open(Kind::Property, at);
                self.node(node).a = name.0;
                self.expr(expr);
                self.close();
                self.close();
            }
        }
    }

    fn outside(&mut self, at: swc_common::Span) {
        let name = self.intern(OUTSIDE);
        self.reference(at, name);
    }

    /// A reference in a component: `$store` in Svelte is the store's value, and `ref` in a template of Vue is
    /// `ref.value`.
    fn component_ident(&mut self, at: swc_common::Span, name: Name) {
        let text = self.tree.names.text(name);
        let store = match (self.dialect, text.strip_prefix('$')) {
            (Some(Dialect::Svelte), Some(store)) if !store.is_empty() && !store.starts_with('$') => {
                (!RUNES.contains(&text)).then(|| store.to_string())
            }
            _ => None,
        };
        let (key, object) = match store {
            Some(store) => ("$", self.intern(&store)),
            None if self.in_template && self.refs.contains(&name) => ("value", name),
            None => {
                self.reference(at, name);
                return;
            }
        };
        let node = self.open(Kind::Member, at);
        self.node(node).a = self.intern(key).0;
        self.reference(at, object);
        self.close();
    }

    fn is_reactive(&self, labeled: &swc::LabeledStmt) -> bool {
        let function = &self.tree.functions[self.function.index()];
        self.dialect == Some(Dialect::Svelte)
            && function.kind == FunctionKind::Setup
            && self.scope == function.scope
            && labeled.label.sym == "$"
    }

    /// `$: total = a + b`: runs whenever what it reads changes, and declares what it assigns to.
    fn reactive(&mut self, labeled: &swc::LabeledStmt) {
        if let Some(ident) = assigned_name(&labeled.body) {
            let name = self.name(&ident.sym);
            if !self.is_visible(name) {
                let node = self.open(Kind::VarDecl, ident.span);
                self.node(node).op = Op::Let;
                self.open(Kind::Declarator, ident.span);
                let node = self.leaf(Kind::Binding, ident.span);
                self.declare_at(node, name, BindingKind::Let);
                self.empty();
                self.close();
                self.close();
            }
        }
        self.in_function(labeled.span, FunctionKind::Reactive, Name::NONE, |this, _| {
            this.open(Kind::Block, labeled.span);
            this.stmt(&labeled.body);
            this.close();
        });
    }

    fn module_decl(&mut self, decl: &ModuleDecl) {
        match decl {
            ModuleDecl::Import(import) => {
                let node = self.open(Kind::ImportDecl, import.span);
                let source = self.string_name(&import.src.value);
                self.node(node).a = source.0;
                for specifier in &import.specifiers {
                    let (local, imported) = match specifier {
                        ImportSpecifier::Named(named) => {
                            let imported = match &named.imported {
                                Some(name) => self.export_name(name),
                                None => self.name(&named.local.sym),
                            };
                            (&named.local, imported)
                        }
                        ImportSpecifier::Default(default) => (&default.local, self.intern("default")),
                        ImportSpecifier::Namespace(all) => (&all.local, self.intern("*")),
                    };
                    let node = self.leaf(Kind::ImportSpecifier, local.span);
                    let name = self.name(&local.sym);
                    self.declare_at(node, name, BindingKind::Import);
                    self.node(node).a = imported.0;
                }
                self.close();
            }
            ModuleDecl::ExportDecl(export) => {
                self.open(Kind::ExportNamed, export.span);
                self.decl(&export.decl);
                self.close();
            }
            ModuleDecl::ExportNamed(export) => {
                let node = self.open(Kind::ExportNamed, export.span);
                if let Some(source) = &export.src {
                    self.node(node).a = self.string_name(&source.value).0;
                }
                for specifier in &export.specifiers {
                    match specifier {
                        ExportSpecifier::Namespace(all) => {
                            let node = self.leaf(Kind::ExportSpecifier, all.span);
                            self.node(node).a = self.export_name(&all.name).0;
                        }
                        ExportSpecifier::Default(default) => {
                            let node = self.leaf(Kind::ExportSpecifier, default.exported.span);
                            self.node(node).a = self.name(&default.exported.sym).0;
                        }
                        ExportSpecifier::Named(named) => {
                            let node = self.open(Kind::ExportSpecifier, named.span);
                            let exported = named.exported.as_ref().unwrap_or(&named.orig);
                            self.node(node).a = self.export_name(exported).0;
                            if let (None, ModuleExportName::Ident(local)) = (&export.src, &named.orig) {
                                self.ident(local);
                            }
                            self.close();
                        }
                    }
                }
                self.close();
            }
            ModuleDecl::ExportDefaultDecl(export) => {
                self.open(Kind::ExportDefault, export.span);
                match &export.decl {
                    DefaultDecl::Class(class) => match &class.ident {
                        Some(_) => self.class(&class.class, class.ident.as_ref(), true),
                        None => self.class(&class.class, None, false),
                    },
                    DefaultDecl::Fn(function) => {
                        self.plain_function(
                            &function.function,
                            function.ident.as_ref(),
                            function.ident.is_some(),
                        );
                    }
                    DefaultDecl::TsInterfaceDecl(_) => self.empty(),
                }
                self.close();
            }
            ModuleDecl::ExportDefaultExpr(export) => {
                self.open(Kind::ExportDefault, export.span);
                self.expr(&export.expr);
                self.close();
            }
            ModuleDecl::ExportAll(export) => {
                let node = self.leaf(Kind::ExportAll, export.span);
                self.node(node).a = self.string_name(&export.src.value).0;
            }
            ModuleDecl::TsImportEquals(import) if import.is_type_only => {}
            ModuleDecl::TsImportEquals(import) => {
                // `import x = require("y")` is `const x = require("y")`.
                let declaration = self.open(Kind::VarDecl, import.span);
                self.node(declaration).op = Op::Const;
                self.open(Kind::Declarator, import.span);
                let node = self.leaf(Kind::Binding, import.id.span);
                let name = self.name(&import.id.sym);
                self.declare_at(node, name, BindingKind::Const);
                match &import.module_ref {
                    TsModuleRef::TsExternalModuleRef(external) => {
                        self.open(Kind::Call, external.span);
                        let require = self.intern("require");
                        self.reference(external.span, require);
                        let source = self.leaf(Kind::Str, external.expr.span);
                        self.node(source).a = self.string_name(&external.expr.value).0;
                        self.close();
                    }
                    TsModuleRef::TsEntityName(name) => self.entity_name(name),
                }
                self.close();
                self.close();
            }
            ModuleDecl::TsExportAssignment(export) => {
                self.open(Kind::ExportDefault, export.span);
                self.expr(&export.expr);
                self.close();
            }
            ModuleDecl::TsNamespaceExport(_) => {}
        }
    }

    fn export_name(&mut self, name: &ModuleExportName) -> Name {
        match name {
            ModuleExportName::Ident(ident) => self.name(&ident.sym),
            ModuleExportName::Str(text) => self.string_name(&text.value),
        }
    }

    fn entity_name(&mut self, name: &TsEntityName) {
        match name {
            TsEntityName::Ident(ident) => {
                self.ident(ident);
            }
            TsEntityName::TsQualifiedName(qualified) => {
                let node = self.open(Kind::Member, qualified.span);
                self.node(node).a = self.name(&qualified.right.sym).0;
                self.entity_name(&qualified.left);
                self.close();
            }
        }
    }

    // ---- statements ----

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.visit_stmt(stmt);
        }
    }

    fn block(&mut self, block: &BlockStmt) {
        let node = self.open(Kind::Block, block.span);
        self.in_scope(ScopeKind::Block, node, |this| this.stmts(&block.stmts));
        self.close();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Block(block) => self.block(block),
            Stmt::Empty(_) => self.empty(),
            Stmt::Debugger(debugger) => {
                self.leaf(Kind::Debugger, debugger.span);
            }
            Stmt::With(with) => {
                let node = self.open(Kind::With, with.span);
                self.expr(&with.obj);
                self.in_scope(ScopeKind::With, node, |this| this.stmt(&with.body));
                self.close();
            }
            Stmt::Return(ret) => {
                self.open(Kind::Return, ret.span);
                self.optional(ret.arg.as_deref());
                self.close();
            }
            Stmt::Labeled(labeled) if self.is_reactive(labeled) => self.reactive(labeled),
            Stmt::Labeled(labeled) => {
                self.open(Kind::Labeled, labeled.span);
                self.stmt(&labeled.body);
                self.close();
            }
            Stmt::Break(node) => {
                self.leaf(Kind::Break, node.span);
            }
            Stmt::Continue(node) => {
                self.leaf(Kind::Continue, node.span);
            }
            Stmt::If(_) => self.if_chain(stmt),
            Stmt::Switch(switch) => {
                let node = self.open(Kind::Switch, switch.span);
                self.expr(&switch.discriminant);
                self.in_scope(ScopeKind::Block, node, |this| {
                    for case in &switch.cases {
                        this.open(Kind::Case, case.span);
                        this.optional(case.test.as_deref());
                        this.stmts(&case.cons);
                        this.close();
                    }
                });
                self.close();
            }
            Stmt::Throw(throw) => {
                self.open(Kind::Throw, throw.span);
                self.expr(&throw.arg);
                self.close();
            }
            Stmt::Try(r#try) => {
                self.open(Kind::Try, r#try.span);
                self.block(&r#try.block);
                match &r#try.handler {
                    Some(handler) => {
                        let node = self.open(Kind::Catch, handler.span);
                        self.in_scope(ScopeKind::Catch, node, |this| {
                            match &handler.param {
                                Some(param) => this.pat(param, Some(BindingKind::Catch)),
                                None => this.empty(),
                            }
                            this.block(&handler.body);
                        });
                        self.close();
                    }
                    None => self.empty(),
                }
                match &r#try.finalizer {
                    Some(finalizer) => self.block(finalizer),
                    None => self.empty(),
                }
                self.close();
            }
            Stmt::While(node) => {
                self.open(Kind::While, node.span);
                self.expr(&node.test);
                self.stmt(&node.body);
                self.close();
            }
            Stmt::DoWhile(node) => {
                self.open(Kind::DoWhile, node.span);
                self.stmt(&node.body);
                self.expr(&node.test);
                self.close();
            }
            Stmt::For(node) => {
                let id = self.open(Kind::For, node.span);
                self.in_scope(ScopeKind::Loop, id, |this| {
                    match &node.init {
                        Some(VarDeclOrExpr::VarDecl(decl)) => {
                            this.var_decl(decl.span, decl.kind, &decl.decls)
                        }
                        Some(VarDeclOrExpr::Expr(expr)) => this.expr(expr),
                        None => this.empty(),
                    }
                    this.optional(node.test.as_deref());
                    this.optional(node.update.as_deref());
                    this.stmt(&node.body);
                });
                self.close();
            }
            Stmt::ForIn(node) => self.for_each(Kind::ForIn, node.span, &node.left, &node.right, &node.body),
            Stmt::ForOf(node) => {
                let id = NodeId(self.tree.nodes.len() as u32);
                self.for_each(Kind::ForOf, node.span, &node.left, &node.right, &node.body);
                if node.is_await {
                    self.node(id).flags |= flag::FLAG;
                }
            }
            Stmt::Decl(decl) => self.decl(decl),
            Stmt::Expr(node) => {
                self.open(Kind::ExprStmt, node.span);
                self.expr(&node.expr);
                self.close();
            }
        }
    }

    /// `else if` chains can be thousands of links long: opened in a loop, not by recursion.
    fn if_chain(&mut self, stmt: &Stmt) {
        let mut next = Some(stmt);
        let mut open = 0;
        while let Some(stmt) = next {
            let Stmt::If(node) = stmt else {
                self.stmt(stmt);
                break;
            };
            self.open(Kind::If, node.span);
            open += 1;
            self.expr(&node.test);
            self.stmt(&node.cons);
            next = node.alt.as_deref();
            if next.is_none() {
                self.empty();
            }
        }
        for _ in 0..open {
            self.close();
        }
    }

    fn for_each(&mut self, kind: Kind, at: swc_common::Span, left: &ForHead, right: &Expr, body: &Stmt) {
        let node = self.open(kind, at);
        self.in_scope(ScopeKind::Loop, node, |this| {
            match left {
                ForHead::VarDecl(decl) => this.var_decl(decl.span, decl.kind, &decl.decls),
                ForHead::UsingDecl(decl) => {
                    this.declarators(decl.span, Op::Using, BindingKind::Const, &decl.decls)
                }
                ForHead::Pat(pat) => this.pat(pat, None),
            }
            this.expr(right);
            this.stmt(body);
        });
        self.close();
    }

    fn decl(&mut self, decl: &Decl) {
        match decl {
            Decl::Class(class) if class.declare => self.empty(),
            Decl::Class(class) => self.class(&class.class, Some(&class.ident), true),
            Decl::Fn(function) if function.declare || function.function.body.is_none() => {
                if function.declare {
                    self.ambient(&function.ident);
                }
                self.empty();
            }
            Decl::Fn(function) => self.plain_function(&function.function, Some(&function.ident), true),
            Decl::Var(var) if var.declare => {
                for declarator in &var.decls {
                    if let Pat::Ident(ident) = &declarator.name {
                        self.ambient(&ident.id);
                    }
                }
                self.empty();
            }
            Decl::Var(var) => self.var_decl(var.span, var.kind, &var.decls),
            Decl::Using(using) => self.declarators(using.span, Op::Using, BindingKind::Const, &using.decls),
            Decl::TsInterface(_) | Decl::TsTypeAlias(_) => self.empty(),
            Decl::TsEnum(decl) if decl.declare => self.empty(),
            Decl::TsEnum(decl) => {
                let node = self.open(Kind::Enum, decl.span);
                let name = self.name(&decl.id.sym);
                self.declare_at(node, name, BindingKind::Enum);
                for member in &decl.members {
                    let node = self.open(Kind::EnumMember, member.span);
                    let name = match &member.id {
                        TsEnumMemberId::Ident(ident) => self.name(&ident.sym),
                        TsEnumMemberId::Str(text) => self.string_name(&text.value),
                    };
                    self.node(node).a = name.0;
                    self.optional(member.init.as_deref());
                    self.close();
                }
                self.close();
            }
            Decl::TsModule(module) => match (&module.body, module.declare || module.global) {
                (Some(body), false) => self.namespace(module.span, &module.id, body),
                _ => self.empty(),
            },
        }
    }

    /// `declare var x`: a global that somebody else declares.
    fn ambient(&mut self, ident: &Ident) {
        let name = self.name(&ident.sym);
        self.tree.ambient.insert(name);
    }

    fn namespace(&mut self, at: swc_common::Span, id: &TsModuleName, body: &TsNamespaceBody) {
        let node = self.open(Kind::Namespace, at);
        let name = match id {
            TsModuleName::Ident(ident) => self.name(&ident.sym),
            TsModuleName::Str(text) => self.string_name(&text.value),
        };
        self.declare_at(node, name, BindingKind::Namespace);
        self.in_scope(ScopeKind::Block, node, |this| match body {
            TsNamespaceBody::TsModuleBlock(block) => {
                block.body.iter().for_each(|item| this.visit_module_item(item));
            }
            TsNamespaceBody::TsNamespaceDecl(inner) => {
                this.namespace(inner.span, &TsModuleName::Ident(inner.id.clone()), &inner.body);
            }
        });
        self.close();
    }

    fn var_decl(&mut self, at: swc_common::Span, kind: VarDeclKind, decls: &[VarDeclarator]) {
        let (op, kind) = match kind {
            VarDeclKind::Var => (Op::Var, BindingKind::Var),
            VarDeclKind::Let => (Op::Let, BindingKind::Let),
            VarDeclKind::Const => (Op::Const, BindingKind::Const),
        };
        self.declarators(at, op, kind, decls);
    }

    fn declarators(&mut self, at: swc_common::Span, op: Op, kind: BindingKind, decls: &[VarDeclarator]) {
        let node = self.open(Kind::VarDecl, at);
        self.node(node).op = op;
        for declarator in decls {
            if self.params.contains(&declarator.span.lo) {
                continue;
            }
            self.open(Kind::Declarator, declarator.span);
            self.pat(&declarator.name, Some(kind));
            let hint = match &declarator.name {
                Pat::Ident(ident) => self.name(&ident.id.sym),
                _ => Name::NONE,
            };
            self.hinted(hint, |this| this.optional(declarator.init.as_deref()));
            self.close();
        }
        self.close();
    }

    // ---- patterns ----

    fn pat(&mut self, pat: &Pat, declares: Declares) {
        match pat {
            Pat::Ident(ident) => match declares {
                Some(kind) => {
                    let node = self.leaf(Kind::Binding, ident.id.span);
                    let name = self.name(&ident.id.sym);
                    self.declare_at(node, name, kind);
                    self.annotate(node, ident.type_ann.as_deref());
                }
                None => {
                    self.ident(&ident.id);
                }
            },
            Pat::Array(array) => {
                self.open(Kind::ArrayPattern, array.span);
                for element in &array.elems {
                    match element {
                        Some(element) => self.pat(element, declares),
                        None => self.empty(),
                    }
                }
                self.close();
            }
            Pat::Rest(rest) => self.rest(rest, declares),
            Pat::Object(object) => self.object_pattern(object, declares),
            Pat::Assign(assign) => {
                self.open(Kind::Default, assign.span);
                self.pat(&assign.left, declares);
                self.expr(&assign.right);
                self.close();
            }
            Pat::Invalid(invalid) => {
                self.leaf(Kind::Empty, invalid.span);
            }
            Pat::Expr(expr) => self.expr(expr),
        }
    }

    fn rest(&mut self, rest: &swc::RestPat, declares: Declares) {
        self.open(Kind::Rest, rest.span);
        self.pat(&rest.arg, declares);
        self.close();
    }

    fn object_pattern(&mut self, object: &swc::ObjectPat, declares: Declares) {
        self.open(Kind::ObjectPattern, object.span);
        for prop in &object.props {
            match prop {
                ObjectPatProp::KeyValue(prop) => {
                    let node = self.open(Kind::PatternProperty, prop.span());
                    self.prop_name(node, &prop.key);
                    self.pat(&prop.value, declares);
                    self.close();
                }
                ObjectPatProp::Assign(prop) => {
                    let node = self.open(Kind::PatternProperty, prop.span);
                    self.node(node).a = self.name(&prop.key.id.sym).0;
                    if prop.value.is_some() {
                        self.open(Kind::Default, prop.span);
                    }
                    match declares {
                        Some(kind) => {
                            let node = self.leaf(Kind::Binding, prop.key.id.span);
                            let name = self.name(&prop.key.id.sym);
                            self.declare_at(node, name, kind);
                        }
                        None => {
                            self.ident(&prop.key.id);
                        }
                    }
                    if let Some(value) = &prop.value {
                        self.expr(value);
                        self.close();
                    }
                    self.close();
                }
                ObjectPatProp::Rest(rest) => self.rest(rest, declares),
            }
        }
        self.close();
    }

    fn annotate(&mut self, node: NodeId, annotation: Option<&TsTypeAnn>) {
        let Some(name) = annotation.and_then(|annotation| type_name(&annotation.type_ann)) else {
            return;
        };
        let name = self.intern(&name);
        self.tree.annotations.insert(node, name);
    }

    // ---- functions and classes ----

    fn new_function(
        &mut self,
        node: NodeId,
        parent: FunctionId,
        kind: FunctionKind,
        strict: bool,
    ) -> FunctionId {
        let id = FunctionId(self.tree.functions.len() as u32);
        self.tree.functions.push(Function {
            node,
            parent,
            scope: ScopeId::NONE,
            name: Name::NONE,
            kind,
            is_async: false,
            is_generator: false,
            strict,
            uses_arguments: false,
            simple_parameters: true,
        });
        self.node(node).a = id.0;
        id
    }

    /// Opens a function node with its scope, and closes it behind `body`.
    fn in_function(
        &mut self,
        at: swc_common::Span,
        kind: FunctionKind,
        name: Name,
        body: impl FnOnce(&mut Self, FunctionId),
    ) -> FunctionId {
        let node = self.open(Kind::Function, at);
        let outer = self.function;
        let strict = self.tree.functions[outer.index()].strict;
        self.name_hint = Name::NONE;
        self.function = self.new_function(node, outer, kind, strict);
        let id = self.function;
        self.tree.functions[id.index()].name = name;
        self.in_scope(ScopeKind::Function, node, |this| {
            this.tree.functions[id.index()].scope = this.scope;
            body(this, id);
        });
        self.function = outer;
        self.close();
        id
    }

    fn plain_function(&mut self, function: &swc::Function, ident: Option<&Ident>, declaration: bool) {
        let hint = std::mem::replace(&mut self.name_hint, Name::NONE);
        let name = ident.map_or(hint, |ident| self.name(&ident.sym));
        let node = NodeId(self.tree.nodes.len() as u32);
        if declaration && ident.is_some() {
            // Declared before its node is there, since the name belongs to the scope outside.
            let binding = self.declare(name, BindingKind::Function, node);
            let id = self.function_node(function, FunctionKind::Plain, name, None);
            self.node(node).b = binding.0;
            self.node(node).flags |= flag::FLAG;
            debug_assert_eq!(self.tree.functions[id.index()].node, node);
        } else {
            self.function_node(function, FunctionKind::Plain, name, ident);
        }
    }

    /// `self_name`: a function expression's own name, bound inside it.
    fn function_node(
        &mut self,
        function: &swc::Function,
        kind: FunctionKind,
        name: Name,
        self_name: Option<&Ident>,
    ) -> FunctionId {
        self.in_function(function.span, kind, name, |this, id| {
            let table = &mut this.tree.functions[id.index()];
            table.is_async = function.is_async;
            table.is_generator = function.is_generator;
            table.strict |= function
                .body
                .as_ref()
                .is_some_and(|body| has_use_strict(&body.stmts));
            if let Some(ident) = self_name {
                let node = this.tree.functions[id.index()].node;
                let name = this.name(&ident.sym);
                let binding = this.declare(name, BindingKind::SelfName, node);
                this.node(node).b = binding.0;
            }
            for param in &function.params {
                this.param(param.span, &param.pat);
            }
            let outer = this.params.len();
            this.further_params(function);
            this.body(function.body.as_ref());
            this.params.truncate(outer);
        })
    }

    /// Parameters that a compiler has made variables of.
    fn further_params(&mut self, function: &swc::Function) {
        for (declarator, default) in downlevel::further_params(function) {
            self.open(Kind::Param, declarator.span);
            if let Some(default) = default {
                self.tree.functions[self.function.index()].simple_parameters = false;
                self.open(Kind::Default, declarator.span);
                self.pat(&declarator.name, Some(BindingKind::Param));
                self.expr(default);
                self.close();
            } else {
                self.pat(&declarator.name, Some(BindingKind::Param));
            }
            self.close();
            self.params.push(declarator.span.lo);
        }
    }

    fn param(&mut self, at: swc_common::Span, pat: &Pat) -> NodeId {
        if !matches!(pat, Pat::Ident(_)) {
            self.tree.functions[self.function.index()].simple_parameters = false;
        }
        let node = self.open(Kind::Param, at);
        self.pat(pat, Some(BindingKind::Param));
        self.close();
        node
    }

    fn body(&mut self, body: Option<&FunctionBody>) {
        let at = body.map_or(swc_common::DUMMY_SP, |body| body.span);
        self.open(Kind::Block, at);
        if let Some(body) = body {
            self.stmts(&body.stmts);
        }
        self.close();
    }

    /// TypeScript's `constructor(private socket: Socket)` begins with `this.socket = socket`.
    fn constructor_body(&mut self, fields: &[Ident], body: Option<&FunctionBody>) {
        self.open(Kind::Block, body.map_or(swc_common::DUMMY_SP, |body| body.span));
        for field in fields {
            self.open(Kind::ExprStmt, field.span);
            let assign = self.open(Kind::Assign, field.span);
            self.node(assign).op = Op::Assign;
            let target = self.open(Kind::Member, field.span);
            self.node(target).a = self.name(&field.sym).0;
            self.leaf(Kind::This, field.span);
            self.close();
            self.ident(field);
            self.close();
            self.close();
        }
        if let Some(body) = body {
            self.stmts(&body.stmts);
        }
        self.close();
    }

    fn arrow(&mut self, arrow: &swc::ArrowExpr) {
        let name = std::mem::replace(&mut self.name_hint, Name::NONE);
        self.in_function(arrow.span, FunctionKind::Arrow, name, |this, id| {
            this.tree.functions[id.index()].is_async = arrow.is_async;
            for param in &arrow.params {
                this.param(param.span(), param);
            }
            match &*arrow.body {
                ArrowFunctionBody::FunctionBody(body) => {
                    this.tree.functions[id.index()].strict |= has_use_strict(&body.stmts);
                    this.body(Some(body));
                }
                ArrowFunctionBody::Expr(expr) => this.return_body(expr),
            }
        });
    }

    /// A body that is one expression: a block with its return.
    fn return_body(&mut self, expr: &Expr) {
        self.open(Kind::Block, expr.span());
        self.open(Kind::Return, expr.span());
        self.expr(expr);
        self.close();
        self.close();
    }

    fn class(&mut self, class: &Class, ident: Option<&Ident>, declaration: bool) {
        let hint = std::mem::replace(&mut self.name_hint, Name::NONE);
        let name = ident.map_or(hint, |ident| self.name(&ident.sym));
        let node = self.open(Kind::Class, class.span);
        if declaration && ident.is_some() {
            self.declare_at(node, name, BindingKind::Class);
            self.node(node).flags |= flag::FLAG;
        }
        let strict = std::mem::replace(&mut self.tree.functions[self.function.index()].strict, true);
        self.in_scope(ScopeKind::Class, node, |this| {
            if let (Some(_), false) = (ident, declaration) {
                this.declare_at(node, name, BindingKind::SelfName);
            }
            this.node(node).a = name.0;
            this.optional(class.super_class.as_deref());
            for decorator in &class.decorators {
                this.decorator(decorator);
            }
            for member in &class.body {
                this.class_member(member);
            }
        });
        self.tree.functions[self.function.index()].strict = strict;
        self.close();
    }

    fn decorator(&mut self, decorator: &swc::Decorator) {
        self.open(Kind::Decorator, decorator.span);
        self.expr(&decorator.expr);
        self.close();
    }

    fn class_member(&mut self, member: &ClassMember) {
        match member {
            ClassMember::Constructor(constructor) => {
                if constructor.body.is_none() {
                    return;
                }
                let node = self.open(Kind::Property, constructor.span);
                let name = self.intern("constructor");
                self.node(node).a = name.0;
                self.node(node).flags |= flag::METHOD;
                self.in_function(constructor.span, FunctionKind::Constructor, name, |this, _| {
                    let mut fields = Vec::new();
                    for param in &constructor.params {
                        match param {
                            ParamOrTsParamProp::Param(param) => {
                                this.param(param.span, &param.pat);
                            }
                            ParamOrTsParamProp::TsParamProp(property) => {
                                let pat = match &property.param {
                                    TsParamPropParam::Ident(ident) => Pat::Ident(ident.clone()),
                                    TsParamPropParam::Assign(assign) => Pat::Assign(assign.clone()),
                                };
                                this.param(property.span, &pat);
                                fields.extend(param_name(&pat));
                            }
                        }
                    }
                    this.constructor_body(&fields, constructor.body.as_ref());
                });
                for param in &constructor.params {
                    let decorators = match param {
                        ParamOrTsParamProp::Param(param) => &param.decorators,
                        ParamOrTsParamProp::TsParamProp(property) => &property.decorators,
                    };
                    decorators.iter().for_each(|decorator| self.decorator(decorator));
                }
                self.close();
            }
            ClassMember::Method(method) => {
                if method.function.body.is_none() {
                    return;
                }
                let node = self.open(Kind::Property, method.span);
                let name = self.prop_name(node, &method.key);
                if method.accessibility == Some(swc::Accessibility::Private) {
                    self.node(node).flags |= flag::FLAG;
                }
                self.method(node, name, method.kind, method.is_static, &method.function);
            }
            ClassMember::PrivateMethod(method) => {
                let node = self.open(Kind::Property, method.span);
                let name = self.private_name(&method.key.name);
                self.node(node).a = name.0;
                self.method(node, name, method.kind, method.is_static, &method.function);
            }
            ClassMember::ClassProp(prop) => {
                if prop.declare || prop.is_abstract {
                    return;
                }
                let node = self.open(Kind::Property, prop.span);
                self.prop_name(node, &prop.key);
                self.annotate(node, prop.type_ann.as_deref());
                self.field(node, prop.is_static, prop.value.as_deref(), &prop.decorators);
            }
            ClassMember::PrivateProp(prop) => {
                let node = self.open(Kind::Property, prop.span);
                self.node(node).a = self.private_name(&prop.key.name).0;
                self.annotate(node, prop.type_ann.as_deref());
                self.field(node, prop.is_static, prop.value.as_deref(), &prop.decorators);
            }
            ClassMember::AutoAccessor(accessor) => {
                let node = self.open(Kind::Property, accessor.span);
                match &accessor.key {
                    swc::Key::Private(name) => self.node(node).a = self.private_name(&name.name).0,
                    swc::Key::Public(name) => {
                        self.prop_name(node, name);
                    }
                }
                self.field(
                    node,
                    accessor.is_static,
                    accessor.value.as_deref(),
                    &accessor.decorators,
                );
            }
            ClassMember::StaticBlock(block) => {
                let node = self.open(Kind::Property, block.span);
                self.node(node).flags |= flag::STATIC | flag::FIELD;
                self.in_function(block.span, FunctionKind::StaticInit, Name::NONE, |this, _| {
                    this.open(Kind::Block, block.body.span);
                    this.stmts(&block.body.stmts);
                    this.close();
                });
                self.close();
            }
            ClassMember::TsIndexSignature(_) | ClassMember::Empty(_) => {}
        }
    }

    /// Closes `node`.
    fn method(
        &mut self,
        node: NodeId,
        name: Name,
        kind: MethodKind,
        is_static: bool,
        function: &swc::Function,
    ) {
        self.node(node).flags |= match kind {
            MethodKind::Method => flag::METHOD,
            MethodKind::Getter => flag::GETTER,
            MethodKind::Setter => flag::SETTER,
        };
        if is_static {
            self.node(node).flags |= flag::STATIC;
        }
        self.function_node(function, FunctionKind::Method, name, None);
        // Those of parameters run with the others, when the class is made.
        let of_params = function.params.iter().flat_map(|param| &param.decorators);
        for decorator in function.decorators.iter().chain(of_params) {
            self.decorator(decorator);
        }
        self.close();
    }

    /// Closes `node`. The value is wrapped in the function that V8 makes for an initialiser.
    fn field(&mut self, node: NodeId, is_static: bool, value: Option<&Expr>, decorators: &[swc::Decorator]) {
        self.node(node).flags |= flag::FIELD | if is_static { flag::STATIC } else { 0 };
        let name = Name(self.node(node).a);
        match value {
            Some(value) => {
                let kind = if is_static {
                    FunctionKind::StaticInit
                } else {
                    FunctionKind::Field
                };
                self.in_function(value.span(), kind, name, |this, _| {
                    this.hinted(name, |this| this.return_body(value));
                });
            }
            None => self.empty(),
        }
        for decorator in decorators {
            self.decorator(decorator);
        }
        self.close();
    }

    /// Stores the key in the node, or lowers it as the first child.
    fn prop_name(&mut self, node: NodeId, key: &PropName) -> Name {
        let name = match key {
            PropName::Ident(ident) => self.name(&ident.sym),
            PropName::Str(text) => self.string_name(&text.value),
            PropName::Num(number) => self.intern(&number.value.to_string()),
            PropName::BigInt(number) => self.intern(&number.value.to_string()),
            PropName::Computed(computed) => match &*computed.expr {
                Expr::Lit(Lit::Str(text)) => self.string_name(&text.value),
                expr => {
                    self.node(node).flags |= flag::COMPUTED;
                    self.expr(expr);
                    Name::NONE
                }
            },
        };
        self.node(node).a = name.0;
        name
    }

    // ---- expressions ----

    fn optional(&mut self, expr: Option<&Expr>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.empty(),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if !matches!(
            expr,
            Expr::Fn(_) | Expr::Arrow(_) | Expr::Class(_) | Expr::Paren(_) | Expr::Cond(_) | Expr::Assign(_)
        ) {
            self.name_hint = Name::NONE;
        }
        match expr {
            Expr::This(node) => {
                self.leaf(Kind::This, node.span);
            }
            Expr::Array(array) => {
                self.open(Kind::Array, array.span);
                for element in &array.elems {
                    match element {
                        Some(element) => self.arg(element),
                        None => self.empty(),
                    }
                }
                self.close();
            }
            Expr::Object(object) => self.object(object),
            Expr::Fn(function) => self.plain_function(&function.function, function.ident.as_ref(), false),
            Expr::Unary(unary) => {
                let node = self.open(Kind::Unary, unary.span);
                self.node(node).op = match unary.op {
                    UnaryOp::Minus | UnaryOp::Plus | UnaryOp::Tilde => Op::Arithmetic,
                    UnaryOp::Bang => Op::Not,
                    UnaryOp::TypeOf => Op::TypeOf,
                    UnaryOp::Void => Op::Void,
                    UnaryOp::Delete => Op::Delete,
                };
                self.expr(&unary.arg);
                self.close();
            }
            Expr::Update(update) => {
                let node = self.open(Kind::Update, update.span);
                self.node(node).op = match update.op {
                    UpdateOp::PlusPlus => Op::Increment,
                    UpdateOp::MinusMinus => Op::Decrement,
                };
                if update.prefix {
                    self.node(node).flags |= flag::FLAG;
                }
                self.expr(&update.arg);
                self.close();
            }
            Expr::Bin(_) => self.binary(expr),
            Expr::Assign(assign) => self.assign(assign),
            Expr::Member(member) => self.member(member, false),
            Expr::SuperProp(member) => match &member.prop {
                SuperProp::Ident(key) => {
                    let node = self.open(Kind::Member, member.span);
                    self.node(node).a = self.name(&key.sym).0;
                    self.leaf(Kind::Super, member.obj.span);
                    self.close();
                }
                SuperProp::Computed(key) => {
                    self.open(Kind::Index, member.span);
                    self.leaf(Kind::Super, member.obj.span);
                    self.expr(&key.expr);
                    self.close();
                }
            },
            Expr::Cond(node) => match downlevel(node) {
                Some(Downlevel::Chain { tested, rest }) => self.chain(rest, tested),
                Some(Downlevel::Nullish { value, other }) => {
                    let logical = self.open(Kind::Logical, node.span);
                    self.node(logical).op = Op::Nullish;
                    self.expr(value);
                    self.expr(other);
                    self.close();
                }
                None => {
                    self.open(Kind::Conditional, node.span);
                    self.expr(&node.test);
                    self.expr(&node.cons);
                    self.expr(&node.alt);
                    self.close();
                }
            },
            Expr::Call(call) if let Some(named) = downlevel::named(call) => self.expr(named),
            Expr::Call(call) if let Some(private) = downlevel::private(call) => self.private(call, private),
            Expr::Call(call) => {
                let at = match &call.callee {
                    Callee::Expr(callee) => in_chain(call.span, callee),
                    Callee::Super(_) | Callee::Import(_) => call.span,
                };
                let node = self.open(Kind::Call, at);
                match &call.callee {
                    Callee::Super(node) => {
                        self.leaf(Kind::Super, node.span);
                    }
                    Callee::Import(node) => {
                        self.leaf(Kind::Import, node.span);
                    }
                    Callee::Expr(callee) => self.expr(callee),
                }
                self.note_eval(node);
                call.args.iter().for_each(|arg| self.arg(arg));
                self.close();
            }
            Expr::New(new) => {
                self.open(Kind::New, new.span);
                self.expr(&new.callee);
                new.args.iter().flatten().for_each(|arg| self.arg(arg));
                self.close();
            }
            Expr::Seq(sequence) => {
                self.open(Kind::Sequence, sequence.span);
                sequence.exprs.iter().for_each(|expr| self.expr(expr));
                self.close();
            }
            Expr::Ident(ident) => {
                self.ident(ident);
            }
            Expr::Lit(lit) => self.lit(lit),
            Expr::Tpl(template) => match whole_text(template) {
                Some(text) => {
                    let node = self.leaf(Kind::Str, template.span);
                    self.node(node).a = self.string_name(text).0;
                }
                None => {
                    self.open(Kind::Template, template.span);
                    template.exprs.iter().for_each(|expr| self.expr(expr));
                    self.close();
                }
            },
            Expr::TaggedTpl(template) => {
                self.open(Kind::TaggedTemplate, template.span);
                self.expr(&template.tag);
                template.tpl.exprs.iter().for_each(|expr| self.expr(expr));
                self.close();
            }
            Expr::Arrow(arrow) => self.arrow(arrow),
            Expr::Class(class) => self.class(&class.class, class.ident.as_ref(), false),
            Expr::Yield(node) => {
                self.open(Kind::Yield, node.span);
                self.optional(node.arg.as_deref());
                self.close();
            }
            Expr::MetaProp(node) => {
                let id = self.leaf(Kind::Meta, node.span);
                let name = match node.kind {
                    MetaPropKind::NewTarget => self.intern("new.target"),
                    MetaPropKind::ImportMeta => self.intern("import.meta"),
                };
                self.node(id).a = name.0;
            }
            Expr::Await(node) => {
                let function = &mut self.tree.functions[self.function.index()];
                // A script cannot say that it is asynchronous.
                function.is_async |= function.kind == FunctionKind::Setup;
                self.open(Kind::Await, node.span);
                self.expr(&node.arg);
                self.close();
            }
            Expr::Paren(node) => self.expr(&node.expr),
            Expr::JSXMember(node) => self.jsx_member(node),
            Expr::JSXNamespacedName(node) => {
                self.leaf(Kind::Empty, node.span);
            }
            Expr::JSXEmpty(node) => {
                self.leaf(Kind::Empty, node.span);
            }
            Expr::JSXElement(element) => self.jsx_element(element),
            Expr::JSXFragment(fragment) => {
                self.open(Kind::Jsx, fragment.span);
                self.empty();
                fragment.children.iter().for_each(|child| self.jsx_child(child));
                self.close();
            }
            Expr::TsTypeAssertion(node) => self.expr(&node.expr),
            Expr::TsConstAssertion(node) => self.expr(&node.expr),
            Expr::TsNonNull(node) => self.expr(&node.expr),
            Expr::TsAs(node) => self.expr(&node.expr),
            Expr::TsInstantiation(node) => self.expr(&node.expr),
            Expr::TsSatisfies(node) => self.expr(&node.expr),
            Expr::PrivateName(node) => {
                let id = self.leaf(Kind::Str, node.span);
                self.node(id).a = self.private_name(&node.name).0;
            }
            Expr::OptChain(chain) => match &*chain.base {
                OptChainBase::Member(member) => self.member(member, chain.optional),
                OptChainBase::Call(call) => {
                    let node = self.open(Kind::Call, in_chain(call.span, &call.callee));
                    if chain.optional {
                        self.node(node).flags |= flag::OPTIONAL;
                    }
                    self.expr(&call.callee);
                    call.args.iter().for_each(|arg| self.arg(arg));
                    self.close();
                }
            },
            Expr::Invalid(node) => {
                self.leaf(Kind::Empty, node.span);
            }
        }
    }

    /// A call written `eval(…)` is a direct eval, even where `eval` is a local name (V8 cannot tell early).
    fn note_eval(&mut self, call: NodeId) {
        let Some(callee) = self.tree.nodes.get(call.index() + 1) else {
            return;
        };
        if callee.kind == Kind::Ident && self.tree.names.text(Name(callee.a)) == "eval" {
            let mut scope = self.scope;
            while let Some(id) = scope.some() {
                self.tree.scopes[id.index()].has_eval = true;
                scope = self.tree.scopes[id.index()].parent;
            }
        }
    }

    /// Left-nested chains (`a + b + c …`) can be very long: opened along the left side in a loop.
    fn binary(&mut self, expr: &Expr) {
        let mut chain = Vec::new();
        let mut left = expr;
        loop {
            match left {
                Expr::Bin(binary) => {
                    let (kind, op) = binary_op(binary.op);
                    let node = self.open(kind, binary.span);
                    self.node(node).op = op;
                    chain.push(binary);
                    left = &binary.left;
                }
                Expr::Paren(paren) => left = &paren.expr,
                _ => break,
            }
        }
        self.expr(left);
        for binary in chain.into_iter().rev() {
            self.expr(&binary.right);
            self.close();
        }
    }

    fn assign(&mut self, assign: &swc::AssignExpr) {
        let node = self.open(Kind::Assign, assign.span);
        self.node(node).op = match assign.op {
            AssignOp::Assign => Op::Assign,
            AssignOp::AddAssign => Op::Add,
            AssignOp::SubAssign => Op::Sub,
            AssignOp::ModAssign => Op::Mod,
            AssignOp::BitAndAssign => Op::BitAnd,
            AssignOp::MulAssign
            | AssignOp::DivAssign
            | AssignOp::LShiftAssign
            | AssignOp::RShiftAssign
            | AssignOp::ZeroFillRShiftAssign
            | AssignOp::BitOrAssign
            | AssignOp::BitXorAssign
            | AssignOp::ExpAssign => Op::Arithmetic,
            AssignOp::AndAssign => Op::And,
            AssignOp::OrAssign => Op::Or,
            AssignOp::NullishAssign => Op::Nullish,
        };
        self.assign_target(&assign.left);
        let target = NodeId(node.0 + 1);
        let hint = match self.tree.kind(target) {
            Kind::Ident | Kind::Member => self.tree.name_of(target),
            _ => Name::NONE,
        };
        self.hinted(hint, |this| this.expr(&assign.right));
        self.close();
    }

    fn assign_target(&mut self, target: &AssignTarget) {
        match target {
            AssignTarget::Simple(simple) => match simple {
                SimpleAssignTarget::Ident(ident) => {
                    self.ident(&ident.id);
                }
                SimpleAssignTarget::Member(member) => self.member(member, false),
                SimpleAssignTarget::SuperProp(node) => self.expr(&Expr::SuperProp(node.clone())),
                SimpleAssignTarget::Paren(node) => self.expr(&node.expr),
                SimpleAssignTarget::OptChain(node) => self.expr(&Expr::OptChain(node.clone())),
                SimpleAssignTarget::TsAs(node) => self.expr(&node.expr),
                SimpleAssignTarget::TsSatisfies(node) => self.expr(&node.expr),
                SimpleAssignTarget::TsNonNull(node) => self.expr(&node.expr),
                SimpleAssignTarget::TsTypeAssertion(node) => self.expr(&node.expr),
                SimpleAssignTarget::TsInstantiation(node) => self.expr(&node.expr),
                SimpleAssignTarget::Invalid(node) => {
                    self.leaf(Kind::Empty, node.span);
                }
            },
            AssignTarget::Pat(pat) => match pat {
                AssignTargetPat::Array(array) => self.pat(&Pat::Array(array.clone()), None),
                AssignTargetPat::Object(object) => self.object_pattern(object, None),
                AssignTargetPat::Invalid(node) => {
                    self.leaf(Kind::Empty, node.span);
                }
            },
        }
    }

    /// The rest of an optional chain that a compiler has taken apart.
    fn chain(&mut self, rest: &Expr, tested: Tested) {
        let Tested::Kept { name, value } = tested else {
            return self.expr(rest);
        };
        match downlevel::inner(rest) {
            Expr::Ident(it) if downlevel::is_same(it, name) => self.expr(value),
            Expr::Member(member) => self.member_of(member, true, |this| this.chain(&member.obj, tested)),
            Expr::Call(call) => {
                let node = self.open(Kind::Call, call.span);
                self.node(node).flags |= flag::OPTIONAL;
                let method = downlevel::method_called(call, name, value);
                match (method, &call.callee) {
                    (Some((method, object)), _) => {
                        self.member_of(method, true, |this| this.expr(object));
                    }
                    (None, Callee::Expr(callee)) => self.chain(callee, tested),
                    (None, _) => {}
                }
                let receiver = usize::from(method.is_some());
                call.args.iter().skip(receiver).for_each(|arg| self.arg(arg));
                self.close();
            }
            other => self.expr(other),
        }
    }

    /// What a compiler's helper stands for.
    fn private(&mut self, call: &swc::CallExpr, private: Private) {
        let member = |this: &mut Self, object: &Expr, name: &swc::Ident| {
            let node = this.open(Kind::Member, call.span);
            this.node(node).a = this.name(&name.sym).0;
            this.expr(object);
            this.close();
        };
        match private {
            Private::Read { object, name } => member(self, object, name),
            Private::Write { object, name, value } => {
                let node = self.open(Kind::Assign, call.span);
                self.node(node).op = Op::Assign;
                member(self, object, name);
                self.expr(value);
                self.close();
            }
            Private::Method(function) => {
                self.ident(function);
            }
        }
    }

    fn member(&mut self, member: &swc::MemberExpr, optional: bool) {
        self.member_of(member, optional, |this| this.expr(&member.obj));
    }

    fn member_of(&mut self, member: &swc::MemberExpr, optional: bool, object: impl FnOnce(&mut Self)) {
        let (kind, name) = match &member.prop {
            MemberProp::Ident(key) => (Kind::Member, self.name(&key.sym)),
            MemberProp::PrivateName(key) => (Kind::Member, self.private_name(&key.name)),
            MemberProp::Computed(key) => match &*key.expr {
                Expr::Lit(Lit::Str(text)) => (Kind::Member, self.string_name(&text.value)),
                _ => (Kind::Index, Name::NONE),
            },
        };
        if let (Some(Dialect::Vue), Expr::Ident(object)) = (self.dialect, &*member.obj)
            && self.tree.names.find("value") == Some(name)
        {
            let object = self.name(&object.sym);
            self.refs.insert(object);
        }
        let node = self.open(kind, member.span);
        self.node(node).a = name.0;
        if optional {
            self.node(node).flags |= flag::OPTIONAL;
        }
        object(self);
        if let (Kind::Index, MemberProp::Computed(key)) = (kind, &member.prop) {
            self.expr(&key.expr);
        }
        self.close();
    }

    fn arg(&mut self, arg: &ExprOrSpread) {
        match arg.spread {
            Some(spread) => {
                self.open(Kind::Spread, spread);
                self.expr(&arg.expr);
                self.close();
            }
            None => self.expr(&arg.expr),
        }
    }

    fn object(&mut self, object: &swc::ObjectLit) {
        self.open(Kind::Object, object.span);
        for prop in &object.props {
            match prop {
                PropOrSpread::Spread(spread) => {
                    self.open(Kind::Spread, spread.dot3_token);
                    self.expr(&spread.expr);
                    self.close();
                }
                PropOrSpread::Prop(prop) => self.prop(prop),
            }
        }
        self.close();
    }

    fn prop(&mut self, prop: &Prop) {
        let node = self.open(Kind::Property, prop.span());
        match prop {
            Prop::Shorthand(ident) => {
                self.node(node).a = self.name(&ident.sym).0;
                self.ident(ident);
            }
            Prop::KeyValue(prop) => {
                let name = self.prop_name(node, &prop.key);
                self.hinted(name, |this| this.expr(&prop.value));
            }
            Prop::Assign(prop) => {
                self.node(node).a = self.name(&prop.key.sym).0;
                self.expr(&prop.value);
            }
            Prop::Getter(prop) => {
                let name = self.prop_name(node, &prop.key);
                self.node(node).flags |= flag::GETTER;
                self.function_node(&prop.function, FunctionKind::Method, name, None);
            }
            Prop::Setter(prop) => {
                let name = self.prop_name(node, &prop.key);
                self.node(node).flags |= flag::SETTER;
                self.function_node(&prop.function, FunctionKind::Method, name, None);
            }
            Prop::Method(prop) => {
                let name = self.prop_name(node, &prop.key);
                self.node(node).flags |= flag::METHOD;
                self.function_node(&prop.function, FunctionKind::Method, name, None);
            }
        }
        self.close();
    }

    fn lit(&mut self, lit: &Lit) {
        match lit {
            Lit::Str(text) => {
                let node = self.leaf(Kind::Str, text.span);
                self.node(node).a = self.string_name(&text.value).0;
            }
            Lit::Bool(node) => {
                let id = self.leaf(Kind::Bool, node.span);
                self.node(id).a = u32::from(node.value);
            }
            Lit::Null(node) => {
                self.leaf(Kind::Null, node.span);
            }
            Lit::Num(number) => {
                let node = self.leaf(Kind::Num, number.span);
                let bits = number.value.to_bits();
                self.node(node).a = (bits >> 32) as u32;
                self.node(node).b = bits as u32;
            }
            Lit::BigInt(number) => {
                let node = self.leaf(Kind::Num, number.span);
                self.node(node).a = 0;
                self.node(node).b = 0;
            }
            Lit::Regex(regex) => {
                self.leaf(Kind::Regex, regex.span);
            }
            Lit::JSXText(text) => {
                self.leaf(Kind::Empty, text.span);
            }
        }
    }

    // ---- JSX ----

    fn jsx_element(&mut self, element: &swc::JSXElement) {
        let node = self.open(Kind::Jsx, element.span);
        match &element.opening.name {
            // A lower-case tag is an element of the platform, not a variable.
            JSXElementName::Ident(ident) if ident.sym.starts_with(|c: char| c.is_ascii_lowercase()) => {
                self.node(node).a = self.name(&ident.sym).0;
                self.empty();
            }
            JSXElementName::Ident(ident) => {
                self.node(node).a = self.name(&ident.sym).0;
                self.ident(ident);
            }
            JSXElementName::JSXMemberExpr(member) => self.jsx_member(member),
            JSXElementName::JSXNamespacedName(_) => self.empty(),
        }
        for attribute in &element.opening.attrs {
            match attribute {
                JSXAttrOrSpread::JSXAttr(attribute) => {
                    let node = self.open(Kind::Property, attribute.span);
                    self.node(node).a = match &attribute.name {
                        JSXAttrName::Ident(name) => self.name(&name.sym),
                        JSXAttrName::JSXNamespacedName(name) => self.name(&name.name.sym),
                    }
                    .0;
                    match &attribute.value {
                        None => self.empty(),
                        Some(JSXAttrValue::Str(text)) => {
                            let node = self.leaf(Kind::Str, text.span);
                            self.node(node).a = self.string_name(&text.value).0;
                        }
                        Some(JSXAttrValue::JSXExprContainer(container)) => self.jsx_expr(&container.expr),
                        Some(JSXAttrValue::JSXElement(element)) => self.jsx_element(element),
                        Some(JSXAttrValue::JSXFragment(fragment)) => {
                            self.open(Kind::Jsx, fragment.span);
                            self.empty();
                            fragment.children.iter().for_each(|child| self.jsx_child(child));
                            self.close();
                        }
                    }
                    self.close();
                }
                JSXAttrOrSpread::SpreadElement(spread) => {
                    self.open(Kind::Spread, spread.dot3_token);
                    self.expr(&spread.expr);
                    self.close();
                }
            }
        }
        element.children.iter().for_each(|child| self.jsx_child(child));
        self.close();
    }

    fn jsx_member(&mut self, member: &swc::JSXMemberExpr) {
        let node = self.open(Kind::Member, member.span);
        self.node(node).a = self.name(&member.prop.sym).0;
        match &member.obj {
            JSXObject::Ident(ident) => {
                self.ident(ident);
            }
            JSXObject::JSXMemberExpr(inner) => self.jsx_member(inner),
        }
        self.close();
    }

    fn jsx_expr(&mut self, expr: &JSXExpr) {
        match expr {
            JSXExpr::JSXEmptyExpr(_) => self.empty(),
            JSXExpr::Expr(expr) => self.expr(expr),
        }
    }

    fn jsx_child(&mut self, child: &JSXElementChild) {
        match child {
            JSXElementChild::JSXText(_) => {}
            JSXElementChild::JSXExprContainer(container) => self.jsx_expr(&container.expr),
            JSXElementChild::JSXSpreadChild(spread) => self.expr(&spread.expr),
            JSXElementChild::JSXElement(element) => self.jsx_element(element),
            JSXElementChild::JSXFragment(fragment) => {
                self.open(Kind::Jsx, fragment.span);
                self.empty();
                fragment.children.iter().for_each(|child| self.jsx_child(child));
                self.close();
            }
        }
    }
}

/// The name of a parameter that is no pattern.
/// A text that is written in backticks.
fn whole_text(template: &Tpl) -> Option<&Wtf8Atom> {
    match &*template.quasis {
        [text] if template.exprs.is_empty() => text.cooked.as_ref(),
        _ => None,
    }
}

fn param_name(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(ident) => Some(ident.id.clone()),
        Pat::Assign(assign) => param_name(&assign.left),
        _ => None,
    }
}

/// `x` of the statement `x = …`.
fn assigned_name(stmt: &Stmt) -> Option<&Ident> {
    let Stmt::Expr(stmt) = stmt else { return None };
    let Expr::Assign(assign) = &*stmt.expr else {
        return None;
    };
    let AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) = &assign.left else {
        return None;
    };
    (assign.op == AssignOp::Assign).then_some(&ident.id)
}

/// SWC's spans start at 1.
/// Where a call stands: in `a.on(…).on(…)` the second is from its method's name on, since such chains are long.
fn in_chain(call: swc_common::Span, callee: &Expr) -> swc_common::Span {
    let callee = match callee {
        Expr::OptChain(chain) => match &*chain.base {
            OptChainBase::Member(member) => Some(member),
            OptChainBase::Call(_) => None,
        },
        _ => callee.as_member(),
    };
    let is_step = |member: &&swc::MemberExpr| match &*member.obj {
        Expr::Call(before) => before.callee.as_expr().is_some_and(|it| it.is_member()),
        _ => false,
    };
    match callee.filter(is_step) {
        Some(member) => call.with_lo(member.prop.span().lo),
        None => call,
    }
}

fn swc_span(span: Span) -> swc_common::Span {
    swc_common::Span::new(swc_common::BytePos(span.lo + 1), swc_common::BytePos(span.hi + 1))
}

fn binary_op(op: BinaryOp) -> (Kind, Op) {
    match op {
        BinaryOp::LogicalAnd => (Kind::Logical, Op::And),
        BinaryOp::LogicalOr => (Kind::Logical, Op::Or),
        BinaryOp::NullishCoalescing => (Kind::Logical, Op::Nullish),
        BinaryOp::EqEq | BinaryOp::EqEqEq => (Kind::Binary, Op::Equal),
        BinaryOp::NotEq | BinaryOp::NotEqEq => (Kind::Binary, Op::NotEqual),
        BinaryOp::Lt => (Kind::Binary, Op::Less),
        BinaryOp::LtEq => (Kind::Binary, Op::LessEqual),
        BinaryOp::Gt => (Kind::Binary, Op::Greater),
        BinaryOp::GtEq => (Kind::Binary, Op::GreaterEqual),
        BinaryOp::Add => (Kind::Binary, Op::Add),
        BinaryOp::Sub => (Kind::Binary, Op::Sub),
        BinaryOp::Mul => (Kind::Binary, Op::Mul),
        BinaryOp::Mod => (Kind::Binary, Op::Mod),
        BinaryOp::BitAnd => (Kind::Binary, Op::BitAnd),
        BinaryOp::In => (Kind::Binary, Op::In),
        BinaryOp::InstanceOf => (Kind::Binary, Op::InstanceOf),
        BinaryOp::LShift
        | BinaryOp::RShift
        | BinaryOp::ZeroFillRShift
        | BinaryOp::Div
        | BinaryOp::BitOr
        | BinaryOp::BitXor
        | BinaryOp::Exp => (Kind::Binary, Op::Arithmetic),
    }
}

fn has_use_strict(stmts: &[Stmt]) -> bool {
    stmts
        .iter()
        .map_while(|stmt| match stmt {
            Stmt::Expr(stmt) => match &*stmt.expr {
                Expr::Lit(Lit::Str(text)) => Some(text),
                _ => None,
            },
            _ => None,
        })
        .any(|text| text.value.to_string_lossy() == "use strict")
}

/// The outermost name of a type, without `| null`: `Map` for `Map<K, V> | undefined`, `Array` for `T[]`.
fn type_name(ty: &TsType) -> Option<String> {
    use swc::TsKeywordTypeKind::{TsBooleanKeyword, TsNumberKeyword, TsStringKeyword};
    match ty {
        TsType::TsTypeRef(reference) => entity_text(&reference.type_name),
        TsType::TsArrayType(_) | TsType::TsTupleType(_) => Some("Array".to_string()),
        TsType::TsParenthesizedType(inner) => type_name(&inner.type_ann),
        TsType::TsTypeOperator(inner) => type_name(&inner.type_ann),
        TsType::TsOptionalType(inner) => type_name(&inner.type_ann),
        TsType::TsUnionOrIntersectionType(swc::TsUnionOrIntersectionType::TsUnionType(union)) => {
            let mut named = union.types.iter().filter_map(|ty| type_name(ty));
            let first = named.next()?;
            named.all(|other| other == first).then_some(first)
        }
        TsType::TsKeywordType(keyword) => match keyword.kind {
            TsStringKeyword => Some("string".to_string()),
            TsNumberKeyword => Some("number".to_string()),
            TsBooleanKeyword => Some("boolean".to_string()),
            _ => None,
        },
        TsType::TsFnOrConstructorType(_) => Some("Function".to_string()),
        _ => None,
    }
}

fn entity_text(name: &TsEntityName) -> Option<String> {
    match name {
        TsEntityName::Ident(ident) => Some(ident.sym.to_string()),
        TsEntityName::TsQualifiedName(qualified) => Some(format!(
            "{}.{}",
            entity_text(&qualified.left)?,
            qualified.right.sym
        )),
    }
}

/// Gives every reference its binding: one sweep over scopes and references, both in source order, with the visible
/// binding of each name kept in a table and restored when a scope ends. Linear, whatever the nesting.
fn resolve(tree: &mut Tree, references: &[NodeId]) {
    let mut by_scope: Vec<BindingId> = (0..tree.bindings.len() as u32).map(BindingId).collect();
    by_scope.sort_by_key(|&id| tree.bindings[id.index()].scope);
    let mut visible = vec![BindingId::NONE; tree.names.count()];
    let mut hidden: Vec<(Name, BindingId)> = Vec::new();
    // Open scopes: where each ends, and how many entries of `hidden` stood when it began.
    let mut open: Vec<(NodeId, usize)> = Vec::new();
    let mut next_scope = 0;
    let mut next_binding = 0;
    let mut counts = vec![0u32; tree.bindings.len() + 1];
    for &reference in references {
        loop {
            let scope_start = tree
                .scopes
                .get(next_scope)
                .map(|scope| scope.node)
                .filter(|&node| node < reference);
            // A scope that ends before the next one starts must be left first.
            let upto = scope_start.unwrap_or(reference);
            while let Some(&(_, kept)) = open.last().filter(|(end, _)| *end <= upto) {
                open.pop();
                for (name, binding) in hidden.drain(kept..).rev() {
                    visible[name.index()] = binding;
                }
            }
            let Some(node) = scope_start else { break };
            open.push((tree.nodes[node.index()].end, hidden.len()));
            let scope = ScopeId(next_scope as u32);
            next_scope += 1;
            while let Some(&id) = by_scope
                .get(next_binding)
                .filter(|&&id| tree.bindings[id.index()].scope == scope)
            {
                next_binding += 1;
                let name = tree.bindings[id.index()].name;
                hidden.push((name, std::mem::replace(&mut visible[name.index()], id)));
            }
        }
        let name = tree.nodes[reference.index()].a;
        let binding = visible[name as usize];
        tree.nodes[reference.index()].b = binding.0;
        match binding.some() {
            Some(binding) => counts[binding.index()] += 1,
            None => tree.globals.push(reference),
        }
    }
    let mut start = 0;
    for count in &mut counts {
        start += std::mem::replace(count, start);
    }
    tree.references = vec![NodeId::NONE; start as usize];
    let mut fill = counts.clone();
    tree.reference_starts = counts;
    for &reference in references {
        if let Some(binding) = BindingId(tree.nodes[reference.index()].b).some() {
            let at = &mut fill[binding.index()];
            tree.references[*at as usize] = reference;
            *at += 1;
        }
    }
}
