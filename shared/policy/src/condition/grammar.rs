//! Reads a condition, word by word.

use lamplight_alerts::watch::Unit;
use lamplight_rollup::Counter;

use super::{Comparison, Condition, Metric, SHARE_OF, Statistic};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The window where none is named.
const USUAL_WINDOW_MS: i64 = 10 * MINUTE_MS;

const METRICS: &str = "errors, timeouts, out of memory, crashes, exceptions, cold starts, invocations, p50 p90 p95 p99 \
                       avg or max duration, p50 p90 p95 p99 avg or max init, cost, memory";

/// Reads a condition; else what is wrong with it.
pub(super) fn read(text: &str) -> Result<Condition, String> {
    let words = words(text);
    let mut rest = Words(words.iter().map(String::as_str).collect());
    if rest.take(&["no", "invocations"]) {
        let window_ms = window(&mut rest)?.ok_or("name a window, such as `for 1 h`")?;
        rest.end()?;
        let metric = Metric::Count(Counter::Invocations);
        let (comparison, unit) = (Comparison::Equal, Unit::Count);
        return Ok(Condition { metric, comparison, threshold: 0.0, unit, window_ms, minimum: 0 });
    }
    let metric = metric(&mut rest)?;
    let comparison = comparison(&mut rest)?;
    let (threshold, unit) = threshold(&mut rest, metric)?;
    if comparison == Comparison::Equal && unit != Unit::Count {
        return Err("a measured value is hardly ever equal to another; use > or <".to_owned());
    }
    let window_ms = window(&mut rest)?.unwrap_or(if metric == Metric::Cost { DAY_MS } else { USUAL_WINDOW_MS });
    let usual = match (metric, unit) {
        (Metric::Count(Counter::Invocations), _) => 0,
        (Metric::Count(_), Unit::Percent) => SHARE_OF,
        _ => 1,
    };
    let minimum = minimum(&mut rest, metric)?.unwrap_or(usual);
    rest.end()?;
    Ok(Condition { metric, comparison, threshold, unit, window_ms, minimum })
}

/// The words of a text, in lower case: a number is apart from its unit, and each sign is a word.
fn words(text: &str) -> Vec<String> {
    #[derive(PartialEq)]
    enum Sort {
        Number,
        Name,
        Comparison,
    }
    let mut words: Vec<String> = Vec::new();
    let mut current = None;
    for c in text.chars().flat_map(char::to_lowercase) {
        let sort = match c {
            // The digits of `p95` belong to the name.
            '0'..='9' | '.' if current != Some(Sort::Name) => Some(Sort::Number),
            '<' | '>' | '=' => Some(Sort::Comparison),
            c if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(Sort::Name),
            _ => None,
        };
        match words.last_mut() {
            Some(word) if sort.is_some() && sort == current => word.push(c),
            _ if c.is_whitespace() => {}
            _ => words.push(c.to_string()),
        }
        current = sort;
    }
    words
}

/// The words that are not read yet.
struct Words<'t>(std::collections::VecDeque<&'t str>);

impl Words<'_> {
    /// Takes these words, if they are the next ones.
    fn take(&mut self, words: &[&str]) -> bool {
        let is_next = self.0.iter().take(words.len()).eq(words.iter());
        if is_next {
            self.0.drain(..words.len());
        }
        is_next
    }

    /// Takes the next word, if it is one of these.
    fn take_any<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        let (_, value) = words.iter().find(|(word, _)| self.0.front() == Some(word))?;
        self.0.pop_front();
        Some(*value)
    }

    fn number(&mut self) -> Option<f64> {
        let number = self.0.front()?.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)?;
        self.0.pop_front();
        Some(number)
    }

    fn next(&self) -> &str {
        self.0.front().copied().unwrap_or("nothing")
    }

    fn end(&self) -> Result<(), String> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` does not belong there; write for instance `errors > 5 % over 10 min`")),
        }
    }
}

fn metric(rest: &mut Words<'_>) -> Result<Metric, String> {
    let statistics = [
        ("avg", Statistic::Average),
        ("max", Statistic::Maximum),
        ("p50", Statistic::Percentile(50)),
        ("p90", Statistic::Percentile(90)),
        ("p95", Statistic::Percentile(95)),
        ("p99", Statistic::Percentile(99)),
    ];
    if let Some(statistic) = rest.take_any(&statistics) {
        return if rest.take(&["duration"]) {
            Ok(Metric::Duration(statistic))
        } else if rest.take(&["init", "duration"]) || rest.take(&["init"]) {
            Ok(Metric::Init(statistic))
        } else {
            Err(format!("after p95, avg or max comes `duration` or `init`, not `{}`", rest.next()))
        };
    }
    let named: [(&[&str], Metric); 9] = [
        (&["errors"], Metric::Count(Counter::Failed)),
        (&["timeouts"], Metric::Count(Counter::Timeouts)),
        (&["out", "of", "memory"], Metric::Count(Counter::OutOfMemory)),
        (&["crashes"], Metric::Count(Counter::Crashes)),
        (&["exceptions"], Metric::Count(Counter::Exceptions)),
        (&["cold", "starts"], Metric::Count(Counter::ColdStarts)),
        (&["invocations"], Metric::Count(Counter::Invocations)),
        (&["cost"], Metric::Cost),
        (&["memory"], Metric::Memory),
    ];
    let found = named.into_iter().find(|(words, _)| rest.take(words));
    found.map(|(_, metric)| metric).ok_or_else(|| format!("there is no metric `{}`; there are {METRICS}", rest.next()))
}

fn comparison(rest: &mut Words<'_>) -> Result<Comparison, String> {
    let signs = [Comparison::Above, Comparison::AtLeast, Comparison::Below, Comparison::AtMost, Comparison::Equal];
    let found = rest.take_any(&signs.map(|comparison| (comparison.sign(), comparison)));
    found.ok_or_else(|| format!("after the metric comes >, >=, <, <= or =, not `{}`", rest.next()))
}

fn threshold(rest: &mut Words<'_>, metric: Metric) -> Result<(f64, Unit), String> {
    let is_dollars = rest.take(&["$"]);
    let number = rest.number().ok_or_else(|| format!("after the comparison comes a number, not `{}`", rest.next()))?;
    let units = [
        ("%", (Unit::Percent, 1.0)),
        ("ms", (Unit::Milliseconds, 1.0)),
        ("s", (Unit::Milliseconds, 1e3)),
        ("min", (Unit::Milliseconds, 60e3)),
        ("$", (Unit::UsDollars, 1.0)),
        ("usd", (Unit::UsDollars, 1.0)),
    ];
    let (unit, factor) =
        if is_dollars { (Unit::UsDollars, 1.0) } else { rest.take_any(&units).unwrap_or((Unit::Count, 1.0)) };
    let (is_right, example) = match metric {
        Metric::Count(Counter::Invocations) => (unit == Unit::Count, "a number without a unit"),
        Metric::Count(_) => (matches!(unit, Unit::Count | Unit::Percent), "100 or 5 %"),
        Metric::Duration(_) | Metric::Init(_) => (unit == Unit::Milliseconds, "500 ms or 2 s"),
        Metric::Cost => (unit == Unit::UsDollars, "$5"),
        Metric::Memory => (unit == Unit::Percent, "90 %, of what the function was given"),
    };
    let name = metric.name();
    if is_right { Ok((number * factor, unit)) } else { Err(format!("{name} is compared with {example}")) }
}

/// `over 10 min`, `in 1 h 30 min`, `for 1 h` or `a day`; nothing if none is named.
fn window(rest: &mut Words<'_>) -> Result<Option<i64>, String> {
    let is_one = rest.take_any(&[("a", ()), ("an", ()), ("per", ())]).is_some();
    if !is_one && rest.take_any(&[("over", ()), ("in", ()), ("for", ())]).is_none() {
        return Ok(None);
    }
    let mut window_ms = part_of_window(rest, 1.0)?;
    while !is_one && let Some(number) = rest.number() {
        window_ms += part_of_window(rest, number)?;
    }
    if !(MINUTE_MS..=DAY_MS).contains(&window_ms) || window_ms % MINUTE_MS != 0 {
        return Err("a window has whole minutes, from 1 min to 24 h".to_owned());
    }
    Ok(Some(window_ms))
}

/// A unit of time, with the number before it if there is one.
fn part_of_window(rest: &mut Words<'_>, number: f64) -> Result<i64, String> {
    const UNITS: [(&str, i64); 10] = [
        ("min", MINUTE_MS),
        ("minute", MINUTE_MS),
        ("minutes", MINUTE_MS),
        ("m", MINUTE_MS),
        ("h", HOUR_MS),
        ("hour", HOUR_MS),
        ("hours", HOUR_MS),
        ("d", DAY_MS),
        ("day", DAY_MS),
        ("days", DAY_MS),
    ];
    let number = rest.number().unwrap_or(number);
    let Some(unit_ms) = rest.take_any(&UNITS) else {
        return Err(format!("a window is a number of min, h or d, not `{}`", rest.next()));
    };
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a window is at most a day")]
    let part_ms = (number.min(1e6) * unit_ms as f64) as i64;
    Ok(part_ms)
}

/// `of at least 50 invocations`; nothing if none is named.
fn minimum(rest: &mut Words<'_>, metric: Metric) -> Result<Option<u64>, String> {
    if !(rest.take(&["of", "at", "least"]) || rest.take(&["with", "at", "least"])) {
        return Ok(None);
    }
    if metric == Metric::Count(Counter::Invocations) {
        return Err("invocations cannot be asked for a least number of invocations".to_owned());
    }
    let number = rest.number().filter(|number| number.fract() == 0.0 && (1.0..1e15).contains(number));
    match (number, rest.take(&["invocations"])) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within bounds")]
        (Some(number), true) => Ok(Some(number as u64)),
        _ => Err("after `at least` comes a number and `invocations`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Condition::try_from(text.to_owned()).map_or_else(|reason| reason, |condition| condition.to_string())
    }

    #[test]
    fn conditions_are_read_as_people_write_them_and_shown_alike() {
        for (text, expected) in [
            ("errors > 5 % over 10 min", "errors > 5 % over 10 min of at least 20 invocations"),
            ("Errors>5% in 10min", "errors > 5 % over 10 min of at least 20 invocations"),
            (
                "errors >= 0.5 % of at least 1000 invocations",
                "errors >= 0.5 % over 10 min of at least 1000 invocations",
            ),
            ("errors > 3", "errors > 3 over 10 min"),
            ("timeouts > 0 over 1 h", "timeouts > 0 over 1 h"),
            ("out of memory > 0", "out of memory > 0 over 10 min"),
            ("p95 duration > 2 s", "p95 duration > 2000 ms over 10 min"),
            ("avg duration > 1.5s over 90 min", "avg duration > 1500 ms over 1 h 30 min"),
            ("p99 init duration > 800 ms", "p99 init > 800 ms over 10 min"),
            ("cold starts > 100 in 10 min", "cold starts > 100 over 10 min"),
            ("cost > $5 a day", "cost > $5 over 1 d"),
            ("cost > 0.25 usd per hour", "cost > $0.25 over 1 h"),
            ("cost > $5", "cost > $5 over 1 d"),
            ("memory > 90 %", "memory > 90 % over 10 min"),
            ("no invocations for 1 h", "invocations = 0 over 1 h"),
            ("invocations = 0 over 1 h", "invocations = 0 over 1 h"),
            ("invocations < 10 over 24 h", "invocations < 10 over 1 d"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
            assert_eq!(shown(expected), expected, "what is shown can be read");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_what_could() {
        for (text, words) in [
            ("", "no metric `nothing`"),
            ("throttles > 1", "no metric `throttles`; there are errors,"),
            ("p95 > 2 s", "comes `duration` or `init`, not `>`"),
            ("errors 5 %", "comes >, >=, <, <= or =, not `5`"),
            ("errors > many", "a number, not `many`"),
            ("errors > 5 s", "100 or 5 %"),
            ("duration > 5 s", "no metric `duration`"),
            ("p95 duration > 2", "500 ms or 2 s"),
            ("cost > 5", "$5"),
            ("memory > 200", "90 %"),
            ("invocations > 5 %", "without a unit"),
            ("errors > 5 % over 10", "a number of min, h or d, not `nothing`"),
            ("errors > 5 % over 30 s", "min, h or d, not `s`"),
            ("errors > 5 % over 0.5 min", "from 1 min to 24 h"),
            ("errors > 5 % over 2 d", "from 1 min to 24 h"),
            ("errors > 5 % over 1.51 min", "whole minutes"),
            ("errors > 5 % over 10 min please", "`please` does not belong there"),
            ("errors > 5 % of at least 1.5 invocations", "`at least`"),
            ("invocations > 5 of at least 3 invocations", "least number"),
            ("memory = 90 %", "hardly ever equal"),
            ("no invocations", "name a window"),
            ("errors > 5 % ; drop", "`;`"),
        ] {
            let said = shown(text);
            assert!(said.contains("cannot be watched: ") && said.contains(words), "{text}: {said}");
        }
    }
}
