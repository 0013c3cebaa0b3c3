//! How serious an application says a line is.

use serde::Serialize;

/// The six levels that all logging libraries map to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// `TRACE`, `trce`, `verbose`, 10.
    Trace,
    /// `DEBUG`, `dbug`, 20.
    Debug,
    /// `INFO`, `Information`, `notice`, 30.
    Info,
    /// `WARN`, `warning`, 40.
    Warn,
    /// `ERROR`, `fail`, `err`, 50.
    Error,
    /// `FATAL`, `CRITICAL`, `crit`, `panic`, `emerg`, `alert`, 60.
    Fatal,
}

impl Level {
    /// Reads the word that a logging library uses for a level, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const LONGEST: usize = 11;
        if word.len() > LONGEST || !word.is_ascii() {
            return None;
        }
        let mut lower = [0_u8; LONGEST];
        let lower = &mut lower[..word.len()];
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"trce" | b"verbose" => Self::Trace,
            b"debug" | b"dbug" => Self::Debug,
            b"info" | b"information" | b"notice" => Self::Info,
            b"warn" | b"warning" => Self::Warn,
            b"error" | b"err" | b"fail" | b"severe" => Self::Error,
            b"fatal" | b"critical" | b"crit" | b"panic" | b"emerg" | b"emergency" | b"alert" => Self::Fatal,
            _ => return None,
        })
    }

    /// Reads pino's and bunyan's numbers (10 trace to 60 fatal).
    #[must_use]
    pub fn from_pino(number: f64) -> Option<Self> {
        Some(match number {
            n if !(10.0..70.0).contains(&n) => return None,
            n if n < 20.0 => Self::Trace,
            n if n < 30.0 => Self::Debug,
            n if n < 40.0 => Self::Info,
            n if n < 50.0 => Self::Warn,
            n if n < 60.0 => Self::Error,
            _ => Self::Fatal,
        })
    }

    /// Reads OpenTelemetry's `severityNumber` (1 to 24).
    #[must_use]
    pub fn from_opentelemetry(number: f64) -> Option<Self> {
        Some(match number {
            n if !(1.0..25.0).contains(&n) => return None,
            n if n < 5.0 => Self::Trace,
            n if n < 9.0 => Self::Debug,
            n if n < 13.0 => Self::Info,
            n if n < 17.0 => Self::Warn,
            n if n < 21.0 => Self::Error,
            _ => Self::Fatal,
        })
    }

    /// Whether an application says that something went wrong.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::Error | Self::Fatal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_libraries_are_read_in_any_case() {
        for (word, level) in [
            ("Information", Level::Info),
            ("crit", Level::Fatal),
            ("FAIL", Level::Error),
            ("Warning", Level::Warn),
            ("trce", Level::Trace),
        ] {
            assert_eq!(Level::from_word(word), Some(level), "{word}");
        }
        assert_eq!(Level::from_word("ERRORS"), None);
        assert_eq!(Level::from_word(""), None);
    }

    #[test]
    fn numbers_are_read_by_their_library() {
        assert_eq!(Level::from_pino(30.0), Some(Level::Info));
        assert_eq!(Level::from_pino(5.0), None);
        assert_eq!(Level::from_opentelemetry(17.0), Some(Level::Error));
    }
}
