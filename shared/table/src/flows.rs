//! The flows that are followed, and what their passages add up to.
//!
//! - [`passages`]: what is counted of each passage, and the figures that it is part of
//! - [`concerned`]: which transactions of a delivery concern a flow
//! - [`due`]: which transactions are to be looked at, and when

mod concerned;
mod due;
mod passages;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::ReturnValue;
use lamplight_rollup::flow::LeadTimes;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Bucket, Flow, Span, Transaction};

use crate::Table;
use crate::attributes::{Item, get_text, text};
use crate::error::TableError;
use crate::hours::between;
use crate::keys;
use crate::query::{Sort, key};
pub use due::{Due, Task};
use passages::HOUR_KEPT_MS;
pub use passages::{Change, Counted, PassageKey};

/// How long a process acts on what it has read.
const TRUSTED_MS: i64 = 60_000;

/// The flow, as people write it.
const FLOW: &str = "flow";
/// When it was set.
const SET_AT: &str = "set_at";
/// Who set it.
const BY: &str = "by";
/// The partition of its figures.
const FIGURES: &str = "figures";

/// A flow, as somebody set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFlow {
    /// The flow.
    pub flow: Flow,
    /// When it was set, in milliseconds since the epoch.
    pub set_ms: i64,
    /// Who set it.
    pub by: String,
}

impl Table {
    /// The flows that are followed, by name. One that another version wrote in another form is passed over.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn flows(&self) -> Result<Vec<StoredFlow>, TableError> {
        Ok(self.query(keys::FLOWS, Sort::All).await?.iter().filter_map(stored).collect())
    }

    /// The flows as this process has read them within the last minute, else as they are now.
    ///
    /// # Errors
    ///
    /// As [`Table::flows`].
    pub async fn recent_flows(&self, now_ms: i64) -> Result<Vec<StoredFlow>, TableError> {
        let known = self.known.flows.get(&()).filter(|(read_ms, _)| (0..TRUSTED_MS).contains(&(now_ms - read_ms)));
        if let Some((_, flows)) = known {
            return Ok(flows);
        }
        let flows = self.flows().await?;
        self.known.flows.insert((), (now_ms, flows.clone()));
        Ok(flows)
    }

    /// Sets a flow, in the place of one of the same name if there is any.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; setting it again is harmless.
    pub async fn set_flow(&self, stored: &StoredFlow) -> Result<(), TableError> {
        let mut item = key(keys::FLOWS, &stored.flow.name);
        item.insert(FLOW.to_owned(), text(stored.flow.to_string()));
        item.insert(SET_AT.to_owned(), text(rfc3339(stored.set_ms)));
        item.insert(BY.to_owned(), text(&stored.by));
        item.insert(FIGURES.to_owned(), text(keys::flow(&stored.flow.figures())));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(TableError::call("PutItem"))
    }

    /// Follows a flow no more; whether it was followed. What was counted of it stays.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn remove_flow(&self, name: &str) -> Result<bool, TableError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(keys::FLOWS, name)));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await;
        Ok(deleted.map_err(TableError::call("DeleteItem"))?.attributes.is_some())
    }

    /// What the passages of a flow add up to that began from one time to before another, by the start of their hours; of
    /// their days where the hours have expired.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn lead_times(
        &self,
        flow: &Flow,
        from_ms: i64,
        to_ms: i64,
        now_ms: i64,
    ) -> Result<BTreeMap<i64, LeadTimes>, TableError> {
        let hours_from = Bucket::holding(Span::Day, now_ms - HOUR_KEPT_MS).end_ms().clamp(from_ms, to_ms);
        let mut found = BTreeMap::new();
        for (span, from_ms, to_ms) in [(Span::Day, from_ms, hours_from), (Span::Hour, hours_from, to_ms)] {
            if from_ms < to_ms {
                let items = self.query(&keys::flow(&flow.figures()), between(span, from_ms, to_ms)).await?;
                let bucket = |item: &Item| Bucket::parse(get_text(item, "sk")?);
                found
                    .extend(items.iter().filter_map(|item| Some((bucket(item)?.start_ms, passages::lead_times(item)))));
            }
        }
        Ok(found)
    }
}

/// Whether a transaction has reached a milestone of any flow.
pub(crate) fn concerns(transaction: &Transaction, flows: &[StoredFlow]) -> bool {
    let milestones = flows.iter().flat_map(|stored| &stored.flow.milestones);
    let members = || transaction.members.values();
    milestones.into_iter().any(|name| members().any(|member| member.reached_ms(name).is_some()))
}

fn stored(item: &Item) -> Option<StoredFlow> {
    Some(StoredFlow {
        flow: get_text(item, FLOW)?.parse().ok()?,
        set_ms: get_text(item, SET_AT).and_then(from_rfc3339)?,
        by: get_text(item, BY)?.to_owned(),
    })
}
