//! A summary once a day or a week: what broke, what it cost, what has become slower.

use std::collections::BTreeMap;

use lamplight_alerts::secrets::mask;
use lamplight_alerts::summary::{Frequent, Slower, Summary, SummaryAlert, Total};
use lamplight_alerts::{Emails, Publish};
use lamplight_policy::summary::Period;
use lamplight_policy::{Document, Observed};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{Counter, Fingerprint, FunctionKey, Rollup, State};
use lamplight_table::{Stored, Table, TableError, Unsent};

use crate::context::Context;
use crate::handler::{Answer, publish};

/// How long after the end: by then late deliveries are in.
const LAG_MS: i64 = 300_000;

/// How long after the end a summary is still worth reading.
const WORTH_MS: i64 = 2 * 3_600_000;

/// Issues and functions that are named.
const NAMED: usize = 5;

/// Invocations below which a percentile says little.
const FEW: u64 = 20;

/// How much slower a function is that has become slower.
const SLOWER: f64 = 1.2;

/// Tells what a period was like that has just ended, once.
pub(crate) async fn summarise<P: Publish>(
    context: &Context<P>,
    document: &Document,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let Some(policy) = &document.summary else {
        return Ok(());
    };
    let period = policy.latest(now_ms);
    let is_due = (LAG_MS..WORTH_MS).contains(&(now_ms - period.until_ms));
    if !is_due || context.table.is_summarised(period.until_ms).await? {
        return Ok(());
    }
    let mut reading = Reading { table: &context.table, now_ms, counts: BTreeMap::new(), slower: Vec::new() };
    let (total, before) = reading.totals(period).await?;
    let issues = context.table.issues().await?;
    let within = |at_ms: Option<i64>| at_ms.is_some_and(|at_ms| (period.from_ms..period.until_ms).contains(&at_ms));
    let count = |is_meant: &dyn Fn(&Stored) -> bool| issues.iter().filter(|stored| is_meant(stored)).count();
    let is_new = |stored: &Stored| within(Some(stored.issue.first_seen_ms));
    let summary = Summary {
        every: policy.every.name().to_owned(),
        from: rfc3339(period.from_ms),
        until: rfc3339(period.until_ms),
        total,
        before,
        new: count(&is_new),
        regressed: count(&|stored| within(stored.life.opened_ms) && !is_new(stored)),
        escalated: count(&|stored| within(stored.life.told_ms)),
        resolved: count(&|stored| stored.state == State::Resolved && within(stored.life.resolved_ms)),
        issues: frequent(&issues, &reading.counts, context.emails),
        slower: slowest(reading.slower),
        to: policy.to.clone(),
    };
    let alert_id = format!("summary-{:x}", period.until_ms);
    let body = SummaryAlert::new(&alert_id, summary).to_json();
    let unsent = Unsent::alert(alert_id, body, now_ms);
    if context.table.claim_summary(period.until_ms, &unsent).await? {
        publish(context, &unsent, answer).await?;
    }
    Ok(())
}

/// What is read of the functions.
struct Reading<'t> {
    table: &'t Table,
    now_ms: i64,
    /// How often each issue occurred in the period.
    counts: BTreeMap<Fingerprint, u64>,
    /// The functions that have become slower, with the milliseconds that it cost.
    slower: Vec<(f64, Slower)>,
}

impl Reading<'_> {
    /// All functions together, in the period and in the one before.
    async fn totals(&mut self, period: Period) -> Result<(Total, Total), TableError> {
        let Period { from_ms, until_ms } = period;
        let (mut total, mut before) = (Sum::default(), Sum::default());
        for function in self.table.functions().await? {
            let earlier = self.rollup(&function, from_ms - (until_ms - from_ms), from_ms).await?;
            let rollup = self.rollup(&function, from_ms, until_ms).await?;
            for (fingerprint, count) in occurrences([&rollup].into_iter()) {
                *self.counts.entry(fingerprint).or_default() += count;
            }
            self.slower.extend(slower(&function, &rollup, &earlier));
            total.add(&function, &rollup);
            before.add(&function, &earlier);
        }
        Ok((total.total(), before.total()))
    }

    async fn rollup(&self, function: &FunctionKey, from_ms: i64, until_ms: i64) -> Result<Rollup, TableError> {
        let mut sum = Rollup::default();
        for rollup in self.table.rollups(function, from_ms, until_ms, self.now_ms).await?.values() {
            sum.merge(rollup);
        }
        Ok(sum)
    }
}

/// Functions together.
#[derive(Default)]
struct Sum {
    invocations: u64,
    failed: u64,
    observed: Observed,
}

impl Sum {
    fn add(&mut self, function: &FunctionKey, rollup: &Rollup) {
        self.invocations += rollup.get(Counter::Invocations);
        self.failed += rollup.get(Counter::Failed);
        self.observed.add(function, rollup);
    }

    fn total(&self) -> Total {
        Total { invocations: self.invocations, failed: self.failed, cost_usd: self.observed.cost_usd() }
    }
}

/// How much slower a function has become, with the milliseconds that it cost.
fn slower(function: &FunctionKey, rollup: &Rollup, earlier: &Rollup) -> Option<(f64, Slower)> {
    if rollup.durations.count().min(earlier.durations.count()) < FEW {
        return None;
    }
    let p95_ms = rollup.durations.percentile_us(0.95)? / 1000.0;
    let before_ms = earlier.durations.percentile_us(0.95)? / 1000.0;
    #[allow(clippy::cast_precision_loss, reason = "an order does not need 53 bits")]
    let cost_ms = (p95_ms - before_ms) * rollup.durations.count() as f64;
    let slower = Slower { function: function.function.clone(), p95_ms, before_ms };
    (p95_ms > before_ms * SLOWER).then_some((cost_ms, slower))
}

fn slowest(mut slower: Vec<(f64, Slower)>) -> Vec<Slower> {
    slower.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    slower.into_iter().take(NAMED).map(|(_, slower)| slower).collect()
}

fn frequent(issues: &[Stored], counts: &BTreeMap<Fingerprint, u64>, emails: Emails) -> Vec<Frequent> {
    let mut frequent: Vec<_> = issues
        .iter()
        .filter_map(|stored| Some((stored, *counts.get(&stored.fingerprint).filter(|count| **count > 0)?)))
        .collect();
    frequent.sort_by_key(|(stored, count)| (std::cmp::Reverse(*count), stored.fingerprint));
    let named = frequent.into_iter().take(NAMED).map(|(stored, count)| Frequent {
        fingerprint: stored.fingerprint.to_string(),
        title: mask(&stored.issue.title, emails),
        function: stored.issue.key.function.clone(),
        count,
    });
    named.collect()
}
