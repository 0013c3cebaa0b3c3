//! What deliveries hold besides issues: their minutes, their transactions, their metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Span};
use lamplight_table::{Part, RenamedSeries, Table, TableError};

use crate::reading::Reading;

/// Adds what deliveries hold besides issues. Occurrences are counted under the names that `renamed` gives them.
///
/// # Errors
///
/// [`TableError`]. What was added before is left out when it is tried again.
pub async fn add_counters(
    readings: &[Reading],
    renamed: &BTreeMap<Fingerprint, Fingerprint>,
    table: &Table,
    now_ms: i64,
) -> Result<(), TableError> {
    add_minutes(readings, renamed, table, now_ms).await?;
    for reading in readings {
        table.add_transactions(&reading.ledger.transactions, now_ms).await?;
    }
    add_metrics(readings, table, now_ms).await
}

/// Adds the counters of all deliveries, those of one function's minute together.
async fn add_minutes(
    readings: &[Reading],
    renamed: &BTreeMap<Fingerprint, Fingerprint>,
    table: &Table,
    now_ms: i64,
) -> Result<(), TableError> {
    let mut minutes: BTreeMap<(&FunctionKey, Bucket), Vec<Part>> = BTreeMap::new();
    for Reading { delivery, ledger, .. } in readings {
        for (function, rollups) in &ledger.functions {
            for (minute_ms, rollup) in rollups {
                let minute = Bucket { span: Span::Minute, start_ms: *minute_ms };
                minutes.entry((function, minute)).or_default().push(Part::of(*delivery, rollup));
            }
        }
    }
    let hours: BTreeSet<_> = minutes.keys().map(|(function, minute)| (*function, minute.within(Span::Hour))).collect();
    table.mark_pending(&hours, now_ms).await?;
    table.add_minutes(minutes, renamed, now_ms).await
}

/// Adds the metrics of all deliveries, those of one function's hour together.
async fn add_metrics(readings: &[Reading], table: &Table, now_ms: i64) -> Result<(), TableError> {
    let mut hours: BTreeMap<(&Arc<FunctionKey>, Bucket), Vec<Part>> = BTreeMap::new();
    let mut renamed = RenamedSeries::new();
    for Reading { delivery, at_ms, ledger, .. } in readings {
        renamed.extend(table.name_series(&ledger.metrics.series, now_ms).await?);
        for (function, metrics) in &ledger.metrics.values {
            for (hour_ms, values) in metrics {
                let hour = Bucket { span: Span::Hour, start_ms: *hour_ms };
                hours.entry((function, hour)).or_default().push(Part::of_metrics(*delivery, *at_ms, values));
            }
        }
    }
    table.add_metrics(hours, &renamed, now_ms).await
}
