//! What was held while nobody was to be told, as it travels over SNS when the time is over.

use serde::{Deserialize, Serialize};

use crate::alert::VERSION;
use crate::digest;
use crate::notice::Notice;

/// Characters of all lines together: far below what the topic takes, however they are encoded.
const LINES: usize = 20_000;

/// What was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAlerts {
    /// The version of this form: marks the message as Lamplight's.
    pub lamplight: u32,
    /// Its identity, the same in every attempt to send it.
    pub alert_id: String,
    /// What was held.
    pub held: Held,
}

/// Notices that were held during quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many there were.
    pub count: usize,
    /// When the quiet hours ended.
    pub until: String,
    /// A line for each, or for each kind.
    pub lines: String,
    /// The receivers by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

impl HeldAlerts {
    /// The message of notices that were held until a time for these receivers.
    #[must_use]
    pub fn new(alert_id: &str, notices: &[Notice], until: String, to: Vec<String>) -> Self {
        let held = Held { count: notices.len(), until, lines: digest::lines(notices, LINES), to };
        Self { lamplight: VERSION, alert_id: alert_id.to_owned(), held }
    }

    /// Reads a message; nothing if it is not of this form.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str::<Self>(message).ok().filter(|alerts| alerts.lamplight == VERSION)
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::alert::tests::alert;
    use crate::brief::Brief;

    /// So many alerts that were held.
    pub(crate) fn held(count: usize) -> HeldAlerts {
        let notice = |i| Notice::Alert(Box::new(alert(&format!("pier-{i}"), "panic: no card")));
        let notices: Vec<_> = (0..count).map(notice).collect();
        HeldAlerts::new("held-1", &notices, "2026-11-21T07:00:00.000Z".to_owned(), vec!["shop".to_owned()])
    }

    #[test]
    fn what_was_held_goes_there_and_back_and_is_listed() {
        let alerts = held(2);
        assert_eq!(HeldAlerts::parse(&alerts.to_json()), Some(alerts.clone()));
        let brief = Brief::of(&Notice::Held(Box::new(alerts)));
        assert_eq!(brief.lead, "2 messages were held during quiet hours, until 2026-11-21 07:00:00 UTC");
        assert_eq!(brief.said.unwrap(), "🔴 Crash in pier-0: panic: no card\n🔴 Crash in pier-1: panic: no card");
        assert!(held(100_000).to_json().len() < 64 << 10);
    }
}
