//! Rule pages: what people read about a rule, and the only home of its metadata.

use std::sync::OnceLock;

use serde::Deserialize;

use super::RULES;
use crate::finding::Severity;

/// A page of `rules/`, parsed.
#[derive(Debug)]
pub struct Page {
    pub name: &'static str,
    /// One sentence.
    pub summary: String,
    /// What findings of the rule are unless the user says otherwise.
    pub severity: Severity,
    pub tags: Vec<String>,
    /// The Markdown after the front matter.
    pub body: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    summary: String,
    severity: String,
    #[serde(default)]
    tags: Vec<String>,
}

impl Page {
    fn parse(name: &'static str, text: &'static str) -> Result<Page, String> {
        let (front, body) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .ok_or("no front matter between `+++` lines")?;
        let front: FrontMatter = toml::from_str(front).map_err(|error| error.to_string())?;
        let severity = match front.severity.as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            other => return Err(format!("severity is `{other}`, not `error` or `warning`")),
        };
        Ok(Page {
            name,
            summary: front.summary,
            severity,
            tags: front.tags,
            body: body.trim(),
        })
    }

    /// The text under a `## ` heading, without the heading.
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        let mut sections = self.body.split("\n## ").skip(1);
        let section = sections.find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'))?;
        Some(section.trim())
    }
}

/// The pages of all rules, in the order of [`RULES`].
pub fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let page = |rule: &super::Rule| Page::parse(rule.name, rule.page);
        let pages = RULES.iter().map(page).collect::<Result<_, _>>();
        pages.expect("the pages are compiled in and a test reads each")
    })
}

/// The page of one rule.
pub fn page(name: &str) -> Option<&'static Page> {
    pages().iter().find(|page| page.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_complete_page() {
        assert!(RULES.is_sorted_by_key(|rule| rule.name), "sorted by name");
        for rule in RULES {
            let page = Page::parse(rule.name, rule.page).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
            assert!(
                page.body.starts_with(&format!("# {}\n", rule.name)),
                "{}: title",
                rule.name
            );
            assert!(
                !page.summary.is_empty() && !page.tags.is_empty(),
                "{}: metadata",
                rule.name
            );
            for heading in ["Why it leaks", "Leaks", "Does not leak", "How to fix", "Limits"] {
                assert!(
                    page.section(heading).is_some(),
                    "{}: no section `{heading}`",
                    rule.name
                );
            }
        }
    }
}
