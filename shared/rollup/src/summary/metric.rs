//! Metrics as programs read them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{round, time_text};
use crate::metric::{Hour, Series, SeriesId, Values};

/// What functions logged of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// What it is.
    #[serde(flatten)]
    pub series: Series,
    /// The functions that logged it.
    pub functions: Vec<String>,
    /// What its values add up to.
    #[serde(flatten)]
    pub figures: ValuesSummary,
    /// The same by the hour; those that have any.
    pub hours: Vec<MetricHourSummary>,
}

/// What functions logged of a metric in an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricHourSummary {
    /// When the hour began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What its values add up to.
    #[serde(flatten)]
    pub figures: ValuesSummary,
}

/// What values add up to: count and sum exact, percentiles and the largest value within 2.2 % and only where no value is
/// negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ValuesSummary {
    pub count: u64,
    pub sum: f64,
    pub avg: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl ValuesSummary {
    fn of(values: &Values) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a count")]
        let count = values.count as f64;
        let percentile = |share| values.percentile(share).map(round);
        Self {
            count: values.count,
            sum: values.sum(),
            avg: round(values.sum() / count),
            p50: percentile(0.5),
            p90: percentile(0.9),
            p99: percentile(0.99),
            max: percentile(1.0),
        }
    }
}

/// Adds up the metrics of functions.
#[derive(Debug, Clone, Default)]
pub struct MetricSums(BTreeMap<Series, (BTreeSet<String>, BTreeMap<i64, Values>)>);

impl MetricSums {
    /// Adds the metrics of a function, by what its series are called and by the start of the hours in milliseconds since
    /// the epoch.
    pub fn add(&mut self, function: &str, names: impl Fn(SeriesId) -> Option<Series>, hours: &BTreeMap<i64, Hour>) {
        for (start_ms, hour) in hours {
            for (id, values) in hour {
                let Some(series) = names(*id) else { continue };
                let (functions, own) = self.0.entry(series).or_default();
                functions.insert(function.to_owned());
                own.entry(*start_ms).or_default().merge(values);
            }
        }
    }

    /// The metrics by namespace, name, unit and dimensions.
    #[must_use]
    pub fn summaries(self) -> Vec<MetricSummary> {
        let summaries = self.0.into_iter().map(|(series, (functions, hours))| {
            let mut sum = Values::default();
            hours.values().for_each(|values| sum.merge(values));
            let hours = hours.iter().map(|(start_ms, values)| MetricHourSummary {
                at: time_text(*start_ms),
                figures: ValuesSummary::of(values),
            });
            MetricSummary {
                series,
                functions: functions.into_iter().collect(),
                figures: ValuesSummary::of(&sum),
                hours: hours.collect(),
            }
        });
        summaries.collect()
    }
}
