//! One transaction over time: bars in columns, then what is known besides.

use lamplight_rollup::Transaction;
use lamplight_rollup::summary::{CallsSummary, TransactionSummary};
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::transaction::member;
use lamplight_rollup::transaction::waterfall::{Row, Work, waterfall as rows};

use super::grid::{Cell, Grid};
use super::{members, milliseconds, moment};

/// Characters of the time line.
const WIDTH: i64 = 32;

/// One transaction.
pub fn waterfall(trace_id: &str, transaction: &Transaction) -> String {
    let summary = TransactionSummary::of(trace_id, transaction);
    let listed = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(", "));
    let head = members(&[
        ("trace", Some(summary.trace_id.clone())),
        ("status", Some(summary.status.to_owned())),
        ("started", summary.started_at.as_deref().map(moment)),
        ("duration", Some(format!("{} ms", summary.duration_ms))),
        ("correlation", listed(&summary.correlation_ids)),
        ("traces", listed(&summary.trace_ids)),
        ("own time", own_time(&rows(transaction))),
    ]);
    let parts = [Some(head), Some(time_line(transaction)), failures(transaction), calls(&summary.calls)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn time_line(transaction: &Transaction) -> String {
    let rows = rows(transaction);
    let start_us = rows.iter().map(|row| row.start_us).min().unwrap_or(0);
    let end_us = rows.iter().map(|row| row.end_us).max().unwrap_or(0);
    let mut grid = Grid::new(&["after ms", "ms", "what", "time", "request", "notes", "errors"]);
    for row in &rows {
        let (what, request_id, errors) = match row.work {
            Work::Invocation(key, member) => (&*key.function.function, &*key.request_id, member.errors.len()),
            Work::Span(span) => (span.name.as_str(), "", usize::from(span.failed())),
        };
        grid.row(vec![
            Cell::number((row.start_us - start_us) / 1000),
            Cell::number(duration(row)),
            Cell::text(&format!("{}{what}", "· ".repeat(row.depth.min(12)))),
            Cell::text(&bar(row, start_us, end_us)),
            Cell::text(request_id),
            Cell::text(&notes(row, &rows)),
            Cell::alarming(errors as u64),
        ]);
    }
    grid.to_string()
}

/// What the platform measured, else from the first to the last known time.
fn duration(row: &Row<'_>) -> String {
    #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
    let known_us = match row.work {
        Work::Invocation(_, member) => member.duration_us() as f64,
        Work::Span(_) => row.duration_us() as f64,
    };
    milliseconds(known_us / 1000.0)
}

/// Where the row lies between the first and the last time: at least one character wide.
fn bar(row: &Row<'_>, start_us: i64, end_us: i64) -> String {
    let whole = (end_us - start_us).max(1);
    let place = |at_us: i64| (i128::from(at_us - start_us) * i128::from(WIDTH) / i128::from(whole)) as usize;
    let from = place(row.start_us).min(WIDTH as usize - 1);
    let to = place(row.end_us).max(from + 1);
    format!("{}{}{}", "·".repeat(from), "█".repeat(to - from), "·".repeat(WIDTH as usize - to))
}

/// What is worth knowing of a row: its milestones, a cold start, the answer of a call, a clock that differs.
fn notes(row: &Row<'_>, rows: &[Row<'_>]) -> String {
    let mut notes = Vec::new();
    match row.work {
        Work::Invocation(_, member) => {
            notes.extend(member.milestones.iter().map(|(_, name)| name.clone()));
            notes.extend(Some(member.tries()).filter(|tries| *tries > 1).map(|tries| format!("{tries} tries")));
            let init_us = member.report.as_ref().and_then(|report| report.init_us);
            #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
            notes.extend(init_us.map(|init_us| format!("cold start {} ms", milliseconds(init_us as f64 / 1000.0))));
            notes.extend(member.labels.iter().map(|(name, value)| format!("{name}={value}")));
            if member.errors.is_full() {
                notes.push(format!("at least {} errors", member::ERRORS));
            }
        }
        Work::Span(span) => {
            notes.extend(span.remote_service.clone());
            notes.extend(span.http_status.map(|status| format!("HTTP {status}")));
        }
    }
    if let Some(parent) = row.parent
        && row.start_us < rows[parent].start_us
    {
        notes.push(format!("{} ms before its parent: clocks differ", (rows[parent].start_us - row.start_us) / 1000));
    }
    notes.join(", ")
}

/// The first failures of each member, in the order of time.
fn failures(transaction: &Transaction) -> Option<String> {
    let failures =
        transaction.members.iter().flat_map(|(key, member)| member.notes.iter().map(move |note| (key, note)));
    let mut failures: Vec<_> = failures.collect();
    failures.sort_by_key(|(_, note)| note.at_ms);
    let mut grid = Grid::new(&["at", "function", "kind", "failure", "log stream"]);
    for (key, note) in &failures {
        grid.row(vec![
            Cell::text(&moment(&rfc3339(note.at_ms))),
            Cell::text(&key.function.function),
            Cell::bad(note.kind.name()),
            Cell::text(&note.text),
            Cell::text(note.log_stream.as_deref().unwrap_or_default()),
        ]);
    }
    (!failures.is_empty()).then(|| format!("Failures\n{grid}"))
}

/// What was asked of other services.
fn calls(calls: &[CallsSummary]) -> Option<String> {
    let mut grid = Grid::new(&["service", "operation", "calls", "failed", "ms"]);
    for calls in calls {
        grid.row(vec![
            Cell::text(&calls.service),
            Cell::text(&calls.operation),
            Cell::number(calls.count),
            Cell::alarming(calls.failed),
            Cell::number(milliseconds(calls.duration_ms)),
        ]);
    }
    (!calls.is_empty()).then(|| format!("Calls to others\n{grid}"))
}

/// The time in which no call was under way, where spans tell of calls.
fn own_time(rows: &[Row<'_>]) -> Option<String> {
    let is_call = |row: &&Row<'_>| matches!(row.work, Work::Span(span) if span.kind.is_call());
    rows.iter().find(is_call)?;
    let own_us: i64 = rows.iter().filter(|row| !is_call(row)).map(|row| row.own_us).sum();
    #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
    let own_ms = own_us as f64 / 1000.0;
    Some(format!("{} ms in own code", milliseconds(own_ms)))
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};
    use lamplight_rollup::{ErrorLogs, Ledger};

    use super::*;

    #[test]
    fn a_bar_is_seen_however_short_it_is_and_failures_are_told() {
        let lines = [
            (1_000, "REPORT RequestId: a-1\tDuration: 1000.00 ms\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c"),
            (
                1_900,
                r#"{"level":"ERROR","message":"no card","traceId":"1-6a52d530-0ba60ad2785ec2ae7971737c","function_request_id":"b-1"}"#,
            ),
        ];
        let events = lines.iter().map(|(timestamp, line)| LogEvent {
            id: timestamp.to_string().into(),
            timestamp: *timestamp,
            message: (*line).into(),
        });
        let source = Source { log_group: Some("/aws/lambda/crane".into()), ..Source::default() };
        let mut ledger = Ledger::default();
        let delivery = Delivery { is_data: true, source, events: events.collect(), unreadable: 0 };
        ledger.add_delivery(&delivery, ErrorLogs::Raise);
        let story = ledger.transactions.story("1-6a52d530-0ba60ad2785ec2ae7971737c").into_owned();
        let shown = waterfall("1-6a52d530-0ba60ad2785ec2ae7971737c", &story);
        assert!(shown.contains("████████████████················"), "{shown}");
        assert!(shown.contains("·······························█"), "{shown}");
        assert!(shown.contains("no card") && shown.contains("error_log"), "{shown}");
    }
}
