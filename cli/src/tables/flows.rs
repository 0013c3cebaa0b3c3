//! Flows, and what became of the transactions that began them.

use lamplight_rollup::summary::{FlowSummary, LeadTimesSummary};
use lamplight_rollup::time::rfc3339;
use lamplight_table::StoredFlow;

use super::grid::{Cell, Grid};
use super::{members, milliseconds, moment};
use crate::commands::flows::FlowChange;

/// The columns of figures.
const FIGURES: [&str; 8] = ["started", "on time", "late", "missing", "open", "share %", "p50 ms", "p99 ms"];

/// All flows.
pub fn flows(flows: &[FlowSummary]) -> String {
    if flows.is_empty() {
        return "no flows; set one with `lamplight flow set 'orders: ORDER_PLACED > ORDER_CONFIRMED within 5m'`"
            .to_owned();
    }
    let mut grid = Grid::new(&[&["flow", "from", "to", "limit"][..], &FIGURES].concat());
    for flow in flows {
        let end = |milestone: Option<&String>| Cell::text(milestone.map_or("", String::as_str));
        let (first, last) = (end(flow.milestones.first()), end(flow.milestones.last()));
        let limit = Cell::text(&lamplight_rollup::flow::limit(flow.limit_ms));
        grid.row(
            [vec![Cell::text(&flow.flow), first, last, limit], figures(&flow.figures)].into_iter().flatten().collect(),
        );
    }
    grid.to_string()
}

/// One flow, hour by hour.
pub fn flow(flow: &FlowSummary, stored: &StoredFlow) -> String {
    let head = members(&[
        ("flow", Some(flow.flow.clone())),
        ("milestones", Some(flow.milestones.join(" > "))),
        ("limit", Some(stored.flow.limit())),
        ("set", Some(format!("{} by {}", moment(&rfc3339(stored.set_ms)), stored.by))),
    ]);
    let mut grid = Grid::new(&[&["began"][..], &FIGURES].concat());
    for hour in &flow.hours {
        let began = Cell::text(&hour.at.as_deref().map(moment).unwrap_or_default());
        grid.row([vec![began], figures(&hour.figures)].into_iter().flatten().collect());
    }
    grid.row([vec![Cell::text("all")], figures(&flow.figures)].into_iter().flatten().collect());
    format!("{head}\n\n{grid}")
}

/// What was done with a flow.
pub fn flow_change(change: &FlowChange) -> String {
    let by = change.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let looked = change.transactions.map(|count| format!(", {count} earlier transactions are looked at"));
    format!("{}{by}: {}{}", change.done, change.flow, looked.unwrap_or_default())
}

fn figures(figures: &LeadTimesSummary) -> Vec<Cell> {
    let lead = |value: Option<f64>| Cell::maybe(value.map(milliseconds));
    vec![
        Cell::number(figures.started),
        Cell::number(figures.on_time),
        Cell::alarming(figures.late),
        Cell::alarming(figures.missing),
        Cell::number(figures.open),
        Cell::maybe(figures.share_on_time.map(|share| format!("{:.2}", share * 100.0))),
        lead(figures.lead_ms.map(|lead| lead.p50)),
        lead(figures.lead_ms.map(|lead| lead.p99)),
    ]
}
