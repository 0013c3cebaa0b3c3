//! A transaction as programs read it.

use serde::Serialize;

use super::time_text;
use crate::time::UNKNOWN_MS;
use crate::transaction::waterfall::{Row, Work, calls, waterfall};
use crate::transaction::{Member, MemberKey, TraceSpan, Transaction};

/// What belongs to one trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransactionSummary {
    /// The trace's id, or a correlation id that no line ties to a trace.
    pub trace_id: String,
    /// `failed` if any event of it told of a failure, else `ok`.
    pub status: &'static str,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// From its first to its last known time.
    pub duration_ms: i64,
    /// Its functions in the order of their first appearance.
    pub functions: Vec<String>,
    /// The points that it reached.
    pub milestones: Vec<MilestoneSummary>,
    /// How many events of it told of a failure.
    pub errors: usize,
    /// The correlation ids that lines name beside the trace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub correlation_ids: Vec<String>,
    /// The traces that lines name beside the correlation id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace_ids: Vec<String>,
    /// Its invocations in the order of their beginnings.
    pub members: Vec<MemberSummary>,
    /// Its spans in the order of the waterfall: those within a span follow it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<SpanSummary>,
    /// What was asked of other services, the longest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallsSummary>,
}

/// A point that a transaction reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct MilestoneSummary {
    pub name: String,
    pub function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// An invocation in a transaction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct MemberSummary {
    pub account: String,
    pub region: String,
    pub function: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// As the platform measured it, else from the first to the last known time; of several tries, the longest.
    pub duration_ms: f64,
    /// How often it was tried under the same request id, if more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<usize>,
    /// The initialisation or restore that it waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory_mb: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How many events told of a failure.
    pub errors: usize,
    /// The words of the first failures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailureSummary>,
    /// Names and values by which it can be found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelSummary>,
}

/// An event that told of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FailureSummary {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream: Option<String>,
}

/// A name and a value by which a transaction can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LabelSummary {
    pub name: String,
    pub value: String,
}

/// A span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SpanSummary {
    pub span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    pub name: String,
    pub kind: &'static str,
    pub service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    pub duration_ms: f64,
    /// The part of it in which no span within it was under way.
    pub own_ms: f64,
    pub failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_operation: Option<String>,
}

/// What was asked of another service.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CallsSummary {
    pub service: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    pub count: u64,
    pub failed: u64,
    /// The time of all calls together.
    pub duration_ms: f64,
}

impl TransactionSummary {
    /// What is known of a trace.
    #[must_use]
    pub fn of(trace_id: &str, transaction: &Transaction) -> Self {
        let transaction = &transaction.gathered();
        let errors = transaction.errors();
        let milestones = transaction.milestones().into_iter().map(|(at, name, function)| MilestoneSummary {
            name: name.to_owned(),
            function: function.to_owned(),
            at: time_text(at),
        });
        let rows = waterfall(transaction);
        let mut members: Vec<_> = transaction.members.iter().collect();
        members.sort_by_key(|(_, member)| (member.first_ms, member.last_ms));
        let members = members.into_iter().map(|(key, member)| MemberSummary::of(key, member));
        let spans = rows.iter().filter_map(|row| match row.work {
            Work::Invocation(..) => None,
            Work::Span(span) => Some(SpanSummary::of(span, row)),
        });
        let mut calls: Vec<_> = calls(transaction).into_iter().collect();
        calls.sort_by_key(|(_, calls)| -calls.duration_us);
        let calls = calls.into_iter().map(|((service, operation), calls)| CallsSummary {
            service: service.to_owned(),
            operation: operation.to_owned(),
            count: calls.count,
            failed: calls.failed,
            duration_ms: milliseconds(calls.duration_us),
        });
        Self {
            trace_id: trace_id.to_owned(),
            status: if errors > 0 { "failed" } else { "ok" },
            started_at: time_text(transaction.started_ms()),
            duration_ms: transaction.duration_ms(),
            functions: transaction.functions().into_iter().map(str::to_owned).collect(),
            milestones: milestones.collect(),
            errors,
            correlation_ids: transaction.correlations.iter().cloned().collect(),
            trace_ids: transaction.traces.iter().cloned().collect(),
            members: members.collect(),
            spans: spans.collect(),
            calls: calls.collect(),
        }
    }
}

impl MemberSummary {
    fn of(key: &MemberKey, member: &Member) -> Self {
        let report = member.report.as_ref();
        let failures = member.notes.iter().map(|note| FailureSummary {
            kind: note.kind.name(),
            at: time_text(note.at_ms),
            message: note.text.clone(),
            log_group: note.log_group.clone(),
            log_stream: note.log_stream.clone(),
        });
        let labels = member.labels.iter();
        let labels = labels.map(|(name, value)| LabelSummary { name: name.clone(), value: value.clone() });
        #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
        let in_ms = |us: u64| us as f64 / 1000.0;
        Self {
            account: key.function.account.clone(),
            region: key.function.region.clone(),
            function: key.function.function.clone(),
            request_id: key.request_id.to_string(),
            started_at: time_text(member.first_ms),
            duration_ms: in_ms(member.duration_us()),
            tries: Some(member.tries()).filter(|tries| *tries > 1),
            init_ms: report.and_then(|report| report.init_us).map(in_ms),
            memory_mb: report.and_then(|report| report.memory_mb),
            max_memory_mb: report.and_then(|report| report.max_memory_mb),
            status: report.and_then(|report| report.status.clone()),
            errors: member.errors.len(),
            failures: failures.collect(),
            labels: labels.collect(),
        }
    }
}

impl SpanSummary {
    fn of(span: &TraceSpan, row: &Row<'_>) -> Self {
        Self {
            span_id: span.span_id.clone(),
            parent_id: span.parent_id.clone(),
            name: span.name.clone(),
            kind: span.kind.name(),
            service: span.service.clone(),
            started_at: time_text((span.start_us / 1000).max(UNKNOWN_MS)),
            duration_ms: milliseconds(row.duration_us()),
            own_ms: milliseconds(row.own_us),
            failed: span.failed(),
            http_status: span.http_status,
            remote_service: span.remote_service.clone(),
            remote_operation: span.remote_operation.clone(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
fn milliseconds(us: i64) -> f64 {
    us as f64 / 1000.0
}
