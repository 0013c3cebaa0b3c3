//! `lamplight transactions` and `lamplight trace ID`: what belongs together.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::ValueEnum;
use lamplight_aws::clock::now_ms;
use lamplight_logs::transaction_id;
use lamplight_policy::Glob;
use lamplight_rollup::Transaction;
use lamplight_rollup::export::{jaeger, otlp};
use lamplight_rollup::summary::{TransactionSummary, sort_transactions};

use crate::arguments::{Label, Output, ReadArguments, TraceArguments, TraceOutput, TransactionsArguments};
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

pub async fn list(arguments: &TransactionsArguments) -> Result<ExitCode, CliError> {
    let found = stories(&arguments.read, arguments.label.as_ref(), arguments.function.as_ref()).await?;
    let mut transactions: Vec<_> =
        found.iter().map(|(trace_id, transaction)| TransactionSummary::of(trace_id, transaction)).collect();
    transactions.retain(|transaction| is_meant(transaction, arguments));
    sort_transactions(&mut transactions);
    match arguments.read.output {
        Output::Json => print_json(&serde_json::json!({ "transactions": transactions }))?,
        Output::Table => print(tables::transactions(&transactions))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The transactions since the time that is asked for: those with a label, and those of functions whose name is like
/// this.
pub async fn stories<O: ValueEnum + Default + Send + Sync>(
    read: &ReadArguments<O>,
    label: Option<&Label>,
    function: Option<&Glob>,
) -> Result<BTreeMap<String, Transaction>, CliError> {
    let table = stack::table(&read.table).await?;
    let now_ms = now_ms();
    let from_ms = read.since.at_ms(now_ms);
    let mut found = match label {
        Some(label) => table.labelled_transactions(&label.name, &label.value, from_ms).await?,
        None => table.transactions(from_ms, now_ms + AHEAD_MS, now_ms).await?,
    };
    found.retain(|_, story| function.is_none_or(|glob| story.functions().iter().any(|name| glob.matches(name))));
    Ok(found)
}

/// Whether a transaction is one of those that are asked for besides.
fn is_meant(transaction: &TransactionSummary, arguments: &TransactionsArguments) -> bool {
    let has_failed = !arguments.failed || transaction.errors > 0;
    let is_slow = arguments.slower_than.is_none_or(|limit| transaction.duration_ms > limit.0);
    let name = arguments.milestone.as_ref();
    let has_milestone = name.is_none_or(|name| transaction.milestones.iter().any(|reached| reached.name == *name));
    has_failed && is_slow && has_milestone
}

pub async fn one(arguments: &TraceArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let id = transaction_id(&arguments.trace_id);
    let transaction = table.transaction(&id).await?;
    if transaction.members.is_empty() {
        let text = format!("there is no transaction {id}; `lamplight transactions` lists them");
        return Err(CliError::NotFound(text));
    }
    let transaction = transaction.gathered();
    match arguments.read.output {
        TraceOutput::Json => print_json(&TransactionSummary::of(&id, &transaction))?,
        TraceOutput::Table => print(tables::waterfall(&id, &transaction))?,
        TraceOutput::Otlp => print_json(&otlp::request(&id, &transaction))?,
        TraceOutput::Jaeger => print_json(&jaeger::file(&id, &transaction))?,
    }
    Ok(ExitCode::SUCCESS)
}
