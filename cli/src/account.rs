//! What is in the account: log groups, subscriptions and functions.
//!
//! - `logs`: CloudWatch Logs, asked no faster than it answers
//! - `log_groups`: log groups, and which of them are meant
//! - `subscriptions`: where log groups deliver to, and which of that is the stack's
//! - `functions`: Lambda functions, and where they log
//! - `refusal`: why a call failed

mod functions;
mod log_groups;
mod logs;
mod refusal;
mod subscriptions;

pub use functions::{Function, functions};
pub use log_groups::{LogGroup, select};
pub use logs::Logs;
pub use refusal::Refusal;
pub use subscriptions::{Filter, Ours, Policy};
