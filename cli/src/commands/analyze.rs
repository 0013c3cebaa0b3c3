//! `lamplight analyze`: what a stack would hold, from an in-memory table.

use std::collections::HashSet;
use std::process::ExitCode;

use lamplight_rollup::summary::Analysis;
use lamplight_rollup::{ErrorLogs, Ledger};

use crate::arguments::{AnalyzeArguments, Output};
use crate::error::CliError;
use crate::input::{Place, Sink, Unit, read};
use crate::output::{print, print_json};
use crate::tables;

pub fn run(arguments: &AnalyzeArguments) -> Result<ExitCode, CliError> {
    let mut fold = Fold::default();
    let all_read = read(&arguments.files, &Place::of(&arguments.place), &mut fold)?;
    let analysis = Analysis::of(&fold.ledger, arguments.architecture.into());
    match arguments.output {
        Output::Json => print_json(&analysis)?,
        Output::Table => print(tables::analysis(&analysis))?,
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Folds deliveries into one ledger; a repetition is refused by its identity.
#[derive(Default)]
struct Fold {
    seen: HashSet<u64>,
    ledger: Ledger,
}

impl Sink for Fold {
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
