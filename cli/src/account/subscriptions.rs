//! Where log groups deliver to, and which of that is the stack's.

use aws_sdk_cloudwatchlogs::types::{AccountPolicy, PolicyType};
use serde::Deserialize;

use super::{Logs, Refusal};
use crate::error::CliError;
use crate::stack::Stack;

/// A subscription filter of a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its name.
    pub name: String,
    /// What it lets through.
    pub pattern: String,
    /// Where it delivers to.
    pub destination: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
}

/// The account's subscription, which covers every log group but those that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it lets through.
    pub pattern: String,
    /// Where it delivers to.
    pub destination: String,
    /// The log groups that it leaves out; nothing if its criteria are of a kind that this program does not know.
    pub left_out: Option<Vec<String>>,
    /// When it was made or changed last, in milliseconds since the epoch.
    pub updated_ms: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    destination_arn: String,
    #[serde(default)]
    filter_pattern: String,
}

impl Policy {
    fn of(policy: AccountPolicy) -> Option<Self> {
        let document: Document = serde_json::from_str(policy.policy_document()?).ok()?;
        Some(Self {
            name: policy.policy_name?,
            pattern: document.filter_pattern,
            destination: document.destination_arn,
            left_out: left_out(policy.selection_criteria.as_deref().unwrap_or_default()),
            updated_ms: policy.last_updated_time.unwrap_or(0),
        })
    }

    /// Whether it covers a standard log group. What is not known is taken for covered: nothing is subscribed twice then.
    pub fn covers(&self, log_group: &str) -> bool {
        !self.left_out.iter().flatten().any(|name| name == log_group)
    }
}

/// The names in `LogGroupName NOT IN ["a","b"]`; none if there are no criteria.
fn left_out(criteria: &str) -> Option<Vec<String>> {
    if criteria.trim().is_empty() {
        return Some(Vec::new());
    }
    let words: Vec<&str> = criteria.splitn(4, char::is_whitespace).collect();
    let ["LogGroupName", "NOT", "IN", names] = words[..] else {
        return None;
    };
    serde_json::from_str(names).ok()
}

impl Logs {
    /// The subscription filters of a log group.
    pub async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, Refusal> {
        let mut filters = Vec::new();
        let mut token = None;
        loop {
            let describe = self.to_describe().await.describe_subscription_filters().log_group_name(log_group);
            let page = describe.set_next_token(token).send().await;
            let page = page.map_err(Refusal::of("logs:DescribeSubscriptionFilters"))?;
            filters.extend(page.subscription_filters.unwrap_or_default().into_iter().map(|filter| Filter {
                name: filter.filter_name.unwrap_or_default(),
                pattern: filter.filter_pattern.unwrap_or_default(),
                destination: filter.destination_arn.unwrap_or_default(),
                created_ms: filter.creation_time.unwrap_or(0),
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(filters);
            }
        }
    }

    /// The account's own subscriptions: there is one at the most, whoever holds it.
    pub async fn policies(&self) -> Result<Vec<Policy>, Refusal> {
        let describe = self.to_describe().await.describe_account_policies();
        let described = describe.policy_type(PolicyType::SubscriptionFilterPolicy).send().await;
        let described = described.map_err(Refusal::of("logs:DescribeAccountPolicies"))?;
        Ok(described.account_policies.unwrap_or_default().into_iter().filter_map(Policy::of).collect())
    }
}

/// What is the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Where further subscriptions deliver to.
    pub destination: String,
    /// The role that CloudWatch Logs needs for that, if it does.
    pub role: Option<String>,
    /// The stack's parser, which is behind the destination.
    parser: String,
    /// The log groups of the stack's functions.
    pub log_groups: Vec<String>,
}

impl Ours {
    /// What a stack says of itself.
    pub fn of(stack: &Stack) -> Result<Self, CliError> {
        let parser = stack.output("ParserArn")?.to_owned();
        let log_groups = stack.output("OwnLogGroups")?.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self {
            destination: stack.output_if_any("SubscriptionDestinationArn").unwrap_or(&parser).to_owned(),
            role: stack.output_if_any("SubscriptionRoleArn").map(str::to_owned),
            log_groups: log_groups.map(str::to_owned).collect(),
            parser,
        })
    }

    /// Whether a subscription to this destination is the stack's. One to the parser stays its own when deliveries have
    /// come to take the way through a stream.
    pub fn has_destination(&self, arn: &str) -> bool {
        let is_version_of =
            |own: &str| arn.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        is_version_of(&self.destination) || is_version_of(&self.parser)
    }

    /// Whether a log group is one of the stack's functions'.
    pub fn has_log_group(&self, name: &str) -> bool {
        self.log_groups.iter().any(|own| own == name)
    }

    /// The account's subscription, if it is the stack's.
    pub fn policy<'p>(&self, policies: &'p [Policy]) -> Option<&'p Policy> {
        policies.iter().find(|policy| self.has_destination(&policy.destination))
    }

    /// What stands for the stack in tests.
    #[cfg(test)]
    pub fn example() -> Self {
        Self {
            destination: "arn:aws:kinesis:eu-west-1:210987654321:stream/lamplight".to_owned(),
            role: Some("arn:aws:iam::210987654321:role/lamplight".to_owned()),
            parser: "arn:aws:lambda:eu-west-1:210987654321:function:parser".to_owned(),
            log_groups: vec!["lamplight-ParserLogs".to_owned(), "lamplight-KeeperLogs".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_name_what_is_left_out() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(left_out(""), names(&[]));
        assert_eq!(left_out(r#"LogGroupName NOT IN ["a","b"]"#), names(&["a", "b"]));
        assert_eq!(left_out(r#"LogGroupName NOT IN ["a", "b"]"#), names(&["a", "b"]));
        assert_eq!(left_out(r#"LogGroupNamePrefix NOT IN ["a"]"#), None);
        assert_eq!(left_out(r#"LogGroupName IN ["a"]"#), None);
    }

    #[test]
    fn a_policy_covers_what_it_does_not_name_and_what_is_not_known() {
        let policy = AccountPolicy::builder().policy_name("p").policy_document(
            r#"{"DestinationArn":"arn:x","RoleArn":"r","FilterPattern":"-a","Distribution":"Random"}"#,
        );
        let some = Policy::of(policy.clone().selection_criteria(r#"LogGroupName NOT IN ["a"]"#).build()).unwrap();
        assert_eq!((some.pattern.as_str(), some.destination.as_str()), ("-a", "arn:x"));
        assert!(!some.covers("a") && some.covers("b"));
        let odd = Policy::of(policy.clone().selection_criteria("something else").build()).unwrap();
        assert!(odd.covers("a"));
        assert!(Policy::of(policy.policy_document("x").build()).is_none());
    }

    #[test]
    fn the_parser_and_its_versions_are_ours_and_its_namesakes_are_not() {
        let ours = Ours::example();
        let parser = "arn:aws:lambda:eu-west-1:210987654321:function:parser";
        assert!(ours.has_destination(&ours.destination.clone()) && ours.has_destination(parser));
        assert!(ours.has_destination(&format!("{parser}:live")));
        assert!(!ours.has_destination(&format!("{parser}-of-others")));
        assert!(!ours.has_destination(""));
    }
}
