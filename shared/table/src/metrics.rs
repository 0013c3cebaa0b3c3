//! The metrics that functions log. Their values add up by the hour, in items of their own, under the series' identity;
//! what a series is called stands in a list.

mod names;

use std::collections::BTreeMap;

use lamplight_rollup::metric::Hour;
use lamplight_rollup::{FunctionKey, Series, SeriesId, Span};

use crate::Table;
use crate::attributes::{Item, add_metrics, get_text};
use crate::error::TableError;
use crate::hours::between;
use crate::keys;
use crate::query::Sort;

pub(crate) use names::Names;
pub use names::RenamedSeries;
use names::{SERIES, named};

impl Table {
    /// The metrics of a function from one time to before another, by the start of their hours in milliseconds since the
    /// epoch.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn metrics(
        &self,
        function: &FunctionKey,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<BTreeMap<i64, Hour>, TableError> {
        let mut hours: BTreeMap<i64, Hour> = BTreeMap::new();
        for item in self.query(&keys::metrics(function), between(Span::Hour, from_ms, to_ms)).await? {
            if let Some((hour, _)) = get_text(&item, "sk").and_then(keys::place_of) {
                add_metrics(hours.entry(hour.start_ms).or_default(), &item);
            }
        }
        Ok(hours)
    }

    /// What the metrics are called that functions have logged.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn series(&self) -> Result<BTreeMap<FunctionKey, BTreeMap<SeriesId, Series>>, TableError> {
        let mut functions: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for item in self.query(keys::METRICS, Sort::All).await? {
            match series_of(&item) {
                Some((function, id, series)) => _ = functions.entry(function).or_default().insert(id, series),
                None => tracing::error!(
                    pk = keys::METRICS,
                    sk = get_text(&item, "sk"),
                    "the name of a metric is unreadable"
                ),
            }
        }
        Ok(functions)
    }
}

fn series_of(item: &Item) -> Option<(FunctionKey, SeriesId, Series)> {
    let (function, id) = named(item)?;
    Some((function, id, serde_json::from_str(get_text(item, SERIES)?).ok()?))
}
