//! Which transactions are due: to be looked at, at once where something was said of them that may concern a flow, and when
//! the limit of a flow is over; to be kept longer, an hour after something in them failed. Each of the two waits in
//! partitions of its own, so that neither keeps the other from being done.

use std::hash::{BuildHasher, RandomState};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::Flow;
use lamplight_rollup::flow::Outcome;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{CONCURRENCY, Sort, key};
use crate::transactions::expires_at;

/// Partitions of what is due: a single one takes a thousand writes a second.
const PARTITIONS: u64 = 8;

/// How long one process has the right to look at transactions: longer than it does.
const LEASE_MS: i64 = 30_000;

/// How long before a time a transaction may at least have begun that has begun a flow since: an hour.
const BEFORE_MS: i64 = 3_600_000;

/// The transaction's id.
const ID: &str = "id";

/// How often it could not be done.
const TRIES: &str = "tries";

/// When what could not be done is tried again, after each try.
const AGAIN_MS: [i64; 2] = [60_000, 600_000];

/// The same after all further ones.
const LATER_MS: i64 = 3_600_000;

/// Tries after which it is given up, a day after the first one.
const MOST_TRIES: u32 = 25;

/// Until when a process has the right to look at transactions, in milliseconds since the epoch.
const UNTIL: &str = "until_ms";

/// What is to be done with a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Look what became of it in flows.
    Look,
    /// Keep it longer than others.
    Keep,
}

impl Task {
    const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Keep => "keep",
        }
    }
}

/// A transaction of which something is to be done at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its trace id, or a correlation id.
    pub id: String,
    pk: String,
    /// When, and which of several occasions.
    sort: String,
    /// How often it could not be done.
    tries: u32,
}

impl Due {
    /// A transaction that is to be looked at when a limit is over; on each occasion it is one.
    #[must_use]
    pub fn at(at_ms: i64, flow: &str, id: &str) -> Self {
        Self::sorted(Task::Look, at_ms, xxh3_64(format!("{flow}\n{id}").as_bytes()), id)
    }

    /// A transaction that is to be looked at from a time on.
    #[must_use]
    pub fn from(at_ms: i64, id: &str) -> Self {
        Self::unlike_others(Task::Look, at_ms, id)
    }

    /// A transaction that is to be kept longer than others, by when all of it is known.
    pub(crate) fn lasting(at_ms: i64, id: &str) -> Self {
        Self::unlike_others(Task::Keep, at_ms, id)
    }

    /// It is not the same as any before: who has done an earlier one and strikes it out may not have seen this.
    fn unlike_others(task: Task, at_ms: i64, id: &str) -> Self {
        Self::sorted(task, at_ms, RandomState::new().hash_one(id), id)
    }

    /// From when on it is to be done, in milliseconds since the epoch.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        self.sort.split_once('#').and_then(|(at, _)| from_rfc3339(at)).unwrap_or(0)
    }

    /// What is to be done with one transaction, of which it could not be done on these occasions, at the time when it is
    /// tried again; nothing if it was tried often enough.
    #[must_use]
    pub fn put_off(occasions: &[Self], now_ms: i64) -> Option<Self> {
        let last = occasions.iter().max_by_key(|due| due.tries)?;
        let tries = last.tries + 1;
        let after_ms = AGAIN_MS.get(last.tries as usize).copied().unwrap_or(LATER_MS);
        let sort = format!("{}#{:016x}", rfc3339(now_ms + after_ms), RandomState::new().hash_one(&last.id));
        (tries < MOST_TRIES).then(|| Self { sort, tries, ..last.clone() })
    }

    fn sorted(task: Task, at_ms: i64, hash: u64, id: &str) -> Self {
        let pk = keys::due(task.name(), hash % PARTITIONS);
        Self { id: id.to_owned(), pk, sort: format!("{}#{hash:016x}", rfc3339(at_ms)), tries: 0 }
    }

    pub(crate) fn item(&self, now_ms: i64) -> Item {
        let mut item = key(&self.pk, &self.sort);
        item.insert(ID.to_owned(), text(&self.id));
        if self.tries > 0 {
            item.insert(TRIES.to_owned(), number(self.tries));
        }
        item.insert(EXPIRES_AT.to_owned(), number(expires_at(now_ms, now_ms)));
        item
    }
}

impl Table {
    /// Says that something is to be done.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn put_due(&self, due: &[Due], now_ms: i64) -> Result<(), TableError> {
        self.put_all(due.iter().map(|due| due.item(now_ms)).collect()).await
    }

    /// What is to be done by a time: of each partition what is due the longest, and so much at the most.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn due(&self, task: Task, until_ms: i64, most: usize) -> Result<Vec<Due>, TableError> {
        // They begin with digits, and `~` sorts after every digit.
        let until = Sort::Between("0".to_owned(), format!("{}#~", rfc3339(until_ms)));
        let partitions: Vec<_> = (0..PARTITIONS).map(|partition| keys::due(task.name(), partition)).collect();
        let reads: Vec<_> = partitions.iter().map(|pk| self.query_at_most(pk, until.clone(), most)).collect();
        let items: Vec<Vec<Item>> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        Ok(items.iter().flatten().filter_map(due_of).collect())
    }

    /// Since when something is to be done that was not, in milliseconds since the epoch; nothing if nothing is due.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn overdue_since_ms(&self, now_ms: i64) -> Result<Option<i64>, TableError> {
        let mut due = self.due(Task::Look, now_ms, 1).await?;
        due.extend(self.due(Task::Keep, now_ms, 1).await?);
        Ok(due.iter().map(Due::at_ms).min())
    }

    /// Says that something was done.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; it is done again then.
    pub async fn strike_due<'d>(&self, due: impl IntoIterator<Item = &'d Due>) -> Result<(), TableError> {
        self.delete_all(due.into_iter().map(|due| key(&due.pk, &due.sort)).collect()).await
    }

    /// Marks the transactions as due that have begun a flow since a time; how many there are. Those are found that began
    /// within the flow's limit before that time, or within an hour.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn look_back(&self, flow: &Flow, from_ms: i64, now_ms: i64) -> Result<usize, TableError> {
        // What has begun before may have begun the flow after.
        let stories = self.transactions(from_ms - flow.limit_ms.max(BEFORE_MS), now_ms, now_ms).await?;
        let has_begun = |passage: lamplight_rollup::flow::Passage| passage.started_ms >= from_ms;
        let meant = stories.iter().filter(|(_, story)| flow.passage(story).is_some_and(has_begun));
        let due: Vec<_> = meant.map(|(id, _)| Due::from(now_ms, id)).collect();
        self.put_due(&due, now_ms).await?;
        Ok(due.len())
    }

    /// Marks the passages as due that are under way by what was counted of a flow in this form before.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn resume(&self, flow: &Flow, now_ms: i64) -> Result<(), TableError> {
        let items = self.query(&keys::flow(&flow.figures()), Sort::Prefix(keys::passage(""))).await?;
        let is_open =
            |item: &&Item| super::passages::passed_of(item).is_some_and(|passed| passed.outcome == Outcome::Open);
        let ids = items.iter().filter(is_open).filter_map(|item| keys::passage_of(get_text(item, "sk")?));
        let due: Vec<_> = ids.map(|id| Due::from(now_ms, id)).collect();
        self.put_due(&due, now_ms).await
    }

    /// Asks for the right to look at transactions, so that no two processes do so at once; whether it was given.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn begin_looking(&self, now_ms: i64) -> Result<bool, TableError> {
        let mut item = key(keys::LOOKING, keys::LOOKING);
        item.insert(UNTIL.to_owned(), number(now_ms + LEASE_MS));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(pk) OR #until <= :now")
            .expression_attribute_names("#until", UNTIL)
            .expression_attribute_values(":now", number(now_ms));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(TableError::call("PutItem")(error)),
            },
        }
    }

    /// Gives the right to look at transactions back. Who cannot do so leaves it until it ends.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn end_looking(&self) -> Result<(), TableError> {
        self.delete_all(vec![key(keys::LOOKING, keys::LOOKING)]).await
    }
}

fn due_of(item: &Item) -> Option<Due> {
    let text = |name| get_text(item, name).map(str::to_owned);
    let tries = get_number(item, TRIES).unwrap_or(0);
    Some(Due { id: text(ID)?, pk: text("pk")?, sort: text("sk")?, tries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_is_tried_more_and_more_seldom_and_given_up() {
        let mut due = vec![Due::from(0, "t-1")];
        let mut after = Vec::new();
        while let Some(again) = Due::put_off(&due, due[0].at_ms()) {
            after.push((again.at_ms() - due[0].at_ms()) / 60_000);
            // Something else was said of it meanwhile.
            due = vec![due_of(&again.item(0)).unwrap(), Due::from(again.at_ms(), "t-1")];
        }
        assert_eq!((after.len(), &after[..4]), (24, &[1, 10, 60, 60][..]));
        assert!((22..26).contains(&(due[0].at_ms() / 3_600_000)));
    }
}
