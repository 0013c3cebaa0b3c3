//! Issues and alerts as programs read them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::time_text;
use crate::fingerprint::Fingerprint;
use crate::issue::{Issue, State};
use crate::rollup::Rollup;

/// What fails alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueSummary {
    /// Its identity.
    pub fingerprint: String,
    /// What it raises.
    pub kind: lamplight_logs::Detection,
    /// Where it stands in its life.
    pub state: String,
    /// The account's id, or `unknown`.
    pub account: String,
    /// The region, or `unknown`.
    pub region: String,
    /// The function that fails.
    pub function: String,
    /// What it is called.
    pub title: String,
    /// Where in the function's own code it arises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<String>,
    /// How often it occurred.
    pub count: u64,
    /// When it was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When it was last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// The latest occurrence.
    pub sample: SampleSummary,
}

/// One occurrence of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SampleSummary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub message: String,
}

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertSummary {
    /// What was raised.
    pub kind: lamplight_logs::Detection,
    /// The function that fails.
    pub function: String,
    /// What the issue is called.
    pub title: String,
    /// The issue's fingerprint.
    pub issue: String,
    /// When it was raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl IssueSummary {
    /// An issue in this state that occurred so often. One that only evidence speaks of has occurred once.
    #[must_use]
    pub fn of(fingerprint: Fingerprint, issue: &Issue, state: State, count: u64) -> Self {
        let sample = &issue.sample;
        Self {
            fingerprint: fingerprint.to_string(),
            kind: issue.detection,
            state: state.name().to_owned(),
            account: issue.key.account.clone(),
            region: issue.key.region.clone(),
            function: issue.key.function.clone(),
            title: issue.title.clone(),
            frame: issue.frame.clone(),
            count: count.max(1),
            first_seen: time_text(issue.first_seen_ms),
            last_seen: time_text(sample.rank.at_ms),
            sample: SampleSummary {
                request_id: sample.request_id.clone(),
                trace_id: sample.trace_id.clone(),
                log_group: sample.log_group.clone(),
                log_stream: sample.log_stream.clone(),
                timestamp: time_text(sample.rank.at_ms),
                version: sample.version.clone(),
                message: sample.message.clone(),
            },
        }
    }
}

impl AlertSummary {
    /// The alert of a new issue.
    pub(super) fn of(issue: &IssueSummary) -> Self {
        Self {
            kind: issue.kind,
            function: issue.function.clone(),
            title: issue.title.clone(),
            issue: issue.fingerprint.clone(),
            at: issue.first_seen.clone(),
        }
    }
}

/// The latest first.
pub fn sort_issues(issues: &mut [IssueSummary]) {
    issues.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
}

/// How often each issue occurred in these rollups.
pub fn occurrences<'a>(rollups: impl Iterator<Item = &'a Rollup>) -> BTreeMap<Fingerprint, u64> {
    let mut counts = BTreeMap::new();
    for rollup in rollups {
        for (fingerprint, count) in &rollup.issues {
            *counts.entry(*fingerprint).or_insert(0) += count;
        }
    }
    counts
}
