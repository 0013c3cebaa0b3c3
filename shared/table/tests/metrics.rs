//! Metrics on a real DynamoDB implementation: values add up once, however many there are in an hour.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_embedded::{Embedded, TABLE};
use lamplight_rollup::metric::{Hour, Values};
use lamplight_rollup::{Bucket, FunctionKey, Series, Span};
use lamplight_table::{Part, RenamedSeries, Table};

/// 2026-11-20T08:40:00Z.
const NOW_MS: i64 = 1_795_164_000_000;

const DAY_MS: i64 = 86_400_000;

fn key() -> Arc<FunctionKey> {
    named("mailer")
}

fn named(function: &str) -> Arc<FunctionKey> {
    Arc::new(FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: function.into() })
}

fn series(name: &str, dimension: &str) -> Series {
    Series {
        namespace: "Post".to_owned(),
        name: name.to_owned(),
        unit: None,
        dimensions: BTreeMap::from([("office".to_owned(), dimension.to_owned())]),
    }
}

fn values(value: f64) -> Values {
    let mut values = Values::default();
    values.record(value);
    values
}

/// A delivery: its identity, when it begins, and what it holds.
type Delivery = (u64, i64, Hour);

async fn add(table: &Table, deliveries: &[&Delivery]) {
    let function = key();
    let hour = Bucket::holding(Span::Hour, NOW_MS);
    let parts = deliveries.iter().map(|(delivery, at_ms, values)| Part::of_metrics(*delivery, *at_ms, values));
    let hours = BTreeMap::from([((&function, hour), parts.collect())]);
    table.add_metrics(hours, &RenamedSeries::new(), NOW_MS).await.unwrap();
}

async fn read(table: &Table) -> Hour {
    table.metrics(&key(), NOW_MS, NOW_MS + 1).await.unwrap().into_values().next().unwrap_or_default()
}

async fn items(embedded: &Embedded) -> Vec<HashMap<String, AttributeValue>> {
    embedded.client().scan().table_name(TABLE).into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}

/// The sort keys of the hour's items, without the hour.
async fn places(embedded: &Embedded) -> Vec<String> {
    let hour = Bucket::holding(Span::Hour, NOW_MS).to_string();
    let of_metrics =
        items(embedded).await.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with("metrics#"));
    of_metrics.map(|item| item["sk"].as_s().unwrap().strip_prefix(&hour).unwrap().to_owned()).collect()
}

/// Deliveries of a function that logs all the time and, at one moment, much.
fn deliveries(count: u64) -> Vec<Delivery> {
    let id = series("Letters", "main").id();
    (0..count)
        .map(|i| {
            let after_ms = if i % 2 == 0 { 7_000 } else { i64::try_from(i).unwrap() * 10 };
            let delivery = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (delivery, NOW_MS + after_ms, Hour::from([(id, values(f64::from(u32::try_from(i).unwrap()) / 8.0))]))
        })
        .collect()
}

fn sum(deliveries: &[Delivery]) -> Hour {
    let mut sum = Hour::new();
    deliveries.iter().for_each(|(_, _, hour)| lamplight_rollup::metric::merge(&mut sum, hour.clone()));
    sum
}

#[tokio::test]
async fn an_hour_of_many_deliveries_counts_each_once_whichever_process_it_comes_to() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let tables = [embedded.table(), embedded.table()];
    let deliveries = deliveries(900);
    for (i, delivery) in deliveries.iter().enumerate() {
        add(&tables[i % 2], &[delivery]).await;
        if i % 7 == 6 {
            // One from before, with it: by the other process, and by one that knows nothing.
            let before = &deliveries[i / 3];
            add(&tables[(i + 1) % 2], &[before, delivery]).await;
            add(&embedded.table(), &[delivery, before]).await;
        }
    }
    assert_eq!(read(&embedded.table()).await, sum(&deliveries));
    let all: Vec<_> = deliveries.iter().rev().collect();
    for table in [&tables[0], &embedded.table()] {
        for batch in all.chunks(120) {
            add(table, batch).await;
        }
    }
    assert_eq!(read(&embedded.table()).await, sum(&deliveries));
    let places = places(&embedded).await;
    let longest = places.iter().map(String::len).max().unwrap();
    assert!(places.len() <= 80 && longest <= 11, "{} items, the furthest at {longest}", places.len());
}

#[tokio::test]
async fn a_batch_and_its_deliveries_one_by_one_come_to_the_same() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let deliveries = deliveries(400);
    let all: Vec<_> = deliveries.iter().collect();
    for batch in all.chunks(200) {
        add(&embedded.table(), batch).await;
    }
    for delivery in &deliveries {
        add(&embedded.table(), &[delivery]).await;
    }
    assert_eq!(read(&embedded.table()).await, sum(&deliveries));
}

#[tokio::test]
async fn a_quiet_hour_is_one_item_and_one_of_wide_deliveries_some_of_few_kilobytes() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    for delivery in &deliveries(32) {
        add(&table, &[delivery]).await;
    }
    assert_eq!(places(&embedded).await, [""]);
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let wide: Vec<Delivery> = (0..60_u32)
        .map(|i| {
            let values =
                (0..70).map(|j| (series("Letters", &j.to_string()).id(), values(f64::from(1 + (i * j) % 999))));
            (u64::from(i), NOW_MS + i64::from(i) * 1_000, values.collect())
        })
        .collect();
    for delivery in &wide {
        add(&table, &[delivery]).await;
        add(&embedded.table(), &[delivery]).await;
    }
    assert_eq!(read(&table).await, sum(&wide));
    assert!(items(&embedded).await.iter().all(|item| item.len() <= 800), "attributes of an item");
}

#[tokio::test]
async fn items_that_stand_in_a_row_are_read_too() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    let deliveries = deliveries(2);
    add(&table, &[&deliveries[0]]).await;
    let mut item = items(&embedded).await.remove(0);
    for place in ["#1", "#12"] {
        let sk = format!("{}{place}", Bucket::holding(Span::Hour, NOW_MS));
        item.insert("sk".to_owned(), AttributeValue::S(sk));
        embedded.client().put_item().table_name(TABLE).set_item(Some(item.clone())).send().await.unwrap();
    }
    let read = read(&table).await;
    assert_eq!(read.values().map(|values| values.count).collect::<Vec<_>>(), [3]);
}

/// Which of the series are added up under another name.
async fn renamed(table: &Table, function: &Arc<FunctionKey>, series: &[Series], now_ms: i64) -> usize {
    let series = series.iter().map(|series| ((Arc::clone(function), series.id()), series.clone()));
    table.name_series(&series.collect(), now_ms).await.unwrap().len()
}

#[tokio::test]
async fn a_function_has_so_many_series_a_month_and_those_in_use_are_kept() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let of_deployment = |deployment: u32| -> Vec<_> {
        (0..40).map(|i| series(&format!("Letters{i}"), &deployment.to_string())).collect()
    };
    let old = embedded.table();
    assert_eq!(renamed(&old, &key(), &of_deployment(1), NOW_MS).await, 0);
    assert_eq!(renamed(&old, &key(), &of_deployment(2), NOW_MS).await, 30);
    for table in [&old, &embedded.table()] {
        assert_eq!(renamed(table, &key(), &of_deployment(1), NOW_MS).await, 0);
        assert_eq!(renamed(table, &key(), &of_deployment(2), NOW_MS).await, 30);
        assert_eq!(renamed(table, &named("mailer#2"), &of_deployment(2), NOW_MS).await, 0);
    }
    // A name that goes on after the sign is another function's.
    assert_eq!(renamed(&embedded.table(), &key(), &of_deployment(2), NOW_MS).await, 30);
    let later_ms = NOW_MS + 31 * DAY_MS;
    for table in [&old, &embedded.table()] {
        assert_eq!(renamed(table, &key(), &of_deployment(2), later_ms).await, 0);
        assert_eq!(renamed(table, &key(), &of_deployment(3), later_ms).await, 30);
    }
    let expires_at =
        |item: &HashMap<String, AttributeValue>| item["expires_at"].as_n().unwrap().parse::<i64>().unwrap();
    let names = items(&embedded).await;
    let names: Vec<_> = names.iter().filter(|item| item["pk"].as_s().unwrap() == "metrics").collect();
    assert!(names.iter().all(|item| expires_at(item) * 1000 >= NOW_MS + 430 * DAY_MS));
    let renewed = names.iter().filter(|item| expires_at(item) * 1000 >= later_ms + 430 * DAY_MS);
    assert_eq!(renewed.count(), 50 + 20 + 1);
}

#[tokio::test]
async fn a_name_that_cannot_be_read_costs_no_other() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    renamed(&table, &key(), &[series("Letters", "main"), series("Parcels", "main")], NOW_MS).await;
    let mut names = items(&embedded).await;
    names.retain(|item| item["pk"].as_s().unwrap() == "metrics");
    names[0].insert("series".to_owned(), AttributeValue::S(String::new()));
    embedded.client().put_item().table_name(TABLE).set_item(Some(names.remove(0))).send().await.unwrap();
    assert_eq!(table.series().await.unwrap().into_values().map(|names| names.len()).collect::<Vec<_>>(), [1]);
}
