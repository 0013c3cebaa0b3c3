//! `REPORT RequestId: 3f1c… Duration: 12.30 ms Billed Duration: 13 ms Memory Size: 128 MB Max Memory Used: 64 MB`
//!
//! With `Init Duration` or `Restore Duration` on a cold start, `Status` and `Error Type` on a failure that the
//! platform sees, and an `XRAY` part on a sampled trace. One for each invocation: the line that counts it.
//! Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".

use super::pairs::Pairs;
use crate::fact::{Counts, Detection, Fact, Kind, Status};
use crate::runtime::classify::is_configuration;
use crate::text::{after_space, after_word, token};

/// Reads the billing record of an invocation.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let (request_id, rest) = token(after_space(after_word(line, "REPORT")?.strip_prefix("RequestId:")?));
    let pairs = Pairs::read(rest);
    pairs.measures.duration_ms?;
    let mut fact = Fact::new(Kind::Report, "report").of_request(request_id);
    pairs.tell(&mut fact);
    count(&mut fact);
    Some(fact)
}

/// Counts the invocation of a report and the failure that its status tells.
///
/// This is the one place that decides what a failing status counts, for the text and for the JSON form. A report
/// that failed by an exception which the runtime caught has no status in text; should the JSON form have one, the
/// report and the exception's line both count.
pub(super) fn count(fact: &mut Fact<'_>) {
    let cold_start = fact.measures.init_ms.is_some() || fact.measures.restore_ms.is_some();
    fact.cold_start = Some(cold_start);
    let error_type = fact.error_type.as_deref().unwrap_or_default();
    let (detection, failure) = match fact.status.as_deref().and_then(Status::from_word) {
        Some(Status::Timeout) => (Some(Detection::Timeout), Counts::TIMEOUT),
        Some(Status::Error | Status::Failure) => match error_type {
            "Runtime.OutOfMemory" => (Some(Detection::OutOfMemory), Counts::OUT_OF_MEMORY),
            "Runtime.NodeJsExit" => (Some(Detection::EarlyExit), Counts::CRASH),
            error_type if is_configuration(error_type) => (Some(Detection::Configuration), Counts::CRASH),
            _ => (Some(Detection::Crash), Counts::CRASH),
        },
        Some(Status::Success) | None => (None, Counts::NONE),
    };
    fact.detection = detection;
    fact.counts = Counts { invocations: 1, cold_starts: u8::from(cold_start), ..failure };
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "REPORT RequestId: 0b4a-1\tDuration: 9.50 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\t\
                        Max Memory Used: 128 MB";

    #[test]
    fn a_success_counts_an_invocation_even_at_the_memory_limit() {
        let fact = read(HEAD).unwrap();
        assert_eq!(fact.counts, Counts { invocations: 1, ..Counts::NONE });
        assert_eq!((fact.detection, fact.cold_start), (None, Some(false)));
    }

    #[test]
    fn the_status_decides_what_failed() {
        for (tail, detection, counts) in [
            ("Status: timeout", Some(Detection::Timeout), Counts::TIMEOUT),
            ("Status: error\tError Type: Runtime.OutOfMemory", Some(Detection::OutOfMemory), Counts::OUT_OF_MEMORY),
            ("Status: failure\tError Type: Runtime.ExitError", Some(Detection::Crash), Counts::CRASH),
            ("Status: error\tError Type: Runtime.ImportModuleError", Some(Detection::Configuration), Counts::CRASH),
            ("Status: error", Some(Detection::Crash), Counts::CRASH),
            ("Status: throttled", None, Counts::NONE),
            ("Status: success", None, Counts::NONE),
        ] {
            let line = format!("{HEAD}\t{tail}");
            let fact = read(&line).unwrap();
            assert_eq!((fact.detection, fact.counts), (detection, Counts { invocations: 1, ..counts }), "{tail}");
        }
    }

    #[test]
    fn a_restore_is_a_cold_start_too() {
        let line = format!("{HEAD}\tRestore Duration: 300.10 ms\tBilled Restore Duration: 301 ms\t\n");
        let fact = read(&line).unwrap();
        assert_eq!((fact.cold_start, fact.counts.cold_starts), (Some(true), 1));
        assert_eq!((fact.measures.restore_ms, fact.measures.billed_restore_ms), (Some(300.1), Some(301.0)));
    }

    #[test]
    fn managed_instances_report_a_duration_alone() {
        let fact = read("REPORT RequestId: 0b4a-1\tDuration: 125.46 ms").unwrap();
        assert_eq!((fact.measures.billed_ms, fact.measures.memory_mb), (None, None));
    }

    #[test]
    fn a_line_without_measures_is_no_report() {
        assert_eq!(read("REPORT invalid report log line"), None);
        assert_eq!(read("REPORT RequestId: 0b4a-1"), None);
    }
}
