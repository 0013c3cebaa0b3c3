//! What a message on the topic is: an alert, an alarm, or something that is shown as it stands.

use crate::alarm::Alarm;
use crate::alert::Alert;

/// A message on the topic. None is dropped for being unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The alert of an issue.
    Alert(Box<Alert>),
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
        } else if let Some(alarm) = Alarm::parse(message) {
            Self::Alarm(alarm)
        } else {
            Self::Other { subject: subject.map(str::to_owned), text: message.to_owned() }
        }
    }
}
