//! Whether the stack reads itself. The parser drops what comes from the stack's own log groups, so that nothing goes
//! round for ever; each delivery is paid for all the same.

use super::Finding;
use super::observed::Observed;
use crate::account::Ours;

const CHECK: &str = "own_log_groups";

/// What follows for the stack's own log groups.
pub fn findings(seen: &Observed, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in &ours.log_groups {
        let filters = seen.groups.get(name).and_then(|subscribed| subscribed.filters.as_deref());
        for filter in filters.into_iter().flatten().filter(|filter| ours.has_destination(&filter.destination)) {
            let what = "Lamplight's own log group is subscribed to Lamplight: each delivery causes the next one";
            findings.push(Finding::error(CHECK, what).about([name.clone()]).mended_by(format!(
                "aws logs delete-subscription-filter --log-group-name {name} --filter-name {}",
                filter.name
            )));
        }
    }
    if let Some(policy) = ours.policy(&seen.policies) {
        let covered: Vec<_> = ours.log_groups.iter().filter(|name| policy.covers(name)).cloned().collect();
        if policy.left_out.is_none() {
            let what =
                format!("the criteria of the account's subscription {} are not known to this version", policy.name);
            findings.push(Finding::warning(CHECK, what));
        } else if !covered.is_empty() {
            let what = format!(
                "the account's subscription {} does not leave out Lamplight's own log groups: each delivery causes the next one",
                policy.name
            );
            findings
                .push(Finding::error(CHECK, what).about(covered).mended_by("sam deploy, with the current template"));
        }
    }
    if findings.is_empty() && seen.is_whole {
        findings.push(Finding::ok(CHECK, "Lamplight does not read its own logs"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Filter, LogGroup, Policy};
    use crate::commands::doctor::Severity;
    use crate::commands::doctor::observed::Subscribed;

    fn policy(left_out: Option<&[&str]>) -> Policy {
        Policy {
            name: "all".to_owned(),
            pattern: String::new(),
            destination: Ours::example().destination,
            left_out: left_out.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            updated_ms: 1,
        }
    }

    fn severities(seen: &Observed) -> Vec<Severity> {
        findings(seen, &Ours::example()).iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn a_policy_has_to_leave_out_every_one_of_our_log_groups() {
        let with = |policy| Observed { policies: vec![policy], is_whole: true, ..Observed::default() };
        let own = Ours::example().log_groups;
        let all: Vec<_> = own.iter().map(String::as_str).collect();
        assert_eq!(severities(&with(policy(Some(&all)))), [Severity::Ok]);
        let some = with(policy(Some(&all[..1])));
        assert_eq!(severities(&some), [Severity::Error]);
        assert_eq!(findings(&some, &Ours::example())[0].about, own[1..]);
        assert_eq!(severities(&with(policy(None))), [Severity::Warning]);
        let of_others = Policy { destination: "arn:another".to_owned(), ..policy(Some(&[])) };
        assert_eq!(severities(&with(of_others)), [Severity::Ok]);
    }

    #[test]
    fn a_subscription_of_ours_to_ourselves_is_a_loop_and_one_of_others_is_not() {
        let subscribed = |destination: String| {
            let filter = Filter { name: "f".to_owned(), pattern: String::new(), destination, created_ms: 1 };
            let name = Ours::example().log_groups[0].clone();
            let group = LogGroup { name: name.clone(), arn: String::new(), class: "STANDARD".to_owned() };
            let groups = [(name, Subscribed { group, filters: Some(vec![filter]) })].into();
            Observed { groups, is_whole: true, ..Observed::default() }
        };
        assert_eq!(severities(&subscribed(Ours::example().destination)), [Severity::Error]);
        assert_eq!(severities(&subscribed("arn:another".to_owned())), [Severity::Ok]);
    }
}
