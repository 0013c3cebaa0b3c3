//! What a deployment changed, in words.

use lamplight_rollup::Deployed;
use lamplight_rollup::time::from_rfc3339;

use crate::alert::{Alert, Reason};

/// What a deployment changed, and how long before.
pub(super) fn said(deployed: &Deployed, alert: &Alert) -> Option<String> {
    let step = |now: Option<String>, before: Option<String>, unit: &str| match (before, now?) {
        (None, now) => Some(format!("{now}{unit}")),
        (Some(before), now) => Some(format!("{before} → {now}{unit}")),
    };
    let version = step(deployed.version.clone(), deployed.version_before.clone(), "");
    let number = |memory_mb: Option<u64>| memory_mb.map(|memory_mb| memory_mb.to_string());
    let memory = step(number(deployed.memory_mb), number(deployed.memory_before_mb), " MB");
    let changed =
        [version.map(|version| format!("version {version}")), memory.map(|memory| format!("memory {memory}"))];
    let changed = changed.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let failed = match alert.reason {
        Reason::New => alert.issue.first_seen.as_deref(),
        Reason::Regressed | Reason::Escalating => alert.issue.last_seen.as_deref(),
    };
    let before_ms = from_rfc3339(failed?)? - from_rfc3339(&deployed.at)?;
    (!changed.is_empty()).then(|| format!("{changed}, {}", before(before_ms)))
}

/// A length of time in its largest unit.
fn before(length_ms: i64) -> String {
    match length_ms / 60_000 {
        ..1 => "just before".to_owned(),
        minutes @ 1..60 => format!("{minutes} min before"),
        minutes => format!("{} h before", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;

    #[test]
    fn what_changed_is_said_with_how_long_before() {
        let said_of = |deployed: Deployed| said(&deployed, &alert("mailer", "panic: no card"));
        let version = |name: &str| Some(name.to_owned());
        let both = Deployed {
            version: version("12"),
            version_before: version("11"),
            memory_mb: Some(256),
            memory_before_mb: Some(128),
            at: "2026-11-20T08:43:00.000Z".to_owned(),
        };
        assert_eq!(said_of(both.clone()).unwrap(), "version 11 → 12, memory 128 → 256 MB, 4 min before");
        let memory = Deployed { version: None, version_before: None, ..both.clone() };
        assert_eq!(
            said_of(Deployed { at: "2026-11-20T05:00:00.000Z".to_owned(), ..memory }).unwrap(),
            "memory 128 → 256 MB, 3 h before"
        );
        let now = Deployed { memory_mb: None, at: "2026-11-20T08:47:12.000Z".to_owned(), ..both };
        assert_eq!(said_of(now).unwrap(), "version 11 → 12, just before");
    }
}
