//! What invocations cost. Money is never stored: megabyte-milliseconds are, and a price is applied on reading.
//!
//! Source: the Lambda price page, state of November 2026: first tier, no free tier taken off.

use crate::counters::Counter;
use crate::rollup::Rollup;

/// The processor that a function runs on. A report does not tell it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Architecture {
    /// The dearer one, and so the upper bound where nothing tells.
    #[default]
    X86_64,
    /// A fifth cheaper.
    Arm64,
}

/// The price of Lambda in one region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// US dollars for a gigabyte of memory during a second.
    pub gb_second_usd: f64,
    /// US dollars for a request.
    pub request_usd: f64,
}

/// Gigabyte-seconds a month that are free, in all regions of an organisation together.
pub const FREE_GB_SECONDS: f64 = 400_000.0;

/// Requests a month that are free, in all regions of an organisation together.
pub const FREE_REQUESTS: u64 = 1_000_000;

impl Price {
    /// The price in a region; that of us-east-1 where the region has no price of its own. Nothing for the regions in
    /// China, whose prices are not in dollars.
    #[must_use]
    pub fn of(region: &str, architecture: Architecture) -> Option<Self> {
        if region.starts_with("cn-") {
            return None;
        }
        let base = match architecture {
            Architecture::X86_64 => 0.000_016_666_7,
            Architecture::Arm64 => 0.000_013_333_4,
        };
        let factor = surcharge(region);
        Some(Self { gb_second_usd: base * factor, request_usd: 0.000_000_2 * factor })
    }

    /// The cost of what a rollup counts.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "cents do not need 53 bits")]
    pub fn cost_usd(&self, rollup: &Rollup) -> f64 {
        gb_seconds(rollup) * self.gb_second_usd + rollup.get(Counter::Invocations) as f64 * self.request_usd
    }
}

/// How much dearer a region is than us-east-1.
fn surcharge(region: &str) -> f64 {
    match region {
        "ap-east-1" => 1.3752,
        "af-south-1" => 1.326,
        "ap-northeast-3" => 1.296,
        "me-south-1" | "me-central-1" => 1.24,
        "eu-south-1" => 1.171_03,
        _ => 1.0,
    }
}

/// The gigabyte-seconds that are billed.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "cents do not need 53 bits")]
pub fn gb_seconds(rollup: &Rollup) -> f64 {
    rollup.get(Counter::MbMs) as f64 / 1024.0 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollup() -> Rollup {
        let mut rollup = Rollup::default();
        rollup.counters.add(Counter::Invocations, 1_000_000);
        rollup.counters.add(Counter::MbMs, 1024 * 1000 * 1_000_000);
        rollup
    }

    #[test]
    fn a_million_gigabyte_seconds_cost_what_the_page_says() {
        let cost = |region, architecture| Price::of(region, architecture).unwrap().cost_usd(&rollup());
        assert!((cost("us-east-1", Architecture::X86_64) - 16.8667).abs() < 1e-9);
        assert!((cost("eu-central-1", Architecture::Arm64) - 13.5334).abs() < 1e-9);
        assert!((cost("af-south-1", Architecture::X86_64) - (22.1 + 0.2652)).abs() < 0.001);
        assert_eq!(Price::of("cn-north-1", Architecture::X86_64), None);
    }
}
