//! Deliveries of the past: counted like any other, and told to nobody.

use std::collections::BTreeMap;

use lamplight_recording::{Reading, add_counters};
use lamplight_rollup::Ledger;
use lamplight_table::Table;

use crate::error::ParserError;

/// Adds what deliveries of the past hold to the table. Their issues are recorded without alerts: none is claimed, so
/// that nobody sends one later.
///
/// # Errors
///
/// [`ParserError::Table`]. What was added before is left out when it is tried again.
pub async fn add_past(readings: &[Reading], table: &Table, now_ms: i64) -> Result<(), ParserError> {
    let mut seen = Ledger::default();
    for (fingerprint, issue) in readings.iter().flat_map(|reading| &reading.ledger.issues) {
        seen.add_issue(*fingerprint, issue.clone());
    }
    let mut renamed = BTreeMap::new();
    let mut others = Ledger::default();
    for (fingerprint, issue) in seen.issues {
        if !table.record_past_issue(fingerprint, &issue, now_ms).await? {
            let (together, issue) = issue.among_others();
            renamed.insert(fingerprint, together);
            others.add_issue(together, issue);
        }
    }
    for (fingerprint, issue) in &others.issues {
        table.record_past_issue(*fingerprint, issue, now_ms).await?;
    }
    Ok(add_counters(readings, &renamed, table, now_ms).await?)
}
