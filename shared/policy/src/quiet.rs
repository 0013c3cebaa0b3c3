//! Hours in which nobody is told: what comes then is held, and told together when they are over.

use lamplight_alerts::Severity;
use serde::Deserialize;

const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// 1970-01-01 was a Thursday.
pub(crate) const FIRST_WEEKDAY: i64 = 3;

/// The furthest offsets that the world's clocks have.
const OFFSETS_MINUTES: std::ops::RangeInclusive<i64> = -12 * 60..=14 * 60;

/// Hours of some days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Hours")]
pub struct Quiet {
    from_ms: i64,
    /// At or before the beginning: on the next day.
    to_ms: i64,
    /// The days on which they begin, the first of which is Monday.
    days: [bool; 7],
    /// What a clock there shows besides UTC.
    offset_ms: i64,
    except: Vec<Severity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: String,
    to: String,
    days: Option<Vec<Day>>,
    utc_offset: Option<String>,
    #[serde(default)]
    except: Vec<Severity>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl TryFrom<Hours> for Quiet {
    type Error = String;

    fn try_from(hours: Hours) -> Result<Self, String> {
        let mut days = [hours.days.is_none(); 7];
        for day in hours.days.unwrap_or_default() {
            days[day as usize] = true;
        }
        let quiet = Self {
            from_ms: clock_ms(&hours.from)?,
            to_ms: clock_ms(&hours.to)?,
            days,
            offset_ms: hours.utc_offset.as_deref().map_or(Ok(0), offset_ms)?,
            except: hours.except,
        };
        if !days.contains(&true) {
            return Err("quiet hours without a day are none; leave `days` out to mean all".to_owned());
        }
        if days == [true; 7] && quiet.from_ms == quiet.to_ms {
            return Err("quiet hours that never end are `notify = \"never\"`".to_owned());
        }
        Ok(quiet)
    }
}

impl Quiet {
    /// When the quiet hours end in which a time is, for what matters so much; nothing if it is not quiet. Times are in
    /// milliseconds since the epoch.
    #[must_use]
    pub fn until_ms(&self, severity: Severity, now_ms: i64) -> Option<i64> {
        if self.except.contains(&severity) {
            return None;
        }
        let mut end_ms = self.end_ms(now_ms + self.offset_ms)?;
        // Hours that follow one another are the same silence.
        for _ in 0..7 {
            match self.end_ms(end_ms) {
                Some(later_ms) => end_ms = later_ms,
                None => break,
            }
        }
        Some(end_ms - self.offset_ms)
    }

    /// When those hours end that a clock's time is in.
    fn end_ms(&self, clock_ms: i64) -> Option<i64> {
        let length_ms = match self.to_ms - self.from_ms {
            length_ms if length_ms > 0 => length_ms,
            length_ms => length_ms + DAY_MS,
        };
        let today = clock_ms.div_euclid(DAY_MS);
        let begun = [today - 1, today].into_iter().filter(|day| {
            let weekday = (day + FIRST_WEEKDAY).rem_euclid(7);
            usize::try_from(weekday).is_ok_and(|weekday| self.days[weekday])
        });
        let ends = begun.map(|day| day * DAY_MS + self.from_ms).filter(|from_ms| *from_ms <= clock_ms);
        ends.map(|from_ms| from_ms + length_ms).filter(|end_ms| *end_ms > clock_ms).max()
    }
}

/// `22:00` as milliseconds of the day.
pub(crate) fn clock_ms(text: &str) -> Result<i64, String> {
    let minutes = minutes(text).filter(|minutes| *minutes < 24 * 60);
    minutes.map(|minutes| minutes * MINUTE_MS).ok_or_else(|| format!("`{text}` is no time of day; write 22:00"))
}

/// `+01:00` as milliseconds.
pub(crate) fn offset_ms(text: &str) -> Result<i64, String> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let minutes = text.strip_prefix(['+', '-']).and_then(minutes).map(|minutes| sign * minutes);
    let minutes = minutes.filter(|minutes| OFFSETS_MINUTES.contains(minutes));
    minutes
        .map(|minutes| minutes * MINUTE_MS)
        .ok_or_else(|| format!("`{text}` is no offset from UTC; write +01:00 or -05:30"))
}

fn minutes(text: &str) -> Option<i64> {
    let number = |digits: &str| {
        let is_two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_two.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = text.split_once(':')?;
    Some(number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?)
}

#[cfg(test)]
mod tests {
    use lamplight_rollup::time::{from_rfc3339, rfc3339};

    use super::*;

    fn quiet(text: &str) -> Result<Quiet, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    fn until(quiet: &Quiet, at: &str) -> Option<String> {
        let end_ms = quiet.until_ms(Severity::Error, from_rfc3339(at).unwrap());
        end_ms.map(|end_ms| rfc3339(end_ms)[..16].to_owned())
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_night_ends_on_the_next_morning() {
        let night = quiet("from = \"22:00\"\nto = \"07:00\"").unwrap();
        assert_eq!(until(&night, "2026-11-20T21:59:59Z"), None);
        assert_eq!(until(&night, "2026-11-20T22:00:00Z"), some("2026-11-21T07:00"));
        assert_eq!(until(&night, "2026-11-21T06:59:59Z"), some("2026-11-21T07:00"));
        assert_eq!(until(&night, "2026-11-21T07:00:00Z"), None);
    }

    #[test]
    fn the_day_and_the_time_are_those_of_the_place() {
        // 2026-11-20 is a Friday.
        let night = quiet("from = \"22:00\"\nto = \"07:00\"\ndays = [\"fri\"]\nutc_offset = \"+05:30\"").unwrap();
        assert_eq!(until(&night, "2026-11-20T16:29:00Z"), None);
        assert_eq!(until(&night, "2026-11-20T16:30:00Z"), some("2026-11-21T01:30"));
        assert_eq!(until(&night, "2026-11-21T16:30:00Z"), None);
        let west = quiet("from = \"08:00\"\nto = \"09:00\"\nutc_offset = \"-08:00\"").unwrap();
        assert_eq!(until(&west, "2026-11-20T16:30:00Z"), some("2026-11-20T17:00"));
    }

    #[test]
    fn days_that_follow_one_another_are_one_silence() {
        let weekend = quiet("from = \"00:00\"\nto = \"00:00\"\ndays = [\"sat\", \"sun\"]").unwrap();
        assert_eq!(until(&weekend, "2026-11-21T12:00:00Z"), some("2026-11-23T00:00"));
        assert_eq!(until(&weekend, "2026-11-23T00:00:00Z"), None);
    }

    #[test]
    fn what_is_no_time_is_said() {
        for (text, words) in [
            ("from = \"24:00\"\nto = \"07:00\"", "`24:00`"),
            ("from = \"7:00\"\nto = \"07:00\"", "`7:00`"),
            ("from = \"22:00\"\nto = \"07:00\"\nutc_offset = \"CET\"", "`CET`"),
            ("from = \"22:00\"\nto = \"07:00\"\nutc_offset = \"+15:00\"", "`+15:00`"),
            ("from = \"22:00\"\nto = \"22:00\"", "never end"),
            ("from = \"22:00\"\nto = \"07:00\"\ndays = []", "without a day"),
            ("from = \"22:00\"\nto = \"07:00\"\ndays = [\"friday\"]", "`fri`"),
        ] {
            let said = quiet(text).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
