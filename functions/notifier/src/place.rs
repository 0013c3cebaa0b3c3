//! Where a receiver stands among the lines of a secret, and the name by which policies choose it.

use lamplight_policy::document::is_name;

/// Where a receiver stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its line among those that name receivers, the first of which is 1.
    pub line: usize,
    /// Whether what it was told is known by the plain ids of alerts: one receiver's is, the first that gets what no policy
    /// sends elsewhere.
    pub is_first: bool,
    /// The name by which policies choose it.
    pub policy_name: Option<String>,
}

impl Place {
    /// Where a receiver stands that is alone.
    #[must_use]
    pub const fn alone() -> Self {
        Self { line: 1, is_first: true, policy_name: None }
    }
}

/// The lines that name receivers.
pub(crate) fn lines(value: &str) -> impl Iterator<Item = &str> {
    value.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The name by which policies choose the receiver of a line, if it has one, and what names the receiver itself. Before
/// any `=` of the latter stands a colon, which no name has.
#[must_use]
pub fn name_and_form(line: &str) -> (Option<&str>, &str) {
    match line.split_once('=') {
        Some((name, form)) if is_name(name.trim()) => (Some(name.trim()), form.trim()),
        _ => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_begin_with_a_name() {
        for (line, name, form) in [
            ("payments = https://hooks.slack.com/x", Some("payments"), "https://hooks.slack.com/x"),
            ("on-call_2=pagerduty:abc", Some("on-call_2"), "pagerduty:abc"),
            ("ops = slack-bot:xoxb-1:C012", Some("ops"), "slack-bot:xoxb-1:C012"),
            ("https://prod.logic.azure.com/x?sig=a", None, "https://prod.logic.azure.com/x?sig=a"),
            ("webhook:s=cret:https://a.example", None, "webhook:s=cret:https://a.example"),
            ("two words = https://a.example", None, "two words = https://a.example"),
            ("= https://a.example", None, "= https://a.example"),
        ] {
            assert_eq!(name_and_form(line), (name, form));
        }
    }
}
