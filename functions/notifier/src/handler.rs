//! What happens to an event: SQS messages that carry SNS envelopes, or an SNS event.

use std::future::Future;

use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lamplight_aws::AwsError;
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::NotifierError;
use crate::tell::{Incoming, Post, Untold, tell};

/// The envelope that SNS puts into a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    message_id: String,
    subject: Option<String>,
    message: String,
}

/// Where messages are kept that nobody takes.
pub trait DeadLetters: Send + Sync {
    /// Keeps a message's body, with the reason.
    fn keep(&self, body: &str, reason: &str) -> impl Future<Output = Result<(), AwsError>> + Send;
}

impl DeadLetters for lamplight_aws::DeadLetters {
    async fn keep(&self, body: &str, reason: &str) -> Result<(), AwsError> {
        self.send(body, reason).await
    }
}

/// Tells what an event holds. SQS gets back which messages are to come again; those that Slack refuses for good are put
/// among the dead letters at once, where they are seen.
///
/// # Errors
///
/// [`NotifierError`] if the whole event is to come again. What was told before is left out then.
pub async fn handle<S: Post, D: DeadLetters>(
    event: Value,
    context: &Context<S, D>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let record = &event["Records"][0];
    let unknown = |error: serde_json::Error| NotifierError::UnknownEvent(error.to_string());
    if record["Sns"].is_object() {
        return handle_topic(serde_json::from_value(event).map_err(unknown)?, context, now_ms).await;
    }
    if record["eventSource"] == "aws:sqs" {
        return handle_queue(serde_json::from_value(event).map_err(unknown)?, context, now_ms).await;
    }
    Err(NotifierError::UnknownEvent("its records have neither Sns nor the source aws:sqs".to_owned()))
}

async fn handle_queue<S: Post, D: DeadLetters>(
    event: SqsEvent,
    context: &Context<S, D>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming: Vec<_> = event.records.iter().map(of_queue).collect();
    let mut response = SqsBatchResponse::default();
    for untold in tell(&incoming, &context.table, &context.slack, now_ms).await? {
        let message = &event.records[untold.position];
        if !is_kept(message, &untold, &context.dead_letters).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    Ok(response)
}

/// Puts a message that is refused for good among the dead letters; whether it is there.
async fn is_kept<D: DeadLetters>(message: &SqsMessage, untold: &Untold, dead_letters: &D) -> bool {
    let Some(reason) = &untold.refusal else {
        return false;
    };
    let kept = dead_letters.keep(message.body.as_deref().unwrap_or_default(), reason).await;
    if let Err(error) = &kept {
        tracing::error!(%error, "a message could not be put among the dead letters; it stays in its queue");
    }
    kept.is_ok()
}

/// What stands in a queue's message: SNS's envelope, or whatever somebody else has sent.
fn of_queue(message: &SqsMessage) -> Incoming {
    let body = message.body.clone().unwrap_or_default();
    match serde_json::from_str::<Envelope>(&body) {
        Ok(envelope) => {
            Incoming { message_id: envelope.message_id, subject: envelope.subject, message: envelope.message }
        }
        Err(_) => Incoming { message_id: message.message_id.clone().unwrap_or_default(), subject: None, message: body },
    }
}

async fn handle_topic<S: Post, D: DeadLetters>(
    event: SnsEvent,
    context: &Context<S, D>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming = event.records.into_iter().map(|record| Incoming {
        message_id: record.sns.message_id,
        subject: record.sns.subject,
        message: record.sns.message,
    });
    let untold = tell(&incoming.collect::<Vec<_>>(), &context.table, &context.slack, now_ms).await?;
    if untold.is_empty() { Ok(SqsBatchResponse::default()) } else { Err(NotifierError::Untold { count: untold.len() }) }
}
