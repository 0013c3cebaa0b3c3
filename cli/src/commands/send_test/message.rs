//! A test message: publishing it, and what became of it.
//!
//! The notifier marks in the table what it has posted, and puts what Slack refuses among the dead letters at once.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::Message;
use lamplight_aws::clock::now_ms;
use lamplight_rollup::time::rfc3339;
use serde::{Deserialize, Serialize};

use crate::account::Refusal;
use crate::error::CliError;
use crate::stack::Stack;

/// How long the way to Slack may take.
pub const WAIT: Duration = Duration::from_secs(30);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// The attribute of a dead letter that says why it is one.
const REASON: &str = "reason";

/// How long a dead letter that was looked at is hidden from others, in seconds.
const HIDDEN_S: i32 = 2;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Slack has taken it.
    Posted,
    /// Slack has refused it.
    Refused {
        /// What Slack says.
        reason: String,
    },
    /// It is on its way, as far as is known.
    Published {
        /// Why no more is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// What SNS puts into a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    message_id: String,
}

/// Publishes a test message on the stack's topic; the topic's id of it.
pub async fn publish(stack: &Stack, topic: &str) -> Result<String, Refusal> {
    let text = format!(
        "This is a test of the stack {}, sent at {} by the command line. If you can read it in Slack, alerts arrive. \
         Nothing is wrong, and there is nothing to do.",
        stack.name(),
        rfc3339(now_ms())
    );
    let publish = aws_sdk_sns::Client::new(&stack.config).publish().topic_arn(topic);
    let sent = publish.subject("Test message from Lamplight").message(text).send().await;
    Ok(sent.map_err(Refusal::of("sns:Publish"))?.message_id.unwrap_or_default())
}

/// Waits until it is known what became of a message, or the time is up.
pub async fn wait_for(stack: &Stack, message_id: &str, wait: Duration) -> Outcome {
    let began = Instant::now();
    while began.elapsed() < wait {
        match look(stack, message_id).await {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Outcome::Published { reason: Some(error.to_string()) },
        }
    }
    let reason = format!("it was not posted within {} s", wait.as_secs());
    Outcome::Published { reason: Some(reason).filter(|_| !wait.is_zero()) }
}

async fn look(stack: &Stack, message_id: &str) -> Result<Option<Outcome>, CliError> {
    if stack.table()?.is_posted(message_id).await? {
        return Ok(Some(Outcome::Posted));
    }
    Ok(take_back(stack, message_id).await?.map(|reason| Outcome::Refused { reason }))
}

/// Takes a test message out of the dead letters, where nobody would want it; why it was there. The others are left.
async fn take_back(stack: &Stack, message_id: &str) -> Result<Option<String>, CliError> {
    let client = aws_sdk_sqs::Client::new(&stack.config);
    let queue_url = stack.output("DeadLetterQueueUrl")?;
    let receive = client.receive_message().queue_url(queue_url).max_number_of_messages(10);
    let receive = receive.visibility_timeout(HIDDEN_S).message_attribute_names(REASON).send().await;
    let received = receive.map_err(Refusal::of("sqs:ReceiveMessage"))?.messages.unwrap_or_default();
    let Some(message) = received.into_iter().find(|message| is_of(message, message_id)) else {
        return Ok(None);
    };
    let attributes = message.message_attributes.unwrap_or_default();
    let reason = attributes.get(REASON).and_then(|reason| reason.string_value.clone());
    let delete = client.delete_message().queue_url(queue_url).set_receipt_handle(message.receipt_handle);
    delete.send().await.map_err(Refusal::of("sqs:DeleteMessage"))?;
    Ok(Some(reason.unwrap_or_else(|| "it is among the dead letters, without a reason".to_owned())))
}

fn is_of(message: &Message, message_id: &str) -> bool {
    let envelope = serde_json::from_str::<Envelope>(message.body.as_deref().unwrap_or_default());
    envelope.is_ok_and(|envelope| envelope.message_id == message_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_known_by_the_id_in_its_envelope() {
        let letter = |body: &str| Message::builder().body(body).build();
        assert!(is_of(&letter(r#"{"Type":"Notification","MessageId":"m-1","Message":"x"}"#), "m-1"));
        assert!(!is_of(&letter(r#"{"MessageId":"m-2","Message":"m-1"}"#), "m-1"));
        assert!(!is_of(&letter("m-1"), "m-1"));
    }

    #[test]
    fn an_outcome_says_what_and_why() {
        let json = |outcome: &Outcome| serde_json::to_string(outcome).unwrap();
        assert_eq!(json(&Outcome::Posted), r#"{"outcome":"posted"}"#);
        assert_eq!(json(&Outcome::Published { reason: None }), r#"{"outcome":"published"}"#);
        let refused = Outcome::Refused { reason: "404 no_service".to_owned() };
        assert_eq!(json(&refused), r#"{"outcome":"refused","reason":"404 no_service"}"#);
    }
}
