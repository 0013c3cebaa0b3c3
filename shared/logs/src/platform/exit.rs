//! `RequestId: 3f1c… Error: Runtime exited with error: exit status 1` with a second line `Runtime.ExitError`, and
//! `RequestId: 3f1c… Process exited before completing request`
//!
//! The style before `REPORT` had a `Status`. It counts the failure.

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::runtime::classify::is_configuration;
use crate::text::{first_line, is_request_id, is_type_name, number, token};

/// What the answer to the caller of an invocation that timed out says.
const TIMED_OUT: &str = "Task timed out after ";

/// Reads the line of a process that ended or could not be started.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (request_id, rest) = match line.strip_prefix("RequestId:") {
        Some(rest) => token(rest.trim_start()),
        None => Some(token(line)).filter(|(id, _)| is_request_id(id))?,
    };
    let rest = rest.trim_start();
    let fact = if rest.starts_with("Process exited before completing request") {
        Fact::new(Kind::Error, "exit")
            .with_error(None, Some(Cow::Borrowed(first_line(rest))))
            .raising(Detection::EarlyExit, Counts::CRASH)
    } else {
        error(rest.strip_prefix("Error:")?.trim_start())
    };
    Some(fact.of_request(request_id))
}

/// The fact of the text behind `Error:`.
fn error(text: &str) -> Fact<'_> {
    let headline = first_line(text);
    let error_type = text[headline.len()..].split_whitespace().next().filter(|word| is_type_name(word));
    let (kind, detection, counts) = if headline.contains("signal: killed") {
        (Kind::Oom, Detection::OutOfMemory, Counts::OUT_OF_MEMORY)
    } else if headline.starts_with(TIMED_OUT) {
        // The answer to a caller, which it printed: the function's own log has the line that counts.
        (Kind::Error, Detection::Timeout, Counts::NONE)
    } else if cannot_start(headline) || error_type.is_some_and(is_configuration) {
        (Kind::Error, Detection::Configuration, Counts::CRASH)
    } else {
        (Kind::Error, Detection::Crash, Counts::CRASH)
    };
    let mut fact = Fact::new(kind, "exit");
    fact.timeout_s = headline.strip_prefix(TIMED_OUT).and_then(number).map(|(seconds, _)| seconds);
    fact.with_error(error_type.map(Cow::Borrowed), Some(Cow::Borrowed(headline))).raising(detection, counts)
}

fn cannot_start(headline: &str) -> bool {
    headline.starts_with("fork/exec ") || headline.starts_with("Couldn't find valid bootstrap")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_decides_what_it_was() {
        for (text, detection, counts, error_type) in [
            (
                "Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
                Detection::Crash,
                Counts::CRASH,
                true,
            ),
            ("Error: Runtime exited with error: signal: killed", Detection::OutOfMemory, Counts::OUT_OF_MEMORY, false),
            ("Error: fork/exec /var/task/bootstrap: exec format error", Detection::Configuration, Counts::CRASH, false),
            ("Process exited before completing request", Detection::EarlyExit, Counts::CRASH, false),
        ] {
            let line = format!("RequestId: 3f1c-1 {text}");
            let fact = read(&line).unwrap();
            assert_eq!((fact.detection, fact.counts), (Some(detection), counts), "{text}");
            assert_eq!((fact.request_id.as_deref(), fact.error_type.is_some()), (Some("3f1c-1"), error_type));
        }
    }

    #[test]
    fn the_prefix_may_be_missing_before_a_request_id() {
        let fact =
            read("c3252230-c73d-49f6-8844-968c01d1e2e2 Error: Runtime exited without providing a reason").unwrap();
        assert_eq!(fact.detection, Some(Detection::Crash));
        assert_eq!(read("Runtime exited with error: signal: killed was seen yesterday"), None);
        assert_eq!(read("deadbeef Error: not an id"), None);
    }
}
