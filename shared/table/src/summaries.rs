//! Which days and weeks people were told of.

use lamplight_rollup::time::rfc3339;

use crate::Table;
use crate::attributes::{EXPIRES_AT, number};
use crate::error::TableError;
use crate::issues::{Unsent, unsent_item};
use crate::keys;
use crate::query::key;
use crate::transact::Written;

/// How long it is known that people were told: far longer than anybody might tell them again.
const KEPT_MS: i64 = 30 * 86_400_000;

impl Table {
    /// Whether a summary was claimed of what ended at a time.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn is_summarised(&self, until_ms: i64) -> Result<bool, TableError> {
        Ok(self.get(keys::SUMMARIES, &rfc3339(until_ms)).await?.is_some())
    }

    /// Claims the summary of what ended at a time; whether nobody else had.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; trying again claims nothing twice.
    pub async fn claim_summary(&self, until_ms: i64, unsent: &Unsent) -> Result<bool, TableError> {
        let mut item = key(keys::SUMMARIES, &rfc3339(until_ms));
        item.insert(EXPIRES_AT.to_owned(), number((until_ms + KEPT_MS) / 1000));
        let claim = self.put_write(item, Some("attribute_not_exists(pk)"))?;
        let written = self.transact(vec![claim, self.put_write(unsent_item(unsent), None)?]).await?;
        Ok(written == Written::All)
    }
}
