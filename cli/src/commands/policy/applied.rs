//! The policies that are in force, and those that were.

use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::time::rfc3339;
use lamplight_table::{Applied, Policies};
use serde::Serialize;

use super::read;
use crate::arguments::{ApplyArguments, HistoryArguments, Output, ShowArguments};
use crate::commands::act::user;
use crate::error::CliError;
use crate::output::{note, print, print_json};
use crate::stack;
use crate::tables;

/// Policies that are or were in force.
#[derive(Debug, Serialize)]
pub struct Version {
    /// How many were applied, with these.
    pub version: u64,
    /// When they were applied.
    pub applied_at: String,
    /// Who applied them.
    pub by: String,
    /// The document, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether others were in force before, where they are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

impl Version {
    fn of(policies: &Policies) -> Self {
        let applied_at = rfc3339(policies.applied_ms);
        Self { version: policies.version, applied_at, by: policies.by.clone(), text: None, changed: None }
    }
}

pub async fn show(arguments: &ShowArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let policies = match arguments.version {
        None => table.policies().await?,
        Some(version) => {
            let found = table.all_policies().await?.into_iter().find(|policies| policies.version == version);
            let unknown = || format!("there is no version {version}; `lamplight policy history` lists them");
            Some(found.ok_or_else(|| CliError::NotFound(unknown()))?)
        }
    };
    let Some(policies) = policies else {
        note("no policies were applied: everybody is told of everything at once, and nothing is watched");
        if arguments.output == Output::Json {
            print_json(&serde_json::json!({ "version": 0 }))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    match arguments.output {
        Output::Json => print_json(&Version { text: Some(policies.text.clone()), ..Version::of(&policies) })?,
        Output::Table => print(policies.text.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn apply(arguments: &ApplyArguments) -> Result<ExitCode, CliError> {
    let (text, _) = read(&arguments.file)?;
    let by = arguments.by.clone().unwrap_or_else(user);
    let table = stack::table(&arguments.table).await?;
    let before = table.policies().await?;
    let in_force = before.as_ref().map_or(0, |before| before.version);
    if arguments.if_version.is_some_and(|version| version != in_force) {
        let reason = format!("version {in_force} is in force; see `lamplight policy show` and apply yours to it");
        return Err(CliError::Undone(reason));
    }
    let (policies, changed) = match table.apply_policies(&text, &by, before.as_ref(), now_ms()).await? {
        Applied::Done(policies) => (policies, true),
        Applied::Already(policies) => (policies, false),
        Applied::Overtaken => {
            let reason = "somebody else has applied policies at this moment; see `lamplight policy show` and try again";
            return Err(CliError::Undone(reason.to_owned()));
        }
    };
    let version = Version { changed: Some(changed), ..Version::of(&policies) };
    match arguments.output {
        Output::Json => print_json(&version)?,
        Output::Table => print(tables::applied(&version))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn history(arguments: &HistoryArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.table).await?;
    let versions: Vec<_> = table.all_policies().await?.iter().map(Version::of).collect();
    match arguments.output {
        Output::Json => print_json(&serde_json::json!({ "versions": versions }))?,
        Output::Table => print(tables::versions(&versions))?,
    }
    Ok(ExitCode::SUCCESS)
}
