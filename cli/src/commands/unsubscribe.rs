//! `lamplight unsubscribe`: the stack's own subscriptions are removed from log groups.

use std::process::ExitCode;

use crate::account::{Filter, Logs, Ours, Policy, Refusal, select};
use crate::arguments::UnsubscribeArguments;
use crate::commands::subscribe::{Action, Plan, Step};
use crate::error::CliError;
use crate::progress;
use crate::stack::Stack;

pub async fn run(arguments: &UnsubscribeArguments) -> Result<ExitCode, CliError> {
    let stack = Stack::find(&arguments.stack).await?;
    let ours = Ours::of(&stack)?;
    let logs = Logs::new(&stack.config);
    let policies = logs.policies().await?;
    let (groups, missing) = select(&logs, &arguments.selection).await?;
    let mut plan = Plan::new(arguments.dry_run, &missing);
    let bar = progress::log_groups(groups.len());
    for group in &groups {
        let mut filters = logs.filters(&group.name).await?;
        filters.retain(|filter| ours.has_destination(&filter.destination));
        let mut step = step(&group.name, &filters, ours.policy(&policies));
        if !arguments.dry_run && step.action.is_work() {
            carry_out(&logs, &mut step, &filters).await?;
        }
        plan.log_groups.push(step);
        bar.inc(1);
    }
    bar.finish_and_clear();
    plan.tell(arguments.stack.output)
}

/// What is to be done with a log group that has these subscriptions of the stack.
fn step(log_group: &str, own: &[Filter], policy: Option<&Policy>) -> Step {
    let covering = policy.filter(|policy| policy.covers(log_group)).map(|policy| {
        format!("the account's subscription {} covers it: deploy with it in ExcludeLogGroups", policy.name)
    });
    let action = match (own.is_empty(), &covering) {
        (false, _) => Action::Unsubscribe,
        (true, Some(_)) => Action::Skip,
        (true, None) => Action::Already,
    };
    Step { reason: covering, ..Step::new(log_group, action) }
}

async fn carry_out(logs: &Logs, step: &mut Step, own: &[Filter]) -> Result<(), CliError> {
    for filter in own {
        let delete = logs.to_work().await.delete_subscription_filter();
        let delete = delete.log_group_name(&step.log_group).filter_name(&filter.name);
        match delete.send().await.map_err(Refusal::of("logs:DeleteSubscriptionFilter")) {
            Ok(_) => {}
            Err(refusal) if refusal.is_denied() => return Err(refusal.into()),
            Err(refusal) => {
                step.action = Action::Fail;
                step.reason = Some(refusal.to_string());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_removed_and_what_the_account_covers_is_said() {
        let filter =
            Filter { name: "lamplight".into(), pattern: String::new(), destination: "arn:x".into(), created_ms: 1 };
        let policy = Policy {
            name: "all".into(),
            pattern: String::new(),
            destination: "arn:x".into(),
            left_out: Some(vec!["left".into()]),
            updated_ms: 1,
        };
        let own = std::slice::from_ref(&filter);
        assert_eq!(step("g", own, None), Step::new("g", Action::Unsubscribe));
        assert_eq!(step("g", &[], None), Step::new("g", Action::Already));
        assert_eq!(step("g", &[], Some(&policy)).action, Action::Skip);
        assert_eq!(step("left", &[], Some(&policy)), Step::new("left", Action::Already));
        let step = step("g", own, Some(&policy));
        assert!(step.action == Action::Unsubscribe && step.reason.is_some_and(|reason| reason.contains("all")));
    }
}
