//! How many requests one run of the keeper looks at.

use std::time::Instant;

use crate::stack::{FLOW, MINUTE_MS, START_MS, Stack, milestone};

/// Requests that are looked at.
const REQUESTS: i64 = 3_000;

/// Lines of a delivery.
const LINES: usize = 100;

/// `cargo test --release -p lamplight-tests --test flows -- --ignored --nocapture` prints it. Each request has a trace and a
/// correlation id, is begun by one function and ended by another, and is due by each of its ids.
#[tokio::test]
#[ignore = "it measures"]
async fn how_many_requests_are_looked_at_in_a_second() {
    let stack = Stack::start(FLOW).await;
    let milestones = |name: &str, after_ms: i64| {
        let line = |i: i64| {
            let (trace_id, order) = (format!("1-6a52d530-00000000000000000000{i:04x}"), format!("order-{i}"));
            (START_MS + after_ms + i, milestone(name, &[("trace_id", &trace_id), ("correlation_id", &order)]))
        };
        (0..REQUESTS).map(line).collect::<Vec<_>>()
    };
    for (function, name, after_ms) in [("shop", "ORDERED", 0), ("post", "SENT", 5_000)] {
        for lines in milestones(name, after_ms).chunks(LINES) {
            stack.log(function, lines, START_MS + MINUTE_MS).await;
        }
    }
    let (began, mut now_ms) = (Instant::now(), START_MS + 2 * MINUTE_MS);
    while stack.work(now_ms).await.overdue_s.is_some() {
        // Who was broken off holds the right to look for half a minute.
        now_ms += MINUTE_MS;
    }
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(stack.figures(FLOW, START_MS).await.on_time, REQUESTS as u64);
    println!("{:.0} requests a second", REQUESTS as f64 / seconds);
}
