//! Where it is kept: the one DynamoDB table. The only crate that knows DynamoDB.
//!
//! # Layout
//!
//! - [`schema`]: the table itself, as the stack's template describes it
//! - `keys`: what stands under which key
//! - `transact`: several writes of which all are done or none
//! - `attributes`: values as attributes and back
//! - `rollups`: the guarded `ADD` that counts every delivery once
//! - `hours`: minutes become hours, hours become days
//! - `functions`: the functions seen
//! - `deployments`: which versions of them ran
//! - `issues`: what fails alike, and which alerts are claimed
//! - `transactions`: what belongs to one trace
//! - `flows`: which flows are followed, and what their passages add up to
//! - `metrics`: what the metrics are called that functions log
//! - `posted`: which alerts Slack has had
//! - `held`: what is held during quiet hours
//! - `firing`: which watches fire, and the minutes that they look at
//! - `summaries`: which days and weeks people were told of
//! - `policies`: what is told to whom, and what is watched
//! - `threads`: where the messages of issues stand
//! - `past`: which hours of the past were read
//!
//! docs/data-model.md shows the items.

mod attributes;
mod deployments;
mod error;
mod firing;
mod flows;
mod functions;
mod held;
mod hours;
mod issues;
mod keys;
mod known;
mod metrics;
mod past;
mod policies;
mod posted;
mod query;
mod rollups;
pub mod schema;
mod summaries;
mod threads;
mod transact;
mod transactions;

use aws_sdk_dynamodb::Client;

pub use error::{TableError, reasons};
pub use firing::Firing;
pub use flows::{Change, Counted, Cut, Due, PassageKey, StoredFlow, Task};
pub use held::{HeldMessage, Hold};
pub use hours::Pending;
pub use issues::{Act, Acted, Aged, Claim, Claimed, LAMPLIGHT, Life, Mute, Stored, Telling, Unsent};
use known::Known;
pub use metrics::RenamedSeries;
pub use past::PastHour;
pub use policies::{Applied, Policies};
pub use posted::Posting;
pub use rollups::Part;
pub use threads::Thread;
pub use transactions::kept::Keep;
use transactions::kept::SLOW_MS;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Deliveries that one item of a minute counts, and one of an hour's metrics at the most. It is charged by the started
    /// KB: 256 make a minute 3 KB.
    pub deliveries_an_item: usize,
    /// Whether a process that has just written an issue often waits some seconds before it writes a later occurrence.
    /// Where many processes see the same failure, each would write the same item all the time. Likewise, it keeps what
    /// names nothing but its request only now and then of a function that fails all the time.
    pub spares_busy_issues: bool,
    /// How many reports of a function in a row are kept that name no transaction, while no other line ties one of its
    /// requests to any. Each is a write, and of a function that names no transaction anywhere it is for nothing.
    pub lone_reports: usize,
    /// Whether transactions are found by values that their lines have, also by lines that name nothing but their request.
    pub is_searchable: bool,
    /// Which parts of transactions are kept.
    pub keep: Keep,
    /// From which time on an invocation makes its transaction a slow one, in milliseconds: it is kept longer.
    pub slow_ms: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            deliveries_an_item: 256,
            spares_busy_issues: false,
            lone_reports: 10_000,
            is_searchable: false,
            keep: Keep::All,
            slow_ms: SLOW_MS,
        }
    }
}

/// The table, and what this process knows of it.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
    tuning: Tuning,
    known: Known,
}

impl Table {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), tuning: Tuning::default(), known: Known::default() }
    }

    /// The same table, written like this.
    #[must_use]
    pub fn tuned(mut self, tuning: Tuning) -> Self {
        self.tuning = tuning;
        self
    }
}
