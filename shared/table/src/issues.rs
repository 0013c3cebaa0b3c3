//! What fails alike, and which alerts are claimed.
//!
//! A new issue, its place in the list and the claim to its alert are one transaction: one process creates it, the
//! others find it. The claim stands as an item under `unsent` until the alert is known to be published. A retry of
//! the delivery that claimed it publishes again while that item stands; the keeper sends what is left. Nothing is claimed
//! or published of an issue that is muted.

mod age;
mod escalate;
mod history;
mod item;
mod life;
mod past;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use lamplight_rollup::issue::Rank;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Bucket, Deployed, Entry, Fingerprint, Issue, Span, State, Version};

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::known::KnownIssue;
use crate::query::{Sort, key, pause};
use crate::transact::Written;
pub use age::Aged;
pub use history::LAMPLIGHT;
use history::{entry_item, sort};
pub(crate) use item::unsent_item;
use item::{CLAIM, LATEST, OPENED_AT, RESOLVED_AT, issue_item, kept, stored, unsent_of};
pub use item::{Stored, Unsent};
use life::{ACTED, TOLD_AT, TOLD_COUNT, is_muted};
pub use life::{Act, Acted, Life, Mute, Telling};

/// Issues of one function that may be new on one day. A function whose messages never repeat makes no more: the rest
/// is taken together.
const NEW_A_DAY: u64 = 500;

/// How long it is known how many issues were new on a day.
const NEW_KEPT_MS: i64 = 2 * 86_400_000;

/// The position of the count of new issues in the transaction that makes one: after the issue itself, which may be
/// another's by now.
const QUOTA: usize = 1;

/// How many issues were new.
const COUNT: &str = "issues";

/// Times that an issue is tried while others write it.
const ATTEMPTS: usize = 12;

/// What makes an issue worth an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has seen it before.
    New,
    /// It was resolved and has come back.
    Regressed,
}

/// What recording an occurrence came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// This delivery is to publish the alert.
    ToPublish(Unsent),
    /// There is nothing to tell.
    Nothing,
    /// It would be new, and the function has had as many new ones today as are told apart: nothing was written.
    Beyond,
}

/// Whether occurrences count towards an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    Live,
    /// They are of the past: nobody is told of them.
    Past,
}

impl Table {
    /// Records the occurrences of an issue that a delivery holds. `alert` makes the text to publish, given why, the
    /// alert's id and what a deployment changed before.
    ///
    /// # Errors
    ///
    /// [`TableError`]. Trying again after any of them changes nothing twice.
    pub async fn record_issue(
        &self,
        fingerprint: Fingerprint,
        issue: &Issue,
        delivery: u64,
        now_ms: i64,
        alert: impl Fn(Claim, &str, Option<Deployed>) -> String,
    ) -> Result<Claimed, TableError> {
        let alert_id = format!("{fingerprint}-{delivery:016x}");
        if self.knows(fingerprint, issue, &alert_id, now_ms) {
            return Ok(Claimed::Nothing);
        }
        for attempt in 0..ATTEMPTS {
            let claim = match self.update_latest(fingerprint, issue).await? {
                Some(item) if is_regression(&item, issue) => Claim::Regressed,
                Some(item) => {
                    self.put_back_first_seen(fingerprint, &item, issue, Counting::Live).await?;
                    return self.claimed(fingerprint, issue, &item, &alert_id, now_ms).await;
                }
                None => Claim::New,
            };
            let deployed = self.deployed_before(issue, issue.first_seen_ms, now_ms).await?;
            let unsent = Unsent::alert(alert_id.clone(), alert(claim, &alert_id, deployed), now_ms);
            let written = match claim {
                Claim::New => self.create(fingerprint, issue, &unsent).await?,
                Claim::Regressed => self.regress(fingerprint, issue, &unsent).await?,
            };
            match written {
                Written::All => return Ok(Claimed::ToPublish(unsent)),
                Written::Refused(QUOTA) => return Ok(Claimed::Beyond),
                Written::Refused(_) | Written::Contended => pause(attempt).await,
            }
        }
        Err(TableError::Contention { key: keys::issue(fingerprint) })
    }

    /// What a deployment changed before an issue failed at a time.
    async fn deployed_before(
        &self,
        issue: &Issue,
        failed_ms: i64,
        now_ms: i64,
    ) -> Result<Option<Deployed>, TableError> {
        let version = issue.sample.version.as_deref().map(Version::parse).unwrap_or_default();
        Ok(Deployed::before(&*self.deployments(&issue.key, now_ms).await?, version, failed_ms))
    }

    /// Whether there is nothing to write of these occurrences: the table is known to have them or, of an issue that this
    /// process writes all the time, later ones will be written soon. Never if this delivery may have to publish.
    fn knows(&self, fingerprint: Fingerprint, issue: &Issue, alert_id: &str, now_ms: i64) -> bool {
        self.known.issues.get(&fingerprint).is_some_and(|known| {
            let is_busy = self.tuning.spares_busy_issues && known.pace.is_busy(now_ms);
            let is_known = known.latest >= issue.sample.rank || is_busy;
            is_known && known.first_ms <= issue.first_seen_ms && known.claim != alert_id
        })
    }

    /// Sets the latest occurrence of an issue that exists, unless it brings a resolved one back; the item as it stands
    /// then, or nothing if there is none.
    async fn update_latest(&self, fingerprint: Fingerprint, issue: &Issue) -> Result<Option<Item>, TableError> {
        let updated = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(fingerprint), keys::ISSUE_ITEM)))
            .update_expression("SET #latest = :latest, last_seen = :last_seen, #sample = :sample")
            .condition_expression("#latest < :latest AND (#state <> :resolved OR #resolved_at >= :last_seen)")
            .expression_attribute_names("#resolved_at", RESOLVED_AT)
            .expression_attribute_names("#latest", LATEST)
            .expression_attribute_names("#sample", "sample")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":latest", text(issue.sample.rank.to_string()))
            .expression_attribute_values(":last_seen", text(rfc3339(issue.sample.rank.at_ms)))
            .expression_attribute_values(":sample", kept(&issue.sample))
            .expression_attribute_values(":resolved", text(State::Resolved.name()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match updated {
            Ok(updated) => Ok(updated.attributes),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => Ok(refusal.item().cloned()),
                _ => Err(TableError::call("UpdateItem")(error)),
            },
        }
    }

    /// An occurrence may come after later ones.
    async fn put_back_first_seen(
        &self,
        fingerprint: Fingerprint,
        item: &Item,
        issue: &Issue,
        counting: Counting,
    ) -> Result<(), TableError> {
        let first_seen = rfc3339(issue.first_seen_ms);
        if get_text(item, "first_seen").is_some_and(|known| known <= first_seen.as_str()) {
            return Ok(());
        }
        let is_opened = counting == Counting::Live && get_text(item, RESOLVED_AT).is_none();
        let updated = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(fingerprint), keys::ISSUE_ITEM)))
            .update_expression(if is_opened {
                "SET first_seen = :first_seen, opened_at = :first_seen"
            } else {
                "SET first_seen = :first_seen"
            })
            .condition_expression("first_seen > :first_seen")
            .expression_attribute_values(":first_seen", text(first_seen))
            .send()
            .await;
        match updated {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(TableError::call("UpdateItem")(error)),
            },
        }
    }

    /// Whether this very delivery claimed the alert before and did not live to publish it.
    async fn claimed(
        &self,
        fingerprint: Fingerprint,
        issue: &Issue,
        item: &Item,
        alert_id: &str,
        now_ms: i64,
    ) -> Result<Claimed, TableError> {
        if get_text(item, CLAIM) == Some(alert_id)
            && let Some(unsent) = self.get(keys::UNSENT, alert_id).await?
        {
            // What was muted meanwhile is left to the keeper, which drops it.
            let unsent = unsent_of(&unsent).filter(|_| !is_muted(item, now_ms));
            return Ok(unsent.map_or(Claimed::Nothing, Claimed::ToPublish));
        }
        let first_ms = get_text(item, "first_seen").and_then(from_rfc3339).unwrap_or(i64::MAX);
        let latest = get_text(item, LATEST).and_then(Rank::parse).unwrap_or(issue.sample.rank);
        let pace = self.known.issues.get(&fingerprint).map(|known| known.pace).unwrap_or_default();
        let known = KnownIssue {
            pace: pace.written(now_ms),
            first_ms: first_ms.min(issue.first_seen_ms),
            latest: latest.max(issue.sample.rank),
            claim: get_text(item, CLAIM).unwrap_or_default().to_owned(),
        };
        self.known.issues.insert(fingerprint, known);
        Ok(Claimed::Nothing)
    }

    /// Creates an issue, unless another process did or its function has had enough of them.
    async fn create(&self, fingerprint: Fingerprint, issue: &Issue, unsent: &Unsent) -> Result<Written, TableError> {
        let mut item = issue_item(fingerprint, issue, issue.first_seen_ms);
        item.insert(CLAIM.to_owned(), text(&unsent.alert_id));
        let mut listed = key(keys::ISSUES, &fingerprint.to_string());
        listed.insert("function".to_owned(), text(issue.key.to_string()));
        let mut writes = vec![
            self.put_write(item, Some("attribute_not_exists(pk)"))?,
            self.put_write(listed, None)?,
            self.put_write(unsent_item(unsent), None)?,
        ];
        if fingerprint != Fingerprint::of_others(&issue.key, issue.detection) {
            writes.insert(QUOTA, self.count_new(issue, unsent.claimed_ms)?);
        }
        self.transact(writes).await
    }

    /// Counts a new issue of a function, as long as there are not too many.
    fn count_new(&self, issue: &Issue, now_ms: i64) -> Result<TransactWriteItem, TableError> {
        let day = Bucket::holding(Span::Day, now_ms);
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::novelties(&issue.key), &day.to_string())))
            .update_expression("SET #expires_at = :expires_at ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":expires_at", number((day.end_ms() + NEW_KEPT_MS) / 1000))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(NEW_A_DAY))
            .build();
        let update = update.map_err(TableError::not_built("TransactWriteItems"));
        Ok(TransactWriteItem::builder().update(update?).build())
    }

    /// Takes a resolved issue up again, unless another process did.
    async fn regress(&self, fingerprint: Fingerprint, issue: &Issue, unsent: &Unsent) -> Result<Written, TableError> {
        let entry =
            Entry::new(unsent.claimed_ms, LAMPLIGHT, State::Regressed.name(), [("alert", unsent.alert_id.clone())]);
        let sort = sort(&entry);
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(fingerprint), keys::ISSUE_ITEM)))
            .update_expression(
                "SET #state = :regressed, #claim = :claim, #latest = :latest, last_seen = :last_seen, \
                 #sample = :sample, #opened_at = :opened_at, #acted = :acted REMOVE #told_count, #told_at",
            )
            .condition_expression("#state = :resolved")
            .expression_attribute_names("#opened_at", OPENED_AT)
            .expression_attribute_names("#acted", ACTED)
            .expression_attribute_names("#told_count", TOLD_COUNT)
            .expression_attribute_names("#told_at", TOLD_AT)
            .expression_attribute_values(":opened_at", text(rfc3339(issue.first_seen_ms)))
            .expression_attribute_values(":acted", text(&sort))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#claim", CLAIM)
            .expression_attribute_names("#latest", LATEST)
            .expression_attribute_names("#sample", "sample")
            .expression_attribute_values(":regressed", text(State::Regressed.name()))
            .expression_attribute_values(":resolved", text(State::Resolved.name()))
            .expression_attribute_values(":claim", text(&unsent.alert_id))
            .expression_attribute_values(":latest", text(issue.sample.rank.to_string()))
            .expression_attribute_values(":last_seen", text(rfc3339(issue.sample.rank.at_ms)))
            .expression_attribute_values(":sample", kept(&issue.sample))
            .build()
            .map_err(TableError::not_built("TransactWriteItems"))?;
        let update = TransactWriteItem::builder().update(update).build();
        let told = self.put_write(entry_item(&entry, fingerprint, &sort), None)?;
        self.transact(vec![update, self.put_write(unsent_item(unsent), None)?, told]).await
    }

    /// Says that an alert was published.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; the alert is then published again under the same id.
    pub async fn mark_sent(&self, alert_id: &str) -> Result<(), TableError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(keys::UNSENT, alert_id)));
        delete.send().await.map(drop).map_err(TableError::call("DeleteItem"))
    }

    /// The alerts that were claimed before a time and are not known to be published.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn unsent(&self, claimed_before_ms: i64) -> Result<Vec<Unsent>, TableError> {
        let items = self.query(keys::UNSENT, Sort::All).await?;
        let unsent = items.iter().filter_map(unsent_of);
        Ok(unsent.filter(|unsent| unsent.claimed_ms < claimed_before_ms).collect())
    }

    /// Whether nobody is to be told of the issue of an alert.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn is_muted(&self, unsent: &Unsent, now_ms: i64) -> Result<bool, TableError> {
        let Some(fingerprint) = unsent.fingerprint() else {
            return Ok(false);
        };
        let item = self.get(&keys::issue(fingerprint), keys::ISSUE_ITEM).await?;
        Ok(item.is_some_and(|item| is_muted(&item, now_ms)))
    }

    /// One issue.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`], and [`TableError::Malformed`] for an item that another version wrote.
    pub async fn issue(&self, fingerprint: Fingerprint) -> Result<Option<Stored>, TableError> {
        let item = self.get(&keys::issue(fingerprint), keys::ISSUE_ITEM).await?;
        item.as_ref().map(stored).transpose()
    }

    /// All issues.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`], and [`TableError::Malformed`] for an item that another version wrote.
    pub async fn issues(&self) -> Result<Vec<Stored>, TableError> {
        let listed = self.query(keys::ISSUES, Sort::All).await?;
        let fingerprints = listed.iter().filter_map(|item| Fingerprint::parse(get_text(item, "sk")?));
        let keys: Vec<_> =
            fingerprints.map(|fingerprint| (keys::issue(fingerprint), keys::ISSUE_ITEM.to_owned())).collect();
        self.get_all(&keys).await?.iter().map(stored).collect()
    }
}

/// Whether an occurrence brings a resolved issue back: it occurred after the issue was resolved.
fn is_regression(item: &Item, issue: &Issue) -> bool {
    let resolved_at = get_text(item, RESOLVED_AT).and_then(from_rfc3339).unwrap_or(i64::MIN);
    get_text(item, "state") == Some(State::Resolved.name()) && issue.sample.rank.at_ms > resolved_at
}
