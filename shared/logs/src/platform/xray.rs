//! `XRAY TraceId: 1-5e7e8131-… SegmentId: 0152… Sampled: true`, where it is an event of its own.
//!
//! It usually is the second line of the `REPORT` event.

use super::pairs::Pairs;
use crate::fact::{Fact, Kind};
use crate::text::after_word;

/// Reads the line that names a trace.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let pairs = Pairs::read(after_word(line, "XRAY")?);
    pairs.trace_id?;
    let mut fact = Fact::new(Kind::Xray, "xray");
    pairs.tell(&mut fact);
    Some(fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_and_segment_are_named() {
        let fact = read("XRAY TraceId: 1-5e34a614-10bd   SegmentId: 07f5 Sampled: true").unwrap();
        assert_eq!((fact.trace_id.as_deref(), fact.segment_id.as_deref()), (Some("1-5e34a614-10bd"), Some("07f5")));
    }
}
