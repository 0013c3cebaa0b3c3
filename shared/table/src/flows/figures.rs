//! What passages through a flow add up to, as items have it.

use std::collections::BTreeMap;

use lamplight_rollup::flow::{LeadTimes, Passed};
use lamplight_rollup::{Bucket, Span};

use crate::attributes::{Item, bucket_index, bucket_name};

/// How long the figures of an hour are kept; those of days stay.
pub(super) const HOUR_KEPT_MS: i64 = 90 * 86_400_000;

/// What the histogram's buckets begin with.
const LEAD: char = 'l';

/// The differences that changes make to the figures of hours and days.
pub(super) type Figures = BTreeMap<(String, Bucket), BTreeMap<String, i64>>;

/// Adds a passage to the differences of its hour and its day, or takes it out.
pub(super) fn add(figures: &mut Figures, flow: &str, passed: Option<&Passed>, sign: i64) {
    let Some(passed) = passed else { return };
    let mut one = LeadTimes::default();
    one.add(passed);
    for span in [Span::Hour, Span::Day] {
        let bucket = Bucket::holding(span, passed.started_ms);
        let differences = figures.entry((flow.to_owned(), bucket)).or_default();
        for (name, value) in attributes(&one) {
            *differences.entry(name).or_default() += sign * i64::try_from(value).unwrap_or(i64::MAX);
        }
    }
}

/// Figures as attributes. Zeros are not written.
fn attributes(figures: &LeadTimes) -> Vec<(String, u64)> {
    let counts = [
        ("started", figures.started),
        ("on_time", figures.on_time),
        ("late", figures.late),
        ("missing", figures.missing),
        ("lead_us", figures.lead_us),
    ];
    let counts = counts.into_iter().filter(|(_, value)| *value > 0).map(|(name, value)| (name.to_owned(), value));
    counts.chain(figures.leads.buckets().map(|(index, count)| (bucket_name(LEAD, index), count))).collect()
}

/// The figures of an item. Attributes that it does not know are passed over.
pub(super) fn lead_times(item: &Item) -> LeadTimes {
    let mut figures = LeadTimes::default();
    for (name, value) in item {
        let Some(value) = value.as_n().ok().and_then(|digits| digits.parse::<u64>().ok()) else { continue };
        match name.as_str() {
            "started" => figures.started = value,
            "on_time" => figures.on_time = value,
            "late" => figures.late = value,
            "missing" => figures.missing = value,
            "lead_us" => figures.lead_us = value,
            name => {
                if let Some(index) = name.strip_prefix(LEAD).and_then(bucket_index) {
                    figures.leads.add(index, value);
                }
            }
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use lamplight_rollup::flow::Outcome;

    use super::*;
    use crate::attributes::{EXPIRES_AT, number};

    #[test]
    fn figures_go_there_and_back() {
        let mut figures = LeadTimes::default();
        for (outcome, lead_ms) in
            [(Outcome::OnTime, Some(0)), (Outcome::Late, Some(9_000)), (Outcome::Missing, None), (Outcome::Open, None)]
        {
            figures.add(&Passed { started_ms: 0, outcome, lead_ms });
        }
        let mut item: Item = attributes(&figures).into_iter().map(|(name, value)| (name, number(value))).collect();
        item.insert(EXPIRES_AT.to_owned(), number(5));
        assert_eq!(lead_times(&item), figures);
    }

    #[test]
    fn what_is_counted_otherwise_is_taken_out_where_it_was_and_put_where_it_is() {
        let passed = |started_ms, outcome, lead_ms| Passed { started_ms, outcome, lead_ms };
        let mut figures = BTreeMap::new();
        add(&mut figures, "orders", Some(&passed(3_600_000, Outcome::Missing, None)), -1);
        add(&mut figures, "orders", Some(&passed(3_599_999, Outcome::OnTime, Some(5))), 1);
        let at = |span, start_ms| figures[&("orders".to_owned(), Bucket { span, start_ms })].clone();
        assert_eq!(at(Span::Hour, 3_600_000), BTreeMap::from([("missing".into(), -1), ("started".into(), -1)]));
        assert_eq!(at(Span::Hour, 0)["on_time"], 1);
        assert_eq!((at(Span::Day, 0)["started"], at(Span::Day, 0)["missing"]), (0, -1));
    }
}
