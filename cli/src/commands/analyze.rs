//! `lamplight analyze`: what a stack would hold, from an in-memory table.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use lamplight_aws::clock::now_ms;
use lamplight_rollup::flow::follow;
use lamplight_rollup::summary::{Analysis, FlowSummary};
use lamplight_rollup::{ErrorLogs, Ledger};

use crate::arguments::{AnalyzeArguments, Output};
use crate::error::CliError;
use crate::input::{Place, Sink, Unit, read};
use crate::output::{print, print_json};
use crate::tables;

pub fn run(arguments: &AnalyzeArguments) -> Result<ExitCode, CliError> {
    let flows = arguments.follow.flows()?;
    let seen = Seen::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut folds: Vec<_> = (0..threads).map(|_| Fold { seen: &seen, ledger: Ledger::default() }).collect();
    let all_read = read(&arguments.files, &Place::of(&arguments.place), &mut folds)?;
    let mut ledger = Ledger::default();
    folds.into_iter().for_each(|fold| ledger.merge(fold.ledger));
    ledger.transactions.join_reports();
    let flows = follow(&mut ledger, flows, now_ms());
    let flows = flows.iter().map(|(flow, hours)| FlowSummary::of(flow, hours)).collect();
    let analysis = Analysis::of(&ledger, arguments.architecture.into()).with_flows(flows);
    match arguments.output {
        Output::Json => print_json(&analysis)?,
        Output::Table => print(tables::analysis(&analysis))?,
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The identities of what was read, by all threads: in parts, so that they seldom wait for one another.
#[derive(Default)]
struct Seen([Mutex<HashSet<u64, BuildHasherDefault<Unhashed>>>; 16]);

/// Leaves an identity as it is: it is a hash.
#[derive(Default)]
struct Unhashed(u64);

impl Hasher for Unhashed {
    fn write_u64(&mut self, identity: u64) {
        self.0 = identity;
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Seen {
    /// Whether it is the first time.
    fn insert(&self, identity: u64) -> bool {
        // Not by the bits that tell an identity's place within its part.
        let part = &self.0[(identity >> 48) as usize % self.0.len()];
        part.lock().unwrap_or_else(PoisonError::into_inner).insert(identity)
    }
}

/// Folds deliveries into one ledger; a repetition is refused by its identity.
struct Fold<'s> {
    seen: &'s Seen,
    ledger: Ledger,
}

impl Sink for Fold<'_> {
    fn take(&mut self, unit: Unit<'_>) -> Result<(), CliError> {
        if self.seen.insert(unit.identity) {
            self.ledger.add_delivery(&unit.delivery, ErrorLogs::Raise);
        }
        Ok(())
    }

    fn unreadable(&mut self, identity: u64) {
        if self.seen.insert(identity) {
            self.ledger.totals.unreadable += 1;
        }
    }
}
