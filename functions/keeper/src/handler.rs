//! What happens each minute.

use std::time::Duration;

use lamplight_alerts::{Alert, Change, Publish, Reason};
use lamplight_policy::Document;
use lamplight_table::{Pending, Stored, TableError, Unsent};
use serde::Serialize;
use tokio::time::timeout;

use crate::context::Context;
use crate::error::KeeperError;
use crate::flows::follow;
use crate::quiet::release;
use crate::summary::summarise;
use crate::watches::watch;

/// How long the process that claimed an alert has to publish it.
const CLAIM_MS: i64 = 60_000;

/// Issues age in the first minute of each hour: none of it is urgent, and all of them are read for it.
const AGEING_EVERY_MS: i64 = 3_600_000;
const AGEING_FOR_MS: i64 = 60_000;

/// How long a run looks at transactions: less than the right to look lasts.
pub(crate) const FOLLOWING: Duration = Duration::from_secs(25);

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Hours that were computed.
    pub hours: usize,
    /// Alerts that were sent: those that their claimers had not, and those of issues that escalate, of watches and of what
    /// was held.
    pub alerts: usize,
    /// What was done with issues and was told.
    pub changes: usize,
    /// Alerts that the topic refused.
    pub unsent: usize,
    /// Alerts that were dropped because their issues were muted meanwhile.
    pub dropped: usize,
    /// Milestones that did not come in time.
    pub missing: usize,
    /// Transactions that could not be looked at, or not in time: they are tried again.
    pub put_off: usize,
    /// Transactions that were tried often enough.
    pub given_up: usize,
    /// For how long something is due that the run did not come to, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue_s: Option<i64>,
    /// When something is due before the next minute, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_again_ms: Option<i64>,
    /// Issues that time has changed.
    pub aged: usize,
}

impl Answer {
    /// Adds what was done beside it.
    pub(crate) fn add(&mut self, other: Self) {
        self.hours += other.hours;
        self.alerts += other.alerts;
        self.changes += other.changes;
        self.unsent += other.unsent;
        self.dropped += other.dropped;
        self.missing += other.missing;
        self.put_off += other.put_off;
        self.given_up += other.given_up;
        self.overdue_s = self.overdue_s.max(other.overdue_s);
        self.look_again_ms = self.look_again_ms.max(other.look_again_ms);
        self.aged += other.aged;
    }

    /// The answer, or that something was given up.
    pub(crate) const fn whole(self) -> Result<Self, KeeperError> {
        if self.given_up == 0 { Ok(self) } else { Err(KeeperError::GivenUp { count: self.given_up }) }
    }
}

/// Does what time brings about, once. Doing it again is harmless.
///
/// # Errors
///
/// [`KeeperError::Table`]; the next run does what is left. [`KeeperError::GivenUp`] when all else is done.
pub async fn handle<P: Publish>(context: &Context<P>, now_ms: i64) -> Result<Answer, KeeperError> {
    let mut answer = Answer::default();
    work(context, now_ms, &mut answer).await?;
    answer.whole()
}

/// Looks at transactions that are due, beside everything else: neither keeps the other waiting.
pub(crate) async fn work<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    let mut of_followed = Answer::default();
    let (followed, done) = futures_util::join!(
        follow_for(FOLLOWING, context, now_ms, &mut of_followed),
        do_the_rest(context, now_ms, answer)
    );
    answer.add(of_followed);
    followed.and(done)
}

/// Follows transactions for so long; what is left then is said.
pub(crate) async fn follow_for<P: Publish>(
    length: Duration,
    context: &Context<P>,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    if let Ok(followed) = timeout(length, follow(context, now_ms, answer)).await
        && followed?
    {
        return Ok(());
    }
    let since_ms = context.table.overdue_since_ms(now_ms).await?;
    answer.overdue_s = since_ms.map(|since_ms| (now_ms - since_ms) / 1000);
    if let Some(overdue_s) = answer.overdue_s {
        tracing::warn!(overdue_s, "there is more to look at than a run has time for; the next one goes on");
    }
    Ok(())
}

/// Sends what is left unsent and what was held, looks at what is watched, rolls up what is pending and tells what
/// escalates there, sums up days and weeks, then lets issues age.
async fn do_the_rest<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    send_unsent(context, now_ms, answer).await?;
    release(context, now_ms, answer).await?;
    let pending = context.table.pending().await?;
    let document = policies(context, now_ms).await?;
    let (mut watched, mut summarised) = (Ok(()), Ok(()));
    if let Some(document) = &document {
        watched = watch(context, document, &pending, now_ms, answer).await;
    }
    let rolled_up = roll_up_due(context, &pending, now_ms, answer).await;
    if let Some(document) = &document {
        summarised = summarise(context, document, now_ms, answer).await;
    }
    if now_ms.rem_euclid(AGEING_EVERY_MS) < AGEING_FOR_MS {
        age(context, now_ms, answer).await?;
    }
    watched.and(rolled_up).and(summarised)
}

/// Publishes what was claimed and not published; alerts whose issues are muted meanwhile are dropped.
async fn send_unsent<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    for unsent in context.table.unsent(i64::MAX).await? {
        // Nobody but this publishes a change.
        if !unsent.is_change && unsent.claimed_ms >= now_ms - CLAIM_MS {
            continue;
        }
        if !unsent.is_change && context.table.is_muted(&unsent, now_ms).await? {
            tracing::info!(alert_id = unsent.alert_id, "an alert was not sent: its issue is muted");
            context.table.mark_sent(&unsent.alert_id).await?;
            answer.dropped += 1;
        } else {
            publish(context, &unsent, answer).await?;
        }
    }
    Ok(())
}

/// Rolls up the hours that are due. One that cannot be rolled up must not keep the others from it.
async fn roll_up_due<P: Publish>(
    context: &Context<P>,
    pending: &[Pending],
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let mut failed = None;
    for pending in pending.iter().filter(|pending| pending.is_due(now_ms)) {
        match roll_up(context, pending, now_ms, answer).await {
            Ok(()) => answer.hours += 1,
            Err(error) => {
                tracing::error!(%error, function = %pending.function, hour = %pending.hour, "an hour could not be rolled up");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Lets issues age, and tells which of them time has mended or unmuted.
async fn age<P: Publish>(context: &Context<P>, now_ms: i64, answer: &mut Answer) -> Result<(), TableError> {
    let aged = context.table.age_issues(now_ms, Change::text).await?;
    answer.aged = aged.changed;
    for unsent in &aged.unsent {
        publish(context, unsent, answer).await?;
    }
    Ok(())
}

/// The policies that are in force; nothing if there are none, or none that this version can read.
async fn policies<P>(context: &Context<P>, now_ms: i64) -> Result<Option<Document>, TableError> {
    let Some(policies) = context.table.recent_policies(now_ms).await? else {
        return Ok(None);
    };
    let document = Document::parse(&policies.text);
    if let Err(error) = &document {
        tracing::error!(%error, version = policies.version, "the policies cannot be read; nothing is watched");
    }
    Ok(document.ok())
}

/// Publishes what was claimed. What the topic refuses is left for the next run.
pub(crate) async fn publish<P: Publish>(
    context: &Context<P>,
    unsent: &Unsent,
    answer: &mut Answer,
) -> Result<(), TableError> {
    match context.topic.publish(&unsent.body).await {
        Ok(()) => {
            context.table.mark_sent(&unsent.alert_id).await?;
            let told = if unsent.is_change { &mut answer.changes } else { &mut answer.alerts };
            *told += 1;
        }
        Err(error) => {
            tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published");
            answer.unsent += 1;
        }
    }
    Ok(())
}

/// Computes an hour, and tells which of its issues escalate before its mark is taken away: who dies in between does it
/// again.
async fn roll_up<P: Publish>(
    context: &Context<P>,
    pending: &Pending,
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let alert = |stored: &Stored, count: u64, alert_id: &str| {
        let (fingerprint, issue) = (stored.fingerprint, &stored.issue);
        Alert::new(alert_id, Reason::Escalating, fingerprint, issue, count, context.emails).to_json()
    };
    context.table.compute(pending, now_ms).await?;
    for unsent in context.table.escalate(pending, now_ms, alert).await? {
        publish(context, &unsent, answer).await?;
    }
    context.table.settle(pending, now_ms).await
}
