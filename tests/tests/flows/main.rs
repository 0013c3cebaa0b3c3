//! Flows as a deployed stack follows them: whatever comes first, late or again, each passage is counted once, and a
//! milestone that does not come in time is told once, with the function in which it stopped.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod commands;
mod pace;
mod stack;
mod ties;
mod time;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_embedded::{Embedded, TABLE};
use lamplight_logs::Delivery;
use lamplight_rollup::flow::{LeadTimes, follow};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::{ErrorLogs, Fingerprint, Flow, Ledger};
use lamplight_table::{Keep, Tuning};
use lamplight_tests::delivery::{Envelope, Random, Stream};
use lamplight_tests::telling::{Topic, parser, set_flow};
use serde_json::json;

use crate::stack::{FLOW, HOUR_MS, MINUTE_MS, START_MS, Stack, milestone, report};

/// Orders through three functions: the first names its trace, the second only its request, the third only the order, or
/// the order and a trace of its own; a line of the first ties the order to the trace. Some are paid twice, some late, and
/// of each seventh nothing is sent.
fn streams() -> Vec<Stream> {
    let (mut shop, mut bank, mut post) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..21_i64 {
        let (trace_id, order) = (format!("1-6a52d530-00000000000000000000{i:04x}"), format!("order-{i}"));
        let (request, paying) = (format!("5a0b-{i}"), format!("ba1c-{i}"));
        let at_ms = START_MS + i * 10_000;
        let ids = [("xray_trace_id", trace_id.as_str()), ("function_request_id", &request)];
        shop.push((at_ms, milestone("ORDERED", &ids)));
        shop.push((at_ms + 50, json!({"traceId": trace_id, "correlation_id": order, "message": "queued"}).to_string()));
        shop.push((at_ms + 100, report(&request, &trace_id)));
        for try_ms in if i % 5 == 0 { vec![900, 4_000] } else { vec![900] } {
            bank.push((at_ms + try_ms, milestone("PAID", &[("function_request_id", &paying)])));
            bank.push((at_ms + try_ms + 10, report(&paying, &trace_id)));
        }
        let sent_ms = if i % 6 == 1 { 301_000 } else { 7_000 };
        let own = format!("1-6a52d5ff-00000000000000000000{i:04x}");
        let ids = [("correlation_id", order.as_str()), ("trace_id", own.as_str())];
        if i % 7 != 0 {
            post.push((at_ms + sent_ms, milestone("SENT", &ids[..1 + usize::from(i % 2 == 0)])));
        }
    }
    [("shop", shop), ("bank", bank), ("post", post)]
        .map(|(name, lines)| {
            let lines: Vec<_> = lines.iter().map(|(at_ms, line)| (*at_ms, line.as_str())).collect();
            Stream::of(name, &lines)
        })
        .into()
}

/// What all of it comes to, from one fold.
fn truth(now_ms: i64) -> (BTreeMap<i64, LeadTimes>, BTreeMap<Fingerprint, u64>) {
    let mut ledger = Ledger::default();
    for stream in streams() {
        let document = stream.document().to_string();
        ledger.add_delivery(&Delivery::read(&document, Some("eu-central-1")).unwrap(), ErrorLogs::Raise);
    }
    let flow: Flow = FLOW.parse().unwrap();
    let hours = follow(&mut ledger, std::slice::from_ref(&flow), now_ms).remove(0).1;
    (hours, occurrences(ledger.functions.values().flat_map(BTreeMap::values)))
}

#[tokio::test]
async fn any_split_order_and_repetition_gives_the_same_flows() {
    let end_ms = START_MS + 30 * MINUTE_MS;
    let (hours, issues) = truth(end_ms);
    let figures = hours.values().next().unwrap();
    assert_eq!((hours.len(), figures.started, figures.on_time, figures.late, figures.missing), (1, 21, 15, 3, 3));
    assert_eq!(issues.values().sum::<u64>(), 3);
    for seed in 0..10 {
        let mut random = Random::new(seed);
        let deliveries = random.split(&streams());
        let payloads = random.payloads(&deliveries);
        let stack = Stack::start(FLOW).await;
        // All of it comes before the first limit is over, or after the last one.
        let is_late = seed % 2 == 1;
        for payload in &payloads {
            let now_ms = if is_late { end_ms } else { START_MS };
            stack.take(payload, now_ms).await;
            if random.below(4) == 0 {
                tokio::join!(stack.keep(now_ms), stack.keep(now_ms));
            }
        }
        stack.keep(end_ms).await;
        assert_eq!(stack.lead_times(FLOW, end_ms).await, hours, "seed {seed}");
        if !is_late {
            assert_eq!(stack.issues(end_ms).await, issues, "seed {seed}");
        }
        // Everything once more changes nothing.
        for payload in &payloads {
            stack.take(payload, end_ms + MINUTE_MS).await;
        }
        assert_eq!(stack.keep(end_ms + 2 * MINUTE_MS).await, 0, "seed {seed}");
        assert_eq!(stack.lead_times(FLOW, end_ms).await, hours, "seed {seed}");
    }
}

/// A line that names only its request comes before or after the one that ties the request to its trace, and nothing else
/// is said of the trace after that.
#[tokio::test]
async fn a_milestone_that_names_only_its_request_is_counted_whichever_comes_first() {
    let (sent, tied) = (milestone("SENT", &[("function_request_id", "b-1")]), report("b-1", "t-1"));
    for order in [[&sent, &tied], [&tied, &sent]] {
        let stack = Stack::start(FLOW).await;
        let ordered = milestone("ORDERED", &[("trace_id", "t-1")]);
        for (i, line) in [&ordered].into_iter().chain(order).enumerate() {
            let at_ms = START_MS + i as i64 * MINUTE_MS;
            let function = if i == 0 { "shop" } else { "post" };
            stack.take(&Stream::of(function, &[(at_ms, line)]).payload(Envelope::Subscription), at_ms).await;
            assert_eq!(stack.keep(at_ms).await, 0);
        }
        let figures = stack.figures(FLOW, START_MS).await;
        assert_eq!((figures.started, figures.on_time), (1, 1), "{order:?}");
    }
}

#[tokio::test]
async fn who_was_told_of_a_correlation_id_is_not_told_again_of_the_trace_that_it_is_tied_to() {
    let stack = Stack::start(FLOW).await;
    let deliver = async |at_ms: i64, line: String| {
        stack.take(&Stream::of("shop", &[(at_ms, line.as_str())]).payload(Envelope::Subscription), at_ms).await;
    };
    deliver(START_MS, milestone("ORDERED", &[("correlation_id", "order-1")])).await;
    let late_ms = START_MS + 6 * MINUTE_MS;
    assert_eq!(stack.keep(late_ms).await, 1);
    deliver(late_ms, milestone("OTHER", &[("correlation_id", "order-1"), ("trace_id", "t-1")])).await;
    assert_eq!(stack.keep(late_ms + MINUTE_MS).await, 0);
    let figures = stack.figures(FLOW, late_ms).await;
    assert_eq!((figures.started, figures.missing), (1, 1));
    assert_eq!(stack.issues(late_ms + HOUR_MS).await.into_values().collect::<Vec<_>>(), [1]);
}

/// What a passage was counted by expires; what comes after that changes nothing but what it says itself.
#[tokio::test]
async fn a_passage_whose_facts_are_gone_stays_counted() {
    let stack = Stack::start(FLOW).await;
    let ids = [("trace_id", "t-1")];
    let lines = [milestone("ORDERED", &ids), milestone("SENT", &ids)];
    let deliver = async |at_ms: i64, line: &str| {
        stack.take(&Stream::of("shop", &[(at_ms, line)]).payload(Envelope::Subscription), at_ms).await;
    };
    deliver(START_MS, &lines[0]).await;
    assert_eq!(stack.keep(START_MS + 6 * MINUTE_MS).await, 1);
    let items =
        stack.embedded.client().scan().table_name(lamplight_embedded::TABLE).send().await.unwrap().items.unwrap();
    for item in items.iter().filter(|item| item["pk"].as_s().unwrap() == "trace#t-1") {
        let delete = stack.embedded.client().delete_item().table_name(lamplight_embedded::TABLE);
        delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
    }
    deliver(START_MS + 7 * MINUTE_MS, &milestone("PAID", &ids)).await;
    assert_eq!(stack.keep(START_MS + 8 * MINUTE_MS).await, 0);
    assert_eq!(stack.figures(FLOW, START_MS).await.missing, 1);
    deliver(START_MS + 9 * MINUTE_MS, &lines[1]).await;
    stack.keep(START_MS + 10 * MINUTE_MS).await;
    let figures = stack.figures(FLOW, START_MS).await;
    assert_eq!((figures.started, figures.late, figures.missing), (1, 1, 0));
}

/// A batch says the same milestone of each of its parts.
#[tokio::test]
async fn a_milestone_after_many_others_is_not_missing() {
    let stack = Stack::start("batches: BEGUN > DONE within 5m").await;
    let ids = [("trace_id", "t-1"), ("function_request_id", "b-1")];
    let mut lines: Vec<_> = (0..200).map(|i| (START_MS + 10 + i, milestone("PART_DONE", &ids))).collect();
    lines.extend([(START_MS, milestone("BEGUN", &ids)), (START_MS + 5_000, milestone("DONE", &ids))]);
    for lines in lines.chunks(30) {
        let lines: Vec<_> = lines.iter().map(|(at_ms, line)| (*at_ms, line.as_str())).collect();
        stack.take(&Stream::of("batch", &lines).payload(Envelope::Subscription), START_MS).await;
    }
    assert_eq!(stack.keep(START_MS + 10 * MINUTE_MS).await, 0);
    assert_eq!(stack.figures("batches: BEGUN > DONE within 5m", START_MS).await.on_time, 1);
}

#[tokio::test]
async fn what_is_under_way_when_a_flow_is_removed_goes_on_when_it_is_set_again() {
    let stack = Stack::start(FLOW).await;
    let line = milestone("ORDERED", &[("trace_id", "t-1")]);
    stack.take(&Stream::of("shop", &[(START_MS, line.as_str())]).payload(Envelope::Subscription), START_MS).await;
    stack.keep(START_MS + MINUTE_MS).await;
    let table = stack.embedded.table();
    assert!(table.remove_flow("orders").await.unwrap());
    assert_eq!(stack.keep(START_MS + 10 * MINUTE_MS).await, 0);
    set_flow(&table, FLOW).await;
    table.resume(&FLOW.parse().unwrap(), START_MS + 11 * MINUTE_MS).await.unwrap();
    assert_eq!(stack.keep(START_MS + 12 * MINUTE_MS).await, 1);
}

/// A report that says nothing of interest comes before, with or after what its request alone has reached.
#[tokio::test]
async fn flows_are_whole_where_only_interesting_transactions_are_kept() {
    let ordered = milestone("ORDERED", &[("trace_id", "t-1")]);
    let (sent, tied) = (milestone("SENT", &[("function_request_id", "b-1")]), report("b-1", "t-1"));
    let one_by_one = [[&ordered, &sent, &tied], [&ordered, &tied, &sent], [&tied, &sent, &ordered]];
    let mut orders: Vec<_> = one_by_one.map(|order| order.map(|line| vec![line.as_str()]).to_vec()).to_vec();
    orders.push(vec![vec![&ordered], vec![&sent, &tied]]);
    for order in orders {
        let stack = Stack::start(FLOW).await;
        let tuning = Tuning { keep: Keep::Interesting, ..Tuning::default() };
        let context = parser(stack.embedded.table().tuned(tuning), &stack.topic);
        for (lines, at_ms) in order.iter().zip(START_MS..) {
            let lines: Vec<_> = lines.iter().map(|line| (at_ms, *line)).collect();
            let payload = Stream::of("shop", &lines).payload(Envelope::Subscription).to_string();
            lamplight_parser::handle(&payload, &context, at_ms).await.unwrap();
        }
        stack.keep(START_MS + MINUTE_MS).await;
        assert_eq!(stack.figures(FLOW, START_MS).await.on_time, 1, "{order:?}");
    }
}

/// A run of the keeper that is broken off holds its right to look for some seconds.
#[tokio::test]
async fn of_two_who_look_at_once_one_leaves_it_to_the_other() {
    let stack = Stack::start(FLOW).await;
    let line = milestone("ORDERED", &[("trace_id", "t-1")]);
    stack.take(&Stream::of("shop", &[(START_MS, line.as_str())]).payload(Envelope::Subscription), START_MS).await;
    assert!(stack.embedded.table().begin_looking(START_MS).await.unwrap());
    stack.keep(START_MS + 10_000).await;
    assert_eq!(stack.figures(FLOW, START_MS).await.started, 0);
    stack.keep(START_MS + MINUTE_MS).await;
    assert_eq!(stack.figures(FLOW, START_MS).await.started, 1);
}

/// What another version wrote, and this one cannot read, is put off.
#[tokio::test]
async fn one_that_cannot_be_counted_keeps_no_other_from_it() {
    let stack = Stack::start(FLOW).await;
    let flow: Flow = FLOW.parse().unwrap();
    for i in 0..5 {
        let line = milestone("ORDERED", &[("trace_id", &format!("t-{i}"))]);
        stack.take(&Stream::of("shop", &[(START_MS, line.as_str())]).payload(Envelope::Subscription), START_MS).await;
    }
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let client = stack.embedded.client();
    let unreadable = [("pk", format!("flow#{}", flow.figures())), ("sk", "passage#t-2".to_owned())];
    let unreadable = unreadable.map(|(name, value)| (name.to_owned(), text(&value)));
    client.put_item().table_name(TABLE).set_item(Some(unreadable.clone().into())).send().await.unwrap();
    stack.keep(START_MS + MINUTE_MS).await;
    assert_eq!(stack.figures(FLOW, START_MS).await.started, 4);
    client.delete_item().table_name(TABLE).set_key(Some(unreadable.into())).send().await.unwrap();
    stack.keep(START_MS + 2 * MINUTE_MS - 1).await;
    assert_eq!(stack.figures(FLOW, START_MS).await.started, 4, "it is put off for a minute");
    stack.keep(START_MS + 2 * MINUTE_MS).await;
    assert_eq!(stack.figures(FLOW, START_MS).await.started, 5);
}

/// What can never be counted is not tried for ever, and the run that gives it up fails when all else is done.
#[tokio::test]
async fn what_cannot_be_counted_for_a_day_is_given_up_once() {
    let stack = Stack::start(FLOW).await;
    let flow: Flow = FLOW.parse().unwrap();
    stack.log("shop", &[(START_MS, milestone("ORDERED", &[("trace_id", "t-1")]))], START_MS).await;
    let key = [("pk", format!("flow#{}", flow.figures())), ("sk", "passage#t-1".to_owned())];
    let item = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    stack.embedded.client().put_item().table_name(TABLE).set_item(Some(item.into())).send().await.unwrap();
    let mut failed = Vec::new();
    for hour in 0..40 {
        if let Err(error) = lamplight_keeper::handle(&stack.keeper(), START_MS + hour * HOUR_MS).await {
            failed.push((hour, error.name()));
        }
    }
    assert_eq!(failed, [(24, "GivenUp")]);
}

#[tokio::test]
async fn a_flow_that_is_set_later_looks_back_where_it_is_told_to() {
    let stack = Stack { embedded: Embedded::start(0, None).await.unwrap(), topic: Topic::default() };
    for stream in streams() {
        stack.take(&stream.payload(Envelope::Subscription), START_MS + 4 * MINUTE_MS).await;
    }
    let end_ms = START_MS + 30 * MINUTE_MS;
    set_flow(&stack.embedded.table(), FLOW).await;
    stack.keep(end_ms).await;
    assert_eq!(stack.figures(FLOW, end_ms).await.started, 0);
    let flow: Flow = FLOW.parse().unwrap();
    assert_eq!(stack.embedded.table().look_back(&flow, START_MS - HOUR_MS, end_ms).await.unwrap(), 21);
    assert_eq!(stack.keep(end_ms + MINUTE_MS).await, 3);
    assert_eq!(stack.lead_times(FLOW, end_ms).await, truth(end_ms).0);
}
