//! `lamplight metrics`: what functions logged in the embedded metric format.

use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_policy::Glob;
use lamplight_rollup::Series;
use lamplight_rollup::summary::{MetricSummary, MetricSums};
use lamplight_table::Table;

use crate::arguments::{MetricsArguments, Output};
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

pub async fn run(arguments: &MetricsArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let now_ms = now_ms();
    let between = (arguments.read.since.at_ms(now_ms), now_ms + AHEAD_MS);
    let is_function = |name: &str| fits(arguments.function.as_ref(), name);
    let is_meant = |series: &Series| {
        fits(arguments.namespace.as_ref(), &series.namespace) && fits(arguments.name.as_ref(), &series.name)
    };
    let metrics = summaries(&table, between, is_function, is_meant).await?;
    match arguments.read.output {
        Output::Json => print_json(&serde_json::json!({ "metrics": metrics }))?,
        Output::Table => print(tables::metrics(&metrics))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn fits(glob: Option<&Glob>, name: &str) -> bool {
    glob.is_none_or(|glob| glob.matches(name))
}

/// The metrics that functions logged from one time to before another.
pub async fn summaries(
    table: &Table,
    (from_ms, to_ms): (i64, i64),
    is_function: impl Fn(&str) -> bool,
    is_meant: impl Fn(&Series) -> bool,
) -> Result<Vec<MetricSummary>, CliError> {
    let mut sums = MetricSums::default();
    for (function, series) in table.series().await? {
        if is_function(&function.function) && series.values().any(&is_meant) {
            let hours = table.metrics(&function, from_ms, to_ms).await?;
            let names = |id| series.get(&id).filter(|series| is_meant(series)).cloned();
            sums.add(&function.function, names, &hours);
        }
    }
    Ok(sums.summaries())
}
