//! Text lines with a level: `[ERROR]\t<time>\t<request id>\t<message>` (Python), `E, [<time> #8] ERROR <request id> --
//! : <message>` (Ruby), `2026/11/20 08:47:12 WARN …` (Go), `2026-11-20 08:47:12 <request id> ERROR Handler - …` (Java)
//!
//! A level counts only where a logging library puts it: in brackets, or behind a time. `ERROR budget: 99 %` is text.
//! The message may be a JSON object, which is read for what it says; Go's `log` writes one without a level.

use std::borrow::Cow;

use super::object;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::runtime::go::after_log_time;
use crate::text::{first_line, is_request_id, token};

/// Reads a line that a logging library wrote.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let Some((level, rest)) = bracketed(line).or_else(|| ruby(line)).or_else(|| timed(line)) else {
        return object_of(after_log_time(line)?, None);
    };
    let words = own_words(rest);
    let mut fact = object_of(words, Some(level)).unwrap_or_else(|| {
        let fact = Fact { level: Some(level), ..Fact::new(Kind::AppLog, "text") };
        if !level.is_error() {
            return fact;
        }
        fact.with_error(None, Some(Cow::Borrowed(first_line(words)))).raising(Detection::ErrorLog, Counts::NONE)
    });
    let request_id = rest.split_whitespace().take(4).find(|word| is_request_id(word)).map(Cow::Borrowed);
    fact.request_id = request_id.or(fact.request_id);
    Some(fact)
}

/// The fact of a message that is a JSON object, also behind the name of a logger.
fn object_of(message: &str, level: Option<Level>) -> Option<Fact<'_>> {
    let message = message.trim_start();
    let object = if message.starts_with('{') { message } else { message.split_once(" - ")?.1.trim_start() };
    if object.starts_with('{') && object.ends_with('}') { object::read_logged(object, level) } else { None }
}

/// The message behind the columns, the request id and Ruby's program name.
fn own_words(rest: &str) -> &str {
    let message = rest.rsplit('\t').next().unwrap_or(rest).trim_start();
    let (first, behind) = token(message);
    let message = if is_request_id(first) { behind.trim_start() } else { message };
    message.strip_prefix("-- ").and_then(|named| named.split_once(": ")).map_or(message, |(_, message)| message)
}

/// `[LEVEL]` and a blank or a tab; or a name or a time in brackets, and the level behind it.
fn bracketed(line: &str) -> Option<(Level, &str)> {
    let (word, rest) = line.strip_prefix('[')?.split_once(']')?;
    if let Some(level) = Level::from_word(word) {
        return rest.starts_with([' ', '\t']).then_some((level, rest));
    }
    let rest = rest.trim_start();
    let is_timed = word.as_bytes().first().is_some_and(u8::is_ascii_digit) && word.contains(':');
    match after_log_time(rest) {
        Some(behind) => level_within(behind, 1),
        None if is_timed => level_within(rest, 2),
        None => None,
    }
}

fn ruby(line: &str) -> Option<(Level, &str)> {
    let (letter, rest) = line.split_once(", [")?;
    let (_, rest) = rest.split_once("] ").filter(|_| letter.len() == 1)?;
    level_within(rest, 1)
}

/// A date and a time in the common forms, then the level as one of the next words.
fn timed(line: &str) -> Option<(Level, &str)> {
    if let Some(rest) = after_log_time(line) {
        return level_within(rest, 1);
    }
    let (first, rest) = token(line);
    let is_date =
        first.len() >= 10 && first.as_bytes().iter().take(4).all(u8::is_ascii_digit) && first.as_bytes()[4] == b'-';
    let (second, after) = token(rest.trim_start());
    let rest = if second.contains(':') && second.as_bytes()[0].is_ascii_digit() { after } else { rest };
    if is_date { level_within(rest.trim_start(), 3) } else { None }
}

/// The level that is one of the first words, and the text behind it.
fn level_within(text: &str, words: usize) -> Option<(Level, &str)> {
    let mut rest = text.trim_start();
    for _ in 0..words {
        let (word, after) = token(rest);
        let is_upper = !word.bytes().any(|b| b.is_ascii_lowercase());
        let word = word.trim_matches(|c: char| matches!(c, '[' | ']' | ':' | '|' | '-'));
        if let Some(level) = Level::from_word(word).filter(|_| is_upper) {
            return Some((level, if is_request_id(token(text).0) { text } else { after.trim_start() }));
        }
        rest = after.trim_start();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_where_libraries_put_them() {
        let id = "2fa1b3c4-0000-4000-8000-000000000001";
        for (line, level, has_request) in [
            (format!("[ERROR]\t2026-11-20T08:47:12.345Z\t{id}\tledger out of balance"), Level::Error, true),
            ("[CRITICAL]\t2026-11-20T08:47:12.345Z\t\tno".to_owned(), Level::Fatal, false),
            (format!("E, [2026-11-20T08:47:12.345 #8] ERROR {id} -- : no card"), Level::Error, true),
            ("2026/11/20 08:47:12 WARN sign-in refused".to_owned(), Level::Warn, false),
            (format!("2026-11-20 08:47:12 {id} ERROR Handler:10 - no card"), Level::Error, true),
            ("[Secrets Extension] 2026/11/20 02:34:51 ERROR no".to_owned(), Level::Error, false),
            ("2026-11-20T08:47:12.345Z  INFO shop: started".to_owned(), Level::Info, false),
        ] {
            let fact = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((fact.level, fact.request_id.is_some()), (Some(level), has_request), "{line}");
            assert_eq!(fact.detection.is_some(), level.is_error(), "{line}");
        }
    }

    #[test]
    fn an_object_that_is_the_message_is_read() {
        let id = "2fa1b3c4-0000-4000-8000-000000000001";
        let object = r#"{"milestone":"PAID","correlation_id":"c-1"}"#;
        for (line, has_request) in [
            (format!("[INFO]\t2026-11-20T08:47:12.345Z\t{id}\t{object}"), true),
            (format!("I, [2026-11-20T08:47:12.345 #8]  INFO {id} -- : {object}"), true),
            (format!("2026-11-20 08:47:12 {id} INFO  Handler:10 - {object}"), true),
            (format!("2026/11/20 08:47:12 {object}"), false),
        ] {
            let fact = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (fact.milestone.as_deref(), fact.correlation_id.as_deref()),
                (Some("PAID"), Some("c-1")),
                "{line}"
            );
            assert_eq!((fact.request_id.is_some(), fact.detection), (has_request, None), "{line}");
        }
        let raised = |line: &str| {
            let fact = read(line).unwrap();
            (fact.detection, fact.error_message.map(Cow::into_owned))
        };
        let words = Some(r#"{"order":7}"#.to_owned());
        assert_eq!(raised("[ERROR]\t2026-11-20T08:47:12.345Z\t\t{\"order\":7}"), (Some(Detection::ErrorLog), words));
        assert_eq!(raised("[ERROR]\t2026-11-20T08:47:12.345Z\t\t{\"level\":\"INFO\"}"), (None, None));
        assert_eq!(read("2026/11/20 08:47:12 {no object}"), None);
    }

    #[test]
    fn words_that_look_like_levels_are_text() {
        for line in [
            "ERROR budget remaining: 99.2%",
            "[contracts] 240 violations",
            "[boot] error_count=0",
            "2026 ERROR",
            "INFO all good",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
