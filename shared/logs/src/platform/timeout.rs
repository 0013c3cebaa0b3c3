//! `2026-11-20T08:47:12.345Z 3f1c… Task timed out after 3.00 seconds`
//!
//! The style before `REPORT` had a `Status`; still written in some partitions. It counts the failure.

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::text::{is_utc_time, number, token};

/// Reads the line of an invocation that reached its time limit.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (time, rest) = token(line);
    let (request_id, rest) = token(rest.trim_start());
    let (seconds, rest) = number(rest.trim_start().strip_prefix("Task timed out after ")?)?;
    if !is_utc_time(time) || rest.trim() != "seconds" {
        return None;
    }
    let mut fact = Fact::new(Kind::Timeout, "timeout").of_request(request_id);
    fact.timeout_s = Some(seconds);
    fact.error_message = Some("Task timed out".into());
    Some(fact.raising(Detection::Timeout, Counts::TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_and_the_request_are_read() {
        let fact = read("2026-11-20T08:47:12.345Z 3f1c-1 Task timed out after 6.01 seconds").unwrap();
        assert_eq!((fact.request_id.as_deref(), fact.timeout_s), (Some("3f1c-1"), Some(6.01)));
        assert_eq!(fact.counts, Counts::TIMEOUT);
    }

    #[test]
    fn other_lines_that_speak_of_time_are_left_alone() {
        for line in [
            "2026-11-20T08:47:12.345Z 3f1c-1 Task timed out after 3 retries, giving up",
            "Task timed out after 3.00 seconds",
            "2026-11-20T08:47:12.345Z\t3f1c-1\tERROR\tTask timed out after 3.00 seconds",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
