//! An independent count of invocations: from what they are, not from what was logged of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::calls::{Call, FUNCTIONS, Outcome};

/// US dollars for a gigabyte-second on x86_64 and for a request, in a region without a price of its own.
const PRICES_USD: (f64, f64) = (0.000_016_666_7, 0.000_000_2);

/// What the invocations of one function add up to. Durations are in hundredths of a millisecond.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plain {
    /// Counts by the names that output and table have in common.
    pub counts: BTreeMap<&'static str, u64>,
    /// Durations, sorted.
    pub durations: Vec<u64>,
    /// Durations of initialisations, sorted.
    pub inits: Vec<u64>,
    /// Billed milliseconds × memory.
    pub mb_ms: u64,
}

/// The counts of a rollup that are about invocations.
pub const COUNTS: [&str; 9] = [
    "invocations",
    "failed",
    "timeouts",
    "out_of_memory",
    "crashes",
    "exceptions",
    "init_failures",
    "cold_starts",
    "billed_ms",
];

impl Plain {
    /// Counts invocations.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a Call>) -> Self {
        let mut plain = Self::default();
        for name in COUNTS {
            plain.counts.insert(name, 0);
        }
        for call in calls {
            let mut names = vec!["invocations"];
            names.extend(failure(call.outcome).into_iter().flat_map(|name| ["failed", name]));
            names.extend(call.init.map(|_| "cold_starts"));
            names.iter().for_each(|name| *plain.counts.get_mut(name).unwrap() += 1);
            *plain.counts.get_mut("billed_ms").unwrap() += call.billed_ms();
            plain.durations.push(call.duration);
            plain.inits.extend(call.init);
            plain.mb_ms += call.billed_ms() * call.memory_mb;
        }
        plain.durations.sort_unstable();
        plain.inits.sort_unstable();
        plain
    }

    /// Compares what `functions` says of a function; what differs is the error.
    pub fn check(&self, row: &Value) -> Result<(), String> {
        for (name, count) in &self.counts {
            equal(name, &row[name], *count)?;
        }
        let durations = &row["duration_ms"];
        sums("duration_ms", durations, &self.durations)?;
        for (name, share) in [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)] {
            percentile(name, &durations[name], &self.durations, share)?;
        }
        if self.inits.is_empty() {
            equal("init_ms", &row["init_ms"], Value::Null)?;
        } else {
            sums("init_ms", &row["init_ms"], &self.inits)?;
            percentile("init p99", &row["init_ms"]["p99"], &self.inits, 99)?;
        }
        let gb_seconds = self.mb_ms as f64 / 1024.0 / 1000.0;
        near("gb_seconds", &row["gb_seconds"], gb_seconds, 1e-12)?;
        let cost_usd = gb_seconds * PRICES_USD.0 + self.counts["invocations"] as f64 * PRICES_USD.1;
        near("cost_usd", &row["cost_usd"], cost_usd, 1e-9)
    }
}

/// The counter of the failure that an outcome is.
fn failure(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Success | Outcome::ErrorLog => None,
        Outcome::Exception => Some("exceptions"),
        Outcome::Timeout | Outcome::OldTimeout => Some("timeouts"),
        Outcome::OutOfMemory => Some("out_of_memory"),
        Outcome::Crash | Outcome::OldCrash => Some("crashes"),
    }
}

/// How often each function raised each kind of issue.
pub fn issues(calls: &[Call]) -> BTreeMap<(String, String), u64> {
    let mut issues = BTreeMap::new();
    for call in calls {
        let kind = match failure(call.outcome) {
            Some("exceptions") => "exception",
            Some("timeouts") => "timeout",
            Some("crashes") => "crash",
            Some(name) => name,
            None if call.outcome == Outcome::ErrorLog => "error_log",
            None => continue,
        };
        let name = FUNCTIONS[call.function].0.to_owned();
        *issues.entry((name, kind.to_owned())).or_insert(0) += 1;
    }
    issues
}

/// What is known of one trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// The functions that belong to it.
    pub functions: BTreeSet<String>,
    /// Milestones that were reached, of those at one time in one function one.
    pub milestones: usize,
    /// Lines that told of a failure and named the trace, or the request, or that named nothing while the call ran.
    pub errors: u64,
}

/// What is known of each trace.
pub fn stories(calls: &[Call]) -> BTreeMap<String, Story> {
    let mut stories: BTreeMap<String, Story> = BTreeMap::new();
    let mut milestones = BTreeSet::new();
    for call in calls {
        let Some(trace_id) = call.trace_id() else { continue };
        let story = stories.entry(trace_id.clone()).or_default();
        story.functions.insert(FUNCTIONS[call.function].0.to_owned());
        story.errors += u64::from(call.outcome != Outcome::Success && !call.is_told_namelessly());
        story.errors += calls.iter().filter(|other| other.is_told_namelessly() && call.holds(other)).count() as u64;
        if call.has_milestone && milestones.insert((trace_id, call.ends_ms, call.function, call.milestone())) {
            story.milestones += 1;
        }
    }
    stories
}

impl Call {
    /// Whether its failure is told by a text that names neither its trace nor its request.
    fn is_told_namelessly(&self) -> bool {
        self.outcome == Outcome::Exception && !self.is_json
    }

    /// Whether another one of its stream ends while it runs.
    fn holds(&self, other: &Self) -> bool {
        let duration_ms = (self.duration as f64 / 100.0).round() as i64;
        let is_of_stream = (self.function, self.stream) == (other.function, other.stream);
        is_of_stream && (self.ends_ms - duration_ms..=self.ends_ms).contains(&other.ends_ms)
    }
}

fn equal(name: &str, got: &Value, expected: impl Into<Value>) -> Result<(), String> {
    let expected = expected.into();
    if *got == expected { Ok(()) } else { Err(format!("{name} is {got}, not {expected}")) }
}

fn near(name: &str, got: &Value, expected: f64, share: f64) -> Result<(), String> {
    let is_near = got.as_f64().is_some_and(|got| (got - expected).abs() <= expected.abs() * share);
    if is_near { Ok(()) } else { Err(format!("{name} is {got}, not {expected}")) }
}

/// Sum and maximum are exact, the average to the microsecond.
fn sums(name: &str, got: &Value, values: &[u64]) -> Result<(), String> {
    let sum = values.iter().sum::<u64>();
    near(&format!("{name} sum"), &got["sum"], sum as f64 / 100.0, 1e-12)?;
    near(&format!("{name} max"), &got["max"], values[values.len() - 1] as f64 / 100.0, 1e-12)?;
    let average = sum as f64 / 100.0 / values.len() as f64;
    near(&format!("{name} avg"), &got["avg"], average, 0.001 / average)
}

/// The nearest rank, within 2.2 %.
fn percentile(name: &str, got: &Value, sorted: &[u64], share: usize) -> Result<(), String> {
    let rank = (sorted.len() * share).div_ceil(100).max(1);
    near(name, got, sorted[rank - 1] as f64 / 100.0, 0.022)
}
