//! Nothing is lost in lowering: SWC's own visitor, which reaches every node by construction, counts what the tree must
//! have.
//!
//! The oracle takes every identifier for a reference, apart from those that are known to be something else, so that a
//! place nobody thought of makes the numbers differ.

use std::path::PathBuf;

use swc_ecma_ast as swc;
use swc_ecma_visit::{Visit, VisitWith};

use super::downlevel::{self, Downlevel, Private, Tested, downlevel};
use super::lower::lower;
use super::parse::{Code, code};
use super::tree::Kind;
use crate::discover::{self, Options, discover};
use crate::finding::Problem;
use crate::run::with_deep_stacks;
use crate::source::Source;

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    calls: usize,
    news: usize,
    tagged: usize,
    functions: usize,
    classes: usize,
    references: usize,
    this: usize,
    members: usize,
    assigns: usize,
    updates: usize,
    awaits: usize,
    yields: usize,
    deletes: usize,
    elements: usize,
}

struct Oracle {
    counts: Counts,
    /// In a pattern that assigns to what exists, rather than declaring its names.
    assigning: bool,
    /// Variables that stand for parameters.
    params: Vec<swc_common::Span>,
}

impl Oracle {
    fn with_assigning(&mut self, assigning: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.assigning, assigning);
        visit(self);
        self.assigning = outer;
    }
}

impl Oracle {
    /// The compiler's variable is no reference: what it has for the moment stands in its place.
    fn chain(&mut self, rest: &swc::Expr, tested: Tested) {
        let Tested::Kept { name, value } = tested else {
            return rest.visit_with(self);
        };
        match downlevel::inner(rest) {
            swc::Expr::Ident(it) if downlevel::is_same(it, name) => value.visit_with(self),
            swc::Expr::Member(member) => {
                self.counts.members += 1;
                self.chain(&member.obj, tested);
                member.prop.visit_with(self);
            }
            swc::Expr::Call(call) => {
                self.counts.calls += 1;
                let method = downlevel::method_called(call, name, value);
                if let Some((method, object)) = method {
                    self.counts.members += 1;
                    object.visit_with(self);
                    method.prop.visit_with(self);
                } else if let swc::Callee::Expr(callee) = &call.callee {
                    self.chain(callee, tested);
                }
                let receiver = usize::from(method.is_some());
                call.args
                    .iter()
                    .skip(receiver)
                    .for_each(|arg| arg.visit_with(self));
            }
            other => other.visit_with(self),
        }
    }
}

impl Visit for Oracle {
    // ---- what is counted ----

    fn visit_ident(&mut self, _: &swc::Ident) {
        self.counts.references += 1;
    }

    fn visit_call_expr(&mut self, node: &swc::CallExpr) {
        if let Some(named) = downlevel::named(node) {
            return named.visit_with(self);
        }
        // The names of the compiler's maps are those of the fields.
        match downlevel::private(node) {
            Some(Private::Read { object, .. }) => {
                self.counts.members += 1;
                object.visit_with(self);
            }
            Some(Private::Write { object, value, .. }) => {
                self.counts.members += 1;
                self.counts.assigns += 1;
                object.visit_with(self);
                value.visit_with(self);
            }
            Some(Private::Method(function)) => function.visit_with(self),
            None => {
                self.counts.calls += 1;
                node.visit_children_with(self);
            }
        }
    }

    fn visit_opt_call(&mut self, node: &swc::OptCall) {
        self.counts.calls += 1;
        node.visit_children_with(self);
    }

    fn visit_new_expr(&mut self, node: &swc::NewExpr) {
        self.counts.news += 1;
        node.visit_children_with(self);
    }

    fn visit_tagged_tpl(&mut self, node: &swc::TaggedTpl) {
        self.counts.tagged += 1;
        node.visit_children_with(self);
    }

    fn visit_function(&mut self, node: &swc::Function) {
        self.counts.functions += 1;
        let further = downlevel::further_params(node).into_iter();
        self.params.extend(further.map(|(declarator, _)| declarator.span));
        node.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, node: &swc::VarDeclarator) {
        match node.init.as_deref().map(downlevel::inner) {
            Some(swc::Expr::Cond(cond)) if self.params.contains(&node.span) => {
                node.name.visit_with(self);
                // `arguments.length > 1 && … ? … : default`
                if matches!(downlevel::inner(&cond.test), swc::Expr::Bin(test) if test.op == swc::BinaryOp::LogicalAnd)
                {
                    cond.alt.visit_with(self);
                }
            }
            _ => node.visit_children_with(self),
        }
    }

    fn visit_arrow_expr(&mut self, node: &swc::ArrowExpr) {
        self.counts.functions += 1;
        node.visit_children_with(self);
    }

    fn visit_static_block(&mut self, node: &swc::StaticBlock) {
        self.counts.functions += 1;
        node.visit_children_with(self);
    }

    fn visit_class(&mut self, node: &swc::Class) {
        self.counts.classes += 1;
        node.visit_children_with(self);
    }

    fn visit_cond_expr(&mut self, node: &swc::CondExpr) {
        match downlevel(node) {
            Some(Downlevel::Chain { tested, rest }) => self.chain(rest, tested),
            Some(Downlevel::Nullish { value, other }) => {
                value.visit_with(self);
                other.visit_with(self);
            }
            None => node.visit_children_with(self),
        }
    }

    fn visit_this_expr(&mut self, _: &swc::ThisExpr) {
        self.counts.this += 1;
    }

    fn visit_member_expr(&mut self, node: &swc::MemberExpr) {
        self.counts.members += 1;
        node.visit_children_with(self);
    }

    fn visit_super_prop_expr(&mut self, node: &swc::SuperPropExpr) {
        self.counts.members += 1;
        node.visit_children_with(self);
    }

    fn visit_jsx_member_expr(&mut self, node: &swc::JSXMemberExpr) {
        self.counts.members += 1;
        node.visit_children_with(self);
    }

    fn visit_assign_expr(&mut self, node: &swc::AssignExpr) {
        self.counts.assigns += 1;
        self.with_assigning(true, |this| node.left.visit_with(this));
        node.right.visit_with(self);
    }

    fn visit_update_expr(&mut self, node: &swc::UpdateExpr) {
        self.counts.updates += 1;
        node.visit_children_with(self);
    }

    fn visit_await_expr(&mut self, node: &swc::AwaitExpr) {
        self.counts.awaits += 1;
        node.visit_children_with(self);
    }

    fn visit_yield_expr(&mut self, node: &swc::YieldExpr) {
        self.counts.yields += 1;
        node.visit_children_with(self);
    }

    fn visit_unary_expr(&mut self, node: &swc::UnaryExpr) {
        self.counts.deletes += usize::from(node.op == swc::UnaryOp::Delete);
        node.visit_children_with(self);
    }

    fn visit_jsx_element(&mut self, node: &swc::JSXElement) {
        self.counts.elements += 1;
        // The closing tag says the same again.
        node.opening.visit_with(self);
        node.children.visit_with(self);
    }

    fn visit_jsx_fragment(&mut self, node: &swc::JSXFragment) {
        self.counts.elements += 1;
        node.visit_children_with(self);
    }

    // ---- fields: their initialisers are functions ----

    fn visit_class_prop(&mut self, node: &swc::ClassProp) {
        if !node.declare && !node.is_abstract {
            self.counts.functions += usize::from(node.value.is_some());
            node.visit_children_with(self);
        }
    }

    fn visit_private_prop(&mut self, node: &swc::PrivateProp) {
        self.counts.functions += usize::from(node.value.is_some());
        node.visit_children_with(self);
    }

    fn visit_auto_accessor(&mut self, node: &swc::AutoAccessor) {
        self.counts.functions += usize::from(node.value.is_some());
        node.visit_children_with(self);
    }

    // ---- identifiers that are no references ----

    fn visit_expr(&mut self, node: &swc::Expr) {
        // Functions in computed keys and default values declare their own parameters.
        self.with_assigning(false, |this| node.visit_children_with(this));
    }

    fn visit_for_head(&mut self, node: &swc::ForHead) {
        self.with_assigning(matches!(node, swc::ForHead::Pat(_)), |this| {
            node.visit_children_with(this)
        });
    }

    fn visit_binding_ident(&mut self, _: &swc::BindingIdent) {
        self.counts.references += usize::from(self.assigning);
    }

    fn visit_fn_expr(&mut self, node: &swc::FnExpr) {
        node.function.visit_with(self);
    }

    fn visit_class_expr(&mut self, node: &swc::ClassExpr) {
        node.class.visit_with(self);
    }

    fn visit_labeled_stmt(&mut self, node: &swc::LabeledStmt) {
        node.body.visit_with(self);
    }

    fn visit_break_stmt(&mut self, _: &swc::BreakStmt) {}

    fn visit_continue_stmt(&mut self, _: &swc::ContinueStmt) {}

    fn visit_import_decl(&mut self, _: &swc::ImportDecl) {}

    fn visit_named_export(&mut self, node: &swc::NamedExport) {
        if node.src.is_none() {
            node.visit_children_with(self);
        }
    }

    fn visit_export_named_specifier(&mut self, node: &swc::ExportNamedSpecifier) {
        node.orig.visit_with(self);
    }

    fn visit_jsx_element_name(&mut self, node: &swc::JSXElementName) {
        let element = matches!(node, swc::JSXElementName::Ident(ident) if ident.sym.starts_with(|c: char| c.is_ascii_lowercase()));
        if !element {
            node.visit_children_with(self);
        }
    }

    // ---- what does not run ----

    fn visit_fn_decl(&mut self, node: &swc::FnDecl) {
        if !node.declare && node.function.body.is_some() {
            node.function.visit_with(self);
        }
    }

    fn visit_class_decl(&mut self, node: &swc::ClassDecl) {
        if !node.declare {
            node.class.visit_with(self);
        }
    }

    fn visit_var_decl(&mut self, node: &swc::VarDecl) {
        if !node.declare {
            node.visit_children_with(self);
        }
    }

    fn visit_class_method(&mut self, node: &swc::ClassMethod) {
        if node.function.body.is_some() {
            node.visit_children_with(self);
        }
    }

    fn visit_constructor(&mut self, node: &swc::Constructor) {
        if node.body.is_some() {
            self.counts.functions += 1;
            node.visit_children_with(self);
        }
    }

    /// Lowered to `this.x = x`, too.
    fn visit_ts_param_prop(&mut self, node: &swc::TsParamProp) {
        self.counts.assigns += 1;
        self.counts.members += 1;
        self.counts.this += 1;
        self.counts.references += 1;
        node.visit_children_with(self);
    }

    fn visit_ts_enum_decl(&mut self, node: &swc::TsEnumDecl) {
        if !node.declare {
            node.members
                .iter()
                .for_each(|member| member.init.visit_with(self));
        }
    }

    fn visit_ts_module_decl(&mut self, node: &swc::TsModuleDecl) {
        if !node.declare && !node.global {
            node.body.visit_with(self);
        }
    }

    fn visit_ts_namespace_decl(&mut self, node: &swc::TsNamespaceDecl) {
        node.body.visit_with(self);
    }

    fn visit_ts_import_equals_decl(&mut self, node: &swc::TsImportEqualsDecl) {
        match &node.module_ref {
            _ if node.is_type_only => {}
            // Lowered to `const x = require("y")`.
            swc::TsModuleRef::TsExternalModuleRef(_) => {
                self.counts.calls += 1;
                self.counts.references += 1;
            }
            swc::TsModuleRef::TsEntityName(name) => name.visit_with(self),
        }
    }

    fn visit_ts_qualified_name(&mut self, node: &swc::TsQualifiedName) {
        self.counts.members += 1;
        node.left.visit_with(self);
    }

    fn visit_ts_type(&mut self, _: &swc::TsType) {}

    fn visit_ts_type_param_decl(&mut self, _: &swc::TsTypeParamDecl) {}

    fn visit_ts_expr_with_type_args(&mut self, _: &swc::TsExprWithTypeArgs) {}

    fn visit_ts_interface_decl(&mut self, _: &swc::TsInterfaceDecl) {}

    fn visit_ts_type_alias_decl(&mut self, _: &swc::TsTypeAliasDecl) {}

    fn visit_ts_index_signature(&mut self, _: &swc::TsIndexSignature) {}

    fn visit_ts_namespace_export_decl(&mut self, _: &swc::TsNamespaceExportDecl) {}
}

/// What the oracle counts, and what the tree has. `None` when the text does not parse.
fn counts(source: &Source, problems: &mut Vec<Problem>) -> Option<(Counts, Counts)> {
    let code = code(source, None, problems)?;
    // What components add by themselves has tests of its own.
    let Code::Program(program) = &code else {
        return None;
    };
    let mut oracle = Oracle {
        counts: Counts::default(),
        assigning: false,
        params: Vec::new(),
    };
    program.visit_with(&mut oracle);
    let tree = lower(&code, &source.text);
    let count = |kinds: &[Kind]| {
        tree.nodes
            .iter()
            .filter(|node| kinds.contains(&node.kind))
            .count()
    };
    let lowered = Counts {
        calls: count(&[Kind::Call]),
        news: count(&[Kind::New]),
        tagged: count(&[Kind::TaggedTemplate]),
        // Without the program.
        functions: tree.functions.len() - 1,
        classes: count(&[Kind::Class]),
        references: count(&[Kind::Ident]),
        this: count(&[Kind::This]),
        members: count(&[Kind::Member, Kind::Index]),
        assigns: count(&[Kind::Assign]),
        updates: count(&[Kind::Update]),
        awaits: count(&[Kind::Await]),
        yields: count(&[Kind::Yield]),
        deletes: tree
            .nodes
            .iter()
            .filter(|node| node.op == super::tree::Op::Delete)
            .count(),
        elements: count(&[Kind::Jsx]),
    };
    assert_eq!(
        lowered.functions,
        count(&[Kind::Function]),
        "{}: each function has its node",
        source.path
    );
    let resolved: usize = tree
        .bindings
        .iter()
        .enumerate()
        .map(|(at, _)| tree.references(super::tree::BindingId(at as u32)).len())
        .sum();
    assert_eq!(
        resolved + tree.global_references().len(),
        lowered.references,
        "{}: resolved or global",
        source.path
    );
    Some((oracle.counts, lowered))
}

#[test]
fn nothing_in_the_fixtures_is_lost() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
    let options = Options {
        no_ignore: true,
        ..Options::default()
    };
    let files = discover(&[root], &options).expect("no patterns").files;
    let mut total = 0;
    let mut wrong = Vec::new();
    with_deep_stacks(1, || {
        for file in &files {
            let Ok(Ok(bytes)) = discover::read(file) else {
                continue;
            };
            let source = Source::new(file.name.as_str(), String::from_utf8_lossy(&bytes));
            let Some((expected, lowered)) = counts(&source, &mut Vec::new()) else {
                continue;
            };
            total += 1;
            if expected != lowered {
                wrong.push(format!("{}\n  SWC  {expected:?}\n  tree {lowered:?}", file.name));
            }
        }
    });
    assert!(total > 100, "{total} fixtures were read");
    assert!(
        wrong.is_empty(),
        "{} of {total} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn check(name: &str, text: &str) {
    let mut problems = Vec::new();
    let counts = counts(&Source::new(name, text), &mut problems);
    let (expected, lowered) = counts.unwrap_or_else(|| panic!("{name} does not parse: {problems:?}"));
    assert_eq!(expected, lowered, "{name}: SWC's numbers, and the tree's");
}

#[test]
fn nothing_in_rare_javascript_is_lost() {
    check(
        "rare.jsx",
        r#"
import def, * as all from 'a'
import { b as c } from 'b'
export { c as 'string name', def }
export { d } from 'd'
export * as e from 'e'
export * from 'f'
export default class extends mixin(c) { static { boot(this) } }
label: for (const x of xs) { if (x) continue label; else break label }
for (a.b of list()) {}
for ([p, { q = r(), ...s }] of list()) {}
for await (const y of source()) tail(y)
for (var i = start(), n = 2; i < n; i++) step?.(i)?.next?.[key()]()
;({ [computed()]: target.x, short, deep: [first = fallback(() => inner)], ...rest } = value())
;[u, , v[w()] = z(), ...others.list] = pair
const { m = make(), [name()]: { o }, ...remaining } = object()
const literal = { short, [computed()]() { return super.toString() }, get g() { return get() }, set g(v) { set(v) }, async *gen() { yield* more(); await (yield) }, 'quoted': quoted(), 1: one(), ...spread() }
class Rare extends (base(), Base) {
  #secret = hide()
  static counter = count(() => this.counter)
  [field()] = 1
  static async #method() { return super.method(new.target, import.meta.url) }
  accessor auto = automatic()
  'quoted name' = new Quoted
  has(x) { return #secret in x && this.#secret?.call(x) }
}
tag`a ${expr()} b ${`${nested()}`}`
object.tag`x`
try { risky() } catch ({ message, [code()]: number = zero() }) { handle(message) } finally { done() }
switch (pick()) { case one(): act(); default: other() }
do { again() } while (more())
x ||= y ??= z &&= w()
x **= 2, x >>>= shift()
delete a?.b[c()], void drop(), typeof missing
const element = <Outer.Inner.Leaf a={attr()} b="text" c=<i /> {...props()} ns:d={named()}><div ref={node => hold(node)} />{children()}<></>{/* none */}<Component>{...many()}</Component></Outer.Inner.Leaf>
async function* loop(a = b(), { c = d() } = {}, ...[e = f()]) { using held = open(); await using also = open2(); import('lazy').then(use) }
new (class { constructor() { super.x = 1; super[y()]() } })()
if (a) b(); else if (c) d(); else if (e) f()
a + b() + (c() + d) * -e()
;(0, eval)(text), eval(text)
;/re/.test(s), 1n, 10n ** n
"#,
    );
}

#[test]
fn nothing_in_sloppy_javascript_is_lost() {
    check(
        "sloppy.cjs",
        "with (scope()) { inner(x) }\nvar f = function g() { return g(arguments) }\nif (a) function h() { k() }\nreturn last()\n",
    );
}

#[test]
fn nothing_in_typescript_is_lost() {
    check(
        "rare.ts",
        r#"
import fs = require('fs')
import alias = Outer.Inner.leaf
import type Only = require('types')
import type { T } from 't'
declare const ambient: typeof fs
declare function nothing(x: number): void
declare class Shape { area(): number }
declare global { interface Window { x: typeof fs } }
interface I extends J<typeof fs> { [key: string]: unknown; method(x: T): void }
type U = { [K in keyof I]: I[K] } | import('x').Y | typeof fs
enum E { A = compute(), B = A << 1, 'C' = E.A }
const enum F { A }
namespace Outer { export namespace Inner { export const leaf = grow() } run(leaf) }
namespace A.B { call() }
abstract class Base<P = {}> implements I, K.L<P> {
  constructor(private readonly a = make(), public b?: string, protected c: number[] = list()) { super() }
  abstract shape(): void
  abstract prop: string
  declare other: string
  overloaded(a: string): void
  overloaded(a: unknown): asserts a is string { check(a as string, <T>a, a!, a satisfies T) }
  [key: string]: unknown
  private optional?: Map<string, T> = new Map<string, T>()
  method(this: Base) { return (this as any).method<T>() }
}
@decorate @factory(options())
class Decorated {
  @field(x()) prop = value()
  @bare method(@inject(token()) a: T, @inject(other()) private_: T) {}
  constructor(@inject(first()) a: T, @inject(second()) private readonly b: T) {}
  @accessorDecorator() accessor auto = 1
  @getterDecorator() get g() { return 1 }
}
function overload(a: string): void
function overload(a: unknown) { use(a) }
;(target as any).x = value()
;(target!) = value()
;[(a as any), b!.c] = pair
const instantiated = generic<string>
const arrow = async <T,>(x: T): Promise<T> => await x
let definite!: string
for (const k in obj as Record<string, T>) visit(k)
export = whole
export as namespace Global
"#,
    );
}

#[test]
fn chains_that_compilers_took_apart_are_whole() {
    check(
        "compiled.js",
        r#"
var _a, _b, _c
(_a = this.socket) === null || _a === void 0 ? void 0 : _a.destroy(1);
(_a = this.target.off) === null || _a === void 0 ? void 0 : _a.call(this.target, 'x', f);
(_b = (_a = this.x) === null || _a === void 0 ? void 0 : _a.y[k]) === null || _b === void 0 ? void 0 : _b.z(g());
(_a = (_c = find()).close) === null || _a === void 0 ? void 0 : _a.call(_c);
(_a = x.y) == null ? void 0 : _a.z;
(_a = callback) === null || _a === void 0 ? void 0 : _a(1, 2);
options === null || options === void 0 ? void 0 : options.signal;
const limit = (_a = options.limit) !== null && _a !== void 0 ? _a : 10;
const other = x == null ? void 0 : y.z;
"#,
    );
}

#[test]
fn parameters_that_compilers_made_variables_are_parameters() {
    check(
        "compiled.js",
        r#"
function follow(event) {
  "use strict";
  var _this = this;
  var callback = arguments.length > 1 && arguments[1] !== undefined ? arguments[1] : function () { return make(event); };
  var _ref = arguments.length > 2 && arguments[2] !== void 0 ? arguments[2] : {}, once = _ref.once;
  var last = arguments.length > 3 ? arguments[3] : undefined;
  var other = arguments.length > 7 && arguments[7] !== undefined ? arguments[7] : read(arguments);
  return _this.bus.on(event, callback, once, last, other);
}
"#,
    );
}

#[test]
fn functions_whose_names_are_kept_are_the_functions() {
    check(
        "compiled.js",
        r#"const stop = /* @__PURE__ */ __name(() => clearTimeout(timer), "stop"); __name$1(stop, "stop"); __name(a);"#,
    );
}

#[test]
fn private_members_that_compilers_wrote_as_maps_are_members() {
    let compiled = [
        // TypeScript, Babel before and after 7.24, SWC, esbuild
        r#"__classPrivateFieldSet(this, _timer, make(a), "f"); __classPrivateFieldGet(this, _timer, "f").stop(b);"#,
        "_classPrivateFieldSet(this, _timer, make(a)); _classPrivateFieldGet(this, _timer).stop(b);",
        "(0, _set.default)(_timer, this, a); _classPrivateFieldSet2(_timer, this, make(a)); (0, _classPrivateFieldGet2.default)(_timer, this).stop(b);",
        "(0, _class_private_field_set._)(this, _timer, make(a)); (0, _class_private_field_get._)(this, _timer).stop(b);",
        "__privateAdd(this, _timer, make(a)); __privateGet(this, _timer).stop(b);",
        "_classPrivateFieldInitSpec(this, _timer, { writable: true, value: make(a) }); _classPrivateFieldGet(_this, _timer).stop(b)",
        r#"__classPrivateFieldGet(this, _Clock_instances, "m", _Clock_stop).call(this, a);"#,
        "__privateMethod(this, _Clock_instances, stop_fn).call(this, a);",
    ];
    for code in compiled {
        check("compiled.js", code);
    }
}
