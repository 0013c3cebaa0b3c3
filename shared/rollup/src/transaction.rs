//! What belongs to one trace: a union of its members, so that repeats and order do not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lamplight_logs::{Fact, LogEvent};

use crate::function::FunctionKey;
use crate::issue::cut;

/// Bytes of a milestone's name.
const MILESTONE_BYTES: usize = 256;

/// One invocation in a transaction, or what a function said of the trace without naming one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey {
    /// The function.
    pub function: Arc<FunctionKey>,
    /// The invocation; empty where the line named none.
    pub request_id: Box<str>,
}

/// What one member did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// When it is first known to have run, in milliseconds since the epoch.
    pub first_ms: i64,
    /// When it is last known to have run.
    pub last_ms: i64,
    /// The points it reached: when, and their names.
    pub milestones: BTreeSet<(i64, String)>,
    /// The identities of the events that told of a failure.
    pub errors: BTreeSet<u64>,
}

impl Member {
    /// What one line says of its member. A report stands at the end of what it measures.
    #[must_use]
    pub fn of(fact: &Fact<'_>, event: &LogEvent<'_>) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "a duration is below 10⁹ ms")]
        let duration_ms =
            fact.measures.duration_ms.filter(|_| fact.counts.invocations > 0).unwrap_or(0.0).round() as i64;
        Self {
            first_ms: event.timestamp.saturating_sub(duration_ms),
            last_ms: event.timestamp,
            milestones: fact
                .milestone
                .as_deref()
                .map(|name| (event.timestamp, cut(name, MILESTONE_BYTES).to_owned()))
                .into_iter()
                .collect(),
            errors: fact.detection.map(|_| event.identity()).into_iter().collect(),
        }
    }

    /// Takes another's facts in.
    pub fn merge(&mut self, other: Self) {
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.milestones.extend(other.milestones);
        self.errors.extend(other.errors);
    }
}

/// Everything that is known of one trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Its members. Most transactions have one or two, and a node of the map has room for eleven.
    pub members: BTreeMap<MemberKey, Member>,
}

impl Transaction {
    /// Takes a member's facts in.
    pub fn add(&mut self, key: MemberKey, member: Member) {
        match self.members.entry(key) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(member);
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => occupied.get_mut().merge(member),
        }
    }

    /// Takes another's members in.
    pub fn merge(&mut self, other: Self) {
        for (key, member) in other.members {
            self.add(key, member);
        }
    }

    /// When it began: the first time of any member, in milliseconds since the epoch.
    #[must_use]
    pub fn started_ms(&self) -> i64 {
        self.members.values().map(|member| member.first_ms).min().unwrap_or(0)
    }

    /// How long it took, from the first to the last time of any member.
    #[must_use]
    pub fn duration_ms(&self) -> i64 {
        let ended_ms = self.members.values().map(|member| member.last_ms).max().unwrap_or(0);
        ended_ms.saturating_sub(self.started_ms())
    }

    /// The names of its functions in the order of their first appearance.
    #[must_use]
    pub fn functions(&self) -> Vec<&str> {
        let mut first: BTreeMap<&str, i64> = BTreeMap::new();
        for (key, member) in &self.members {
            let at = first.entry(&key.function.function).or_insert(member.first_ms);
            *at = (*at).min(member.first_ms);
        }
        let mut functions: Vec<_> = first.into_iter().map(|(function, at)| (at, function)).collect();
        functions.sort_unstable();
        functions.into_iter().map(|(_, function)| function).collect()
    }

    /// Its milestones in the order of time: when, name, function.
    #[must_use]
    pub fn milestones(&self) -> Vec<(i64, &str, &str)> {
        let mut milestones: Vec<_> = self
            .members
            .iter()
            .flat_map(|(key, member)| {
                member.milestones.iter().map(|(at, name)| (*at, name.as_str(), key.function.function.as_str()))
            })
            .collect();
        milestones.sort_unstable();
        milestones.dedup();
        milestones
    }

    /// How many events of it told of a failure.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.members.values().map(|member| member.errors.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Source, recognise};

    use super::*;

    fn member(function: &str, request_id: &str, timestamp: i64, line: &str) -> (MemberKey, Member) {
        let function = Arc::new(FunctionKey { account: "1".into(), region: "r".into(), function: function.into() });
        let event = LogEvent { id: format!("{timestamp}").into(), timestamp, message: line.into() };
        (
            MemberKey { function, request_id: request_id.into() },
            Member::of(&recognise(line, &Source::default()), &event),
        )
    }

    #[test]
    fn the_story_is_the_same_in_any_order_and_under_repeats() {
        let parts = [
            member("pay", "b", 2_000, r#"{"level":"ERROR","message":"no card","milestone":"DECLINED"}"#),
            member("shop", "a", 1_500, "REPORT RequestId: a\tDuration: 500.00 ms"),
            member("shop", "a", 1_200, r#"{"milestone":"ORDERED"}"#),
        ];
        let mut told = Transaction::default();
        for i in [0, 1, 2, 0, 2] {
            told.add(parts[i].0.clone(), parts[i].1.clone());
        }
        let mut reversed = Transaction::default();
        for (key, member) in parts.into_iter().rev() {
            reversed.add(key, member);
        }
        assert_eq!(told, reversed);
        assert_eq!((told.started_ms(), told.duration_ms(), told.errors()), (1_000, 1_000, 1));
        assert_eq!(told.functions(), ["shop", "pay"]);
        assert_eq!(told.milestones(), [(1_200, "ORDERED", "shop"), (2_000, "DECLINED", "pay")]);
    }
}
