//! One log group: day by day, hour by hour.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use indicatif::ProgressBar;
use lamplight_aws::clock::now_ms;
use lamplight_parser::Reading;
use lamplight_rollup::{Bucket, FunctionKey, Span};
use lamplight_table::{PastHour, Table};

use super::Task;
use super::boundary::LATE_MS;
use super::reading::{Page, page};
use super::schedule::Schedule;
use super::settings::Settings;
use super::units::{Fold, Place};
use crate::account::Logs;
use crate::error::CliError;

/// Units that are written together.
const BATCH: usize = 200;

/// How long CloudWatch Logs may take until events that it has taken in can be read.
const READABLE_MS: i64 = 60_000;

/// What is read of a log group, and what came of it.
pub struct Backfill<'a> {
    logs: &'a Logs,
    table: &'a Table,
    task: &'a Task,
    name: String,
    place: Place,
    settings: &'a Settings,
    bar: &'a ProgressBar,
    /// Hours that were read.
    pub hours: usize,
    /// Hours that have figures already that no backfill wrote.
    pub counted: usize,
    /// Events that were counted.
    pub events: u64,
    /// Hours of functions that were written.
    pub touched: BTreeSet<(FunctionKey, Bucket)>,
}

impl<'a> Backfill<'a> {
    /// Nothing is read as yet. `name` is `<account>/<region>/<log group>`.
    pub fn new(
        logs: &'a Logs,
        table: &'a Table,
        task: &'a Task,
        name: String,
        settings: &'a Settings,
        bar: &'a ProgressBar,
    ) -> Self {
        let (region, account) = task.group.place().unwrap_or_default();
        let log_group = task.group.name.clone();
        let place = Place { account: account.to_owned(), region: region.to_owned(), log_group };
        let touched = BTreeSet::new();
        Self { logs, table, task, name, place, settings, bar, hours: 0, counted: 0, events: 0, touched }
    }

    /// Reads all that is to be read.
    pub async fn run(&mut self, schedule: &Schedule) -> Result<(), CliError> {
        for hours in schedule.days() {
            self.day(hours).await?;
        }
        Ok(())
    }

    /// Reads hours that stand beside each other: in one answer if they fit, else one by one.
    async fn day(&mut self, hours: &[PastHour]) -> Result<(), CliError> {
        let [first, .., last] = hours else {
            return self.one_by_one(hours).await;
        };
        let (start_ms, end_ms) = (first.hour.start_ms, last.hour.end_ms());
        self.wait_until_readable(end_ms, hours).await;
        let page = self.page(start_ms, end_ms, None).await?;
        if page.next.is_some() {
            return self.one_by_one(hours).await;
        }
        let mut folds: BTreeMap<_, _> = hours.iter().map(|past| (past.hour.start_ms, self.fold(past))).collect();
        for event in &page.events {
            let hour = event.timestamp.map(|timestamp| Bucket::holding(Span::Hour, timestamp).start_ms);
            if let Some(fold) = hour.and_then(|hour| folds.get_mut(&hour)) {
                fold.add(event);
            }
        }
        let readings: Vec<_> = folds.into_values().map(|fold| (fold.events, fold.readings())).collect();
        let (empty, full): (Vec<_>, Vec<_>) =
            hours.iter().zip(readings).partition(|(_, (_, readings))| readings.is_empty());
        let ended: Vec<_> = empty.iter().map(|(past, _)| PastHour { is_done: true, ..**past }).collect();
        self.table.mark_past_hours(&self.name, &ended, now_ms()).await?;
        self.count(ended.len(), empty.iter().map(|(_, (events, _))| events).sum());
        for (past, (events, readings)) in full {
            self.write(past, events, readings).await?;
        }
        Ok(())
    }

    async fn one_by_one(&mut self, hours: &[PastHour]) -> Result<(), CliError> {
        for past in hours {
            self.wait_until_readable(past.hour.end_ms(), std::slice::from_ref(past)).await;
            let place = self.place.clone();
            let mut fold = Fold::new(&place, self.settings, past.before_ms);
            let mut next = None;
            loop {
                let page = self.page(past.hour.start_ms, past.hour.end_ms(), next).await?;
                page.events.iter().for_each(|event| fold.add(event));
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            let events = fold.events;
            self.write(past, events, fold.readings()).await?;
        }
        Ok(())
    }

    fn fold(&self, past: &PastHour) -> Fold<'_> {
        Fold::new(&self.place, self.settings, past.before_ms)
    }

    async fn page(&self, start_ms: i64, end_ms: i64, next: Option<String>) -> Result<Page, CliError> {
        let Task { group, boundary, .. } = self.task;
        Ok(page(self.logs, &group.name, boundary.pattern.as_deref(), &(start_ms..end_ms), next).await?)
    }

    /// Writes an hour: that it is begun, what it adds, that it is done.
    async fn write(&mut self, past: &PastHour, events: u64, mut readings: Vec<Reading>) -> Result<(), CliError> {
        if self.is_counted(past, &readings).await? {
            self.counted += 1;
            self.bar.inc(1);
            return Ok(());
        }
        let begun = PastHour { begun_ms: past.begun_ms.or(Some(now_ms())), ..*past };
        if !readings.is_empty() {
            self.table.mark_past_hours(&self.name, &[begun], now_ms()).await?;
        }
        while !readings.is_empty() {
            let later = readings.split_off(readings.len().min(BATCH));
            // Boxed: the future of the whole pipeline is deep.
            Box::pin(lamplight_parser::add_past(&readings, self.table, now_ms())).await?;
            let functions = readings.iter().flat_map(|reading| reading.ledger.functions.keys());
            self.touched.extend(functions.map(|function| (FunctionKey::clone(function), past.hour)));
            readings = later;
        }
        let ended = PastHour { is_done: true, ..begun };
        self.table.mark_past_hours(&self.name, &[ended], now_ms()).await?;
        self.count(1, events);
        Ok(())
    }

    /// Whether functions have figures of an hour that was not begun, though nothing of it can have been delivered.
    async fn is_counted(&self, past: &PastHour, readings: &[Reading]) -> Result<bool, CliError> {
        if past.begun_ms.is_some() || !self.task.boundary.is_before(past.hour) {
            return Ok(false);
        }
        let functions: BTreeSet<_> = readings.iter().flat_map(|reading| reading.ledger.functions.keys()).collect();
        for function in functions {
            if self.table.has_figures(function, past.hour).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn count(&mut self, hours: usize, events: u64) {
        self.hours += hours;
        self.events += events;
        self.bar.inc(hours as u64);
    }

    /// The last events before the subscription may not be readable yet.
    async fn wait_until_readable(&self, end_ms: i64, hours: &[PastHour]) {
        let before_ms = hours.iter().map(|past| past.before_ms).max().unwrap_or(0);
        let wait_ms = before_ms + READABLE_MS - now_ms();
        if end_ms > before_ms - LATE_MS && wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())).await;
        }
    }
}
