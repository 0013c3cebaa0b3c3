//! Which versions of a function ran, from its rollups.

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplight_rollup::{Bucket, Deployment, FunctionKey, Rollup, Span};

use crate::Table;
use crate::error::TableError;

const HOUR_MS: i64 = 3_600_000;

/// How far back a version is looked for: one that ran before and not since is new when it comes back.
const LOOKED_BACK_MS: i64 = 30 * 24 * HOUR_MS;

/// How far back it is known to the hour when a version was first seen; before, to the day.
const TO_THE_HOUR_MS: i64 = 24 * HOUR_MS;

/// How long a process takes what it has read as true: new issues often come together.
const TRUSTED_MS: i64 = 60_000;

/// When each deployment of a function was first seen, in milliseconds since the epoch.
pub(crate) type FirstSeen = Arc<BTreeMap<Deployment, i64>>;

impl Table {
    /// When each deployment of a function was first seen within the last 30 days, in milliseconds since the epoch: to
    /// the minute in the last hours, to the hour within a day, else to the day.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub(crate) async fn deployments(&self, function: &FunctionKey, now_ms: i64) -> Result<FirstSeen, TableError> {
        if let Some((read_ms, known)) = self.known.deployments.get(function)
            && (read_ms..read_ms + TRUSTED_MS).contains(&now_ms)
        {
            return Ok(known);
        }
        let recent_ms = Bucket::holding(Span::Day, now_ms - TO_THE_HOUR_MS).start_ms;
        let mut first_seen = BTreeMap::new();
        let mut take = |buckets: BTreeMap<i64, Rollup>| {
            for (start_ms, rollup) in buckets {
                for deployment in rollup.deployments.into_keys() {
                    first_seen.entry(deployment).or_insert(start_ms);
                }
            }
        };
        take(self.buckets(function, Span::Day, recent_ms - LOOKED_BACK_MS, recent_ms).await?);
        take(self.rollups(function, recent_ms, now_ms + HOUR_MS, now_ms).await?);
        let first_seen = Arc::new(first_seen);
        self.known.deployments.insert(function.clone(), (now_ms, Arc::clone(&first_seen)));
        Ok(first_seen)
    }
}
