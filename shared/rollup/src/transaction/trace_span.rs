//! A span as it is kept.

use lamplight_logs::{Fact, LogEvent, SpanKind};
use serde::{Deserialize, Serialize};

use crate::function::FunctionKey;
use crate::issue::cut;

/// Bytes of each name.
pub(crate) const NAME_BYTES: usize = 128;

/// A piece of work within a trace. Spans sort by their beginning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TraceSpan {
    /// When it began, in microseconds since the epoch.
    pub start_us: i64,
    /// Its id, unique within the trace.
    pub span_id: String,
    /// When it ended, in microseconds since the epoch.
    pub end_us: i64,
    /// The span within which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// Its part in a call.
    pub kind: SpanKind,
    /// The service or function that made it.
    pub service: String,
    /// The invocation that made it, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether its status says that it failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
    /// The status of the answer over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Which service was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_service: Option<String>,
    /// What was asked of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_operation: Option<String>,
}

impl TraceSpan {
    /// The span that a line is; nothing if it is none. One whose times are not known stands where its line does.
    #[must_use]
    pub fn of(fact: &Fact<'_>, function: &FunctionKey, event: &LogEvent<'_>) -> Option<Self> {
        let span = fact.span.as_deref()?;
        let short = |text: &str| cut(text, NAME_BYTES).to_owned();
        let start_us = span.start_us.or(span.end_us).unwrap_or(event.timestamp.saturating_mul(1000));
        Some(Self {
            start_us,
            span_id: short(fact.segment_id.as_deref()?),
            end_us: span.end_us.unwrap_or(start_us).max(start_us),
            parent_id: span.parent_id.as_deref().map(short),
            name: short(span.name.as_deref().unwrap_or("span")),
            kind: span.kind,
            service: short(fact.service.as_deref().unwrap_or(&function.function)),
            request_id: fact.request_id.as_deref().map(short),
            is_error: span.is_error,
            http_status: span.http_status,
            remote_service: span.remote_service.as_deref().map(short),
            remote_operation: span.remote_operation.as_deref().map(short),
        })
    }

    /// How long it took, in microseconds.
    #[must_use]
    pub const fn duration_us(&self) -> i64 {
        self.end_us.saturating_sub(self.start_us)
    }

    /// Of a call: the service that was called, else what the call is called.
    #[must_use]
    pub fn callee(&self) -> &str {
        self.remote_service.as_deref().unwrap_or(&self.name)
    }

    /// Whether it failed, by its status or by the answer that it got.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.is_error || self.http_status.is_some_and(|status| status >= 500)
    }
}
