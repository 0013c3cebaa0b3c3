//! Which transactions are to be looked at, and when: at once where something was said of them that may concern a flow,
//! when the limit of a flow is over, and an hour after something in them failed.
//!
//! A line may name nothing but its request. Whoever says of a request to which transaction it belongs looks for what was
//! said of it before, and whoever says something of a request looks for its transactions, each after having written its
//! own: of two who do so at once, one at least sees the other.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{Flow, Transaction, Transactions};
use xxhash_rust::xxh3::xxh3_64;

use super::StoredFlow;
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};
use crate::transactions::expires_at;

/// The transaction's id.
const ID: &str = "id";

/// Whether it is to be kept longer than others.
const LASTING: &str = "lasting";

/// A transaction that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its trace id, or a correlation id.
    pub id: String,
    /// When, and which of several occasions.
    sort: String,
    /// Whether it is to be kept longer than others.
    pub is_lasting: bool,
}

impl Due {
    /// A transaction that is to be looked at when a limit is over; on each occasion it is one.
    #[must_use]
    pub fn at(at_ms: i64, flow: &str, id: &str) -> Self {
        Self::sorted(at_ms, xxh3_64(format!("{flow}\n{id}").as_bytes()), id)
    }

    /// A transaction of which something was said now. It is not the same as any before: who looks at an earlier one and
    /// strikes it out may not have seen this.
    fn now(now_ms: i64, id: &str) -> Self {
        Self::sorted(now_ms, RandomState::new().hash_one(id), id)
    }

    /// A transaction that is to be kept longer than others, by when all of it is known.
    pub(crate) fn lasting(at_ms: i64, id: &str) -> Self {
        Self { is_lasting: true, ..Self::now(at_ms, id) }
    }

    fn sorted(at_ms: i64, hash: u64, id: &str) -> Self {
        Self { id: id.to_owned(), sort: format!("{}#{hash:016x}", rfc3339(at_ms)), is_lasting: false }
    }

    pub(crate) fn item(&self, now_ms: i64) -> Item {
        let mut item = key(keys::DUE, &self.sort);
        item.insert(ID.to_owned(), text(&self.id));
        if self.is_lasting {
            item.insert(LASTING.to_owned(), AttributeValue::Bool(true));
        }
        item.insert(EXPIRES_AT.to_owned(), number(expires_at(now_ms, now_ms)));
        item
    }
}

impl Table {
    /// Marks the transactions of a delivery that may concern a flow as due. What the delivery says must have been written
    /// before.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn follow(&self, transactions: &Transactions, now_ms: i64) -> Result<(), TableError> {
        if transactions.is_empty() {
            return Ok(());
        }
        let flows = self.recent_flows(now_ms).await?;
        if flows.is_empty() {
            return Ok(());
        }
        let mut of_requests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, transaction) in &transactions.by_id {
            for request_id in transaction.requests() {
                of_requests.entry(request_id).or_default().insert(id);
            }
        }
        self.put_all(ties(&of_requests, now_ms)).await?;
        let meant = transactions.by_id.iter().filter(|(_, own)| concerns(own, &flows) || own.tied().next().is_some());
        let mut ids: BTreeSet<String> = meant.map(|(id, _)| id.clone()).collect();
        for (request_id, loose) in self.loose(of_requests.keys().copied()).await? {
            if concerns(&loose, &flows) {
                ids.extend(of_requests.get(&*request_id).into_iter().flatten().map(|id| (*id).to_owned()));
            }
        }
        for (request_id, _) in transactions.loose.iter().filter(|(_, loose)| concerns(loose, &flows)) {
            let ties = self.query(&keys::request(request_id), Sort::Prefix(keys::trace(""))).await?;
            ids.extend(ties.iter().filter_map(|tie| Some(keys::trace_of(get_text(tie, "sk")?)?.to_owned())));
        }
        let due: Vec<_> = ids.iter().map(|id| Due::now(now_ms, id)).collect();
        self.put_due(&due, now_ms).await
    }

    /// Marks the transactions since a time that have reached a milestone of a flow as due; how many there are.
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

    /// Says that transactions are to be looked at.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn put_due(&self, due: &[Due], now_ms: i64) -> Result<(), TableError> {
        let items: BTreeMap<_, _> = due.iter().map(|due| (&due.sort, due.item(now_ms))).collect();
        self.put_all(items.into_values().collect()).await
    }

    /// The transactions that are to be looked at by now, the longest due first, and so many at the most.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<Due>, TableError> {
        // `~` sorts after every digit.
        let items = self.query_first(keys::DUE, &format!("{}#~", rfc3339(now_ms)), most).await?;
        let due = items.iter().filter_map(|item| {
            let is_lasting = item.contains_key(LASTING);
            Some(Due { id: get_text(item, ID)?.to_owned(), sort: get_text(item, "sk")?.to_owned(), is_lasting })
        });
        Ok(due.collect())
    }

    /// Says that transactions were looked at.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; they are looked at again then.
    pub async fn strike_due(&self, due: &[Due]) -> Result<(), TableError> {
        self.delete_all(due.iter().map(|due| key(keys::DUE, &due.sort)).collect()).await
    }
}

/// Whether a transaction has reached a milestone of any flow.
fn concerns(transaction: &Transaction, flows: &[StoredFlow]) -> bool {
    let mut milestones = transaction.members.values().flat_map(|member| &member.milestones);
    milestones.any(|(_, name)| flows.iter().any(|stored| stored.flow.has(name)))
}

/// The items that say to which transactions requests belong.
fn ties(of_requests: &BTreeMap<&str, BTreeSet<&str>>, now_ms: i64) -> Vec<Item> {
    let ties = of_requests.iter().flat_map(|(request_id, ids)| {
        ids.iter().map(|id| {
            let mut item = key(&keys::request(request_id), &keys::trace(id));
            item.insert(EXPIRES_AT.to_owned(), number(expires_at(now_ms, now_ms)));
            item
        })
    });
    ties.collect()
}
