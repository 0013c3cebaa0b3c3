//! Transactions for the tests of maps.

use std::sync::Arc;

use lamplight_logs::SpanKind;

use super::{Map, Traffic};
use crate::function::FunctionKey;
use crate::transaction::smallest::Smallest;
use crate::transaction::{Member, MemberKey, TraceSpan, Transaction};

/// 2026-11-20T08:40:00Z.
pub(super) const START_MS: i64 = 1_795_164_000_000;

/// What a function did from one time to another, in milliseconds after the start.
pub(super) fn member(function: &str, request_id: &str, from_ms: i64, to_ms: i64) -> (MemberKey, Member) {
    let function = FunctionKey { account: "1".into(), region: "r".into(), function: function.into() };
    let member = Member {
        first_ms: START_MS + from_ms,
        last_ms: START_MS + to_ms,
        report: None,
        other_tries: Smallest::default(),
        milestones: Smallest::default(),
        later: std::collections::BTreeMap::new(),
        errors: Smallest::default(),
        notes: Smallest::default(),
        labels: Smallest::default(),
    };
    (MemberKey { function: Arc::new(function), request_id: request_id.into() }, member)
}

/// The same, with an event that told of a failure.
pub(super) fn failed((key, member): (MemberKey, Member)) -> (MemberKey, Member) {
    (key, Member { errors: [1].into_iter().collect(), ..member })
}

/// A call of a service to one that it names, of two milliseconds from the start on.
pub(super) fn call(id: &str, parent: Option<&str>, service: &str, remote: &str) -> TraceSpan {
    TraceSpan {
        start_us: START_MS * 1000,
        span_id: id.to_owned(),
        end_us: START_MS * 1000 + 2_000,
        parent_id: parent.map(str::to_owned),
        name: "GET /".to_owned(),
        kind: SpanKind::Client,
        service: service.to_owned(),
        request_id: None,
        is_error: false,
        http_status: None,
        remote_service: Some(remote.to_owned()),
        remote_operation: None,
    }
}

/// The work of a service within a span.
pub(super) fn work(id: &str, parent: Option<&str>, service: &str, kind: SpanKind) -> TraceSpan {
    TraceSpan { kind, remote_service: None, ..call(id, parent, service, "") }
}

/// The same, of an invocation.
pub(super) fn in_request(span: TraceSpan, request_id: &str) -> TraceSpan {
    TraceSpan { request_id: Some(request_id.to_owned()), ..span }
}

/// A transaction of these.
pub(super) fn story(members: &[(MemberKey, Member)], spans: &[TraceSpan]) -> Transaction {
    let mut story = Transaction { spans: spans.iter().cloned().collect(), ..Transaction::default() };
    members.iter().cloned().for_each(|(key, member)| story.add(key, member));
    story
}

/// `from → to` for what is observed, `from ⇢ to` for what is inferred, each with its calls and errors.
pub(super) fn edges(map: &Map) -> Vec<String> {
    let edges = map.edges().into_iter().map(|(edge, hours)| {
        let arrow = if edge.inferred { '⇢' } else { '→' };
        let sum = |count: fn(&Traffic) -> u64| hours.values().map(count).sum::<u64>();
        format!("{} {arrow} {} {}/{}", edge.from, edge.to, sum(|hour| hour.errors), sum(|hour| hour.calls))
    });
    edges.collect()
}
