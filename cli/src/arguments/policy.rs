//! What the commands that work on policies take.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lamplight_policy::route::Kind;

use super::{Output, TableArguments};
use crate::since::Since;

#[derive(Debug, Args)]
pub struct PolicyArguments {
    #[command(subcommand)]
    pub command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print the policies as they were applied
    #[command(after_help = "Example:\n  lamplight policy show > policies.toml\n  lamplight policy show --version 3")]
    Show(ShowArguments),
    /// Say whether a file of policies can be used, and how it is understood
    #[command(after_help = "Example:\n  lamplight policy check policies.toml")]
    Check(CheckArguments),
    /// Put a file of policies in force, within about a minute
    #[command(
        after_help = "Example:\n  lamplight policy apply policies.toml\n  lamplight policy apply policies.toml --if-version 3"
    )]
    Apply(ApplyArguments),
    /// List who applied policies, and when
    #[command(after_help = "Example:\n  lamplight policy history")]
    History(HistoryArguments),
    /// Say who would be told of something, and which route decides
    #[command(
        after_help = "Example:\n  lamplight policy test --function checkout-api --kind timeout\n  lamplight policy test --file policies.toml --kind alarm --at 2026-11-21T03:00:00Z"
    )]
    Test(TestArguments),
}

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// An earlier version, as `lamplight policy history` lists them
    #[arg(long, value_name = "NUMBER")]
    pub version: Option<u64>,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The file, or - for standard input
    pub file: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// The file, or - for standard input
    pub file: PathBuf,
    /// Who does it; without it, the user's name
    #[arg(long = "as", value_name = "NAME")]
    pub by: Option<String>,
    /// Only if this version is in force; 0 if there is none
    #[arg(long, value_name = "NUMBER")]
    pub if_version: Option<u64>,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct HistoryArguments {
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct TestArguments {
    /// A function's name
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// What is told of: a kind such as timeout or permission, or watch, alarm or message
    #[arg(long)]
    pub kind: Kind,
    /// How much it matters; without it, as much as things of the kind do
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub severity: Option<lamplight_alerts::Severity>,
    /// The account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// When: a date or an RFC 3339 time; without it, now
    #[arg(long, value_name = "TIME")]
    pub at: Option<Since>,
    /// A file of policies, instead of those in force
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

fn severity(text: &str) -> Result<lamplight_alerts::Severity, String> {
    serde_json::from_value(text.into()).map_err(|_| "give warning, error or critical".to_owned())
}
