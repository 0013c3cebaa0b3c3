//! Odd clocks, names and places: whatever a delivery says, it is counted once, where it says, and can be read.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::collections::{BTreeMap, BTreeSet};

use lamplight_embedded::Embedded;
use lamplight_logs::Delivery;
use lamplight_rollup::time::LATEST_MS;
use lamplight_rollup::{Counter, ErrorLogs, FunctionKey, Ledger};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{self, Topic};
use serde_json::{Value, json};

/// 2026-11-20T08:47:00Z.
const NOW_MS: i64 = 1_795_164_420_000;

const DAY_MS: i64 = 86_400_000;

const REPORT: &str = "REPORT RequestId: 0dd-1\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t\
                      Max Memory Used: 60 MB\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c\tSegmentId: 07f5\n";

const TIMEOUT: &str = "REPORT RequestId: 0dd-2\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t\
                       Max Memory Used: 60 MB\tStatus: timeout\n";

/// Hands documents to a parser twice, lets the keeper work, and returns what stands in the table then.
async fn counted(documents: &[Value]) -> BTreeMap<FunctionKey, (u64, u64)> {
    let embedded = Embedded::start(0, None).await.unwrap();
    let topic = Topic::default();
    let parser = telling::parser(embedded.table(), &topic);
    for now_ms in [NOW_MS, NOW_MS + 1_000] {
        for document in documents {
            lamplight_parser::handle(&document.to_string(), &parser, now_ms).await.unwrap();
        }
    }
    let keeper =
        lamplight_keeper::Context { table: embedded.table(), topic: &topic, emails: lamplight_alerts::Emails::Show };
    lamplight_keeper::handle(&keeper, NOW_MS + 60_000).await.unwrap();
    // Once from what is fresh, and once when only hours and days are left to read.
    let fresh = read(&embedded, NOW_MS + 60_000).await;
    for minutes in 1..=7 {
        lamplight_keeper::handle(&keeper, NOW_MS + minutes * 600_000).await.unwrap();
    }
    assert_eq!(read(&embedded, NOW_MS + 4_300_000).await, fresh);
    fresh
}

/// Invocations and timeouts of every function.
async fn read(embedded: &Embedded, now_ms: i64) -> BTreeMap<FunctionKey, (u64, u64)> {
    let table = embedded.table();
    let mut read = BTreeMap::new();
    for key in table.functions().await.unwrap() {
        let rollups = table.rollups(&key, 0, LATEST_MS, now_ms).await.unwrap();
        let sum = |counter| rollups.values().map(|rollup| rollup.get(counter)).sum::<u64>();
        read.insert(key, (sum(Counter::Invocations), sum(Counter::Timeouts)));
    }
    read
}

/// What a plain fold of the documents says.
fn folded(documents: &[Value]) -> BTreeMap<FunctionKey, (u64, u64)> {
    let mut ledger = Ledger::default();
    for document in documents {
        let text = document.to_string();
        ledger.add_delivery(&Delivery::read(&text, Some("eu-central-1")).unwrap(), ErrorLogs::Raise);
    }
    let sums = ledger.functions.iter().map(|(key, minutes)| {
        let sum = |counter| minutes.values().map(|rollup| rollup.get(counter)).sum::<u64>();
        ((**key).clone(), (sum(Counter::Invocations), sum(Counter::Timeouts)))
    });
    sums.collect()
}

#[tokio::test]
async fn events_of_any_time_are_counted_once() {
    let hour_ms = 3_600_000;
    let times = [
        0,
        1,
        -1,
        i64::MIN,
        i64::MAX,
        NOW_MS - 14 * DAY_MS,
        NOW_MS - 400 * DAY_MS,
        NOW_MS + 2 * hour_ms,
        NOW_MS + DAY_MS,
    ];
    let documents: Vec<_> = times
        .iter()
        .map(|at_ms| Stream::of("sundial", &[(*at_ms, REPORT), (*at_ms, TIMEOUT)]).payload(Envelope::Decoded))
        .collect();
    let counted = counted(&documents).await;
    assert_eq!(counted, folded(&documents));
    assert_eq!(counted.into_values().collect::<Vec<_>>(), [(2 * times.len() as u64, times.len() as u64)]);
}

#[tokio::test]
async fn functions_of_any_name_are_told_apart() {
    let long = "x".repeat(512);
    let names =
        ["a", "a#hour#b", "a/b", "a#1", "min#2026-11-20T08:47Z", "pier 7", "Größe", "日本", "$LATEST", "..", &long];
    let documents: Vec<_> =
        names.iter().map(|name| Stream::of(name, &[(NOW_MS, REPORT)]).payload(Envelope::Decoded)).collect();
    let counted = counted(&documents).await;
    assert_eq!(counted, folded(&documents));
    let found: BTreeSet<_> = counted.keys().map(|key| key.function.as_str()).collect();
    assert_eq!(found.len(), names.len());
    assert!(["a#hour#b", "Größe", &long].iter().all(|name| found.contains(name)), "{found:?}");
    assert!(counted.values().all(|counts| *counts == (1, 0)), "{counted:?}");
}

#[tokio::test]
async fn accounts_are_told_apart() {
    let accounts = ["310298765411", "310298765412", ""];
    let documents: Vec<_> = accounts
        .iter()
        .map(|account| {
            let mut document = Stream::of("ferry", &[(NOW_MS, REPORT)]).payload(Envelope::Decoded);
            document["owner"] = json!(account);
            document
        })
        .collect();
    let counted = counted(&documents).await;
    assert_eq!(counted, folded(&documents));
    assert_eq!(counted.len(), accounts.len());
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_read_and_what_is_kept_of_it_is_short() {
    let line = format!("[ERROR] KeyError: {}\nTraceback (most recent call last):\n", "long ".repeat(2_000_000));
    let documents = [Stream::of("loom", &[(NOW_MS, &line), (NOW_MS, REPORT)]).payload(Envelope::Decoded)];
    assert_eq!(counted(&documents).await, folded(&documents));
}
