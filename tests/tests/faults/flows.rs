//! A milestone that does not come in time is counted once and told once, whatever fails and whoever dies, and what comes
//! late is counted as late.

use std::collections::BTreeMap;

use lamplight_embedded::Embedded;
use lamplight_logs::Delivery;
use lamplight_rollup::flow::follow;
use lamplight_rollup::{ErrorLogs, Flow, Ledger};
use lamplight_tests::calls::{seeded_calls, streams};
use lamplight_tests::delivery::{Envelope, Random, Stream};
use lamplight_tests::telling::set_flow;

use crate::schedule::{Function, Process, Schedule};
use crate::world::{START_MS, Told, Topic, lead_times, parser, same, sum, table};

/// Schedules that are tried.
const SEEDS: u64 = 60;

/// Runs of the keeper that may fail.
const RUNS: usize = 12;

/// Invocations of a seed at the most.
const CALLS: usize = 40;

/// Their times span some minutes.
const FLOW: &str = "voyages: CAST_OFF > MOORED within 30s";

#[tokio::test]
async fn what_is_missing_is_told_once_and_what_is_late_is_counted_late() {
    for seed in 0..SEEDS {
        miss(seed).await.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
}

/// All of a seed's deliveries, then a look back at them while calls fail as the seed says.
async fn miss(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let deliveries = random.split(&streams(&seeded_calls(seed, CALLS), START_MS));
    let (embedded, told, schedule) = (Embedded::start(0, None).await.unwrap(), Told::default(), Schedule::new(seed));
    let flow: Flow = FLOW.parse().unwrap();
    let mut now_ms = START_MS + 1_800_000;
    for delivery in &deliveries {
        let process = Process::new(Function::Parser, &Schedule::without_faults());
        let context = parser(&process, &embedded, &told);
        lamplight_parser::handle(&delivery.payload(Envelope::Subscription).to_string(), &context, now_ms)
            .await
            .unwrap();
    }
    let before = told.published();
    let mut truth = fold(&deliveries);
    let expected = follow(&mut truth, std::slice::from_ref(&flow), now_ms).remove(0).1;
    set_flow(&embedded.table(), FLOW).await;
    embedded.table().look_back(&flow, START_MS - 3_600_000, now_ms).await.unwrap();
    for run in 0..=RUNS {
        if run == RUNS {
            schedule.end();
            schedule.catch_up(true).await;
        }
        now_ms += 61_000;
        if random.below(3) == 0 {
            tokio::join!(keep(&embedded, &told, &schedule, now_ms), keep(&embedded, &told, &schedule, now_ms));
        } else {
            keep(&embedded, &told, &schedule, now_ms).await;
        }
        schedule.catch_up(random.below(2) == 0).await;
    }
    // What was claimed by those who died is sent a minute later.
    keep(&embedded, &told, &schedule, now_ms + 120_000).await;
    same("the flow", &lead_times(&embedded.table(), &flow, now_ms).await, &expected)?;
    let mut counted = BTreeMap::new();
    for (key, minutes) in &truth.functions {
        let kept = embedded.table().rollups(key, START_MS - 3_600_000, now_ms, now_ms).await.unwrap();
        counted.insert(key.clone(), (sum(kept.values()).issues, sum(minutes.values()).issues));
    }
    for (key, (kept, expected)) in counted {
        same(&format!("the issues of {key}"), &kept, &expected)?;
    }
    let missing = truth.issues.values().filter(|issue| issue.title.contains("(voyages)")).count();
    let ids: std::collections::BTreeSet<_> =
        told.take().iter().map(|message| message["alert_id"].as_str().unwrap().to_owned()).collect();
    same("the issues that were told", &ids.len(), &(before + missing))
}

/// A run of the keeper that may die.
async fn keep(embedded: &Embedded, told: &Told, schedule: &std::sync::Arc<Schedule>, now_ms: i64) {
    let process = Process::new(Function::Keeper, schedule);
    let topic = Topic { process: process.clone(), told };
    let context =
        lamplight_keeper::Context { table: table(&process, embedded), topic, emails: lamplight_alerts::Emails::Show };
    let _ = process.live(Box::pin(lamplight_keeper::handle(&context, now_ms))).await;
}

/// What deliveries hold.
fn fold(deliveries: &[Stream]) -> Ledger {
    let mut ledger = Ledger::default();
    for stream in deliveries {
        let document = stream.document().to_string();
        ledger.add_delivery(&Delivery::read(&document, Some("eu-central-1")).unwrap(), ErrorLogs::Raise);
    }
    ledger
}
