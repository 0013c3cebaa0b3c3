//! Rust: `ERROR Lambda runtime invoke{requestId="…" xrayTraceId="…"}: user handler panicked`, and the panic's own
//! text in the formats before and after Rust 1.73 (`thread 'main' panicked at src/main.rs:17:12:`)
//!
//! Whatever is logged while the handler runs begins like the first of them, at its own level. The runtime catches a panic of the handler and goes on: its line counts. The panic's text is evidence.
//! Source: aws/aws-lambda-rust-runtime, `lambda-runtime/src/layers/panic.rs`.

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::text::{first_line, is_utc_time, token};
use crate::trace::trace_id;

/// What the runtime says when it has caught a panic.
pub(crate) const HANDLER_PANICKED: &str = "user handler panicked";

/// Reads a line of the runtime's span and the text of a panic.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    traced(line).or_else(|| panic(line))
}

fn traced(line: &str) -> Option<Fact<'_>> {
    let (word, rest) = token(untimed(line));
    let (span, message) = rest.trim_start().strip_prefix("Lambda runtime invoke{")?.split_once("}:")?;
    let level = Level::from_word(word)?;
    let message = message.trim_start();
    let mut fact = match () {
        () if level == Level::Error && message.contains(HANDLER_PANICKED) => {
            Fact::new(Kind::Error, "rust.caught").raising(Detection::Exception, Counts::EXCEPTION)
        }
        () if level.is_error() => Fact::new(Kind::AppLog, "rust.log").raising(Detection::ErrorLog, Counts::NONE),
        () => Fact::new(Kind::AppLog, "rust.log"),
    };
    fact.error_message = fact.detection.map(|_| Cow::Borrowed(first_line(message)));
    fact.level = Some(level);
    fact.request_id = quoted(span, "requestId=\"").map(Cow::Borrowed);
    fact.trace_id = quoted(span, "xrayTraceId=\"").and_then(|id| trace_id(Cow::Borrowed(id)));
    Some(fact)
}

/// The line without the time that `tracing` may put first.
fn untimed(line: &str) -> &str {
    let line = line.trim_start();
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
    fn what_is_logged_while_the_handler_runs_names_its_request() {
        let span = "Lambda runtime invoke{requestId=\"a-1\" xrayTraceId=\"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Parent=5\"}";
        for (head, behind, level, message) in [
            (
                "2026-11-20T08:47:12.345678Z ERROR ",
                ": lambda_runtime: no card\nmore",
                Level::Error,
                Some("lambda_runtime: no card"),
            ),
            ("2026-11-20T08:47:12.345678Z  INFO ", ": shop: order placed", Level::Info, None),
            ("ERROR ", ":pay{order=7}: shop: no card", Level::Error, Some("pay{order=7}: shop: no card")),
            (" WARN ", ": shop: slow", Level::Warn, None),
            ("DEBUG ", ": shop: user handler panicked", Level::Debug, None),
        ] {
            let line = format!("{head}{span}{behind}");
            let fact = crate::recognise(&line, &crate::Source::default());
            assert_eq!((fact.kind, fact.counts, fact.level), (Kind::AppLog, Counts::NONE, Some(level)), "{line}");
            assert_eq!(
                (fact.detection.is_some(), fact.error_message.as_deref()),
                (message.is_some(), message),
                "{line}"
            );
            assert_eq!(fact.request_id.as_deref(), Some("a-1"), "{line}");
            assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"), "{line}");
        }
        assert_eq!(read("budget Lambda runtime invoke{requestId=\"a-1\"}: no"), None);
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
