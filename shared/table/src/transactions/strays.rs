//! Failures whose lines name not even their request. They are found by the minute of their log stream.

use std::collections::BTreeSet;

use lamplight_rollup::transaction::smallest::Smallest;
use lamplight_rollup::transaction::strays::{STRAYS, Strays};
use lamplight_rollup::transaction::{Note, StreamMinute};
use lamplight_rollup::{Bucket, Span};

use super::{FACTS, expires_at, texts};
use crate::Table;
use crate::attributes::{Item, get_text};
use crate::error::TableError;
use crate::keys;
use crate::query::at_once;

impl Table {
    /// Adds failures of log streams' minutes. Of a stream that fails all the time, a process adds some now and then.
    pub(super) async fn add_strays(&self, strays: &Strays, now_ms: i64) -> Result<(), TableError> {
        let is_spared = |minute: &StreamMinute| {
            let pace = self.known.strays.get(&minute.stream).unwrap_or_default();
            self.known.strays.insert(minute.stream, pace.written(now_ms));
            self.tuning.spares_busy_issues && pace.is_busy(now_ms)
        };
        let written = strays.iter().filter(|(minute, _)| !is_spared(minute));
        at_once(written.map(|(minute, notes)| self.add_notes(minute, notes, now_ms)).collect()).await
    }

    async fn add_notes(
        &self,
        minute: &StreamMinute,
        notes: &Smallest<Note, STRAYS>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let item = (key_of(minute), expires_at(minute.minute_ms, now_ms));
        let unite = |old: &Item| {
            let mut first = notes.clone();
            first.extend(notes_of(old));
            written(&first)
        };
        self.add_to_set(&item, written(notes), STRAYS, unite).await
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
    Some((StreamMinute { stream, minute_ms }, notes_of(item).collect()))
}

fn notes_of(item: &Item) -> impl Iterator<Item = Note> {
    texts(item, FACTS).filter_map(|note| serde_json::from_str(note).ok())
}

fn written(notes: &Smallest<Note, STRAYS>) -> Vec<String> {
    notes.iter().filter_map(|note| serde_json::to_string(note).ok()).collect()
}
