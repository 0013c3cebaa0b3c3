//! `lamplight local`: what the table holds after deliveries came over HTTP, in whatever order, however often, and
//! whatever happened to the process meanwhile.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::channel;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_tests::binary::{run, run_with_input};
use lamplight_tests::calls::{ACCOUNT, Call, FUNCTIONS, rfc3339, some_calls, streams};
use lamplight_tests::delivery::{Envelope, Random, Stream};
use lamplight_tests::local::Local;
use lamplight_tests::plain::Plain;
use serde_json::Value;
use time::OffsetDateTime;

const MINUTE_MS: i64 = 60_000;

/// The start of a minute two days ago: what a table keeps of it does not expire during a test.
fn start_ms() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp() / 60 - 2 * 1440) * MINUTE_MS
}

/// A date that all of it is after, at midnight, too.
fn since() -> String {
    rfc3339(start_ms() - 1440 * MINUTE_MS)[..10].to_owned()
}

/// What `analyze` says of payloads.
fn analysis(payloads: &[Value]) -> Value {
    let input: String = payloads.iter().map(|payload| format!("{payload}\n")).collect();
    let run = run_with_input(["analyze", "--region", "eu-central-1", "--output", "json"], input.as_bytes());
    assert_eq!(run.status, Some(0), "{run:?}");
    run.json()
}

/// Without the states of issues: the keeper lets what is two days old go on and escalate whenever it comes to it.
fn stateless(list: &Value) -> Value {
    let mut list = list.clone();
    for member in list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        member.remove("state");
    }
    list
}

/// Compares what the reading commands say with what `analyze` says of the same deliveries.
fn assert_held(local: &Local, expected: &Value) {
    for member in ["functions", "issues", "transactions"] {
        let run = local.read(&[member, "--since", &since()]);
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(stateless(&run.json()[member]), stateless(&expected[member]), "{member}");
        assert_ne!(expected[member].as_array().map(Vec::len), Some(0), "the test has no {member}");
    }
}

/// Posts payloads over several connections at once; each must be taken.
fn post_all(local: &Local, payloads: &[Value]) {
    std::thread::scope(|scope| {
        for part in payloads.chunks(payloads.len().div_ceil(4)) {
            let poster = local.poster();
            scope.spawn(move || {
                for payload in part {
                    let answer = poster.post(payload.to_string().as_bytes()).unwrap();
                    assert_eq!((answer.status, answer.error()), (200, None));
                    assert_eq!(answer.body["unreadable"], 0);
                }
            });
        }
    });
}

/// The items of a partition, by their sort key.
fn items(local: &Local, pk: &str) -> BTreeMap<String, HashMap<String, AttributeValue>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let query = lamplight_embedded::client(&local.table_url)
        .query()
        .table_name("lamplight")
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    let items = runtime.block_on(query.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).unwrap();
    items.into_iter().map(|item| (item["sk"].as_s().unwrap().clone(), item)).collect()
}

fn number(item: &HashMap<String, AttributeValue>, name: &str) -> u64 {
    item.get(name).map_or(0, |value| value.as_n().unwrap().parse().unwrap())
}

/// Compares the minutes at the keys of the contract with a plain count.
fn assert_minutes(local: &Local, calls: &[Call], start_ms: i64) {
    for (function, (name, _)) in FUNCTIONS.iter().enumerate() {
        let mut minutes: BTreeMap<String, Vec<&Call>> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.function == function) {
            let minute = format!("min#{}Z", &rfc3339(start_ms + call.ends_ms)[..16]);
            minutes.entry(minute).or_default().push(call);
        }
        let items = items(local, &format!("fn#{ACCOUNT}/eu-central-1/{name}"));
        let held: Vec<_> = items.keys().filter(|key| key.starts_with("min#")).collect();
        assert_eq!(held, minutes.keys().collect::<Vec<_>>(), "{name}");
        for (minute, calls) in minutes {
            let plain = Plain::of(calls);
            let item = &items[&minute];
            let counts = plain.counts.iter().map(|(name, count)| (*name, *count));
            let sums = [
                ("duration_us", plain.durations.iter().sum::<u64>() * 10),
                ("init_us", plain.inits.iter().sum::<u64>() * 10),
                ("mb_ms", plain.mb_ms),
            ];
            for (attribute, value) in counts.chain(sums) {
                assert_eq!(number(item, attribute), value, "{attribute} of {name} in {minute}");
            }
            let days =
                (number(item, "expires_at") as i64 - OffsetDateTime::now_utc().unix_timestamp()) as f64 / 86_400.0;
            assert!((2.99..=3.01).contains(&days), "{minute} expires in {days} days");
        }
    }
    let seen = items(local, "functions");
    let expected = FUNCTIONS.map(|(name, _)| format!("{ACCOUNT}/eu-central-1/{name}"));
    assert!(expected.iter().all(|key| seen.contains_key(key)) && seen.len() == expected.len(), "{seen:?}");
}

/// Issues and transactions stand at the keys of the contract, too.
fn assert_keys(local: &Local, analysis: &Value) {
    for issue in analysis["issues"].as_array().unwrap() {
        let fingerprint = issue["fingerprint"].as_str().unwrap();
        let item = &items(local, &format!("issue#{fingerprint}"))["issue"];
        for name in ["kind", "function", "account", "region", "title", "state", "first_seen", "last_seen"] {
            assert_eq!(item[name].as_s().unwrap(), issue[name].as_str().unwrap(), "{name}");
        }
        let place = format!("fn#{ACCOUNT}/eu-central-1/{}", issue["function"].as_str().unwrap());
        let minutes = items(local, &place).into_iter().filter(|(key, _)| key.starts_with("min#"));
        let count: u64 = minutes.map(|(_, item)| number(&item, &format!("issue#{fingerprint}"))).sum();
        assert_eq!(issue["count"], count, "{fingerprint}");
    }
    for transaction in analysis["transactions"].as_array().unwrap() {
        let trace_id = transaction["trace_id"].as_str().unwrap();
        assert!(!items(local, &format!("trace#{trace_id}")).is_empty(), "{trace_id}");
        let told = local.read(&["trace", trace_id, "--since", &since()]).json();
        assert_eq!(&told, transaction);
    }
}

#[test]
fn the_table_holds_what_analyze_says_whatever_the_order_and_the_repeats() {
    let (calls, start_ms) = (some_calls(160), start_ms());
    let mut random = Random::new(3);
    let deliveries = random.split(&streams(&calls, start_ms));
    let payloads = random.payloads(&deliveries);
    let expected = analysis(&payloads);

    let local = Local::start(&[]);
    post_all(&local, &payloads);
    assert_held(&local, &expected);
    assert_minutes(&local, &calls, start_ms);
    assert_keys(&local, &expected);
    let again: Vec<_> = payloads.iter().rev().cloned().collect();
    post_all(&local, &again);
    assert_held(&local, &expected);
    assert_minutes(&local, &calls, start_ms);
}

#[test]
fn since_cuts_at_the_minute() {
    let (calls, start_ms) = (some_calls(160), start_ms());
    let local = Local::start(&[]);
    let payloads: Vec<_> = streams(&calls, start_ms).iter().map(Stream::document).collect();
    post_all(&local, &payloads);
    let later: Vec<_> = calls.iter().filter(|call| call.ends_ms >= 3 * MINUTE_MS).cloned().collect();
    let run = local.read(&["functions", "--since", &rfc3339(start_ms + 3 * MINUTE_MS)]);
    let rows = run.json();
    let rows = rows["functions"].as_array().unwrap();
    assert_eq!(rows.len(), FUNCTIONS.len());
    for row in rows {
        let own = |call: &&Call| FUNCTIONS[call.function].0 == row["function"];
        assert_eq!(Plain::of(later.iter().filter(own)).check(row), Ok(()), "{}", row["function"]);
    }
}

#[test]
fn once_prints_what_analyze_prints() {
    let mut random = Random::new(5);
    let deliveries = random.split(&streams(&some_calls(160), start_ms()));
    let payloads = random.payloads(&deliveries);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.jsonl");
    std::fs::write(&path, payloads.iter().map(|payload| format!("{payload}\n")).collect::<String>()).unwrap();
    let ports = ["--port", "0", "--dynamodb-port", "0", "--region", "eu-central-1", "--output", "json"];
    let once = run(["local", "--once", path.to_str().unwrap()].iter().chain(&ports));
    assert_eq!(once.status, Some(0), "{once:?}");
    assert_eq!(once.json(), analysis(&payloads));
}

#[test]
fn a_table_in_a_file_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.db");
    let (calls, start_ms) = (some_calls(80), start_ms());
    let deliveries = Random::new(9).split(&streams(&calls, start_ms));
    let payloads: Vec<_> = deliveries.iter().map(Stream::document).collect();
    let (first, second) = payloads.split_at(payloads.len() / 2);
    for posted in [first, second, &payloads] {
        let mut local = Local::start(&["--data", data.to_str().unwrap()]);
        post_all(&local, posted);
        local.kill();
    }
    let local = Local::start(&["--data", data.to_str().unwrap()]);
    assert_held(&local, &analysis(&payloads));
    assert_minutes(&local, &calls, start_ms);
}

#[test]
fn a_kill_in_the_middle_costs_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.db");
    let (calls, start_ms) = (some_calls(160), start_ms());
    let mut random = Random::new(11);
    let deliveries = random.split(&streams(&calls, start_ms));
    let payloads: Vec<_> = deliveries.iter().map(|delivery| delivery.payload(Envelope::Subscription)).collect();
    let mut interrupted = 0;
    for answers in [1, 4, 9, 15] {
        let mut local = Local::start(&["--data", data.to_str().unwrap()]);
        let mut some = payloads.clone();
        random.shuffle(&mut some);
        let (tell, answered) = channel();
        let poster = {
            let posting = local.poster();
            std::thread::spawn(move || {
                for (i, payload) in some.iter().enumerate() {
                    let posted = posting.post(payload.to_string().as_bytes());
                    if posted.is_err() || tell.send(i).is_err() {
                        return true;
                    }
                }
                false
            })
        };
        (0..answers).for_each(|i| assert_eq!(answered.recv().unwrap(), i));
        local.kill();
        interrupted += usize::from(poster.join().unwrap());
    }
    assert!(interrupted > 0, "no post was interrupted");
    let local = Local::start(&["--data", data.to_str().unwrap()]);
    post_all(&local, &payloads);
    assert_held(&local, &analysis(&payloads));
    assert_minutes(&local, &calls, start_ms);
}
