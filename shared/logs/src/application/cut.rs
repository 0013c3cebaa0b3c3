//! An object that was cut: `{"level":"ERROR","message":{"errorType":"TypeError","errorMessage":"…`
//!
//! Events have a size limit, and a long stack trace may exceed it. What was cut is plain text, but for the exceptions
//! that runtimes write in JSON mode: they count failures, and their type stands at their start.

use std::borrow::Cow;

use super::structured::Structured;
use crate::fact::Fact;
use crate::level::Level;
use crate::runtime::node;
use crate::text::request_id;

/// Reads the exception of an object that was cut.
pub(super) fn read(text: &str) -> Option<Fact<'_>> {
    let mut object = Structured::default();
    if !object.read_cut(text) {
        return None;
    }
    object.level.filter(|level| level.is_error())?;
    let (error_type, in_init, detector) = if object.has_python_level {
        (text_of(text, "\"errorType\"")?, false, "python.unhandled_json")
    } else {
        let message = after(text, "\"message\"").filter(|rest| rest.starts_with('{'))?;
        (text_of(message, "\"errorType\"")?, object.request_id.is_none(), "node.unhandled_json")
    };
    let mut fact = node::unhandled(Some(Cow::Borrowed(error_type)), None, in_init, detector);
    fact.level = Some(Level::Error);
    fact.request_id = object.request_id.map(request_id);
    Some(fact)
}

/// The text of a member that is a string without escapes.
fn text_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (value, _) = after(text, key)?.strip_prefix('"')?.split_once('"')?;
    Some(value).filter(|value| !value.is_empty() && !value.contains('\\'))
}

/// What follows a key and its colon.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    Some(text.split_once(key)?.1.trim_start().strip_prefix(':')?.trim_start())
}

#[cfg(test)]
mod tests {
    use crate::fact::{Counts, Kind};
    use crate::recognise;
    use crate::source::Source;

    #[test]
    fn exceptions_count_though_they_were_cut() {
        for line in [
            r#"{"timestamp":"x","level":"ERROR","requestId":"8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01","message":{"errorType":"TypeError","errorMessage":"no","stackTr"#,
            r#"{"timestamp":"x","log_level":"ERROR","errorMessage":"no","errorType":"KeyError","stackTrace":["a"#,
        ] {
            let fact = recognise(line, &Source::default());
            assert_eq!((fact.kind, fact.counts), (Kind::Error, Counts::EXCEPTION), "{line}");
        }
    }

    #[test]
    fn other_cut_objects_are_plain() {
        for line in [
            r#"{"level":"ERROR","message":"no card"#,
            r#"{"level":"INFO","message":{"errorType":"TypeError","#,
            r#"{"level":"ERROR","message":{"errorType":"#,
        ] {
            let fact = recognise(line, &Source::default());
            assert_eq!((fact.kind, fact.detection), (Kind::Plain, None), "{line}");
        }
    }
}
