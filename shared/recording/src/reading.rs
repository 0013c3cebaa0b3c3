//! What a delivery holds.

use lamplight_rollup::{Bounds, Excess, Ledger};

/// What a delivery came to.
#[derive(Debug)]
pub struct Reading {
    /// The delivery's identity.
    pub delivery: u64,
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
        Self { delivery, ledger, excess }
    }
}
