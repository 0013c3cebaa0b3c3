//! What fails alike, and when it was seen.

use std::fmt;

use lamplight_logs::{Detection, Fact, LogEvent, Source};

use crate::fingerprint::{Fingerprint, frame, name, title};
use crate::function::FunctionKey;

/// Bytes of a log message that a sample keeps.
const SAMPLE_BYTES: usize = 4096;

/// Where an issue stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has dealt with it.
    New,
    /// It goes on.
    Ongoing,
    /// It occurs ten times as often as people were told.
    Escalating,
    /// Somebody said that it is mended.
    Resolved,
    /// It came back after it was resolved.
    Regressed,
    /// Nobody is to be told of it for now.
    Muted,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Ongoing, Self::Escalating, Self::Resolved, Self::Regressed, Self::Muted];

    /// The name in output and table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Escalating => "escalating",
            Self::Resolved => "resolved",
            Self::Regressed => "regressed",
            Self::Muted => "muted",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The rank of an occurrence: the later is the higher, and of simultaneous ones it is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// When it occurred, in milliseconds since the epoch.
    pub at_ms: i64,
    /// A hash of the event.
    pub event: u64,
}

impl Rank {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, event) = text.split_once('#')?;
        Some(Self { at_ms: crate::time::from_rfc3339(at)?, event: u64::from_str_radix(event, 16).ok()? })
    }
}

impl fmt::Display for Rank {
    /// Sorts as text as it does as a value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{:016x}", crate::time::rfc3339(self.at_ms), self.event)
    }
}

/// One occurrence of an issue: the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Tells the latest occurrence.
    pub rank: Rank,
    /// The invocation, where the line names it.
    pub request_id: Option<String>,
    /// The trace, where the line names it.
    pub trace_id: Option<String>,
    /// The log group.
    pub log_group: Option<String>,
    /// The log stream.
    pub log_stream: Option<String>,
    /// The version of the function, where the line or its log stream names it.
    pub version: Option<String>,
    /// What was logged, cut to 4 KB.
    pub message: String,
}

/// What fails alike in one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The function that fails.
    pub key: FunctionKey,
    /// What it raises.
    pub detection: Detection,
    /// What it is called: the same for every occurrence.
    pub title: String,
    /// Where in the function's own code it arises: the same for every occurrence.
    pub frame: Option<String>,
    /// When it was first seen, in milliseconds since the epoch.
    pub first_seen_ms: i64,
    /// The latest occurrence.
    pub sample: Sample,
}

impl Issue {
    /// The issue of one occurrence, with its identity.
    #[must_use]
    pub fn raised(
        key: &FunctionKey,
        detection: Detection,
        fact: &Fact<'_>,
        source: &Source<'_>,
        event: &LogEvent<'_>,
    ) -> (Fingerprint, Self) {
        let message = event.message.text();
        let frame = frame(detection, &message);
        let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let fingerprint = Fingerprint::of(key, detection, fact, frame.as_deref());
        let issue = Self {
            key: key.clone(),
            detection,
            title: title(detection, fact),
            frame,
            first_seen_ms: event.timestamp,
            sample: Sample {
                rank: Rank { at_ms: event.timestamp, event: event.identity() },
                request_id: own(&fact.request_id),
                trace_id: own(&fact.trace_id),
                log_group: own(&source.log_group),
                log_stream: own(&source.log_stream),
                version: own(&fact.version).or_else(|| source.version().map(str::to_owned)),
                message: cut(message.trim_end(), SAMPLE_BYTES).to_owned(),
            },
        };
        (fingerprint, issue)
    }

    /// The same occurrences as part of the issue that takes what is not told apart.
    #[must_use]
    pub fn among_others(self) -> (Fingerprint, Self) {
        let fingerprint = Fingerprint::of_others(&self.key, self.detection);
        let title = format!("{}: others, not told apart", name(self.detection));
        (fingerprint, Self { title, frame: None, ..self })
    }

    /// Takes another's occurrences in: the earliest and the latest time, and the latest sample.
    pub fn merge(&mut self, other: Self) {
        self.first_seen_ms = self.first_seen_ms.min(other.first_seen_ms);
        if other.sample.rank > self.sample.rank {
            self.sample = other.sample;
        }
    }
}

/// The text up to a number of bytes, cut between characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use lamplight_logs::recognise;

    use super::*;

    fn issue(timestamp: i64, id: &'static str) -> Issue {
        let source = Source::default();
        let event = LogEvent { id: id.into(), timestamp, message: "panic: no card\n".into() };
        let fact = recognise("panic: no card", &source);
        let key = FunctionKey { account: "1".into(), region: "r".into(), function: "f".into() };
        Issue::raised(&key, Detection::Crash, &fact, &source, &event).1
    }

    #[test]
    fn merging_keeps_the_first_time_and_the_latest_sample_in_any_order() {
        let parts = [issue(5, "a"), issue(3, "b"), issue(9, "c"), issue(9, "d")];
        let merge = |order: [usize; 4]| {
            let mut issues = order.into_iter().map(|i| parts[i].clone());
            let mut merged = issues.next().unwrap();
            issues.for_each(|issue| merged.merge(issue));
            merged
        };
        let merged = merge([0, 1, 2, 3]);
        assert_eq!((merged.first_seen_ms, merged.sample.rank.at_ms), (3, 9));
        assert_eq!(merge([3, 2, 1, 0]), merged);
        assert_eq!(merge([2, 0, 3, 1]), merged);
    }

    #[test]
    fn ranks_sort_as_text_and_go_there_and_back() {
        let ranks = [Rank { at_ms: 9, event: 1 }, Rank { at_ms: 9, event: u64::MAX }, Rank { at_ms: 10, event: 0 }];
        let texts: Vec<_> = ranks.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted());
        assert_eq!(Rank::parse(&texts[1]), Some(ranks[1]));
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 9), "aé");
    }
}
