//! The keeper: once a minute, what time brings about. Minutes become hours and days, alerts that were claimed but not
//! published are sent, people are told of issues that escalate, of milestones that did not come in time, of what is watched and
//! of what was held during quiet hours, and once an hour issues age.

pub mod context;
mod error;
mod flows;
pub mod handler;
mod minute;
mod quiet;
mod summary;
mod watches;

pub use context::Context;
pub use error::KeeperError;
pub use flows::follow;
pub use handler::{Answer, handle};
pub use minute::run;
