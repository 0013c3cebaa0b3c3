//! Which events were not delivered: those that CloudWatch Logs had taken in before the log group was subscribed. Every
//! later one was delivered, so that each event is counted in one of the two ways.
//!
//! A log group may have been subscribed before, and a subscription that is changed may look younger than it is. So
//! where nobody has said when it was, an hour is left alone that lies before the subscription and has figures all the
//! same.

use lamplight_rollup::Bucket;
use lamplight_rollup::time::rfc3339;

use crate::account::{Filter, Policy};
use crate::arguments::FILTER_PATTERN;

/// The account's subscription says only when it was changed last. That it was made then is sure of one that is not much
/// younger than its stack.
const MADE_WITH_STACK_MS: i64 = 3_600_000;

/// Where the past of a log group ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Events that were taken in before this moment were not delivered, in milliseconds since the epoch.
    pub before_ms: i64,
    /// Whether somebody who knows better has said so.
    pub is_said: bool,
    /// What the subscription lets through; nothing if that is all, or all but what counts nothing.
    pub pattern: Option<String>,
}

/// How long after its time an event is taken in, as a rule.
pub const LATE_MS: i64 = 600_000;

impl Boundary {
    /// Whether figures of an hour can only be from an earlier subscription.
    pub const fn is_before(&self, hour: Bucket) -> bool {
        !self.is_said && hour.end_ms() + LATE_MS <= self.before_ms
    }
}

/// Where the past of a log group with these subscriptions of the stack ends; else why that is not known. `said_ms` is
/// what somebody who knows better says.
pub fn of(
    filters: &[Filter],
    policy: Option<&Policy>,
    stack_created_ms: Option<i64>,
    said_ms: Option<i64>,
) -> Result<Boundary, String> {
    let by_filters = filters.iter().map(|filter| (filter.created_ms, &filter.pattern));
    let by_policy = policy.map(|policy| (policy.updated_ms, &policy.pattern));
    let earliest = by_filters.chain(by_policy).min();
    let pattern = earliest.map(|(_, pattern)| pattern.trim()).filter(|pattern| !pattern.is_empty());
    let pattern = pattern.filter(|pattern| *pattern != FILTER_PATTERN.trim()).map(str::to_owned);
    if let Some(before_ms) = said_ms {
        return Ok(Boundary { before_ms, is_said: true, pattern });
    }
    let (before_ms, _) = earliest.ok_or_else(|| {
        "it is not subscribed: what comes until it is would be left out. Subscribe it first, or give --subscribed-at"
            .to_owned()
    })?;
    let made_ms = stack_created_ms.unwrap_or(i64::MIN).saturating_add(MADE_WITH_STACK_MS);
    match policy.filter(|policy| policy.updated_ms > made_ms && policy.updated_ms == before_ms) {
        Some(policy) => Err(format!(
            "the account's subscription {} was changed at {} and does not say when it was made: give that as \
             --subscribed-at",
            policy.name,
            rfc3339(policy.updated_ms)
        )),
        None => Ok(Boundary { before_ms, is_said: false, pattern }),
    }
}

#[cfg(test)]
mod tests {
    use lamplight_rollup::Span;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn filter(created_ms: i64, pattern: &str) -> Filter {
        Filter { name: "f".to_owned(), pattern: pattern.to_owned(), destination: String::new(), created_ms }
    }

    fn policy(updated_ms: i64) -> Policy {
        let (name, pattern) = ("all".to_owned(), FILTER_PATTERN.to_owned());
        Policy { name, pattern, destination: String::new(), left_out: Some(Vec::new()), updated_ms }
    }

    fn before_ms(filters: &[Filter], policy: Option<&Policy>, said_ms: Option<i64>) -> Option<i64> {
        of(filters, policy, Some(0), said_ms).ok().map(|boundary| boundary.before_ms)
    }

    #[test]
    fn the_past_ends_with_the_first_subscription() {
        assert_eq!(before_ms(&[filter(7, ""), filter(5, "")], None, None), Some(5));
        assert_eq!(before_ms(&[filter(7, "")], Some(&policy(6)), None), Some(6));
        assert_eq!(before_ms(&[filter(5, "")], Some(&policy(9 * HOUR_MS)), None), Some(5));
    }

    #[test]
    fn what_is_not_subscribed_has_no_end_unless_somebody_says_it() {
        assert_eq!(before_ms(&[], None, None), None);
        assert_eq!(before_ms(&[], None, Some(3)), Some(3));
        assert_eq!(before_ms(&[filter(5, "")], None, Some(3)), Some(3));
    }

    #[test]
    fn a_policy_that_was_changed_later_does_not_say_when_it_was_made() {
        assert_eq!(before_ms(&[], Some(&policy(HOUR_MS)), None), Some(HOUR_MS));
        assert_eq!(before_ms(&[], Some(&policy(HOUR_MS + 1)), None), None);
        assert_eq!(before_ms(&[], Some(&policy(HOUR_MS + 1)), Some(9)), Some(9));
        assert!(of(&[], Some(&policy(5)), None, None).is_err());
    }

    #[test]
    fn only_a_pattern_that_leaves_out_what_counts_is_asked_for() {
        let pattern = |pattern: &str| of(&[filter(5, pattern)], None, None, None).unwrap().pattern;
        assert_eq!(pattern(""), None);
        assert_eq!(pattern(FILTER_PATTERN), None);
        assert_eq!(pattern("REPORT").as_deref(), Some("REPORT"));
    }

    #[test]
    fn an_hour_well_before_the_subscription_should_have_no_figures() {
        let boundary = of(&[filter(3 * HOUR_MS, "")], None, None, None).unwrap();
        let hour = |start_ms: i64| Bucket { span: Span::Hour, start_ms };
        assert!(boundary.is_before(hour(HOUR_MS)));
        assert!(!boundary.is_before(hour(2 * HOUR_MS)) && !boundary.is_before(hour(3 * HOUR_MS)));
        let said = of(&[filter(3 * HOUR_MS, "")], None, None, Some(3 * HOUR_MS)).unwrap();
        assert!(!said.is_before(hour(HOUR_MS)));
    }
}
