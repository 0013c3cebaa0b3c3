//! `CWL CONTROL MESSAGE: Checking health of destination …`
//!
//! What CloudWatch Logs sends when a subscription is made. Source: CloudWatch Logs user guide, "Subscription filters".

use crate::fact::{Fact, Kind};

/// Reads the text of a control message.
pub(crate) fn read(line: &str) -> Option<Fact<'_>> {
    line.starts_with("CWL CONTROL MESSAGE:").then(|| Fact::new(Kind::Control, "control"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_head_is_a_control_message() {
        assert!(read("CWL CONTROL MESSAGE: Checking health of destination Lambda.").is_some());
        assert!(read("CWL CONTROL").is_none());
    }
}
