//! What this process knows of the table, so that it need not ask or say it again. Losing it costs a write, never a
//! figure.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use lamplight_rollup::issue::Rank;
use lamplight_rollup::{Fingerprint, Peaks};

/// Entries of a kind that are kept; a full memory is forgotten as a whole.
const CAPACITY: usize = 20_000;

/// A bounded map for many tasks.
#[derive(Debug)]
pub(crate) struct Memory<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone> Memory<K, V> {
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

/// What the table is known to have of an issue.
#[derive(Debug, Clone)]
pub(crate) struct KnownIssue {
    /// Its earliest time.
    pub(crate) first_ms: i64,
    /// Its latest occurrence.
    pub(crate) latest: Rank,
    /// The alert that was claimed last: its claimer may yet have to publish it.
    pub(crate) claim: String,
}

/// What one process remembers.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The peaks of rollup items, by `pk` and `sk`: they only ever rise.
    pub(crate) peaks: Memory<(String, String), Peaks>,
    /// When a function's hour was marked as pending, in milliseconds since the epoch.
    pub(crate) marked: Memory<String, i64>,
    /// What the table has of issues.
    pub(crate) issues: Memory<Fingerprint, KnownIssue>,
}
