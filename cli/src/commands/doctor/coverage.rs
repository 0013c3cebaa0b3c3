//! Which functions are seen, and why others are not.

use super::Finding;
use super::observed::{Observed, Subscribed};
use crate::account::{Filter, Function, Ours, Policy};
use crate::commands::subscribe::named;
use crate::stack::Stack;

/// Log groups that a command names; with more of them it names none, and means all.
const NAMED: usize = 5;

/// How events of a log group reach the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Coverage {
    /// In one way.
    Once,
    /// In more than one way.
    Twice,
    /// In none.
    Not,
    /// In none, and others have subscriptions: which.
    Beside(String),
    /// It is of a class that cannot be subscribed.
    Beyond,
    /// It could not be looked at.
    Unknown,
}

impl Coverage {
    fn of(subscribed: &Subscribed, policy: Option<&Policy>, ours: &Ours) -> Self {
        let Some(filters) = &subscribed.filters else {
            return Self::Unknown;
        };
        if !subscribed.group.is_standard() {
            return Self::Beyond;
        }
        let (own, others): (Vec<Filter>, Vec<Filter>) =
            filters.iter().cloned().partition(|filter| ours.has_destination(&filter.destination));
        let is_covered = policy.is_some_and(|policy| policy.covers(&subscribed.group.name));
        match own.len() + usize::from(is_covered) {
            0 if others.is_empty() => Self::Not,
            0 => Self::Beside(format!("{}: {}", subscribed.group.name, named(&others))),
            1 => Self::Once,
            _ => Self::Twice,
        }
    }
}

/// What follows for functions and their log groups.
pub fn findings(seen: &Observed, ours: &Ours, stack: &Stack) -> Vec<Finding> {
    Coverages::of(seen, ours).findings(seen, ours, &stack.command("subscribe"), &stack.command("unsubscribe"))
}

/// Log groups by how they are covered.
#[derive(Debug, Default)]
struct Coverages {
    once: Vec<String>,
    twice: Vec<String>,
    not: Vec<String>,
    beside: Vec<String>,
    beyond: Vec<String>,
    total: usize,
}

impl Coverages {
    fn of(seen: &Observed, ours: &Ours) -> Self {
        let mut own = Self::default();
        let policy = ours.policy(&seen.policies);
        for (name, subscribed) in seen.groups.iter().filter(|(name, _)| !ours.has_log_group(name)) {
            own.total += 1;
            match Coverage::of(subscribed, policy, ours) {
                Coverage::Once => own.once.push(name.clone()),
                Coverage::Twice => own.twice.push(name.clone()),
                Coverage::Not => own.not.push(name.clone()),
                Coverage::Beside(others) => own.beside.push(others),
                Coverage::Beyond => own.beyond.push(format!("{name}: {}", subscribed.group.class)),
                Coverage::Unknown => {}
            }
        }
        own
    }

    fn findings(self, seen: &Observed, ours: &Ours, subscribe: &str, unsubscribe: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let covered = self.once.len() + self.twice.len();
        let policy = ours.policy(&seen.policies);
        if self.total > 0 && covered == 0 && !(self.not.is_empty() && self.beside.is_empty()) {
            let what = "no log group of a function is subscribed: nothing will be seen";
            findings.push(Finding::error("subscriptions", what).mended_by(subscribe));
        }
        if !self.twice.is_empty() {
            let what = "log groups deliver to Lamplight twice: what they hold may be counted twice";
            let mend = with_names(unsubscribe, &self.twice);
            findings.push(Finding::error("subscribed_twice", what).about(self.twice).mended_by(mend));
        }
        if !self.not.is_empty() {
            let mend = with_names(subscribe, &self.not);
            let what = "log groups of functions are not subscribed: what their functions do is not seen";
            findings.push(Finding::warning("subscriptions", what).about(self.not).mended_by(mend));
        }
        if !self.beside.is_empty() {
            let what = "log groups are not subscribed and deliver to others, who may have taken their slots";
            let mend =
                format!("{subscribe}; where that finds no slot: sam deploy --parameter-overrides Subscribe=account");
            findings.push(Finding::warning("slots", what).about(self.beside).mended_by(mend));
        }
        if !self.beyond.is_empty() {
            let what = "log groups are of a class that cannot be subscribed, and a class cannot be changed";
            findings.push(Finding::warning("log_class", what).about(self.beyond).mended_by(
                "aws logs create-log-group --log-group-name NEW && aws lambda update-function-configuration \
                 --function-name FUNCTION --logging-config LogGroup=NEW",
            ));
        }
        findings.extend(of_functions(seen, policy, subscribe));
        findings.extend(held_by_others(seen, ours));
        if covered > 0 {
            let what = format!("{covered} of {} log groups of functions deliver to Lamplight", self.total);
            findings.push(Finding::ok("subscriptions", what));
        }
        findings
    }
}

fn of_functions(seen: &Observed, policy: Option<&Policy>, subscribe: &str) -> Vec<Finding> {
    let mut findings: Vec<_> = seen.functions.iter().filter(|function| function.hides_reports()).map(hidden).collect();
    let is_covered = |group: &str| policy.is_some_and(|policy| policy.covers(group));
    let without = seen.functions.iter().map(|function| (&function.name, function.log_group()));
    let without: Vec<_> =
        without.filter(|(_, group)| seen.is_whole && !seen.groups.contains_key(group) && !is_covered(group)).collect();
    if let Some((_, group)) = without.first() {
        let what = "functions have no log group yet, as they never ran, and nothing would subscribe it";
        let mend = format!("aws logs create-log-group --log-group-name {group} && {subscribe} --log-group {group}");
        let names = without.iter().map(|(name, _)| (*name).clone());
        findings.push(Finding::warning("log_group_missing", what).about(names).mended_by(mend));
    }
    let elsewhere = seen.functions.iter().filter_map(|function| {
        let group = function.named_log_group.as_deref()?;
        Some(format!("{}: {group}", function.name))
    });
    let elsewhere: Vec<_> = elsewhere.collect();
    if !elsewhere.is_empty() {
        let what = "functions log to log groups that do not bear their names; these were looked at as well";
        findings.push(Finding::ok("log_group_elsewhere", what).about(elsewhere));
    }
    findings
}

/// Each needs a command of its own: `--logging-config` is given whole.
fn hidden(function: &Function) -> Finding {
    let name = &function.name;
    let mut logging = "LogFormat=JSON,SystemLogLevel=INFO".to_owned();
    if let Some(level) = &function.application_level {
        logging.push_str(&format!(",ApplicationLogLevel={level}"));
    }
    if let Some(group) = &function.named_log_group {
        logging.push_str(&format!(",LogGroup={group}"));
    }
    let what = "the function's SystemLogLevel is WARN: invocations that go well write no report and are not counted";
    Finding::warning("system_log_level", what).about([name.clone()]).mended_by(format!(
        "aws lambda update-function-configuration --function-name {name} --logging-config {logging}"
    ))
}

fn held_by_others(seen: &Observed, ours: &Ours) -> Option<Finding> {
    let policy = seen.policies.iter().find(|policy| !ours.has_destination(&policy.destination))?;
    let what = format!(
        "the one subscription of the account, {}, delivers to {}: log groups are subscribed one by one here",
        policy.name, policy.destination
    );
    Some(Finding::ok("account_subscription", what))
}

/// A command for these log groups, or for all of them where they are many.
fn with_names(command: &str, groups: &[String]) -> String {
    if groups.len() > NAMED && groups.iter().all(|group| group.starts_with("/aws/lambda/")) {
        return command.to_owned();
    }
    let names: String = groups.iter().map(|group| format!(" --log-group {group}")).collect();
    format!("{command}{names}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::LogGroup;
    use crate::commands::doctor::Severity;

    fn subscribed(name: &str, class: &str, destinations: &[&str]) -> (String, Subscribed) {
        let group = LogGroup { name: name.to_owned(), arn: String::new(), class: class.to_owned() };
        let filters = destinations.iter().map(|destination| Filter {
            name: "f".to_owned(),
            pattern: String::new(),
            destination: (*destination).to_owned(),
            created_ms: 1,
        });
        (name.to_owned(), Subscribed { group, filters: Some(filters.collect()) })
    }

    fn policy(destination: &str, left_out: &[&str]) -> Policy {
        Policy {
            name: "all".to_owned(),
            pattern: String::new(),
            destination: destination.to_owned(),
            left_out: Some(left_out.iter().map(|name| (*name).to_owned()).collect()),
            updated_ms: 1,
        }
    }

    fn found(seen: &Observed) -> Vec<(Severity, &'static str, Vec<String>)> {
        let ours = Ours::example();
        let findings = Coverages::of(seen, &ours).findings(seen, &ours, "lamplight subscribe", "lamplight unsubscribe");
        findings.into_iter().map(|finding| (finding.severity, finding.check, finding.about)).collect()
    }

    fn has(found: &[(Severity, &'static str, Vec<String>)], severity: Severity, check: &str, about: &[&str]) -> bool {
        found.iter().any(|one| one.0 == severity && one.1 == check && one.2 == about)
    }

    #[test]
    fn each_log_group_is_found_for_what_it_is() {
        let own = Ours::example().destination;
        let seen = Observed {
            groups: [
                subscribed("/aws/lambda/fine", "STANDARD", &[&own, "arn:dd"]),
                subscribed("/aws/lambda/not", "STANDARD", &[]),
                subscribed("/aws/lambda/twice", "STANDARD", &[&own, &own]),
                subscribed("/aws/lambda/taken", "STANDARD", &["arn:dd", "arn:nr"]),
                subscribed("/aws/lambda/cheap", "INFREQUENT_ACCESS", &[]),
                subscribed("lamplight-ParserLogs", "STANDARD", &[]),
            ]
            .into(),
            is_whole: true,
            ..Observed::default()
        };
        let found = found(&seen);
        assert!(has(&found, Severity::Warning, "subscriptions", &["/aws/lambda/not"]), "{found:?}");
        assert!(has(&found, Severity::Error, "subscribed_twice", &["/aws/lambda/twice"]), "{found:?}");
        let taken = "/aws/lambda/taken: f (to arn:dd), f (to arn:nr)";
        assert!(has(&found, Severity::Warning, "slots", &[taken]), "{found:?}");
        assert!(has(&found, Severity::Warning, "log_class", &["/aws/lambda/cheap: INFREQUENT_ACCESS"]), "{found:?}");
        assert!(has(&found, Severity::Ok, "subscriptions", &[]), "{found:?}");
        assert_eq!(found.len(), 5, "{found:?}");
    }

    #[test]
    fn the_accounts_subscription_covers_what_it_does_not_leave_out_and_doubles_what_has_its_own() {
        let own = Ours::example().destination;
        let seen = Observed {
            functions: vec![Function { name: "new".to_owned(), ..Function::default() }],
            groups: [
                subscribed("/aws/lambda/a", "STANDARD", &[]),
                subscribed("/aws/lambda/left", "STANDARD", &[]),
                subscribed("/aws/lambda/twice", "STANDARD", &[&own]),
            ]
            .into(),
            policies: vec![policy(&own, &["/aws/lambda/left"])],
            is_whole: true,
        };
        let found = found(&seen);
        assert!(has(&found, Severity::Warning, "subscriptions", &["/aws/lambda/left"]), "{found:?}");
        assert!(has(&found, Severity::Error, "subscribed_twice", &["/aws/lambda/twice"]), "{found:?}");
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn a_policy_of_others_covers_nothing() {
        let seen = Observed {
            groups: [subscribed("/aws/lambda/a", "STANDARD", &[])].into(),
            policies: vec![policy("arn:dd", &[])],
            is_whole: true,
            ..Observed::default()
        };
        let found = found(&seen);
        assert!(has(&found, Severity::Error, "subscriptions", &[]), "{found:?}");
        assert!(has(&found, Severity::Ok, "account_subscription", &[]), "{found:?}");
    }

    #[test]
    fn functions_that_hide_reports_or_have_no_log_group_are_named() {
        let quiet = Function {
            name: "quiet".to_owned(),
            is_json: true,
            system_level: Some("WARN".to_owned()),
            application_level: Some("DEBUG".to_owned()),
            named_log_group: Some("/shop/all".to_owned()),
            ..Function::default()
        };
        let mend = hidden(&quiet).mend.unwrap();
        let logging = "LogFormat=JSON,SystemLogLevel=INFO,ApplicationLogLevel=DEBUG,LogGroup=/shop/all";
        assert!(mend.ends_with(logging), "{mend}");
        let new = Function { name: "new".to_owned(), ..Function::default() };
        let seen = Observed {
            functions: vec![quiet, new],
            groups: [subscribed("/shop/all", "STANDARD", &[])].into(),
            is_whole: true,
            ..Observed::default()
        };
        let some = found(&seen);
        assert!(has(&some, Severity::Warning, "system_log_level", &["quiet"]), "{some:?}");
        assert!(has(&some, Severity::Warning, "log_group_missing", &["new"]), "{some:?}");
        assert!(has(&some, Severity::Ok, "log_group_elsewhere", &["quiet: /shop/all"]), "{some:?}");
        let blind = found(&Observed { is_whole: false, ..seen });
        assert!(!has(&blind, Severity::Warning, "log_group_missing", &["new"]), "{blind:?}");
    }

    #[test]
    fn a_command_names_a_few_log_groups_and_means_all_of_many() {
        let groups = |count: usize| (0..count).map(|i| format!("/aws/lambda/{i}")).collect::<Vec<_>>();
        assert_eq!(with_names("c", &groups(2)), "c --log-group /aws/lambda/0 --log-group /aws/lambda/1");
        assert_eq!(with_names("c", &groups(6)), "c");
    }
}
