//! `START RequestId: 3f1c… Version: $LATEST`
//!
//! Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".

use std::borrow::Cow;

use crate::fact::{Fact, Kind};
use crate::text::{after_space, after_word, token};

/// Reads the line that begins an invocation.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (request_id, rest) = token(after_space(after_word(line, "START")?.strip_prefix("RequestId:")?));
    let mut fact = Fact::new(Kind::Start, "start").of_request(request_id);
    let version = after_space(rest).strip_prefix("Version:").map(|rest| token(after_space(rest)).0);
    fact.version = version.filter(|version| !version.is_empty()).map(Cow::Borrowed);
    (!request_id.is_empty()).then_some(fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_may_follow_a_tab() {
        for line in ["START RequestId: a-1 Version: 12", "START RequestId: a-1\tVersion: 12"] {
            let fact = read(line).unwrap();
            assert_eq!((fact.request_id.as_deref(), fact.version.as_deref()), (Some("a-1"), Some("12")));
        }
    }

    #[test]
    fn other_lines_are_left_alone() {
        assert_eq!(read("STARTING RequestId: a"), None);
        assert_eq!(read("START the engine"), None);
        assert_eq!(read("START RequestId: "), None);
    }
}
