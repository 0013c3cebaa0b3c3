//! Ruby: `Error raised from handler method`, then the error as pretty JSON
//! (`{ "errorMessage": …, "errorType": "Function<TypeError>", … }`), mostly an event for each line.
//!
//! The headline stands exactly once and counts; the object is evidence. `Init error when loading handler` is from
//! the initialisation. Source: aws/aws-lambda-ruby-runtime-interface-client, `lambda_logger.rb`.

use std::borrow::Cow;

use super::classify;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::json::{Json, members};
use crate::text::first_line;

/// Reads the headline, with the object where it stands in the same event.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line);
    let in_init = headline.starts_with("Init error when loading handler");
    if headline != "Error raised from handler method" && !in_init {
        return None;
    }
    let counts = if in_init { Counts::NONE } else { Counts::EXCEPTION };
    let detection = if in_init { Detection::Configuration } else { Detection::Exception };
    let fact = Fact::new(Kind::Error, "ruby.headline").with_error(None, Some(Cow::Borrowed(headline)));
    let (mut error_type, mut error_message) = (None, None);
    members(Json::Plain(line[headline.len()..].trim_start()), |key, value| match key {
        "errorType" => error_type = value.text(),
        "errorMessage" => error_message = value.text(),
        _ => {}
    });
    Some(match error_type {
        Some(_) => {
            let object = object(error_type, error_message)?;
            Fact { counts, detector: "ruby.headline", ..object }
        }
        None => fact.raising(detection, counts),
    })
}

/// The fact of the error's object, if its type is wrapped as Ruby's runtime does: `Function<X>`, `Init<X>`, `Runtime<X>`.
pub(crate) fn object<'a>(error_type: Option<Cow<'a, str>>, error_message: Option<Cow<'a, str>>) -> Option<Fact<'a>> {
    let wrapped = error_type?;
    let (wrapper, rest) = wrapped.split_once('<')?;
    let inner = rest.strip_suffix('>').filter(|_| matches!(wrapper, "Function" | "Init" | "Runtime"))?;
    let detection = match classify::exception(inner, error_message.as_deref().unwrap_or_default()) {
        Detection::Exception if wrapper != "Function" => Detection::Configuration,
        detection => detection,
    };
    let inner = Cow::Owned(inner.to_owned());
    Some(Fact::new(Kind::Error, "ruby.object").with_error(Some(inner), error_message).raising(detection, Counts::NONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_counts_alone_or_with_its_object() {
        let alone = read("Error raised from handler method").unwrap();
        assert_eq!((alone.counts, alone.detection), (Counts::EXCEPTION, Some(Detection::Exception)));
        let whole = read("Error raised from handler method\n{\n  \"errorMessage\": \"no\",\n  \"errorType\": \"Function<TypeError>\"\n}").unwrap();
        assert_eq!((whole.counts, whole.error_type.as_deref()), (Counts::EXCEPTION, Some("TypeError")));
    }

    #[test]
    fn the_initialisation_and_the_object_are_evidence() {
        assert!(read("Init error when loading handler app.handler").unwrap().counts.is_none());
        let object = object(Some("Init<LoadError>".into()), Some("cannot load such file".into())).unwrap();
        assert_eq!((object.counts, object.detection), (Counts::NONE, Some(Detection::Configuration)));
    }
}
