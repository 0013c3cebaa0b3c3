//! Counters and sums that add up.

use lamplight_logs::Fact;
use serde::{Deserialize, Serialize};

/// What is counted or summed for a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Invocations that ended.
    Invocations,
    /// Invocations that failed.
    Failed,
    /// Failures by the time limit.
    Timeouts,
    /// Failures by lack of memory.
    OutOfMemory,
    /// Failures by a process that ended.
    Crashes,
    /// Failures by an exception that the runtime caught.
    Exceptions,
    /// Failed initialisations.
    InitFailures,
    /// Invocations that waited for an initialisation or a restore.
    ColdStarts,
    /// Sum of durations, in microseconds.
    DurationUs,
    /// Sum of billed milliseconds.
    BilledMs,
    /// Sum of Init Durations, in microseconds.
    InitUs,
    /// Sum of billed milliseconds × memory in MB. Money is this at a price.
    MbMs,
}

impl Counter {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 12] = [
        Self::Invocations,
        Self::Failed,
        Self::Timeouts,
        Self::OutOfMemory,
        Self::Crashes,
        Self::Exceptions,
        Self::InitFailures,
        Self::ColdStarts,
        Self::DurationUs,
        Self::BilledMs,
        Self::InitUs,
        Self::MbMs,
    ];

    /// The attribute's name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invocations => "invocations",
            Self::Failed => "failed",
            Self::Timeouts => "timeouts",
            Self::OutOfMemory => "out_of_memory",
            Self::Crashes => "crashes",
            Self::Exceptions => "exceptions",
            Self::InitFailures => "init_failures",
            Self::ColdStarts => "cold_starts",
            Self::DurationUs => "duration_us",
            Self::BilledMs => "billed_ms",
            Self::InitUs => "init_us",
            Self::MbMs => "mb_ms",
        }
    }

    /// The counter of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.name() == name)
    }
}

/// A value for each [`Counter`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters([u64; Counter::ALL.len()]);

impl Counters {
    /// The value of a counter.
    #[must_use]
    pub const fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// Adds to a counter.
    pub const fn add(&mut self, counter: Counter, value: u64) {
        self.0[counter as usize] = self.0[counter as usize].saturating_add(value);
    }

    /// Adds what a line counts, and the sums of a report.
    pub fn add_fact(&mut self, fact: &Fact<'_>) {
        let counts = &fact.counts;
        for (counter, value) in [
            (Counter::Invocations, counts.invocations),
            (Counter::Failed, counts.failed),
            (Counter::Timeouts, counts.timeouts),
            (Counter::OutOfMemory, counts.out_of_memory),
            (Counter::Crashes, counts.crashes),
            (Counter::Exceptions, counts.exceptions),
            (Counter::InitFailures, counts.init_failures),
            (Counter::ColdStarts, counts.cold_starts),
        ] {
            self.add(counter, u64::from(value));
        }
        if counts.invocations > 0 {
            let measures = &fact.measures;
            let billed_ms = measures.billed_ms.map_or(0, |value| whole(value.ceil()));
            self.add(Counter::DurationUs, measures.duration_ms.map_or(0, microseconds));
            self.add(Counter::InitUs, measures.init_ms.map_or(0, microseconds));
            self.add(Counter::BilledMs, billed_ms);
            self.add(Counter::MbMs, billed_ms.saturating_mul(measures.memory_mb.unwrap_or(0)));
        }
    }

    /// Adds another's values.
    pub fn merge(&mut self, other: &Self) {
        for (value, more) in self.0.iter_mut().zip(other.0) {
            *value = value.saturating_add(more);
        }
    }

    /// The counters that are not zero.
    pub fn nonzero(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.into_iter().zip(self.0).filter(|(_, value)| *value > 0)
    }
}

/// A duration as Lambda prints it, in whole microseconds: sums of these are exact.
#[must_use]
pub fn microseconds(duration_ms: f64) -> u64 {
    whole((duration_ms * 1000.0).round())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lines have no negative or huge numbers")]
const fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Source, recognise};

    use super::*;

    #[test]
    fn a_report_adds_its_sums() {
        let line = "REPORT RequestId: a\tDuration: 1.13 ms\tBilled Duration: 90 ms\tMemory Size: 128 MB\t\
                    Max Memory Used: 64 MB\tInit Duration: 88.01 ms";
        let mut counters = Counters::default();
        for _ in 0..3 {
            counters.add_fact(&recognise(line, &Source::default()));
        }
        let values: Vec<_> = counters.nonzero().collect();
        assert_eq!(
            values,
            [
                (Counter::Invocations, 3),
                (Counter::ColdStarts, 3),
                (Counter::DurationUs, 3390),
                (Counter::BilledMs, 270),
                (Counter::InitUs, 264_030),
                (Counter::MbMs, 34_560)
            ]
        );
    }

    #[test]
    fn names_go_there_and_back() {
        for counter in Counter::ALL {
            assert_eq!(Counter::from_name(counter.name()), Some(counter));
        }
        assert_eq!(Counter::from_name("seen"), None);
    }
}
