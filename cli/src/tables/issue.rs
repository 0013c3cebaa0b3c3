//! Issues, and what was done with them.

use lamplight_rollup::summary::IssueSummary;

use super::grid::{self, Cell, Grid};
use super::{members, moment};
use crate::commands::act::Done;
use crate::commands::issues::{Hour, Shown, Standing};

/// The heights of a sparkline's columns.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Hours that a sparkline shows: a week's fit no terminal, two days' do.
const HOURS: usize = 48;

/// What fails.
pub fn issues<'i>(issues: impl IntoIterator<Item = &'i IssueSummary>) -> String {
    let mut issues = issues.into_iter().peekable();
    if issues.peek().is_none() {
        return "no issues".to_owned();
    }
    let mut grid = Grid::new(&["issue", "kind", "function", "title", "count", "last seen", "state"]);
    for issue in issues {
        grid.row(vec![
            Cell::text(&issue.fingerprint),
            Cell::text(issue.kind.name()),
            Cell::text(&issue.function),
            Cell::text(&issue.title),
            Cell::number(issue.count),
            Cell::maybe(issue.last_seen.as_deref().map(moment)),
            Cell::text(&issue.state),
        ]);
    }
    grid.to_string()
}

/// One issue, member by member, what was done with it, and its sample.
pub fn issue(shown: &Shown) -> String {
    let (issue, standing) = (&shown.listed.issue, &shown.listed.standing);
    let sample = &issue.sample;
    let rows = [
        ("issue", Some(issue.fingerprint.clone())),
        ("title", Some(issue.title.clone())),
        ("code", issue.frame.clone()),
        ("kind", Some(issue.kind.name().to_owned())),
        ("state", Some(state(&issue.state, standing))),
        ("assignee", standing.assignee.clone()),
        ("function", Some(format!("{} ({} {})", issue.function, issue.account, issue.region))),
        ("count", Some(issue.count.to_string())),
        ("per hour", sparkline(&shown.hours)),
        ("first seen", issue.first_seen.as_deref().map(moment)),
        ("last seen", issue.last_seen.as_deref().map(moment)),
        ("version", sample.version.clone()),
        ("request", sample.request_id.clone()),
        ("trace", sample.trace_id.clone()),
        ("log group", sample.log_group.clone()),
        ("log stream", sample.log_stream.clone()),
        ("logs", shown.links.logs.clone()),
        ("trace page", shown.links.trace.clone()),
        ("function page", shown.links.function.clone()),
    ];
    let parts = [Some(members(&rows)), history(shown), Some(grid::harmless(&sample.message))];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Issues that something was done with.
pub fn acted(done: &[Done]) -> String {
    let mut grid = Grid::new(&["issue", "state", "assignee", "function", "title", ""]);
    for done in done {
        grid.row(vec![
            Cell::text(&done.fingerprint),
            Cell::text(&state(done.state, &done.standing)),
            Cell::text(done.standing.assignee.as_deref().unwrap_or_default()),
            Cell::text(&done.function),
            Cell::text(&done.title),
            Cell::text(if done.changed { "" } else { "as before" }),
        ]);
    }
    grid.to_string()
}

/// The state, and when it ends where that is known.
fn state(name: &str, standing: &Standing) -> String {
    let end = match standing {
        Standing { muted_until: Some(until), .. } => format!(" until {}", moment(until)),
        Standing { muted_count: Some(count), .. } => format!(" for {count} more"),
        Standing { muted_per_hour: Some(count), .. } => format!(" up to {count} an hour"),
        _ => String::new(),
    };
    format!("{name}{end}")
}

fn history(shown: &Shown) -> Option<String> {
    let entries = shown.history.iter().map(|act| {
        let details =
            act.details.iter().map(|(name, value)| format!(" {} {value}", name.replace('_', " "))).collect::<String>();
        grid::harmless(&format!("{}  {}{details} by {}", moment(&act.at), act.what, act.by))
    });
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then(|| entries.join("\n"))
}

/// The last hours, one column each, and the highest count among them.
fn sparkline(hours: &[Hour]) -> Option<String> {
    let hours = &hours[hours.len().saturating_sub(HOURS)..];
    let most = hours.iter().map(|hour| hour.count).max().filter(|most| *most > 0)?;
    let columns: String = hours.iter().map(|hour| column(hour.count, most)).collect();
    Some(format!("{columns} up to {most}, the last {} hours", hours.len()))
}

/// Nothing for zero; anything else can be seen.
fn column(count: u64, most: u64) -> char {
    if count == 0 {
        return '·';
    }
    let steps = u128::from(count) * BARS.len() as u128;
    let height = usize::try_from(steps.div_ceil(u128::from(most))).unwrap_or(BARS.len());
    BARS[height.clamp(1, BARS.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_shows_the_highest_hour_in_full_and_the_lowest_at_all() {
        let hours = |counts: &[u64]| {
            let hours = counts.iter().map(|count| Hour { hour: String::new(), count: *count });
            sparkline(&hours.collect::<Vec<_>>())
        };
        assert_eq!(hours(&[0, 1, 500, 1000]).unwrap(), "·▁▄█ up to 1000, the last 4 hours");
        assert_eq!(hours(&[u64::MAX]).unwrap(), format!("█ up to {}, the last 1 hours", u64::MAX));
        assert_eq!(hours(&[0, 0]), None);
        assert_eq!(hours(&[1; 100]).unwrap().matches('█').count(), HOURS);
    }
}
