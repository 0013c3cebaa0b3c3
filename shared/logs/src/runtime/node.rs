//! Node.js: `Invoke Error {"errorType":"ReferenceError","errorMessage":"x is not defined","stack":[…]}` in the
//! message column of a line at level `ERROR`; also `Uncaught Exception` and `Unhandled Promise Rejection`.
//!
//! Source: aws/aws-lambda-nodejs-runtime-interface-client, `src/Errors.js` and `src/LogPatch.js`.

use std::borrow::Cow;

use super::classify;
use crate::fact::{Counts, Fact, Kind};
use crate::json::{Json, members};

const HEADLINES: [&str; 3] = ["Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection"];

/// Reads the message column of an unhandled error. `request_id` is absent while the function is initialised.
pub(crate) fn read<'a>(message: &'a str, request_id: Option<&'a str>) -> Option<Fact<'a>> {
    let rest = HEADLINES.iter().find_map(|headline| message.strip_prefix(headline))?;
    let object = rest.trim_start();
    if object.len() == rest.len() || !object.starts_with('{') {
        return None;
    }
    let (error_type, error_message) = read_error(object);
    let mut fact = unhandled(error_type, error_message, request_id.is_none(), "node.unhandled");
    fact.request_id = request_id.map(Cow::Borrowed);
    Some(fact)
}

/// The fact of an error that nobody caught but the runtime; one of the initialisation is evidence alone.
pub(crate) fn unhandled<'a>(
    error_type: Option<Cow<'a, str>>,
    error_message: Option<Cow<'a, str>>,
    in_init: bool,
    detector: &'static str,
) -> Fact<'a> {
    let type_name = error_type.as_deref().unwrap_or_default();
    let detection = classify::exception(type_name, error_message.as_deref().unwrap_or_default());
    let counts = if in_init || classify::is_evidence(type_name) { Counts::NONE } else { Counts::EXCEPTION };
    Fact::new(Kind::Error, detector).with_error(error_type, error_message).raising(detection, counts)
}

/// Type and message of the error object; of a rejected promise those of its reason. A cut object gives what it has.
fn read_error(object: &str) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    let (mut error_type, mut error_message) = (None, None);
    let (mut type_of_reason, mut message_of_reason) = (None, None);
    members(Json::Plain(object), |key, value| match key {
        "errorType" => error_type = value.text(),
        "errorMessage" => error_message = value.text(),
        "reason" => drop(value.members(|key, value| match key {
            "errorType" => type_of_reason = value.text(),
            "errorMessage" => message_of_reason = value.text(),
            _ => {}
        })),
        _ => {}
    });
    (type_of_reason.or(error_type), message_of_reason.or(error_message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Detection;

    #[test]
    fn an_invoke_error_counts() {
        for separator in ["\t", " \t", "\n"] {
            let message =
                format!("Invoke Error{separator}{{\"errorType\":\"TypeError\",\"errorMessage\":\"no\",\"timeout\":3}}");
            let fact = read(&message, Some("a-1")).unwrap();
            assert_eq!((fact.counts, fact.detection), (Counts::EXCEPTION, Some(Detection::Exception)));
            assert_eq!(fact.error_type.as_deref(), Some("TypeError"));
        }
    }

    #[test]
    fn an_error_of_the_initialisation_is_evidence() {
        let message = r#"Uncaught Exception {"errorType":"TypeError","errorMessage":"no"}"#;
        assert!(read(message, None).unwrap().counts.is_none());
        let message = r#"Uncaught Exception {"errorType":"Runtime.ImportModuleError","errorMessage":"no"}"#;
        let fact = read(message, Some("a-1")).unwrap();
        assert_eq!((fact.counts, fact.detection), (Counts::NONE, Some(Detection::Configuration)));
    }

    #[test]
    fn a_rejected_promise_is_told_by_its_reason() {
        let message = r#"Unhandled Promise Rejection	{"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"E: x","reason":{"errorType":"E","errorMessage":"x"}}"#;
        let fact = read(message, Some("a-1")).unwrap();
        assert_eq!((fact.error_type.as_deref(), fact.counts), (Some("E"), Counts::EXCEPTION));
    }

    #[test]
    fn a_cut_object_still_counts() {
        assert_eq!(read("Invoke Error \t{\"errorType\":\"Ty", Some("a")).unwrap().counts, Counts::EXCEPTION);
        assert_eq!(read("Invoke Errors: 0", Some("a")), None);
    }
}
