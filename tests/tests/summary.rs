//! The summary of a day: once, with what broke, what it cost and what got slower.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_alerts::{Brief, Emails, Notice};
use lamplight_embedded::Embedded;
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, Topic, apply};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// 2026-11-20T08:00:00Z
const END_MS: i64 = 1_795_161_600_000;

const POLICY: &str = "[summary]\nevery = \"day\"\nat = \"08:00\"\nto = [\"team\"]\n";

/// A delivery of reports of a function, each of such a duration, the first of which failed.
async fn log(embedded: &Embedded, topic: &Topic, name: &str, at_ms: i64, duration_ms: u32, failures: usize) {
    let report = |status: &str| {
        format!(
            "REPORT RequestId: 9a1e-1\tDuration: {duration_ms}.00 ms\tBilled Duration: {duration_ms} ms\t\
             Memory Size: 1024 MB\tMax Memory Used: 71 MB{status}\n"
        )
    };
    let (failed, fine) = (report("\tStatus: timeout"), report(""));
    let lines = [vec![failed.as_str(); failures], vec![fine.as_str(); 30 - failures]].concat();
    let lines: Vec<_> = lines.into_iter().map(|line| (at_ms, line)).collect();
    let context = telling::parser(embedded.table(), topic);
    let payload = Stream::of(name, &lines).payload(Envelope::Subscription).to_string();
    lamplight_parser::handle(&payload, &context, at_ms).await.unwrap();
}

async fn keep(embedded: &Embedded, topic: &Topic, now_ms: i64) -> Vec<Value> {
    let context = lamplight_keeper::Context { table: embedded.table(), topic, emails: Emails::Show };
    lamplight_keeper::handle(&context, now_ms).await.unwrap();
    topic.taken().into_iter().filter(|message| !message["summary"].is_null()).collect()
}

#[tokio::test]
async fn a_day_is_summed_up_once() {
    let (embedded, topic) = (Embedded::start(0, None).await.unwrap(), Topic::default());
    apply(&embedded.table(), POLICY).await;
    log(&embedded, &topic, "ferry", END_MS - DAY_MS - 60 * MINUTE_MS, 100, 0).await;
    log(&embedded, &topic, "kiosk", END_MS - DAY_MS - 60 * MINUTE_MS, 100, 1).await;
    log(&embedded, &topic, "ferry", END_MS - 60 * MINUTE_MS, 400, 3).await;
    log(&embedded, &topic, "kiosk", END_MS - 60 * MINUTE_MS, 100, 0).await;
    log(&embedded, &topic, "kiosk", END_MS + MINUTE_MS, 9_000, 9).await;
    for minutes in [-1, 0, 4] {
        assert_eq!(keep(&embedded, &topic, END_MS + minutes * MINUTE_MS).await, Vec::<Value>::new(), "{minutes}");
    }
    topic.refuse(1);
    let due_ms = END_MS + 5 * MINUTE_MS;
    tokio::join!(keep(&embedded, &topic, due_ms), keep(&embedded, &topic, due_ms));
    let mut told = keep(&embedded, &topic, due_ms + 2 * MINUTE_MS).await;
    for minutes in [8, 60, 119, 600] {
        told.extend(keep(&embedded, &topic, END_MS + minutes * MINUTE_MS).await);
    }
    assert_eq!(told.len(), 1, "{told:?}");
    let summary = &told[0]["summary"];
    assert_eq!((&summary["total"]["invocations"], &summary["total"]["failed"]), (&json!(60), &json!(3)));
    assert_eq!((&summary["before"]["invocations"], &summary["before"]["failed"]), (&json!(60), &json!(1)));
    let cost_usd = summary["total"]["cost_usd"].as_f64().unwrap();
    assert!((cost_usd - 15.0 * 0.000_016_666_7 - 60.0 * 0.000_000_2).abs() < 1e-9, "{cost_usd}");
    assert_eq!((&summary["new"], &summary["to"]), (&json!(1), &json!(["team"])));
    assert_eq!((&summary["issues"][0]["function"], &summary["issues"][0]["count"]), (&json!("ferry"), &json!(3)));
    assert_eq!((summary["issues"].as_array().unwrap().len(), summary["slower"].as_array().unwrap().len()), (1, 1));
    assert_eq!(summary["slower"][0]["function"], "ferry");
    let brief = Brief::of(&Notice::of(None, &told[0].to_string()));
    assert_eq!(brief.line, "📋 Summary of the day until 2026-11-20 08:00:00 UTC");
}

#[tokio::test]
async fn a_day_that_is_long_over_is_not_told() {
    let (embedded, topic) = (Embedded::start(0, None).await.unwrap(), Topic::default());
    apply(&embedded.table(), POLICY).await;
    assert_eq!(keep(&embedded, &topic, END_MS + 180 * MINUTE_MS).await, Vec::<Value>::new());
}
