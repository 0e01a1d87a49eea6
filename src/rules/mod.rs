//! The rules. Each reads the tables of the model and never walks the tree.

mod closure_captures_replaced;
mod dom_growth;
mod listener_in_reconnect;
mod memoize_unbounded;
pub mod page;
mod pending_entry_not_deleted;
mod proof;
mod unbounded_cache;
mod undeleted_global;

use crate::finding::Finding;
use crate::model::Model;

/// One kind of leak that leaklint knows. Its name is also that of its page, its fixtures and its module.
pub struct Rule {
    pub name: &'static str,
    /// Text of `rules/<name>.md`; [`page::page`] has it parsed.
    pub page: &'static str,
    /// Reads the model's tables and reports.
    pub check: fn(&Model, &mut Vec<Finding>),
}

/// All rules, sorted by name.
pub static RULES: &[Rule] = &[
    Rule {
        name: "closure-captures-replaced",
        page: include_str!("../../rules/closure-captures-replaced.md"),
        check: closure_captures_replaced::check,
    },
    Rule {
        name: "dom-growth",
        page: include_str!("../../rules/dom-growth.md"),
        check: dom_growth::check,
    },
    Rule {
        name: "listener-in-reconnect",
        page: include_str!("../../rules/listener-in-reconnect.md"),
        check: listener_in_reconnect::check,
    },
    Rule {
        name: "memoize-unbounded",
        page: include_str!("../../rules/memoize-unbounded.md"),
        check: memoize_unbounded::check,
    },
    Rule {
        name: "pending-entry-not-deleted",
        page: include_str!("../../rules/pending-entry-not-deleted.md"),
        check: pending_entry_not_deleted::check,
    },
    Rule {
        name: "unbounded-cache",
        page: include_str!("../../rules/unbounded-cache.md"),
        check: unbounded_cache::check,
    },
    Rule {
        name: "undeleted-global",
        page: include_str!("../../rules/undeleted-global.md"),
        check: undeleted_global::check,
    },
];
