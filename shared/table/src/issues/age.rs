//! What time brings about in the life of an issue.

use lamplight_rollup::State;
use lamplight_rollup::time::{UNKNOWN_MS, rfc3339};

use super::Written;
use super::history::LAMPLIGHT;
use super::item::{RESOLVED_AT, Stored};
use super::life::{Change, Mute};
use crate::Table;
use crate::attributes::text;
use crate::error::TableError;

/// How long an issue is new, has come back or escalates before it just goes on.
const DAY_MS: i64 = 86_400_000;

/// After how long without an occurrence an issue counts as mended.
const QUIET_DAYS: i64 = 14;

impl Table {
    /// Lets all issues age: mutes whose time is over end, what is no longer new goes on, and what has been quiet for 14
    /// days is resolved. How many issues changed; one that somebody else changes at this moment is left for the next
    /// time.
    ///
    /// # Errors
    ///
    /// [`TableError`]. Trying again after any of them changes nothing twice.
    pub async fn age_issues(&self, now_ms: i64) -> Result<usize, TableError> {
        let mut changed = 0;
        for stored in self.issues().await? {
            if let Some(change) = aged(&stored, now_ms) {
                changed += usize::from(self.change(&stored, change, vec![]).await? == Written::All);
            }
        }
        Ok(changed)
    }
}

/// What time changes of an issue.
fn aged(stored: &Stored, now_ms: i64) -> Option<Change> {
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
