//! What compilers make of `a?.b()` and `a ?? b` for older engines, told from code that people write.
//!
//! `(_a = x.y) === null || _a === void 0 ? void 0 : _a.call(x, z)` is `x.y?.(z)`. TypeScript, Babel, SWC and esbuild
//! write it in the same few ways.

use swc_ecma_ast::{
    BinExpr, BinaryOp, CallExpr, Callee, CondExpr, Expr, Ident, Lit, MemberExpr, MemberProp, UnaryOp,
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
