//! Words shared by the rules: how a proof is told from the model's facts.

use crate::finding::{Confidence, Finding, Role, Step};
use crate::model::Model;
use crate::model::calls::{Entry, How};
use crate::model::lives::{End, Life};
use crate::model::repeat::{Repeat, Why};
use crate::syntax::tree::{FunctionKind, Kind, NodeId};

pub fn step(model: &Model, role: Role, node: NodeId, text: impl Into<String>) -> Step {
    Step {
        role,
        span: model.tree.span(node),
        text: text.into(),
    }
}

/// A finding at a node, of which everything else is still to be told.
pub fn finding(model: &Model, rule: &'static str, node: NodeId) -> Finding {
    Finding {
        rule,
        confidence: Confidence::Possible,
        message: String::new(),
        span: model.tree.span(node),
        steps: Vec::new(),
        help: String::new(),
        assumption: None,
        questions: Vec::new(),
        scope: scope(model, node),
    }
}

/// Where something has to be released: `` in `destroy` ``, if the file shows it.
pub fn at_end(model: &Model, life: &Life) -> String {
    let tree = model.tree;
    let name = match model.end(life) {
        // The one that the file knows: Vue 2 has another than Vue 3.
        End::Framework(component) => {
            let mut names = component.teardown.iter();
            let known = names.clone().find(|it| tree.name(it.as_str()).is_some());
            known.or(names.next()).map_or("", String::as_str)
        }
        // A base class is no place to write it.
        End::Method(method) if !matches!(tree.kind(method), Kind::Ident | Kind::Member) => {
            tree.name_text(method)
        }
        End::Cleanup => return " in the function that runs at the end".to_string(),
        End::Method(_) | End::None => "",
    };
    match name {
        "" => String::new(),
        name => format!(" in `{name}`"),
    }
}

/// `a 'close' listener`
pub fn listener(event: &str) -> String {
    let article = if event.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} '{event}' listener")
}

/// At most this many steps tell how code comes to run again.
const MAX_AGAIN: usize = 4;

/// Why the code runs again, from the cause down to the code.
pub fn again(model: &Model, repeat: &Repeat) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (at, entry) in repeat.path.iter().enumerate() {
        let first = at == 0;
        let text = match (entry.how, repeat.why) {
            (_, Why::Loop { waits: true }) if first => {
                "runs in each round of this loop, which waits and goes on".to_string()
            }
            (_, Why::Loop { waits: false }) if first => "in a loop".to_string(),
            (How::Again { .. }, _) => callback_text(model, entry),
            (How::Later, _) => match event_name(model, entry.site) {
                Some(event) => format!("runs on '{event}'"),
                None => format!("{} runs it later", called(model, entry.site)),
            },
            (How::Call | How::Once, _) => format!("{} is called here", called_function(model, entry.site)),
            (How::Method, _) => {
                format!(
                    "{} can be called any number of times",
                    member_text(model, entry.site)
                )
            }
            (How::Exported, _) if is_of_kind(model, entry.site, FunctionKind::Setup) => {
                "runs for each instance of the component".to_string()
            }
            (How::Exported, _) => "exported: runs on each call from outside".to_string(),
            (How::Returned, _) => "returned to callers, who can run it any number of times".to_string(),
            (How::Escapes, Why::Cycle) if model.tree.is(entry.site, Kind::Call) => {
                format!("{} calls it back", called(model, entry.site))
            }
            (How::Escapes, _) => "handed on to code that can run it any number of times".to_string(),
        };
        steps.push(Step {
            role: Role::Again,
            span: model.tree.span(entry.site),
            text,
        });
    }
    steps.dedup_by(|b, a| a.span == b.span);
    if steps.len() > MAX_AGAIN {
        // The cause and what is nearest to the leak say most.
        steps.drain(2..steps.len() - 2);
    }
    if let Some(first) = steps.first_mut().filter(|_| repeat.why == Why::Cycle) {
        first.text.push_str(", so this code starts itself again");
    }
    steps
}

fn is_of_kind(model: &Model, node: NodeId, kind: FunctionKind) -> bool {
    let tree = model.tree;
    tree.is(node, Kind::Function) && tree.function(tree.function_at(node)).kind == kind
}

fn callback_text(model: &Model, entry: &Entry) -> String {
    let tree = model.tree;
    match tree.kind(entry.site) {
        Kind::Call | Kind::New => {
            let effect = model.effect(entry.site);
            if let Some(why) = effect.and_then(|effect| effect.why.as_deref()) {
                return format!("runs {why}");
            }
            match event_name(model, entry.site) {
                Some(event) => format!("runs for each '{event}' event"),
                None => format!("{} runs it again and again", called(model, entry.site)),
            }
        }
        Kind::Assign => {
            let name = tree.name_text(tree.child(entry.site, 0));
            format!(
                "runs for each '{}' event",
                name.strip_prefix("on").unwrap_or(name)
            )
        }
        Kind::Property if !tree.name_text(entry.site).is_empty() => {
            format!("runs for each `{}`", tree.name_text(entry.site))
        }
        _ if is_of_kind(model, entry.site, FunctionKind::Reactive) => {
            match tree.text(tree.function(tree.function_at(entry.site)).name) {
                "" => "runs whenever the component is updated".to_string(),
                name => format!("runs for each `{name}`"),
            }
        }
        _ => "runs again and again".to_string(),
    }
}

/// The event that a listener's call is for, where the file or a model names it.
fn event_name<'m>(model: &'m Model, call: NodeId) -> Option<&'m str> {
    let tree = model.tree;
    let effect = model.effect(call).filter(|effect| effect.adds.is_some())?;
    let written = || {
        tree.args(call)
            .next()
            .filter(|&arg| tree.is(arg, Kind::Str))
            .map(|arg| tree.name_text(arg))
    };
    effect.event.as_deref().or_else(written)
}

/// `` `setTimeout` ``: what is called, in the words of the source.
pub fn called(model: &Model, call: NodeId) -> String {
    let tree = model.tree;
    if !matches!(tree.kind(call), Kind::Call | Kind::New) {
        return "this".to_string();
    }
    let callee = match tree.callee(call) {
        // `(0, module.name)(…)`
        callee if tree.is(callee, Kind::Sequence) => tree.children(callee).last().unwrap_or(callee),
        callee => callee,
    };
    match tree.kind(callee) {
        Kind::Ident | Kind::Member => {
            let object = if tree.is(callee, Kind::Member) {
                model.place(tree.child(callee, 0))
            } else {
                None
            };
            match object {
                Some(place) if !model.describe(&place).is_empty() => {
                    format!("`{}.{}`", model.describe(&place), tree.name_text(callee))
                }
                _ => format!("`{}`", tree.name_text(callee)),
            }
        }
        Kind::Super => "the superclass's constructor".to_string(),
        _ => "the function".to_string(),
    }
}

fn called_function(model: &Model, site: NodeId) -> String {
    match model.tree.kind(site) {
        Kind::Call | Kind::New => called(model, site),
        _ => "it".to_string(),
    }
}

fn member_text(model: &Model, node: NodeId) -> String {
    let tree = model.tree;
    match tree.kind(node) {
        Kind::Property if tree.name_text(node) == "constructor" => "the constructor".to_string(),
        Kind::Property if !tree.name_text(node).is_empty() => format!("`{}`", tree.name_text(node)),
        Kind::Assign => format!("`{}`", tree.name_text(tree.child(node, 0))),
        Kind::Function => match tree.text(tree.function(tree.function_at(node)).name) {
            "" => "it".to_string(),
            name => format!("`{name}`"),
        },
        _ => "it".to_string(),
    }
}

/// Names of the functions and classes around a node, outermost first: `Server.connect`.
fn scope(model: &Model, node: NodeId) -> String {
    let tree = model.tree;
    let mut names: Vec<&str> = tree
        .ancestors(node)
        .filter_map(|up| match tree.kind(up) {
            Kind::Class => Some(tree.name_text(up)),
            Kind::Function => Some(tree.text(tree.function(tree.function_at(up)).name)),
            _ => None,
        })
        .filter(|name| !name.is_empty())
        .collect();
    names.reverse();
    names.dedup();
    names.join(".")
}
