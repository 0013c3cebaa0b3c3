//! `lamplight send-test`: a test message takes the way of the alerts.
//!
//! - `message`: publishing it, and what became of it

mod message;

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::arguments::{Output, SendTestArguments};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack::Stack;
use crate::tables;
pub use message::{Outcome, WAIT, publish, wait_for};

/// What was done, and what became of it.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// The topic.
    pub topic: String,
    /// The topic's id of the message.
    pub message_id: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where to look if nothing arrives.
    pub look: Vec<String>,
}

pub async fn run(arguments: &SendTestArguments) -> Result<ExitCode, CliError> {
    let stack = Stack::find(&arguments.stack).await?;
    let topic = stack.output("TopicArn")?.to_owned();
    let message_id = publish(&stack, &topic).await?;
    let outcome = wait_for(&stack, &message_id, Duration::from_secs(arguments.wait)).await;
    let tested = Tested { topic, message_id, outcome, look: places(&stack) };
    match arguments.stack.output {
        Output::Json => print_json(&tested)?,
        Output::Table => print(tables::tested(&tested))?,
    }
    match tested.outcome {
        Outcome::Posted => Ok(ExitCode::SUCCESS),
        Outcome::Published { .. } if arguments.wait == 0 => Ok(ExitCode::SUCCESS),
        Outcome::Published { .. } | Outcome::Refused { .. } => {
            Err(CliError::Undone(format!("Slack has not taken the message; see {}", stack.command("doctor"))))
        }
    }
}

/// Where to look if nothing arrives.
fn places(stack: &Stack) -> Vec<String> {
    let mut places = vec![stack.command("doctor"), stack.command("redrive --dry-run")];
    let groups = stack.output_if_any("OwnLogGroups").unwrap_or_default();
    if let Some(group) = groups.split(',').find(|name| name.contains("Notifier")) {
        places.push(format!("aws logs tail {group} --since 10m"));
    }
    places
}
