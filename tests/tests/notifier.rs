//! From the topic to Slack: each notice is posted once, what could not be posted comes again, many become one.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use aws_sdk_dynamodb::Client;
use lamplight_alerts::Notice;
use lamplight_embedded::{Embedded, TABLE};
use lamplight_notifier::{Context, Incoming, Post, PostError, Untold, handle, tell};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, DeadLetters, Slack, Topic, envelope, failures, queue_event};
use serde_json::{Value, json};

/// 2026-11-20T08:47:00Z.
const NOW_MS: i64 = 1_795_164_420_000;

/// What passes before SQS hands a message out again.
const PAUSE_MS: i64 = 180_000;

const NOBODY: [&str; 0] = [];

/// The alerts of functions that reached their time limit, as the parser publishes them.
async fn alerts(embedded: &Embedded, names: &[&str]) -> Vec<Value> {
    let topic = Topic::default();
    let parser = telling::parser(embedded.table(), &topic);
    for name in names {
        let line = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tStatus: timeout\n";
        let payload = Stream::of(name, &[(NOW_MS, line)]).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &parser, NOW_MS).await.unwrap();
    }
    let told = topic.taken();
    assert_eq!(told.len(), names.len());
    told
}

fn alarm(name: &str) -> Value {
    json!({"AlarmName": name, "AlarmDescription": "the tide is in", "AWSAccountId": "310298765411", "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 3 > 2", "OldStateValue": "OK", "Region": "EU (Frankfurt)",
        "AlarmArn": format!("arn:aws:cloudwatch:eu-central-1:310298765411:alarm:{name}"),
        "Trigger": {"MetricName": "Depth", "Namespace": "Harbour"}})
}

fn crane() -> Incoming {
    let (message_id, carrier_id) = ("sns-1".to_owned(), "q0".to_owned());
    Incoming { message_id, carrier_id, subject: None, message: "the crane is down".to_owned() }
}

fn text(message: &lamplight_alerts::SlackMessage) -> String {
    serde_json::to_string(message).unwrap()
}

#[tokio::test]
async fn a_message_has_a_text_and_blocks_and_names_what_and_where() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let event = queue_event(&alerts(&embedded, &["ferry"]).await);
    for now_ms in [NOW_MS, NOW_MS + 1, NOW_MS + 86_400_000] {
        assert_eq!(failures(&handle(event.clone(), &context, now_ms).await.unwrap()), NOBODY);
    }
    let posts = slack.taken();
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert!(posts[0].text.contains("ferry") && posts[0].text.to_lowercase().contains("timed out"));
    assert!(!posts[0].blocks.is_empty() && text(&posts[0]).contains("eu-central-1"));
}

#[tokio::test]
async fn what_could_not_be_posted_comes_again_alone() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let event = queue_event(&alerts(&embedded, &["ferry", "kiosk", "loom"]).await);
    slack.refuse(Some("kiosk"));
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS).await.unwrap()), ["q1"]);
    assert_eq!(slack.taken().len(), 2);
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS + PAUSE_MS).await.unwrap()), ["q1"], "still");
    slack.refuse(None);
    assert_eq!(failures(&handle(event, &context, NOW_MS + 2 * PAUSE_MS).await.unwrap()), NOBODY);
    let posts = slack.taken();
    assert!(posts.len() == 1 && text(&posts[0]).contains("kiosk"), "{posts:?}");
}

#[tokio::test]
async fn many_at_once_become_one_message() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let names: Vec<_> = (0..9).map(|i| format!("pier-{i}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let event = queue_event(&alerts(&embedded, &names).await);
    slack.refuse(Some("pier-4"));
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS).await.unwrap()).len(), 9, "all or none");
    assert!(slack.taken().is_empty());
    slack.refuse(None);
    for now_ms in [NOW_MS + PAUSE_MS, NOW_MS + 2 * PAUSE_MS] {
        assert_eq!(failures(&handle(event.clone(), &context, now_ms).await.unwrap()), NOBODY);
    }
    let posts = slack.taken();
    assert_eq!(posts.len(), 1);
    assert!(names.iter().all(|name| text(&posts[0]).contains(name)) && posts[0].text.contains('9'), "{posts:?}");
}

#[tokio::test]
async fn the_same_alert_twice_in_a_batch_is_posted_once() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let alert = alerts(&embedded, &["ferry"]).await.remove(0);
    let event = queue_event(&[alert.clone(), alert]);
    // The second may come again; then it is known that it was posted.
    handle(event.clone(), &context, NOW_MS).await.unwrap();
    assert_eq!(failures(&handle(event, &context, NOW_MS + 1).await.unwrap()), NOBODY);
    assert_eq!(slack.taken().len(), 1);
}

#[tokio::test]
async fn alarms_and_messages_that_nobody_knows_are_posted() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let messages = [alarm("high water"), json!("the crane is down"), json!({"berth": 4, "lamplight": "no"})];
    for now_ms in [NOW_MS, NOW_MS + 1] {
        assert_eq!(failures(&handle(queue_event(&messages), &context, now_ms).await.unwrap()), NOBODY);
    }
    let posts = slack.taken();
    assert_eq!(posts.len(), 3);
    for (post, words) in posts.iter().zip(["high water", "the crane is down", "berth"]) {
        assert!(!post.text.is_empty() && !post.blocks.is_empty() && text(post).contains(words), "{post:?}");
    }
    assert!(text(&posts[0]).contains("ALARM") && text(&posts[0]).contains("Threshold Crossed: 3 &gt; 2"));
}

#[tokio::test]
async fn a_message_without_an_envelope_is_posted_as_it_stands() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let mut event = queue_event(&[json!("x"), json!("y")]);
    event["Records"][0]["body"] = json!("straight from the pier");
    event["Records"][1]["body"] = json!(alarm("high water").to_string());
    assert_eq!(failures(&handle(event, &context, NOW_MS).await.unwrap()), NOBODY);
    let posts = slack.taken();
    assert!(text(&posts[0]).contains("straight from the pier") && text(&posts[1]).contains("high water"), "{posts:?}");
}

#[tokio::test]
async fn an_event_of_the_topic_itself_fails_as_a_whole_and_repeats_nothing() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let records = alerts(&embedded, &["ferry", "kiosk"]).await.into_iter().map(|alert| {
        let mut sns = envelope(&alert);
        sns["Timestamp"] = json!("2026-11-20T08:47:12.345Z");
        for name in ["SignatureVersion", "Signature", "SigningCertUrl", "UnsubscribeUrl"] {
            sns[name] = json!("1");
        }
        sns["MessageAttributes"] = json!({"kind": {"Type": "String", "Value": "timeout"}});
        json!({"EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:eu-central-1:310298765411:alerts:1",
            "EventSource": "aws:sns", "Sns": sns})
    });
    let event = json!({"Records": records.collect::<Vec<_>>()});
    slack.refuse(Some("kiosk"));
    assert!(handle(event.clone(), &context, NOW_MS).await.is_err());
    slack.refuse(None);
    handle(event, &context, NOW_MS + PAUSE_MS).await.unwrap();
    let posts = slack.taken();
    assert!(posts.len() == 2 && text(&posts[0]).contains("ferry") && text(&posts[1]).contains("kiosk"), "{posts:?}");
}

#[tokio::test]
async fn an_event_of_somebody_else_is_an_error() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    for event in [json!({}), json!({"Records": []}), json!({"Records": [{"eventSource": "aws:s3"}]}), json!(5)] {
        assert!(handle(event.clone(), &context, NOW_MS).await.is_err(), "{event}");
    }
}

#[tokio::test]
async fn who_dies_while_posting_leaves_the_alert_to_others_after_a_minute() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let posts = Slack::default();
    let slack = &posts;
    let message = crane();
    let (table, incoming) = (embedded.table(), [message]);
    table.begin_posting("sns-1", "q0", NOW_MS).await.unwrap();
    let untold = tell(&incoming, &table, &[slack], NOW_MS + 30_000).await.unwrap();
    assert_eq!(untold, [Untold::for_now(0)], "somebody may be posting it");
    assert_eq!(tell(&incoming, &table, &[slack], NOW_MS + 61_000).await.unwrap(), []);
    assert_eq!(posts.taken().len(), 1);
}

#[tokio::test]
async fn what_slack_refuses_for_good_is_a_dead_letter_at_once() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (slack, dead_letters) = (Slack::default(), DeadLetters::default());
    let context = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let event = queue_event(&alerts(&embedded, &["ferry", "kiosk"]).await);
    slack.refuse_for_good("kiosk");
    dead_letters.refuse(1);
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS).await.unwrap()), ["q1"], "it can go nowhere");
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS + PAUSE_MS).await.unwrap()), NOBODY);
    let letters = dead_letters.taken();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].0, event["Records"][1]["body"].as_str().unwrap(), "as it came");
    assert!(letters[0].1.contains("404") && letters[0].1.contains("no_service"), "{letters:?}");
    // Put through again when the webhook is mended, it is posted.
    slack.refuse(None);
    assert_eq!(failures(&handle(event, &context, NOW_MS + 2 * PAUSE_MS).await.unwrap()), NOBODY);
    assert_eq!(slack.taken().len(), 2);
}

/// A Slack that takes a message, whereupon the table goes away.
struct Going<'s> {
    slack: &'s Slack,
    client: &'s Client,
}

impl Post for Going<'_> {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        self.client.delete_table().table_name(TABLE).send().await.unwrap();
        (&self.slack).post(notices).await
    }
}

#[tokio::test]
async fn a_table_that_does_not_hear_of_a_post_does_not_double_it() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let slack = Slack::default();
    let message = crane();
    let going = Going { slack: &slack, client: embedded.client() };
    assert_eq!(tell(&[message], &embedded.table(), &[going], NOW_MS).await.unwrap(), []);
    assert_eq!(slack.taken().len(), 1);
}
