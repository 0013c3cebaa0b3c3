//! `--since`: a length of time before now, a date, or a time.

use std::str::FromStr;

use lamplight_rollup::time::from_rfc3339;

/// From when on something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So many milliseconds before now.
    Ago(i64),
    /// This time, in milliseconds since the epoch.
    At(i64),
}

impl Since {
    /// The time, in milliseconds since the epoch.
    pub const fn at_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(length_ms) => now_ms.saturating_sub(length_ms),
            Self::At(at_ms) => at_ms,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 7 * 86_400_000)];
        for (unit, length_ms) in units {
            if let Some(count) = text.strip_suffix(unit).and_then(|digits| digits.parse::<u32>().ok()) {
                return Ok(Self::Ago(i64::from(count) * length_ms));
            }
        }
        let at_ms = from_rfc3339(text).or_else(|| from_rfc3339(&format!("{text}T00:00:00Z")));
        at_ms.map(Self::At).ok_or_else(|| "give 30m, 24h, 7d, 2026-11-01 or 2026-11-01T08:00:00Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_dates_and_times_are_read() {
        assert_eq!("24h".parse(), Ok(Since::Ago(86_400_000)));
        assert_eq!("7d".parse::<Since>().map(|since| since.at_ms(604_800_001)), Ok(1));
        assert_eq!("1970-01-02".parse(), Ok(Since::At(86_400_000)));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Since::At(1_000)));
        assert!("soon".parse::<Since>().is_err() && "-1h".parse::<Since>().is_err());
    }
}
