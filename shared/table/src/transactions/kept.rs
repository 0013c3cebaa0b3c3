//! Which parts of transactions are kept, and for how long: what failed or was slow longer than the rest.

use std::borrow::Cow;
use std::collections::BTreeSet;

use lamplight_rollup::{Family, Member, Transaction, Transactions};

use super::{COMPLETE_MS, LASTING_MS, labels, list};
use crate::Table;
use crate::attributes::{EXPIRES_AT, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, at_once, if_there, key};

/// Which parts of transactions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those of invocations that failed or were slow, and those that have milestones or searchable values. All are
    /// counted.
    Interesting,
}

/// Which transactions are slow unless it is said otherwise: those with an invocation of three seconds.
pub(crate) const SLOW_MS: u64 = 3_000;

/// Transactions of one delivery that are kept longer: in a storm, they are all alike.
const LASTING: usize = 25;

/// Requests of one transaction whose facts are kept longer with it.
const REQUESTS: usize = 100;

/// Items of one transaction that are kept longer, the first in time: what has more is no request.
const ITEMS: usize = 1_000;

/// Whether something failed, or an invocation took this time or longer.
pub(super) fn lasts(transaction: &Transaction, slow_ms: u64) -> bool {
    let failed_or_slow = |member: &Member| {
        let took_us = member.report.as_ref().map_or(0, |report| report.duration_us);
        !member.errors.is_empty() || took_us >= slow_ms.saturating_mul(1000)
    };
    transaction.members.values().any(|member| failed_or_slow(member))
        || transaction.spans.iter().any(lamplight_rollup::TraceSpan::failed)
}

/// Whether a part of a transaction is kept where only interesting ones are.
fn is_interesting(transaction: &Transaction, slow_ms: u64) -> bool {
    let says_more = |member: &Member| !member.milestones.is_empty() || !member.labels.is_empty();
    lasts(transaction, slow_ms) || transaction.members.values().any(|member| says_more(member))
}

impl Table {
    /// The parts of transactions that are kept. A part that says nothing of interest is kept if something was said of
    /// one of its requests, here or before: an exception's line names no trace, and its report no failure. What ties a
    /// trace and a correlation id is kept where flows are followed, as these must be known to be one.
    pub(super) async fn kept<'t>(
        &self,
        transactions: &'t Transactions,
        now_ms: i64,
    ) -> Result<Cow<'t, Transactions>, TableError> {
        if self.tuning.keep == Keep::All {
            return Ok(Cow::Borrowed(transactions));
        }
        let slow_ms = self.tuning.slow_ms;
        let quiet = transactions.loose.iter().filter(|(_, loose)| !is_interesting(loose, slow_ms));
        let quiet = quiet.map(|(request_id, _)| request_id.clone()).collect();
        let mut transactions = transactions.clone();
        transactions.settle(&quiet);
        let has_flows = !self.recent_flows(now_ms).await?.is_empty();
        let is_kept = |own: &Transaction| is_interesting(own, slow_ms) || (has_flows && own.tied().next().is_some());
        let quiet = transactions.by_id.values().filter(|own| !is_kept(own));
        let requests: BTreeSet<_> = quiet.flat_map(Transaction::requests).collect();
        let (here, elsewhere): (BTreeSet<_>, BTreeSet<_>) =
            requests.into_iter().partition(|request_id| transactions.loose.contains_key(*request_id));
        let before = self.loose(elsewhere).await?;
        let said: BTreeSet<_> = before.iter().map(|(request_id, _)| request_id.as_str()).chain(here).collect();
        let has_said = |own: &Transaction| own.requests().iter().any(|request_id| said.contains(request_id));
        let kept = transactions.by_id.iter().filter(|(_, own)| is_kept(own) || has_said(own));
        let kept: BTreeSet<_> = kept.map(|(id, _)| id).collect();
        // What says only that a correlation id belongs to a trace is kept with the trace.
        let ties = |own: &Transaction| own.members.is_empty() && own.traces.iter().any(|id| kept.contains(id));
        let by_id = transactions.by_id.iter().filter(|(id, own)| kept.contains(id) || ties(own));
        let by_id = by_id.map(|(id, own)| (id.clone(), own.clone())).collect();
        Ok(Cow::Owned(Transactions { by_id, ..transactions }))
    }

    /// Which of these failed or slow transactions are to be kept longer, of which this process has not said so within the
    /// hour: so many at the most.
    pub(super) fn lasting<'t>(&self, transactions: &'t Transactions, now_ms: i64) -> Vec<&'t String> {
        let lasts = |own: &Transaction| {
            let requests = || own.requests().into_iter().filter_map(|request_id| transactions.loose.get(request_id));
            lasts(own, self.tuning.slow_ms) || requests().any(|loose| lasts(loose, self.tuning.slow_ms))
        };
        let lasting = transactions.by_id.iter().filter(|(_, own)| lasts(own));
        let is_news = |id: &&String| {
            let said_ms = self.known.lasting.get(*id).unwrap_or(i64::MIN);
            !(said_ms..said_ms.saturating_add(COMPLETE_MS)).contains(&now_ms)
        };
        lasting.map(|(id, _)| id).filter(is_news).take(LASTING).collect()
    }

    /// Keeps all that is known of a transaction as long as what failed is kept. What is tied to it is kept with it, unless
    /// that is too much to be one request.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn let_last(&self, id: &str, now_ms: i64) -> Result<(), TableError> {
        let Family { ids, story, .. } = self.family(id).await?;
        let mut meant = Vec::new();
        for pk in ids.iter().map(|id| keys::trace(id)) {
            let items = self.query_at_most(&pk, Sort::All, ITEMS).await?;
            meant.extend(items.iter().filter_map(|item| Some((pk.clone(), get_text(item, "sk")?.to_owned()))));
        }
        let requests: Vec<_> = story.requests().into_iter().take(REQUESTS).collect();
        for (request_id, _) in self.loose(requests.iter().copied()).await? {
            meant.push((keys::request(&request_id), keys::REQUEST_ITEM.to_owned()));
        }
        meant.extend(labels::keys_of(&story, &ids, &requests));
        meant.truncate(ITEMS + REQUESTS);
        let expires_s = (now_ms + LASTING_MS) / 1000;
        at_once(meant.iter().map(|(pk, sk)| self.prolong(pk, sk, expires_s)).collect()).await?;
        let mut listed = list([(id, &story)].into_iter(), now_ms);
        listed.iter_mut().for_each(|item| drop(item.insert(EXPIRES_AT.to_owned(), number(expires_s))));
        self.put_all(listed).await
    }

    /// Keeps an item, if it is still there.
    async fn prolong(&self, pk: &str, sk: &str, expires_s: i64) -> Result<(), TableError> {
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        let update = update
            .update_expression("SET #expires = :expires")
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":expires", number(expires_s));
        if_there(update).await
    }
}
