//! What is due of transactions: on their way through flows, what became of them is counted, and a milestone that did not
//! come in time is told; those that failed are kept longer.
//!
//! - [`look`]: one look at transactions
//! - [`put_off`]: what cannot be done now

mod look;
mod put_off;

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_alerts::Publish;
use lamplight_rollup::flow::GRACE_MS;
use lamplight_rollup::{Family, Flow};
use lamplight_table::{Due, TableError, Task};

use crate::context::Context;
use crate::handler::Answer;
use look::look_at;
use put_off::{in_time, put_off};

/// What is read of each partition at once.
const READ: usize = 50;

/// Transactions that are looked at together: all of them are in memory.
const TOGETHER: usize = 75;

/// Of those that are looked at together, so many are in memory: while some are counted, the next are read. Counting is done
/// by one after the other, as all count in the same hour.
const IN_MEMORY: usize = 2;

/// Transactions that are read, or kept longer, at once.
const CONCURRENCY: usize = 16;

/// Does what is due, until nothing is; whether it had the right to. Two runs do not do so at once. It may be broken off
/// anywhere.
///
/// # Errors
///
/// [`TableError`]; what was not done is still due.
pub async fn follow<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<bool, TableError> {
    if !context.table.begin_looking(now_ms).await? {
        return Ok(false);
    }
    let mut of_kept = Answer::default();
    let (looked, kept) = futures_util::join!(look(context, now_ms, answer), keep(context, now_ms, &mut of_kept));
    answer.add(of_kept);
    context.table.end_looking().await?;
    looked.and(kept)?;
    Ok(true)
}

/// Looks at the transactions that are due.
async fn look<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    let flows: Vec<_> = context.table.flows().await?.into_iter().map(|stored| stored.flow).collect();
    loop {
        let due = context.table.due(Task::Look, now_ms + GRACE_MS, READ).await?;
        let (due, coming): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.at_ms() <= now_ms);
        if due.is_empty() {
            answer.look_again_ms = again_ms(&coming, now_ms).filter(|_| !flows.is_empty());
            return Ok(());
        }
        let due = by_id(due);
        let parts: Vec<_> = due.chunks(TOGETHER).map(|some| read(context, &flows, some)).collect();
        let mut parts = stream::iter(parts).buffered(IN_MEMORY);
        while let Some(part) = parts.next().await {
            part.count(context, &flows, now_ms, answer).await?;
        }
    }
}

/// When to look again for what is due before the next minute: by then the grace of all of it is over.
fn again_ms(coming: &[Due], now_ms: i64) -> Option<i64> {
    // Of a partition that has more the last ones are not among them.
    if coming.len() >= READ { Some(now_ms + GRACE_MS) } else { coming.iter().map(Due::at_ms).max() }
}

/// Transactions that are looked at together.
struct Part<'d> {
    /// What is done with that when they are counted.
    due: Vec<&'d (String, Vec<Due>)>,
    /// Their families, by the ids that stand for them: several that are due may be one.
    families: BTreeMap<String, Family>,
    /// What could not be read.
    unread: Vec<&'d (String, Vec<Due>)>,
}

/// Reads the families of what is due. Where no flow is followed there is nothing to know of them.
async fn read<'d, P>(context: &Context<P>, flows: &[Flow], some: &'d [(String, Vec<Due>)]) -> Part<'d> {
    let mut part = Part { due: Vec::new(), families: BTreeMap::new(), unread: Vec::new() };
    if flows.is_empty() {
        part.due.extend(some);
        return part;
    }
    let reads: Vec<_> = some.iter().map(async |due| (due, in_time(context.table.family(&due.0)).await)).collect();
    let mut reads = stream::iter(reads).buffer_unordered(CONCURRENCY);
    while let Some((due, family)) = reads.next().await {
        let Some(family) = family else {
            part.unread.push(due);
            continue;
        };
        part.due.push(due);
        part.families.insert(family.id.clone(), family);
    }
    part
}

impl Part<'_> {
    /// Counts what became of them: together, or each by itself where that cannot be done, so that none keeps the others
    /// from it.
    async fn count<P: Publish>(
        self,
        context: &Context<P>,
        flows: &[Flow],
        now_ms: i64,
        answer: &mut Answer,
    ) -> Result<(), TableError> {
        for (_, due) in self.unread {
            put_off(context, due, now_ms, answer).await?;
        }
        if in_time(look_at(context, flows, self.families.into_values().collect(), now_ms, answer)).await.is_some() {
            return context.table.strike_due(self.due.iter().flat_map(|(_, due)| due)).await;
        }
        for (id, due) in self.due {
            let alone = async {
                let family = context.table.family(id).await?;
                look_at(context, flows, vec![family], now_ms, answer).await
            };
            if in_time(alone).await.is_some() {
                context.table.strike_due(due).await?;
            } else {
                put_off(context, due, now_ms, answer).await?;
            }
        }
        Ok(())
    }
}

/// Keeps longer what is due to be kept longer.
async fn keep<P>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    loop {
        let due = by_id(context.table.due(Task::Keep, now_ms, READ).await?);
        if due.is_empty() {
            return Ok(());
        }
        let calls: Vec<_> = due.iter().map(|(id, due)| keep_one(context, id, due, now_ms)).collect();
        let mut calls = stream::iter(calls).buffer_unordered(CONCURRENCY);
        while let Some(of_one) = calls.try_next().await? {
            answer.add(of_one);
        }
    }
}

async fn keep_one<P>(context: &Context<P>, id: &str, due: &[Due], now_ms: i64) -> Result<Answer, TableError> {
    let mut answer = Answer::default();
    if in_time(context.table.let_last(id, now_ms)).await.is_some() {
        context.table.strike_due(due).await?;
    } else {
        put_off(context, due, now_ms, &mut answer).await?;
    }
    Ok(answer)
}

/// What is due, by transaction.
fn by_id(due: Vec<Due>) -> Vec<(String, Vec<Due>)> {
    let mut by_id: BTreeMap<String, Vec<Due>> = BTreeMap::new();
    due.into_iter().for_each(|due| by_id.entry(due.id.clone()).or_default().push(due));
    by_id.into_iter().collect()
}
