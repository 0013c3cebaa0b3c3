//! The notifier: alerts in, messages to Slack and other receivers out.
//!
//! # Layout
//!
//! - [`context`]: what is made once
//! - [`handler`]: SQS messages and SNS events
//! - [`tell`]: what is told, once each to each receiver, many at once as one
//! - `route`: who is told of which notice, as the policies say
//! - `plan`: which receiver is told of which messages
//! - [`receivers`]: who is told
//! - [`place`]: where one stands among the lines of the secret, and its name
//! - [`receiver`]: one of them, and what becomes of a message when it has a bad time
//! - [`threads`]: one message for each issue, for receivers that can edit it
//! - [`pace`]: how often a channel is posted to
//! - [`form`]: what each is sent: Slack, Teams, PagerDuty, Discord, a signed webhook

pub mod context;
mod error;
pub mod form;
pub mod handler;
pub mod pace;
pub mod place;
mod plan;
pub mod receiver;
pub mod receivers;
mod route;
pub mod tell;
pub mod threads;

pub use context::Context;
pub use error::{NotifierError, PostError};
pub use handler::{DeadLetters, handle};
pub use pace::Paces;
pub use receiver::Receiver;
pub use receivers::{Named, Receivers};
pub use tell::{Incoming, Post, Refusal, Untold, tell};
pub use threads::Threads;
