//! What deliveries hold besides issues: their minutes, then their transactions.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Span};
use lamplight_table::{Part, Renamed, Table, TableError};

use crate::reading::Reading;

/// Adds what deliveries hold besides issues. Occurrences are counted under the names that `renamed` gives them.
///
/// # Errors
///
/// [`TableError`]. What was added before is left out when it is tried again.
pub async fn add_counters(
    readings: &[Reading],
    renamed: BTreeMap<Fingerprint, Fingerprint>,
    table: &Table,
    now_ms: i64,
) -> Result<(), TableError> {
    let mut renamed = Renamed { issues: renamed, ..Renamed::default() };
    for reading in readings {
        renamed.series.extend(table.name_series(&reading.ledger.series, now_ms).await?);
    }
    add_minutes(readings, &renamed, table, now_ms).await?;
    for reading in readings {
        table.add_transactions(&reading.ledger.transactions, now_ms).await?;
    }
    Ok(())
}

/// Adds the counters of all deliveries, those of one function's minute together.
async fn add_minutes(readings: &[Reading], renamed: &Renamed, table: &Table, now_ms: i64) -> Result<(), TableError> {
    let mut minutes: BTreeMap<(&FunctionKey, Bucket), Vec<Part>> = BTreeMap::new();
    for Reading { delivery, ledger, .. } in readings {
        for (function, rollups) in &ledger.functions {
            for (minute_ms, rollup) in rollups {
                let minute = Bucket { span: Span::Minute, start_ms: *minute_ms };
                let part = Part { delivery: *delivery, rollup: rollup.clone() };
                minutes.entry((function, minute)).or_default().push(part);
            }
        }
    }
    let hours: BTreeSet<_> = minutes.keys().map(|(function, minute)| (*function, minute.within(Span::Hour))).collect();
    table.mark_pending(&hours, now_ms).await?;
    table.add_minutes(minutes, renamed, now_ms).await
}
