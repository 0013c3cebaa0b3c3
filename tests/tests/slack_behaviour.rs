//! A Slack that behaves in all ways, as a webhook and with a bot's token: the alert arrives once, waits in its queue,
//! or is a dead letter with its reason.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use lamplight_alerts::Notice;
use lamplight_aws::Web;
use lamplight_embedded::Embedded;
use lamplight_notifier::form::{Form, Slack, SlackBot};
use lamplight_notifier::{Context, Paces, Post, PostError, Receiver, Receivers, handle};
use lamplight_tests::sink::{Behaviour, Sink};
use lamplight_tests::telling::{DeadLetters, failures, queue_event};
use serde_json::{Value, json};

use Behaviour::{Answers, Closes, Hangs};

const NOW_MS: i64 = 1_795_164_420_000;

/// What passes before SQS hands a message out again.
const PAUSE_MS: i64 = 180_000;

/// How long a post may take here.
const PATIENCE: Duration = Duration::from_millis(300);

/// Makes a receiver of a URL.
type Make = fn(&str) -> Box<dyn Form>;

/// Slack, in one of its two ways.
struct Stand {
    url: String,
    make: Make,
}

impl Receivers for Stand {
    type Receiver = Receiver;

    async fn list(&self) -> Result<Vec<Receiver>, PostError> {
        Ok(vec![Receiver::new(Web::default().with_patience(PATIENCE), (self.make)(&self.url))])
    }
}

/// What becomes of an alert.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It arrives in the first run, by so many requests.
    Arrives(usize),
    /// It stays in its queue, and arrives when it comes again, by one request more than before.
    Waits(usize),
    /// It is a dead letter at once, for a reason with this word.
    Dies(&'static str),
}

async fn fate(sink: &Sink, make: Make, expected: &Fate) {
    let embedded = Embedded::start(0, None).await.unwrap();
    let dead_letters = DeadLetters::default();
    let context = Context {
        table: embedded.table(),
        receivers: Stand { url: sink.url.clone(), make },
        dead_letters: &dead_letters,
    };
    let event = queue_event(&[alert()]);
    let first = failures(&handle(event.clone(), &context, NOW_MS).await.unwrap());
    let requests = sink.taken().len();
    let letters = dead_letters.taken();
    match expected {
        Fate::Arrives(expected) => assert_eq!((first.len(), requests, letters), (0, *expected, vec![])),
        Fate::Waits(expected) => {
            assert_eq!((first.len(), requests, letters), (1, *expected, vec![]));
            assert!(failures(&handle(event.clone(), &context, NOW_MS + PAUSE_MS).await.unwrap()).is_empty());
            assert_eq!(sink.taken().len(), 1);
        }
        Fate::Dies(reason) => {
            assert!(first.is_empty() && requests == 1 && letters.len() == 1, "{first:?} {requests} {letters:?}");
            assert!(letters[0].1.contains(reason) && !letters[0].1.contains("xoxb"), "{}", letters[0].1);
            return;
        }
    }
    // What has arrived does not arrive again.
    assert!(failures(&handle(event, &context, NOW_MS + 2 * PAUSE_MS).await.unwrap()).is_empty());
    assert_eq!((sink.taken().len(), dead_letters.taken()), (0, vec![]));
}

fn bot(url: &str) -> Box<dyn Form> {
    Box::new(SlackBot::at(url, "xoxb-1-secret", "C1"))
}

fn alert() -> Value {
    let issue = json!({"fingerprint": "1b2c3d4e5f607182", "kind": "exception", "state": "new", "account": "310298765411",
        "region": "eu-central-1", "function": "ferry", "title": "TypeError: x is undefined", "count": 3,
        "last_seen": "2026-11-20T08:47:12.345Z", "sample": {"message": "TypeError: x is undefined"}});
    json!({"lamplight": 1, "alert_id": "1b2c3d4e5f607182-1", "reason": "new", "severity": "error", "issue": issue})
}

#[tokio::test]
async fn an_alert_arrives_once_by_a_webhook_or_waits_or_is_a_dead_letter() {
    for (behaviours, expected) in [
        (vec![], Fate::Arrives(1)),
        (vec![Answers((429, "retry-after: 0.2\r\n", "rate_limited"))], Fate::Arrives(2)),
        (vec![Answers((429, "retry-after: 30\r\n", "rate_limited"))], Fate::Waits(1)),
        (vec![Answers((500, "", "server_error"))], Fate::Waits(1)),
        (vec![Answers((503, "", "service_unavailable"))], Fate::Waits(1)),
        (vec![Hangs], Fate::Waits(1)),
        (vec![Closes], Fate::Waits(1)),
        (vec![Answers((400, "", "invalid_blocks"))], Fate::Arrives(2)),
        (vec![Answers((400, "", "invalid_payload"))], Fate::Dies("invalid_payload")),
        (vec![Answers((403, "", "invalid_token"))], Fate::Dies("invalid_token")),
        (vec![Answers((404, "", "channel_not_found"))], Fate::Dies("channel_not_found")),
        (vec![Answers((410, "", "channel_is_archived"))], Fate::Dies("channel_is_archived")),
    ] {
        println!("{behaviours:?}");
        let sink = Sink::behaving(&behaviours);
        fate(&sink, |url| Box::new(Slack::new(url)), &expected).await;
    }
}

#[tokio::test]
async fn an_alert_arrives_once_by_a_bot_or_waits_or_is_a_dead_letter() {
    let no = |body: &'static str| vec![Answers((200, "", body))];
    for (behaviours, expected) in [
        (vec![], Fate::Arrives(1)),
        (vec![Answers((429, "retry-after: 0.2\r\n", r#"{"ok":false,"error":"ratelimited"}"#))], Fate::Arrives(2)),
        (vec![Answers((429, "retry-after: 30\r\n", r#"{"ok":false,"error":"ratelimited"}"#))], Fate::Waits(1)),
        (vec![Answers((500, "", ""))], Fate::Waits(1)),
        (vec![Hangs], Fate::Waits(1)),
        (vec![Closes], Fate::Waits(1)),
        (no("<html>a proxy's page</html>"), Fate::Waits(1)),
        (no(r#"{"ok":false,"error":"internal_error"}"#), Fate::Waits(1)),
        (no(r#"{"ok":false,"error":"service_unavailable"}"#), Fate::Waits(1)),
        (no(r#"{"ok":false,"error":"invalid_blocks"}"#), Fate::Arrives(2)),
        (no(r#"{"ok":false,"error":"channel_not_found"}"#), Fate::Dies("channel_not_found")),
        (no(r#"{"ok":false,"error":"not_in_channel"}"#), Fate::Dies("not_in_channel")),
        (no(r#"{"ok":false,"error":"is_archived"}"#), Fate::Dies("is_archived")),
        (no(r#"{"ok":false,"error":"token_revoked"}"#), Fate::Dies("token_revoked")),
        (no(r#"{"ok":false,"error":"of_tomorrow"}"#), Fate::Dies("of_tomorrow")),
        (no(r#"{"ok":false}"#), Fate::Dies("200")),
    ] {
        println!("{behaviours:?}");
        let sink = Sink::methods(&behaviours);
        fate(&sink, bot, &expected).await;
    }
}

#[tokio::test]
async fn a_bot_names_its_token_and_channel_and_falls_back_to_the_text() {
    let sink = Sink::methods(&[Answers((200, "", r#"{"ok":false,"error":"invalid_blocks"}"#))]);
    let stand = Stand { url: sink.url.clone(), make: bot };
    let embedded = Embedded::start(0, None).await.unwrap();
    let context = Context { table: embedded.table(), receivers: stand, dead_letters: &DeadLetters::default() };
    handle(queue_event(&[alert()]), &context, NOW_MS).await.unwrap();
    let requests = sink.requests();
    for request in &requests {
        assert_eq!(request.headers["authorization"], "Bearer xoxb-1-secret");
        assert_eq!(request.headers["content-type"], "application/json; charset=utf-8");
        assert_eq!((request.path.as_str(), &request.json()["channel"]), ("/api/chat.postMessage", &json!("C1")));
    }
    let (with, without) = (requests[0].json(), requests[1].json());
    assert!(with["blocks"].is_array() && without["blocks"].is_null() && with["text"] == without["text"], "{without}");
}

#[tokio::test]
async fn a_channel_is_posted_to_no_faster_than_it_takes_it() {
    let (sink, paces) = (Sink::methods(&[]), Arc::new(Paces::default()));
    let receiver = || Receiver::new(Web::default(), bot(&sink.url)).with_paces(Arc::clone(&paces));
    let began = Instant::now();
    for _ in 0..4 {
        receiver().post(&[Notice::of(None, "the crane is down")]).await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "the fourth waits, also by another of the same channel");
    let at_once = (0..9).map(|_| async { receiver().post(&[Notice::of(None, "the crane is down")]).await });
    let posted = futures_util::future::join_all(at_once).await;
    assert!(posted.iter().any(|posted| matches!(posted, Err(PostError::Paced))), "{posted:?}");
    let taken = posted.iter().filter(|posted| posted.is_ok()).count();
    assert_eq!(sink.taken().len(), 4 + taken);
}
