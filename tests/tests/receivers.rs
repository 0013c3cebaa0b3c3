//! Several receivers: each has every message once, whatever becomes of the others.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_alerts::Notice;
use lamplight_aws::Web;
use lamplight_embedded::Embedded;
use lamplight_notifier::form::{Discord, Form, PagerDuty, Signed, Teams};
use lamplight_notifier::{Context, Incoming, Post, PostError, Receiver, Untold, handle, receivers, tell};
use lamplight_tests::sink::{Reply, Sink};
use lamplight_tests::telling::{DeadLetters, Lines, failures, queue_event};
use serde_json::json;

const NOW_MS: i64 = 1_795_164_420_000;

/// What passes before SQS hands a message out again.
const PAUSE_MS: i64 = 180_000;

const NOBODY: [&str; 0] = [];

/// Makes a receiver of a URL.
type Make = fn(&str) -> Box<dyn Form>;

/// A receiver of each form at a URL, and how it answers when it has taken a message.
const FORMS: [(Make, Reply); 4] = [
    (|url| Box::new(Teams::new(url)), (202, "", "")),
    (|url| Box::new(Discord::new(url)), (204, "", "")),
    (|url| Box::new(PagerDuty::at(url, "r0utingkey")), (202, "", r#"{"status":"success"}"#)),
    (|url| Box::new(Signed::new("s3cret", url)), (200, "", "")),
];

fn crane() -> [Notice; 1] {
    [Notice::of(None, "the crane is down")]
}

async fn post(make: Make, replies: &[Reply]) -> (Result<(), PostError>, Sink) {
    let sink = Sink::start(replies);
    let receiver = Receiver::new(Web::default(), make(&sink.url));
    (receiver.post(&crane()).await, sink)
}

#[tokio::test]
async fn each_receiver_is_sent_what_there_is_and_asked_again_as_it_says() {
    for (make, taken) in FORMS {
        let (posted, sink) = post(make, &[(429, "retry-after: 0.3\r\n", "slow down"), taken]).await;
        assert!(posted.is_ok(), "{posted:?}");
        let requests = sink.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests.iter().all(|request| request.body.contains("the crane is down")), "{requests:?}");
        let (posted, sink) = post(make, &[(429, "retry-after: 3600\r\n", "slow down")]).await;
        assert!(matches!(posted, Err(PostError::Later { status: 429, .. })) && sink.taken().len() == 1);
        let (posted, _) = post(make, &[(503, "", "overloaded")]).await;
        assert!(matches!(posted, Err(PostError::Later { status: 503, .. })), "{posted:?}");
        let (posted, sink) = post(make, &[(400, "", "no blocks, and r0utingkey is none")]).await;
        assert!(matches!(posted, Err(PostError::Refused { status: 400, .. })) && sink.taken().len() == 1);
        let error = posted.unwrap_err().to_string();
        assert!(!error.contains("r0utingkey") || make(&sink.url).name() != "PagerDuty", "{error}");
    }
}

#[tokio::test]
async fn a_signed_request_has_time_and_signature() {
    let (_, sink) = post(FORMS[3].0, &[]).await;
    let request = &sink.requests()[0];
    let (time, signature) = request.headers["lamplight-signature"].split_once(",v1=").unwrap();
    assert!(time.strip_prefix("t=").unwrap().parse::<i64>().unwrap() > NOW_MS / 1000 - 86_400 * 3_650);
    assert!(signature.len() == 64 && request.headers["content-type"] == "application/json", "{request:?}");
}

#[tokio::test]
async fn a_receiver_that_is_down_does_not_make_the_others_repeat() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let (up, down) = (Sink::start(&[]), Sink::start(&[(500, "", "oops")]));
    let lines = format!("\n  {}\n\n{}\n{0}\n", up.url, down.url.replace("http", "webhook:s3cret:http"));
    let all = receivers::of_value(&Web::default(), &lines, None);
    assert_eq!(all.iter().map(Post::name).collect::<Vec<_>>(), ["Slack", "the webhook (line 2)"]);
    let (message_id, carrier_id) = ("sns-1".to_owned(), "q0".to_owned());
    let incoming = [Incoming { message_id, carrier_id, subject: None, message: "the crane is down".to_owned() }];
    for (now_ms, untold) in
        [(NOW_MS, vec![Untold::for_now(0)]), (NOW_MS + PAUSE_MS, vec![]), (NOW_MS + 2 * PAUSE_MS, vec![])]
    {
        assert_eq!(tell(&incoming, &table, &all, now_ms).await.unwrap(), untold);
    }
    assert_eq!((up.taken().len(), down.taken().len()), (1, 2));
    assert!(table.is_posted("sns-1").await.unwrap(), "the first has the plain id, as when it was the only one");
}

#[tokio::test]
async fn what_one_receiver_refuses_is_a_dead_letter_once_and_holds_nobody() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (down, refusing) = (Sink::start(&[(500, "", "oops"); 2]), Sink::start(&[(404, "", "no_service")]));
    let named = Lines(format!("{}\n{}", down.url, refusing.url));
    let dead_letters = DeadLetters::default();
    let context = Context { table: embedded.table(), receivers: named, dead_letters: &dead_letters };
    let mut event = queue_event(&[json!("the crane is down")]);
    for turn in 0..2 {
        assert_eq!(failures(&handle(event.clone(), &context, NOW_MS + turn * PAUSE_MS).await.unwrap()), ["q0"]);
    }
    assert_eq!(failures(&handle(event.clone(), &context, NOW_MS + 2 * PAUSE_MS).await.unwrap()), NOBODY);
    assert_eq!((down.taken().len(), refusing.taken().len()), (3, 1));
    let letters = dead_letters.taken();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let reason = &letters[0].1;
    assert!(reason.starts_with("Slack (line 2): ") && reason.contains("404 no_service"), "{reason}");
    assert!(!reason.contains("127.0.0.1") && !reason.contains("hook/"), "{reason}");
    // Put through again it is another message of the queue, and the one that refused it is asked again.
    event["Records"][0]["messageId"] = json!("q1");
    assert_eq!(failures(&handle(event, &context, NOW_MS + 3 * PAUSE_MS).await.unwrap()), NOBODY);
    assert_eq!((down.taken().len(), refusing.taken().len()), (0, 1));
}

#[tokio::test]
async fn where_nobody_is_named_messages_wait_to_be_mended() {
    for nobody in ["xyzzy", " \n\n", ""] {
        let embedded = Embedded::start(0, None).await.unwrap();
        let sink = Sink::start(&[]);
        let dead_letters = DeadLetters::default();
        let receivers = Lines(nobody.to_owned());
        let mut context = Context { table: embedded.table(), receivers, dead_letters: &dead_letters };
        let event = queue_event(&[json!("the crane is down")]);
        assert_eq!(failures(&handle(event.clone(), &context, NOW_MS).await.unwrap()), ["q0"], "{nobody:?}");
        context.receivers = Lines(sink.url.clone());
        assert_eq!(failures(&handle(event, &context, NOW_MS + PAUSE_MS).await.unwrap()), NOBODY);
        assert!(sink.taken().len() == 1 && dead_letters.taken().is_empty(), "{nobody:?}");
    }
}
