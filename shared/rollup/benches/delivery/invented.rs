//! Invented deliveries of realistic entropy: ids are random, durations and words vary.

use std::fmt::Write as _;
use std::io::Write;

use base64_simd::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A delivery in the forms that are measured.
pub struct Invented {
    pub document: String,
    pub packed: Vec<u8>,
    pub payload: String,
}

/// Marsaglia's xorshift: the same deliveries in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            a & 0xffff,
            b >> 52,
            b & 0xfff,
            (a ^ b) & 0xffff_ffff_ffff
        )
    }

    fn trace(&mut self) -> String {
        format!("1-{:08x}-{:016x}{:08x}", self.next() >> 32, self.next(), self.next() >> 32)
    }
}

const WORDS: [&str; 12] = [
    "order", "basket", "shelf", "lantern", "customer", "priced", "reserved", "paid", "packed", "sent", "returned",
    "counted",
];

fn words(random: &mut Random) -> String {
    let count = 4 + random.below(9);
    (0..count).fold(String::new(), |mut text, _| {
        let _ = write!(text, "{} {} ", WORDS[random.below(12) as usize], random.below(100_000));
        text
    })
}

/// A delivery of a Node.js function in the text format: START, two lines of its own, END, REPORT.
pub fn text_delivery(invocations: usize) -> Invented {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut messages = Vec::new();
    for i in 0..invocations {
        let id = random.uuid();
        messages.push(format!("START RequestId: {id} Version: $LATEST\n"));
        for _ in 0..2 {
            messages.push(format!("2026-11-20T08:47:12.345Z\t{id}\tINFO\t{}\n", words(&mut random)));
        }
        if i % 97 == 96 {
            let error = json!({"errorType": "TypeError", "errorMessage": words(&mut random), "stack": ["at handler (/var/task/a.js:1:2)"]});
            messages.push(format!("2026-11-20T08:47:12.345Z\t{id}\tERROR\tInvoke Error \t{error}\n"));
        }
        messages.push(format!("END RequestId: {id}\n"));
        let duration = random.below(90_000) as f64 / 100.0;
        let xray = if i % 10 == 0 {
            format!("\nXRAY TraceId: {}\tSegmentId: {:016x}\tSampled: true\t\n", random.trace(), random.next())
        } else {
            "\n".to_owned()
        };
        messages.push(format!(
            "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {} ms\tMemory Size: 256 MB\tMax Memory Used: {} MB\t{xray}",
            duration.ceil(),
            80 + random.below(60)
        ));
    }
    delivery(messages, &mut random)
}

/// A delivery of a Python function in the JSON format: start, a structured event, report.
pub fn json_delivery(invocations: usize) -> Invented {
    json_lines(invocations, |tracing| tracing)
}

/// The same delivery of a function whose records name no trace.
pub fn untraced_delivery(invocations: usize) -> Invented {
    json_lines(invocations, |_| Value::Null)
}

fn json_lines(invocations: usize, told: fn(Value) -> Value) -> Invented {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut messages = Vec::new();
    for i in 0..invocations {
        let id = random.uuid();
        let tracing = json!({"spanId": format!("{:016x}", random.next()), "type": "X-Amzn-Trace-Id",
            "value": format!("Root={};Parent={:016x};Sampled=0", random.trace(), random.next())});
        let tracing = told(tracing);
        messages.push(
            json!({"time": "2026-11-20T08:47:12.345Z", "type": "platform.start",
            "record": {"requestId": id, "version": "$LATEST", "tracing": tracing}})
            .to_string(),
        );
        messages.push(
            json!({"timestamp": "2026-11-20T08:47:12Z", "level": "INFO", "message": words(&mut random),
            "logger": "root", "service": "shelf", "requestId": id})
            .to_string(),
        );
        let status = if i % 97 == 96 { "timeout" } else { "success" };
        let duration = random.below(900_000) as f64 / 1000.0;
        messages.push(
            json!({"time": "2026-11-20T08:47:12.345Z", "type": "platform.report", "record": {"requestId": id,
            "metrics": {"durationMs": duration, "billedDurationMs": duration.ceil(), "memorySizeMB": 512,
            "maxMemoryUsedMB": 80 + random.below(60)}, "tracing": tracing, "status": status}})
            .to_string(),
        );
    }
    delivery(messages, &mut random)
}

fn delivery(messages: Vec<String>, random: &mut Random) -> Invented {
    let start_ms = 1_795_164_432_345_u64;
    let events: Vec<Value> = messages
        .into_iter()
        .enumerate()
        .map(|(i, message)| {
            let id = format!("3{:019}{:018}{:018}", i, random.below(10_u64.pow(18)), random.below(10_u64.pow(18)));
            json!({"id": id, "timestamp": start_ms + i as u64 * 7, "message": message})
        })
        .collect();
    let document =
        json!({"messageType": "DATA_MESSAGE", "owner": "210987654321", "logGroup": "/aws/lambda/shelf-counter",
        "logStream": "2026/11/20/[$LATEST]94fa867e5374431291a7fc14e2f56ae7", "subscriptionFilters": ["lamplight"],
        "logEvents": events})
        .to_string();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(document.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let payload = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode_to_string(&packed));
    Invented { document, packed, payload }
}
