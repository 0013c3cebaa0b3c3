//! What fails alike, and which alerts are claimed.
//!
//! A new issue, its place in the list and the claim to its alert are one transaction: one process creates it, the
//! others find it. The claim stands as an item under `unsent` until the alert is known to be published. A retry of
//! the delivery that claimed it publishes again while that item stands; the keeper sends what is left.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use lamplight_logs::Detection;
use lamplight_rollup::issue::Rank;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Fingerprint, FunctionKey, Issue, Sample, State};
use serde::{Deserialize, Serialize};

use crate::Table;
use crate::attributes::{Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::known::KnownIssue;
use crate::query::{Sort, key, pause};

/// The rank of the latest occurrence.
const LATEST: &str = "latest";
/// The id of the alert that was claimed last.
const CLAIM: &str = "claim";
/// When the alert was claimed, in milliseconds since the epoch.
const CLAIMED_MS: &str = "claimed_ms";
/// What is to be published.
const BODY: &str = "body";
/// When somebody said that the issue is mended.
const RESOLVED_AT: &str = "resolved_at";

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

/// An alert that is claimed and not known to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its identity, the same in every attempt.
    pub alert_id: String,
    /// What is to be published.
    pub body: String,
    /// When it was claimed, in milliseconds since the epoch.
    pub claimed_ms: i64,
}

/// What recording an occurrence came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// This delivery is to publish the alert.
    ToPublish(Unsent),
    /// There is nothing to tell.
    Nothing,
}

/// An issue as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// What it is.
    pub issue: Issue,
    /// Where it stands in its life.
    pub state: State,
}

/// The sample's members besides its rank, as they are kept.
#[derive(Serialize, Deserialize)]
struct KeptSample {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_stream: Option<String>,
    message: String,
}

impl Table {
    /// Records the occurrences of an issue that a delivery holds. `alert` makes the text to publish, given why and the
    /// alert's id.
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
        alert: impl Fn(Claim, &str) -> String,
    ) -> Result<Claimed, TableError> {
        let alert_id = format!("{fingerprint}-{delivery:016x}");
        if self.knows(fingerprint, issue, &alert_id) {
            return Ok(Claimed::Nothing);
        }
        for attempt in 0..ATTEMPTS {
            let claim = match self.update_latest(fingerprint, issue).await? {
                Some(item) if is_regression(&item, issue) => Claim::Regressed,
                Some(item) => {
                    self.put_back_first_seen(fingerprint, &item, issue).await?;
                    return self.claimed(fingerprint, issue, &item, &alert_id).await;
                }
                None => Claim::New,
            };
            let unsent = Unsent { body: alert(claim, &alert_id), alert_id: alert_id.clone(), claimed_ms: now_ms };
            let is_mine = match claim {
                Claim::New => self.create(fingerprint, issue, &unsent).await?,
                Claim::Regressed => self.regress(fingerprint, issue, &unsent).await?,
            };
            if is_mine {
                return Ok(Claimed::ToPublish(unsent));
            }
            pause(attempt).await;
        }
        Err(TableError::Contention { key: keys::issue(fingerprint) })
    }

    /// Whether the table is known to have these occurrences, and this delivery is not the one to publish the alert.
    fn knows(&self, fingerprint: Fingerprint, issue: &Issue, alert_id: &str) -> bool {
        self.known.issues.get(&fingerprint).is_some_and(|known| {
            known.first_ms <= issue.first_seen_ms && known.latest >= issue.sample.rank && known.claim != alert_id
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
    ) -> Result<(), TableError> {
        let first_seen = rfc3339(issue.first_seen_ms);
        if get_text(item, "first_seen").is_some_and(|known| known <= first_seen.as_str()) {
            return Ok(());
        }
        let updated = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(fingerprint), keys::ISSUE_ITEM)))
            .update_expression("SET first_seen = :first_seen")
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
    ) -> Result<Claimed, TableError> {
        if get_text(item, CLAIM) == Some(alert_id)
            && let Some(unsent) = self.get(keys::UNSENT, alert_id).await?
        {
            return Ok(unsent_of(&unsent).map_or(Claimed::Nothing, Claimed::ToPublish));
        }
        let first_ms = get_text(item, "first_seen").and_then(from_rfc3339).unwrap_or(i64::MAX);
        let latest = get_text(item, LATEST).and_then(Rank::parse).unwrap_or(issue.sample.rank);
        let known = KnownIssue {
            first_ms: first_ms.min(issue.first_seen_ms),
            latest: latest.max(issue.sample.rank),
            claim: get_text(item, CLAIM).unwrap_or_default().to_owned(),
        };
        self.known.issues.insert(fingerprint, known);
        Ok(Claimed::Nothing)
    }

    /// Creates an issue; false if another process did.
    async fn create(&self, fingerprint: Fingerprint, issue: &Issue, unsent: &Unsent) -> Result<bool, TableError> {
        let mut item = issue_item(fingerprint, issue);
        item.insert(CLAIM.to_owned(), text(&unsent.alert_id));
        let mut listed = key(keys::ISSUES, &fingerprint.to_string());
        listed.insert("function".to_owned(), text(issue.key.to_string()));
        let writes = vec![
            self.put_write(item, Some("attribute_not_exists(pk)"))?,
            self.put_write(listed, None)?,
            self.put_write(unsent_item(unsent), None)?,
        ];
        self.transact(writes).await
    }

    /// Takes a resolved issue up again; false if another process did.
    async fn regress(&self, fingerprint: Fingerprint, issue: &Issue, unsent: &Unsent) -> Result<bool, TableError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::issue(fingerprint), keys::ISSUE_ITEM)))
            .update_expression("SET #state = :regressed, #claim = :claim, #latest = :latest, last_seen = :last_seen, #sample = :sample")
            .condition_expression("#state = :resolved")
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
            .map_err(|error| TableError::Call { operation: "TransactWriteItems", reason: error.to_string() })?;
        let update = TransactWriteItem::builder().update(update).build();
        self.transact(vec![update, self.put_write(unsent_item(unsent), None)?]).await
    }

    /// Writes all or nothing; false if a condition or another writer refused it.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<bool, TableError> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(_)) => Ok(false),
                _ => Err(TableError::call("TransactWriteItems")(error)),
            },
        }
    }

    fn put_write(&self, item: Item, condition: Option<&str>) -> Result<TransactWriteItem, TableError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build();
        let put =
            put.map_err(|error| TableError::Call { operation: "TransactWriteItems", reason: error.to_string() })?;
        Ok(TransactWriteItem::builder().put(put).build())
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

fn kept(sample: &Sample) -> AttributeValue {
    let kept = KeptSample {
        request_id: sample.request_id.clone(),
        trace_id: sample.trace_id.clone(),
        log_group: sample.log_group.clone(),
        log_stream: sample.log_stream.clone(),
        message: sample.message.clone(),
    };
    text(serde_json::to_string(&kept).unwrap_or_default())
}

fn issue_item(fingerprint: Fingerprint, issue: &Issue) -> Item {
    let mut item = key(&keys::issue(fingerprint), keys::ISSUE_ITEM);
    let members: HashMap<&str, AttributeValue> = HashMap::from([
        ("kind", text(issue.detection.name())),
        ("function", text(&issue.key.function)),
        ("account", text(&issue.key.account)),
        ("region", text(&issue.key.region)),
        ("title", text(&issue.title)),
        ("state", text(State::New.name())),
        ("first_seen", text(rfc3339(issue.first_seen_ms))),
        ("last_seen", text(rfc3339(issue.sample.rank.at_ms))),
        (LATEST, text(issue.sample.rank.to_string())),
        ("sample", kept(&issue.sample)),
    ]);
    item.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    item
}

fn unsent_item(unsent: &Unsent) -> Item {
    let mut item = key(keys::UNSENT, &unsent.alert_id);
    item.insert(BODY.to_owned(), text(&unsent.body));
    item.insert(CLAIMED_MS.to_owned(), number(unsent.claimed_ms));
    item
}

fn unsent_of(item: &Item) -> Option<Unsent> {
    Some(Unsent {
        alert_id: get_text(item, "sk")?.to_owned(),
        body: get_text(item, BODY)?.to_owned(),
        claimed_ms: get_number(item, CLAIMED_MS)?,
    })
}

fn stored(item: &Item) -> Result<Stored, TableError> {
    let own = |name: &'static str| {
        let key = || get_text(item, "pk").unwrap_or_default().to_owned();
        get_text(item, name).ok_or_else(|| TableError::Malformed { key: key(), attribute: name })
    };
    let malformed = |attribute| TableError::Malformed { key: own("pk").unwrap_or_default().to_owned(), attribute };
    let fingerprint = own("pk")?.strip_prefix("issue#").and_then(Fingerprint::parse);
    let kept: KeptSample = serde_json::from_str(own("sample")?).map_err(|_| malformed("sample"))?;
    let detection: Detection = serde_json::from_value(own("kind")?.into()).map_err(|_| malformed("kind"))?;
    Ok(Stored {
        fingerprint: fingerprint.ok_or_else(|| malformed("pk"))?,
        state: State::from_name(own("state")?).ok_or_else(|| malformed("state"))?,
        issue: Issue {
            key: FunctionKey {
                account: own("account")?.to_owned(),
                region: own("region")?.to_owned(),
                function: own("function")?.to_owned(),
            },
            detection,
            title: own("title")?.to_owned(),
            first_seen_ms: from_rfc3339(own("first_seen")?).ok_or_else(|| malformed("first_seen"))?,
            sample: Sample {
                rank: Rank::parse(own(LATEST)?).ok_or_else(|| malformed(LATEST))?,
                request_id: kept.request_id,
                trace_id: kept.trace_id,
                log_group: kept.log_group,
                log_stream: kept.log_stream,
                message: kept.message,
            },
        },
    })
}
