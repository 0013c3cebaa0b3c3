//! The parser: a delivery in; rollups, issues, transactions and alerts out.
//!
//! # Layout
//!
//! - [`context`]: what is made once
//! - [`handler`]: what happens to a payload
//! - [`past`]: what was logged before the parser was there

pub mod context;
mod error;
pub mod handler;
mod past;

pub use context::Context;
pub use error::ParserError;
pub use handler::{Answer, add, handle};
pub use lamplight_recording::Reading;
pub use past::add_past;
