//! Alerts that could not be posted: messages of the dead-letter queue.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};

use crate::account::Refusal;
use crate::error::CliError;
use crate::stack::Stack;

/// Messages that one call brings.
const BATCH: i32 = 10;

/// Puts dead letters back into the queue of alerts; how many. An alert that was posted after all is not posted again.
pub async fn redrive(stack: &Stack, is_dry_run: bool) -> Result<usize, CliError> {
    let client = Client::new(&stack.config);
    let (from, to) = (stack.output("DeadLetterQueueUrl")?, stack.output("QueueUrl")?);
    if is_dry_run {
        return waiting(&client, from).await;
    }
    let began_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut count = 0;
    loop {
        let messages = receive(&client, from).await?;
        if messages.is_empty() {
            return Ok(count);
        }
        for message in messages {
            // It has come back already.
            if sent_ms(&message).is_some_and(|sent_ms| sent_ms > began_ms) {
                return Ok(count);
            }
            let send = client.send_message().queue_url(to).message_body(message.body.unwrap_or_default());
            send.send().await.map_err(Refusal::of("sqs:SendMessage"))?;
            let delete = client.delete_message().queue_url(from).set_receipt_handle(message.receipt_handle);
            delete.send().await.map_err(Refusal::of("sqs:DeleteMessage"))?;
            count += 1;
        }
    }
}

async fn receive(client: &Client, queue_url: &str) -> Result<Vec<Message>, CliError> {
    let receive = client.receive_message().queue_url(queue_url).max_number_of_messages(BATCH).wait_time_seconds(1);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
    Ok(receive.send().await.map_err(Refusal::of("sqs:ReceiveMessage"))?.messages.unwrap_or_default())
}

fn sent_ms(message: &Message) -> Option<u128> {
    message.attributes.as_ref()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}

/// About how many messages a queue holds.
pub async fn waiting(client: &Client, queue_url: &str) -> Result<usize, CliError> {
    let name = QueueAttributeName::ApproximateNumberOfMessages;
    let get = client.get_queue_attributes().queue_url(queue_url).attribute_names(name.clone());
    let got = get.send().await.map_err(Refusal::of("sqs:GetQueueAttributes"))?;
    let count = got.attributes.and_then(|attributes| attributes.get(&name)?.parse().ok());
    Ok(count.unwrap_or(0))
}
