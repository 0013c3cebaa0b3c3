//! `lamplight local`: deliveries that are more than one write takes are counted exactly once all the same.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_tests::delivery::{Event, Stream, batch};
use lamplight_tests::local::Local;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The start of the hour before, so that all events fall into one minute.
fn minute_ms() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp() / 3600 - 1) * 3_600_000
}

fn stream(events: Vec<Event>) -> Stream {
    Stream { events, ..Stream::of("mill", &[]) }
}

fn event(number: u64, message: String) -> Event {
    Event { id: format!("wide-{number}"), timestamp: minute_ms() + (number % 50_000) as i64, message }
}

fn report(number: u64) -> Event {
    // Durations far apart, for as many buckets of the histogram as there can be.
    let duration = 1.07_f64.powi((number % 250) as i32);
    let message = format!(
        "REPORT RequestId: 77aa-{number}\tDuration: {duration:.2} ms\tBilled Duration: {} ms\tMemory Size: 128 MB\t\
         Max Memory Used: 64 MB\tInit Duration: {duration:.2} ms\t\n",
        duration.ceil()
    );
    event(number, message)
}

/// A letter for each digit: numbers are masked where failures are told apart.
fn letters(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'A')).collect()
}

fn exception(number: u64) -> Event {
    let message = format!("[ERROR] Lost{}Error: at sea\nTraceback (most recent call last):\n", letters(number));
    event(10_000 + number, message)
}

fn row(local: &Local) -> Value {
    let told = local.read(&["functions", "--since", "3h"]).json();
    let rows = told["functions"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].clone()
}

#[test]
fn a_delivery_with_very_many_issues_and_durations_counts_once() {
    let events: Vec<_> = (0..900).map(report).chain((0..400).map(exception)).collect();
    let local = Local::start(&[]);
    let payload = json!({"awslogs": {"data": stream(events).packed()}});
    for _ in 0..2 {
        assert_eq!(local.invoke(&payload).error(), None);
        let row = row(&local);
        assert_eq!(
            (&row["invocations"], &row["cold_starts"], &row["exceptions"]),
            (&json!(900), &json!(900), &json!(400))
        );
        assert_eq!((&row["failed"], &row["max_memory_mb"]), (&json!(400), &json!(64)));
        let issues = local.read(&["issues", "--since", "3h"]).json();
        let issues = issues["issues"].as_array().unwrap();
        assert_eq!(issues.len(), 400);
        assert!(issues.iter().all(|issue| issue["count"] == 1), "{issues:?}");
    }
}

#[test]
fn a_batch_of_very_many_records_counts_each_once() {
    let local = Local::start(&[]);
    let records: Vec<_> = (0..200).map(|number| stream(vec![report(number)]).packed()).collect();
    assert_eq!(local.invoke(&batch(&records[..130])).error(), None);
    assert_eq!(row(&local)["invocations"], 130);
    // Some of these were added before, and one stands there twice.
    let second = [&records[60..], &records[150..151]].concat();
    for _ in 0..2 {
        assert_eq!(local.invoke(&batch(&second)).error(), None);
        assert_eq!(row(&local)["invocations"], 200);
    }
}
