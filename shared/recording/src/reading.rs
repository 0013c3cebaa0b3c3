//! What a delivery holds.

use lamplight_rollup::time::UNKNOWN_MS;
use lamplight_rollup::{Bounds, Excess, Ledger};

/// What a delivery came to.
#[derive(Debug)]
pub struct Reading {
    /// The delivery's identity.
    pub delivery: u64,
    /// When its first event happened, in milliseconds since the epoch. A repetition has the same.
    pub at_ms: i64,
    /// What it adds.
    pub ledger: Ledger,
    /// What of it was over the bounds of a delivery.
    pub excess: Excess,
}

impl Reading {
    /// What a delivery comes to within bounds.
    #[must_use]
    pub fn within(bounds: &Bounds, delivery: u64, mut ledger: Ledger) -> Self {
        let excess = ledger.keep_within(bounds);
        let at_ms = ledger.totals.between_ms.map_or(UNKNOWN_MS, |(first_ms, _)| first_ms);
        Self { delivery, at_ms, ledger, excess }
    }
}
