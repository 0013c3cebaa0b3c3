//! What time brings about in the life of an issue.

use lamplight_rollup::State;
use lamplight_rollup::time::{UNKNOWN_MS, rfc3339};

use super::Written;
use super::history::LAMPLIGHT;
use super::item::{RESOLVED_AT, Stored, Unsent, unsent_item};
use super::life::{Change, Mute, Telling};
use crate::Table;
use crate::attributes::text;
use crate::error::TableError;

/// How long an issue is new, has come back or escalates before it just goes on.
const DAY_MS: i64 = 86_400_000;

/// After how long without an occurrence an issue counts as mended.
const QUIET_DAYS: i64 = 14;

/// What time has brought about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// How many issues changed.
    pub changed: usize,
    /// What is to be published of them.
    pub unsent: Vec<Unsent>,
}

impl Table {
    /// Lets all issues age: mutes whose time is over end, what is no longer new goes on, and what has been quiet for 14
    /// days is resolved. One that somebody else changes at this moment is left for the next time. `told` makes the text
    /// to publish; that something just goes on is not told.
    ///
    /// # Errors
    ///
    /// [`TableError`]. Trying again after any of them changes nothing twice.
    pub async fn age_issues(&self, now_ms: i64, told: impl Telling) -> Result<Aged, TableError> {
        let mut aged = Aged::default();
        for stored in self.issues().await? {
            let Some(change) = change(&stored, now_ms) else {
                continue;
            };
            let is_told = change.entry.what != State::Ongoing.name();
            let unsent = is_told.then(|| change.unsent(&stored, &told));
            let put = unsent.as_ref().map(|unsent| self.put_write(unsent_item(unsent), None)).transpose()?;
            if self.change(&stored, change, put.into_iter().collect()).await? == Written::All {
                aged.changed += 1;
                aged.unsent.extend(unsent);
            }
        }
        Ok(aged)
    }
}

/// What time changes of an issue.
fn change(stored: &Stored, now_ms: i64) -> Option<Change> {
    let (state, life, last_ms) = (stored.state, &stored.life, stored.issue.sample.rank.at_ms);
    let is_quiet = last_ms != UNKNOWN_MS && last_ms + QUIET_DAYS * DAY_MS <= now_ms;
    let since_ms = match state {
        State::Resolved => return None,
        State::Muted => {
            let is_over = life.mute.is_some_and(|mute| matches!(mute, Mute::Until(until_ms) if until_ms <= now_ms));
            return is_over.then(|| Change::unmuted(LAMPLIGHT, now_ms));
        }
        _ if is_quiet => return Some(quiet(last_ms, now_ms)),
        State::Ongoing => return None,
        State::New => Some(stored.issue.first_seen_ms),
        State::Regressed => life.opened_ms,
        State::Escalating => life.told_ms,
    };
    (since_ms? + DAY_MS <= now_ms).then(|| Change::to(State::Ongoing, LAMPLIGHT, now_ms, []))
}

/// Resolved as of its last occurrence, so that any later one brings it back, and only if there has been none.
fn quiet(last_ms: i64, now_ms: i64) -> Change {
    let details = [("quiet_days", QUIET_DAYS.to_string())];
    let mut change = Change::to(State::Resolved, LAMPLIGHT, now_ms, details);
    change.set = vec![(RESOLVED_AT, text(rfc3339(last_ms)))];
    change.only_if_quiet = true;
    change
}
