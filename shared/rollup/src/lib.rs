//! What the facts add up to: values that merge, so that any split and order of deliveries gives the same.
//!
//! Pure: no I/O, no clock.
//!
//! # Layout
//!
//! - [`counters`], [`histogram`], [`peaks`]: the parts of a [`Rollup`]
//! - [`rollup`]: one function in one bucket of time
//! - [`bucket`]: minutes, hours and days, and their names
//! - [`deployment`], [`deployed`]: which versions ran, and what changed before a failure
//! - [`fingerprint`], [`issue`]: what fails alike
//! - [`transaction`]: what belongs to one trace
//! - [`flow`]: from one milestone to another, in time
//! - [`map`]: who calls whom, as transactions add up to it
//! - [`metric`]: metrics that functions log
//! - [`ledger`]: the fold of log events into all of these
//! - [`price`]: what it costs
//! - [`summary`]: the shapes that programs read
//! - [`export`]: transactions in the forms of tracing systems

pub mod bucket;
pub mod counters;
pub mod deployed;
pub mod deployment;
pub mod export;
pub mod fingerprint;
pub mod flow;
pub mod function;
pub mod histogram;
pub mod history;
pub mod issue;
pub mod ledger;
pub mod map;
pub mod metric;
pub mod peaks;
pub mod price;
pub mod rollup;
pub mod summary;
pub mod time;
pub mod transaction;

pub use bucket::{Bucket, Span};
pub use counters::{Counter, Counters};
pub use deployed::Deployed;
pub use deployment::{Deployment, Version};
pub use fingerprint::Fingerprint;
pub use flow::Flow;
pub use function::FunctionKey;
pub use histogram::Histogram;
pub use history::Entry;
pub use issue::{Issue, Sample, State};
pub use ledger::{Bounds, ErrorLogs, EventTotals, Excess, Ledger};
pub use map::Map;
pub use metric::{Series, SeriesId};
pub use peaks::Peaks;
pub use price::{Architecture, Price};
pub use rollup::Rollup;
pub use transaction::{Family, LoneReport, Member, MemberKey, TraceSpan, Transaction, Transactions};
