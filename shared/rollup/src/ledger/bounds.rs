//! What one delivery may ask of the table at the most.
//!
//! Over a bound the rest is dealt with all the same: issues and metrics are taken together, transactions are left out.
//! What was counted of their lines stays counted.

use std::collections::BTreeMap;

use crate::fingerprint::Fingerprint;
use crate::ledger::Ledger;
use crate::transaction::{Transaction, Transactions};

/// The bounds of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Issues of one function that are told apart.
    pub issues_a_function: usize,
    /// Transactions, and requests of which something is kept until their transaction is known.
    pub transactions: usize,
    /// Metrics of one function that are told apart, and as many again of which the dimensions are not.
    pub series_a_function: usize,
}

impl Default for Bounds {
    /// Far above what the largest delivery of a real application holds.
    fn default() -> Self {
        Self { issues_a_function: 500, transactions: 20_000, series_a_function: 200 }
    }
}

/// What was over the bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Excess {
    /// Issues that were taken together.
    pub issues: usize,
    /// Transactions that were left out.
    pub transactions: usize,
    /// Metrics that were taken together.
    pub series: usize,
}

impl Ledger {
    /// Keeps a delivery's ledger within bounds; what was over them.
    pub fn keep_within(&mut self, bounds: &Bounds) -> Excess {
        Excess {
            issues: self.take_issues_together(bounds),
            transactions: self.leave_transactions_out(bounds),
            series: self.metrics.keep_within(bounds.series_a_function),
        }
    }

    fn take_issues_together(&mut self, bounds: &Bounds) -> usize {
        if self.issues.len() <= bounds.issues_a_function {
            return 0;
        }
        let mut counts = BTreeMap::new();
        let beyond: Vec<_> = self
            .issues
            .iter()
            .filter(|(_, issue)| {
                let count: &mut usize = counts.entry(issue.key.clone()).or_default();
                *count += 1;
                *count > bounds.issues_a_function
            })
            .map(|(fingerprint, _)| *fingerprint)
            .collect();
        let mut names: BTreeMap<Fingerprint, Fingerprint> = BTreeMap::new();
        for fingerprint in &beyond {
            if let Some(issue) = self.issues.remove(fingerprint) {
                let (others, issue) = issue.among_others();
                names.insert(*fingerprint, others);
                self.add_issue(others, issue);
            }
        }
        for rollup in self.functions.values_mut().flat_map(BTreeMap::values_mut) {
            rollup.rename_issues(&names);
        }
        beyond.len()
    }

    fn leave_transactions_out(&mut self, bounds: &Bounds) -> usize {
        let Transactions { by_id, loose, .. } = &mut self.transactions;
        [by_id, loose].into_iter().map(|transactions| leave_out(transactions, bounds.transactions)).sum()
    }
}

fn leave_out(transactions: &mut BTreeMap<String, Transaction>, bound: usize) -> usize {
    let beyond = transactions.len().saturating_sub(bound);
    for _ in 0..beyond {
        transactions.pop_last();
    }
    beyond
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::ErrorLogs;

    fn ledger(lines: impl Iterator<Item = String>) -> Ledger {
        let events =
            lines.map(|line| LogEvent { id: "1".into(), timestamp: 5, message: line.as_str().to_owned().into() });
        let source = Source { log_group: Some("/aws/lambda/loom".into()), ..Source::default() };
        let mut ledger = Ledger::default();
        let delivery = Delivery { is_data: true, source, events: events.collect(), unreadable: 0 };
        ledger.add_delivery(&delivery, ErrorLogs::Raise);
        ledger
    }

    fn word(i: u32) -> String {
        i.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    }

    #[test]
    fn issues_over_the_bound_are_one_and_no_occurrence_is_lost() {
        let mut many =
            ledger((0..900).map(|i| format!("[ERROR] KeyError: no {}\nTraceback (most recent call last):", word(i))));
        assert_eq!(many.issues.len(), 900);
        let bounds = Bounds { issues_a_function: 100, ..Bounds::default() };
        assert_eq!(many.keep_within(&bounds), Excess { issues: 800, ..Excess::default() });
        assert_eq!(many.issues.len(), 101);
        let rollup = &many.functions.values().next().unwrap()[&0];
        assert_eq!(rollup.issues.values().sum::<u64>(), 900);
        let others = many.issues.iter().find(|(_, issue)| issue.title.contains("others")).unwrap().0;
        assert_eq!(rollup.issues[others], 800);
        assert_eq!(rollup.issues.len(), 101);
    }

    #[test]
    fn metrics_over_the_bound_are_taken_together_and_no_value_is_lost() {
        let line = |i: u32| {
            let names = if i < 100 { "Orders".to_owned() } else { format!("Orders{i}") };
            format!(
                r#"{{"_aws":{{"CloudWatchMetrics":[{{"Namespace":"shop","Dimensions":[["id"]],"Metrics":[{{"Name":"{names}"}}]}}]}},"id":"{i}","{names}":1}}"#
            )
        };
        for (bound, names) in [(100, 201), (10, 21)] {
            let mut many = ledger((0..300).map(line));
            assert_eq!(many.metrics.series.len(), 300);
            let bounds = Bounds { series_a_function: bound, ..Bounds::default() };
            assert_eq!(many.keep_within(&bounds).series, 300 - bound);
            let series = &many.metrics.series;
            let metrics = &many.metrics.values.values().next().unwrap()[&0];
            assert_eq!(metrics.values().map(|values| values.count).sum::<u64>(), 300);
            assert!(metrics.len() <= names && series.len() == metrics.len(), "{}", metrics.len());
            assert!(metrics.keys().all(|id| series.keys().any(|(_, named)| named == id)));
        }
    }

    #[test]
    fn transactions_over_the_bound_are_left_out_and_said() {
        let line = |i| format!(r#"{{"level":"INFO","message":"x","traceId":"order-{i}"}}"#);
        let mut many = ledger((0..30).map(line));
        let bounds = Bounds { transactions: 20, ..Bounds::default() };
        assert_eq!(many.keep_within(&bounds), Excess { transactions: 10, ..Excess::default() });
        assert_eq!(many.transactions.by_id.len(), 20);
        assert_eq!(many.keep_within(&bounds), Excess::default());
    }
}
