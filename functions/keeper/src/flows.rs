//! Transactions that are due. On their way through flows, what became of them is counted, and a milestone that did not
//! come in time is told; those that failed are kept longer.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_alerts::Publish;
use lamplight_recording::{Reading, Recorder};
use lamplight_rollup::flow::{Missing, Outcome, Passed};
use lamplight_rollup::{Excess, Flow, Transaction};
use lamplight_table::{Change, Due, PassageKey, TableError};

use crate::context::Context;
use crate::handler::Answer;

/// Transactions that are looked at together.
const TOGETHER: usize = 200;

/// Times that as many are looked at in a run; what is left is due in the next one.
const ROUNDS: usize = 50;

/// Looks at the transactions that are due.
///
/// # Errors
///
/// [`TableError`]; what was not looked at is still due.
pub async fn follow<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    let flows: Vec<_> = context.table.flows().await?.into_iter().map(|stored| stored.flow).collect();
    for _ in 0..ROUNDS {
        let due = context.table.due(now_ms, TOGETHER).await?;
        if due.is_empty() {
            break;
        }
        for lasting in due.iter().filter(|due| due.is_lasting) {
            context.table.let_last(&lasting.id, now_ms).await?;
        }
        if !look_at(&due, &flows, context, now_ms, answer).await? {
            break;
        }
        context.table.strike_due(&due).await?;
    }
    Ok(())
}

/// Counts what became of transactions in flows, and tells what is missing; whether nobody else did so meanwhile, perhaps
/// by less than is known here.
async fn look_at<P: Publish>(
    due: &[Due],
    flows: &[Flow],
    context: &Context<P>,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<bool, TableError> {
    if flows.is_empty() {
        return Ok(true);
    }
    let look = Look::at(context, flows, due, now_ms).await?;
    let readings = look.missing();
    let recorder = Recorder { table: &context.table, topic: &context.topic, emails: context.emails };
    answer.alerts += recorder.record(&readings, now_ms).await?;
    answer.missing += readings.len();
    let (changes, open) = look.changes();
    context.table.put_due(&open, now_ms).await?;
    context.table.count_passages(&changes, now_ms).await
}

/// One look at transactions.
struct Look<'f> {
    flows: &'f [Flow],
    ids: BTreeSet<String>,
    before: BTreeMap<PassageKey, Passed>,
    stories: BTreeMap<String, Transaction>,
    now_ms: i64,
}

impl<'f> Look<'f> {
    async fn at<P>(context: &Context<P>, flows: &'f [Flow], due: &[Due], now_ms: i64) -> Result<Self, TableError> {
        let table = &context.table;
        let names: Vec<_> = flows.iter().map(|flow| flow.name.as_str()).collect();
        let ids: BTreeSet<_> = due.iter().map(|due| due.id.clone()).collect();
        // What is counted is read before what is known: so what is known is never older than what was counted by it.
        let before = table.passed(&names, &ids).await?;
        let stories = table.stories(ids.clone()).await?;
        let mut look = Self { flows, ids, before, stories, now_ms };
        // What was said of a correlation id may be part of the stories of traces.
        let others: BTreeSet<_> = look.stories.keys().filter(|id| !look.ids.contains(*id)).cloned().collect();
        if !others.is_empty() {
            look.before.extend(table.passed(&names, &others).await?);
            look.stories.extend(table.stories(others.clone()).await?);
            look.ids.extend(others);
        }
        Ok(look)
    }

    /// What is to be counted of a passage.
    fn after(&self, flow: &Flow, id: &str) -> Option<Passed> {
        Some(flow.passage(self.stories.get(id)?)?.passed(self.now_ms))
    }

    fn before(&self, flow: &Flow, id: &str) -> Option<Passed> {
        self.before.get(&(flow.name.clone(), id.to_owned())).copied()
    }

    fn passages(&self) -> impl Iterator<Item = (&'f Flow, &String)> {
        self.flows.iter().flat_map(|flow| self.ids.iter().map(move |id| (flow, id)))
    }

    /// The occurrences of milestones that did not come in time, of which nobody was told.
    fn missing(&self) -> Vec<Reading> {
        let is_missing = |passed: &Option<Passed>| passed.is_some_and(|passed| passed.outcome == Outcome::Missing);
        let news = self
            .passages()
            .filter(|(flow, id)| is_missing(&self.after(flow, id)) && !is_missing(&self.before(flow, id)));
        let readings = news.filter_map(|(flow, id)| {
            let missing = Missing::of(flow, self.stories.get(id)?)?;
            let (delivery, ledger) = (missing.identity(id), missing.ledger(id));
            Some(Reading { delivery, ledger, excess: Excess::default() })
        });
        readings.collect()
    }

    /// What is to be counted in another way than before, and the transactions that are to be looked at when their limit
    /// is over.
    fn changes(&self) -> (Vec<Change>, Vec<Due>) {
        let (mut changes, mut open) = (Vec::new(), Vec::new());
        for (flow, id) in self.passages() {
            let (before, after) = (self.before(flow, id), self.after(flow, id));
            if before != after {
                changes.push(Change { key: (flow.name.clone(), id.clone()), before, after });
            }
            if let Some(after) = after.filter(|after| after.outcome == Outcome::Open) {
                open.push(Due::at(after.started_ms.saturating_add(flow.limit_ms + 1), &flow.name, id));
            }
        }
        (changes, open)
    }
}
