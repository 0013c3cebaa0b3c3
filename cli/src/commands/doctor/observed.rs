//! What the account says of functions, log groups and subscriptions.

use std::collections::BTreeMap;

use super::Finding;
use crate::account::{Filter, Function, LogGroup, Logs, Ours, Policy, Refusal, functions};
use crate::progress;
use crate::stack::Stack;

/// Where functions log unless they are told otherwise.
const PREFIX: &str = "/aws/lambda/";

/// A log group and the filters that it has.
#[derive(Debug, Clone)]
pub struct Subscribed {
    /// The log group.
    pub group: LogGroup,
    /// Its filters; nothing if they could not be looked at.
    pub filters: Option<Vec<Filter>>,
}

/// What the account says.
#[derive(Debug, Default)]
pub struct Observed {
    /// The functions, without the stack's own.
    pub functions: Vec<Function>,
    /// The log groups of functions by their names, the stack's own among them.
    pub groups: BTreeMap<String, Subscribed>,
    /// The account's subscriptions.
    pub policies: Vec<Policy>,
    /// Whether all log groups could be listed.
    pub is_whole: bool,
}

/// Looks at everything; what could not be looked at is found.
pub async fn observe(stack: &Stack, logs: &Logs, ours: &Ours, found: &mut Vec<Finding>) -> Observed {
    let mut seen = Observed { is_whole: true, ..Observed::default() };
    let own: Vec<_> =
        ["ParserArn", "NotifierArn", "KeeperArn"].iter().filter_map(|name| stack.output_if_any(name)).collect();
    match functions(&stack.config).await {
        Ok(functions) => seen.functions = functions,
        Err(refusal) => found.push(Finding::unseen("functions", &refusal)),
    }
    seen.functions.retain(|function| !own.contains(&function.arn.as_str()));
    match logs.policies().await {
        Ok(policies) => seen.policies = policies,
        Err(refusal) => found.push(Finding::unseen("account_subscription", &refusal)),
    }
    let groups = match groups(logs, &seen.functions, ours).await {
        Ok(groups) => groups,
        Err(refusal) => {
            found.push(Finding::unseen("log_groups", &refusal));
            seen.is_whole = false;
            Vec::new()
        }
    };
    let bar = progress::log_groups(groups.len());
    let mut refused = None;
    for group in groups {
        let filters = match refused {
            None if group.is_standard() => {
                logs.filters(&group.name).await.map_err(|refusal| refused = Some(refusal)).ok()
            }
            None => Some(Vec::new()),
            Some(_) => None,
        };
        seen.groups.insert(group.name.clone(), Subscribed { group, filters });
        bar.inc(1);
    }
    bar.finish_and_clear();
    found.extend(refused.map(|refusal| Finding::unseen("subscriptions", &refusal)));
    seen
}

/// The log groups of functions and those of the stack.
async fn groups(logs: &Logs, functions: &[Function], ours: &Ours) -> Result<Vec<LogGroup>, Refusal> {
    let mut groups = logs.log_groups(PREFIX).await?;
    let mut elsewhere: Vec<_> = functions.iter().filter_map(|function| function.named_log_group.clone()).collect();
    elsewhere.extend(ours.log_groups.iter().cloned());
    elsewhere.retain(|name| !name.starts_with(PREFIX));
    elsewhere.sort();
    elsewhere.dedup();
    for name in elsewhere {
        groups.extend(logs.log_group(&name).await?);
    }
    Ok(groups)
}
