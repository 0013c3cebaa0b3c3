//! What a span says besides its ids: OpenTelemetry's piece of work within a trace.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Which part in a call a span has. The values are those of OpenTelemetry's protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Not said.
    #[default]
    Unspecified = 0,
    /// Work of its own.
    Internal = 1,
    /// It answers a call.
    Server = 2,
    /// It makes a call and waits.
    Client = 3,
    /// It sends a message.
    Producer = 4,
    /// It takes a message.
    Consumer = 5,
}

impl SpanKind {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 6] =
        [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    /// The name in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// Reads the word of an exporter: `SERVER`, `SPAN_KIND_SERVER` or `SpanKind.SERVER`.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let word = word.rsplit(['.', '_']).next().unwrap_or(word);
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(word)).unwrap_or_default()
    }

    /// Whether the work is done elsewhere.
    #[must_use]
    pub const fn is_call(self) -> bool {
        matches!(self, Self::Client | Self::Producer)
    }
}

/// What a span says besides its ids. Times are in microseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanFact<'a> {
    /// The span within which it was made.
    pub parent_id: Option<Cow<'a, str>>,
    /// What it is called.
    pub name: Option<Cow<'a, str>>,
    /// Its part in a call.
    pub kind: SpanKind,
    /// When it began.
    pub start_us: Option<i64>,
    /// When it ended.
    pub end_us: Option<i64>,
    /// Whether its status says that it failed.
    pub is_error: bool,
    /// The status of the answer over HTTP.
    pub http_status: Option<u16>,
    /// Which service was called.
    pub remote_service: Option<Cow<'a, str>>,
    /// What was asked of it.
    pub remote_operation: Option<Cow<'a, str>>,
}
