//! What happens to a payload: one delivery, or a Kinesis batch of them.

use std::collections::HashSet;

use lamplight_alerts::Publish;
use lamplight_logs::delivery::{KinesisRecord, Payload, payload, unpack};
use lamplight_logs::{Delivery, DeliveryError};
use lamplight_recording::{Reading, Recorder};
use lamplight_rollup::ledger::EventTotals;
use lamplight_rollup::{Excess, Ledger};
use serde::Serialize;

use crate::context::Context;
use crate::error::ParserError;

/// What Lambda is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Events that were read.
    pub events: u64,
    /// Events and records that could not be read.
    pub unreadable: u64,
    /// Issues, metrics and transactions over the bounds of a delivery: those were taken together, these left out.
    pub excess: usize,
    /// Alerts that were published.
    pub alerts: usize,
    /// Kinesis records that are to be delivered again.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// A Kinesis record that is to be delivered again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// The record's sequence number.
    pub item_identifier: String,
}

/// Adds what a payload holds to the table, and publishes what needs telling.
///
/// # Errors
///
/// [`ParserError`] if the payload is to be tried again. What was added before is left out then.
pub async fn handle<P: Publish>(text: &str, context: &Context<P>, now_ms: i64) -> Result<Answer, ParserError> {
    match payload(text)? {
        Payload::Subscription(data) => {
            let reading = read_packed(&data, context)?;
            add(reading.into_iter().collect(), context, now_ms).await
        }
        Payload::Decoded(document) => add(read(document, context)?.into_iter().collect(), context, now_ms).await,
        Payload::Kinesis(records) => handle_batch(&records, context, now_ms).await,
    }
}

/// Reads all records of a batch and writes them together. A record that cannot be read is reported, so that Lambda
/// keeps it; the others are added all the same, and left out when they come again with it.
async fn handle_batch<P: Publish>(
    records: &[KinesisRecord<'_>],
    context: &Context<P>,
    now_ms: i64,
) -> Result<Answer, ParserError> {
    let mut readings: Vec<Reading> = Vec::new();
    let mut seen = HashSet::new();
    let mut failures = Vec::new();
    for record in records {
        match read_packed(&record.data, context) {
            // What CloudWatch Logs puts into the stream twice may come in one batch.
            Ok(reading) => readings.extend(reading.filter(|reading| seen.insert(reading.delivery))),
            Err(error) => {
                tracing::error!(%error, sequence_number = %record.sequence_number, "a record cannot be read");
                failures.push(ItemFailure { item_identifier: record.sequence_number.clone().into_owned() });
            }
        }
    }
    let mut answer = add(readings, context, now_ms).await?;
    answer.unreadable += failures.len() as u64;
    answer.batch_item_failures = failures;
    Ok(answer)
}

fn read_packed<P>(data: &str, context: &Context<P>) -> Result<Option<Reading>, DeliveryError> {
    read(&unpack(data, context.limits)?, context)
}

/// Reads a document; nothing if it is from a log group of this stack.
fn read<P>(document: &str, context: &Context<P>) -> Result<Option<Reading>, DeliveryError> {
    let delivery = Delivery::read(document, context.region.as_deref())?;
    let log_group = delivery.source.log_group.as_deref().unwrap_or_default();
    if context.own_log_groups.contains(log_group) {
        tracing::warn!(log_group, "a log group of this stack is subscribed: its events are dropped");
        return Ok(None);
    }
    if delivery.unreadable > 0 {
        tracing::warn!(log_group, count = delivery.unreadable, "events of a delivery cannot be read");
    }
    let mut ledger = Ledger::default();
    ledger.add_searchable_delivery(&delivery, context.error_logs, &context.searchable_fields);
    let reading = Reading::within(&context.bounds, delivery.identity(), ledger);
    if reading.excess != Excess::default() {
        let Excess { issues, transactions, series } = reading.excess;
        tracing::warn!(
            log_group,
            issues,
            transactions,
            series,
            "over the bounds of a delivery: taken together, and left out"
        );
    }
    Ok(Some(reading))
}

/// Adds what deliveries hold to the table, and publishes what needs telling.
///
/// # Errors
///
/// [`ParserError::Table`]. What was added before is left out when it is tried again.
pub async fn add<P: Publish>(readings: Vec<Reading>, context: &Context<P>, now_ms: i64) -> Result<Answer, ParserError> {
    let Context { table, topic, emails, .. } = context;
    let alerts = Recorder { table, topic, emails: *emails }.record(&readings, now_ms).await?;
    let sum = |count: fn(&EventTotals) -> u64| readings.iter().map(|reading| count(&reading.ledger.totals)).sum();
    Ok(Answer {
        events: sum(|totals| totals.total),
        unreadable: sum(|totals| totals.unreadable),
        excess: readings
            .iter()
            .map(|reading| reading.excess.issues + reading.excess.transactions + reading.excess.series)
            .sum(),
        alerts,
        batch_item_failures: Vec::new(),
    })
}
