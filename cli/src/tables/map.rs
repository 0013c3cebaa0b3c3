//! Who calls whom.

use lamplight_rollup::summary::MapSummary;

use super::grid::{Cell, Grid};
use super::milliseconds;

/// The edges of a map.
pub fn map(map: &MapSummary) -> String {
    if map.edges.is_empty() {
        return "no calls".to_owned();
    }
    let mut grid = Grid::new(&["from", "to", "how", "calls", "errors", "p50 ms", "p99 ms"]);
    for edge in &map.edges {
        let (traffic, latency) = (&edge.traffic, edge.traffic.latency_ms);
        grid.row(vec![
            Cell::text(&edge.from),
            Cell::text(&edge.to),
            Cell::text(if edge.inferred { "inferred" } else { "observed" }),
            Cell::number(traffic.calls),
            Cell::alarming(traffic.errors),
            Cell::maybe(latency.map(|latency| milliseconds(latency.p50))),
            Cell::maybe(latency.map(|latency| milliseconds(latency.p99))),
        ]);
    }
    grid.to_string()
}
