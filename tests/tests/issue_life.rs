//! The life of an issue: what exactly people are told while it fails, recovers, is muted, mended and comes back.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::collections::HashSet;

use lamplight_alerts::Emails;
use lamplight_embedded::Embedded;
use lamplight_rollup::State;
use lamplight_table::{Act, Acted, LAMPLIGHT, Mute, Stored};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, Topic};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// 2026-11-20T08:00:30Z
const START_MS: i64 = 1_795_161_630_000;

const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\tStatus: timeout\n";
const SUCCESS: &str = "REPORT RequestId: 9a1e-2\tDuration: 30.00 ms\tBilled Duration: 30 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\n";

/// A parser and a keeper on one table, and the clock.
struct Stack {
    embedded: Embedded,
    topic: Topic,
    now_ms: i64,
}

impl Stack {
    async fn start() -> Self {
        Self { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default(), now_ms: START_MS }
    }

    /// A delivery of these lines, all of this moment.
    async fn log(&self, lines: &[&str]) {
        let context = telling::parser(self.embedded.table(), &self.topic);
        let lines: Vec<_> = lines.iter().map(|line| (self.now_ms, *line)).collect();
        let payload = Stream::of("ferry", &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, self.now_ms).await.unwrap();
    }

    /// Lets so much time pass, with a run of the keeper each minute.
    async fn pass(&mut self, length_ms: i64) {
        let until_ms = self.now_ms + length_ms;
        while self.now_ms < until_ms {
            self.now_ms += MINUTE_MS;
            self.keep().await;
        }
    }

    /// Lets days pass, with a run of the keeper each hour.
    async fn pass_days(&mut self, days: i64) {
        let until_ms = self.now_ms + days * DAY_MS;
        while self.now_ms < until_ms {
            self.now_ms += HOUR_MS;
            self.keep().await;
        }
    }

    async fn keep(&self) -> lamplight_keeper::Answer {
        let table = self.embedded.table();
        let context = lamplight_keeper::Context { table, topic: &self.topic, emails: Emails::Show };
        lamplight_keeper::handle(&context, self.now_ms).await.unwrap()
    }

    async fn issue(&self) -> Stored {
        self.embedded.table().issues().await.unwrap().remove(0)
    }

    async fn act(&self, act: Act) {
        let fingerprint = self.issue().await.fingerprint;
        let acted = self.embedded.table().act(fingerprint, &act, "ada", self.now_ms).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }

    async fn state(&self) -> State {
        self.issue().await.state
    }

    /// What was published since the last call: why, the state then, and how often it had occurred.
    fn told(&self) -> Vec<(String, String, u64)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let told = self.topic.taken();
        let ids: HashSet<_> = told.iter().map(|alert| text(&alert["alert_id"])).collect();
        assert_eq!(ids.len(), told.len(), "each alert has an id of its own and is published once");
        let parts = told.iter().map(|alert| {
            (text(&alert["reason"]), text(&alert["issue"]["state"]), alert["issue"]["count"].as_u64().unwrap())
        });
        parts.collect()
    }

    /// What was done with the issue, and by whom.
    async fn history(&self) -> Vec<(String, String)> {
        let entries = self.embedded.table().history(self.issue().await.fingerprint).await.unwrap();
        entries.into_iter().map(|entry| (entry.what, entry.by)).collect()
    }
}

fn message(reason: &str, count: u64) -> (String, String, u64) {
    (reason.to_owned(), reason.to_owned(), count)
}

fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(what, by)| ((*what).to_owned(), (*by).to_owned())).collect()
}

#[tokio::test]
async fn what_fails_and_recovers_each_minute_is_two_messages_an_hour() {
    let mut stack = Stack::start().await;
    for _ in 0..60 {
        stack.log(&[TIMEOUT, SUCCESS]).await;
        stack.pass(MINUTE_MS).await;
    }
    // Each delivery is another process's, which marks the hour anew: it is computed each minute.
    assert_eq!(stack.told(), [message("new", 1), message("escalating", 60)]);
    stack.pass(3 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
    assert_eq!(stack.state().await, State::Escalating);
}

#[tokio::test]
async fn each_power_of_ten_is_told_once_and_no_more_than_one_in_an_hour() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.pass(MINUTE_MS).await;
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT; 11]).await;
    stack.pass(15 * MINUTE_MS).await;
    assert_eq!(stack.told(), [], "not within an hour of being new");
    stack.pass(HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 12)]);
    // Two more thresholds within the hour are one message when it is over.
    stack.log(&[TIMEOUT; 90]).await;
    stack.pass(15 * MINUTE_MS).await;
    stack.log(&[TIMEOUT; 1_000]).await;
    stack.pass(15 * MINUTE_MS).await;
    assert_eq!(stack.told(), []);
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 1_102)]);
    // Days later it is still counted from its beginning.
    stack.pass_days(3).await;
    stack.log(&[TIMEOUT; 8_890]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
    stack.log(&[TIMEOUT; 10]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10_002)]);
}

#[tokio::test]
async fn runs_of_the_keeper_at_once_tell_an_escalation_once() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 10]).await;
    stack.now_ms += HOUR_MS;
    let runs = futures_util::future::join_all((0..4).map(|_| stack.keep())).await;
    assert_eq!(runs.iter().map(|answer| answer.alerts).sum::<usize>(), 1);
    assert_eq!(stack.told(), [message("new", 10), message("escalating", 10)]);
}

#[tokio::test]
async fn an_escalation_that_could_not_be_published_is_published_later() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 10]).await;
    assert_eq!(stack.told(), [message("new", 10)]);
    stack.topic.refuse(1);
    stack.pass(HOUR_MS).await;
    assert_eq!(stack.told(), []);
    stack.pass(2 * MINUTE_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10)]);
}

#[tokio::test]
async fn a_mute_during_a_storm_is_silent_until_its_count_is_exceeded() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 50]).await;
    stack.pass(2 * MINUTE_MS).await;
    assert_eq!(stack.told(), [message("new", 50)]);
    stack.act(Act::Mute(Mute::UntilCount(1_000))).await;
    for _ in 0..100 {
        stack.pass(MINUTE_MS).await;
        stack.log(&[TIMEOUT; 10]).await;
    }
    stack.pass(HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Muted));
    stack.log(&[TIMEOUT]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 1_051)]);
    assert_eq!((stack.state().await, stack.issue().await.life.mute), (State::Escalating, None));
    assert_eq!(stack.history().await, entries(&[("muted", "ada"), ("escalating", LAMPLIGHT)]));
    // What was told with the end of the mute is not told once more as a power of ten.
    stack.log(&[TIMEOUT; 10]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
}

#[tokio::test]
async fn a_mute_by_the_hour_ends_in_an_hour_that_has_more() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::PerHour(5))).await;
    for _ in 0..6 {
        stack.pass(HOUR_MS).await;
        stack.log(&[TIMEOUT; 5]).await;
    }
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT; 6]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 37)]);
}

#[tokio::test]
async fn a_mute_for_good_stays_silent_and_one_for_a_time_ends() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::Until(stack.now_ms + 3 * HOUR_MS))).await;
    stack.log(&[TIMEOUT; 500]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![message("new", 1)], State::Muted));
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Ongoing));
    assert_eq!(stack.history().await, entries(&[("muted", "ada"), ("unmuted", LAMPLIGHT)]));

    stack.act(Act::Mute(Mute::ForGood)).await;
    stack.log(&[TIMEOUT; 500]).await;
    stack.pass(2 * HOUR_MS).await;
    stack.pass_days(20).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Muted));
}

#[tokio::test]
async fn an_alert_that_was_not_sent_before_its_issue_was_muted_is_dropped() {
    let mut stack = Stack::start().await;
    stack.topic.refuse(1);
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::ForGood)).await;
    stack.now_ms += 2 * MINUTE_MS;
    let answer = stack.keep().await;
    assert_eq!((answer.alerts, answer.unsent, answer.dropped), (0, 0, 1));
    assert_eq!(stack.told(), []);
    stack.act(Act::Unmute).await;
    stack.now_ms += 2 * MINUTE_MS;
    assert_eq!(stack.keep().await.alerts, 0);
}

#[tokio::test]
async fn what_was_mended_and_comes_back_is_told_and_counted_anew() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 20]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("new", 20), message("escalating", 20)]);
    stack.act(Act::Resolve).await;
    stack.pass(HOUR_MS).await;
    stack.log(&[TIMEOUT]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![message("regressed", 1)], State::Regressed));
    stack.log(&[TIMEOUT; 9]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10)]);
    let done = [("escalating", LAMPLIGHT), ("resolved", "ada"), ("regressed", LAMPLIGHT), ("escalating", LAMPLIGHT)];
    assert_eq!(stack.history().await, entries(&done));
}

#[tokio::test]
async fn what_is_no_longer_new_goes_on_and_what_is_quiet_is_mended() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.now_ms += DAY_MS - HOUR_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (0, State::New));
    stack.now_ms += HOUR_MS + MINUTE_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (0, State::New), "only in the first minute of an hour");
    stack.now_ms += HOUR_MS - MINUTE_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (1, State::Ongoing));
    stack.pass_days(12).await;
    assert_eq!(stack.state().await, State::Ongoing);
    stack.pass_days(1).await;
    assert_eq!(stack.state().await, State::Resolved);
    assert_eq!(stack.history().await, entries(&[("ongoing", LAMPLIGHT), ("resolved", LAMPLIGHT)]));
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT]).await;
    assert_eq!(stack.told(), [message("regressed", 1)]);
}
