//! From lines and documents to deliveries.

use std::borrow::Cow;
use std::path::Path;

use indicatif::ProgressBar;
use lamplight_logs::delivery::{Payload, payload, unpack};
use lamplight_logs::{Delivery, DeliveryError, Limits, LogEvent, Message, Source};
use lamplight_rollup::time::{UNKNOWN_MS, from_rfc3339};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::forms::{Event, Form, event, form, is_cut_envelope};
use super::{Place, Sink, Unit};
use crate::error::CliError;
use crate::output::complain;

/// Where lines are from.
#[derive(Clone, Copy)]
pub struct Origin<'s> {
    pub path: &'s Path,
    pub place: &'s Place,
    pub bar: &'s ProgressBar,
    /// Whether the file begins with a delivery or an event.
    pub has_envelopes: bool,
}

/// The lines of one file, as far as one sink takes them.
pub struct Lines<'s, S> {
    path: &'s Path,
    place: &'s Place,
    sink: &'s mut S,
    bar: &'s ProgressBar,
    /// Whether a delivery or an event was seen: then a line that is none is not a text.
    has_envelopes: bool,
    /// Whether everything could be read so far.
    pub all_read: bool,
}

impl<'s, S: Sink> Lines<'s, S> {
    /// The lines of a file, for one sink.
    pub fn new(origin: Origin<'s>, sink: &'s mut S) -> Self {
        let Origin { path, place, bar, has_envelopes } = origin;
        Self { path, place, sink, bar, has_envelopes, all_read: true }
    }

    /// Reads whole lines, the first of which has this number.
    pub fn chunk(&mut self, chunk: &[u8], number: usize) -> Result<(), CliError> {
        // Mostly it is UTF-8, which is quicker to see than what is wrong with it.
        let text = std::str::from_utf8(chunk).map_or_else(|_| String::from_utf8_lossy(chunk), Cow::Borrowed);
        text.split_inclusive('\n').enumerate().try_for_each(|(i, line)| self.line(line, number + i))
    }

    /// Reads JSON documents that follow one another; what is none is read line by line.
    pub fn document(&mut self, text: &str) -> Result<(), CliError> {
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let mut end = 0;
        while let Some(document) = documents.next() {
            let number = line_number(text, end);
            match document {
                Ok(document) => self.line(document.get(), number)?,
                Err(error) => {
                    let rest = &text[end..];
                    if !is_cut_envelope(rest) || has_lines_of_their_own(rest) {
                        return rest.lines().enumerate().try_for_each(|(i, line)| self.line(line, number + i));
                    }
                    self.refuse(rest, number + error.line() - 1, &error.to_string());
                    return Ok(());
                }
            }
            end = documents.byte_offset();
        }
        Ok(())
    }

    /// Reads a line, or a document that may be longer than one.
    fn line(&mut self, text: &str, number: usize) -> Result<(), CliError> {
        let line = text.trim_end_matches(['\n', '\r']);
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Ok(());
        }
        if !trimmed.starts_with('{') {
            return self.text(line, number);
        }
        match form(trimmed) {
            Ok(Form::Payload) => self.payload(trimmed, number),
            Ok(Form::Events(events)) => self.events(&events, number),
            Ok(Form::Event(event)) => self.event(event, trimmed, number),
            Err(error) if self.has_envelopes || is_cut_envelope(trimmed) => {
                self.refuse(trimmed, number, &error.to_string());
                Ok(())
            }
            Ok(Form::Other) | Err(_) => self.text(line, number),
        }
    }

    fn refuse(&mut self, text: &str, number: usize, reason: &str) {
        self.all_read = false;
        let path = self.path.display();
        self.bar.suspend(|| complain(&format!("{path}:{number}: {reason}")));
        self.sink.unreadable(xxh3_64(text.as_bytes()));
    }

    fn payload(&mut self, text: &str, number: usize) -> Result<(), CliError> {
        self.has_envelopes = true;
        match payload(text) {
            Ok(Payload::Subscription(data)) => self.packed(&data, number),
            Ok(Payload::Decoded(document)) => self.delivery(document, number),
            Ok(Payload::Kinesis(records)) => records.iter().try_for_each(|record| self.packed(&record.data, number)),
            Err(error) => {
                self.refuse(text, number, &error.to_string());
                Ok(())
            }
        }
    }

    fn packed(&mut self, data: &str, number: usize) -> Result<(), CliError> {
        match unpack(data, Limits::default()) {
            Ok(document) => self.delivery(&document, number),
            Err(error) => {
                self.refuse(data, number, &error.to_string());
                Ok(())
            }
        }
    }

    fn delivery(&mut self, document: &str, number: usize) -> Result<(), CliError> {
        let place = self.place;
        let mut delivery = match Delivery::read(document, None) {
            Ok(delivery) => delivery,
            Err(error @ DeliveryError::Document(_)) => {
                self.refuse(document, number, &error.to_string());
                return Ok(());
            }
            Err(error) => {
                return Err(CliError::Input { path: self.path.to_owned(), reason: error.to_string() });
            }
        };
        if delivery.unreadable > 0 {
            self.all_read = false;
            let (path, count) = (self.path.display(), delivery.unreadable);
            self.bar.suspend(|| {
                complain(&format!("{path}:{number}: {count} events of the delivery cannot be read"));
            });
        }
        let identity = delivery.identity();
        delivery.source = place.complete(delivery.source);
        self.sink.take(Unit { identity, delivery })
    }

    fn events(&mut self, events: &[&str], number: usize) -> Result<(), CliError> {
        self.has_envelopes = true;
        for (i, raw) in events.iter().enumerate() {
            match event(raw) {
                Some(event) => self.event(event, &format!("{i} {raw}"), number)?,
                None => self.refuse(raw, number, &format!("event {} has no message", i + 1)),
            }
        }
        Ok(())
    }

    /// An event that came alone. One without an id is told from its like by where it stands.
    fn event(&mut self, event: Event<'_>, text: &str, number: usize) -> Result<(), CliError> {
        self.has_envelopes = true;
        let source = Source {
            account: event.account,
            region: event.region,
            log_group: event.log_group,
            log_stream: event.log_stream,
        };
        let timestamp = event.timestamp.or_else(|| time_in_text(&event.message.text())).unwrap_or(UNKNOWN_MS);
        let has_id = !event.id.is_empty();
        let log_event = LogEvent { id: event.id, timestamp, message: event.message };
        let delivery =
            Delivery { is_data: true, source: self.place.complete(source), events: vec![log_event], unreadable: 0 };
        let identity = if has_id { delivery.identity() } else { self.standing(text, number) };
        self.sink.take(Unit { identity, delivery })
    }

    fn text(&mut self, line: &str, number: usize) -> Result<(), CliError> {
        let (timestamp, message) = export_line(line);
        let id = format!("{:016x}", self.standing(line, number));
        let log_event = LogEvent {
            id: Cow::Owned(id),
            timestamp: timestamp.or_else(|| time_in_text(message)).unwrap_or(UNKNOWN_MS),
            message: Message::from(message),
        };
        let delivery = Delivery {
            is_data: true,
            source: self.place.complete(Source::default()),
            events: vec![log_event],
            unreadable: 0,
        };
        let identity = delivery.identity();
        self.sink.take(Unit { identity, delivery })
    }

    /// A hash of a text and of where it stands.
    fn standing(&self, text: &str, number: usize) -> u64 {
        let place = xxh3_64_with_seed(self.path.as_os_str().as_encoded_bytes(), number as u64);
        xxh3_64_with_seed(text.as_bytes(), place)
    }
}

/// Whether a text that is no document has lines that are: then it has one a line, and some are broken.
fn has_lines_of_their_own(text: &str) -> bool {
    text.lines().skip(1).any(|line| line.starts_with('{') && form(line).is_ok_and(|form| !matches!(form, Form::Other)))
}

fn line_number(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    let start = offset + (rest.len() - rest.trim_start().len());
    text[..start].matches('\n').count() + 1
}

/// Time and message of a line of an export to S3 (`<time> <message>`). The old timeout line begins with a time and a
/// blank, too, and is left as it is.
fn export_line(line: &str) -> (Option<i64>, &str) {
    let Some((first, message)) = line.split_once(' ') else {
        return (None, line);
    };
    let is_time = first.ends_with('Z') && first.as_bytes().get(10) == Some(&b'T');
    let is_timeout = message.split_once(' ').is_some_and(|(_, rest)| rest.starts_with("Task timed out after "));
    let is_timeout =
        is_timeout && !message.starts_with(|c: char| c.is_ascii_digit() && message.get(10..11) == Some("T"));
    match from_rfc3339(first).filter(|_| is_time) {
        Some(at_ms) if is_timeout => (Some(at_ms), line),
        Some(at_ms) => (Some(at_ms), message),
        None => (None, line),
    }
}

/// The time that a line of text begins with.
fn time_in_text(message: &str) -> Option<i64> {
    let first = message.get(..40).unwrap_or(message).split(['\t', ' ']).next()?;
    if first.ends_with('Z') { from_rfc3339(first) } else { None }
}
