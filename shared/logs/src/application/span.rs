//! A span: `{"traceId":"…","spanId":"…","name":"…","startTimeUnixNano":…,"endTimeUnixNano":…,"status":{…}}`
//!
//! The group `aws/spans` has one a line. Source: X-Ray developer guide, "Transaction Search".

use super::structured::Structured;
use crate::fact::{Fact, Kind};

/// The fact of a span: what it belongs to. Its status is the service's, and raises nothing of its own.
pub(super) fn fact(object: Structured<'_>) -> Fact<'_> {
    let mut fact = Fact::new(Kind::Span, "span");
    fact.trace_id = object.trace_id;
    fact.segment_id = object.span_id;
    fact.service = object.service;
    fact
}
