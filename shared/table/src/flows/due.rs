//! Which transactions are to be looked at, and when: at once where something was said of them that may concern a flow,
//! when the limit of a flow is over, and an hour after something in them failed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::Flow;
use lamplight_rollup::time::rfc3339;
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{CONCURRENCY, key};
use crate::transactions::expires_at;

/// Partitions of what is due: a single one takes a thousand writes a second.
const PARTITIONS: u64 = 8;

/// The transaction's id.
const ID: &str = "id";

/// Whether it is to be kept longer than others.
const LASTING: &str = "lasting";

/// The flow for which earlier transactions are to be looked at.
const FLOW: &str = "flow";

/// Since when, in milliseconds since the epoch.
const FROM: &str = "from_ms";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Look what became of a transaction in flows.
    Look {
        /// Its trace id, or a correlation id.
        id: String,
    },
    /// Keep a transaction longer than others.
    Keep {
        /// Its trace id, or a correlation id.
        id: String,
    },
    /// Look at the transactions that began before a flow was known to all.
    LookBack {
        /// The flow's name.
        flow: String,
        /// Since when, in milliseconds since the epoch.
        from_ms: i64,
    },
}

/// Something that is to be done at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub task: Task,
    pk: String,
    /// When, and which of several occasions.
    sort: String,
}

impl Due {
    /// A transaction that is to be looked at when a limit is over; on each occasion it is one.
    #[must_use]
    pub fn at(at_ms: i64, flow: &str, id: &str) -> Self {
        Self::sorted(at_ms, xxh3_64(format!("{flow}\n{id}").as_bytes()), Task::Look { id: id.to_owned() })
    }

    /// A transaction of which something was said now.
    pub(crate) fn now(now_ms: i64, id: &str) -> Self {
        Self::unlike_others(now_ms, Task::Look { id: id.to_owned() })
    }

    /// A transaction that is to be kept longer than others, by when all of it is known.
    pub(crate) fn lasting(at_ms: i64, id: &str) -> Self {
        Self::unlike_others(at_ms, Task::Keep { id: id.to_owned() })
    }

    /// That transactions are to be looked at which began before all processes knew of a flow.
    #[must_use]
    pub fn look_back(at_ms: i64, flow: &Flow, from_ms: i64) -> Self {
        Self::unlike_others(at_ms, Task::LookBack { flow: flow.name.clone(), from_ms })
    }

    /// It is not the same as any before: who has done an earlier one and strikes it out may not have seen this.
    fn unlike_others(at_ms: i64, task: Task) -> Self {
        Self::sorted(at_ms, RandomState::new().hash_one(at_ms), task)
    }

    fn sorted(at_ms: i64, hash: u64, task: Task) -> Self {
        Self { task, pk: keys::due(hash % PARTITIONS), sort: format!("{}#{hash:016x}", rfc3339(at_ms)) }
    }

    pub(crate) fn item(&self, now_ms: i64) -> Item {
        let mut item = key(&self.pk, &self.sort);
        match &self.task {
            Task::Look { id } => drop(item.insert(ID.to_owned(), text(id))),
            Task::Keep { id } => {
                item.insert(ID.to_owned(), text(id));
                item.insert(LASTING.to_owned(), AttributeValue::Bool(true));
            }
            Task::LookBack { flow, from_ms } => {
                item.insert(FLOW.to_owned(), text(flow));
                item.insert(FROM.to_owned(), number(from_ms));
            }
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
        let items: BTreeMap<_, _> = due.iter().map(|due| (&due.sort, due.item(now_ms))).collect();
        self.put_all(items.into_values().collect()).await
    }

    /// What is to be done by now: of each partition what is due the longest, and so much at the most.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<Due>, TableError> {
        // `~` sorts after every digit.
        let last = format!("{}#~", rfc3339(now_ms));
        let partitions: Vec<_> = (0..PARTITIONS).map(keys::due).collect();
        let reads: Vec<_> = partitions.iter().map(|pk| self.query_first(pk, &last, most)).collect();
        let items: Vec<Vec<Item>> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        Ok(items.iter().flatten().filter_map(due_of).collect())
    }

    /// Says that something was done.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; it is done again then.
    pub async fn strike_due<'d>(&self, due: impl IntoIterator<Item = &'d Due>) -> Result<(), TableError> {
        self.delete_all(due.into_iter().map(|due| key(&due.pk, &due.sort)).collect()).await
    }

    /// Marks the transactions since a time that have begun a flow as due; how many there are.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn look_back(&self, flow: &Flow, from_ms: i64, now_ms: i64) -> Result<usize, TableError> {
        let stories = self.transactions(from_ms, now_ms, now_ms).await?;
        let meant = stories.iter().filter(|(_, story)| flow.passage(story).is_some());
        let due: Vec<_> = meant.map(|(id, _)| Due::now(now_ms, id)).collect();
        self.put_due(&due, now_ms).await?;
        Ok(due.len())
    }
}

fn due_of(item: &Item) -> Option<Due> {
    let task = match (get_text(item, ID), get_text(item, FLOW)) {
        (Some(id), _) if item.contains_key(LASTING) => Task::Keep { id: id.to_owned() },
        (Some(id), _) => Task::Look { id: id.to_owned() },
        (None, Some(flow)) => Task::LookBack { flow: flow.to_owned(), from_ms: get_number(item, FROM)? },
        (None, None) => return None,
    };
    Some(Due { task, pk: get_text(item, "pk")?.to_owned(), sort: get_text(item, "sk")?.to_owned() })
}
