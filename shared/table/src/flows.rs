//! The flows that are followed, and what their passages add up to.
//!
//! - [`passages`]: what is counted of each passage
//! - [`figures`]: what passages add up to
//! - [`concerned`]: which transactions of a delivery concern a flow
//! - [`due`]: which transactions are to be looked at, and when

mod concerned;
mod due;
mod figures;
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
pub use concerned::Cut;
pub use due::{Due, Task};
use figures::HOUR_KEPT_MS;
pub use passages::{Change, Counted, PassageKey};

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
    /// The flows that are followed, by name. One that another version wrote in another form is passed over, and the log
    /// says so.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn flows(&self) -> Result<Vec<StoredFlow>, TableError> {
        let items = self.query(keys::FLOWS, Sort::All).await?;
        let readable = items.iter().filter_map(|item| {
            stored(item).inspect_err(|error| tracing::error!(%error, "a flow cannot be read; it is not followed")).ok()
        });
        Ok(readable.collect())
    }

    /// The flows as this process has read them within the last minute, else as they are now.
    ///
    /// # Errors
    ///
    /// As [`Table::flows`].
    pub async fn recent_flows(&self, now_ms: i64) -> Result<Vec<StoredFlow>, TableError> {
        self.known.flows.read(now_ms, self.flows()).await
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
                found.extend(items.iter().filter_map(|item| Some((bucket(item)?.start_ms, figures::lead_times(item)))));
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

fn stored(item: &Item) -> Result<StoredFlow, TableError> {
    let malformed = |attribute| {
        let key = format!("{} {}", keys::FLOWS, get_text(item, "sk").unwrap_or_default());
        TableError::Malformed { key, attribute }
    };
    let flow = get_text(item, FLOW).and_then(|flow| flow.parse().ok());
    Ok(StoredFlow {
        flow: flow.ok_or_else(|| malformed(FLOW))?,
        set_ms: get_text(item, SET_AT).and_then(from_rfc3339).ok_or_else(|| malformed(SET_AT))?,
        by: get_text(item, BY).ok_or_else(|| malformed(BY))?.to_owned(),
    })
}
