//! What happens to an event: SQS messages that carry SNS envelopes, or an SNS event.

use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::NotifierError;
use crate::tell::{Incoming, Post, tell};

/// The envelope that SNS puts into a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    message_id: String,
    subject: Option<String>,
    message: String,
}

/// Tells what an event holds. SQS gets back which messages are to come again.
///
/// # Errors
///
/// [`NotifierError`] if the whole event is to come again. What was told before is left out then.
pub async fn handle<S: Post>(
    event: Value,
    context: &Context<S>,
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

async fn handle_queue<S: Post>(
    event: SqsEvent,
    context: &Context<S>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming: Vec<_> = event.records.iter().map(of_queue).collect();
    let untold = tell(&incoming, context, now_ms).await?;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = untold
        .into_iter()
        .map(|position| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = event.records[position].message_id.clone().unwrap_or_default();
            failure
        })
        .collect();
    Ok(response)
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

async fn handle_topic<S: Post>(
    event: SnsEvent,
    context: &Context<S>,
    now_ms: i64,
) -> Result<SqsBatchResponse, NotifierError> {
    let incoming = event.records.into_iter().map(|record| Incoming {
        message_id: record.sns.message_id,
        subject: record.sns.subject,
        message: record.sns.message,
    });
    let untold = tell(&incoming.collect::<Vec<_>>(), context, now_ms).await?;
    if untold.is_empty() { Ok(SqsBatchResponse::default()) } else { Err(NotifierError::Untold { count: untold.len() }) }
}
