//! The stack's SNS topic.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use lamplight_alerts::{Alert, Change, Publish};

use crate::environment::variable;
use crate::error::AwsError;
use crate::web::Web;

/// The topic that alerts are published on.
#[derive(Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic that the environment names in `TOPIC_ARN`.
    ///
    /// # Errors
    ///
    /// [`AwsError::Missing`].
    pub fn from_environment(web: &Web) -> Result<Self, AwsError> {
        Ok(Self { client: Client::new(&web.config()?), arn: variable("TOPIC_ARN")? })
    }
}

impl Publish for Topic {
    type Error = AwsError;

    async fn publish(&self, message: &str) -> Result<(), AwsError> {
        let mut publish = self.client.publish().topic_arn(&self.arn).message(message);
        let (alert, change) = (Alert::parse(message), Change::parse(message));
        let attributes = alert.iter().flat_map(Alert::attributes).chain(change.iter().flat_map(Change::attributes));
        for (name, value) in attributes.filter(|(_, value)| !value.is_empty()) {
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let attribute =
                attribute.map_err(|error| AwsError::Call { operation: "Publish", reason: error.to_string() })?;
            publish = publish.message_attributes(name, attribute);
        }
        let published = publish.send().await;
        published
            .map(drop)
            .map_err(|error| AwsError::Call { operation: "Publish", reason: DisplayErrorContext(&error).to_string() })
    }
}
