//! `TELEMETRY Name: lens State: Subscribed Types: [Platform, Function]`, and `LOGS …` of the older Logs API.
//!
//! Source: Lambda developer guide, "Lambda Telemetry API".

use crate::fact::{Fact, Kind};
use crate::text::after_word;

/// Reads the line of an extension's subscription.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let rest = after_word(line, "TELEMETRY").or_else(|| after_word(line, "LOGS"))?;
    (rest.starts_with("Name:") && rest.contains("State:"))
        .then(|| Fact::new(Kind::TelemetrySubscription, "telemetry_subscription"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_read() {
        assert!(read("TELEMETRY\tName: lens\tState: Subscribed\tTypes: [Platform]").is_some());
        assert!(read("LOGS\tName: lens\tState: Subscribed\tTypes: [Platform]").is_some());
        assert!(read("LOGS are rotated").is_none());
    }
}
