//! From a line to its meaning: the dispatch by first bytes.

use crate::application;
use crate::fact::{Fact, Kind};
use crate::json::Json;
use crate::message::Message;
use crate::platform;
use crate::runtime;
use crate::source::Source;

/// A detector: what it makes of a line, or nothing if the line is not its own.
type Detector = for<'a> fn(&'a str) -> Option<Fact<'a>>;

/// What the line means.
///
/// A pure function of the line and of where it stands; total, and it never panics.
#[inline]
#[must_use]
pub fn recognise<'a>(message: &'a str, source: &Source<'_>) -> Fact<'a> {
    let line = message.trim_end();
    let text = line.trim_start();
    let detectors = match text.as_bytes().first() {
        None => &[],
        Some(b'{') => match application::object::read(Json::Plain(text), source) {
            Some(fact) => return fact,
            None => &[],
        },
        Some(first) => detectors(*first),
    };
    detectors.iter().find_map(|read| read(line)).unwrap_or_else(|| Fact::new(Kind::Plain, "plain"))
}

/// What a message means. It is read as it stands in its delivery, or from the scratch space, into which its text goes if
/// it cannot be.
#[must_use]
pub fn recognise_message<'a>(message: &'a Message<'_>, source: &Source<'_>, scratch: &'a mut String) -> Fact<'a> {
    if let Some(object) = message.escaped().filter(|text| text.starts_with('{'))
        && let Some(fact) = application::object::read(Json::Escaped(object), source)
    {
        return fact;
    }
    recognise(message.line_in(scratch), source)
}

/// The detectors whose lines can begin with this byte, the likeliest first.
fn detectors(first: u8) -> &'static [Detector] {
    match first {
        b'R' => &[platform::report::read, platform::exit::read, platform::restore::read, runtime::java::read],
        b'S' => &[platform::start::read, runtime::java::read],
        b'E' => &[
            platform::end::read,
            platform::extension::read,
            runtime::ruby::read,
            runtime::rust::read,
            runtime::memory::read,
            runtime::java::read,
            application::text::read,
        ],
        b'I' => &[
            platform::init::read,
            runtime::ruby::read,
            runtime::rust::read,
            runtime::java::read,
            application::text::read,
        ],
        b'X' => &[platform::xray::read, runtime::java::read],
        b'T' => &[platform::subscription::read, runtime::rust::read, runtime::java::read],
        b'L' => &[platform::subscription::read, runtime::python::read, runtime::java::read],
        b'C' => &[platform::control::read, runtime::java::read, application::text::read],
        b'[' => &[runtime::native::read, runtime::python::read, application::text::read],
        b'0'..=b'9' => &[
            application::node::read,
            platform::timeout::read,
            runtime::go::read,
            platform::exit::read,
            runtime::rust::read,
            application::text::read,
            runtime::java::read,
        ],
        b'a'..=b'f' => &[
            platform::exit::read,
            runtime::memory::read,
            runtime::native::read,
            runtime::go::read,
            runtime::java::read,
        ],
        b'H' | b'U' | b'm' => &[runtime::python::read, runtime::memory::read, runtime::java::read],
        b'p' | b't' => &[runtime::go::read, runtime::rust::read, runtime::java::read],
        b'D' | b'F' | b'W' | b'A' => &[
            runtime::memory::read,
            runtime::dotnet::read,
            runtime::rust::read,
            runtime::java::read,
            application::text::read,
        ],
        _ => &[runtime::memory::read, runtime::native::read, runtime::dotnet::read, runtime::java::read],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that detectors look for: lines made of them come close to what is recognised, and to what is not.
    const PIECES: [&str; 44] = [
        "REPORT",
        "START",
        "END",
        "INIT_REPORT",
        "INIT_START",
        "RESTORE_REPORT",
        "EXTENSION",
        "TELEMETRY",
        "XRAY",
        " ",
        "\t",
        "\n",
        "\r",
        "\u{a0}",
        "RequestId: ",
        "Duration: ",
        "12.5 ms",
        "Memory Size: ",
        "Status: ",
        "timeout",
        "Error Type: ",
        "[ERROR]",
        "Traceback (most recent call last):",
        "KeyError: ",
        "2026-11-20T08:47:12.345Z",
        "2026/11/20 08:47:12 ",
        "8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01",
        "Task timed out after ",
        "3.00 seconds",
        "ERROR",
        "Invoke Error",
        "{",
        "}",
        "\"",
        "\"errorType\":\"x\",",
        "\"message\":",
        "\"type\":\"platform.report\",\"record\":",
        ": ",
        "java.lang.Error",
        "panic: ",
        "FATAL ERROR: ",
        "é",
        "[",
        "]",
    ];

    /// What JSON does not allow in a string, and what is seldom escaped.
    #[test]
    fn odd_escapes_mean_the_same_where_they_stand() {
        for escaped in [
            "{\\\"level\\\":\\\"ERROR\\\",\\\"message\\\":\\\"a\tb\\\"}",
            r#"{\u0022level\u0022:\"ERROR\",\"message\":\"a\"}"#,
            r#"{\"level\":\"ERROR\",\"message\":\"a\/b\u00e9 \\u00e9\"}"#,
            r#"{\"level\":\"ERROR\",\"message\":\"\x\"}"#,
            r#"{\"level\":\"ERROR\",\"message\":\"a\"#,
        ] {
            let (message, mut scratch) = (Message::in_json(escaped), String::new());
            let text = message.text();
            let fact = recognise_message(&message, &Source::default(), &mut scratch);
            assert_eq!(fact, recognise(&text, &Source::default()), "{escaped}");
        }
    }

    #[test]
    fn documents_in_documents_end() {
        let mut text = r#"{"level":"ERROR"}"#.to_owned();
        for _ in 0..9 {
            text = serde_json::json!({"message": text}).to_string();
        }
        assert_eq!(recognise(&text, &Source::default()).detection, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_has_a_meaning(text in any::<String>()) {
            let _ = recognise(&text, &Source::default());
        }

        #[test]
        fn any_line_made_of_known_pieces_has_a_meaning(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14)) {
            let text = pieces.concat();
            let _ = recognise(&text, &Source::default());
        }

        #[test]
        fn a_message_means_the_same_as_it_stands_in_its_delivery(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14),
            shape in 0..4,
        ) {
            let inner = pieces.concat();
            let text = match shape {
                0 => inner,
                1 => serde_json::json!({"level": "ERROR", "message": inner, "errorType": inner}).to_string(),
                2 => serde_json::json!({"message": {"errorType": "x", "errorMessage": inner}, "requestId": inner}).to_string() + "\n",
                _ => format!("{{\"type\":\"platform.report\",\"record\":{{{inner}}}}}"),
            };
            let quoted = serde_json::Value::from(text.as_str()).to_string();
            let (message, mut scratch) = (Message::in_json(&quoted[1..quoted.len() - 1]), String::new());
            let fact = recognise_message(&message, &Source::default(), &mut scratch);
            prop_assert_eq!(fact, recognise(&text, &Source::default()));
        }

        #[test]
        fn the_pairs_of_a_report_may_stand_in_any_order_and_spacing(
            order in Just([0, 1, 2, 3, 4, 5, 6]).prop_shuffle(),
            gaps in prop::collection::vec("[ \t]{1,4}", 8),
        ) {
            let pairs = ["Duration: 12.50 ms", "Billed Duration: 99 ms", "Memory Size: 128 MB", "Max Memory Used: 64 MB",
                "Init Duration: 86.10 ms", "Status: error", "Error Type: Runtime.ExitError"];
            let mut shuffled = "REPORT RequestId: a-1".to_owned();
            for (position, gap) in order.iter().zip(&gaps) {
                shuffled.push_str(gap);
                shuffled.push_str(pairs[*position]);
            }
            let straight = format!("REPORT RequestId: a-1\t{}", pairs.join("\t"));
            prop_assert_eq!(recognise(&shuffled, &Source::default()), recognise(&straight, &Source::default()));
        }
    }
}
