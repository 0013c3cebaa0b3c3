//! What this process knows of the table, so that it need not ask or say it again. Losing it costs a write, never a
//! figure.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use lamplight_rollup::issue::Rank;
use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Peaks, SeriesId};

use crate::deployments::FirstSeen;
use crate::flows::StoredFlow;
use crate::policies::Policies;
use crate::rollups::Full;

/// A bounded map for many tasks: one that is full is forgotten as a whole.
#[derive(Debug)]
pub(crate) struct Memory<K, V, const CAPACITY: usize = 20_000>(Mutex<HashMap<K, V>>);

impl<K, V, const CAPACITY: usize> Default for Memory<K, V, CAPACITY> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone, const CAPACITY: usize> Memory<K, V, CAPACITY> {
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= CAPACITY {
            map.clear();
        }
        map.insert(key, value);
    }
}

/// How long a process acts on what it has read.
const TRUSTED_MS: i64 = 60_000;

/// What was read, and when, in milliseconds since the epoch.
pub(crate) type Recent<V> = Memory<(), (i64, V)>;

impl<V: Clone> Recent<V> {
    /// What was read within the last minute, else what is read now.
    pub(crate) async fn read<E>(&self, now_ms: i64, read: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        let known = self.get(&()).filter(|(read_ms, _)| (0..TRUSTED_MS).contains(&(now_ms - read_ms)));
        if let Some((_, known)) = known {
            return Ok(known);
        }
        let value = read.await?;
        self.insert((), (now_ms, value.clone()));
        Ok(value)
    }
}

/// How often something was written of late.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// When its window began, in milliseconds since the epoch.
    since_ms: i64,
    count: u32,
}

impl Pace {
    /// How long a window is.
    const WINDOW_MS: i64 = 10_000;

    /// Writes within one window from which on it is busy.
    const BUSY: u32 = 20;

    /// The pace after one more time.
    pub(crate) fn written(self, now_ms: i64) -> Self {
        if self.is_over(now_ms) { Self { since_ms: now_ms, count: 1 } } else { Self { count: self.count + 1, ..self } }
    }

    /// Whether it was written as often as it may be for now.
    pub(crate) fn is_busy(self, now_ms: i64) -> bool {
        !self.is_over(now_ms) && self.count >= Self::BUSY
    }

    fn is_over(self, now_ms: i64) -> bool {
        self.since_ms + Self::WINDOW_MS <= now_ms
    }
}

/// What the table is known to have of an issue.
#[derive(Debug, Clone)]
pub(crate) struct KnownIssue {
    /// Its earliest time.
    pub(crate) first_ms: i64,
    /// Its latest occurrence.
    pub(crate) latest: Rank,
    /// The alert that was claimed last: its claimer may yet have to publish it.
    pub(crate) claim: String,
    /// How often this process has written it of late.
    pub(crate) pace: Pace,
}

/// What one process remembers.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The items of busy minutes that are full, by `pk` and minute: they are large, and few at a time.
    pub(crate) full: Memory<(String, Bucket), Full, 200>,
    /// The peaks of rollup items, by `pk` and `sk`: they only ever rise.
    pub(crate) peaks: Memory<(String, String), Peaks>,
    /// When a function's hour was marked as pending, in milliseconds since the epoch.
    pub(crate) marked: Memory<String, i64>,
    /// The deployments of functions, and when they were read, in milliseconds since the epoch.
    pub(crate) deployments: Memory<FunctionKey, (i64, FirstSeen), 1_000>,
    /// How often something was kept of a function's requests apart from transactions.
    pub(crate) loose: Memory<FunctionKey, Pace>,
    /// What the table has of issues.
    pub(crate) issues: Memory<Fingerprint, KnownIssue>,
    /// The policies.
    pub(crate) policies: Recent<Option<Policies>>,
    /// When it was last said of a transaction that it is to be kept longer, in milliseconds since the epoch.
    pub(crate) lasting: Memory<String, i64>,
    /// The series of functions that are listed.
    pub(crate) series: Memory<(FunctionKey, SeriesId), ()>,
    /// Functions that have as many series of a sort as they may have, and when that was seen, in milliseconds since the
    /// epoch.
    pub(crate) full_quotas: Memory<(FunctionKey, &'static str), i64>,
    /// The flows.
    pub(crate) flows: Recent<Vec<StoredFlow>>,
}
