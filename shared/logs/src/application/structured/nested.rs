//! The objects in which libraries keep ids, attributes and errors: `"dd":{"trace_id":…}`, `"error":{"name":…}`

use super::{Rank, Structured};
use crate::application::attributes::each_attribute;
use crate::application::names::{Id, ends_like_correlation};
use crate::json::Reader;
use crate::trace::{known, trace_id};

impl<'a> Structured<'a> {
    pub(super) fn take_nested(&mut self, key: &str, value: &mut Reader<'a>) {
        match key {
            "error" | "thrown" | "err" => self.take_error(value),
            "attributes" | "Attributes" => self.take_attributes(value),
            "resource" | "Resource" => self.take_resource(value),
            "span" => self.take_span(value),
            "spans" => drop(value.elements(|span| self.take_outer_span(span))),
            "fields" | "log" | "trace" | "dd" | "context" => self.take_parts(key, value),
            "_aws" => self.take_metrics(value),
            "lamplight" => self.take_purpose(value),
            _ => {}
        }
    }

    /// The ids that custom formatters keep in an object of their own.
    pub(super) fn take_correlations(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match Id::named(key) {
            Some(id) => self.take_id(id, value),
            None if ends_like_correlation(key) && self.correlation_id.is_none() => self.take_correlation(value),
            None => {}
        });
    }

    /// The service, or an object with its name.
    pub(super) fn take_service(&mut self, value: &mut Reader<'a>) {
        let is_object = value.members(|key, value| {
            if key == "name" {
                self.service = value.text();
            }
        });
        if !is_object {
            self.service = value.text();
        }
    }

    /// An error as Powertools, log4j2 and others nest it: `{"name": …, "message": …}`.
    fn take_error(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "name" | "type" => self.error_type = self.error_type.take().or_else(|| value.text()),
            "message" => self.error_message = self.error_message.take().or_else(|| value.text()),
            _ => {}
        });
    }

    /// A span of Rust's `tracing` with what Lambda's runtime says of the invocation, or an id alone.
    fn take_span(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "requestId" => self.request_id = self.request_id.take().or_else(|| value.text()),
            "xrayTraceId" => self.take_trace(value),
            "id" => self.span_id = self.span_id.take().or_else(|| value.text_or_digits()),
            _ => {}
        });
    }

    /// One of the spans around an event of Rust's `tracing`. Other libraries have lists of this name, too.
    fn take_outer_span(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "requestId" => self.take_id(Id::PerhapsRequest, value),
            "xrayTraceId" => self.take_trace(value),
            _ => {}
        });
    }

    /// A resource with its attributes as OpenTelemetry's protocol nests them, or as its data model has them.
    fn take_resource(&mut self, value: &mut Reader<'a>) {
        value.members(|key, value| match key {
            "attributes" | "Attributes" => self.take_attributes(value),
            "service.name" => self.service = self.service.take().or_else(|| value.text()),
            _ => {}
        });
    }

    fn take_parts(&mut self, parent: &str, value: &mut Reader<'a>) {
        value.members(|key, value| match (parent, key) {
            ("fields", "message") => self.take_message(value),
            ("log", "level") => self.take_level(value),
            ("trace", "id") | ("dd", "trace_id") => self.take_trace(value),
            ("dd", "span_id") => self.span_id = self.span_id.take().or_else(|| value.text_or_digits()),
            ("dd", "service") => self.service = self.service.take().or_else(|| value.text()),
            ("context", "trace_id" | "traceId") => {
                self.has_context = true;
                self.take_trace(value);
            }
            ("context", "span_id" | "spanId") => self.span_id = value.text(),
            _ => {}
        });
    }

    fn take_attributes(&mut self, attributes: &mut Reader<'a>) {
        each_attribute(attributes, |name, said| {
            let (slot, said) = match name {
                "service.name" => (&mut self.service, Some(said)),
                "exception.type" => (&mut self.error_type, Some(said)),
                "exception.message" => (&mut self.error_message, Some(said)),
                "milestone" | "Milestone" => (&mut self.milestone, Some(said)),
                _ if Id::named(name) == Some(Id::Correlation) => (&mut self.correlation_id, known(said)),
                _ => return,
            };
            *slot = slot.take().or(said);
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
                    self.is_of_ranked(id, Rank::Purpose);
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
}

#[cfg(test)]
mod tests {
    use crate::fact::Detection;
    use crate::level::Level;
    use crate::recognise;
    use crate::source::Source;

    const REQUEST: &str = "8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01";

    #[test]
    fn the_spans_around_an_event_of_rust_name_its_invocation() {
        let outer = r#"{"name":"Lambda runtime invoke","requestId":"8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01","xrayTraceId":"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Sampled=1"}"#;
        for line in [
            format!(
                r#"{{"level":"ERROR","fields":{{"message":"no"}},"span":{{"name":"pay"}},"spans":[{outer},{{"name":"pay"}}]}}"#
            ),
            format!(r#"{{"level":"ERROR","fields":{{"message":"no"}},"spans":[{{"name":"pay"}},7,{outer}]}}"#),
            format!(r#"{{"level":"ERROR","fields":{{"message":"no"}},"span":{outer},"spans":[{outer}]}}"#),
        ] {
            let fact = recognise(&line, &Source::default());
            assert_eq!(fact.request_id.as_deref(), Some(REQUEST), "{line}");
            assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"), "{line}");
            assert_eq!(
                (fact.detection, fact.error_message.as_deref()),
                (Some(Detection::ErrorLog), Some("no")),
                "{line}"
            );
        }
        let others = r#"{"level":"INFO","spans":[{"id":"a1","requestId":"1123","trace_id":"t-1"}]}"#;
        let fact = recognise(others, &Source::default());
        assert_eq!((fact.segment_id, fact.request_id, fact.trace_id), (None, None, None));
    }

    #[test]
    fn correlation_ids_of_an_object_are_read_from_every_name() {
        for name in [
            "correlation_id",
            "correlationID",
            "CorrelationId",
            "X-Correlation-ID",
            "x_correlation_id",
            "x-shop-correlation-id",
            "shopCorrelationId",
            "SHOP_CORRELATION_ID",
        ] {
            let line = format!(r#"{{"level":"INFO","correlationIds":{{"userId":"u-1","{name}":"c-1"}}}}"#);
            assert_eq!(recognise(&line, &Source::default()).correlation_id.as_deref(), Some("c-1"), "{name}");
        }
        for ids in [
            r#""parentCorrelationId":"p-1","correlationId":"c-1""#,
            r#""correlationId":"c-1","parentCorrelationId":"p-1""#,
        ] {
            let line = format!(r#"{{"level":"INFO","correlationIds":{{{ids}}}}}"#);
            assert_eq!(recognise(&line, &Source::default()).correlation_id.as_deref(), Some("c-1"), "{ids}");
        }
        let outside = r#"{"level":"INFO","shopCorrelationId":"c-1"}"#;
        assert_eq!(recognise(outside, &Source::default()).correlation_id, None);
    }

    #[test]
    fn level_and_service_may_stand_in_objects() {
        let line = r#"{"log":{"level":"ERROR","logger":"shop"},"service":{"version":"2","name":"pay"},"message":"no"}"#;
        let fact = recognise(line, &Source::default());
        assert_eq!((fact.level, fact.service.as_deref()), (Some(Level::Error), Some("pay")));
        let other = recognise(r#"{"log":"ERROR","service":"pay"}"#, &Source::default());
        assert_eq!((other.level, other.service.as_deref()), (None, Some("pay")));
    }
}
