//! What compilers make of `a?.b()`, `a ?? b`, `this.#c` and names of functions, told from code that people write.
//!
//! Of `f(a, b = 1)`, Babel makes `var b = arguments.length > 1 && arguments[1] !== undefined ? arguments[1] : 1`.
//! `(_a = x.y) === null || _a === void 0 ? void 0 : _a.call(x, z)` is `x.y?.(z)`, and `__classPrivateFieldGet(x, _y, "f")`
//! is `x.#y`. TypeScript, Babel, SWC and esbuild write it in the same few ways.

use swc_ecma_ast::{
    BinExpr, BinaryOp, CallExpr, Callee, CondExpr, Decl, Expr, Function, Ident, Lit, MemberExpr, MemberProp,
    Stmt, UnaryOp, VarDeclarator,
};

/// A value that is tested for being there.
#[derive(Clone, Copy)]
pub enum Tested<'e> {
    /// It has a name of its own, and is mentioned by that.
    Named,
    /// This variable of the compiler's has it for the moment.
    Kept { name: &'e Ident, value: &'e Expr },
}

pub enum Downlevel<'e> {
    /// `value?.…`: the rest of the chain.
    Chain { tested: Tested<'e>, rest: &'e Expr },
    /// `value ?? other`.
    Nullish { value: &'e Expr, other: &'e Expr },
}

pub fn downlevel(cond: &CondExpr) -> Option<Downlevel<'_>> {
    let (cons, alt) = (inner(&cond.cons), inner(&cond.alt));
    let (tested, is_missing) = tested(inner(&cond.test))?;
    match (is_missing, is_void(cons), cons) {
        (true, true, _) => match tested {
            Tested::Kept { name, .. } if !starts_with(alt, name) => None,
            _ => Some(Downlevel::Chain { tested, rest: alt }),
        },
        (false, _, Expr::Ident(again)) => match tested {
            Tested::Kept { name, value } if is_same(again, name) => {
                Some(Downlevel::Nullish { value, other: alt })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The method that `name.call(receiver, …)` calls, and the object that has it: `(_a = (_b = x).y)`, `_a.call(_b, …)`.
pub fn method_called<'e>(
    call: &CallExpr,
    name: &Ident,
    value: &'e Expr,
) -> Option<(&'e MemberExpr, &'e Expr)> {
    let Callee::Expr(callee) = &call.callee else {
        return None;
    };
    let callee = inner(callee).as_member()?;
    let by_call = matches!(&callee.prop, MemberProp::Ident(prop) if prop.sym == "call");
    let own = matches!(inner(&callee.obj), Expr::Ident(it) if is_same(it, name));
    let method = inner(value).as_member()?;
    let object = match inner(&method.obj) {
        Expr::Assign(kept) if kept.left.as_ident().is_some() => inner(&kept.right),
        object => object,
    };
    (by_call && own && !call.args.is_empty()).then_some((method, object))
}

/// A call of a compiler's helper that stands for a private member.
pub enum Private<'e> {
    /// `object.#name`
    Read { object: &'e Expr, name: &'e Ident },
    /// `object.#name = value`
    Write {
        object: &'e Expr,
        name: &'e Ident,
        value: &'e Expr,
    },
    /// The function that is a private method.
    Method(&'e Ident),
}

pub fn private(call: &CallExpr) -> Option<Private<'_>> {
    let Callee::Expr(callee) = &call.callee else {
        return None;
    };
    let helper = helper_name(inner(callee))?
        .strip_prefix('_')?
        .trim_start_matches('_');
    // A bundler tells the helpers of its modules apart: `__privateGet$1`.
    let helper = helper.split('$').next().unwrap_or(helper);
    let arg = |at: usize| {
        let arg = call.args.get(at).filter(|it| it.spread.is_none())?;
        Some(inner(&arg.expr))
    };
    let ident = |at: usize| arg(at)?.as_ident();
    // Babel has changed the order: `(this, _x)`, `(_x, this)`.
    let member = || {
        let is_map = |it: &&Ident| it.sym.starts_with('_') && !it.sym.starts_with("_this");
        match ident(0).filter(is_map) {
            Some(name) if ident(1).filter(is_map).is_none() => Some((arg(1)?, name)),
            _ => Some((arg(0)?, ident(1)?)),
        }
    };
    let kind = |at: usize| match arg(at) {
        Some(Expr::Lit(Lit::Str(kind))) => kind.value.as_str(),
        _ => None,
    };
    match helper {
        "privateMethod" => ident(2).map(Private::Method),
        "classPrivateFieldGet" if kind(2) == Some("m") => ident(3).map(Private::Method),
        "classPrivateFieldGet" if kind(2) == Some("a") => None,
        "classPrivateFieldGet" | "classPrivateFieldGet2" | "class_private_field_get" | "privateGet" => {
            let (object, name) = member()?;
            Some(Private::Read { object, name })
        }
        "classPrivateFieldSet" if matches!(kind(3), Some("a" | "m")) => None,
        "classPrivateFieldSet" | "classPrivateFieldSet2" | "class_private_field_set" | "privateSet" => {
            let (object, name) = member()?;
            let value = arg(2)?;
            Some(Private::Write { object, name, value })
        }
        "classPrivateFieldInitSpec" | "class_private_field_init" | "privateAdd" => {
            let (object, name) = member()?;
            let value = described(arg(2)?);
            Some(Private::Write { object, name, value })
        }
        _ => None,
    }
}

/// `__name(function, "text")`, with which esbuild keeps the names that it has to change: the function or class.
pub fn named(call: &CallExpr) -> Option<&Expr> {
    let (Callee::Expr(callee), [named, text]) = (&call.callee, &call.args[..]) else {
        return None;
    };
    let Expr::Ident(helper) = &**callee else {
        return None;
    };
    let is_helper = helper.sym.split('$').next() == Some("__name");
    (is_helper && named.spread.is_none() && text.expr.is_lit()).then_some(&*named.expr)
}

/// Variables at the beginning of a function that stand for its further parameters, in order, each with the default.
pub fn further_params(function: &Function) -> Vec<(&VarDeclarator, Option<&Expr>)> {
    let mut found = Vec::new();
    let stmts = function.body.iter().flat_map(|body| &body.stmts);
    for stmt in stmts {
        match stmt {
            Stmt::Decl(Decl::Var(var)) => {
                for declarator in &var.decls {
                    let position = function.params.len() + found.len();
                    let init = declarator.init.as_deref().map(inner);
                    if let Some(default) = init.and_then(|it| further_param(it, position)) {
                        found.push((declarator, default));
                    }
                }
            }
            // `"use strict"`
            Stmt::Expr(stmt) if matches!(&*stmt.expr, Expr::Lit(_)) => {}
            _ => break,
        }
    }
    found
}

/// `arguments.length > 1 && arguments[1] !== undefined ? arguments[1] : 0`, or `arguments.length > 1 ? arguments[1] :
/// undefined`; the default, if there is one.
fn further_param(value: &Expr, position: usize) -> Option<Option<&Expr>> {
    let Expr::Cond(cond) = value else { return None };
    let is_position =
        |expr: &Expr| matches!(inner(expr), Expr::Lit(Lit::Num(it)) if it.value == position as f64);
    let is_argument = |expr: &Expr| {
        let Expr::Member(member) = inner(expr) else {
            return false;
        };
        let at = matches!(&member.prop, MemberProp::Computed(prop) if is_position(&prop.expr));
        at && is_arguments(&member.obj)
    };
    let is_given = |expr: &Expr| {
        let Expr::Bin(test) = inner(expr) else {
            return false;
        };
        let Expr::Member(length) = inner(&test.left) else {
            return false;
        };
        test.op == BinaryOp::Gt
            && matches!(&length.prop, MemberProp::Ident(it) if it.sym == "length")
            && is_arguments(&length.obj)
            && is_position(&test.right)
    };
    let is_set = |expr: &Expr| {
        let Expr::Bin(test) = inner(expr) else {
            return false;
        };
        test.op == BinaryOp::NotEqEq && is_argument(&test.left) && is_undefined(&test.right)
    };
    if !is_argument(&cond.cons) {
        return None;
    }
    match inner(&cond.test) {
        Expr::Bin(test) if test.op == BinaryOp::LogicalAnd => {
            (is_given(&test.left) && is_set(&test.right)).then(|| Some(inner(&cond.alt)))
        }
        test => (is_given(test) && is_undefined(&cond.alt)).then_some(None),
    }
}

fn is_arguments(expr: &Expr) -> bool {
    matches!(inner(expr), Expr::Ident(it) if it.sym == "arguments")
}

fn is_undefined(expr: &Expr) -> bool {
    let expr = inner(expr);
    is_void(expr) || matches!(expr, Expr::Ident(it) if it.sym == "undefined")
}

/// `helper`, `(0, _helper.default)`, `(0, _helper._)`
fn helper_name(callee: &Expr) -> Option<&str> {
    match callee {
        Expr::Ident(it) => Some(&it.sym),
        Expr::Seq(seq) => helper_name(inner(seq.exprs.last()?)),
        Expr::Member(member) => {
            let exported =
                matches!(&member.prop, MemberProp::Ident(it) if it.sym == "default" || it.sym == "_");
            exported
                .then(|| inner(&member.obj).as_ident())
                .flatten()
                .map(|it| &*it.sym)
        }
        _ => None,
    }
}

/// `{ writable: true, value: x }`: the value.
fn described(value: &Expr) -> &Expr {
    let Expr::Object(object) = value else { return value };
    let mut writable = false;
    let mut inner_value = None;
    for prop in &object.props {
        if let Some(prop) = prop.as_prop().and_then(|it| it.as_key_value())
            && let Some(key) = prop.key.as_ident()
        {
            writable |= key.sym == "writable";
            if key.sym == "value" {
                inner_value = Some(inner(&prop.value));
            }
        }
    }
    inner_value.filter(|_| writable).unwrap_or(value)
}

/// The expression without its parentheses.
pub fn inner(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}

pub fn is_same(a: &Ident, b: &Ident) -> bool {
    a.sym == b.sym
}

/// `(_a = x) === null || _a === void 0`, `x == null` (missing), or `(_a = x) !== null && _a !== void 0` (there).
fn tested(test: &Expr) -> Option<(Tested<'_>, bool)> {
    let Expr::Bin(test) = test else { return None };
    match test.op {
        BinaryOp::EqEq | BinaryOp::NotEq => {
            let compared = compared(test)?;
            // Written by people, too, but for a variable of the compiler's.
            matches!(compared, Tested::Kept { .. }).then_some((compared, test.op == BinaryOp::EqEq))
        }
        BinaryOp::LogicalOr | BinaryOp::LogicalAnd => {
            let is_missing = test.op == BinaryOp::LogicalOr;
            let op = if is_missing {
                BinaryOp::EqEqEq
            } else {
                BinaryOp::NotEqEq
            };
            let (Expr::Bin(first), Expr::Bin(second)) = (inner(&test.left), inner(&test.right)) else {
                return None;
            };
            if first.op != op || second.op != op || !is_void(inner(&second.right)) {
                return None;
            }
            let again = inner(&second.left).as_ident()?;
            let tested = compared(first)?;
            let same = match (tested, inner(&first.left)) {
                (Tested::Kept { name, .. }, _) => is_same(name, again),
                (Tested::Named, Expr::Ident(name)) => is_same(name, again),
                _ => false,
            };
            same.then_some((tested, is_missing))
        }
        _ => None,
    }
}

/// The left side of a comparison with `null`.
fn compared(test: &BinExpr) -> Option<Tested<'_>> {
    if !matches!(inner(&test.right), Expr::Lit(Lit::Null(_))) {
        return None;
    }
    match inner(&test.left) {
        Expr::Ident(_) => Some(Tested::Named),
        Expr::Assign(assign) => {
            let name = &assign.left.as_ident()?.id;
            let value = inner(&assign.right);
            Some(Tested::Kept { name, value })
        }
        _ => None,
    }
}

fn is_void(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(it) if it.op == UnaryOp::Void)
}

/// The chain begins with this variable.
fn starts_with(expr: &Expr, name: &Ident) -> bool {
    match inner(expr) {
        Expr::Ident(it) => is_same(it, name),
        Expr::Member(member) => starts_with(&member.obj, name),
        Expr::Call(call) => matches!(&call.callee, Callee::Expr(callee) if starts_with(callee, name)),
        _ => false,
    }
}
