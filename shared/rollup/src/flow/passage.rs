//! The way of one transaction through a flow, and what became of it.

use std::fmt;

use super::{Flow, GRACE_MS};
use crate::transaction::Transaction;

/// The way of one transaction through a flow. It passes through each flow once: of a milestone that it reached several
/// times, as a retry does, the first time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// When it reached the first milestone, in milliseconds since the epoch.
    pub started_ms: i64,
    /// When it reached the last one.
    pub completed_ms: Option<i64>,
    /// By when it is to have reached the last one.
    pub due_ms: i64,
}

/// What became of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is under way, and has time, or the line that completes it may be on its way still.
    Open,
    /// It reached the last milestone within the limit.
    OnTime,
    /// It reached the last milestone after the limit.
    Late,
    /// The limit and the grace after it are over, and it has not reached the last milestone.
    Missing,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::OnTime, Self::Late, Self::Missing];

    /// The name in output and table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OnTime => "on_time",
            Self::Late => "late",
            Self::Missing => "missing",
        }
    }
}

impl Flow {
    /// The way of a transaction through this flow; nothing if it has not reached the first milestone.
    #[must_use]
    pub fn passage(&self, transaction: &Transaction) -> Option<Passage> {
        self.passage_that(transaction, &[])
    }

    /// The same where it is known how it was counted before, perhaps in parts, by facts that may be gone: the first times
    /// of all.
    #[must_use]
    pub fn passage_that(&self, transaction: &Transaction, counted: &[Passed]) -> Option<Passage> {
        let reached = |name: &str| transaction.members.values().filter_map(|member| member.reached_ms(name)).min();
        let started = counted.iter().map(|passed| passed.started_ms);
        let completed = counted.iter().filter_map(|passed| Some(passed.started_ms.saturating_add(passed.lead_ms?)));
        let started_ms = started.chain(reached(self.first())).min()?;
        let completed_ms = completed.chain(reached(self.last())).min();
        Some(Passage { started_ms, completed_ms, due_ms: started_ms.saturating_add(self.limit_ms) })
    }
}

impl Passage {
    /// How long it took from the first to the last milestone, in milliseconds; clocks that differ make it no less than 0.
    #[must_use]
    pub fn lead_ms(&self) -> Option<i64> {
        Some(self.completed_ms?.saturating_sub(self.started_ms).max(0))
    }

    /// What has become of it.
    #[must_use]
    pub fn outcome(&self, now_ms: i64) -> Outcome {
        match self.completed_ms {
            Some(completed_ms) if completed_ms <= self.due_ms => Outcome::OnTime,
            Some(_) => Outcome::Late,
            None if now_ms > self.due_ms.saturating_add(GRACE_MS) => Outcome::Missing,
            None => Outcome::Open,
        }
    }

    /// What is counted of it.
    #[must_use]
    pub fn passed(&self, now_ms: i64) -> Passed {
        Passed { started_ms: self.started_ms, outcome: self.outcome(now_ms), lead_ms: self.lead_ms() }
    }
}

/// What is counted of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// When it began, in milliseconds since the epoch: it is counted in this hour, whenever it ends.
    pub started_ms: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, in milliseconds, if it is complete.
    pub lead_ms: Option<i64>,
}

impl Passed {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let started_ms = words.next()?.parse().ok()?;
        let name = words.next()?;
        let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)?;
        let lead_ms = words.next().map(str::parse).transpose().ok()?;
        Some(Self { started_ms, outcome, lead_ms })
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.started_ms, self.outcome.name())?;
        self.lead_ms.map_or(Ok(()), |lead_ms| write!(formatter, " {lead_ms}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::missing::tests::{reached, transaction};

    #[test]
    fn a_passage_is_told_by_the_first_times_in_whatever_order_they_are_known() {
        let flow: Flow = "orders: A > B > C within 10s".parse().unwrap();
        let at = |events: &[(i64, &'static str)]| {
            let events: Vec<_> = events.iter().map(|(at_ms, name)| ("shop", *at_ms, reached(name))).collect();
            flow.passage(&transaction(&events))
        };
        assert_eq!(at(&[(5_000, "B"), (6_000, "C")]), None, "it has not begun");
        let open = at(&[(1_000, "A"), (5_000, "B")]).unwrap();
        let over_ms = 11_000 + GRACE_MS;
        assert_eq!((open.outcome(over_ms), open.outcome(over_ms + 1)), (Outcome::Open, Outcome::Missing));
        assert_eq!(flow.missing_from_ms(open.started_ms), over_ms + 1);
        let retried = at(&[(9_000, "C"), (1_000, "A"), (3_000, "A"), (12_000, "C")]).unwrap();
        assert_eq!((retried.lead_ms(), retried.outcome(i64::MAX)), (Some(8_000), Outcome::OnTime));
        let late = at(&[(1_000, "A"), (11_001, "C")]).unwrap();
        assert_eq!((late.lead_ms(), late.outcome(0)), (Some(10_001), Outcome::Late));
        let gone = transaction(&[("shop", 11_001, reached("C"))]);
        assert_eq!(flow.passage_that(&gone, &[open.passed(0)]), Some(late));
        assert_eq!(flow.passage_that(&transaction(&[]), &[open.passed(0), late.passed(0)]), Some(late));
        let skewed = at(&[(1_000, "A"), (900, "C")]).unwrap();
        assert_eq!((skewed.lead_ms(), skewed.outcome(0)), (Some(0), Outcome::OnTime));
    }

    #[test]
    fn what_is_counted_goes_there_and_back() {
        for outcome in Outcome::ALL {
            for lead_ms in [None, Some(17)] {
                let passed = Passed { started_ms: 1_795_164_000_000, outcome, lead_ms };
                assert_eq!(Passed::parse(&passed.to_string()), Some(passed));
            }
        }
        assert_eq!(Passed::parse("1 lost"), None);
    }
}
