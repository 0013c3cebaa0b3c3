//! Minutes, hours and days, and their names in the table.

use std::fmt;

use crate::time::{LATEST_MS, at};

/// How much time a bucket spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// `min#2026-11-20T08:47Z`
    Minute,
    /// `hour#2026-11-20T08Z`
    Hour,
    /// `day#2026-11-20Z`
    Day,
}

impl Span {
    /// Its length.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// What the names of its buckets begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Minute => "min#",
            Self::Hour => "hour#",
            Self::Day => "day#",
        }
    }
}

/// One minute, hour or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// How much time it spans.
    pub span: Span,
    /// When it begins, in milliseconds since the epoch.
    pub start_ms: i64,
}

impl Bucket {
    /// The bucket of this span that holds the time.
    #[must_use]
    pub fn holding(span: Span, epoch_ms: i64) -> Self {
        let epoch_ms = epoch_ms.clamp(0, LATEST_MS);
        Self { span, start_ms: epoch_ms - epoch_ms % span.ms() }
    }

    /// The larger bucket that holds this one.
    #[must_use]
    pub fn within(self, span: Span) -> Self {
        Self::holding(span, self.start_ms)
    }

    /// When it ends: the start of the next.
    #[must_use]
    pub const fn end_ms(self) -> i64 {
        self.start_ms + self.span.ms()
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (span, time) = [Span::Minute, Span::Hour, Span::Day]
            .into_iter()
            .find_map(|span| Some((span, name.strip_prefix(span.prefix())?.strip_suffix('Z')?)))?;
        let full = match span {
            Span::Minute => format!("{time}:00Z"),
            Span::Hour => format!("{time}:00:00Z"),
            Span::Day => format!("{time}T00:00:00Z"),
        };
        Some(Self { span, start_ms: crate::time::from_rfc3339(&full)? })
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = at(self.start_ms);
        let (date, prefix) = (start.date(), self.span.prefix());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(formatter, "{prefix}{year:04}-{month:02}-{day:02}")?;
        match self.span {
            Span::Minute => write!(formatter, "T{:02}:{:02}Z", start.hour(), start.minute()),
            Span::Hour => write!(formatter, "T{:02}Z", start.hour()),
            Span::Day => formatter.write_str("Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for (span, name) in [
            (Span::Minute, "min#2026-11-20T08:47Z"),
            (Span::Hour, "hour#2026-11-20T08Z"),
            (Span::Day, "day#2026-11-20Z"),
        ] {
            let bucket = Bucket::holding(span, 1_795_164_432_345);
            assert_eq!(bucket.to_string(), name);
            assert_eq!(Bucket::parse(name), Some(bucket));
            assert!(bucket.start_ms <= 1_795_164_432_345 && bucket.end_ms() > 1_795_164_432_345);
        }
        assert_eq!(Bucket::parse("min#soon"), None);
    }

    #[test]
    fn a_minute_stands_in_its_hour() {
        let minute = Bucket::holding(Span::Minute, 1_795_164_432_345);
        assert_eq!(minute.within(Span::Hour).to_string(), "hour#2026-11-20T08Z");
        assert_eq!(Bucket::holding(Span::Day, -5).to_string(), "day#1970-01-01Z");
    }
}
