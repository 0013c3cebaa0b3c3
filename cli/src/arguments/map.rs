//! What `map` takes.

use clap::{Args, ValueEnum};
use lamplight_policy::Glob;

use super::ReadArguments;

#[derive(Debug, Args)]
pub struct MapArguments {
    #[command(flatten)]
    pub read: ReadArguments<MapOutput>,
    /// Only transactions of functions whose name is like this; * stands for any characters, ? for one
    #[arg(long, value_name = "GLOB")]
    pub function: Option<Glob>,
}

/// How a map is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum MapOutput {
    #[default]
    Table,
    Json,
    /// A graph for Graphviz
    Dot,
    /// A picture
    Svg,
}
