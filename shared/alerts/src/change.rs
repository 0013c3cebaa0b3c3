//! What was done with an issue, as it travels over SNS: JSON like an alert's.

use std::collections::BTreeMap;

use lamplight_rollup::summary::time_text;
use lamplight_rollup::time::{from_rfc3339, rfc3339};
use lamplight_rollup::{Entry, Fingerprint, Issue, State};
use serde::{Deserialize, Serialize};

use crate::alert::VERSION;
use crate::brief::moment;
use crate::readable::line;
use crate::secrets::{Emails, mask};

/// Characters of a name.
const NAME: usize = 80;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It counts as mended.
    Resolved,
    /// Nobody is told of it for now.
    Muted,
    /// People are told of it again.
    Unmuted,
    /// Somebody deals with it.
    Assigned,
    /// Nobody does any more.
    Unassigned,
}

impl What {
    /// The name in messages and attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Muted => "muted",
            Self::Unmuted => "unmuted",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
        }
    }

    /// Its sign.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Resolved => "✅",
            Self::Muted => "🔇",
            Self::Unmuted => "🔔",
            Self::Assigned | Self::Unassigned => "👤",
        }
    }
}

/// What was done, when and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What.
    pub what: What,
    /// When, as RFC 3339.
    pub at: String,
    /// Who, or `Lamplight`.
    pub by: String,
    /// What belongs to it: `until`, `count` or `per_hour` of a mute, `to` of an assignment, `quiet_days` where time
    /// resolved it.
    #[serde(flatten)]
    pub details: BTreeMap<String, String>,
}

/// The issue that it was done with. How often it occurred is not known where that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Its identity.
    pub fingerprint: String,
    /// What it raises.
    pub kind: lamplight_logs::Detection,
    /// Where it stands in its life now.
    pub state: String,
    /// The account's id, or `unknown`.
    pub account: String,
    /// The region, or `unknown`.
    pub region: String,
    /// The function that fails.
    pub function: String,
    /// What it is called.
    pub title: String,
    /// When it was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When it was last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
}

/// What was done with an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The version of this form: marks the message as Lamplight's.
    pub lamplight: u32,
    /// Its identity, the same in every attempt to send it.
    pub alert_id: String,
    /// What was done.
    pub change: Done,
    /// The issue, as it is now.
    pub issue: Changed,
}

impl Change {
    /// What an entry of an issue's history tells; nothing if it is not told. Secrets are masked in the title, and
    /// e-mail addresses always: who acts need not know whether the stack masks them.
    #[must_use]
    pub fn of(alert_id: &str, entry: &Entry, fingerprint: Fingerprint, state: State, issue: &Issue) -> Option<Self> {
        let what = serde_json::from_value(entry.what.as_str().into()).ok()?;
        let (at, by, details) = (rfc3339(entry.at_ms), entry.by.clone(), entry.details.clone());
        Some(Self {
            lamplight: VERSION,
            alert_id: alert_id.to_owned(),
            change: Done { what, at, by, details },
            issue: Changed {
                fingerprint: fingerprint.to_string(),
                kind: issue.detection,
                state: state.name().to_owned(),
                account: issue.key.account.clone(),
                region: issue.key.region.clone(),
                function: issue.key.function.clone(),
                title: mask(&issue.title, Emails::Mask),
                first_seen: time_text(issue.first_seen_ms),
                last_seen: time_text(issue.sample.rank.at_ms),
            },
        })
    }

    /// The message of an entry of an issue's history; empty if it is not told.
    #[must_use]
    pub fn text(alert_id: &str, entry: &Entry, fingerprint: Fingerprint, state: State, issue: &Issue) -> String {
        Self::of(alert_id, entry, fingerprint, state, issue).as_ref().map(Self::to_json).unwrap_or_default()
    }

    /// Reads a message; nothing if it is not a change of this form.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str::<Self>(message).ok().filter(|change| change.lamplight == VERSION)
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The attributes that subscribers filter by, with their values.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        let issue = &self.issue;
        vec![
            ("kind", issue.kind.name()),
            ("change", self.change.what.name()),
            ("function", &issue.function),
            ("account", &issue.account),
            ("region", &issue.region),
        ]
    }

    /// When it was done, in milliseconds since the epoch.
    #[must_use]
    pub fn at_ms(&self) -> Option<i64> {
        from_rfc3339(&self.change.at)
    }
}

impl Done {
    /// What was done, by whom and when or until when, in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let by = line(&self.by, NAME);
        let at = moment(&self.at).map(|at| format!(" at {at}")).unwrap_or_default();
        let detail = |name: &str| self.details.get(name).map(|value| line(value, NAME));
        match self.what {
            What::Resolved => match detail("quiet_days") {
                Some(days) => format!("Resolved by {by}{at}, after {days} quiet days"),
                None => format!("Resolved by {by}{at}"),
            },
            What::Muted => format!("Muted by {by} {}", self.end()),
            What::Unmuted => format!("Unmuted by {by}{at}"),
            What::Assigned => format!("Assigned to {} by {by}{at}", detail("to").unwrap_or_default()),
            What::Unassigned => format!("Assigned to nobody by {by}{at}"),
        }
    }

    /// When a mute ends.
    fn end(&self) -> String {
        let detail = |name: &str| self.details.get(name).map(|value| line(value, NAME));
        let until = self.details.get("until").and_then(|until| moment(until)).map(|until| format!("until {until}"));
        let count = || detail("count").map(|count| format!("until it has occurred {count} times more"));
        let per_hour = || detail("per_hour").map(|count| format!("until it occurs more than {count} times an hour"));
        until.or_else(count).or_else(per_hour).unwrap_or_else(|| "until somebody ends it".to_owned())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lamplight_logs::{Detection, LogEvent, Source, recognise};
    use lamplight_rollup::FunctionKey;

    use super::*;

    /// What was done with the issue of a function of this name.
    pub(crate) fn change(function: &str, what: &str, details: &[(&str, &str)]) -> Change {
        let key =
            FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: function.into() };
        let (line, source) = ("panic: no card for ada@example.com", Source::default());
        let event = LogEvent { id: "1".into(), timestamp: 1_795_164_432_345, message: line.into() };
        let issue = Issue::raised(&key, Detection::Crash, &recognise(line, &source), &source, &event).1;
        let mut entry = Entry::new(1_795_164_500_000, "ada", what, []);
        entry.details.extend(details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let state = State::from_name(what).unwrap_or(State::Ongoing);
        Change::of("1a-resolved-2b", &entry, Fingerprint::from_hash(26), state, &issue).unwrap()
    }

    #[test]
    fn a_change_goes_there_and_back_and_says_what_was_done() {
        let until = [("until", "2026-11-20T09:48:20.000Z")];
        for (what, details, sentence) in [
            ("resolved", &[][..], "Resolved by ada at 2026-11-20 08:48:20 UTC"),
            ("resolved", &[("quiet_days", "14")], "Resolved by ada at 2026-11-20 08:48:20 UTC, after 14 quiet days"),
            ("muted", &until, "Muted by ada until 2026-11-20 09:48:20 UTC"),
            ("muted", &[("count", "100")], "Muted by ada until it has occurred 100 times more"),
            ("muted", &[("per_hour", "5")], "Muted by ada until it occurs more than 5 times an hour"),
            ("muted", &[], "Muted by ada until somebody ends it"),
            ("unmuted", &[], "Unmuted by ada at 2026-11-20 08:48:20 UTC"),
            ("assigned", &[("to", "bob")], "Assigned to bob by ada at 2026-11-20 08:48:20 UTC"),
            ("unassigned", &[], "Assigned to nobody by ada at 2026-11-20 08:48:20 UTC"),
        ] {
            let change = change("mailer", what, details);
            assert_eq!(change.change.sentence(), sentence);
            assert_eq!(Change::parse(&change.to_json()), Some(change.clone()));
            assert_eq!(change.attributes()[1], ("change", what));
            assert!(!change.to_json().contains("@example"), "{change:?}");
        }
    }

    #[test]
    fn what_just_goes_on_is_not_told_and_alerts_are_no_changes() {
        assert_eq!(Change::parse(&crate::alert::tests::alert("mailer", "panic: no card").to_json()), None);
        assert_eq!(Change::parse(r#"{"lamplight":1,"alert_id":"x","change":{"what":"eaten"},"issue":{}}"#), None);
    }
}
