//! What is told to whom, and what is watched: one document as somebody applied it, and those before it.
//!
//! What the document says is not known here.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use lamplight_rollup::time::{from_rfc3339, rfc3339};

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};
use crate::transact::Written;

/// How long a document is kept after another has replaced it.
const KEPT_MS: i64 = 90 * 86_400_000;

/// The document.
const TEXT: &str = "text";
/// How many were applied, with it.
const VERSION: &str = "version";
/// When it was applied.
const APPLIED_AT: &str = "applied_at";
/// Who applied it.
const BY: &str = "by";

/// A document of policies, as somebody applied it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// The document.
    pub text: String,
    /// How many were applied, with it: the first is 1.
    pub version: u64,
    /// When it was applied, in milliseconds since the epoch.
    pub applied_ms: i64,
    /// Who applied it.
    pub by: String,
}

/// What applying a document came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is in force.
    Done(Policies),
    /// It was in force before.
    Already(Policies),
    /// Somebody else has applied another meanwhile.
    Overtaken,
}

impl Table {
    /// The policies; nothing if none were ever applied.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`], and [`TableError::Malformed`] for an item that another version wrote.
    pub async fn policies(&self) -> Result<Option<Policies>, TableError> {
        self.get(keys::POLICIES, keys::POLICIES).await?.as_ref().map(policies_of).transpose()
    }

    /// The policies as this process has read them within the last minute, else as they are now.
    ///
    /// # Errors
    ///
    /// As [`Table::policies`].
    pub async fn recent_policies(&self, now_ms: i64) -> Result<Option<Policies>, TableError> {
        self.known.policies.read(now_ms, self.policies()).await
    }

    /// Puts a document in the place of the one that was read before, or of none.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; applying it again is harmless.
    pub async fn apply_policies(
        &self,
        document: &str,
        by: &str,
        before: Option<&Policies>,
        now_ms: i64,
    ) -> Result<Applied, TableError> {
        if let Some(before) = before.filter(|before| before.text == document) {
            return Ok(Applied::Already(before.clone()));
        }
        let version = before.map_or(0, |before| before.version) + 1;
        let policies = Policies { text: document.to_owned(), version, applied_ms: now_ms, by: by.to_owned() };
        let mut writes = vec![self.replace_write(policies_item(&policies, keys::POLICIES), before)?];
        if let Some(before) = before {
            let mut replaced = policies_item(before, &keys::replaced_policies(before.version));
            replaced.insert(EXPIRES_AT.to_owned(), number((now_ms + KEPT_MS) / 1000));
            writes.push(self.put_write(replaced, None)?);
        }
        match self.transact(writes).await? {
            Written::All => Ok(Applied::Done(policies)),
            Written::Refused(_) | Written::Contended => Ok(Applied::Overtaken),
        }
    }

    /// Puts policies on the condition that those in force are still the ones before.
    fn replace_write(&self, item: Item, before: Option<&Policies>) -> Result<TransactWriteItem, TableError> {
        let Some(before) = before else {
            return self.put_write(item, Some("attribute_not_exists(pk)"));
        };
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", number(before.version))
            .build();
        let put = put.map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The policies that are known, the latest first: those in force, and those that were replaced within 90 days.
    ///
    /// # Errors
    ///
    /// As [`Table::policies`].
    pub async fn all_policies(&self) -> Result<Vec<Policies>, TableError> {
        let items = self.query(keys::POLICIES, Sort::All).await?;
        let mut all = items.iter().map(policies_of).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|policies| std::cmp::Reverse(policies.version));
        Ok(all)
    }
}

fn policies_item(policies: &Policies, sort: &str) -> Item {
    let mut item = key(keys::POLICIES, sort);
    item.insert(TEXT.to_owned(), text(&policies.text));
    item.insert(VERSION.to_owned(), number(policies.version));
    item.insert(APPLIED_AT.to_owned(), text(rfc3339(policies.applied_ms)));
    item.insert(BY.to_owned(), text(&policies.by));
    item
}

fn policies_of(item: &Item) -> Result<Policies, TableError> {
    let malformed = |attribute| TableError::Malformed { key: keys::POLICIES.to_owned(), attribute };
    Ok(Policies {
        text: get_text(item, TEXT).ok_or_else(|| malformed(TEXT))?.to_owned(),
        version: get_number(item, VERSION).ok_or_else(|| malformed(VERSION))?,
        applied_ms: get_text(item, APPLIED_AT).and_then(from_rfc3339).ok_or_else(|| malformed(APPLIED_AT))?,
        by: get_text(item, BY).ok_or_else(|| malformed(BY))?.to_owned(),
    })
}
