//! What is watched: what exactly people are told while conditions begin to hold, hold no more, and are changed.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_alerts::{Brief, Emails, Notice};
use lamplight_embedded::Embedded;
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, Topic, apply};
use serde_json::Value;

const MINUTE_MS: i64 = 60_000;

/// 2026-11-20T08:00:30Z
const START_MS: i64 = 1_795_161_630_000;

const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\tStatus: timeout\n";
const SUCCESS: &str = "REPORT RequestId: 9a1e-2\tDuration: 30.00 ms\tBilled Duration: 30 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\n";

const ERRORS: &str = "[[watch]]\nname = \"errors\"\nwhen = \"errors > 10 % over 5 min of at least 10 invocations\"\n";

/// A parser and a keeper on one table, and the clock.
struct Stack {
    embedded: Embedded,
    topic: Topic,
    now_ms: i64,
}

impl Stack {
    async fn with(document: &str) -> Self {
        let embedded = Embedded::start(0, None).await.unwrap();
        apply(&embedded.table(), document).await;
        Self { embedded, topic: Topic::default(), now_ms: START_MS }
    }

    /// A delivery of so many reports of a function, some of which failed, all of a moment.
    async fn log_at(&self, name: &str, at_ms: i64, failures: usize, successes: usize) {
        let context = telling::parser(self.embedded.table(), &self.topic);
        let lines = [vec![(at_ms, TIMEOUT); failures], vec![(at_ms, SUCCESS); successes]].concat();
        let payload = Stream::of(name, &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, self.now_ms).await.unwrap();
    }

    async fn log(&self, name: &str, failures: usize, successes: usize) {
        self.log_at(name, self.now_ms, failures, successes).await;
    }

    /// Lets minutes pass, with a run of the keeper in each; what people are told of watches, with the minute.
    async fn pass(&mut self, minutes: i64) -> Vec<(i64, String)> {
        let mut told = Vec::new();
        for _ in 0..minutes {
            self.now_ms += MINUTE_MS;
            self.keep().await;
            told.extend(self.told().into_iter().map(|line| ((self.now_ms - START_MS) / MINUTE_MS, line)));
        }
        told
    }

    /// The same, while a function runs in each minute.
    async fn run(&mut self, name: &str, minutes: i64, failures: usize, successes: usize) -> Vec<(i64, String)> {
        let mut told = Vec::new();
        for _ in 0..minutes {
            self.log(name, failures, successes).await;
            told.extend(self.pass(1).await);
        }
        told
    }

    async fn keep(&self) {
        let table = self.embedded.table();
        let context = lamplight_keeper::Context { table, topic: &self.topic, emails: Emails::Show };
        lamplight_keeper::handle(&context, self.now_ms).await.unwrap();
    }

    /// What was published of watches since the last call, as it reads.
    fn told(&self) -> Vec<String> {
        self.published().iter().map(|message| Brief::of(&Notice::of(None, &message.to_string())).line).collect()
    }

    fn published(&self) -> Vec<Value> {
        self.topic.taken().into_iter().filter(|message| !message["watch"].is_null()).collect()
    }
}

fn told(told: &[(i64, &str)]) -> Vec<(i64, String)> {
    told.iter().map(|(minute, line)| (*minute, (*line).to_owned())).collect()
}

#[tokio::test]
async fn a_watch_that_fires_is_told_once_and_once_more_when_it_is_ok() {
    let mut stack = Stack::with(ERRORS).await;
    assert_eq!(stack.run("ferry", 3, 0, 10).await, []);
    // The minute 3 is complete at 4, and taken as known two minutes later.
    let fired = stack.run("ferry", 10, 5, 5).await;
    assert_eq!(fired, told(&[(6, "🔴 errors: errors of ferry are 12.5 % over 5 min (limit 10 %)")]));
    // The last failures are in the minute 12. With that alone it is not above 10 %, which is known in the minute 19, and has
    // been so for long enough five minutes later.
    let ok = stack.run("ferry", 20, 0, 10).await;
    assert_eq!(ok, told(&[(24, "🟢 errors is OK again: errors of ferry are 0 % over 5 min, was firing for 18 min")]));
}

#[tokio::test]
async fn few_invocations_and_none_change_nothing() {
    let mut stack = Stack::with(ERRORS).await;
    assert_eq!(stack.run("ferry", 10, 1, 0).await, [], "1 of 1 is no alarm");
    assert_eq!(stack.run("ferry", 4, 10, 0).await.len(), 1);
    assert_eq!(stack.pass(100).await, [], "nothing tells that it is well");
}

#[tokio::test]
async fn what_comes_late_and_what_goes_on_and_off_is_one_alarm() {
    let mut stack = Stack::with(ERRORS).await;
    stack.run("ferry", 5, 0, 10).await;
    let late_ms = stack.now_ms - 2 * MINUTE_MS;
    stack.log_at("ferry", late_ms, 20, 0).await;
    assert_eq!(stack.pass(1).await.len(), 1);
    // It is well for less than five minutes, again and again.
    for _ in 0..4 {
        assert_eq!(stack.run("ferry", 7, 0, 10).await, []);
        assert_eq!(stack.run("ferry", 1, 30, 0).await, []);
    }
}

#[tokio::test]
async fn runs_of_the_keeper_at_once_and_a_topic_that_is_down_tell_it_once() {
    let mut stack = Stack::with(ERRORS).await;
    stack.log("ferry", 10, 0).await;
    stack.pass(2).await;
    stack.now_ms += MINUTE_MS;
    stack.topic.refuse(1);
    tokio::join!(stack.keep(), stack.keep(), stack.keep());
    assert_eq!(stack.published().len(), 0, "one has claimed it, and the topic was down");
    assert_eq!(stack.pass(5).await.len(), 1, "what is unsent is sent a minute later");
    apply(&stack.embedded.table(), "# nothing is watched any more\n").await;
    stack.now_ms += MINUTE_MS;
    stack.topic.lose_answers(3);
    tokio::join!(stack.keep(), stack.keep());
    let ids = |messages: Vec<Value>| messages.iter().map(|message| message["alert_id"].to_string()).collect::<Vec<_>>();
    let mut ended = ids(stack.published());
    stack.now_ms += 2 * MINUTE_MS;
    stack.keep().await;
    ended.extend(ids(stack.published()));
    ended.dedup();
    assert_eq!(ended.len(), 1, "{ended:?}");
}

#[tokio::test]
async fn a_watch_that_is_changed_while_it_fires_ends_and_begins_anew() {
    let mut stack = Stack::with(ERRORS).await;
    stack.run("ferry", 4, 10, 0).await;
    apply(&stack.embedded.table(), &ERRORS.replace("10 %", "20 %")).await;
    let changed: Vec<_> = stack.run("ferry", 3, 10, 0).await.into_iter().map(|(_, line)| line).collect();
    let ended = "⚪ errors is not watched any more for ferry, after firing for 2 min";
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert!(
        changed.contains(&ended.to_owned()) && changed.iter().any(|line| line.contains("(limit 20 %)")),
        "{changed:?}"
    );
    apply(&stack.embedded.table(), &ERRORS.replace("name", "function = \"kiosk\"\nname")).await;
    let gone = stack.pass(2).await;
    assert!(gone.len() == 1 && gone[0].1.contains("not watched any more"), "{gone:?}");
}

#[tokio::test]
async fn silence_is_told_of_what_was_seen_before() {
    // Of a function that is new it is not known that it should run.
    let mut stack = Stack::with("[[watch]]\nname = \"silence\"\nwhen = \"no invocations for 10 min\"").await;
    stack.run("ferry", 3, 0, 1).await;
    let silent = stack.pass(120).await;
    assert_eq!(silent, told(&[(15, "🔴 silence: no invocations of ferry for 10 min")]));
    let back = stack.run("ferry", 10, 0, 1).await;
    assert_eq!(back.len(), 1);
    assert!(back[0].1.contains("silence is OK again: invocations of ferry are "), "{back:?}");
}

#[tokio::test]
async fn functions_together_and_long_windows_are_added_up() {
    let watches = "[[watch]]\nname = \"all\"\nwhen = \"timeouts > 5 over 10 min\"\neach = \"all\"\nfunction = \"pier-*\"\n\
                   [[watch]]\nname = \"day\"\nwhen = \"cost > $0.0001 a day\"\nseverity = \"warning\"\n";
    let mut stack = Stack::with(watches).await;
    for name in ["pier-1", "pier-2", "mailer"] {
        stack.log(name, 3, 0).await;
    }
    // Three times 9 s of 256 MB are $ 0.00011; only the sum of two piers is more than five.
    stack.log("mailer", 2, 0).await;
    let lines: Vec<_> = stack.pass(40).await;
    let all: Vec<_> = lines.iter().filter(|(_, line)| line.contains("all: ")).collect();
    assert_eq!(all, [&(3, "🔴 all: timeouts of pier-* are 6 over 10 min (limit 5)".to_owned())]);
    assert!(!lines.iter().any(|(_, line)| line.contains("day: ")), "{lines:?}");
    for hour in 0..3 {
        stack.log("mailer", 9, 0).await;
        let lines = stack.pass(60).await;
        let days = lines.iter().filter(|(_, line)| line.contains("🟡 day: cost of mailer is $")).count();
        assert_eq!(days, usize::from(hour == 0), "{lines:?}");
    }
}
