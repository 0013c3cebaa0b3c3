//! What was done with an issue: an item for each act, beside the issue's own.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Entry, Fingerprint};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{Item, get_text, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

/// Who acts where nobody does.
pub const LAMPLIGHT: &str = "Lamplight";

/// Where an act stands: those of the same millisecond differ in their hash.
pub(crate) fn sort(entry: &Entry) -> String {
    let said = format!("{}\n{}\n{:?}", entry.by, entry.what, entry.details);
    format!("{}{}#{:016x}", keys::HISTORY, rfc3339(entry.at_ms), xxh3_64(said.as_bytes()))
}

pub(crate) fn entry_item(entry: &Entry, fingerprint: Fingerprint, sort: &str) -> Item {
    let mut item = key(&keys::issue(fingerprint), sort);
    let details: HashMap<_, _> = entry.details.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    item.insert("at".to_owned(), text(rfc3339(entry.at_ms)));
    item.insert("by".to_owned(), text(&entry.by));
    item.insert("what".to_owned(), text(&entry.what));
    item.insert("details".to_owned(), AttributeValue::M(details));
    item
}

fn entry_of(item: &Item) -> Option<Entry> {
    let details = item.get("details").and_then(|details| details.as_m().ok()).into_iter().flatten();
    Some(Entry {
        at_ms: from_rfc3339(get_text(item, "at")?)?,
        by: get_text(item, "by")?.to_owned(),
        what: get_text(item, "what")?.to_owned(),
        details: details.filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect(),
    })
}

impl Table {
    /// What was done with an issue, in the order of time.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn history(&self, fingerprint: Fingerprint) -> Result<Vec<Entry>, TableError> {
        let items = self.query(&keys::issue(fingerprint), Sort::Prefix(keys::HISTORY.to_owned())).await?;
        Ok(items.iter().filter_map(entry_of).collect())
    }
}
