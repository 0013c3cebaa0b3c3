//! What is due of transactions: on their way through flows, what became of them is counted, and a milestone that did not
//! come in time is told; those that failed are kept longer.
//!
//! That a milestone is missing is decided by the write that counts it, together with what is to be told: whoever comes
//! next tells the same, whatever is known by then.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_alerts::Publish;
use lamplight_recording::{Reading, Recorder};
use lamplight_rollup::flow::{Missing, MissingMilestone, Outcome, Passed};
use lamplight_rollup::time::UNKNOWN_MS;
use lamplight_rollup::{Excess, Family, Flow};
use lamplight_table::{Change, Counted, Due, PassageKey, TableError, Task};

use crate::context::Context;
use crate::handler::Answer;

/// What is read of each partition at once.
const READ: usize = 50;

/// Transactions that are looked at together: all of them are in memory.
const TOGETHER: usize = 10;

/// Calls that are under way at once.
const CONCURRENCY: usize = 8;

/// How long what is done together, and what is done of one transaction, may take: none keeps the others from it.
const LONG: Duration = Duration::from_secs(5);

/// When something that could not be done, or not in time, is tried again.
const AGAIN_MS: i64 = 10 * 60_000;

/// Does what is due, until nothing is. Two runs do not do so at once. It may be broken off anywhere.
///
/// # Errors
///
/// [`TableError`]; what was not done is still due.
pub async fn follow<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    if !context.table.begin_looking(now_ms).await? {
        return Ok(());
    }
    let (looked, kept) = futures_util::join!(look(context, now_ms, answer), keep(context, now_ms));
    context.table.end_looking().await?;
    looked.and(kept)
}

/// Looks at the transactions that are due.
async fn look<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    let flows: Vec<_> = context.table.flows().await?.into_iter().map(|stored| stored.flow).collect();
    loop {
        let due = by_id(context.table.due(Task::Look, now_ms, READ).await?);
        if due.is_empty() {
            return Ok(());
        }
        for some in due.chunks(TOGETHER) {
            let ids: Vec<_> = some.iter().map(|(id, _)| id.clone()).collect();
            if in_time(look_at(context, &flows, &ids, now_ms, answer)).await {
                context.table.strike_due(some.iter().flat_map(|(_, due)| due)).await?;
                continue;
            }
            for (id, due) in some {
                let is_done = in_time(look_at(context, &flows, std::slice::from_ref(id), now_ms, answer)).await;
                strike(context, due, is_done, now_ms).await?;
            }
        }
    }
}

/// Keeps longer what is due to be kept longer.
async fn keep<P>(context: &Context<P>, now_ms: i64) -> Result<(), TableError> {
    loop {
        let due = by_id(context.table.due(Task::Keep, now_ms, READ).await?);
        if due.is_empty() {
            return Ok(());
        }
        let calls: Vec<_> = due.iter().map(|(id, due)| keep_one(context, id, due, now_ms)).collect();
        stream::iter(calls).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    }
}

async fn keep_one<P>(context: &Context<P>, id: &str, due: &[Due], now_ms: i64) -> Result<(), TableError> {
    let is_done = in_time(context.table.let_last(id, now_ms)).await;
    strike(context, due, is_done, now_ms).await
}

/// What is due, by transaction.
fn by_id(due: Vec<Due>) -> Vec<(String, Vec<Due>)> {
    let mut by_id: BTreeMap<String, Vec<Due>> = BTreeMap::new();
    due.into_iter().for_each(|due| by_id.entry(due.id.clone()).or_default().push(due));
    by_id.into_iter().collect()
}

/// Whether something was done, and in time.
async fn in_time(doing: impl Future<Output = Result<(), TableError>>) -> bool {
    match tokio::time::timeout(LONG, doing).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::warn!(%error, "what is due could not be done"),
        Err(_) => tracing::warn!("what is due takes too long"),
    }
    false
}

/// Says that what was due of a transaction is done, or puts it off.
async fn strike<P>(context: &Context<P>, due: &[Due], is_done: bool, now_ms: i64) -> Result<(), TableError> {
    if !is_done {
        let again: Vec<_> = due.iter().take(1).map(|due| due.put_off(now_ms + AGAIN_MS)).collect();
        tracing::error!(id = again.first().map(|due| &due.id), "a transaction is put off");
        context.table.put_due(&again, now_ms).await?;
    }
    context.table.strike_due(due).await
}

/// Counts what became of transactions in flows, and tells what is missing. Whoever is refused since another did so
/// meanwhile fails.
async fn look_at<P: Publish>(
    context: &Context<P>,
    flows: &[Flow],
    ids: &[String],
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    if flows.is_empty() {
        return Ok(());
    }
    let reads: Vec<_> = ids.iter().map(|id| context.table.family(id)).collect();
    let families: Vec<Family> = stream::iter(reads).buffer_unordered(CONCURRENCY).try_collect().await?;
    let families: BTreeMap<_, _> = families.into_iter().map(|family| (family.id.clone(), family)).collect();
    let ids = families.values().flat_map(|family| &family.ids).cloned().collect();
    let before = context.table.passed(flows, &ids).await?;
    let look = Look { flows, families: families.into_values().collect(), before, now_ms };
    // Whoever counted these as missing may have died before they were told.
    let untold = look.before.iter().filter_map(|(key, counted)| Some((key, counted.untold.as_ref()?)));
    tell(context, &untold.collect::<Vec<_>>(), now_ms, answer).await?;
    look.see_to_ties(context).await?;
    let (changes, open) = look.changes();
    context.table.put_due(&open, now_ms).await?;
    if !context.table.count_passages(&changes, now_ms).await? {
        return Err(TableError::Contention { key: ids.into_iter().next().unwrap_or_default() });
    }
    let untold = changes.iter().flatten().filter_map(|change| Some((&change.key, change.untold.as_ref()?)));
    let untold: Vec<_> = untold.collect();
    answer.missing += untold.len();
    tell(context, &untold, now_ms, answer).await
}

/// Tells of milestones that did not come, and says that they were told.
async fn tell<P: Publish>(
    context: &Context<P>,
    untold: &[(&PassageKey, &MissingMilestone)],
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let readings = untold.iter().map(|(_, missing)| {
        let (delivery, ledger) = (missing.identity(), missing.ledger());
        Reading { delivery, at_ms: UNKNOWN_MS, ledger, excess: Excess::default() }
    });
    let readings: Vec<_> = readings.collect();
    let recorder = Recorder { table: &context.table, topic: &context.topic, emails: context.emails };
    answer.alerts += recorder.record(&readings, now_ms).await?;
    for (key, _) in untold {
        context.table.set_told(key).await?;
    }
    Ok(())
}

/// One look at families.
struct Look<'f> {
    flows: &'f [Flow],
    families: Vec<Family>,
    before: BTreeMap<PassageKey, Counted>,
    now_ms: i64,
}

impl Look<'_> {
    /// Sees to it that what is tied to these families from now on is seen: what was tied before all of their ids were
    /// marked is looked at once more.
    async fn see_to_ties<P>(&self, context: &Context<P>) -> Result<(), TableError> {
        for family in &self.families {
            if family.is_cut {
                context.table.cut_family(&family.id, self.now_ms).await?;
            }
            let begun = self.flows.iter().any(|flow| flow.passage(&family.story).is_some());
            if begun && context.table.mark_family(&family.ids, self.now_ms).await? {
                context.table.put_due(&[Due::from(self.now_ms, &family.id)], self.now_ms).await?;
            }
        }
        Ok(())
    }

    /// What is to be counted in another way than before, by families, and what is to be looked at when a limit is over.
    fn changes(&self) -> (Vec<Vec<Change>>, Vec<Due>) {
        let (mut changes, mut open) = (Vec::new(), Vec::new());
        for flow in self.flows {
            for family in &self.families {
                let counted = self.counted(flow, family);
                // What it was counted by may be gone.
                let parts: Vec<_> = counted.values().copied().collect();
                let Some(passage) = flow.passage_that(&family.story, &parts) else { continue };
                let after = passage.passed(self.now_ms);
                if after.outcome == Outcome::Open {
                    open.push(Due::at(passage.due_ms.saturating_add(1), &flow.name, &family.id));
                }
                changes.push(of_family(flow, family, &counted, after));
            }
        }
        changes.retain(|changes| !changes.is_empty());
        (changes, open)
    }

    /// What is counted of the ids of a family.
    fn counted(&self, flow: &Flow, family: &Family) -> BTreeMap<String, Passed> {
        let figures = flow.figures();
        let ids = family.ids.iter();
        let counted = ids.filter_map(|id| Some((id.clone(), self.before.get(&(figures.clone(), id.clone()))?.passed)));
        counted.collect()
    }
}

/// The changes that make a family's passage stand under the id that stands for it, and nowhere else. People are told
/// that a milestone is missing unless they were told so of one of its ids.
fn of_family(flow: &Flow, family: &Family, counted: &BTreeMap<String, Passed>, after: Passed) -> Vec<Change> {
    let key = |id: &str| (flow.figures(), id.to_owned());
    let others = counted.iter().filter(|(id, _)| **id != family.id);
    let others = others.map(|(id, before)| Change { key: key(id), before: Some(*before), after: None, untold: None });
    let mut changes: Vec<_> = others.collect();
    let before = counted.get(&family.id).copied();
    if before != Some(after) {
        let was_told = counted.values().any(|passed| passed.outcome == Outcome::Missing);
        let is_news = after.outcome == Outcome::Missing && !was_told;
        let untold =
            is_news.then(|| Missing::of(flow, &family.story)).flatten().map(|missing| missing.told(&family.id));
        changes.push(Change { key: key(&family.id), before, after: Some(after), untold });
    }
    changes
}
