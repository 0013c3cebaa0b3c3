//! What is told: each notice once, many at once as one message.

use std::future::Future;

use lamplight_alerts::{Notice, SlackMessage};
use lamplight_table::{Posting, Table, TableError};

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

/// A message that could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// Its position among those that came.
    pub position: usize,
    /// Why it would be refused again; nothing if another attempt may do.
    pub refusal: Option<String>,
}

impl Untold {
    const fn for_now(position: usize) -> Self {
        Self { position, refusal: None }
    }
}

/// A notice that this process has the right to post.
struct Held {
    position: usize,
    id: String,
    notice: Notice,
}

/// Tells what has not been told; what could not be.
///
/// # Errors
///
/// [`TableError`] if it is not known what has been told.
pub async fn tell<S: Post>(
    incoming: &[Incoming],
    table: &Table,
    slack: &S,
    now_ms: i64,
) -> Result<Vec<Untold>, TableError> {
    let mut held = Vec::new();
    let mut untold = Vec::new();
    for (position, message) in incoming.iter().enumerate() {
        let notice = Notice::of(message.subject.as_deref(), &message.message);
        let id = match &notice {
            Notice::Alert(alert) => alert.alert_id.clone(),
            Notice::Alarm(_) | Notice::Other { .. } => message.message_id.clone(),
        };
        match table.begin_posting(&id, now_ms).await? {
            Posting::Mine => held.push(Held { position, id, notice }),
            Posting::Done => tracing::info!(id, "told before"),
            // The same alert may stand twice in one batch: the second is done when it comes again.
            Posting::Busy => untold.push(Untold::for_now(position)),
        }
    }
    for (message, held) in messages(held) {
        match slack.post(&message).await {
            Ok(()) => mark(&held, table, now_ms).await,
            Err(error) => {
                tracing::error!(%error, count = held.len(), "a message could not be posted");
                let refusal = matches!(error, PostError::Refused { .. }).then(|| error.to_string());
                untold.extend(held.iter().map(|held| Untold { position: held.position, refusal: refusal.clone() }));
            }
        }
    }
    Ok(untold)
}

/// What is posted: a message for each notice, or one for all.
fn messages(held: Vec<Held>) -> Vec<(SlackMessage, Vec<Held>)> {
    if held.len() > SINGLE {
        let notices: Vec<_> = held.iter().map(|held| held.notice.clone()).collect();
        vec![(SlackMessage::digest(&notices), held)]
    } else {
        held.into_iter().map(|held| (SlackMessage::of(&held.notice), vec![held])).collect()
    }
}

/// Lets the table know what was posted. What it does not hear of is not told again for that: it would surely be twice,
/// whereas it is published twice but rarely.
async fn mark(held: &[Held], table: &Table, now_ms: i64) {
    for Held { id, .. } in held {
        if let Err(error) = table.finish_posting(id, now_ms).await {
            tracing::error!(%error, id, "an alert was posted and the table has not heard of it");
        }
    }
}
