//! Transactions by the values of searchable fields.
//!
//! A line that names no trace is found by its request: what ties that to its transactions may come before or after it.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_rollup::{Transaction, Transactions};

use super::expires_at;
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

impl Table {
    /// The stories of a value of a searchable field that began at this time or later.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn labelled_transactions(
        &self,
        name: &str,
        value: &str,
        from_ms: i64,
    ) -> Result<BTreeMap<String, Transaction>, TableError> {
        let mut ids = self.labelled(&keys::label(name, value)).await?;
        let requests = self.labelled(&keys::label_of_request(name, value)).await?;
        ids.extend(self.ids_of(requests.iter().map(String::as_str)).await?.into_iter().flatten());
        let stories = self.stories(ids).await?;
        Ok(stories.into_iter().filter(|(_, story)| story.started_ms() >= from_ms).collect())
    }

    /// The ids that have a value.
    async fn labelled(&self, pk: &str) -> Result<BTreeSet<String>, TableError> {
        let items = self.query(pk, Sort::All).await?;
        Ok(items.iter().filter_map(|item| get_text(item, "sk").map(str::to_owned)).collect())
    }
}

/// Whether something was said by which it is found.
pub(super) fn has_any(transaction: &Transaction) -> bool {
    labels(transaction).next().is_some()
}

/// The items by which transactions are found, and requests that may belong to some.
pub(super) fn items(transactions: &Transactions, now_ms: i64) -> Vec<Item> {
    let Transactions { by_id, loose, .. } = transactions;
    let mut items = BTreeMap::new();
    let mut add = |known: &BTreeMap<String, Transaction>, pk: fn(&str, &str) -> String| {
        for (id, transaction) in known {
            let expires_s = expires_at(transaction.ended_ms(), now_ms);
            for (name, value) in labels(transaction) {
                let pk = pk(name, value);
                let mut item = key(&pk, id);
                item.insert(EXPIRES_AT.to_owned(), number(expires_s));
                items.insert((pk, id.clone()), item);
            }
        }
    };
    add(by_id, keys::label);
    add(loose, keys::label_of_request);
    items.into_values().collect()
}

fn labels(transaction: &Transaction) -> impl Iterator<Item = &(String, String)> {
    transaction.members.values().flat_map(|member| member.labels.iter())
}
