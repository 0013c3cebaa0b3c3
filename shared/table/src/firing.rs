//! Which watches fire: an item for each watch and what it looks at, as long as it fires.
//!
//! That it begins or ends and the claim to the alert that tells it are one transaction: each is told once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use lamplight_rollup::{Bucket, FunctionKey, Rollup, Span};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{Item, get_number, get_text, number, rollup, text};
use crate::error::TableError;
use crate::hours::between;
use crate::issues::{Unsent, unsent_item};
use crate::keys;
use crate::query::{Sort, key};
use crate::transact::Written;

/// What the watch is called.
const WATCH: &str = "watch";
/// What it looks at.
const PLACE: &str = "place";
/// Since when it fires, in milliseconds since the epoch.
const SINCE_MS: &str = "since_ms";
/// Since when its condition does not hold any more, in milliseconds since the epoch.
const CLEAR_MS: &str = "clear_ms";
/// What was told.
const BODY: &str = "body";

/// A watch that fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// What the watch is called.
    pub watch: String,
    /// What it looks at: a function, or any text that is none.
    pub place: String,
    /// Since when it fires, in milliseconds since the epoch.
    pub since_ms: i64,
    /// Since when its condition does not hold any more, in milliseconds since the epoch.
    pub clear_ms: Option<i64>,
    /// What was told.
    pub body: String,
}

impl Firing {
    /// What tells a watch and what it looks at from others.
    #[must_use]
    pub fn key(watch: &str, place: &str) -> String {
        format!("{:016x}", xxh3_64(format!("{watch}\n{place}").as_bytes()))
    }

    fn sort(&self) -> String {
        format!("{}#{}", self.watch, self.place)
    }
}

impl Table {
    /// The watches that fire.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn firing(&self) -> Result<Vec<Firing>, TableError> {
        Ok(self.query(keys::FIRING, Sort::All).await?.iter().filter_map(firing_of).collect())
    }

    /// Says that a watch begins to fire, and claims the alert that tells it; whether nobody else had said so.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; trying again claims nothing twice.
    pub async fn begin_firing(&self, firing: &Firing, unsent: &Unsent) -> Result<bool, TableError> {
        let mut item = key(keys::FIRING, &firing.sort());
        item.insert(WATCH.to_owned(), text(&firing.watch));
        item.insert(PLACE.to_owned(), text(&firing.place));
        item.insert(SINCE_MS.to_owned(), number(firing.since_ms));
        item.insert(BODY.to_owned(), text(&firing.body));
        let begin = self.put_write(item, Some("attribute_not_exists(pk)"))?;
        let written = self.transact(vec![begin, self.put_write(unsent_item(unsent), None)?]).await?;
        Ok(written == Written::All)
    }

    /// Says since when the condition of a watch that fires does not hold any more; nothing if it holds again.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn clear_firing(&self, firing: &Firing, clear_ms: Option<i64>) -> Result<(), TableError> {
        let update = self.client.update_item().table_name(&self.name);
        let update = update
            .set_key(Some(key(keys::FIRING, &firing.sort())))
            .condition_expression("#since_ms = :since_ms")
            .expression_attribute_names("#since_ms", SINCE_MS)
            .expression_attribute_names("#clear_ms", CLEAR_MS)
            .expression_attribute_values(":since_ms", number(firing.since_ms));
        let update = match clear_ms {
            Some(clear_ms) => update
                .update_expression("SET #clear_ms = :clear_ms")
                .expression_attribute_values(":clear_ms", number(clear_ms)),
            None => update.update_expression("REMOVE #clear_ms"),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Another run has said that it ended.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(TableError::call("UpdateItem")(error)),
            },
        }
    }

    /// Says that a watch fires no more, and claims the alert that tells it; whether nobody else had said so.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; trying again claims nothing twice.
    pub async fn end_firing(&self, firing: &Firing, unsent: &Unsent) -> Result<bool, TableError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(keys::FIRING, &firing.sort())))
            .condition_expression("#since_ms = :since_ms")
            .expression_attribute_names("#since_ms", SINCE_MS)
            .expression_attribute_values(":since_ms", number(firing.since_ms))
            .build();
        let delete = delete.map_err(TableError::not_built("TransactWriteItems"))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let written = self.transact(vec![delete, self.put_write(unsent_item(unsent), None)?]).await?;
        Ok(written == Written::All)
    }

    /// The minutes of a function from one time to before another, by their start.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn minutes(
        &self,
        function: &FunctionKey,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<BTreeMap<i64, Rollup>, TableError> {
        let mut minutes: BTreeMap<i64, Rollup> = BTreeMap::new();
        for item in self.query(&keys::function(function), between(Span::Minute, from_ms, to_ms)).await? {
            if let Some((minute, _)) = get_text(&item, "sk").and_then(keys::place_of) {
                minutes.entry(minute.start_ms).or_default().merge(&rollup(&item));
            }
        }
        Ok(minutes)
    }

    /// Whether anything is known of a function from before a time of the last days, to the minute.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn is_known_before(&self, function: &FunctionKey, before_ms: i64) -> Result<bool, TableError> {
        // Minutes are kept for days: what is not in them is in the days before.
        for span in [Span::Minute, Span::Day] {
            let before = Bucket::holding(span, before_ms).to_string();
            if self.has_any(&keys::function(function), span.prefix(), &before).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn firing_of(item: &Item) -> Option<Firing> {
    Some(Firing {
        watch: get_text(item, WATCH)?.to_owned(),
        place: get_text(item, PLACE)?.to_owned(),
        since_ms: get_number(item, SINCE_MS)?,
        clear_ms: get_number(item, CLEAR_MS),
        body: get_text(item, BODY)?.to_owned(),
    })
}
