//! `lamplight issues` and `lamplight issue ID`: what fails.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::summary::{IssueSummary, occurrences, sort_issues};
use lamplight_rollup::{Fingerprint, FunctionKey};
use lamplight_table::{Stored, Table};

use crate::arguments::{IssueArguments, Output, ReadArguments};
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

pub async fn list(arguments: &ReadArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(arguments).await?;
    let issues = summaries(&table, arguments, |_| true).await?;
    match arguments.output {
        Output::Json => print_json(&serde_json::json!({ "issues": issues }))?,
        Output::Table => print(tables::issues(&issues))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn one(arguments: &IssueArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read).await?;
    let unknown =
        || CliError::NotFound(format!("there is no issue {}; `lamplight issues` lists them", arguments.fingerprint));
    let fingerprint = Fingerprint::parse(&arguments.fingerprint).ok_or_else(unknown)?;
    let stored = table.issue(fingerprint).await?.ok_or_else(unknown)?;
    let counts = counts(&table, &stored.issue.key, stored.issue.first_seen_ms).await?;
    let issue = summary(&stored, &counts);
    match arguments.read.output {
        Output::Json => print_json(&issue)?,
        Output::Table => print(tables::issue(&issue))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The issues seen since the time that was asked for, with how often they occurred since then.
pub async fn summaries(
    table: &Table,
    arguments: &ReadArguments,
    wanted: impl Fn(&FunctionKey) -> bool,
) -> Result<Vec<IssueSummary>, CliError> {
    let since_ms = arguments.since.at_ms(now_ms());
    let mut stored = table.issues().await?;
    stored.retain(|stored| wanted(&stored.issue.key) && stored.issue.sample.rank.at_ms >= since_ms);
    let mut counted: BTreeMap<FunctionKey, BTreeMap<Fingerprint, u64>> = BTreeMap::new();
    for stored in &stored {
        let key = &stored.issue.key;
        if !counted.contains_key(key) {
            counted.insert(key.clone(), counts(table, key, since_ms).await?);
        }
    }
    let none = BTreeMap::new();
    let mut issues: Vec<_> =
        stored.iter().map(|stored| summary(stored, counted.get(&stored.issue.key).unwrap_or(&none))).collect();
    sort_issues(&mut issues);
    Ok(issues)
}

async fn counts(table: &Table, key: &FunctionKey, since_ms: i64) -> Result<BTreeMap<Fingerprint, u64>, CliError> {
    let now_ms = now_ms();
    let rollups = table.rollups(key, since_ms, now_ms + AHEAD_MS, now_ms).await?;
    Ok(occurrences(rollups.values()))
}

fn summary(stored: &Stored, counts: &BTreeMap<Fingerprint, u64>) -> IssueSummary {
    let count = counts.get(&stored.fingerprint).copied().unwrap_or(0);
    IssueSummary::of(stored.fingerprint, &stored.issue, stored.state, count)
}
