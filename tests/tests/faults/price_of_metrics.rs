//! What it costs that the values of metrics are added up once. The figures are those of docs/metrics.md; `--nocapture`
//! shows them.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use lamplight_embedded::{Embedded, TABLE};
use lamplight_parser::Context;
use lamplight_rollup::{Bucket, Span};
use lamplight_table::Table;
use lamplight_tests::delivery::{Envelope, Stream, batch};
use serde_json::{Value, json};

use crate::schedule::{Function, Process, Schedule};
use crate::world::{START_MS, Told, Topic, parser};

/// A table, and a process of the parser that counts its calls.
struct Stack {
    embedded: Embedded,
    schedule: Arc<Schedule>,
    told: Told,
}

impl Stack {
    async fn start() -> Self {
        let embedded = Embedded::start(0, None).await.unwrap();
        Self { embedded, schedule: Schedule::without_faults(), told: Told::default() }
    }

    fn process(&self) -> Context<Topic<'_>> {
        let process = Process::new(Function::Parser, &self.schedule);
        let mut context = parser(&process, &self.embedded, &self.told);
        context.table = Table::new(process.client(&self.embedded.url()), TABLE);
        context
    }

    /// Takes a delivery; how many calls it needed.
    async fn take(&self, context: &Context<Topic<'_>>, payload: &Value, now_ms: i64) -> u64 {
        let before = self.schedule.calls();
        lamplight_parser::handle(&payload.to_string(), context, now_ms).await.unwrap();
        self.schedule.calls() - before
    }

    /// The items of metrics: how many deliveries each has counted, and what a write to it costs.
    async fn items(&self) -> Vec<(usize, f64)> {
        let scan = self.embedded.client().scan().table_name(TABLE).into_paginator().items().send();
        let items: Vec<_> = scan.collect::<Result<_, _>>().await.unwrap();
        let mut costs = Vec::new();
        for item in items.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with("metrics#")) {
            costs.push((item["seen"].as_bs().unwrap().len(), self.cost(&item["pk"], &item["sk"]).await));
        }
        costs
    }

    async fn cost(&self, pk: &AttributeValue, sk: &AttributeValue) -> f64 {
        let update = self.embedded.client().update_item().table_name(TABLE);
        let update = update.key("pk", pk.clone()).key("sk", sk.clone());
        let update = update.update_expression("SET expires_at = expires_at");
        let updated = update.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        updated.consumed_capacity.unwrap().capacity_units.unwrap()
    }

    /// Units of a delivery's write, if each had found its item as it is now.
    async fn units_at_most(&self) -> f64 {
        let items = self.items().await;
        let deliveries: usize = items.iter().map(|(deliveries, _)| deliveries).sum();
        items.iter().map(|(deliveries, cost)| *deliveries as f64 * cost).sum::<f64>() / deliveries as f64
    }
}

/// A line with so many metrics. Their values vary.
fn line(metrics: i64, dimension: &str, i: i64) -> String {
    let names: Vec<_> = (0..metrics).map(|name| format!("Count{name}")).collect();
    let list: Vec<_> = names.iter().map(|name| json!({"Name": name, "Unit": "Count"})).collect();
    let directive = json!({"Namespace": "Harbour", "Dimensions": [["pier"]], "Metrics": list});
    let mut event = json!({"_aws": {"Timestamp": START_MS, "CloudWatchMetrics": [directive]}, "pier": dimension});
    for (name, value) in names.into_iter().zip(i..) {
        event[name] = json!(1 + value * value % 97);
    }
    event.to_string()
}

fn stream(metrics: i64, at_ms: i64, i: i64) -> Stream {
    let line = line(metrics, "north", i);
    let mut stream = Stream::of("crane", &[(at_ms, &line)]);
    stream.events[0].id = i.to_string();
    stream
}

fn delivery(metrics: i64, at_ms: i64, i: i64) -> Value {
    stream(metrics, at_ms, i).payload(Envelope::Subscription)
}

/// One a minute for an hour, with two metrics of many values.
#[tokio::test]
async fn a_delivery_of_a_quiet_function_is_one_write_of_one_or_two_units() {
    let stack = Stack::start().await;
    let process = stack.process();
    let start_ms = Bucket::holding(Span::Hour, START_MS).start_ms;
    let (mut calls, mut units, mut before) = (Vec::new(), 0.0, Vec::new());
    for i in 0..60 {
        let at_ms = start_ms + i * 60_000;
        calls.push(stack.take(&process, &delivery(2, at_ms, i), at_ms).await);
        let items = stack.items().await;
        units += items.iter().filter(|item| !before.contains(*item)).map(|(_, cost)| cost).sum::<f64>();
        before = items;
    }
    println!("quiet: {} units a delivery, {} items an hour, calls {calls:?}", units / 60.0, before.len());
    // The list is read once, and each metric put into it; and once the first item turns out to be full.
    assert_eq!((calls[0], calls[32]), (4, 2));
    assert_eq!(calls.iter().sum::<u64>(), 60 + 3 + 1);
    assert!(units <= 60.0 * 1.3 && before.len() == 3, "{units}, {before:?}");
}

/// A hundred a second for ten seconds: longer makes only more of the smallest slices of time.
#[tokio::test]
async fn a_delivery_of_a_busy_function_is_few_units_and_a_new_process_soon_knows_where_it_goes() {
    const DELIVERIES: i64 = 1_000;
    let stack = Stack::start().await;
    let process = stack.process();
    let mut calls = 0;
    for i in 0..DELIVERIES {
        calls += stack.take(&process, &delivery(2, START_MS + i * 10, i), START_MS + i * 10).await;
    }
    let (items, units) = (stack.items().await, stack.units_at_most().await);
    let kilobytes: f64 = items.iter().map(|(_, cost)| cost).sum();
    let calls = calls as f64 / DELIVERIES as f64;
    let now_ms = START_MS + DELIVERIES * 10;
    let fresh = stack.process();
    let first = stack.take(&fresh, &delivery(2, now_ms - 100, DELIVERIES), now_ms).await;
    let second = stack.take(&fresh, &delivery(2, now_ms - 95, DELIVERIES + 1), now_ms).await;
    let repeated = stack.take(&fresh, &delivery(2, now_ms - 100, DELIVERIES), now_ms).await;
    println!("busy: {} items of {kilobytes} KB at most, {units} units a write at most, {calls} calls", items.len());
    println!("a new process of it: {first} calls, then {second}; {repeated} for a repetition");
    assert!(units <= 1.9 && calls <= 1.1 && kilobytes <= 80.0, "{units} units, {calls} calls, {kilobytes} KB");
    assert!(first <= 10 && second <= 2 && repeated <= 2, "{first}, {second}, {repeated}");
}

/// The same through Kinesis: what comes at one time goes to few items.
#[tokio::test]
async fn a_batch_of_a_busy_function_is_few_writes() {
    let stack = Stack::start().await;
    let process = stack.process();
    let batch_of = |from: i64| {
        let records: Vec<_> = (from..from + 200).map(|i| stream(2, START_MS + i * 10, i).packed()).collect();
        batch(&records)
    };
    let mut calls = Vec::new();
    for i in 0..5 {
        calls.push(stack.take(&process, &batch_of(200 * i), START_MS + 2_000 * (i + 1)).await);
    }
    let again = stack.take(&process, &batch_of(400), START_MS + 10_000).await;
    println!("batches of 200: calls {calls:?}, one of them again {again}");
    assert!(calls.iter().all(|calls| *calls <= 20) && again <= 20, "{calls:?}, {again}");
}

/// Fifty metrics in each.
#[tokio::test]
async fn a_wide_delivery_does_not_pay_for_those_before_it() {
    let stack = Stack::start().await;
    let process = stack.process();
    for i in 0..100 {
        stack.take(&process, &delivery(50, START_MS + i * 600, i), START_MS).await;
    }
    let first = Stack::start().await;
    first.take(&first.process(), &delivery(50, START_MS, 0), START_MS).await;
    let (alone, units) = (first.units_at_most().await, stack.units_at_most().await);
    println!("wide: {alone} units alone, at most {units} units a write");
    assert!(units <= 4.0 * alone, "{units} units, {alone} alone");
}

/// A delivery with two hundred ids as dimensions, when the function has as many metrics as it may have.
#[tokio::test]
async fn who_makes_a_dimension_of_an_id_asks_for_the_names_once() {
    let stack = Stack::start().await;
    let delivery = |i: i64| {
        let lines: Vec<_> = (0..200).map(|j| line(1, &format!("id-{i}-{j}"), j)).collect();
        let lines: Vec<_> = lines.iter().map(|line| (START_MS + i, line.as_str())).collect();
        Stream::of("crane", &lines).payload(Envelope::Subscription)
    };
    let first = stack.take(&stack.process(), &delivery(0), START_MS).await;
    let fresh = stack.process();
    let (second, third) =
        (stack.take(&fresh, &delivery(1), START_MS).await, stack.take(&fresh, &delivery(2), START_MS).await);
    println!("ids: {first} calls, of a new process {second}, then {third}");
    // So many values are three writes. Besides, fifty are listed and what takes the others; a new process looks whether
    // there is room, and what is listed; and then nobody.
    assert!(first <= 60 && second <= 6 && third == 3, "{first}, {second}, {third}");
}
