//! `lamplight functions` and `lamplight function NAME`: what functions did and cost.

use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::FunctionKey;
use lamplight_rollup::summary::{FunctionSummary, sort_functions};
use lamplight_table::Table;
use serde::Serialize;

use crate::arguments::{FunctionArguments, Output, ReadArguments};
use crate::commands::issues;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

/// Events may be stamped up to two hours ahead.
pub const AHEAD_MS: i64 = 2 * 3_600_000;

#[derive(Serialize)]
struct Functions<'a> {
    functions: &'a [FunctionSummary],
}

pub async fn list(arguments: &ReadArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let functions = summaries(&table, arguments, |_| true).await?;
    match arguments.output {
        Output::Json => print_json(&Functions { functions: &functions })?,
        Output::Table => print(tables::functions(&functions))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn one(arguments: &FunctionArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let name = &arguments.name;
    let is_named = |key: &FunctionKey| key.function == *name || key.to_string() == *name;
    let functions = summaries(&table, &arguments.read, is_named).await?;
    if functions.is_empty() {
        return Err(CliError::NotFound(format!(
            "no function {name} was seen; `lamplight functions` lists those that were"
        )));
    }
    let issues = issues::summaries(&table, &arguments.read, is_named).await?;
    match arguments.read.output {
        Output::Json => print_json(&serde_json::json!({ "functions": functions, "issues": issues }))?,
        Output::Table => {
            functions.iter().try_for_each(|function| print(tables::function(function)))?;
            print(tables::issues(issues.iter().map(|listed| &listed.issue)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What functions did since the time that was asked for.
pub async fn summaries(
    table: &Table,
    arguments: &ReadArguments,
    wanted: impl Fn(&FunctionKey) -> bool,
) -> Result<Vec<FunctionSummary>, CliError> {
    let now_ms = now_ms();
    let mut functions = Vec::new();
    for key in table.functions().await?.iter().filter(|key| wanted(key)) {
        let rollups = table.rollups(key, arguments.since.at_ms(now_ms), now_ms + AHEAD_MS, now_ms).await?;
        if !rollups.is_empty() {
            functions.push(FunctionSummary::of(key, &rollups, arguments.architecture.into()));
        }
    }
    sort_functions(&mut functions);
    Ok(functions)
}
