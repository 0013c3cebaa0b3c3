//! Which version of a function ran, with how much memory: what a deployment may have changed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A version as a log stream names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Version {
    /// Nothing names it.
    #[default]
    Unknown,
    /// `$LATEST`: whatever was deployed last.
    Latest,
    /// A version that was published.
    Number(u64),
}

impl Version {
    /// Reads the name of a version.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "$LATEST" | "$LATEST.PUBLISHED" => Self::Latest,
            _ => name.parse().map_or(Self::Unknown, Self::Number),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::Latest => formatter.write_str("$LATEST"),
            Self::Number(number) => write!(formatter, "{number}"),
        }
    }
}

/// A version with its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deployment {
    /// The version.
    pub version: Version,
    /// The memory that it was given, in MB.
    pub memory_mb: u64,
}

impl Deployment {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (version, memory_mb) = text.split_once('#')?;
        Some(Self { version: Version::parse(version), memory_mb: memory_mb.parse().ok()? })
    }
}

impl fmt::Display for Deployment {
    /// `12#256`, `$LATEST#256`, or `#256` where the version is not known.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.version, self.memory_mb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_goes_there_and_back() {
        for (text, version) in
            [("12#256", Version::Number(12)), ("$LATEST#256", Version::Latest), ("#256", Version::Unknown)]
        {
            let deployment = Deployment { version, memory_mb: 256 };
            assert_eq!((deployment.to_string().as_str(), Deployment::parse(text)), (text, Some(deployment)));
        }
        assert_eq!(Deployment::parse("12"), None);
        assert_eq!(Deployment::parse("12#much"), None);
    }
}
