//! A transaction in the forms that tracing systems take: invocations become spans, too.
//!
//! - [`otlp`]: OpenTelemetry's protocol as JSON
//! - [`jaeger`]: what the user interface of Jaeger takes as a file

pub mod jaeger;
pub mod otlp;

use std::collections::{BTreeMap, BTreeSet};

use lamplight_logs::{SpanKind, parent_span_id, span_id, xray_trace_id};
use serde_json::{Value, json};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::transaction::waterfall::{Row, Work, waterfall};
use crate::transaction::{Member, MemberKey, Note, TraceSpan, Transaction};

/// The last time, in microseconds, that Jaeger's user interface, which is written in JavaScript, counts exactly. In
/// nanoseconds it has room in 64 bits, too.
const LATEST_US: i64 = (1 << 53) - 1;

/// The name of a piece of work that has none.
const NO_NAME: &str = "span";

/// What OpenTelemetry calls a service that has no name.
const NO_SERVICE: &str = "unknown_service";

/// A piece of work in the words that both forms share. Times are in microseconds since the epoch.
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
    /// Milestones and failures: when, and in which words.
    events: Vec<(i64, &'static str, &'t str)>,
}

/// The 32 hexadecimal digits of a trace's id; of an id of another form, the digits of its hash.
fn trace_digits(trace_id: &str) -> String {
    let id = xray_trace_id(trace_id.into());
    let digits = id.strip_prefix("1-").unwrap_or(&id).replace('-', "").to_ascii_lowercase();
    if is_id(&digits, 32) { digits } else { format!("{:032x}", xxh3_128(trace_id.as_bytes())) }
}

/// The 16 hexadecimal digits of a span's id, likewise.
fn span_digits(id: &str) -> String {
    let digits = span_id(id.into());
    if is_id(&digits, 16) { digits.into_owned() } else { hashed(id) }
}

fn hashed(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Both forms take only zeros for no id.
fn is_id(digits: &str, length: usize) -> bool {
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && !is_zero
}

/// A time that both forms have. Jaeger's user interface leaves out what began at zero.
fn time_us(us: i64) -> i64 {
    us.clamp(1, LATEST_US)
}

/// Every piece of work once, though its id is written in two ways, and none within itself.
fn exported(transaction: &Transaction) -> Vec<Exported<'_>> {
    let rows = waterfall(transaction);
    let mut parents: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut works = Vec::new();
    for row in &rows {
        let span_id = id_of(&row.work);
        if parents.contains_key(&span_id) {
            continue;
        }
        let closes_circle =
            |id: &String| *id == span_id || named.contains(&span_id) && is_within(id, &span_id, &parents);
        let parent_id = parent_of(row, &rows).filter(|id| !closes_circle(id));
        named.extend(parent_id.clone());
        parents.insert(span_id.clone(), parent_id.clone());
        works.push(match row.work {
            Work::Invocation(key, member) => of_member(key, member, row, span_id, parent_id),
            Work::Span(span) => of_span(span, row, span_id, parent_id),
        });
    }
    works
}

fn is_within(id: &str, other: &str, parents: &BTreeMap<String, Option<String>>) -> bool {
    let mut around = Some(id);
    while let Some(id) = around.filter(|id| *id != other) {
        around = parents.get(id).and_then(Option::as_deref);
    }
    around.is_some()
}

/// The digits of the work within which a row stands. One that is not known here may be known to whoever reads this.
fn parent_of(row: &Row<'_>, rows: &[Row<'_>]) -> Option<String> {
    let named = match row.work {
        Work::Invocation(..) => None,
        Work::Span(span) => span.parent_id.as_deref().and_then(|id| parent_span_id(id.into())),
    };
    row.parent.map(|parent| id_of(&rows[parent].work)).or_else(|| named.map(|id| span_digits(&id)))
}

fn id_of(work: &Work<'_>) -> String {
    match work {
        Work::Invocation(MemberKey { function, request_id }, _) => hashed(&format!("{function}#{request_id}")),
        Work::Span(span) => span_digits(&span.span_id),
    }
}

/// A name that says something, else what stands for one.
fn name_or<'t>(name: &'t str, other: &'t str) -> &'t str {
    if name.trim().is_empty() { other } else { name }
}

fn of_member<'t>(
    key: &'t MemberKey,
    member: &'t Member,
    row: &Row<'_>,
    span_id: String,
    parent_id: Option<String>,
) -> Exported<'t> {
    let function = &*key.function;
    let mut attributes = Vec::new();
    add_text(&mut attributes, "faas.name", Some(&function.function));
    add_text(&mut attributes, "cloud.account.id", Some(&function.account));
    add_text(&mut attributes, "cloud.region", Some(&function.region));
    add_text(&mut attributes, "faas.invocation_id", Some(&*key.request_id));
    if let Some(report) = &member.report {
        attributes.push(("faas.coldstart", json!(report.init_us.is_some())));
        add_number(&mut attributes, "lamplight.memory_mb", report.memory_mb);
        add_number(&mut attributes, "lamplight.max_memory_mb", report.max_memory_mb);
        add_text(&mut attributes, "lamplight.status", report.status.as_deref());
    }
    let milestones = member.milestones.iter().map(|(at_ms, name)| (*at_ms, "milestone", name.as_str()));
    let failures = member.notes.iter().map(|note: &Note| (note.at_ms, "exception", note.text.as_str()));
    let events = milestones.chain(failures);
    Exported {
        span_id,
        parent_id,
        name: name_or(&function.function, NO_NAME),
        service: name_or(&function.function, NO_SERVICE),
        kind: SpanKind::Server,
        start_us: time_us(row.start_us),
        end_us: time_us(row.end_us),
        failed: !member.errors.is_empty(),
        attributes,
        events: events.map(|(at_ms, name, text)| (time_us(at_ms.saturating_mul(1000)), name, text)).collect(),
    }
}

fn of_span<'t>(span: &'t TraceSpan, row: &Row<'_>, span_id: String, parent_id: Option<String>) -> Exported<'t> {
    let mut attributes = Vec::new();
    add_number(&mut attributes, "http.response.status_code", span.http_status.map(u64::from));
    add_text(&mut attributes, "peer.service", span.remote_service.as_deref());
    add_text(&mut attributes, "aws.remote.operation", span.remote_operation.as_deref());
    add_text(&mut attributes, "faas.invocation_id", span.request_id.as_deref());
    Exported {
        span_id,
        parent_id,
        name: name_or(&span.name, NO_NAME),
        service: name_or(&span.service, NO_SERVICE),
        kind: span.kind,
        start_us: time_us(row.start_us),
        end_us: time_us(row.end_us),
        failed: span.failed(),
        attributes,
        events: Vec::new(),
    }
}

fn add_text(attributes: &mut Vec<(&'static str, Value)>, name: &'static str, text: Option<&str>) {
    attributes.extend(text.filter(|text| !text.is_empty()).map(|text| (name, json!(text))));
}

fn add_number(attributes: &mut Vec<(&'static str, Value)>, name: &'static str, number: Option<u64>) {
    attributes.extend(number.map(|number| (name, json!(number))));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: Option<&str>) -> TraceSpan {
        TraceSpan {
            start_us: 5,
            span_id: id.to_owned(),
            end_us: 9,
            parent_id: parent.map(str::to_owned),
            name: "charge".to_owned(),
            kind: SpanKind::Client,
            service: "loom".to_owned(),
            request_id: None,
            is_error: false,
            http_status: None,
            remote_service: None,
            remote_operation: None,
        }
    }

    fn of(spans: impl IntoIterator<Item = TraceSpan>) -> Transaction {
        Transaction { spans: spans.into_iter().collect(), ..Transaction::default() }
    }

    fn parents(spans: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        let transaction = of(spans.iter().map(|(id, parent)| span(id, *parent)));
        exported(&transaction).into_iter().map(|work| (work.span_id, work.parent_id)).collect()
    }

    #[test]
    fn every_form_of_a_trace_has_the_same_digits() {
        for id in [
            "1-6a52d530-0ba60ad2785ec2ae7971737c",
            "6A52D5300BA60AD2785EC2AE7971737C",
            "0x6a52d5300ba60ad2785ec2ae7971737c",
            "00-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
            "6a52d530-0ba6-0ad2-785e-c2ae7971737c",
        ] {
            assert_eq!(trace_digits(id), "6a52d5300ba60ad2785ec2ae7971737c", "{id}");
        }
        for id in ["order-4711", "", "00000000000000000000000000000000"] {
            assert!(is_id(&trace_digits(id), 32), "{id}");
        }
    }

    #[test]
    fn only_zeros_are_no_span_and_no_parent() {
        for id in ["", "0000000000000000", "0x0000000000000000", "AAAAAAAAAAA="] {
            assert!(is_id(&span_digits(id), 16), "{id}");
            assert_eq!(parents(&[("53995c3f42cd8ad8", Some(id))]), [("53995c3f42cd8ad8".to_owned(), None)], "{id}");
        }
        let parent = parents(&[("53995c3f42cd8ad8", Some("00F067AA0BA902B7"))]);
        assert_eq!(parent, [("53995c3f42cd8ad8".to_owned(), Some("00f067aa0ba902b7".to_owned()))]);
        assert_eq!(parents(&[("U5lcP0LNitg=", Some("APBnqgupArc="))]), parent);
    }

    #[test]
    fn none_stands_within_itself() {
        let (a, b, c) = ("53995c3f42cd8ada", "53995c3f42cd8adb", "53995c3f42cd8adc");
        let upper = a.to_uppercase();
        assert_eq!(parents(&[(a, Some(a))]), [(a.to_owned(), None)]);
        assert_eq!(parents(&[(a, Some(&upper))]), [(a.to_owned(), None)]);
        let circle = parents(&[(a, Some(b)), (b, Some(c)), (c, Some(a))]);
        assert_eq!(circle.iter().filter(|(_, parent)| parent.is_none()).count(), 1);
        let circle = parents(&[(a, Some(b)), (&upper, None), (b, Some(&upper))]);
        assert_eq!(circle, [(a.to_owned(), None), (b.to_owned(), Some(a.to_owned()))]);
    }

    #[test]
    fn times_have_room_and_nothing_begins_at_zero() {
        let transaction = of([TraceSpan { start_us: i64::MIN, end_us: i64::MAX, ..span("a", None) }]);
        let work = &exported(&transaction)[0];
        assert_eq!((work.start_us, work.end_us), (1, LATEST_US));
        let json = jaeger::file("t", &transaction);
        assert_eq!(json["data"][0]["spans"][0]["duration"], LATEST_US - 1);
    }

    #[test]
    fn what_is_empty_is_left_out_or_has_a_name() {
        let empty = || Some(String::new());
        let nameless = TraceSpan {
            name: " ".to_owned(),
            service: String::new(),
            kind: SpanKind::Unspecified,
            remote_service: empty(),
            remote_operation: empty(),
            request_id: empty(),
            ..span("a", None)
        };
        let transaction = of([nameless]);
        let work = &exported(&transaction)[0];
        assert_eq!((work.name, work.service, &*work.attributes), ("span", "unknown_service", &[][..]));
        let json = jaeger::file("t", &transaction);
        assert_eq!(json["data"][0]["spans"][0]["tags"], json!([]));
    }
}
