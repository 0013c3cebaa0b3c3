//! `lamplight subscribe`: log groups deliver to the stack from now on.
//!
//! - `plan`: what is to be done with a log group, and why

mod plan;

use std::process::ExitCode;

use aws_sdk_cloudwatchlogs::types::Distribution;

use crate::account::{LogGroup, Logs, Ours, Policy, Refusal, select};
use crate::arguments::{Output, SubscribeArguments};
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::progress;
use crate::stack::Stack;
use crate::tables;
pub use plan::{Action, Plan, Step, named};
use plan::{Wanted, beyond_reach, step};

pub async fn run(arguments: &SubscribeArguments) -> Result<ExitCode, CliError> {
    let stack = Stack::find(&arguments.stack).await?;
    let ours = Ours::of(&stack)?;
    let logs = Logs::new(&stack.config);
    let wanted = Wanted { name: &arguments.name, pattern: &arguments.filter_pattern };
    let policies = logs.policies().await?;
    let (groups, missing) = select(&logs, &arguments.selection).await?;
    let mut plan = Plan::new(arguments.dry_run, &missing);
    let bar = progress::log_groups(groups.len());
    for group in &groups {
        let mut step = of_group(&logs, group, &wanted, ours.policy(&policies), &ours).await?;
        if !arguments.dry_run && step.action.is_work() {
            carry_out(&logs, &mut step, &wanted, &ours).await?;
        }
        plan.log_groups.push(step);
        bar.inc(1);
    }
    bar.finish_and_clear();
    plan.tell(arguments.stack.output)
}

async fn of_group(
    logs: &Logs,
    group: &LogGroup,
    wanted: &Wanted<'_>,
    policy: Option<&Policy>,
    ours: &Ours,
) -> Result<Step, Refusal> {
    if let Some(reason) = beyond_reach(group, policy, ours) {
        return Ok(Step::new(&group.name, Action::Skip).because(reason));
    }
    Ok(step(&group.name, &logs.filters(&group.name).await?, wanted, ours))
}

/// Makes or changes the subscription. What is refused for one log group does not keep the others from theirs.
async fn carry_out(logs: &Logs, step: &mut Step, wanted: &Wanted<'_>, ours: &Ours) -> Result<(), CliError> {
    let put = logs.to_work().await.put_subscription_filter().log_group_name(&step.log_group);
    let put = put.filter_name(wanted.name).filter_pattern(wanted.pattern).destination_arn(&ours.destination);
    let put = match &ours.role {
        Some(role) => put.role_arn(role).distribution(Distribution::Random),
        None => put,
    };
    let refusal = match put.send().await.map_err(Refusal::of("logs:PutSubscriptionFilter")) {
        Ok(_) => return Ok(()),
        Err(refusal) if refusal.is_denied() => return Err(refusal.into()),
        Err(refusal) => refusal,
    };
    (step.action, step.reason) = (Action::Fail, Some(refusal.to_string()));
    if refusal.code == "LimitExceededException" {
        let filters = logs.filters(&step.log_group).await?;
        // Without any, it is another limit that was met.
        if !filters.is_empty() {
            (step.action, step.reason) = (Action::Skip, Some(format!("its slots are taken by {}", named(&filters))));
        }
    }
    Ok(())
}

impl Plan {
    /// Prints what is planned or was done.
    pub fn tell(&self, output: Output) -> Result<ExitCode, CliError> {
        match output {
            Output::Json => print_json(self)?,
            Output::Table => print(tables::plan(self))?,
        }
        match self.log_groups.iter().filter(|step| step.action == Action::Fail).count() {
            0 => Ok(ExitCode::SUCCESS),
            count => Err(CliError::Undone(format!("{count} log groups failed; the reasons stand above"))),
        }
    }
}
