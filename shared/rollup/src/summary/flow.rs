//! Flows as programs read them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{round, time_text};
use crate::flow::{Flow, LeadTimes};

/// What became of the transactions that began a flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowSummary {
    /// What it is called.
    pub flow: String,
    /// Its milestones, from the first to the last.
    pub milestones: Vec<String>,
    /// How much time there is.
    pub limit_ms: i64,
    /// What all passages add up to.
    #[serde(flatten)]
    pub figures: LeadTimesSummary,
    /// The same by the hour in which they began, or the day where hours have expired; those that have any.
    pub hours: Vec<FlowHourSummary>,
}

/// What the passages add up to that began in an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowHourSummary {
    /// When the hour began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What they add up to.
    #[serde(flatten)]
    pub figures: LeadTimesSummary,
}

/// What passages add up to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeadTimesSummary {
    /// How many began.
    pub started: u64,
    /// How many were complete within the limit.
    pub on_time: u64,
    /// How many were complete after it.
    pub late: u64,
    /// How many are not complete though it is over.
    pub missing: u64,
    /// How many are under way.
    pub open: u64,
    /// The share (0 to 1) of those that are not under way that were complete within the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_on_time: Option<f64>,
    /// How long the complete ones took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_ms: Option<LeadSummary>,
}

/// Lead times in milliseconds: the average exact, percentiles within 2.2 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LeadSummary {
    pub avg: f64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
}

impl FlowSummary {
    /// What a flow's passages add up to, by the start of their hours in milliseconds since the epoch.
    #[must_use]
    pub fn of(flow: &Flow, hours: &BTreeMap<i64, LeadTimes>) -> Self {
        let mut sum = LeadTimes::default();
        hours.values().for_each(|hour| sum.merge(hour));
        let hours = hours.iter().filter(|(_, figures)| figures.started > 0);
        let hours = hours.map(|(start_ms, figures)| FlowHourSummary {
            at: time_text(*start_ms),
            figures: LeadTimesSummary::of(figures),
        });
        Self {
            flow: flow.name.clone(),
            milestones: flow.milestones.clone(),
            limit_ms: flow.limit_ms,
            figures: LeadTimesSummary::of(&sum),
            hours: hours.collect(),
        }
    }
}

impl LeadTimesSummary {
    fn of(figures: &LeadTimes) -> Self {
        Self {
            started: figures.started,
            on_time: figures.on_time,
            late: figures.late,
            missing: figures.missing,
            open: figures.open(),
            share_on_time: figures.share_on_time().map(round),
            lead_ms: LeadSummary::of(figures),
        }
    }
}

impl LeadSummary {
    fn of(figures: &LeadTimes) -> Option<Self> {
        let percentile = |share| Some(round(figures.leads.percentile_us(share)? / 1000.0));
        #[allow(clippy::cast_precision_loss, reason = "285 years in microseconds fit")]
        let avg = figures.lead_us as f64 / 1000.0 / figures.leads.count() as f64;
        Some(Self {
            p50: percentile(0.50)?,
            p90: percentile(0.90)?,
            p95: percentile(0.95)?,
            p99: percentile(0.99)?,
            avg: round(avg),
        })
    }
}
