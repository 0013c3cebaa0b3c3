//! Events of the past, as CloudWatch Logs has them.

use std::ops::Range;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;

use crate::account::{Logs, Refusal};

/// What an answer holds.
#[derive(Debug, Default)]
pub struct Page {
    /// Events.
    pub events: Vec<FilteredLogEvent>,
    /// By what to ask for the next ones; nothing if these were the last.
    pub next: Option<String>,
}

/// The events of a log group in a time, page by page.
pub async fn page(
    logs: &Logs,
    log_group: &str,
    pattern: Option<&str>,
    time: &Range<i64>,
    next: Option<String>,
) -> Result<Page, Refusal> {
    let filter = logs.to_work().await.filter_log_events().log_group_name(log_group);
    // Both ends are taken in.
    let filter = filter.start_time(time.start).end_time(time.end - 1).set_next_token(next);
    let answer = filter.set_filter_pattern(pattern.map(str::to_owned)).send().await;
    let answer = answer.map_err(Refusal::of("logs:FilterLogEvents"))?;
    Ok(Page { events: answer.events.unwrap_or_default(), next: answer.next_token })
}
