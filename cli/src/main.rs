//! `lamplight`: understand log lines, run the pipeline on this machine, read what a stack holds.

mod account;
mod arguments;
mod commands;
mod error;
mod input;
mod map;
mod output;
mod progress;
mod since;
mod stack;
mod tables;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::error::CliError;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    output::set_colour(arguments.color);
    match run(arguments.command) {
        Ok(code) => code,
        // Who closed the pipe has read enough.
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            ExitCode::from(error.status())
        }
    }
}

fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Analyze(arguments) => commands::analyze::run(&arguments),
        Command::Local(arguments) => wait_for(commands::local::run(*arguments)),
        Command::Functions(arguments) => wait_for(commands::functions::list(&arguments)),
        Command::Function(arguments) => wait_for(commands::functions::one(&arguments)),
        Command::Issues(arguments) => wait_for(commands::issues::list(&arguments)),
        Command::Issue(arguments) => wait_for(commands::issues::one(&arguments)),
        Command::Resolve(arguments) => wait_for(commands::act::resolve(&arguments)),
        Command::Mute(arguments) => wait_for(commands::act::mute(&arguments)),
        Command::Unmute(arguments) => wait_for(commands::act::unmute(&arguments)),
        Command::Assign(arguments) => wait_for(commands::act::assign(&arguments)),
        Command::Policy(arguments) => wait_for(commands::policy::run(&arguments)),
        Command::Transactions(arguments) => wait_for(commands::transactions::list(&arguments)),
        Command::Trace(arguments) => wait_for(commands::transactions::one(&arguments)),
        Command::Flow(arguments) => wait_for(commands::flows::run(&arguments)),
        Command::Flows(arguments) => wait_for(commands::flows::list(&arguments)),
        Command::Metrics(arguments) => wait_for(commands::metrics::run(&arguments)),
        Command::Map(arguments) => wait_for(commands::map::run(&arguments)),
        Command::Cost(arguments) => wait_for(commands::cost::run(&arguments)),
        Command::Subscribe(arguments) => wait_for(commands::subscribe::run(&arguments)),
        Command::Unsubscribe(arguments) => wait_for(commands::unsubscribe::run(&arguments)),
        Command::Backfill(arguments) => wait_for(commands::backfill::run(&arguments)),
        Command::Doctor(arguments) => wait_for(commands::doctor::run(&arguments)),
        Command::SendTest(arguments) => wait_for(commands::send_test::run(&arguments)),
        Command::Redrive(arguments) => wait_for(commands::redrive::run(&arguments)),
        Command::Completions(arguments) => commands::completions::run(&arguments),
    }
}

fn wait_for(work: impl Future<Output = Result<ExitCode, CliError>>) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(CliError::Runtime)?.block_on(work)
}
