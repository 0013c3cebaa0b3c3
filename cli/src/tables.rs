//! Results as tables that fit the terminal.
//!
//! - `grid`: how a table looks
//! - `event`: one event explained
//! - `flows`: flows, and what became of what began them
//! - `issue`: issues, and what was done with them
//! - `map`: who calls whom
//! - `metrics`: metrics that functions logged
//! - `redriven`: what was put through again
//! - `policy`: policies, and what would be done by them
//! - `plan`: what is done with log groups
//! - `findings`: what a doctor finds
//! - `backfilled`: what was read of the past
//! - `tested`: what became of a test message
//! - `waterfall`: one transaction over time

mod backfilled;
mod event;
mod findings;
mod flows;
mod grid;
mod issue;
mod map;
mod metrics;
mod plan;
mod policy;
mod redriven;
mod tested;
mod waterfall;

use lamplight_rollup::summary::{Analysis, DeploymentSummary, FunctionSummary, TransactionSummary};

pub use backfilled::backfilled;
pub use event::explanation;
pub use findings::findings;
pub use flows::{flow, flow_change, flows};
pub use grid::harmless;
pub use issue::{acted, issue, issues};
pub use map::map;
pub use metrics::metrics;
pub use plan::plan;
pub use policy::{applied, trial, understood, versions};
pub use redriven::redriven;
pub use tested::tested;
pub use waterfall::waterfall;

use crate::commands::cost::Cost;
use grid::{Cell, Grid};

/// What is said where a choice of log groups holds none.
const NONE_MEANT: &str = "no log group is meant by that; choose others with --prefix, --log-group or --tag";

/// Everything that a stack holds, one table below the other.
pub fn analysis(analysis: &Analysis) -> String {
    let between = match (&analysis.from, &analysis.to) {
        (Some(from), Some(to)) => format!(", from {} to {}", moment(from), moment(to)),
        _ => String::new(),
    };
    let unreadable = match analysis.events.unreadable {
        0 => String::new(),
        count => format!(" ({count} unreadable)"),
    };
    let alerts = analysis.alerts.len();
    let of_flows = (!analysis.flows.is_empty()).then(|| format!("Flows\n{}", flows(&analysis.flows)));
    let of_metrics = (!analysis.metrics.is_empty()).then(|| format!("Metrics\n{}", metrics(&analysis.metrics)));
    let parts = [
        Some(format!("{} events{unreadable}{between}", analysis.events.total)),
        Some(format!("Functions\n{}", functions(&analysis.functions))),
        Some(format!("Issues\n{}", issues(&analysis.issues))),
        Some(format!("Transactions\n{}", transactions(&analysis.transactions))),
        of_flows,
        of_metrics,
        Some(format!("{alerts} {}", if alerts == 1 { "alert" } else { "alerts" })),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// What functions did and cost.
pub fn functions(functions: &[FunctionSummary]) -> String {
    if functions.is_empty() {
        return "no invocations".to_owned();
    }
    let mut grid = Grid::new(&[
        "function",
        "invocations",
        "failed",
        "timeouts",
        "memory",
        "crashes",
        "exceptions",
        "cold",
        "p50 ms",
        "p99 ms",
        "MB used",
        "cost $",
    ]);
    for function in functions {
        let durations = function.duration_ms;
        grid.row(vec![
            Cell::text(&function.function),
            Cell::number(function.invocations),
            Cell::alarming(function.failed),
            Cell::alarming(function.timeouts),
            Cell::alarming(function.out_of_memory),
            Cell::alarming(function.crashes),
            Cell::alarming(function.exceptions),
            Cell::number(function.cold_starts),
            Cell::maybe(durations.map(|durations| milliseconds(durations.p50))),
            Cell::maybe(durations.map(|durations| milliseconds(durations.p99))),
            Cell::maybe(memory(function)),
            Cell::maybe(function.cost_usd.map(dollars)),
        ]);
    }
    grid.to_string()
}

/// One function, member by member.
pub fn function(function: &FunctionSummary) -> String {
    let durations = function.duration_ms.map(|durations| {
        let parts = [
            ("avg", durations.avg),
            ("p50", durations.p50),
            ("p90", durations.p90),
            ("p95", durations.p95),
            ("p99", durations.p99),
            ("max", durations.max),
        ];
        parts.map(|(name, value)| format!("{name} {}", milliseconds(value))).join(", ") + " ms"
    });
    let inits = function.init_ms.map(|inits| {
        format!("avg {}, p99 {}, max {} ms", milliseconds(inits.avg), milliseconds(inits.p99), milliseconds(inits.max))
    });
    let failures = format!(
        "{} ({} timeouts, {} out of memory, {} crashes, {} exceptions)",
        function.failed, function.timeouts, function.out_of_memory, function.crashes, function.exceptions
    );
    let rows = [
        ("function", Some(function.function.clone())),
        ("account", Some(function.account.clone())),
        ("region", Some(function.region.clone())),
        ("invocations", Some(function.invocations.to_string())),
        ("failed", Some(failures)),
        ("cold starts", Some(format!("{} ({} failed initialisations)", function.cold_starts, function.init_failures))),
        ("duration", durations),
        ("init", inits),
        ("memory", memory(function).map(|memory| format!("{memory} MB used"))),
        ("versions", deployments(function)),
        ("billed", Some(format!("{} ms, {:.3} GB-s", function.billed_ms, function.gb_seconds))),
        ("cost", function.cost_usd.map(|cost| format!("$ {}", dollars(cost)))),
    ];
    members(&rows)
}

/// The versions that ran, where they are more than one; of those with the same number the memory tells.
fn deployments(function: &FunctionSummary) -> Option<String> {
    let version = |ran: &DeploymentSummary| {
        let name = ran.version.as_deref().unwrap_or("unknown");
        format!("{name} with {} MB × {}", ran.memory_mb, ran.invocations)
    };
    (function.deployments.len() > 1).then(|| function.deployments.iter().map(version).collect::<Vec<_>>().join(", "))
}

/// What belongs together.
pub fn transactions(transactions: &[TransactionSummary]) -> String {
    if transactions.is_empty() {
        return "no transactions".to_owned();
    }
    let mut grid = Grid::new(&["trace", "status", "started", "ms", "functions", "milestones"]);
    for transaction in transactions {
        let milestones: Vec<_> = transaction.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
        grid.row(vec![
            Cell::text(&transaction.trace_id),
            if transaction.errors > 0 { Cell::bad(transaction.status) } else { Cell::text(transaction.status) },
            Cell::maybe(transaction.started_at.as_deref().map(moment)),
            Cell::number(transaction.duration_ms),
            Cell::text(&transaction.functions.join(" → ")),
            Cell::text(&milestones.join(" → ")),
        ]);
    }
    grid.to_string()
}

/// What functions cost.
pub fn cost(cost: &Cost) -> String {
    let mut grid = Grid::new(&["function", "account", "region", "invocations", "GB-s", "cost $"]);
    for function in &cost.functions {
        grid.row(vec![
            Cell::text(&function.function),
            Cell::text(&function.account),
            Cell::text(&function.region),
            Cell::number(function.invocations),
            Cell::number(format!("{:.3}", function.gb_seconds)),
            Cell::maybe(function.cost_usd.map(dollars)),
        ]);
    }
    let free = &cost.free_tier;
    format!(
        "{grid}\n\ntotal $ {}\nnot taken off: the monthly free tier of {} requests and {} GB-s, of which these use {} and {:.3}",
        dollars(cost.total_usd),
        free.requests,
        free.gb_seconds,
        free.used_requests,
        free.used_gb_seconds
    )
}

/// Names and values, one a line; what is not known is left out.
fn members(rows: &[(&str, Option<String>)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let known = rows.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    known.map(|(name, value)| format!("{name:width$}  {}", grid::harmless(value))).collect::<Vec<_>>().join("\n")
}

fn memory(function: &FunctionSummary) -> Option<String> {
    Some(format!("{}/{}", function.max_memory_mb?, function.memory_mb?))
}

/// A number of milliseconds with the digits that are worth reading.
pub fn milliseconds(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn dollars(value: f64) -> String {
    if value < 0.01 { format!("{value:.6}") } else { format!("{value:.2}") }
}

/// A time without its fraction of a second.
fn moment(rfc3339: &str) -> String {
    rfc3339.split('.').next().unwrap_or(rfc3339).trim_end_matches('Z').replace('T', " ")
}
