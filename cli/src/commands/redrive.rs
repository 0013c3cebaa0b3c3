//! `lamplight redrive`: what the pipeline could not take is put through again.

mod alerts;
mod deliveries;

use std::process::ExitCode;

use serde::Serialize;

use crate::arguments::{Output, RedriveArguments};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack::Stack;
use crate::tables;
pub use alerts::waiting;
pub use deliveries::failed_deliveries;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Redriven {
    /// Deliveries that are counted now, or would be put through.
    pub deliveries: usize,
    /// Alerts that are on their way again, or would be.
    pub alerts: usize,
    /// What stays where it is.
    pub left: Vec<Left>,
}

/// Something that stays where it is.
#[derive(Debug, Serialize)]
pub struct Left {
    /// The object in the bucket.
    pub key: String,
    /// Why.
    pub reason: String,
}

pub async fn run(arguments: &RedriveArguments) -> Result<ExitCode, CliError> {
    let stack = Stack::find(&arguments.stack).await?;
    let mut redriven = Redriven::default();
    deliveries::redrive(&stack, arguments, &mut redriven).await?;
    redriven.alerts = alerts::redrive(&stack, arguments.dry_run).await?;
    match arguments.stack.output {
        Output::Json => print_json(&redriven)?,
        Output::Table => print(tables::redriven(&redriven, arguments.dry_run))?,
    }
    match redriven.left.len() {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(CliError::Undone(format!("{count} deliveries are left in the bucket; the reasons stand above"))),
    }
}
