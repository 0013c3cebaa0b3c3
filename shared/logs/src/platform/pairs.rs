//! `Key: value` pairs, as the text platform lines have them.

use std::borrow::Cow;

use crate::fact::{Fact, Measures};
use crate::text::{after_blanks, after_space, number, token, whole};
use crate::trace::trace_id;

/// The pairs of a line; what it does not have is absent.
#[derive(Debug, Default)]
pub(super) struct Pairs<'a> {
    pub(super) measures: Measures,
    pub(super) status: Option<&'a str>,
    pub(super) error_type: Option<&'a str>,
    pub(super) phase: Option<&'a str>,
    pub(super) trace_id: Option<&'a str>,
    pub(super) segment_id: Option<&'a str>,
}

#[derive(Clone, Copy)]
enum Key {
    Duration,
    Billed,
    Init,
    Restore,
    BilledRestore,
    Memory,
    MaxMemory,
    Status,
    ErrorType,
    Phase,
    TraceId,
    SegmentId,
}

/// Longer keys end like shorter ones (`Billed Duration:`), but a pair is read from its start: no order is needed
/// beyond the likeliest first.
const KEYS: [(&str, Key); 12] = [
    ("Duration:", Key::Duration),
    ("Billed Duration:", Key::Billed),
    ("Memory Size:", Key::Memory),
    ("Max Memory Used:", Key::MaxMemory),
    ("Init Duration:", Key::Init),
    ("TraceId:", Key::TraceId),
    ("SegmentId:", Key::SegmentId),
    ("Status:", Key::Status),
    ("Error Type:", Key::ErrorType),
    ("Phase:", Key::Phase),
    ("Restore Duration:", Key::Restore),
    ("Billed Restore Duration:", Key::BilledRestore),
];

impl<'a> Pairs<'a> {
    /// Reads the known pairs in whatever order and spacing they stand; the first of each key counts.
    pub(super) fn read(text: &'a str) -> Self {
        let mut pairs = Self::default();
        let mut rest = after_space(text);
        while !rest.is_empty() {
            rest = after_space(match KEYS.iter().find_map(|(word, key)| Some((*key, rest.strip_prefix(word)?))) {
                Some((key, value)) => pairs.take(key, after_blanks(value)),
                None => token(rest).1,
            });
        }
        pairs
    }

    /// Takes the value that the text begins with and returns what follows it.
    fn take(&mut self, key: Key, text: &'a str) -> &'a str {
        let measures = &mut self.measures;
        match key {
            Key::Duration => take_number(&mut measures.duration_ms, text, "ms"),
            Key::Billed => take_number(&mut measures.billed_ms, text, "ms"),
            Key::Init => take_number(&mut measures.init_ms, text, "ms"),
            Key::Restore => take_number(&mut measures.restore_ms, text, "ms"),
            Key::BilledRestore => take_number(&mut measures.billed_restore_ms, text, "ms"),
            Key::Memory => take_whole(&mut measures.memory_mb, text),
            Key::MaxMemory => take_whole(&mut measures.max_memory_mb, text),
            // The next key may follow without a separator: a status is lower case, keys are capitalised.
            Key::Status => take_word(&mut self.status, text, |c| !c.is_ascii_lowercase()),
            Key::Phase => take_word(&mut self.phase, text, |c| !c.is_ascii_lowercase()),
            Key::ErrorType => take_word(&mut self.error_type, text, char::is_whitespace),
            Key::TraceId => take_word(&mut self.trace_id, text, char::is_whitespace),
            Key::SegmentId => take_word(&mut self.segment_id, text, char::is_whitespace),
        }
    }

    /// Hands everything that was read over to a fact.
    pub(super) fn tell(self, fact: &mut Fact<'a>) {
        fact.measures = self.measures;
        fact.status = self.status.map(Cow::Borrowed);
        fact.error_type = self.error_type.map(Cow::Borrowed);
        fact.phase = self.phase.map(Cow::Borrowed);
        fact.trace_id = self.trace_id.and_then(|id| trace_id(Cow::Borrowed(id)));
        fact.segment_id = self.segment_id.map(Cow::Borrowed);
    }
}

fn take_number<'a>(slot: &mut Option<f64>, text: &'a str, unit: &str) -> &'a str {
    let Some((value, rest)) = number(text) else {
        return text;
    };
    slot.get_or_insert(value);
    let rest = after_blanks(rest);
    rest.strip_prefix(unit).unwrap_or(rest)
}

fn take_whole<'a>(slot: &mut Option<u64>, text: &'a str) -> &'a str {
    let mut value = None;
    let rest = take_number(&mut value, text, "MB");
    if let Some(value) = value.and_then(whole) {
        slot.get_or_insert(value);
    }
    rest
}

fn take_word<'a>(slot: &mut Option<&'a str>, text: &'a str, ends: impl Fn(char) -> bool) -> &'a str {
    let (word, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
    if !word.is_empty() {
        slot.get_or_insert(word);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_any_order_and_spacing() {
        let pairs = Pairs::read(
            "Init Duration: 80.00 ms   Billed Duration: 100 msMemory Size: 128 MB\tDuration:  12.5 ms \t\
             Max Memory Used: 64 MB\tStatus: errorError Type: Runtime.ExitError\t\nXRAY TraceId: 1-a-b SegmentId: c",
        );
        let measures = pairs.measures;
        assert_eq!((measures.duration_ms, measures.billed_ms, measures.init_ms), (Some(12.5), Some(100.0), Some(80.0)));
        assert_eq!((measures.memory_mb, measures.max_memory_mb), (Some(128), Some(64)));
        assert_eq!((pairs.status, pairs.error_type), (Some("error"), Some("Runtime.ExitError")));
        assert_eq!((pairs.trace_id, pairs.segment_id), (Some("1-a-b"), Some("c")));
    }

    #[test]
    fn what_is_no_value_is_no_pair() {
        let pairs = Pairs::read("Duration: fast Memory Size: -1 MB Status:");
        assert_eq!(pairs.measures, Measures::default());
        assert_eq!(pairs.status, None);
    }
}
