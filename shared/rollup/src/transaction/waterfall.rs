//! A transaction as a waterfall: what was done within what, and how the time divides into own work and calls to others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, MemberKey, TraceSpan, Transaction};

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work<'t> {
    /// An invocation, or what a function said without naming one.
    Invocation(&'t MemberKey, &'t Member),
    /// A span.
    Span(&'t TraceSpan),
}

/// A piece of work in its place. Times are in microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'t> {
    /// The row of the work within which it was done.
    pub parent: Option<usize>,
    /// How many pieces of work it lies within.
    pub depth: usize,
    /// What it is.
    pub work: Work<'t>,
    /// When it began.
    pub start_us: i64,
    /// When it ended, which is never before it began.
    pub end_us: i64,
    /// The part of its time in which nothing that it contains was under way.
    pub own_us: i64,
}

/// What was asked of another service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// How often.
    pub count: u64,
    /// How often it failed.
    pub failed: u64,
    /// The time of all calls together.
    pub duration_us: i64,
}

impl Work<'_> {
    fn times_us(&self) -> (i64, i64) {
        match self {
            Self::Invocation(_, member) => (member.first_ms.saturating_mul(1000), member.last_ms.saturating_mul(1000)),
            Self::Span(span) => (span.start_us, span.end_us),
        }
    }
}

impl Row<'_> {
    /// How long it took, in microseconds.
    #[must_use]
    pub const fn duration_us(&self) -> i64 {
        self.end_us.saturating_sub(self.start_us)
    }
}

/// The rows of a transaction: those within a row follow it, in the order of their beginnings. A span stands in its
/// parent, else in the invocation that made it. Where the parent was made by another invocation, that called this one:
/// the invocation stands in the call, and the span in the invocation. Each stands somewhere, also if its parents are
/// unknown or run in a circle.
#[must_use]
pub fn waterfall(transaction: &Transaction) -> Vec<Row<'_>> {
    let spans = transaction.spans_by_id();
    let members: Vec<_> = transaction.members.iter().map(|(key, member)| (key, &**member)).collect();
    let mut works: Vec<Work<'_>> = members.iter().map(|(key, member)| Work::Invocation(key, member)).collect();
    let spans: Vec<_> = spans.into_values().collect();
    works.extend(spans.iter().map(|span| Work::Span(span)));
    let mut within: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (i, parent) in parents(&members, &spans).into_iter().enumerate() {
        within.entry(parent).or_default().push(i);
    }
    for siblings in within.values_mut() {
        siblings.sort_by_key(|i| works[*i].times_us());
    }
    let mut rows = Rows { works: &works, within: &within, rows: Vec::new(), placed: BTreeSet::new() };
    rows.place(within.get(&None).map_or(&[], Vec::as_slice));
    // What is left has parents that run in a circle.
    for i in 0..works.len() {
        rows.place(&[i]);
    }
    own_times(rows.rows)
}

/// Within which work each stands: the members, then the spans.
fn parents(members: &[(&MemberKey, &Member)], spans: &[&TraceSpan]) -> Vec<Option<usize>> {
    let index: BTreeMap<&str, usize> = spans.iter().enumerate().map(|(i, span)| (&*span.span_id, i)).collect();
    let callers: Vec<_> = spans.iter().map(|span| parent_of(span, &index)).collect();
    let makers: Vec<_> = spans.iter().map(|span| maker_of(span, members)).collect();
    let mut parents = vec![None; members.len() + spans.len()];
    let mut called_us = vec![i64::MAX; members.len()];
    for (i, span) in spans.iter().enumerate() {
        let caller = callers[i].map(|caller| members.len() + caller);
        parents[members.len() + i] = match makers[i] {
            Some(maker) if callers[i].is_some_and(|caller| around(caller, &makers, &callers) != Some(maker)) => {
                if span.start_us < called_us[maker] {
                    (called_us[maker], parents[maker]) = (span.start_us, caller);
                }
                Some(maker)
            }
            maker => caller.or(maker),
        };
    }
    parents
}

fn parent_of(span: &TraceSpan, index: &BTreeMap<&str, usize>) -> Option<usize> {
    let parent_id = span.parent_id.as_deref().filter(|id| *id != span.span_id)?;
    index.get(parent_id).copied()
}

/// The invocation in which a span was made, by the span itself or by the nearest around it that tells.
fn around(span: usize, makers: &[Option<usize>], callers: &[Option<usize>]) -> Option<usize> {
    let outwards = std::iter::successors(Some(span), |span| callers[*span]);
    // Parents may run in a circle.
    outwards.take(callers.len()).find_map(|span| makers[span])
}

/// The invocation that made a span: the one that it names, else one of the function that it names.
fn maker_of(span: &TraceSpan, members: &[(&MemberKey, &Member)]) -> Option<usize> {
    let named = |(key, _): &(&MemberKey, &Member)| span.request_id.as_deref() == Some(&*key.request_id);
    let of_function = |(key, member): &(&MemberKey, &Member)| {
        let overlaps = member.first_ms <= span.end_us / 1000 && span.start_us / 1000 <= member.last_ms;
        key.function.function == span.service && overlaps
    };
    members.iter().position(named).or_else(|| members.iter().position(of_function))
}

struct Rows<'w, 't> {
    works: &'w [Work<'t>],
    within: &'w BTreeMap<Option<usize>, Vec<usize>>,
    rows: Vec<Row<'t>>,
    placed: BTreeSet<usize>,
}

impl Rows<'_, '_> {
    /// Appends works, each followed by what lies within it.
    fn place(&mut self, works: &[usize]) {
        let mut waiting: Vec<_> = works.iter().rev().map(|i| (*i, None, 0)).collect();
        while let Some((i, parent, depth)) = waiting.pop() {
            if !self.placed.insert(i) {
                continue;
            }
            let (work, row) = (self.works[i], self.rows.len());
            let (start_us, end_us) = work.times_us();
            self.rows.push(Row { parent, depth, work, start_us, end_us: end_us.max(start_us), own_us: 0 });
            let inner = self.within.get(&Some(i)).into_iter().flatten().rev();
            waiting.extend(inner.map(|inner| (*inner, Some(row), depth + 1)));
        }
    }
}

/// Fills in which part of its time each row worked itself.
fn own_times(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    // Children follow their parent in the order of their beginnings: what is covered up to now is one time for each.
    let mut covered_until: Vec<i64> = rows.iter().map(|row| row.start_us).collect();
    for row in &mut rows {
        let tried_us = match row.work {
            Work::Invocation(_, member) => member.tried_us().and_then(|us| i64::try_from(us).ok()),
            Work::Span(_) => None,
        };
        // Between tries nothing works.
        row.own_us = tried_us.map_or(row.duration_us(), |tried_us| tried_us.min(row.duration_us()));
    }
    for i in 0..rows.len() {
        let Some(parent) = rows[i].parent else { continue };
        let from_us = rows[i].start_us.max(covered_until[parent]);
        let to_us = rows[i].end_us.min(rows[parent].end_us);
        if to_us > from_us {
            rows[parent].own_us = (rows[parent].own_us - to_us.saturating_sub(from_us)).max(0);
            covered_until[parent] = to_us;
        }
    }
    rows
}

/// What was asked of others, by service and operation.
#[must_use]
pub fn calls(transaction: &Transaction) -> BTreeMap<(&str, &str), Calls> {
    let mut calls: BTreeMap<_, Calls> = BTreeMap::new();
    for span in transaction.spans_by_id().into_values().filter(|span| span.kind.is_call()) {
        let call = calls.entry((span.callee(), span.remote_operation.as_deref().unwrap_or_default())).or_default();
        call.count += 1;
        call.failed += u64::from(span.failed());
        call.duration_us += span.duration_us();
    }
    calls
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{LogEvent, Source, SpanKind, recognise};

    use super::*;
    use crate::function::FunctionKey;

    fn span(id: &str, parent: Option<&str>, from_us: i64, to_us: i64) -> TraceSpan {
        TraceSpan {
            start_us: from_us,
            span_id: id.to_owned(),
            end_us: to_us,
            parent_id: parent.map(str::to_owned),
            name: id.to_owned(),
            kind: SpanKind::Client,
            service: "loom".to_owned(),
            request_id: None,
            is_error: false,
            http_status: None,
            remote_service: Some("S3".to_owned()),
            remote_operation: None,
        }
    }

    fn rows(spans: &[TraceSpan]) -> Vec<(String, usize, i64)> {
        let transaction = Transaction { spans: spans.iter().cloned().collect(), ..Transaction::default() };
        let rows = waterfall(&transaction);
        rows.iter()
            .map(|row| match row.work {
                Work::Span(span) => (span.span_id.clone(), row.depth, row.own_us),
                Work::Invocation(key, _) => (key.request_id.to_string(), row.depth, row.own_us),
            })
            .collect()
    }

    fn row(id: &str, depth: usize, own_us: i64) -> (String, usize, i64) {
        (id.to_owned(), depth, own_us)
    }

    #[test]
    fn what_lies_within_follows_and_its_time_is_not_the_own_one() {
        let spans = [
            span("c", Some("a"), 40, 60),
            span("a", None, 0, 100),
            span("b", Some("a"), 30, 50),
            span("d", Some("c"), 45, 50),
        ];
        assert_eq!(rows(&spans), [row("a", 0, 70), row("b", 1, 20), row("c", 1, 15), row("d", 2, 5)]);
        let transaction = Transaction { spans: spans.into_iter().collect(), ..Transaction::default() };
        assert_eq!(calls(&transaction)[&("S3", "")], Calls { count: 4, failed: 0, duration_us: 145 });
    }

    #[test]
    fn an_invocation_that_is_called_stands_in_the_call() {
        let invocation = |function: &str, request_id: &str, first_ms, last_ms| {
            let function = FunctionKey { account: "1".into(), region: "r".into(), function: function.into() };
            let line = format!("REPORT RequestId: {request_id}\tDuration: {}.00 ms", last_ms - first_ms);
            let event = LogEvent { id: "1".into(), timestamp: last_ms, message: line.as_str().into() };
            let member = Member::of(&recognise(&line, &Source::default()), &event, &Source::default());
            (MemberKey { function: function.into(), request_id: request_id.into() }, Box::new(member))
        };
        let made = |span: TraceSpan, request_id: &str| TraceSpan { request_id: Some(request_id.to_owned()), ..span };
        let spans = [
            made(span("call", None, 100_000, 800_000), "shop-1"),
            // The service that was called tells of itself, and names no invocation.
            TraceSpan { service: "Lambda".to_owned(), ..span("invoke", Some("call"), 150_000, 750_000) },
            made(span("answer", Some("invoke"), 300_000, 600_000), "pay-1"),
            span("within", Some("answer"), 400_000, 500_000),
        ];
        let transaction = Transaction {
            members: [invocation("shop", "shop-1", 0, 1_000), invocation("pay", "pay-1", 290, 610)].into(),
            spans: spans.into_iter().collect(),
            ..Transaction::default()
        };
        let rows = waterfall(&transaction);
        let told: Vec<_> = rows.iter().map(|row| (row.depth, row.own_us / 1_000)).collect();
        assert_eq!(told, [(0, 300), (1, 100), (2, 280), (3, 20), (4, 200), (5, 100)]);
    }

    #[test]
    fn clocks_that_differ_make_no_negative_times() {
        let spans = [span("a", None, 100, 200), span("b", Some("a"), 50, 120), span("c", Some("a"), 190, 300)];
        assert_eq!(rows(&spans), [row("a", 0, 70), row("b", 1, 70), row("c", 1, 110)]);
    }

    #[test]
    fn times_that_no_clock_shows_have_the_longest_duration() {
        assert_eq!(rows(&[span("a", None, i64::MIN, i64::MAX)]), [row("a", 0, i64::MAX)]);
    }

    #[test]
    fn parents_that_are_unknown_or_run_in_a_circle_lose_nothing() {
        let circle = [span("a", Some("b"), 0, 9), span("b", Some("a"), 1, 9), span("c", Some("c"), 2, 9)];
        assert_eq!(rows(&circle), [row("c", 0, 7), row("a", 0, 1), row("b", 1, 8)]);
        assert_eq!(rows(&[span("a", Some("gone"), 0, 9)]), [row("a", 0, 9)]);
        let chain: Vec<_> =
            (0..2_000).map(|i| span(&format!("s{i}"), Some(&format!("s{}", i - 1)), i, 5_000)).collect();
        assert_eq!(rows(&chain).last().unwrap().1, 1_999);
    }
}
