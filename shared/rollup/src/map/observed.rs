//! The calls that spans tell of.

use std::collections::{BTreeMap, BTreeSet};

use super::Call;
use super::makers::{Makers, answers};
use crate::transaction::TraceSpan;

/// Each call leads to those who made a span within it, else to the service that it names. Where one's span lies in
/// another's that is no call, that is a call, too.
pub(super) fn calls<'t>(spans: &BTreeMap<&'t str, &'t TraceSpan>, makers: &Makers<'t>) -> Vec<Call<'t>> {
    let mut calls = Vec::new();
    let mut answered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for span in spans.values() {
        let Some(outer) = span.parent_id.as_deref().and_then(|id| spans.get(id)) else { continue };
        let (from, to) = (makers.of(outer), makers.of(span));
        if outer.kind.is_call() && (from != to || answers(span)) {
            answered.entry(&outer.span_id).or_default().insert(to);
        } else if from != to {
            calls.push(Call::of(span, from, to));
        }
    }
    for span in spans.values().filter(|span| span.kind.is_call()) {
        let from = makers.of(span);
        match answered.get(span.span_id.as_str()) {
            Some(names) => calls.extend(names.iter().map(|to| Call::of(span, from, to))),
            None => calls.push(Call::of(span, from, span.callee())),
        }
    }
    calls
}

impl<'t> Call<'t> {
    fn of(span: &TraceSpan, from: &'t str, to: &'t str) -> Self {
        let latency_us = u64::try_from(span.duration_us()).unwrap_or(0);
        Self { from, to, start_ms: span.start_us / 1000, latency_us, failed: span.failed() }
    }
}
