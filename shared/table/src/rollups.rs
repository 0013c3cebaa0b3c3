//! The guarded `ADD`: every delivery is counted exactly once, for one write.
//!
//! A minute's item, and one of an hour's metrics, has `seen`, the hashes of the deliveries that it has counted. Adding
//! a delivery's counters is one `UpdateItem` on the condition that `seen` has none of their hashes. A refusal brings
//! the item: what it has counted is left out, and the rest is tried again. An answer that is lost on the way does no
//! harm: the next attempt is refused.
//!
//! Peaks have no `ADD`. They are set in the same update, on the condition that they are not below the item's.
//!
//! An item that has counted so many deliveries is full, and what comes then goes to an item beside it: a write costs
//! what the whole item weighs. A full item never changes, so who has seen it once knows for good what it has counted.

mod parts;
mod places;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Peaks};

use crate::Table;
use crate::attributes::{BORN, Item, get_number, issue_name, issue_of, metric_name, metric_of, rollup, seen, text};
use crate::error::TableError;
use crate::keys;
use crate::metrics::RenamedSeries;
use crate::query::{at_once, pause};
pub use parts::Part;
use parts::batches;
use places::Order;
use update::{Room, Target, Update};

/// How long a minute is kept after the later of its time and its writing: three days.
pub(crate) const MINUTE_KEPT_MS: i64 = 3 * 86_400_000;

/// Small deliveries that one item of an hour's metrics counts: they make a KB, or a little more.
const METRICS_AN_ITEM: usize = 32;

/// Attributes that one item of an hour's metrics adds to: of deliveries with many metrics it counts a few.
const ADDITIONS_AN_ITEM: usize = 1_000;

/// How long metrics are kept: thirteen months.
pub(crate) const METRICS_KEPT_MS: i64 = 400 * 86_400_000;

/// Times that an update is tried. Each refusal leaves a delivery out or brings higher peaks, so more are only needed
/// where many write the same item.
const ATTEMPTS: usize = 30;

/// What is known of an item that is full.
#[derive(Debug, Clone)]
pub(crate) struct Full {
    /// When its minute was first written, in milliseconds since the epoch.
    born_ms: Option<i64>,
    /// What it has counted, in order.
    seen: Arc<[u64]>,
}

impl Full {
    fn of(item: &Item) -> Self {
        let mut seen: Vec<_> = seen(item).into_iter().collect();
        seen.sort_unstable();
        Self { born_ms: get_number(item, BORN), seen: seen.into() }
    }

    fn has_seen(&self, delivery: u64) -> bool {
        self.seen.binary_search(&delivery).is_ok()
    }
}

/// The items of a function's minute, or of its metrics in an hour.
struct Items {
    pk: String,
    bucket: Bucket,
    /// What one of them takes.
    room: Room,
    order: Order,
    /// How long they are kept after the later of their time and their writing, in milliseconds.
    kept_ms: i64,
    now_ms: i64,
}

/// What goes to one item.
struct Share {
    /// After how many full ones.
    depth: usize,
    place: String,
    /// When the first one was written, in milliseconds since the epoch.
    born_ms: Option<i64>,
    parts: Vec<Part>,
}

impl Items {
    /// Where parts go that a full item does not take.
    fn beside(&self, share: Share, full: &Full) -> impl Iterator<Item = Share> {
        let (depth, born_ms) = (share.depth + 1, share.born_ms.or(full.born_ms));
        let mut places: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        for part in share.parts.into_iter().filter(|part| !full.has_seen(part.delivery)) {
            places.entry(self.order.place(self.bucket, depth, &part)).or_default().push(part);
        }
        places.into_iter().map(move |(place, parts)| Share { depth, place, born_ms, parts })
    }

    fn target(&self, share: &Share) -> Target {
        Target {
            pk: self.pk.clone(),
            sk: keys::place(self.bucket, &share.place),
            expires_at: (self.bucket.end_ms().max(self.now_ms) + self.kept_ms) / 1000,
            born_ms: share.born_ms.unwrap_or(self.now_ms),
            room: self.room,
        }
    }
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
            let room = Room { deliveries: self.tuning.deliveries_an_item, additions: None };
            let pk = keys::function(function);
            let items = Items { pk, bucket, room, order: Order::Row, kept_ms: MINUTE_KEPT_MS, now_ms };
            self.add_to(items, parts, name)
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
        let deliveries = METRICS_AN_ITEM.min(self.tuning.deliveries_an_item);
        let room = Room { deliveries, additions: Some(ADDITIONS_AN_ITEM) };
        let additions = hours.into_iter().map(|((function, bucket), mut parts)| {
            // What goes to the same items comes together.
            parts.sort_by_key(|part| part.at_ms);
            let pk = keys::metrics(function);
            let items = Items { pk, bucket, room, order: Order::Tree, kept_ms: METRICS_KEPT_MS, now_ms };
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

    /// Adds parts, each to the first item on its way that has room.
    async fn add_batch(&self, items: &Items, parts: Vec<Part>) -> Result<(), TableError> {
        let mut waiting = vec![Share { depth: 0, place: String::new(), born_ms: None, parts }];
        while let Some(mut share) = waiting.pop() {
            if let Some(full) = self.add_share(items, &mut share).await? {
                waiting.extend(items.beside(share, &full));
            }
        }
        Ok(())
    }

    /// Adds what goes to an item; what is known of the item, if it is full and parts are left.
    async fn add_share(&self, items: &Items, share: &mut Share) -> Result<Option<Full>, TableError> {
        let target = items.target(share);
        let known = (target.pk.clone(), target.sk.clone());
        if let Some(full) = self.known.full.get(&known) {
            return Ok(Some(full));
        }
        let full = self.add_parts(&target, &mut share.parts).await?.map(|item| Full::of(&item));
        if let Some(full) = &full {
            self.known.full.insert(known, full.clone());
        }
        Ok(full)
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
                    self.know_peaks(cached, known);
                    return Ok(None);
                }
                Some(item) => {
                    let seen = seen(&item);
                    parts.retain(|part| !seen.contains(&part.delivery));
                    if target.room.is_used_up(&item) && !parts.is_empty() {
                        return Ok(Some(item));
                    }
                    known = rollup(&item).peaks;
                    self.know_peaks(cached.clone(), known);
                }
            }
            if attempt > 3 {
                pause(attempt - 3).await;
            }
        }
        Err(TableError::Contention { key: format!("{} {}", target.pk, target.sk) })
    }

    fn know_peaks(&self, item: (String, String), peaks: Peaks) {
        // Metrics have none.
        if peaks != Peaks::default() {
            self.known.peaks.insert(item, peaks);
        }
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
