//! The notifier: alerts in, Slack messages out.
//!
//! # Layout
//!
//! - [`context`]: what is made once
//! - [`handler`]: SQS messages and SNS events
//! - [`tell`]: what is told, once each, many at once as one
//! - [`webhook`]: Slack's incoming webhook

pub mod context;
mod error;
pub mod handler;
pub mod tell;
pub mod webhook;

pub use context::Context;
pub use error::{NotifierError, PostError};
pub use handler::{DeadLetters, handle};
pub use tell::{Incoming, Post, Untold, tell};
pub use webhook::Webhook;
