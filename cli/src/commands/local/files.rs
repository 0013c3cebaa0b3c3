//! What is read first, and what the table holds after it.

use std::collections::HashSet;
use std::slice;

use lamplight_aws::clock::now_ms;
use lamplight_parser::Reading;
use lamplight_rollup::ledger::EventTotals;
use lamplight_rollup::summary::{
    Analysis, FlowSummary, FunctionSummary, IssueSummary, TransactionSummary, occurrences,
};
use lamplight_rollup::time::{LATEST_MS, UNKNOWN_MS};
use lamplight_rollup::{Bounds, ErrorLogs, Ledger};
use lamplight_table::Table;

use super::ParserContext;
use crate::arguments::{LocalArguments, Output};
use crate::commands::metrics;
use crate::error::CliError;
use crate::input::{self, Place, Sink, Unit};
use crate::output::{print, print_json};
use crate::tables;

/// Deliveries that are written together.
const BATCH: usize = 200;

/// What was read.
pub struct Read {
    pub totals: EventTotals,
    pub all_read: bool,
}

/// Reads the files that the arguments name into the table.
pub async fn read(arguments: &LocalArguments, context: &ParserContext) -> Result<Read, CliError> {
    let mut readings =
        Readings { now_ms: now_ms(), searchable: arguments.searchable_field.clone(), ..Readings::default() };
    let all_read = input::read(&arguments.files, &Place::of(&arguments.place), slice::from_mut(&mut readings))?;
    let mut rest = readings.readings;
    while !rest.is_empty() {
        let later = rest.split_off(rest.len().min(BATCH));
        // Boxed: the future of the whole pipeline is deep.
        Box::pin(lamplight_parser::add(rest, context, readings.now_ms)).await?;
        rest = later;
    }
    Ok(Read { totals: readings.totals, all_read })
}

#[derive(Default)]
struct Readings {
    now_ms: i64,
    searchable: Vec<String>,
    seen: HashSet<u64>,
    totals: EventTotals,
    readings: Vec<Reading>,
}

impl Sink for Readings {
    fn take(&mut self, mut unit: Unit<'_>) -> Result<(), CliError> {
        for event in &mut unit.delivery.events {
            if event.timestamp == UNKNOWN_MS {
                event.timestamp = self.now_ms;
            }
        }
        let mut ledger = Ledger::default();
        ledger.add_searchable_delivery(&unit.delivery, ErrorLogs::Raise, &self.searchable);
        if self.seen.insert(unit.identity) {
            self.totals.merge(ledger.totals.clone());
            self.readings.push(Reading::within(&Bounds::default(), unit.identity, ledger));
        }
        Ok(())
    }

    fn unreadable(&mut self, identity: u64) {
        if self.seen.insert(identity) {
            self.totals.unreadable += 1;
        }
    }
}

/// Prints what the table holds, as `analyze` prints what it would hold.
pub async fn print_held(table: &Table, read: &Read, arguments: &LocalArguments) -> Result<(), CliError> {
    let now_ms = now_ms();
    let mut functions = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    for key in table.functions().await? {
        let rollups = table.rollups(&key, 0, LATEST_MS, now_ms).await?;
        counts.extend(occurrences(rollups.values()));
        functions.push(FunctionSummary::of(&key, &rollups, arguments.architecture.into()));
    }
    let issues = table.issues().await?.into_iter().map(|stored| {
        let count = counts.get(&stored.fingerprint).copied().unwrap_or(0);
        IssueSummary::of(stored.fingerprint, &stored.issue, stored.state, count)
    });
    let (from_ms, to_ms) = read.totals.between_ms.unwrap_or((0, 0));
    let day_ms = 86_400_000;
    let transactions = table.transactions(from_ms - day_ms, to_ms + day_ms, from_ms).await?;
    let transactions = transactions.iter().map(|(trace_id, transaction)| TransactionSummary::of(trace_id, transaction));
    let mut flows = Vec::new();
    for stored in table.flows().await? {
        let hours = table.lead_times(&stored.flow, 0, LATEST_MS, now_ms).await?;
        flows.push(FlowSummary::of(&stored.flow, &hours));
    }
    let metrics = metrics::summaries(table, (0, LATEST_MS), |_| true, |_| true).await?;
    let analysis = Analysis::new(&read.totals, functions, issues.collect(), transactions.collect());
    let analysis = analysis.with_flows(flows).with_metrics(metrics);
    match arguments.output {
        Output::Json => print_json(&analysis),
        Output::Table => print(tables::analysis(&analysis)),
    }
}
