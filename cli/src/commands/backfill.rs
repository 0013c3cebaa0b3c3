//! `lamplight backfill`: what was logged before there was a subscription is counted, and nobody is told.
//!
//! - `boundary`: which events were not delivered
//! - `schedule`: which hours are to be read
//! - `settings`: how the stack reads and keeps what is logged
//! - `units`: from events to what is added once
//! - `reading`: events of the past, as CloudWatch Logs has them
//! - `group`: one log group

mod boundary;
mod group;
mod reading;
mod schedule;
mod settings;
mod units;

use std::collections::BTreeSet;
use std::process::ExitCode;

use lamplight_aws::clock::now_ms;
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{Bucket, FunctionKey, Span};
use lamplight_table::Table;
use serde::Serialize;

use crate::account::{LogGroup, Logs, Ours, Policy, select};
use crate::arguments::{BackfillArguments, Output};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::progress;
use crate::stack::Stack;
use crate::tables;
use boundary::Boundary;
use group::Backfill;
use schedule::{Schedule, whole_hours};
use settings::{Settings, tuning};

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Backfilled {
    /// Whether nothing is read.
    pub dry_run: bool,
    /// The start of the first hour.
    pub from: String,
    /// The end of the last hour.
    pub to: String,
    /// The log groups.
    pub log_groups: Vec<Group>,
    /// Hours of functions that were rolled up in the end.
    pub rolled_up: usize,
}

/// What came of a log group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its name.
    pub log_group: String,
    /// Events that were taken in before this moment are of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Hours that were read, or would be.
    pub hours: usize,
    /// Hours that an earlier run has read.
    pub hours_before: usize,
    /// Hours that are left out, as what is known of them does not allow to count them exactly.
    pub hours_left: usize,
    /// Events that were counted.
    pub events: u64,
    /// Why nothing of it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A log group with what is to be read of it.
struct Task {
    group: LogGroup,
    boundary: Boundary,
    schedule: Schedule,
}

pub async fn run(arguments: &BackfillArguments) -> Result<ExitCode, CliError> {
    let now_ms = now_ms();
    let until_ms = arguments.until.map_or(now_ms, |until| until.at_ms(now_ms)).min(now_ms);
    let range = whole_hours(arguments.since.at_ms(now_ms), until_ms)
        .ok_or_else(|| CliError::Argument("--since is not before --until and now; give an earlier one".to_owned()))?;
    let said_ms = arguments.subscribed_at.map(|at| at.at_ms(now_ms));
    if said_ms.is_some_and(|said_ms| said_ms > now_ms) {
        return Err(CliError::Argument("--subscribed-at has not come yet; give a time that is past".to_owned()));
    }
    let stack = Stack::find(&arguments.stack).await?;
    let settings = Settings::of(&stack);
    let table = stack.table()?.tuned(tuning(&stack, &settings));
    let (ours, logs) = (Ours::of(&stack)?, Logs::new(&stack.config));
    let (groups, missing) = select(&logs, &arguments.selection).await?;
    let mut done = Backfilled {
        dry_run: arguments.dry_run,
        from: rfc3339(range.start),
        to: rfc3339(range.end),
        log_groups: missing.iter().map(|name| Group::without(name, "there is no such log group")).collect(),
        rolled_up: 0,
    };
    let mut failures = missing.len();
    let policies = logs.policies().await?;
    let mut tasks = Vec::new();
    for group in groups {
        let boundary = boundary_of(&logs, &group, ours.policy(&policies), &ours, &stack, said_ms).await?;
        match boundary {
            Ok(boundary) => {
                let marks = table.past_hours(&place(&group)?).await?;
                let schedule = Schedule::of(&range, boundary.before_ms, &marks, now_ms);
                tasks.push(Task { group, boundary, schedule });
            }
            Err(reason) => done.log_groups.push(Group::without(&group.name, &reason)),
        }
    }
    let mut touched = BTreeSet::new();
    let bar = progress::hours(tasks.iter().map(|task| task.schedule.hours.len()).sum());
    for task in tasks {
        let mut came = Group::of(&task);
        if !arguments.dry_run {
            let mut backfill = Backfill::new(&logs, &table, &task, place(&task.group)?, &settings, &bar);
            bar.set_message(task.group.name.clone());
            let read = backfill.run(&task.schedule).await;
            (came.hours, came.events) = (backfill.hours, backfill.events);
            came.leave_counted(backfill.counted);
            touched.append(&mut backfill.touched);
            match read {
                Ok(()) => {}
                Err(CliError::Refused(refusal)) if !refusal.is_denied() => {
                    came.reason = Some(refusal.to_string());
                    failures += 1;
                }
                Err(error) => return Err(error),
            }
        }
        failures += usize::from(came.hours_left > 0);
        done.log_groups.push(came);
    }
    bar.finish_and_clear();
    done.log_groups.sort_by(|one, other| one.log_group.cmp(&other.log_group));
    done.rolled_up = roll_up(&table, &touched).await?;
    tell(&done, failures, arguments.stack.output)
}

/// Which events of a log group were not delivered; else why that is not known.
async fn boundary_of(
    logs: &Logs,
    group: &LogGroup,
    policy: Option<&Policy>,
    ours: &Ours,
    stack: &Stack,
    said_ms: Option<i64>,
) -> Result<Result<Boundary, String>, CliError> {
    if ours.has_log_group(&group.name) {
        return Ok(Err("it is Lamplight's own".to_owned()));
    }
    let mut filters = if group.is_standard() { logs.filters(&group.name).await? } else { Vec::new() };
    filters.retain(|filter| ours.has_destination(&filter.destination));
    let policy = policy.filter(|policy| group.is_standard() && policy.covers(&group.name));
    Ok(boundary::of(&filters, policy, stack.created_ms(), said_ms))
}

/// Where a log group is: account, region and name.
fn place(group: &LogGroup) -> Result<String, CliError> {
    let (region, account) = group.place().ok_or_else(|| {
        CliError::Undone(format!("the ARN of the log group {} names no account and region: {}", group.name, group.arn))
    })?;
    Ok(format!("{account}/{region}/{}", group.name))
}

/// Rolls up the hours that were written. The keeper would do it too, within minutes.
async fn roll_up(table: &Table, touched: &BTreeSet<(FunctionKey, Bucket)>) -> Result<usize, CliError> {
    let mut pending = if touched.is_empty() { Vec::new() } else { table.pending().await? };
    pending.retain(|pending| touched.contains(&(pending.function.clone(), pending.hour)));
    for pending in &pending {
        table.roll_up(pending, now_ms()).await?;
    }
    Ok(pending.len())
}

fn tell(done: &Backfilled, failures: usize, output: Output) -> Result<ExitCode, CliError> {
    match output {
        Output::Json => print_json(done)?,
        Output::Table => print(tables::backfilled(done))?,
    }
    match failures {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(CliError::Undone(format!("{count} log groups were not read whole; the reasons stand above"))),
    }
}

impl Group {
    fn without(name: &str, reason: &str) -> Self {
        Self { log_group: name.to_owned(), reason: Some(reason.to_owned()), ..Self::default() }
    }

    fn of(task: &Task) -> Self {
        let Schedule { hours, done, left } = &task.schedule;
        Self {
            log_group: task.group.name.clone(),
            before: Some(rfc3339(task.boundary.before_ms)),
            hours: hours.len(),
            hours_before: *done,
            hours_left: *left,
            events: 0,
            reason: (*left > 0).then(|| {
                format!("{left} hours were begun more than 60 hours ago and not ended: a part of them may be counted")
            }),
        }
    }
}

impl Group {
    /// Takes note of hours that have figures already.
    fn leave_counted(&mut self, count: usize) {
        if count > 0 {
            self.hours_left += count;
            let known = self.reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
            self.reason = Some(format!(
                "{known}{count} hours have figures though nothing of them was delivered through this subscription: if \
                 there was an earlier one, say when it was made with --subscribed-at"
            ));
        }
    }
}

/// The hour that begins then.
const fn hour(start_ms: i64) -> Bucket {
    Bucket { span: Span::Hour, start_ms }
}
