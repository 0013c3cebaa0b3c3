//! What stands for SNS and SQS: alerts go straight to the notifier, which posts or prints them.

use std::sync::Arc;

use lamplight_alerts::{Notice, Publish, SlackMessage, plain};
use lamplight_aws::Web;
use lamplight_aws::clock::now_ms;
use lamplight_notifier::form::AtOnce;
use lamplight_notifier::{Incoming, Post, PostError, Receiver, Threads, receivers, tell};
use lamplight_table::{Table, TableError};

use crate::arguments::{LocalArguments, Output};
use crate::output::{note, print};

/// Where messages go on one machine.
pub enum Local {
    /// To a receiver.
    Posted(Receiver),
    /// To the terminal: beside the result, or before it.
    Printed(Output),
}

impl Post for Local {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        match self {
            Self::Posted(receiver) => receiver.post(notices).await,
            Self::Printed(Output::Json) => {
                note(plain::text(&SlackMessage::telling(notices)) + "\n");
                Ok(())
            }
            // Nobody can be told that nobody reads.
            Self::Printed(Output::Table) => {
                let _ = print(plain::text(&SlackMessage::telling(notices)) + "\n");
                Ok(())
            }
        }
    }

    async fn post_threaded(&self, notices: &[Notice], threads: Threads<'_>) -> Result<(), PostError> {
        match self {
            Self::Posted(receiver) => receiver.post_threaded(notices, threads).await,
            Self::Printed(_) => self.post(notices).await,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Posted(receiver) => receiver.name(),
            Self::Printed(_) => "the terminal",
        }
    }

    fn policy_name(&self) -> Option<&str> {
        match self {
            Self::Posted(receiver) => receiver.policy_name(),
            Self::Printed(_) => None,
        }
    }

    fn mark(&self) -> &str {
        match self {
            Self::Posted(receiver) => receiver.mark(),
            Self::Printed(_) => "",
        }
    }

    fn at_once(&self) -> AtOnce {
        match self {
            Self::Posted(receiver) => receiver.at_once(),
            Self::Printed(_) => AtOnce::Digest,
        }
    }
}

/// The topic and all that is behind it.
#[derive(Clone)]
pub struct LocalTopic(Arc<(Table, Vec<Local>)>);

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
        let receivers = match &arguments.slack_webhook {
            Some(lines) => receivers::of_value(&Web::default(), lines, None).into_iter().map(Local::Posted).collect(),
            None => vec![Local::Printed(arguments.output)],
        };
        Self(Arc::new((table, receivers)))
    }
}

impl Publish for LocalTopic {
    type Error = Untold;

    async fn publish(&self, message: &str) -> Result<(), Untold> {
        let message_id = Notice::of(None, message).id().unwrap_or_default().to_owned();
        let carrier_id = message_id.clone();
        let incoming = Incoming { message_id, carrier_id, subject: None, message: message.to_owned() };
        let (table, receivers) = &*self.0;
        let untold = tell(&[incoming], table, receivers, now_ms()).await?;
        if untold.is_empty() { Ok(()) } else { Err(Untold::Post) }
    }
}
