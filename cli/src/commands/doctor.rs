//! `lamplight doctor`: what is covered, what is not and why, each with the command that mends it.
//!
//! - `finding`: what is found
//! - `observed`: what the account says of functions, log groups and subscriptions
//! - `coverage`: what follows from that
//! - `loops`: whether the stack reads itself
//! - `pipeline`: what waits, what failed, and when something came last
//! - `telling`: the way to Slack
//! - `policies`: whether what they say can be done

mod coverage;
mod finding;
mod loops;
mod observed;
mod pipeline;
mod policies;
mod telling;

use std::process::ExitCode;

use serde::Serialize;

use crate::account::{Logs, Ours};
use crate::arguments::{DoctorArguments, Output};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack::Stack;
use crate::tables;
pub use finding::{Finding, Severity};

/// Everything that is found, the worst first.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// The stack.
    pub stack: String,
    /// What is found.
    pub findings: Vec<Finding>,
}

impl Findings {
    /// How many are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

pub async fn run(arguments: &DoctorArguments) -> Result<ExitCode, CliError> {
    let stack = Stack::find(&arguments.stack).await?;
    let ours = Ours::of(&stack)?;
    let logs = Logs::new(&stack.config);
    let mut found = Vec::new();
    let observed = observed::observe(&stack, &logs, &ours, &mut found).await;
    found.extend(coverage::findings(&observed, &ours, &stack));
    found.extend(loops::findings(&observed, &ours));
    found.extend(pipeline::findings(&stack).await);
    found.extend(telling::findings(&stack, arguments.send_test).await);
    // Stable: findings of one severity keep their order.
    found.sort_by_key(|finding| finding.severity);
    let findings = Findings { stack: stack.name().to_owned(), findings: found };
    match arguments.stack.output {
        Output::Json => print_json(&findings)?,
        Output::Table => print(tables::findings(&findings))?,
    }
    Ok(if findings.count(Severity::Error) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
