//! The stack's queue of messages that nobody takes.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::MessageAttributeValue;

use crate::environment::variable;
use crate::error::AwsError;
use crate::web::Web;

/// The attribute that says why a message is there.
const REASON: &str = "reason";

/// The queue.
#[derive(Debug)]
pub struct DeadLetters {
    client: Client,
    url: String,
}

impl DeadLetters {
    /// The queue that the environment names in `DEAD_LETTERS_URL`.
    ///
    /// # Errors
    ///
    /// [`AwsError::Missing`].
    pub fn from_environment(web: &Web) -> Result<Self, AwsError> {
        Ok(Self { client: Client::new(&web.config()?), url: variable("DEAD_LETTERS_URL")? })
    }

    /// Sends a message there, with the reason.
    ///
    /// # Errors
    ///
    /// [`AwsError::Call`].
    pub async fn send(&self, body: &str, reason: &str) -> Result<(), AwsError> {
        let call = |reason: String| AwsError::Call { operation: "SendMessage", reason };
        let attribute = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let attribute = attribute.map_err(|error| call(error.to_string()))?;
        let send = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = send.message_attributes(REASON, attribute).send().await;
        sent.map(drop).map_err(|error| call(DisplayErrorContext(&error).to_string()))
    }
}
