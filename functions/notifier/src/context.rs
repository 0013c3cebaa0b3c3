//! What the notifier makes once, at its cold start.

use lamplight_aws::environment::variable;
use lamplight_aws::secret::Secret;
use lamplight_aws::{AwsError, Web};
use lamplight_table::Table;

use crate::webhook::Webhook;

/// Everything that the handler needs besides the event.
#[derive(Debug)]
pub struct Context<S> {
    /// The table.
    pub table: Table,
    /// Where messages are posted.
    pub slack: S,
}

impl Context<Webhook> {
    /// The context of the deployed function.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if the stack has not set what is needed.
    pub fn from_environment() -> Result<Self, AwsError> {
        let web = Web::default();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&web.config()?), variable("TABLE_NAME")?);
        let secret = Secret::new(&web, variable("SLACK_WEBHOOK_PARAMETER")?)?;
        Ok(Self { table, slack: Webhook::of_secret(web, secret) })
    }
}
