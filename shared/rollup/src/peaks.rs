//! Largest values, which merge by maximum.

use lamplight_logs::Fact;
use serde::{Deserialize, Serialize};

use crate::counters::microseconds;

/// What has a peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peak {
    /// The slowest invocation, in microseconds.
    DurationUs,
    /// The slowest initialisation, in microseconds.
    InitUs,
    /// The most memory used, in MB.
    MaxMemoryMb,
    /// The memory that the function was given, in MB.
    MemoryMb,
}

impl Peak {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 4] = [Self::DurationUs, Self::InitUs, Self::MaxMemoryMb, Self::MemoryMb];

    /// The attribute's name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DurationUs => "max_duration_us",
            Self::InitUs => "max_init_us",
            Self::MaxMemoryMb => "max_memory_mb",
            Self::MemoryMb => "memory_mb",
        }
    }

    /// The peak of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peak| peak.name() == name)
    }
}

/// The value of each [`Peak`] that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks([Option<u64>; Peak::ALL.len()]);

impl Peaks {
    /// The value of a peak.
    #[must_use]
    pub const fn get(&self, peak: Peak) -> Option<u64> {
        self.0[peak as usize]
    }

    /// Raises a peak to at least this value.
    pub fn raise(&mut self, peak: Peak, value: u64) {
        let slot = &mut self.0[peak as usize];
        *slot = (*slot).max(Some(value));
    }

    /// Raises the peaks to what a report says.
    pub fn raise_by(&mut self, fact: &Fact<'_>) {
        let measures = &fact.measures;
        for (peak, value) in [
            (Peak::DurationUs, measures.duration_ms.map(microseconds)),
            (Peak::InitUs, measures.init_ms.map(microseconds)),
            (Peak::MaxMemoryMb, measures.max_memory_mb),
            (Peak::MemoryMb, measures.memory_mb),
        ] {
            if let Some(value) = value {
                self.raise(peak, value);
            }
        }
    }

    /// Raises every peak to at least the other's.
    pub fn merge(&mut self, other: &Self) {
        for (peak, value) in other.known() {
            self.raise(peak, value);
        }
    }

    /// The peaks that are known.
    pub fn known(&self) -> impl Iterator<Item = (Peak, u64)> + '_ {
        Peak::ALL.into_iter().zip(self.0).filter_map(|(peak, value)| Some((peak, value?)))
    }

    /// The peaks that are higher than the other's.
    pub fn above(&self, other: &Self) -> impl Iterator<Item = (Peak, u64)> {
        let other = *other;
        let known: Vec<_> = self.known().collect();
        known.into_iter().filter(move |(peak, value)| other.get(*peak) < Some(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_takes_the_larger_and_keeps_the_unknown_apart() {
        let mut one = Peaks::default();
        one.raise(Peak::MaxMemoryMb, 64);
        one.raise(Peak::DurationUs, 0);
        let mut other = Peaks::default();
        other.raise(Peak::MaxMemoryMb, 80);
        assert_eq!(other.above(&one).collect::<Vec<_>>(), [(Peak::MaxMemoryMb, 80)]);
        one.merge(&other);
        assert_eq!(
            (one.get(Peak::MaxMemoryMb), one.get(Peak::DurationUs), one.get(Peak::InitUs)),
            (Some(80), Some(0), None)
        );
        assert_eq!(other.above(&one).count(), 0);
    }
}
