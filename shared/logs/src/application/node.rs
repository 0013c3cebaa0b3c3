//! Lines in columns: `2026-11-20T08:47:12.345Z\t3f1c…\tERROR\tpayment declined`
//!
//! Node.js and .NET write them. The level is missing on Node.js 8; the request id is `undefined` while the function
//! is initialised. The message column may hold an unhandled error, or a JSON object.

use std::borrow::Cow;

use super::object;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::runtime;
use crate::text::{column, first_line, is_utc_time};

/// Reads a line in columns.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (time, rest) = column(line).filter(|(time, _)| is_utc_time(time))?;
    let (id, rest) = column(rest).unwrap_or((rest, ""));
    let request_id = Some(id).filter(|id| *id != "undefined" && !id.is_empty());
    let (word, message) = column(rest).unwrap_or((rest, ""));
    let (level, message) = match Level::from_word(word.trim_end()) {
        Some(level) => (Some(level), message),
        None => (None, rest),
    };
    debug_assert!(time.len() >= 20, "the time was recognised");
    let mut fact = read_message(message, request_id, level);
    fact.request_id = request_id.map(Cow::Borrowed).or(fact.request_id);
    fact.level = fact.level.or(level);
    Some(fact)
}

fn read_message<'a>(message: &'a str, request_id: Option<&'a str>, level: Option<Level>) -> Fact<'a> {
    let is_error = level.is_some_and(Level::is_error);
    if is_error
        && let Some(fact) = runtime::node::read(message, request_id).or_else(|| runtime::dotnet::unhandled(message))
    {
        return fact;
    }
    if message.starts_with('{')
        && let Some(fact) = object::read_logged(message, level)
    {
        return fact;
    }
    let fact = Fact::new(Kind::AppLog, "columns");
    if is_error {
        let message = Some(Cow::Borrowed(first_line(message))).filter(|text| !text.is_empty());
        fact.with_error(None, message).raising(Detection::ErrorLog, Counts::NONE)
    } else {
        fact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_be_missing() {
        let full = read("2026-11-20T08:47:12.345Z\ta-1\tINFO\tretry policy: timeout=30s").unwrap();
        assert_eq!((full.level, full.request_id.as_deref(), full.detection), (Some(Level::Info), Some("a-1"), None));
        let old = read("2026-11-20T08:47:12.345Z\ta-1\tcalling the bank").unwrap();
        assert_eq!((old.level, old.kind), (None, Kind::AppLog));
        let empty = read("2026-11-20T08:47:12.345Z\ta-1\tERROR").unwrap();
        assert_eq!((empty.level, empty.detection), (Some(Level::Error), Some(Detection::ErrorLog)));
        let init = read("2026-11-20T08:47:12.345Z\tundefined\tINFO\tloading").unwrap();
        assert_eq!(init.request_id, None);
    }

    #[test]
    fn an_object_in_the_message_is_read_and_its_level_wins() {
        let fact =
            read("2026-11-20T08:47:12.345Z\ta-1\tINFO\t{\"level\":\"error\",\"msg\":\"no card\",\"service\":\"pay\"}")
                .unwrap();
        assert_eq!((fact.level, fact.detection), (Some(Level::Error), Some(Detection::ErrorLog)));
        assert_eq!((fact.service.as_deref(), fact.request_id.as_deref()), (Some("pay"), Some("a-1")));
    }

    #[test]
    fn a_text_that_quotes_the_platform_is_an_application_log() {
        let fact = read("2026-11-20T08:47:12.345Z\ta-1\tERROR\tTask timed out after 3 retries").unwrap();
        assert_eq!(fact.detection, Some(Detection::ErrorLog));
    }
}
