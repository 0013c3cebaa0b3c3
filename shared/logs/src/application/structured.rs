//! Structured events: `{"level":"INFO","message":"order placed","service":"shop","xray_trace_id":"1-…"}`
//!
//! The members of many logging libraries (Powertools, pino, log4j2, OpenTelemetry, Serilog, `tracing` …) are read
//! for what they mean. Among them are the exceptions that runtimes write in JSON mode:
//!
//! - Python: `log_level` (not `level`), `errorType`, `stackTrace`
//! - Node.js: a `message` that is an object with `errorType`
//! - Ruby: an `errorType` that is wrapped, `Function<TypeError>`
//! - Rust: `fields.message` that says that the handler panicked

mod inner;
mod nested;
mod telling;

use std::borrow::Cow;

use super::names::Id;
use crate::json::{Json, Reader, members, members_of_cut};
use crate::level::Level;
use crate::platform::record::Record;
use crate::text::is_request_id;
use crate::trace::{TraceId, known};

/// How an object names the end of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum End {
    /// It does not.
    #[default]
    Unknown,
    /// As a time that other objects may have, too.
    Told,
    /// As a number of nanoseconds.
    Exact,
}

/// Which of several traces that an object names is its own. The later ones go before the earlier ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// One in any form: the first.
    #[default]
    Named,
    /// One that is written as X-Ray writes it: the platform's lines name that.
    Xray,
    /// One of which the application says on purpose that this is part of it.
    Purpose,
}

/// What the members of an object say.
#[derive(Debug, Default)]
pub(super) struct Structured<'a> {
    pub(super) has_members: bool,
    /// The documents in whose messages this one stands.
    documents_around: u8,
    /// What the object or the document says that its message is.
    inner: Option<Box<Structured<'a>>>,
    pub(super) is_metric: bool,
    pub(super) execution_arn: bool,
    /// Whether it holds spans, as OpenTelemetry's protocol has them.
    pub(super) has_spans: bool,
    pub(super) event_type: Option<Cow<'a, str>>,
    pub(super) record: Option<Record<'a>>,
    pub(super) trace_id: Option<Cow<'a, str>>,
    pub(super) span_id: Option<Cow<'a, str>>,
    pub(super) service: Option<Cow<'a, str>>,
    pub(super) level: Option<Level>,
    pub(super) has_python_level: bool,
    pub(super) request_id: Option<Cow<'a, str>>,
    span_end: End,
    /// Whether the ids stand in an object of their own, as in a span that is printed.
    has_context: bool,
    trace_rank: Rank,
    message: Option<Cow<'a, str>>,
    message_error: bool,
    pub(super) correlation_id: Option<Cow<'a, str>>,
    pub(super) milestone: Option<Cow<'a, str>>,
    error_type: Option<Cow<'a, str>>,
    error_message: Option<Cow<'a, str>>,
    has_stack: bool,
    /// Whether the application raises an issue on purpose.
    is_raised: bool,
    function_arn: Option<Cow<'a, str>>,
    function_name: Option<Cow<'a, str>>,
}

impl<'a> Structured<'a> {
    /// Reads an object; false if the text is not one whole object.
    pub(super) fn read(&mut self, json: Json<'a>) -> bool {
        let is_object = members(json, |key, value| self.take(key, value));
        self.settle();
        is_object
    }

    /// Reads the whole members of an object that was cut; false if the text is something else.
    pub(super) fn read_cut(&mut self, text: &'a str) -> bool {
        let is_cut = members_of_cut(text, |key, value| self.take(key, value));
        self.settle();
        is_cut
    }

    /// Whether it has what every span has.
    pub(super) const fn is_span(&self) -> bool {
        let has_end = match self.span_end {
            End::Unknown => false,
            End::Told => self.has_context && self.level.is_none(),
            End::Exact => true,
        };
        has_end && self.trace_id.is_some() && self.span_id.is_some()
    }

    fn take(&mut self, key: &str, value: &mut Reader<'a>) {
        self.has_members = true;
        match key {
            "level" | "Level" | "severity" | "Severity" | "log.level" | "@l" | "severityText" | "severity_text"
            | "SeverityText" | "sLevel" => self.take_level(value),
            "log_level" => {
                self.has_python_level = true;
                self.take_level(value);
            }
            "severityNumber" | "severity_number" | "SeverityNumber" => {
                let level = value.number().and_then(Level::from_opentelemetry);
                self.level = self.level.or(level);
            }
            "message" | "Message" | "msg" | "@mt" => self.take_message(value),
            "body" | "Body" => self.take_body(value),
            "event" if self.message.is_none() => self.message = value.text(),
            "correlationIds" | "CorrelationIds" => self.take_correlations(value),
            "service" | "Service" | "service.name" => self.take_service(value),
            "milestone" | "Milestone" => self.milestone = value.text(),
            "errorType" | "exception_name" | "exception.type" | "error_type" => {
                self.error_type = self.error_type.take().or_else(|| value.text());
            }
            "errorMessage" | "exception.message" | "error_message" => {
                self.error_message = value.text().filter(|text| text != "-");
            }
            "stackTrace" | "stack" => self.has_stack = value.is_array() || value.text().is_some(),
            "function_arn" | "functionArn" | "FunctionArn" => self.function_arn = value.text(),
            "function_name" | "functionName" | "FunctionName" => self.function_name = value.text(),
            "type" => self.event_type = value.text(),
            "record" => self.record.insert(Record::default()).read(value),
            "execution_arn" => self.execution_arn = true,
            "resourceSpans" | "scopeSpans" => self.has_spans = value.is_array(),
            "endTimeUnixNano" | "end_time" => self.span_end = if key == "end_time" { End::Told } else { End::Exact },
            _ => match Id::named(key) {
                Some(id) => self.take_id(id, value),
                None => self.take_nested(key, value),
            },
        }
    }

    fn take_id(&mut self, id: Id, value: &mut Reader<'a>) {
        match id {
            Id::Request => self.request_id = value.text(),
            Id::PerhapsRequest => {
                let id = value.text().filter(|id| is_request_id(id));
                self.request_id = self.request_id.take().or(id);
            }
            Id::Trace => self.take_trace(value),
            Id::B3 => self.is_of(value.text().and_then(|header| TraceId::of_b3(&header))),
            Id::Span => self.span_id = value.text_or_digits(),
            Id::Correlation => self.take_correlation(value),
        }
    }

    fn take_trace(&mut self, value: &mut Reader<'a>) {
        self.is_of(value.text_or_digits().and_then(TraceId::read));
    }

    fn is_of(&mut self, trace: Option<TraceId<'a>>) {
        if let Some(trace) = trace {
            self.is_of_ranked(trace.id, if trace.is_xray { Rank::Xray } else { Rank::Named });
        }
    }

    fn is_of_ranked(&mut self, id: Cow<'a, str>, rank: Rank) {
        if self.trace_id.is_none() || rank > self.trace_rank {
            self.trace_id = Some(id);
            self.trace_rank = rank;
        }
    }

    fn take_correlation(&mut self, value: &mut Reader<'a>) {
        let id = value.text_or_digits().and_then(known);
        self.correlation_id = id.or(self.correlation_id.take());
    }

    fn take_level(&mut self, value: &mut Reader<'a>) {
        let level = match value.number() {
            Some(number) => Level::from_pino(number),
            None => value.text().and_then(|word| Level::from_word(word.trim())),
        };
        self.level = self.level.or(level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Detection, Fact};
    use crate::recognise;
    use crate::source::Source;

    fn read(line: &str) -> Fact<'_> {
        recognise(line, &Source::default())
    }

    #[test]
    fn ids_service_and_milestone_are_read_from_every_spelling() {
        let request = "3f1c2b1a-1111-4222-8333-444455556666";
        for line in [
            format!(
                r#"{{"level":"INFO","function_request_id":"{request}","service":"pay","correlation_id":"c-1","milestone":"PAID","xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}}"#
            ),
            format!(
                r#"{{"Level":"Information","FunctionRequestId":"{request}","Service":"pay","CorrelationId":"c-1","Milestone":"PAID","XRayTraceId":"1-6a52d530-0ba60ad2785ec2ae7971737c"}}"#
            ),
            format!(
                r#"{{"level":30,"requestId":"{request}","service.name":"pay","x-correlation-id":"c-1","milestone":"PAID","traceparent":"00-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01"}}"#
            ),
            format!(
                r#"{{"severityNumber":9,"service":"pay","milestone":"PAID","correlationIds":{{"awsRequestId":"{request}","correlationId":"c-1","xRayTraceId":"1-6a52d530-0ba60ad2785ec2ae7971737c"}}}}"#
            ),
        ] {
            let fact = read(&line);
            assert_eq!((fact.level, fact.service.as_deref()), (Some(Level::Info), Some("pay")), "{line}");
            assert_eq!(
                (fact.request_id.as_deref(), fact.correlation_id.as_deref()),
                (Some(request), Some("c-1")),
                "{line}"
            );
            assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"), "{line}");
            assert_eq!((fact.milestone.as_deref(), fact.detection), (Some("PAID"), None), "{line}");
        }
    }

    #[test]
    fn ids_of_other_tracers_are_read_and_placeholders_are_not() {
        let trace = Some("1-6a52d530-0ba60ad2785ec2ae7971737c");
        for (line, trace_id, span_id) in [
            (r#"{"level":"INFO","b3":"6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-1"}"#, trace, None),
            (r#"{"X-B3-TraceId":"463ac35c9f6413ad","X-B3-SpanId":"a1"}"#, Some("463ac35c9f6413ad"), Some("a1")),
            (r#"{"trace":{"id":"6a52d5300ba60ad2785ec2ae7971737c"},"span":{"id":"a1"}}"#, trace, Some("a1")),
            (r#"{"otelTraceID":"6a52d5300ba60ad2785ec2ae7971737c","otelSpanID":"a1"}"#, trace, Some("a1")),
            (r#"{"otelTraceID":"0","trace_id":"00000000000000000000000000000000","xray_trace_id":"N/A"}"#, None, None),
            (
                r#"{"dd.trace_id":"3172564172058669914","X-Amzn-Trace-Id":"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Sampled=1"}"#,
                trace,
                None,
            ),
            (r#"{"dd":{"trace_id":3172564172058669914,"span_id":"7"}}"#, Some("3172564172058669914"), Some("7")),
            (
                r#"{"xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c","lamplight":{"trace_id":"order-1"}}"#,
                Some("order-1"),
                None,
            ),
            (
                r#"{"lamplight":{"trace_id":"order-1"},"xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}"#,
                Some("order-1"),
                None,
            ),
        ] {
            let fact = read(line);
            assert_eq!((fact.trace_id.as_deref(), fact.segment_id.as_deref()), (trace_id, span_id), "{line}");
        }
        for name in ["B3", "X-B3-Traceid", "x-b3-traceId", "X-B3-TraceId", "x-b3-traceid", "b3"] {
            let id = "6a52d5300ba60ad2785ec2ae7971737c";
            let id = if name.eq_ignore_ascii_case("b3") { format!("{id}-00f067aa0ba902b7-1") } else { id.to_owned() };
            assert_eq!(read(&format!(r#"{{"{name}":"{id}"}}"#)).trace_id.as_deref(), trace, "{name}");
        }
        let unset = read(r#"{"level":"INFO","correlation_id":"-","correlationId":"c-1","x-correlation-id":""}"#);
        assert_eq!(unset.correlation_id.as_deref(), Some("c-1"));
    }

    #[test]
    fn of_several_traces_that_in_xrays_form_is_taken_wherever_it_stands() {
        let trace = Some("1-6a52d530-0ba60ad2785ec2ae7971737c");
        let xray = r#""xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c""#;
        let header = r#""X-Amzn-Trace-Id":"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Sampled=1""#;
        for other in [
            r#""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736""#,
            r#""dd":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#,
            r#""traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#,
            r#""b3":"4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7""#,
            r#""trace_id":"Root=4bf92f3577b34da6a3ce929d0e0e4736""#,
        ] {
            for ours in [xray, header] {
                for line in [format!("{{{other},{ours}}}"), format!("{{{ours},{other}}}")] {
                    assert_eq!(read(&line).trace_id.as_deref(), trace, "{line}");
                }
            }
        }
        let first =
            read(r#"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","traceId":"6a52d5300ba60ad2785ec2ae7971737c"}"#);
        assert_eq!(first.trace_id.as_deref(), Some("1-4bf92f35-77b34da6a3ce929d0e0e4736"));
    }

    #[test]
    fn a_request_id_in_capitals_is_the_same() {
        let id = "3f1c2b1a-aaaa-4222-8333-444455556666";
        for line in [
            format!(r#"{{"level":"INFO","requestId":"{}"}}"#, id.to_uppercase()),
            format!(r#"{{"level":"INFO","function_request_id":"{}"}}"#, id.to_uppercase()),
            format!(r#"{{"level":"INFO","correlationIds":{{"awsRequestId":"{}"}}}}"#, id.to_uppercase()),
        ] {
            assert_eq!(read(&line).request_id.as_deref(), Some(id), "{line}");
        }
    }

    #[test]
    fn log_records_of_opentelemetry_are_read_as_every_library_spells_them() {
        let ids = r#""trace_id":"0x6a52d5300ba60ad2785ec2ae7971737c","span_id":"0x53995c3f42cd8ad8""#;
        let model = r#""TraceId":"6a52d5300ba60ad2785ec2ae7971737c","SpanId":"53995c3f42cd8ad8""#;
        let list = r#"[{"key":"correlation_id","value":{"stringValue":"c-1"}},{"key":"milestone","value":{"stringValue":"PAID"}},{"key":"exception.type","value":{"stringValue":"CardError"}},{"key":"exception.message","value":{"stringValue":"boom"}}]"#;
        let object = r#"{"correlation_id":"c-1","milestone":"PAID","exception.type":"CardError"}"#;
        let resource = r#"{"attributes":{"service.name":"pay"}}"#;
        let resource_list = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"pay"}}]}"#;
        for line in [
            format!(
                r#"{{"body":"boom","severity_text":"ERROR","severity_number":17,"attributes":{object},{ids},"resource":{resource}}}"#
            ),
            format!(r#"{{"body":"boom","severity_number":17,"attributes":{object},{ids},"resource":{resource}}}"#),
            format!(r#"{{"Body":"boom","SeverityText":"ERROR","Attributes":{object},{model},"Resource":{resource}}}"#),
            format!(
                r#"{{"Body":"boom","SeverityNumber":17,"Attributes":{object},{model},"Resource":{{"service.name":"pay"}}}}"#
            ),
            format!(
                r#"{{"body":{{"stringValue":"boom"}},"severityNumber":17,"attributes":{list},{model},"resource":{resource_list}}}"#
            ),
        ] {
            let fact = read(&line);
            assert_eq!((fact.level, fact.detection), (Some(Level::Error), Some(Detection::ErrorLog)), "{line}");
            assert_eq!(
                (fact.error_type.as_deref(), fact.error_message.as_deref()),
                (Some("CardError"), Some("boom")),
                "{line}"
            );
            assert_eq!(
                (fact.correlation_id.as_deref(), fact.milestone.as_deref()),
                (Some("c-1"), Some("PAID")),
                "{line}"
            );
            assert_eq!(
                (fact.trace_id.as_deref(), fact.service.as_deref()),
                (Some("1-6a52d530-0ba60ad2785ec2ae7971737c"), Some("pay")),
                "{line}"
            );
            assert!(fact.segment_id.is_some_and(|id| id.ends_with("53995c3f42cd8ad8")), "{line}");
        }
    }
}
