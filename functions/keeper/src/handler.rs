//! What happens each minute.

use lamplight_alerts::{Alert, Change, Publish, Reason};
use lamplight_table::{Pending, Stored, TableError, Unsent};
use serde::Serialize;

use crate::context::Context;
use crate::error::KeeperError;

/// How long the process that claimed an alert has to publish it.
const CLAIM_MS: i64 = 60_000;

/// Issues age in the first minute of each hour: none of it is urgent, and all of them are read for it.
const AGEING_EVERY_MS: i64 = 3_600_000;
const AGEING_FOR_MS: i64 = 60_000;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Hours that were computed.
    pub hours: usize,
    /// Alerts that were sent because their claimers had not, and those of issues that escalate.
    pub alerts: usize,
    /// What was done with issues and was told.
    pub changes: usize,
    /// Alerts that the topic refused.
    pub unsent: usize,
    /// Alerts that were dropped because their issues were muted meanwhile.
    pub dropped: usize,
    /// Issues that time has changed.
    pub aged: usize,
}

/// Sends what is left unsent, rolls up what is pending and tells what escalates there, then lets issues age. Doing it
/// again is harmless.
///
/// # Errors
///
/// [`KeeperError::Table`]; the next run does what is left.
pub async fn handle<P: Publish>(context: &Context<P>, now_ms: i64) -> Result<Answer, KeeperError> {
    let mut answer = Answer::default();
    for unsent in context.table.unsent(i64::MAX).await? {
        // Nobody but this publishes a change.
        if !unsent.is_change && unsent.claimed_ms >= now_ms - CLAIM_MS {
            continue;
        }
        if !unsent.is_change && context.table.is_muted(&unsent, now_ms).await? {
            tracing::info!(alert_id = unsent.alert_id, "an alert was not sent: its issue is muted");
            context.table.mark_sent(&unsent.alert_id).await?;
            answer.dropped += 1;
        } else {
            publish(context, &unsent, &mut answer).await?;
        }
    }
    let mut failed = None;
    for pending in context.table.pending().await? {
        if !pending.is_due(now_ms) {
            continue;
        }
        // One hour that cannot be rolled up must not keep the others from it.
        match roll_up(context, &pending, now_ms, &mut answer).await {
            Ok(()) => answer.hours += 1,
            Err(error) => {
                tracing::error!(%error, function = %pending.function, hour = %pending.hour, "an hour could not be rolled up");
                failed = Some(error);
            }
        }
    }
    if now_ms.rem_euclid(AGEING_EVERY_MS) < AGEING_FOR_MS {
        let aged = context.table.age_issues(now_ms, Change::text).await?;
        answer.aged = aged.changed;
        for unsent in &aged.unsent {
            publish(context, unsent, &mut answer).await?;
        }
    }
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(answer),
    }
}

/// Publishes what was claimed. What the topic refuses is left for the next run.
async fn publish<P: Publish>(context: &Context<P>, unsent: &Unsent, answer: &mut Answer) -> Result<(), TableError> {
    match context.topic.publish(&unsent.body).await {
        Ok(()) => {
            context.table.mark_sent(&unsent.alert_id).await?;
            let told = if unsent.is_change { &mut answer.changes } else { &mut answer.alerts };
            *told += 1;
        }
        Err(error) => {
            tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published");
            answer.unsent += 1;
        }
    }
    Ok(())
}

/// Computes an hour, and tells which of its issues escalate before its mark is taken away: who dies in between does it
/// again.
async fn roll_up<P: Publish>(
    context: &Context<P>,
    pending: &Pending,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let alert = |stored: &Stored, count: u64, alert_id: &str| {
        let (fingerprint, issue) = (stored.fingerprint, &stored.issue);
        Alert::new(alert_id, Reason::Escalating, fingerprint, issue, count, context.emails).to_json()
    };
    context.table.compute(pending, now_ms).await?;
    for unsent in context.table.escalate(pending, now_ms, alert).await? {
        publish(context, &unsent, answer).await?;
    }
    context.table.settle(pending, now_ms).await
}
