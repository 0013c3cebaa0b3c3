//! Metrics that functions logged.

use lamplight_rollup::summary::MetricSummary;

use super::grid::{Cell, Grid};

/// What functions logged.
pub fn metrics(metrics: &[MetricSummary]) -> String {
    if metrics.is_empty() {
        return "no metrics; functions log them in the embedded metric format".to_owned();
    }
    let columns =
        ["namespace", "metric", "dimensions", "unit", "values", "sum", "avg", "p50", "p99", "max", "functions"];
    let mut grid = Grid::new(&columns);
    for metric in metrics {
        let (series, figures) = (&metric.series, &metric.figures);
        let dimensions = series.dimensions.iter().map(|(name, value)| format!("{name}={value}"));
        let maybe = |value: Option<f64>| Cell::maybe(value.map(figure));
        grid.row(vec![
            Cell::text(&series.namespace),
            Cell::text(&series.name),
            Cell::text(&dimensions.collect::<Vec<_>>().join(", ")),
            Cell::text(series.unit.as_deref().unwrap_or_default()),
            Cell::number(figures.count),
            Cell::number(figure(figures.sum)),
            Cell::number(figure(figures.avg)),
            maybe(figures.p50),
            maybe(figures.p99),
            maybe(figures.max),
            Cell::text(&metric.functions.join(", ")),
        ]);
    }
    grid.to_string()
}

/// A figure with as many digits as one reads.
fn figure(value: f64) -> String {
    if value.abs() >= 1_000.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
