//! What people are told: the alert, its links, its Slack form.
//!
//! Pure: who publishes and who posts is not known here.
//!
//! # Layout
//!
//! - [`alert`]: the alert as it travels over SNS, for any subscriber
//! - [`change`]: what was done with an issue, over the same topic
//! - [`alarm`]: CloudWatch alarms that come over the same topic
//! - [`watch`]: what a watch on the figures says
//! - [`held`]: what was held during quiet hours
//! - [`summary`]: a summary of a day or a week
//! - [`notice`]: what a message on the topic is
//! - [`brief`]: what a notice says, before any receiver's form
//! - [`readable`]: text without what terminals act on, cut to size
//! - `explained`: exceptions that were written as JSON, line by line
//! - [`links`]: the AWS console's pages
//! - [`publish`]: who publishes
//! - [`subscribers`]: what those get who subscribe to the topic themselves
//! - [`secrets`]: what must not leave the account
//! - [`slack`]: Block Kit, within its limits
//! - [`standing`]: buttons, and what was done with an issue, on its Slack message
//! - `digest`: many at once
//! - [`plain`]: the same message as text, for a terminal

pub mod alarm;
pub mod alert;
pub mod brief;
pub mod change;
mod digest;
mod explained;
pub mod held;
pub mod links;
pub mod notice;
pub mod plain;
pub mod publish;
pub mod readable;
pub mod secrets;
pub mod slack;
pub mod standing;
pub mod subscribers;
pub mod summary;
pub mod watch;

pub use alert::{Alert, Reason, Severity};
pub use brief::Brief;
pub use change::Change;
pub use held::HeldAlerts;
pub use notice::Notice;
pub use publish::Publish;
pub use secrets::Emails;
pub use slack::SlackMessage;
pub use standing::{Button, Buttons};
pub use summary::SummaryAlert;
pub use watch::{WatchAlert, WatchState, Watched};
