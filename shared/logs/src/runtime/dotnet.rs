//! .NET: `<time>\t<request id>\tfail\tSystem.NullReferenceException: …` with frames `   at …`, and the older
//! `…: LambdaException`
//!
//! Source: aws/aws-lambda-dotnet, `Amazon.Lambda.RuntimeSupport` (`LogLevelLoggerWriter`).

use std::borrow::Cow;

use super::classify;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::text::{first_line, is_type_name};

/// Reads the older line of a program that could not be started.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let message = first_line(line).strip_suffix(": LambdaException")?;
    let detection = if message.starts_with("Failed to execute the Lambda function") {
        Detection::Configuration
    } else {
        Detection::Exception
    };
    let error_type = Some(Cow::Borrowed("LambdaException"));
    Some(
        Fact::new(Kind::Error, "dotnet.exception")
            .with_error(error_type, Some(Cow::Borrowed(message)))
            .raising(detection, Counts::EXCEPTION),
    )
}

/// Reads the message column of a line at level `fail` or `crit`: an exception's text with its frames.
pub(crate) fn unhandled(message: &str) -> Option<Fact<'_>> {
    let headline = first_line(message);
    let (error_type, text) = headline.split_once(": ")?;
    let frames = &message[headline.len()..];
    let has_frames = frames.contains("\n   at ") || frames.contains("\r   at ") || frames.contains(" ---> ");
    if !has_frames || !is_type_name(error_type) || !error_type.contains('.') {
        return None;
    }
    let detection = classify::exception(error_type, text);
    Some(
        Fact::new(Kind::Error, "dotnet.unhandled")
            .with_error(Some(Cow::Borrowed(error_type)), Some(Cow::Borrowed(text)))
            .raising(detection, Counts::EXCEPTION),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_with_frames_counts() {
        let message = "System.OutOfMemoryException: none left\n   at Shop.Function.Handler(String input)";
        let fact = unhandled(message).unwrap();
        assert_eq!((fact.counts, fact.detection), (Counts::EXCEPTION, Some(Detection::OutOfMemory)));
    }

    #[test]
    fn a_logged_error_does_not() {
        assert_eq!(unhandled("payment failed: no card"), None);
        assert_eq!(unhandled("System.Exception: handled"), None);
        assert_eq!(read("order rejected: no card"), None);
    }
}
