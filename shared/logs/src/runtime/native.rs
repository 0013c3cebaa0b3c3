//! The native runtime client and the loader: `[ERROR] [1706904656887] LAMBDA_RUNTIME Failed to post handler success
//! response. Http response code: 413.`, and ``/lib64/libc.so.6: version `GLIBC_2.38' not found``
//!
//! 413 is an answer of more than 6 MB. Source: awslabs/aws-lambda-cpp, `runtime.cpp`.

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::text::first_line;

/// Reads what the client and the loader say.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    client(line).or_else(|| loader(line))
}

fn client(line: &str) -> Option<Fact<'_>> {
    let (epoch_ms, rest) = line.strip_prefix("[ERROR] [")?.split_once("] ")?;
    let message = rest.strip_prefix("LAMBDA_RUNTIME ")?;
    if epoch_ms.is_empty() || !epoch_ms.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut fact = Fact::new(Kind::Error, "native.client").with_error(None, Some(Cow::Borrowed(first_line(message))));
    fact.level = Some(Level::Error);
    Some(if message.starts_with("Failed to post handler") {
        fact.raising(Detection::Exception, Counts::NONE)
    } else {
        fact.raising(Detection::ErrorLog, Counts::NONE)
    })
}

fn loader(line: &str) -> Option<Fact<'_>> {
    let headline = first_line(line);
    let names_library =
        headline.contains(": version `GLIBC") || headline.contains("error while loading shared libraries: ");
    let is_missing =
        headline.contains("not found (required by ") || headline.contains("cannot open shared object file");
    (names_library && is_missing).then(|| {
        Fact::new(Kind::Error, "native.loader")
            .with_error(None, Some(Cow::Borrowed(headline)))
            .raising(Detection::Configuration, Counts::NONE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_cannot_be_posted_is_told() {
        let fact = read(
            "[ERROR] [1706904656887] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.",
        )
        .unwrap();
        assert_eq!((fact.detection, fact.counts), (Some(Detection::Exception), Counts::NONE));
        assert_eq!(read("[ERROR] [later] LAMBDA_RUNTIME x"), None);
    }

    #[test]
    fn a_library_that_is_missing_is_configuration() {
        let fact =
            read("./bootstrap: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by ./bootstrap)").unwrap();
        assert_eq!(fact.detection, Some(Detection::Configuration));
        assert_eq!(read("page not found (required by law)"), None);
    }
}
