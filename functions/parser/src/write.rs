//! From ledgers into the table and onto the topic. The order makes every step safe to repeat: counters are guarded by
//! the delivery's identity, the rest is idempotent.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_alerts::{Alert, Publish, Reason};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::{Bucket, Fingerprint, FunctionKey, Issue, Span};
use lamplight_table::{Claim, Claimed, Part, TableError};

use crate::context::Context;
use crate::handler::Reading;

/// Writes what deliveries hold; how many alerts were published.
pub(crate) async fn write<P: Publish>(
    readings: &[Reading],
    context: &Context<P>,
    now_ms: i64,
) -> Result<usize, TableError> {
    add_minutes(readings, context, now_ms).await?;
    for reading in readings {
        context.table.add_transactions(&reading.ledger.transactions, now_ms).await?;
    }
    let mut published = 0;
    for reading in readings {
        let counts = occurrences(reading.ledger.functions.values().flat_map(BTreeMap::values));
        for (fingerprint, issue) in &reading.ledger.issues {
            let count = counts.get(fingerprint).copied().unwrap_or(0);
            published += usize::from(tell(*fingerprint, issue, count, reading.delivery, context, now_ms).await?);
        }
    }
    Ok(published)
}

/// Adds the counters of all deliveries, those of one function's minute together.
async fn add_minutes<P: Publish>(readings: &[Reading], context: &Context<P>, now_ms: i64) -> Result<(), TableError> {
    let mut minutes: BTreeMap<(&FunctionKey, Bucket), Vec<Part>> = BTreeMap::new();
    for Reading { delivery, ledger } in readings {
        for (function, rollups) in &ledger.functions {
            for (minute_ms, rollup) in rollups {
                let minute = Bucket { span: Span::Minute, start_ms: *minute_ms };
                let part = Part { delivery: *delivery, rollup: rollup.clone() };
                minutes.entry((function, minute)).or_default().push(part);
            }
        }
    }
    let hours: BTreeSet<_> = minutes.keys().map(|(function, minute)| (*function, minute.within(Span::Hour))).collect();
    context.table.mark_pending(&hours, now_ms).await?;
    context.table.add_minutes(minutes, now_ms).await
}

/// Records an issue, and publishes its alert if this delivery is to do so; whether it did. An alert that the topic
/// refuses stays claimed: the keeper sends it.
async fn tell<P: Publish>(
    fingerprint: Fingerprint,
    issue: &Issue,
    count: u64,
    delivery: u64,
    context: &Context<P>,
    now_ms: i64,
) -> Result<bool, TableError> {
    let alert = |claim: Claim, alert_id: &str| {
        let reason = match claim {
            Claim::New => Reason::New,
            Claim::Regressed => Reason::Regressed,
        };
        Alert::new(alert_id, reason, fingerprint, issue, count).to_json()
    };
    let Claimed::ToPublish(unsent) = context.table.record_issue(fingerprint, issue, delivery, now_ms, alert).await?
    else {
        return Ok(false);
    };
    if let Err(error) = context.topic.publish(&unsent.body).await {
        tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published; the keeper will try");
        return Ok(false);
    }
    context.table.mark_sent(&unsent.alert_id).await?;
    Ok(true)
}
