//! `lamplight cost`: what the functions cost, and what of it the free tier may cover.

use std::process::ExitCode;

use lamplight_rollup::price::{FREE_GB_SECONDS, FREE_REQUESTS};
use lamplight_rollup::summary::FunctionSummary;
use serde::Serialize;

use crate::arguments::{Output, ReadArguments};
use crate::commands::functions;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

/// The cost of all functions.
#[derive(Serialize)]
pub struct Cost {
    /// The dearest first.
    pub functions: Vec<FunctionSummary>,
    /// The sum of what is known in dollars.
    pub total_usd: f64,
    /// What is free in a month, of all functions of an organisation together; not taken off.
    pub free_tier: FreeTier,
}

/// What is free in a month, and how much of it these functions would use.
#[derive(Serialize)]
pub struct FreeTier {
    /// Requests a month.
    pub requests: u64,
    /// Gigabyte-seconds a month.
    pub gb_seconds: f64,
    /// Requests of these functions.
    pub used_requests: u64,
    /// Gigabyte-seconds of these functions.
    pub used_gb_seconds: f64,
}

pub async fn run(arguments: &ReadArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let functions = functions::summaries(&table, arguments, |_| true).await?;
    let cost = Cost {
        total_usd: functions.iter().filter_map(|function| function.cost_usd).sum(),
        free_tier: FreeTier {
            requests: FREE_REQUESTS,
            gb_seconds: FREE_GB_SECONDS,
            used_requests: functions.iter().map(|function| function.invocations).sum(),
            used_gb_seconds: functions.iter().map(|function| function.gb_seconds).sum(),
        },
        functions,
    };
    match arguments.output {
        Output::Json => print_json(&cost)?,
        Output::Table => print(tables::cost(&cost))?,
    }
    Ok(ExitCode::SUCCESS)
}
