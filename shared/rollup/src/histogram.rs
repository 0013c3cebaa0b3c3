//! OpenTelemetry's base-2 exponential histogram at scale 4.
//!
//! Bucket `i` holds the values in `(2^(i/16), 2^((i+1)/16)]`: 4.4 % wide, so that the geometric middle is within
//! 2.2 % of every value in it. Adding buckets is merging histograms. Source: OpenTelemetry metrics data model,
//! "ExponentialHistogram".

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Buckets for each doubling.
const RESOLUTION: f64 = 16.0;

/// The index of the bucket that holds zeros.
pub const ZERO: i16 = i16::MIN;

/// How many values fell into each bucket. Values are microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(BTreeMap<i16, u64>);

impl Histogram {
    /// Adds one value.
    pub fn record(&mut self, value_us: u64) {
        self.add(index(value_us), 1);
    }

    /// Adds to a bucket.
    pub fn add(&mut self, index: i16, count: u64) {
        if count > 0 {
            let bucket = self.0.entry(index).or_default();
            *bucket = bucket.saturating_add(count);
        }
    }

    /// Adds another's buckets.
    pub fn merge(&mut self, other: &Self) {
        for (index, count) in other.buckets() {
            self.add(index, count);
        }
    }

    /// The buckets that are not empty, the smallest values first.
    pub fn buckets(&self) -> impl Iterator<Item = (i16, u64)> + '_ {
        self.0.iter().map(|(index, count)| (*index, *count))
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The value below or at which this share (0 to 1) of the values lie, by the nearest rank; nothing if there are
    /// no values.
    #[must_use]
    pub fn percentile_us(&self, share: f64) -> Option<f64> {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank"
        )]
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut below = 0_u64;
        for (index, count) in self.buckets() {
            below = below.saturating_add(count);
            if below >= rank {
                return Some(middle(index));
            }
        }
        None
    }
}

fn index(value_us: u64) -> i16 {
    if value_us == 0 {
        return ZERO;
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "at most 16 × 64")]
    let index = ((value_us as f64).log2() * RESOLUTION).ceil() as i16;
    index - 1
}

fn middle(index: i16) -> f64 {
    if index == ZERO { 0.0 } else { ((f64::from(index) + 0.5) / RESOLUTION).exp2() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.record(*value);
        }
        histogram
    }

    #[test]
    fn nothing_has_no_percentile_and_zeros_have_zero() {
        assert_eq!(of(&[]).percentile_us(0.5), None);
        assert_eq!(of(&[0, 0]).percentile_us(0.99), Some(0.0));
    }

    proptest! {
        #[test]
        fn percentiles_are_within_the_promise(
            mut values in prop::collection::vec(1_u64..1_000_000_000_000, 1..300),
            share in 0.01_f64..1.0,
        ) {
            let estimate = of(&values).percentile_us(share).unwrap();
            values.sort_unstable();
            let rank = ((values.len() as f64 * share).ceil() as usize).max(1);
            let exact = values[rank - 1] as f64;
            prop_assert!((estimate / exact - 1.0).abs() < 0.022, "{estimate} for {exact}");
        }

        #[test]
        fn merging_is_recording_both(one in prop::collection::vec(any::<u64>(), 0..50), other in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut left = of(&one);
            left.merge(&of(&other));
            let mut right = of(&other);
            right.merge(&of(&one));
            let both: Vec<_> = one.iter().chain(&other).copied().collect();
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(&left, &of(&both));
            prop_assert_eq!(left.count(), both.len() as u64);
        }
    }
}
