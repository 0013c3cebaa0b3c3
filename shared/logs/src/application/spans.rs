//! Many spans in one line, as OpenTelemetry's protocol has them:
//! `{"resourceSpans":[{"resource":{"attributes":[…]},"scopeSpans":[{"spans":[{"traceId":"…","spanId":"…",…},…]}]}]}`
//!
//! Exporters to standard output print that, or what stands for one resource by itself.
//! Sources: OTLP specification, "JSON Protobuf Encoding"; specification of the "OpenTelemetry Protocol File Exporter";
//! `logging-otlp` of OpenTelemetry for Java.

use super::span::{SpanReader, fact_of};
use super::structured::Structured;
use crate::fact::{Fact, Kind};
use crate::json::{Json, members};

/// The fact of the line: which spans it holds is told by [`spans`].
pub(super) const fn fact<'a>() -> Fact<'a> {
    Fact::new(Kind::Span, "spans")
}

/// The spans of a line that holds many, each with what its resource says; none if the line holds none.
#[must_use]
pub fn spans(text: &str) -> Vec<Fact<'_>> {
    let line = Json::Plain(text.trim());
    let mut facts = Vec::new();
    take_resource(line, &mut facts);
    members(line, |key, value| {
        if key == "resourceSpans" {
            value.elements(|resource| take_resource(Json::Plain(resource.as_it_stands()), &mut facts));
        }
    });
    facts
}

/// Takes the spans of a resource in. They may stand before what is said of it.
fn take_resource<'a>(json: Json<'a>, facts: &mut Vec<Fact<'a>>) {
    let mut resource = SpanReader::default();
    members(json, |key, value| {
        if key == "resource" {
            resource.take(key, value);
        }
    });
    members(json, |key, value| {
        if key == "scopeSpans" {
            value.elements(|scope| {
                scope.members(|key, value| {
                    if key == "spans" {
                        value.elements(|span| facts.extend(read(Json::Plain(span.as_it_stands()), &resource)));
                    }
                });
            });
        }
    });
}

fn read<'a>(json: Json<'a>, resource: &SpanReader<'a>) -> Option<Fact<'a>> {
    let mut object = Structured::default();
    (object.read(json) && object.is_span()).then(|| fact_of(object, json, resource.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise;
    use crate::source::Source;
    use crate::span::SpanKind;

    const RESOURCE: &str = r#""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"harbour"}},{"key":"faas.name","value":{"stringValue":"crane"}}]}"#;

    fn span(id: &str, more: &str) -> String {
        format!(
            r#"{{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"{id}","name":"lift","kind":3,"startTimeUnixNano":"1778401864123456789","endTimeUnixNano":"1778401864223456789"{more}}}"#
        )
    }

    fn ids(line: &str) -> Vec<String> {
        spans(line).into_iter().map(|fact| fact.segment_id.unwrap().into_owned()).collect()
    }

    #[test]
    fn each_span_has_what_its_resource_says() {
        let called = r#","attributes":[{"key":"peer.service","value":{"stringValue":"ships"}}]"#;
        let scopes = format!(
            r#""scopeSpans":[{{"scope":{{"name":"a"}},"spans":[{},{}]}},{{"spans":[{}]}}]"#,
            span("a1", called),
            span("b2", ""),
            span("c3", "")
        );
        for resource in [format!("{{{RESOURCE},{scopes}}}"), format!("{{{scopes},{RESOURCE}}}")] {
            for line in [format!(r#"{{"resourceSpans":[{resource}]}}"#), resource] {
                let fact = recognise(&line, &Source::default());
                assert_eq!((fact.kind, fact.trace_id, fact.span), (Kind::Span, None, None), "{line}");
                let facts = spans(&line);
                assert_eq!(ids(&line), ["a1", "b2", "c3"], "{line}");
                for fact in &facts {
                    assert_eq!(fact.trace_id.as_deref(), Some("1-4bf92f35-77b34da6a3ce929d0e0e4736"));
                    assert_eq!(
                        (fact.service.as_deref(), fact.function_name.as_deref()),
                        (Some("harbour"), Some("crane"))
                    );
                    assert_eq!(fact.span.as_ref().unwrap().kind, SpanKind::Client);
                }
                let called = facts.iter().map(|fact| fact.span.as_ref().unwrap().remote_service.as_deref());
                assert_eq!(called.collect::<Vec<_>>(), [Some("ships"), None, None]);
            }
        }
    }

    #[test]
    fn what_is_no_span_costs_its_neighbours_nothing() {
        let line = format!(
            r#"{{"resourceSpans":[7,{{}},{{"scopeSpans":[{{"spans":[1,{{}},{},{{"traceId":"x"}}]}},null]}},{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
            span("a1", ""),
            span("b2", "")
        );
        assert_eq!(ids(&line), ["a1", "b2"]);
        for line in [r#"{"resourceSpans":[]}"#, r#"{"resourceSpans":{}}"#, "no object", ""] {
            assert_eq!(ids(line), Vec::<String>::new(), "{line}");
        }
    }
}
