//! Values as attributes, and back.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::metric::Hour;
use lamplight_rollup::peaks::Peak;
use lamplight_rollup::{Counter, Deployment, Fingerprint, Rollup, SeriesId, histogram};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The hashes of the deliveries that an item has counted.
pub(crate) const SEEN: &str = "seen";
/// When the item was first written: tells a minute that expired and came back from the one before.
pub(crate) const BORN: &str = "born";
/// How many attributes the updates of an item have added to: it has no more of them.
pub(crate) const WEIGHT: &str = "weight";
/// When the item expires, in seconds since the epoch.
pub(crate) const EXPIRES_AT: &str = "expires_at";
/// What the counter of an issue begins with.
pub(crate) const ISSUE_PREFIX: &str = "issue#";

/// What the buckets of a series begin with.
const VALUE: char = 'b';

/// What the counter of a version's invocations begins with.
const RAN_PREFIX: &str = "ran#";

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn hashes(ids: impl IntoIterator<Item = u64>) -> AttributeValue {
    AttributeValue::Bs(ids.into_iter().map(hash_blob).collect())
}

pub(crate) fn hash(id: u64) -> AttributeValue {
    AttributeValue::B(hash_blob(id))
}

fn hash_blob(id: u64) -> Blob {
    Blob::new(id.to_be_bytes())
}

/// The text of an attribute.
pub(crate) fn get_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The value of a number.
pub(crate) fn get_number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The hashes of the deliveries that an item has counted.
pub(crate) fn seen(item: &Item) -> HashSet<u64> {
    let hashes = item.get(SEEN).and_then(|seen| seen.as_bs().ok()).into_iter().flatten();
    hashes.filter_map(|hash| Some(u64::from_be_bytes(hash.as_ref().try_into().ok()?))).collect()
}

/// The name of a histogram's bucket: `d120` for durations, `i88` for initialisations; `dz`, `iz` for zeros.
pub(crate) fn bucket_name(prefix: char, index: i16) -> String {
    if index == histogram::ZERO { format!("{prefix}z") } else { format!("{prefix}{index}") }
}

pub(crate) fn bucket_index(digits: &str) -> Option<i16> {
    if digits == "z" { Some(histogram::ZERO) } else { digits.parse().ok() }
}

/// What a rollup adds to its item, in an order that is always the same. Zeros are not written.
pub(crate) fn additions(rollup: &Rollup) -> Vec<(String, u64)> {
    let counters = rollup.counters.nonzero().map(|(counter, value)| (counter.name().to_owned(), value));
    let durations = rollup.durations.buckets().map(|(index, count)| (bucket_name('d', index), count));
    let inits = rollup.inits.buckets().map(|(index, count)| (bucket_name('i', index), count));
    let issues = rollup.issues.iter().map(|(fingerprint, count)| (issue_name(*fingerprint), *count));
    let deployments =
        rollup.deployments.iter().map(|(deployment, count)| (format!("{RAN_PREFIX}{deployment}"), *count));
    counters.chain(durations).chain(inits).chain(issues).chain(deployments).collect()
}

/// The attribute that counts an issue.
pub(crate) fn issue_name(fingerprint: Fingerprint) -> String {
    format!("{ISSUE_PREFIX}{fingerprint}")
}

/// Reads what [`issue_name`] writes.
pub(crate) fn issue_of(name: &str) -> Option<Fingerprint> {
    name.strip_prefix(ISSUE_PREFIX).and_then(Fingerprint::parse)
}

/// An attribute of a series: `<series>n` is how many values it has, `<series>s` their sum in millionths, and
/// `<series>b120` a bucket.
pub(crate) fn metric_name(series: SeriesId, part: &str) -> String {
    format!("{series}{part}")
}

/// Reads what [`metric_name`] writes.
pub(crate) fn metric_of(name: &str) -> Option<(SeriesId, &str)> {
    let (series, part) = name.split_at_checked(16)?;
    Some((SeriesId::parse(series)?, part))
}

/// What metrics add to their item.
pub(crate) fn additions_of_metrics(hour: &Hour) -> impl Iterator<Item = (String, i128)> + '_ {
    hour.iter().flat_map(|(series, values)| {
        let counts = [("n", i128::from(values.count)), ("s", values.sum_millionths)];
        let counts = counts.into_iter().map(|(part, value)| (metric_name(*series, part), value));
        let buckets = values.histogram.buckets();
        counts
            .chain(buckets.map(|(index, count)| (metric_name(*series, &bucket_name(VALUE, index)), i128::from(count))))
    })
}

/// Adds the metrics of an item. Attributes that it does not know are passed over.
pub(crate) fn add_metrics(hour: &mut Hour, item: &Item) {
    for (name, value) in item {
        let value = value.as_n().ok().and_then(|digits| digits.parse::<i128>().ok());
        if let Some(((series, part), value)) = metric_of(name).zip(value) {
            let values = hour.entry(series).or_default();
            let count = u64::try_from(value).unwrap_or(0);
            match (part, part.strip_prefix(VALUE).and_then(bucket_index)) {
                ("n", _) => values.count = values.count.saturating_add(count),
                ("s", _) => values.sum_millionths = values.sum_millionths.saturating_add(value),
                (_, Some(index)) => values.histogram.add(index, count),
                _ => {}
            }
        }
    }
}

/// The rollup of an item. Attributes that it does not know are passed over.
pub(crate) fn rollup(item: &Item) -> Rollup {
    let mut rollup = Rollup::default();
    for (name, value) in item {
        let Some(value) = value.as_n().ok().and_then(|digits| digits.parse::<u64>().ok()) else {
            continue;
        };
        if let Some(counter) = Counter::from_name(name) {
            rollup.counters.add(counter, value);
        } else if let Some(peak) = Peak::from_name(name) {
            rollup.peaks.raise(peak, value);
        } else if let Some(fingerprint) = issue_of(name) {
            rollup.add_issue(fingerprint, value);
        } else if let Some(deployment) = name.strip_prefix(RAN_PREFIX).and_then(Deployment::parse) {
            rollup.add_deployment(deployment, value);
        } else if let Some(index) = name.strip_prefix('d').and_then(bucket_index) {
            rollup.durations.add(index, value);
        } else if let Some(index) = name.strip_prefix('i').and_then(bucket_index) {
            rollup.inits.add(index, value);
        }
    }
    rollup
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Source, recognise};
    use lamplight_rollup::metric::Values;
    use lamplight_rollup::{Series, Version};

    use super::*;

    #[test]
    fn a_rollup_goes_there_and_back() {
        let mut rollup = Rollup::default();
        for line in [
            "REPORT RequestId: a\tDuration: 0.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB",
            "REPORT RequestId: a\tDuration: 31.25 ms\tBilled Duration: 90 ms\tMemory Size: 128 MB\tMax Memory Used: 61 MB\t\
             Init Duration: 55.10 ms\tStatus: timeout",
        ] {
            rollup.add_fact(&recognise(line, &Source::default()));
        }
        rollup.add_issue(Fingerprint::from_hash(7), 2);
        for (version, count) in [(Version::Number(12), 2), (Version::Latest, 1), (Version::Unknown, 3)] {
            rollup.add_deployment(Deployment { version, memory_mb: 128 }, count);
        }
        let mut item: Item = additions(&rollup).into_iter().map(|(name, value)| (name, number(value))).collect();
        item.extend(rollup.peaks.known().map(|(peak, value)| (peak.name().to_owned(), number(value))));
        item.insert(SEEN.to_owned(), hashes([1, 2]));
        item.insert("expires_at".to_owned(), number(5));
        assert_eq!(super::rollup(&item), rollup);
        assert_eq!(seen(&item), HashSet::from([1, 2]));
    }

    #[test]
    fn metrics_go_there_and_back() {
        let mut values = Values::default();
        [0.0, -12.5, 3e9].into_iter().for_each(|value| values.record(value));
        let hour = Hour::from([(Series::rest().id(), values)]);
        let mut item: Item = additions_of_metrics(&hour).map(|(name, value)| (name, number(value))).collect();
        item.insert(SEEN.to_owned(), hashes([1, 2]));
        item.insert("expires_at".to_owned(), number(5));
        let mut read = Hour::new();
        add_metrics(&mut read, &item);
        assert_eq!(read, hour);
    }
}
