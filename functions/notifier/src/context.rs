//! What the notifier makes once, at its cold start.

use lamplight_alerts::Buttons;
use lamplight_aws::environment::{switch, variable};
use lamplight_aws::secret::Secret;
use lamplight_aws::{AwsError, DeadLetters, Web};
use lamplight_table::Table;

use crate::receivers::Named;

/// Everything that the handler needs besides the event.
#[derive(Debug)]
pub struct Context<R, D> {
    /// The table.
    pub table: Table,
    /// Who is told.
    pub receivers: R,
    /// Where messages are kept that a receiver refuses for good.
    pub dead_letters: D,
}

impl Context<Named, DeadLetters> {
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
        let buttons = if switch("BUTTONS")? == Some(true) { Buttons::Shown } else { Buttons::Hidden };
        Ok(Self { table, receivers: Named::new(web, secret, buttons), dead_letters })
    }
}
