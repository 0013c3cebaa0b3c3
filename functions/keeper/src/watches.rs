//! What is watched: each minute, whether conditions hold, and what people are told of it.
//!
//! - `figures`: what functions did in the windows

mod figures;

use std::collections::BTreeSet;

use lamplight_alerts::{Publish, WatchAlert, WatchState, Watched};
use lamplight_policy::{Document, Each, Verdict, Watch};
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{FunctionKey, Span};
use lamplight_table::{Firing, Pending, TableError, Unsent};

use crate::context::Context;
use crate::handler::{Answer, publish};
use figures::{Figure, Figures};

/// How long after a minute what happened in it is taken as known: deliveries may be late.
const LAG_MS: i64 = 120_000;

/// How long a condition must not hold until a watch is OK again.
const CLEAR_MS: i64 = 300_000;

/// What a watch looks at that looks at all functions together; no function is called so.
const TOGETHER: &str = "all";

/// Looks at everything that is watched, and tells what begins and ends. A function that could not be read does not keep
/// the others from it.
pub(crate) async fn watch<P: Publish>(
    context: &Context<P>,
    document: &Document,
    pending: &[Pending],
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let table = &context.table;
    let firing = table.firing().await?;
    if document.watches.is_empty() && firing.is_empty() {
        return Ok(());
    }
    let now_minute_ms = now_ms - now_ms.rem_euclid(Span::Minute.ms());
    let looking = Looking { context, firing: &firing, at_ms: now_minute_ms - LAG_MS, now_ms };
    for ended in firing.iter().filter(|firing| !is_watched(document, firing)) {
        looking.end(ended, WatchState::Ended, None, answer).await?;
    }
    let active: BTreeSet<_> = pending.iter().map(|pending| &pending.function).collect();
    let figures = Figures { table, watches: &document.watches, active: &active, to_ms: looking.at_ms, now_ms };
    let functions = table.functions().await?;
    let (figures, failed) = figures.read(&functions).await;
    for Figure { watch, function, observed } in figures {
        looking.look(&document.watches[watch], function, observed.judge(&document.watches[watch].when), answer).await?;
    }
    failed.map_or(Ok(()), Err)
}

/// Whether what fires is still watched in the same way.
fn is_watched(document: &Document, firing: &Firing) -> bool {
    let condition = WatchAlert::parse(&firing.body).map(|alert| alert.watch.condition);
    document.watches.iter().filter(|watch| watch.name == firing.watch).any(|watch| {
        let is_same_place = match watch.each {
            Each::All => firing.place == TOGETHER,
            Each::Function => FunctionKey::parse(&firing.place).is_some_and(|function| watch.fits(&function)),
        };
        is_same_place && condition.as_deref() == Some(&watch.when.to_string())
    })
}

/// One look at the figures.
struct Looking<'a, P> {
    context: &'a Context<P>,
    /// What fired before.
    firing: &'a [Firing],
    /// When the windows end.
    at_ms: i64,
    now_ms: i64,
}

impl<P: Publish> Looking<'_, P> {
    /// Looks at one place of a watch. What cannot be told by the figures is as it was.
    async fn look(
        &self,
        watch: &Watch,
        function: Option<&FunctionKey>,
        verdict: Verdict,
        answer: &mut Answer,
    ) -> Result<(), TableError> {
        let place = function.map_or_else(|| TOGETHER.to_owned(), ToString::to_string);
        let firing = self.firing.iter().find(|firing| firing.watch == watch.name && firing.place == place);
        match (firing, verdict) {
            (None, Verdict::Holds(_)) if !self.may_begin(watch, function).await? => Ok(()),
            (None, Verdict::Holds(value)) => self.begin(watch, function, place, value, answer).await,
            (Some(firing), Verdict::Holds(_)) if firing.clear_ms.is_some() => {
                self.context.table.clear_firing(firing, None).await
            }
            (Some(firing), Verdict::Fails(value)) => match firing.clear_ms {
                None => self.context.table.clear_firing(firing, Some(self.at_ms)).await,
                Some(clear_ms) if self.at_ms - clear_ms < CLEAR_MS => Ok(()),
                Some(_) => self.end(firing, WatchState::Ok, Some(value), answer).await,
            },
            _ => Ok(()),
        }
    }

    /// Of a function that is new it is not known that it should do more than it does.
    async fn may_begin(&self, watch: &Watch, function: Option<&FunctionKey>) -> Result<bool, TableError> {
        let Some(function) = function.filter(|_| watch.when.holds_for_nothing()) else {
            return Ok(true);
        };
        self.context.table.is_known_before(function, self.at_ms - watch.when.window_ms).await
    }

    async fn begin(
        &self,
        watch: &Watch,
        function: Option<&FunctionKey>,
        place: String,
        value: f64,
        answer: &mut Answer,
    ) -> Result<(), TableError> {
        let at = rfc3339(self.at_ms);
        let together = watch.function.as_ref().map(ToString::to_string);
        let key = Firing::key(&watch.name, &place);
        let watched = Watched {
            name: watch.name.clone(),
            key: key.clone(),
            state: WatchState::Firing,
            severity: watch.severity,
            condition: watch.when.to_string(),
            metric: watch.when.metric.name().to_owned(),
            unit: watch.when.unit,
            value: Some(value),
            threshold: watch.when.threshold,
            window_ms: watch.when.window_ms,
            since: at.clone(),
            at,
            function: function.map(|function| function.function.clone()),
            functions: together.filter(|_| function.is_none()),
            account: function.map(|function| function.account.clone()),
            region: function.map(|function| function.region.clone()),
            to: watch.to.clone(),
            runbook: watch.runbook.clone(),
        };
        let unsent = self.claim(&key, self.at_ms, watched);
        let body = unsent.body.clone();
        let firing = Firing { watch: watch.name.clone(), place, since_ms: self.at_ms, clear_ms: None, body };
        if self.context.table.begin_firing(&firing, &unsent).await? {
            publish(self.context, &unsent, answer).await?;
        }
        Ok(())
    }

    async fn end(
        &self,
        firing: &Firing,
        state: WatchState,
        value: Option<f64>,
        answer: &mut Answer,
    ) -> Result<(), TableError> {
        let Some(told) = WatchAlert::parse(&firing.body) else {
            tracing::error!(watch = firing.watch, place = firing.place, "what fires is of another version's form");
            return Ok(());
        };
        let key = Firing::key(&firing.watch, &firing.place);
        let watched = Watched { state, value, at: rfc3339(self.at_ms), ..told.watch };
        let unsent = self.claim(&key, firing.since_ms, watched);
        if self.context.table.end_firing(firing, &unsent).await? {
            publish(self.context, &unsent, answer).await?;
        }
        Ok(())
    }

    /// The alert that tells what has become of a watch, the same for all who see it fire since then.
    fn claim(&self, key: &str, since_ms: i64, watched: Watched) -> Unsent {
        let what = match watched.state {
            WatchState::Firing => "firing",
            WatchState::Ok => "ok",
            WatchState::Ended => "ended",
        };
        let alert_id = format!("watch-{key}-{since_ms:x}-{what}");
        let body = WatchAlert::new(&alert_id, watched).to_json();
        Unsent::alert(alert_id, body, self.now_ms)
    }
}
