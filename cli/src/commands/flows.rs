//! `lamplight flow` and `lamplight flows`: from one milestone to another, in time.

use std::process::ExitCode;
use std::time::Duration;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::summary::FlowSummary;
use lamplight_rollup::time::rfc3339;
use lamplight_table::{StoredFlow, Table};
use serde::Serialize;

use crate::arguments::{
    FlowArguments, FlowCommand, Output, ReadArguments, RemoveFlowArguments, SetFlowArguments, ShowFlowArguments,
};
use crate::commands::act::user;
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{note, print, print_json};
use crate::stack;
use crate::tables;

/// By when all processes know of a flow: they act for a minute on what they have read.
const KNOWN: Duration = Duration::from_secs(61);

/// What was done with a flow.
#[derive(Debug, Serialize)]
pub struct FlowChange {
    /// The flow as people write it, or the name of one that is gone.
    pub flow: String,
    /// What was done.
    pub done: &'static str,
    /// When.
    pub at: String,
    /// Who did it; absent where it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How many earlier transactions are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<usize>,
}

pub async fn run(arguments: &FlowArguments) -> Result<ExitCode, CliError> {
    match &arguments.command {
        FlowCommand::Set(arguments) => set(arguments).await,
        FlowCommand::Remove(arguments) => remove(arguments).await,
        FlowCommand::Show(arguments) => show(arguments).await,
    }
}

/// All flows.
pub async fn list(arguments: &ReadArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let mut flows = Vec::new();
    for stored in table.flows().await? {
        flows.push(summary(&table, &stored, arguments).await?);
    }
    match arguments.output {
        Output::Json => print_json(&serde_json::json!({ "flows": flows }))?,
        Output::Table => print(tables::flows(&flows))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(arguments: &ShowFlowArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let stored = find(&table, &arguments.name).await?;
    let flow = summary(&table, &stored, &arguments.read).await?;
    match arguments.read.output {
        Output::Json => print_json(&flow)?,
        Output::Table => print(tables::flow(&flow, &stored))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(arguments: &SetFlowArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let (now_ms, by) = (now_ms(), arguments.by.clone().unwrap_or_else(user));
    let stored = StoredFlow { flow: arguments.flow.clone(), set_ms: now_ms, by };
    table.set_flow(&stored).await?;
    table.resume(&stored.flow, now_ms).await?;
    let transactions = if arguments.no_wait {
        None
    } else {
        note("waiting for a minute, until every process of the stack knows of it");
        tokio::time::sleep(KNOWN).await;
        let set_ms = now_ms - i64::try_from(KNOWN.as_millis()).unwrap_or(0);
        let from_ms = arguments.since.as_ref().map_or(set_ms, |since| since.at_ms(now_ms).min(set_ms));
        Some(table.look_back(&stored.flow, from_ms, self::now_ms()).await?)
    };
    let change = FlowChange {
        flow: stored.flow.to_string(),
        done: "set",
        at: rfc3339(now_ms),
        by: Some(stored.by),
        transactions,
    };
    told(&change, arguments.output)
}

async fn remove(arguments: &RemoveFlowArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    if !table.remove_flow(&arguments.name).await? {
        return Err(unknown(&arguments.name));
    }
    let (flow, at) = (arguments.name.clone(), rfc3339(now_ms()));
    told(&FlowChange { flow, done: "removed", at, by: None, transactions: None }, arguments.output)
}

fn told(change: &FlowChange, output: Output) -> Result<ExitCode, CliError> {
    match output {
        Output::Json => print_json(change)?,
        Output::Table => print(tables::flow_change(change))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(table: &Table, name: &str) -> Result<StoredFlow, CliError> {
    let found = table.flows().await?.into_iter().find(|stored| stored.flow.name == name);
    found.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> CliError {
    CliError::NotFound(format!("there is no flow {name}; `lamplight flows` lists them"))
}

async fn summary(table: &Table, stored: &StoredFlow, arguments: &ReadArguments) -> Result<FlowSummary, CliError> {
    let now_ms = now_ms();
    let from_ms = arguments.since.at_ms(now_ms);
    let hours = table.lead_times(&stored.flow, from_ms, now_ms + AHEAD_MS, now_ms).await?;
    Ok(FlowSummary::of(&stored.flow, &hours))
}
