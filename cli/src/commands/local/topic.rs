//! What stands for SNS, SQS and Slack: alerts go straight to the notifier, which posts or prints them.

use std::sync::Arc;

use lamplight_alerts::{Alert, Publish, SlackMessage, plain};
use lamplight_aws::Web;
use lamplight_aws::clock::now_ms;
use lamplight_notifier::{Incoming, Post, PostError, Webhook, tell};
use lamplight_table::{Table, TableError};

use crate::arguments::{LocalArguments, Output};
use crate::output::{note, print};

/// Where messages go on one machine.
pub enum Slack {
    /// To a webhook.
    Webhook(Webhook),
    /// To the terminal: beside the result, or before it.
    Printed(Output),
}

impl Post for Slack {
    async fn post(&self, message: &SlackMessage) -> Result<(), PostError> {
        match self {
            Self::Webhook(webhook) => webhook.post(message).await,
            Self::Printed(Output::Json) => {
                note(plain::text(message) + "\n");
                Ok(())
            }
            // Nobody can be told that nobody reads.
            Self::Printed(Output::Table) => {
                let _ = print(plain::text(message) + "\n");
                Ok(())
            }
        }
    }
}

/// The topic and all that is behind it.
#[derive(Clone)]
pub struct LocalTopic(Arc<(Table, Slack)>);

/// Why an alert could not be told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// It is not known whether it was told.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It could not be posted; the keeper tries again.
    #[error("the alert could not be posted and is tried again each minute")]
    Post,
}

impl LocalTopic {
    /// The topic of this machine.
    pub fn new(table: Table, arguments: &LocalArguments) -> Self {
        let slack = match &arguments.slack_webhook {
            Some(url) => Slack::Webhook(Webhook::of_url(Web::default(), url.clone())),
            None => Slack::Printed(arguments.output),
        };
        Self(Arc::new((table, slack)))
    }
}

impl Publish for LocalTopic {
    type Error = Untold;

    async fn publish(&self, message: &str) -> Result<(), Untold> {
        let message_id = Alert::parse(message).map(|alert| alert.alert_id).unwrap_or_default();
        let incoming = Incoming { message_id, subject: None, message: message.to_owned() };
        let (table, slack) = &*self.0;
        let untold = tell(&[incoming], table, slack, now_ms()).await?;
        if untold.is_empty() { Ok(()) } else { Err(Untold::Post) }
    }
}
