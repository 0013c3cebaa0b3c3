//! Metrics that functions log: every value is added up once, in however many deliveries it comes, and whoever makes a
//! dimension of an id does not make the table's items too large.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;

use lamplight_embedded::Embedded;
use lamplight_rollup::Series;
use lamplight_rollup::metric::Values;
use lamplight_table::Table;
use lamplight_tests::binary::run;
use lamplight_tests::delivery::{Envelope, Random, Stream};
use lamplight_tests::telling::{Topic, parser};
use serde_json::{Value, json};

/// 2026-11-20T08:40:00Z.
const START_MS: i64 = 1_795_164_000_000;

const HOUR_MS: i64 = 3_600_000;

/// A line in the embedded metric format.
fn line(names: &[&str], dimension: &str, value: &Value) -> String {
    let metrics: Vec<_> = names.iter().map(|name| json!({"Name": name, "Unit": "Count"})).collect();
    let directive = json!({"Namespace": "Harbour", "Dimensions": [["pier"]], "Metrics": metrics});
    let mut event = json!({"_aws": {"Timestamp": START_MS, "CloudWatchMetrics": [directive]}, "pier": dimension});
    names.iter().for_each(|name| event[*name] = value.clone());
    event.to_string()
}

async fn take(embedded: &Embedded, payload: &Value, now_ms: i64) -> lamplight_parser::Answer {
    let topic = Topic::default();
    let context = parser(embedded.table(), &topic);
    lamplight_parser::handle(&payload.to_string(), &context, now_ms).await.unwrap()
}

/// What is kept of each metric of all functions.
async fn kept(table: &Table) -> BTreeMap<Series, Values> {
    let mut kept: BTreeMap<Series, Values> = BTreeMap::new();
    for (function, series) in table.series().await.unwrap() {
        for hour in table.metrics(&function, START_MS - HOUR_MS, START_MS + HOUR_MS).await.unwrap().values() {
            for (id, values) in hour {
                kept.entry(series[id].clone()).or_default().merge(values);
            }
        }
    }
    kept
}

#[tokio::test]
async fn any_split_order_and_repetition_gives_the_same_sums() {
    let ships = ["a", "b"].map(|pier| {
        let lines: Vec<_> =
            (0..40_i64).map(|i| (START_MS + i * 5_000, line(&["Ships", "Tons"], pier, &json!([i, 0.25])))).collect();
        let lines: Vec<_> = lines.iter().map(|(at_ms, line)| (*at_ms, line.as_str())).collect();
        Stream::of(&format!("crane-{pier}"), &lines)
    });
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let deliveries = random.split(&ships);
        let embedded = Embedded::start(0, None).await.unwrap();
        for payload in random.payloads(&deliveries) {
            take(&embedded, &payload, START_MS).await;
        }
        let kept = kept(&embedded.table()).await;
        assert_eq!(kept.len(), 4, "seed {seed}");
        for (series, values) in kept {
            assert_eq!((values.count, values.sum()), (80, 790.0), "seed {seed}, {series:?}");
        }
    }
}

#[tokio::test]
async fn whoever_makes_a_dimension_of_an_id_loses_no_value_and_keeps_within_bounds() {
    let embedded = Embedded::start(0, None).await.unwrap();
    for delivery in 0..6 {
        let lines: Vec<_> = (0..100).map(|i| line(&["Ships"], &format!("id-{delivery}-{i}"), &json!(1))).collect();
        let lines: Vec<_> = lines.iter().map(|line| (START_MS + delivery, line.as_str())).collect();
        let payload = Stream::of("crane", &lines).payload(Envelope::Subscription);
        take(&embedded, &payload, START_MS).await;
        take(&embedded, &payload, START_MS).await;
    }
    let lines: Vec<_> =
        (0..300).map(|i| line(&[format!("Ships{i}").as_str()], &"x".repeat(9_000), &json!(1e300))).collect();
    let lines: Vec<_> = lines.iter().map(|line| (START_MS, line.as_str())).collect();
    let answer = take(&embedded, &Stream::of("crane", &lines).payload(Envelope::Subscription), START_MS).await;
    assert_eq!(answer.excess, 100);
    let kept = kept(&embedded.table()).await;
    assert_eq!(kept.values().map(|values| values.count).sum::<u64>(), 900);
    assert!(kept.len() <= 71, "{}", kept.len());
    let others = kept.iter().find(|(series, _)| series.name == "Ships" && series.dimensions.contains_key("*")).unwrap();
    assert_eq!(others.1.count, 550);
}

#[test]
fn metrics_of_the_samples_are_exact() {
    let logs = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/parcels/logs");
    let analysis = run(["analyze", "--output", "json", logs]).json();
    let metrics = analysis["metrics"].as_array().unwrap().iter();
    let found: Vec<_> = metrics
        .map(|metric| {
            (metric["name"].as_str().unwrap(), metric["count"].as_u64().unwrap(), metric["sum"].as_f64().unwrap())
        })
        .collect();
    let expected = [
        ("LabelBytes", 50, 1_128_922.0),
        ("LabelsPrinted", 30, 50.0),
        ("OrderValue", 1, 19.0),
        ("OrderValue", 30, 1197.5),
    ];
    assert_eq!(found, expected);
}
