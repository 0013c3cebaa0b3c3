//! `lamplight issues` and `lamplight issue ID`: what fails.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lamplight_alerts::links;
use lamplight_aws::clock::now_ms;
use lamplight_rollup::function::UNKNOWN;
use lamplight_rollup::summary::{IssueSummary, occurrences, time_text};
use lamplight_rollup::{Bucket, Entry, Fingerprint, FunctionKey, Rollup, Span};
use lamplight_table::{Life, Mute, Stored, Table};
use serde::Serialize;

use crate::arguments::{IssueArguments, IssuesArguments, Order, Output, ReadArguments};
use crate::commands::functions::AHEAD_MS;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::stack;
use crate::tables;

/// What was done with an issue, as far as it still matters.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Standing {
    /// Who deals with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// When it was resolved last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,
    /// Until when it is muted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<String>,
    /// How often it may occur until the mute ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_count: Option<u64>,
    /// How often it may occur within an hour until the mute ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_per_hour: Option<u64>,
}

impl Standing {
    /// What a life comes to.
    pub fn of(life: &Life) -> Self {
        let standing = Self {
            assignee: life.assignee.clone(),
            resolved_at: life.resolved_ms.and_then(time_text),
            ..Self::default()
        };
        match life.mute {
            Some(Mute::Until(until_ms)) => Self { muted_until: time_text(until_ms), ..standing },
            Some(Mute::UntilCount(count)) => Self { muted_count: Some(count), ..standing },
            Some(Mute::PerHour(count)) => Self { muted_per_hour: Some(count), ..standing },
            Some(Mute::ForGood) | None => standing,
        }
    }
}

/// An issue in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// What it is.
    #[serde(flatten)]
    pub issue: IssueSummary,
    /// What was done with it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// One issue with everything that is known of it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// What it is.
    #[serde(flatten)]
    pub listed: Listed,
    /// How often it occurred in each hour since the time that was asked for.
    pub hours: Vec<Hour>,
    /// What was done with it, in the order of time.
    pub history: Vec<Act>,
    /// Pages of the AWS console.
    pub links: Links,
}

/// How often an issue occurred in an hour.
#[derive(Debug, Serialize)]
pub struct Hour {
    /// When it began.
    pub hour: String,
    /// How often.
    pub count: u64,
}

/// What was done with an issue.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Act {
    pub at: String,
    pub by: String,
    pub what: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// Pages of the AWS console; none where the region is not known.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Links {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

pub async fn list(arguments: &IssuesArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let is_wanted = |stored: &Stored| {
        let name = &stored.issue.key.function;
        (arguments.state.is_empty() || arguments.state.contains(&stored.state))
            && (arguments.kind.is_empty() || arguments.kind.contains(&stored.issue.detection))
            && arguments.function.as_ref().is_none_or(|glob| glob.matches(name))
    };
    let mut issues = read(&table, &arguments.read, is_wanted).await?;
    sort(&mut issues, arguments.sort);
    match arguments.read.output {
        Output::Json => print_json(&serde_json::json!({ "issues": issues }))?,
        Output::Table => print(tables::issues(issues.iter().map(|listed| &listed.issue)))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn one(arguments: &IssueArguments) -> Result<ExitCode, CliError> {
    let table = stack::table(&arguments.read.table).await?;
    let unknown =
        || CliError::NotFound(format!("there is no issue {}; `lamplight issues` lists them", arguments.fingerprint));
    let fingerprint = Fingerprint::parse(&arguments.fingerprint).ok_or_else(unknown)?;
    let stored = table.issue(fingerprint).await?.ok_or_else(unknown)?;
    let now_ms = now_ms();
    let since_ms = arguments.read.since.at_ms(now_ms);
    let from_ms = stored.issue.first_seen_ms.min(since_ms);
    let rollups = table.rollups(&stored.issue.key, from_ms, now_ms + AHEAD_MS, now_ms).await?;
    let shown = Shown {
        listed: listed(&stored, &occurrences(rollups.values())),
        hours: hours(fingerprint, &rollups, since_ms, now_ms),
        history: table.history(fingerprint).await?.into_iter().map(act).collect(),
        links: links_of(&stored),
    };
    match arguments.read.output {
        Output::Json => print_json(&shown)?,
        Output::Table => print(tables::issue(&shown))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The issues of functions seen since the time that was asked for, with how often they occurred since then.
pub async fn summaries(
    table: &Table,
    arguments: &ReadArguments,
    wanted: impl Fn(&FunctionKey) -> bool,
) -> Result<Vec<Listed>, CliError> {
    let mut issues = read(table, arguments, |stored| wanted(&stored.issue.key)).await?;
    sort(&mut issues, Order::LastSeen);
    Ok(issues)
}

async fn read(
    table: &Table,
    arguments: &ReadArguments,
    is_wanted: impl Fn(&Stored) -> bool,
) -> Result<Vec<Listed>, CliError> {
    let now_ms = now_ms();
    let since_ms = arguments.since.at_ms(now_ms);
    let mut stored = table.issues().await?;
    stored.retain(|stored| is_wanted(stored) && stored.issue.sample.rank.at_ms >= since_ms);
    let mut counted: BTreeMap<FunctionKey, BTreeMap<Fingerprint, u64>> = BTreeMap::new();
    for stored in &stored {
        let key = &stored.issue.key;
        if !counted.contains_key(key) {
            let rollups = table.rollups(key, since_ms, now_ms + AHEAD_MS, now_ms).await?;
            counted.insert(key.clone(), occurrences(rollups.values()));
        }
    }
    let none = BTreeMap::new();
    Ok(stored.iter().map(|stored| listed(stored, counted.get(&stored.issue.key).unwrap_or(&none))).collect())
}

fn listed(stored: &Stored, counts: &BTreeMap<Fingerprint, u64>) -> Listed {
    let count = counts.get(&stored.fingerprint).copied().unwrap_or(0);
    let issue = IssueSummary::of(stored.fingerprint, &stored.issue, stored.state, count);
    Listed { issue, standing: Standing::of(&stored.life) }
}

/// Sorts by what was asked for, then the latest first.
fn sort(issues: &mut [Listed], order: Order) {
    issues.sort_by(|a, b| {
        let (a, b) = (&a.issue, &b.issue);
        let first = match order {
            Order::LastSeen => std::cmp::Ordering::Equal,
            Order::Count => b.count.cmp(&a.count),
            Order::FirstSeen => b.first_seen.cmp(&a.first_seen),
        };
        first.then_with(|| b.last_seen.cmp(&a.last_seen)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

/// How often an issue occurred in each hour up to now; days of which the hours have expired are not among them.
fn hours(fingerprint: Fingerprint, rollups: &BTreeMap<i64, Rollup>, since_ms: i64, now_ms: i64) -> Vec<Hour> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (start_ms, rollup) in rollups {
        if let Some(count) = rollup.issues.get(&fingerprint) {
            *counts.entry(Bucket::holding(Span::Hour, *start_ms).start_ms).or_default() += count;
        }
    }
    let first_ms = Bucket::holding(Span::Hour, since_ms.max(now_ms - 90 * Span::Day.ms())).start_ms;
    let mut hours = Vec::new();
    let mut hour_ms = first_ms;
    while hour_ms <= now_ms {
        let count = counts.get(&hour_ms).copied().unwrap_or(0);
        hours.extend(time_text(hour_ms).map(|hour| Hour { hour, count }));
        hour_ms += Span::Hour.ms();
    }
    hours
}

fn act(entry: Entry) -> Act {
    let at = time_text(entry.at_ms).unwrap_or_default();
    Act { at, by: entry.by, what: entry.what, details: entry.details }
}

fn links_of(stored: &Stored) -> Links {
    let (key, sample) = (&stored.issue.key, &stored.issue.sample);
    if key.region == UNKNOWN {
        return Links::default();
    }
    let at_ms = Some(sample.rank.at_ms);
    Links {
        function: Some(links::function(&key.region, &key.function)),
        logs: sample.log_group.as_deref().map(|group| {
            links::log_lines(&key.region, group, sample.log_stream.as_deref(), sample.request_id.as_deref(), at_ms)
        }),
        trace: sample.trace_id.as_deref().and_then(|trace_id| links::trace(&key.region, trace_id)),
    }
}
