//! The metrics that functions log. Their values add up by the hour, in items of their own, under the series' identity;
//! what a series is called stands in a list.
//!
//! A function has so many series of its own, and some that take what is not told apart: whoever makes a dimension of an
//! id does not make a list without end.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use lamplight_rollup::metric::Hour;
use lamplight_rollup::{FunctionKey, Series, SeriesId, Span};

use crate::Table;
use crate::attributes::{Item, add_metrics, get_text, number, text};
use crate::error::TableError;
use crate::hours::between;
use crate::keys;
use crate::query::{ATTEMPTS, Sort, key, pause};
use crate::transact::Written;

/// Series of a function that are told apart, and metrics whose dimensions are not.
const QUOTAS: [(&str, usize); 2] = [("series", 50), ("others", 20)];

/// How long a process takes it as true that a function has as many series as it may have.
const FULL_MS: i64 = 3_600_000;

/// What a series is called, as JSON.
const SERIES: &str = "series";

/// How many there are.
const COUNT: &str = "count";

/// Under which names the values of series are added up.
pub type RenamedSeries = BTreeMap<(Arc<FunctionKey>, SeriesId), SeriesId>;

impl Table {
    /// Puts series into the list before their values are written; those that are added up under another name.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]; doing it again is harmless.
    pub async fn name_series(
        &self,
        series: &BTreeMap<(Arc<FunctionKey>, SeriesId), Series>,
        now_ms: i64,
    ) -> Result<RenamedSeries, TableError> {
        let mut renamed = RenamedSeries::new();
        for ((function, id), series) in series {
            let name = self.name_one(function, series, now_ms).await?;
            if name != *id {
                renamed.insert((Arc::clone(function), *id), name);
            }
        }
        Ok(renamed)
    }

    /// The series under which the values of a series are added up: itself, unless its function has too many.
    async fn name_one(&self, function: &FunctionKey, series: &Series, now_ms: i64) -> Result<SeriesId, TableError> {
        let rest = Series::rest();
        for (series, quota) in [(series, Some(QUOTAS[0])), (&series.others(), Some(QUOTAS[1])), (&rest, None)] {
            let known = (function.clone(), series.id());
            if self.known.series.get(&known).is_some() {
                return Ok(series.id());
            }
            if self.list_series(function, series, quota, now_ms).await? {
                self.known.series.insert(known, ());
                return Ok(series.id());
            }
        }
        Ok(rest.id())
    }

    /// Lists a series; false if its function has as many as it may have, and this is not one of them.
    async fn list_series(
        &self,
        function: &FunctionKey,
        series: &Series,
        quota: Option<(&'static str, usize)>,
        now_ms: i64,
    ) -> Result<bool, TableError> {
        let sort = format!("{function}#{}", series.id());
        if self.get(keys::METRICS, &sort).await?.is_some() {
            return Ok(true);
        }
        let full = quota.map(|(quota, _)| (function.clone(), quota));
        let is_full = |full_ms: i64| (full_ms..full_ms + FULL_MS).contains(&now_ms);
        if full.as_ref().and_then(|full| self.known.full_quotas.get(full)).is_some_and(is_full) {
            return Ok(false);
        }
        let mut item = key(keys::METRICS, &sort);
        let named = serde_json::to_string(series).unwrap_or_default();
        item.insert(SERIES.to_owned(), text(named));
        for attempt in 0..ATTEMPTS {
            let mut writes = vec![self.put_write(item.clone(), Some("attribute_not_exists(pk)"))?];
            if let Some((quota, most)) = quota {
                writes.push(self.count_series(function, quota, most)?);
            }
            match self.transact(writes).await? {
                Written::All | Written::Refused(0) => return Ok(true),
                Written::Refused(_) => {
                    full.iter().for_each(|full| self.known.full_quotas.insert(full.clone(), now_ms));
                    return Ok(false);
                }
                Written::Contended => pause(attempt).await,
            }
        }
        Err(TableError::Contention { key: sort })
    }

    /// Counts a series of a function, as long as there are not too many.
    fn count_series(&self, function: &FunctionKey, quota: &str, most: usize) -> Result<TransactWriteItem, TableError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::novelties(function), quota)))
            .update_expression("ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .build();
        let update = update.map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

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
            if let Some((function, id, series)) = series_of(&item) {
                functions.entry(function).or_default().insert(id, series);
            }
        }
        Ok(functions)
    }
}

fn series_of(item: &Item) -> Option<(FunctionKey, SeriesId, Series)> {
    let (function, id) = get_text(item, "sk")?.rsplit_once('#')?;
    let series = serde_json::from_str(get_text(item, SERIES)?).ok()?;
    Some((FunctionKey::parse(function)?, SeriesId::parse(id)?, series))
}
