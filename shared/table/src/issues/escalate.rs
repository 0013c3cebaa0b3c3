//! Issues that occur ten times as often as people were told, and mutes that end by count.
//!
//! Counted from the rollups, whenever an hour is computed: what is counted there is counted once.

use std::collections::BTreeMap;

use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Rollup, Span, State};

use super::history::LAMPLIGHT;
use super::item::{Stored, Unsent, stored, unsent_item};
use super::life::{Change, Mute};
use super::{ATTEMPTS, Written};
use crate::Table;
use crate::attributes::rollup;
use crate::error::TableError;
use crate::hours::Pending;
use crate::keys;
use crate::query::pause;

/// How long nobody is told again of the same issue.
const COOLDOWN_MS: i64 = 3_600_000;

/// Why an alert is claimed: what its id says after the issue.
struct Crossed {
    /// Tells one life of the issue, or one mute, from the next.
    occasion: String,
    /// What was crossed.
    threshold: u64,
    /// How often it occurred since it was opened.
    total: u64,
}

/// Counts occurrences of the issues of one function.
struct Counts<'t> {
    table: &'t Table,
    function: &'t FunctionKey,
    now_ms: i64,
    /// From its day on.
    days: BTreeMap<i64, Rollup>,
}

impl Table {
    /// Claims alerts for the issues of an hour that was just computed: for those that have crossed 10, 100, 1000 and so
    /// on since they were opened, and for those whose mute ends by its count. `alert` makes the text to publish, given
    /// the issue, how often it occurred and the alert's id.
    ///
    /// # Errors
    ///
    /// [`TableError`]. What was claimed before it stands as unsent; trying again claims nothing twice.
    pub async fn escalate(
        &self,
        pending: &Pending,
        now_ms: i64,
        alert: impl Fn(&Stored, u64, &str) -> String,
    ) -> Result<Vec<Unsent>, TableError> {
        let function = &pending.function;
        let hour = self.get(&keys::function(function), &pending.hour.to_string()).await?;
        let counted = hour.as_ref().map(rollup).unwrap_or_default().issues;
        let keys: Vec<_> = counted
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(fingerprint, _)| (keys::issue(*fingerprint), keys::ISSUE_ITEM.to_owned()))
            .collect();
        let issues = self.get_all(&keys).await?.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
        let times = issues.iter().flat_map(|stored| [stored.life.opened_ms, stored.life.muted_ms]);
        let Some(from_ms) = times.flatten().min() else {
            return Ok(Vec::new());
        };
        let day = Bucket::holding(Span::Day, from_ms);
        let days = self.buckets(function, Span::Day, day.start_ms, now_ms + Span::Day.ms()).await?;
        let counts = Counts { table: self, function, now_ms, days };
        let mut claimed = Vec::new();
        for stored in issues {
            claimed.extend(self.escalate_issue(stored, pending.hour, &counts, &alert).await?);
        }
        Ok(claimed)
    }

    /// Claims the alert of one issue, if there is one to claim.
    async fn escalate_issue(
        &self,
        mut stored: Stored,
        hour: Bucket,
        counts: &Counts<'_>,
        alert: impl Fn(&Stored, u64, &str) -> String,
    ) -> Result<Option<Unsent>, TableError> {
        let now_ms = counts.now_ms;
        for attempt in 0..ATTEMPTS {
            let Some(Crossed { occasion, threshold, total }) = counts.crossed(&stored, hour).await? else {
                return Ok(None);
            };
            let fingerprint = stored.fingerprint;
            let alert_id = format!("{fingerprint}-{occasion}-{threshold}");
            let body = alert(&stored, total, &alert_id);
            let unsent = Unsent::alert(alert_id, body, now_ms);
            let details = [("count", total.to_string()), ("alert", unsent.alert_id.clone())];
            let told_count = power(total).max(stored.life.told_count.unwrap_or(1));
            let change = Change::to(State::Escalating, LAMPLIGHT, now_ms, details).telling(told_count, now_ms);
            let put = self.put_write(unsent_item(&unsent), None)?;
            if self.change(&stored, change, vec![put]).await? == Written::All {
                return Ok(Some(unsent));
            }
            pause(attempt).await;
            match self.issue(fingerprint).await? {
                Some(read) => stored = read,
                None => return Ok(None),
            }
        }
        Err(TableError::Contention { key: keys::issue(stored.fingerprint) })
    }
}

impl Counts<'_> {
    /// What an issue has crossed that nobody was told of.
    async fn crossed(&self, stored: &Stored, hour: Bucket) -> Result<Option<Crossed>, TableError> {
        let (life, now_ms) = (&stored.life, self.now_ms);
        let Some(opened_ms) = life.opened_ms else {
            return Ok(None);
        };
        if stored.state == State::Resolved {
            return Ok(None);
        }
        if life.is_muted(now_ms) {
            // The minute in which it was muted is not counted: most of it may have been before.
            let muted_ms = Bucket::holding(Span::Minute, life.muted_ms.unwrap_or(now_ms)).end_ms();
            let (limit, count) = match life.mute {
                Some(Mute::UntilCount(limit)) => (limit, self.since(stored.fingerprint, muted_ms, limit).await?),
                Some(Mute::PerHour(limit)) => (limit, self.in_hour(stored.fingerprint, hour, muted_ms).await?),
                _ => return Ok(None),
            };
            if count <= limit {
                return Ok(None);
            }
            let total = self.since(stored.fingerprint, opened_ms, 0).await?;
            let occasion = format!("m{:x}", life.muted_ms.unwrap_or(now_ms));
            return Ok(Some(Crossed { occasion, threshold: limit, total }));
        }
        // That it is new, or back, was told when it was opened.
        if life.told_ms.unwrap_or(opened_ms).max(opened_ms) + COOLDOWN_MS > now_ms {
            return Ok(None);
        }
        let told = life.told_count.unwrap_or(1);
        let total = self.since(stored.fingerprint, opened_ms, told.saturating_mul(10) - 1).await?;
        let threshold = power(total);
        let crossed = Crossed { occasion: format!("e{opened_ms:x}"), threshold, total };
        Ok((threshold > told).then_some(crossed))
    }

    /// How often an issue occurred since a time, to the minute; 0 if it is surely not more than the limit.
    async fn since(&self, fingerprint: Fingerprint, from_ms: i64, limit: u64) -> Result<u64, TableError> {
        let count = |rollups: &mut dyn Iterator<Item = &Rollup>| -> u64 {
            rollups.filter_map(|rollup| rollup.issues.get(&fingerprint)).sum()
        };
        let hour = Bucket::holding(Span::Hour, from_ms);
        let day = hour.within(Span::Day);
        if count(&mut self.days.range(day.start_ms..).map(|(_, rollup)| rollup)) <= limit {
            return Ok(0);
        }
        let later = count(&mut self.days.range(day.end_ms()..).map(|(_, rollup)| rollup));
        let mut hours = BTreeMap::new();
        if hour.end_ms() < day.end_ms() {
            hours = self.table.buckets(self.function, Span::Hour, hour.end_ms(), day.end_ms()).await?;
        }
        Ok(later + count(&mut hours.values()) + self.in_hour(fingerprint, hour, from_ms).await?)
    }

    /// How often an issue occurred in an hour, in its minutes from a time on.
    async fn in_hour(&self, fingerprint: Fingerprint, hour: Bucket, from_ms: i64) -> Result<u64, TableError> {
        let minute = Bucket::holding(Span::Minute, from_ms);
        let known = self.table.get(&keys::function(self.function), &hour.to_string()).await?;
        let parts = self.table.hour_parts(self.function, hour, known.as_ref()).await?;
        let counted = parts.iter().filter(|((minute_ms, _), _)| *minute_ms >= minute.start_ms);
        Ok(counted.filter_map(|(_, rollup)| rollup.issues.get(&fingerprint)).sum())
    }
}

/// The highest power of ten that is not above a count; 1 for none.
fn power(count: u64) -> u64 {
    10_u64.pow(count.max(1).ilog10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_powers_of_ten() {
        for (count, expected) in [(0, 1), (1, 1), (9, 1), (10, 10), (99, 10), (100, 100), (u64::MAX, 10_u64.pow(19))] {
            assert_eq!(power(count), expected, "{count}");
        }
    }
}
