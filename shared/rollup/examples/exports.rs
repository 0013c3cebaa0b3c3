//! Prints invented transactions in both forms of their export, one JSON a line: what `tests/exports/run` checks. They are
//! made from log lines, as the program makes them.
#![allow(clippy::print_stdout, reason = "it prints for a program")]

use lamplight_logs::{Delivery, LogEvent, Source};
use lamplight_rollup::export::{jaeger, otlp};
use lamplight_rollup::ledger::{ErrorLogs, Ledger};
use serde_json::{Value, json};

const TRACE: &str = "1-6b0008bc-1e3c7236a84bd2b588e12516";
const AT_MS: i64 = 1_795_164_432_345;
const AT_NS: i64 = AT_MS * 1_000_000;

/// A transaction, and what must be found of it.
struct Case {
    name: String,
    trace_id: String,
    /// Account and function, when, and what was logged.
    lines: Vec<(&'static str, String, i64, String)>,
    /// Its pieces of work.
    works: usize,
    /// Those of them whose parent is not among them.
    strangers: usize,
}

impl Case {
    fn new(name: &str, works: usize) -> Self {
        Self { name: name.to_owned(), trace_id: TRACE.to_owned(), lines: Vec::new(), works, strangers: 0 }
    }

    fn of_trace(mut self, trace_id: &str) -> Self {
        self.trace_id = trace_id.to_owned();
        self
    }

    const fn with_strangers(mut self, strangers: usize) -> Self {
        self.strangers = strangers;
        self
    }

    fn line(self, function: &str, at_ms: i64, line: impl ToString) -> Self {
        self.line_of("210987654321", function, at_ms, line)
    }

    fn line_of(mut self, account: &'static str, function: &str, at_ms: i64, line: impl ToString) -> Self {
        self.lines.push((account, function.to_owned(), at_ms, line.to_string()));
        self
    }

    fn spans(mut self, spans: impl IntoIterator<Item = Value>) -> Self {
        for span in spans {
            self = self.line("loom", AT_MS, span);
        }
        self
    }

    /// Spans of a service that none of the invocations is of, so that these do not stand in for parents.
    fn strange_spans(mut self, spans: impl IntoIterator<Item = Value>) -> Self {
        for mut span in spans {
            span["service"] = json!("grist");
            span["resource"] = json!({});
            span["attributes"] = json!({});
            self = self.line("mill", AT_MS, span);
        }
        self
    }

    fn print(&self) {
        let mut ledger = Ledger::default();
        for (number, (account, function, at_ms, line)) in self.lines.iter().enumerate() {
            let event = LogEvent { id: number.to_string().into(), timestamp: *at_ms, message: line.as_str().into() };
            let source = Source {
                account: Some((*account).into()),
                region: Some("eu-central-1".into()),
                log_group: Some(format!("/aws/lambda/{function}").into()),
                ..Source::default()
            };
            let delivery = Delivery { is_data: true, source, events: vec![event], unreadable: 0 };
            ledger.add_delivery(&delivery, ErrorLogs::Raise);
        }
        let id = lamplight_logs::xray_trace_id(self.trace_id.as_str().into());
        let transaction = ledger.transactions.story(&id);
        let printed = json!({
            "name": self.name,
            "trace_id": self.trace_id,
            "works": self.works,
            "strangers": self.strangers,
            "otlp": otlp::request(&self.trace_id, &transaction),
            "jaeger": jaeger::file(&self.trace_id, &transaction),
        });
        println!("{printed}");
    }
}

/// A span of an invocation that logs nothing else.
fn span(id: &str, parent: Option<&str>) -> Value {
    json!({"traceId": TRACE, "spanId": id, "parentSpanId": parent, "name": "S3.PutObject", "kind": "CLIENT",
        "startTimeUnixNano": AT_NS, "endTimeUnixNano": AT_NS + 4_200_000, "resource": {"attributes": {"faas.name": "loom"}},
        "attributes": {"rpc.service": "S3", "rpc.method": "PutObject", "faas.invocation_id": "a-1"}})
}

/// A span with other values in some of its members.
fn changed(id: &str, parent: Option<&str>, changes: Value) -> Value {
    let mut span = span(id, parent);
    if let Value::Object(changes) = changes {
        for (name, value) in changes {
            span[name] = value;
        }
    }
    span
}

fn report(request_id: &str, more: &str) -> String {
    format!(
        "REPORT RequestId: {request_id}\tDuration: 1200.00 ms\tBilled Duration: 1200 ms\tMemory Size: 512 MB\tMax Memory Used: 93 MB\t{more}XRAY TraceId: {TRACE}\tSegmentId: 07f5\tSampled: true"
    )
}

fn event(trace_id: &str, more: &Value) -> Value {
    let mut event = json!({"level": "INFO", "traceId": trace_id, "function_request_id": "a-1", "message": "packed"});
    if let Value::Object(more) = more {
        for (name, value) in more {
            event[name] = value.clone();
        }
    }
    event
}

fn ordinary() -> Vec<Case> {
    let kinds = ["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER", "SPAN_KIND_CLIENT", "sideways"];
    let of_kind = |(i, kind): (usize, &&str)| changed(&format!("00f067aa0ba902b{i}"), None, json!({"kind": kind}));
    vec![
        Case::new("an order over two functions", 4)
            .line("shop", AT_MS + 1_200, report("b-2", "Init Duration: 210.00 ms\t"))
            .line("loom", AT_MS + 1_200, report("a-1", ""))
            .line("shop", AT_MS, event(TRACE, &json!({"function_request_id": "b-2", "milestone": "ORDER_PLACED"})))
            .line("loom", AT_MS + 9, event(TRACE, &json!({"level": "ERROR", "message": "no yarn"})))
            .spans([span("53995c3f42cd8ad8", None), span("53995c3f42cd8ad9", Some("53995c3f42cd8ad8"))]),
        Case::new("one invocation that says nothing more", 1).line("loom", AT_MS, report("a-1", "")),
        Case::new("an invocation that was tried three times", 1)
            .line("loom", AT_MS, "2026-11-20T08:47:12.345Z a-1 Task timed out after 3.00 seconds")
            .line("loom", AT_MS, report("a-1", "Status: timeout\t"))
            .line("loom", AT_MS + 60_000, report("a-1", "Status: error\tError Type: Runtime.ExitError\t"))
            .line("loom", AT_MS + 180_000, report("a-1", "")),
        Case::new("calls that failed, two of no invocation", 5).spans([
            changed("53995c3f42cd8ad1", None, json!({"status": {"code": "ERROR"}})),
            changed("53995c3f42cd8ad2", None, json!({"attributes": {"http.status_code": 503}})),
            changed("53995c3f42cd8ad3", None, json!({"attributes": {"http.status_code": 0}})),
        ]),
        Case::new("spans of every kind", 8).spans(kinds.iter().enumerate().map(of_kind)),
        Case::new("a thousand milestones and failures", 1).spans(
            (0..1_000)
                .map(|i| event(TRACE, &json!({"level": "ERROR", "milestone": format!("STEP_{i}"), "message": i}))),
        ),
        Case::new("the same function in two accounts", 2)
            .line_of("210987654321", "loom", AT_MS, json!({"traceId": TRACE, "message": "packed"}))
            .line_of("123456789012", "loom", AT_MS, json!({"traceId": TRACE, "message": "packed"})),
        Case::new("nothing", 0),
    ]
}

fn parents() -> Vec<Case> {
    let id = |i: i64| format!("{i:016x}");
    let chain = |count: i64| (1..count).map(move |i| span(&id(i), (i > 1).then(|| id(i - 1)).as_deref()));
    let many = (1..=2_500).map(|i| {
        changed(&id(i), None, json!({"startTimeUnixNano": AT_NS + i * 1_000, "endTimeUnixNano": AT_NS + i * 1_000}))
    });
    let odd = [
        (
            "parents that are none",
            4,
            vec![("1", Some("")), ("2", Some("0000000000000000")), ("3", Some("0x0000000000000000"))],
        ),
        ("a span in itself", 2, vec![("7", Some("7"))]),
        ("a circle of three", 4, vec![("1", Some("2")), ("2", Some("3")), ("3", Some("1"))]),
        ("a circle in two spellings", 3, vec![("a", Some("B")), ("b", Some("A"))]),
        ("a span in itself in two spellings", 2, vec![("a", Some("A"))]),
        ("one span in three spellings", 3, vec![("a", None), ("A", None), ("0xa", None), ("b", Some("A"))]),
        ("a circle through a span in two spellings", 3, vec![("a", Some("b")), ("A", None), ("b", Some("A"))]),
    ];
    // The last digit alone is what they are about.
    let whole = |id: &str| match id.strip_prefix("0x") {
        Some(digit) if digit.len() == 1 => format!("0x53995c3f42cd8ad{digit}"),
        None if id.len() == 1 => format!("53995c3f42cd8ad{id}"),
        _ => id.to_owned(),
    };
    let mut cases = vec![
        Case::new("a parent that is unknown", 2)
            .with_strangers(1)
            .strange_spans([span("53995c3f42cd8ad8", Some("00f067aa0ba902b7"))]),
        Case::new("a chain of 1,500 spans", 1_500).spans(chain(1_500)),
        Case::new("more spans than are kept", 2_001).spans(many),
    ];
    for (name, works, spans) in odd {
        let spans: Vec<_> =
            spans.into_iter().map(|(id, parent)| span(&whole(id), parent.map(whole).as_deref())).collect();
        cases.push(Case::new(&format!("{name}, of an invocation"), works).spans(spans.clone()));
        cases.push(Case::new(&format!("{name}, of a service"), works).strange_spans(spans));
    }
    cases
}

fn ids() -> Vec<Case> {
    let traces = [
        TRACE,
        "6b0008bc1e3c7236a84bd2b588e12516",
        "6B0008BC1E3C7236A84BD2B588E12516",
        "0x6b0008bc1e3c7236a84bd2b588e12516",
        "00-6b0008bc1e3c7236a84bd2b588e12516-00f067aa0ba902b7-01",
        "Root=1-6b0008bc-1e3c7236a84bd2b588e12516;Parent=53995c3f42cd8ad8;Sampled=1",
        "3172564172058669914",
        "463ac35c9f6413ad",
        "6a0e1c52-3c5b-4b7a-9d0e-1f2a3b4c5d6e",
        "order-4711",
        "ORDER 4711 \u{7f}\"\\\u{1f600}",
    ];
    let named = |id: &&str| {
        let span = changed("53995c3f42cd8ad8", None, json!({"traceId": id}));
        Case::new(&format!("a trace of the id {id}"), 2).of_trace(id).spans([span])
    };
    let mut cases: Vec<_> = traces.iter().map(named).collect();
    let spans =
        ["0000000000000000", "", "0", "7", "1234567890123456789", "53995C3F42CD8AD8", "U5lcP0LNitg=", "a b\n\u{1f600}"];
    for id in spans {
        cases.push(
            Case::new(&format!("a span of the id {id:?}"), 3)
                .spans([span(id, None), span("53995c3f42cd8ad9", Some(id))]),
        );
    }
    cases.push(Case::new("a correlation id and no trace", 1).of_trace("order-4711").line(
        "loom",
        AT_MS,
        json!({"correlationId": "order-4711", "milestone": "PACKED"}),
    ));
    cases
}

/// What names and words may hold at their worst.
fn hostile() -> Vec<Case> {
    let texts = [
        ("empty", String::new()),
        ("blank", " \n\t ".to_owned()),
        ("of control characters", "a\0b\u{1}c\u{1b}[31md\u{7f}e\u{85}\r\n".to_owned()),
        ("of quotes", "\"'`\\\"</script><b>{}[]".to_owned()),
        ("of 500 characters", "x".repeat(500)),
        ("of emoji", "😀👩‍👩‍👧‍👦🇩🇪".repeat(40)),
        ("from right to left", "\u{202e}\u{2066}שלום عالم\u{2069}\u{2028}\u{feff}".to_owned()),
        ("that are words of JavaScript", "__proto__".to_owned()),
    ];
    let named = |(what, text): (&str, String)| {
        let span = changed(
            "53995c3f42cd8ad8",
            None,
            json!({"name": text, "service": text, "attributes": {"peer.service": text, "rpc.method": text, "faas.invocation_id": "a-1"}}),
        );
        let told =
            json!({"milestone": text, "level": "ERROR", "message": text, "errorType": text, "errorMessage": text});
        Case::new(&format!("names {what}"), 2).line("loom", AT_MS, event(TRACE, &told)).spans([span])
    };
    let mut cases: Vec<_> = texts.into_iter().map(named).collect();
    let of_function = json!({"attributes": {"faas.invocation_id": "a-1"}, "resource": {"attributes": {"faas.name": "\u{1}\"\u{1f600}"}}});
    cases.push(
        Case::new("a function of a hostile name", 3)
            .line("\"\\ \u{7}<b>", AT_MS, event(TRACE, &json!({"function_request_id": "\"\u{1b}\n"})))
            .line("__proto__", AT_MS, changed("53995c3f42cd8ad8", None, of_function)),
    );
    let memory = format!(
        "REPORT RequestId: a-1\tDuration: 1.00 ms\tMemory Size: {} MB\tMax Memory Used: 9007199254740993 MB\tXRAY TraceId: {TRACE}\tSegmentId: 07f5",
        u64::MAX
    );
    cases.push(Case::new("more memory than there is", 1).line("loom", AT_MS, memory));
    cases
}

fn times() -> Vec<Case> {
    let at = |start: Value, end: Value| json!({"startTimeUnixNano": start, "endTimeUnixNano": end});
    let python = |start: &str, end: &str| {
        json!({"name": "charge", "context": {"trace_id": "0x6b0008bc1e3c7236a84bd2b588e12516", "span_id": "0x53995c3f42cd8ad8"},
            "kind": "SpanKind.CLIENT", "parent_id": null, "start_time": start, "end_time": end, "status": {"status_code": "UNSET"},
            "attributes": {"faas.invocation_id": "a-1"}, "resource": {"attributes": {"faas.name": "loom"}}})
    };
    let one = |name: &str, changes: Value| Case::new(name, 2).spans([changed("53995c3f42cd8ad8", None, changes)]);
    let around = |name: &str, from_ms: i64, to_ms: i64| {
        let told = json!({"milestone": "PACKED", "level": "ERROR"});
        Case::new(name, 1).line("loom", from_ms, event(TRACE, &told)).line("loom", to_ms, event(TRACE, &told))
    };
    vec![
        one("no time", at(json!(AT_NS), json!(AT_NS))),
        one("an end before the beginning", at(json!(AT_NS), json!(AT_NS - 1_000_000))),
        one("zeros for times", at(json!(0), json!(0))),
        one("negative times", at(json!(-5_000_000), json!("-4000000"))),
        one("times that have no room", at(json!(i64::MAX), json!("99999999999999999999"))),
        one("the longest time", at(json!(1_000), json!(i64::MAX))),
        Case::new("a child before its parent", 3).spans([
            span("53995c3f42cd8ad1", None),
            changed(
                "53995c3f42cd8ad2",
                Some("53995c3f42cd8ad1"),
                at(json!(AT_NS - 9_000_000), json!(AT_NS - 8_000_000)),
            ),
        ]),
        Case::new("the year 9999", 2).spans([python("2026-11-20T08:47:12.345678Z", "9999-12-31T23:59:59.999999Z")]),
        Case::new("the year 1901", 2).spans([python("1901-01-01T00:00:00.000000Z", "1901-01-01T00:00:01.000000Z")]),
        around("events at the epoch", 0, 0),
        around("events before the epoch", -86_400_000, -1),
        around("events on both sides of the epoch", -86_400_000, AT_MS),
        around("events in the far future", AT_MS, i64::MAX),
        around("events in the far past", i64::MIN, AT_MS),
    ]
}

fn main() {
    for case in [ordinary(), parents(), ids(), hostile(), times()].into_iter().flatten() {
        case.print();
    }
}
