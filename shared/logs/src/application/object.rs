//! A message that is a JSON object: which of the forms it is.

use super::structured::Structured;
use super::{cut, span, spans};
use crate::fact::{Fact, Kind};
use crate::json::Json;
use crate::source::Source;

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
    let is_execution = object.execution_arn && object.event_type.is_some();
    let kind = match () {
        () if object.is_metric => Kind::Emf,
        () if is_execution => Kind::StepFunctions,
        () => Kind::Structured,
    };
    Some(object.fact(kind))
}

impl<'a> Structured<'a> {
    /// The platform's record, if the type of the object says that it is one.
    fn platform_record(&mut self) -> Option<Fact<'a>> {
        let record_type = self.event_type.as_deref()?.strip_prefix("platform.")?;
        self.record.as_mut()?.fact(record_type)
    }
}

#[cfg(test)]
mod tests {
    use crate::fact::Kind;
    use crate::recognise;
    use crate::source::Source;

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
