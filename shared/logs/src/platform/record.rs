//! `{"time":"…","type":"platform.report","record":{"requestId":"…","metrics":{…},"status":"success"}}`
//!
//! The JSON form of all platform lines. Source: Lambda developer guide, "Lambda Telemetry API Event schema
//! reference".

use std::borrow::Cow;

use super::{exit, extension, init, report};
use crate::fact::{Counts, Detection, Fact, Kind, Measures};
use crate::json::Reader;
use crate::text::{measure, whole};
use crate::trace::trace_id;

/// What the `record` of a platform line says, of whatever type the line is.
#[derive(Debug, Default)]
pub(crate) struct Record<'a> {
    /// What it says where it is no object.
    text: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    status: Option<Cow<'a, str>>,
    error_type: Option<Cow<'a, str>>,
    phase: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    function_arn: Option<Cow<'a, str>>,
    function_name: Option<Cow<'a, str>>,
    trace_id: Option<Cow<'a, str>>,
    segment_id: Option<Cow<'a, str>>,
    reason: Option<Cow<'a, str>>,
    is_launch_error: bool,
    measures: Measures,
}

impl<'a> Record<'a> {
    /// Reads the value of `record`.
    pub(crate) fn read(&mut self, value: &mut Reader<'a>) {
        if !value.members(|key, value| self.take(key, value)) {
            self.text = value.text();
        }
    }

    fn take(&mut self, key: &str, value: &mut Reader<'a>) {
        match key {
            "requestId" => self.request_id = value.text(),
            "status" => self.status = value.text(),
            "errorType" => self.error_type = value.text(),
            "phase" => self.phase = value.text(),
            "version" | "functionVersion" => self.version = value.text(),
            "functionArn" => self.function_arn = value.text(),
            "functionName" => self.function_name = value.text(),
            "metrics" => drop(value.members(|key, value| take_metric(&mut self.measures, key, value))),
            "tracing" => drop(value.members(|key, value| match key {
                "value" => self.trace_id = value.text().and_then(trace_id),
                "spanId" => self.segment_id = value.text(),
                _ => {}
            })),
            "state" => self.is_launch_error = value.text().as_deref() == Some("LaunchError"),
            "reason" => self.reason = value.text(),
            _ => {}
        }
    }

    /// The fact of a record of this type (without `platform.`); a type that is not known is no platform record.
    pub(crate) fn fact(&mut self, record_type: &str) -> Option<Fact<'a>> {
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
            "telemetrySubscription" | "logsSubscription" => {
                (Kind::TelemetrySubscription, "platform.telemetrySubscription")
            }
            "logsDropped" => (Kind::LogsDropped, "platform.logsDropped"),
            "fault" => (Kind::Fault, "platform.fault"),
            _ => return None,
        };
        let fact = Fact::new(kind, detector);
        let mut fact = match self.text.take() {
            Some(text) => told(text, fact),
            None => self.tell(fact),
        };
        match kind {
            Kind::Report => report::count(&mut fact),
            Kind::InitReport => {
                fact.measures = Measures { init_ms: self.measures.duration_ms, ..Measures::default() };
                init::count(&mut fact);
            }
            Kind::RestoreReport => {
                fact.measures = Measures { restore_ms: self.measures.duration_ms, ..Measures::default() };
                fact.detection = init::failure(&fact);
            }
            Kind::Extension => extension::raise(&mut fact, self.is_launch_error),
            Kind::LogsDropped => {
                fact.error_message = self.reason.take();
                fact.detection = Some(Detection::LogsDropped);
            }
            _ => {}
        }
        Some(fact)
    }

    /// Hands what an object says over to a fact.
    fn tell(&mut self, mut fact: Fact<'a>) -> Fact<'a> {
        fact.request_id = self.request_id.take();
        fact.status = self.status.take();
        fact.error_type = self.error_type.take();
        fact.phase = self.phase.take();
        fact.version = self.version.take();
        fact.function_arn = self.function_arn.take();
        fact.function_name = self.function_name.take();
        fact.trace_id = self.trace_id.take();
        fact.segment_id = self.segment_id.take();
        fact.measures = self.measures;
        fact
    }
}

/// The fact of a record that is a text: in `platform.fault`, and in `platform.runtimeDone` of the Logs API of 2020.
fn told<'a>(text: Cow<'a, str>, mut fact: Fact<'a>) -> Fact<'a> {
    let told = exit::read(&text);
    fact.request_id = told.as_ref().and_then(|told| told.request_id.as_deref()).map(|id| Cow::Owned(id.to_owned()));
    if fact.kind == Kind::Fault {
        fact.detection = told.as_ref().map_or(Some(Detection::Crash), |told| told.detection);
        fact.counts = told.as_ref().map_or(Counts::NONE, |told| told.counts);
        fact.error_type = told.and_then(|told| told.error_type).map(|name| Cow::Owned(name.into_owned()));
        fact.error_message = Some(text);
    }
    fact
}

fn take_metric(measures: &mut Measures, key: &str, value: &mut Reader<'_>) {
    let mut number = || value.number().and_then(measure);
    match key {
        "durationMs" => measures.duration_ms = number(),
        "billedDurationMs" => measures.billed_ms = number(),
        "initDurationMs" => measures.init_ms = number(),
        "restoreDurationMs" => measures.restore_ms = number(),
        "billedRestoreDurationMs" => measures.billed_restore_ms = number(),
        "memorySizeMB" => measures.memory_mb = number().and_then(whole),
        "maxMemoryUsedMB" => measures.max_memory_mb = number().and_then(whole),
        _ => {}
    }
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
