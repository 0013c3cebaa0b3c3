//! What people are told: the alert, its links, its Slack form.
//!
//! Pure: who publishes and who posts is not known here.
//!
//! # Layout
//!
//! - [`alert`]: the alert as it travels over SNS, for any subscriber
//! - [`change`]: what was done with an issue, over the same topic
//! - [`alarm`]: CloudWatch alarms that come over the same topic
//! - [`notice`]: what a message on the topic is
//! - [`brief`]: what a notice says, before any receiver's form
//! - [`readable`]: text without what terminals act on, cut to size
//! - [`links`]: the AWS console's pages
//! - [`publish`]: who publishes
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
pub mod links;
pub mod notice;
pub mod plain;
pub mod publish;
pub mod readable;
pub mod secrets;
pub mod slack;
pub mod standing;

pub use alert::{Alert, Reason, Severity};
pub use brief::Brief;
pub use change::Change;
pub use notice::Notice;
pub use publish::Publish;
pub use secrets::Emails;
pub use slack::SlackMessage;
pub use standing::{Button, Buttons};
