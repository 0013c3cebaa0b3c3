//! Deliveries of CloudWatch Logs: their envelopes, unpacked within a bound into borrowed events.
//!
//! A delivery is `base64(gzip(document))`, either in `{"awslogs":{"data":…}}` or as a record of a Kinesis batch. The
//! document names one log group and one stream. Source: CloudWatch Logs user guide, "Real-time processing of log data
//! with subscriptions".

use std::borrow::Cow;

use base64_simd::STANDARD;
use serde::de::IgnoredAny;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use crate::inflate::inflate;
use crate::json::{Json, Reader, members, said};
use crate::message::Message;
use crate::source::Source;

/// What a delivery may be at the most. What is over a bound is refused and reported, never half read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the inflated document.
    pub inflated_bytes: usize,
}

impl Default for Limits {
    /// 64 MiB: a payload of 1 MB inflates to 5 MB in ordinary use, and to 1000 times its size on purpose.
    fn default() -> Self {
        Self { inflated_bytes: 64 << 20 }
    }
}

/// Why a delivery cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The payload is no JSON document.
    #[error("the payload is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The payload is JSON, but none of the known envelopes.
    #[error("the payload is neither {{\"awslogs\":…}} nor a Kinesis batch nor a decoded delivery")]
    UnknownShape,
    /// The data is not base64.
    #[error("the data is not base64")]
    Base64(#[from] base64_simd::Error),
    /// The data does not inflate.
    #[error("the data is not gzip: {0}")]
    Gzip(#[source] std::io::Error),
    /// The data inflates to more than the bound.
    #[error("the data inflates to more than {limit_bytes} bytes")]
    TooLarge {
        /// The bound that it exceeds.
        limit_bytes: usize,
    },
    /// The inflated document is no delivery.
    #[error("the inflated document is not a delivery: {0}")]
    Document(&'static str),
}

/// The envelope that a payload is.
#[derive(Debug)]
pub enum Payload<'a> {
    /// `{"awslogs":{"data":…}}`: the base64 text.
    Subscription(Cow<'a, str>),
    /// `{"Records":[{"kinesis":{"data":…}}]}`.
    Kinesis(Vec<KinesisRecord<'a>>),
    /// The document itself, `{"messageType":…}`.
    Decoded(&'a str),
}

/// One record of a Kinesis batch.
#[derive(Debug)]
pub struct KinesisRecord<'a> {
    /// Names the record in `batchItemFailures`; empty where the batch does not name it.
    pub sequence_number: Cow<'a, str>,
    /// The base64 text.
    pub data: Cow<'a, str>,
}

/// Reads the envelope of a payload.
///
/// # Errors
///
/// [`DeliveryError::NotJson`] and [`DeliveryError::UnknownShape`].
pub fn payload(text: &str) -> Result<Payload<'_>, DeliveryError> {
    let (mut data, mut is_document, mut records) = (None, false, None);
    let is_object = members(Json::Plain(text), |key, value| match key {
        "awslogs" => drop(value.members(|key, value| {
            if key == "data" {
                data = value.text_as_it_stands().map(said);
            }
        })),
        "messageType" => is_document = true,
        "Records" => records = kinesis_records(value),
        _ => {}
    });
    match (data, records) {
        (Some(data), _) if is_object => Ok(Payload::Subscription(data)),
        _ if is_object && is_document => Ok(Payload::Decoded(text)),
        (None, Some(records)) if is_object => Ok(Payload::Kinesis(records)),
        _ => Err(serde_json::from_str::<IgnoredAny>(text)
            .map_or_else(DeliveryError::NotJson, |_| DeliveryError::UnknownShape)),
    }
}

/// The records of a batch; nothing if it is one of another service, or no list of objects.
fn kinesis_records<'a>(value: &mut Reader<'a>) -> Option<Vec<KinesisRecord<'a>>> {
    let (mut records, mut are_objects, mut is_kinesis) = (Vec::new(), true, false);
    let is_list = value.elements(|value| {
        // A record without data is unreadable, its neighbours are not.
        let mut record = KinesisRecord { sequence_number: Cow::Borrowed(""), data: Cow::Borrowed("") };
        are_objects &= value.members(|key, value| {
            if key == "kinesis" {
                is_kinesis |= value.members(|key, value| match key {
                    "sequenceNumber" => record.sequence_number = value.text().unwrap_or_default(),
                    "data" => record.data = value.text_as_it_stands().map(said).unwrap_or_default(),
                    _ => {}
                });
            }
        });
        records.push(record);
    });
    (is_list && are_objects && (is_kinesis || records.is_empty())).then_some(records)
}

/// Unpacks `base64(gzip(document))`. Bytes that are no UTF-8 are replaced: they must not cost the rest.
///
/// # Errors
///
/// [`DeliveryError::Base64`], [`DeliveryError::Gzip`] and [`DeliveryError::TooLarge`].
pub fn unpack(data: &str, limits: Limits) -> Result<String, DeliveryError> {
    let limit_bytes = limits.inflated_bytes;
    let packed = STANDARD.decode_to_vec(data.trim())?;
    let inflated = inflate(&packed, limit_bytes).map_err(DeliveryError::Gzip)?;
    let inflated = inflated.ok_or(DeliveryError::TooLarge { limit_bytes })?;
    Ok(String::from_utf8(inflated).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The last millisecond of the year 9999, which is the last that a text can tell. Later ones, and those before 1970, are
/// brought into the calendar.
pub const LATEST_MS: i64 = 253_402_300_799_999;

/// Bytes of an event in a document, by which the room for its events is estimated.
const EVENT_BYTES: usize = 200;

/// One log event of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent<'a> {
    /// Unique within the log group; the same in every repetition.
    pub id: Cow<'a, str>,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    /// What was written.
    pub message: Message<'a>,
}

impl<'a> LogEvent<'a> {
    fn read(value: &mut Reader<'a>) -> Option<Self> {
        let (mut id, mut timestamp, mut message) = (Cow::Borrowed(""), None, None);
        value.members(|key, value| match key {
            "id" => id = value.text().unwrap_or_default(),
            "timestamp" => timestamp = value.integer(),
            "message" => message = value.text_as_it_stands(),
            _ => {}
        });
        Some(Self { id, timestamp: timestamp?.clamp(0, LATEST_MS), message: Message::in_json(message?) })
    }

    /// The identity of the event within its log group: a hash of its id, or of its text where it has none.
    #[must_use]
    pub fn identity(&self) -> u64 {
        if self.id.is_empty() { xxh3_64(self.message.text().as_bytes()) } else { xxh3_64(self.id.as_bytes()) }
    }
}

/// The events of one log stream that came together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Whether it carries log events; control messages and unknown types do not.
    pub is_data: bool,
    /// Where the events come from.
    pub source: Source<'a>,
    /// The events, in the order of their ingestion.
    pub events: Vec<LogEvent<'a>>,
    /// Events of the delivery that could not be read.
    pub unreadable: usize,
}

impl<'a> Delivery<'a> {
    /// Reads the document of a delivery. An event that cannot be read is counted and passed over.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Document`] if the document is not a delivery.
    pub fn read(document: &'a str, region: Option<&'a str>) -> Result<Self, DeliveryError> {
        let mut delivery = Self::default();
        delivery.source.region = region.map(Cow::Borrowed);
        delivery.events.reserve(document.len() / EVENT_BYTES);
        let (mut has_type, mut has_list) = (false, true);
        let is_whole = members(Json::Plain(document), |key, value| match key {
            "messageType" => {
                let message_type = value.text_as_it_stands();
                has_type = message_type.is_some();
                delivery.is_data = message_type == Some("DATA_MESSAGE");
            }
            "owner" => delivery.source.account = value.text(),
            "logGroup" => delivery.source.log_group = value.text(),
            "logStream" => delivery.source.log_stream = value.text(),
            "logEvents" => has_list = value.elements(|event| delivery.add(LogEvent::read(event))),
            _ => {}
        });
        let fault = match () {
            () if !is_whole => "it is no whole JSON object",
            () if !has_type => "it has no \"messageType\"",
            () if !has_list => "its \"logEvents\" are no list",
            () => return Ok(delivery),
        };
        Err(DeliveryError::Document(fault))
    }

    fn add(&mut self, event: Option<LogEvent<'a>>) {
        match event {
            Some(event) => self.events.push(event),
            None => self.unreadable += 1,
        }
    }

    /// The identity of the delivery: a hash of where its events come from and of their ids. A repetition has the
    /// same one, however it is packed.
    #[must_use]
    pub fn identity(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        for part in [&self.source.account, &self.source.log_group, &self.source.log_stream] {
            add(&mut hash, part.as_deref().unwrap_or_default());
        }
        for event in &self.events {
            // Ids are AWS's to make unique; where there is none, time and text stand in.
            add(&mut hash, &event.id);
            hash.update(&event.timestamp.to_le_bytes());
            if event.id.is_empty() {
                add(&mut hash, &event.message.text());
            }
        }
        hash.digest()
    }
}

/// Adds a text and its length, so that no two lists of texts look the same.
fn add(hash: &mut Xxh3Default, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(document: &str) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(document.as_bytes()).unwrap();
        STANDARD.encode_to_string(encoder.finish().unwrap())
    }

    fn document(events: &str) -> String {
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"210987654321","logGroup":"/aws/lambda/mailer","logStream":"s",
            "subscriptionFilters":["f"],"policyLevel":"ACCOUNT_LEVEL_POLICY","logEvents":[{events}]}}"#
        )
    }

    #[test]
    fn a_subscription_delivery_is_unpacked() {
        let packed = pack(&document(r#"{"id":"1","timestamp":5,"message":"a\tb","extractedFields":{}}"#));
        let text = format!(r#"{{"awslogs":{{"data":"{packed}","later":1}}}}"#);
        let Payload::Subscription(data) = payload(&text).unwrap() else { panic!() };
        let inflated = unpack(&data, Limits::default()).unwrap();
        let delivery = Delivery::read(&inflated, Some("eu-west-1")).unwrap();
        assert!(delivery.is_data);
        assert_eq!(delivery.source.function(), Some("mailer"));
        assert_eq!(delivery.events, [LogEvent { id: "1".into(), timestamp: 5, message: "a\tb".into() }]);
    }

    #[test]
    fn one_bad_event_does_not_cost_its_neighbours() {
        let text = document(
            r#"{"id":"1","timestamp":5,"message":"a"},{"id":"2","timestamp":"x"},7,{"id":"3","timestamp":6,"message":"b"}"#,
        );
        let delivery = Delivery::read(&text, None).unwrap();
        assert_eq!((delivery.events.len(), delivery.unreadable), (2, 2));
    }

    #[test]
    fn control_messages_carry_no_data() {
        let text = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","logEvents":[{"id":"","timestamp":1,"message":"CWL"}]}"#;
        let delivery = Delivery::read(text, None).unwrap();
        assert!(!delivery.is_data);
        assert_eq!(delivery.source.log_group, None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(matches!(payload("{"), Err(DeliveryError::NotJson(_))));
        assert!(matches!(payload("[1]"), Err(DeliveryError::UnknownShape)));
        assert!(matches!(payload(r#"{"Records":[{"s3":{}}]}"#), Err(DeliveryError::UnknownShape)));
        assert!(matches!(unpack("@@@", Limits::default()), Err(DeliveryError::Base64(_))));
        assert!(matches!(unpack("aGVsbG8=", Limits::default()), Err(DeliveryError::Gzip(_))));
        assert!(matches!(unpack("", Limits::default()), Err(DeliveryError::Gzip(_))));
        let bomb = pack(&"0".repeat(5_000));
        assert!(matches!(unpack(&bomb, Limits { inflated_bytes: 4_999 }), Err(DeliveryError::TooLarge { .. })));
        assert_eq!(unpack(&bomb, Limits { inflated_bytes: 5_000 }).unwrap().len(), 5_000);
        assert!(matches!(Delivery::read("{}", None), Err(DeliveryError::Document(_))));
    }

    #[test]
    fn a_repetition_has_the_same_identity_and_a_neighbour_another() {
        let one = document(r#"{"id":"1","timestamp":5,"message":"a"}"#);
        let other = document(r#"{"id":"2","timestamp":5,"message":"a"}"#);
        let identity = |text: &str| Delivery::read(text, None).unwrap().identity();
        assert_eq!(identity(&one), identity(&one.replace("\"f\"", "\"g\"")));
        assert_ne!(identity(&one), identity(&other));
    }
}
