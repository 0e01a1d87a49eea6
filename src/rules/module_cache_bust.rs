//! A module that is loaded again past the cache: every load stays.

use super::proof;
use crate::finding::{Confidence, Finding, Role};
use crate::model::Model;
use crate::model::loads::Reload;
use crate::model::repeat::Level;
use crate::syntax::tree::FunctionId;

pub fn check(model: &Model, out: &mut Vec<Finding>) {
    out.extend(model.reloads().iter().filter_map(|reload| judge(model, reload)));
}

fn judge(model: &Model, reload: &Reload) -> Option<Finding> {
    let repeat = model.repeat(reload.at, FunctionId(0));
    if repeat.level < Level::Calls {
        return None;
    }
    let confidence = match repeat.level {
        Level::Again => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let (what, fresh, held) = match reload.imports {
        true => (
            "imports a module by a specifier that is new each time",
            "this makes the specifier a new one",
            "the loader keeps every module that it has loaded, by its specifier, for as long as the program runs",
        ),
        false => (
            "forgets a module, so that it is loaded anew",
            "this loads it again",
            "the module that loads it keeps every one it has ever loaded in its list of children",
        ),
    };
    let mut steps = vec![proof::step(model, Role::Acquired, reload.at, what)];
    if reload.fresh != reload.at {
        steps.push(proof::step(model, Role::Acquired, reload.fresh, fresh));
    }
    steps.extend(proof::again(model, &repeat));
    steps.push(proof::step(model, Role::Held, reload.at, held));
    steps.push(proof::step(
        model,
        Role::Unreleased,
        reload.at,
        "no module is ever unloaded",
    ));
    Some(Finding {
        confidence,
        message: match reload.imports {
            true => "each import makes a new module, and none is ever unloaded".to_string(),
            false => "each reload makes a new module, and the old ones stay with their parent".to_string(),
        },
        steps,
        help: match reload.imports {
            true => "read what changes as data, or load it in a worker or a child process that ends".to_string(),
            false => {
                "read what changes as data, load it in a worker that ends, or take the old module off its parent's list as well"
                    .to_string()
            }
        },
        assumption: Some("this code runs many times in one process".to_string()),
        ..proof::finding(model, "module-cache-bust", reload.at)
    })
}
