//! The responder: buttons that people press on Slack messages in, what is done with issues out.
//!
//! # Layout
//!
//! - [`context`]: what is made once
//! - [`handler`]: a request of Slack, from its signature to its answer
//! - [`signature`]: whether it is Slack's
//! - [`press`]: which button was pressed, by whom, on which message

pub mod context;
mod error;
pub mod handler;
pub mod press;
pub mod signature;

pub use context::Context;
pub use error::{Refusal, ResponderError};
pub use handler::{Answer, Request, handle};
pub use press::Press;
pub use signature::{SigningSecret, Verifier};
