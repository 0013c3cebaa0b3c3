//! What happens each minute.

use lamplight_alerts::Publish;
use serde::Serialize;

use crate::context::Context;
use crate::error::KeeperError;

/// How long the process that claimed an alert has to publish it.
const CLAIM_MS: i64 = 60_000;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Hours that were computed.
    pub hours: usize,
    /// Alerts that were sent because their claimers had not.
    pub alerts: usize,
    /// Alerts that the topic refused.
    pub unsent: usize,
}

/// Sends what is left unsent, then rolls up what is pending. Doing it again is harmless.
///
/// # Errors
///
/// [`KeeperError::Table`]; the next run does what is left.
pub async fn handle<P: Publish>(context: &Context<P>, now_ms: i64) -> Result<Answer, KeeperError> {
    let mut answer = Answer::default();
    for unsent in context.table.unsent(now_ms - CLAIM_MS).await? {
        match context.topic.publish(&unsent.body).await {
            Ok(()) => {
                context.table.mark_sent(&unsent.alert_id).await?;
                answer.alerts += 1;
            }
            Err(error) => {
                tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published");
                answer.unsent += 1;
            }
        }
    }
    let mut failed = None;
    for pending in context.table.pending().await? {
        if !pending.is_due(now_ms) {
            continue;
        }
        // One hour that cannot be rolled up must not keep the others from it.
        match context.table.roll_up(&pending, now_ms).await {
            Ok(()) => answer.hours += 1,
            Err(error) => {
                tracing::error!(%error, function = %pending.function, hour = %pending.hour, "an hour could not be rolled up");
                failed = Some(error);
            }
        }
    }
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(answer),
    }
}
