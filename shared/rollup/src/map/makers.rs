//! Who made which span.

use std::collections::BTreeMap;

use lamplight_logs::SpanKind;

use crate::issue::cut;
use crate::transaction::trace_span::NAME_BYTES;
use crate::transaction::{Member, MemberKey, TraceSpan, Transaction};

/// What is known of who made what.
#[derive(Debug)]
pub(super) struct Makers<'t> {
    /// The function of each invocation, by its request.
    pub(super) functions: BTreeMap<&'t str, (&'t MemberKey, &'t Member)>,
    /// The function or service that made each span, by the span's id.
    by_span: BTreeMap<&'t str, &'t str>,
}

/// Finds who made the spans of a transaction. A span is made by the function of the invocation that it names, else by
/// who made the span of the same service that it lies within: instrumentation names the invocation in the outermost
/// span alone, and the service by a name of its own. Else it is made by the service that it names, as in the waterfall.
pub(super) fn of<'t>(transaction: &'t Transaction, spans: &BTreeMap<&'t str, &'t TraceSpan>) -> Makers<'t> {
    let mut makers = Makers { functions: functions(transaction), by_span: BTreeMap::new() };
    for span in spans.values() {
        let mut path = Vec::new();
        let mut at = *span;
        let maker = loop {
            if let Some(known) = makers.by_span.get(at.span_id.as_str()) {
                break *known;
            }
            path.push(at.span_id.as_str());
            if let Some(function) = at.request_id.as_deref().and_then(|id| makers.functions.get(id)) {
                break name_of(function.0);
            }
            match within(at, spans) {
                // Longer than there are spans is a circle.
                Some(outer) if path.len() <= spans.len() => at = outer,
                _ => break at.service.as_str(),
            }
        };
        makers.by_span.extend(path.into_iter().map(|id| (id, maker)));
    }
    makers
}

impl<'t> Makers<'t> {
    /// Who made a span of the transaction.
    pub(super) fn of(&self, span: &'t TraceSpan) -> &'t str {
        self.by_span.get(span.span_id.as_str()).copied().unwrap_or(&span.service)
    }

    /// All who made a span.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.by_span.values().copied()
    }
}

/// The function of a member by as much of its name as spans have.
pub(super) fn name_of(key: &MemberKey) -> &str {
    cut(&key.function.function, NAME_BYTES)
}

/// The span of the same service that a span lies within. What answers a call begins anew.
fn within<'t>(span: &TraceSpan, spans: &BTreeMap<&'t str, &'t TraceSpan>) -> Option<&'t TraceSpan> {
    let outer = spans.get(span.parent_id.as_deref()?)?;
    (!answers(span) && outer.service == span.service).then_some(*outer)
}

/// Whether a span is the work that a call asks for.
pub(super) const fn answers(span: &TraceSpan) -> bool {
    matches!(span.kind, SpanKind::Server | SpanKind::Consumer)
}

/// The member that stands for each invocation. Lines of others may name its request: of spans in a log group of their
/// own, and of functions that log whom they called. The function itself has the platform's report; without one, a name
/// that a log group lent, which alone has slashes, is the worse.
fn functions(transaction: &Transaction) -> BTreeMap<&str, (&MemberKey, &Member)> {
    let mut functions: BTreeMap<&str, (&MemberKey, &Member)> = BTreeMap::new();
    let rank = |key: &MemberKey, member: &Member| (member.report.is_none(), key.function.function.contains('/'));
    for (key, member) in transaction.members.iter().filter(|(key, _)| !key.request_id.is_empty()) {
        let best = functions.entry(&key.request_id).or_insert((key, member));
        if rank(key, member) < rank(best.0, best.1) {
            *best = (key, member);
        }
    }
    functions
}
