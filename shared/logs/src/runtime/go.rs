//! Go: `2026/11/20 08:47:12 {"errorMessage":"no card","errorType":"errorString"}`, `panic: …`, `fatal error: …`
//!
//! The runtime client logs every error that the handler returns. One with a stack trace is a panic that it caught;
//! it then exits, and the platform's line counts. Source: aws/aws-lambda-go, `lambda/panics.go`, `lambda/invoke_loop.go`.

use std::borrow::Cow;

use super::classify;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::json::{Json, members};
use crate::text::first_line;

/// Reads a returned error, a panic, or an error of Go's own runtime.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    returned(line).or_else(|| ended(line))
}

fn returned(line: &str) -> Option<Fact<'_>> {
    let object = after_log_time(line).filter(|rest| rest.starts_with('{'))?;
    let (mut error_type, mut error_message, mut has_trace) = (None, None, false);
    members(Json::Plain(object), |key, value| match key {
        "errorType" => error_type = value.text(),
        "errorMessage" => error_message = value.text(),
        "stackTrace" => has_trace = value.is_array(),
        _ => {}
    });
    error_message.as_ref()?;
    let detection = classify::exception(error_type.as_deref()?, error_message.as_deref().unwrap_or_default());
    let counts = if has_trace { Counts::NONE } else { Counts::EXCEPTION };
    Some(Fact::new(Kind::Error, "go.returned").with_error(error_type, error_message).raising(detection, counts))
}

/// What follows the time that Go's `log` prints: `2026/11/20 08:47:12 `, with microseconds by option.
pub(crate) fn after_log_time(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let is_time = bytes.len() > 20
        && bytes[..19].iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'/',
            10 => *b == b' ',
            13 | 16 => *b == b':',
            _ => b.is_ascii_digit(),
        });
    let rest = line.get(19..).filter(|_| is_time)?;
    let rest = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    rest.strip_prefix(' ')
}

fn ended(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line);
    let (detection, kind) = if headline.starts_with("panic: ") {
        (Detection::Crash, Kind::Error)
    } else if headline.starts_with("fatal error: ") {
        let memory = headline.contains("out of memory") || headline.contains("cannot allocate memory");
        if memory { (Detection::OutOfMemory, Kind::Oom) } else { (Detection::Crash, Kind::Error) }
    } else {
        return None;
    };
    Some(Fact::new(kind, "go.ended").with_error(None, Some(Cow::Borrowed(headline))).raising(detection, Counts::NONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_error_counts_and_a_caught_panic_does_not() {
        let returned = read(r#"2026/11/20 08:47:12 {"errorMessage":"no card","errorType":"errorString"}"#).unwrap();
        assert_eq!((returned.counts, returned.detection), (Counts::EXCEPTION, Some(Detection::Exception)));
        let panic = read(r#"2026/11/20 08:47:12 {"errorMessage":"nil","errorType":"Error","stackTrace":[{"line":1}]}"#)
            .unwrap();
        assert_eq!(panic.counts, Counts::NONE);
    }

    #[test]
    fn what_ends_the_process_is_evidence() {
        assert_eq!(read("panic: assignment to entry in nil map").unwrap().detection, Some(Detection::Crash));
        assert_eq!(read("fatal error: runtime: out of memory").unwrap().detection, Some(Detection::OutOfMemory));
        assert_eq!(read("fatal: false"), None);
        assert_eq!(read("goroutine 1 [running]:"), None);
        assert_eq!(read(r#"2026/11/20 08:47:12 {"order":4711}"#), None);
    }
}
