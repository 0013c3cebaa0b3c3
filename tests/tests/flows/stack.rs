//! A parser and a keeper on one table, and what is logged.

use std::collections::BTreeMap;

use lamplight_alerts::Emails;
use lamplight_embedded::Embedded;
use lamplight_keeper::Answer;
use lamplight_rollup::Fingerprint;
use lamplight_rollup::flow::LeadTimes;
use lamplight_rollup::summary::occurrences;
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{Topic, parser, set_flow};
use serde_json::{Value, json};

/// 2026-11-20T08:40:00Z.
pub const START_MS: i64 = 1_795_164_000_000;

pub const MINUTE_MS: i64 = 60_000;

pub const HOUR_MS: i64 = 60 * MINUTE_MS;

pub const FLOW: &str = "orders: ORDERED > PAID > SENT within 5m";

/// A table that deliveries go into and that is looked at each minute.
pub struct Stack {
    pub embedded: Embedded,
    pub topic: Topic,
}

impl Stack {
    pub async fn start(flow: &str) -> Self {
        let stack = Self { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default() };
        set_flow(&stack.embedded.table(), flow).await;
        stack
    }

    /// A delivery of one function's lines, of these times.
    pub async fn log(&self, function: &str, lines: &[(i64, String)], now_ms: i64) {
        let lines: Vec<_> = lines.iter().map(|(at_ms, line)| (*at_ms, line.as_str())).collect();
        self.take(&Stream::of(function, &lines).payload(Envelope::Subscription), now_ms).await;
    }

    pub async fn take(&self, payload: &Value, now_ms: i64) {
        let context = parser(self.embedded.table(), &self.topic);
        lamplight_parser::handle(&payload.to_string(), &context, now_ms).await.unwrap();
    }

    /// A run of the keeper; how many milestones did not come.
    pub async fn keep(&self, now_ms: i64) -> usize {
        self.work(now_ms).await.missing
    }

    /// A run of the keeper.
    pub async fn work(&self, now_ms: i64) -> Answer {
        lamplight_keeper::handle(&self.keeper(), now_ms).await.unwrap()
    }

    /// What a run of the keeper needs.
    pub fn keeper(&self) -> lamplight_keeper::Context<&Topic> {
        lamplight_keeper::Context { table: self.embedded.table(), topic: &self.topic, emails: Emails::Show }
    }

    pub async fn lead_times(&self, flow: &str, now_ms: i64) -> BTreeMap<i64, LeadTimes> {
        let (flow, table) = (flow.parse().unwrap(), self.embedded.table());
        let hours = table.lead_times(&flow, START_MS - HOUR_MS, START_MS + HOUR_MS, now_ms).await.unwrap();
        hours.into_iter().filter(|(_, hour)| *hour != LeadTimes::default()).collect()
    }

    /// What the passages of all hours add up to.
    pub async fn figures(&self, flow: &str, now_ms: i64) -> LeadTimes {
        let mut sum = LeadTimes::default();
        self.lead_times(flow, now_ms).await.values().for_each(|hour| sum.merge(hour));
        sum
    }

    /// How often each issue occurred.
    pub async fn issues(&self, now_ms: i64) -> BTreeMap<Fingerprint, u64> {
        let table = self.embedded.table();
        let mut rollups = Vec::new();
        for function in table.functions().await.unwrap() {
            rollups.extend(table.rollups(&function, START_MS - HOUR_MS, now_ms, now_ms).await.unwrap().into_values());
        }
        occurrences(rollups.iter())
    }
}

pub fn report(request_id: &str, trace_id: &str) -> String {
    format!(
        "REPORT RequestId: {request_id}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t\
         Max Memory Used: 64 MB\tXRAY TraceId: {trace_id}\tSegmentId: 5ea9a11e0ddba11a\tSampled: true\t\n"
    )
}

pub fn milestone(name: &str, ids: &[(&str, &str)]) -> String {
    let mut event = json!({"level": "INFO", "message": "so far", "milestone": name});
    ids.iter().for_each(|(name, id)| event[*name] = json!(id));
    event.to_string()
}
