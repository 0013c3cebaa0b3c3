//! `RESTORE_START Runtime Version: …` and `RESTORE_REPORT Restore Duration: 511.25 ms Status: timeout`
//!
//! Source: Lambda developer guide, "Monitoring for Lambda SnapStart".

use super::init;
use super::pairs::Pairs;
use crate::fact::{Fact, Kind};
use crate::text::after_word;

/// Reads the start and the report of a restored snapshot.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    if let Some(rest) = after_word(line, "RESTORE_START") {
        return rest.starts_with("Runtime Version").then(|| Fact::new(Kind::RestoreStart, "restore_start"));
    }
    let pairs = Pairs::read(after_word(line, "RESTORE_REPORT")?);
    pairs.measures.restore_ms?;
    let mut fact = Fact::new(Kind::RestoreReport, "restore_report");
    pairs.tell(&mut fact);
    fact.detection = init::failure(&fact);
    Some(fact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Detection;

    #[test]
    fn a_restore_that_times_out_is_told_and_not_counted() {
        let fact = read("RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout").unwrap();
        assert_eq!((fact.detection, fact.measures.restore_ms), (Some(Detection::InitTimeout), Some(10000.0)));
        assert!(fact.counts.is_none());
    }

    #[test]
    fn other_lines_are_left_alone() {
        assert_eq!(read("RESTORE_START of table snapshot requested"), None);
        assert_eq!(read("RESTORE_REPORT none"), None);
    }
}
