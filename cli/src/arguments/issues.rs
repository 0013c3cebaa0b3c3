//! What the commands that work on issues take.

use std::num::NonZeroU64;

use clap::{ArgGroup, Args, ValueEnum};
use lamplight_logs::Detection;
use lamplight_policy::Glob;
use lamplight_rollup::State;
use lamplight_table::Mute;

use super::{Output, ReadArguments, TableArguments};
use crate::since::Since;

/// What a list of issues is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The latest first
    #[default]
    LastSeen,
    /// The most frequent first
    Count,
    /// The newest first
    FirstSeen,
}

#[derive(Debug, Args)]
pub struct IssuesArguments {
    #[command(flatten)]
    pub read: ReadArguments,
    /// Only issues in one of these states: new, ongoing, escalating, resolved, regressed, muted
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = state)]
    pub state: Vec<State>,
    /// Only issues of one of these kinds, such as timeout or permission
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub kind: Vec<Detection>,
    /// Only issues of functions whose name is like this; * stands for any characters, ? for one
    #[arg(long, value_name = "GLOB")]
    pub function: Option<Glob>,
    /// What comes first
    #[arg(long, value_enum, default_value_t)]
    pub sort: Order,
}

/// Where the issues are, and who acts on them.
#[derive(Debug, Args)]
pub struct WhichArguments {
    /// Who does it; without it, the user's name
    #[arg(long = "as", value_name = "NAME")]
    pub by: Option<String>,
    #[command(flatten)]
    pub table: TableArguments,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct ResolveArguments {
    /// The issues' fingerprints
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub which: WhichArguments,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("end").required(true).args(["for", "until_count", "per_hour", "for_good"]))]
pub struct MuteArguments {
    /// The issues' fingerprints
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// For so long, such as 30m, 2h or 7d, or until a date or an RFC 3339 time
    #[arg(long = "for", id = "for", value_name = "TIME", value_parser = ahead)]
    pub length: Option<Since>,
    /// Until it has occurred more often than this
    #[arg(long, value_name = "COUNT")]
    pub until_count: Option<NonZeroU64>,
    /// Until it occurs more often than this within an hour of the clock
    #[arg(long, value_name = "COUNT")]
    pub per_hour: Option<NonZeroU64>,
    /// Until somebody unmutes it
    #[arg(long)]
    pub for_good: bool,
    #[command(flatten)]
    pub which: WhichArguments,
}

impl MuteArguments {
    /// When the mute ends.
    pub fn mute(&self, now_ms: i64) -> Mute {
        match (self.length, self.until_count, self.per_hour) {
            (Some(Since::Ago(length_ms)), ..) => Mute::Until(now_ms.saturating_add(length_ms)),
            (Some(Since::At(at_ms)), ..) => Mute::Until(at_ms),
            (None, Some(count), _) => Mute::UntilCount(count.get()),
            (None, None, Some(count)) => Mute::PerHour(count.get()),
            (None, None, None) => Mute::ForGood,
        }
    }
}

#[derive(Debug, Args)]
pub struct AssignArguments {
    /// The issues' fingerprints, and who deals with them
    #[arg(required = true, value_name = "ID… NAME")]
    pub names: Vec<String>,
    /// Nobody deals with them: all that is named is issues
    #[arg(long)]
    pub nobody: bool,
    #[command(flatten)]
    pub which: WhichArguments,
}

fn state(text: &str) -> Result<State, String> {
    let names = State::ALL.map(State::name).join(", ");
    State::from_name(text).ok_or_else(|| format!("give one of {names}"))
}

fn kind(text: &str) -> Result<Detection, String> {
    serde_json::from_value(text.into()).map_err(|_| "give a kind as `lamplight issues` shows it".to_owned())
}

fn ahead(text: &str) -> Result<Since, String> {
    text.parse().map_err(|_| "give 30m, 2h, 7d, 2026-12-01 or 2026-12-01T08:00:00Z".to_owned())
}
