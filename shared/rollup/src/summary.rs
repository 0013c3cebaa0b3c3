//! The shapes that programs read: what `analyze` and the reading commands print as JSON.

mod flow;
mod issue;
mod map;
mod metric;
mod transaction;

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplight_logs::Kind;
use serde::Serialize;

use crate::counters::Counter;
use crate::deployment::{Deployment, Version};
use crate::function::FunctionKey;
use crate::histogram::Histogram;
use crate::issue::State;
use crate::ledger::{EventTotals, Ledger};
use crate::peaks::Peak;
use crate::price::{Architecture, Price, gb_seconds};
use crate::rollup::Rollup;
use crate::time::{UNKNOWN_MS, rfc3339};

pub use flow::{FlowHourSummary, FlowSummary, LeadSummary, LeadTimesSummary};
pub use issue::{AlertSummary, IssueSummary, SampleSummary, occurrences, sort_issues};
pub use map::{EdgeSummary, HourSummary, Latencies, MapSummary, NodeKind, NodeSummary, TrafficSummary};
pub use metric::{MetricHourSummary, MetricSummary, MetricSums, ValuesSummary};
pub use transaction::{
    CallsSummary, FailureSummary, LabelSummary, MemberSummary, MilestoneSummary, SpanSummary, TransactionSummary,
};

/// Everything that a stack holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The time of the earliest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The time of the latest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How many events there were.
    pub events: EventSummary,
    /// The dearest first.
    pub functions: Vec<FunctionSummary>,
    /// The latest first.
    pub issues: Vec<IssueSummary>,
    /// The newest first.
    pub transactions: Vec<TransactionSummary>,
    /// The newest first.
    pub alerts: Vec<AlertSummary>,
    /// By name, where transactions are followed through any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<FlowSummary>,
    /// By namespace and name, where functions have logged any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricSummary>,
}

/// How many events there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventSummary {
    /// Events that were read.
    pub total: u64,
    /// Events and records that could not be read.
    pub unreadable: u64,
    /// Events of each kind.
    pub by_kind: BTreeMap<Kind, u64>,
}

/// What one function did and cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionSummary {
    /// The account's id, or `unknown`.
    pub account: String,
    /// The region, or `unknown`.
    pub region: String,
    /// The function's name.
    pub function: String,
    /// Invocations that ended.
    pub invocations: u64,
    /// Invocations that failed.
    pub failed: u64,
    /// Failures by the time limit.
    pub timeouts: u64,
    /// Failures by lack of memory.
    pub out_of_memory: u64,
    /// Failures by a process that ended.
    pub crashes: u64,
    /// Failures by an exception that the runtime caught.
    pub exceptions: u64,
    /// Failed initialisations.
    pub init_failures: u64,
    /// Invocations that waited for an initialisation or a restore.
    pub cold_starts: u64,
    /// Durations of invocations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Durations>,
    /// Init Durations, without restores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<InitDurations>,
    /// What is paid for.
    pub billed_ms: u64,
    /// Billed time × memory.
    pub gb_seconds: f64,
    /// The memory that the function was given last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// The most memory that it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory_mb: Option<u64>,
    /// The versions that ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentSummary>,
    /// What it cost, by the region's price of the first tier; absent where the price is not in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// How often a version ran with so much memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DeploymentSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub memory_mb: u64,
    pub invocations: u64,
}

/// Durations in milliseconds: the sum and the maximum exact, percentiles within 2.2 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Durations {
    pub sum: f64,
    pub avg: f64,
    pub max: f64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
}

/// Init Durations in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct InitDurations {
    pub sum: f64,
    pub avg: f64,
    pub max: f64,
    pub p99: f64,
}

/// A time as output has it; nothing where it is not known.
#[must_use]
pub fn time_text(epoch_ms: i64) -> Option<String> {
    (epoch_ms != UNKNOWN_MS).then(|| rfc3339(epoch_ms))
}

impl Analysis {
    /// What a ledger holds.
    #[must_use]
    pub fn of(ledger: &Ledger, architecture: Architecture) -> Self {
        let counts = occurrences(ledger.functions.values().flat_map(BTreeMap::values));
        let functions =
            ledger.functions.iter().map(|(key, minutes)| FunctionSummary::of(key, minutes, architecture)).collect();
        let issues = ledger
            .issues
            .iter()
            .map(|(fingerprint, issue)| {
                let count = counts.get(fingerprint).copied().unwrap_or(0);
                IssueSummary::of(*fingerprint, issue, State::New, count)
            })
            .collect();
        let transactions =
            ledger.transactions.stories().map(|(id, transaction)| TransactionSummary::of(id, &transaction));
        let mut metrics = MetricSums::default();
        for (key, hours) in &ledger.metrics.values {
            metrics.add(&key.function, |id| ledger.metrics.series.get(&(Arc::clone(key), id)).cloned(), hours);
        }
        Self::new(&ledger.totals, functions, issues, transactions.collect()).with_metrics(metrics.summaries())
    }

    /// Puts the parts together in the order of the public output.
    #[must_use]
    pub fn new(
        totals: &EventTotals,
        mut functions: Vec<FunctionSummary>,
        mut issues: Vec<IssueSummary>,
        mut transactions: Vec<TransactionSummary>,
    ) -> Self {
        sort_functions(&mut functions);
        sort_issues(&mut issues);
        sort_transactions(&mut transactions);
        let mut alerts: Vec<_> = issues.iter().map(AlertSummary::of).collect();
        alerts.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.issue.cmp(&b.issue)));
        let (from, to) = totals.between_ms.unzip();
        Self {
            from: from.and_then(time_text),
            to: to.and_then(time_text),
            events: EventSummary {
                total: totals.total,
                unreadable: totals.unreadable,
                by_kind: Kind::ALL.into_iter().zip(totals.by_kind).filter(|(_, count)| *count > 0).collect(),
            },
            functions,
            issues,
            transactions,
            alerts,
            flows: Vec::new(),
            metrics: Vec::new(),
        }
    }

    /// The same with what flows add up to.
    #[must_use]
    pub fn with_flows(self, mut flows: Vec<FlowSummary>) -> Self {
        flows.sort_by(|a, b| a.flow.cmp(&b.flow));
        Self { flows, ..self }
    }

    /// The same with the metrics that functions logged.
    #[must_use]
    pub fn with_metrics(self, metrics: Vec<MetricSummary>) -> Self {
        Self { metrics, ..self }
    }
}

/// The dearest first, then by name.
pub fn sort_functions(functions: &mut [FunctionSummary]) {
    let cost = |function: &FunctionSummary| function.cost_usd.unwrap_or(0.0);
    functions.sort_by(|a, b| {
        let names = |f: &FunctionSummary| (f.account.clone(), f.region.clone(), f.function.clone());
        cost(b).total_cmp(&cost(a)).then_with(|| names(a).cmp(&names(b)))
    });
}

/// The newest first.
pub fn sort_transactions(transactions: &mut [TransactionSummary]) {
    transactions.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.trace_id.cmp(&b.trace_id)));
}

impl FunctionSummary {
    /// What a function's buckets add up to. Buckets are keyed by their start in milliseconds since the epoch.
    #[must_use]
    pub fn of(key: &FunctionKey, buckets: &BTreeMap<i64, Rollup>, architecture: Architecture) -> Self {
        let mut sum = Rollup::default();
        for rollup in buckets.values() {
            sum.merge(rollup);
        }
        Self {
            account: key.account.clone(),
            region: key.region.clone(),
            function: key.function.clone(),
            invocations: sum.get(Counter::Invocations),
            failed: sum.get(Counter::Failed),
            timeouts: sum.get(Counter::Timeouts),
            out_of_memory: sum.get(Counter::OutOfMemory),
            crashes: sum.get(Counter::Crashes),
            exceptions: sum.get(Counter::Exceptions),
            init_failures: sum.get(Counter::InitFailures),
            cold_starts: sum.get(Counter::ColdStarts),
            duration_ms: Durations::of(&sum),
            init_ms: InitDurations::of(&sum),
            billed_ms: sum.get(Counter::BilledMs),
            gb_seconds: gb_seconds(&sum),
            memory_mb: buckets.values().rev().find_map(|rollup| rollup.peaks.get(Peak::MemoryMb)),
            max_memory_mb: sum.peaks.get(Peak::MaxMemoryMb),
            deployments: sum.deployments.iter().map(DeploymentSummary::of).collect(),
            cost_usd: Price::of(&key.region, architecture).map(|price| price.cost_usd(&sum)),
        }
    }
}

impl DeploymentSummary {
    fn of((deployment, invocations): (&Deployment, &u64)) -> Self {
        let version = Some(deployment.version).filter(|version| *version != Version::Unknown);
        let version = version.map(|version| version.to_string());
        Self { version, memory_mb: deployment.memory_mb, invocations: *invocations }
    }
}

impl Durations {
    fn of(sum: &Rollup) -> Option<Self> {
        let shape = Shape::of(&sum.durations, sum.get(Counter::DurationUs), sum.peaks.get(Peak::DurationUs))?;
        Some(Self {
            sum: shape.sum,
            avg: shape.avg,
            max: shape.max,
            p50: shape.percentile(0.50),
            p90: shape.percentile(0.90),
            p95: shape.percentile(0.95),
            p99: shape.percentile(0.99),
        })
    }
}

impl InitDurations {
    fn of(sum: &Rollup) -> Option<Self> {
        let shape = Shape::of(&sum.inits, sum.get(Counter::InitUs), sum.peaks.get(Peak::InitUs))?;
        Some(Self { sum: shape.sum, avg: shape.avg, max: shape.max, p99: shape.percentile(0.99) })
    }
}

/// A histogram with its exact sum and maximum, in milliseconds.
struct Shape<'a> {
    histogram: &'a Histogram,
    sum: f64,
    avg: f64,
    max: f64,
}

impl<'a> Shape<'a> {
    #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
    fn of(histogram: &'a Histogram, sum_us: u64, max_us: Option<u64>) -> Option<Self> {
        let count = histogram.count();
        if count == 0 {
            return None;
        }
        let sum = sum_us as f64 / 1000.0;
        Some(Self { histogram, sum, avg: round(sum / count as f64), max: max_us.unwrap_or(0) as f64 / 1000.0 })
    }

    /// The middle of a bucket may lie above the largest value in it.
    fn percentile(&self, share: f64) -> f64 {
        let estimate = self.histogram.percentile_us(share).unwrap_or(0.0) / 1000.0;
        round(estimate.min(self.max))
    }
}

/// To nanoseconds: more digits say nothing, fewer would cost short durations their precision.
fn round(value_ms: f64) -> f64 {
    (value_ms * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::ErrorLogs;

    fn analysis(lines: &[(i64, &str)]) -> serde_json::Value {
        let mut ledger = Ledger::default();
        let source = Source { log_group: Some("/aws/lambda/mailer".into()), ..Source::default() };
        let events = lines.iter().map(|(timestamp, line)| LogEvent {
            id: "".into(),
            timestamp: *timestamp,
            message: (*line).into(),
        });
        let delivery = Delivery { is_data: true, source, events: events.collect(), unreadable: 0 };
        ledger.add_delivery(&delivery, ErrorLogs::Raise);
        serde_json::to_value(Analysis::of(&ledger, Architecture::Arm64)).unwrap()
    }

    #[test]
    fn a_function_is_summed_up() {
        let analysis = analysis(&[
            (
                1_000,
                "REPORT RequestId: a\tDuration: 10.00 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB",
            ),
            (
                90_000,
                "REPORT RequestId: b\tDuration: 30.00 ms\tBilled Duration: 130 ms\tMemory Size: 256 MB\tMax Memory Used: 50 MB\tInit Duration: 99.50 ms",
            ),
        ]);
        let function = &analysis["functions"][0];
        assert_eq!(function["duration_ms"]["sum"], 40.0);
        assert_eq!(function["duration_ms"]["max"], 30.0);
        assert_eq!(function["init_ms"]["avg"], 99.5);
        assert_eq!((&function["memory_mb"], &function["max_memory_mb"]), (&256.into(), &60.into()));
        assert_eq!(function["gb_seconds"], (10 * 128 + 130 * 256) as f64 / 1_024_000.0);
        assert_eq!(
            (analysis["from"].as_str(), analysis["events"]["by_kind"]["report"].as_u64()),
            (Some("1970-01-01T00:00:01.000Z"), Some(2))
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let analysis = analysis(&[(UNKNOWN_MS, "panic: no card")]);
        assert!(analysis.get("from").is_none());
        let issue = &analysis["issues"][0];
        assert!(issue.get("first_seen").is_none() && issue["sample"].get("request_id").is_none());
        assert_eq!((issue["count"].as_u64(), issue["kind"].as_str()), (Some(1), Some("crash")));
        assert!(analysis["functions"][0].get("duration_ms").is_none());
        assert_eq!(analysis["alerts"][0]["issue"], issue["fingerprint"]);
    }
}
