//! `INIT_START Runtime Version: python:3.13.v30 Runtime Version ARN: arn:…` and
//! `INIT_REPORT Init Duration: 10000.12 ms Phase: init Status: timeout`
//!
//! The report is printed when an initialisation fails (in the phase `init`, and again in `invoke`), and for the
//! snapshot of SnapStart. Source: Lambda developer guide, "Understanding the Lambda execution environment lifecycle".

use super::pairs::Pairs;
use crate::fact::{Counts, Detection, Fact, Kind, Status};
use crate::text::after_word;

/// Reads the start and the report of an initialisation.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    if let Some(rest) = after_word(line, "INIT_START") {
        return rest.starts_with("Runtime Version").then(|| Fact::new(Kind::InitStart, "init_start"));
    }
    let pairs = Pairs::read(after_word(line, "INIT_REPORT")?);
    pairs.measures.init_ms?;
    let mut fact = Fact::new(Kind::InitReport, "init_report");
    pairs.tell(&mut fact);
    count(&mut fact);
    Some(fact)
}

/// Counts a failed initialisation. The invocation that it fails is counted by its own report.
pub(super) fn count(fact: &mut Fact<'_>) {
    fact.detection = failure(fact);
    if fact.detection.is_some() {
        fact.counts = Counts::INIT_FAILURE;
    }
}

/// What the status of an initialisation or a restore raises.
pub(super) fn failure(fact: &Fact<'_>) -> Option<Detection> {
    match fact.status.as_deref().and_then(Status::from_word)? {
        Status::Timeout => Some(Detection::InitTimeout),
        Status::Error | Status::Failure => Some(Detection::InitFailure),
        Status::Success => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_initialisation_is_counted_apart() {
        for (tail, detection) in [
            ("Status: timeout", Detection::InitTimeout),
            ("Status: error\tError Type: Extension.Crash", Detection::InitFailure),
        ] {
            let line = format!("INIT_REPORT Init Duration: 9999.50 ms\tPhase: init\t{tail}");
            let fact = read(&line).unwrap();
            assert_eq!((fact.detection, fact.counts), (Some(detection), Counts::INIT_FAILURE));
            assert_eq!((fact.measures.init_ms, fact.phase.as_deref()), (Some(9999.5), Some("init")));
        }
    }

    #[test]
    fn a_snapshot_counts_nothing() {
        let fact = read("INIT_REPORT Init Duration: 812.11 ms").unwrap();
        assert!(fact.counts.is_none() && fact.detection.is_none());
    }

    #[test]
    fn other_lines_are_left_alone() {
        assert_eq!(read("INIT_START received from client device 12"), None);
        assert_eq!(read("INIT_REPORT uploaded"), None);
    }
}
