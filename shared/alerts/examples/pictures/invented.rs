//! What the pictures show: lines of a shop that does not exist, read as the parser reads them.

use lamplight_alerts::{Alert, Emails, Notice, Reason};
use lamplight_logs::{LogEvent, Source, recognise};
use lamplight_rollup::{Deployed, FunctionKey, Issue};
use serde_json::json;

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

fn told(alert: Alert) -> Vec<Notice> {
    vec![Notice::Alert(Box::new(alert))]
}

/// Each picture's name, and what it shows.
pub fn notices() -> Vec<(&'static str, Vec<Notice>)> {
    let deployed = Deployed {
        version: Some("42".to_owned()),
        version_before: Some("41".to_owned()),
        memory_mb: None,
        memory_before_mb: None,
        at: "2026-11-20T08:32:00.000Z".to_owned(),
    };
    let alarm = json!({"AlarmName": "orders-queue-is-old", "AlarmDescription": "The oldest order waits for more than 10 minutes.",
        "AWSAccountId": "210987654321", "NewStateValue": "ALARM", "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed: 1 datapoint [734.0 (20/11/26 08:34:00)] was greater than the threshold (600.0).",
        "StateChangeTime": "2026-11-20T08:36:00.361+0000", "AlarmArn": "arn:aws:cloudwatch:eu-central-1:210987654321:alarm:x",
        "Trigger": {"MetricName": "ApproximateAgeOfOldestMessage"}});
    let functions = ["checkout-api", "payment-worker", "stock-keeper", "invoice-pdf", "mailer"];
    let many = functions.iter().flat_map(|function| told(alert(function, "7", TIMEOUT, Reason::New, 3)));
    vec![
        ("timeout", told(alert("stock-keeper", "7", TIMEOUT, Reason::New, 1))),
        ("deployed", told(alert("checkout-api", "42", EXCEPTION, Reason::New, 3).after(Some(deployed)))),
        ("regressed", told(alert("thumbnailer", "$LATEST", MEMORY, Reason::Regressed, 2))),
        ("escalating", told(alert("checkout-api", "42", EXCEPTION, Reason::Escalating, 1_204))),
        ("alarm", vec![Notice::of(None, &alarm.to_string())]),
        ("message", vec![Notice::of(Some("harbour"), "the crane at berth 4 is down until noon")]),
        ("digest", many.collect()),
    ]
}
