//! What is one request, by the ids that lines tie to one another.

use std::collections::BTreeMap;

use lamplight_logs::Delivery;
use lamplight_rollup::flow::{LeadTimes, follow};
use lamplight_rollup::{ErrorLogs, Ledger};
use lamplight_tests::delivery::Stream;

use crate::stack::{FLOW, MINUTE_MS, START_MS, Stack, milestone};

/// A customer's id is on all of his orders: as long as there are few it is not known that they are several.
#[tokio::test]
async fn an_id_that_becomes_too_many_to_be_one_request_ties_none_of_them() {
    let ties: Vec<_> = (0..14).map(|i| (format!("t-{i:02}"), "ada".to_owned())).collect();
    let mut and_a_queue = vec![("t-00".to_owned(), "c-5".to_owned()), ("u-1".to_owned(), "c-5".to_owned())];
    and_a_queue.extend(ties.clone());
    assert_eq!(started_at_last(&ties).await, 14);
    assert_eq!(started_at_last(&and_a_queue).await, 14, "t-00 and u-1 are one");
}

/// Each of a chain belongs to the next, until they are too many.
#[tokio::test]
async fn what_others_tie_to_too_many_stands_alone_each() {
    let tie = |trace: usize, correlation: usize| (format!("t-{trace:02}"), format!("c-{correlation:02}"));
    let ties: Vec<_> = (0..14).flat_map(|i| [tie(i, i), tie(i + 1, i)]).collect();
    assert_eq!(started_at_last(&ties).await, 15);
}

/// What is counted of several as of one is counted of each when they prove to be several: the first has sent what only
/// another has.
#[tokio::test]
async fn what_was_counted_of_one_is_counted_of_each_that_it_proves_to_be() {
    let ada = |trace_id: &str, name: &str, at_ms: i64| {
        (at_ms, milestone(name, &[("trace_id", trace_id), ("correlation_id", "ada")]))
    };
    for (first, second) in [("t-01", "t-02"), ("t-02", "t-01")] {
        let mut lines = vec![ada(first, "ORDERED", 0), ada(second, "ORDERED", 5_000), ada(second, "SENT", 8_000)];
        lines.extend((3..14).map(|i| ada(&format!("t-{i:02}"), "ORDERED", 9_000 + i)));
        let figures = as_one_fold(&lines).await;
        assert_eq!((figures.started, figures.on_time, figures.missing), (13, 1, 12));
        // Nothing but the end of the one, and nothing but the beginning of the other.
        lines.remove(1);
        let figures = as_one_fold(&lines).await;
        assert_eq!((figures.started, figures.on_time, figures.missing), (12, 0, 12));
    }
}

/// Many more come at once than what is known of the ties of one id.
#[tokio::test]
async fn what_was_one_is_looked_at_again_however_many_come_at_once() {
    let stack = Stack::start(FLOW).await;
    let ada = |trace_id: &str, name: &str, at_ms: i64| {
        (START_MS + at_ms, milestone(name, &[("trace_id", trace_id), ("correlation_id", "ada")]))
    };
    let first = vec![ada("t-900", "ORDERED", 0), ada("t-901", "ORDERED", 5), ada("t-901", "SENT", 8)];
    let more: Vec<_> = (0..130).map(|i| ada(&format!("t-{i:03}"), "ORDERED", 100 + i)).collect();
    let end_ms = START_MS + 10 * MINUTE_MS;
    for lines in [&first, &more] {
        stack.log("shop", lines, START_MS).await;
        stack.keep(START_MS + 1_000).await;
    }
    assert_eq!(stack.keep(end_ms).await, 131);
    assert_eq!(stack.lead_times(FLOW, end_ms).await, fold(&[first, more].concat(), end_ms));
}

/// An id may have too many ties after others had, by it.
#[tokio::test]
async fn a_chain_that_falls_apart_is_two() {
    let tie = |trace_id: String, correlation_id: String| {
        (0, milestone("ORDERED", &[("trace_id", &trace_id), ("correlation_id", &correlation_id)]))
    };
    let chain = (0..14).flat_map(|i| [i, i + 1].map(|trace| tie(format!("t-{trace:02}"), format!("c-{i:02}"))));
    let more = (0..12).map(|i| tie(format!("u-{i:02}"), "c-07".to_owned()));
    let figures = as_one_fold(&chain.chain(more).collect::<Vec<_>>()).await;
    assert_eq!(figures.started, 14, "two of the chain, and twelve");
}

/// What follows from all of these lines at once, at a time when all limits are over.
fn fold(lines: &[(i64, String)], now_ms: i64) -> BTreeMap<i64, LeadTimes> {
    let mut ledger = Ledger::default();
    for (at_ms, line) in lines {
        let document = Stream::of("shop", &[(*at_ms, line.as_str())]).document().to_string();
        ledger.add_delivery(&Delivery::read(&document, Some("eu-central-1")).unwrap(), ErrorLogs::Raise);
    }
    follow(&mut ledger, &[FLOW.parse().unwrap()], now_ms).remove(0).1
}

/// Delivers lines, each by itself and so long after the start; after each of them, the table has what follows from all
/// that were delivered. What they come to in the end.
async fn as_one_fold(lines: &[(i64, String)]) -> LeadTimes {
    let stack = Stack::start(FLOW).await;
    let lines: Vec<_> = lines.iter().map(|(after_ms, line)| (START_MS + after_ms, line.clone())).collect();
    for (i, line) in lines.iter().enumerate() {
        stack.log("shop", std::slice::from_ref(line), START_MS).await;
        let now_ms = START_MS + i as i64 * 1_000;
        stack.keep(now_ms).await;
        assert_eq!(stack.lead_times(FLOW, now_ms).await, fold(&lines[..=i], now_ms), "{i}");
    }
    let end_ms = START_MS + 10 * MINUTE_MS;
    stack.keep(end_ms).await;
    assert_eq!(stack.lead_times(FLOW, end_ms).await, fold(&lines, end_ms));
    stack.figures(FLOW, end_ms).await
}

/// How many requests have begun, by lines that tie ids one after the other, each of which begins the flow.
async fn started_at_last(ties: &[(String, String)]) -> u64 {
    let lines = ties.iter().zip(0..).map(|((trace_id, correlation_id), i)| {
        (i, milestone("ORDERED", &[("trace_id", trace_id), ("correlation_id", correlation_id)]))
    });
    as_one_fold(&lines.collect::<Vec<_>>()).await.started
}
