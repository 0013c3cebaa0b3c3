//! Everything around the handlers: who delivers, who asks again, and what reaches Slack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_alerts::{Emails, Notice, Publish, SlackMessage};
use lamplight_embedded::{Embedded, TABLE};
use lamplight_logs::Delivery;
use lamplight_notifier::{Post, PostError};
use lamplight_rollup::flow::{LeadTimes, follow};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::{ErrorLogs, Flow, Ledger, Rollup, State};
use lamplight_table::{Table, Tuning};
use lamplight_tests::calls::{seeded_calls, streams};
use lamplight_tests::delivery::{Envelope, Random, Stream, batch};
use lamplight_tests::telling::{self, DeadLetters, failures, queue_event};
use serde_json::Value;

use crate::metrics;
use crate::schedule::{Fault, Function, Process, Schedule};

/// 2026-11-20T08:40:00Z: the first event.
pub const START_MS: i64 = 1_795_164_000_000;

/// What passes between one thing and the next: longer than a process holds what it has claimed.
const STEP_MS: i64 = 200_000;

const MINUTE_MS: i64 = 60_000;

pub const HOUR_MS: i64 = 3_600_000;

/// What is watched. The window is as long as one may be that is looked at each minute.
const WATCHES: &str = r#"
[[watch]]
name = "each"
when = "errors > 0 over 1 h"

[[watch]]
name = "together"
when = "p99 duration > 1 s over 1 h"
each = "all"
"#;

/// A flow of which nobody is told: its limit is over when all else is.
const FLOW: &str = "voyages: CAST_OFF > MOORED within 7d";

/// The topic and Slack: what they were told.
#[derive(Debug, Default)]
pub struct Told {
    /// Messages of the topic that the notifier has not taken yet.
    waiting: Mutex<Vec<Value>>,
    /// The alerts that were posted, and whether the table has heard of it: from then on none is posted again.
    posts: Mutex<BTreeMap<String, bool>>,
    /// The alerts that processes have posted which are still at work: no other may post them.
    posting: Mutex<BTreeSet<String>>,
    /// What should not have happened.
    wrong: Mutex<Vec<String>>,
}

impl Told {
    /// How many messages the topic was given and the notifier has not taken.
    pub fn published(&self) -> usize {
        self.waiting.lock().unwrap().len()
    }

    /// Takes the messages that the topic was given.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.waiting.lock().unwrap())
    }
}

/// The topic, as a process sees it.
pub struct Topic<'w> {
    pub process: Process,
    pub told: &'w Told,
}

/// The topic did not take a message, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("the topic: {0:?}")]
pub struct Unpublished(Fault);

impl Publish for Topic<'_> {
    type Error = Unpublished;

    async fn publish(&self, message: &str) -> Result<(), Unpublished> {
        let take = async {
            self.told.waiting.lock().unwrap().push(serde_json::from_str(message).unwrap());
            Ok(())
        };
        self.process.call("Publish", message.as_bytes(), take, |fault| Err(Unpublished(fault))).await
    }
}

/// Slack, as the notifier sees it while it tells of one alert.
struct Slack<'w> {
    process: Process,
    told: &'w Told,
    alert_id: String,
    has_posted: AtomicBool,
}

impl Post for &Slack<'_> {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        let said = serde_json::to_vec(&SlackMessage::telling(notices)).unwrap();
        let take = async {
            self.has_posted.store(true, Ordering::SeqCst);
            let is_heard = *self.told.posts.lock().unwrap().entry(self.alert_id.clone()).or_default();
            let is_first = self.told.posting.lock().unwrap().insert(self.alert_id.clone());
            if is_heard || !is_first {
                self.told.wrong.lock().unwrap().push(format!("{} was posted again", self.alert_id));
            }
            Ok(())
        };
        let later = |_| Err(PostError::Later { status: 503, reason: "as scheduled".to_owned() });
        let posted = self.process.call("Post", &said, take, later).await;
        if posted.is_err() {
            // It took effect unheard: this process gives the right to post back, so that another may post it again.
            self.is_done();
        }
        posted
    }
}

impl Slack<'_> {
    /// This process does not post the alert any more.
    fn is_done(&self) {
        if self.has_posted.swap(false, Ordering::SeqCst) {
            self.told.posting.lock().unwrap().remove(&self.alert_id);
        }
    }
}

/// One run: a table, deliveries that come as they like, and a schedule of faults.
pub struct World {
    schedule: Arc<Schedule>,
    random: Random,
    embedded: Embedded,
    told: Told,
    deliveries: Vec<Stream>,
    now_ms: i64,
}

impl World {
    /// The world of a seed.
    pub async fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let calls = seeded_calls(seed, 3 + random.below(14));
        let mut streams = streams(&calls, START_MS);
        streams.push(metrics::stream(&mut random));
        let deliveries = random.split(&streams);
        let embedded = Embedded::start(0, None).await.unwrap();
        telling::apply(&embedded.table(), WATCHES).await;
        telling::set_flow(&embedded.table(), FLOW).await;
        Self {
            schedule: Schedule::new(seed),
            random,
            embedded,
            told: Told::default(),
            deliveries,
            now_ms: START_MS + HOUR_MS / 2,
        }
    }

    /// What goes wrong in it, and what was asked for.
    pub fn schedule(&self) -> Arc<Schedule> {
        Arc::clone(&self.schedule)
    }

    /// Delivers until everything was taken, then once more without faults; what is wrong then.
    pub async fn run(mut self) -> Result<(), String> {
        let mut waiting: Vec<Vec<usize>> = Vec::new();
        for delivery in 0..self.deliveries.len() {
            match waiting.last_mut() {
                Some(together) if self.random.below(3) == 0 => together.push(delivery),
                _ => waiting.push(vec![delivery]),
            }
        }
        // Lambda gives up after a time, and somebody puts the rest through again: that is the end, without faults.
        let mut tries = 3 * waiting.len();
        while !waiting.is_empty() && tries > 0 {
            tries -= 1;
            let next = waiting.swap_remove(self.random.below(waiting.len()));
            let is_taken = self.deliver(&next).await;
            match (is_taken, self.random.below(4)) {
                // What was taken may come again.
                (true, 0) => waiting.push(next),
                (true, _) => {}
                // What was not comes again, as it was or in two halves.
                (false, 0) if next.len() > 1 => {
                    let (first, second) = next.split_at(next.len() / 2);
                    waiting.extend([first.to_vec(), second.to_vec()]);
                }
                (false, _) => waiting.push(next),
            }
            match self.random.below(5) {
                0 => self.keep().await,
                1 | 2 => self.notify().await,
                _ => {}
            }
            self.schedule.catch_up(self.random.below(2) == 0).await;
            self.now_ms += STEP_MS;
        }
        self.schedule.end();
        self.schedule.catch_up(true).await;
        for next in waiting {
            self.deliver(&next).await;
        }
        let again = self.random.below(self.deliveries.len());
        self.deliver(&[again]).await;
        self.settle().await;
        self.check().await?;
        // Nothing that comes again changes anything, hours later and after everything was rolled up.
        for delivery in 0..self.deliveries.len() {
            self.deliver(&[delivery]).await;
        }
        self.settle().await;
        self.check().await.map_err(|wrong| format!("after the repetition of everything: {wrong}"))?;
        self.end_watches().await?;
        assert!(self.embedded.table().remove_flow("voyages").await.unwrap());
        self.age().await
    }

    /// Waits until nobody has anything left to do.
    async fn settle(&mut self) {
        for _ in 0..8 {
            self.now_ms += 5 * STEP_MS;
            self.keep().await;
            self.notify().await;
        }
        // An hour is computed every quarter, and those who were told of an escalation are left alone for an hour.
        let pending = self.embedded.table().pending().await.unwrap();
        for _ in 0..16 {
            self.now_ms += MINUTE_MS;
            if pending.iter().any(|pending| pending.is_due(self.now_ms)) {
                self.keep().await;
                self.notify().await;
            }
        }
    }

    /// Nothing is watched any more: each watch that fired was told once, and that it ended once.
    async fn end_watches(&mut self) -> Result<(), String> {
        telling::apply(&self.embedded.table(), "").await;
        self.settle().await;
        same("what fires", &self.embedded.table().firing().await.unwrap(), &Vec::new())?;
        let posts = self.told.posts.lock().unwrap();
        let watches = |state: &str| -> BTreeSet<String> {
            posts.keys().filter_map(|id| id.strip_prefix("watch-")?.strip_suffix(state).map(str::to_owned)).collect()
        };
        let ended: BTreeSet<_> = watches("-ok").union(&watches("-ended")).cloned().collect();
        same("the watches that were told to end", &ended, &watches("-firing"))?;
        same("the watches that ended twice", &watches("-ok").intersection(&watches("-ended")).count(), &0)
    }

    /// Days later, in the first minute of an hour.
    async fn age(&mut self) -> Result<(), String> {
        for (days, expected) in [(2, State::Ongoing), (15, State::Resolved)] {
            let later_ms = self.now_ms + days * 24 * HOUR_MS;
            self.now_ms = later_ms - later_ms % HOUR_MS;
            self.keep().await;
            let stored = self.embedded.table().issues().await.unwrap();
            let wrong: Vec<_> = stored.iter().filter(|stored| stored.state != expected).collect();
            same(&format!("the issues that are not {} in time", expected.name()), &wrong, &Vec::new())?;
        }
        // What time resolves is told as well, once.
        self.notify().await;
        let truth = self.truth();
        let posts: Vec<_> = self.told.posts.lock().unwrap().keys().cloned().collect();
        let resolved = posts.iter().filter_map(|id| Some(id.split_once("-resolved-")?.0.to_owned()));
        let raised: Vec<_> = truth.issues.keys().map(ToString::to_string).collect();
        same("the issues that were told to be resolved", &resolved.collect(), &raised)?;
        self.told_rightly(&truth)
    }

    /// Hands deliveries to a parser, or to two at once; whether one of them took them.
    async fn deliver(&mut self, together: &[usize]) -> bool {
        let mut streams: Vec<_> = together.iter().map(|i| &self.deliveries[*i]).collect();
        if self.random.below(5) == 0 {
            streams.push(streams[0]);
        }
        let payload = match streams[..] {
            [one] => one.payload(Envelope::Subscription),
            _ => batch(&streams.iter().map(|stream| stream.packed()).collect::<Vec<_>>()),
        };
        let payload = payload.to_string();
        if self.random.below(6) == 0 {
            let (one, other) = tokio::join!(self.parse(&payload), self.parse(&payload));
            one || other
        } else {
            self.parse(&payload).await
        }
    }

    async fn parse(&self, payload: &str) -> bool {
        let process = Process::new(Function::Parser, &self.schedule);
        let context = parser(&process, &self.embedded, &self.told);
        let handled = process.live(Box::pin(lamplight_parser::handle(payload, &context, self.now_ms))).await;
        matches!(handled, Some(Ok(answer)) if answer.batch_item_failures.is_empty())
    }

    async fn keep(&self) {
        let process = Process::new(Function::Keeper, &self.schedule);
        let topic = Topic { process: process.clone(), told: &self.told };
        let context = lamplight_keeper::Context { table: table(&process, &self.embedded), topic, emails: Emails::Show };
        // What it did not come to, the next one does.
        let _ = process.live(Box::pin(lamplight_keeper::handle(&context, self.now_ms))).await;
    }

    /// Hands what the topic took to a notifier, or to two at once.
    async fn notify(&mut self) {
        for message in self.told.take() {
            let is_told = if self.random.below(4) == 0 {
                let (one, other) = tokio::join!(self.tell(&message), self.tell(&message));
                one || other
            } else {
                self.tell(&message).await
            };
            if !is_told {
                self.told.waiting.lock().unwrap().push(message);
            }
        }
    }

    async fn tell(&self, message: &Value) -> bool {
        let process = Process::new(Function::Notifier, &self.schedule);
        let alert_id = message["alert_id"].as_str().unwrap().to_owned();
        let has_posted = AtomicBool::new(false);
        let slack = Slack { process: process.clone(), told: &self.told, alert_id: alert_id.clone(), has_posted };
        let context = lamplight_notifier::Context {
            table: table(&process, &self.embedded),
            receivers: &slack,
            dead_letters: &DeadLetters::default(),
        };
        let event = queue_event(std::slice::from_ref(message));
        let handled = process.live(Box::pin(lamplight_notifier::handle(event, &context, self.now_ms))).await;
        let is_told = matches!(handled, Some(Ok(answer)) if failures(&answer).is_empty());
        let is_heard = self.is_heard(&alert_id).await;
        slack.is_done();
        if is_told {
            match self.told.posts.lock().unwrap().get_mut(&alert_id) {
                Some(heard) => *heard = is_heard,
                None => self.told.wrong.lock().unwrap().push(format!("{alert_id} was never posted")),
            }
        }
        is_told
    }

    /// Whether the table has heard that an alert was posted.
    async fn is_heard(&self, alert_id: &str) -> bool {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let get = self.embedded.client().get_item().table_name(TABLE).key("sk", text("posted"));
        let got = get.key("pk", text(&format!("alert#{alert_id}"))).send().await.unwrap();
        got.item.is_some_and(|item| !item.contains_key("leased_until_ms"))
    }

    /// What the deliveries hold, each counted once.
    fn truth(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for stream in &self.deliveries {
            let document = stream.document().to_string();
            let delivery = Delivery::read(&document, Some("eu-central-1")).unwrap();
            ledger.add_delivery(&delivery, ErrorLogs::Raise);
        }
        ledger.transactions.join_reports();
        ledger
    }

    async fn check(&self) -> Result<(), String> {
        let (truth, table) = (self.truth(), self.embedded.table());
        let known: BTreeSet<_> = table.functions().await.unwrap().into_iter().collect();
        let expected: BTreeSet<_> = truth.functions.keys().map(|key| (**key).clone()).collect();
        same("the functions", &known, &expected)?;
        for (key, minutes) in &truth.functions {
            let (from_ms, to_ms) = (START_MS - HOUR_MS, START_MS + HOUR_MS);
            let kept = table.rollups(key, from_ms, to_ms, self.now_ms).await.unwrap();
            same(&format!("the rollups of {key}"), &sum(kept.values()), &sum(minutes.values()))?;
        }
        let issues: BTreeMap<_, _> =
            table.issues().await.unwrap().into_iter().map(|stored| (stored.fingerprint, stored.issue)).collect();
        same("the issues", &issues, &truth.issues)?;
        for (trace_id, story) in truth.transactions.stories() {
            let kept = table.transaction(trace_id).await.unwrap();
            same(&format!("the transaction {trace_id}"), &kept, &story)?;
        }
        let flow: Flow = FLOW.parse().unwrap();
        let expected = follow(&mut truth.clone(), std::slice::from_ref(&flow), self.now_ms).remove(0).1;
        same("the flow", &lead_times(&table, &flow, self.now_ms).await, &expected)?;
        metrics::check(&truth, &table).await?;
        self.told_rightly(&truth)
    }

    /// Whether each issue was told by exactly one alert when it was new, and by one more for what it has escalated to.
    fn told_rightly(&self, truth: &Ledger) -> Result<(), String> {
        let posts = self.told.posts.lock().unwrap();
        same("the wrong posts", &*self.told.wrong.lock().unwrap(), &Vec::new())?;
        let mut told = Vec::new();
        let mut escalated: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for alert_id in posts.keys().filter(|alert_id| !alert_id.starts_with("watch-")) {
            match alert_id.split('-').collect::<Vec<_>>()[..] {
                [issue, _] => told.push(issue.to_owned()),
                [_, "resolved", _] => {}
                [issue, _, threshold] => {
                    escalated.entry(issue.to_owned()).or_default().push(threshold.parse().unwrap());
                }
                _ => return Err(format!("{alert_id} is no id of an alert")),
            }
        }
        let raised: Vec<_> = truth.issues.keys().map(ToString::to_string).collect();
        same("the issues that were told, each by one alert", &told, &raised)?;
        let counts = occurrences(truth.functions.values().flat_map(BTreeMap::values));
        let crossed = counts.iter().filter(|(_, count)| **count >= 10);
        let crossed: BTreeMap<_, _> = crossed.map(|(issue, count)| (issue.to_string(), thresholds(*count))).collect();
        same("the escalations that were told, each by one alert", &escalated, &crossed)
    }
}

/// What the passages of a flow add up to, by hours that have any.
pub async fn lead_times(table: &Table, flow: &Flow, now_ms: i64) -> BTreeMap<i64, LeadTimes> {
    let hours = table.lead_times(flow, START_MS - HOUR_MS, START_MS + HOUR_MS, now_ms).await.unwrap();
    hours.into_iter().filter(|(_, hour)| *hour != LeadTimes::default()).collect()
}

/// The powers of ten that a count reaches. A world is too small to go from one to the next within an hour.
fn thresholds(count: u64) -> Vec<u64> {
    (1..=count.ilog10()).map(|exponent| 10_u64.pow(exponent)).collect()
}

/// The table, as a process sees it. Items are full soon, so that they go on beside.
pub fn table(process: &Process, embedded: &Embedded) -> Table {
    let tuning = Tuning { deliveries_an_item: 3, ..Tuning::default() };
    Table::new(process.client(&embedded.url()), TABLE).tuned(tuning)
}

/// A parser that lives in this process.
pub fn parser<'w>(process: &Process, embedded: &Embedded, told: &'w Told) -> lamplight_parser::Context<Topic<'w>> {
    telling::parser(table(process, embedded), Topic { process: process.clone(), told })
}

pub fn sum<'r>(rollups: impl Iterator<Item = &'r Rollup>) -> Rollup {
    let mut sum = Rollup::default();
    rollups.for_each(|rollup| sum.merge(rollup));
    sum
}

pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what} are {got:#?}, not {expected:#?}")) }
}
