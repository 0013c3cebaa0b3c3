//! What was done with an issue: an item for each act, beside the issue's own.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::Fingerprint;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{Item, get_text, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

/// Who acts where nobody does.
pub const LAMPLIGHT: &str = "Lamplight";

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
    pub(crate) fn new<const N: usize>(at_ms: i64, by: &str, what: &str, details: [(&str, String); N]) -> Self {
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { at_ms, by: by.to_owned(), what: what.to_owned(), details }
    }

    /// Where it stands: acts of the same millisecond differ in their hash.
    pub(crate) fn sort(&self) -> String {
        let said = format!("{}\n{}\n{:?}", self.by, self.what, self.details);
        format!("{}{}#{:016x}", keys::HISTORY, rfc3339(self.at_ms), xxh3_64(said.as_bytes()))
    }

    pub(crate) fn item(&self, fingerprint: Fingerprint, sort: &str) -> Item {
        let mut item = key(&keys::issue(fingerprint), sort);
        let details: HashMap<_, _> =
            self.details.iter().map(|(name, value)| (name.clone(), text(value.as_str()))).collect();
        item.insert("at".to_owned(), text(rfc3339(self.at_ms)));
        item.insert("by".to_owned(), text(self.by.as_str()));
        item.insert("what".to_owned(), text(self.what.as_str()));
        item.insert("details".to_owned(), AttributeValue::M(details));
        item
    }

    fn of(item: &Item) -> Option<Self> {
        let details = item.get("details").and_then(|details| details.as_m().ok()).into_iter().flatten();
        Some(Self {
            at_ms: from_rfc3339(get_text(item, "at")?)?,
            by: get_text(item, "by")?.to_owned(),
            what: get_text(item, "what")?.to_owned(),
            details: details.filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect(),
        })
    }
}

impl Table {
    /// What was done with an issue, in the order of time.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn history(&self, fingerprint: Fingerprint) -> Result<Vec<Entry>, TableError> {
        let items = self.query(&keys::issue(fingerprint), Sort::Prefix(keys::HISTORY.to_owned())).await?;
        Ok(items.iter().filter_map(Entry::of).collect())
    }
}
