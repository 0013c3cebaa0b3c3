//! `lamplight explain`: what each log event means.

use std::borrow::Cow;
use std::io::{BufWriter, IsTerminal, Stdout, Write, stdout};
use std::process::ExitCode;
use std::slice;

use lamplight_logs::source::{function_in_arn, function_of};
use lamplight_logs::{Counts, Fact, Kind, Source, recognise_message};
use serde::Serialize;

use crate::arguments::{ExplainArguments, Output};
use crate::error::CliError;
use crate::input::{Place, Sink, Unit, read};
use crate::tables;

pub fn run(arguments: &ExplainArguments) -> Result<ExitCode, CliError> {
    let mut explain =
        Explain { output: arguments.output, is_watched: stdout().is_terminal(), out: BufWriter::new(stdout()) };
    let all_read = read(&arguments.files, &Place::of(&arguments.place), slice::from_mut(&mut explain))?;
    explain.out.flush().map_err(CliError::Output)?;
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

struct Explain {
    output: Output,
    /// Whether somebody looks on while the lines come.
    is_watched: bool,
    /// One write for many lines.
    out: BufWriter<Stdout>,
}

impl Sink for Explain {
    fn take(&mut self, unit: Unit<'_>) -> Result<(), CliError> {
        for event in &unit.delivery.events {
            let (message, mut scratch) = (event.message.text(), String::new());
            let fact = if unit.delivery.is_data {
                recognise_message(&event.message, &unit.delivery.source, &mut scratch)
            } else {
                Fact::new(Kind::Control, "control")
            };
            let line = match self.output {
                Output::Json => serde_json::to_string(&Explanation::of(&fact, &unit.delivery.source))?,
                Output::Table => tables::explanation(&fact, &unit.delivery.source, &message),
            };
            writeln!(self.out, "{line}").map_err(CliError::Output)?;
        }
        if self.is_watched {
            self.out.flush().map_err(CliError::Output)?;
        }
        Ok(())
    }

    fn unreadable(&mut self, _: u64) {}
}

/// What an event means, in the names of the public output. What is not known is left out.
#[derive(Serialize)]
struct Explanation<'a> {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<lamplight_logs::Detection>,
    #[serde(skip_serializing_if = "Counts::is_none")]
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_stream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<lamplight_logs::Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milestone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    #[serde(flatten)]
    measures: lamplight_logs::fact::Measures,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cold_start: Option<bool>,
    detector: &'static str,
}

impl<'a> Explanation<'a> {
    fn of(fact: &'a Fact<'_>, source: &'a Source<'_>) -> Self {
        let arn = fact.function_arn.as_deref().and_then(function_in_arn);
        Self {
            kind: fact.kind,
            detection: fact.detection,
            counts: fact.counts,
            account: own(&source.account).or(arn.map(|(_, account, _)| account)),
            region: own(&source.region).or(arn.map(|(region, _, _)| region)),
            function: function_of(source, fact),
            version: own(&fact.version).or_else(|| source.version()),
            log_group: own(&source.log_group),
            log_stream: own(&source.log_stream),
            request_id: own(&fact.request_id),
            trace_id: own(&fact.trace_id),
            segment_id: own(&fact.segment_id),
            correlation_id: own(&fact.correlation_id),
            service: own(&fact.service),
            level: fact.level,
            milestone: own(&fact.milestone),
            error_type: own(&fact.error_type),
            error_message: own(&fact.error_message),
            measures: fact.measures,
            timeout_s: fact.timeout_s,
            status: own(&fact.status),
            phase: own(&fact.phase),
            cold_start: fact.cold_start,
            detector: fact.detector,
        }
    }
}

fn own<'a>(text: &'a Option<Cow<'_, str>>) -> Option<&'a str> {
    text.as_deref()
}
