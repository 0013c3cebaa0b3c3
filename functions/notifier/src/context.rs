//! What the notifier makes once, at its cold start.

use lamplight_aws::environment::variable;
use lamplight_aws::secret::Secret;
use lamplight_aws::{AwsError, DeadLetters, Web};
use lamplight_table::Table;

use crate::webhook::Webhook;

/// Everything that the handler needs besides the event.
#[derive(Debug)]
pub struct Context<S, D> {
    /// The table.
    pub table: Table,
    /// Where messages are posted.
    pub slack: S,
    /// Where messages are kept that Slack refuses for good.
    pub dead_letters: D,
}

impl Context<Webhook, DeadLetters> {
    /// The context of the deployed function.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if the stack has not set what is needed.
    pub fn from_environment() -> Result<Self, AwsError> {
        let web = Web::default();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&web.config()?), variable("TABLE_NAME")?);
        let secret = Secret::new(&web, variable("SLACK_WEBHOOK_PARAMETER")?)?;
        let dead_letters = DeadLetters::from_environment(&web)?;
        Ok(Self { table, slack: Webhook::of_secret(web, secret), dead_letters })
    }
}
