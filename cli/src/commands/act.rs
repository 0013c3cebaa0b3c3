//! `lamplight resolve`, `mute`, `unmute` and `assign`: what people do with issues.

use std::process::ExitCode;

use lamplight_alerts::Change;
use lamplight_aws::clock::now_ms;
use lamplight_rollup::Fingerprint;
use lamplight_table::{Act, Acted};
use serde::Serialize;

use crate::arguments::{AssignArguments, MuteArguments, Output, ResolveArguments, WhichArguments};
use crate::commands::issues::Standing;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

/// An issue after something was done with it.
#[derive(Debug, Serialize)]
pub struct Done {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Where it stands in its life.
    pub state: &'static str,
    /// The function that fails.
    pub function: String,
    /// What it is called.
    pub title: String,
    /// What was done with it.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether it was different before.
    pub changed: bool,
}

pub async fn resolve(arguments: &ResolveArguments) -> Result<ExitCode, CliError> {
    act(&arguments.ids, &Act::Resolve, &arguments.which).await
}

pub async fn mute(arguments: &MuteArguments) -> Result<ExitCode, CliError> {
    let (mute, now_ms) = (arguments.mute(now_ms()), now_ms());
    if matches!(mute, lamplight_table::Mute::Until(until_ms) if until_ms <= now_ms) {
        return Err(CliError::Argument("the time of --for is over; give one that is to come".to_owned()));
    }
    act(&arguments.ids, &Act::Mute(mute), &arguments.which).await
}

pub async fn unmute(arguments: &ResolveArguments) -> Result<ExitCode, CliError> {
    act(&arguments.ids, &Act::Unmute, &arguments.which).await
}

pub async fn assign(arguments: &AssignArguments) -> Result<ExitCode, CliError> {
    if arguments.nobody {
        return act(&arguments.names, &Act::Assign(None), &arguments.which).await;
    }
    match arguments.names.split_last() {
        Some((name, ids)) if !ids.is_empty() => act(ids, &Act::Assign(Some(name.clone())), &arguments.which).await,
        _ => Err(CliError::Argument("name who deals with it after the issue, or give --nobody".to_owned())),
    }
}

/// Does the same with all of these issues; those that there are not do not keep it from the others.
async fn act(ids: &[String], act: &Act, which: &WhichArguments) -> Result<ExitCode, CliError> {
    let by = which.by.clone().unwrap_or_else(user);
    let table = stack::table(&which.table).await?;
    let (mut done, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        let acted = match Fingerprint::parse(id) {
            Some(fingerprint) => table.act(fingerprint, act, &by, now_ms(), Change::text).await?,
            None => Acted::Unknown,
        };
        let changed = matches!(acted, Acted::Done(_));
        match acted {
            Acted::Done(stored) | Acted::Already(stored) => done.push(Done {
                fingerprint: stored.fingerprint.to_string(),
                state: stored.state.name(),
                standing: Standing::of(&stored.life),
                function: stored.issue.key.function,
                title: stored.issue.title,
                changed,
            }),
            Acted::Unknown => unknown.push(id.as_str()),
        }
    }
    match which.output {
        Output::Json => print_json(&serde_json::json!({ "issues": done }))?,
        Output::Table if done.is_empty() => {}
        Output::Table => print(tables::acted(&done))?,
    }
    if unknown.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(CliError::NotFound(format!("there is no issue {}; `lamplight issues` lists them", unknown.join(", "))))
}

/// What the environment calls the user.
pub fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|name| std::env::var(name).ok());
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
