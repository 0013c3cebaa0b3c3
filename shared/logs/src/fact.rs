//! What a log line means.

use std::borrow::Cow;

use serde::Serialize;

use crate::level::Level;
use crate::span::SpanFact;

/// What sort of line it is. The names are those of the public output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `START` or `platform.start`: an invocation begins.
    Start,
    /// `END` or `platform.end`.
    End,
    /// `REPORT` or `platform.report`: the billing record, one for each invocation.
    Report,
    /// `INIT_START` or `platform.initStart`.
    InitStart,
    /// `platform.initRuntimeDone`.
    InitRuntimeDone,
    /// `INIT_REPORT` or `platform.initReport`.
    InitReport,
    /// `RESTORE_START` or `platform.restoreStart` (SnapStart).
    RestoreStart,
    /// `platform.restoreRuntimeDone` (SnapStart).
    RestoreRuntimeDone,
    /// `RESTORE_REPORT` or `platform.restoreReport` (SnapStart).
    RestoreReport,
    /// `platform.runtimeDone`: the function's code has returned.
    RuntimeDone,
    /// `EXTENSION` or `platform.extension`.
    Extension,
    /// `TELEMETRY`, `LOGS`, `platform.telemetrySubscription` or `platform.logsSubscription`.
    TelemetrySubscription,
    /// `platform.logsDropped`.
    LogsDropped,
    /// `platform.fault` of the Logs API of 2020.
    Fault,
    /// An `XRAY` line that stands alone.
    Xray,
    /// `<time> <request id> Task timed out after N seconds`.
    Timeout,
    /// A text that says that memory ran out.
    Oom,
    /// A crash or an exception that the runtime reports.
    Error,
    /// A JSON object that the application wrote.
    Structured,
    /// A metric in the embedded metric format.
    Emf,
    /// A span of `aws/spans`.
    Span,
    /// An event of a Step Functions execution.
    #[serde(rename = "stepfunctions")]
    StepFunctions,
    /// A text line of the application that has a level or a request id.
    AppLog,
    /// Anything else.
    Plain,
    /// A control message of CloudWatch Logs.
    Control,
}

impl Kind {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 25] = [
        Self::Start,
        Self::End,
        Self::Report,
        Self::InitStart,
        Self::InitRuntimeDone,
        Self::InitReport,
        Self::RestoreStart,
        Self::RestoreRuntimeDone,
        Self::RestoreReport,
        Self::RuntimeDone,
        Self::Extension,
        Self::TelemetrySubscription,
        Self::LogsDropped,
        Self::Fault,
        Self::Xray,
        Self::Timeout,
        Self::Oom,
        Self::Error,
        Self::Structured,
        Self::Emf,
        Self::Span,
        Self::StepFunctions,
        Self::AppLog,
        Self::Plain,
        Self::Control,
    ];
}

/// What a line raises: the kind of the issue it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detection {
    /// The invocation reached its time limit.
    Timeout,
    /// Memory ran out.
    OutOfMemory,
    /// The process ended without answering.
    Crash,
    /// An exception that nobody caught but the runtime.
    Exception,
    /// The function cannot start as it is configured: handler, module, entry point, architecture.
    Configuration,
    /// The role may not do what the code wants to do.
    Permission,
    /// The code ended the process before it answered.
    EarlyExit,
    /// The initialisation reached its limit; Lambda tries again.
    InitTimeout,
    /// The initialisation failed; Lambda tries again.
    InitFailure,
    /// Lambda could not keep up with the telemetry and dropped some.
    LogsDropped,
    /// An error that the application handled and logged.
    ErrorLog,
    /// A milestone of a flow did not come in time. No line says so: the flow does, when its limit is over.
    MissingMilestone,
}

impl Detection {
    /// The name in output, tables and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::Crash => "crash",
            Self::Exception => "exception",
            Self::Configuration => "configuration",
            Self::Permission => "permission",
            Self::EarlyExit => "early_exit",
            Self::InitTimeout => "init_timeout",
            Self::InitFailure => "init_failure",
            Self::LogsDropped => "logs_dropped",
            Self::ErrorLog => "error_log",
            Self::MissingMilestone => "missing_milestone",
        }
    }
}

/// How an invocation, an initialisation or a restore ended, where the platform's word for it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It did what it should.
    Success,
    /// The function failed, as JSON records say it.
    Failure,
    /// The function failed, as text lines say it.
    Error,
    /// The limit was reached.
    Timeout,
}

impl Status {
    /// Reads the word of a line; a status that is not listed is unknown and no failure.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "success" => Some(Self::Success),
            "failure" => Some(Self::Failure),
            "error" => Some(Self::Error),
            "timeout" => Some(Self::Timeout),
            _ => None,
        }
    }

    /// Whether the thing that has this status failed.
    #[must_use]
    pub const fn failed(self) -> bool {
        !matches!(self, Self::Success)
    }
}

/// What a line adds to the counters of its function. Each is 0 or 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Invocations that ended: one for each report.
    #[serde(skip_serializing_if = "is_zero")]
    pub invocations: u8,
    /// Invocations that failed, for whatever reason.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u8,
    /// Failures by reaching the time limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeouts: u8,
    /// Failures by lack of memory.
    #[serde(skip_serializing_if = "is_zero")]
    pub out_of_memory: u8,
    /// Failures by a process that ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub crashes: u8,
    /// Failures by an exception that the runtime caught.
    #[serde(skip_serializing_if = "is_zero")]
    pub exceptions: u8,
    /// Initialisations that failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub init_failures: u8,
    /// Invocations that had to wait for an initialisation or a restore.
    #[serde(skip_serializing_if = "is_zero")]
    pub cold_starts: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(count: &u8) -> bool {
    *count == 0
}

impl Counts {
    /// Nothing.
    pub const NONE: Self = Self {
        invocations: 0,
        failed: 0,
        timeouts: 0,
        out_of_memory: 0,
        crashes: 0,
        exceptions: 0,
        init_failures: 0,
        cold_starts: 0,
    };
    /// A failure told by the old timeout line.
    pub const TIMEOUT: Self = Self { failed: 1, timeouts: 1, ..Self::NONE };
    /// A failure told by the old line of a process that was killed.
    pub const OUT_OF_MEMORY: Self = Self { failed: 1, out_of_memory: 1, ..Self::NONE };
    /// A failure told by the old line of a process that ended.
    pub const CRASH: Self = Self { failed: 1, crashes: 1, ..Self::NONE };
    /// A failure told by the runtime's own exception line.
    pub const EXCEPTION: Self = Self { failed: 1, exceptions: 1, ..Self::NONE };
    /// A failed initialisation.
    pub const INIT_FAILURE: Self = Self { init_failures: 1, ..Self::NONE };

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// The numbers of a report, as the line prints them; what it does not print is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Measures {
    /// How long the handler ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// What is paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_ms: Option<f64>,
    /// How long the initialisation took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<f64>,
    /// How long the restore of a snapshot took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_ms: Option<f64>,
    /// What is paid for the restore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_restore_ms: Option<f64>,
    /// Memory that the function was given, in MB as Lambda prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// The most memory that the environment has used so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory_mb: Option<u64>,
}

/// What one log line means: a pure function of the line and of the group and stream it stands in.
///
/// Texts are borrowed from the line wherever its escapes allow that.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<'a> {
    /// What sort of line it is.
    pub kind: Kind,
    /// What it raises, if anything.
    pub detection: Option<Detection>,
    /// Whether the application raises the detection on purpose.
    pub is_on_purpose: bool,
    /// What it adds to the counters of its function.
    pub counts: Counts,
    /// The numbers of a report.
    pub measures: Measures,
    /// The time limit in seconds that a timeout line names.
    pub timeout_s: Option<f64>,
    /// How the thing ended, in the platform's word.
    pub status: Option<Cow<'a, str>>,
    /// `init` or `invoke`: when an initialisation ran.
    pub phase: Option<Cow<'a, str>>,
    /// Whether the invocation waited for an initialisation or a restore, where the line tells.
    pub cold_start: Option<bool>,
    /// Lambda's id of the invocation.
    pub request_id: Option<Cow<'a, str>>,
    /// The trace, in X-Ray's form where the id allows it.
    pub trace_id: Option<Cow<'a, str>>,
    /// X-Ray's id of the segment.
    pub segment_id: Option<Cow<'a, str>>,
    /// The application's own id of what belongs together.
    pub correlation_id: Option<Cow<'a, str>>,
    /// The service that the application says it is.
    pub service: Option<Cow<'a, str>>,
    /// A named point that the application says it has reached.
    pub milestone: Option<Cow<'a, str>>,
    /// How serious the application says it is.
    pub level: Option<Level>,
    /// The type of the error.
    pub error_type: Option<Cow<'a, str>>,
    /// The message of the error, or the text that explains the detection.
    pub error_message: Option<Cow<'a, str>>,
    /// The ARN of the function, where a record names it.
    pub function_arn: Option<Cow<'a, str>>,
    /// The name of the function, where a record names it.
    pub function_name: Option<Cow<'a, str>>,
    /// The version of the function, where a line names it.
    pub version: Option<Cow<'a, str>>,
    /// What a span says besides its ids. Few lines are spans: it stands apart, so that the others stay small. Of a line
    /// that holds many, [`spans`](crate::spans) has each.
    pub span: Option<Box<SpanFact<'a>>>,
    /// Which detector read the line.
    pub detector: &'static str,
}

impl<'a> Fact<'a> {
    /// A fact of this kind, read by this detector, that says nothing more.
    #[must_use]
    pub const fn new(kind: Kind, detector: &'static str) -> Self {
        Self {
            kind,
            detection: None,
            is_on_purpose: false,
            counts: Counts::NONE,
            measures: Measures {
                duration_ms: None,
                billed_ms: None,
                init_ms: None,
                restore_ms: None,
                billed_restore_ms: None,
                memory_mb: None,
                max_memory_mb: None,
            },
            timeout_s: None,
            status: None,
            phase: None,
            cold_start: None,
            request_id: None,
            trace_id: None,
            segment_id: None,
            correlation_id: None,
            service: None,
            milestone: None,
            level: None,
            error_type: None,
            error_message: None,
            function_arn: None,
            function_name: None,
            version: None,
            span: None,
            detector,
        }
    }

    /// The fact with this detection and what it counts.
    #[must_use]
    pub const fn raising(mut self, detection: Detection, counts: Counts) -> Self {
        self.detection = Some(detection);
        self.counts = counts;
        self
    }

    /// The fact with the id of its invocation.
    #[must_use]
    pub fn of_request(mut self, request_id: impl Into<Cow<'a, str>>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// The fact with the error that it tells of.
    #[must_use]
    pub fn with_error(mut self, error_type: Option<Cow<'a, str>>, error_message: Option<Cow<'a, str>>) -> Self {
        self.error_type = error_type;
        self.error_message = error_message;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_the_order_of_their_values() {
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i, "{kind:?}");
        }
    }
}
