//! Which transactions of a delivery concern a flow, also where their milestones and their ids come in different lines.
//!
//! A line may name nothing but its request, or a correlation id that another line ties to a trace. Whoever writes one of
//! two things that belong together looks for the other after that: of two who do so at once, one at least sees the other.
//!
//! | who writes | writes | then reads |
//! |---|---|---|
//! | a milestone of an id | a mark at the id | – |
//! | that two ids are one | the tie | the marks of both |
//! | that a request belongs to an id | the tie | what was said of the request alone |
//! | what names nothing but its request | that | the ties of the request |

use std::collections::{BTreeMap, BTreeSet};

use lamplight_rollup::{Transaction, Transactions};

use super::due::Due;
use super::{StoredFlow, concerns};
use crate::Table;
use crate::attributes::Item;
use crate::error::TableError;
use crate::keys;
use crate::transactions::kept::Keep;
use crate::transactions::{expiring, facts_items, requests};

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
        let of_requests = requests::of(transactions);
        // Of what is kept it was written with it, if transactions are found by values.
        if !self.tuning.is_searchable || self.tuning.keep == Keep::Interesting {
            self.put_all(requests::ties(&of_requests, now_ms)).await?;
        }
        let own = transactions.by_id.iter().filter(|(_, own)| concerns(own, &flows));
        let mut ids: BTreeSet<String> = own.map(|(id, _)| id.clone()).collect();
        let mut joined = self.told_before(&of_requests, &flows).await?;
        joined.extend(self.tied_to_requests(transactions, &flows).await?);
        if self.tuning.keep == Keep::Interesting {
            // What makes the request a member of the transaction may not have been kept.
            self.put_all(joined.iter().flat_map(|(id, loose)| facts_items(id, loose, now_ms)).collect()).await?;
        }
        ids.extend(joined.into_iter().map(|(id, _)| id));
        self.put_all(ids.iter().map(|id| mark(id, now_ms)).collect()).await?;
        ids.extend(self.tied_to_marked(transactions).await?);
        let due: Vec<_> = ids.iter().map(|id| Due::from(now_ms, id)).collect();
        self.put_due(&due, now_ms).await
    }

    /// Marks these ids as concerning a flow; those that were not marked before. What is tied to them from then on is seen,
    /// what was tied before may not have been.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn mark(&self, ids: &BTreeSet<String>, now_ms: i64) -> Result<BTreeSet<String>, TableError> {
        let marked = self.marked(ids, keys::MARK).await?;
        let news: BTreeSet<_> = ids.difference(&marked).cloned().collect();
        self.put_all(news.iter().map(|id| mark(id, now_ms)).collect()).await?;
        Ok(news)
    }

    /// Says that these ids are tied to too many, and marks those as due that are tied to them: they belong together no
    /// more. That is done once for each id.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn cut(&self, ids: &BTreeSet<String>, cut: Cut, now_ms: i64) -> Result<(), TableError> {
        let marked = self.marked(ids, cut.mark()).await?;
        for id in ids.difference(&marked) {
            let ties = self.ties_of(id).await?;
            let due: Vec<_> = ties.iter().map(|id| Due::from(now_ms, id)).collect();
            self.put_due(&due, now_ms).await?;
            self.put_all(vec![expiring(&keys::trace(id), cut.mark(), now_ms)]).await?;
        }
        Ok(())
    }

    /// The ids of a delivery of whose requests something was said before that concerns a flow, with that.
    async fn told_before(
        &self,
        of_requests: &BTreeMap<&str, BTreeSet<&str>>,
        flows: &[StoredFlow],
    ) -> Result<Vec<(String, Transaction)>, TableError> {
        let told = self.loose(of_requests.keys().copied()).await?;
        let told = told.into_iter().filter(|(_, loose)| concerns(loose, flows));
        let joined = told.flat_map(|(request_id, loose)| {
            let ids = of_requests.get(request_id.as_str()).into_iter().flatten();
            ids.map(move |id| ((*id).to_owned(), loose.clone())).collect::<Vec<_>>()
        });
        Ok(joined.collect())
    }

    /// The ids to which requests are tied of which the delivery says something that concerns a flow, with that.
    async fn tied_to_requests(
        &self,
        transactions: &Transactions,
        flows: &[StoredFlow],
    ) -> Result<Vec<(String, Transaction)>, TableError> {
        let loose = transactions.loose.iter().filter(|(_, loose)| concerns(loose, flows));
        let loose: Vec<_> = loose.collect();
        let ties = self.ids_of(loose.iter().map(|(request_id, _)| request_id.as_str())).await?;
        let joined =
            ties.into_iter().zip(&loose).flat_map(|(ids, (_, loose))| ids.into_iter().map(|id| (id, (*loose).clone())));
        Ok(joined.collect())
    }

    /// The ids that the delivery ties to others, if any of them concerns a flow. What is known to be tied to too many ties
    /// nothing: to be tied to one more changes nothing for either.
    async fn tied_to_marked(&self, transactions: &Transactions) -> Result<Vec<String>, TableError> {
        let tied: Vec<_> = transactions.by_id.iter().filter(|(_, own)| own.tied().next().is_some()).collect();
        let ids: BTreeSet<String> = tied.iter().flat_map(|(id, own)| own.tied().chain([*id])).cloned().collect();
        let marked = self.marked(&ids, keys::MARK).await?;
        if marked.is_empty() {
            return Ok(Vec::new());
        }
        let cut = self.marked(&ids, keys::CUT).await?;
        let is_meant = |(id, own): &&(&String, &Transaction)| {
            let concerns = |id: &String| marked.contains(id) && !cut.contains(id);
            !cut.contains(*id) && own.tied().chain([*id]).any(concerns)
        };
        Ok(tied.iter().filter(is_meant).map(|(id, _)| (*id).clone()).collect())
    }
}

/// Why what is tied to an id does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Too many are tied to it.
    Itself,
    /// Too many are tied to it by others. Each of these says the same of itself, so that all are looked at.
    ByOthers,
}

impl Cut {
    const fn mark(self) -> &'static str {
        match self {
            Self::Itself => keys::CUT,
            Self::ByOthers => keys::PARTED,
        }
    }
}

/// The item that says that an id concerns a flow.
fn mark(id: &str, now_ms: i64) -> Item {
    expiring(&keys::trace(id), keys::MARK, now_ms)
}
