//! Transactions by the values of searchable fields.
//!
//! A line that names no trace is found by its request: what ties that to its transactions may come before or after it.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_rollup::{Transaction, Transactions};

use super::expires_at;
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_number, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

/// When what has the value began, in milliseconds since the epoch.
const BEGAN: &str = "began";

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
        let mut ids = self.labelled(&keys::label(name, value), from_ms).await?;
        let requests = self.labelled(&keys::label_of_request(name, value), from_ms).await?;
        ids.extend(self.ids_of(requests.iter().map(String::as_str)).await?.into_iter().flatten());
        let stories = self.stories(ids).await?;
        Ok(stories.into_iter().filter(|(_, story)| story.started_ms() >= from_ms).collect())
    }

    /// The ids that have a value, without those of which something began before this time: their stories did, too.
    async fn labelled(&self, pk: &str, from_ms: i64) -> Result<BTreeSet<String>, TableError> {
        let items = self.query(pk, Sort::All).await?;
        let recent =
            items.iter().filter(|item| get_number(item, BEGAN).is_none_or(|began_ms: i64| began_ms >= from_ms));
        Ok(recent.filter_map(|item| get_text(item, "sk").map(str::to_owned)).collect())
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
                item.insert(BEGAN.to_owned(), number(transaction.started_ms()));
                items.insert((pk, id.clone()), item);
            }
        }
    };
    add(by_id, keys::label);
    add(loose, keys::label_of_request);
    items.into_values().collect()
}

/// The keys of the items by which these ids and requests are found, and of those that tie them, as far as there are such.
pub(super) fn keys_of(story: &Transaction, ids: &BTreeSet<String>, requests: &[&str]) -> Vec<(String, String)> {
    let labels: BTreeSet<_> = labels(story).collect();
    let of_ids =
        labels.iter().flat_map(|(name, value)| ids.iter().map(move |id| (keys::label(name, value), id.clone())));
    let of_requests = labels.iter().flat_map(|(name, value)| {
        requests.iter().map(move |request_id| (keys::label_of_request(name, value), (*request_id).to_owned()))
    });
    let ties = requests.iter().flat_map(|request_id| ids.iter().map(|id| (keys::request(request_id), keys::trace(id))));
    of_ids.chain(of_requests).chain(ties.filter(|_| !labels.is_empty())).collect()
}

fn labels(transaction: &Transaction) -> impl Iterator<Item = &(String, String)> {
    transaction.members.values().flat_map(|member| member.labels.iter())
}
