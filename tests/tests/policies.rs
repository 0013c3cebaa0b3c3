//! Who is told of what: routes to receivers with names, silence, and quiet hours with one message at their end.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_alerts::Emails;
use lamplight_embedded::Embedded;
use lamplight_notifier::{Context, handle};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::sink::Sink;
use lamplight_tests::telling::{self, DeadLetters, Lines, Topic, apply, failures, queue_event};
use serde_json::{Value, json};

/// 2026-11-20T08:47:00Z, a Friday.
const NOW_MS: i64 = 1_795_164_420_000;
const MINUTE_MS: i64 = 60_000;

/// What passes before SQS hands a message out again.
const PAUSE_MS: i64 = 180_000;

/// 2026-11-20T09:00:00Z
const END_MS: i64 = NOW_MS + 13 * MINUTE_MS;

const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tStatus: timeout\n";
const KILLED: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t\
                      Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory\n";

const ROUTES: &str = r#"
[[route]]
function = "*-dev"
notify = "never"

[[route]]
function = "ferry*"
to = ["harbour"]
runbook = "https://wiki.example/ferry"

[[route]]
function = "lost"
to = ["nobody"]
"#;

const QUIET: &str = r#"
[[route]]
function = "ferry*"
to = ["harbour"]
quiet = { from = "08:00", to = "09:00", except = ["critical"] }

[[route]]
function = "kiosk"
quiet = { from = "08:55", to = "09:00" }
"#;

/// A table, a receiver without a name, and one that is called `harbour`.
struct Stack {
    embedded: Embedded,
    nameless: Sink,
    harbour: Sink,
    dead_letters: DeadLetters,
}

impl Stack {
    async fn with(document: &str) -> Self {
        let embedded = Embedded::start(0, None).await.unwrap();
        apply(&embedded.table(), document).await;
        Self { embedded, nameless: Sink::start(&[]), harbour: Sink::start(&[]), dead_letters: DeadLetters::default() }
    }

    /// The alert of a function that logged this.
    async fn alert(&self, name: &str, line: &str) -> Value {
        let topic = Topic::default();
        let parser = telling::parser(self.embedded.table(), &topic);
        let payload = Stream::of(name, &[(NOW_MS, line)]).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &parser, NOW_MS).await.unwrap();
        topic.taken().remove(0)
    }

    /// What the notifier gives back of these messages.
    async fn tell(&self, messages: &[Value], now_ms: i64) -> Vec<String> {
        // The first line has a name: what is known of the nameless one has the plain ids all the same.
        let receivers = Lines(format!("harbour = {}\n{}", self.harbour.url, self.nameless.url));
        let context = Context { table: self.embedded.table(), receivers, dead_letters: &self.dead_letters };
        failures(&handle(queue_event(messages), &context, now_ms).await.unwrap())
    }

    /// How many messages the nameless receiver and `harbour` have got since the last call.
    fn counts(&self) -> (usize, usize) {
        (self.nameless.taken().len(), self.harbour.taken().len())
    }

    /// What the keeper publishes.
    async fn keep(&self, topic: &Topic, now_ms: i64) -> Vec<Value> {
        let context = lamplight_keeper::Context { table: self.embedded.table(), topic, emails: Emails::Show };
        lamplight_keeper::handle(&context, now_ms).await.unwrap();
        topic.taken()
    }
}

const NOBODY: [&str; 0] = [];

#[tokio::test]
async fn each_alert_goes_where_the_first_route_that_fits_sends_it() {
    let stack = Stack::with(ROUTES).await;
    for (name, expected) in [("ferry", (0, 1)), ("kiosk", (1, 0)), ("ferry-dev", (0, 0)), ("lost", (1, 0))] {
        let alert = stack.alert(name, TIMEOUT).await;
        for turn in 0..2 {
            assert_eq!(stack.tell(std::slice::from_ref(&alert), NOW_MS + turn * PAUSE_MS).await, NOBODY, "{name}");
        }
        let posts = [stack.nameless.taken(), stack.harbour.taken()];
        assert_eq!((posts[0].len(), posts[1].len()), expected, "{name}");
        let has_runbook = format!("{posts:?}").contains("https://wiki.example/ferry");
        assert_eq!(has_runbook, name == "ferry", "{posts:?}");
        let id = alert["alert_id"].as_str().unwrap();
        assert!(stack.embedded.table().is_posted(id).await.unwrap(), "who asks by the plain id sees that it is done");
    }
    assert_eq!(stack.tell(&[json!("the crane is down")], NOW_MS).await, NOBODY);
    assert_eq!(stack.counts(), (1, 0), "what no route fits goes to those without a name");
}

#[tokio::test]
async fn what_goes_to_a_receiver_that_is_down_waits_for_it_alone() {
    let mut stack = Stack::with(ROUTES).await;
    stack.harbour = Sink::start(&[(500, "", "oops")]);
    let messages = [stack.alert("ferry", TIMEOUT).await, stack.alert("kiosk", TIMEOUT).await];
    assert_eq!(stack.tell(&messages, NOW_MS).await, ["q0"]);
    assert_eq!(stack.tell(&messages, NOW_MS + PAUSE_MS).await, NOBODY);
    assert_eq!(stack.counts(), (1, 2));
}

#[tokio::test]
async fn policies_that_cannot_be_read_silence_nobody() {
    let stack = Stack::with("[[route]]\nnotify = \"by-carrier-pigeon\"").await;
    let alert = stack.alert("ferry", TIMEOUT).await;
    assert_eq!(stack.tell(&[alert], NOW_MS).await, NOBODY);
    assert_eq!(stack.counts(), (1, 0));
}

#[tokio::test]
async fn quiet_hours_hold_and_one_message_tells_it_when_they_are_over() {
    let stack = Stack::with(QUIET).await;
    let (topic, held) =
        (Topic::default(), [stack.alert("ferry", TIMEOUT).await, stack.alert("ferry-2", TIMEOUT).await]);
    for turn in 0..2 {
        assert_eq!(stack.tell(&held, NOW_MS + turn * PAUSE_MS).await, NOBODY);
    }
    let killed = stack.alert("ferry-3", KILLED).await;
    assert_eq!(stack.tell(&[killed], NOW_MS).await, NOBODY);
    assert_eq!(stack.counts(), (0, 1), "what is critical is told at once");

    assert_eq!(stack.keep(&topic, END_MS).await, Vec::<Value>::new());
    topic.refuse(1);
    assert_eq!(stack.keep(&topic, END_MS + 2 * MINUTE_MS).await, Vec::<Value>::new());
    topic.lose_answers(1);
    let mut told = stack.keep(&topic, END_MS + 3 * MINUTE_MS).await;
    told.extend(stack.keep(&topic, END_MS + 4 * MINUTE_MS).await);
    assert_eq!((told.len(), told[0] == told[1]), (2, true), "the same again, as nobody knows of the first");
    assert_eq!(stack.keep(&topic, END_MS + 5 * MINUTE_MS).await, Vec::<Value>::new());
    assert_eq!((&told[0]["held"]["count"], &told[0]["held"]["to"]), (&json!(2), &json!(["harbour"])));
    for (turn, message) in told.into_iter().enumerate() {
        let now_ms = END_MS + turn as i64 * PAUSE_MS;
        assert_eq!(stack.tell(&[message], now_ms).await, NOBODY);
    }
    let posts = stack.harbour.taken();
    assert!(stack.nameless.taken().is_empty() && posts.len() == 1, "{posts:?}");
    assert!(posts[0]["text"].as_str().unwrap().contains("2 messages were held during quiet hours"), "{posts:?}");
    assert!(posts[0].to_string().contains("ferry-2"), "{posts:?}");

    // What comes again in the day was held, and told with the rest.
    assert_eq!(stack.tell(&held, END_MS + 10 * MINUTE_MS).await, NOBODY);
    assert_eq!(stack.counts(), (0, 0));
}

#[tokio::test]
async fn what_some_were_told_before_the_quiet_hours_is_not_held_for_the_rest() {
    let stack = Stack::with(QUIET).await;
    let down = Sink::start(&[(500, "", "oops")]);
    let lines = format!("{}\n{}", stack.nameless.url, down.url);
    let alert = stack.alert("kiosk", TIMEOUT).await;
    for (now_ms, waiting) in [(NOW_MS, vec!["q0"]), (NOW_MS + 9 * MINUTE_MS, vec![])] {
        let receivers = Lines(lines.clone());
        let context = Context { table: stack.embedded.table(), receivers, dead_letters: &stack.dead_letters };
        let event = queue_event(std::slice::from_ref(&alert));
        assert_eq!(failures(&handle(event, &context, now_ms).await.unwrap()), waiting);
    }
    assert_eq!((stack.nameless.taken().len(), down.taken().len()), (1, 2));
    assert_eq!(stack.keep(&Topic::default(), END_MS + 2 * MINUTE_MS).await, Vec::<Value>::new());
}
