//! What is to be done with a log group, and why.

use serde::Serialize;

use crate::account::{Filter, LogGroup, Ours, Policy};

/// What is done with a log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It gets a subscription.
    Subscribe,
    /// Its subscription gets another pattern or another destination.
    Change,
    /// Its subscription is removed.
    Unsubscribe,
    /// It is as it is to be.
    Already,
    /// It is left alone.
    Skip,
    /// What was to be done was refused.
    Fail,
}

impl Action {
    /// Whether something is changed by it.
    pub const fn is_work(self) -> bool {
        matches!(self, Self::Subscribe | Self::Change | Self::Unsubscribe)
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Change => "change",
            Self::Unsubscribe => "unsubscribe",
            Self::Already => "already",
            Self::Skip => "skip",
            Self::Fail => "fail",
        }
    }
}

/// What is done with one log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The log group.
    pub log_group: String,
    /// What is done.
    pub action: Action,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Step {
    /// A step that needs no reason.
    pub fn new(log_group: &str, action: Action) -> Self {
        Self { log_group: log_group.to_owned(), action, reason: None }
    }

    /// The same with a reason.
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

/// What is done with all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Whether nothing is done.
    pub dry_run: bool,
    /// What is done with each log group.
    pub log_groups: Vec<Step>,
}

impl Plan {
    /// A plan that knows which names are no log group's.
    pub fn new(is_dry_run: bool, missing: &[String]) -> Self {
        let missing = missing
            .iter()
            .map(|name| Step::new(name, Action::Fail).because("there is no such log group in this account and region"));
        Self { dry_run: is_dry_run, log_groups: missing.collect() }
    }
}

/// The subscription that a log group is to have.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The name of its filter.
    pub name: &'a str,
    /// What it lets through.
    pub pattern: &'a str,
}

/// Why a log group is left alone, whatever subscriptions it has.
pub fn beyond_reach(group: &LogGroup, policy: Option<&Policy>, ours: &Ours) -> Option<String> {
    if ours.has_log_group(&group.name) {
        return Some("it is Lamplight's own: its deliveries would cause further ones, for ever".to_owned());
    }
    if !group.is_standard() {
        return Some(format!("its class is {}; only STANDARD log groups can be subscribed", group.class));
    }
    let policy = policy.filter(|policy| policy.covers(&group.name))?;
    Some(format!("the account's subscription {} covers it; with another one it would be counted twice", policy.name))
}

/// What is to be done with a log group that has these subscriptions.
pub fn step(log_group: &str, filters: &[Filter], wanted: &Wanted<'_>, ours: &Ours) -> Step {
    let step = |action| Step::new(log_group, action);
    let own: Vec<_> = filters.iter().filter(|filter| ours.has_destination(&filter.destination)).collect();
    if let Some(other) = own.iter().find(|filter| filter.name != wanted.name) {
        return step(Action::Already).because(format!("by its filter {}", other.name));
    }
    if let Some(filter) = own.first() {
        let is_wanted = filter.pattern == wanted.pattern && filter.destination == ours.destination;
        return if is_wanted {
            step(Action::Already)
        } else {
            step(Action::Change).because(format!("it lets {} through to {}", said(&filter.pattern), filter.destination))
        };
    }
    if let Some(namesake) = filters.iter().find(|filter| filter.name == wanted.name) {
        let destination = &namesake.destination;
        return step(Action::Skip)
            .because(format!("its filter {} delivers to {destination}; give yours another --name", namesake.name));
    }
    if filters.is_empty() {
        step(Action::Subscribe)
    } else {
        step(Action::Subscribe).because(format!("beside {}", named(filters)))
    }
}

fn said(pattern: &str) -> &str {
    if pattern.is_empty() { "everything" } else { pattern }
}

/// Filters with where they deliver to.
pub fn named(filters: &[Filter]) -> String {
    let named = filters.iter().map(|filter| format!("{} (to {})", filter.name, filter.destination));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { name: "lamplight", pattern: "-x" };

    fn filter(name: &str, pattern: &str, destination: &str) -> Filter {
        Filter {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
            destination: destination.to_owned(),
            created_ms: 1,
        }
    }

    fn group(name: &str, class: &str) -> LogGroup {
        LogGroup { name: name.to_owned(), arn: String::new(), class: class.to_owned() }
    }

    fn done(filters: &[Filter]) -> (Action, String) {
        let step = step("g", filters, &WANTED, &Ours::example());
        (step.action, step.reason.unwrap_or_default())
    }

    #[test]
    fn what_has_no_subscription_gets_one_and_what_has_ours_keeps_it() {
        let ours = Ours::example().destination;
        assert_eq!(done(&[]), (Action::Subscribe, String::new()));
        assert_eq!(done(&[filter("lamplight", "-x", &ours)]), (Action::Already, String::new()));
        assert_eq!(done(&[filter("lamplight", "", &ours)]).0, Action::Change);
    }

    #[test]
    fn a_subscription_that_the_template_made_is_not_doubled() {
        let ours = Ours::example().destination;
        let (action, reason) = done(&[filter("stack-Subscription-1", "", &ours)]);
        assert_eq!((action, reason.contains("stack-Subscription-1")), (Action::Already, true));
    }

    #[test]
    fn subscriptions_of_others_are_named_and_never_replaced() {
        let (action, reason) = done(&[filter("dd", "", "arn:datadog"), filter("nr", "", "arn:newrelic")]);
        assert_eq!(action, Action::Subscribe);
        assert!(reason.contains("arn:datadog") && reason.contains("arn:newrelic"), "{reason}");
        let (action, reason) = done(&[filter("lamplight", "", "arn:another")]);
        assert_eq!(action, Action::Skip);
        assert!(reason.contains("arn:another") && reason.contains("--name"), "{reason}");
    }

    #[test]
    fn a_filter_to_the_parser_goes_over_to_the_stream() {
        let parser = "arn:aws:lambda:eu-west-1:210987654321:function:parser";
        assert_eq!(done(&[filter("lamplight", "-x", parser)]).0, Action::Change);
    }

    #[test]
    fn our_own_and_other_classes_and_what_the_account_covers_are_left_alone() {
        let ours = Ours::example();
        let policy = Policy {
            name: "all".to_owned(),
            pattern: String::new(),
            destination: ours.destination.clone(),
            left_out: Some(vec!["left".to_owned()]),
            updated_ms: 1,
        };
        let reason = |group: &LogGroup, policy| beyond_reach(group, policy, &ours).unwrap_or_default();
        assert!(reason(&group("lamplight-ParserLogs", "STANDARD"), None).contains("own"));
        assert!(reason(&group("g", "INFREQUENT_ACCESS"), None).contains("INFREQUENT_ACCESS"));
        assert!(reason(&group("g", "STANDARD"), Some(&policy)).contains("twice"));
        assert_eq!(reason(&group("left", "STANDARD"), Some(&policy)), "");
        assert_eq!(reason(&group("g", "STANDARD"), None), "");
    }
}
