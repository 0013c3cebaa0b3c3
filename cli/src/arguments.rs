//! The command line.
//!
//! - `account`: what the commands that work on an account and its stack take
//! - `flows`: what the commands that work on flows take
//! - `issues`: what the commands that work on issues take
//! - `map`: what `map` takes
//! - `metrics`: what the command that shows metrics takes
//! - `policy`: what the commands that work on policies take
//! - `transactions`: what the commands that work on transactions take

mod account;
mod flows;
mod issues;
mod map;
mod metrics;
mod policy;
mod transactions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lamplight_rollup::Architecture;

pub use account::{
    BackfillArguments, DoctorArguments, FILTER_PATTERN, RedriveArguments, SelectionArguments, SendTestArguments,
    StackArguments, SubscribeArguments, Tag, UnsubscribeArguments,
};
pub use flows::{
    FlowArguments, FlowCommand, FollowArguments, RemoveFlowArguments, SetFlowArguments, ShowFlowArguments,
};
pub use issues::{AssignArguments, IssuesArguments, MuteArguments, Order, ResolveArguments, WhichArguments};
pub use map::{MapArguments, MapOutput};
pub use metrics::MetricsArguments;
pub use policy::{
    ApplyArguments, CheckArguments, HistoryArguments, PolicyArguments, PolicyCommand, ShowArguments, TestArguments,
};
pub use transactions::{Label, TraceArguments, TraceOutput, TransactionsArguments};

use crate::since::Since;

/// See every Lambda invocation, from the logs it already writes.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Arguments {
    /// Whether output is coloured; NO_COLOR and a pipe turn `auto` off
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true)]
    pub color: Colour,
    #[command(subcommand)]
    pub command: Command,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what each log event means
    #[command(
        after_help = "Example:\n  lamplight explain samples/logs/events.jsonl.gz\n  aws logs tail /aws/lambda/mailer --format short | lamplight explain --log-group /aws/lambda/mailer -"
    )]
    Explain(ExplainArguments),
    /// Run logs through the pipeline in memory and print what a stack would hold
    #[command(
        after_help = "Example:\n  lamplight analyze samples/logs\n  aws logs filter-log-events --log-group-name /aws/lambda/mailer | lamplight analyze --log-group /aws/lambda/mailer -"
    )]
    Analyze(AnalyzeArguments),
    /// Run the whole pipeline on this machine, with an embedded DynamoDB and no account
    #[command(
        after_help = "Example:\n  lamplight local --once samples/logs\n  lamplight local --slack-webhook https://hooks.slack.com/services/… --data lamplight.db"
    )]
    Local(Box<LocalArguments>),
    /// List the functions with what they did and cost
    #[command(after_help = "Example:\n  lamplight functions --since 7d")]
    Functions(ReadArguments),
    /// Show one function
    #[command(after_help = "Example:\n  lamplight function mailer --since 24h")]
    Function(FunctionArguments),
    /// List what fails
    #[command(
        after_help = "Example:\n  lamplight issues --since 24h\n  lamplight issues --state new,regressed --function 'shop-*' --sort count"
    )]
    Issues(IssuesArguments),
    /// Show one issue, with what was done with it
    #[command(after_help = "Example:\n  lamplight issue 2c28ad256564fc1b")]
    Issue(IssueArguments),
    /// Say that issues are mended: people are told when they come back
    #[command(after_help = "Example:\n  lamplight resolve 2c28ad256564fc1b")]
    Resolve(ResolveArguments),
    /// Tell nobody of issues for now
    #[command(
        after_help = "Example:\n  lamplight mute 2c28ad256564fc1b --for 2h\n  lamplight mute 2c28ad256564fc1b --until-count 100"
    )]
    Mute(MuteArguments),
    /// Tell people of issues again
    #[command(after_help = "Example:\n  lamplight unmute 2c28ad256564fc1b")]
    Unmute(ResolveArguments),
    /// Say who deals with issues
    #[command(
        after_help = "Example:\n  lamplight assign 2c28ad256564fc1b Ada\n  lamplight assign 2c28ad256564fc1b --nobody"
    )]
    Assign(AssignArguments),
    /// Say who is told of what, and what is watched, without a deployment
    Policy(Box<PolicyArguments>),
    /// List the transactions
    #[command(
        after_help = "Example:\n  lamplight transactions --since 1h --failed\n  lamplight transactions --label orderId=4711 --output json"
    )]
    Transactions(TransactionsArguments),
    /// Show one transaction
    #[command(
        after_help = "Example:\n  lamplight trace 1-6a52d530-0ba60ad2785ec2ae7971737c\n  lamplight trace 1-6a52d530-0ba60ad2785ec2ae7971737c --output jaeger > trace.json"
    )]
    Trace(TraceArguments),
    /// Follow transactions from one milestone to another, in time
    Flow(Box<FlowArguments>),
    /// List the flows with what became of the transactions that began them
    #[command(after_help = "Example:\n  lamplight flows --since 7d")]
    Flows(ReadArguments),
    /// List the metrics that functions logged in the embedded metric format
    #[command(
        after_help = "Example:\n  lamplight metrics --since 7d\n  lamplight metrics --namespace 'Shop*' --name Orders --output json"
    )]
    Metrics(MetricsArguments),
    /// Show who calls whom: calls, errors and latency between functions, and to other services
    #[command(
        after_help = "Example:\n  lamplight map --since 1h\n  lamplight map --function 'checkout-*' --output svg > map.svg\n  lamplight map --output dot > map.dot"
    )]
    Map(MapArguments),
    /// Show what the functions cost
    #[command(after_help = "Example:\n  lamplight cost --since 30d --architecture arm64")]
    Cost(ReadArguments),
    /// Subscribe log groups, so that what they take in from now on reaches the stack
    #[command(
        after_help = "Example:\n  lamplight subscribe --dry-run\n  lamplight subscribe --prefix /aws/lambda/shop- --tag team=checkout"
    )]
    Subscribe(SubscribeArguments),
    /// Remove the stack's own subscriptions from log groups; those of others stay
    #[command(
        after_help = "Example:\n  lamplight unsubscribe --dry-run\n  lamplight unsubscribe --log-group /aws/lambda/mailer"
    )]
    Unsubscribe(UnsubscribeArguments),
    /// Count what was logged before there was a subscription, without alerts
    #[command(
        after_help = "Example:\n  lamplight backfill --since 7d --dry-run\n  lamplight backfill --since 2026-11-01 --log-group /aws/lambda/mailer"
    )]
    Backfill(BackfillArguments),
    /// Say what is covered, what is not and why, each with the command that mends it
    #[command(after_help = "Example:\n  lamplight doctor\n  lamplight doctor --send-test --output json")]
    Doctor(DoctorArguments),
    /// Publish a test message and see whether Slack takes it
    #[command(after_help = "Example:\n  lamplight send-test")]
    SendTest(SendTestArguments),
    /// Put through again what the pipeline could not take: stored deliveries, and alerts that Slack did not take
    #[command(after_help = "Example:\n  lamplight redrive --dry-run\n  lamplight redrive --stack lamplight")]
    Redrive(RedriveArguments),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  lamplight completions bash > /etc/bash_completion.d/lamplight")]
    Completions(CompletionsArguments),
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    #[default]
    Table,
    Json,
}

/// The processor that functions are priced by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Processor {
    #[default]
    #[value(name = "x86_64")]
    X86,
    Arm64,
}

impl From<Processor> for Architecture {
    fn from(processor: Processor) -> Self {
        match processor {
            Processor::X86 => Self::X86_64,
            Processor::Arm64 => Self::Arm64,
        }
    }
}

/// What the input does not say of itself.
#[derive(Debug, Clone, Args)]
pub struct PlaceArguments {
    /// The log group of input that names none
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// The log stream of input that names none
    #[arg(long, value_name = "NAME")]
    pub log_stream: Option<String>,
    /// The account of input that names none
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// The region that the logs are from
    #[arg(long, env = "AWS_REGION", hide_env_values = true, value_name = "REGION")]
    pub region: Option<String>,
}

impl PlaceArguments {
    /// The region that was named, else the default one.
    pub fn region(&self) -> Option<String> {
        let named = self.region.clone().filter(|region| !region.is_empty());
        named.or_else(|| std::env::var("AWS_DEFAULT_REGION").ok().filter(|region| !region.is_empty()))
    }
}

#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Files, folders, or - for standard input
    #[arg(default_value = "-")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct AnalyzeArguments {
    /// Files, folders, or - for standard input
    #[arg(default_value = "-")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArguments,
    #[command(flatten)]
    pub follow: FollowArguments,
    /// The processor that functions are priced by
    #[arg(long, value_enum, default_value_t)]
    pub architecture: Processor,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct LocalArguments {
    /// Files and folders that are read first, or - for standard input
    pub files: Vec<PathBuf>,
    /// The port of the embedded table (0: any free one)
    #[arg(long, default_value_t = 8641)]
    pub dynamodb_port: u16,
    /// The port that takes deliveries (0: any free one)
    #[arg(long, default_value_t = 8642)]
    pub port: u16,
    /// Where alerts are posted; without it they are printed
    #[arg(long, value_name = "URL", env = "LAMPLIGHT_SLACK_WEBHOOK", hide_env_values = true)]
    pub slack_webhook: Option<String>,
    /// Keep the table in this file; without it, in memory
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Members of structured events by whose values transactions can be found, separated by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub searchable_field: Vec<String>,
    #[command(flatten)]
    pub follow: FollowArguments,
    /// Stop after the files and print what `analyze` prints
    #[arg(long)]
    pub once: bool,
    #[command(flatten)]
    pub place: PlaceArguments,
    /// The processor that functions are priced by
    #[arg(long, value_enum, default_value_t)]
    pub architecture: Processor,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Where the table is.
#[derive(Debug, Args)]
pub struct TableArguments {
    /// The stack that the table belongs to
    #[arg(long, default_value = "lamplight", value_name = "NAME")]
    pub stack: String,
    /// The table, instead of the stack's
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The endpoint of a local table, such as http://127.0.0.1:8641
    #[arg(long, env = "AWS_ENDPOINT_URL", hide_env_values = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// Where the table is, and how it is read.
#[derive(Debug, Args)]
pub struct ReadArguments<O = Output>
where
    O: ValueEnum + Default + Send + Sync + 'static,
{
    #[command(flatten)]
    pub table: TableArguments,
    /// From when on: 30m, 24h, 7d, a date or an RFC 3339 time
    #[arg(long, default_value = "24h")]
    pub since: Since,
    /// The processor that functions are priced by
    #[arg(long, value_enum, default_value_t)]
    pub architecture: Processor,
    #[arg(long, value_enum, default_value_t)]
    pub output: O,
}

#[derive(Debug, Args)]
pub struct FunctionArguments {
    /// The name of the function, or <account>/<region>/<name>
    pub name: String,
    #[command(flatten)]
    pub read: ReadArguments,
}

#[derive(Debug, Args)]
pub struct IssueArguments {
    /// The issue's fingerprint
    pub fingerprint: String,
    #[command(flatten)]
    pub read: ReadArguments,
}

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    pub shell: clap_complete::Shell,
}
