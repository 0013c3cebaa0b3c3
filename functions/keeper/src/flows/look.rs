//! One look at transactions: what became of them in flows is counted, and what is missing is told.
//!
//! That a milestone is missing is decided by the write that counts it, together with what is to be told: whoever comes
//! next tells the same, whatever is known by then.

use std::collections::{BTreeMap, BTreeSet};

use lamplight_alerts::Publish;
use lamplight_recording::{Reading, Recorder};
use lamplight_rollup::flow::{Missing, MissingMilestone, Outcome, Passed};
use lamplight_rollup::time::UNKNOWN_MS;
use lamplight_rollup::{Excess, Family, Flow};
use lamplight_table::{Change, Counted, Cut, Due, PassageKey, TableError};

use crate::context::Context;
use crate::handler::Answer;

/// Counts what became of families in flows, and tells what is missing. Whoever is refused since another did so meanwhile
/// fails.
pub(super) async fn look_at<P: Publish>(
    context: &Context<P>,
    flows: &[Flow],
    families: Vec<Family>,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    if families.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<_> = families.iter().flat_map(|family| &family.ids).cloned().collect();
    let before = context.table.passed(flows, &ids).await?;
    let look = Look { flows, families, before, now_ms };
    // Whoever counted these as missing may have died before they were told.
    let untold = look.before.iter().filter_map(|(key, counted)| Some((key, counted.untold.as_ref()?)));
    tell(context, &untold.collect::<Vec<_>>(), now_ms, answer).await?;
    look.see_to_ties(context).await?;
    let Changes { changes, open, ended } = look.changes();
    context.table.put_due(&open, now_ms).await?;
    if !context.table.count_passages(&changes, now_ms).await? {
        return Err(TableError::Contention { key: ids.into_iter().next().unwrap_or_default() });
    }
    context.table.strike_due(&ended).await?;
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

/// What follows from a look.
#[derive(Default)]
struct Changes {
    /// What is to be counted in another way than before, by families.
    changes: Vec<Vec<Change>>,
    /// What is to be looked at when a limit is over.
    open: Vec<Due>,
    /// What need not be looked at then any more.
    ended: Vec<Due>,
}

impl Look<'_> {
    /// Sees to it that what is tied to these families from now on is seen: what was tied before all of their ids were
    /// marked is looked at once more.
    async fn see_to_ties<P>(&self, context: &Context<P>) -> Result<(), TableError> {
        let crowded = self.families.iter().flat_map(|family| &family.crowded).cloned().collect();
        context.table.cut(&crowded, Cut::Itself, self.now_ms).await?;
        let by_others = self.families.iter().filter(|family| family.is_cut && !family.crowded.contains(&family.id));
        let by_others = by_others.map(|family| family.id.clone()).collect();
        context.table.cut(&by_others, Cut::ByOthers, self.now_ms).await?;
        let has_begun = |family: &&Family| self.flows.iter().any(|flow| flow.passage(&family.story).is_some());
        let begun: Vec<_> = self.families.iter().filter(has_begun).collect();
        let news =
            context.table.mark(&begun.iter().flat_map(|family| &family.ids).cloned().collect(), self.now_ms).await?;
        let seen_late = begun.iter().filter(|family| !family.ids.is_disjoint(&news));
        let due: Vec<_> = seen_late.map(|family| Due::from(self.now_ms, &family.id)).collect();
        context.table.put_due(&due, self.now_ms).await
    }

    fn changes(&self) -> Changes {
        let mut all = Changes::default();
        for flow in self.flows {
            for family in &self.families {
                let counted = self.counted(flow, family);
                let known = counted.values().filter(|counted| holds(counted, family)).map(|counted| counted.passed);
                let passage = flow.passage_that(&family.story, &known.collect::<Vec<_>>());
                let after = passage.map(|passage| passage.passed(self.now_ms));
                all.add(flow, of_family(flow, family, &counted, after));
                if let Some(after) = after.filter(|after| after.outcome == Outcome::Open) {
                    all.open.push(Due::at(flow.missing_from_ms(after.started_ms), &flow.name, &family.id));
                }
            }
        }
        let Changes { open, ended, .. } = &mut all;
        ended.retain(|due| due.at_ms() > self.now_ms && !open.contains(due));
        all
    }

    /// What is counted of the ids of a family.
    fn counted<'a>(&'a self, flow: &Flow, family: &'a Family) -> BTreeMap<&'a str, &'a Counted> {
        let figures = flow.figures();
        let ids = family.ids.iter();
        ids.filter_map(|id| Some((id.as_str(), self.before.get(&(figures.clone(), id.clone()))?))).collect()
    }
}

impl Changes {
    /// Adds the changes of a family.
    fn add(&mut self, flow: &Flow, changes: Vec<Change>) {
        let was_open = changes.iter().filter_map(|change| Some((change, change.before?)));
        let was_open = was_open.filter(|(_, before)| before.outcome == Outcome::Open);
        self.ended.extend(
            was_open
                .map(|(change, before)| Due::at(flow.missing_from_ms(before.started_ms), &flow.name, &change.key.1)),
        );
        if !changes.is_empty() {
            self.changes.push(changes);
        }
    }
}

/// Whether what was counted by the facts of some ids is true of a family. These may be gone; but where they belong to
/// another family now, as too many came to be tied together, they are there, and tell of that.
fn holds(counted: &Counted, family: &Family) -> bool {
    !family.is_parted || counted.ids.is_subset(&family.ids)
}

/// The changes that make a family's passage stand under the id that stands for it, and nowhere else. People are told
/// that a milestone is missing unless they were told so of one of its ids.
fn of_family(flow: &Flow, family: &Family, counted: &BTreeMap<&str, &Counted>, after: Option<Passed>) -> Vec<Change> {
    let change = |id: &str, after: Option<Passed>| Change {
        key: (flow.figures(), id.to_owned()),
        before: counted.get(id).map(|counted| counted.passed),
        after,
        ids: family.ids.clone(),
        untold: None,
    };
    let is_elsewhere = |id: &&&str| after.is_none() || **id != family.id;
    let mut changes: Vec<_> = counted.keys().filter(is_elsewhere).map(|id| change(id, None)).collect();
    let own = counted.get(family.id.as_str());
    let is_same = |after| own.is_some_and(|own| own.passed == after && holds(own, family));
    let Some(after) = after.filter(|after| !is_same(*after)) else { return changes };
    let was_told = counted.values().any(|counted| counted.passed.outcome == Outcome::Missing);
    let is_news = after.outcome == Outcome::Missing && !was_told;
    let missing = is_news.then(|| Missing::of(flow, &family.story)).flatten();
    changes.push(Change { untold: missing.map(|missing| missing.told(&family.id)), ..change(&family.id, Some(after)) });
    changes
}
