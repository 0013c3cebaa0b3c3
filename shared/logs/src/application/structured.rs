//! Structured events: `{"level":"INFO","message":"order placed","service":"shop","xray_trace_id":"1-…"}`
//!
//! The members of many logging libraries (Powertools, pino, log4j2, OpenTelemetry, Serilog, `tracing` …) are read
//! for what they mean. Among them are the exceptions that runtimes write in JSON mode:
//!
//! - Python: `log_level` (not `level`), `errorType`, `stackTrace`
//! - Node.js: a `message` that is an object with `errorType`
//! - Ruby: an `errorType` that is wrapped, `Function<TypeError>`
//! - Rust: `fields.message` that says that the handler panicked

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::json::{Json, Reader, members, members_of_cut};
use crate::level::Level;
use crate::platform::exit;
use crate::platform::record::Record;
use crate::runtime::{node, ruby, rust};
use crate::text::is_request_id;
use crate::trace::{b3_trace_id, is_xray, known, trace_id};

/// Documents in a string of a document that are read: each is a copy, and nothing sensible has more.
const DOCUMENTS: u8 = 3;

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

/// What the members of an object say.
#[derive(Debug, Default)]
pub(super) struct Structured<'a> {
    pub(super) has_members: bool,
    /// The documents whose strings hold this one.
    documents_around: u8,
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
    /// Whether the application says on purpose what it is part of.
    has_own_trace: bool,
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
        members(json, |key, value| self.take(key, value))
    }

    /// Reads the whole members of an object that was cut; false if the text is something else.
    pub(super) fn read_cut(&mut self, text: &'a str) -> bool {
        members_of_cut(text, |key, value| self.take(key, value))
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
            "level" | "Level" | "severity" | "Severity" | "log.level" | "@l" | "severityText" | "sLevel" => {
                self.take_level(value);
            }
            "log_level" => {
                self.has_python_level = true;
                self.take_level(value);
            }
            "severityNumber" => {
                let level = value.number().and_then(Level::from_opentelemetry);
                self.level = self.level.or(level);
            }
            "message" | "Message" | "msg" | "@mt" | "body" => self.take_message(value),
            "event" if self.message.is_none() => self.message = value.text(),
            "function_request_id"
            | "functionRequestId"
            | "FunctionRequestId"
            | "AWSRequestId"
            | "awsRequestId"
            | "AwsRequestId"
            | "aws-request-id"
            | "aws_request_id" => self.request_id = value.text(),
            // Often a business key, or another service's id: only one of Lambda's form is Lambda's.
            "requestId" | "request_id" | "RequestId" => {
                let id = value.text().filter(|id| is_request_id(id));
                self.request_id = self.request_id.take().or(id);
            }
            "xray_trace_id" | "xRayTraceId" | "XRayTraceId" | "xrayTraceId" | "traceId" | "TraceId" | "traceID"
            | "trace_id" | "trace.id" | "otelTraceID" | "traceparent" | "Traceparent" | "@tr" | "dd.trace_id"
            | "X-B3-TraceId" | "x-b3-traceid" | "X-Amzn-Trace-Id" | "x-amzn-trace-id" => self.take_trace(value),
            "b3" => {
                let id = value.text().and_then(b3_trace_id);
                self.is_of(id);
            }
            "spanId" | "span_id" | "span.id" | "otelSpanID" | "@sp" | "X-B3-SpanId" | "x-b3-spanid" => {
                self.span_id = value.text_or_digits();
            }
            "correlation_id" | "correlationId" | "CorrelationId" | "correlationID" | "correlation-id"
            | "x-correlation-id" | "X-Correlation-Id" | "X-Correlation-ID" | "x_correlation_id" => {
                self.take_correlation(value);
            }
            "correlationIds" | "CorrelationIds" => self.take_inner(value),
            "service" | "Service" | "service.name" => self.service = value.text(),
            "milestone" | "Milestone" => self.milestone = value.text(),
            "errorType" | "exception_name" | "exception.type" | "error_type" => {
                self.error_type = self.error_type.take().or_else(|| value.text());
            }
            "errorMessage" | "exception.message" | "error_message" => {
                self.error_message = value.text().filter(|text| text != "-");
            }
            "stackTrace" | "stack" => self.has_stack = value.is_array() || value.text().is_some(),
            "error" | "thrown" | "err" => self.take_error(value),
            "fields" | "span" | "trace" | "dd" | "resource" | "attributes" | "context" => self.take_nested(key, value),
            "function_arn" | "functionArn" | "FunctionArn" => self.function_arn = value.text(),
            "function_name" | "functionName" | "FunctionName" => self.function_name = value.text(),
            "type" => self.event_type = value.text(),
            "record" => self.record.insert(Record::default()).read(value),
            "execution_arn" => self.execution_arn = true,
            "resourceSpans" | "scopeSpans" => self.has_spans = value.is_array(),
            "endTimeUnixNano" | "end_time" => self.span_end = if key == "end_time" { End::Told } else { End::Exact },
            "_aws" => self.take_metrics(value),
            "lamplight" => self.take_purpose(value),
            _ => {}
        }
    }

    fn take_trace(&mut self, value: &mut Reader<'a>) {
        let id = value.text_or_digits().and_then(trace_id);
        self.is_of(id);
    }

    /// Of several ids the one of X-Ray's form is taken, which the platform's lines name, else the first.
    fn is_of(&mut self, id: Option<Cow<'a, str>>) {
        let Some(id) = id else { return };
        let is_better = match self.trace_id.as_deref() {
            Some(other) => !self.has_own_trace && !is_xray(other) && is_xray(&id),
            None => true,
        };
        if is_better {
            self.trace_id = Some(id);
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

    /// A text, an object with an error (Node.js), or a JSON document in a string (read once more).
    fn take_message(&mut self, value: &mut Reader<'a>) {
        let is_object = value.members(|key, value| match key {
            "errorType" => self.error_type = value.text(),
            "errorMessage" => self.error_message = value.text(),
            "stackTrace" | "stack" => self.message_error = value.is_array(),
            _ => {}
        });
        if is_object {
            return;
        }
        let text = value.text();
        if let Some(inner) = text.as_deref().filter(|text| text.starts_with('{')) {
            self.take_inner_document(inner);
        }
        self.message = self.message.take().or(text);
    }

    fn take_inner_document(&mut self, document: &str) {
        if self.documents_around == DOCUMENTS {
            return;
        }
        let mut inner = Structured { documents_around: self.documents_around + 1, ..Structured::default() };
        if !inner.read(Json::Plain(document)) {
            return;
        }
        self.level = self.level.or(inner.level);
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        self.is_of(own(inner.trace_id));
        self.service = self.service.take().or_else(|| own(inner.service));
        self.correlation_id = self.correlation_id.take().or_else(|| own(inner.correlation_id));
        self.milestone = self.milestone.take().or_else(|| own(inner.milestone));
        self.request_id = self.request_id.take().or_else(|| own(inner.request_id));
        self.message = own(inner.message);
    }

    /// The ids that custom formatters keep in an object of their own.
    fn take_inner(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "awsRequestId" | "AwsRequestId" | "aws_request_id" => self.request_id = value.text(),
            "xRayTraceId" | "XRayTraceId" | "xray_trace_id" => self.take_trace(value),
            "correlationId" | "CorrelationId" | "correlation_id" | "x-correlation-id" => self.take_correlation(value),
            _ => {}
        });
    }

    /// An error as Powertools, log4j2 and others nest it: `{"name": …, "message": …}`.
    fn take_error(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "name" | "type" => self.error_type = self.error_type.take().or_else(|| value.text()),
            "message" => self.error_message = self.error_message.take().or_else(|| value.text()),
            _ => {}
        });
    }

    fn take_nested(&mut self, parent: &str, value: &mut Reader<'a>) {
        value.members(|key, value| match (parent, key) {
            ("fields", "message") => self.take_message(value),
            ("span", "requestId") => self.request_id = self.request_id.take().or_else(|| value.text()),
            ("span", "xrayTraceId") | ("trace", "id") | ("dd", "trace_id") => self.take_trace(value),
            ("span", "id") | ("dd", "span_id") => self.span_id = self.span_id.take().or_else(|| value.text_or_digits()),
            ("context", "trace_id" | "traceId") => {
                self.has_context = true;
                self.take_trace(value);
            }
            ("context", "span_id" | "spanId") => self.span_id = value.text(),
            ("dd", "service") => self.service = self.service.take().or_else(|| value.text()),
            ("resource", "attributes") => self.take_nested("attributes", value),
            ("attributes", "service.name") => self.service = self.service.take().or_else(|| value.text()),
            ("attributes", "exception.type") => self.error_type = value.text(),
            ("attributes", "exception.message") => self.error_message = value.text(),
            _ => {}
        });
    }

    /// What an application says on purpose: `{"lamplight":{"issue":"StockMismatch","message":"…"}}` raises an issue,
    /// `{"lamplight":{"milestone":"ORDER_PLACED"}}` is a point that a transaction has reached.
    fn take_purpose(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "issue" => {
                self.error_type = value.text();
                self.is_raised = self.error_type.is_some();
            }
            "message" => self.error_message = value.text(),
            "milestone" => self.milestone = value.text(),
            "trace_id" => {
                if let Some(id) = value.text_or_digits().and_then(trace_id) {
                    self.trace_id = Some(id);
                    self.has_own_trace = true;
                }
            }
            "correlation_id" => self.take_correlation(value),
            _ => {}
        });
    }

    fn take_metrics(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| {
            self.is_metric |= key == "CloudWatchMetrics" && value.is_array();
        });
    }

    /// The fact of the object, as one of this kind unless it is an exception that the runtime wrote.
    pub(super) fn fact(mut self, kind: Kind) -> Fact<'a> {
        let mut fact = self.unhandled().unwrap_or_else(|| self.handled(kind));
        fact.level = self.level;
        fact.request_id = self.request_id;
        fact.trace_id = self.trace_id;
        fact.segment_id = self.span_id;
        fact.correlation_id = self.correlation_id;
        fact.service = self.service;
        fact.milestone = self.milestone;
        fact.function_arn = self.function_arn;
        fact.function_name = self.function_name;
        fact
    }

    fn unhandled(&mut self) -> Option<Fact<'a>> {
        let is_error = self.level.is_some_and(Level::is_error);
        let is_python = self.has_python_level && self.has_stack && self.error_type.is_some();
        let is_node = self.message_error && self.error_type.is_some();
        if is_error && is_python {
            return Some(node::unhandled(
                self.error_type.take(),
                self.error_message.take(),
                false,
                "python.unhandled_json",
            ));
        }
        if is_error && is_node {
            // While the function is initialised there is no request.
            let in_init = self.request_id.is_none();
            return Some(node::unhandled(
                self.error_type.take(),
                self.error_message.take(),
                in_init,
                "node.unhandled_json",
            ));
        }
        if self.level.is_none() && self.has_stack && self.error_type.as_deref().is_some_and(|name| name.ends_with('>'))
        {
            return ruby::object(self.error_type.clone(), self.error_message.clone());
        }
        if self.message.as_deref() == Some(rust::HANDLER_PANICKED) {
            let fact = Fact::new(Kind::Error, "rust.caught_json").with_error(None, self.message.take());
            return Some(fact.raising(Detection::Exception, Counts::EXCEPTION));
        }
        None
    }

    fn handled(&mut self, kind: Kind) -> Fact<'a> {
        let fact = Fact::new(kind, "structured");
        if self.is_raised {
            let mut fact = fact.with_error(self.error_type.take(), self.error_message.take());
            fact.is_on_purpose = true;
            return fact.raising(Detection::ErrorLog, Counts::NONE);
        }
        if kind == Kind::Structured && self.level.is_some_and(Level::is_error) {
            let message = self.error_message.take().or_else(|| self.message.take());
            return fact.with_error(self.error_type.take(), message).raising(Detection::ErrorLog, Counts::NONE);
        }
        self.callee(fact).with_error(self.error_type.take(), self.error_message.take())
    }

    /// The answer of an invocation that timed out, which its caller printed: the callee's own log counts it.
    fn callee(&mut self, mut fact: Fact<'a>) -> Fact<'a> {
        if self.error_type.as_deref() == Some("Sandbox.Timedout")
            && let Some(Cow::Borrowed(message)) = self.error_message
            && let Some(told) = exit::read(message)
        {
            fact.timeout_s = told.timeout_s;
            self.request_id = told.request_id;
        }
        fact
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let unset = read(r#"{"level":"INFO","correlation_id":"-","correlationId":"c-1","x-correlation-id":""}"#);
        assert_eq!(unset.correlation_id.as_deref(), Some("c-1"));
    }

    #[test]
    fn exceptions_of_runtimes_in_json_mode_count() {
        let python = read(
            r#"{"timestamp":"x","log_level":"ERROR","errorType":"KeyError","errorMessage":"'b'","stackTrace":["f"],"requestId":"3f1c2b1a-1111-4222-8333-444455556666"}"#,
        );
        assert_eq!((python.kind, python.counts), (Kind::Error, Counts::EXCEPTION));
        let node = read(
            r#"{"level":"ERROR","requestId":"3f1c2b1a-1111-4222-8333-444455556666","message":{"errorType":"TypeError","errorMessage":"no","stackTrace":["f"]}}"#,
        );
        assert_eq!(node.counts, Counts::EXCEPTION);
        let node_init = read(
            r#"{"level":"ERROR","message":{"errorType":"ImportModuleError","errorMessage":"no","stackTrace":["f"]}}"#,
        );
        assert_eq!((node_init.counts, node_init.detection), (Counts::NONE, Some(Detection::Configuration)));
        let rust = read(r#"{"level":"ERROR","fields":{"message":"user handler panicked"},"span":{"requestId":"a-1"}}"#);
        assert_eq!((rust.counts, rust.request_id.as_deref()), (Counts::EXCEPTION, Some("a-1")));
    }

    #[test]
    fn handled_errors_are_logs_and_count_nothing() {
        for line in [
            r#"{"level":"ERROR","message":"had an error","errorType":"Exception","errorMessage":"no","stackTrace":["f"]}"#,
            r#"{"level":60,"msg":"cannot reach the bank"}"#,
            r#"{"timestamp":"x","level":"ERROR","message":"{\"level\":\"ERROR\",\"message\":\"no\"}"}"#,
        ] {
            let fact = read(line);
            assert_eq!((fact.detection, fact.counts), (Some(Detection::ErrorLog), Counts::NONE), "{line}");
        }
    }

    #[test]
    fn an_application_can_raise_an_issue_and_reach_a_milestone_on_purpose() {
        let issue = read(r#"{"lamplight":{"issue":"StockMismatch","message":"shelf 12 has -1"},"level":"INFO"}"#);
        assert_eq!((issue.detection, issue.is_on_purpose), (Some(Detection::ErrorLog), true));
        assert_eq!(issue.error_type.as_deref(), Some("StockMismatch"));
        let milestone = read(r#"{"lamplight":{"milestone":"ORDER_PLACED","trace_id":"order-1"}}"#);
        assert_eq!((milestone.detection, milestone.milestone.as_deref()), (None, Some("ORDER_PLACED")));
        assert_eq!(milestone.trace_id.as_deref(), Some("order-1"));
        assert_eq!(read(r#"{"lamplight":{"issue":""}}"#).detection, None);
    }

    #[test]
    fn a_callers_print_of_a_timeout_is_not_the_callees_failure() {
        let fact = read(
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: a-1 Error: Task timed out after 3.00 seconds"}"#,
        );
        assert_eq!((fact.detection, fact.timeout_s, fact.request_id.as_deref()), (None, Some(3.0), Some("a-1")));
    }

    #[test]
    fn members_that_only_sound_like_errors_raise_nothing() {
        for line in [
            r#"{"level":"INFO","errors":0,"error":null,"errorType":"","FAILED":0,"lastError":"ETIMEDOUT"}"#,
            r#"{"level":"INFO","message":"user said: [ERROR] KeyError: 'x'\nTraceback (most recent call last):"}"#,
            r#"{"requestId":"bQXj1gWQoAMESyA=","status":"200","errorMessage":"-"}"#,
            r#"{"level":"INFO","example":"REPORT RequestId: a\tDuration: 3000.00 ms\tStatus: timeout"}"#,
        ] {
            let fact = read(line);
            assert_eq!((fact.detection, fact.counts), (None, Counts::NONE), "{line}");
            assert_eq!(fact.request_id, None, "{line}");
        }
    }
}
