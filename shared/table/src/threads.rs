//! Where the message of an issue stands in a channel, for receivers that edit it and answer in its thread.

use lamplight_rollup::Fingerprint;

use crate::Table;
use crate::attributes::{EXPIRES_AT, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::key;

/// How long a message is edited and answered: an answer below an older one would hardly be seen.
const KEPT_MS: i64 = 90 * 86_400_000;

/// The message of an issue in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The channel, as the receiver calls it.
    pub channel: String,
    /// The message, as the receiver calls it.
    pub message: String,
    /// The alert that it shows, as it was published.
    pub shown: String,
    /// Of which time it shows the issue, in milliseconds since the epoch.
    pub as_of_ms: i64,
}

impl Table {
    /// The message of an issue in a channel, unless there is none or it is old.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn thread(
        &self,
        fingerprint: Fingerprint,
        channel: &str,
        now_ms: i64,
    ) -> Result<Option<Thread>, TableError> {
        let item = self.get(&keys::issue(fingerprint), &keys::thread(channel)).await?;
        // DynamoDB may take days to delete what has expired.
        let item = item.filter(|item| get_number::<i64>(item, EXPIRES_AT).is_some_and(|at| at * 1000 > now_ms));
        Ok(item.and_then(|item| {
            Some(Thread {
                channel: get_text(&item, "channel")?.to_owned(),
                message: get_text(&item, "message")?.to_owned(),
                shown: get_text(&item, "shown")?.to_owned(),
                as_of_ms: get_number(&item, "as_of_ms")?,
            })
        }))
    }

    /// Keeps where the message of an issue stands in a channel, and what it shows.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn keep_thread(
        &self,
        fingerprint: Fingerprint,
        channel: &str,
        thread: &Thread,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let mut item = key(&keys::issue(fingerprint), &keys::thread(channel));
        item.insert("channel".to_owned(), text(&thread.channel));
        item.insert("message".to_owned(), text(&thread.message));
        item.insert("shown".to_owned(), text(&thread.shown));
        item.insert("as_of_ms".to_owned(), number(thread.as_of_ms));
        item.insert(EXPIRES_AT.to_owned(), number((now_ms + KEPT_MS) / 1000));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(TableError::call("PutItem"))
    }
}
