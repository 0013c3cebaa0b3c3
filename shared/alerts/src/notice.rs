//! What a message on the topic is: an alert, what was done with an issue, an alarm, or something that is shown as it
//! stands.

use crate::alarm::Alarm;
use crate::alert::Alert;
use crate::change::Change;
use crate::held::HeldAlerts;
use crate::summary::SummaryAlert;
use crate::watch::WatchAlert;

/// A message on the topic. None is dropped for being unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The alert of an issue.
    Alert(Box<Alert>),
    /// What a watch says.
    Watch(Box<WatchAlert>),
    /// What was held during quiet hours.
    Held(Box<HeldAlerts>),
    /// A summary of a day or a week.
    Summary(Box<SummaryAlert>),
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
        } else if let Some(alert) = WatchAlert::parse(message) {
            Self::Watch(Box::new(alert))
        } else if let Some(alerts) = HeldAlerts::parse(message) {
            Self::Held(Box::new(alerts))
        } else if let Some(alert) = SummaryAlert::parse(message) {
            Self::Summary(Box::new(alert))
        } else if let Some(change) = Change::parse(message) {
            Self::Change(Box::new(change))
        } else if let Some(alarm) = Alarm::parse(message) {
            Self::Alarm(alarm)
        } else {
            Self::Other { subject: subject.map(str::to_owned), text: message.to_owned() }
        }
    }

    /// The identity that Lamplight has given it, the same in every attempt to send it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Alert(alert) => Some(&alert.alert_id),
            Self::Watch(alert) => Some(&alert.alert_id),
            Self::Held(alerts) => Some(&alerts.alert_id),
            Self::Summary(alert) => Some(&alert.alert_id),
            Self::Change(change) => Some(&change.alert_id),
            Self::Alarm(_) | Self::Other { .. } => None,
        }
    }

    /// The attributes that subscribers of the topic filter by, with their values.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Alert(alert) => alert.attributes(),
            Self::Watch(alert) => alert.attributes(),
            Self::Change(change) => change.attributes(),
            Self::Held(_) => vec![("kind", "held")],
            Self::Summary(_) => vec![("kind", "summary")],
            Self::Alarm(_) | Self::Other { .. } => Vec::new(),
        }
    }

    /// Adds the page that says what to do, unless it has one.
    pub fn add_runbook(&mut self, url: &str) {
        let runbook = match self {
            Self::Alert(alert) => &mut alert.runbook,
            Self::Watch(alert) => &mut alert.watch.runbook,
            Self::Change(_) | Self::Held(_) | Self::Summary(_) | Self::Alarm(_) | Self::Other { .. } => return,
        };
        runbook.get_or_insert_with(|| url.to_owned());
    }
}
