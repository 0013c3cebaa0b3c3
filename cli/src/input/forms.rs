//! What a document or a line is: the form is recognised, not named.

use std::borrow::Cow;
use std::fmt;

use lamplight_rollup::time::from_rfc3339;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The form of a JSON object.
#[derive(Debug)]
pub enum Form<'a> {
    /// A delivery, packed or not, or a Kinesis batch.
    Payload,
    /// What `aws logs filter-log-events` and `get-log-events` print.
    Events(Vec<&'a RawValue>),
    /// One event.
    Event(Event<'a>),
    /// What an application logged.
    Other,
}

/// One event, as `aws logs` prints it or as one line of JSON has it.
#[derive(Debug, Default)]
pub struct Event<'a> {
    pub id: Cow<'a, str>,
    pub account: Option<Cow<'a, str>>,
    pub region: Option<Cow<'a, str>>,
    pub log_group: Option<Cow<'a, str>>,
    pub log_stream: Option<Cow<'a, str>>,
    pub timestamp: Option<i64>,
    pub message: Cow<'a, str>,
}

/// The members of an object that tell its form.
#[derive(Default)]
struct Probe<'a> {
    event: Event<'a>,
    has_message: bool,
    has_delivery: bool,
    has_log_events: bool,
    has_message_type: bool,
    events: Option<Vec<&'a RawValue>>,
    has_others: bool,
}

impl Probe<'_> {
    /// Whether it is an event: it names the place of its message, or has nothing that an event has not. A structured
    /// log has a message, too.
    const fn is_event(&self) -> bool {
        let names_place = self.event.log_group.is_some() || self.event.log_stream.is_some();
        self.has_message && (names_place || !self.has_others)
    }
}

/// Tells the form of a JSON object.
///
/// # Errors
///
/// What is wrong with the JSON.
pub fn form(text: &str) -> Result<Form<'_>, serde_json::Error> {
    let mut probe: Probe<'_> = serde_json::from_str(text)?;
    let are_events = |events: &Vec<&RawValue>| events.iter().all(|event| is_event(event.get()));
    Ok(if probe.has_delivery || (probe.has_message_type && probe.has_log_events) {
        Form::Payload
    } else if let Some(events) = probe.events.take().filter(are_events) {
        Form::Events(events)
    } else if probe.is_event() {
        Form::Event(probe.event)
    } else {
        Form::Other
    })
}

/// Reads one of the events that `aws logs` prints.
pub fn event(text: &str) -> Option<Event<'_>> {
    let probe: Probe<'_> = serde_json::from_str(text).ok()?;
    probe.has_message.then_some(probe.event)
}

fn is_event(text: &str) -> bool {
    text.starts_with('{') && (text.contains("\"message\"") || text.contains("\"timestamp\""))
}

/// Whether a text that is no whole object begins like a delivery or an event.
pub fn is_cut_envelope(text: &str) -> bool {
    const KEYS: [&str; 16] = [
        "awslogs",
        "messageType",
        "Records",
        "events",
        "logGroup",
        "logGroupName",
        "logStream",
        "logStreamName",
        "logEvents",
        "message",
        "timestamp",
        "owner",
        "subscriptionFilters",
        "policyLevel",
        "eventId",
        "searchedLogStreams",
    ];
    let start = text.trim_start_matches(|c: char| c == '{' || c.is_whitespace());
    KEYS.iter().any(|key| {
        start.strip_prefix('"').and_then(|rest| rest.strip_prefix(key)).is_some_and(|rest| rest.starts_with('"'))
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Probe<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ProbeVisitor)
    }
}

struct ProbeVisitor;

impl<'de> Visitor<'de> for ProbeVisitor {
    type Value = Probe<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Probe<'de>, A::Error> {
        let mut probe = Probe::default();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let event = &mut probe.event;
            match key.as_ref() {
                "message" => match map.next_value()? {
                    Scalar::Text(message) => {
                        probe.has_message = true;
                        event.message = message;
                    }
                    Scalar::Number(_) | Scalar::Other => probe.has_others = true,
                },
                "timestamp" => event.timestamp = map.next_value::<Scalar<'_>>()?.time(),
                "id" | "eventId" => event.id = map.next_value::<Scalar<'_>>()?.text().unwrap_or_default(),
                "logGroup" | "logGroupName" => event.log_group = map.next_value::<Scalar<'_>>()?.text(),
                "logStream" | "logStreamName" => event.log_stream = map.next_value::<Scalar<'_>>()?.text(),
                "owner" | "account" => event.account = map.next_value::<Scalar<'_>>()?.text(),
                "region" => event.region = map.next_value::<Scalar<'_>>()?.text(),
                "awslogs" => probe.has_delivery |= is_packed(map.next_value()?),
                "Records" => probe.has_delivery |= is_batch(map.next_value()?),
                "messageType" => {
                    map.next_value::<IgnoredAny>()?;
                    probe.has_message_type = true;
                }
                "logEvents" => {
                    map.next_value::<IgnoredAny>()?;
                    probe.has_log_events = true;
                }
                "events" => probe.events = serde_json::from_str(map.next_value::<&RawValue>()?.get()).ok(),
                "ingestionTime" | "extractedFields" => drop(map.next_value::<IgnoredAny>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    probe.has_others = true;
                }
            }
        }
        Ok(probe)
    }
}

/// A value, as far as an event has use for it.
enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    Other,
}

impl<'a> Scalar<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Milliseconds since the epoch, as a number or as RFC 3339.
    fn time(self) -> Option<i64> {
        match self {
            Self::Number(epoch_ms) => Some(epoch_ms),
            Self::Text(text) => from_rfc3339(&text),
            Self::Other => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Scalar::Other, Scalar::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| Scalar::Other)
    }
}

fn is_packed(value: &RawValue) -> bool {
    value.get().contains("\"data\"")
}

/// A batch of another source, such as an event that an application logged, is no Kinesis batch.
fn is_batch(value: &RawValue) -> bool {
    value.get().contains("\"kinesis\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        assert!(matches!(form(r#"{"awslogs":{"data":"x"}}"#), Ok(Form::Payload)));
        assert!(matches!(form(r#"{"Records":[{"kinesis":{"data":"x"}}]}"#), Ok(Form::Payload)));
        assert!(matches!(form(r#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#), Ok(Form::Payload)));
        assert!(
            matches!(form(r#"{"events":[{"timestamp":1,"message":"a"}],"nextToken":"x"}"#), Ok(Form::Events(list)) if list.len() == 1)
        );
        assert!(
            matches!(form(r#"{"timestamp":"1970-01-01T00:00:01Z","message":"a"}"#), Ok(Form::Event(event)) if event.timestamp == Some(1_000))
        );
        assert!(matches!(form(r#"{"logGroup":"g","message":"a","tags":[]}"#), Ok(Form::Event(_))));
        for logged in [
            r#"{"level":"ERROR","message":"no card"}"#,
            r#"{"Records":[{"s3":{}}]}"#,
            r#"{"message":{"errorType":"x"},"timestamp":1}"#,
            r#"{"type":"platform.report","record":{}}"#,
            "{}",
        ] {
            assert!(matches!(form(logged), Ok(Form::Other)), "{logged}");
        }
        assert!(form(r#"{"message":"#).is_err());
    }

    #[test]
    fn a_cut_envelope_is_told_from_a_cut_log() {
        assert!(is_cut_envelope(r#"{"awslogs":{"da"#));
        assert!(is_cut_envelope(r#"{ "message": "a"#));
        assert!(!is_cut_envelope(r#"{"level":"INFO","mess"#));
        assert!(!is_cut_envelope("{'log': 1}"));
    }
}
