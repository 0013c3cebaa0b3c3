//! Log events packed as CloudWatch Logs packs them, split, shuffled and repeated.

use std::io::Write;

use base64_simd::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::calls::ACCOUNT;

/// One log event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Unique within its group.
    pub id: String,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    /// What was written.
    pub message: String,
}

/// Events of one log stream: a whole stream, or what a delivery has of it.
#[derive(Debug, Clone)]
pub struct Stream {
    /// The log group.
    pub group: String,
    /// The log stream.
    pub name: String,
    /// The events.
    pub events: Vec<Event>,
}

/// How a delivery is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// `{"awslogs":{"data":…}}`.
    Subscription,
    /// The document itself.
    Decoded,
    /// A Kinesis batch of one record.
    Kinesis,
}

/// All of them.
pub const ENVELOPES: [Envelope; 3] = [Envelope::Subscription, Envelope::Decoded, Envelope::Kinesis];

impl Stream {
    /// Events of the function `name`, in its own group.
    pub fn of(name: &str, messages: &[(i64, &str)]) -> Self {
        let events = messages.iter().enumerate().map(|(i, (timestamp, message))| Event {
            id: format!("{name}-{timestamp}-{i}"),
            timestamp: *timestamp,
            message: (*message).to_owned(),
        });
        Self {
            group: format!("/aws/lambda/{name}"),
            name: "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef".to_owned(),
            events: events.collect(),
        }
    }

    /// The decoded document.
    pub fn document(&self) -> Value {
        let events = self.events.iter();
        let events: Vec<_> = events
            .map(|event| json!({"id": event.id, "timestamp": event.timestamp, "message": event.message}))
            .collect();
        json!({"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": self.group, "logStream": self.name,
            "subscriptionFilters": ["everything"], "logEvents": events, "policyLevel": "ACCOUNT_LEVEL_POLICY"})
    }

    /// The data of a record.
    pub fn packed(&self) -> String {
        pack(self.document().to_string().as_bytes())
    }

    /// The payload that a function is handed.
    pub fn payload(&self, envelope: Envelope) -> Value {
        match envelope {
            Envelope::Subscription => json!({"awslogs": {"data": self.packed()}}),
            Envelope::Decoded => self.document(),
            Envelope::Kinesis => batch(&[self.packed()]),
        }
    }
}

/// `base64(gzip(bytes))`.
pub fn pack(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(gzip(bytes))
}

/// `gzip(bytes)`.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A Kinesis batch of these records, whose sequence numbers are `49-0`, `49-1` and so on.
pub fn batch(records: &[String]) -> Value {
    let records: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(i, data)| {
            json!({"eventSource": "aws:kinesis", "eventID": format!("shardId-000000000003:49-{i}"),
                "kinesis": {"partitionKey": "k", "sequenceNumber": format!("49-{i}"), "data": data}})
        })
        .collect();
    json!({"Records": records})
}

/// What CloudWatch Logs sends to see whether the destination answers.
pub fn control_message() -> Value {
    let text = "CWL CONTROL MESSAGE: Checking health of destination Firehose.";
    json!({"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
        "subscriptionFilters": [], "logEvents": [{"id": "", "timestamp": 1_795_000_000_000_i64, "message": text}]})
}

/// A source of numbers that are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a bound (SplitMix64).
    pub const fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }

    /// Splits streams into deliveries: any events of a stream together, in any order.
    pub fn split(&mut self, streams: &[Stream]) -> Vec<Stream> {
        let mut deliveries = Vec::new();
        for stream in streams {
            let mut events = stream.events.clone();
            self.shuffle(&mut events);
            while !events.is_empty() {
                let rest = events.split_off(1 + self.below(events.len().min(9)));
                deliveries.push(Stream { events, ..stream.clone() });
                events = rest;
            }
        }
        self.shuffle(&mut deliveries);
        deliveries
    }

    /// The payloads of deliveries in any envelope and order, some of them more than once.
    pub fn payloads(&mut self, deliveries: &[Stream]) -> Vec<Value> {
        let mut payloads = Vec::new();
        for delivery in deliveries {
            for _ in 0..1 + self.below(3) / 2 * (1 + self.below(2)) {
                payloads.push(delivery.payload(ENVELOPES[self.below(ENVELOPES.len())]));
            }
        }
        self.shuffle(&mut payloads);
        payloads
    }
}
