//! What happens to an event: SQS messages that carry SNS envelopes, or an SNS event.

use std::future::Future;

use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lamplight_aws::AwsError;
use lamplight_table::Table;
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::NotifierError;
use crate::receivers::Receivers;
use crate::tell::{Incoming, Refusal, Untold, tell};

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

/// Tells what an event holds. SQS gets back which messages are to come again; those that a receiver refuses for good
/// are put among the dead letters at once, where they are seen.
///
/// # Errors
///
/// [`NotifierError`] if the whole event is to come again. What was told before is left out then.
pub async fn handle<R: Receivers, D: DeadLetters>(
    event: Value,
    context: &Context<R, D>,
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

async fn handle_queue<R: Receivers, D: DeadLetters>(
    event: SqsEvent,
    context: &Context<R, D>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming: Vec<_> = event.records.iter().map(of_queue).collect();
    let mut response = SqsBatchResponse::default();
    for untold in tell_all(&incoming, context, now_ms).await? {
        let message = &event.records[untold.position];
        let is_kept = untold.refusals.is_empty() || is_kept(message, &untold, &context.dead_letters).await;
        if !is_kept || untold.waits {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
        if is_kept && untold.waits {
            give_up(&untold, &incoming[untold.position].carrier_id, &context.table, now_ms).await;
        }
    }
    Ok(response)
}

/// Tells all receivers. While it is not known who they are, everything waits.
async fn tell_all<R: Receivers, D>(
    incoming: &[Incoming],
    context: &Context<R, D>,
    now_ms: i64,
) -> Result<Vec<Untold>, NotifierError> {
    let nobody_yet = || Ok((0..incoming.len()).map(Untold::for_now).collect());
    match context.receivers.list().await {
        Ok(receivers) if receivers.is_empty() => {
            tracing::error!("the secret names no receiver: messages wait until it does");
            nobody_yet()
        }
        Ok(receivers) => Ok(tell(incoming, &context.table, &receivers, now_ms).await?),
        Err(error) => {
            tracing::error!(%error, "it is not known who is to be told");
            nobody_yet()
        }
    }
}

/// Puts a message that is refused for good among the dead letters; whether it is there.
async fn is_kept<D: DeadLetters>(message: &SqsMessage, untold: &Untold, dead_letters: &D) -> bool {
    let reasons: Vec<_> = untold.refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    let kept = dead_letters.keep(message.body.as_deref().unwrap_or_default(), &reasons.join("; ")).await;
    if let Err(error) = &kept {
        tracing::error!(%error, "a message could not be put among the dead letters; it stays in its queue");
    }
    kept.is_ok()
}

/// Who has refused a message that comes again for others is not asked again: it is among the dead letters once.
async fn give_up(untold: &Untold, carrier_id: &str, table: &Table, now_ms: i64) {
    for Refusal { posting_id, .. } in &untold.refusals {
        if let Err(error) = table.give_up_posting(posting_id, carrier_id, now_ms).await {
            tracing::error!(%error, posting_id, "the table has not heard of a refusal; the message is refused again");
        }
    }
}

/// What stands in a queue's message: SNS's envelope, or whatever somebody else has sent.
fn of_queue(message: &SqsMessage) -> Incoming {
    let body = message.body.clone().unwrap_or_default();
    let carrier_id = message.message_id.clone().unwrap_or_default();
    match serde_json::from_str::<Envelope>(&body) {
        Ok(Envelope { message_id, subject, message }) => Incoming { message_id, carrier_id, subject, message },
        Err(_) => Incoming { message_id: carrier_id.clone(), carrier_id, subject: None, message: body },
    }
}

async fn handle_topic<R: Receivers, D: DeadLetters>(
    event: SnsEvent,
    context: &Context<R, D>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming = event.records.into_iter().map(|record| Incoming {
        carrier_id: record.sns.message_id.clone(),
        message_id: record.sns.message_id,
        subject: record.sns.subject,
        message: record.sns.message,
    });
    let untold = tell_all(&incoming.collect::<Vec<_>>(), context, now_ms).await?;
    if untold.is_empty() { Ok(SqsBatchResponse::default()) } else { Err(NotifierError::Untold { count: untold.len() }) }
}
