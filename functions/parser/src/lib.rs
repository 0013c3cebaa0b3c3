//! The parser: a delivery in; rollups, issues, transactions and alerts out.
//!
//! # Layout
//!
//! - [`context`]: what is made once
//! - [`handler`]: what happens to a payload
//! - [`write`]: from a ledger into the table and onto the topic
//! - [`past`]: what was logged before the parser was there

pub mod context;
mod error;
pub mod handler;
mod past;
mod write;

pub use context::Context;
pub use error::ParserError;
pub use handler::{Answer, Reading, add, handle};
pub use past::add_past;
