//! `lamplight transactions` and `lamplight trace ID`: what belongs together.

use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::summary::{TransactionSummary, sort_transactions};

use crate::arguments::{Output, ReadArguments, TraceArguments};
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

pub async fn list(arguments: &ReadArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let now_ms = now_ms();
    let found = table.transactions(arguments.since.at_ms(now_ms), now_ms + AHEAD_MS, now_ms).await?;
    let mut transactions: Vec<_> =
        found.iter().map(|(trace_id, transaction)| TransactionSummary::of(trace_id, transaction)).collect();
    sort_transactions(&mut transactions);
    match arguments.output {
        Output::Json => print_json(&serde_json::json!({ "transactions": transactions }))?,
        Output::Table => print(tables::transactions(&transactions))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn one(arguments: &TraceArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let transaction = table.transaction(&arguments.trace_id).await?;
    if transaction.members.is_empty() {
        let text = format!("there is no transaction {}; `lamplight transactions` lists them", arguments.trace_id);
        return Err(CliError::NotFound(text));
    }
    let summary = TransactionSummary::of(&arguments.trace_id, &transaction);
    match arguments.read.output {
        Output::Json => print_json(&summary)?,
        Output::Table => print(tables::transaction(&summary, &transaction))?,
    }
    Ok(ExitCode::SUCCESS)
}
