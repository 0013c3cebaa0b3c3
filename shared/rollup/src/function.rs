//! The name of a function that is unique over accounts and regions.

use std::fmt;

/// What stands where an account or a region is not known.
pub const UNKNOWN: &str = "unknown";

/// Account, region and name of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionKey {
    /// The account's id, or `unknown`.
    pub account: String,
    /// The region, or `unknown`.
    pub region: String,
    /// The function's name; where the log group names no function, the group's name stands for it.
    pub function: String,
}

impl FunctionKey {
    /// Reads `<account>/<region>/<function>`. A function's name may have slashes, the others have none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/').map(str::to_owned);
        Some(Self { account: parts.next()?, region: parts.next()?, function: parts.next()? })
    }
}

impl fmt::Display for FunctionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.account, self.region, self.function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_there_and_back_even_with_slashes() {
        let key = FunctionKey { account: "1".into(), region: UNKNOWN.into(), function: "/ecs/a/b".into() };
        assert_eq!(FunctionKey::parse(&key.to_string()), Some(key));
        assert_eq!(FunctionKey::parse("1/eu-west-1"), None);
    }
}
