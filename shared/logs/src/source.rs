//! Which function a log group and stream belong to.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use crate::fact::Fact;

/// Where a line comes from, as far as it is known before the line is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source<'a> {
    /// The account that owns the log group.
    pub account: Option<Cow<'a, str>>,
    /// The region of the log group.
    pub region: Option<Cow<'a, str>>,
    /// The log group.
    pub log_group: Option<Cow<'a, str>>,
    /// The log stream.
    pub log_stream: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> {
    /// The function that wrote the line: the name in the stream of a shared group, else the name in the group
    /// `/aws/lambda/<name>`. Of Lambda@Edge's groups (`/aws/lambda/us-east-1.<name>`) and Web Functions' groups
    /// (`/aws/lambda/web/<name>`) the name alone.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.function_in_stream().or_else(|| self.function_in_group())
    }

    /// The version in the stream's name: `$LATEST` or a number.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        Some(self.stream_parts()?.1)
    }

    /// The identity of the log stream in its account and region: a hash of group and name, where both are known.
    #[must_use]
    pub fn stream_identity(&self) -> Option<u64> {
        let known = |part: &Option<Cow<'_, str>>| part.as_deref().map_or(0, |part| xxh3_64(part.as_bytes()));
        let (group, stream) = (self.log_group.as_deref()?, self.log_stream.as_deref()?);
        let place = known(&self.account).rotate_left(1) ^ known(&self.region).rotate_left(2);
        Some(place ^ xxh3_64(group.as_bytes()).rotate_left(3) ^ xxh3_64(stream.as_bytes()))
    }

    fn function_in_stream(&self) -> Option<&str> {
        self.stream_parts().map(|(function, _)| function).filter(|function| !function.is_empty())
    }

    fn function_in_group(&self) -> Option<&str> {
        let name = self.log_group.as_deref()?.strip_prefix("/aws/lambda/")?;
        let name = name.strip_prefix("web/").or_else(|| name.strip_prefix("us-east-1.")).unwrap_or(name);
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    /// Function and version of a stream `YYYY/MM/DD/[function][version]environment`.
    fn stream_parts(&self) -> Option<(&str, &str)> {
        let stream = self.log_stream.as_deref()?;
        let name = stream.get(11..)?;
        let is_dated = stream.bytes().take(11).enumerate().all(|(i, b)| match i {
            4 | 7 | 10 => b == b'/',
            _ => b.is_ascii_digit(),
        });
        let (function, rest) = name.split_once('[')?;
        let (version, environment) = rest.split_once(']')?;
        let is_version = matches!(version, "$LATEST" | "$LATEST.PUBLISHED")
            || (!version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()));
        let is_function =
            function.len() <= 64 && function.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        (is_dated && is_version && is_function && !environment.is_empty()).then_some((function, version))
    }
}

/// The function that a line is about: the one that its place names, else the one that the line names, else the log
/// group's name stands for it.
#[must_use]
pub fn function_of<'a>(source: &'a Source<'_>, fact: &'a Fact<'_>) -> Option<&'a str> {
    let in_record = || fact.function_arn.as_deref().and_then(function_in_arn).map(|(_, _, name)| name);
    source.function().or_else(in_record).or(fact.function_name.as_deref()).or(source.log_group.as_deref())
}

/// Region, account and name in the ARN of a function (`arn:aws:lambda:<region>:<account>:function:<name>[:version]`).
#[must_use]
pub fn function_in_arn(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.split(':').skip(2);
    if parts.next()? != "lambda" {
        return None;
    }
    let (region, account) = (parts.next()?, parts.next()?);
    (parts.next()? == "function").then_some(())?;
    Some((region, account, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(group: &'static str, stream: &'static str) -> Source<'static> {
        Source { log_group: Some(group.into()), log_stream: Some(stream.into()), ..Source::default() }
    }

    #[test]
    fn the_stream_of_a_shared_group_names_the_function() {
        let shared = source("/shop/all", "2026/11/20/mailer[$LATEST]22be53a8cfde4e68b844f8ec293b2543");
        assert_eq!((shared.function(), shared.version()), (Some("mailer"), Some("$LATEST")));
        let misleading = source("/aws/lambda/other", "2026/11/20/mailer[12][22be53a8-cfde]");
        assert_eq!((misleading.function(), misleading.version()), (Some("mailer"), Some("12")));
    }

    #[test]
    fn the_default_group_names_the_function() {
        let stream = "2026/11/20/[7]22be53a8cfde4e68b844f8ec293b2543";
        for (group, function) in [
            ("/aws/lambda/mailer", Some("mailer")),
            ("/aws/lambda/us-east-1.rewrite", Some("rewrite")),
            ("/aws/lambda/web/front", Some("front")),
            ("/aws/lambda/", None),
            ("/ecs/mailer", None),
        ] {
            assert_eq!(source(group, stream).function(), function, "{group}");
        }
        assert_eq!(source("/aws/lambda/mailer", "odd").version(), None);
    }

    #[test]
    fn an_arn_names_region_account_and_function() {
        let arn = "arn:aws:lambda:eu-west-1:210987654321:function:mailer:7";
        assert_eq!(function_in_arn(arn), Some(("eu-west-1", "210987654321", "mailer")));
        assert_eq!(function_in_arn("arn:aws:sqs:eu-west-1:210987654321:mailer"), None);
    }
}
