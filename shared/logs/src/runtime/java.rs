//! Java: `no card: java.lang.IllegalStateException` and the stack trace on the following lines.
//!
//! The runtime prints the message, a colon and the class; the stack trace begins with the class again. Source:
//! aws/aws-lambda-java-libs, runtime interface client (`UserFault`).

use std::borrow::Cow;

use super::classify;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::text::{first_line, is_type_name};

/// Reads an unhandled exception.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line);
    let trace = line[headline.len()..].trim_start();
    if trace.is_empty() {
        return None;
    }
    let (message, class) = headline.rsplit_once(": ")?;
    let is_trace = trace.starts_with(class) || trace.starts_with("at ");
    if !is_trace || !class.contains('.') || !is_type_name(class) {
        return None;
    }
    let (detection, counts) = if is_from_init(message) {
        (Detection::Configuration, Counts::NONE)
    } else {
        (classify::exception(class, message), Counts::EXCEPTION)
    };
    let message = Some(Cow::Borrowed(message)).filter(|message| message != "null");
    Some(
        Fact::new(Kind::Error, "java.unhandled")
            .with_error(Some(Cow::Borrowed(class)), message)
            .raising(detection, counts),
    )
}

/// The runtime's own words for a handler that it cannot load.
fn is_from_init(message: &str) -> bool {
    ["Class not found: ", "Error loading class ", "Error loading method "].iter().any(|head| message.starts_with(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_named_twice() {
        let fact = read("null: com.acme.Boom\ncom.acme.Boom\n\tat com.acme.Handler.handle(Handler.java:3)").unwrap();
        assert_eq!((fact.error_type.as_deref(), fact.error_message), (Some("com.acme.Boom"), None));
        assert_eq!(fact.counts, Counts::EXCEPTION);
    }

    #[test]
    fn memory_and_loading_are_told_apart() {
        let memory = read("Metaspace: java.lang.OutOfMemoryError\njava.lang.OutOfMemoryError: Metaspace").unwrap();
        assert_eq!(memory.detection, Some(Detection::OutOfMemory));
        let loading =
            read("Class not found: a.B: java.lang.ClassNotFoundException\njava.lang.ClassNotFoundException: a.B")
                .unwrap();
        assert_eq!((loading.detection, loading.counts), (Some(Detection::Configuration), Counts::NONE));
    }

    #[test]
    fn other_texts_are_left_alone() {
        for line in ["Handled: java.lang.IllegalStateException", "note: see\nsee below", "a: b.c\nother"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
