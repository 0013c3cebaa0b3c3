//! When a watch fires, as people write it: a metric, a comparison, a threshold and a window.
//!
//! ```text
//! errors > 5 % over 10 min of at least 50 invocations
//! p95 duration > 2 s
//! cost > $5 a day
//! no invocations for 1 h
//! ```

mod grammar;

use std::fmt;

use lamplight_alerts::watch::{Unit, length};
use lamplight_rollup::Counter;
use serde::Deserialize;

use crate::observed::{Observed, Verdict};

/// Invocations below which a share says little: one of one is 100 %.
const SHARE_OF: u64 = 20;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// How often something happened, or in what share of the invocations.
    Count(Counter),
    /// How long invocations took.
    Duration(Statistic),
    /// How long initialisations took, without restores.
    Init(Statistic),
    /// What it cost.
    Cost,
    /// The most memory that was used, as a share of what the function was given.
    Memory,
}

/// What is taken of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum divided by their number.
    Average,
    /// The largest.
    Maximum,
    /// The value below or at which so many of a hundred lie.
    Percentile(u8),
}

/// How a value is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
}

/// When a watch fires.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Condition {
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub comparison: Comparison,
    /// What it is compared with.
    pub threshold: f64,
    /// The unit of value and threshold.
    pub unit: Unit,
    /// How much time it is measured over.
    pub window_ms: i64,
    /// Invocations in the window below which it does not begin to hold.
    pub minimum: u64,
}

impl Metric {
    /// The name in messages and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count(Counter::Failed) => "errors",
            Self::Count(Counter::OutOfMemory) => "out of memory",
            Self::Count(Counter::ColdStarts) => "cold starts",
            Self::Count(counter) => counter.name(),
            Self::Duration(statistic) => match statistic {
                Statistic::Average => "avg duration",
                Statistic::Maximum => "max duration",
                Statistic::Percentile(50) => "p50 duration",
                Statistic::Percentile(90) => "p90 duration",
                Statistic::Percentile(95) => "p95 duration",
                Statistic::Percentile(_) => "p99 duration",
            },
            Self::Init(statistic) => match statistic {
                Statistic::Average => "avg init",
                Statistic::Maximum => "max init",
                Statistic::Percentile(50) => "p50 init",
                Statistic::Percentile(90) => "p90 init",
                Statistic::Percentile(95) => "p95 init",
                Statistic::Percentile(_) => "p99 init",
            },
            Self::Cost => "cost",
            Self::Memory => "memory",
        }
    }
}

impl Comparison {
    /// The sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
        }
    }

    /// Whether it holds between a value and a threshold.
    #[must_use]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
            Self::Equal => (value - threshold).abs() < f64::EPSILON,
        }
    }
}

impl Condition {
    /// Whether it holds where nothing happens at all.
    #[must_use]
    pub fn holds_for_nothing(&self) -> bool {
        matches!(Observed::default().judge(self), Verdict::Holds(_))
    }
}

/// The condition as it is understood, always the same for the same meaning.
impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (metric, sign, limit) = (self.metric.name(), self.comparison.sign(), self.unit.exactly(self.threshold));
        write!(formatter, "{metric} {sign} {limit} over {}", length(self.window_ms))?;
        if self.minimum > 1 {
            write!(formatter, " of at least {} invocations", self.minimum)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        grammar::read(&text).map_err(|reason| format!("`{text}` cannot be watched: {reason}"))
    }
}
