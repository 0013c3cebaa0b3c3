//! What the keeper makes once, at its cold start.

use lamplight_alerts::Emails;
use lamplight_aws::environment::{switch, variable};
use lamplight_aws::{AwsError, Topic, Web};
use lamplight_table::Table;

/// Everything that the handler needs.
#[derive(Debug)]
pub struct Context<P> {
    /// The table.
    pub table: Table,
    /// Where alerts are published.
    pub topic: P,
    /// Whether e-mail addresses are masked in alerts.
    pub emails: Emails,
}

impl Context<Topic> {
    /// The context of the deployed function.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if the stack has not set what is needed.
    pub fn from_environment() -> Result<Self, AwsError> {
        let web = Web::default();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&web.config()?), variable("TABLE_NAME")?);
        let emails = if switch("MASK_EMAILS")? == Some(true) { Emails::Mask } else { Emails::Show };
        Ok(Self { table, topic: Topic::from_environment(&web)?, emails })
    }
}
