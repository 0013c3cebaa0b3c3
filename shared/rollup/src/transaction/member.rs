//! What one invocation did in a transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplight_logs::{Detection, Fact, LogEvent, Source, Status};
use serde::{Deserialize, Serialize};

use super::smallest::Smallest;
use crate::fingerprint::name;
use crate::function::FunctionKey;
use crate::issue::cut;

/// Milestones that are kept of a member.
pub const MILESTONES: usize = 50;
/// Names of which the first time is kept where a member has more milestones.
pub const LATER: usize = 50;
/// Failures that are counted of a member.
pub const ERRORS: usize = 500;
/// Failures of which the words are kept.
pub const NOTES: usize = 5;
/// Tries that are kept of a member besides the longest; Lambda makes three where it is invoked asynchronously.
pub const TRIES: usize = 10;
/// Labels that are kept of a member.
pub const LABELS: usize = 20;

/// Bytes of a milestone's name, and of the words of a failure.
pub(crate) const TEXT_BYTES: usize = 256;

/// One invocation in a transaction, or what a function said of the trace without naming one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey {
    /// The function.
    pub function: Arc<FunctionKey>,
    /// The invocation; empty where the line named none.
    pub request_id: Box<str>,
}

/// What one member did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// When it is first known to have run, in milliseconds since the epoch.
    pub first_ms: i64,
    /// When it is last known to have run.
    pub last_ms: i64,
    /// What the platform measured: of several tries, which have the same request id, the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// What it measured of the other tries: [`TRIES`] of them, always the same.
    #[serde(default, skip_serializing_if = "Smallest::is_empty")]
    pub other_tries: Smallest<Report, TRIES>,
    /// The points it reached, when and their names: the first [`MILESTONES`] of them.
    #[serde(default, skip_serializing_if = "Smallest::is_empty")]
    pub milestones: Smallest<(i64, String), MILESTONES>,
    /// Of the milestones that are not among these, the first time of each name: flows are told by it. So many names, the
    /// first in their order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub later: BTreeMap<String, i64>,
    /// The identities of the events that told of a failure: [`ERRORS`] of them, always the same.
    #[serde(default, skip_serializing_if = "Smallest::is_empty")]
    pub errors: Smallest<u64, ERRORS>,
    /// The words of the first [`NOTES`] failures.
    #[serde(default, skip_serializing_if = "Smallest::is_empty")]
    pub notes: Smallest<Note, NOTES>,
    /// Names and values by which it can be found.
    #[serde(default, skip_serializing_if = "Smallest::is_empty")]
    pub labels: Smallest<(String, String), LABELS>,
}

/// What the platform measured of an invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Report {
    /// How long the handler ran, in microseconds.
    pub duration_us: u64,
    /// When it was reported, in milliseconds since the epoch: tells a try from others that took as long.
    #[serde(default)]
    pub reported_ms: i64,
    /// How long the initialisation took, in microseconds, if the invocation waited for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_us: Option<u64>,
    /// The memory that the function was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// The most memory that the environment has used so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory_mb: Option<u64>,
    /// How it failed, in the platform's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The log stream that it stands in, as [`Source::stream_identity`] has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<u64>,
}

/// What an event that told of a failure says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The event's identity.
    pub event: u64,
    /// What it raised.
    pub kind: Detection,
    /// Its first words.
    pub text: String,
    /// The log group that it stands in, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    /// The log stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_stream: Option<String>,
}

impl Member {
    /// What one line says of its member. A span has times of its own.
    #[must_use]
    pub fn of(fact: &Fact<'_>, event: &LogEvent<'_>, source: &Source<'_>) -> Self {
        let note = fact.detection.map(|detection| Note::of(detection, fact, event, source));
        let milestone = fact.milestone.as_deref().map(|name| (event.timestamp, short(name)));
        let span = fact.span.as_deref().and_then(|span| Some((span.start_us? / 1000, span.end_us? / 1000)));
        let (first_ms, last_ms) =
            span.filter(|(start_ms, end_ms)| start_ms <= end_ms).unwrap_or((event.timestamp, event.timestamp));
        Self {
            milestones: milestone.into_iter().collect(),
            errors: note.iter().map(|note| note.event).collect(),
            notes: note.into_iter().collect(),
            ..Report::of(fact, event, source).map_or_else(|| Self::between(first_ms, last_ms), Self::measured)
        }
    }

    /// What a report says of its member.
    #[must_use]
    pub fn measured(report: Report) -> Self {
        let (first_ms, last_ms) = (report.started_ms(), report.reported_ms);
        Self { report: Some(report), ..Self::between(first_ms, last_ms) }
    }

    /// A member that ran then, and of which nothing else is known.
    fn between(first_ms: i64, last_ms: i64) -> Self {
        Self {
            first_ms,
            last_ms,
            report: None,
            other_tries: Smallest::default(),
            milestones: Smallest::default(),
            later: BTreeMap::new(),
            errors: Smallest::default(),
            notes: Smallest::default(),
            labels: Smallest::default(),
        }
    }

    /// The same without the points that it reached.
    #[must_use]
    pub fn without_milestones(self) -> Self {
        Self { milestones: Smallest::default(), later: BTreeMap::new(), ..self }
    }

    /// How long it took, in microseconds: as the platform measured it, else from the first to the last known time.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        let known_us = || self.last_ms.saturating_sub(self.first_ms).saturating_mul(1000);
        self.report.as_ref().map_or_else(|| u64::try_from(known_us()).unwrap_or(0), |report| report.duration_us)
    }

    /// How often it was tried, as far as it is known; of some more than [`TRIES`] it is not.
    #[must_use]
    pub fn tries(&self) -> usize {
        usize::from(self.report.is_some()) + self.other_tries.len()
    }

    /// How long all tries took together, in microseconds; nothing unless there were several.
    #[must_use]
    pub fn tried_us(&self) -> Option<u64> {
        let longest = self.report.as_ref().filter(|_| !self.other_tries.is_empty())?;
        let others = self.other_tries.iter().map(|other| other.duration_us);
        Some(others.fold(longest.duration_us, u64::saturating_add))
    }

    /// When it first reached a milestone of this name, in milliseconds since the epoch.
    #[must_use]
    pub fn reached_ms(&self, name: &str) -> Option<i64> {
        let first = self.milestones.iter().find(|(_, own)| own == name).map(|(at_ms, _)| *at_ms);
        first.or_else(|| self.later.get(name).copied())
    }

    /// Notes a milestone that is not kept for itself.
    fn reach_later(&mut self, at_ms: i64, name: String) {
        let first = self.later.entry(name).or_insert(at_ms);
        *first = (*first).min(at_ms);
        if self.later.len() > LATER {
            self.later.pop_last();
        }
    }

    /// Takes another's facts in.
    pub fn merge(&mut self, other: Self) {
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.other_tries.extend(other.other_tries);
        let (shorter, longest) = if self.report > other.report {
            (other.report, self.report.take())
        } else {
            (self.report.take(), other.report)
        };
        self.other_tries.extend(shorter.filter(|shorter| longest.as_ref() != Some(shorter)));
        self.report = longest;
        for (name, at_ms) in other.later {
            self.reach_later(at_ms, name);
        }
        for milestone in other.milestones {
            if let Some((at_ms, name)) = self.milestones.insert(milestone) {
                self.reach_later(at_ms, name);
            }
        }
        self.errors.extend(other.errors);
        self.notes.extend(other.notes);
        self.labels.extend(other.labels);
    }
}

impl Report {
    /// When what it measures began, in milliseconds since the epoch: it stands at the end of that.
    #[must_use]
    pub fn started_ms(&self) -> i64 {
        self.reported_ms.saturating_sub((self.duration_us as f64 / 1000.0).round() as i64)
    }

    /// What a line measured; nothing if it is no report.
    pub(crate) fn of(fact: &Fact<'_>, event: &LogEvent<'_>, source: &Source<'_>) -> Option<Self> {
        if fact.counts.invocations == 0 {
            return None;
        }
        let measures = &fact.measures;
        let status = fact.status.as_deref().filter(|status| Status::from_word(status) != Some(Status::Success));
        Some(Self {
            duration_us: measures.duration_ms.map_or(0, microseconds),
            reported_ms: event.timestamp,
            init_us: measures.init_ms.or(measures.restore_ms).map(microseconds),
            memory_mb: measures.memory_mb,
            max_memory_mb: measures.max_memory_mb,
            status: status.map(|status| cut(status, TEXT_BYTES).to_owned()),
            stream: source.stream_identity(),
        })
    }
}

/// A text within bounds, without what is many times as long where it is kept.
fn short(text: &str) -> String {
    cut(text, TEXT_BYTES).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration is from 0 to 10⁹ ms")]
fn microseconds(duration_ms: f64) -> u64 {
    (duration_ms * 1000.0).round() as u64
}

impl Note {
    /// What an event tells that raises this.
    pub(crate) fn of(kind: Detection, fact: &Fact<'_>, event: &LogEvent<'_>, source: &Source<'_>) -> Self {
        let message = || match fact.measures.duration_ms {
            // A report is for programs.
            Some(duration_ms) => format!("{} after {:.2} s", name(kind), duration_ms / 1000.0),
            None => event.message.text().trim().to_owned(),
        };
        let text = match (fact.error_type.as_deref(), fact.error_message.as_deref()) {
            (Some(name), Some(words)) => format!("{name}: {words}"),
            (Some(name), None) => name.to_owned(),
            (None, Some(words)) => words.to_owned(),
            (None, None) => message(),
        };
        let known = |name: &Option<std::borrow::Cow<'_, str>>| name.as_deref().map(str::to_owned);
        Self {
            at_ms: event.timestamp,
            event: event.identity(),
            kind,
            text: short(text.lines().next().unwrap_or_default()),
            log_group: known(&source.log_group),
            log_stream: known(&source.log_stream),
        }
    }
}
