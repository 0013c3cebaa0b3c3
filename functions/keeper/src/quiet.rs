//! What was held during quiet hours is told when they are over.

use lamplight_alerts::{HeldAlerts, Notice, Publish};
use lamplight_rollup::time::rfc3339;
use lamplight_table::TableError;

use crate::context::Context;
use crate::handler::Answer;

/// How long after the end: by then whoever began to hold something before it has done so.
const MARGIN_MS: i64 = 60_000;

/// Publishes one message for each of the quiet hours that are over. One that the topic refuses is left for the next run.
pub(crate) async fn release<P: Publish>(
    context: &Context<P>,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    for hold in context.table.ended_holds(now_ms - MARGIN_MS).await? {
        let held = context.table.held(&hold).await?;
        // Whoever said that something is held may have died before it was.
        if held.is_empty() {
            context.table.release(&hold).await?;
            continue;
        }
        let notices: Vec<_> =
            held.iter().map(|message| Notice::of(message.subject.as_deref(), &message.body)).collect();
        let alert_id = format!("held-{}", hold.name());
        let alerts = HeldAlerts::new(&alert_id, &notices, rfc3339(hold.until_ms), hold.to.clone());
        match context.topic.publish(&alerts.to_json()).await {
            Ok(()) => {
                context.table.release(&hold).await?;
                answer.alerts += 1;
            }
            Err(error) => {
                tracing::error!(%error, alert_id, "what was held could not be published");
                answer.unsent += 1;
            }
        }
    }
    Ok(())
}
