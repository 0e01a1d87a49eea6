//! The rules. Each reads the tables of the model and never walks the tree.

mod abort_listener_not_removed;
mod client_per_call;
mod closure_captures_replaced;
mod connection_not_closed;
mod disposable_not_disposed;
mod dom_growth;
mod handle_overwritten;
mod listener_in_reconnect;
mod listener_not_removed;
mod listener_per_call;
mod listener_removal_mismatch;
mod max_listeners_masked;
mod memoize_unbounded;
mod module_cache_bust;
mod not_released_on_error;
mod object_url_not_revoked;
mod observer_not_disconnected;
mod ownership_lost;
pub mod page;
mod pending_entry_not_deleted;
mod promise_race_long_lived;
mod proof;
mod rx_operator_leak;
mod subscription_not_unsubscribed;
mod third_party_not_destroyed;
mod timer_not_cleared;
mod unbounded_cache;
mod undeleted_global;
mod unreleased;

use crate::finding::Finding;
use crate::model::Model;

/// One kind of leak that leaklint knows. Its name is also that of its page, its fixtures and its module.
pub struct Rule {
    pub name: &'static str,
    /// Text of `rules/<name>.md`; [`page::page`] has it parsed.
    pub page: &'static str,
    /// Reads the model's tables and reports.
    pub check: fn(&Model, &mut Vec<Finding>),
    /// Silent where another rule has more to say of the same place.
    pub is_general: bool,
}

/// All rules, sorted by name.
pub static RULES: &[Rule] = &[
    Rule {
        name: "abort-listener-not-removed",
        page: include_str!("../../rules/abort-listener-not-removed.md"),
        check: abort_listener_not_removed::check,
        is_general: false,
    },
    Rule {
        name: "client-per-call",
        page: include_str!("../../rules/client-per-call.md"),
        check: client_per_call::check,
        is_general: false,
    },
    Rule {
        name: "closure-captures-replaced",
        page: include_str!("../../rules/closure-captures-replaced.md"),
        check: closure_captures_replaced::check,
        is_general: false,
    },
    Rule {
        name: "connection-not-closed",
        page: include_str!("../../rules/connection-not-closed.md"),
        check: connection_not_closed::check,
        is_general: true,
    },
    Rule {
        name: "disposable-not-disposed",
        page: include_str!("../../rules/disposable-not-disposed.md"),
        check: disposable_not_disposed::check,
        is_general: true,
    },
    Rule {
        name: "dom-growth",
        page: include_str!("../../rules/dom-growth.md"),
        check: dom_growth::check,
        is_general: false,
    },
    Rule {
        name: "handle-overwritten",
        page: include_str!("../../rules/handle-overwritten.md"),
        check: handle_overwritten::check,
        is_general: false,
    },
    Rule {
        name: "listener-in-reconnect",
        page: include_str!("../../rules/listener-in-reconnect.md"),
        check: listener_in_reconnect::check,
        is_general: false,
    },
    Rule {
        name: "listener-not-removed",
        page: include_str!("../../rules/listener-not-removed.md"),
        check: listener_not_removed::check,
        is_general: true,
    },
    Rule {
        name: "listener-per-call",
        page: include_str!("../../rules/listener-per-call.md"),
        check: listener_per_call::check,
        is_general: true,
    },
    Rule {
        name: "listener-removal-mismatch",
        page: include_str!("../../rules/listener-removal-mismatch.md"),
        check: listener_removal_mismatch::check,
        is_general: false,
    },
    Rule {
        name: "max-listeners-masked",
        page: include_str!("../../rules/max-listeners-masked.md"),
        check: max_listeners_masked::check,
        is_general: false,
    },
    Rule {
        name: "memoize-unbounded",
        page: include_str!("../../rules/memoize-unbounded.md"),
        check: memoize_unbounded::check,
        is_general: false,
    },
    Rule {
        name: "module-cache-bust",
        page: include_str!("../../rules/module-cache-bust.md"),
        check: module_cache_bust::check,
        is_general: false,
    },
    Rule {
        name: "not-released-on-error",
        page: include_str!("../../rules/not-released-on-error.md"),
        check: not_released_on_error::check,
        is_general: false,
    },
    Rule {
        name: "object-url-not-revoked",
        page: include_str!("../../rules/object-url-not-revoked.md"),
        check: object_url_not_revoked::check,
        is_general: true,
    },
    Rule {
        name: "observer-not-disconnected",
        page: include_str!("../../rules/observer-not-disconnected.md"),
        check: observer_not_disconnected::check,
        is_general: true,
    },
    Rule {
        name: "ownership-lost",
        page: include_str!("../../rules/ownership-lost.md"),
        check: ownership_lost::check,
        is_general: false,
    },
    Rule {
        name: "pending-entry-not-deleted",
        page: include_str!("../../rules/pending-entry-not-deleted.md"),
        check: pending_entry_not_deleted::check,
        is_general: false,
    },
    Rule {
        name: "promise-race-long-lived",
        page: include_str!("../../rules/promise-race-long-lived.md"),
        check: promise_race_long_lived::check,
        is_general: false,
    },
    Rule {
        name: "rx-operator-leak",
        page: include_str!("../../rules/rx-operator-leak.md"),
        check: rx_operator_leak::check,
        is_general: false,
    },
    Rule {
        name: "subscription-not-unsubscribed",
        page: include_str!("../../rules/subscription-not-unsubscribed.md"),
        check: subscription_not_unsubscribed::check,
        is_general: true,
    },
    Rule {
        name: "third-party-not-destroyed",
        page: include_str!("../../rules/third-party-not-destroyed.md"),
        check: third_party_not_destroyed::check,
        is_general: true,
    },
    Rule {
        name: "timer-not-cleared",
        page: include_str!("../../rules/timer-not-cleared.md"),
        check: timer_not_cleared::check,
        is_general: true,
    },
    Rule {
        name: "unbounded-cache",
        page: include_str!("../../rules/unbounded-cache.md"),
        check: unbounded_cache::check,
        is_general: true,
    },
    Rule {
        name: "undeleted-global",
        page: include_str!("../../rules/undeleted-global.md"),
        check: undeleted_global::check,
        is_general: false,
    },
];

/// One leak is one finding: of several at one place, those of general rules go.
pub fn told_once(findings: &mut Vec<Finding>) {
    let is_general = |rule: &str| RULES.iter().any(|it| it.name == rule && it.is_general);
    let special: Vec<_> = findings
        .iter()
        .filter(|it| !is_general(it.rule))
        .map(|it| (it.span, it.confidence))
        .collect();
    findings.retain(|it| {
        let better = |&(span, confidence): &(_, _)| span == it.span && confidence >= it.confidence;
        !is_general(it.rule) || !special.iter().any(better)
    });
}
