//! What was done with an issue.

use std::collections::BTreeMap;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Who.
    pub by: String,
    /// What: `resolved`, `muted`, `unmuted`, `assigned`, `unassigned`, `regressed`, `ongoing` or `escalating`.
    pub what: String,
    /// What belongs to it, by name.
    pub details: BTreeMap<String, String>,
}

impl Entry {
    /// What somebody does at a time, with what belongs to it.
    #[must_use]
    pub fn new<const N: usize>(at_ms: i64, by: &str, what: &str, details: [(&str, String); N]) -> Self {
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { at_ms, by: by.to_owned(), what: what.to_owned(), details }
    }
}
