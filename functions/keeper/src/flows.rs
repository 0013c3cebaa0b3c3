//! What is due of transactions: on their way through flows, what became of them is counted, and a milestone that did not
//! come in time is told; those that failed are kept longer.
//!
//! That a milestone is missing is decided by the write that counts it, together with what is to be told: whoever comes
//! next tells the same, whatever is known by then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_alerts::Publish;
use lamplight_recording::{Reading, Recorder};
use lamplight_rollup::flow::{Missing, MissingMilestone, Outcome, Passed};
use lamplight_rollup::{Excess, Family, Flow};
use lamplight_table::{Change, Counted, Due, PassageKey, TableError, Task};

use crate::context::Context;
use crate::handler::Answer;

/// What is read of each partition at once.
const TOGETHER: usize = 50;

/// Families that are read at once.
const CONCURRENCY: usize = 8;

/// Does what is due, until nothing is or the time is over.
///
/// # Errors
///
/// [`TableError`]; what was not done is still due.
pub async fn follow<P: Publish>(
    context: &Context<P>,
    now_ms: i64,
    time: Duration,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let began = Instant::now();
    let flows: Vec<_> = context.table.flows().await?.into_iter().map(|stored| stored.flow).collect();
    while began.elapsed() < time {
        let due = context.table.due(now_ms, TOGETHER).await?;
        if due.is_empty() {
            break;
        }
        let mut ids = BTreeSet::new();
        for Due { task, .. } in &due {
            match task {
                Task::Look { id } => drop(ids.insert(id.clone())),
                Task::Keep { id } => context.table.let_last(id, now_ms).await?,
                Task::LookBack { flow, from_ms } => look_back(context, &flows, flow, *from_ms, now_ms).await?,
            }
        }
        if !flows.is_empty() && !look_at(context, &flows, ids, now_ms, answer).await? {
            // Another run has counted some of them: they are looked at again.
            break;
        }
        context.table.strike_due(&due).await?;
    }
    Ok(())
}

async fn look_back<P>(
    context: &Context<P>,
    flows: &[Flow],
    name: &str,
    from_ms: i64,
    now_ms: i64,
) -> Result<(), TableError> {
    if let Some(flow) = flows.iter().find(|flow| flow.name == name) {
        context.table.look_back(flow, from_ms, now_ms).await?;
    }
    Ok(())
}

/// Counts what became of transactions in flows, and tells what is missing; whether nobody else did so meanwhile.
async fn look_at<P: Publish>(
    context: &Context<P>,
    flows: &[Flow],
    ids: BTreeSet<String>,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<bool, TableError> {
    let reads: Vec<_> = ids.iter().map(|id| context.table.family(id)).collect();
    let families: Vec<Family> = stream::iter(reads).buffer_unordered(CONCURRENCY).try_collect().await?;
    let families: BTreeMap<_, _> = families.into_iter().map(|family| (family.id.clone(), family)).collect();
    let ids = families.values().flat_map(|family| &family.ids).cloned().collect();
    let before = context.table.passed(flows, &ids).await?;
    let look = Look { flows, families: families.into_values().collect(), before, now_ms };
    // Whoever counted these as missing may have died before they were told.
    let untold = look.before.iter().filter_map(|(key, counted)| Some((key, counted.untold.as_ref()?)));
    tell(context, &untold.collect::<Vec<_>>(), now_ms, answer).await?;
    let (changes, open) = look.changes();
    context.table.put_due(&open, now_ms).await?;
    if !context.table.count_passages(&changes, now_ms).await? {
        return Ok(false);
    }
    let untold = changes.iter().flatten().filter_map(|change| Some((&change.key, change.untold.as_ref()?)));
    let untold: Vec<_> = untold.collect();
    answer.missing += untold.len();
    tell(context, &untold, now_ms, answer).await?;
    Ok(true)
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
        Reading { delivery, ledger, excess: Excess::default() }
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
