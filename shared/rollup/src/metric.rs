//! Metrics that functions log: business figures, added up by the hour.
//!
//! - [`Series`]: what tells a metric from others
//! - [`Values`]: what its values add up to
//! - [`Metrics`]: the metrics of all functions

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use lamplight_logs::metrics::Metric;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::bucket::{Bucket, Span};
use crate::function::FunctionKey;
use crate::histogram::Histogram;

/// Whole numbers below this are told as such.
const SMALL_COUNTS: f64 = 20.0;

/// How far a value may be from the middle of its bucket.
const HALF_A_BUCKET: f64 = 0.022;

/// What the name of a series stands for that takes those which are not told apart.
const OTHERS: &str = "others, not told apart";

/// Values are added up in millionths, so that sums are exact.
const MILLION: f64 = 1e6;

/// The largest value, likewise the smallest: a thousand billion of them still add up exactly, here and in DynamoDB's 38
/// digits. What lies beyond is brought to it.
const LARGEST: f64 = 1e18;

/// The largest value that percentiles are told of.
const LARGEST_TOLD: f64 = 1e12;

/// What tells a metric from others in a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Series {
    /// What it belongs to.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// Its unit, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The names and values of its dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
}

/// The identity of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesId(u64);

impl Series {
    /// The series of a metric.
    #[must_use]
    pub fn of(metric: &Metric) -> Self {
        Self {
            namespace: metric.namespace.clone(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            dimensions: metric.dimensions.clone(),
        }
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> SeriesId {
        SeriesId(xxh3_64(self.to_json().as_bytes()))
    }

    /// It as JSON: written so that no name can be taken for two.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Of texts alone, there is nothing that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The series of the same metric that takes all whose dimensions are not told apart.
    #[must_use]
    pub fn others(&self) -> Self {
        Self { dimensions: BTreeMap::from([("*".to_owned(), OTHERS.to_owned())]), ..self.clone() }
    }

    /// Whether it takes what is not told apart.
    #[must_use]
    pub fn takes_others(&self) -> bool {
        self.dimensions.contains_key("*") || self.namespace == "*"
    }

    /// The series that takes all metrics that are not told apart.
    #[must_use]
    pub fn rest() -> Self {
        Self { namespace: "*".to_owned(), name: OTHERS.to_owned(), unit: None, dimensions: BTreeMap::new() }
    }
}

impl SeriesId {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// What the values of a series add up to. Merging is associative and commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// How many there are.
    pub count: u64,
    /// Their sum in millionths; each value is rounded to one.
    pub sum_millionths: i128,
    /// Those from 0 to 10¹², in millionths.
    pub histogram: Histogram,
}

impl Values {
    /// Adds a value.
    pub fn record(&mut self, value: f64) {
        let value = value.clamp(-LARGEST, LARGEST);
        #[allow(clippy::cast_possible_truncation, reason = "it is below 10²⁴")]
        let millionths = (value * MILLION).round() as i128;
        self.count += 1;
        self.sum_millionths += millionths;
        if let Ok(millionths) = u64::try_from(millionths)
            && value <= LARGEST_TOLD
        {
            self.histogram.record(millionths);
        }
    }

    /// Adds another's values.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum_millionths = self.sum_millionths.saturating_add(other.sum_millionths);
        self.histogram.merge(&other.histogram);
    }

    /// Their sum.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a figure to read")]
    pub fn sum(&self) -> f64 {
        self.sum_millionths as f64 / MILLION
    }

    /// The value below or at which this share (0 to 1) of them lie, within 2.2 %; nothing if some are negative or beyond
    /// 10¹².
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let is_whole = self.histogram.count() == self.count;
        let middle = self.histogram.percentile_us(share).filter(|_| is_whole)? / MILLION;
        // The middle of a bucket stands for all that it holds: of small counts it holds one.
        let is_count = middle < SMALL_COUNTS && (middle.round() / middle - 1.0).abs() < HALF_A_BUCKET;
        Some(if is_count { middle.round() } else { middle })
    }
}

/// The values of a function's series in an hour.
pub type Hour = BTreeMap<SeriesId, Values>;

/// The metrics of all functions. Merging is associative and commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// What the series are called.
    pub series: BTreeMap<(Arc<FunctionKey>, SeriesId), Series>,
    /// Their values, by the start of the hour in milliseconds since the epoch.
    pub values: BTreeMap<Arc<FunctionKey>, BTreeMap<i64, Hour>>,
}

impl Metrics {
    /// Adds the values that a line has of a metric.
    pub fn add(&mut self, function: &Arc<FunctionKey>, metric: &Metric, epoch_ms: i64) {
        let series = Series::of(metric);
        let hour = Bucket::holding(Span::Hour, epoch_ms).start_ms;
        let hours = self.values.entry(Arc::clone(function)).or_default();
        let values = hours.entry(hour).or_default().entry(series.id()).or_default();
        metric.values.iter().for_each(|value| values.record(*value));
        self.series.insert((Arc::clone(function), series.id()), series);
    }

    /// Takes another's values in.
    pub fn merge(&mut self, other: Self) {
        self.series.extend(other.series);
        for (function, hours) in other.values {
            let own = self.values.entry(function).or_default();
            for (hour, series) in hours {
                merge(own.entry(hour).or_default(), series);
            }
        }
    }

    /// Takes the series of a function over a bound together, first those of one metric, then all; how many they were.
    pub fn keep_within(&mut self, bound: usize) -> usize {
        let apart = self.rename_beyond(bound, Series::others);
        if apart > 0 {
            self.rename_beyond(2 * bound, |_| Series::rest());
        }
        apart
    }

    fn rename_beyond(&mut self, bound: usize, name: impl Fn(&Series) -> Series) -> usize {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        let mut names = BTreeMap::new();
        // What takes others together comes first: it is not to be taken together again.
        let mut listed: Vec<_> = self.series.iter().collect();
        listed.sort_by_key(|(_, series)| !series.takes_others());
        for ((function, id), series) in listed {
            let count = counts.entry(Arc::clone(function)).or_default();
            *count += 1;
            if *count > bound {
                names.insert((Arc::clone(function), *id), name(series));
            }
        }
        for (key, series) in &names {
            self.series.remove(key);
            self.series.insert((Arc::clone(&key.0), series.id()), series.clone());
        }
        for (function, hours) in &mut self.values {
            for hour in hours.values_mut() {
                let renamed = std::mem::take(hour)
                    .into_iter()
                    .map(|(id, values)| (names.get(&(Arc::clone(function), id)).map_or(id, Series::id), values));
                for (id, values) in renamed {
                    hour.entry(id).or_default().merge(&values);
                }
            }
        }
        names.len()
    }
}

/// Takes the values of an hour in.
pub fn merge(hour: &mut Hour, other: Hour) {
    for (series, values) in other {
        hour.entry(series).or_default().merge(&values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[f64]) -> Values {
        let mut sum = Values::default();
        values.iter().for_each(|value| sum.record(*value));
        sum
    }

    #[test]
    fn sums_are_exact_and_percentiles_near() {
        let sum = values(&[0.1, 0.2, 12.5, 0.0]);
        assert_eq!((sum.count, sum.sum()), (4, 12.8));
        assert!((sum.percentile(1.0).unwrap() / 12.5 - 1.0).abs() < 0.022);
        assert_eq!(sum.percentile(0.25), Some(0.0));
        let counts = values(&[1.0, 1.0, 3.0, 17.0, 1.5]);
        assert_eq!([0.2, 0.8, 1.0].map(|share| counts.percentile(share)), [Some(1.0), Some(3.0), Some(17.0)]);
        assert!((counts.percentile(0.6).unwrap() / 1.5 - 1.0).abs() < 0.022);
        let mut merged = values(&[0.2, 0.0]);
        merged.merge(&values(&[12.5, 0.1]));
        assert_eq!(merged, sum);
    }

    #[test]
    fn of_negative_and_absurd_values_sums_are_told_and_percentiles_are_not() {
        let sum = values(&[-3.5, 1.0]);
        assert_eq!((sum.sum(), sum.percentile(0.5)), (-2.5, None));
        let absurd = values(&[1e300, f64::MAX, -1e300]);
        assert_eq!((absurd.count, absurd.sum(), absurd.percentile(0.5)), (3, 1e18, None));
    }

    #[test]
    fn series_are_told_apart_by_all_that_they_are() {
        let series = |name: &str, unit: Option<&str>, dimension: &str| Series {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            dimensions: BTreeMap::from([("service".to_owned(), dimension.to_owned())]),
        };
        let all = [
            series("a", None, "web"),
            series("b", None, "web"),
            series("a", Some("Count"), "web"),
            series("a", None, "app"),
            series("a", None, "web").others(),
            series("a\n", None, "web"),
            series("a", Some("\n"), "web"),
            Series::rest(),
        ];
        let ids: std::collections::BTreeSet<_> = all.iter().map(Series::id).collect();
        assert_eq!(ids.len(), all.len());
        assert_eq!(SeriesId::parse(&all[0].id().to_string()), Some(all[0].id()));
    }
}
