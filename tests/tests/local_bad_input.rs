//! `lamplight local`: payloads that cannot be used are refused with a reason, and cost their neighbours nothing.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_tests::delivery::{Envelope, Stream, batch, control_message, pack};
use lamplight_tests::local::Local;
use serde_json::{Value, json};
use time::OffsetDateTime;

const REPORT: &str = "REPORT RequestId: 5d0c-1\tDuration: 8.25 ms\tBilled Duration: 9 ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB\t\n";

/// A delivery of one report of a function.
fn report(function: &str) -> Stream {
    let now_ms = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    Stream::of(function, &[(now_ms, REPORT)])
}

/// The functions that have invocations, with their number.
fn held(local: &Local) -> Vec<(String, u64)> {
    let told = local.read(&["functions"]).json();
    let rows = told["functions"].as_array().unwrap().iter();
    let mut rows: Vec<_> =
        rows.map(|row| (row["function"].as_str().unwrap().to_owned(), row["invocations"].as_u64().unwrap())).collect();
    rows.sort();
    rows
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let local = Local::start(&[]);
    let whole = report("mill").packed();
    let cut = whole[..whole.len() / 8 * 4].to_owned();
    let subscription = |data: &str| json!({"awslogs": {"data": data}}).to_string();
    for (payload, named) in [
        (subscription("lanterns!"), "base64"),
        (subscription(&cut), "gzip"),
        (subscription("bm90IHBhY2tlZA=="), "gzip"),
        (subscription(""), "gzip"),
        (subscription(&pack(b"neither here nor there")), "delivery"),
        (subscription(&pack(b"{\"harbour\":1}")), "delivery"),
        ("{\"awslogs\":".to_owned(), "JSON"),
        ("lanterns".to_owned(), "JSON"),
        (String::new(), "JSON"),
        (json!({"harbour": 1}).to_string(), "awslogs"),
        (json!({"awslogs": {"data": 5}}).to_string(), "awslogs"),
        (json!({"awslogs": {}}).to_string(), "awslogs"),
        (json!({"Records": [{"s3": {}}]}).to_string(), "awslogs"),
        (json!([1, 2]).to_string(), "awslogs"),
        ("null".to_owned(), "awslogs"),
    ] {
        let answer = local.post(payload.as_bytes());
        assert_eq!(answer.status, 200, "{payload}");
        let (error_type, message) = answer.error().unwrap_or_else(|| panic!("{payload} is taken: {answer:?}"));
        assert!(!error_type.is_empty() && message.contains(named), "{payload}: {error_type}: {message}");
        assert_eq!(answer.body.as_object().unwrap().len(), 2, "{answer:?}");
    }
    assert_eq!(held(&local), []);
    assert_eq!(local.invoke(&report("mill").payload(Envelope::Subscription)).error(), None);
    assert_eq!(held(&local), [("mill".to_owned(), 1)]);
}

#[test]
fn bytes_that_are_no_text_are_refused_like_any_other_payload() {
    let local = Local::start(&[]);
    let answer = local.post(b"{\"awslogs\":{\"data\":\"\xff\xfe\"}}");
    assert_eq!(answer.status, 200);
    assert!(answer.error().is_some(), "{answer:?}");
}

#[test]
fn what_inflates_to_too_much_is_refused_whole() {
    let local = Local::start(&[]);
    let mut large = report("mill");
    let mut event = large.events[0].clone();
    event.id = "wide".to_owned();
    event.message = " ".repeat(65 << 20);
    large.events.push(event);
    let answer = local.invoke(&large.payload(Envelope::Subscription));
    assert_eq!(answer.status, 200);
    let (error_type, message) = answer.error().unwrap();
    assert!(error_type.contains("TooLarge") && message.contains("67108864"), "{error_type}: {message}");
    assert_eq!(held(&local), []);
}

#[test]
fn a_bad_record_of_a_batch_is_named_and_its_neighbours_count() {
    let local = Local::start(&[]);
    let records = [
        report("mill").packed(),
        "lanterns!".to_owned(),
        report("weir").packed(),
        pack(b"{}"),
        pack(control_message().to_string().as_bytes()),
        report("lock").packed(),
    ];
    for _ in 0..2 {
        let answer = local.invoke(&batch(&records));
        assert_eq!((answer.status, answer.error()), (200, None));
        let failures = json!([{"itemIdentifier": "49-1"}, {"itemIdentifier": "49-3"}]);
        assert_eq!(answer.body["batchItemFailures"], failures);
        assert_eq!(answer.body["unreadable"], 2);
        let one = |name: &str| (name.to_owned(), 1);
        assert_eq!(held(&local), [one("lock"), one("mill"), one("weir")]);
    }
}

#[test]
fn an_event_that_cannot_be_read_costs_its_neighbours_nothing() {
    let local = Local::start(&[]);
    let mut document = report("mill").document();
    let good = document["logEvents"][0].clone();
    let mut second = good.clone();
    second["id"] = json!("second");
    let bad = json!({"id": "bad", "timestamp": good["timestamp"], "message": {"not": "text"}});
    document["logEvents"] = json!([good, bad, second, 17]);
    let payload = json!({"awslogs": {"data": pack(document.to_string().as_bytes())}});
    let answer = local.invoke(&payload);
    assert_eq!((answer.error(), &answer.body["events"], &answer.body["unreadable"]), (None, &json!(2), &json!(2)));
    assert_eq!(held(&local), [("mill".to_owned(), 2)]);
}

#[test]
fn control_messages_and_unknown_types_count_nothing() {
    let local = Local::start(&[]);
    let mut unknown: Value = report("mill").document();
    unknown["messageType"] = json!("HEARTBEAT");
    for document in [control_message(), unknown] {
        let packed = pack(document.to_string().as_bytes());
        for payload in [json!({"awslogs": {"data": packed}}), document, batch(&[packed])] {
            let answer = local.invoke(&payload);
            assert_eq!((answer.status, answer.error()), (200, None));
        }
    }
    assert_eq!(held(&local), []);
    assert_eq!(local.read(&["issues"]).json()["issues"], json!([]));
}

#[test]
fn bytes_that_are_no_utf8_inside_cost_only_themselves() {
    let local = Local::start(&[]);
    let mut stream = report("mill");
    let mut event = stream.events[0].clone();
    (event.id, event.message) = ("odd".to_owned(), "caf\u{1}".to_owned());
    stream.events.push(event);
    let mut bytes = stream.document().to_string().into_bytes();
    let text = b"caf\\u0001";
    let position = bytes.windows(text.len()).position(|window| window == text).unwrap();
    bytes.splice(position + 3..position + text.len(), [0xe9]);
    let answer = local.invoke(&json!({"awslogs": {"data": pack(&bytes)}}));
    assert_eq!((answer.error(), &answer.body["events"]), (None, &json!(2)));
    assert_eq!(held(&local), [("mill".to_owned(), 1)]);
}
