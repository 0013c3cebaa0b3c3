//! A span: `{"traceId":"…","spanId":"…","name":"…","startTimeUnixNano":…,"endTimeUnixNano":…,"status":{…}}`
//!
//! The group `aws/spans` has one a line, and OpenTelemetry's exporters print them. Attributes are members of an object,
//! or elements of an array as in OpenTelemetry's protocol (`{"key":"rpc.service","value":{"stringValue":"S3"}}`).
//! Sources: X-Ray developer guide, "Transaction Search"; OTLP specification, "JSON Protobuf Encoding"; OpenTelemetry
//! semantic conventions; AWS Application Signals for `aws.remote.*`.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::attributes::each_attribute;
use super::structured::Structured;
use crate::fact::{Fact, Kind};
use crate::json::{Json, Reader, members};
use crate::span::{SpanFact, SpanKind};
use crate::text::request_id;
use crate::trace::{parent_span_id, span_id};

/// The names of what was called, the best first.
const REMOTE_SERVICES: [&str; 10] = [
    "aws.remote.service",
    "peer.service",
    "rpc.service",
    "db.system.name",
    "db.system",
    "messaging.destination.name",
    "messaging.system",
    "server.address",
    "net.peer.name",
    "http.host",
];

/// The names of what was asked of it, the best first.
const REMOTE_OPERATIONS: [&str; 8] = [
    "aws.remote.operation",
    "rpc.method",
    "db.operation.name",
    "db.operation",
    "messaging.operation.name",
    "messaging.operation",
    "http.request.method",
    "http.method",
];

/// The fact of a span that stands in a line of its own.
pub(super) fn fact<'a>(object: Structured<'a>, json: Json<'a>) -> Fact<'a> {
    fact_of(object, json, SpanReader::default())
}

/// The fact of a span: what it belongs to. Its status is the service's, and raises nothing of its own. `read` is what
/// is known of it before it is read.
pub(super) fn fact_of<'a>(object: Structured<'a>, json: Json<'a>, mut read: SpanReader<'a>) -> Fact<'a> {
    members(json, |key, value| read.take(key, value));
    let mut fact = Fact::new(Kind::Span, "span");
    fact.trace_id = object.trace_id;
    fact.segment_id = object.span_id.map(span_id);
    fact.service = object.service.or(read.service);
    fact.correlation_id = object.correlation_id;
    fact.milestone = object.milestone;
    fact.request_id = read.request_id.or(object.request_id).map(request_id);
    fact.function_arn = read.function_arn;
    fact.function_name = read.function_name.or_else(|| fact.service.clone());
    let of_call = read.span.kind.is_call();
    fact.span = Some(Box::new(SpanFact {
        remote_service: read.remote_service.filter(|_| of_call).map(|(_, name)| name),
        remote_operation: read.remote_operation.filter(|_| of_call).map(|(_, name)| name),
        ..read.span
    }));
    fact
}

/// A name with its rank among those that may stand for the same; a lower one is better.
type Ranked<'a> = Option<(usize, Cow<'a, str>)>;

/// What the members of a span say, and before them those of what made it.
#[derive(Clone, Default)]
pub(super) struct SpanReader<'a> {
    span: SpanFact<'a>,
    request_id: Option<Cow<'a, str>>,
    function_arn: Option<Cow<'a, str>>,
    function_name: Option<Cow<'a, str>>,
    service: Option<Cow<'a, str>>,
    remote_service: Ranked<'a>,
    remote_operation: Ranked<'a>,
}

impl<'a> SpanReader<'a> {
    /// Takes a member in.
    pub(super) fn take(&mut self, key: &str, value: &mut Reader<'a>) {
        let span = &mut self.span;
        match key {
            "name" => span.name = value.text(),
            "kind" => {
                span.kind = match value.integer() {
                    Some(number) => usize::try_from(number)
                        .ok()
                        .and_then(|number| SpanKind::ALL.get(number))
                        .copied()
                        .unwrap_or_default(),
                    None => value.text().map(|word| SpanKind::from_word(&word)).unwrap_or_default(),
                }
            }
            "parentSpanId" | "parent_span_id" | "parent_id" => {
                span.parent_id = value.text_or_digits().and_then(parent_span_id);
            }
            "startTimeUnixNano" => span.start_us = microseconds(value),
            "endTimeUnixNano" => span.end_us = microseconds(value),
            "start_time" => span.start_us = value.text().and_then(|text| of_calendar(&text)),
            "end_time" => span.end_us = value.text().and_then(|text| of_calendar(&text)),
            "status" => drop(value.members(|key, value| {
                if matches!(key, "code" | "status_code") {
                    let word = value.text_or_digits().unwrap_or_default();
                    span.is_error = matches!(&*word, "ERROR" | "STATUS_CODE_ERROR" | "Error" | "2");
                }
            })),
            "attributes" => self.take_attributes(value),
            "resource" => drop(value.members(|key, value| {
                if key == "attributes" {
                    self.take_attributes(value);
                }
            })),
            _ => {}
        }
    }

    fn take_attributes(&mut self, attributes: &mut Reader<'a>) {
        each_attribute(attributes, |name, said| self.take_attribute(name, said));
    }

    fn take_attribute(&mut self, key: &str, value: Cow<'a, str>) {
        match key {
            "http.response.status_code" | "http.status_code" => self.span.http_status = value.parse().ok(),
            "faas.invocation_id" | "faas.execution" => self.request_id = Some(value),
            "service.name" => self.service = Some(value),
            "faas.name" => self.function_name = Some(value),
            "cloud.resource_id" | "faas.id" | "aws.lambda.invoked_arn" => {
                if value.contains(":lambda:") {
                    self.function_arn = Some(value);
                }
            }
            _ => {
                let is_service = REMOTE_SERVICES.contains(&key);
                let (known, names) = match is_service {
                    true => (&mut self.remote_service, &REMOTE_SERVICES[..]),
                    false => (&mut self.remote_operation, &REMOTE_OPERATIONS[..]),
                };
                rank(known, names, key, value);
            }
        }
    }
}

/// Takes a name if it is better than the one that is known.
fn rank<'a>(known: &mut Ranked<'a>, names: &[&str], key: &str, value: Cow<'a, str>) {
    if let Some(rank) = names.iter().position(|name| *name == key)
        && known.as_ref().is_none_or(|(other, _)| rank < *other)
    {
        *known = Some((rank, value));
    }
}

/// Nanoseconds since the epoch, as a number or as a string, which holds more digits than most libraries' numbers.
fn microseconds(value: &mut Reader<'_>) -> Option<i64> {
    let numeral = value.text_or_digits()?;
    let nanoseconds = numeral.parse().ok().or_else(|| of_double(&numeral))?;
    (nanoseconds > 0).then_some(nanoseconds / 1000)
}

/// The whole part of a number with a point or an exponent.
fn of_double(numeral: &str) -> Option<i64> {
    let value = numeral.parse::<f64>().ok().filter(|value| (0.0..9.2e18).contains(value))?;
    #[allow(clippy::cast_possible_truncation, reason = "it is less than the largest")]
    Some(value as i64)
}

fn of_calendar(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1000).ok().filter(|at_us| *at_us > 0)
}

#[cfg(test)]
mod tests {
    use crate::recognise;
    use crate::source::Source;
    use crate::span::{SpanFact, SpanKind};

    #[test]
    fn a_span_is_read_in_the_forms_of_its_exporters() {
        let expected = SpanFact {
            parent_id: Some("00f067aa0ba902b7".into()),
            name: Some("S3.PutObject".into()),
            kind: SpanKind::Client,
            start_us: Some(1_778_401_864_123_456),
            end_us: Some(1_778_401_864_223_456),
            is_error: true,
            http_status: Some(503),
            remote_service: Some("AWS::S3".into()),
            remote_operation: Some("PutObject".into()),
        };
        for line in [
            r#"{"resource":{"attributes":{"faas.name":"crane","cloud.resource_id":"arn:aws:lambda:eu-west-1:1:function:crane"}},"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"53995c3f42cd8ad8","parentSpanId":"00f067aa0ba902b7","name":"S3.PutObject","kind":"CLIENT","startTimeUnixNano":1778401864123456789,"endTimeUnixNano":1778401864223456789,"attributes":{"rpc.service":"S3","aws.remote.service":"AWS::S3","aws.remote.operation":"PutObject","http.response.status_code":503,"faas.invocation_id":"a-1"},"status":{"code":"ERROR"}}"#,
            r#"{"resource":{"attributes":[{"key":"faas.name","value":{"stringValue":"crane"}}]},"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"53995c3f42cd8ad8","parentSpanId":"00f067aa0ba902b7","name":"S3.PutObject","kind":3,"startTimeUnixNano":"1778401864123456789","endTimeUnixNano":"1778401864223456789","attributes":[{"key":"aws.remote.service","value":{"stringValue":"AWS::S3"}},{"key":"rpc.method","value":{"stringValue":"PutObject"}},{"key":"http.status_code","value":{"intValue":"503"}},{"key":"faas.invocation_id","value":{"stringValue":"a-1"}}],"status":{"code":2}}"#,
            r#"{"name":"S3.PutObject","context":{"trace_id":"0x4bf92f3577b34da6a3ce929d0e0e4736","span_id":"53995c3f42cd8ad8","trace_state":"[]"},"kind":"SpanKind.CLIENT","parent_id":"00f067aa0ba902b7","start_time":"2026-05-10T08:31:04.123456Z","end_time":"2026-05-10T08:31:04.223456Z","status":{"status_code":"ERROR"},"attributes":{"peer.service":"AWS::S3","rpc.method":"PutObject","http.status_code":503,"faas.execution":"a-1"},"events":[],"resource":{"attributes":{"faas.name":"crane"}}}"#,
        ] {
            let fact = recognise(line, &Source::default());
            assert_eq!(fact.trace_id.as_deref(), Some("1-4bf92f35-77b34da6a3ce929d0e0e4736"), "{line}");
            assert_eq!(
                (fact.segment_id.as_deref(), fact.request_id.as_deref()),
                (Some("53995c3f42cd8ad8"), Some("a-1"))
            );
            assert_eq!(fact.function_name.as_deref(), Some("crane"));
            assert_eq!(fact.span.as_deref(), Some(&expected), "{line}");
        }
    }

    #[test]
    fn who_answers_a_call_names_no_remote_service() {
        let line = r#"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"a","kind":"SERVER","endTimeUnixNano":0,"attributes":{"server.address":"shop.example","http.request.method":"GET"}}"#;
        let span = recognise(line, &Source::default()).span.unwrap();
        assert_eq!((span.kind, span.remote_service, span.end_us), (SpanKind::Server, None, None));
    }

    #[test]
    fn ids_have_one_spelling() {
        for (id, parent) in [
            ("53995C3F42CD8AD8", "00F067AA0BA902B7"),
            ("0x53995c3f42cd8ad8", "0x00f067aa0ba902b7"),
            ("U5lcP0LNitg=", "APBnqgupArc="),
        ] {
            let line = format!(
                r#"{{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"{id}","parentSpanId":"{parent}","endTimeUnixNano":1,"attributes":{{"faas.invocation_id":"8B9E7C2A-3a44-4a7e-9d2a-7f5f3c1c0a01"}}}}"#
            );
            let fact = recognise(&line, &Source::default());
            assert_eq!(fact.segment_id.as_deref(), Some("53995c3f42cd8ad8"), "{line}");
            assert_eq!(fact.span.unwrap().parent_id.as_deref(), Some("00f067aa0ba902b7"), "{line}");
            assert_eq!(fact.request_id.as_deref(), Some("8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01"), "{line}");
        }
        for parent in ["0000000000000000", "0x0000000000000000", "AAAAAAAAAAA=", ""] {
            let line = format!(r#"{{"traceId":"t-1","spanId":"a","parentSpanId":"{parent}","endTimeUnixNano":1}}"#);
            assert_eq!(recognise(&line, &Source::default()).span.unwrap().parent_id, None, "{line}");
        }
    }

    #[test]
    fn times_are_read_as_every_number_is_written() {
        for (written, us) in [
            ("1778401864123456789", Some(1_778_401_864_123_456)),
            ("\"1778401864123456789\"", Some(1_778_401_864_123_456)),
            ("1.778401864e+18", Some(1_778_401_864_000_000)),
            ("1778401864000000000.0", Some(1_778_401_864_000_000)),
            ("\"1.778401864E18\"", Some(1_778_401_864_000_000)),
            ("1e40", None),
            ("-1.5e18", None),
            ("0.0", None),
            ("\"NaN\"", None),
            ("null", None),
        ] {
            let line = format!(r#"{{"traceId":"t-1","spanId":"a","startTimeUnixNano":{written},"endTimeUnixNano":1}}"#);
            assert_eq!(recognise(&line, &Source::default()).span.unwrap().start_us, us, "{line}");
        }
    }

    #[test]
    fn an_event_that_has_an_end_is_no_span() {
        let line = r#"{"level":"ERROR","trace_id":"t-1","span_id":"s-1","end_time":"2026-05-10T08:31:04Z"}"#;
        assert_eq!(recognise(line, &Source::default()).span, None);
    }
}
