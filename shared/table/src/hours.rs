//! Minutes become hours, hours become days.
//!
//! Before a minute is written, its hour is marked as pending. The keeper computes pending hours and their days whole
//! from what stands there; the mark goes when no process can rely on it any more. A reader takes a pending hour from
//! its minutes, so that figures never wait for the keeper.
//!
//! An hour keeps what it had of each of its minutes, so that late events are added to minutes that have expired: a
//! minute that came back is told from the one before by the time of its first writing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::{Bucket, FunctionKey, Rollup, Span};

use crate::Table;
use crate::attributes::{BORN, EXPIRES_AT, Item, additions, get_number, get_text, number, rollup};
use crate::error::TableError;
use crate::functions;
use crate::keys;
use crate::query::{Sort, key};

/// How long a process relies on a mark that it has set.
const MARK_TRUSTED_MS: i64 = 30 * 60_000;

/// How long a mark stands: longer than it is trusted by the length of the longest invocation.
const MARK_KEPT_MS: i64 = 60 * 60_000;

/// How long an hour is kept.
const HOUR_KEPT_MS: i64 = 90 * 86_400_000;

/// How often a pending hour is computed, in minutes. Who wants it fresher adds up its minutes, as readers do here.
const PACE_MINUTES: i64 = 15;

/// When a mark was set, in milliseconds since the epoch.
const MARKED: &str = "marked";

/// When the run began that computed an hour or a day, in milliseconds since the epoch.
const ROLLED: &str = "rolled";

/// What an hour has of each of its minutes.
const PARTS: &str = "parts";

/// An hour of a function that is to be rolled up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The function.
    pub function: FunctionKey,
    /// The hour.
    pub hour: Bucket,
    marked_ms: i64,
}

impl Pending {
    /// Whether it is worth computing now: at once when it was marked, then every ten minutes, and for the last time when
    /// the mark goes.
    #[must_use]
    pub fn is_due(&self, now_ms: i64) -> bool {
        // Counted from the mark, so that not all hours are due in the same minute.
        let minutes_marked = (now_ms - self.marked_ms).div_euclid(Span::Minute.ms());
        minutes_marked < 2 || minutes_marked % PACE_MINUTES == 0
    }

    /// Whether no process relies on the mark any more.
    const fn is_last(&self, now_ms: i64) -> bool {
        self.marked_ms + MARK_KEPT_MS < now_ms
    }
}

/// A minute in an hour: its start, and when it was first written.
pub(crate) type Incarnation = (i64, i64);

impl Table {
    /// Says that minutes of these functions in these hours are about to be written.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`].
    pub async fn mark_pending(&self, hours: &BTreeSet<(&FunctionKey, Bucket)>, now_ms: i64) -> Result<(), TableError> {
        let mut items = Vec::new();
        let mut marked = Vec::new();
        for (function, hour) in hours {
            let sort = pending_sort(function, *hour);
            if self.known.marked.get(&sort).is_none_or(|marked_ms| marked_ms + MARK_TRUSTED_MS < now_ms) {
                let mut item = key(keys::PENDING, &sort);
                item.insert(MARKED.to_owned(), number(now_ms));
                items.push(item);
                items.push(functions::seen(function));
                marked.push(sort);
            }
        }
        // A batch must not have the same item twice: a function may be seen in two hours.
        items.sort_by_key(|item| get_text(item, "sk").map(str::to_owned));
        items.dedup();
        self.put_all(items).await?;
        marked.into_iter().for_each(|sort| self.known.marked.insert(sort, now_ms));
        Ok(())
    }

    /// The hours that are to be rolled up.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn pending(&self) -> Result<Vec<Pending>, TableError> {
        Ok(self.query(keys::PENDING, Sort::All).await?.iter().filter_map(pending_of).collect())
    }

    /// Computes an hour and its day, and takes the mark away if no process relies on it any more.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]. Doing it again is harmless.
    pub async fn roll_up(&self, pending: &Pending, now_ms: i64) -> Result<(), TableError> {
        self.compute(pending, now_ms).await?;
        self.settle(pending, now_ms).await
    }

    /// Computes an hour and its day, and leaves the mark.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]. Doing it again is harmless.
    pub async fn compute(&self, pending: &Pending, now_ms: i64) -> Result<(), TableError> {
        let (function, hour) = (&pending.function, pending.hour);
        let known = self.get(&keys::function(function), &hour.to_string()).await?;
        let parts = self.hour_parts(function, hour, known.as_ref()).await?;
        let mut item = rolled_up(function, hour, parts.values());
        item.insert(EXPIRES_AT.to_owned(), number((hour.end_ms().max(now_ms) + HOUR_KEPT_MS) / 1000));
        // What it has of each minute makes it ten times as large, and is needed when the minutes expire.
        let is_old = hour.end_ms() + Span::Day.ms() < now_ms;
        if pending.is_last(now_ms) || is_old || known.as_ref().is_some_and(|known| known.contains_key(PARTS)) {
            item.insert(PARTS.to_owned(), AttributeValue::M(encode(&parts)));
        }
        self.renew(known.as_ref(), item, now_ms).await?;
        self.roll_up_day(function, hour.within(Span::Day), now_ms).await
    }

    /// Takes the mark of an hour that was computed away if no process relies on it any more.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; the hour is then computed again.
    pub async fn settle(&self, pending: &Pending, now_ms: i64) -> Result<(), TableError> {
        if pending.is_last(now_ms) { self.unmark(pending).await } else { Ok(()) }
    }

    /// Days stay: one whose hours have begun to expire is left as it is.
    async fn roll_up_day(&self, function: &FunctionKey, day: Bucket, now_ms: i64) -> Result<(), TableError> {
        let known = self.get(&keys::function(function), &day.to_string()).await?;
        let is_old = day.start_ms + HOUR_KEPT_MS < now_ms;
        if is_old && known.is_some() {
            return Ok(());
        }
        let hours = self.buckets(function, Span::Hour, day.start_ms, day.end_ms()).await?;
        self.renew(known.as_ref(), rolled_up(function, day, hours.values()), now_ms).await
    }

    /// Puts what was computed if it differs from what is known, unless a run that began later has put what it computed:
    /// two runs may overlap.
    async fn renew(&self, known: Option<&Item>, mut item: Item, now_ms: i64) -> Result<(), TableError> {
        if known.is_some_and(|known| is_alike(known, &item)) {
            return Ok(());
        }
        item.insert(ROLLED.to_owned(), number(now_ms));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#r) OR #r <= :r")
            .expression_attribute_names("#r", ROLLED)
            .expression_attribute_values(":r", number(now_ms))
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(TableError::call("PutItem")(error)),
            },
        }
    }

    /// Takes a mark away unless it was set anew.
    async fn unmark(&self, pending: &Pending) -> Result<(), TableError> {
        let sort = pending_sort(&pending.function, pending.hour);
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(keys::PENDING, &sort)))
            .condition_expression("#m = :m")
            .expression_attribute_names("#m", MARKED)
            .expression_attribute_values(":m", number(pending.marked_ms))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(TableError::call("DeleteItem")(error)),
            },
        }
    }

    /// What is known of each minute of an hour: what the hour has, renewed by the minutes that stand.
    pub(crate) async fn hour_parts(
        &self,
        function: &FunctionKey,
        hour: Bucket,
        known: Option<&Item>,
    ) -> Result<BTreeMap<Incarnation, Rollup>, TableError> {
        let pk = keys::function(function);
        let mut parts = known.map(decode).unwrap_or_default();
        let mut standing: BTreeMap<Incarnation, (bool, Rollup)> = BTreeMap::new();
        for item in self.query(&pk, between(Span::Minute, hour.start_ms, hour.end_ms())).await? {
            if let Some((minute, place)) = get_text(&item, "sk").and_then(keys::place_of) {
                let incarnation = (minute.start_ms, get_number(&item, BORN).unwrap_or(0));
                let (is_whole, sum) = standing.entry(incarnation).or_default();
                *is_whole |= place.is_empty();
                sum.merge(&rollup(&item));
            }
        }
        for (incarnation, (is_whole, sum)) in standing {
            // Where the first item of a minute has expired and one beside it has not, the hour has more.
            if is_whole || !parts.contains_key(&incarnation) {
                parts.insert(incarnation, sum);
            }
        }
        Ok(parts)
    }

    /// The rollups of a function from one time to another, by the start of their buckets. The ends are rounded
    /// outwards to minutes, to hours where the minutes have expired, and to days where the hours have.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn rollups(
        &self,
        function: &FunctionKey,
        from_ms: i64,
        to_ms: i64,
        now_ms: i64,
    ) -> Result<BTreeMap<i64, Rollup>, TableError> {
        let prefix = format!("{function}#{}", Span::Hour.prefix());
        let items = self.query(keys::PENDING, Sort::Prefix(prefix)).await?;
        let mut fresh: BTreeSet<Bucket> = items.iter().filter_map(|item| Some(pending_of(item)?.hour)).collect();
        fresh.retain(|hour| hour.start_ms < to_ms && hour.end_ms() > from_ms);
        let hours_from = Bucket::holding(Span::Day, now_ms - HOUR_KEPT_MS).end_ms().clamp(from_ms, to_ms);
        let mut rollups = BTreeMap::new();
        if from_ms < hours_from {
            rollups = self.buckets(function, Span::Day, from_ms, hours_from).await?;
            // A day with a pending hour is not whole: its hours are.
            for day in fresh.iter().map(|hour| hour.within(Span::Day)).collect::<BTreeSet<_>>() {
                rollups.remove(&day.start_ms);
                rollups.extend(self.buckets(function, Span::Hour, day.start_ms, day.end_ms()).await?);
            }
        }
        if hours_from < to_ms {
            rollups.extend(self.buckets(function, Span::Hour, hours_from, to_ms).await?);
        }
        // The hours at the ends hold minutes that were not asked for.
        let ends = [Bucket::holding(Span::Hour, from_ms), Bucket::holding(Span::Hour, to_ms - 1)];
        fresh.extend(ends.into_iter().filter(|hour| hour.start_ms + MINUTES_TRUSTED_MS > now_ms));
        for hour in fresh {
            rollups.remove(&hour.start_ms);
            let known = self.get(&keys::function(function), &hour.to_string()).await?;
            for ((minute_ms, _), rollup) in self.hour_parts(function, hour, known.as_ref()).await? {
                let minute = Bucket { span: Span::Minute, start_ms: minute_ms };
                if minute.end_ms() > from_ms && minute_ms < to_ms {
                    rollups.entry(minute_ms).or_insert_with(Rollup::default).merge(&rollup);
                }
            }
        }
        Ok(rollups)
    }

    /// The items of one span in a time, by their start.
    pub(crate) async fn buckets(
        &self,
        function: &FunctionKey,
        span: Span,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<BTreeMap<i64, Rollup>, TableError> {
        let items = self.query(&keys::function(function), between(span, from_ms, to_ms)).await?;
        let rollups =
            items.iter().filter_map(|item| Some((Bucket::parse(get_text(item, "sk")?)?.start_ms, rollup(item))));
        Ok(rollups.collect())
    }
}

/// Whether two items of a bucket say the same, whenever they were computed.
fn is_alike(one: &Item, other: &Item) -> bool {
    let said = |item: &Item| {
        item.iter()
            .filter(|(name, _)| ![ROLLED, EXPIRES_AT].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Item>()
    };
    said(one) == said(other)
}

/// How old a minute may be so that it has surely not expired.
const MINUTES_TRUSTED_MS: i64 = 2 * 86_400_000;

fn pending_sort(function: &FunctionKey, hour: Bucket) -> String {
    format!("{function}#{hour}")
}

fn pending_of(item: &Item) -> Option<Pending> {
    let sort = get_text(item, "sk")?;
    let hour_at = sort.rfind("#hour#")?;
    Some(Pending {
        function: FunctionKey::parse(&sort[..hour_at])?,
        hour: Bucket::parse(&sort[hour_at + 1..])?,
        marked_ms: get_number(item, MARKED)?,
    })
}

/// The sort keys of the buckets of a span from one time to before another.
pub(crate) fn between(span: Span, from_ms: i64, to_ms: i64) -> Sort {
    let last_ms = to_ms.max(from_ms + 1) - 1;
    // What stands beside the last one is among them: `~` sorts after digits and letters.
    Sort::Between(Bucket::holding(span, from_ms).to_string(), format!("{}#~", Bucket::holding(span, last_ms)))
}

/// The item of a bucket that is the sum of its parts.
fn rolled_up<'a>(function: &FunctionKey, bucket: Bucket, parts: impl Iterator<Item = &'a Rollup>) -> Item {
    let mut sum = Rollup::default();
    parts.for_each(|part| sum.merge(part));
    let mut item = key(&keys::function(function), &bucket.to_string());
    item.extend(additions(&sum).into_iter().map(|(name, value)| (name, number(value))));
    item.extend(sum.peaks.known().map(|(peak, value)| (peak.name().to_owned(), number(value))));
    item
}

fn encode(parts: &BTreeMap<Incarnation, Rollup>) -> std::collections::HashMap<String, AttributeValue> {
    let encoded = parts.iter().filter_map(|((minute_ms, born_ms), rollup)| {
        let bytes = postcard::to_allocvec(rollup).ok()?;
        Some((format!("{minute_ms}#{born_ms}"), AttributeValue::B(Blob::new(bytes))))
    });
    encoded.collect()
}

fn decode(item: &Item) -> BTreeMap<Incarnation, Rollup> {
    let parts = item.get(PARTS).and_then(|parts| parts.as_m().ok());
    let decoded = parts.into_iter().flatten().filter_map(|(name, value)| {
        let (minute_ms, born_ms) = name.split_once('#')?;
        let rollup = postcard::from_bytes(value.as_b().ok()?.as_ref()).ok()?;
        Some(((minute_ms.parse().ok()?, born_ms.parse().ok()?), rollup))
    });
    decoded.collect()
}
