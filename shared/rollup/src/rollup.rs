//! One function in one bucket of time.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use lamplight_logs::Fact;

use crate::counters::{Counter, Counters, microseconds};
use crate::deployment::Deployment;
use crate::fingerprint::Fingerprint;
use crate::histogram::Histogram;
use crate::peaks::Peaks;

/// What the lines of one function in one bucket of time add up to.
///
/// Merging is associative and commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollup {
    /// Counters and sums.
    pub counters: Counters,
    /// Durations of invocations.
    pub durations: Histogram,
    /// Init Durations of cold starts; restores are not among them.
    pub inits: Histogram,
    /// Largest values.
    pub peaks: Peaks,
    /// How often each issue occurred.
    pub issues: BTreeMap<Fingerprint, u64>,
    /// How often each version ran, with how much memory.
    pub deployments: BTreeMap<Deployment, u64>,
}

impl Rollup {
    /// Adds what a line says.
    pub fn add_fact(&mut self, fact: &Fact<'_>) {
        self.counters.add_fact(fact);
        if fact.counts.invocations > 0 {
            self.peaks.raise_by(fact);
            if let Some(duration_ms) = fact.measures.duration_ms {
                self.durations.record(microseconds(duration_ms));
            }
            if let Some(init_ms) = fact.measures.init_ms {
                self.inits.record(microseconds(init_ms));
            }
        }
    }

    /// Adds occurrences of an issue.
    pub fn add_issue(&mut self, fingerprint: Fingerprint, count: u64) {
        let occurrences = self.issues.entry(fingerprint).or_default();
        *occurrences = occurrences.saturating_add(count);
    }

    /// Adds invocations of a version.
    pub fn add_deployment(&mut self, deployment: Deployment, count: u64) {
        let invocations = self.deployments.entry(deployment).or_default();
        *invocations = invocations.saturating_add(count);
    }

    /// Counts issues under other names.
    pub fn rename_issues(&mut self, names: &BTreeMap<Fingerprint, Fingerprint>) {
        if names.is_empty() {
            return;
        }
        for (fingerprint, count) in std::mem::take(&mut self.issues) {
            self.add_issue(*names.get(&fingerprint).unwrap_or(&fingerprint), count);
        }
    }

    /// Adds another's values.
    pub fn merge(&mut self, other: &Self) {
        self.counters.merge(&other.counters);
        self.durations.merge(&other.durations);
        self.inits.merge(&other.inits);
        self.peaks.merge(&other.peaks);
        for (fingerprint, count) in &other.issues {
            self.add_issue(*fingerprint, *count);
        }
        for (deployment, count) in &other.deployments {
            self.add_deployment(*deployment, *count);
        }
    }

    /// The value of a counter.
    #[must_use]
    pub const fn get(&self, counter: Counter) -> u64 {
        self.counters.get(counter)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lamplight_logs::{Source, recognise};
    use proptest::prelude::*;

    use super::*;
    use crate::deployment::Version;

    /// Any rollup that reports can make.
    pub(crate) fn any_rollup() -> impl Strategy<Value = Rollup> {
        let report = (1_u32..900_000_000, 128_u32..10_240, any::<bool>(), 0_u8..4, 0_u64..5);
        prop::collection::vec(report, 0..8).prop_map(|reports| {
            let mut rollup = Rollup::default();
            for (duration_us, memory_mb, is_cold, failure, issue) in reports {
                let duration_ms = f64::from(duration_us) / 1000.0;
                let init = if is_cold { format!("\tInit Duration: {duration_ms} ms") } else { String::new() };
                let status = ["", "\tStatus: timeout", "\tStatus: error", "\tStatus: error\tError Type: Runtime.OutOfMemory"];
                let line = format!(
                    "REPORT RequestId: a\tDuration: {duration_ms} ms\tBilled Duration: {} ms\tMemory Size: {memory_mb} MB\t\
                     Max Memory Used: {} MB{init}{}",
                    duration_ms.ceil(),
                    memory_mb / 2,
                    status[usize::from(failure)]
                );
                rollup.add_fact(&recognise(&line, &Source::default()));
                rollup.add_issue(Fingerprint::from_hash(issue), 1);
                let version = if is_cold { Version::Latest } else { Version::Number(issue) };
                rollup.add_deployment(Deployment { version, memory_mb: u64::from(memory_mb) }, 1);
            }
            rollup
        })
    }

    fn merged(mut one: Rollup, other: &Rollup) -> Rollup {
        one.merge(other);
        one
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(a in any_rollup(), b in any_rollup(), c in any_rollup()) {
            prop_assert_eq!(merged(a.clone(), &b), merged(b.clone(), &a));
            prop_assert_eq!(merged(merged(a.clone(), &b), &c), merged(a.clone(), &merged(b, &c)));
            prop_assert_eq!(merged(a.clone(), &Rollup::default()), a);
        }
    }
}
