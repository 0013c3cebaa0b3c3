//! Whole stories: what belongs to one trace, also where its lines name another id or only their request.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Transaction;
use super::lone_report::LoneReports;
use super::strays::Strays;

/// What is known of all transactions. Merging is associative and commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transactions {
    /// What was said of each id: of a trace, or of a correlation id by lines that name no trace.
    pub by_id: BTreeMap<String, Transaction>,
    /// What was said of invocations by lines that name neither, by the id of the request.
    pub loose: BTreeMap<String, Transaction>,
    /// Reports that name neither, and say nothing but what was measured.
    pub reports: LoneReports,
    /// Failures that name not even their request.
    pub strays: Strays,
}

impl Transactions {
    /// Adds to what is known of an id.
    pub fn add_to(&mut self, id: &str, add: impl FnOnce(&mut Transaction)) {
        change(&mut self.by_id, id, add);
    }

    /// Adds to what is known of a request apart from transactions.
    pub fn add_to_request(&mut self, request_id: &str, add: impl FnOnce(&mut Transaction)) {
        change(&mut self.loose, request_id, add);
    }

    /// Notes that a trace and a correlation id are one story.
    pub fn tie(&mut self, trace_id: &str, correlation_id: &str) {
        self.add_to(trace_id, |trace| drop(trace.correlations.insert(correlation_id.to_owned())));
        self.add_to(correlation_id, |correlation| drop(correlation.traces.insert(trace_id.to_owned())));
    }

    /// Takes another's facts in.
    pub fn merge(&mut self, other: Self) {
        for (id, transaction) in other.by_id {
            self.by_id.entry(id).or_default().merge(transaction);
        }
        for (request_id, transaction) in other.loose {
            self.loose.entry(request_id).or_default().merge(transaction);
        }
        self.reports.append(other.reports);
        for (minute, notes) in other.strays {
            self.strays.entry(minute).or_default().extend(notes);
        }
    }

    /// Everything that belongs to an id: what names it, what names an id that a line ties to it, and what names only one
    /// of the requests of these. Ties of ties are not followed: a correlation id may be that of a customer, with thousands
    /// of traces.
    #[must_use]
    pub fn story(&self, id: &str) -> Cow<'_, Transaction> {
        let Some(own) = self.by_id.get(id) else { return Cow::Owned(Transaction::default()) };
        let mut story = Cow::Borrowed(own);
        for tied in own.tied().filter_map(|tied| self.by_id.get(tied)) {
            if !tied.members.is_empty() || !tied.spans.is_empty() {
                story.to_mut().take_work(tied);
            }
        }
        let loose: Vec<_> =
            story.requests().into_iter().filter_map(|request_id| self.loose.get(request_id).cloned()).collect();
        for loose in loose {
            story.to_mut().take_work(&loose);
        }
        if !self.strays.is_empty() && story.minutes().iter().any(|minute| self.strays.contains_key(minute)) {
            story.to_mut().take_strays(&self.strays);
        }
        story
    }

    /// The stories of all traces, and of the correlation ids that no line ties to a trace.
    pub fn stories(&self) -> impl Iterator<Item = (&str, Cow<'_, Transaction>)> {
        self.by_id.iter().filter(|(_, own)| own.is_listed()).map(|(id, _)| (id.as_str(), self.story(id)))
    }

    /// Gives up what is known of requests apart from transactions, for the transactions that are known to have them.
    pub fn settle(&mut self, requests: &BTreeSet<String>) {
        let Self { by_id, loose, .. } = self;
        for transaction in by_id.values_mut() {
            let settled: Vec<_> = transaction
                .requests()
                .into_iter()
                .filter(|request_id| requests.contains(*request_id))
                .filter_map(|request_id| loose.get(request_id))
                .collect();
            settled.into_iter().for_each(|loose| transaction.take_work(loose));
        }
        loose.retain(|request_id, _| !requests.contains(request_id));
    }

    /// Whether nothing is known but reports, of which mostly no transaction has the request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.loose.is_empty()
    }
}

/// Changes what stands under a key. Mostly there is something: the key is copied only where there is not.
fn change(map: &mut BTreeMap<String, Transaction>, key: &str, change: impl FnOnce(&mut Transaction)) {
    match map.get_mut(key) {
        Some(known) => change(known),
        None => change(map.entry(key.to_owned()).or_default()),
    }
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::{ErrorLogs, Ledger};

    const REPORT: &str =
        "REPORT RequestId: a-1\tDuration: 12.50 ms\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c\tSegmentId: 07f5";
    const TIMEOUT: &str = "2026-11-20T08:47:12.345Z a-1 Task timed out after 3.00 seconds";
    const UNSAMPLED: &str =
        "REPORT RequestId: 3f1c2b1a-1111-4222-8333-444455556666\tDuration: 900.00 ms\tMemory Size: 128 MB";
    const LOGGED: &str = r#"{"level":"INFO","function_request_id":"3f1c2b1a-1111-4222-8333-444455556666","xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}"#;
    const DECLINED: &str = r#"{"level":"ERROR","message":"no card","correlation_id":"order-1","milestone":"DECLINED","function_request_id":"a-1"}"#;
    const ORDERED: &str = r#"{"level":"INFO","correlation_id":"order-1","milestone":"ORDERED"}"#;
    const TIED: &str =
        r#"{"level":"INFO","correlation_id":"order-1","xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}"#;
    const OTHER: &str =
        r#"{"level":"INFO","correlation_id":"order-1","trace_id":"1-6a52d530-0000000000000000000000ff"}"#;
    const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";

    /// A ledger of lines, each in a delivery of a function of its own.
    fn ledger(lines: &[&'static str]) -> Ledger {
        let mut ledger = Ledger::default();
        for (i, line) in lines.iter().enumerate() {
            let group = format!("/aws/lambda/f{}", line.len());
            let source = Source { log_group: Some(group.into()), ..Source::default() };
            let events = vec![LogEvent { id: i.to_string().into(), timestamp: 5_000, message: (*line).into() }];
            ledger.add_delivery(&Delivery { is_data: true, source, events, unreadable: 0 }, ErrorLogs::Raise);
        }
        ledger
    }

    fn listed(ledger: &Ledger) -> Vec<(String, usize, usize)> {
        let stories = ledger.transactions.stories();
        stories.map(|(id, story)| (id.to_owned(), story.members.len(), story.errors())).collect()
    }

    #[test]
    fn a_line_that_names_its_request_joins_whichever_comes_first() {
        assert_eq!(listed(&ledger(&[TIMEOUT])), []);
        for lines in [[TIMEOUT, REPORT], [REPORT, TIMEOUT]] {
            assert_eq!(listed(&ledger(&lines)), [(TRACE.to_owned(), 2, 1)]);
        }
    }

    #[test]
    fn a_report_that_names_no_trace_is_of_the_transaction_of_its_request_whichever_comes_first() {
        for lines in [[UNSAMPLED, LOGGED], [LOGGED, UNSAMPLED]] {
            let mut transactions = ledger(&lines).transactions;
            transactions.join_reports();
            let story = transactions.story(TRACE);
            let report = story.members.values().find_map(|member| member.report.as_ref()).unwrap();
            assert_eq!((report.duration_us, report.memory_mb, story.duration_ms()), (900_000, Some(128), 900));
        }
        let mut untraced = ledger(&[UNSAMPLED]).transactions;
        assert!(!untraced.reports.is_empty());
        untraced.join_reports();
        assert_eq!(untraced, Transactions::default());
    }

    #[test]
    fn a_failure_that_names_a_correlation_id_is_one_of_the_trace_of_its_request_too() {
        for lines in [[DECLINED, REPORT], [REPORT, DECLINED]] {
            let ledger = ledger(&lines);
            let told: Vec<_> = listed(&ledger).into_iter().map(|(id, _, errors)| (id, errors)).collect();
            assert_eq!(told, [(TRACE.to_owned(), 1), ("order-1".to_owned(), 1)]);
            // Its milestone is one of the correlation id alone: no flow has it twice.
            assert!(ledger.transactions.story(TRACE).milestones().is_empty());
        }
    }

    #[test]
    fn a_correlation_id_is_a_transaction_until_a_line_ties_it_to_a_trace() {
        assert_eq!(listed(&ledger(&[ORDERED])), [("order-1".to_owned(), 1, 0)]);
        for lines in [[ORDERED, TIED], [TIED, ORDERED]] {
            let ledger = ledger(&lines);
            assert_eq!(listed(&ledger), [(TRACE.to_owned(), 2, 0)]);
            assert_eq!(ledger.transactions.story("order-1").members.len(), 2);
        }
    }

    #[test]
    fn what_is_settled_joins_the_transactions_of_its_delivery_alone() {
        let mut transactions = ledger(&[TIMEOUT, REPORT]).transactions;
        let whole = transactions.story(TRACE).into_owned();
        transactions.settle(&["a-1".to_owned()].into());
        assert!(transactions.loose.is_empty());
        assert_eq!(*transactions.story(TRACE), whole);
    }

    #[test]
    fn ties_of_ties_are_not_followed() {
        let ledger = ledger(&[ORDERED, TIED, OTHER]);
        let transactions = &ledger.transactions;
        let milestones = |id: &str| transactions.story(id).milestones().len();
        assert_eq!((milestones(TRACE), milestones("1-6a52d530-0000000000000000000000ff")), (1, 1));
        assert_eq!(transactions.story(TRACE).members.len(), 2);
        assert_eq!(transactions.story("order-1").members.len(), 3);
    }
}
