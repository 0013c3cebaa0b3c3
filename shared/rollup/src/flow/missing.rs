//! A milestone that did not come in time: which one, which was the last before it, and in which function it stopped.

use std::sync::Arc;

use lamplight_logs::Detection;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::Flow;
use crate::bucket::{Bucket, Span};
use crate::fingerprint::Fingerprint;
use crate::function::FunctionKey;
use crate::issue::{Issue, Rank, Sample};
use crate::ledger::Ledger;
use crate::rollup::Rollup;
use crate::time::rfc3339;
use crate::transaction::{Member, MemberKey, Note, Transaction};

/// A milestone that did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing<'t> {
    flow: &'t Flow,
    /// The first milestone of the flow that the transaction has not reached.
    pub milestone: &'t str,
    /// When the limit was over, in milliseconds since the epoch.
    pub due_ms: i64,
    /// The milestone of the flow that it reached last: when, its name, and the function.
    pub last: (i64, &'t str, &'t str),
    /// The invocation in which it stopped.
    pub stopped_in: (&'t MemberKey, &'t Member),
    /// The last failure of that invocation since the last milestone.
    pub failure: Option<&'t Note>,
}

impl<'t> Missing<'t> {
    /// What a transaction misses when the limit of a flow is over; nothing if it has not begun it, or is through.
    #[must_use]
    pub fn of(flow: &'t Flow, transaction: &'t Transaction) -> Option<Self> {
        let passage = flow.passage(transaction).filter(|passage| passage.completed_ms.is_none())?;
        let first = |name: &'t str| {
            let function = |key: &'t MemberKey| key.function.function.as_str();
            let members = transaction.members.iter();
            members.filter_map(|(key, member)| Some((member.reached_ms(name)?, name, function(key)))).min()
        };
        let reached = flow.milestones.iter().filter_map(|name| first(name));
        // Of those of one time it is the last in the order of the flow.
        let last = reached.max_by_key(|(at_ms, ..)| *at_ms)?;
        let milestone = flow.milestones.iter().find(|name| first(name).is_none())?;
        let (stopped_in, failure) = stopped(transaction, last)?;
        Some(Self { flow, milestone, due_ms: passage.due_ms, last, stopped_in, failure })
    }

    /// What is told of it.
    #[must_use]
    pub fn told(&self, trace_id: &str) -> MissingMilestone {
        let (key, member) = self.stopped_in;
        let note = self.failure.or_else(|| member.notes.iter().last());
        MissingMilestone {
            flow: self.flow.name.clone(),
            figures: self.flow.figures(),
            milestone: self.milestone.to_owned(),
            due_ms: self.due_ms,
            function: key.function.to_string(),
            request_id: Some(key.request_id.to_string()).filter(|id| !id.is_empty()),
            trace_id: trace_id.to_owned(),
            log_group: note.and_then(|note| note.log_group.clone()),
            log_stream: note.and_then(|note| note.log_stream.clone()),
            message: self.message(),
        }
    }

    fn message(&self) -> String {
        let Self { flow, milestone, last: (last_ms, last, function), .. } = self;
        let stopped_in = &self.stopped_in.0.function.function;
        let stopped = match self.failure {
            Some(note) => format!("It stopped in {stopped_in}, which failed: {}", note.text),
            None => format!("It stopped in {stopped_in}, where nothing failed."),
        };
        format!(
            "{milestone} did not come within {} after {} (flow {}).\nThe last milestone was {last} in {function}, at {}.\n{stopped}",
            flow.limit(),
            flow.first(),
            flow.name,
            rfc3339(*last_ms),
        )
    }
}

/// What is told of a milestone that did not come in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingMilestone {
    flow: String,
    figures: String,
    milestone: String,
    due_ms: i64,
    function: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    trace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_stream: Option<String>,
    message: String,
}

impl MissingMilestone {
    /// What tells this occurrence from others.
    #[must_use]
    pub fn identity(&self) -> u64 {
        xxh3_64(format!("missing\n{}\n{}\n{}", self.figures, self.trace_id, self.due_ms).as_bytes())
    }

    /// What it adds to the function in which it stopped: an occurrence of an issue, at the end of the limit. There is one
    /// issue for each milestone of a flow; nothing if the function cannot be read.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        let Some(key) = FunctionKey::parse(&self.function) else { return ledger };
        let fingerprint = Fingerprint::of_missing(&key, &self.flow, &self.milestone);
        let mut rollup = Rollup::default();
        rollup.add_issue(fingerprint, 1);
        let minute = Bucket::holding(Span::Minute, self.due_ms).start_ms;
        ledger.functions.entry(Arc::new(key.clone())).or_default().insert(minute, rollup);
        let sample = Sample {
            rank: Rank { at_ms: self.due_ms, event: self.identity() },
            request_id: self.request_id.clone(),
            trace_id: Some(self.trace_id.clone()),
            log_group: self.log_group.clone(),
            log_stream: self.log_stream.clone(),
            version: None,
            message: self.message.clone(),
        };
        let issue = Issue {
            key,
            detection: Detection::MissingMilestone,
            title: format!("{} does not come ({})", self.milestone, self.flow),
            frame: None,
            first_seen_ms: self.due_ms,
            sample,
        };
        ledger.add_issue(fingerprint, issue);
        ledger
    }
}

/// The invocation in which a transaction stopped after its last milestone, with its last failure since then: one that
/// failed since, else one that began since in a function that has reached no milestone, else the one that reached the
/// last. Of several it is the last to begin.
fn stopped<'t>(
    transaction: &'t Transaction,
    last: (i64, &str, &str),
) -> Option<((&'t MemberKey, &'t Member), Option<&'t Note>)> {
    let (since_ms, milestone, _) = last;
    let milestones = transaction.milestones();
    let members = transaction.members.iter().map(|(key, member)| {
        let since = member.notes.iter().filter(|note| note.at_ms >= since_ms);
        ((key, &**member), since.max_by_key(|note| (gravity(note), note.at_ms)))
    });
    members.max_by_key(|((key, member), failure)| {
        // A branch beside the flow has milestones of its own.
        let has_reached = milestones.iter().any(|(_, _, function)| *function == key.function.function);
        let is_next = member.first_ms > since_ms && !has_reached;
        let is_last = member.reached_ms(milestone) == Some(since_ms);
        // Among those that failed, who is next does not matter: the last to begin was the next of the others.
        let by_order = if failure.is_some() { (false, false) } else { (is_next, is_last) };
        (failure.map(gravity), by_order, member.first_ms, *key)
    })
}

/// An error that was handled and logged stops nothing, unless nothing else failed.
fn gravity(note: &Note) -> u8 {
    u8::from(note.kind != Detection::ErrorLog)
}

#[cfg(test)]
pub(crate) mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::ErrorLogs;

    const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";

    /// A line that tells that a milestone was reached.
    pub(crate) fn reached(name: &str) -> String {
        format!(r#"{{"level":"INFO","traceId":"6a52d5300ba60ad2785ec2ae7971737c","milestone":"{name}"}}"#)
    }

    /// What functions said of one trace, and when.
    pub(crate) fn transaction(events: &[(&str, i64, String)]) -> Transaction {
        let mut ledger = Ledger::default();
        for (i, (function, timestamp, line)) in events.iter().enumerate() {
            let source = Source { log_group: Some(format!("/aws/lambda/{function}").into()), ..Source::default() };
            let event = LogEvent { id: i.to_string().into(), timestamp: *timestamp, message: line.clone().into() };
            let delivery = Delivery { is_data: true, source, events: vec![event], unreadable: 0 };
            ledger.add_delivery(&delivery, ErrorLogs::Raise);
        }
        ledger.transactions.story(TRACE).into_owned()
    }

    fn report(request_id: &str, status: &str) -> String {
        format!("REPORT RequestId: {request_id}\tDuration: 100.00 ms{status}\tXRAY TraceId: {TRACE}\tSegmentId: 07f5")
    }

    #[test]
    fn it_is_told_which_was_last_and_where_it_stopped() {
        let flow: Flow = "sessions: CREATED > SAVED > FORWARDED within 10s".parse().unwrap();
        let mut events = vec![
            ("api", 1_000, reached("CREATED")),
            ("api", 1_100, report("a", "")),
            ("saver", 3_000, report("b", "\tStatus: timeout")),
            ("audit", 3_500, report("c", "")),
        ];
        let stopped = transaction(&events);
        let missing = Missing::of(&flow, &stopped).unwrap();
        assert_eq!((missing.milestone, missing.last, missing.due_ms), ("SAVED", (1_000, "CREATED", "api"), 11_000));
        assert_eq!(missing.stopped_in.0.function.function, "saver", "it failed, though audit began later");
        let ledger = missing.told(TRACE).ledger();
        let (fingerprint, issue) = ledger.issues.iter().next().unwrap();
        assert_eq!(
            (issue.title.as_str(), issue.sample.request_id.as_deref()),
            ("SAVED does not come (sessions)", Some("b"))
        );
        assert!(
            issue.sample.message.ends_with("It stopped in saver, which failed: Task timed out after 0.10 s"),
            "{}",
            issue.sample.message
        );
        let rollups: Vec<_> = ledger.functions.values().flat_map(|minutes| minutes.values()).collect();
        assert_eq!(rollups[0].issues[fingerprint], 1);
        events.push(("saver", 4_000, reached("SAVED")));
        events.push(("stock", 3_900, report("d", "")));
        events.push(("routes", 4_500, reached("ROUTED")));
        let lost = transaction(&events);
        let missing = Missing::of(&flow, &lost).unwrap();
        assert_eq!((missing.milestone, missing.stopped_in.0.function.function.as_str()), ("FORWARDED", "saver"));
        assert_eq!(missing.failure, None, "what failed before the last milestone was mended");
        events.push(("forwarder", 60_000, reached("FORWARDED")));
        assert_eq!(Missing::of(&flow, &transaction(&events)), None);
    }

    #[test]
    fn of_several_failures_the_one_that_was_not_handled_tells_where_it_stopped_and_then_the_last_to_begin() {
        let flow: Flow = "sessions: CREATED > SAVED within 10s".parse().unwrap();
        let logged = r#"{"level":"ERROR","message":"no audit","traceId":"6a52d5300ba60ad2785ec2ae7971737c","function_request_id":"a"}"#;
        let mut events = vec![
            ("api", 1_000, reached("CREATED")),
            ("api", 1_020, logged.to_owned()),
            ("api", 1_050, report("a", "")),
            ("saver", 1_500, reached("VALIDATED").replace('}', r#","function_request_id":"b"}"#)),
            ("saver", 4_000, report("b", "\tStatus: timeout")),
            ("audit", 5_000, logged.replace(r#""a""#, r#""c""#)),
        ];
        let stopped_in = |events: &[(&str, i64, String)]| {
            let transaction = transaction(events);
            Missing::of(&flow, &transaction).unwrap().stopped_in.0.function.function.clone()
        };
        assert_eq!(stopped_in(&events), "saver");
        events.push(("mailer", 4_500, report("d", "\tStatus: timeout")));
        assert_eq!(stopped_in(&events), "mailer");
        assert_eq!(stopped_in(&events[..3]), "api");
    }

    #[test]
    fn of_milestones_of_one_time_the_flow_says_which_was_last_and_of_tries_the_first_counts() {
        let flow: Flow = "orders: PLACED > PAID > SENT within 10s".parse().unwrap();
        let mut events = vec![("shop", 1_000, reached("PLACED")), ("till", 1_000, reached("PAID"))];
        assert_eq!(Missing::of(&flow, &transaction(&events)).unwrap().last, (1_000, "PAID", "till"));
        events.push(("again", 9_000, reached("PLACED")));
        assert_eq!(Missing::of(&flow, &transaction(&events)).unwrap().last, (1_000, "PAID", "till"));
    }

    #[test]
    fn what_comes_after_many_other_milestones_is_told_as_well() {
        let flow: Flow = "batches: READY > SENT within 10s".parse().unwrap();
        let mut events: Vec<_> = (0..80).map(|i| ("batch", 1_000 + i, reached("PART_DONE"))).collect();
        events.push(("batch", 2_000, reached("READY")));
        let missing = transaction(&events);
        assert_eq!(Missing::of(&flow, &missing).unwrap().last, (2_000, "READY", "batch"));
    }

    #[test]
    fn an_occurrence_is_the_same_whenever_it_is_found_and_others_are_others() {
        let flow: Flow = "sessions: CREATED > SAVED within 10s".parse().unwrap();
        let known = transaction(&[("api", 1_000, reached("CREATED"))]);
        let more = transaction(&[("api", 1_000, reached("CREATED")), ("saver", 2_000, report("b", ""))]);
        let identity =
            |transaction: &Transaction, id: &str| Missing::of(&flow, transaction).unwrap().told(id).identity();
        assert_eq!(identity(&known, TRACE), identity(&more, TRACE));
        assert_ne!(identity(&known, TRACE), identity(&known, "other"));
    }
}
