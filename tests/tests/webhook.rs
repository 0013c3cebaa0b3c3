//! Slack's webhook: what is posted, and what becomes of it when Slack has a bad time.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::time::{Duration, Instant};

use lamplight_alerts::{Notice, SlackMessage};
use lamplight_aws::Web;
use lamplight_embedded::Embedded;
use lamplight_notifier::{Incoming, Post, PostError, Receiver, Untold, tell};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::local::Local;
use lamplight_tests::sink::{OK, Reply, Sink};
use serde_json::{Value, json};
use time::OffsetDateTime;

const LATER: Reply = (500, "", "server_error");

/// A delivery of a function that reached its time limit, so many seconds ago.
fn timeout(name: &str, seconds_ago: i64) -> Value {
    let line = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                Max Memory Used: 71 MB\tStatus: timeout\n";
    let at_ms = (OffsetDateTime::now_utc().unix_timestamp() - seconds_ago) * 1000;
    Stream::of(name, &[(at_ms, line)]).payload(Envelope::Subscription)
}

fn notices() -> [Notice; 1] {
    [Notice::of(None, "the crane is down")]
}

/// Posts one message to a Slack that answers like this.
async fn post(replies: &[Reply]) -> (Result<(), PostError>, Vec<Value>) {
    let sink = Sink::start(replies);
    let posted = Receiver::of_line(Web::default(), &sink.url).post(&notices()).await;
    (posted, sink.taken())
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let began = Instant::now();
    let (posted, taken) = post(&[(429, "retry-after: 1\r\n", "slow down")]).await;
    assert!(posted.is_ok() && taken.len() == 2, "{posted:?}");
    assert_eq!(taken[0], taken[1]);
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_left_to_the_queue() {
    let began = Instant::now();
    let (posted, taken) = post(&[(429, "retry-after: 3600\r\n", "slow down")]).await;
    assert!(matches!(posted, Err(PostError::Later { status: 429, .. })) && taken.len() == 1, "{posted:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn errors_are_errors() {
    for status in [500, 502, 503, 504] {
        let (posted, _) = post(&[(status, "", "oops"); 9]).await;
        assert!(matches!(posted, Err(PostError::Later { .. })), "{status}: {posted:?}");
    }
    for (status, reason) in
        [(400, "invalid_payload"), (403, "invalid_token"), (404, "no_service"), (410, "channel_is_archived")]
    {
        let (posted, taken) = post(&[(status, "", reason); 9]).await;
        let told = posted.unwrap_err().to_string();
        assert!(told.contains(&status.to_string()) && told.contains(reason), "{told}");
        assert_eq!(taken.len(), 1, "a message that is refused for good is not tried again");
    }
    let (posted, _) = post(&[(302, "location: https://slack.example/elsewhere\r\n", "")]).await;
    assert!(posted.is_err(), "nobody has the message");
}

#[tokio::test]
async fn blocks_that_slack_refuses_leave_the_text() {
    let (posted, taken) = post(&[(400, "", "invalid_blocks")]).await;
    assert!(posted.is_ok(), "{posted:?}");
    assert!(taken[0]["blocks"].is_array());
    assert_eq!(taken[1], json!({"text": SlackMessage::telling(&notices()).text}));
}

#[tokio::test]
async fn a_slack_that_cannot_be_reached_is_an_error_that_keeps_the_secret() {
    let address = "127.0.0.1:1";
    for url in [format!("http://{address}/services/T0/B0/hidden"), "http://:::/services/T0/B0/hidden".to_owned()] {
        let error = Receiver::of_line(Web::default(), &url).post(&notices()).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
    }
}

#[tokio::test]
async fn a_bad_time_of_slack_delays_a_message_and_does_not_double_it() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let sink = Sink::start(&[LATER]);
    let slack = Receiver::of_line(Web::default(), &sink.url);
    let table = embedded.table();
    let incoming = [Incoming {
        message_id: "sns-1".to_owned(),
        carrier_id: "q0".to_owned(),
        subject: None,
        message: "the crane is down".to_owned(),
    }];
    let later = Untold::for_now(0);
    for (now_ms, untold) in [(1_000, vec![later]), (181_000, vec![]), (361_000, vec![])] {
        assert_eq!(tell(&incoming, &table, std::slice::from_ref(&slack), now_ms).await.unwrap(), untold);
    }
    assert_eq!(sink.taken().len(), 2, "the one that was refused, and the one that was taken");
}

#[test]
fn local_posts_one_message_for_a_new_issue() {
    let sink = Sink::start(&[]);
    let local = Local::start(&["--slack-webhook", &sink.url]);
    let first = timeout("ferry", 30);
    for payload in [&first, &first, &timeout("ferry", 20), &timeout("ferry", 40)] {
        assert_eq!(local.invoke(payload).error(), None);
    }
    let posts = sink.taken();
    assert_eq!(posts.len(), 1, "{posts:?}");
    let text = posts[0]["text"].as_str().unwrap();
    assert!(text.contains("ferry") && !posts[0]["blocks"].as_array().unwrap().is_empty(), "{posts:?}");
    local.invoke(&timeout("kiosk", 30));
    assert_eq!(sink.taken().len(), 1, "another function's");
}

#[test]
fn local_takes_a_delivery_although_slack_does_not_take_its_alert() {
    let sink = Sink::start(&[LATER]);
    let local = Local::start(&["--slack-webhook", &sink.url]);
    let first = timeout("ferry", 30);
    let answer = local.invoke(&first);
    assert_eq!((answer.status, answer.error(), &answer.body["alerts"]), (200, None, &json!(0)));
    assert_eq!(sink.taken().len(), 1);
    let rows = local.read(&["functions"]).json();
    assert_eq!(rows["functions"][0]["timeouts"], 1);
    // The keeper tries it again, a minute later; who delivers again does not tell it twice.
    assert_eq!(local.invoke(&first).body["alerts"], 0);
    assert_eq!(local.read(&["functions"]).json(), rows);
}

#[test]
fn a_restart_does_not_tell_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.db");
    let sink = Sink::start(&[OK]);
    let first = timeout("ferry", 30);
    for posts in [1, 0] {
        let mut local = Local::start(&["--slack-webhook", &sink.url, "--data", data.to_str().unwrap()]);
        local.invoke(&first);
        local.invoke(&timeout("ferry", 20));
        assert_eq!(sink.taken().len(), posts);
        local.kill();
    }
}
