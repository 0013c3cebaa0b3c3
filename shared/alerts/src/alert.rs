//! The alert of an issue, as it travels over SNS: JSON that any subscriber can read, and attributes to filter by.

use lamplight_logs::Detection;
use lamplight_rollup::issue::cut;
use lamplight_rollup::summary::{IssueSummary, SampleSummary};
use lamplight_rollup::{Deployed, Fingerprint, Issue, State};
use serde::{Deserialize, Serialize};

use crate::secrets::{Emails, mask};

/// Names the form of the message; a reader of another form would be told by another number.
pub(crate) const VERSION: u32 = 1;

/// Bytes of a log message that an alert carries: what explains it, far below what SNS takes.
const EXCERPT_BYTES: usize = 2_000;

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nobody has seen the issue before.
    New,
    /// It was resolved and has come back.
    Regressed,
    /// It occurs ten times as often as people were told, or more often than it was muted for.
    Escalating,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing failed yet: Lambda tries again, or the application dealt with it.
    Warning,
    /// Invocations fail.
    Error,
    /// The function cannot work until somebody acts.
    Critical,
}

impl Severity {
    /// How much a detection matters.
    #[must_use]
    pub const fn of(detection: Detection) -> Self {
        match detection {
            Detection::Configuration | Detection::OutOfMemory => Self::Critical,
            Detection::InitTimeout | Detection::InitFailure | Detection::LogsDropped | Detection::ErrorLog => {
                Self::Warning
            }
            Detection::Timeout
            | Detection::Crash
            | Detection::Exception
            | Detection::Permission
            | Detection::EarlyExit
            | Detection::MissingMilestone => Self::Error,
        }
    }

    /// The name in messages and attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// The alert of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The version of this form: marks the message as Lamplight's.
    pub lamplight: u32,
    /// Its identity, the same in every attempt to send it.
    pub alert_id: String,
    /// Why people are told.
    pub reason: Reason,
    /// How much it matters.
    pub severity: Severity,
    /// What a deployment changed within a day before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Deployed>,
    /// The issue. Its count is that of the delivery that raised it; where it escalates, that since it was opened.
    pub issue: IssueSummary,
    /// The page that says what to do, where a policy names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

impl Alert {
    /// The alert of an issue that occurred so often. Secrets are masked in what was
    /// logged.
    #[must_use]
    pub fn new(
        alert_id: &str,
        reason: Reason,
        fingerprint: Fingerprint,
        issue: &Issue,
        count: u64,
        emails: Emails,
    ) -> Self {
        let state = match reason {
            Reason::New => State::New,
            Reason::Regressed => State::Regressed,
            Reason::Escalating => State::Escalating,
        };
        let summary = IssueSummary::of(fingerprint, issue, state, count);
        let message = cut(&mask(&summary.sample.message, emails), EXCERPT_BYTES).to_owned();
        let title = mask(&summary.title, emails);
        Self {
            lamplight: VERSION,
            alert_id: alert_id.to_owned(),
            reason,
            severity: Severity::of(issue.detection),
            deployed: None,
            issue: IssueSummary { title, sample: SampleSummary { message, ..summary.sample }, ..summary },
            runbook: None,
        }
    }

    /// The same alert after what a deployment changed.
    #[must_use]
    pub fn after(self, deployed: Option<Deployed>) -> Self {
        Self { deployed, ..self }
    }

    /// Reads a message; nothing if it is not an alert of this form.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str::<Self>(message).ok().filter(|alert| alert.lamplight == VERSION)
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The attributes that subscribers filter by, with their values. SNS takes no empty value.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        let issue = &self.issue;
        vec![
            ("kind", issue.kind.name()),
            ("severity", self.severity.name()),
            ("function", &issue.function),
            ("account", &issue.account),
            ("region", &issue.region),
        ]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lamplight_logs::{LogEvent, Source, recognise};
    use lamplight_rollup::FunctionKey;

    use super::*;

    /// The alert of a line in a function of this name.
    pub(crate) fn alert(function: &str, line: &str) -> Alert {
        let source = Source {
            log_group: Some(format!("/aws/lambda/{function}").into()),
            log_stream: Some("2026/11/20/[$LATEST]94fa867e".into()),
            ..Source::default()
        };
        let event = LogEvent { id: "1".into(), timestamp: 1_795_164_432_345, message: line.into() };
        let fact = recognise(line, &source);
        let key =
            FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: function.into() };
        let detection = fact.detection.unwrap_or_else(|| panic!("{line}"));
        let (fingerprint, issue) = Issue::raised(&key, detection, &fact, &source, &event);
        Alert::new("1a-2b", Reason::New, fingerprint, &issue, 3, Emails::Show)
    }

    #[test]
    fn an_alert_is_far_below_what_the_topic_takes() {
        for text in ["\u{1}", "日本", "\"\\", "😀"] {
            let alert = alert(&text.repeat(500), &format!("panic: no card {}", text.repeat(100_000)));
            assert!(alert.to_json().len() < 64 << 10, "{text}: {}", alert.to_json().len());
        }
    }

    #[test]
    fn secrets_do_not_leave_the_account() {
        let alert = alert("mailer", "panic: cannot log in with password=hunter2");
        let json = alert.to_json();
        assert!(!json.contains("hunter2") && alert.issue.sample.message.contains("password="), "{json}");
    }

    #[test]
    fn an_alert_goes_there_and_back_and_says_what_to_filter_by() {
        let alert = alert("mailer", "REPORT RequestId: a\tDuration: 3.00 ms\tStatus: timeout");
        assert_eq!(Alert::parse(&alert.to_json()), Some(alert.clone()));
        let attributes = alert.attributes();
        assert_eq!(attributes[0], ("kind", "timeout"));
        assert_eq!(attributes[1], ("severity", "error"));
        assert_eq!(Alert::parse(r#"{"AlarmName":"x"}"#), None);
        assert_eq!(Alert::parse("hello"), None);
    }

    #[test]
    fn a_long_message_is_cut() {
        let alert = alert("mailer", &format!("panic: {}", "x".repeat(300_000)));
        assert!(alert.to_json().len() < 10_000);
    }
}
