//! Where it is kept: the one DynamoDB table. The only crate that knows DynamoDB.
//!
//! # Layout
//!
//! - [`schema`]: the table itself, as the stack's template describes it
//! - `keys`: what stands under which key
//! - `attributes`: values as attributes and back
//! - `rollups`: the guarded `ADD` that counts every delivery once
//! - `hours`: minutes become hours, hours become days
//! - `functions`: the functions seen
//! - `issues`: what fails alike, and which alerts are claimed
//! - `transactions`: what belongs to one trace
//! - `posted`: which alerts Slack has had
//!
//! docs/data-model.md shows the items.

mod attributes;
mod error;
mod functions;
mod hours;
mod issues;
mod keys;
mod known;
mod posted;
mod query;
mod rollups;
pub mod schema;
mod transactions;

use aws_sdk_dynamodb::Client;

pub use error::{TableError, reasons};
pub use hours::Pending;
pub use issues::{Claim, Claimed, Stored, Unsent};
use known::Known;
pub use posted::Posting;
pub use rollups::Part;

/// The table, and what this process knows of it.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
    known: Known,
}

impl Table {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), known: Known::default() }
    }
}
