//! A transaction in the forms that tracing systems take: invocations become spans, too.
//!
//! - [`otlp`]: OpenTelemetry's protocol as JSON
//! - [`jaeger`]: what the user interface of Jaeger takes as a file

pub mod jaeger;
pub mod otlp;

use lamplight_logs::SpanKind;
use serde_json::{Value, json};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::transaction::waterfall::{Row, Work, waterfall};
use crate::transaction::{Member, MemberKey, Note, TraceSpan, Transaction};

/// A piece of work in the words that both forms share.
struct Exported<'t> {
    span_id: String,
    parent_id: Option<String>,
    name: &'t str,
    service: &'t str,
    kind: SpanKind,
    start_us: i64,
    end_us: i64,
    failed: bool,
    attributes: Vec<(&'static str, Value)>,
    /// Milestones and failures: when in milliseconds since the epoch, and in which words.
    events: Vec<(i64, &'static str, &'t str)>,
}

/// The 32 hexadecimal digits of a trace's id; of an id of another form, the digits of its hash.
fn trace_digits(trace_id: &str) -> String {
    let digits: String = trace_id.strip_prefix("1-").unwrap_or(trace_id).replace('-', "").to_ascii_lowercase();
    if digits.len() == 32 && is_hex(&digits) { digits } else { format!("{:032x}", xxh3_128(trace_id.as_bytes())) }
}

/// The 16 hexadecimal digits of a span's id, likewise.
fn span_digits(span_id: &str) -> String {
    let digits = span_id.to_ascii_lowercase();
    if digits.len() == 16 && is_hex(&digits) { digits } else { format!("{:016x}", xxh3_64(span_id.as_bytes())) }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn exported(transaction: &Transaction) -> Vec<Exported<'_>> {
    let rows = waterfall(transaction);
    rows.iter()
        .map(|row| {
            let parent_id = row.parent.map(|parent| id_of(&rows[parent].work));
            match row.work {
                Work::Invocation(key, member) => of_member(key, member, row, parent_id),
                Work::Span(span) => of_span(span, row, parent_id),
            }
        })
        .collect()
}

fn id_of(work: &Work<'_>) -> String {
    match work {
        Work::Invocation(key, _) => {
            format!("{:016x}", xxh3_64(format!("{}#{}", key.function, key.request_id).as_bytes()))
        }
        Work::Span(span) => span_digits(&span.span_id),
    }
}

fn of_member<'t>(key: &'t MemberKey, member: &'t Member, row: &Row<'_>, parent_id: Option<String>) -> Exported<'t> {
    let report = member.report.as_ref();
    let known = |name, value: Option<u64>| value.map(|value| (name, json!(value)));
    let mut attributes = vec![
        ("faas.name", json!(key.function.function)),
        ("cloud.account.id", json!(key.function.account)),
        ("cloud.region", json!(key.function.region)),
    ];
    if !key.request_id.is_empty() {
        attributes.push(("faas.invocation_id", json!(key.request_id)));
    }
    if let Some(report) = report {
        attributes.push(("faas.coldstart", json!(report.init_us.is_some())));
        attributes.extend(known("lamplight.memory_mb", report.memory_mb));
        attributes.extend(known("lamplight.max_memory_mb", report.max_memory_mb));
        attributes.extend(report.status.as_ref().map(|status| ("lamplight.status", json!(status))));
    }
    let milestones = member.milestones.iter().map(|(at_ms, name)| (*at_ms, "milestone", name.as_str()));
    let failures = member.notes.iter().map(|note: &Note| (note.at_ms, "exception", note.text.as_str()));
    Exported {
        span_id: id_of(&row.work),
        parent_id,
        name: &key.function.function,
        service: &key.function.function,
        kind: SpanKind::Server,
        start_us: row.start_us,
        end_us: row.end_us,
        failed: !member.errors.is_empty(),
        attributes,
        events: milestones.chain(failures).collect(),
    }
}

fn of_span<'t>(span: &'t TraceSpan, row: &Row<'_>, parent_id: Option<String>) -> Exported<'t> {
    let mut attributes = Vec::new();
    attributes.extend(span.http_status.map(|status| ("http.response.status_code", json!(status))));
    attributes.extend(span.remote_service.as_ref().map(|name| ("peer.service", json!(name))));
    attributes.extend(span.remote_operation.as_ref().map(|name| ("aws.remote.operation", json!(name))));
    attributes.extend(span.request_id.as_ref().map(|id| ("faas.invocation_id", json!(id))));
    Exported {
        span_id: span_digits(&span.span_id),
        // One that is not known here may be known to whoever reads this.
        parent_id: parent_id.or_else(|| span.parent_id.as_deref().map(span_digits)),
        name: &span.name,
        service: &span.service,
        kind: span.kind,
        start_us: row.start_us,
        end_us: row.end_us,
        failed: span.failed(),
        attributes,
        events: Vec::new(),
    }
}
