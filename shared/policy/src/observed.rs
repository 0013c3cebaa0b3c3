//! What is known of functions in a window, and whether a condition holds there.

use lamplight_alerts::watch::Unit;
use lamplight_rollup::peaks::Peak;
use lamplight_rollup::{Architecture, Counter, FunctionKey, Histogram, Price, Rollup};

use crate::condition::{Condition, Metric, Statistic};

/// What is known of one function, or of several together.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    rollup: Rollup,
    /// Nothing where no price is in dollars.
    cost_usd: Option<f64>,
    /// The largest share of its memory that a function used, in percent.
    memory_percent: Option<f64>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It does, with this value.
    Holds(f64),
    /// It does not, with this value.
    Fails(f64),
    /// There is nothing to tell it by, or too little.
    Unknown,
}

impl Observed {
    /// Adds what a function did. Which processor it runs on is not known: the cost is the upper bound.
    pub fn add(&mut self, function: &FunctionKey, rollup: &Rollup) {
        if let Some(price) = Price::of(&function.region, Architecture::default()) {
            self.cost_usd = Some(self.cost_usd.unwrap_or(0.0) + price.cost_usd(rollup));
        }
        if let (Some(used), Some(given)) = (rollup.peaks.get(Peak::MaxMemoryMb), rollup.peaks.get(Peak::MemoryMb)) {
            let percent = share(used, given);
            self.memory_percent = self.memory_percent.map_or(percent, |most| most.max(percent)).into();
        }
        self.rollup.merge(rollup);
    }

    /// What it cost, in US dollars; nothing where no price is in dollars.
    #[must_use]
    pub const fn cost_usd(&self) -> Option<f64> {
        self.cost_usd
    }

    /// Whether a condition holds for it.
    #[must_use]
    pub fn judge(&self, condition: &Condition) -> Verdict {
        let Some(value) = self.value(condition.metric, condition.unit) else {
            return Verdict::Unknown;
        };
        match condition.comparison.holds(value, condition.threshold) {
            false => Verdict::Fails(value),
            true if self.rollup.get(Counter::Invocations) < condition.minimum => Verdict::Unknown,
            true => Verdict::Holds(value),
        }
    }

    /// The value of a metric; nothing where nothing was logged to tell it by. That nothing was invoked is known.
    fn value(&self, metric: Metric, unit: Unit) -> Option<f64> {
        let rollup = &self.rollup;
        let invocations = rollup.get(Counter::Invocations);
        let has_run = invocations > 0;
        match metric {
            Metric::Count(Counter::Invocations) => Some(float(invocations)),
            Metric::Count(counter) if unit == Unit::Percent => has_run.then(|| share(rollup.get(counter), invocations)),
            Metric::Count(counter) => has_run.then(|| float(rollup.get(counter))),
            Metric::Duration(statistic) => {
                let sum_us = rollup.get(Counter::DurationUs);
                milliseconds(statistic, &rollup.durations, sum_us, rollup.peaks.get(Peak::DurationUs))
            }
            Metric::Init(statistic) => {
                let sum_us = rollup.get(Counter::InitUs);
                milliseconds(statistic, &rollup.inits, sum_us, rollup.peaks.get(Peak::InitUs))
            }
            Metric::Cost => self.cost_usd.filter(|_| has_run),
            Metric::Memory => self.memory_percent,
        }
    }
}

fn milliseconds(statistic: Statistic, values: &Histogram, sum_us: u64, max_us: Option<u64>) -> Option<f64> {
    let value_us = match (statistic, values.count()) {
        (_, 0) => return None,
        (Statistic::Average, count) => float(sum_us) / float(count),
        (Statistic::Maximum, _) => float(max_us?),
        // No percentile is above the largest value, which is known exactly.
        (Statistic::Percentile(percent), _) => {
            let value_us = values.percentile_us(f64::from(percent) / 100.0)?;
            max_us.map_or(value_us, |max_us| value_us.min(float(max_us)))
        }
    };
    Some(value_us / 1000.0)
}

fn share(part: u64, whole: u64) -> f64 {
    100.0 * float(part) / float(whole.max(1))
}

#[allow(clippy::cast_precision_loss, reason = "limits do not need 53 bits")]
const fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Source, recognise};

    use super::*;

    fn key(function: &str) -> FunctionKey {
        FunctionKey { account: "1".into(), region: "eu-central-1".into(), function: function.into() }
    }

    /// So many reports, some of which say that the function reached its limit.
    fn rollup(count: u32, timeouts: u32, used_mb: u32) -> Rollup {
        let mut rollup = Rollup::default();
        for i in 0..count {
            let status = if i < timeouts { "\tStatus: timeout" } else { "" };
            let line = format!(
                "REPORT RequestId: a\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\tMemory Size: 1024 MB\t\
                 Max Memory Used: {used_mb} MB{status}"
            );
            rollup.add_fact(&recognise(&line, &Source::default()));
        }
        rollup
    }

    fn observed(rollup: &Rollup) -> Observed {
        let mut observed = Observed::default();
        observed.add(&key("mailer"), rollup);
        observed
    }

    fn judge(observed: &Observed, condition: &str) -> Verdict {
        observed.judge(&Condition::try_from(condition.to_owned()).unwrap())
    }

    #[test]
    fn each_metric_is_measured() {
        let some = observed(&rollup(40, 2, 512));
        for (condition, expected) in [
            ("errors > 4.9 %", Verdict::Holds(5.0)),
            ("errors > 5 %", Verdict::Fails(5.0)),
            ("timeouts >= 2", Verdict::Holds(2.0)),
            ("crashes > 0", Verdict::Fails(0.0)),
            ("max duration >= 1 s", Verdict::Holds(1000.0)),
            ("avg duration < 2 s", Verdict::Holds(1000.0)),
            ("p99 init > 1 ms", Verdict::Unknown),
            ("memory >= 50 %", Verdict::Holds(50.0)),
            ("invocations > 39", Verdict::Holds(40.0)),
        ] {
            assert_eq!(judge(&some, condition), expected, "{condition}");
        }
        let Verdict::Fails(p95_ms) = judge(&some, "p95 duration > 1 s") else { panic!("none is slower") };
        assert!((p95_ms / 1000.0 - 1.0).abs() < 0.022, "{p95_ms}");
        let Verdict::Holds(cost_usd) = judge(&some, "cost > $0.0006 a day") else { panic!("it costs") };
        assert!((cost_usd - 40.0 * 0.000_016_866_7).abs() < 1e-6, "{cost_usd}");
    }

    #[test]
    fn too_little_makes_no_alarm_and_nothing_tells_nothing() {
        let one = observed(&rollup(1, 1, 512));
        assert_eq!(judge(&one, "errors > 5 %"), Verdict::Unknown, "1 of 1 is 100 %");
        assert_eq!(judge(&observed(&rollup(1, 0, 512)), "errors > 5 %"), Verdict::Fails(0.0));
        let nothing = Observed::default();
        for condition in ["errors > 5 %", "errors < 5", "cost < $5", "memory < 5 %", "p95 duration < 5 s"] {
            assert_eq!(judge(&nothing, condition), Verdict::Unknown, "{condition}");
        }
        assert_eq!(judge(&nothing, "no invocations for 1 h"), Verdict::Holds(0.0));
        assert_eq!(judge(&one, "no invocations for 1 h"), Verdict::Fails(1.0));
    }

    #[test]
    fn a_price_that_is_not_in_dollars_is_no_cost() {
        let mut there = Observed::default();
        there.add(&FunctionKey { region: "cn-north-1".into(), ..key("mailer") }, &rollup(30, 0, 512));
        assert_eq!(judge(&there, "cost < $5"), Verdict::Unknown);
    }

    #[test]
    fn functions_together_add_up_but_for_the_memory() {
        let mut both = observed(&rollup(30, 3, 512));
        both.add(&key("kiosk"), &rollup(30, 0, 1000));
        assert_eq!(judge(&both, "errors >= 5 %"), Verdict::Holds(5.0));
        let Verdict::Holds(percent) = judge(&both, "memory > 90 %") else { panic!("the fuller of both") };
        assert!((percent - 97.656).abs() < 0.001, "{percent}");
    }
}
