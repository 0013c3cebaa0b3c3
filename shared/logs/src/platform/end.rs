//! `END RequestId: 3f1c…`
//!
//! Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".

use crate::fact::{Fact, Kind};
use crate::text::{after_space, after_word, token};

/// Reads the line that ends an invocation.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (request_id, _) = token(after_space(after_word(line, "END")?.strip_prefix("RequestId:")?));
    (!request_id.is_empty()).then(|| Fact::new(Kind::End, "end").of_request(request_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_named() {
        assert_eq!(read("END RequestId: a-1").unwrap().request_id.as_deref(), Some("a-1"));
        assert_eq!(read("END of file"), None);
    }
}
