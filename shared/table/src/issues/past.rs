//! Issues that are read from logs of the past: recorded, and told to nobody.

use lamplight_rollup::{Fingerprint, Issue};

use super::item::issue_item;
use super::{ATTEMPTS, Counting, QUOTA, Written};
use crate::Table;
use crate::attributes::text;
use crate::error::TableError;
use crate::keys;
use crate::query::{key, pause};

impl Table {
    /// Records occurrences of the past; whether the function has room for the issue, else nothing was written. No alert
    /// is claimed, and what was resolved stays so: it is for live occurrences to bring it back.
    ///
    /// # Errors
    ///
    /// [`TableError`]. Trying again after any of them changes nothing twice.
    pub async fn record_past_issue(
        &self,
        fingerprint: Fingerprint,
        issue: &Issue,
        now_ms: i64,
    ) -> Result<bool, TableError> {
        for attempt in 0..ATTEMPTS {
            if let Some(item) = self.update_latest(fingerprint, issue).await? {
                self.put_back_first_seen(fingerprint, &item, issue, Counting::Past).await?;
                return Ok(true);
            }
            match self.create_untold(fingerprint, issue, now_ms).await? {
                Written::All => return Ok(true),
                Written::Refused(QUOTA) => return Ok(false),
                Written::Refused(_) | Written::Contended => pause(attempt).await,
            }
        }
        Err(TableError::Contention { key: keys::issue(fingerprint) })
    }

    /// Creates an issue without an alert, unless another process did or its function had enough of them.
    /// What it did in the past does not count towards an escalation.
    async fn create_untold(&self, fingerprint: Fingerprint, issue: &Issue, now_ms: i64) -> Result<Written, TableError> {
        let mut listed = key(keys::ISSUES, &fingerprint.to_string());
        listed.insert("function".to_owned(), text(issue.key.to_string()));
        let mut writes = vec![
            self.put_write(issue_item(fingerprint, issue, now_ms), Some("attribute_not_exists(pk)"))?,
            self.put_write(listed, None)?,
        ];
        if fingerprint != Fingerprint::of_others(&issue.key, issue.detection) {
            // Counted on its own day: the issues of today must not find the day full.
            writes.insert(QUOTA, self.count_new(issue, issue.first_seen_ms)?);
        }
        self.transact(writes).await
    }
}
