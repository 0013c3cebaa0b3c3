//! `lamplight policy`: who is told of what, and what is watched.
//!
//! - `applied`: what is in force, and what was
//! - `trial`: what would be done

mod applied;
mod trial;

use std::io::stdin;
use std::path::Path;
use std::process::ExitCode;

use lamplight_policy::{Document, Each};
use serde::Serialize;

use crate::arguments::{CheckArguments, Output, PolicyArguments, PolicyCommand};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::tables;
pub use applied::Version;
pub use trial::Trial;

pub async fn run(arguments: &PolicyArguments) -> Result<ExitCode, CliError> {
    match &arguments.command {
        PolicyCommand::Show(arguments) => applied::show(arguments).await,
        PolicyCommand::Check(arguments) => check(arguments),
        PolicyCommand::Apply(arguments) => applied::apply(arguments).await,
        PolicyCommand::History(arguments) => applied::history(arguments).await,
        PolicyCommand::Test(arguments) => trial::test(arguments).await,
    }
}

/// How a document is understood.
#[derive(Debug, Serialize)]
pub struct Understood {
    /// How many routes there are.
    pub routes: usize,
    /// What is watched.
    pub watches: Vec<UnderstoodWatch>,
    /// How often there is a summary; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<&'static str>,
}

/// How a watch is understood.
#[derive(Debug, Serialize)]
pub struct UnderstoodWatch {
    /// What it is called.
    pub name: String,
    /// When it fires.
    pub when: String,
    /// The functions, as a pattern of their names.
    pub function: String,
    /// Whether each function is watched for itself or all of them together.
    pub each: &'static str,
}

impl Understood {
    fn of(document: &Document) -> Self {
        let watches = document.watches.iter().map(|watch| UnderstoodWatch {
            name: watch.name.clone(),
            when: watch.when.to_string(),
            function: watch.function.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string),
            each: match watch.each {
                Each::Function => "function",
                Each::All => "all",
            },
        });
        let summary = document.summary.as_ref().map(|summary| summary.every.name());
        Self { routes: document.routes.len(), watches: watches.collect(), summary }
    }
}

fn check(arguments: &CheckArguments) -> Result<ExitCode, CliError> {
    let (_, document) = read(&arguments.file)?;
    let understood = Understood::of(&document);
    match arguments.output {
        Output::Json => print_json(&understood)?,
        Output::Table => print(tables::understood(&understood))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A file of policies, as it stands and as it is understood.
fn read(path: &Path) -> Result<(String, Document), CliError> {
    let failed = |reason: String| CliError::Input { path: path.to_owned(), reason };
    let text = if path.as_os_str() == "-" { std::io::read_to_string(stdin()) } else { std::fs::read_to_string(path) };
    let text = text.map_err(|error| failed(error.to_string()))?;
    let document = Document::parse(&text).map_err(|error| failed(error.to_string()))?;
    Ok((text, document))
}
