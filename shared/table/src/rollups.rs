//! The guarded `ADD`: every delivery is counted exactly once, for one write.
//!
//! A minute's item, and one of an hour's metrics, has `seen`, the hashes of the deliveries that it has counted. Adding
//! a delivery's counters is one `UpdateItem` on the condition that `seen` has none of their hashes. A refusal brings
//! the item: what it has counted is left out, and the rest is tried again. An answer that is lost on the way does no
//! harm: the next attempt is refused.
//!
//! Peaks have no `ADD`. They are set in the same update, on the condition that they are not below the item's.
//!
//! An item that has counted so many deliveries is full, and what comes then goes to the item beside it: a write costs
//! what the whole item weighs. A full item never changes, so who has seen it once knows for good what it has counted.

mod parts;
mod update;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use lamplight_rollup::{Bucket, Fingerprint, FunctionKey};

use crate::Table;
use crate::attributes::{BORN, Item, get_number, issue_name, issue_of, metric_name, metric_of, rollup, seen, text};
use crate::error::TableError;
use crate::keys;
use crate::metrics::RenamedSeries;
use crate::query::{at_once, pause};
pub use parts::Part;
use parts::batches;
use update::{Target, Update};

/// How long a minute is kept after the later of its time and its writing: three days.
pub(crate) const MINUTE_KEPT_MS: i64 = 3 * 86_400_000;

/// Deliveries that one item of an hour's metrics counts: with the attributes that an update may add, it is below the
/// 400 KB that an item may have.
const METRICS_AN_ITEM: usize = 48;

/// How long metrics are kept: thirteen months.
const METRICS_KEPT_MS: i64 = 400 * 86_400_000;

/// Times that an update is tried. Each refusal leaves a delivery out or brings higher peaks, so more are only needed
/// where many write the same item.
const ATTEMPTS: usize = 30;

/// The items of a minute that are full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Full {
    /// When the minute was first written, in milliseconds since the epoch.
    born_ms: Option<i64>,
    /// What each of them has counted.
    seen: Vec<Arc<HashSet<u64>>>,
}

impl Full {
    fn push(&mut self, item: &Item) {
        self.born_ms = self.born_ms.or_else(|| get_number(item, BORN));
        self.seen.push(Arc::new(seen(item)));
    }

    fn has_seen(&self, delivery: u64) -> bool {
        self.seen.iter().any(|seen| seen.contains(&delivery))
    }
}

/// The items of a function's minute, or of its metrics in an hour.
struct Items {
    pk: String,
    bucket: Bucket,
    /// Deliveries that one of them counts.
    capacity: usize,
    /// How long they are kept after the later of their time and their writing, in milliseconds.
    kept_ms: i64,
    now_ms: i64,
}

impl Table {
    /// Adds what deliveries hold for the minutes of functions; what was added before is left out. Issues are counted
    /// under the names that `renamed` gives them.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]. Trying again after either counts nothing twice.
    pub async fn add_minutes(
        &self,
        minutes: BTreeMap<(&FunctionKey, Bucket), Vec<Part>>,
        renamed: &BTreeMap<Fingerprint, Fingerprint>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let name = |name: &str| Some(issue_name(*renamed.get(&issue_of(name)?)?));
        let additions = minutes.into_iter().map(|((function, bucket), parts)| {
            let capacity = self.tuning.deliveries_an_item;
            let pk = keys::function(function);
            self.add_to(Items { pk, bucket, capacity, kept_ms: MINUTE_KEPT_MS, now_ms }, parts, name)
        });
        at_once(additions.collect()).await
    }

    /// Adds what deliveries hold for the metrics of functions in an hour; what was added before is left out. Values are
    /// added up under the series that `renamed` gives theirs.
    ///
    /// # Errors
    ///
    /// As [`Table::add_minutes`].
    pub async fn add_metrics(
        &self,
        hours: BTreeMap<(&Arc<FunctionKey>, Bucket), Vec<Part>>,
        renamed: &RenamedSeries,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let additions = hours.into_iter().map(|((function, bucket), parts)| {
            let pk = keys::metrics(function);
            let items = Items { pk, bucket, capacity: METRICS_AN_ITEM, kept_ms: METRICS_KEPT_MS, now_ms };
            self.add_to(items, parts, |name| {
                let (series, part) = metric_of(name)?;
                Some(metric_name(*renamed.get(&(Arc::clone(function), series))?, part))
            })
        });
        at_once(additions.collect()).await
    }

    async fn add_to(
        &self,
        items: Items,
        parts: Vec<Part>,
        name: impl Fn(&str) -> Option<String>,
    ) -> Result<(), TableError> {
        for mut batch in batches(parts) {
            // Not before they are cut: the pieces of a delivery must be the same whenever it comes.
            batch.iter_mut().for_each(|part| part.rename(&name));
            self.add_batch(&items, batch).await?;
        }
        Ok(())
    }

    /// Adds parts to the first of the items that has room.
    async fn add_batch(&self, items: &Items, mut parts: Vec<Part>) -> Result<(), TableError> {
        let known = (items.pk.clone(), items.bucket);
        let mut full = self.known.full.get(&known).unwrap_or_default();
        parts.retain(|part| !full.has_seen(part.delivery));
        loop {
            let target = Target {
                pk: items.pk.clone(),
                sk: keys::place(items.bucket, full.seen.len()),
                expires_at: (items.bucket.end_ms().max(items.now_ms) + items.kept_ms) / 1000,
                born_ms: full.born_ms.unwrap_or(items.now_ms),
                capacity: items.capacity,
            };
            match self.add_parts(&target, &mut parts).await? {
                None => return Ok(()),
                Some(item) => full.push(&item),
            }
            self.known.full.insert(known.clone(), full.clone());
        }
    }

    /// Adds parts to an item; the item, if it is full and parts are left.
    async fn add_parts(&self, target: &Target, parts: &mut Vec<Part>) -> Result<Option<Item>, TableError> {
        let cached = (target.pk.clone(), target.sk.clone());
        let mut known = self.known.peaks.get(&cached).unwrap_or_default();
        for attempt in 0..ATTEMPTS {
            if parts.is_empty() {
                return Ok(None);
            }
            let update = Update::of(target, parts, &known);
            match self.send(target, update).await? {
                None => {
                    parts.iter().for_each(|part| known.merge(&part.peaks));
                    self.known.peaks.insert(cached, known);
                    return Ok(None);
                }
                Some(item) => {
                    let seen = seen(&item);
                    parts.retain(|part| !seen.contains(&part.delivery));
                    if seen.len() >= target.capacity && !parts.is_empty() {
                        return Ok(Some(item));
                    }
                    known = rollup(&item).peaks;
                    self.known.peaks.insert(cached.clone(), known);
                }
            }
            if attempt > 3 {
                pause(attempt - 3).await;
            }
        }
        Err(TableError::Contention { key: format!("{} {}", target.pk, target.sk) })
    }

    /// Sends an update; the item, if its condition was refused.
    async fn send(&self, target: &Target, update: Update) -> Result<Option<Item>, TableError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(&target.pk))
            .key("sk", text(&target.sk))
            .update_expression(update.expression)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => match refusal.item() {
                    Some(item) => Ok(Some(item.clone())),
                    None => Ok(Some(self.get(&target.pk, &target.sk).await?.unwrap_or_default())),
                },
                _ => Err(TableError::call("UpdateItem")(error)),
            },
        }
    }
}
