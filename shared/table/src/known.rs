//! What this process knows of the table, so that it need not ask or say it again. Losing it costs a write, never a
//! figure.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use lamplight_rollup::issue::Rank;
use lamplight_rollup::{Fingerprint, FunctionKey, Peaks};

use crate::deployments::FirstSeen;
use crate::flows::StoredFlow;
use crate::metrics::Names;
use crate::policies::Policies;
use crate::rollups::Full;

/// A bounded map for many tasks: one that is full forgets what was not asked for since it was half full.
#[derive(Debug)]
pub(crate) struct Memory<K, V, const CAPACITY: usize = 20_000>(Mutex<Halves<K, V>>);

#[derive(Debug)]
struct Halves<K, V> {
    recent: HashMap<K, V>,
    before: HashMap<K, V>,
}

impl<K, V, const CAPACITY: usize> Default for Memory<K, V, CAPACITY> {
    fn default() -> Self {
        Self(Mutex::new(Halves { recent: HashMap::new(), before: HashMap::new() }))
    }
}

impl<K: Hash + Eq, V: Clone, const CAPACITY: usize> Memory<K, V, CAPACITY> {
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = halves.recent.get(key) {
            return Some(value.clone());
        }
        let (key, value) = halves.before.remove_entry(key)?;
        halves.insert(key, value.clone(), CAPACITY);
        Some(value)
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value, CAPACITY);
    }
}

impl<K: Hash + Eq, V> Halves<K, V> {
    fn insert(&mut self, key: K, value: V, capacity: usize) {
        if 2 * self.recent.len() >= capacity && !self.recent.contains_key(&key) {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, value);
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
    /// The items of minutes and of metrics that are full, by `pk` and `sk`: each is some KB.
    pub(crate) full: Memory<(String, String), Full, 4_000>,
    /// The peaks of rollup items, by `pk` and `sk`: they only ever rise.
    pub(crate) peaks: Memory<(String, String), Peaks>,
    /// When a function's hour was marked as pending, in milliseconds since the epoch.
    pub(crate) marked: Memory<String, i64>,
    /// The deployments of functions, and when they were read, in milliseconds since the epoch.
    pub(crate) deployments: Memory<FunctionKey, (i64, FirstSeen), 1_000>,
    /// How often something was kept of a function's requests apart from transactions.
    pub(crate) loose: Memory<FunctionKey, Pace>,
    /// How often failures were kept of a log stream whose lines do not say whose they are.
    pub(crate) strays: Memory<u64, Pace>,
    /// How many reports of a function in a row named no transaction, while no other line tied one of its requests to any.
    pub(crate) lone_reports: Memory<FunctionKey, usize>,
    /// What the table has of issues.
    pub(crate) issues: Memory<Fingerprint, KnownIssue>,
    /// The policies.
    pub(crate) policies: Recent<Option<Policies>>,
    /// When it was last said of a transaction that it is to be kept longer, in milliseconds since the epoch.
    pub(crate) lasting: Memory<String, i64>,
    /// Which series of functions are listed in this month.
    pub(crate) names: Memory<FunctionKey, Arc<Names>, 2_000>,
    /// The flows.
    pub(crate) flows: Recent<Vec<StoredFlow>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_not_forgotten_and_the_rest_is() {
        let memory: Memory<u32, u32, 10> = Memory::default();
        for key in 0..1_000 {
            memory.insert(key, key);
            assert_eq!(memory.get(&0), Some(0), "{key}");
            assert_eq!(memory.get(&key), Some(key));
        }
        assert!((0..1_000).filter(|key| memory.get(key).is_some()).count() <= 10);
    }
}
