//! The keeper: once a minute, what time brings about. Minutes become hours and days, and alerts that were claimed but
//! not published are sent.

pub mod context;
mod error;
pub mod handler;

pub use context::Context;
pub use error::KeeperError;
pub use handler::{Answer, handle};
