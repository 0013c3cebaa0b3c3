//! What is known of an invocation apart from transactions, and to which of them it belongs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::{Transaction, Transactions};

use super::{FACTS, expires_at, expiring, labels, piece, texts};
use crate::Table;
use crate::attributes::{Item, get_text};
use crate::error::TableError;
use crate::flows::concerns;
use crate::keys;
use crate::query::{CONCURRENCY, Sort};

/// Pieces that an item about a request holds before they are made one: each is below 100 KB.
const REQUEST_PIECES: usize = 3;

impl Table {
    /// The same with those reports that name no transaction of which it may become known: a function of which other
    /// lines tie requests to transactions. Of one that has only reported for long, it will not.
    pub(super) fn with_reports<'t>(&self, transactions: &'t Transactions) -> Cow<'t, Transactions> {
        let members = transactions.by_id.values().flat_map(|own| &own.members);
        let tied = members.filter(|(key, member)| member.report.is_none() && !key.request_id.is_empty());
        for function in tied.map(|(key, _)| &*key.function).collect::<BTreeSet<_>>() {
            self.known.lone_reports.insert(function.clone(), 0);
        }
        let mut joined = Cow::Borrowed(transactions);
        for lone in transactions.reports.iter() {
            let count = self.known.lone_reports.get(lone.function()).unwrap_or(0);
            if count < self.tuning.lone_reports {
                self.known.lone_reports.insert(lone.function().clone(), count + 1);
                joined.to_mut().join_report(lone);
            }
        }
        joined
    }

    /// What is written of a delivery: all of it, unless a function fails all the time. What then names nothing but its
    /// request goes to the transactions of that request in the same delivery, which costs nothing. The milestones of
    /// flows, searchable values and reports are always written.
    pub(super) async fn spared<'t>(
        &self,
        transactions: &'t Transactions,
        now_ms: i64,
    ) -> Result<Cow<'t, Transactions>, TableError> {
        if !self.tuning.spares_busy_issues || transactions.loose.is_empty() {
            return Ok(Cow::Borrowed(transactions));
        }
        let flows = self.recent_flows(now_ms).await?;
        let is_busy = |(request_id, loose): (&String, &Transaction)| {
            let is_quiet =
                loose.members.values().all(|member| member.errors.is_empty() && member.milestones.is_empty());
            if is_quiet || concerns(loose, &flows) || labels::has_any(loose) {
                return None;
            }
            let function = &loose.members.keys().next()?.function;
            let pace = self.known.loose.get(function).unwrap_or_default();
            if pace.is_busy(now_ms) {
                return Some(request_id.clone());
            }
            self.known.loose.insert((**function).clone(), pace.written(now_ms));
            None
        };
        let busy: BTreeSet<_> = transactions.loose.iter().filter_map(is_busy).collect();
        let mut spared = Cow::Borrowed(transactions);
        if !busy.is_empty() {
            spared.to_mut().settle(&busy);
        }
        Ok(spared)
    }

    /// Adds what is known of a request apart from transactions. When its set has become large, it is made one piece, which
    /// says the same.
    pub(super) async fn add_loose(&self, request_id: &str, loose: &Transaction, now_ms: i64) -> Result<(), TableError> {
        let unite = |old: &Item| {
            let mut sum = loose.clone();
            pieces(old).for_each(|piece| sum.merge(piece));
            piece::write(&sum)
        };
        let item = (key_of(request_id), expires_at(loose.ended_ms(), now_ms));
        self.add_to_set(&item, piece::write(loose), REQUEST_PIECES, unite).await
    }

    /// What is said of requests apart from transactions.
    pub(crate) async fn loose<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r str>,
    ) -> Result<Vec<(String, Transaction)>, TableError> {
        let wanted: Vec<_> = requests.into_iter().map(key_of).collect();
        Ok(self.get_all(&wanted).await?.iter().filter_map(read).collect())
    }

    /// To which ids each of these requests is tied.
    pub(crate) async fn ids_of(&self, requests: impl Iterator<Item = &str>) -> Result<Vec<Vec<String>>, TableError> {
        let keys: Vec<_> = requests.map(keys::request).collect();
        let reads: Vec<_> = keys.iter().map(|pk| self.query(pk, Sort::Prefix(keys::trace("")))).collect();
        let ties: Vec<Vec<Item>> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        let id = |tie: &Item| Some(keys::trace_of(get_text(tie, "sk")?)?.to_owned());
        Ok(ties.iter().map(|ties| ties.iter().filter_map(id).collect()).collect())
    }
}

/// The key of the item about a request.
pub(super) fn key_of(request_id: &str) -> (String, String) {
    (keys::request(request_id), keys::REQUEST_ITEM.to_owned())
}

/// A request and what an item says of it; nothing if it is another's.
pub(super) fn read(item: &Item) -> Option<(String, Transaction)> {
    let request_id = keys::request_of(get_text(item, "pk")?)?.to_owned();
    let mut loose = Transaction::default();
    pieces(item).for_each(|piece| loose.merge(piece));
    Some((request_id, loose))
}

fn pieces(item: &Item) -> impl Iterator<Item = Transaction> {
    texts(item, FACTS).filter_map(|facts| piece::read(facts))
}

/// The requests of a delivery, with the ids that they belong to.
pub(crate) fn of(transactions: &Transactions) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut of_requests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, transaction) in &transactions.by_id {
        for request_id in transaction.requests() {
            of_requests.entry(request_id).or_default().insert(id);
        }
    }
    of_requests
}

/// The items that say to which ids requests belong.
pub(crate) fn ties(of_requests: &BTreeMap<&str, BTreeSet<&str>>, now_ms: i64) -> Vec<Item> {
    let ties = of_requests.iter().flat_map(|(request_id, ids)| {
        ids.iter().map(|id| expiring(&keys::request(request_id), &keys::trace(id), now_ms))
    });
    ties.collect()
}
