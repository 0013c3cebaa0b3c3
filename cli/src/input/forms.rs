//! What a document or a line is: the form is recognised, not named.

use std::borrow::Cow;

use lamplight_logs::Message;
use lamplight_logs::json::{Json, Reader, members};
use lamplight_rollup::time::{LATEST_MS, from_rfc3339};
use serde::de::IgnoredAny;

/// The form of a JSON object.
#[derive(Debug)]
pub enum Form<'a> {
    /// A delivery, packed or not, or a Kinesis batch.
    Payload,
    /// What `aws logs filter-log-events` and `get-log-events` print: each event as it stands.
    Events(Vec<&'a str>),
    /// One event.
    Event(Event<'a>),
    /// What an application logged.
    Other,
}

/// One event, as `aws logs` prints it or as one line of JSON has it.
#[derive(Debug)]
pub struct Event<'a> {
    pub id: Cow<'a, str>,
    pub account: Option<Cow<'a, str>>,
    pub region: Option<Cow<'a, str>>,
    pub log_group: Option<Cow<'a, str>>,
    pub log_stream: Option<Cow<'a, str>>,
    pub timestamp: Option<i64>,
    pub message: Message<'a>,
}

/// The members of an object that tell its form.
#[derive(Default)]
struct Probe<'a> {
    id: Cow<'a, str>,
    account: Option<Cow<'a, str>>,
    region: Option<Cow<'a, str>>,
    log_group: Option<Cow<'a, str>>,
    log_stream: Option<Cow<'a, str>>,
    timestamp: Option<i64>,
    message: Option<&'a str>,
    events: Option<Vec<&'a str>>,
    has_delivery: bool,
    has_log_events: bool,
    has_message_type: bool,
    has_others: bool,
}

impl<'a> Probe<'a> {
    /// Reads an object; nothing if the text is none.
    fn read(text: &'a str) -> Option<Self> {
        let mut probe = Self::default();
        members(Json::Plain(text), |key, value| probe.take(key, value)).then_some(probe)
    }

    fn take(&mut self, key: &str, value: &mut Reader<'a>) {
        match key {
            "message" => {
                self.message = value.text_as_it_stands();
                self.has_others |= self.message.is_none();
            }
            "timestamp" => {
                // Milliseconds since the epoch, or RFC 3339.
                self.timestamp = value.integer().or_else(|| value.text().as_deref().and_then(from_rfc3339));
            }
            "id" | "eventId" => self.id = value.text().unwrap_or_default(),
            "logGroup" | "logGroupName" => self.log_group = value.text(),
            "logStream" | "logStreamName" => self.log_stream = value.text(),
            "owner" | "account" => self.account = value.text(),
            "region" => self.region = value.text(),
            "awslogs" => self.has_delivery |= value.as_it_stands().contains("\"data\""),
            // A batch of another source, such as an event that an application logged, is no Kinesis batch.
            "Records" => self.has_delivery |= value.as_it_stands().contains("\"kinesis\""),
            "messageType" => self.has_message_type = true,
            "logEvents" => self.has_log_events = true,
            "events" => {
                let mut events = Vec::new();
                self.events = value.elements(|event| events.push(event.as_it_stands())).then_some(events);
            }
            "ingestionTime" | "extractedFields" => {}
            _ => self.has_others = true,
        }
    }

    /// The event, if it has a message.
    fn event(self) -> Option<Event<'a>> {
        Some(Event {
            id: self.id,
            account: self.account,
            region: self.region,
            log_group: self.log_group,
            log_stream: self.log_stream,
            timestamp: self.timestamp.map(|epoch_ms| epoch_ms.clamp(0, LATEST_MS)),
            message: Message::in_json(self.message?),
        })
    }

    /// Whether it is an event: it names the place of its message, or has nothing that an event has not. A structured
    /// log has a message, too.
    const fn is_event(&self) -> bool {
        let names_place = self.log_group.is_some() || self.log_stream.is_some();
        self.message.is_some() && (names_place || !self.has_others)
    }
}

/// Tells the form of a JSON object.
///
/// # Errors
///
/// What is wrong with the JSON.
pub fn form(text: &str) -> Result<Form<'_>, serde_json::Error> {
    let Some(mut probe) = Probe::read(text) else {
        return serde_json::from_str::<IgnoredAny>(text).map(|_| Form::Other);
    };
    let are_events = |events: &Vec<&str>| events.iter().all(|event| is_event(event));
    let is_event = probe.is_event();
    Ok(if probe.has_delivery || (probe.has_message_type && probe.has_log_events) {
        Form::Payload
    } else if let Some(events) = probe.events.take().filter(are_events) {
        Form::Events(events)
    } else {
        probe.event().filter(|_| is_event).map_or(Form::Other, Form::Event)
    })
}

/// Reads one of the events that `aws logs` prints.
pub fn event(text: &str) -> Option<Event<'_>> {
    Probe::read(text)?.event()
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
