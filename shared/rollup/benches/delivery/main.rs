//! From a delivery to rollups, issues and transactions in memory, against two yardsticks in the same run:
//!
//! - the floor: libdeflate inflates the delivery, sonic-rs reads it into borrowed texts, and nothing more
//! - `LogsEvent` of `aws_lambda_events`, which decodes the delivery and nothing more
//!
//! `cargo bench -p lamplight-rollup` prints a row for each size; what counts are the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and fails by panicking"
)]

mod invented;
mod yardsticks;

use std::hint::black_box;
use std::time::{Duration, Instant};

use lamplight_logs::delivery::{Payload, payload, unpack};
use lamplight_logs::{Delivery, Limits, recognise_message};
use lamplight_rollup::{ErrorLogs, Ledger};

/// How long each way is measured.
const MEASURED: Duration = Duration::from_millis(700);

fn main() {
    println!(
        "{:>12} {:>9} {:>11} {:>10} {:>8} {:>13} {:>8}",
        "invocations", "KB", "Lamplight µs", "floor µs", "ratio", "LogsEvent µs", "ratio"
    );
    for invocations in [2, 50, 2_000] {
        let deliveries = [invented::text_delivery(invocations), invented::json_delivery(invocations)];
        let inflated: usize = deliveries.iter().map(|delivery| delivery.document.len()).sum();
        let ours = best(|| deliveries.iter().for_each(|delivery| drop(black_box(fold(&delivery.payload)))));
        let floor = best(|| deliveries.iter().for_each(|delivery| yardsticks::floor(&delivery.packed)));
        let library = best(|| deliveries.iter().for_each(|delivery| yardsticks::logs_event(&delivery.payload)));
        println!(
            "{invocations:>12} {:>9.1} {:>12.1} {:>10.1} {:>8.2} {:>13.1} {:>8.2}",
            inflated as f64 / 1024.0,
            microseconds(ours),
            microseconds(floor),
            ours.as_secs_f64() / floor.as_secs_f64(),
            microseconds(library),
            ours.as_secs_f64() / library.as_secs_f64(),
        );
    }
    traces();
    stages();
}

/// What it costs that lines name a trace: the same delivery with and without, recognised, and from the payload to
/// transactions in memory.
fn traces() {
    for invocations in [2, 50, 2_000] {
        let deliveries = [invented::json_delivery(invocations), invented::untraced_delivery(invocations)];
        let documents = deliveries.each_ref().map(|delivery| unpacked(&delivery.payload));
        let recognised = documents.each_ref().map(|document| {
            let read = Delivery::read(document, Some("eu-central-1")).unwrap();
            best(|| recognise(&read))
        });
        let folded = deliveries.each_ref().map(|delivery| best(|| drop(black_box(fold(&delivery.payload)))));
        for (what, [with, without]) in [("recognised", recognised), ("in memory", folded)] {
            println!(
                "{invocations:>12} invocations with a trace each, {what}: {:.1} µs, without {:.1}, ratio {:.2}",
                microseconds(with),
                microseconds(without),
                with.as_secs_f64() / without.as_secs_f64(),
            );
        }
    }
}

/// Recognises each line of a delivery.
fn recognise(delivery: &Delivery<'_>) {
    let mut scratch = String::new();
    for event in &delivery.events {
        black_box(recognise_message(&event.message, &delivery.source, &mut scratch));
    }
}

/// The document of a payload.
fn unpacked(text: &str) -> String {
    let Payload::Subscription(data) = payload(text).unwrap() else { unreachable!("a subscription delivery") };
    unpack(&data, Limits::default()).unwrap()
}

/// Where the time goes, for the delivery of 50 invocations in both formats.
fn stages() {
    let deliveries = [invented::text_delivery(50), invented::json_delivery(50)];
    for (name, delivery) in ["text", "JSON"].into_iter().zip(&deliveries) {
        let Payload::Subscription(data) = payload(&delivery.payload).unwrap() else {
            unreachable!("a subscription delivery")
        };
        let document = unpack(&data, Limits::default()).unwrap();
        let read = Delivery::read(&document, Some("eu-central-1")).unwrap();
        let folding = || {
            let mut ledger = Ledger::default();
            ledger.add_delivery(&read, ErrorLogs::Raise);
            black_box(ledger);
        };
        println!(
            "{name}: envelope {:.1} µs, unpack {:.1}, document {:.1}, identity {:.1}, recognise {:.1}, recognise and fold {:.1}",
            microseconds(best(|| drop(black_box(payload(&delivery.payload))))),
            microseconds(best(|| drop(black_box(unpack(&data, Limits::default()))))),
            microseconds(best(|| drop(black_box(Delivery::read(&document, None))))),
            microseconds(best(|| {
                black_box(read.identity());
            })),
            microseconds(best(|| recognise(&read))),
            microseconds(best(folding)),
        );
    }
}

/// What the parser does before it writes.
fn fold(text: &str) -> Ledger {
    let document = unpacked(text);
    let delivery = Delivery::read(&document, Some("eu-central-1")).unwrap();
    let mut ledger = Ledger::default();
    ledger.add_delivery(&delivery, ErrorLogs::Raise);
    black_box(delivery.identity());
    ledger
}

/// The shortest time of many runs: what the work takes when nothing disturbs it.
fn best(work: impl Fn()) -> Duration {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < MEASURED {
        let run = Instant::now();
        work();
        best = best.min(run.elapsed());
    }
    best
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
