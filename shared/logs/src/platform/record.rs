//! `{"time":"…","type":"platform.report","record":{"requestId":"…","metrics":{…},"status":"success"}}`
//!
//! The JSON form of all platform lines. Source: Lambda developer guide, "Lambda Telemetry API Event schema
//! reference".

use std::borrow::Cow;

use super::{exit, extension, init, report};
use crate::fact::{Counts, Detection, Fact, Kind, Measures};
use crate::json::{Member, members};
use crate::text::{measure, whole};
use crate::trace::xray_trace_id;

/// Reads a platform record of this type (without `platform.`); a type that is not known is no platform record.
pub(crate) fn read<'a>(record_type: &str, record: Member<'a>) -> Option<Fact<'a>> {
    let (kind, detector) = match record_type {
        "start" => (Kind::Start, "platform.start"),
        "end" => (Kind::End, "platform.end"),
        "report" => (Kind::Report, "platform.report"),
        "initStart" => (Kind::InitStart, "platform.initStart"),
        "initRuntimeDone" => (Kind::InitRuntimeDone, "platform.initRuntimeDone"),
        "initReport" => (Kind::InitReport, "platform.initReport"),
        "restoreStart" => (Kind::RestoreStart, "platform.restoreStart"),
        "restoreRuntimeDone" => (Kind::RestoreRuntimeDone, "platform.restoreRuntimeDone"),
        "restoreReport" => (Kind::RestoreReport, "platform.restoreReport"),
        "runtimeDone" => (Kind::RuntimeDone, "platform.runtimeDone"),
        "extension" => (Kind::Extension, "platform.extension"),
        "telemetrySubscription" | "logsSubscription" => (Kind::TelemetrySubscription, "platform.telemetrySubscription"),
        "logsDropped" => (Kind::LogsDropped, "platform.logsDropped"),
        "fault" => (Kind::Fault, "platform.fault"),
        _ => return None,
    };
    let mut fact = Fact::new(kind, detector);
    match record.object() {
        Some(object) => read_object(object, &mut fact),
        None => read_text(record, &mut fact),
    }
    match kind {
        Kind::Report => report::count(&mut fact),
        Kind::InitReport => {
            fact.measures = Measures { init_ms: fact.measures.duration_ms, ..Measures::default() };
            init::count(&mut fact);
        }
        Kind::RestoreReport => {
            fact.measures = Measures { restore_ms: fact.measures.duration_ms, ..Measures::default() };
            fact.detection = init::failure(&fact);
        }
        Kind::LogsDropped => fact.detection = Some(Detection::LogsDropped),
        _ => {}
    }
    Some(fact)
}

/// The record is a text in `platform.fault`, and in `platform.runtimeDone` of the Logs API of 2020.
fn read_text<'a>(record: Member<'a>, fact: &mut Fact<'a>) {
    let Some(text) = record.text() else { return };
    let told = exit::read(&text);
    fact.request_id = told.as_ref().and_then(|told| told.request_id.as_deref()).map(|id| Cow::Owned(id.to_owned()));
    if fact.kind == Kind::Fault {
        fact.detection = told.as_ref().map_or(Some(Detection::Crash), |told| told.detection);
        fact.counts = told.as_ref().map_or(Counts::NONE, |told| told.counts);
        fact.error_type = told.and_then(|told| told.error_type).map(|name| Cow::Owned(name.into_owned()));
        fact.error_message = Some(text);
    }
}

fn read_object<'a>(object: &'a str, fact: &mut Fact<'a>) {
    let mut launch_error = false;
    let mut reason = None;
    let whole_object = members(object, |key, value| match key {
        "requestId" => fact.request_id = value.text(),
        "status" => fact.status = value.text(),
        "errorType" => fact.error_type = value.text(),
        "phase" => fact.phase = value.text(),
        "version" | "functionVersion" => fact.version = value.text(),
        "functionArn" => fact.function_arn = value.text(),
        "functionName" => fact.function_name = value.text(),
        "metrics" => read_metrics(value, &mut fact.measures),
        "tracing" => read_tracing(value, fact),
        "state" => launch_error = value.text().as_deref() == Some("LaunchError"),
        "reason" => reason = value.text(),
        _ => {}
    });
    debug_assert!(whole_object, "the outer object was read whole");
    match fact.kind {
        Kind::Extension => extension::raise(fact, launch_error),
        Kind::LogsDropped => fact.error_message = reason,
        _ => {}
    }
}

fn read_metrics(value: Member<'_>, measures: &mut Measures) {
    let Some(object) = value.object() else { return };
    members(object, |key, value| {
        let number = value.number().and_then(measure);
        match key {
            "durationMs" => measures.duration_ms = number,
            "billedDurationMs" => measures.billed_ms = number,
            "initDurationMs" => measures.init_ms = number,
            "restoreDurationMs" => measures.restore_ms = number,
            "billedRestoreDurationMs" => measures.billed_restore_ms = number,
            "memorySizeMB" => measures.memory_mb = number.and_then(whole),
            "maxMemoryUsedMB" => measures.max_memory_mb = number.and_then(whole),
            _ => {}
        }
    });
}

fn read_tracing<'a>(value: Member<'a>, fact: &mut Fact<'a>) {
    let Some(object) = value.object() else { return };
    members(object, |key, value| match key {
        "value" => fact.trace_id = value.text().map(xray_trace_id),
        "spanId" => fact.segment_id = value.text(),
        _ => {}
    });
}

#[cfg(test)]
mod tests {
    use crate::fact::{Counts, Detection, Fact, Kind};
    use crate::recognise;
    use crate::source::Source;

    fn read<'a>(line: &'a str) -> Fact<'a> {
        recognise(line, &Source::default())
    }

    #[test]
    fn a_report_counts_like_its_text() {
        let fact = read(
            r#"{"time":"2026-11-20T08:00:00Z","type":"platform.report","record":{"requestId":"a-1","status":"error",
            "errorType":"Runtime.OutOfMemory","metrics":{"durationMs":1.5,"billedDurationMs":90,"memorySizeMB":128,
            "maxMemoryUsedMB":128,"initDurationMs":88.25},"tracing":{"spanId":"s","type":"X-Amzn-Trace-Id",
            "value":"Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Parent=1;Sampled=0"}}}"#,
        );
        assert_eq!((fact.kind, fact.detection), (Kind::Report, Some(Detection::OutOfMemory)));
        assert_eq!(fact.counts, Counts { invocations: 1, cold_starts: 1, ..Counts::OUT_OF_MEMORY });
        assert_eq!(fact.measures.init_ms, Some(88.25));
        assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"));
    }

    /// No real sample settles whether JSON reports name exceptions that the runtime caught: such a report counts.
    #[test]
    fn a_report_with_a_failing_status_counts_whatever_the_exception_line_counts() {
        let fact =
            read(r#"{"type":"platform.report","record":{"requestId":"a","status":"error","errorType":"KeyError"}}"#);
        assert_eq!(fact.counts, Counts { invocations: 1, ..Counts::CRASH });
    }

    #[test]
    fn an_init_report_gives_its_duration_as_that_of_the_initialisation() {
        let fact = read(
            r#"{"type":"platform.initReport","record":{"phase":"init","status":"timeout","metrics":{"durationMs":1e4}}}"#,
        );
        assert_eq!((fact.measures.init_ms, fact.measures.duration_ms), (Some(10000.0), None));
        assert_eq!((fact.detection, fact.counts), (Some(Detection::InitTimeout), Counts::INIT_FAILURE));
    }

    #[test]
    fn a_fault_is_a_text() {
        let fact =
            read(r#"{"type":"platform.fault","record":"RequestId: a-1 Process exited before completing request"}"#);
        assert_eq!((fact.kind, fact.counts), (Kind::Fault, Counts::CRASH));
        assert_eq!(fact.request_id.as_deref(), Some("a-1"));
        let escaped = read(
            r#"{"type":"platform.fault","record":"RequestId: a-1 Error: Runtime exited with error: exit status 1\nRuntime.ExitError"}"#,
        );
        assert_eq!((escaped.counts, escaped.error_type.as_deref()), (Counts::CRASH, Some("Runtime.ExitError")));
    }

    #[test]
    fn runtime_done_stays_silent_beside_the_report() {
        let fact = read(r#"{"type":"platform.runtimeDone","record":{"requestId":"a","status":"timeout"}}"#);
        assert_eq!((fact.kind, fact.detection), (Kind::RuntimeDone, None));
    }

    #[test]
    fn an_unknown_type_is_an_ordinary_object() {
        let fact = read(r#"{"type":"platform.invokeSummary","record":{"requests":12}}"#);
        assert!(fact.counts.is_none() && fact.detection.is_none());
        assert_eq!(fact.kind, Kind::Structured);
    }
}
