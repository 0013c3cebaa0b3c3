//! OpenTelemetry's protocol as JSON: ids in hexadecimal digits, kinds and statuses as numbers, times as strings of
//! nanoseconds. Source: OTLP specification, "JSON Protobuf Encoding".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Exported, exported, trace_digits};
use crate::transaction::Transaction;

/// A transaction as the body of a request to `/v1/traces`.
#[must_use]
pub fn request(trace_id: &str, transaction: &Transaction) -> Value {
    let trace_digits = trace_digits(trace_id);
    let mut services: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for work in exported(transaction) {
        services.entry(work.service).or_default().push(span(&work, trace_id, &trace_digits));
    }
    let resources = services.into_iter().map(|(service, spans)| {
        json!({
            "resource": {"attributes": [attribute("service.name", &json!(service))]},
            "scopeSpans": [{"scope": {"name": "lamplight"}, "spans": spans}],
        })
    });
    json!({"resourceSpans": resources.collect::<Vec<_>>()})
}

fn span(work: &Exported<'_>, trace_id: &str, trace_digits: &str) -> Value {
    let mut attributes: Vec<_> = work.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    attributes.push(attribute("lamplight.trace_id", &json!(trace_id)));
    let events = work.events.iter().map(|(at_us, name, text)| {
        let key = if *name == "exception" { "exception.message" } else { "lamplight.milestone" };
        let said = (!text.is_empty()).then(|| attribute(key, &json!(text)));
        json!({"timeUnixNano": nanoseconds(*at_us), "name": name, "attributes": said.as_slice()})
    });
    let mut span = json!({
        "traceId": trace_digits,
        "spanId": work.span_id,
        "name": work.name,
        "kind": work.kind as u8,
        "startTimeUnixNano": nanoseconds(work.start_us),
        "endTimeUnixNano": nanoseconds(work.end_us),
        "attributes": attributes,
        "events": events.collect::<Vec<_>>(),
        "status": {"code": if work.failed { 2 } else { 0 }},
    });
    if let Some(parent_id) = &work.parent_id {
        span["parentSpanId"] = json!(parent_id);
    }
    span
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        other => json!({"stringValue": other}),
    };
    json!({"key": name, "value": value})
}

fn nanoseconds(us: i64) -> String {
    (i128::from(us) * 1000).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::jaeger;
    use crate::ledger::{ErrorLogs, Ledger};
    use lamplight_logs::{Delivery, LogEvent, Source};

    const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";

    fn transaction() -> Transaction {
        let lines = [
            "REPORT RequestId: a-1\tDuration: 1200.00 ms\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c\tSegmentId: 07f5",
            "2026-11-20T08:47:12.345Z a-1 Task timed out after 3.00 seconds",
            r#"{"traceId":"6a52d5300ba60ad2785ec2ae7971737c","spanId":"53995c3f42cd8ad8","parentSpanId":"00f067aa0ba902b7","name":"S3.PutObject","kind":"CLIENT","startTimeUnixNano":"1795164432000123456","endTimeUnixNano":"1795164432100123456","attributes":{"rpc.service":"S3","rpc.method":"PutObject","http.response.status_code":503,"faas.invocation_id":"a-1"}}"#,
        ];
        let events = lines.into_iter().enumerate().map(|(i, line)| LogEvent {
            id: i.to_string().into(),
            timestamp: 1_795_164_432_345,
            message: line.into(),
        });
        let source = Source { log_group: Some("/aws/lambda/crane".into()), ..Source::default() };
        let mut ledger = Ledger::default();
        let delivery = Delivery { is_data: true, source, events: events.collect(), unreadable: 0 };
        ledger.add_delivery(&delivery, ErrorLogs::Raise);
        ledger.transactions.story(TRACE).into_owned()
    }

    #[test]
    fn the_shape_is_that_of_the_protocol() {
        let request = request(TRACE, &transaction());
        let resource = &request["resourceSpans"][0];
        assert_eq!(
            resource["resource"]["attributes"][0],
            json!({"key": "service.name", "value": {"stringValue": "crane"}})
        );
        let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
        let (invocation, call) = (&spans[0], &spans[1]);
        assert_eq!(
            (&invocation["traceId"], &invocation["kind"]),
            (&json!("6a52d5300ba60ad2785ec2ae7971737c"), &json!(2))
        );
        assert_eq!((&invocation["status"]["code"], invocation.get("parentSpanId")), (&json!(2), None));
        assert_eq!(invocation["events"][0]["name"], "exception");
        assert_eq!((&call["spanId"], &call["parentSpanId"]), (&json!("53995c3f42cd8ad8"), &invocation["spanId"]));
        assert_eq!(call["startTimeUnixNano"], "1795164432000123000");
        assert_eq!((&call["kind"], &call["status"]["code"]), (&json!(3), &json!(2)));
        assert_eq!(call["attributes"][0], json!({"key": "http.response.status_code", "value": {"intValue": "503"}}));
    }

    #[test]
    fn the_file_of_jaeger_has_processes_and_references() {
        let file = jaeger::file(TRACE, &transaction());
        let trace = &file["data"][0];
        assert_eq!(trace["traceID"], "6a52d5300ba60ad2785ec2ae7971737c");
        assert_eq!(trace["processes"]["p1"]["serviceName"], "crane");
        let (invocation, call) = (&trace["spans"][0], &trace["spans"][1]);
        assert_eq!((&invocation["processID"], &invocation["references"]), (&json!("p1"), &json!([])));
        assert_eq!((&call["startTime"], &call["duration"]), (&json!(1_795_164_432_000_123_i64), &json!(100_000)));
        assert_eq!(
            call["references"][0],
            json!({"refType": "CHILD_OF", "traceID": trace["traceID"], "spanID": invocation["spanID"]})
        );
        let tags = call["tags"].as_array().unwrap();
        assert!(tags.contains(&json!({"key": "error", "type": "bool", "value": true})));
        assert_eq!(invocation["logs"][0]["fields"][0]["key"], "event");
    }

    #[test]
    fn ids_of_other_forms_become_digits() {
        let request = request("order-4711", &transaction());
        let span = &request["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"].as_str().map(str::len), Some(32));
    }
}
