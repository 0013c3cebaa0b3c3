//! The fold of log events: what a stack holds after it has read them.

mod bounds;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use lamplight_logs::labels::labels;
use lamplight_logs::metrics::metrics;
use lamplight_logs::source::function_of;
use lamplight_logs::{Delivery, Detection, Fact, Kind, LogEvent, Source, recognise_message, spans, xray_trace_id};

use crate::bucket::{Bucket, Span};
use crate::deployment::{Deployment, Version};
use crate::fingerprint::Fingerprint;
use crate::function::{FunctionKey, UNKNOWN};
use crate::issue::{Issue, cut};
use crate::metric::Metrics;
use crate::rollup::Rollup;
use crate::time::UNKNOWN_MS;
use crate::transaction::{
    LoneReport, Member, MemberKey, Note, Report, StreamMinute, TraceSpan, Transaction, Transactions,
};

pub use bounds::{Bounds, Excess};

/// Bytes of a trace id: what is longer is no id, and no key of the table either.
const TRACE_ID_BYTES: usize = 256;

/// Bytes of a function's name and of a request id: as many as a log group's name may have.
const NAME_BYTES: usize = 512;

/// Bytes that most lines have room in.
const LINE_BYTES: usize = 512;

/// Whether errors that an application handled and logged raise issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ErrorLogs {
    /// They do.
    #[default]
    Raise,
    /// They do not.
    Ignore,
}

/// How many events there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTotals {
    /// Events that were read.
    pub total: u64,
    /// Events and records that could not be read.
    pub unreadable: u64,
    /// Events of each kind, in the order of [`Kind::ALL`].
    pub by_kind: [u64; Kind::ALL.len()],
    /// The earliest and the latest time of an event, in milliseconds since the epoch.
    pub between_ms: Option<(i64, i64)>,
}

impl EventTotals {
    fn add(&mut self, kind: Kind, epoch_ms: i64) {
        self.total += 1;
        self.by_kind[kind as usize] += 1;
        if epoch_ms != UNKNOWN_MS {
            self.widen((epoch_ms, epoch_ms));
        }
    }

    fn widen(&mut self, (from, to): (i64, i64)) {
        let (earliest, latest) = self.between_ms.unwrap_or((from, to));
        self.between_ms = Some((earliest.min(from), latest.max(to)));
    }

    /// Adds another's numbers.
    pub fn merge(&mut self, other: Self) {
        self.total += other.total;
        self.unreadable += other.unreadable;
        for (own, count) in self.by_kind.iter_mut().zip(other.by_kind) {
            *own += count;
        }
        if let Some(between_ms) = other.between_ms {
            self.widen(between_ms);
        }
    }
}

/// What log events add up to. Merging is associative and commutative.
///
/// A ledger does not know which deliveries it has read: who may read one twice refuses the repetition by its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many events there were.
    pub totals: EventTotals,
    /// The minutes of each function, by their start in milliseconds since the epoch.
    pub functions: BTreeMap<Arc<FunctionKey>, BTreeMap<i64, Rollup>>,
    /// What fails alike.
    pub issues: BTreeMap<Fingerprint, Issue>,
    /// What belongs together.
    pub transactions: Transactions,
    /// The metrics that were logged.
    pub metrics: Metrics,
}

impl Ledger {
    /// Reads a delivery. Control messages and deliveries of unknown types are counted and passed over.
    pub fn add_delivery(&mut self, delivery: &Delivery<'_>, error_logs: ErrorLogs) {
        self.add_searchable_delivery(delivery, error_logs, &[]);
    }

    /// Reads a delivery likewise, and keeps the values that structured events have under these names, by which their
    /// transactions can be found.
    pub fn add_searchable_delivery(&mut self, delivery: &Delivery<'_>, error_logs: ErrorLogs, searchable: &[String]) {
        let source = &delivery.source;
        self.totals.unreadable += delivery.unreadable as u64;
        let version = source.version().map(Version::parse).unwrap_or_default();
        let place = Place { source, version, searchable, function: source.function(), key: OnceCell::new() };
        let mut scratch = String::with_capacity(LINE_BYTES);
        for event in &delivery.events {
            if delivery.is_data {
                let fact = recognise_message(&event.message, source, &mut scratch);
                self.add_event(&place, event, fact, error_logs);
            } else {
                // Its time is when a subscription was made, not when a function ran.
                self.totals.add(Kind::Control, UNKNOWN_MS);
            }
        }
    }

    fn add_event(&mut self, place: &Place<'_>, event: &LogEvent<'_>, mut fact: Fact<'_>, error_logs: ErrorLogs) {
        let is_error_log = fact.detection == Some(Detection::ErrorLog) && !fact.is_on_purpose;
        if error_logs == ErrorLogs::Ignore && is_error_log {
            fact.detection = None;
        }
        self.totals.add(fact.kind, event.timestamp);
        let is_counted = !fact.counts.is_none() || fact.detection.is_some();
        if fact.kind == Kind::Emf {
            let key = place.key(&fact);
            metrics(&event.message).iter().for_each(|metric| self.metrics.add(&key, metric, event.timestamp));
        }
        if fact.kind == Kind::Span && fact.span.is_none() {
            return self.join_spans(place, event);
        }
        let names_nothing = fact.trace_id.is_none() && fact.correlation_id.is_none() && fact.milestone.is_none();
        if !is_counted && names_nothing && place.searchable.is_empty() {
            return;
        }
        let key = place.key(&fact);
        self.join(&key, &fact, place.source, event, place.searchable);
        if is_counted {
            self.count(key, &fact, place, event);
        }
    }

    /// Takes the spans in of a line that holds many. What the line says besides is said of none of them.
    fn join_spans(&mut self, place: &Place<'_>, event: &LogEvent<'_>) {
        for span in spans(&event.message.text()) {
            self.join(&place.key(&span), &span, place.source, event, &[]);
        }
    }

    /// Takes a line into the transaction that it names, or keeps what is of interest until its request is known to
    /// belong to one.
    fn join(
        &mut self,
        key: &Arc<FunctionKey>,
        fact: &Fact<'_>,
        source: &Source<'_>,
        event: &LogEvent<'_>,
        searchable: &[String],
    ) {
        let trace_id = fact.trace_id.as_deref().filter(|id| id.len() <= TRACE_ID_BYTES);
        let correlation_id = fact.correlation_id.as_deref().map(|id| xray_trace_id(id.into()));
        let correlation_id = correlation_id.as_deref().filter(|id| id.len() <= TRACE_ID_BYTES && Some(*id) != trace_id);
        let request_id = cut(fact.request_id.as_deref().unwrap_or_default(), NAME_BYTES);
        if trace_id.is_none() && correlation_id.is_none() && request_id.is_empty() {
            if let (Some(detection), Some(stream)) = (fact.detection, source.stream_identity()) {
                let minute = StreamMinute::holding(stream, event.timestamp);
                self.transactions.strays.entry(minute).or_default().insert(Note::of(detection, fact, event, source));
            }
            return;
        }
        let labels = labels(&event.message, searchable);
        let tells = fact.detection.is_some() || fact.milestone.is_some() || !labels.is_empty();
        let member_key = || MemberKey { function: Arc::clone(key), request_id: request_id.into() };
        let add = |transaction: &mut Transaction| {
            let mut member = Member::of(fact, event, source);
            member.labels.extend(labels);
            transaction.add(member_key(), member);
            transaction.spans.extend(TraceSpan::of(fact, key, event));
            transaction.is_trace |= trace_id.is_some();
        };
        match (trace_id, correlation_id) {
            (Some(trace_id), _) => self.transactions.add_to(trace_id, add),
            (None, Some(correlation_id)) => {
                self.transactions.add_to(correlation_id, add);
                if fact.detection.is_some() && !request_id.is_empty() {
                    // A failure is one of the trace of its request, too. A milestone is not: flows would have it twice.
                    let member = Member::of(fact, event, source).without_milestones();
                    self.transactions.add_to_request(request_id, |loose| loose.add(member_key(), member));
                }
            }
            (None, None) if tells => self.transactions.add_to_request(request_id, add),
            (None, None) => {
                let Some(report) = Report::of(fact, event, source) else { return };
                match LoneReport::of(&member_key(), &report) {
                    Some(lone) => self.transactions.reports.push(lone),
                    None => self.transactions.add_to_request(request_id, add),
                }
            }
        }
        if let (Some(trace_id), Some(correlation_id)) = (trace_id, correlation_id) {
            self.transactions.tie(trace_id, correlation_id);
        }
    }

    /// Adds what a line counts and raises to the minute of its function.
    fn count(&mut self, key: Arc<FunctionKey>, fact: &Fact<'_>, place: &Place<'_>, event: &LogEvent<'_>) {
        let raised = fact.detection.map(|detection| self.raise(&key, detection, fact, place.source, event));
        let minute = Bucket::holding(Span::Minute, event.timestamp).start_ms;
        let rollup = self.functions.entry(key).or_default().entry(minute).or_default();
        rollup.add_fact(fact);
        if let Some(memory_mb) = fact.measures.memory_mb.filter(|_| fact.counts.invocations > 0) {
            rollup.add_deployment(Deployment { version: place.version, memory_mb }, 1);
        }
        if let Some(fingerprint) = raised {
            rollup.add_issue(fingerprint, u64::from(!is_evidence_of_report(fact)));
        }
    }

    fn raise(
        &mut self,
        key: &FunctionKey,
        detection: Detection,
        fact: &Fact<'_>,
        source: &Source<'_>,
        event: &LogEvent<'_>,
    ) -> Fingerprint {
        let (fingerprint, issue) = Issue::raised(key, detection, fact, source, event);
        self.add_issue(fingerprint, issue);
        fingerprint
    }

    /// Whether it holds nothing but how many events there were.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { totals: _, functions, issues, transactions, metrics } = self;
        functions.is_empty() && issues.is_empty() && transactions.is_empty() && metrics.values.is_empty()
    }

    /// Takes occurrences of an issue in.
    pub fn add_issue(&mut self, fingerprint: Fingerprint, issue: Issue) {
        match self.issues.entry(fingerprint) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(issue);
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => occupied.get_mut().merge(issue),
        }
    }

    /// Takes another's facts in.
    pub fn merge(&mut self, other: Self) {
        self.totals.merge(other.totals);
        for (key, minutes) in other.functions {
            let own = self.functions.entry(key).or_default();
            for (minute, rollup) in minutes {
                own.entry(minute).or_default().merge(&rollup);
            }
        }
        for (fingerprint, issue) in other.issues {
            self.add_issue(fingerprint, issue);
        }
        self.transactions.merge(other.transactions);
        self.metrics.merge(other.metrics);
    }
}

/// Where the events of a delivery are from. Mostly the place names the function, which all of its lines belong to.
struct Place<'s> {
    source: &'s Source<'s>,
    version: Version,
    /// The names of structured events' members by whose values transactions can be found.
    searchable: &'s [String],
    function: Option<&'s str>,
    /// The key of that function, once there is something to count.
    key: OnceCell<Arc<FunctionKey>>,
}

impl Place<'_> {
    /// The key of the function that a line belongs to.
    fn key(&self, fact: &Fact<'_>) -> Arc<FunctionKey> {
        match self.function {
            Some(_) => Arc::clone(self.key.get_or_init(|| Arc::new(function_key(self.source, self.function)))),
            None => Arc::new(function_key(self.source, function_of(self.source, fact))),
        }
    }
}

/// The key of a function in its place. What is not known is `unknown`.
fn function_key(source: &Source<'_>, function: Option<&str>) -> FunctionKey {
    let known = |text: Option<&str>| cut(text.unwrap_or(UNKNOWN), NAME_BYTES).to_owned();
    FunctionKey {
        account: known(source.account.as_deref()),
        region: known(source.region.as_deref()),
        function: known(function),
    }
}

/// Whether a line tells a failure that the report of the same invocation raises in the same issue: it names the
/// issue, the report counts its occurrence.
fn is_evidence_of_report(fact: &Fact<'_>) -> bool {
    let has_platform_type = fact.error_type.as_deref().is_some_and(|name| name.starts_with("Runtime."));
    fact.kind == Kind::Error
        && fact.counts.is_none()
        && has_platform_type
        && fact.detection == Some(Detection::Configuration)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: [&str; 15] = [
        "START RequestId: a Version: 1",
        "REPORT RequestId: a\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\
         XRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c\tSegmentId: 07f5",
        "REPORT RequestId: b\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\tMax Memory Used: 90 MB\t\
         Init Duration: 88.10 ms\tStatus: timeout",
        "[ERROR] KeyError: 'a'\nTraceback (most recent call last):",
        "[ERROR] KeyError: 'b'\nTraceback (most recent call last):",
        r#"{"level":"ERROR","message":"no card 17","xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c","milestone":"DECLINED"}"#,
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'\nTraceback (most recent call last):",
        "nothing of note",
        r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["service"],[]],"Metrics":[{"Name":"Orders"}]}]},"service":"web","Orders":[0.1,2]}"#,
        r#"{"level":"INFO","correlation_id":"order-1","milestone":"ORDERED","function_request_id":"b"}"#,
        r#"{"level":"ERROR","message":"no","correlation_id":"order-1","traceId":"6a52d5300ba60ad2785ec2ae7971737c"}"#,
        r#"{"level":"INFO","traceId":"00f067aa0ba902b7","function_request_id":"a","x-correlation-id":"order-2"}"#,
        "[ERROR]\t2026-11-20T08:47:12.345Z\t8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01\tno card",
        r#"{"traceId":"6a52d5300ba60ad2785ec2ae7971737c","spanId":"s1","name":"pay","kind":"CLIENT","startTimeUnixNano":"1795164000000000000","endTimeUnixNano":"1795164001000000000","attributes":{"rpc.service":"Bank","faas.invocation_id":"8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01"}}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"6a52d5300ba60ad2785ec2ae7971737c","spanId":"s2","name":"pay","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2"},{"traceId":"6a52d5300ba60ad2785ec2ae7971737d","spanId":"s3","name":"pack","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#,
    ];

    fn delivery(stream: u8, events: &[(u32, usize, i64)]) -> Delivery<'static> {
        let events = events.iter().map(|(id, line, timestamp)| LogEvent {
            id: id.to_string().into(),
            timestamp: *timestamp,
            message: LINES[*line].into(),
        });
        Delivery {
            is_data: true,
            source: Source {
                log_group: Some(format!("/aws/lambda/f{}", stream % 3).into()),
                log_stream: Some(format!("s{stream}").into()),
                ..Source::default()
            },
            events: events.collect(),
            unreadable: 0,
        }
    }

    fn fold<'a>(deliveries: impl IntoIterator<Item = &'a Delivery<'static>>) -> Ledger {
        let mut ledger = Ledger::default();
        for delivery in deliveries {
            ledger.add_delivery(delivery, ErrorLogs::Raise);
        }
        ledger
    }

    proptest! {
        #[test]
        fn any_split_and_order_of_deliveries_gives_the_same(
            events in prop::collection::vec((any::<u8>(), 0..LINES.len(), 0_i64..600_000), 1..60),
            seeds in prop::collection::vec(any::<u16>(), 60),
        ) {
            let whole: Vec<_> = (0..6_u8)
                .map(|stream| {
                    let own = events.iter().enumerate().filter(|(_, event)| event.0 % 6 == stream);
                    delivery(stream, &own.map(|(i, event)| (i as u32, event.1, event.2)).collect::<Vec<_>>())
                })
                .collect();
            let mut single: Vec<_> = events
                .iter()
                .enumerate()
                .map(|(i, event)| (seeds[i], delivery(event.0 % 6, &[(i as u32, event.1, event.2)])))
                .collect();
            single.sort_by_key(|(seed, _)| *seed);
            let expected = fold(&whole);
            prop_assert_eq!(&fold(single.iter().map(|(_, delivery)| delivery)), &expected);

            let (some, others) = single.split_at(single.len() / 2);
            let mut merged = fold(others.iter().map(|(_, delivery)| delivery));
            merged.merge(fold(some.iter().map(|(_, delivery)| delivery)));
            prop_assert_eq!(&merged, &expected);
        }
    }

    #[test]
    fn evidence_names_the_issue_and_the_report_counts_it() {
        let ledger = fold([&delivery(0, &[(1, 6, 0)])]);
        let rollup = &ledger.functions.values().next().unwrap()[&0];
        assert_eq!(rollup.issues.values().copied().collect::<Vec<_>>(), [0]);
        assert_eq!(ledger.issues.len(), 1);
    }

    #[test]
    fn spans_of_one_line_join_each_its_own_transaction() {
        let ledger = fold([&delivery(0, &[(1, 14, 0)])]);
        let spans = ledger.transactions.by_id.values().map(|transaction| transaction.spans.iter().next().unwrap());
        assert_eq!(spans.map(|span| &*span.span_id).collect::<Vec<_>>(), ["s2", "s3"]);
        assert_eq!(ledger.totals.by_kind[Kind::Span as usize], 1);
    }

    #[test]
    fn error_logs_can_be_left_out() {
        let mut ledger = Ledger::default();
        ledger.add_delivery(&delivery(0, &[(1, 5, 0), (2, 3, 0)]), ErrorLogs::Ignore);
        assert_eq!(ledger.issues.values().map(|issue| issue.detection).collect::<Vec<_>>(), [Detection::Exception]);
    }
}
