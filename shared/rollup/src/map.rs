//! Who calls whom: what transactions add up to as a graph of functions and of the services that they call.
//!
//! - `makers`: who made which span
//! - `parties`: who took part in a transaction
//! - `observed`: the calls that spans tell of
//! - `inferred`: the calls that nothing but order and time tells of

mod inferred;
mod makers;
mod observed;
mod parties;

use std::collections::BTreeMap;

use crate::bucket::{Bucket, Span};
use crate::histogram::Histogram;
use crate::transaction::Transaction;
use inferred::{AllUncalled, Orders};
use parties::Party;

/// What transactions add up to. Merging is associative and commutative. A transaction counts each time that it is
/// added.
///
/// Nodes are known by their names alone, as far as spans have them, so that a call which names a function leads to that
/// function: functions of one name in several accounts or regions are one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    /// Who takes part, by name.
    pub nodes: BTreeMap<String, Node>,
    /// The calls that spans tell of: from whom, and to whom.
    observed: BTreeMap<(String, String), Hours>,
    /// The invocations that nobody called as far as spans tell.
    uncalled: AllUncalled,
    /// Who began before whom.
    orders: Orders,
}

/// What calls add up to, by the hours in which they began.
pub type Hours = BTreeMap<Bucket, Traffic>;

/// A function or a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Whether it is known as a function, by its invocations or its log lines. Else it is a service, of which spans
    /// tell.
    pub is_function: bool,
    /// Its invocations. In a transaction that names none of them, it counts once.
    pub invocations: u64,
    /// Those in which an event told of a failure.
    pub errors: u64,
}

/// That one calls another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// Whether nothing but order and time tells of it.
    pub inferred: bool,
}

/// What calls add up to. All times are in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many there were.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How long they took: of an inferred call, how long the invocation took that it led to.
    pub latency: Histogram,
    /// How long all of them took together.
    pub latency_us: u64,
    /// How long the longest of them took.
    pub latency_max_us: u64,
}

/// One call in a transaction.
#[derive(Debug)]
struct Call<'t> {
    from: &'t str,
    to: &'t str,
    /// When it began, in milliseconds since the epoch.
    start_ms: i64,
    latency_us: u64,
    failed: bool,
}

impl Map {
    /// What these transactions add up to.
    pub fn of<'t>(stories: impl IntoIterator<Item = &'t Transaction>) -> Self {
        let mut map = Self::default();
        stories.into_iter().for_each(|story| map.add(story));
        map
    }

    /// Takes a transaction in.
    pub fn add(&mut self, transaction: &Transaction) {
        let spans = transaction.spans_by_id();
        let makers = makers::of(transaction, &spans);
        let parties = parties::of(transaction, &spans, &makers);
        let observed = observed::calls(&spans, &makers);
        let uncalled = inferred::uncalled(&parties, &observed, &mut self.orders);
        for party in &parties {
            self.node(party.name).take(party);
        }
        for call in &observed {
            self.node(call.from);
            self.node(call.to);
            take(self.observed.entry((call.from.to_owned(), call.to.to_owned())).or_default(), call);
        }
        for (uncalled, call) in uncalled {
            take(self.uncalled.entry(uncalled).or_default(), &call);
        }
    }

    /// Takes another's transactions in.
    pub fn merge(&mut self, other: &Self) {
        for (name, node) in &other.nodes {
            self.node(name).merge(node);
        }
        for (call, hours) in &other.observed {
            merge(self.observed.entry(call.clone()).or_default(), hours);
        }
        for (uncalled, hours) in &other.uncalled {
            merge(self.uncalled.entry(uncalled.clone()).or_default(), hours);
        }
        for (pair, order) in &other.orders {
            self.orders.entry(pair.clone()).or_default().merge(order);
        }
    }

    /// Who calls whom, by the hours in which the calls began. Who is meant by an inferred edge is told by all
    /// transactions together.
    #[must_use]
    pub fn edges(&self) -> BTreeMap<Edge, Hours> {
        let mut edges: BTreeMap<Edge, Hours> = BTreeMap::new();
        for ((from, to), hours) in &self.observed {
            edges.insert(Edge { from: from.clone(), to: to.clone(), inferred: false }, hours.clone());
        }
        let is_observed = |from: &str, to: &str| self.observed.contains_key(&(from.to_owned(), to.to_owned()));
        for (uncalled, hours) in &self.uncalled {
            if let Some(from) = inferred::caller(uncalled, &self.orders, is_observed) {
                let edge = Edge { from: from.to_owned(), to: uncalled.to.clone(), inferred: true };
                merge(edges.entry(edge).or_default(), hours);
            }
        }
        edges
    }

    fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.entry(name.to_owned()).or_default()
    }
}

/// Takes a call into its hour.
fn take(hours: &mut Hours, call: &Call<'_>) {
    hours.entry(Bucket::holding(Span::Hour, call.start_ms)).or_default().take(call);
}

fn merge(hours: &mut Hours, others: &Hours) {
    for (hour, traffic) in others {
        hours.entry(*hour).or_default().merge(traffic);
    }
}

impl Node {
    fn take(&mut self, party: &Party<'_>) {
        let errors = u64::from(party.failed);
        self.merge(&Self { is_function: party.is_function, invocations: 1, errors });
    }

    fn merge(&mut self, other: &Self) {
        self.is_function |= other.is_function;
        self.invocations = self.invocations.saturating_add(other.invocations);
        self.errors = self.errors.saturating_add(other.errors);
    }
}

impl Traffic {
    /// Adds another's calls.
    pub fn merge(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.errors = self.errors.saturating_add(other.errors);
        self.latency.merge(&other.latency);
        self.latency_us = self.latency_us.saturating_add(other.latency_us);
        self.latency_max_us = self.latency_max_us.max(other.latency_max_us);
    }

    fn take(&mut self, call: &Call<'_>) {
        self.calls = self.calls.saturating_add(1);
        self.errors = self.errors.saturating_add(u64::from(call.failed));
        self.latency.record(call.latency_us);
        self.latency_us = self.latency_us.saturating_add(call.latency_us);
        self.latency_max_us = self.latency_max_us.max(call.latency_us);
    }
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
