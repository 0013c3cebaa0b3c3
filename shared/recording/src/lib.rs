//! From what deliveries hold into the table and onto the topic. The order makes every step safe to repeat: counters are
//! guarded by the delivery's identity, the rest is idempotent.
//!
//! # Layout
//!
//! - [`reading`]: what a delivery holds
//! - [`recorder`]: what is written of it, and who is told
//! - [`counted`]: its counters and its transactions, of which nobody is told

pub mod counted;
pub mod reading;
pub mod recorder;

pub use counted::add_counters;
pub use reading::Reading;
pub use recorder::Recorder;
