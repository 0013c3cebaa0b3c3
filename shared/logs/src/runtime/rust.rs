//! Rust: `ERROR Lambda runtime invoke{requestId="…" xrayTraceId="…"}: user handler panicked`, and the panic's own
//! text in the formats before and after Rust 1.73 (`thread 'main' panicked at src/main.rs:17:12:`)
//!
//! The runtime catches a panic of the handler and goes on: its line counts. The panic's text is evidence.
//! Source: aws/aws-lambda-rust-runtime, `lambda-runtime/src/layers/panic.rs`.

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::text::{first_line, is_utc_time, token};
use crate::trace::trace_id;

/// What the runtime says when it has caught a panic.
pub(crate) const HANDLER_PANICKED: &str = "user handler panicked";

/// Reads the runtime's line and the text of a panic.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    caught(line).or_else(|| panic(line))
}

fn caught(line: &str) -> Option<Fact<'_>> {
    let rest = untimed(line).strip_prefix("ERROR Lambda runtime invoke{")?;
    let (span, message) = rest.split_once("}:")?;
    if !message.contains(HANDLER_PANICKED) {
        return None;
    }
    let mut fact = Fact::new(Kind::Error, "rust.caught")
        .with_error(None, Some(Cow::Borrowed(first_line(message.trim_start()))))
        .raising(Detection::Exception, Counts::EXCEPTION);
    fact.level = Some(Level::Error);
    fact.request_id = quoted(span, "requestId=\"").map(Cow::Borrowed);
    fact.trace_id = quoted(span, "xrayTraceId=\"").and_then(|id| trace_id(Cow::Borrowed(id)));
    Some(fact)
}

/// The line without the time that `tracing` may put first.
fn untimed(line: &str) -> &str {
    let (first, rest) = token(line);
    if is_utc_time(first) { rest.trim_start() } else { line }
}

/// The text between `head` and the next quotation mark.
fn quoted<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    Some(text.split_once(head)?.1.split_once('"')?.0)
}

fn panic(line: &str) -> Option<Fact<'_>> {
    let rest = line.strip_prefix("thread '")?;
    let (_, place) = rest.split_once("' ")?;
    // Since Rust 1.88 the thread's number stands between its name and the verb.
    let is_panic = place.starts_with("panicked at ")
        || place.split_once(") ").is_some_and(|(_, rest)| rest.starts_with("panicked at "));
    is_panic.then(|| {
        Fact::new(Kind::Error, "rust.panic")
            .with_error(None, Some(Cow::Borrowed(first_line(line))))
            .raising(Detection::Crash, Counts::NONE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_line_counts() {
        let line = "ERROR Lambda runtime invoke{requestId=\"a-1\" xrayTraceId=\"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Parent=5\"}: \
                    lambda_runtime::layers::panic: user handler panicked error=Any";
        let fact = read(line).unwrap();
        assert_eq!((fact.counts, fact.request_id.as_deref()), (Counts::EXCEPTION, Some("a-1")));
        assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"));
        let timed = format!("2026-11-20T08:47:12.345678Z {line}");
        assert_eq!(read(&timed).map(|fact| fact.counts), Some(Counts::EXCEPTION));
    }

    #[test]
    fn the_text_of_a_panic_is_evidence_in_every_format() {
        for line in [
            "thread 'main' panicked at 'no card', src/main.rs:17:12",
            "thread 'tokio-runtime-worker' panicked at src/main.rs:17:12:\nno card",
            "thread 'main' (4711) panicked at src/main.rs:17:12:",
        ] {
            let fact = read(line).unwrap();
            assert_eq!((fact.counts, fact.detection), (Counts::NONE, Some(Detection::Crash)), "{line}");
        }
        assert_eq!(read("thread 'main' started"), None);
    }
}
