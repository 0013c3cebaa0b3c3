//! Flows: from one milestone to another, in time.
//!
//! A flow is a name, the milestones from its first to its last, and a time limit, as people write it:
//! `orders: ORDER_PLACED > PAYMENT_CAPTURED > ORDER_CONFIRMED within 5m`.
//!
//! - [`passage`]: the way of one request through a flow, and what became of it
//! - [`missing`]: a milestone that did not come in time
//! - [`lead_times`]: what passages add up to

pub mod lead_times;
pub mod missing;
pub mod passage;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use lead_times::LeadTimes;
pub use missing::{Missing, MissingMilestone};
pub use passage::{Outcome, Passage, Passed};

use xxhash_rust::xxh3::xxh3_64;

use crate::bucket::{Bucket, Span};
use crate::ledger::Ledger;
use crate::transaction::Family;
use crate::transaction::member::TEXT_BYTES;

/// Characters of a flow's name.
const NAME: usize = 64;

/// Milestones of a flow.
const MILESTONES: usize = 20;

/// The longest limit: transactions are kept for twice as long.
const LONGEST_MS: i64 = 7 * 86_400_000;

/// How long after a limit what was said in time may still be on its way from the function to the table: until then nothing
/// is missing.
pub const GRACE_MS: i64 = 15_000;

/// The units of a limit, the longest first.
const UNITS: [(&str, i64); 4] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// From one milestone to another, in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What it is called.
    pub name: String,
    /// Its milestones, from the first to the last: at least two.
    pub milestones: Vec<String>,
    /// How much time there is from the first to the last, in milliseconds.
    pub limit_ms: i64,
}

/// Why a text is no flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write a flow as `orders: ORDER_PLACED > ORDER_CONFIRMED within 5m`")]
pub struct FlowError(String);

impl Flow {
    /// What its figures stand under: one that is changed begins anew.
    #[must_use]
    pub fn figures(&self) -> String {
        format!("{}#{:08x}", self.name, xxh3_64(self.to_string().as_bytes()) >> 32)
    }

    /// The first milestone.
    #[must_use]
    pub fn first(&self) -> &str {
        self.milestones.first().map_or("", String::as_str)
    }

    /// The last milestone.
    #[must_use]
    pub fn last(&self) -> &str {
        self.milestones.last().map_or("", String::as_str)
    }

    /// Whether a milestone is one of its own.
    #[must_use]
    pub fn has(&self, milestone: &str) -> bool {
        self.milestones.iter().any(|own| own == milestone)
    }

    /// From when on a passage is missing that began at this time and is not complete, in milliseconds since the epoch.
    #[must_use]
    pub const fn missing_from_ms(&self, started_ms: i64) -> i64 {
        started_ms.saturating_add(self.limit_ms).saturating_add(GRACE_MS + 1)
    }

    /// Its limit, as people write it.
    #[must_use]
    pub fn limit(&self) -> String {
        limit(self.limit_ms)
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} within {}", self.name, self.milestones.join(" > "), self.limit())
    }
}

impl FromStr for Flow {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        let wrong = |reason: &str| FlowError(reason.to_owned());
        let (name, rest) = text.split_once(':').ok_or_else(|| wrong("a flow has a name and a colon"))?;
        let (path, limit) = rest.rsplit_once(" within ").ok_or_else(|| wrong("a flow has a limit, `within 5m`"))?;
        let name = name.trim();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=NAME).contains(&name.len()) || !name.bytes().all(is_name) {
            return Err(FlowError(format!(
                "`{name}` is no name of a flow: it has up to {NAME} letters, digits, `-`, `_`"
            )));
        }
        let milestones: Vec<_> = path.split('>').map(|milestone| milestone.trim().to_owned()).collect();
        if !(2..=MILESTONES).contains(&milestones.len()) {
            return Err(FlowError(format!("a flow has 2 to {MILESTONES} milestones with `>` between them")));
        }
        for (i, milestone) in milestones.iter().enumerate() {
            if milestone.is_empty() || milestone.len() > TEXT_BYTES {
                return Err(FlowError(format!("a milestone has 1 to {TEXT_BYTES} bytes")));
            }
            if milestones[..i].contains(milestone) {
                return Err(FlowError(format!("`{milestone}` stands twice: a flow reaches a milestone once")));
            }
        }
        Ok(Self { name: name.to_owned(), milestones, limit_ms: limit_ms(limit.trim())? })
    }
}

/// A limit in milliseconds, as people write it.
#[must_use]
pub fn limit(limit_ms: i64) -> String {
    let whole = UNITS.iter().find(|(_, unit_ms)| limit_ms % unit_ms == 0);
    whole.map_or_else(|| format!("{limit_ms}ms"), |(unit, unit_ms)| format!("{}{unit}", limit_ms / unit_ms))
}

/// Follows all transactions of a ledger through flows, and takes what is missing in time into it; what each adds up to,
/// by the start of the hour in which its passages began.
#[must_use]
pub fn follow<'f>(ledger: &mut Ledger, flows: &'f [Flow], now_ms: i64) -> Vec<(&'f Flow, BTreeMap<i64, LeadTimes>)> {
    let mut missing = Ledger::default();
    ledger.transactions.join_reports();
    let families = ledger.transactions.families();
    let followed = flows.iter().map(|flow| {
        let mut hours: BTreeMap<i64, LeadTimes> = BTreeMap::new();
        for Family { id, story, .. } in &families {
            let Some(passed) = flow.passage(story).map(|passage| passage.passed(now_ms)) else { continue };
            hours.entry(Bucket::holding(Span::Hour, passed.started_ms).start_ms).or_default().add(&passed);
            let is_missing = passed.outcome == Outcome::Missing;
            if let Some(found) = is_missing.then(|| Missing::of(flow, story)).flatten() {
                missing.merge(found.told(id).ledger());
            }
        }
        (flow, hours)
    });
    let followed = followed.collect();
    ledger.merge(missing);
    followed
}

fn limit_ms(text: &str) -> Result<i64, FlowError> {
    let read = UNITS.iter().find_map(|(unit, unit_ms)| {
        let count: u32 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some(i64::from(count) * unit_ms)
    });
    let within = read.filter(|limit_ms| (1_000..=LONGEST_MS).contains(limit_ms));
    within
        .ok_or_else(|| FlowError(format!("`{text}` is no limit: give a whole number from 1s to 7d with s, m, h or d")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_written_as_they_are_read() {
        for text in ["orders: PLACED > PAID > SENT within 5m", "a-1: A b > C within 90s", "x: A > B within 7d"] {
            let flow: Flow = text.parse().unwrap();
            assert_eq!(flow.to_string(), text);
        }
        let flow: Flow = " orders :A>B  within  120 s".parse().unwrap();
        assert_eq!(flow.to_string(), "orders: A > B within 2m");
        assert_eq!((flow.first(), flow.last(), flow.has("B"), flow.has("C")), ("A", "B", true, false));
    }

    #[test]
    fn what_is_no_flow_is_told_what_is_wrong() {
        for (text, words) in [
            ("orders", "a name and a colon"),
            ("orders: A > B", "a limit"),
            ("a b: A > B within 5m", "`a b` is no name"),
            (": A > B within 5m", "no name"),
            ("a: A within 5m", "2 to 20 milestones"),
            ("a: A > within 5m", "1 to 256 bytes"),
            ("a: A >  > B within 5m", "1 to 256 bytes"),
            ("a: A > B > A within 5m", "`A` stands twice"),
            ("a: A > B within 5", "`5` is no limit"),
            ("a: A > B within 0s", "`0s` is no limit"),
            ("a: A > B within 8d", "`8d` is no limit"),
            ("a: A > B within -5m", "no limit"),
        ] {
            let error = text.parse::<Flow>().unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("write a flow as"), "{text}: {error}");
        }
    }
}
