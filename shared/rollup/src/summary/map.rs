//! The map as programs read it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Shape, time_text};
use crate::map::{Edge, Hours, Map, Node, Traffic};

/// Who calls whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapSummary {
    /// Functions and services by their names.
    pub nodes: Vec<NodeSummary>,
    /// Those with the most calls first.
    pub edges: Vec<EdgeSummary>,
}

/// A function or a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeSummary {
    /// Its name.
    pub name: String,
    /// What it is known as.
    pub kind: NodeKind,
    /// Of a function its invocations, of a service the calls to it; of a service that nobody calls, the transactions
    /// that it took part in.
    pub calls: u64,
    /// How many of these failed.
    pub errors: u64,
}

/// What a node is known as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// By its invocations or its log lines.
    Function,
    /// By spans alone.
    Service,
}

/// That one calls another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgeSummary {
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// Whether nothing but the order of time tells of it.
    pub inferred: bool,
    /// What the hours add up to.
    #[serde(flatten)]
    pub traffic: TrafficSummary,
    /// The hours in which calls began.
    pub hours: Vec<HourSummary>,
}

/// The calls that began in an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HourSummary {
    /// When the hour began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What the calls add up to.
    #[serde(flatten)]
    pub traffic: TrafficSummary,
}

/// What calls add up to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrafficSummary {
    /// How many there were.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How long they took: of an inferred call, how long the invocation took that it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latencies>,
}

/// Latencies in milliseconds: the average exact, percentiles within 2.2 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Latencies {
    pub avg: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

impl MapSummary {
    /// What is known of who calls whom.
    #[must_use]
    pub fn of(map: &Map) -> Self {
        Self::new(&map.nodes, &map.edges())
    }

    fn new(nodes: &BTreeMap<String, Node>, edges: &BTreeMap<Edge, Hours>) -> Self {
        let mut edges: Vec<_> = edges.iter().map(|(edge, hours)| EdgeSummary::of(edge, hours)).collect();
        // The map's order is by names.
        edges.sort_by_key(|edge| Reverse(edge.traffic.calls));
        let mut called: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for edge in &edges {
            let (calls, errors) = called.entry(&edge.to).or_default();
            *calls = calls.saturating_add(edge.traffic.calls);
            *errors = errors.saturating_add(edge.traffic.errors);
        }
        let nodes = nodes.iter().map(|(name, node)| NodeSummary::of(name, node, called.get(name.as_str()).copied()));
        Self { nodes: nodes.collect(), edges }
    }
}

impl NodeSummary {
    fn of(name: &str, node: &Node, called: Option<(u64, u64)>) -> Self {
        let own = (node.invocations, node.errors);
        let (kind, (calls, errors)) = match node.is_function {
            true => (NodeKind::Function, own),
            false => (NodeKind::Service, called.unwrap_or(own)),
        };
        Self { name: name.to_owned(), kind, calls, errors }
    }
}

impl EdgeSummary {
    fn of(edge: &Edge, hours: &Hours) -> Self {
        let mut sum = Traffic::default();
        let hours = hours.iter().map(|(hour, traffic)| {
            sum.merge(traffic);
            HourSummary { at: time_text(hour.start_ms), traffic: TrafficSummary::of(traffic) }
        });
        let hours = hours.collect();
        Self {
            from: edge.from.clone(),
            to: edge.to.clone(),
            inferred: edge.inferred,
            traffic: TrafficSummary::of(&sum),
            hours,
        }
    }
}

impl TrafficSummary {
    fn of(traffic: &Traffic) -> Self {
        let shape = Shape::of(&traffic.latency, traffic.latency_us, Some(traffic.latency_max_us));
        let latency_ms = shape.map(|shape| Latencies {
            avg: shape.avg,
            p50: shape.percentile(0.50),
            p90: shape.percentile(0.90),
            p99: shape.percentile(0.99),
        });
        Self { calls: traffic.calls, errors: traffic.errors, latency_ms }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bucket::{Bucket, Span};
    use crate::time::UNKNOWN_MS;

    #[test]
    fn a_map_is_told_with_what_is_known_and_no_more() {
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        nodes.insert("shop".to_owned(), Node { is_function: true, invocations: 3, errors: 1 });
        nodes.insert("S3".to_owned(), Node::default());
        nodes.insert("web".to_owned(), Node { is_function: false, invocations: 2, errors: 0 });
        let edge = |from: &str, to: &str| Edge { from: from.to_owned(), to: to.to_owned(), inferred: from == "web" };
        let mut traffic =
            Traffic { calls: 2, errors: 1, latency_us: 4_000, latency_max_us: 2_900, ..Traffic::default() };
        traffic.latency.record(1_000);
        traffic.latency.record(3_000);
        let hour = |at_ms: i64| Bucket::holding(Span::Hour, at_ms);
        let once = Traffic { calls: 1, ..Traffic::default() };
        edges.insert(edge("web", "shop"), [(hour(UNKNOWN_MS), once.clone())].into());
        edges.insert(edge("shop", "S3"), [(hour(1_795_164_000_000), traffic), (hour(1_795_168_000_000), once)].into());
        let told = serde_json::to_value(MapSummary::new(&nodes, &edges)).unwrap();
        assert_eq!(
            told["nodes"],
            json!([
                {"name": "S3", "kind": "service", "calls": 3, "errors": 1},
                {"name": "shop", "kind": "function", "calls": 3, "errors": 1},
                {"name": "web", "kind": "service", "calls": 2, "errors": 0},
            ])
        );
        assert_eq!((&told["edges"][0]["calls"], &told["edges"][0]["latency_ms"]["avg"]), (&json!(3), &json!(2.0)));
        assert_eq!(told["edges"][0]["hours"][0]["at"], "2026-11-20T08:00:00.000Z");
        assert_eq!(told["edges"][0]["hours"][0]["latency_ms"]["p99"], 2.9);
        assert_eq!(told["edges"][0]["hours"][1], json!({"at": "2026-11-20T09:00:00.000Z", "calls": 1, "errors": 0}));
        assert_eq!(
            told["edges"][1],
            json!({"from": "web", "to": "shop", "inferred": true, "calls": 1, "errors": 0,
                "hours": [{"calls": 1, "errors": 0}]})
        );
    }
}
