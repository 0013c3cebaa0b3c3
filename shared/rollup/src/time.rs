//! Points in time as text: RFC 3339 in UTC, with milliseconds.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
pub use lamplight_logs::delivery::LATEST_MS;

/// Stands for a time that is not known: no event of a Lambda function is that old.
pub const UNKNOWN_MS: i64 = 0;

/// The time as `2026-11-20T08:47:12.345Z`. Times outside the years 1970 to 9999 are brought to the nearest in them.
#[must_use]
pub fn rfc3339(epoch_ms: i64) -> String {
    let at = at(epoch_ms);
    let (date, clock) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

/// Milliseconds since the epoch of an RFC 3339 time.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// The calendar's view of the time.
pub(crate) fn at(epoch_ms: i64) -> OffsetDateTime {
    let nanoseconds = i128::from(epoch_ms.clamp(0, LATEST_MS)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        for (epoch_ms, text) in [(0, "1970-01-01T00:00:00.000Z"), (1_795_161_628_794, "2026-11-20T08:00:28.794Z")] {
            assert_eq!(rfc3339(epoch_ms), text);
            assert_eq!(from_rfc3339(text), Some(epoch_ms));
        }
        assert_eq!(from_rfc3339("2026-11-20T09:00:28.794+01:00"), Some(1_795_161_628_794));
        assert_eq!(from_rfc3339("yesterday"), None);
    }

    #[test]
    fn absurd_times_are_brought_into_the_calendar() {
        assert_eq!(rfc3339(i64::MIN), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59.999Z");
    }
}
