//! What the command that shows metrics takes.

use clap::Args;
use lamplight_policy::Glob;

use super::ReadArguments;

#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// Only metrics of namespaces like this; * stands for any characters, ? for one
    #[arg(long, value_name = "GLOB")]
    pub namespace: Option<Glob>,
    /// Only metrics whose name is like this
    #[arg(long, value_name = "GLOB")]
    pub name: Option<Glob>,
    /// Only what functions logged whose name is like this
    #[arg(long, value_name = "GLOB")]
    pub function: Option<Glob>,
    #[command(flatten)]
    pub read: ReadArguments,
}
