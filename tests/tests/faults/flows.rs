//! A milestone that does not come in time is counted once and told once, whatever fails and whoever dies, and what comes
//! late is counted as late.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lamplight_embedded::Embedded;
use lamplight_logs::Delivery;
use lamplight_rollup::flow::follow;
use lamplight_rollup::{ErrorLogs, Fingerprint, Flow, FunctionKey, Ledger};
use lamplight_tests::calls::{seeded_calls, streams};
use lamplight_tests::delivery::{Envelope, Random, Stream};
use lamplight_tests::telling::set_flow;

use crate::schedule::{Function, Process, Schedule};
use crate::world::{START_MS, Told, Topic, lead_times, parser, same, sum, table};

/// Schedules that are tried.
const SEEDS: u64 = 30;

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
        come_late(seed).await.unwrap_or_else(|wrong| panic!("seed {seed}, late: {wrong}"));
    }
}

/// Nothing that is asked of one of them is answered.
#[tokio::test]
async fn a_look_that_takes_too_long_is_put_off_and_keeps_no_other_waiting() {
    let following = Following::start(0).await;
    set_flow(&following.embedded.table(), FLOW).await;
    for i in 0..5 {
        let line = format!(r#"{{"milestone":"CAST_OFF","trace_id":"t-{i}"}}"#);
        following.deliver(&Stream::of("ferry", &[(following.now_ms, &line)])).await;
    }
    let started = async || {
        let flow = FLOW.parse().unwrap();
        let hours = lead_times(&following.embedded.table(), &flow, following.now_ms).await;
        hours.values().map(|hour| hour.started).sum::<u64>()
    };
    let work = async |schedule: &Arc<Schedule>, now_ms: i64| {
        let table = table(&Process::new(Function::Keeper, schedule), &following.embedded);
        let topic = &lamplight_tests::telling::Topic::default();
        let context = lamplight_keeper::Context { table, topic, emails: lamplight_alerts::Emails::Show };
        lamplight_keeper::handle(&context, now_ms).await
    };
    let silent = Schedule::without_faults();
    silent.silence("trace#t-2");
    let answer = work(&silent, following.now_ms + 1).await.unwrap();
    assert_eq!((answer.put_off, answer.given_up, answer.overdue_s, started().await), (1, 0, None, 4));
    let answer = work(&Schedule::without_faults(), following.now_ms + 61_000).await.unwrap();
    assert_eq!((answer.put_off, started().await), (0, 5));
}

/// A table that takes a seed's deliveries and is looked at by keepers that may die.
struct Following {
    embedded: Embedded,
    told: Told,
    schedule: Arc<Schedule>,
    random: Random,
    now_ms: i64,
}

impl Following {
    async fn start(seed: u64) -> Self {
        Self {
            embedded: Embedded::start(0, None).await.unwrap(),
            told: Told::default(),
            schedule: Schedule::new(seed),
            random: Random::new(seed),
            now_ms: START_MS + 1_800_000,
        }
    }

    async fn deliver(&self, delivery: &Stream) {
        let process = Process::new(Function::Parser, &Schedule::without_faults());
        let context = parser(&process, &self.embedded, &self.told);
        let payload = delivery.payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, self.now_ms).await.unwrap();
    }

    /// A minute later, one or two runs of the keeper at once.
    async fn look(&mut self) {
        self.now_ms += 61_000;
        if self.random.below(3) == 0 {
            tokio::join!(self.keep(), self.keep());
        } else {
            self.keep().await;
        }
        self.schedule.catch_up(self.random.below(2) == 0).await;
    }

    async fn keep(&self) {
        keep(&self.embedded, &self.told, &self.schedule, self.now_ms).await;
    }

    /// Looks while calls fail, and then until all is done.
    async fn settle(&mut self) {
        for _ in 0..RUNS {
            self.look().await;
        }
        self.schedule.end();
        self.schedule.catch_up(true).await;
        self.look().await;
        // What was claimed by those who died is sent a minute later.
        self.now_ms += 120_000;
        self.keep().await;
    }

    /// How often each function's issues occurred.
    async fn issues(&self, function: &FunctionKey) -> BTreeMap<Fingerprint, u64> {
        let from_ms = START_MS - 3_600_000;
        let kept = self.embedded.table().rollups(function, from_ms, self.now_ms, self.now_ms).await.unwrap();
        sum(kept.values()).issues
    }
}

fn deliveries(seed: u64) -> Vec<Stream> {
    Random::new(seed).split(&streams(&seeded_calls(seed, CALLS), START_MS))
}

/// All of a seed's deliveries, then a look back at them while calls fail as the seed says.
async fn miss(seed: u64) -> Result<(), String> {
    let (deliveries, flow) = (deliveries(seed), FLOW.parse::<Flow>().unwrap());
    let mut following = Following::start(seed).await;
    for delivery in &deliveries {
        following.deliver(delivery).await;
    }
    let before = following.told.published();
    let mut truth = fold(&deliveries);
    let expected = follow(&mut truth, std::slice::from_ref(&flow), following.now_ms).remove(0).1;
    let table = following.embedded.table();
    set_flow(&table, FLOW).await;
    table.look_back(&flow, START_MS - 3_600_000, following.now_ms).await.unwrap();
    following.settle().await;
    same("the flow", &lead_times(&table, &flow, following.now_ms).await, &expected)?;
    for (key, minutes) in &truth.functions {
        same(&format!("the issues of {key}"), &following.issues(key).await, &sum(minutes.values()).issues)?;
    }
    let missing = truth.issues.values().filter(|issue| issue.title.contains("(voyages)")).count();
    let told = following.told.take();
    let ids: BTreeSet<_> = told.iter().map(|message| message["alert_id"].as_str().unwrap().to_owned()).collect();
    same("the issues that were told", &ids.len(), &(before + missing))
}

/// Deliveries come late, while keepers look and die: figures are exact, and no passage is told of twice.
async fn come_late(seed: u64) -> Result<(), String> {
    let (deliveries, flow) = (deliveries(seed), FLOW.parse::<Flow>().unwrap());
    let mut following = Following::start(seed).await;
    let table = following.embedded.table();
    set_flow(&table, FLOW).await;
    for delivery in &deliveries {
        following.deliver(delivery).await;
        if following.random.below(2) == 0 {
            following.look().await;
        }
    }
    following.settle().await;
    let mut truth = fold(&deliveries);
    let expected = follow(&mut truth, std::slice::from_ref(&flow), following.now_ms).remove(0).1;
    same("the flow", &lead_times(&table, &flow, following.now_ms).await, &expected)?;
    let of_flow = |fingerprint: &Fingerprint, issues: &BTreeMap<Fingerprint, String>| {
        issues.get(fingerprint).is_some_and(|title| title.contains("(voyages)"))
    };
    let stored = table.issues().await.unwrap();
    let titles = stored.into_iter().map(|stored| (stored.fingerprint, stored.issue.title)).collect();
    let mut told = 0;
    for key in truth.functions.keys() {
        let issues = following.issues(key).await;
        told += issues.iter().filter(|(issue, _)| of_flow(issue, &titles)).map(|(_, count)| count).sum::<u64>();
    }
    let (missing, started) = expected.values().fold((0, 0), |sum, hour| (sum.0 + hour.missing, sum.1 + hour.started));
    if (missing..=started).contains(&told) {
        Ok(())
    } else {
        Err(format!("{told} were told, of {missing} to {started}"))
    }
}

/// A run of the keeper that may die.
async fn keep(embedded: &Embedded, told: &Told, schedule: &Arc<Schedule>, now_ms: i64) {
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
