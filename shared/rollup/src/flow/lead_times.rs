//! What passages through a flow add up to.

use super::{Outcome, Passed};
use crate::counters::microseconds;
use crate::histogram::Histogram;

/// How many passages through a flow began, what became of them, and how long they took. Merging is associative and
/// commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadTimes {
    /// How many began.
    pub started: u64,
    /// How many were complete within the limit.
    pub on_time: u64,
    /// How many were complete after it.
    pub late: u64,
    /// How many were not complete when it was over, and are not since.
    pub missing: u64,
    /// The sum of the lead times of those that are complete, in microseconds.
    pub lead_us: u64,
    /// The lead times of those that are complete.
    pub leads: Histogram,
}

impl LeadTimes {
    /// Adds a passage.
    pub fn add(&mut self, passed: &Passed) {
        self.started += 1;
        match passed.outcome {
            Outcome::Open => {}
            Outcome::OnTime => self.on_time += 1,
            Outcome::Late => self.late += 1,
            Outcome::Missing => self.missing += 1,
        }
        if let Some(lead_ms) = passed.lead_ms {
            #[allow(clippy::cast_precision_loss, reason = "285 years in milliseconds fit")]
            let lead_us = microseconds(lead_ms as f64);
            self.lead_us = self.lead_us.saturating_add(lead_us);
            self.leads.record(lead_us);
        }
    }

    /// Adds another's passages.
    pub fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.on_time += other.on_time;
        self.late += other.late;
        self.missing += other.missing;
        self.lead_us = self.lead_us.saturating_add(other.lead_us);
        self.leads.merge(&other.leads);
    }

    /// How many are under way.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.started.saturating_sub(self.on_time + self.late + self.missing)
    }

    /// The share (0 to 1) of those that are not under way that were complete within the limit; nothing if all are.
    #[must_use]
    pub fn share_on_time(&self) -> Option<f64> {
        let over = self.on_time + self.late + self.missing;
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let share = self.on_time as f64 / over as f64;
        (over > 0).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_add_up_to_a_share_within_the_limit() {
        let passed = |outcome, lead_ms| Passed { started_ms: 0, outcome, lead_ms };
        let mut sum = LeadTimes::default();
        assert_eq!(sum.share_on_time(), None);
        for part in [passed(Outcome::OnTime, Some(2_000)), passed(Outcome::Open, None)] {
            sum.add(&part);
        }
        let mut other = LeadTimes::default();
        other.add(&passed(Outcome::Late, Some(9_000)));
        other.add(&passed(Outcome::Missing, None));
        sum.merge(&other);
        assert_eq!((sum.started, sum.open(), sum.lead_us, sum.leads.count()), (4, 1, 11_000_000, 2));
        assert_eq!(sum.share_on_time(), Some(1.0 / 3.0));
    }
}
