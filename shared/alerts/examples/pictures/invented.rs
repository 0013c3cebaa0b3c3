//! What the pictures show: lines of a shop that does not exist, read as the parser reads them.

use lamplight_alerts::{Alert, Buttons, Change, Emails, Notice, Reason, SlackMessage};
use lamplight_logs::{LogEvent, Source, recognise};
use lamplight_rollup::{Deployed, FunctionKey, Issue};
use serde_json::{Value, json};

/// 2026-11-20T08:36:00.361Z
const AT_MS: i64 = 1_795_163_760_361;

const TIMEOUT: &str =
    "2026-11-20T08:36:00.361Z 029b4ea4-f8cf-4854-bbf0-0f1599d3b9da Task timed out after 15.01 seconds";

const EXCEPTION: &str = "2026-11-20T08:36:00.361Z\t0a806f71-f890-4ca8-a321-605be1e802a8\tERROR\tInvoke Error \t\
    {\"errorType\":\"BasketChanged\",\"errorMessage\":\"basket 8812 was priced at 48.50 and is now 52.00\",\"stack\":[\
    \"BasketChanged: basket 8812 was priced at 48.50 and is now 52.00\",\
    \"    at confirmPrice (/var/task/pricing.js:31:11)\",\"    at async handler (/var/task/checkout.js:9:5)\"]}";

const MEMORY: &str = "REPORT RequestId: 369d0fad-e055-43f9-8033-cef9179a8e0e\tDuration: 4011.22 ms\tBilled Duration: 4012 ms\t\
    Memory Size: 512 MB\tMax Memory Used: 512 MB\tStatus: error\tError Type: Runtime.OutOfMemory";

fn alert(function: &str, version: &str, line: &str, reason: Reason, count: u64) -> Alert {
    let source = Source {
        log_group: Some(format!("/aws/lambda/{function}").into()),
        log_stream: Some(format!("2026/11/20/[{version}]07f69d9e50c84d6d9d6a").into()),
        ..Source::default()
    };
    let event = LogEvent { id: "1".into(), timestamp: AT_MS, message: line.into() };
    let fact = recognise(line, &source);
    let key = FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: function.into() };
    let detection = fact.detection.unwrap_or(lamplight_logs::Detection::ErrorLog);
    let (fingerprint, issue) = Issue::raised(&key, detection, &fact, &source, &event);
    Alert::new("1a-2b", reason, fingerprint, &issue, count, Emails::Show)
}

/// A milestone that did not come.
fn missing() -> SlackMessage {
    let message = "SAVED_IN_DATABASE did not come within 30s after SESSION_CREATED (flow sessions).\n\
        The last milestone was SESSION_CREATED in sessions-api, at 2026-11-20T08:35:30.361Z.\n\
        It stopped in sessions-saver, which failed: Task timed out after 10.00 s";
    published(&json!({"lamplight": 1, "alert_id": "1a-2b", "reason": "new", "severity": "error", "issue": {
        "fingerprint": "2c38cfddb49e64c5", "kind": "missing_milestone", "state": "new",
        "account": "210987654321", "region": "eu-central-1", "function": "sessions-saver",
        "title": "SAVED_IN_DATABASE does not come (sessions)", "count": 1,
        "first_seen": "2026-11-20T08:36:00.361Z", "last_seen": "2026-11-20T08:36:00.361Z",
        "sample": {"request_id": "385b30de-881f-468c-b433-d3f88cd3b410", "message": message,
            "trace_id": "1-6b002aea-54845e200dddc28ebaaaca42", "log_group": "/aws/lambda/sessions-saver",
            "log_stream": "2026/11/20/[$LATEST]a90de65917e470b0662843b41632219d",
            "timestamp": "2026-11-20T08:36:00.361Z"}}}))
}

fn told(alert: Alert) -> Notice {
    Notice::Alert(Box::new(alert))
}

fn deployed(alert: Alert) -> Alert {
    alert.after(Some(Deployed {
        version: Some("42".to_owned()),
        version_before: Some("41".to_owned()),
        memory_mb: None,
        memory_before_mb: None,
        at: "2026-11-20T08:32:00.000Z".to_owned(),
    }))
}

/// A message as the topic has it.
fn published(message: &Value) -> SlackMessage {
    SlackMessage::of(&Notice::of(None, &message.to_string()))
}

fn alarm() -> SlackMessage {
    published(&json!({"AlarmName": "orders-queue-is-old", "AWSAccountId": "210987654321",
        "AlarmDescription": "The oldest order waits for more than 10 minutes.",
        "NewStateValue": "ALARM", "OldStateValue": "OK", "StateChangeTime": "2026-11-20T08:36:00.361+0000",
        "NewStateReason": "Threshold Crossed: 1 datapoint [734.0 (20/11/26 08:34:00)] was greater than the threshold (600.0).",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:210987654321:alarm:x",
        "Trigger": {"MetricName": "ApproximateAgeOfOldestMessage"}}))
}

fn watch(state: &str, value: f64) -> SlackMessage {
    published(&json!({"lamplight": 1, "alert_id": "watch-1", "watch": {
        "name": "checkout errors", "key": "1", "state": state, "severity": "critical",
        "condition": "errors > 5 % over 10 min of at least 20 invocations", "metric": "errors", "unit": "percent",
        "value": value, "threshold": 5.0, "window_ms": 600_000,
        "since": "2026-11-20T08:36:00.000Z", "at": "2026-11-20T08:50:00.000Z",
        "function": "checkout-api", "account": "210987654321", "region": "eu-central-1",
        "runbook": "https://wiki.example/checkout-errors"}}))
}

fn summary() -> SlackMessage {
    let issue = |title: &str, function: &str, count: u64| {
        json!({"fingerprint": "2c28ad256564fc1b", "title": title,
        "function": function, "count": count})
    };
    published(&json!({"lamplight": 1, "alert_id": "summary-1", "summary": {
        "every": "day", "from": "2026-11-19T07:00:00.000Z", "until": "2026-11-20T07:00:00.000Z",
        "total": {"invocations": 1_204_311, "failed": 412, "cost_usd": 4.12},
        "before": {"invocations": 1_190_021, "failed": 127, "cost_usd": 3.96},
        "new": 2, "regressed": 1, "escalated": 1, "resolved": 3,
        "issues": [issue("BasketChanged: basket … was priced at … and is now …", "checkout-api", 287),
            issue("Task timed out", "stock-keeper", 61)],
        "slower": [{"function": "payment-worker", "p95_ms": 910.0, "before_ms": 240.0}]}}))
}

/// A message of a channel with buttons, and what becomes of it when somebody presses one.
fn with_buttons() -> (SlackMessage, SlackMessage) {
    let alert = alert("stock-keeper", "7", TIMEOUT, Reason::New, 1);
    let (fingerprint, mut issue) = (alert.issue.fingerprint.clone(), json!(alert.issue));
    issue["state"] = json!("resolved");
    let message = SlackMessage::of(&told(alert)).with_buttons(&fingerprint, "new");
    let change = json!({"lamplight": 1, "alert_id": "1a-2b", "issue": issue,
        "change": {"what": "resolved", "by": "ada", "at": "2026-11-20T08:41:12.000Z"}});
    let changed = Change::parse(&change.to_string());
    let resolved = changed.map_or_else(|| message.clone(), |change| message.clone().changed(&change, Buttons::Shown));
    (message, resolved)
}

/// Each picture's name, and what it shows.
pub fn messages() -> Vec<(&'static str, SlackMessage)> {
    let alone = |alert: Alert| SlackMessage::of(&told(alert));
    let functions = ["checkout-api", "payment-worker", "stock-keeper", "invoice-pdf", "mailer"];
    let many: Vec<_> = functions.iter().map(|function| told(alert(function, "7", TIMEOUT, Reason::New, 3))).collect();
    let (buttons, resolved) = with_buttons();
    vec![
        ("timeout", alone(alert("stock-keeper", "7", TIMEOUT, Reason::New, 1))),
        ("deployed", alone(deployed(alert("checkout-api", "42", EXCEPTION, Reason::New, 3)))),
        ("regressed", alone(alert("thumbnailer", "$LATEST", MEMORY, Reason::Regressed, 2))),
        ("escalating", alone(alert("checkout-api", "42", EXCEPTION, Reason::Escalating, 1_204))),
        ("alarm", alarm()),
        ("message", SlackMessage::of(&Notice::of(Some("harbour"), "the crane at berth 4 is down until noon"))),
        ("digest", SlackMessage::digest(&many)),
        ("buttons", buttons),
        ("resolved", resolved),
        ("missing", missing()),
        ("watch", watch("firing", 7.31)),
        ("watch-ok", watch("ok", 1.2)),
        ("summary", summary()),
    ]
}
