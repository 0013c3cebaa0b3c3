//! What it costs that everything is counted once.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use lamplight_embedded::{Embedded, TABLE};
use lamplight_parser::context::LONE_REPORTS;
use lamplight_rollup::{Bucket, Span};
use lamplight_table::{Keep, Table, Tuning};
use lamplight_tests::delivery::{Envelope, Stream, batch};
use lamplight_tests::telling::set_flow;

use crate::schedule::{Function, Process, Schedule};
use crate::world::{START_MS, Told, lead_times, parser};

/// Small deliveries of one function, six a minute for two hours.
const DELIVERIES: i64 = 720;

/// Without traces and failures a delivery is one write; marking its hour is two more in half an hour.
#[tokio::test]
async fn a_small_delivery_is_one_write() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let process = Process::new(Function::Parser, &schedule);
    let mut context = parser(&process, &embedded, &told);
    context.table = Table::new(process.client(&embedded.url()), TABLE).tuned(deployed());
    let mut units = 0.0;
    for i in 0..DELIVERIES {
        let at_ms = START_MS + i * 10_000;
        let report = |duration: i64| {
            format!(
                "REPORT RequestId: 3f1c2b1a-1111-4222-8333-44445555{i:04x}\tDuration: {duration}.50 ms\tBilled Duration: {} ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 60 MB\t\n",
                duration + 1
            )
        };
        let lines = [report(i % 90), report(i % 70)];
        let delivery = Stream::of("tender", &lines.each_ref().map(|line| (at_ms, line.as_str())));
        let payload = delivery.payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, at_ms).await.unwrap();
        units += minute_units(&embedded, at_ms).await;
    }
    let calls = schedule.calls();
    assert!(calls * 10 <= DELIVERIES as u64 * 12, "{calls} calls for {DELIVERIES} deliveries");
    // What is not a minute's write is an hour's mark: two small items.
    units += 2.0 * (calls - DELIVERIES as u64) as f64;
    assert!(units <= DELIVERIES as f64 * 1.2, "{units} write units for {DELIVERIES} deliveries, {calls} calls");
}

/// As the parser is deployed.
fn deployed() -> Tuning {
    Tuning { spares_busy_issues: true, lone_reports: LONE_REPORTS, ..Tuning::default() }
}

/// Reports that name no trace are written alone, where other lines of their function name traces; where none does, they
/// soon are no more.
#[tokio::test]
async fn reports_are_written_alone_of_functions_that_name_traces_only() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let process = Process::new(Function::Parser, &schedule);
    let mut context = parser(&process, &embedded, &told);
    context.table = Table::new(process.client(&embedded.url()), TABLE).tuned(deployed());
    let written = async |prefix: &str| {
        let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let keys = items.iter().map(|item| item["pk"].as_s().unwrap()).filter(|key| key.starts_with(prefix));
        keys.count()
    };
    let logged = |i: usize| {
        format!(
            r#"{{"traceId":"1-6a52d530-00000000000000000000{i:04x}","function_request_id":"3f1c2b1a-1111-4222-8333-44445555{i:04x}"}}"#
        )
    };
    let report = |i: usize| {
        format!("REPORT RequestId: 3f1c2b1a-1111-4222-8333-44445555{i:04x}\tDuration: 12.50 ms\tMemory Size: 128 MB\n")
    };
    for i in 0..300 {
        let delivery = Stream::of("tender", &[(START_MS, &report(i))]).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&delivery, &context, START_MS).await.unwrap();
    }
    assert_eq!(written("request#").await, LONE_REPORTS);
    for i in 300..400 {
        for lines in [[logged(i)], [report(i)]] {
            let delivery = Stream::of("tender", &[(START_MS, &lines[0])]).payload(Envelope::Subscription).to_string();
            lamplight_parser::handle(&delivery, &context, START_MS).await.unwrap();
        }
    }
    assert_eq!((written("request#").await, written("trace#").await), (LONE_REPORTS + 100, 100));
}

/// What a delivery says of a trace is one small item, and a share of the list of the hour.
#[tokio::test]
async fn a_traced_invocation_is_little_more_than_one_write_unit() {
    const INVOCATIONS: usize = 40;
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let context = parser(&Process::new(Function::Parser, &schedule), &embedded, &told);
    let lines: Vec<_> = (0..INVOCATIONS)
        .map(|i| {
            format!(
                "REPORT RequestId: 8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a{i:02}\tDuration: 12.50 ms\tBilled Duration: 13 ms\t\
                 Memory Size: 128 MB\tMax Memory Used: 60 MB\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae797173{i:02}\n"
            )
        })
        .collect();
    let lines: Vec<_> = lines.iter().map(|line| (START_MS, line.as_str())).collect();
    let payload = Stream::of("tender", &lines).payload(Envelope::Subscription).to_string();
    lamplight_parser::handle(&payload, &context, START_MS).await.unwrap();
    let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let of_traces = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("trace"));
    let units: usize = of_traces.map(|item| bytes(item).div_ceil(1024)).sum();
    assert!(units * 10 <= INVOCATIONS * 11, "{units} write units for {INVOCATIONS} invocations");
}

/// A trace is one query, and one read of what was said of its requests alone.
#[tokio::test]
async fn a_trace_is_read_by_one_query_and_one_read_of_its_requests() {
    const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let context = parser(&Process::new(Function::Parser, &schedule), &embedded, &told);
    for i in 0..30 {
        let line = format!("REPORT RequestId: 5a11-{i}\tDuration: 12.50 ms\tXRAY TraceId: {TRACE}\n");
        let payload = Stream::of(&format!("tender-{i}"), &[(START_MS, &line)]).payload(Envelope::Subscription);
        lamplight_parser::handle(&payload.to_string(), &context, START_MS).await.unwrap();
    }
    let reading = Schedule::without_faults();
    let table = Table::new(Process::new(Function::Keeper, &reading).client(&embedded.url()), TABLE);
    assert_eq!(table.transaction(TRACE).await.unwrap().members.len(), 30);
    let asked: Vec<_> = reading.actions().into_values().flatten().collect();
    assert_eq!((reading.calls(), asked), (2, vec!["dynamodb:BatchGetItem".to_owned(), "dynamodb:Query".to_owned()]));
}

/// Where only interesting transactions are kept, an ordinary traced invocation writes nothing besides its minute.
#[tokio::test]
async fn an_ordinary_traced_invocation_costs_nothing_where_only_interesting_ones_are_kept() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let process = Process::new(Function::Parser, &schedule);
    let mut context = parser(&process, &embedded, &told);
    let tuning = Tuning { keep: Keep::Interesting, ..Tuning::default() };
    context.table = Table::new(process.client(&embedded.url()), TABLE).tuned(tuning);
    let lines = ["REPORT RequestId: 5a11-1\tDuration: 12.50 ms\tXRAY TraceId: 1-6a52d530-0ba60ad2785ec2ae7971737c\n"];
    let payload = Stream::of("tender", &lines.map(|line| (START_MS, line))).payload(Envelope::Subscription);
    lamplight_parser::handle(&payload.to_string(), &context, START_MS).await.unwrap();
    let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let keys: Vec<_> = items.iter().map(|item| item["pk"].as_s().unwrap().split('#').next().unwrap()).collect();
    assert!(!keys.iter().any(|key| ["trace", "traces", "due"].contains(key)), "{keys:?}");
}

/// What flows cost on top: requests through two functions, of which the one names only its request.
#[tokio::test]
async fn a_request_through_a_flow_is_some_write_units() {
    const REQUESTS: i64 = 60;
    let units = async |is_followed: bool| {
        let embedded = Embedded::start(0, None).await.unwrap();
        let (schedule, told) = (Schedule::without_faults(), Told::default());
        let process = Process::new(Function::Parser, &schedule);
        let mut context = parser(&process, &embedded, &told);
        context.table = Table::new(process.client(&embedded.url()), TABLE);
        if is_followed {
            set_flow(&embedded.table(), "orders: ORDERED > SENT within 5m").await;
        }
        for (function, milestone, after_ms) in [("shop", "ORDERED", 0), ("post", "SENT", 2_000)] {
            for i in 0..REQUESTS {
                let at_ms = START_MS + i * 500 + after_ms;
                let trace_id = format!("1-6a52d530-00000000000000000000{i:04x}");
                let request_id = format!("{function}-{i}");
                let trace = if function == "shop" { format!(r#","traceId":"{trace_id}""#) } else { String::new() };
                let reached = format!(r#"{{"milestone":"{milestone}","function_request_id":"{request_id}"{trace}}}"#);
                let report = format!("REPORT RequestId: {request_id}\tDuration: 12.50 ms\tXRAY TraceId: {trace_id}\n");
                let payload =
                    Stream::of(function, &[(at_ms, &reached), (at_ms, &report)]).payload(Envelope::Subscription);
                lamplight_parser::handle(&payload.to_string(), &context, at_ms).await.unwrap();
            }
        }
        let keeper = lamplight_keeper::Context {
            table: Table::new(process.client(&embedded.url()), TABLE),
            topic: &lamplight_tests::telling::Topic::default(),
            emails: lamplight_alerts::Emails::Show,
        };
        let mut answer = lamplight_keeper::Answer::default();
        // While the requests are under way, when they are through, and when their limit is over.
        for after_ms in [1_000, 60_000, 400_000] {
            let now_ms = START_MS + after_ms;
            lamplight_keeper::follow(&keeper, now_ms, &mut answer).await.unwrap();
        }
        let figures =
            lead_times(&embedded.table(), &"orders: ORDERED > SENT within 5m".parse().unwrap(), START_MS).await;
        assert_eq!(
            figures.values().map(|hour| hour.on_time).sum::<u64>(),
            if is_followed { REQUESTS as u64 } else { 0 }
        );
        schedule.units()
    };
    let more = (units(true).await - units(false).await) as f64 / REQUESTS as f64;
    println!("{more} write units more for a request through a flow");
    assert!(more <= 11.0, "{more}");
}

/// A customer's id has thousands of requests, of which none belongs to another: whoever looks at one reads that one.
#[tokio::test]
async fn a_look_at_a_request_of_a_customer_reads_little() {
    const REQUESTS: usize = 2_000;
    let embedded = Embedded::start(0, None).await.unwrap();
    set_flow(&embedded.table(), "orders: ORDERED > SENT within 5m").await;
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let context = parser(&Process::new(Function::Parser, &schedule), &embedded, &told);
    let order = |i: usize| {
        let line = format!(r#"{{"milestone":"ORDERED","traceId":"1-6a52d530-{i:024x}","correlation_id":"ada"}}"#);
        Stream::of(&format!("shop-{i}"), &[(START_MS, &line)])
    };
    let look = async |first: usize, last: usize| {
        let orders: Vec<_> = (first..last).map(|i| order(i).packed()).collect();
        lamplight_parser::handle(&batch(&orders).to_string(), &context, START_MS).await.unwrap();
        let reading = Schedule::without_faults();
        let table = Table::new(Process::new(Function::Keeper, &reading).client(&embedded.url()), TABLE);
        let topic = &lamplight_tests::telling::Topic::default();
        let keeper = lamplight_keeper::Context { table, topic, emails: lamplight_alerts::Emails::Show };
        let mut answer = lamplight_keeper::Answer::default();
        lamplight_keeper::follow(&keeper, START_MS, &mut answer).await.unwrap();
        reading.answered()
    };
    let all = look(0, REQUESTS).await;
    let one = look(REQUESTS, REQUESTS + 1).await;
    println!("{one} bytes are read for one more request of a customer, {} for each of many", all / REQUESTS as u64);
    assert!(all / REQUESTS as u64 <= 8_000 && one <= 8_000, "{all} {one}");
}

/// What DynamoDB charges an item of texts by.
fn bytes(item: &HashMap<String, AttributeValue>) -> usize {
    let sizes = item.iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
            // A number has at most 21 bytes.
            _ => 21,
        };
        name.len() + value
    });
    sizes.sum()
}

/// Through Kinesis a batch is one write for each function's minute in it, and marks.
#[tokio::test]
async fn a_batch_is_one_write_for_each_minute_of_a_function() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let process = Process::new(Function::Parser, &schedule);
    let mut context = parser(&process, &embedded, &told);
    // Of a function that is known to name no transactions.
    let tuning = Tuning { lone_reports: 0, ..Tuning::default() };
    context.table = Table::new(process.client(&embedded.url()), TABLE).tuned(tuning);
    let records: Vec<_> = (0..200)
        .map(|i| {
            let line = "REPORT RequestId: 3f1c2b1a-1111-4222-8333-444455556666\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t\
                        Max Memory Used: 60 MB\t\n";
            Stream::of(&format!("tender-{}", i % 10), &[(START_MS + i, line)]).packed()
        })
        .collect();
    lamplight_parser::handle(&batch(&records).to_string(), &context, START_MS).await.unwrap();
    // Ten minutes, and ten hours and functions in one batch of marks.
    assert_eq!(schedule.calls(), 11);
}

/// What a write to a minute of the function costs, as DynamoDB says.
async fn minute_units(embedded: &Embedded, at_ms: i64) -> f64 {
    let function = embedded.table().functions().await.unwrap().remove(0);
    let text = |text: String| AttributeValue::S(text);
    let update = embedded.client().update_item().table_name(TABLE).key("pk", text(format!("fn#{function}")));
    let update = update.key("sk", text(Bucket::holding(Span::Minute, at_ms).to_string()));
    let update = update.update_expression("SET expires_at = expires_at");
    let updated = update.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    updated.consumed_capacity.unwrap().capacity_units.unwrap()
}
