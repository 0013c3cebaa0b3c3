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
            Cell::number(exact(figures.sum)),
            Cell::number(exact(figures.avg)),
            maybe(figures.p50),
            maybe(figures.p99),
            maybe(figures.max),
            Cell::text(&metric.functions.join(", ")),
        ]);
    }
    grid.to_string()
}

/// A figure that is exact.
fn exact(value: f64) -> String {
    with_decimals_below(1e9, value)
}

/// A figure that is near, with as many digits as one reads.
fn figure(value: f64) -> String {
    with_decimals_below(1_000.0, value)
}

fn with_decimals_below(bound: f64, value: f64) -> String {
    if value.abs() >= bound || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_decimals_and_what_is_near_has_them_where_it_is_small() {
        let sums = [0.25, 1_197.5, -123_456_789.125, 50.0, 2e9 + 0.5].map(exact);
        assert_eq!(sums, ["0.250", "1197.500", "-123456789.125", "50", "2000000000"]);
        assert_eq!([42.582, 22_767.4].map(figure), ["42.582", "22767"]);
    }
}
