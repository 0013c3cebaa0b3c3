//! What AWS wrote: deliveries unpacked, lines recognised.
//!
//! Pure: no I/O, no async, no clock. [`recognise`] is total: it never fails and never panics, what it does not
//! know is [`Kind::Plain`].
//!
//! # Layout
//!
//! - [`delivery`]: the envelopes that CloudWatch Logs and Kinesis hand over, unpacked within a bound
//! - [`source`]: which function a log group and stream belong to
//! - [`fact`]: what a line means
//! - [`span`]: what a span says besides its ids
//! - [`labels`]: values of structured events by which transactions are found
//! - [`metrics`]: values of metrics in the embedded metric format
//! - [`stack`]: where in the function's own code a failure arose
//! - [`json`]: JSON objects, member by member, also where they stand in a string
//! - `platform`: the lines that Lambda itself writes, as text and as JSON
//! - `runtime`: what the languages' runtimes write when a function fails
//! - `application`: what the function's own code writes: text with a level, structured events, metrics, spans
//! - `recognise`: the dispatch of a line by its first bytes
//! - `inflate`, `scan`, `text`: what the reading of deliveries and lines rests on
//! - `message`: the message of an event, left as it stands in its delivery until somebody needs its text

mod application;
pub mod delivery;
pub mod fact;
mod inflate;
pub mod json;
pub mod labels;
mod level;
mod message;
pub mod metrics;
mod platform;
mod recognise;
mod runtime;
mod scan;
pub mod source;
pub mod span;
pub mod stack;
mod text;
mod trace;

pub use application::spans::spans;
pub use delivery::{Delivery, DeliveryError, Limits, LogEvent};
pub use fact::{Counts, Detection, Fact, Kind, Status};
pub use level::Level;
pub use message::Message;
pub use recognise::{recognise, recognise_message};
pub use source::Source;
pub use span::{SpanFact, SpanKind};
pub use trace::{parent_span_id, span_id, transaction_id, xray_trace_id};
