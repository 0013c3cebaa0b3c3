//! What functions did in the windows that are looked at.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use lamplight_policy::{Each, Observed, Watch};
use lamplight_rollup::{FunctionKey, Rollup, Span};
use lamplight_table::{Table, TableError};

/// Functions that are read at once.
const CONCURRENCY: usize = 16;

/// Longer windows are looked at less often, and read from hours.
const SHORT_MS: i64 = 60 * 60_000;

/// How often longer windows are looked at.
const LONG_EVERY_MS: i64 = 15 * 60_000;

/// What was written within this time is in an hour that is marked as pending: its mark is trusted for half an hour less
/// than it stands.
const MARKED_MS: i64 = 30 * 60_000;

/// What a watch looks at.
pub struct Figure<'f> {
    /// The position of the watch.
    pub watch: usize,
    /// The function; nothing for all together.
    pub function: Option<&'f FunctionKey>,
    /// What is known of it.
    pub observed: Observed,
}

/// Reads the windows of all watches.
pub struct Figures<'a> {
    pub table: &'a Table,
    pub watches: &'a [Watch],
    /// The functions of which an hour is pending.
    pub active: &'a BTreeSet<&'a FunctionKey>,
    /// When the windows end.
    pub to_ms: i64,
    pub now_ms: i64,
}

impl Figures<'_> {
    /// What each watch that is due looks at, of these functions, and why some could not be read. What looks at all
    /// functions together is left out then.
    pub async fn read<'f>(&self, functions: &'f [FunctionKey]) -> (Vec<Figure<'f>>, Option<TableError>) {
        let reads: Vec<_> = functions.iter().map(|function| self.observe(function)).collect();
        let mut reads = stream::iter(reads).buffer_unordered(CONCURRENCY);
        let (mut figures, mut failed) = (Vec::new(), None);
        let mut together: BTreeMap<usize, Observed> = BTreeMap::new();
        while let Some(read) = reads.next().await {
            match read {
                Ok((function, observed)) => {
                    for (watch, rollup) in observed {
                        match self.watches[watch].each {
                            Each::All => together.entry(watch).or_default().add(function, &rollup),
                            Each::Function => {
                                let mut observed = Observed::default();
                                observed.add(function, &rollup);
                                figures.push(Figure { watch, function: Some(function), observed });
                            }
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a function could not be looked at");
                    failed = Some(error);
                }
            }
        }
        if failed.is_none() {
            let together = together.into_iter();
            figures.extend(together.map(|(watch, observed)| Figure { watch, function: None, observed }));
        }
        (figures, failed)
    }

    /// What a function did in the window of each watch that is due and looks at it.
    async fn observe<'f>(
        &self,
        function: &'f FunctionKey,
    ) -> Result<(&'f FunctionKey, Vec<(usize, Rollup)>), TableError> {
        let all = self.watches.iter().enumerate();
        let due: Vec<_> = all.filter(|(_, watch)| watch.fits(function) && self.is_due(watch)).collect();
        let is_active = self.active.contains(function);
        let is_read = |window_ms: i64| is_active || window_ms > MARKED_MS - (self.now_ms - self.to_ms);
        let windows = due.iter().map(|(_, watch)| watch.when.window_ms);
        let short_ms = windows.filter(|window_ms| *window_ms <= SHORT_MS && is_read(*window_ms)).max();
        let minutes = match short_ms {
            Some(window_ms) => self.table.minutes(function, self.to_ms - window_ms, self.to_ms).await?,
            None => BTreeMap::new(),
        };
        let mut long: BTreeMap<i64, Rollup> = BTreeMap::new();
        let mut observed = Vec::new();
        for (watch, Watch { when, .. }) in due {
            let from_ms = self.to_ms - when.window_ms;
            let rollup = if when.window_ms <= SHORT_MS {
                sum(minutes.range(from_ms..).map(|(_, rollup)| rollup))
            } else if let Some(known) = long.get(&when.window_ms) {
                known.clone()
            } else {
                let rollups = self.table.rollups(function, from_ms, self.to_ms, self.now_ms).await?;
                let rollup = sum(rollups.values());
                long.insert(when.window_ms, rollup.clone());
                rollup
            };
            observed.push((watch, rollup));
        }
        Ok((function, observed))
    }

    fn is_due(&self, watch: &Watch) -> bool {
        watch.when.window_ms <= SHORT_MS || self.to_ms.rem_euclid(LONG_EVERY_MS) < Span::Minute.ms()
    }
}

fn sum<'r>(rollups: impl Iterator<Item = &'r Rollup>) -> Rollup {
    let mut sum = Rollup::default();
    rollups.for_each(|rollup| sum.merge(rollup));
    sum
}
