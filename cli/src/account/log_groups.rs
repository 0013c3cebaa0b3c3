//! Log groups, and which of them are meant.

use aws_sdk_cloudwatchlogs::types::LogGroup as Described;

use super::{Logs, Refusal};
use crate::arguments::{SelectionArguments, Tag};

/// The one class whose log groups can be subscribed.
const STANDARD: &str = "STANDARD";

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN, without a wildcard at the end.
    pub arn: String,
    /// Its class.
    pub class: String,
}

impl LogGroup {
    fn of(group: Described) -> Option<Self> {
        let arn = group.log_group_arn.or(group.arn).unwrap_or_default();
        Some(Self {
            name: group.log_group_name?,
            arn: arn.trim_end_matches(":*").to_owned(),
            // Before there were classes, every log group was what is called standard now.
            class: group.log_group_class.map_or(STANDARD.to_owned(), |class| class.as_str().to_owned()),
        })
    }

    /// Whether its class can be subscribed.
    pub fn is_standard(&self) -> bool {
        self.class == STANDARD
    }

    /// Region and account in its ARN (`arn:aws:logs:<region>:<account>:log-group:<name>`).
    pub fn place(&self) -> Option<(&str, &str)> {
        let mut parts = self.arn.split(':').skip(3);
        Some((parts.next()?, parts.next()?)).filter(|(region, account)| !region.is_empty() && !account.is_empty())
    }
}

impl Logs {
    /// The log groups whose names begin with this, by name.
    pub async fn log_groups(&self, prefix: &str) -> Result<Vec<LogGroup>, Refusal> {
        let mut groups = Vec::new();
        let mut token = None;
        loop {
            let describe = self.to_describe().await.describe_log_groups().set_next_token(token);
            let describe = if prefix.is_empty() { describe } else { describe.log_group_name_prefix(prefix) };
            let page = describe.send().await.map_err(Refusal::of("logs:DescribeLogGroups"))?;
            groups.extend(page.log_groups.unwrap_or_default().into_iter().filter_map(LogGroup::of));
            token = page.next_token;
            if token.is_none() {
                return Ok(groups);
            }
        }
    }

    /// The log group of this name.
    pub async fn log_group(&self, name: &str) -> Result<Option<LogGroup>, Refusal> {
        Ok(self.log_groups(name).await?.into_iter().find(|group| group.name == name))
    }

    async fn has_tags(&self, group: &LogGroup, wanted: &[Tag]) -> Result<bool, Refusal> {
        if wanted.is_empty() {
            return Ok(true);
        }
        let list = self.to_describe().await.list_tags_for_resource().resource_arn(&group.arn);
        let tags = list.send().await.map_err(Refusal::of("logs:ListTagsForResource"))?.tags.unwrap_or_default();
        Ok(wanted.iter().all(|tag| is_among(tag, |key| tags.get(key).map(String::as_str))))
    }
}

fn is_among<'t>(tag: &Tag, value_of: impl Fn(&str) -> Option<&'t str>) -> bool {
    value_of(&tag.key).is_some_and(|value| tag.value.as_deref().is_none_or(|wanted| wanted == value))
}

/// The log groups that the arguments mean, by name, and the names among them that no log group has.
pub async fn select(logs: &Logs, selection: &SelectionArguments) -> Result<(Vec<LogGroup>, Vec<String>), Refusal> {
    let (mut candidates, mut missing) = (Vec::new(), Vec::new());
    if selection.log_group.is_empty() {
        candidates = logs.log_groups(&selection.prefix).await?;
    }
    for name in &selection.log_group {
        match logs.log_group(name).await? {
            Some(group) => candidates.push(group),
            None => missing.push(name.clone()),
        }
    }
    candidates.sort_by(|one, other| one.name.cmp(&other.name));
    candidates.dedup();
    let mut selected = Vec::new();
    for group in candidates {
        if logs.has_tags(&group, &selection.tag).await? {
            selected.push(group);
        }
    }
    Ok((selected, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_names_region_and_account() {
        let arn = "arn:aws:logs:eu-west-1:210987654321:log-group:/aws/lambda/a:*";
        let group = LogGroup::of(Described::builder().log_group_name("/aws/lambda/a").arn(arn).build()).unwrap();
        assert_eq!(group.arn, "arn:aws:logs:eu-west-1:210987654321:log-group:/aws/lambda/a");
        assert_eq!(group.place(), Some(("eu-west-1", "210987654321")));
        assert!(group.is_standard());
        assert_eq!(LogGroup { arn: String::new(), ..group }.place(), None);
    }

    #[test]
    fn a_tag_without_a_value_takes_any() {
        let has = |key: &str| (key == "team").then_some("checkout");
        for (tag, expected) in [("team=checkout", true), ("team", true), ("team=", false), ("stage", false)] {
            assert_eq!(is_among(&tag.parse().unwrap(), has), expected, "{tag}");
        }
    }
}
