//! From a delivery to the topic: an alert is never lost and never multiplied.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_embedded::Embedded;
use lamplight_parser::Answer;
use lamplight_tests::calls::rfc3339;
use lamplight_tests::delivery::{Envelope, Stream, batch};
use lamplight_tests::telling::{self, DeadLetters, Slack, Topic, failures, queue_event};

const MINUTE_MS: i64 = 60_000;

/// 2026-11-20T08:47:00Z, the time of all events.
const START_MS: i64 = 1_795_164_420_000;

const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\tStatus: timeout\n";
const EXCEPTION: &str = "[ERROR] KeyError: 'rudder'\nTraceback (most recent call last):\n";

/// A table, and the topic that parser and keeper publish to.
struct Stack {
    embedded: Embedded,
    topic: Topic,
}

impl Stack {
    async fn start() -> Self {
        Self { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default() }
    }

    /// A process of the parser: what it remembers begins with it.
    fn parser(&self) -> lamplight_parser::Context<&Topic> {
        lamplight_parser::Context {
            own_log_groups: HashSet::from(["/aws/lambda/lamplight-parser".to_owned()]),
            ..telling::parser(self.embedded.table(), &self.topic)
        }
    }

    fn keeper(&self) -> lamplight_keeper::Context<&Topic> {
        lamplight_keeper::Context {
            table: self.embedded.table(),
            topic: &self.topic,
            emails: lamplight_alerts::Emails::Show,
        }
    }

    /// Says that all issues were mended at this time.
    async fn resolve(&self, at_ms: i64) {
        for stored in self.embedded.table().issues().await.unwrap() {
            let update = self.embedded.client().update_item().table_name(lamplight_embedded::TABLE);
            let update = update
                .key("pk", AttributeValue::S(format!("issue#{}", stored.fingerprint)))
                .key("sk", AttributeValue::S("issue".to_owned()))
                .update_expression("SET #s = :s, resolved_at = :at")
                .expression_attribute_names("#s", "state")
                .expression_attribute_values(":at", AttributeValue::S(rfc3339(at_ms)))
                .expression_attribute_values(":s", AttributeValue::S("resolved".to_owned()));
            update.send().await.unwrap();
        }
    }
}

async fn take(parser: &lamplight_parser::Context<&Topic>, delivery: &Stream, now_ms: i64) -> Answer {
    let payload = delivery.payload(Envelope::Subscription).to_string();
    lamplight_parser::handle(&payload, parser, now_ms).await.unwrap()
}

/// A delivery of one line of the function `name`, so many milliseconds after the start.
fn line(name: &str, after_ms: i64, message: &str) -> Stream {
    Stream::of(name, &[(START_MS + after_ms, message)])
}

#[tokio::test]
async fn a_new_issue_is_told_once_however_often_it_occurs_and_is_delivered() {
    let stack = Stack::start().await;
    let parser = stack.parser();
    let first = line("ferry", 0, TIMEOUT);
    assert_eq!(take(&parser, &first, START_MS).await.alerts, 1);
    let told = stack.topic.taken();
    assert_eq!(told.len(), 1);
    let issue = &told[0]["issue"];
    assert_eq!(
        (&issue["kind"], &issue["function"], &told[0]["reason"]),
        (&"timeout".into(), &"ferry".into(), &"new".into())
    );

    // In this process and in one that remembers nothing: the same delivery, later occurrences and earlier ones.
    for parser in [&parser, &stack.parser()] {
        for delivery in [&first, &line("ferry", 9_000, TIMEOUT), &line("ferry", -9_000, TIMEOUT)] {
            assert_eq!(take(parser, delivery, START_MS).await.alerts, 0);
        }
    }
    assert!(stack.topic.taken().is_empty());
    take(&parser, &line("ferry", 0, EXCEPTION), START_MS).await;
    take(&parser, &line("kiosk", 0, TIMEOUT), START_MS).await;
    assert_eq!(stack.topic.taken().len(), 2, "another kind and another function");
}

#[tokio::test]
async fn processes_that_see_an_issue_at_once_tell_it_once() {
    let stack = Stack::start().await;
    let parsers: Vec<_> = (0..8).map(|_| stack.parser()).collect();
    let deliveries: Vec<_> = (0..8).map(|i| line("ferry", i * 100, TIMEOUT)).collect();
    let all = parsers.iter().zip(&deliveries).map(|(parser, delivery)| Box::pin(take(parser, delivery, START_MS)));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().map(|answer| answer.alerts).sum::<usize>(), 1);
    assert_eq!(stack.topic.taken().len(), 1);
    let stored = &stack.embedded.table().issues().await.unwrap()[0].issue;
    assert_eq!((stored.first_seen_ms, stored.sample.rank.at_ms), (START_MS, START_MS + 700));
}

#[tokio::test]
async fn a_retry_publishes_again_only_while_the_mark_is_missing() {
    let stack = Stack::start().await;
    let first = line("ferry", 0, TIMEOUT);
    stack.topic.refuse(2);
    for (alerts, parser) in [(0, stack.parser()), (0, stack.parser()), (1, stack.parser()), (0, stack.parser())] {
        assert_eq!(take(&parser, &first, START_MS).await.alerts, alerts);
    }
    assert_eq!(stack.topic.taken().len(), 1);
}

#[tokio::test]
async fn another_delivery_does_not_publish_what_the_first_has_claimed() {
    let stack = Stack::start().await;
    let parser = stack.parser();
    stack.topic.refuse(1);
    assert_eq!(take(&parser, &line("ferry", 0, TIMEOUT), START_MS).await.alerts, 0);
    assert_eq!(take(&parser, &line("ferry", 1_000, TIMEOUT), START_MS).await.alerts, 0);
    assert!(stack.topic.taken().is_empty());
    // Neither does what the process remembers of the other delivery keep the first one's retry from it.
    assert_eq!(take(&parser, &line("ferry", 0, TIMEOUT), START_MS).await.alerts, 1);
    assert_eq!(stack.topic.taken().len(), 1);
}

#[tokio::test]
async fn the_keeper_sends_what_is_unsent_for_longer_than_a_minute() {
    let stack = Stack::start().await;
    let keeper = stack.keeper();
    stack.topic.refuse(1);
    let deliveries = [line("ferry", 0, TIMEOUT), line("kiosk", 0, TIMEOUT)];
    for delivery in &deliveries {
        take(&stack.parser(), delivery, START_MS).await;
    }
    assert_eq!(stack.topic.taken().len(), 1);
    let run = async |now_ms| lamplight_keeper::handle(&keeper, now_ms).await.unwrap();
    assert_eq!(run(START_MS + MINUTE_MS - 1_000).await.alerts, 0);
    stack.topic.refuse(1);
    let refused = run(START_MS + MINUTE_MS + 1_000).await;
    assert_eq!((refused.alerts, refused.unsent), (0, 1));
    let sent = run(START_MS + 2 * MINUTE_MS).await;
    assert_eq!((sent.alerts, sent.unsent), (1, 0));
    let told = stack.topic.taken();
    assert_eq!((told.len(), &told[0]["issue"]["function"]), (1, &"ferry".into()));
    assert_eq!(run(START_MS + 3 * MINUTE_MS).await.alerts, 0);
    assert_eq!(take(&stack.parser(), &deliveries[0], START_MS + 3 * MINUTE_MS).await.alerts, 0);
    assert!(stack.topic.taken().is_empty());
}

#[tokio::test]
async fn an_alert_that_was_published_without_anybody_knowing_is_told_once() {
    let stack = Stack::start().await;
    stack.topic.lose_answers(1);
    let first = line("ferry", 0, TIMEOUT);
    take(&stack.parser(), &first, START_MS).await;
    lamplight_keeper::handle(&stack.keeper(), START_MS + 2 * MINUTE_MS).await.unwrap();
    let told = stack.topic.taken();
    assert_eq!((told.len(), &told[0]), (2, &told[1]));

    let slack = Slack::default();
    let notifier = lamplight_notifier::Context {
        table: stack.embedded.table(),
        receivers: &slack,
        dead_letters: &DeadLetters::default(),
    };
    for (i, message) in told.iter().enumerate() {
        let answer =
            lamplight_notifier::handle(queue_event(std::slice::from_ref(message)), &notifier, START_MS + i as i64);
        assert_eq!(failures(&answer.await.unwrap()), [""; 0]);
    }
    assert_eq!(slack.taken().len(), 1);
}

#[tokio::test]
async fn what_was_mended_and_comes_back_is_told_once_more() {
    let stack = Stack::start().await;
    let parser = stack.parser();
    take(&parser, &line("ferry", 0, TIMEOUT), START_MS).await;
    assert_eq!(stack.topic.taken().len(), 1);
    stack.resolve(START_MS + 30_000).await;
    // What occurred before it was mended does not bring it back, however late it comes.
    for process in [&parser, &stack.parser()] {
        take(process, &line("ferry", 20_000, TIMEOUT), START_MS + 45_000).await;
    }
    assert!(stack.topic.taken().is_empty());
    for after_ms in [50_000, 60_000, 50_000, 40_000] {
        for process in [&parser, &stack.parser()] {
            take(process, &line("ferry", after_ms, TIMEOUT), START_MS + MINUTE_MS).await;
        }
    }
    let told = stack.topic.taken();
    assert_eq!(told.iter().map(|alert| &alert["reason"]).collect::<Vec<_>>(), ["regressed"]);
    let again = stack.embedded.table().issues().await.unwrap().remove(0);
    assert_eq!((again.state.name(), again.issue.sample.rank.at_ms), ("regressed", START_MS + 60_000));
}

#[tokio::test]
async fn last_seen_is_the_latest_occurrence_even_of_what_was_mended() {
    let stack = Stack::start().await;
    take(&stack.parser(), &line("ferry", 0, TIMEOUT), START_MS).await;
    stack.resolve(START_MS + 30_000).await;
    take(&stack.parser(), &line("ferry", 20_000, TIMEOUT), START_MS + 45_000).await;
    let stored = stack.embedded.table().issues().await.unwrap().remove(0);
    assert_eq!((stored.state.name(), stored.issue.sample.rank.at_ms), ("resolved", START_MS + 20_000));
}

#[tokio::test]
async fn a_batch_tells_each_issue_once_and_says_how_often_it_occurred() {
    let stack = Stack::start().await;
    let times: Vec<_> = (0..7).map(|i| (START_MS + i, TIMEOUT)).collect();
    let records = [Stream::of("ferry", &times), line("ferry", 50, TIMEOUT), line("ferry", 60, EXCEPTION)];
    let payload = batch(&records.each_ref().map(|record| record.packed())).to_string();
    let answer = lamplight_parser::handle(&payload, &stack.parser(), START_MS).await.unwrap();
    assert_eq!(answer.alerts, 2);
    let told = stack.topic.taken();
    let counts: Vec<_> = told.iter().map(|alert| (&alert["issue"]["kind"], &alert["issue"]["count"])).collect();
    assert_eq!(counts, [(&"timeout".into(), &7.into()), (&"exception".into(), &1.into())]);
}

#[tokio::test]
async fn the_stack_does_not_read_itself() {
    let stack = Stack::start().await;
    let own = line("lamplight-parser", 0, TIMEOUT);
    let answer = take(&stack.parser(), &own, START_MS).await;
    assert_eq!((answer.events, answer.alerts), (0, 0));
    assert!(stack.topic.taken().is_empty());
    assert_eq!(stack.embedded.table().functions().await.unwrap(), []);
}
