//! What is told: each notice once, many at once as one message.

use std::future::Future;

use lamplight_alerts::{Notice, SlackMessage};
use lamplight_table::{Posting, TableError};

use crate::context::Context;
use crate::error::PostError;

/// More notices than this at once become one message.
const SINGLE: usize = 3;

/// Where messages are posted.
pub trait Post: Send + Sync {
    /// Posts a message.
    fn post(&self, message: &SlackMessage) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// A message from the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The topic's id of the message.
    pub message_id: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub message: String,
}

/// A notice that this process has the right to post.
struct Held {
    position: usize,
    id: String,
    notice: Notice,
}

/// Tells what has not been told; the positions of those that could not be.
///
/// # Errors
///
/// [`TableError`] if it is not known what has been told.
pub async fn tell<S: Post>(incoming: &[Incoming], context: &Context<S>, now_ms: i64) -> Result<Vec<usize>, TableError> {
    let mut held = Vec::new();
    let mut untold = Vec::new();
    for (position, message) in incoming.iter().enumerate() {
        let notice = Notice::of(message.subject.as_deref(), &message.message);
        let id = match &notice {
            Notice::Alert(alert) => alert.alert_id.clone(),
            Notice::Alarm(_) | Notice::Other { .. } => message.message_id.clone(),
        };
        match context.table.begin_posting(&id, now_ms).await? {
            Posting::Mine => held.push(Held { position, id, notice }),
            Posting::Done => tracing::info!(id, "told before"),
            // The same alert may stand twice in one batch: the second is done when it comes again.
            Posting::Busy => untold.push(position),
        }
    }
    let messages: Vec<_> = if held.len() > SINGLE {
        let notices: Vec<_> = held.iter().map(|held| held.notice.clone()).collect();
        vec![(SlackMessage::digest(&notices), held)]
    } else {
        held.into_iter().map(|held| (SlackMessage::of(&held.notice), vec![held])).collect()
    };
    for (message, held) in messages {
        let posted = context.slack.post(&message).await;
        if let Err(error) = &posted {
            tracing::error!(%error, count = held.len(), "a message could not be posted");
        }
        for Held { position, id, .. } in held {
            if posted.is_ok() {
                context.table.finish_posting(&id, now_ms).await?;
            } else {
                context.table.abandon_posting(&id).await?;
                untold.push(position);
            }
        }
    }
    Ok(untold)
}
