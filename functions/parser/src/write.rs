//! From ledgers into the table and onto the topic. The order makes every step safe to repeat: counters are guarded by
//! the delivery's identity, the rest is idempotent.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_alerts::{Alert, Publish, Reason};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::{Bucket, Deployed, Fingerprint, FunctionKey, Issue, Ledger, Span};
use lamplight_table::{Claim, Claimed, Part, Table, TableError};

use crate::context::Context;
use crate::handler::Reading;

/// Writes what deliveries hold; how many alerts were published.
pub(crate) async fn write<P: Publish>(
    readings: &[Reading],
    context: &Context<P>,
    now_ms: i64,
) -> Result<usize, TableError> {
    let mut published = 0;
    let mut renamed = BTreeMap::new();
    for reading in readings {
        published += tell_issues(reading, &mut renamed, context, now_ms).await?;
    }
    add_counters(readings, &renamed, &context.table, now_ms).await?;
    Ok(published)
}

/// Adds what deliveries hold besides issues: their minutes, then their transactions.
pub(crate) async fn add_counters(
    readings: &[Reading],
    renamed: &BTreeMap<Fingerprint, Fingerprint>,
    table: &Table,
    now_ms: i64,
) -> Result<(), TableError> {
    add_minutes(readings, renamed, table, now_ms).await?;
    for reading in readings {
        table.add_transactions(&reading.ledger.transactions, now_ms).await?;
    }
    Ok(())
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
                let part = Part { delivery: *delivery, rollup: rollup.clone() };
                minutes.entry((function, minute)).or_default().push(part);
            }
        }
    }
    let hours: BTreeSet<_> = minutes.keys().map(|(function, minute)| (*function, minute.within(Span::Hour))).collect();
    table.mark_pending(&hours, now_ms).await?;
    table.add_minutes(minutes, renamed, now_ms).await
}

/// Tells the issues of a delivery; how many alerts were published. What the table takes no more of is taken together,
/// and `renamed` gets to know as what.
async fn tell_issues<P: Publish>(
    reading: &Reading,
    renamed: &mut BTreeMap<Fingerprint, Fingerprint>,
    context: &Context<P>,
    now_ms: i64,
) -> Result<usize, TableError> {
    let ledger = &reading.ledger;
    let mut counts = occurrences(ledger.functions.values().flat_map(BTreeMap::values));
    let mut others = Ledger::default();
    let mut published = 0;
    for (fingerprint, issue) in &ledger.issues {
        let count = counts.get(fingerprint).copied().unwrap_or(0);
        match tell(*fingerprint, issue, count, reading.delivery, context, now_ms).await? {
            Told::Published => published += 1,
            Told::Nothing => {}
            Told::Beyond => {
                let (together, issue) = issue.clone().among_others();
                renamed.insert(*fingerprint, together);
                *counts.entry(together).or_default() += count;
                others.add_issue(together, issue);
            }
        }
    }
    for (fingerprint, issue) in &others.issues {
        let told = tell(*fingerprint, issue, counts[fingerprint], reading.delivery, context, now_ms).await?;
        published += usize::from(told == Told::Published);
    }
    Ok(published)
}

/// What telling an issue came to.
#[derive(PartialEq, Eq)]
enum Told {
    Published,
    Nothing,
    /// The function has had as many new issues as are told apart.
    Beyond,
}

/// Records an issue, and publishes its alert if this delivery is to do so. An alert that the topic refuses stays claimed:
/// the keeper sends it.
async fn tell<P: Publish>(
    fingerprint: Fingerprint,
    issue: &Issue,
    count: u64,
    delivery: u64,
    context: &Context<P>,
    now_ms: i64,
) -> Result<Told, TableError> {
    let alert = |claim: Claim, alert_id: &str, deployed: Option<Deployed>| {
        let reason = match claim {
            Claim::New => Reason::New,
            Claim::Regressed => Reason::Regressed,
        };
        Alert::new(alert_id, reason, fingerprint, issue, count, context.emails).after(deployed).to_json()
    };
    let unsent = match context.table.record_issue(fingerprint, issue, delivery, now_ms, alert).await? {
        Claimed::ToPublish(unsent) => unsent,
        Claimed::Nothing => return Ok(Told::Nothing),
        Claimed::Beyond => return Ok(Told::Beyond),
    };
    if let Err(error) = context.topic.publish(&unsent.body).await {
        tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published; the keeper will try");
        return Ok(Told::Nothing);
    }
    context.table.mark_sent(&unsent.alert_id).await?;
    Ok(Told::Published)
}
