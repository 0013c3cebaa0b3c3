//! A parser and a keeper on one table, with one function that fails, and the clock.

use std::collections::HashSet;

use lamplight_alerts::{Change, Emails};
use lamplight_embedded::Embedded;
use lamplight_rollup::State;
use lamplight_table::{Act, Acted, Stored};
use serde_json::Value;

use crate::delivery::{Envelope, Stream};
use crate::telling::{self, Topic};

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// 2026-11-20T08:00:30Z
pub const START_MS: i64 = 1_795_161_630_000;

/// The report of an invocation that reached its time limit.
pub const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\tStatus: timeout\n";
/// The report of one that went well.
pub const SUCCESS: &str = "REPORT RequestId: 9a1e-2\tDuration: 30.00 ms\tBilled Duration: 30 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\n";

/// The stack.
#[derive(Debug)]
pub struct Stack {
    /// Its table.
    pub embedded: Embedded,
    /// Its topic.
    pub topic: Topic,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

impl Stack {
    /// One that has seen nothing, at [`START_MS`].
    pub async fn start() -> Self {
        Self { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default(), now_ms: START_MS }
    }

    /// A delivery of these lines, all of this moment.
    pub async fn log(&self, lines: &[&str]) {
        let context = telling::parser(self.embedded.table(), &self.topic);
        let lines: Vec<_> = lines.iter().map(|line| (self.now_ms, *line)).collect();
        let payload = Stream::of("ferry", &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, self.now_ms).await.unwrap();
    }

    /// Lets so much time pass, with a run of the keeper each minute.
    pub async fn pass(&mut self, length_ms: i64) {
        let until_ms = self.now_ms + length_ms;
        while self.now_ms < until_ms {
            self.now_ms += MINUTE_MS;
            self.keep().await;
        }
    }

    /// Lets days pass, with a run of the keeper each hour.
    pub async fn pass_days(&mut self, days: i64) {
        let until_ms = self.now_ms + days * DAY_MS;
        while self.now_ms < until_ms {
            self.now_ms += HOUR_MS;
            self.keep().await;
        }
    }

    /// A run of the keeper.
    pub async fn keep(&self) -> lamplight_keeper::Answer {
        let table = self.embedded.table();
        let context = lamplight_keeper::Context { table, topic: &self.topic, emails: Emails::Show };
        lamplight_keeper::handle(&context, self.now_ms).await.unwrap()
    }

    /// The function's issue.
    pub async fn issue(&self) -> Stored {
        self.embedded.table().issues().await.unwrap().remove(0)
    }

    /// Ada does something with the issue.
    pub async fn act(&self, act: Act) {
        let fingerprint = self.issue().await.fingerprint;
        let acted = self.embedded.table().act(fingerprint, &act, "ada", self.now_ms, Change::text).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }

    /// Where the issue stands.
    pub async fn state(&self) -> State {
        self.issue().await.state
    }

    /// The alerts that were published since the last call: why, the state then, and how often it had occurred.
    pub fn told(&self) -> Vec<(String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = self.topic.taken();
        let ids: HashSet<_> = told.iter().map(|alert| text(&alert["alert_id"])).collect();
        assert_eq!(ids.len(), told.len(), "each alert has an id of its own and is published once");
        let parts = told.iter().filter(|message| message["change"].is_null()).map(|alert| {
            (text(&alert["reason"]), text(&alert["issue"]["state"]), alert["issue"]["count"].as_u64().unwrap())
        });
        parts.collect()
    }

    /// What was done with the issue, and by whom.
    pub async fn history(&self) -> Vec<(String, String)> {
        let entries = self.embedded.table().history(self.issue().await.fingerprint).await.unwrap();
        entries.into_iter().map(|entry| (entry.what, entry.by)).collect()
    }
}
