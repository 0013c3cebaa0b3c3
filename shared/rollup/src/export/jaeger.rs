//! What the user interface of Jaeger takes as a file: `{"data":[{"traceID","spans":[…],"processes":{…}}]}`, with times in
//! microseconds. Source: jaegertracing/jaeger, `model/json/model.go`.

use std::collections::BTreeMap;

use lamplight_logs::SpanKind;
use serde_json::{Value, json};

use super::{Exported, exported, trace_digits};
use crate::transaction::Transaction;

/// A transaction as a file for Jaeger.
#[must_use]
pub fn file(trace_id: &str, transaction: &Transaction) -> Value {
    let trace_digits = trace_digits(trace_id);
    let works = exported(transaction);
    let mut processes: BTreeMap<&str, String> = BTreeMap::new();
    for work in &works {
        let name = format!("p{}", processes.len() + 1);
        processes.entry(work.service).or_insert(name);
    }
    let spans: Vec<_> = works.iter().map(|work| span(work, &trace_digits, &processes[work.service])).collect();
    let processes: serde_json::Map<_, _> =
        processes.into_iter().map(|(service, name)| (name, json!({"serviceName": service, "tags": []}))).collect();
    json!({"data": [{"traceID": trace_digits, "spans": spans, "processes": processes}]})
}

fn span(work: &Exported<'_>, trace_digits: &str, process: &str) -> Value {
    let mut tags: Vec<_> = work.attributes.iter().map(|(name, value)| tag(name, value)).collect();
    if work.kind != SpanKind::Unspecified {
        tags.push(tag("span.kind", &json!(work.kind.name())));
    }
    if work.failed {
        tags.push(tag("error", &json!(true)));
    }
    let references = work.parent_id.iter();
    let references = references.map(|id| json!({"refType": "CHILD_OF", "traceID": trace_digits, "spanID": id}));
    let logs = work.events.iter().map(|(at_us, name, text)| {
        let mut fields = vec![tag("event", &json!(name))];
        fields.extend((!text.is_empty()).then(|| tag("message", &json!(text))));
        json!({"timestamp": at_us, "fields": fields})
    });
    json!({
        "traceID": trace_digits,
        "spanID": work.span_id,
        "operationName": work.name,
        "references": references.collect::<Vec<_>>(),
        "startTime": work.start_us,
        "duration": work.end_us - work.start_us,
        "tags": tags,
        "logs": logs.collect::<Vec<_>>(),
        "processID": process,
    })
}

fn tag(name: &str, value: &Value) -> Value {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "int64",
        _ => "string",
    };
    json!({"key": name, "type": kind, "value": value})
}
