//! What an alert says of the deployment before it, and of the code that failed.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_embedded::Embedded;
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, Topic};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// 2026-11-20T08:00:30Z
const START_MS: i64 = 1_795_161_630_000;

struct Stack {
    embedded: Embedded,
    topic: Topic,
}

impl Stack {
    async fn start() -> Self {
        Self { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default() }
    }

    /// A delivery of these lines of one version; what was published of it.
    async fn log(&self, at_ms: i64, version: &str, lines: &[&str]) -> Vec<Value> {
        let context = telling::parser(self.embedded.table(), &self.topic);
        let lines: Vec<_> = lines.iter().map(|line| (at_ms, *line)).collect();
        let mut stream = Stream::of("ferry", &lines);
        stream.name = format!("2026/11/20/[{version}]0123456789abcdef0123456789abcdef");
        lamplight_parser::handle(&stream.payload(Envelope::Subscription).to_string(), &context, at_ms).await.unwrap();
        self.topic.taken()
    }

    /// A run of the keeper.
    async fn keep(&self, at_ms: i64) {
        let context = lamplight_keeper::Context {
            table: self.embedded.table(),
            topic: &self.topic,
            emails: lamplight_alerts::Emails::Show,
        };
        lamplight_keeper::handle(&context, at_ms).await.unwrap();
    }
}

fn report(memory_mb: u32) -> String {
    format!(
        "REPORT RequestId: 9a1e-2\tDuration: 30.00 ms\tBilled Duration: 30 ms\tMemory Size: {memory_mb} MB\tMax Memory Used: 71 MB\n"
    )
}

fn exception(name: &str) -> String {
    format!(
        "[ERROR] {name}: 'rudder'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 9, in handler\n\
         \u{20}   helm.steer()\n  File \"/var/task/ship/helm.py\", line 4, in steer\n"
    )
}

#[tokio::test]
async fn a_new_issue_names_the_version_that_was_deployed_before() {
    let stack = Stack::start().await;
    stack.log(START_MS, "11", &[&report(256)]).await;
    stack.log(START_MS + 2 * MINUTE_MS, "12", &[&report(512)]).await;
    let told = stack.log(START_MS + 9 * MINUTE_MS, "12", &[&exception("KeyError")]).await;
    // The minute in which it was first seen began 30 seconds before.
    let deployed = json!({"version": "12", "version_before": "11", "memory_mb": 512, "memory_before_mb": 256,
        "at": "2026-11-20T08:02:00.000Z"});
    assert_eq!(told[0]["deployed"], deployed);
    assert_eq!(told[0]["issue"]["frame"], "ship/helm.py steer");
    assert_eq!(told[0]["issue"]["sample"]["version"], "12");
}

#[tokio::test]
async fn the_first_invocation_of_a_version_may_fail() {
    let stack = Stack::start().await;
    stack.log(START_MS, "11", &[&report(256)]).await;
    let told = stack.log(START_MS + MINUTE_MS, "12", &[&exception("KeyError"), &report(256)]).await;
    let deployed = json!({"version": "12", "version_before": "11", "at": "2026-11-20T08:01:30.000Z"});
    assert_eq!(told[0]["deployed"], deployed);
}

#[tokio::test]
async fn a_deployment_of_days_ago_is_no_cause() {
    let stack = Stack::start().await;
    stack.log(START_MS, "11", &[&report(256)]).await;
    stack.log(START_MS + MINUTE_MS, "12", &[&report(256)]).await;
    let told = stack.log(START_MS + MINUTE_MS, "12", &[&exception("KeyError")]).await;
    assert_eq!(told[0]["deployed"]["version"], "12");
    // Hours and days are computed meanwhile, and the minutes are of no use any more.
    for day in 1..=4 {
        stack.keep(START_MS + MINUTE_MS + day * DAY_MS).await;
    }
    let told = stack.log(START_MS + 4 * DAY_MS, "12", &[&exception("ValueError")]).await;
    assert_eq!(told[0].get("deployed"), None);
    let told = stack.log(START_MS + 5 * DAY_MS, "13", &[&exception("TypeError")]).await;
    assert_eq!(told[0]["deployed"]["version_before"], "12");
}

#[tokio::test]
async fn memory_tells_deployments_of_what_has_no_version() {
    let stack = Stack::start().await;
    stack.log(START_MS, "$LATEST", &[&report(256)]).await;
    stack.log(START_MS + MINUTE_MS, "$LATEST", &[&report(128)]).await;
    let told = stack.log(START_MS + 4 * MINUTE_MS, "$LATEST", &[&exception("MemoryError")]).await;
    let deployed = json!({"memory_mb": 128, "memory_before_mb": 256, "at": "2026-11-20T08:01:00.000Z"});
    assert_eq!(told[0]["deployed"], deployed);
}
