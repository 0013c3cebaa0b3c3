//! Which hours of a log group's past were read. What a minute has counted is known for three days; these marks stay,
//! so that an hour is not counted again by whoever reads the past once more.

use lamplight_rollup::{Bucket, FunctionKey, Span};

use crate::Table;
use crate::attributes::{Item, get_number, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

/// When it was begun to write the hour, in milliseconds since the epoch.
const BEGUN: &str = "begun_ms";
/// When all of the hour was written, in milliseconds since the epoch.
const DONE: &str = "done_ms";
/// Events that were ingested before this moment are of the past, in milliseconds since the epoch.
const BEFORE: &str = "before_ms";

/// An hour of a log group's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastHour {
    /// The hour.
    pub hour: Bucket,
    /// Events that were ingested before this moment are of the past, in milliseconds since the epoch.
    pub before_ms: i64,
    /// When it was begun to write it, in milliseconds since the epoch; nothing if it was not.
    pub begun_ms: Option<i64>,
    /// Whether all of it was written.
    pub is_done: bool,
}

impl Table {
    /// The hours of a log group (`<account>/<region>/<name>`) that were read, or begun to be.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn past_hours(&self, log_group: &str) -> Result<Vec<PastHour>, TableError> {
        Ok(self.query(&keys::past(log_group), Sort::All).await?.iter().filter_map(past_hour).collect())
    }

    /// Says how far an hour has been read.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`].
    pub async fn mark_past_hours(&self, log_group: &str, hours: &[PastHour], now_ms: i64) -> Result<(), TableError> {
        let items = hours.iter().map(|past| {
            let mut item = key(&keys::past(log_group), &past.hour.to_string());
            item.insert(BEGUN.to_owned(), number(past.begun_ms.unwrap_or(now_ms)));
            item.insert(BEFORE.to_owned(), number(past.before_ms));
            if past.is_done {
                item.insert(DONE.to_owned(), number(now_ms));
            }
            item
        });
        self.put_all(items.collect()).await
    }

    /// Whether the table has figures of a function in an hour.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn has_figures(&self, function: &FunctionKey, hour: Bucket) -> Result<bool, TableError> {
        let pk = keys::function(function);
        if self.get(&pk, &hour.to_string()).await?.is_some() {
            return Ok(true);
        }
        // `min#2026-11-20T08:00Z` without its minutes.
        let first = Bucket { span: Span::Minute, ..hour }.to_string();
        Ok(self.query_last(&pk, first.trim_end_matches("00Z")).await?.is_some())
    }
}

fn past_hour(item: &Item) -> Option<PastHour> {
    Some(PastHour {
        hour: Bucket::parse(get_text(item, "sk")?)?,
        before_ms: get_number(item, BEFORE)?,
        begun_ms: Some(get_number(item, BEGUN)?),
        is_done: get_number::<i64>(item, DONE).is_some(),
    })
}
