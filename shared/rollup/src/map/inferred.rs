//! The calls that nothing but the order of time tells of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Call;
use super::parties::Party;
use crate::time::UNKNOWN_MS;

/// To whom no span tells of a call, the one that began just before leads, but to the first of all. The invocations
/// after its first are calls from the same: they are mostly retries.
pub(super) fn calls<'t>(parties: &[Party<'t>], observed: &[Call<'t>]) -> Vec<Call<'t>> {
    let reached: BTreeSet<&str> = observed.iter().filter(|call| call.from != call.to).map(|call| call.to).collect();
    let mut parties: Vec<_> = parties.iter().filter(|party| party.start_ms != UNKNOWN_MS).collect();
    // Of those that began at once, who waits for another ends after it.
    parties.sort_by_key(|party| (party.start_ms, Reverse(party.end_ms), party.name));
    let mut callers: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut before = None;
    for party in &parties {
        callers.entry(party.name).or_insert(before);
        before = Some(party.name);
    }
    let to = parties.into_iter().filter(|party| !reached.contains(party.name));
    to.filter_map(|party| {
        let from = callers.get(party.name).copied().flatten()?;
        let Party { name, start_ms, latency_us, failed, .. } = *party;
        Some(Call { from, to: name, inferred: true, start_ms, latency_us, failed })
    })
    .collect()
}
