//! What was read of the past.

use super::grid::{Cell, Grid};
use crate::commands::backfill::Backfilled;

/// Each log group with what was read of it, and the sums below.
pub fn backfilled(done: &Backfilled) -> String {
    if done.log_groups.is_empty() {
        return super::NONE_MEANT.to_owned();
    }
    let mut grid = Grid::new(&["log group", "before", "hours", "read before", "events", "why"]);
    for group in &done.log_groups {
        let why = group.reason.as_deref().unwrap_or_default();
        grid.row(vec![
            Cell::text(&group.log_group),
            Cell::maybe(group.before.as_deref().map(super::moment)),
            Cell::number(group.hours),
            Cell::number(group.hours_before),
            Cell::number(group.events),
            if group.hours_left > 0 { Cell::bad(why) } else { Cell::text(why) },
        ]);
    }
    let hours: usize = done.log_groups.iter().map(|group| group.hours).sum();
    let events: u64 = done.log_groups.iter().map(|group| group.events).sum();
    let (from, to) = (super::moment(&done.from), super::moment(&done.to));
    let sum = if done.dry_run {
        format!("{hours} hours from {from} to {to} would be read; nothing was done")
    } else {
        format!("{hours} hours from {from} to {to} were read with {events} events, {} hours rolled up", done.rolled_up)
    };
    format!("{grid}\n\n{sum}")
}
