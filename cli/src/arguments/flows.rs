//! What the commands that work on flows take.

use clap::{Args, Subcommand};
use lamplight_rollup::Flow;

use super::{Output, ReadArguments, TableArguments};
use crate::error::CliError;
use crate::since::Since;

/// The flows that input is followed through.
#[derive(Debug, Args)]
pub struct FollowArguments {
    /// Follow transactions through this flow, such as `orders: ORDER_PLACED > ORDER_CONFIRMED within 5m`
    #[arg(long, value_name = "FLOW")]
    flow: Vec<Flow>,
}

impl FollowArguments {
    /// The flows, of which each has a name of its own.
    pub fn flows(&self) -> Result<&[Flow], CliError> {
        for (i, flow) in self.flow.iter().enumerate() {
            if self.flow[..i].iter().any(|other| other.name == flow.name) {
                let name = &flow.name;
                return Err(CliError::Argument(format!("two flows are called `{name}`; give each a name of its own")));
            }
        }
        Ok(&self.flow)
    }
}

#[derive(Debug, Args)]
pub struct FlowArguments {
    #[command(subcommand)]
    pub command: FlowCommand,
}

#[derive(Debug, Subcommand)]
pub enum FlowCommand {
    /// Follow transactions from one milestone to another; it takes a minute until it is in force
    #[command(
        after_help = "Example:\n  lamplight flow set 'orders: ORDER_PLACED > PAYMENT_CAPTURED > ORDER_CONFIRMED within 5m'\n  lamplight flow set 'orders: ORDER_PLACED > ORDER_CONFIRMED within 2m' --since 24h"
    )]
    Set(SetFlowArguments),
    /// Follow a flow no more; what was counted of it stays
    #[command(after_help = "Example:\n  lamplight flow remove orders")]
    Remove(RemoveFlowArguments),
    /// Show one flow, hour by hour
    #[command(after_help = "Example:\n  lamplight flow show orders --since 7d")]
    Show(ShowFlowArguments),
}

#[derive(Debug, Args)]
pub struct SetFlowArguments {
    /// Its name, its milestones and its limit: `orders: ORDER_PLACED > ORDER_CONFIRMED within 5m`
    pub flow: Flow,
    /// Who does it; without it, the user's name
    #[arg(long = "as", value_name = "NAME")]
    pub by: Option<String>,
    /// Look at the transactions since then, too: 30m, 24h, 7d, a date or an RFC 3339 time
    #[arg(long, value_name = "TIME", conflicts_with = "no_wait")]
    pub since: Option<Since>,
    /// Do not wait for the minute in which the flow becomes known, nor look at the transactions of that minute
    #[arg(long)]
    pub no_wait: bool,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct RemoveFlowArguments {
    /// Its name
    pub name: String,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct ShowFlowArguments {
    /// Its name
    pub name: String,
    #[command(flatten)]
    pub read: ReadArguments,
}
