//! What is done with log groups.

use super::grid::{Cell, Grid};
use crate::commands::subscribe::{Action, Plan};

/// Each log group with what is done with it, and the sums below.
pub fn plan(plan: &Plan) -> String {
    if plan.log_groups.is_empty() {
        return super::NONE_MEANT.to_owned();
    }
    let mut grid = Grid::new(&["log group", "action", "why"]);
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for step in &plan.log_groups {
        *counts.entry(step.action.name()).or_default() += 1;
        let action = step.action.name();
        let reason = step.reason.as_deref().unwrap_or_default();
        let is_bad = step.action == Action::Fail;
        grid.row(vec![
            Cell::text(&step.log_group),
            if is_bad { Cell::bad(action) } else { Cell::text(action) },
            Cell::text(reason),
        ]);
    }
    let sums: Vec<_> = counts.iter().map(|(action, count)| format!("{action} {count}")).collect();
    let end = if plan.dry_run { "; nothing was done" } else { "" };
    format!("{grid}\n\n{}{end}", sums.join(", "))
}
