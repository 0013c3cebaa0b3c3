//! Python: `[ERROR] KeyError: 'b'` and `Traceback (most recent call last):` on the following lines, and the bare
//! texts of the years before 2019 such as `Unable to import module 'app': No module named 'app'`.
//!
//! Source: aws/aws-lambda-python-runtime-interface-client, `bootstrap.py` (`log_error`): lines are joined by `\n`, or
//! by `\r` without the telemetry descriptor.

use std::borrow::Cow;

use super::classify;
use crate::application::object;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::json::Json;
use crate::level::Level;
use crate::source::Source;
use crate::text::{first_line, is_type_name};

/// Reads an unhandled exception.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    unhandled(line).or_else(|| warning(line)).or_else(|| bare(line))
}

/// `[ERROR] Type: message`. A tab behind the bracket is a handled log; a text without a type is a user's print.
fn unhandled(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line.strip_prefix("[ERROR] ")?);
    let trace = &line[headline.len() + "[ERROR] ".len()..];
    let (error_type, message) = headline.split_once(": ").unwrap_or((headline.trim_end_matches(':'), ""));
    let has_trace = trace.trim_start().starts_with("Traceback (most recent call last)");
    if !is_type_name(error_type) || !(has_trace || is_exception_name(error_type)) {
        return None;
    }
    let in_init = classify::is_evidence(error_type) || trace.contains("importlib");
    let counts = if in_init { Counts::NONE } else { Counts::EXCEPTION };
    let mut fact = Fact::new(Kind::Error, "python.unhandled")
        .with_error(Some(Cow::Borrowed(error_type)), Some(Cow::Borrowed(message)).filter(|text| !text.is_empty()))
        .raising(classify::exception(error_type, message), counts);
    fact.level = Some(Level::Error);
    Some(fact)
}

fn is_exception_name(error_type: &str) -> bool {
    const ENDINGS: [&str; 5] = ["Error", "Exception", "Exit", "Interrupt", "Timeout"];
    error_type.starts_with("Runtime.") || ENDINGS.iter().any(|ending| error_type.ends_with(ending))
}

/// `LAMBDA_WARNING: Unhandled exception. …` accompanies unhandled errors; in JSON mode the error's object is glued
/// to it by a `\r`.
fn warning(line: &str) -> Option<Fact<'_>> {
    let rest = line.strip_prefix("LAMBDA_WARNING:")?;
    let glued = rest.split_once('\r').map(|(_, object)| object.trim_start());
    let mut fact = glued
        .filter(|text| text.starts_with('{'))
        .and_then(|text| object::read(Json::Plain(text), &Source::default()))
        .unwrap_or_else(|| Fact::new(Kind::AppLog, "python.warning"));
    fact.level = fact.level.or(Some(Level::Warn));
    Some(fact)
}

/// The texts of the initialisation before 2019: the report of that invocation looks like a success, but so does the
/// one of today, so they stay evidence.
fn bare(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line);
    let is_bare = headline.starts_with("Unable to import module '")
        || (headline.starts_with("Handler '") && headline.contains("missing on module"))
        || headline.starts_with("module initialization error");
    is_bare.then(|| {
        Fact::new(Kind::Error, "python.bare")
            .with_error(None, Some(Cow::Borrowed(headline)))
            .raising(Detection::Configuration, Counts::NONE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unhandled_exception_counts_however_its_lines_are_joined() {
        for joint in ["\n", "\r"] {
            let line = format!(
                "[ERROR] KeyError: 'b'{joint}Traceback (most recent call last):{joint}\u{a0}\u{a0}File \"a.py\""
            );
            let fact = read(&line).unwrap();
            assert_eq!((fact.counts, fact.detection), (Counts::EXCEPTION, Some(Detection::Exception)));
            assert_eq!((fact.error_type.as_deref(), fact.error_message.as_deref()), (Some("KeyError"), Some("'b'")));
        }
    }

    #[test]
    fn an_exception_of_the_initialisation_is_evidence() {
        for line in [
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'\nTraceback (most recent call last):",
            "[ERROR] ValueError: no\nTraceback (most recent call last):\n  File \"/var/lang/lib/python3.13/importlib/__init__.py\"",
            "Unable to import module 'app': No module named 'requests'",
        ] {
            assert!(read(line).unwrap().counts.is_none(), "{line}");
        }
    }

    #[test]
    fn a_users_print_is_no_exception() {
        for line in ["[ERROR] First test message", "[ERROR", "[ERROR] Note: see below", "[ERROR]\tKeyError: 'b'"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn the_object_behind_the_warning_is_read() {
        let line = "LAMBDA_WARNING: Unhandled exception. See the docs.\r{\"log_level\":\"ERROR\",\"errorType\":\"KeyError\",\
                    \"errorMessage\":\"'b'\",\"stackTrace\":[],\"requestId\":\"3f1c2b1a-1111-4222-8333-444455556666\"}";
        let fact = read(line).unwrap();
        assert_eq!((fact.counts, fact.error_type.as_deref()), (Counts::EXCEPTION, Some("KeyError")));
        assert_eq!(read("LAMBDA_WARNING: Unhandled exception.").unwrap().detection, None);
    }
}
