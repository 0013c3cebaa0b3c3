//! What the commands that work on an account and its stack take.

use std::str::FromStr;

use clap::Args;

use super::Output;
use crate::since::Since;

/// What subscriptions let through: everything but two lines of each invocation that say nothing which REPORT does not.
/// The template has the same default.
pub const FILTER_PATTERN: &str = r#"-"START RequestId: " -"END RequestId: ""#;

/// Which deployed stack is meant.
#[derive(Debug, Clone, Args)]
pub struct StackArguments {
    /// The stack
    #[arg(long, default_value = "lamplight", value_name = "NAME")]
    pub stack: String,
    /// The endpoint of an emulated AWS
    #[arg(long, env = "AWS_ENDPOINT_URL", hide_env_values = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct RedriveArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    /// Say what is kept, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Put deliveries through too that were kept for more than 60 hours: what of them was counted before they failed
    /// may be counted again
    #[arg(long)]
    pub older: bool,
}

/// A tag of a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value; nothing if any will do.
    pub value: Option<String>,
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        if key.is_empty() {
            return Err("give key=value, or key for any value".to_owned());
        }
        Ok(Self { key: key.to_owned(), value })
    }
}

/// Which log groups are meant.
#[derive(Debug, Clone, Args)]
pub struct SelectionArguments {
    /// Log groups whose names begin with this
    #[arg(long, default_value = "/aws/lambda/", value_name = "PREFIX", conflicts_with = "log_group")]
    pub prefix: String,
    /// A log group by its name; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub log_group: Vec<String>,
    /// Only log groups with this tag; may be given more than once, and all must be there
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<Tag>,
}

#[derive(Debug, Args)]
pub struct SubscribeArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What the subscription lets through; an empty pattern lets everything through
    #[arg(long, default_value = FILTER_PATTERN, value_name = "PATTERN", allow_hyphen_values = true)]
    pub filter_pattern: String,
    /// The name of the subscription filters
    #[arg(long, default_value = "lamplight", value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, Args)]
pub struct UnsubscribeArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct BackfillArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// From when on: 24h, 7d, a date or an RFC 3339 time; the whole hour that holds it is taken
    #[arg(long)]
    pub since: Since,
    /// Until when, in the same forms; the whole hour that holds it is taken
    #[arg(long)]
    pub until: Option<Since>,
    /// When the log groups were subscribed, where their subscriptions do not tell: only what was taken in before is read
    #[arg(long, value_name = "TIME")]
    pub subscribed_at: Option<Since>,
    /// Say what would be read, and read nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    /// Publish a test message too, and see whether Slack takes it
    #[arg(long)]
    pub send_test: bool,
}

#[derive(Debug, Args)]
pub struct SendTestArguments {
    #[command(flatten)]
    pub stack: StackArguments,
    /// Seconds to wait for Slack to take the message; 0 does not wait
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub wait: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_a_key_and_may_have_a_value() {
        let tag = |key: &str, value: Option<&str>| Tag { key: key.to_owned(), value: value.map(str::to_owned) };
        assert_eq!("team=checkout".parse(), Ok(tag("team", Some("checkout"))));
        assert_eq!("team=".parse(), Ok(tag("team", Some(""))));
        assert_eq!("a=b=c".parse(), Ok(tag("a", Some("b=c"))));
        assert_eq!("team".parse(), Ok(tag("team", None)));
        assert!("=checkout".parse::<Tag>().is_err() && "".parse::<Tag>().is_err());
    }
}
