//! `EXTENSION Name: lens State: Ready Events: [INVOKE, SHUTDOWN]`, with `Error Type: …` when it could not start.
//!
//! Source: Lambda developer guide, "Lambda Extensions API".

use std::borrow::Cow;

use super::pairs::Pairs;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::text::after_word;

/// Reads the line of an extension's registration.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    let rest = after_word(line, "EXTENSION").filter(|rest| rest.starts_with("Name:"))?;
    let mut fact = Fact::new(Kind::Extension, "extension");
    fact.error_type = Pairs::read(rest).error_type.map(Cow::Borrowed);
    raise(&mut fact, rest.contains("State: LaunchError"));
    Some(fact)
}

/// Raises the fault of an extension that could not be launched; the report of the invocation counts the failure.
pub(super) fn raise(fact: &mut Fact<'_>, launch_error: bool) {
    if launch_error || fact.error_type.is_some() {
        fact.detection = Some(Detection::Configuration);
        fact.counts = Counts::NONE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_extension_that_fails_raises_something() {
        assert_eq!(read("EXTENSION\tName: lens\tState: Ready\tEvents: [INVOKE,SHUTDOWN]").unwrap().detection, None);
        let failed = read("EXTENSION Name: lens State: LaunchError Events: [] Error Type: PermissionDenied").unwrap();
        assert_eq!(failed.detection, Some(Detection::Configuration));
        assert_eq!(failed.error_type.as_deref(), Some("PermissionDenied"));
    }
}
