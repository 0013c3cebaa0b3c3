//! Texts that say that memory ran out, of all languages: `FATAL ERROR: Reached heap limit Allocation failed -
//! JavaScript heap out of memory`, `# java.lang.OutOfMemoryError: Java heap space`, `memory allocation of 64 bytes
//! failed`, `runtime: out of memory: …`, `… failed to allocate memory (NoMemoryError)`
//!
//! Evidence: the platform's line of the process that ended counts.

use std::borrow::Cow;

use crate::fact::{Counts, Detection, Fact, Kind};
use crate::text::first_line;

/// Reads the line that says so. A V8 heap dump may be one event; only its `FATAL ERROR` line matters.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let told = if line.starts_with("<---") {
        line.lines().find(|line| is_v8(line))?
    } else {
        Some(first_line(line)).filter(|line| is_v8(line) || is_jvm(line) || is_allocator(line))?
    };
    Some(
        Fact::new(Kind::Oom, "memory")
            .with_error(None, Some(Cow::Borrowed(told)))
            .raising(Detection::OutOfMemory, Counts::NONE),
    )
}

fn is_v8(line: &str) -> bool {
    line.starts_with("FATAL ERROR: ") && line.contains("heap out of memory")
}

fn is_jvm(line: &str) -> bool {
    line.starts_with("# java.lang.OutOfMemoryError")
        || line.starts_with("Exception: java.lang.OutOfMemoryError thrown from")
        || line.starts_with("Exception in thread") && line.contains("java.lang.OutOfMemoryError")
        || line.starts_with("Terminating due to java.lang.OutOfMemoryError")
}

fn is_allocator(line: &str) -> bool {
    line.starts_with("runtime: out of memory")
        || line.starts_with("memory allocation of ") && line.ends_with(" bytes failed")
        || line.ends_with("failed to allocate memory (NoMemoryError)")
        || line.starts_with("Unhandled exception. System.OutOfMemoryException")
        || line == "Out of memory."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_words() {
        for line in [
            "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
            "<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0x5",
            "# java.lang.OutOfMemoryError: Java heap space",
            "Exception: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread \"main\"",
            "memory allocation of 1048576 bytes failed",
            "app.rb:3:in `read': failed to allocate memory (NoMemoryError)",
        ] {
            let fact = read(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((fact.detection, fact.counts), (Some(Detection::OutOfMemory), Counts::NONE));
        }
    }

    #[test]
    fn who_only_speaks_of_memory_is_left_alone() {
        for line in [
            "Reset JavaScript heap out of memory counter to 0",
            "FATAL ERRORS: 0",
            "java.lang.OutOfMemoryError handler installed",
            "<--- JS stacktrace --->",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
