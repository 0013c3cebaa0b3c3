//! What a watch says, as it travels over SNS: that a condition on the figures of functions holds, and that it does no
//! more.

use lamplight_rollup::time::from_rfc3339;
use serde::{Deserialize, Serialize};

use crate::alert::{Severity, VERSION};

const MINUTE_MS: i64 = 60_000;

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Count,
    Percent,
    Milliseconds,
    UsDollars,
}

impl Unit {
    /// A value as people read it.
    #[must_use]
    pub fn rounded(self, value: f64) -> String {
        match self {
            Self::Count => format!("{value:.0}"),
            Self::Percent => format!("{} %", trimmed(format!("{value:.1}"))),
            Self::Milliseconds if value < 1_000.0 => format!("{value:.0} ms"),
            Self::Milliseconds => format!("{} s", trimmed(format!("{:.2}", value / 1_000.0))),
            Self::UsDollars if value < 0.01 => format!("${value:.6}"),
            Self::UsDollars => format!("${value:.2}"),
        }
    }

    /// A value as it stands.
    #[must_use]
    pub fn exactly(self, value: f64) -> String {
        match self {
            Self::Count => value.to_string(),
            Self::Percent => format!("{value} %"),
            Self::Milliseconds => format!("{value} ms"),
            Self::UsDollars => format!("${value}"),
        }
    }
}

fn trimmed(number: String) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
}

/// A length of time in whole minutes, as people read it.
#[must_use]
pub fn length(length_ms: i64) -> String {
    let minutes = (length_ms / MINUTE_MS).max(0);
    let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if parts.is_empty() { "0 min".to_owned() } else { parts.join(" ") }
}

/// What has become of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchState {
    /// Its condition holds.
    Firing,
    /// Its condition does not hold any more.
    Ok,
    /// It was removed or changed while it fired.
    Ended,
}

/// What a watch says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchAlert {
    /// The version of this form: marks the message as Lamplight's.
    pub lamplight: u32,
    /// Its identity, the same in every attempt to send it.
    pub alert_id: String,
    /// The watch, and what it has seen.
    pub watch: Watched,
}

/// A watch, and what it has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// What it is called.
    pub name: String,
    /// What tells it and what it looks at from others, the same while it fires and when it is OK.
    pub key: String,
    /// What has become of it.
    pub state: WatchState,
    /// How much it matters.
    pub severity: Severity,
    /// When it fires, as a text.
    pub condition: String,
    /// What is measured.
    pub metric: String,
    /// The unit of value and threshold.
    pub unit: Unit,
    /// What was measured last; absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What it is compared with.
    pub threshold: f64,
    /// How much time it is measured over.
    pub window_ms: i64,
    /// When it began to fire.
    pub since: String,
    /// When the window ended.
    pub at: String,
    /// The function; absent where several are looked at together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The functions that are looked at together, as a pattern of their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<String>,
    /// The function's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The function's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The receivers by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// The page that says what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

impl WatchAlert {
    /// The message of a watch.
    #[must_use]
    pub fn new(alert_id: &str, watch: Watched) -> Self {
        Self { lamplight: VERSION, alert_id: alert_id.to_owned(), watch }
    }

    /// Reads a message; nothing if it is not of this form.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str::<Self>(message).ok().filter(|alert| alert.lamplight == VERSION)
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The attributes that subscribers filter by, with their values.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        let watch = &self.watch;
        let place = [("function", &watch.function), ("account", &watch.account), ("region", &watch.region)];
        let place = place.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        [("kind", "watch"), ("severity", watch.severity.name())].into_iter().chain(place).collect()
    }
}

impl Watched {
    /// What is looked at.
    #[must_use]
    pub fn place(&self) -> &str {
        self.function.as_deref().or(self.functions.as_deref()).unwrap_or("all functions")
    }

    /// What was measured: `errors of mailer are 7.3 % over 10 min`.
    #[must_use]
    pub fn measured(&self) -> Option<String> {
        let (place, window) = (self.place(), length(self.window_ms));
        let value = self.value?;
        if self.metric == "invocations" && value == 0.0 {
            return Some(format!("no invocations of {place} for {window}"));
        }
        let verb = if self.metric.ends_with('s') { "are" } else { "is" };
        Some(format!("{} of {place} {verb} {} over {window}", self.metric, self.unit.rounded(value)))
    }

    /// How long it has fired, as people read it.
    #[must_use]
    pub fn fired_for(&self) -> Option<String> {
        Some(length(from_rfc3339(&self.at)? - from_rfc3339(&self.since)?))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A watch on the errors of a function of this name.
    pub(crate) fn watch(function: &str, state: WatchState) -> WatchAlert {
        let watch = Watched {
            name: "mail errors".to_owned(),
            key: "5eed".to_owned(),
            state,
            severity: Severity::Error,
            condition: "errors > 5 % over 10 min of at least 20 invocations".to_owned(),
            metric: "errors".to_owned(),
            unit: Unit::Percent,
            value: Some(if state == WatchState::Firing { 7.25 } else { 1.2 }).filter(|_| state != WatchState::Ended),
            threshold: 5.0,
            window_ms: 10 * MINUTE_MS,
            since: "2026-11-20T08:47:00.000Z".to_owned(),
            at: "2026-11-20T09:01:00.000Z".to_owned(),
            function: Some(function.to_owned()),
            functions: None,
            account: Some("210987654321".to_owned()),
            region: Some("eu-central-1".to_owned()),
            to: vec![],
            runbook: Some("https://wiki.example/mail".to_owned()),
        };
        WatchAlert::new("watch-5eed-19a-firing", watch)
    }

    #[test]
    fn a_message_goes_there_and_back_and_says_what_to_filter_by() {
        let alert = watch("mailer", WatchState::Firing);
        assert_eq!(WatchAlert::parse(&alert.to_json()), Some(alert.clone()));
        assert_eq!(alert.attributes()[..3], [("kind", "watch"), ("severity", "error"), ("function", "mailer")]);
        assert_eq!(WatchAlert::parse(r#"{"lamplight":1,"alert_id":"x"}"#), None);
    }

    #[test]
    fn values_and_lengths_are_readable() {
        for (unit, value, expected) in [
            (Unit::Count, 143.0, "143"),
            (Unit::Percent, 7.25, "7.2 %"),
            (Unit::Percent, 5.0, "5 %"),
            (Unit::Milliseconds, 850.4, "850 ms"),
            (Unit::Milliseconds, 2_000.0, "2 s"),
            (Unit::Milliseconds, 2_345.0, "2.35 s"),
            (Unit::UsDollars, 5.119, "$5.12"),
            (Unit::UsDollars, 0.000_12, "$0.000120"),
        ] {
            assert_eq!(unit.rounded(value), expected);
        }
        for (minutes, expected) in [(0, "0 min"), (14, "14 min"), (60, "1 h"), (1530, "1 d 1 h 30 min")] {
            assert_eq!(length(minutes * MINUTE_MS), expected);
        }
    }
}
