//! What the responder makes once, at its cold start.

use std::time::Duration;

use lamplight_aws::environment::variable;
use lamplight_aws::secret::Secret;
use lamplight_aws::{AwsError, Web};
use lamplight_table::Table;

use crate::signature::Verifier;

/// What a URL begins with by which Slack lets a message be changed.
const RESPONSES: &str = "https://hooks.slack.com/";

/// How long the change of a message may take: Slack waits three seconds for the whole.
const PATIENCE: Duration = Duration::from_millis(900);

/// Everything that the handler needs besides the request.
#[derive(Debug)]
pub struct Context<S> {
    /// The table.
    pub table: Table,
    /// Whether a request is Slack's.
    pub verifier: Verifier<S>,
    /// The way to Slack.
    pub web: Web,
    /// What a URL begins with by which a message may be changed. Nothing is sent elsewhere.
    pub responses: String,
}

impl Context<Secret> {
    /// The context of the deployed function.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if the stack has not set what is needed.
    pub fn from_environment() -> Result<Self, AwsError> {
        let web = Web::default().with_patience(PATIENCE);
        let table = Table::new(aws_sdk_dynamodb::Client::new(&web.config()?), variable("TABLE_NAME")?);
        let secret = Secret::new(&web, variable("SLACK_SIGNING_SECRET_PARAMETER")?)?;
        Ok(Self { table, verifier: Verifier::new(secret), web, responses: RESPONSES.to_owned() })
    }
}
