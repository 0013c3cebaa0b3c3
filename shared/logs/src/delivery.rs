//! Deliveries of CloudWatch Logs: their envelopes, unpacked within a bound into borrowed events.
//!
//! A delivery is `base64(gzip(document))`, either in `{"awslogs":{"data":…}}` or as a record of a Kinesis batch. The
//! document names one log group and one stream. Source: CloudWatch Logs user guide, "Real-time processing of log data
//! with subscriptions".

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::Xxh3Default;

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
    #[error("the data is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
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
    Document(#[source] serde_json::Error),
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

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    awslogs: Option<Data<'a>>,
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<Record<'a>>>,
    #[serde(borrow, rename = "messageType")]
    message_type: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    kinesis: Option<KinesisData<'a>>,
}

#[derive(Default, Deserialize)]
struct KinesisData<'a> {
    #[serde(borrow, default, rename = "sequenceNumber")]
    sequence_number: Cow<'a, str>,
    /// Absent data is data that does not inflate: the record is unreadable, its neighbours are not.
    #[serde(borrow, default)]
    data: Cow<'a, str>,
}

/// Reads the envelope of a payload.
///
/// # Errors
///
/// [`DeliveryError::NotJson`] and [`DeliveryError::UnknownShape`].
pub fn payload(text: &str) -> Result<Payload<'_>, DeliveryError> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => DeliveryError::UnknownShape,
        _ => DeliveryError::NotJson(error),
    })?;
    if let Some(awslogs) = envelope.awslogs {
        return Ok(Payload::Subscription(awslogs.data));
    }
    if envelope.message_type.is_some() {
        return Ok(Payload::Decoded(text));
    }
    let records = envelope.records.ok_or(DeliveryError::UnknownShape)?;
    if !records.is_empty() && records.iter().all(|record| record.kinesis.is_none()) {
        return Err(DeliveryError::UnknownShape);
    }
    let records = records.into_iter().map(|record| {
        let kinesis = record.kinesis.unwrap_or_default();
        KinesisRecord { sequence_number: kinesis.sequence_number, data: kinesis.data }
    });
    Ok(Payload::Kinesis(records.collect()))
}

/// Unpacks `base64(gzip(document))`. Bytes that are no UTF-8 are replaced: they must not cost the rest.
///
/// # Errors
///
/// [`DeliveryError::Base64`], [`DeliveryError::Gzip`] and [`DeliveryError::TooLarge`].
pub fn unpack(data: &str, limits: Limits) -> Result<String, DeliveryError> {
    let packed = BASE64_STANDARD.decode(data.trim())?;
    let mut inflated = Vec::with_capacity((packed.len() * 6).min(limits.inflated_bytes));
    let bound = limits.inflated_bytes as u64 + 1;
    MultiGzDecoder::new(packed.as_slice()).take(bound).read_to_end(&mut inflated).map_err(DeliveryError::Gzip)?;
    if inflated.len() > limits.inflated_bytes {
        return Err(DeliveryError::TooLarge { limit_bytes: limits.inflated_bytes });
    }
    Ok(String::from_utf8(inflated).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// One log event of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LogEvent<'a> {
    /// Unique within the log group; the same in every repetition.
    #[serde(borrow, default)]
    pub id: Cow<'a, str>,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    /// What was written.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
}

/// The events of one log stream that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a, E> {
    #[serde(borrow)]
    message_type: Cow<'a, str>,
    #[serde(borrow)]
    owner: Option<Cow<'a, str>>,
    #[serde(borrow)]
    log_group: Option<Cow<'a, str>>,
    #[serde(borrow)]
    log_stream: Option<Cow<'a, str>>,
    #[serde(default = "Vec::new")]
    log_events: Vec<E>,
}

impl<'a> Delivery<'a> {
    /// Reads the document of a delivery. An event that cannot be read is counted and passed over.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Document`] if the document is not a delivery.
    pub fn read(document: &'a str, region: Option<&'a str>) -> Result<Self, DeliveryError> {
        if let Ok(whole) = serde_json::from_str::<Document<'a, LogEvent<'a>>>(document) {
            return Ok(Self::new(whole, region, Some));
        }
        let loose: Document<'a, &'a RawValue> = serde_json::from_str(document).map_err(DeliveryError::Document)?;
        Ok(Self::new(loose, region, |event| serde_json::from_str(event.get()).ok()))
    }

    fn new<E>(document: Document<'a, E>, region: Option<&'a str>, event: impl Fn(E) -> Option<LogEvent<'a>>) -> Self {
        let is_data = document.message_type == "DATA_MESSAGE";
        let count = document.log_events.len();
        let events: Vec<_> = document.log_events.into_iter().filter_map(event).collect();
        let known = |text: Option<Cow<'a, str>>| text.filter(|text| !text.is_empty());
        let source = Source {
            account: known(document.owner),
            region: region.map(Cow::Borrowed),
            log_group: known(document.log_group),
            log_stream: known(document.log_stream),
        };
        Self { is_data, source, unreadable: count - events.len(), events }
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
                add(&mut hash, &event.message);
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
        BASE64_STANDARD.encode(encoder.finish().unwrap())
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
