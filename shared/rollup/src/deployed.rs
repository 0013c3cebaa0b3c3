//! What changed before a failure: the deployment that may be its cause.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deployment::{Deployment, Version};
use crate::time::rfc3339;

/// How long after a deployment it may be the cause of what is new.
const CAUSE_MS: i64 = 24 * 3_600_000;

/// How long after an occurrence its report may come: as long as an invocation may run.
const REPORT_MS: i64 = 15 * 60_000;

/// What a deployment changed. What stayed as it was is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_before: Option<String>,
    /// The memory, in MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// The memory before, in MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_before_mb: Option<u64>,
    /// When it was first seen: never after the failure.
    pub at: String,
}

impl Deployed {
    /// What changed within a day before something failed in a version, given when each deployment was first seen, in
    /// milliseconds since the epoch. Of a version that nothing has reported of yet, the failure is the first sign.
    #[must_use]
    pub fn before(first_seen_ms: &BTreeMap<Deployment, i64>, version: Version, failed_ms: i64) -> Option<Self> {
        let mut seen: Vec<_> = first_seen_ms.iter().map(|(deployment, first_ms)| (*first_ms, *deployment)).collect();
        seen.retain(|(first_ms, _)| *first_ms <= failed_ms + REPORT_MS);
        seen.sort_unstable();
        let is_it = |(_, deployment): &(i64, Deployment)| version == Version::Unknown || deployment.version == version;
        let position = seen.iter().rposition(is_it);
        let (at_ms, now) = position.map_or((failed_ms, None), |i| (seen[i].0, Some(seen[i].1)));
        let (_, earlier) = *seen[..position.unwrap_or(seen.len())].last()?;
        if failed_ms - at_ms > CAUSE_MS {
            return None;
        }
        let version = now.map_or(version, |now| now.version);
        let versions = (version != earlier.version).then(|| (version.to_string(), earlier.version.to_string()));
        let memory = now.filter(|now| now.memory_mb != earlier.memory_mb);
        let known = |name: String| Some(name).filter(|name| !name.is_empty());
        let (version, version_before) = versions.map_or((None, None), |(now, before)| (known(now), known(before)));
        Some(Self {
            version,
            version_before,
            memory_mb: memory.map(|now| now.memory_mb),
            memory_before_mb: memory.map(|_| earlier.memory_mb),
            at: rfc3339(at_ms.min(failed_ms)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_rfc3339;

    const DAY_MS: i64 = 86_400_000;
    const NOW_MS: i64 = 1_795_164_432_345;

    /// What changed before a failure of now: version before and after, memory before and after, and how long ago.
    fn deployed(seen: &[(&str, i64)], version: &str) -> Option<(String, i64)> {
        let seen = seen.iter().map(|(text, ago_ms)| (Deployment::parse(text).unwrap(), NOW_MS - ago_ms));
        let deployed = Deployed::before(&seen.collect(), Version::parse(version), NOW_MS)?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let memory = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let said = format!(
            "{}>{} {}>{}",
            text(&deployed.version_before),
            text(&deployed.version),
            memory(deployed.memory_before_mb),
            memory(deployed.memory_mb)
        );
        Some((said, NOW_MS - from_rfc3339(&deployed.at).unwrap()))
    }

    #[test]
    fn a_version_or_memory_that_is_new_is_told() {
        let told = |said: &str, ago_ms| Some((said.to_owned(), ago_ms));
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS), ("12#128", 60_000)], "12"), told("11>12 >", 60_000));
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS), ("12#256", 60_000)], "12"), told("11>12 128>256", 60_000));
        assert_eq!(deployed(&[("$LATEST#128", 9 * DAY_MS), ("$LATEST#256", 5)], "$LATEST"), told("> 128>256", 5));
        assert_eq!(deployed(&[("#128", 9 * DAY_MS), ("#256", 5)], ""), told("> 128>256", 5));
        // Rolled back: 11 was first seen before 12.
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS), ("12#128", 60_000)], "11"), None);
    }

    #[test]
    fn the_first_invocation_of_a_version_fails_before_anything_reports_of_it() {
        let told = Some(("11>12 >".to_owned(), 0));
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS)], "12"), told);
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS), ("12#128", -30_000)], "12"), told);
    }

    #[test]
    fn what_is_long_ago_or_was_ever_so_is_no_change() {
        assert_eq!(deployed(&[("11#128", 9 * DAY_MS), ("12#128", 2 * DAY_MS)], "12"), None);
        assert_eq!(deployed(&[("11#128", 60_000)], "11"), None);
        assert_eq!(deployed(&[], "11"), None);
    }
}
