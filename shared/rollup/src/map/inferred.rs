//! The calls that nothing but order and time tells of: what is known of them in one transaction, and what all
//! transactions together say of who called.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::parties::Party;
use super::{Call, Hours};
use crate::time::UNKNOWN_MS;

/// Functions that may have called another: those that began last before it, or soon after it by a clock that differs.
const CANDIDATES: usize = 20;

/// How much clocks may differ, in milliseconds.
const SKEW_MS: i64 = 1_000;

/// Of so many transactions with both functions, this many must have the caller begin first: clocks differ.
const FIRST: (u64, u64) = (3, 4);

/// Transactions from which on the time between two functions tells more than which of them was the last before.
const TIMED: u64 = 5;

/// The longest time between two functions that tells anything, in milliseconds.
const LONGEST_MS: i64 = 1_000_000_000;

/// A function to which no span leads, and who may have called it: who began before it, the last first, then who began
/// soon after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uncalled {
    pub(super) to: String,
    pub(super) candidates: Vec<String>,
}

/// How often one function began before another, and how long after the end of the one the other began. Adding up is
/// exact: times are whole milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Order {
    count: u64,
    sum_ms: i128,
    squares: i128,
}

impl Order {
    fn add(&mut self, gap_ms: i64) {
        let gap_ms = i128::from(gap_ms.clamp(-LONGEST_MS, LONGEST_MS));
        self.merge(&Self { count: 1, sum_ms: gap_ms, squares: gap_ms * gap_ms });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// How much the times differ: the variance of them, in square milliseconds.
    #[allow(clippy::cast_precision_loss, reason = "it is compared with others")]
    fn variance(&self) -> f64 {
        let count = i128::from(self.count.max(1));
        let squares = count.saturating_mul(self.squares).saturating_sub(self.sum_ms.saturating_pow(2));
        squares as f64 / (count as f64 * count as f64)
    }
}

/// Who began before whom.
pub(super) type Orders = BTreeMap<(String, String), Order>;

/// The invocations of a transaction to which no span leads, each with who may have called its function by the time of
/// its first invocation; and what the transaction adds to the orders.
pub(super) fn uncalled<'t>(
    parties: &[Party<'t>],
    observed: &[Call<'t>],
    orders: &mut Orders,
) -> Vec<(Uncalled, Call<'t>)> {
    let reached: BTreeSet<&str> = observed.iter().filter(|call| call.from != call.to).map(|call| call.to).collect();
    let mut parties: Vec<_> = parties.iter().filter(|party| party.start_ms != UNKNOWN_MS).collect();
    // Of those that began at once, who waits for another ends after it.
    parties.sort_by_key(|party| (party.start_ms, Reverse(party.end_ms), party.name));
    let mut seen = BTreeSet::new();
    let firsts: Vec<_> = parties.iter().filter(|party| seen.insert(party.name)).collect();
    let mut candidates: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (i, party) in firsts.iter().enumerate() {
        let before = || firsts[..i].iter().rev().take(CANDIDATES);
        for first in before() {
            let order = orders.entry((first.name.to_owned(), party.name.to_owned())).or_default();
            order.add(party.start_ms.saturating_sub(first.end_ms));
        }
        let is_soon = |after: &&&&Party<'_>| after.start_ms.saturating_sub(party.start_ms) <= SKEW_MS;
        let soon = firsts[i + 1..].iter().take_while(is_soon).take(CANDIDATES);
        candidates.insert(party.name, before().chain(soon).map(|party| party.name.to_owned()).collect());
    }
    let to = parties.into_iter().filter(|party| !reached.contains(party.name));
    to.filter_map(|party| {
        let candidates = candidates.get(party.name).filter(|candidates| !candidates.is_empty())?;
        let Party { name, start_ms, latency_us, failed, .. } = *party;
        let uncalled = Uncalled { to: name.to_owned(), candidates: candidates.clone() };
        Some((uncalled, Call { from: "", to: name, start_ms, latency_us, failed }))
    })
    .collect()
}

/// Who called a function: of those that mostly begin before it, one that spans of other transactions tell of, else the
/// one after whose end it begins after the most regular time; where few transactions tell, the last that began before.
/// Nobody, if none of them mostly begins before it.
pub(super) fn caller<'u>(
    uncalled: &'u Uncalled,
    orders: &Orders,
    is_observed: impl Fn(&str, &str) -> bool,
) -> Option<&'u str> {
    let Uncalled { to, candidates } = uncalled;
    let order = |from: &str, to: &str| orders.get(&(from.to_owned(), to.to_owned())).copied().unwrap_or_default();
    let is_likely = |from: &&String| {
        let (first, second) = (order(from, to).count, order(to, from).count);
        first > 0 && u128::from(first) * u128::from(FIRST.1) >= u128::from(first + second) * u128::from(FIRST.0)
    };
    let likely: Vec<_> = candidates.iter().filter(is_likely).collect();
    let observed = likely.iter().find(|from| is_observed(from, to));
    let is_timed = likely.iter().all(|from| order(from, to).count >= TIMED);
    let variance = |from: &String| order(from, to).variance();
    let timed = likely.iter().min_by(|a, b| variance(a).total_cmp(&variance(b))).filter(|_| is_timed);
    observed.or(timed).or(likely.first()).map(|from| from.as_str())
}

/// What is not called by anybody that spans tell of.
pub(super) type AllUncalled = BTreeMap<Uncalled, Hours>;
