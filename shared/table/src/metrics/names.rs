//! The list of what series are called.
//!
//! In a month a function has so many series of its own, and some that take what is not told apart: whoever makes a
//! dimension of an id does not make a list without end. A series is listed anew in each month in which it is logged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{FunctionKey, Series, SeriesId};

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{ATTEMPTS, Sort, key, pause};
use crate::rollups::METRICS_KEPT_MS;
use crate::transact::Written;

/// More than the rest of a month.
const MONTH_MS: i64 = 32 * 86_400_000;

/// What a series is called, as JSON.
pub(crate) const SERIES: &str = "series";

/// The month in which it was listed last, as `2026-11`.
const MONTH: &str = "month";

/// How many there are.
const COUNT: &str = "count";

/// Under which names the values of series are added up.
pub type RenamedSeries = BTreeMap<(Arc<FunctionKey>, SeriesId), SeriesId>;

/// Series of a function that are told apart, and metrics whose dimensions are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Quota {
    Apart,
    Others,
}

impl Quota {
    /// How many there may be in a month.
    const fn most(self) -> u32 {
        match self {
            Self::Apart => 50,
            Self::Others => 20,
        }
    }

    /// Where they are counted.
    fn place(self, month: &str) -> String {
        match self {
            Self::Apart => format!("series#{month}"),
            Self::Others => format!("others#{month}"),
        }
    }
}

/// What is known of a function's series in a month.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    month: String,
    listed: BTreeSet<SeriesId>,
    /// Of what the function has as many as it may have: all of them are listed.
    full: BTreeSet<Quota>,
}

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
        let mut functions: BTreeMap<&Arc<FunctionKey>, Vec<(SeriesId, &Series)>> = BTreeMap::new();
        for ((function, id), series) in series {
            functions.entry(function).or_default().push((*id, series));
        }
        let mut renamed = RenamedSeries::new();
        for (function, series) in functions {
            let mut names = self.names(function, now_ms).await?;
            for (id, series) in series {
                let name = self.name_one(function, series, Arc::make_mut(&mut names), now_ms).await?;
                if name != id {
                    renamed.insert((Arc::clone(function), id), name);
                }
            }
            self.known.names.insert(function.as_ref().clone(), names);
        }
        Ok(renamed)
    }

    /// The names of a function in this month: as they are known, or as they are listed.
    async fn names(&self, function: &FunctionKey, now_ms: i64) -> Result<Arc<Names>, TableError> {
        let month = month(now_ms);
        match self.known.names.get(function).filter(|names| names.month == month) {
            Some(names) => Ok(names),
            None => {
                let listed = self.listed(function, &month).await?;
                Ok(Arc::new(Names { month, listed, full: BTreeSet::new() }))
            }
        }
    }

    /// The series of a function that are listed in a month.
    async fn listed(&self, function: &FunctionKey, month: &str) -> Result<BTreeSet<SeriesId>, TableError> {
        let items = self.query(keys::METRICS, Sort::Prefix(format!("{function}#"))).await?;
        let of_month = items.iter().filter(|item| get_text(item, MONTH).is_some_and(|listed| listed >= month));
        // The name of a function that is a log group's may go on after the sign that ends this one's.
        Ok(of_month.filter_map(named).filter(|(other, _)| other == function).map(|(_, id)| id).collect())
    }

    /// The series under which the values of a series are added up: itself, unless its function has too many.
    async fn name_one(
        &self,
        function: &FunctionKey,
        series: &Series,
        names: &mut Names,
        now_ms: i64,
    ) -> Result<SeriesId, TableError> {
        let rest = Series::rest();
        for (series, quota) in [(series, Some(Quota::Apart)), (&series.others(), Some(Quota::Others)), (&rest, None)] {
            if self.list_series(function, series, quota, names, now_ms).await? {
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
        quota: Option<Quota>,
        names: &mut Names,
        now_ms: i64,
    ) -> Result<bool, TableError> {
        let id = series.id();
        if names.listed.contains(&id) {
            return Ok(true);
        }
        if quota.is_some_and(|quota| names.full.contains(&quota)) {
            return Ok(false);
        }
        if self.put_name(function, series, quota, now_ms).await? {
            names.listed.insert(id);
            return Ok(true);
        }
        // None comes to the list after this: it need not be read again.
        names.listed = self.listed(function, &names.month).await?;
        names.full.extend(quota);
        Ok(names.listed.contains(&id))
    }

    /// Puts a series into the list of this month; false if it is not there, and there is no room for it.
    async fn put_name(
        &self,
        function: &FunctionKey,
        series: &Series,
        quota: Option<Quota>,
        now_ms: i64,
    ) -> Result<bool, TableError> {
        for attempt in 0..ATTEMPTS {
            let mut writes = vec![self.name_write(function, series, now_ms)?];
            if let Some(quota) = quota {
                writes.push(self.count_write(function, quota, now_ms)?);
            }
            match self.transact(writes).await? {
                Written::All | Written::Refused(0) => return Ok(true),
                Written::Refused(_) => return Ok(false),
                Written::Contended => pause(attempt).await,
            }
        }
        Err(TableError::Contention { key: sort(function, series) })
    }

    /// Lists a series, unless it is listed in this month.
    fn name_write(
        &self,
        function: &FunctionKey,
        series: &Series,
        now_ms: i64,
    ) -> Result<TransactWriteItem, TableError> {
        let month = month(now_ms);
        let mut item = key(keys::METRICS, &sort(function, series));
        item.insert(SERIES.to_owned(), text(series.to_json()));
        item.insert(MONTH.to_owned(), text(&month));
        // As long as what may be written under it in this month.
        item.insert(EXPIRES_AT.to_owned(), number((now_ms + MONTH_MS + METRICS_KEPT_MS) / 1000));
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#month) OR #month < :month")
            .expression_attribute_names("#month", MONTH)
            .expression_attribute_values(":month", text(month))
            .build();
        let put = put.map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Counts a series of a function in this month, as long as there are not too many.
    fn count_write(&self, function: &FunctionKey, quota: Quota, now_ms: i64) -> Result<TransactWriteItem, TableError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(&keys::novelties(function), &quota.place(&month(now_ms)))))
            .update_expression("SET #expires_at = :expires_at ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":expires_at", number((now_ms + MONTH_MS) / 1000))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(quota.most()))
            .build();
        let update = update.map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The month that holds the time.
fn month(now_ms: i64) -> String {
    let mut time = rfc3339(now_ms);
    time.truncate("2026-11".len());
    time
}

fn sort(function: &FunctionKey, series: &Series) -> String {
    format!("{function}#{}", series.id())
}

/// The function and the series that an item of the list names.
pub(crate) fn named(item: &Item) -> Option<(FunctionKey, SeriesId)> {
    let (function, id) = get_text(item, "sk")?.rsplit_once('#')?;
    Some((FunctionKey::parse(function)?, SeriesId::parse(id)?))
}
