//! Buttons on Slack messages: what a request does, and that nobody else's does anything.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_alerts::{Alert, Buttons, Change, Notice, SlackMessage};
use lamplight_aws::Web;
use lamplight_embedded::TABLE;
use lamplight_responder::{Answer, Context, Request, Verifier, handle};
use lamplight_rollup::State;
use lamplight_table::{LAMPLIGHT, Mute, Table};
use lamplight_tests::buttons::{Parameter, SECRET, pressed, signed, signed_body};
use lamplight_tests::sink::{Behaviour, Sink};
use lamplight_tests::stack::{HOUR_MS, MINUTE_MS, Stack, TIMEOUT};
use serde_json::{Value, json};

/// A stack with one issue, which was told in Slack, and where Slack lets its message be changed.
struct Told {
    stack: Stack,
    sink: Sink,
    message: SlackMessage,
    fingerprint: String,
}

impl Told {
    async fn start(behaviours: &[Behaviour]) -> Self {
        let stack = Stack::start().await;
        stack.log(&[TIMEOUT]).await;
        let alert = Alert::parse(&stack.topic.taken()[0].to_string()).unwrap();
        let fingerprint = alert.issue.fingerprint.clone();
        let message = SlackMessage::of(&Notice::Alert(Box::new(alert))).with_buttons(&fingerprint, "new");
        Self { stack, sink: Sink::behaving(behaviours), message, fingerprint }
    }

    fn context<'p>(&self, parameter: &'p Parameter) -> Context<&'p Parameter> {
        let responses = self.sink.url.replace("/services/T0/B0/hook", "/");
        let table = Table::new(self.stack.embedded.client().clone(), TABLE);
        Context { table, verifier: Verifier::new(parameter), web: Web::default(), responses }
    }

    fn payload(&self, button: &str) -> Value {
        let mut payload = pressed(button, &self.fingerprint);
        payload["response_url"] = json!(self.sink.url);
        payload["message"] =
            json!({"type": "message", "text": self.message.text, "blocks": self.message.blocks, "ts": "1.0"});
        payload
    }

    /// Presses a button; the answer, and what Slack was told to show.
    async fn press(&self, button: &str) -> (Answer, Vec<Value>) {
        self.send(&signed(&self.payload(button), self.stack.now_ms, SECRET)).await
    }

    async fn send(&self, request: &Request) -> (Answer, Vec<Value>) {
        let parameter = Parameter::of([SECRET, SECRET]);
        let answer = handle(request, &self.context(&parameter), self.stack.now_ms).await.unwrap();
        (answer, self.sink.taken())
    }

    /// Whether nothing was done with the issue.
    async fn is_untouched(&self) -> bool {
        self.stack.state().await == State::New && self.stack.history().await.is_empty()
    }
}

#[tokio::test]
async fn a_button_does_what_it_says_and_the_message_shows_it() {
    let mut told = Told::start(&[]).await;
    let (answer, shown) = told.press("resolve").await;
    assert_eq!((answer.status_code, shown.len()), (200, 1));
    assert_eq!(shown[0]["replace_original"], true);
    assert!(shown[0].to_string().contains("✅ Resolved by ada at 2026-11-20 08:00:30 UTC"), "{}", shown[0]);
    assert!(
        !shown[0].to_string().contains("mute_1h") && shown[0].to_string().contains("Task timed out"),
        "{}",
        shown[0]
    );
    assert_eq!(told.stack.state().await, State::Resolved);
    assert_eq!(told.stack.history().await, [("resolved".to_owned(), "ada".to_owned())]);

    // What the keeper tells comes to the same message.
    told.stack.pass(MINUTE_MS).await;
    let published = told.stack.topic.taken();
    let change = Change::parse(&published[0].to_string()).unwrap();
    let same = told.message.clone().changed(&change, Buttons::Shown);
    assert_eq!((&shown[0]["text"], &shown[0]["blocks"]), (&json!(same.text), &json!(same.blocks)));

    // Another press of an old message does nothing more, and says so to the one who pressed.
    let (answer, shown) = told.press("resolve").await;
    assert_eq!((answer.status_code, &shown[0]["response_type"]), (200, &json!("ephemeral")));
    assert_eq!((&shown[0]["replace_original"], told.stack.history().await.len()), (&json!(false), 1));
}

#[tokio::test]
async fn mutes_last_as_long_as_their_buttons_say_and_end_by_another() {
    for (button, length_ms) in [("mute_1h", HOUR_MS), ("mute_1d", 24 * HOUR_MS), ("mute_1w", 7 * 24 * HOUR_MS)] {
        let told = Told::start(&[]).await;
        let (_, shown) = told.press(button).await;
        assert!(shown[0].to_string().contains("🔇 Muted by ada until") && shown[0].to_string().contains("\"unmute\""));
        let until_ms = told.stack.now_ms + length_ms;
        assert_eq!(told.stack.issue().await.life.mute, Some(Mute::Until(until_ms)));
        let (_, shown) = told.press("unmute").await;
        assert!(shown[0].to_string().contains("🔔 Unmuted by ada") && shown[0].to_string().contains("mute_1d"));
        assert_eq!(told.stack.state().await, State::Ongoing);
    }
}

#[tokio::test]
async fn a_request_that_comes_again_changes_nothing() {
    for button in ["resolve", "mute_1h", "mute_1d", "mute_1w"] {
        let mut told = Told::start(&[]).await;
        let request = signed(&told.payload(button), told.stack.now_ms, SECRET);
        told.send(&request).await;
        let before = told.stack.issue().await;
        told.stack.now_ms += 4 * MINUTE_MS;
        let (answer, shown) = told.send(&request).await;
        assert_eq!((answer.status_code, &shown[0]["response_type"]), (200, &json!("ephemeral")));
        assert_eq!((told.stack.issue().await, told.stack.history().await.len()), (before, 1));
    }
}

#[tokio::test]
async fn what_is_not_slacks_is_turned_away_and_does_nothing() {
    let told = Told::start(&[]).await;
    let (payload, now_ms) = (told.payload("resolve"), told.stack.now_ms);
    let without = |name: &str| {
        let mut request = signed(&payload, now_ms, SECRET);
        request.headers.remove(name);
        request
    };
    let with = |name: &str, value: &str| {
        let mut request = signed(&payload, now_ms, SECRET);
        request.headers.insert(name.to_owned(), value.to_owned());
        request
    };
    let (time, signature) = ("x-slack-request-timestamp", "x-slack-signature");
    let genuine = signed(&payload, now_ms, SECRET).headers[signature].clone();
    let mut altered = signed(&payload, now_ms, SECRET);
    altered.body = altered.body.map(|body| body.replace("ada", "eve"));
    let mut not_base64 = signed(&payload, now_ms, SECRET);
    not_base64.is_base64_encoded = true;
    for (status, request) in [
        (401, Request::default()),
        (401, without(time)),
        (401, without(signature)),
        (401, with(signature, "")),
        (401, with(signature, "v0=")),
        (401, with(signature, &genuine.replace("v0=", ""))),
        (401, with(signature, &genuine.replace("v0=", "v1="))),
        (401, with(signature, &genuine[..genuine.len() - 2])),
        (401, with(signature, &format!("v0={}", "0".repeat(64)))),
        (401, with(signature, &format!("v0={}", "é".repeat(32)))),
        (401, with(time, "")),
        (401, with(time, "now")),
        (401, with(time, "-1")),
        (401, with(time, "9223372036854775807")),
        (401, with(time, &(now_ms / 1000 + 1).to_string())),
        (401, altered),
        (401, signed(&payload, now_ms, "another")),
        (401, signed(&payload, now_ms - 301_000, SECRET)),
        (401, signed(&payload, now_ms + 301_000, SECRET)),
        (400, not_base64),
        (400, signed_body("", now_ms, SECRET)),
        (400, signed_body("payload=%7B", now_ms, SECRET)),
        (400, signed_body(&"a=b&".repeat(60_000), now_ms, SECRET)),
        (413, signed_body(&"x".repeat((256 << 10) + 1), now_ms, SECRET)),
    ] {
        let (answer, shown) = told.send(&request).await;
        assert_eq!((answer.status_code, shown.len()), (status, 0), "{:?} {answer:?}", request.headers);
        assert!(told.is_untouched().await);
    }
}

#[tokio::test]
async fn a_body_in_base64_is_what_was_signed() {
    let told = Told::start(&[]).await;
    let mut request = signed(&told.payload("resolve"), told.stack.now_ms, SECRET);
    request.body = request.body.map(|body| base64_simd::STANDARD.encode_to_string(body));
    request.is_base64_encoded = true;
    assert_eq!(told.send(&request).await.0.status_code, 200);
    assert_eq!(told.stack.state().await, State::Resolved);
}

#[tokio::test]
async fn a_link_does_nothing_and_an_issue_that_is_not_there_is_said() {
    let told = Told::start(&[]).await;
    let mut payload = told.payload("resolve");
    payload["actions"][0] = json!({"type": "button", "action_id": "eR7", "url": "https://a.example"});
    let (answer, shown) = told.send(&signed(&payload, told.stack.now_ms, SECRET)).await;
    assert_eq!((answer.status_code, shown.len()), (200, 0));
    let mut payload = told.payload("resolve");
    payload["actions"][0]["value"] = json!("00000000000000aa");
    let (answer, shown) = told.send(&signed(&payload, told.stack.now_ms, SECRET)).await;
    assert_eq!((answer.status_code, &shown[0]["response_type"]), (200, &json!("ephemeral")));
    assert!(shown[0].to_string().contains("no such issue") && told.is_untouched().await, "{shown:?}");
}

#[tokio::test]
async fn nothing_is_sent_elsewhere_than_to_slack() {
    for elsewhere in ["http://127.0.0.1:1/x", "https://hooks.slack.com.evil.example/x", "file:///etc/passwd", ""] {
        let told = Told::start(&[]).await;
        let mut payload = told.payload("resolve");
        payload["response_url"] = json!(elsewhere);
        let (answer, shown) = told.send(&signed(&payload, told.stack.now_ms, SECRET)).await;
        assert_eq!((answer.status_code, shown.len()), (200, 0), "{elsewhere}");
        assert_eq!(told.stack.state().await, State::Resolved, "it was Slack who asked");
    }
}

#[tokio::test]
async fn what_slack_does_not_show_was_done_all_the_same() {
    for behaviour in
        [Behaviour::Closes, Behaviour::Answers((500, "", "oops")), Behaviour::Answers((404, "", "expired"))]
    {
        let told = Told::start(&[behaviour]).await;
        assert_eq!(told.press("resolve").await.0.status_code, 200);
        assert_eq!(told.stack.state().await, State::Resolved);
    }
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_read_again_once_a_minute_at_the_most() {
    let told = Told::start(&[]).await;
    let parameter = Parameter::of(["old", SECRET]);
    let context = told.context(&parameter);
    let now_ms = told.stack.now_ms;
    let genuine = signed(&told.payload("resolve"), now_ms, SECRET);
    assert_eq!(handle(&genuine, &context, now_ms).await.unwrap().status_code, 200);
    for (later_ms, readings) in [(0, 1), (59_999, 1), (60_000, 2), (100_000, 2), (120_000, 3)] {
        let forged = signed(&told.payload("unmute"), now_ms, "forged");
        assert_eq!(handle(&forged, &context, now_ms + later_ms).await.unwrap().status_code, 401);
        assert_eq!(parameter.readings(), readings, "{later_ms}");
    }
}

#[tokio::test]
async fn of_many_who_press_at_once_each_is_right_and_it_is_told_once() {
    let mut told = Told::start(&[]).await;
    let parameter = Parameter::of([SECRET, SECRET]);
    let context = told.context(&parameter);
    let request = signed(&told.payload("resolve"), told.stack.now_ms, SECRET);
    let presses = (0..5).map(|_| handle(&request, &context, told.stack.now_ms));
    let answers = futures_util::future::join_all(presses).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status_code == 200));
    let changed = told.sink.taken().into_iter().filter(|shown| shown["replace_original"] == true);
    assert_eq!((changed.count() >= 1, told.stack.history().await.len()), (true, 1));
    told.stack.pass(MINUTE_MS).await;
    assert_eq!(told.stack.topic.taken().len(), 1);
    assert_ne!(told.stack.history().await[0].1, LAMPLIGHT);
}
