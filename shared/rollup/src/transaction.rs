//! What belongs to one trace: a union of its members, so that repeats and order do not matter.
//!
//! - [`member`]: what one invocation did
//! - [`lone_report`]: what was measured of an invocation of which no transaction is known as yet
//! - [`trace_span`]: a piece of work within an invocation or elsewhere
//! - [`smallest`]: sets that are bounded in a way that no order changes
//! - [`stories`]: what belongs together though its lines name different ids
//! - [`families`]: ids that lines tie to one another
//! - [`strays`]: failures whose lines name neither a trace nor their request
//! - [`waterfall`]: what was done within what

pub mod families;
pub mod lone_report;
pub mod member;
pub mod smallest;
pub mod stories;
pub mod strays;
pub mod trace_span;
pub mod waterfall;

use std::collections::{BTreeMap, BTreeSet};

pub use families::Family;
pub use lone_report::{LoneReport, LoneReports};
pub use member::{Member, MemberKey, Note, Report};
use smallest::Smallest;
pub use stories::Transactions;
pub use strays::StreamMinute;
pub use trace_span::TraceSpan;

/// Spans that are kept of a transaction: the first ones.
pub const SPANS: usize = 2_000;

/// Ids that are known to belong to one.
pub const TIES: usize = 100;

/// Everything that is known of one trace, or of one correlation id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Its members. Most transactions have one or two, and a node of the map has room for eleven: boxes keep it small.
    pub members: BTreeMap<MemberKey, Box<Member>>,
    /// Its spans, as their lines have them: a span that was logged in two versions is here twice.
    pub spans: Smallest<TraceSpan, SPANS>,
    /// Whether lines name it as their trace, and not as a correlation id.
    pub is_trace: bool,
    /// Of a trace: the correlation ids that lines name beside it.
    pub correlations: Smallest<String, TIES>,
    /// Of a correlation id: the traces that lines name beside it.
    pub traces: Smallest<String, TIES>,
}

impl Transaction {
    /// Takes a member's facts in.
    pub fn add(&mut self, key: MemberKey, member: Member) {
        match self.members.entry(key) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(Box::new(member));
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => occupied.get_mut().merge(member),
        }
    }

    /// Takes another's facts in.
    pub fn merge(&mut self, other: Self) {
        for (key, member) in other.members {
            self.add(key, *member);
        }
        self.spans.extend(other.spans);
        self.is_trace |= other.is_trace;
        self.correlations.extend(other.correlations);
        self.traces.extend(other.traces);
    }

    /// Takes in what others did, without the ids that they are tied to.
    pub fn take_work(&mut self, other: &Self) {
        for (key, member) in &other.members {
            self.add(key.clone(), (**member).clone());
        }
        self.spans.extend(other.spans.iter().cloned());
    }

    /// Whether it is listed: a correlation id that lines tie to a trace is part of that.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        !self.members.is_empty() && (self.is_trace || self.traces.is_empty())
    }

    /// The ids that lines tie to it.
    pub fn tied(&self) -> impl Iterator<Item = &String> {
        self.correlations.iter().chain(&self.traces)
    }

    /// The ids of the invocations among its members.
    #[must_use]
    pub fn requests(&self) -> BTreeSet<&str> {
        self.members.keys().map(|key| &*key.request_id).filter(|request_id| !request_id.is_empty()).collect()
    }

    /// The same, where what a function said without naming its invocation is part of the invocation in whose time it was
    /// said. That is to explain it: what is counted of it does not change.
    #[must_use]
    pub fn gathered(&self) -> Self {
        let mut gathered = self.clone();
        let nameless: Vec<_> = self.members.keys().filter(|key| key.request_id.is_empty()).cloned().collect();
        for key in nameless {
            let Some(said) = gathered.members.get(&key) else { continue };
            let around = gathered.members.iter().find(|(other, member)| {
                let is_around = member.first_ms <= said.first_ms && said.last_ms <= member.last_ms;
                other.function == key.function && !other.request_id.is_empty() && is_around
            });
            if let Some(place) = around.map(|(other, _)| other.clone())
                && let Some(said) = gathered.members.remove(&key)
            {
                gathered.add(place, *said);
            }
        }
        gathered
    }

    /// Its spans by their ids. Of two versions of one the same is taken, whichever came first.
    #[must_use]
    pub fn spans_by_id(&self) -> BTreeMap<&str, &TraceSpan> {
        let mut spans = BTreeMap::new();
        for span in &self.spans {
            spans.entry(span.span_id.as_str()).or_insert(span);
        }
        spans
    }

    /// When it began: the first time of any member, in milliseconds since the epoch.
    #[must_use]
    pub fn started_ms(&self) -> i64 {
        self.members.values().map(|member| member.first_ms).min().unwrap_or(0)
    }

    /// When it ended: the last time of any member, in milliseconds since the epoch.
    #[must_use]
    pub fn ended_ms(&self) -> i64 {
        self.members.values().map(|member| member.last_ms).max().unwrap_or(0)
    }

    /// How long it took, from the first to the last time of any member.
    #[must_use]
    pub fn duration_ms(&self) -> i64 {
        self.ended_ms().saturating_sub(self.started_ms())
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

    /// How many events of it told of a failure; of each member [`member::ERRORS`] are counted at the most.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.members.values().map(|member| member.errors.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lamplight_logs::{LogEvent, Source, recognise};

    use super::*;
    use crate::function::FunctionKey;

    fn member(function: &str, request_id: &str, timestamp: i64, line: &str) -> (MemberKey, Member) {
        let function = Arc::new(FunctionKey { account: "1".into(), region: "r".into(), function: function.into() });
        let event = LogEvent { id: format!("{timestamp}").into(), timestamp, message: line.into() };
        (
            MemberKey { function, request_id: request_id.into() },
            Member::of(&recognise(line, &Source::default()), &event, &Source::default()),
        )
    }

    #[test]
    fn tries_of_one_request_are_told_apart_in_any_order() {
        let took = |timestamp, ms| member("pay", "a", timestamp, &format!("REPORT RequestId: a\tDuration: {ms}.00 ms"));
        let tries = [took(15_000, 15_000), took(90_000, 15_000), took(200_000, 10)];
        let told = |order: &[usize]| {
            let mut told = Transaction::default();
            order.iter().for_each(|i| told.add(tries[*i].0.clone(), tries[*i].1.clone()));
            told
        };
        let story = told(&[0, 1, 2, 1]);
        assert_eq!(story, told(&[2, 1, 0]));
        let (_, member) = story.members.first_key_value().unwrap();
        assert_eq!((member.tries(), member.tried_us()), (3, Some(30_010_000)));
        let rows = waterfall::waterfall(&story);
        assert_eq!((rows[0].duration_us(), rows[0].own_us), (200_000_000, 30_010_000));
    }

    #[test]
    fn what_names_no_invocation_is_shown_with_the_one_around_it() {
        let mut story = Transaction::default();
        for (key, said) in [
            member("mail", "a", 2_000, "REPORT RequestId: a\tDuration: 500.00 ms"),
            member("mail", "", 1_800, r#"{"milestone":"SENT"}"#),
            member("shop", "", 1_800, r#"{"milestone":"ORDERED"}"#),
        ] {
            story.add(key, said);
        }
        let gathered = story.gathered();
        assert_eq!((gathered.members.len(), gathered.milestones()), (2, story.milestones()));
        assert_eq!(gathered.gathered(), gathered);
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
