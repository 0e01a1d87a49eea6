//! The rules. Each reads the tables of the model and never walks the tree.

mod abort_listener_not_removed;
mod client_per_call;
mod closure_captures_replaced;
mod listener_in_reconnect;
mod max_listeners_masked;
mod module_cache_bust;
pub mod page;
mod promise_race_long_lived;
mod proof;
mod rx_operator_leak;
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
        name: "abort-listener-not-removed",
        page: include_str!("../../rules/abort-listener-not-removed.md"),
        check: abort_listener_not_removed::check,
    },
    Rule {
        name: "client-per-call",
        page: include_str!("../../rules/client-per-call.md"),
        check: client_per_call::check,
    },
    Rule {
        name: "closure-captures-replaced",
        page: include_str!("../../rules/closure-captures-replaced.md"),
        check: closure_captures_replaced::check,
    },
    Rule {
        name: "listener-in-reconnect",
        page: include_str!("../../rules/listener-in-reconnect.md"),
        check: listener_in_reconnect::check,
    },
    Rule {
        name: "max-listeners-masked",
        page: include_str!("../../rules/max-listeners-masked.md"),
        check: max_listeners_masked::check,
    },
    Rule {
        name: "module-cache-bust",
        page: include_str!("../../rules/module-cache-bust.md"),
        check: module_cache_bust::check,
    },
    Rule {
        name: "promise-race-long-lived",
        page: include_str!("../../rules/promise-race-long-lived.md"),
        check: promise_race_long_lived::check,
    },
    Rule {
        name: "rx-operator-leak",
        page: include_str!("../../rules/rx-operator-leak.md"),
        check: rx_operator_leak::check,
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
