//! Policies, and what would be done by them.

use super::grid::{Cell, Grid};
use super::{members, moment};
use crate::commands::policy::{Trial, Understood, Version};

/// How a document is understood.
pub fn understood(understood: &Understood) -> String {
    let summary = understood.summary.map(|every| format!(", a summary of each {every}")).unwrap_or_default();
    let counts = format!("{} routes, {} watches{summary}", understood.routes, understood.watches.len());
    if understood.watches.is_empty() {
        return counts;
    }
    let mut grid = Grid::new(&["watch", "fires when", "functions", "each"]);
    for watch in &understood.watches {
        grid.row([&watch.name, &watch.when, &watch.function, watch.each].map(Cell::text).into());
    }
    format!("{grid}\n\n{counts}")
}

/// Policies that were put in force.
pub fn applied(version: &Version) -> String {
    let changed = if version.changed == Some(false) { "is in force already" } else { "is in force" };
    format!("version {} {changed}, applied {} by {}", version.version, moment(&version.applied_at), version.by)
}

/// Who applied policies.
pub fn versions(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "no policies were applied".to_owned();
    }
    let mut grid = Grid::new(&["version", "applied", "by"]);
    for version in versions {
        grid.row(vec![
            Cell::number(version.version),
            Cell::text(&moment(&version.applied_at)),
            Cell::text(&version.by),
        ]);
    }
    grid.to_string()
}

/// What would be done.
pub fn trial(trial: &Trial) -> String {
    let held = trial.held_until.as_deref().map(|until| format!("held until {}", moment(until)));
    let to = if trial.to.is_empty() { "the receivers without a name".to_owned() } else { trial.to.join(", ") };
    members(&[
        ("route", Some(trial.route_line.map_or_else(|| "none fits".to_owned(), |line| format!("line {line}")))),
        ("notify", Some(held.unwrap_or_else(|| trial.notify.to_owned()))),
        ("to", Some(to).filter(|_| trial.notify != "never")),
        ("runbook", trial.runbook.clone()),
    ])
}
