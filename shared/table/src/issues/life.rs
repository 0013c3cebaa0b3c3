//! The life of an issue: what people do with it, and what time brings about.
//!
//! Each change is one transaction: the issue as it was read, and an entry of its history. The issue has the sort key of
//! the latest entry, so that of two who act at once one is refused, reads again and acts on what the other left. What
//! is to be told of it is written with it, and published by the keeper.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Entry, Fingerprint, Issue, State};

use super::history::{entry_item, sort};
use super::item::{LATEST, OPENED_AT, RESOLVED_AT, Stored, Unsent, unsent_item};
use super::{ATTEMPTS, Written};
use crate::Table;
use crate::attributes::{Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{key, pause};

/// The sort key of the latest entry of the history.
pub(crate) const ACTED: &str = "acted";
/// Who deals with it.
const ASSIGNEE: &str = "assignee";
/// Since when it is muted.
const MUTED_AT: &str = "muted_at";
/// Until when it is muted.
const MUTED_UNTIL: &str = "muted_until";
/// How often it may occur until the mute ends.
const MUTED_COUNT: &str = "muted_count";
/// How often it may occur within an hour until the mute ends.
const MUTED_PER_HOUR: &str = "muted_per_hour";
/// How many occurrences people were told of, as a power of ten.
pub(crate) const TOLD_COUNT: &str = "told_count";
/// When people were told that it escalates.
pub(crate) const TOLD_AT: &str = "told_at";

/// Everything that a mute consists of.
const MUTE: [&str; 4] = [MUTED_AT, MUTED_UNTIL, MUTED_COUNT, MUTED_PER_HOUR];

/// Makes the text to publish of what was done with an issue: from the text's id, what was done, the issue's
/// fingerprint, its state now, and the issue.
pub trait Telling: Fn(&str, &Entry, Fingerprint, State, &Issue) -> String {}

impl<T: Fn(&str, &Entry, Fingerprint, State, &Issue) -> String> Telling for T {}

/// When a mute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mute {
    /// At this time, in milliseconds since the epoch.
    Until(i64),
    /// When it has occurred more often than this.
    UntilCount(u64),
    /// When it occurs more often than this within an hour.
    PerHour(u64),
    /// When somebody ends it.
    ForGood,
}

/// What people do with an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It is mended: people are told when it comes back.
    Resolve,
    /// Nobody is to be told of it for now.
    Mute(Mute),
    /// People are to be told of it again.
    Unmute,
    /// Somebody deals with it, or nobody.
    Assign(Option<String>),
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// It was done; the issue as it is now.
    Done(Stored),
    /// The issue was like that.
    Already(Stored),
    /// There is no such issue.
    Unknown,
}

/// What was done with an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Life {
    /// Who deals with it.
    pub assignee: Option<String>,
    /// From when on its occurrences count towards an escalation, in milliseconds since the epoch: since it was first
    /// seen, or since it came back.
    pub opened_ms: Option<i64>,
    /// When it was resolved last, in milliseconds since the epoch.
    pub resolved_ms: Option<i64>,
    /// Since when it is muted, in milliseconds since the epoch.
    pub muted_ms: Option<i64>,
    /// When the mute ends.
    pub mute: Option<Mute>,
    /// How many occurrences people were told of, as a power of ten.
    pub told_count: Option<u64>,
    /// When people were told that it escalates, in milliseconds since the epoch.
    pub told_ms: Option<i64>,
    /// The sort key of the latest entry of its history.
    acted: Option<String>,
}

pub(crate) fn life(item: &Item) -> Life {
    let time = |name| get_text(item, name).and_then(from_rfc3339);
    let mute = time(MUTED_UNTIL).map(Mute::Until);
    let mute = mute.or_else(|| get_number(item, MUTED_COUNT).map(Mute::UntilCount));
    let mute = mute.or_else(|| get_number(item, MUTED_PER_HOUR).map(Mute::PerHour));
    let is_muted = get_text(item, "state") == Some(State::Muted.name());
    Life {
        assignee: get_text(item, ASSIGNEE).map(str::to_owned),
        opened_ms: time(OPENED_AT),
        resolved_ms: time(RESOLVED_AT),
        muted_ms: time(MUTED_AT),
        mute: is_muted.then(|| mute.unwrap_or(Mute::ForGood)),
        told_count: get_number(item, TOLD_COUNT),
        told_ms: time(TOLD_AT),
        acted: get_text(item, ACTED).map(str::to_owned),
    }
}

/// Whether nobody is to be told of an issue. A mute whose time is over holds no longer, also before it is ended.
pub(crate) fn is_muted(item: &Item, now_ms: i64) -> bool {
    life(item).is_muted(now_ms)
}

impl Life {
    /// Whether nobody is to be told of it.
    #[must_use]
    pub fn is_muted(&self, now_ms: i64) -> bool {
        self.mute.is_some_and(|mute| !matches!(mute, Mute::Until(until_ms) if until_ms <= now_ms))
    }
}

/// What is changed of an issue.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) state: State,
    pub(crate) set: Vec<(&'static str, AttributeValue)>,
    pub(crate) remove: Vec<&'static str>,
    pub(crate) entry: Entry,
    /// Whether it is refused if the issue has occurred meanwhile.
    pub(crate) only_if_quiet: bool,
}

impl Change {
    /// Another state, told as an entry of that name; what muted it goes.
    pub(crate) fn to<const N: usize>(state: State, by: &str, now_ms: i64, details: [(&str, String); N]) -> Self {
        let mut set = Vec::new();
        if state == State::Resolved {
            set.push((RESOLVED_AT, text(rfc3339(now_ms))));
        }
        Self {
            state,
            set,
            remove: MUTE.to_vec(),
            entry: Entry::new(now_ms, by, state.name(), details),
            only_if_quiet: false,
        }
    }

    /// The end of a mute.
    pub(crate) fn unmuted(by: &str, now_ms: i64) -> Self {
        let mut change = Self::to(State::Ongoing, by, now_ms, []);
        "unmuted".clone_into(&mut change.entry.what);
        change
    }

    /// Says that people are told of so many occurrences.
    pub(crate) fn telling(mut self, told_count: u64, now_ms: i64) -> Self {
        self.set.push((TOLD_COUNT, number(told_count)));
        self.set.push((TOLD_AT, text(rfc3339(now_ms))));
        self
    }

    /// What is to be published of it.
    pub(crate) fn unsent(&self, stored: &Stored, told: impl Telling) -> Unsent {
        let Entry { at_ms, what, .. } = &self.entry;
        let alert_id = format!("{}-{what}-{at_ms:x}", stored.fingerprint);
        let body = told(&alert_id, &self.entry, stored.fingerprint, self.state, &stored.issue);
        Unsent { alert_id, body, claimed_ms: *at_ms, is_change: true }
    }

    fn muted(mute: Mute, by: &str, now_ms: i64) -> Self {
        let (name, value, told) = match mute {
            Mute::Until(until_ms) => (Some(MUTED_UNTIL), text(rfc3339(until_ms)), rfc3339(until_ms)),
            Mute::UntilCount(count) => (Some(MUTED_COUNT), number(count), count.to_string()),
            Mute::PerHour(count) => (Some(MUTED_PER_HOUR), number(count), count.to_string()),
            Mute::ForGood => (None, number(0), String::new()),
        };
        let mut change = Self::to(State::Muted, by, now_ms, []);
        change.remove.retain(|removed| *removed != MUTED_AT && Some(*removed) != name);
        change.set.push((MUTED_AT, text(rfc3339(now_ms))));
        if let Some(name) = name {
            change.set.push((name, value));
            change.entry.details.insert(name.trim_start_matches("muted_").to_owned(), told);
        }
        change
    }
}

impl Act {
    /// What it changes of an issue; nothing if the issue is like that.
    fn change(&self, stored: &Stored, by: &str, now_ms: i64) -> Option<Change> {
        let (state, life) = (stored.state, &stored.life);
        match self {
            Self::Resolve => (state != State::Resolved).then(|| Change::to(State::Resolved, by, now_ms, [])),
            Self::Mute(mute) => (life.mute != Some(*mute)).then(|| Change::muted(*mute, by, now_ms)),
            Self::Unmute => (state == State::Muted).then(|| Change::unmuted(by, now_ms)),
            Self::Assign(assignee) => (life.assignee != *assignee).then(|| {
                let (set, remove, entry) = match assignee {
                    Some(name) => {
                        let entry = Entry::new(now_ms, by, "assigned", [("to", name.clone())]);
                        (vec![(ASSIGNEE, text(name))], vec![], entry)
                    }
                    None => (vec![], vec![ASSIGNEE], Entry::new(now_ms, by, "unassigned", [])),
                };
                Change { state, set, remove, entry, only_if_quiet: false }
            }),
        }
    }
}

impl Table {
    /// Does something with an issue, and notes in its history who did it. `told` makes the text that the keeper
    /// publishes.
    ///
    /// # Errors
    ///
    /// [`TableError`]. Trying again after any of them does it once.
    pub async fn act(
        &self,
        fingerprint: Fingerprint,
        act: &Act,
        by: &str,
        now_ms: i64,
        told: impl Telling,
    ) -> Result<Acted, TableError> {
        let mut acted = None;
        for attempt in 0..ATTEMPTS {
            let Some(stored) = self.issue(fingerprint).await? else {
                return Ok(Acted::Unknown);
            };
            // The answer to the last attempt may have been lost.
            if acted.is_some() && stored.life.acted == acted {
                return Ok(Acted::Done(stored));
            }
            let Some(change) = act.change(&stored, by, now_ms) else {
                return Ok(Acted::Already(stored));
            };
            acted = Some(sort(&change.entry));
            let unsent = self.put_write(unsent_item(&change.unsent(&stored, &told)), None)?;
            if self.change(&stored, change, vec![unsent]).await? == Written::All {
                return Ok(self.issue(fingerprint).await?.map_or(Acted::Unknown, Acted::Done));
            }
            pause(attempt).await;
        }
        Err(TableError::Contention { key: keys::issue(fingerprint) })
    }

    /// Changes an issue that is still as it was read, with an entry in its history and what else is to be written.
    pub(crate) async fn change(
        &self,
        stored: &Stored,
        change: Change,
        also: Vec<TransactWriteItem>,
    ) -> Result<Written, TableError> {
        let sort = sort(&change.entry);
        let mut update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(stored.fingerprint), keys::ISSUE_ITEM)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#acted", ACTED)
            .expression_attribute_values(":read", text(stored.state.name()))
            .expression_attribute_values(":state", text(change.state.name()))
            .expression_attribute_values(":acting", text(&sort));
        let mut condition = match &stored.life.acted {
            Some(acted) => {
                update = update.expression_attribute_values(":acted", text(acted));
                "#state = :read AND #acted = :acted".to_owned()
            }
            None => "#state = :read AND attribute_not_exists(#acted)".to_owned(),
        };
        if change.only_if_quiet {
            condition.push_str(" AND #latest = :latest");
            update = update
                .expression_attribute_names("#latest", LATEST)
                .expression_attribute_values(":latest", text(stored.issue.sample.rank.to_string()));
        }
        let mut expression = "SET #state = :state, #acted = :acting".to_owned();
        for (name, value) in change.set {
            expression.push_str(&format!(", #{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        for (i, name) in change.remove.into_iter().enumerate() {
            expression.push_str(&format!("{} #{name}", if i == 0 { " REMOVE" } else { "," }));
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        let update = update
            .update_expression(expression)
            .condition_expression(condition)
            .build()
            .map_err(TableError::not_built("TransactWriteItems"))?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        writes.push(self.put_write(entry_item(&change.entry, stored.fingerprint, &sort), None)?);
        writes.extend(also);
        self.transact(writes).await
    }
}
