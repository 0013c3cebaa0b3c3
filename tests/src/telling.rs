//! What stands for the topic and for Slack inside a test.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lamplight_alerts::{Emails, Notice, Publish, SlackMessage};
use lamplight_aws::{AwsError, Web};
use lamplight_logs::Limits;
use lamplight_notifier::{Post, PostError, Receiver, Receivers, receivers};
use lamplight_rollup::{Bounds, ErrorLogs};
use lamplight_table::{Applied, StoredFlow, Table};
use serde_json::{Value, json};

/// A parser of eu-central-1 with the stack's defaults, by which transactions are found by their orders.
pub fn parser<P: Publish>(table: Table, topic: P) -> lamplight_parser::Context<P> {
    lamplight_parser::Context {
        table,
        topic,
        region: Some("eu-central-1".to_owned()),
        own_log_groups: HashSet::new(),
        error_logs: ErrorLogs::Raise,
        searchable_fields: vec!["orderId".to_owned()],
        emails: Emails::Show,
        limits: Limits::default(),
        bounds: Bounds::default(),
    }
}

/// A topic that keeps what is published, and refuses as often as it is told to.
#[derive(Debug, Default)]
pub struct Topic {
    told: Mutex<Vec<Value>>,
    refusals: AtomicUsize,
    losses: AtomicUsize,
}

/// The topic did not take a message.
#[derive(Debug, thiserror::Error)]
#[error("the topic cannot be reached")]
pub struct Unreachable;

impl Topic {
    /// Refuses the next messages.
    pub fn refuse(&self, count: usize) {
        self.refusals.store(count, Ordering::SeqCst);
    }

    /// Takes the next messages, but the answer is lost on the way.
    pub fn lose_answers(&self, count: usize) {
        self.losses.store(count, Ordering::SeqCst);
    }

    /// What was published since the last call.
    pub fn taken(&self) -> Vec<Value> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl Publish for &Topic {
    type Error = Unreachable;

    async fn publish(&self, message: &str) -> Result<(), Unreachable> {
        if take_one(&self.refusals) {
            return Err(Unreachable);
        }
        self.told.lock().unwrap().push(serde_json::from_str(message).unwrap());
        if take_one(&self.losses) { Err(Unreachable) } else { Ok(()) }
    }
}

/// A Slack that keeps what is posted, and has a bad time with messages that contain a word.
#[derive(Debug, Default)]
pub struct Slack {
    posts: Mutex<Vec<SlackMessage>>,
    refused_word: Mutex<Option<&'static str>>,
    is_for_good: AtomicBool,
}

impl Slack {
    /// Refuses messages with this word from now on; none without one.
    pub fn refuse(&self, word: Option<&'static str>) {
        *self.refused_word.lock().unwrap() = word;
    }

    /// Refuses messages with this word and says that it always will.
    pub fn refuse_for_good(&self, word: &'static str) {
        self.is_for_good.store(true, Ordering::SeqCst);
        self.refuse(Some(word));
    }

    /// What was posted since the last call.
    pub fn taken(&self) -> Vec<SlackMessage> {
        std::mem::take(&mut *self.posts.lock().unwrap())
    }
}

impl Post for &Slack {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        let message = SlackMessage::telling(notices);
        let text = serde_json::to_string(&message).unwrap();
        if self.refused_word.lock().unwrap().is_some_and(|word| text.contains(word)) {
            if self.is_for_good.load(Ordering::SeqCst) {
                return Err(PostError::Refused { status: 404, reason: "no_service".to_owned() });
            }
            return Err(PostError::Later { status: 503, reason: "overloaded".to_owned() });
        }
        self.posts.lock().unwrap().push(message);
        Ok(())
    }
}

/// The receivers that these lines name.
pub struct Lines(pub String);

impl Receivers for Lines {
    type Receiver = Receiver;

    async fn list(&self) -> Result<Vec<Receiver>, PostError> {
        Ok(receivers::of_value(&Web::default(), &self.0, None))
    }
}

/// Puts policies in force.
pub async fn apply(table: &Table, document: &str) {
    let before = table.policies().await.unwrap();
    let applied = table.apply_policies(document, "ada", before.as_ref(), 0).await.unwrap();
    assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
}

/// Follows transactions through a flow.
pub async fn set_flow(table: &Table, flow: &str) {
    let stored = StoredFlow { flow: flow.parse().unwrap(), set_ms: 0, by: "ada".to_owned() };
    table.set_flow(&stored).await.unwrap();
}

/// A queue that keeps what is put there, with the reasons.
#[derive(Debug, Default)]
pub struct DeadLetters {
    letters: Mutex<Vec<(String, String)>>,
    refusals: AtomicUsize,
}

impl DeadLetters {
    /// Refuses the next messages.
    pub fn refuse(&self, count: usize) {
        self.refusals.store(count, Ordering::SeqCst);
    }

    /// What was put there since the last call.
    pub fn taken(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.letters.lock().unwrap())
    }
}

impl lamplight_notifier::DeadLetters for &DeadLetters {
    async fn keep(&self, body: &str, reason: &str) -> Result<(), AwsError> {
        if take_one(&self.refusals) {
            return Err(AwsError::Call { operation: "SendMessage", reason: "overloaded".to_owned() });
        }
        self.letters.lock().unwrap().push((body.to_owned(), reason.to_owned()));
        Ok(())
    }
}

/// An SQS event whose messages, `q0`, `q1` and so on, carry what SNS puts into a queue.
pub fn queue_event(messages: &[Value]) -> Value {
    let records = messages.iter().enumerate().map(|(i, message)| {
        json!({"messageId": format!("q{i}"), "receiptHandle": "r", "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:310298765411:alerts", "attributes": {}, "messageAttributes": {},
            "md5OfBody": "", "body": envelope(message).to_string()})
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// SNS's envelope. Its id is the text's own: the same text is the same message.
pub fn envelope(message: &Value) -> Value {
    let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    json!({"Type": "Notification", "MessageId": format!("sns-{text}"), "Message": text,
        "TopicArn": "arn:aws:sns:eu-central-1:310298765411:alerts", "Timestamp": "2026-11-20T08:47:12.345Z"})
}

/// The message ids that an answer to SQS names as failed.
pub fn failures(answer: &impl serde::Serialize) -> Vec<String> {
    let answer = serde_json::to_value(answer).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap().iter();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}
