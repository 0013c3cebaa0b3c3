//! A span: `{"traceId":"…","spanId":"…","name":"…","startTimeUnixNano":…,"endTimeUnixNano":…,"status":{…}}`
//!
//! The group `aws/spans` has one a line, and OpenTelemetry's exporters print them. Attributes are members of an object,
//! or elements of an array as in OpenTelemetry's protocol (`{"key":"rpc.service","value":{"stringValue":"S3"}}`).
//! Sources: X-Ray developer guide, "Transaction Search"; OTLP specification, "JSON Protobuf Encoding"; OpenTelemetry
//! semantic conventions; AWS Application Signals for `aws.remote.*`.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::structured::Structured;
use crate::fact::{Fact, Kind};
use crate::json::{Json, Reader, members};
use crate::span::{SpanFact, SpanKind};

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
    fact.segment_id = object.span_id;
    fact.service = object.service.or(read.service);
    fact.correlation_id = object.correlation_id;
    fact.milestone = object.milestone;
    fact.request_id = read.request_id.or(object.request_id);
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
            "parentSpanId" | "parent_span_id" | "parent_id" => span.parent_id = value.text(),
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
        if attributes.members(|key, value| self.take_attribute(key, value.text_or_digits())) {
            return;
        }
        attributes.elements(|element| {
            let (mut name, mut said) = (None, None);
            element.members(|key, value| match key {
                "key" => name = value.text(),
                "value" => drop(value.members(|_, value| said = value.text_or_digits())),
                _ => {}
            });
            if let Some(name) = name {
                self.take_attribute(&name, said);
            }
        });
    }

    fn take_attribute(&mut self, key: &str, value: Option<Cow<'a, str>>) {
        let Some(value) = value else { return };
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
    let nanoseconds = match value.integer() {
        Some(number) => number,
        None => value.text()?.parse().ok()?,
    };
    (nanoseconds > 0).then_some(nanoseconds / 1000)
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
    fn an_event_that_has_an_end_is_no_span() {
        let line = r#"{"level":"ERROR","trace_id":"t-1","span_id":"s-1","end_time":"2026-05-10T08:31:04Z"}"#;
        assert_eq!(recognise(line, &Source::default()).span, None);
    }
}
