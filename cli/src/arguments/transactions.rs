//! What the commands that work on transactions take.

use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::ReadArguments;
use lamplight_policy::Glob;

#[derive(Debug, Args)]
pub struct TransactionsArguments {
    #[command(flatten)]
    pub read: ReadArguments,
    /// Only transactions in which something failed
    #[arg(long)]
    pub failed: bool,
    /// Only transactions that took longer than this: 500ms, 2s, 1m
    #[arg(long, value_name = "TIME")]
    pub slower_than: Option<Milliseconds>,
    /// Only transactions of functions whose name is like this; * stands for any characters, ? for one
    #[arg(long, value_name = "GLOB")]
    pub function: Option<Glob>,
    /// Only transactions that reached this milestone
    #[arg(long, value_name = "NAME")]
    pub milestone: Option<String>,
    /// Only transactions with this value of a searchable field, such as orderId=4711
    #[arg(long, value_name = "NAME=VALUE")]
    pub label: Option<Label>,
}

#[derive(Debug, Args)]
pub struct TraceArguments {
    /// The trace's id in any form, or a correlation id
    pub trace_id: String,
    #[command(flatten)]
    pub read: ReadArguments<TraceOutput>,
}

/// How a transaction is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TraceOutput {
    #[default]
    Table,
    Json,
    /// OpenTelemetry's protocol as JSON
    Otlp,
    /// A file for the user interface of Jaeger
    Jaeger,
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milliseconds(pub i64);

impl FromStr for Milliseconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];
        let length = units.into_iter().find_map(|(unit, length_ms)| {
            let count: f64 = text.strip_suffix(unit)?.parse().ok()?;
            (0.0..1e9).contains(&count).then_some(count * length_ms)
        });
        #[allow(clippy::cast_possible_truncation, reason = "it is bounded")]
        length.map(|length_ms| Self(length_ms.round() as i64)).ok_or_else(|| "give 500ms, 2s or 1m".to_owned())
    }
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub value: String,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or("give a name and a value, such as orderId=4711")?;
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_labels_are_read() {
        assert_eq!("500ms".parse(), Ok(Milliseconds(500)));
        assert_eq!("1.5s".parse(), Ok(Milliseconds(1_500)));
        assert_eq!("2m".parse(), Ok(Milliseconds(120_000)));
        assert!("2".parse::<Milliseconds>().is_err() && "-1s".parse::<Milliseconds>().is_err());
        assert_eq!("a=b=c".parse(), Ok(Label { name: "a".to_owned(), value: "b=c".to_owned() }));
        assert!("a=".parse::<Label>().is_err() && "a".parse::<Label>().is_err());
    }
}
