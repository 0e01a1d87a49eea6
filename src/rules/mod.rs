//! The rules. Each reads the tables of the model and never walks the tree.

pub mod page;

/// One kind of leak that leaklint knows. Its name is also that of its page, its fixtures and its module.
pub struct Rule {
    pub name: &'static str,
    /// Text of `rules/<name>.md`; [`page::page`] has it parsed.
    pub page: &'static str,
}

/// All rules, sorted by name.
pub static RULES: &[Rule] = &[
    Rule {
        name: "closure-captures-replaced",
        page: include_str!("../../rules/closure-captures-replaced.md"),
    },
    Rule {
        name: "listener-in-reconnect",
        page: include_str!("../../rules/listener-in-reconnect.md"),
    },
    Rule {
        name: "unbounded-cache",
        page: include_str!("../../rules/unbounded-cache.md"),
    },
    Rule {
        name: "undeleted-global",
        page: include_str!("../../rules/undeleted-global.md"),
    },
];
