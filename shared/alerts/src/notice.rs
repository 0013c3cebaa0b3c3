//! What a message on the topic is: an alert, what was done with an issue, an alarm, or something that is shown as it
//! stands.

use crate::alarm::Alarm;
use crate::alert::Alert;
use crate::change::Change;

/// A message on the topic. None is dropped for being unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The alert of an issue.
    Alert(Box<Alert>),
    /// What was done with an issue.
    Change(Box<Change>),
    /// A CloudWatch alarm.
    Alarm(Alarm),
    /// Any other message: its subject and its text.
    Other {
        /// The subject, where there is one.
        subject: Option<String>,
        /// The text.
        text: String,
    },
}

impl Notice {
    /// Reads a message.
    #[must_use]
    pub fn of(subject: Option<&str>, message: &str) -> Self {
        if let Some(alert) = Alert::parse(message) {
            Self::Alert(Box::new(alert))
        } else if let Some(change) = Change::parse(message) {
            Self::Change(Box::new(change))
        } else if let Some(alarm) = Alarm::parse(message) {
            Self::Alarm(alarm)
        } else {
            Self::Other { subject: subject.map(str::to_owned), text: message.to_owned() }
        }
    }

    /// Its identity, where it has one of its own.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Alert(alert) => Some(&alert.alert_id),
            Self::Change(change) => Some(&change.alert_id),
            Self::Alarm(_) | Self::Other { .. } => None,
        }
    }
}
