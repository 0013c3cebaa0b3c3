//! What waits, what failed, and when something came last.

use lamplight_aws::clock::now_ms;
use lamplight_rollup::time::rfc3339;
use lamplight_table::{Table, TableError};

use super::Finding;
use crate::commands::redrive::{failed_deliveries, waiting};
use crate::error::CliError;
use crate::stack::Stack;

/// How old the newest minute may be before that is worth a word.
const QUIET_MS: i64 = 24 * 3_600_000;

/// How long an alert may be unsent: the keeper sends it after a minute.
const UNSENT_MS: i64 = 5 * 60_000;

/// For how long something may be due: the keeper does it within a minute, if it has time.
const OVERDUE_MS: i64 = 5 * 60_000;

/// What follows for the stack itself.
pub async fn findings(stack: &Stack) -> Vec<Finding> {
    let letters = dead_letters(stack).await.unwrap_or_else(|error| Finding::failed("dead_letters", &error));
    let deliveries = deliveries(stack).await.unwrap_or_else(|error| Finding::failed("failed_deliveries", &error));
    let mut findings = vec![letters, deliveries];
    match stack.table() {
        Ok(table) => findings.extend(of_table(&table).await),
        Err(error) => findings.push(Finding::failed("table", &error)),
    }
    findings
}

async fn dead_letters(stack: &Stack) -> Result<Finding, CliError> {
    let client = aws_sdk_sqs::Client::new(&stack.config);
    let count = waiting(&client, stack.output("DeadLetterQueueUrl")?).await?;
    Ok(match count {
        0 => Finding::ok("dead_letters", "no alert is left that Slack did not take"),
        _ => Finding::error("dead_letters", format!("{count} messages are left that Slack did not take"))
            .mended_by(stack.command("redrive")),
    })
}

async fn deliveries(stack: &Stack) -> Result<Finding, CliError> {
    let count = failed_deliveries(stack).await?;
    Ok(match count {
        0 => Finding::ok("failed_deliveries", "no delivery is left that the parser did not take"),
        _ => Finding::error("failed_deliveries", format!("{count} deliveries are left that the parser did not take"))
            .mended_by(stack.command("redrive")),
    })
}

async fn of_table(table: &Table) -> Vec<Finding> {
    let now_ms = now_ms();
    let failed = |check: &'static str| move |error: TableError| Finding::failed(check, &error.into());
    let unsent = table.unsent(now_ms - UNSENT_MS).await.map(|unsent| of_unsent(unsent.len()));
    let overdue = table.overdue_since_ms(now_ms).await.map(|since_ms| of_overdue(since_ms, now_ms));
    let latest = latest_minute(table).await.map(|latest| of_latest(latest, now_ms));
    vec![
        unsent.unwrap_or_else(failed("unsent_alerts")),
        overdue.unwrap_or_else(failed("overdue_transactions")),
        latest.unwrap_or_else(failed("last_delivery")),
    ]
}

/// The newest minute of any function that has not expired.
async fn latest_minute(table: &Table) -> Result<Option<i64>, TableError> {
    let mut latest = None;
    for function in table.functions().await? {
        latest = latest.max(table.latest_minute(&function).await?.map(|minute| minute.start_ms));
    }
    Ok(latest)
}

fn of_unsent(count: usize) -> Finding {
    match count {
        0 => Finding::ok("unsent_alerts", "no alert waits to be sent"),
        _ => {
            Finding::error("unsent_alerts", format!("{count} alerts were not sent: the keeper does not run, or fails"))
                .mended_by("aws logs tail KEEPER_LOG_GROUP, which the stack's output OwnLogGroups names")
        }
    }
}

fn of_overdue(since_ms: Option<i64>, now_ms: i64) -> Finding {
    let late_ms = since_ms.map_or(0, |since_ms| now_ms - since_ms);
    if late_ms <= OVERDUE_MS {
        return Finding::ok("overdue_transactions", "what is due of transactions is done in time");
    }
    let what = format!("transactions are to be looked at for {} minutes: the keeper cannot keep up", late_ms / 60_000);
    Finding::warning("overdue_transactions", what).mended_by("lamplight flows, and remove those that nobody needs")
}

fn of_latest(latest_ms: Option<i64>, now_ms: i64) -> Finding {
    let Some(latest_ms) = latest_ms else {
        let what = "nothing of the last three days is in the table";
        return Finding::warning("last_delivery", what).mended_by("run a function whose log group is subscribed");
    };
    let ago_minutes = (now_ms - latest_ms).max(0) / 60_000;
    let what = format!("the newest minute in the table is {}, {ago_minutes} minutes ago", rfc3339(latest_ms));
    if now_ms - latest_ms > QUIET_MS {
        Finding::warning("last_delivery", what).mended_by("run a function whose log group is subscribed")
    } else {
        Finding::ok("last_delivery", what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Severity;

    #[test]
    fn a_day_without_a_delivery_is_worth_a_word() {
        let now_ms = 1_795_164_432_345;
        let of = |latest_ms| of_latest(latest_ms, now_ms).severity;
        assert_eq!(of(Some(now_ms - QUIET_MS)), Severity::Ok);
        assert_eq!(of(Some(now_ms - QUIET_MS - 1)), Severity::Warning);
        assert_eq!(of(None), Severity::Warning);
        // Events may be stamped ahead.
        assert!(of_latest(Some(now_ms + 60_000), now_ms).what.ends_with(" 0 minutes ago"));
    }

    #[test]
    fn what_is_due_for_minutes_is_worth_a_word() {
        let of = |since_ms| of_overdue(since_ms, 1_795_164_432_345).severity;
        assert_eq!((of(None), of(Some(1_795_164_432_345 - OVERDUE_MS))), (Severity::Ok, Severity::Ok));
        assert_eq!(of(Some(1_795_164_432_344 - OVERDUE_MS)), Severity::Warning);
    }

    #[test]
    fn unsent_alerts_are_an_error() {
        assert_eq!((of_unsent(0).severity, of_unsent(1).severity), (Severity::Ok, Severity::Error));
    }
}
