//! What would be done with something that is to be told.

use std::process::ExitCode;

use lamplight_alerts::Severity;
use lamplight_aws::clock::now_ms;
use lamplight_policy::route::Kind;
use lamplight_policy::{Document, Subject, Treatment};
use lamplight_rollup::time::rfc3339;
use serde::Serialize;

use super::read;
use crate::arguments::{Output, TestArguments};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

/// What would be done.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The line of the route that decides; absent where none fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_line: Option<usize>,
    /// `at-once`, `never` or `held`.
    pub notify: &'static str,
    /// Until when it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<String>,
    /// The receivers by their names; those without a name, if it is empty.
    pub to: Vec<String>,
    /// The page that says what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

pub async fn test(arguments: &TestArguments) -> Result<ExitCode, CliError> {
    let document = match &arguments.file {
        Some(path) => read(path)?.1,
        None => in_force(arguments).await?,
    };
    let usual = match arguments.kind {
        Kind::Issue(detection) => Severity::of(detection),
        Kind::Watch | Kind::Alarm | Kind::Message => Severity::Error,
    };
    let subject = Subject {
        kind: arguments.kind,
        severity: arguments.severity.unwrap_or(usual),
        function: arguments.function.as_deref(),
        account: arguments.account.as_deref(),
    };
    let now_ms = now_ms();
    let decision = document.decide(&subject, arguments.at.map_or(now_ms, |at| at.at_ms(now_ms)));
    let (notify, held_until) = match decision.treatment {
        Treatment::AtOnce => ("at-once", None),
        Treatment::Never => ("never", None),
        Treatment::Held { until_ms } => ("held", Some(rfc3339(until_ms))),
    };
    let trial = Trial {
        route_line: decision.route.map(|route| route.line),
        notify,
        held_until,
        to: decision.to.to_vec(),
        runbook: decision.runbook.map(str::to_owned),
    };
    match arguments.output {
        Output::Json => print_json(&trial)?,
        Output::Table => print(tables::trial(&trial))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn in_force(arguments: &TestArguments) -> Result<Document, CliError> {
    let policies = stack::table(&arguments.table).await?.policies().await?;
    let text = policies.map(|policies| policies.text).unwrap_or_default();
    let newer = |error| CliError::Undone(format!("the policies in force are another version's: {error}; update"));
    Document::parse(&text).map_err(newer)
}
