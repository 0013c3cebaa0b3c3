//! What deliveries add to an item, cut so that each update takes it.

use std::collections::BTreeMap;

use lamplight_rollup::metric::Hour;
use lamplight_rollup::{Peaks, Rollup};

use crate::attributes::{additions, additions_of_metrics};

/// Attributes that one update adds to: its expression is bounded at 4 KB.
const ADDITIONS: usize = 250;

/// Deliveries that one update takes: its condition is bounded at 300 operators.
const PARTS: usize = 50;

/// What one delivery adds to one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The delivery's identity.
    pub delivery: u64,
    /// When its first event happened, in milliseconds since the epoch; it matters for metrics.
    pub(crate) at_ms: i64,
    /// What it adds, by attribute.
    adds: BTreeMap<String, i128>,
    /// The largest values.
    pub(crate) peaks: Peaks,
}

impl Part {
    /// What a delivery adds to a function's minute.
    #[must_use]
    pub fn of(delivery: u64, rollup: &Rollup) -> Self {
        let adds = additions(rollup).into_iter().map(|(name, value)| (name, i128::from(value))).collect();
        Self { delivery, at_ms: 0, adds, peaks: rollup.peaks }
    }

    /// What a delivery, of which the first event happened at `at_ms`, adds to the metrics of a function's hour.
    #[must_use]
    pub fn of_metrics(delivery: u64, at_ms: i64, hour: &Hour) -> Self {
        Self { delivery, at_ms, adds: additions_of_metrics(hour).collect(), peaks: Peaks::default() }
    }

    /// The same under other names.
    pub(crate) fn rename(&mut self, name: impl Fn(&str) -> Option<String>) {
        for (old, value) in std::mem::take(&mut self.adds) {
            *self.adds.entry(name(&old).unwrap_or(old)).or_default() += value;
        }
    }

    fn is_wide(&self) -> bool {
        self.adds.len() > ADDITIONS
    }

    /// A part with more attributes than one update takes, in pieces. They are the same whenever the delivery comes, and
    /// each has an identity of its own.
    fn pieces(self) -> impl Iterator<Item = Self> {
        let Self { delivery, at_ms, adds, peaks } = self;
        let whole: Vec<_> = adds.into_iter().collect();
        let pieces: Vec<Vec<_>> = whole.chunks(ADDITIONS).map(<[_]>::to_vec).collect();
        pieces.into_iter().enumerate().map(move |(i, piece)| Self {
            delivery: delivery ^ (i as u64).rotate_right(8),
            at_ms,
            adds: piece.into_iter().collect(),
            peaks: if i == 0 { peaks } else { Peaks::default() },
        })
    }
}

/// What parts add together.
pub(crate) fn sum(parts: &[Part]) -> (BTreeMap<&str, i128>, Peaks) {
    let (mut sum, mut peaks) = (BTreeMap::new(), Peaks::default());
    for part in parts {
        peaks.merge(&part.peaks);
        for (name, value) in &part.adds {
            *sum.entry(name.as_str()).or_default() += value;
        }
    }
    (sum, peaks)
}

/// Parts in batches that each fit one update: those that are too wide for one come in pieces.
pub(crate) fn batches(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let (wide, narrow): (Vec<_>, Vec<_>) = parts.into_iter().partition(Part::is_wide);
    let mut batches: Vec<Vec<Part>> = Vec::new();
    for part in narrow {
        let fits = |batch: &&mut Vec<Part>| {
            let more = part.adds.keys().filter(|name| batch.iter().all(|other| !other.adds.contains_key(*name)));
            batch.len() < PARTS && sum(batch).0.len() + more.count() <= ADDITIONS
        };
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(part),
            None => batches.push(vec![part]),
        }
    }
    batches.extend(wide.into_iter().flat_map(Part::pieces).map(|piece| vec![piece]));
    batches
}
