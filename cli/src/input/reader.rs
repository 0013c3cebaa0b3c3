//! From files to deliveries.

use std::borrow::Cow;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use lamplight_logs::delivery::{Payload, payload, unpack};
use lamplight_logs::{Delivery, DeliveryError, Limits, LogEvent, Source};
use lamplight_rollup::time::{UNKNOWN_MS, from_rfc3339};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::forms::{Event, Form, event, form, is_cut_envelope};
use super::{Place, Sink, Unit, files};
use crate::error::CliError;
use crate::output::complain;
use crate::progress;

/// Bytes of a line; a longer one is refused.
const LINE_BYTES: u64 = 64 << 20;

/// Reads everything; whether all of it could be read. What could not is reported with its file and line.
pub fn read(paths: &[PathBuf], place: &Place, sink: &mut impl Sink) -> Result<bool, CliError> {
    let files = files::expand(paths);
    let sizes = files.iter().flatten().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len());
    let bar = progress::bar(sizes.sum());
    let mut all_read = true;
    for file in files {
        let read = file.and_then(|path| File::new(&path, place, sink, &bar).read());
        match read {
            Ok(whole) => all_read &= whole,
            Err(CliError::Input { path, reason }) => {
                bar.suspend(|| complain(&format!("{}: {reason}", path.display())));
                all_read = false;
            }
            Err(error) => return Err(error),
        }
    }
    bar.finish_and_clear();
    Ok(all_read)
}

/// One file that is being read.
struct File<'s, S> {
    path: PathBuf,
    place: &'s Place,
    sink: &'s mut S,
    bar: &'s ProgressBar,
    /// Whether a delivery or an event was seen: then a line that is none is not a text.
    has_envelopes: bool,
    all_read: bool,
}

impl<'s, S: Sink> File<'s, S> {
    fn new(path: &Path, place: &'s Place, sink: &'s mut S, bar: &'s ProgressBar) -> Self {
        Self { path: path.to_owned(), place, sink, bar, has_envelopes: false, all_read: true }
    }

    fn read(mut self) -> Result<bool, CliError> {
        let bar = self.bar.clone();
        let mut reader = files::open(&self.path, move |bytes| bar.inc(bytes))?;
        let mut line = Vec::new();
        let mut number = 0;
        while self.next_line(&mut reader, &mut line)? {
            number += 1;
            let text = String::from_utf8_lossy(&line);
            if number == 1 && self.begins_document(&text) {
                let mut rest = text.into_owned().into_bytes();
                reader.read_to_end(&mut rest).map_err(|error| self.failed(&error))?;
                self.document(&String::from_utf8_lossy(&rest))?;
                break;
            }
            self.line(&text, number)?;
        }
        Ok(self.all_read)
    }

    fn failed(&self, error: &std::io::Error) -> CliError {
        CliError::Input { path: self.path.clone(), reason: error.to_string() }
    }

    fn next_line(&mut self, reader: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, CliError> {
        line.clear();
        let count = reader.take(LINE_BYTES).read_until(b'\n', line).map_err(|error| self.failed(&error))?;
        if count as u64 == LINE_BYTES && line.last() != Some(&b'\n') {
            let reason = format!("a line has more than {LINE_BYTES} bytes");
            return Err(CliError::Input { path: self.path.clone(), reason });
        }
        Ok(count > 0)
    }

    /// Whether the file is a JSON document of several lines.
    fn begins_document(&self, first_line: &str) -> bool {
        let text = first_line.trim();
        text.starts_with('{') && form(text).is_err_and(|error| error.is_eof())
    }

    /// Reads JSON documents that follow one another; what is none is read line by line.
    fn document(&mut self, text: &str) -> Result<(), CliError> {
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
                return Err(CliError::Input { path: self.path.clone(), reason: error.to_string() });
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

    fn events(&mut self, events: &[&RawValue], number: usize) -> Result<(), CliError> {
        self.has_envelopes = true;
        for (i, raw) in events.iter().enumerate() {
            match event(raw.get()) {
                Some(event) => self.event(event, &format!("{i} {raw}"), number)?,
                None => self.refuse(raw.get(), number, &format!("event {} has no message", i + 1)),
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
        let timestamp = event.timestamp.or_else(|| time_in_text(&event.message)).unwrap_or(UNKNOWN_MS);
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
            message: Cow::Borrowed(message),
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[derive(Default)]
    struct Taken {
        messages: Vec<(i64, String)>,
        identities: Vec<u64>,
        unreadable: usize,
    }

    impl Sink for Taken {
        fn take(&mut self, unit: Unit<'_>) -> Result<(), CliError> {
            self.identities.push(unit.identity);
            let events = unit.delivery.events.iter();
            self.messages.extend(events.map(|event| (event.timestamp, event.message.clone().into_owned())));
            Ok(())
        }

        fn unreadable(&mut self, _: u64) {
            self.unreadable += 1;
        }
    }

    fn taken(content: &str) -> (bool, Taken) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let mut taken = Taken::default();
        let all_read = read(&[file.path().to_owned()], &Place::default(), &mut taken).unwrap();
        (all_read, taken)
    }

    #[test]
    fn text_is_an_event_a_line_with_the_time_it_names() {
        let (all_read, taken) = taken(
            "1970-01-01T00:00:01.000Z START RequestId: a Version: 1\n\n\
             1970-01-01T00:00:02.000Z 3f1c-1 Task timed out after 3.00 seconds\n\
             1970-01-01T00:00:03.000Z 1970-01-01T00:00:03.000Z 3f1c-1 Task timed out after 3.00 seconds\n\
             {\"level\":\"INFO\"\n{'log': 1}\nplain\nplain\n",
        );
        assert!(all_read);
        let messages: Vec<_> = taken.messages.iter().map(|(at_ms, message)| (*at_ms, message.as_str())).collect();
        assert_eq!(
            messages,
            [
                (1_000, "START RequestId: a Version: 1"),
                (2_000, "1970-01-01T00:00:02.000Z 3f1c-1 Task timed out after 3.00 seconds"),
                (3_000, "1970-01-01T00:00:03.000Z 3f1c-1 Task timed out after 3.00 seconds"),
                (0, "{\"level\":\"INFO\""),
                (0, "{'log': 1}"),
                (0, "plain"),
                (0, "plain"),
            ]
        );
        assert_ne!(taken.identities[5], taken.identities[6]);
    }

    #[test]
    fn a_document_may_have_many_lines_and_a_line_a_document() {
        let (all_read, pretty) = taken(
            "{\n \"events\": [\n  {\"timestamp\": 5, \"message\": \"a\", \"eventId\": \"1\"},\n  {\"message\": \"b\"}\n ]\n}\n",
        );
        assert!(all_read);
        assert_eq!(pretty.messages, [(5, "a".to_owned()), (0, "b".to_owned())]);
        let (all_read, lines) = taken("{\"message\":\"a\",\"id\":\"1\"}\n{\"message\":\"a\",\"id\":\"1\"}\n");
        assert!(all_read);
        assert_eq!(lines.identities[0], lines.identities[1]);
    }

    #[test]
    fn what_cannot_be_read_does_not_stop_the_rest() {
        let (all_read, taken) = taken(
            "{\"message\":\"a\"}\n{\"message\":\n{\"awslogs\":{\"data\":\"@@@\"}}\n\
             {\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"timestamp\":1,\"message\":7},{\"timestamp\":1,\"message\":\"b\"}]}\n",
        );
        assert!(!all_read);
        assert_eq!((taken.messages.len(), taken.unreadable), (2, 2));
        assert!(!read(&["nowhere".into()], &Place::default(), &mut Taken::default()).unwrap());
    }
}
