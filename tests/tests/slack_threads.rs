//! A Slack bot has one message for each issue: exactly which calls it makes while the issue lives.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_aws::Web;
use lamplight_notifier::form::SlackBot;
use lamplight_notifier::{Context, PostError, Receiver, Receivers, handle};
use lamplight_table::{Act, Mute};
use lamplight_tests::sink::{Behaviour, Sink};
use lamplight_tests::stack::{DAY_MS, HOUR_MS, MINUTE_MS, Stack, TIMEOUT};
use lamplight_tests::telling::{DeadLetters, failures, queue_event};
use serde_json::Value;

const GONE: Behaviour = Behaviour::Answers((200, "", r#"{"ok":false,"error":"message_not_found"}"#));
const THREAD_GONE: Behaviour = Behaviour::Answers((200, "", r#"{"ok":false,"error":"thread_not_found"}"#));
const NO_EDIT: Behaviour = Behaviour::Answers((200, "", r#"{"ok":false,"error":"edit_window_closed"}"#));
const LATER: Behaviour = Behaviour::Answers((200, "", r#"{"ok":false,"error":"internal_error"}"#));
const TAKEN: Behaviour = Behaviour::Answers((200, "", r#"{"ok":true,"channel":"C1","ts":"1.0"}"#));

/// The bot at a URL.
struct Bot(String);

impl Receivers for Bot {
    type Receiver = Receiver;

    async fn list(&self) -> Result<Vec<Receiver>, PostError> {
        Ok(vec![Receiver::new(Web::default(), Box::new(SlackBot::at(&self.0, "xoxb-1", "C1")))])
    }
}

/// What the bot did: the call, the message that it was about, and the line that says most.
type Call = (&'static str, Option<String>, String);

/// Hands the notifier what was published; what comes again, and the calls that it made.
async fn tell(stack: &Stack, sink: &Sink) -> (Vec<Value>, Vec<Call>) {
    let messages = stack.topic.taken();
    tell_these(stack, sink, messages).await
}

async fn tell_these(stack: &Stack, sink: &Sink, messages: Vec<Value>) -> (Vec<Value>, Vec<Call>) {
    let context = Context {
        table: stack.embedded.table(),
        receivers: Bot(sink.url.clone()),
        dead_letters: &DeadLetters::default(),
    };
    let again = failures(&handle(queue_event(&messages), &context, stack.now_ms).await.unwrap());
    let again = again.iter().map(|id| messages[id[1..].parse::<usize>().unwrap()].clone()).collect();
    let requests = sink.requests();
    let calls = requests.iter().map(|request| {
        let body = request.json();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        assert_eq!(body["channel"], "C1");
        match (request.path.ends_with("chat.update"), body["reply_broadcast"].as_bool()) {
            (true, _) => ("edit", text(&body["ts"]), standing(&body)),
            (false, Some(true)) => ("broadcast", text(&body["thread_ts"]), text(&body["text"]).unwrap()),
            (false, Some(false)) => ("reply", text(&body["thread_ts"]), text(&body["text"]).unwrap()),
            (false, None) => ("post", None, text(&body["text"]).unwrap()),
        }
    });
    (again, calls.collect())
}

/// The line on what was done with the issue; where there is none, the text.
fn standing(body: &Value) -> String {
    let blocks = body["blocks"].as_array().unwrap();
    let line = blocks.iter().find(|block| block["block_id"].is_string());
    line.map_or(&body["text"], |block| &block["elements"][0]["text"]).as_str().unwrap().to_owned()
}

fn same(calls: &[Call], expected: &[(&str, Option<&str>, &str)]) {
    let got: Vec<_> = calls.iter().map(|(call, message, text)| (*call, message.as_deref(), text.as_str())).collect();
    assert_eq!(got.len(), expected.len(), "{got:#?}");
    for ((call, message, text), (expected_call, expected_message, words)) in got.iter().zip(expected) {
        assert_eq!((call, message), (expected_call, expected_message), "{got:#?}");
        assert!(text.contains(words), "{words}: {got:#?}");
    }
}

/// A stack whose issue was told and then resolved, and a Slack that behaves like this.
async fn resolved(behaviours: &[Behaviour]) -> (Stack, Sink) {
    let mut stack = Stack::start().await;
    let sink = Sink::methods(behaviours);
    stack.log(&[TIMEOUT]).await;
    tell(&stack, &sink).await;
    stack.act(Act::Resolve).await;
    stack.pass(MINUTE_MS).await;
    (stack, sink)
}

#[tokio::test]
async fn an_issue_has_one_message_all_its_life() {
    let mut stack = Stack::start().await;
    let sink = Sink::methods(&[]);
    let first = Some("1.0");
    stack.log(&[TIMEOUT; 12]).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("post", None, "Task timed out in ferry, 12 times")]);

    stack.pass(2 * HOUR_MS).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", first, "escalates in ferry"), ("reply", first, "escalates in ferry")]);

    stack.act(Act::Resolve).await;
    assert_eq!(stack.topic.taken(), [Value::Null; 0], "who acts publishes nothing");
    stack.pass(MINUTE_MS).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", first, "✅ Resolved by ada at"), ("reply", first, "✅ Resolved by ada at")]);

    stack.pass(MINUTE_MS).await;
    stack.log(&[TIMEOUT]).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", first, "is back in ferry"), ("broadcast", first, "is back in ferry")]);

    stack.act(Act::Mute(Mute::Until(stack.now_ms + HOUR_MS))).await;
    stack.pass(MINUTE_MS).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", first, "🔇 Muted by ada until"), ("reply", first, "🔇 Muted by ada until")]);

    // Issues age in the first minute of an hour.
    stack.now_ms += HOUR_MS - stack.now_ms % HOUR_MS;
    stack.pass_days(1).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", first, "🔔 Unmuted by Lamplight"), ("reply", first, "🔔 Unmuted by Lamplight")]);

    stack.act(Act::Assign(Some("bob".to_owned()))).await;
    stack.pass_days(14).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(
        &calls,
        &[
            ("edit", first, "👤 Assigned to bob by ada"),
            ("reply", first, "👤 Assigned to bob by ada"),
            ("edit", first, "✅ Resolved by Lamplight"),
            ("reply", first, "after 14 quiet days"),
        ],
    );

    // Nobody finds an answer below what is months old.
    stack.now_ms += 91 * DAY_MS;
    stack.log(&[TIMEOUT]).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("post", None, "is back in ferry")]);
}

#[tokio::test]
async fn what_comes_again_or_late_edits_nothing_and_is_said_once() {
    let mut stack = Stack::start().await;
    let sink = Sink::methods(&[]);
    stack.log(&[TIMEOUT]).await;
    tell(&stack, &sink).await;
    stack.act(Act::Mute(Mute::ForGood)).await;
    stack.pass(MINUTE_MS).await;
    let muted = stack.topic.taken();
    stack.act(Act::Resolve).await;
    stack.pass(MINUTE_MS).await;
    let (_, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", Some("1.0"), "Resolved"), ("reply", Some("1.0"), "Resolved")]);
    let (_, calls) = tell_these(&stack, &sink, muted.clone()).await;
    same(&calls, &[("reply", Some("1.0"), "Muted")]);
    let (_, calls) = tell_these(&stack, &sink, muted).await;
    same(&calls, &[]);
}

#[tokio::test]
async fn a_message_that_is_gone_is_posted_anew_for_an_alert_and_not_for_an_act() {
    let (mut stack, sink) = resolved(&[TAKEN, GONE, GONE, TAKEN, TAKEN, THREAD_GONE]).await;
    let (again, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", Some("1.0"), "Resolved")]);
    assert!(again.is_empty());
    stack.log(&[TIMEOUT]).await;
    let (again, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", Some("1.0"), "is back"), ("post", None, "is back")]);
    assert!(again.is_empty());
    stack.act(Act::Resolve).await;
    stack.pass(MINUTE_MS).await;
    let (again, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", Some("1.0"), "Resolved"), ("reply", Some("1.0"), "Resolved")]);
    assert!(again.is_empty());
}

#[tokio::test]
async fn a_message_that_may_not_be_edited_is_answered() {
    let (stack, sink) = resolved(&[TAKEN, NO_EDIT]).await;
    let (again, calls) = tell(&stack, &sink).await;
    same(&calls, &[("edit", Some("1.0"), "Resolved"), ("reply", Some("1.0"), "Resolved")]);
    assert!(again.is_empty());
}

#[tokio::test]
async fn a_slack_that_fails_between_the_two_calls_is_asked_for_both_again() {
    let (mut stack, sink) = resolved(&[TAKEN, TAKEN, LATER]).await;
    let both = [("edit", Some("1.0"), "Resolved"), ("reply", Some("1.0"), "Resolved")];
    let (again, calls) = tell(&stack, &sink).await;
    same(&calls, &both);
    assert_eq!(again.len(), 1);
    stack.now_ms += 3 * MINUTE_MS;
    let (again, calls) = tell_these(&stack, &sink, again).await;
    same(&calls, &both);
    assert!(again.is_empty());
}

#[tokio::test]
async fn many_at_once_are_one_message_and_what_was_done_stands_alone() {
    let (stack, sink) = resolved(&[]).await;
    let mut messages = stack.topic.taken();
    messages.extend((0..4).map(|i| Value::from(format!("crane {i} is down"))));
    let (_, calls) = tell_these(&stack, &sink, messages).await;
    same(
        &calls,
        &[("post", None, "4 alerts at once"), ("edit", Some("1.0"), "Resolved"), ("reply", Some("1.0"), "Resolved")],
    );
}
