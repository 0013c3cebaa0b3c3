//! Failures whose lines name not even their request. They are found by the minute of their log stream.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::transaction::smallest::Smallest;
use lamplight_rollup::transaction::strays::{STRAYS, Strays};
use lamplight_rollup::transaction::{Note, StreamMinute};
use lamplight_rollup::{Bucket, Span};

use super::requests::refused;
use super::{FACTS, expires_at, texts};
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{CONCURRENCY, key};

impl Table {
    /// Adds failures of log streams' minutes. Of a stream that fails all the time, a process adds some now and then.
    pub(super) async fn add_strays(&self, strays: &Strays, now_ms: i64) -> Result<(), TableError> {
        let is_spared = |minute: &StreamMinute| {
            let pace = self.known.strays.get(&minute.stream).unwrap_or_default();
            self.known.strays.insert(minute.stream, pace.written(now_ms));
            self.tuning.spares_busy_issues && pace.is_busy(now_ms)
        };
        let written = strays.iter().filter(|(minute, _)| !is_spared(minute));
        let writes: Vec<_> = written.map(|(minute, notes)| self.add_notes(minute, notes, now_ms)).collect();
        stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect().await
    }

    /// What a full item does not take is left out: those that came first are told.
    async fn add_notes(
        &self,
        minute: &StreamMinute,
        notes: &Smallest<Note, STRAYS>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let (pk, sk) = key_of(minute);
        let facts = notes.iter().filter_map(|note| serde_json::to_string(note).ok()).collect();
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key(&pk, &sk)));
        let update = update
            .update_expression("SET #expires = :expires ADD #facts :facts")
            .condition_expression("attribute_not_exists(#facts) OR size(#facts) < :most")
            .expression_attribute_names("#facts", FACTS)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":expires", number(expires_at(minute.minute_ms, now_ms)))
            .expression_attribute_values(":most", number(STRAYS))
            .expression_attribute_values(":facts", AttributeValue::Ss(facts));
        refused(update.send().await).map(drop)
    }

    /// The failures of these minutes of log streams.
    pub(super) async fn strays(&self, minutes: &BTreeSet<StreamMinute>) -> Result<Strays, TableError> {
        let wanted: Vec<_> = minutes.iter().map(key_of).collect();
        let items = self.get_all(&wanted).await?;
        Ok(items.iter().filter_map(read).collect())
    }
}

/// The key of the item about a minute of a log stream.
pub(super) fn key_of(minute: &StreamMinute) -> (String, String) {
    let bucket = Bucket { span: Span::Minute, start_ms: minute.minute_ms };
    (keys::stream(minute.stream), bucket.to_string())
}

/// The failures that an item has; nothing if it is another's.
pub(super) fn read(item: &Item) -> Option<(StreamMinute, Smallest<Note, STRAYS>)> {
    let stream = keys::stream_of(get_text(item, "pk")?)?;
    let minute_ms = Bucket::parse(get_text(item, "sk")?)?.start_ms;
    let notes = texts(item, FACTS).filter_map(|note| serde_json::from_str(note).ok());
    Some((StreamMinute { stream, minute_ms }, notes.collect()))
}
