//! Who took part in a transaction.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::makers::{Makers, name_of};
use crate::transaction::{Member, MemberKey, TraceSpan, Transaction};

/// A try of an invocation, or a function or service of which the transaction names no invocation.
#[derive(Debug, Clone)]
pub(super) struct Party<'t> {
    pub(super) name: &'t str,
    /// When it began, in milliseconds since the epoch.
    pub(super) start_ms: i64,
    /// When it ended.
    pub(super) end_ms: i64,
    pub(super) latency_us: u64,
    pub(super) failed: bool,
    pub(super) is_function: bool,
}

/// Who took part: each try of an invocation once, whoever's lines name it. What a function said without naming an invocation
/// belongs to its first one; where there is none, it stands for one.
pub(super) fn of<'t>(
    transaction: &'t Transaction,
    spans: &BTreeMap<&'t str, &'t TraceSpan>,
    makers: &Makers<'t>,
) -> Vec<Party<'t>> {
    let failed: BTreeSet<&str> = transaction
        .members
        .iter()
        .filter(|(_, member)| !member.errors.is_empty())
        .map(|(key, _)| &*key.request_id)
        .collect();
    let mut parties: Vec<_> = makers
        .functions
        .iter()
        .flat_map(|(request_id, (key, member))| {
            let whole = Party { failed: failed.contains(request_id), ..Party::of(key, member, true) };
            tries(&whole, member)
        })
        .collect();
    // What is not told apart by time is told apart by its request, which they stand in the order of.
    parties.sort_by_key(|party| (party.start_ms, party.end_ms));
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, party) in parties.iter().enumerate() {
        first.entry(party.name).or_insert(i);
    }
    let services: BTreeSet<&str> = spans.values().map(|span| span.service.as_str()).collect();
    let makers: BTreeSet<&str> = makers.names().collect();
    for (key, member) in transaction.members.iter().filter(|(key, _)| key.request_id.is_empty()) {
        let name = name_of(key);
        let is_service = services.contains(name);
        match first.entry(name) {
            btree_map::Entry::Occupied(occupied) => parties[*occupied.get()].failed |= !member.errors.is_empty(),
            // All that it made was made by functions that are known by another name.
            btree_map::Entry::Vacant(_) if is_service && !makers.contains(name) => {}
            btree_map::Entry::Vacant(vacant) => {
                vacant.insert(parties.len());
                parties.push(Party::of(key, member, !is_service));
            }
        }
    }
    parties
}

/// The tries of an invocation: mostly there is one. Of several, those failed of which the report says so, or within whose
/// time something told of a failure; if none did, the longest.
fn tries<'t>(whole: &Party<'t>, member: &Member) -> Vec<Party<'t>> {
    if member.other_tries.is_empty() {
        return vec![whole.clone()];
    }
    let reports = member.report.iter().chain(member.other_tries.iter());
    let mut tries: Vec<_> = reports
        .map(|report| {
            let (start_ms, end_ms) = (report.started_ms(), report.reported_ms);
            let is_told = || member.notes.iter().any(|note| (start_ms..=end_ms).contains(&note.at_ms));
            let failed = report.status.is_some() || is_told();
            Party { start_ms, end_ms, latency_us: report.duration_us, failed, ..whole.clone() }
        })
        .collect();
    if whole.failed && !tries.iter().any(|own| own.failed) {
        tries[0].failed = true;
    }
    tries
}

impl<'t> Party<'t> {
    fn of(key: &'t MemberKey, member: &Member, is_function: bool) -> Self {
        Self {
            name: name_of(key),
            start_ms: member.first_ms,
            end_ms: member.last_ms,
            latency_us: member.duration_us(),
            failed: !member.errors.is_empty(),
            is_function,
        }
    }
}
