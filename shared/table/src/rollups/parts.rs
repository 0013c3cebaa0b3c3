//! What deliveries add to a minute, cut so that each update takes it.

use lamplight_rollup::Rollup;

use crate::attributes::{additions, number, rollup};

/// Attributes that one update adds to: its expression is bounded at 4 KB.
const ADDITIONS: usize = 250;

/// Deliveries that one update takes: its condition is bounded at 300 operators.
const PARTS: usize = 50;

/// What one delivery adds to one minute of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The delivery's identity.
    pub delivery: u64,
    /// What it adds.
    pub rollup: Rollup,
}

/// Parts in batches that each fit one update: those that are too wide for one come in pieces.
pub(crate) fn batches(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let is_wide = |part: &Part| additions(&part.rollup).len() > ADDITIONS;
    let (wide, narrow): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_wide);
    let mut batches: Vec<Vec<Part>> = Vec::new();
    let mut sum = Rollup::default();
    for part in narrow {
        sum.merge(&part.rollup);
        match batches.last_mut() {
            Some(batch) if batch.len() < PARTS && additions(&sum).len() <= ADDITIONS => batch.push(part),
            _ => {
                sum = part.rollup.clone();
                batches.push(vec![part]);
            }
        }
    }
    batches.extend(wide.iter().flat_map(pieces).map(|piece| vec![piece]));
    batches
}

/// A part with more attributes than one update takes, in pieces. They are the same whenever the delivery comes, and
/// each has an identity of its own.
fn pieces(part: &Part) -> Vec<Part> {
    let whole: Vec<_> = additions(&part.rollup).into_iter().map(|(name, value)| (name, number(value))).collect();
    let pieces = whole.chunks(ADDITIONS).enumerate().map(|(i, chunk)| Part {
        delivery: part.delivery ^ (i as u64).rotate_right(8),
        rollup: rollup(&chunk.iter().cloned().collect()),
    });
    let mut pieces: Vec<_> = pieces.collect();
    if let Some(first) = pieces.first_mut() {
        first.rollup.peaks = part.rollup.peaks;
    }
    pieces
}
