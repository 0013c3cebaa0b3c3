//! The table on a real DynamoDB implementation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use lamplight_embedded::{Embedded, TABLE};
use lamplight_logs::{Delivery, LogEvent, Source};
use lamplight_rollup::{Bucket, Counter, ErrorLogs, FunctionKey, Ledger, Rollup, Span};
use lamplight_table::{Claim, Claimed, Part, Posting, Table, Tuning};

const NOW_MS: i64 = 1_795_164_432_345;

fn key() -> FunctionKey {
    FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: "mailer".into() }
}

fn ledger(lines: &[(i64, &str)]) -> Ledger {
    let source = Source {
        account: Some("210987654321".into()),
        region: Some("eu-central-1".into()),
        log_group: Some("/aws/lambda/mailer".into()),
        log_stream: Some("s".into()),
    };
    let events = lines.iter().enumerate().map(|(i, (timestamp, line))| LogEvent {
        id: i.to_string().into(),
        timestamp: *timestamp,
        message: (*line).into(),
    });
    let delivery = Delivery { is_data: true, source, events: events.collect(), unreadable: 0 };
    let mut ledger = Ledger::default();
    ledger.add_delivery(&delivery, ErrorLogs::Raise);
    ledger
}

fn report(duration_ms: u32, memory_mb: u32) -> Rollup {
    let line = format!(
        "REPORT RequestId: a\tDuration: {duration_ms}.00 ms\tBilled Duration: {duration_ms} ms\tMemory Size: 512 MB\t\
         Max Memory Used: {memory_mb} MB"
    );
    ledger(&[(NOW_MS, &line)]).functions.remove(&key()).unwrap().into_values().next().unwrap()
}

async fn read(table: &Table) -> Rollup {
    let mut sum = Rollup::default();
    let buckets = table.rollups(&key(), NOW_MS - 3_600_000, NOW_MS + 3_600_000, NOW_MS).await.unwrap();
    buckets.values().for_each(|rollup| sum.merge(rollup));
    sum
}

async fn add(table: &Table, parts: &[(u64, &Rollup)]) {
    add_at(table, parts, NOW_MS).await;
}

async fn add_at(table: &Table, parts: &[(u64, &Rollup)], now_ms: i64) {
    let minute = Bucket::holding(Span::Minute, NOW_MS);
    let function = key();
    let hours = BTreeSet::from([(&function, minute.within(Span::Hour))]);
    table.mark_pending(&hours, now_ms).await.unwrap();
    let parts = parts.iter().map(|(delivery, rollup)| Part::of(*delivery, rollup));
    let minutes = BTreeMap::from([((&function, minute), parts.collect())]);
    table.add_minutes(minutes, &BTreeMap::new(), now_ms).await.unwrap();
}

#[tokio::test]
async fn a_repetition_is_left_out_also_among_new_deliveries() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (table, other) = (embedded.table(), embedded.table());
    let (slow, large) = (report(90, 60), report(10, 80));
    add(&table, &[(1, &slow)]).await;
    add(&other, &[(1, &slow), (2, &large)]).await;
    add(&table, &[(2, &large), (1, &slow)]).await;
    let mut expected = slow.clone();
    expected.merge(&large);
    assert_eq!(read(&table).await, expected);
    assert_eq!(table.functions().await.unwrap(), [key()]);
}

#[tokio::test]
async fn a_rollup_with_more_attributes_than_an_update_takes_is_counted_once_too() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let mut wide = report(90, 60);
    for hash in 0..700 {
        wide.add_issue(lamplight_rollup::Fingerprint::from_hash(hash << 8), 1);
    }
    add(&table, &[(1, &wide)]).await;
    add(&embedded.table(), &[(1, &wide)]).await;
    assert_eq!(read(&table).await, wide);
}

#[tokio::test]
async fn a_busy_minute_goes_on_in_further_items_and_counts_every_delivery_once() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let tuning = Tuning { deliveries_an_item: 4, ..Tuning::default() };
    let tables = [embedded.table().tuned(tuning), embedded.table().tuned(tuning)];
    let mut expected = Rollup::default();
    for delivery in 0..30 {
        let rollup = report(10 + delivery as u32, 60);
        expected.merge(&rollup);
        add(&tables[delivery % 2], &[(delivery as u64, &rollup)]).await;
        // Again, by the other process and by a new one, and with others that were before.
        let before = if delivery == 0 { continue } else { delivery / 2 };
        let earlier = report(10 + before as u32, 60);
        for table in [&tables[(delivery + 1) % 2], &embedded.table().tuned(tuning)] {
            add(table, &[(before as u64, &earlier), (delivery as u64, &rollup)]).await;
        }
    }
    assert_eq!(read(&embedded.table()).await, expected);
    let minute = Bucket::holding(Span::Minute, NOW_MS).to_string();
    for (place, seen) in [(String::new(), 4), ("#1".to_owned(), 4), ("#7".to_owned(), 2)] {
        let item = get(&embedded, &format!("{minute}{place}")).await;
        assert_eq!(item["seen"].as_bs().unwrap().len(), seen, "{place}");
    }
    let pending = embedded.table().pending().await.unwrap().remove(0);
    let later_ms = NOW_MS + 3_700_000;
    embedded.table().roll_up(&pending, later_ms).await.unwrap();
    // The items of a minute do not expire at once: what is left of them is not all that there was.
    delete(&embedded, &minute).await;
    embedded.table().roll_up(&pending, later_ms + 60_000).await.unwrap();
    let hour = get(&embedded, &Bucket::holding(Span::Hour, NOW_MS).to_string()).await;
    assert_eq!(hour["invocations"].as_n().unwrap(), "30");
}

#[tokio::test]
async fn a_function_has_so_many_new_issues_a_day_and_the_rest_together() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let day_ms = 86_400_000;
    let mut told = Vec::new();
    for i in 0..550_u64 {
        let word: String = i.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let line = format!("[ERROR] KeyError: no {word}\nTraceback (most recent call last):");
        let (fingerprint, issue) = ledger(&[(NOW_MS, &line)]).issues.pop_first().unwrap();
        told.push(table.record_issue(fingerprint, &issue, i, NOW_MS, |_, _, _| String::new()).await.unwrap());
        if i == 549 {
            let (others, together) = issue.clone().among_others();
            let first = table.record_issue(others, &together, i, NOW_MS, |_, _, _| String::new()).await.unwrap();
            assert!(matches!(first, Claimed::ToPublish(_)), "others are one issue, however many there are");
            let tomorrow = NOW_MS + day_ms;
            let new = table.record_issue(fingerprint, &issue, i, tomorrow, |_, _, _| String::new()).await.unwrap();
            assert!(matches!(new, Claimed::ToPublish(_)));
        }
    }
    assert_eq!(told.iter().filter(|claimed| matches!(claimed, Claimed::ToPublish(_))).count(), 500);
    assert!(told[500..].iter().all(|claimed| *claimed == Claimed::Beyond));
    assert_eq!(table.issues().await.unwrap().len(), 502);
}

#[tokio::test]
async fn an_issue_that_is_written_all_the_time_is_written_now_and_then() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table().tuned(Tuning { spares_busy_issues: true, ..Tuning::default() });
    let line = "[ERROR] KeyError: 'a'\nTraceback (most recent call last):";
    let latest = async || table.issues().await.unwrap()[0].issue.sample.rank.at_ms;
    for i in 0..100 {
        let (fingerprint, issue) = ledger(&[(NOW_MS + i, line)]).issues.pop_first().unwrap();
        table.record_issue(fingerprint, &issue, 7 + i as u64, NOW_MS + i, |_, _, _| String::new()).await.unwrap();
    }
    assert_eq!(latest().await, NOW_MS + 20, "one that makes it, and twenty more");
    let (fingerprint, issue) = ledger(&[(NOW_MS + 11_000, line)]).issues.pop_first().unwrap();
    table.record_issue(fingerprint, &issue, 200, NOW_MS + 11_000, |_, _, _| String::new()).await.unwrap();
    assert_eq!(latest().await, NOW_MS + 11_000);
}

#[tokio::test]
async fn hours_and_days_are_the_sum_of_their_minutes_also_after_late_events() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    add(&table, &[(1, &report(90, 60))]).await;
    let day_ms = 86_400_000;
    for (delivery, later_ms) in [(2, 0), (3, 5 * day_ms)] {
        let now_ms = NOW_MS + later_ms;
        for pending in table.pending().await.unwrap() {
            table.roll_up(&pending, now_ms).await.unwrap();
        }
        if later_ms > 0 {
            // The minute has expired: what it held is known to its hour alone.
            delete(&embedded, &Bucket::holding(Span::Minute, NOW_MS).to_string()).await;
        }
        add_at(&table, &[(delivery, &report(10, 20))], now_ms).await;
        for pending in table.pending().await.unwrap() {
            table.roll_up(&pending, now_ms).await.unwrap();
            table.roll_up(&pending, now_ms).await.unwrap();
        }
    }
    for bucket in [Bucket::holding(Span::Hour, NOW_MS), Bucket::holding(Span::Day, NOW_MS)] {
        let item = get(&embedded, &bucket.to_string()).await;
        assert_eq!(item["invocations"].as_n().unwrap(), "3", "{bucket}");
        assert_eq!(item["duration_us"].as_n().unwrap(), "110000", "{bucket}");
    }
    let late_ms = NOW_MS + 5 * day_ms;
    let buckets = table.rollups(&key(), NOW_MS - day_ms, late_ms, late_ms).await.unwrap();
    assert_eq!(buckets.values().map(|rollup| rollup.get(Counter::Invocations)).sum::<u64>(), 3);
}

#[tokio::test]
async fn an_hour_that_is_marked_for_days_loses_no_minute_that_expires() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    add(&table, &[(1, &report(90, 60))]).await;
    let day_ms = 86_400_000;
    // Late events mark it anew, so that it is never computed for the last time.
    for days in [2, 4] {
        table
            .mark_pending(&BTreeSet::from([(&key(), Bucket::holding(Span::Hour, NOW_MS))]), NOW_MS + days * day_ms)
            .await
            .unwrap();
        let pending = table.pending().await.unwrap().remove(0);
        table.roll_up(&pending, NOW_MS + days * day_ms).await.unwrap();
        delete(&embedded, &Bucket::holding(Span::Minute, NOW_MS).to_string()).await;
    }
    let hour = get(&embedded, &Bucket::holding(Span::Hour, NOW_MS).to_string()).await;
    assert_eq!(hour["invocations"].as_n().unwrap(), "1");
}

#[tokio::test]
async fn a_run_that_began_earlier_does_not_undo_a_later_one() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    add(&table, &[(1, &report(90, 60))]).await;
    let pending = table.pending().await.unwrap().remove(0);
    table.roll_up(&pending, NOW_MS + 60_000).await.unwrap();
    // What it read before the other had written is stood for by a table that has lost it.
    delete(&embedded, &Bucket::holding(Span::Minute, NOW_MS).to_string()).await;
    let hour = Bucket::holding(Span::Hour, NOW_MS).to_string();
    let whole = get(&embedded, &hour).await;
    table.roll_up(&pending, NOW_MS).await.unwrap();
    assert_eq!(get(&embedded, &hour).await, whole);
}

async fn get(
    embedded: &Embedded,
    sk: &str,
) -> std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> {
    let get = embedded.client().get_item().table_name(TABLE);
    let text = |value: String| aws_sdk_dynamodb::types::AttributeValue::S(value);
    get.key("pk", text(format!("fn#{}", key()))).key("sk", text(sk.to_owned())).send().await.unwrap().item.unwrap()
}

async fn delete(embedded: &Embedded, sk: &str) {
    let delete = embedded.client().delete_item().table_name(TABLE);
    let text = |value: String| aws_sdk_dynamodb::types::AttributeValue::S(value);
    delete.key("pk", text(format!("fn#{}", key()))).key("sk", text(sk.to_owned())).send().await.unwrap();
}

#[tokio::test]
async fn one_delivery_claims_a_new_issue_and_its_retry_publishes_again_until_it_is_marked() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (table, other) = (embedded.table(), embedded.table());
    let ledger = ledger(&[(NOW_MS, "panic: no card")]);
    let (fingerprint, issue) = ledger.issues.first_key_value().unwrap();
    let record = async |table: &Table, delivery| {
        table
            .record_issue(*fingerprint, issue, delivery, NOW_MS, |claim, id, _| format!("{claim:?} {id}"))
            .await
            .unwrap()
    };
    let Claimed::ToPublish(unsent) = record(&table, 1).await else { panic!("the first delivery claims it") };
    assert_eq!(unsent.body, format!("{:?} {}", Claim::New, unsent.alert_id));
    assert_eq!(record(&other, 2).await, Claimed::Nothing);
    assert_eq!(record(&table, 1).await, Claimed::ToPublish(unsent.clone()));
    assert_eq!(table.unsent(NOW_MS + 1).await.unwrap(), std::slice::from_ref(&unsent));
    table.mark_sent(&unsent.alert_id).await.unwrap();
    assert_eq!(record(&table, 1).await, Claimed::Nothing);
    assert_eq!(table.unsent(NOW_MS + 1).await.unwrap(), []);
    let stored = table.issues().await.unwrap();
    assert_eq!((stored.len(), &stored[0].issue), (1, issue));
}

#[tokio::test]
async fn an_issue_knows_its_first_and_its_latest_occurrence_in_any_order() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let occurrence = |at_ms| ledger(&[(at_ms, "panic: no card")]).issues.pop_first().unwrap();
    for (delivery, at_ms) in [(1, NOW_MS), (2, NOW_MS + 500), (3, NOW_MS - 500), (4, NOW_MS)] {
        let (fingerprint, issue) = occurrence(at_ms);
        embedded.table().record_issue(fingerprint, &issue, delivery, NOW_MS, |_, _, _| String::new()).await.unwrap();
    }
    let stored = embedded.table().issues().await.unwrap();
    let issue = &stored[0].issue;
    assert_eq!((issue.first_seen_ms, issue.sample.rank.at_ms), (NOW_MS - 500, NOW_MS + 500));
}

#[tokio::test]
async fn a_transaction_is_the_union_of_its_members() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let line = |milestone: &str| format!(r#"{{"level":"ERROR","traceId":"order-1","milestone":"{milestone}"}}"#);
    let first = ledger(&[(NOW_MS, &line("PAID"))]);
    let second = ledger(&[(NOW_MS - 3_600_000, &line("ORDERED"))]);
    for ledger in [&first, &second, &first] {
        table.add_transactions(&ledger.transactions, NOW_MS).await.unwrap();
    }
    let mut all = first.transactions.clone();
    all.merge(second.transactions.clone());
    let expected: BTreeMap<_, _> = all.stories().map(|(id, story)| (id.to_owned(), story.into_owned())).collect();
    assert_eq!(table.transactions(NOW_MS - 7_200_000, NOW_MS + 1, NOW_MS).await.unwrap(), expected);
    assert_eq!(table.transaction("order-1").await.unwrap(), expected["order-1"]);
    assert!(table.transaction("order-2").await.unwrap().members.is_empty());
}

#[tokio::test]
async fn what_is_said_of_a_request_joins_its_transaction_however_often_it_is_written() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let report = "REPORT RequestId: a-1\tDuration: 12.50 ms\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c";
    let traced = ledger(&[(NOW_MS, report)]);
    table.add_transactions(&traced.transactions, NOW_MS).await.unwrap();
    let mut all = traced.transactions;
    // More deliveries than a set of pieces holds, twice.
    for i in (0..20).chain(0..20) {
        let line = format!("[ERROR]\t2026-11-20T08:47:12.345Z\t8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01\tno card {i}");
        let timeout = "2026-11-20T08:47:12.345Z a-1 Task timed out after 3.00 seconds";
        let said = ledger(&[(NOW_MS + i, &line), (NOW_MS + i, timeout)]);
        table.add_transactions(&said.transactions, NOW_MS).await.unwrap();
        all.merge(said.transactions);
    }
    let told = table.transaction("1-6a52d530-0ba60ad2785ec2ae7971737c").await.unwrap();
    assert_eq!(told, *all.story("1-6a52d530-0ba60ad2785ec2ae7971737c"));
    assert_eq!((told.members.len(), told.errors()), (1, 1));
    let listed = table.transactions(NOW_MS - 7_200_000, NOW_MS + 1, NOW_MS).await.unwrap();
    assert_eq!(listed.values().collect::<Vec<_>>(), [&told]);
}

#[tokio::test]
async fn a_story_that_is_found_by_a_tie_or_a_value_is_whole() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let lines = [
        r#"{"level":"INFO","correlation_id":"order-1","trace_id":"t-1"}"#,
        r#"{"level":"INFO","correlation_id":"cart-1","trace_id":"t-1"}"#,
        r#"{"level":"INFO","correlation_id":"cart-1","milestone":"FILLED"}"#,
        r#"{"level":"INFO","correlation_id":"order-1","orderId":4711}"#,
    ];
    let events = lines.iter().zip(NOW_MS..).map(|(line, at_ms)| LogEvent {
        id: at_ms.to_string().into(),
        timestamp: at_ms,
        message: (*line).into(),
    });
    let delivery = Delivery { is_data: true, source: Source::default(), events: events.collect(), unreadable: 0 };
    let mut ledger = Ledger::default();
    ledger.add_searchable_delivery(&delivery, ErrorLogs::Raise, &["orderId".to_owned()]);
    table.add_transactions(&ledger.transactions, NOW_MS).await.unwrap();
    let expected = BTreeMap::from([("t-1".to_owned(), ledger.transactions.story("t-1").into_owned())]);
    assert_eq!(expected["t-1"].milestones().len(), 1);
    assert_eq!(table.labelled_transactions("orderId", "4711", 0).await.unwrap(), expected);
    assert_eq!(table.transactions(NOW_MS - 1, NOW_MS + 9, NOW_MS).await.unwrap(), expected);
}

#[tokio::test]
async fn an_alert_is_posted_by_one_and_once() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    assert_eq!(table.begin_posting("a", "q1", NOW_MS).await.unwrap(), Posting::Mine);
    assert_eq!(table.begin_posting("a", "q1", NOW_MS + 1_000).await.unwrap(), Posting::Busy);
    assert_eq!(table.begin_posting("a", "q1", NOW_MS + 100_000).await.unwrap(), Posting::Mine);
    table.finish_posting("a", NOW_MS).await.unwrap();
    assert_eq!(table.begin_posting("a", "q1", NOW_MS + 200_000).await.unwrap(), Posting::Done);
}
