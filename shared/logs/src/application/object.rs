//! A message that is a JSON object: which of the forms it is.

use std::borrow::Cow;

use super::structured::Structured;
use super::{cut, span, spans};
use crate::fact::{Fact, Kind};
use crate::json::Json;
use crate::level::Level;
use crate::source::Source;
use crate::text::first_line;

/// Reads an object; nothing if the text is none. One that was cut is told only where no string holds it.
pub(crate) fn read<'a>(json: Json<'a>, source: &Source<'_>) -> Option<Fact<'a>> {
    let mut object = Structured::default();
    if !object.read(json) {
        return if let Json::Plain(text) = json { cut::read(text) } else { None };
    }
    if !object.has_members {
        return None;
    }
    if let Some(record) = object.platform_record() {
        return Some(record);
    }
    if object.has_spans {
        return Some(spans::fact());
    }
    if source.log_group.as_deref() == Some("aws/spans") || object.is_span() {
        return Some(span::fact(object, json));
    }
    let kind = object.kind();
    Some(object.fact(kind))
}

/// Reads an object that was logged as the message of a text line of this level; nothing if the text is none. What looks
/// like a record of the platform or an exception of the runtime is what somebody printed, and counts nothing.
pub(crate) fn read_logged(text: &str, level: Option<Level>) -> Option<Fact<'_>> {
    let mut object = Structured::default();
    if !object.read(Json::Plain(text)) || !object.has_members {
        return None;
    }
    if object.has_spans {
        return Some(spans::fact());
    }
    if object.is_span() {
        return Some(span::fact(object, Json::Plain(text)));
    }
    let kind = object.kind();
    let mut fact = object.logged_fact(kind, level);
    if fact.detection.is_some() && fact.error_message.is_none() {
        fact.error_message = Some(Cow::Borrowed(first_line(text)));
    }
    Some(fact)
}

impl<'a> Structured<'a> {
    /// Which form it has, where it is neither a span nor the platform's.
    const fn kind(&self) -> Kind {
        let is_execution = self.execution_arn && self.event_type.is_some();
        match (self.is_metric, is_execution) {
            (true, _) => Kind::Emf,
            (false, true) => Kind::StepFunctions,
            (false, false) => Kind::Structured,
        }
    }

    /// The platform's record, if the type of the object says that it is one.
    fn platform_record(&mut self) -> Option<Fact<'a>> {
        let record_type = self.event_type.as_deref()?.strip_prefix("platform.")?;
        self.record.as_mut()?.fact(record_type)
    }
}

#[cfg(test)]
mod tests {
    use crate::fact::{Detection, Kind};
    use crate::recognise;
    use crate::source::Source;

    #[test]
    fn what_was_logged_counts_nothing_whatever_it_looks_like() {
        let id = "8f14e45f-ceea-467f-9a2b-1c3d5e7f9a0b";
        for object in [
            r#"{"time":"x","type":"platform.report","record":{"requestId":"a","status":"timeout","metrics":{"durationMs":3000.0}}}"#,
            r#"{"time":"x","type":"platform.fault","record":"RequestId: a Process exited before completing request"}"#,
            r#"{"level":"INFO","requestId":"a","message":{"errorType":"TypeError","errorMessage":"x","stackTrace":["f"]}}"#,
        ] {
            for line in [
                format!("[INFO]\t2026-11-20T08:47:12.345Z\t{id}\t{object}"),
                format!("2026-11-20T08:47:12.345Z\t{id}\tINFO\t{object}"),
                format!("2026/11/20 08:47:12 {object}"),
            ] {
                let fact = recognise(&line, &Source::default());
                assert!(fact.counts.is_none() && fact.detection.is_none(), "{line}");
            }
        }
    }

    #[test]
    fn an_error_without_a_level_of_its_own_has_that_of_its_line() {
        for line in [
            r#"2026-11-20T08:47:12.345Z	8f14e45f-ceea-467f-9a2b-1c3d5e7f9a0b	ERROR	{"message":"bad","n":1}"#,
            r#"[ERROR]	2026-11-20T08:47:12.345Z	8f14e45f-ceea-467f-9a2b-1c3d5e7f9a0b	{"message":"bad","n":1}"#,
        ] {
            let fact = recognise(line, &Source::default());
            assert_eq!(
                (fact.detection, fact.error_message.as_deref()),
                (Some(Detection::ErrorLog), Some("bad")),
                "{line}"
            );
        }
    }

    #[test]
    fn the_members_tell_the_form() {
        for (line, kind) in [
            (r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"shop"}]},"Errors":0}"#, Kind::Emf),
            (r#"{"_aws":{"xray":{}},"a":1}"#, Kind::Structured),
            (
                r#"{"id":"2","type":"TaskStateEntered","execution_arn":"arn:aws:states:x","details":{}}"#,
                Kind::StepFunctions,
            ),
            (
                r#"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","name":"pay","startTimeUnixNano":1,"endTimeUnixNano":"2"}"#,
                Kind::Span,
            ),
            (r#"{"time":"x","type":"order.report","record":{"status":"timeout"}}"#, Kind::Structured),
            ("{}", Kind::Plain),
            (r#"{"level":"ERROR""#, Kind::Plain),
        ] {
            let fact = recognise(line, &Source::default());
            assert_eq!(fact.kind, kind, "{line}");
            assert_eq!(fact.detection, None, "{line}");
        }
    }
}
