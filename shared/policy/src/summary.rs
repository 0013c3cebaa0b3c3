//! A summary once a day or a week: when, and for whom.

use serde::Deserialize;

use crate::document::names;
use crate::quiet::{DAY_MS, Day, FIRST_WEEKDAY, clock_ms, offset_ms};

/// How often there is a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Of a day.
    Day,
    /// Of a week.
    Week,
}

impl Every {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }
}

/// A summary once a day or a week.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub struct Summary {
    /// How often.
    pub every: Every,
    /// The receivers by their names; those without a name, if it is empty.
    pub to: Vec<String>,
    at_ms: i64,
    /// The day on which a week ends.
    day: Day,
    /// What a clock there shows besides UTC.
    offset_ms: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    every: Every,
    at: Option<String>,
    day: Option<Day>,
    utc_offset: Option<String>,
    #[serde(default, deserialize_with = "names")]
    to: Vec<String>,
}

/// Times in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// When it begins.
    pub from_ms: i64,
    /// When it ends.
    pub until_ms: i64,
}

impl TryFrom<Table> for Summary {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        if table.every == Every::Day && table.day.is_some() {
            return Err("`day` is for a summary of the week".to_owned());
        }
        Ok(Self {
            every: table.every,
            to: table.to,
            at_ms: clock_ms(table.at.as_deref().unwrap_or("08:00"))?,
            day: table.day.unwrap_or(Day::Mon),
            offset_ms: table.utc_offset.as_deref().map_or(Ok(0), offset_ms)?,
        })
    }
}

impl Summary {
    /// The last period that has ended.
    #[must_use]
    pub fn latest(&self, now_ms: i64) -> Period {
        let days = match self.every {
            Every::Day => 1,
            Every::Week => 7,
        };
        let clock_ms = now_ms + self.offset_ms - self.at_ms;
        let today = clock_ms.div_euclid(DAY_MS);
        let day = match self.every {
            Every::Day => today,
            Every::Week => today - (today + FIRST_WEEKDAY - self.day as i64).rem_euclid(7),
        };
        let until_ms = day * DAY_MS + self.at_ms - self.offset_ms;
        Period { from_ms: until_ms - days * DAY_MS, until_ms }
    }
}

#[cfg(test)]
mod tests {
    use lamplight_rollup::time::{from_rfc3339, rfc3339};

    use super::*;

    fn latest(text: &str, at: &str) -> Result<[String; 2], String> {
        let summary: Summary = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let period = summary.latest(from_rfc3339(at).unwrap());
        Ok([period.from_ms, period.until_ms].map(|ms| rfc3339(ms)[..16].to_owned()))
    }

    #[test]
    fn a_period_ends_at_its_time_and_no_sooner() {
        let day = |at| latest("every = \"day\"\nat = \"08:00\"\nutc_offset = \"+01:00\"", at).unwrap();
        assert_eq!(day("2026-11-20T06:59:59Z"), ["2026-11-18T07:00", "2026-11-19T07:00"]);
        assert_eq!(day("2026-11-20T07:00:00Z"), ["2026-11-19T07:00", "2026-11-20T07:00"]);
        // 2026-11-20 is a Friday.
        let week = |text: &str, at| latest(text, at).unwrap();
        assert_eq!(week("every = \"week\"", "2026-11-20T12:00:00Z"), ["2026-11-09T08:00", "2026-11-16T08:00"]);
        let friday = "every = \"week\"\nday = \"fri\"\nat = \"12:00\"";
        assert_eq!(week(friday, "2026-11-20T12:00:00Z"), ["2026-11-13T12:00", "2026-11-20T12:00"]);
        assert_eq!(week(friday, "2026-11-20T11:59:59Z"), ["2026-11-06T12:00", "2026-11-13T12:00"]);
    }

    #[test]
    fn what_is_no_summary_is_said() {
        assert!(latest("every = \"month\"", "2026-11-20T12:00:00Z").unwrap_err().contains("`day`"));
        assert!(latest("every = \"day\"\nday = \"fri\"", "2026-11-20T12:00:00Z").unwrap_err().contains("week"));
        assert!(latest("every = \"day\"\nat = \"8\"", "2026-11-20T12:00:00Z").unwrap_err().contains("`8`"));
    }
}
