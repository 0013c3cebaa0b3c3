//! Issues and unsent alerts as items, and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_logs::Detection;
use lamplight_rollup::issue::Rank;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Fingerprint, FunctionKey, Issue, Sample, State};
use serde::{Deserialize, Serialize};

use crate::attributes::{Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::key;

use super::life::{Life, life};

/// Where in the function's own code it arises.
const FRAME: &str = "frame";
/// The rank of the latest occurrence.
pub(crate) const LATEST: &str = "latest";
/// The id of the alert that was claimed last.
pub(crate) const CLAIM: &str = "claim";
/// When the alert was claimed, in milliseconds since the epoch.
const CLAIMED_MS: &str = "claimed_ms";
/// Whether it tells of a change. Absent of alerts.
const CHANGE: &str = "change";
/// What is to be published.
const BODY: &str = "body";
/// When somebody said that the issue is mended.
pub(crate) const RESOLVED_AT: &str = "resolved_at";
/// From when on occurrences count towards an escalation.
pub(crate) const OPENED_AT: &str = "opened_at";

/// An alert or a change that is claimed and not known to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its identity, the same in every attempt.
    pub alert_id: String,
    /// What is to be published.
    pub body: String,
    /// When it was claimed, in milliseconds since the epoch.
    pub claimed_ms: i64,
    /// Whether it tells what was done with an issue, which is told of muted ones as well.
    pub is_change: bool,
}

impl Unsent {
    /// An alert, claimed at a time in milliseconds since the epoch.
    #[must_use]
    pub const fn alert(alert_id: String, body: String, claimed_ms: i64) -> Self {
        Self { alert_id, body, claimed_ms, is_change: false }
    }

    /// The issue that it tells of: every id of its alerts begins with it. Nothing if it is of a watch or a summary.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(self.alert_id.split('-').next()?)
    }
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
    /// What was done with it.
    pub life: Life,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    message: String,
}

pub(crate) fn kept(sample: &Sample) -> AttributeValue {
    let kept = KeptSample {
        request_id: sample.request_id.clone(),
        trace_id: sample.trace_id.clone(),
        log_group: sample.log_group.clone(),
        log_stream: sample.log_stream.clone(),
        version: sample.version.clone(),
        message: sample.message.clone(),
    };
    text(serde_json::to_string(&kept).unwrap_or_default())
}

/// A new issue, whose occurrences count from a time on.
pub(crate) fn issue_item(fingerprint: Fingerprint, issue: &Issue, opened_ms: i64) -> Item {
    let mut item = key(&keys::issue(fingerprint), keys::ISSUE_ITEM);
    let members: HashMap<&str, AttributeValue> = HashMap::from([
        ("kind", text(issue.detection.name())),
        ("function", text(&issue.key.function)),
        ("account", text(&issue.key.account)),
        ("region", text(&issue.key.region)),
        ("title", text(&issue.title)),
        ("state", text(State::New.name())),
        ("first_seen", text(rfc3339(issue.first_seen_ms))),
        (OPENED_AT, text(rfc3339(opened_ms))),
        ("last_seen", text(rfc3339(issue.sample.rank.at_ms))),
        (LATEST, text(issue.sample.rank.to_string())),
        ("sample", kept(&issue.sample)),
    ]);
    if let Some(frame) = &issue.frame {
        item.insert(FRAME.to_owned(), text(frame));
    }
    item.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    item
}

pub(crate) fn unsent_item(unsent: &Unsent) -> Item {
    let mut item = key(keys::UNSENT, &unsent.alert_id);
    item.insert(BODY.to_owned(), text(&unsent.body));
    item.insert(CLAIMED_MS.to_owned(), number(unsent.claimed_ms));
    if unsent.is_change {
        item.insert(CHANGE.to_owned(), AttributeValue::Bool(true));
    }
    item
}

pub(crate) fn unsent_of(item: &Item) -> Option<Unsent> {
    Some(Unsent {
        alert_id: get_text(item, "sk")?.to_owned(),
        body: get_text(item, BODY)?.to_owned(),
        claimed_ms: get_number(item, CLAIMED_MS)?,
        is_change: item.contains_key(CHANGE),
    })
}

pub(crate) fn stored(item: &Item) -> Result<Stored, TableError> {
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
        life: life(item),
        issue: Issue {
            key: FunctionKey {
                account: own("account")?.to_owned(),
                region: own("region")?.to_owned(),
                function: own("function")?.to_owned(),
            },
            detection,
            title: own("title")?.to_owned(),
            frame: get_text(item, FRAME).map(str::to_owned),
            first_seen_ms: from_rfc3339(own("first_seen")?).ok_or_else(|| malformed("first_seen"))?,
            sample: Sample {
                rank: Rank::parse(own(LATEST)?).ok_or_else(|| malformed(LATEST))?,
                request_id: kept.request_id,
                trace_id: kept.trace_id,
                log_group: kept.log_group,
                log_stream: kept.log_stream,
                version: kept.version,
                message: kept.message,
            },
        },
    })
}
