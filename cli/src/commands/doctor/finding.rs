//! What is found.

use lamplight_table::TableError;
use serde::Serialize;

use crate::account::Refusal;
use crate::error::CliError;

/// How much a finding matters, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is lost, counted twice or not told.
    Error,
    /// Something is not seen.
    Warning,
    /// It is as it is to be.
    Ok,
}

impl Severity {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Ok => "ok",
        }
    }
}

/// One thing that is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was looked at: the same in every run.
    pub check: &'static str,
    /// What is found.
    pub what: String,
    /// The functions, log groups or other things that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// The command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    fn new(severity: Severity, check: &'static str, what: impl Into<String>) -> Self {
        Self { severity, check, what: what.into(), about: Vec::new(), mend: None }
    }

    /// Something is lost, counted twice or not told.
    pub fn error(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, check, what)
    }

    /// Something is not seen.
    pub fn warning(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, check, what)
    }

    /// It is as it is to be.
    pub fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, check, what)
    }

    /// Something could not be looked at.
    pub fn unseen(check: &'static str, refusal: &Refusal) -> Self {
        match refusal.is_denied() {
            true => Self::denied(check, refusal.action),
            false => Self::warning(check, format!("could not be looked at: {refusal}")),
        }
    }

    /// Something could not be looked at.
    pub fn failed(check: &'static str, error: &CliError) -> Self {
        match error {
            CliError::Refused(refusal) => Self::unseen(check, refusal),
            CliError::Table(TableError::Call { operation, reason }) if reason.contains("AccessDenied") => {
                Self::denied(check, &format!("dynamodb:{operation}"))
            }
            _ => Self::warning(check, format!("could not be looked at: {error}")),
        }
    }

    fn denied(check: &'static str, action: &str) -> Self {
        Self::warning(check, format!("could not be looked at: {action} is not allowed"))
            .mended_by(format!("allow {action} to the user or role that runs this"))
    }

    /// The same about these.
    pub fn about<T: Into<String>>(mut self, things: impl IntoIterator<Item = T>) -> Self {
        self.about = things.into_iter().map(Into::into).collect();
        self
    }

    /// The same with the command that mends it.
    pub fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.mend = Some(command.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_that_is_missing_is_named_and_another_failure_is_told() {
        let of_table = |reason: &str| {
            let error = TableError::Call { operation: "Query", reason: reason.to_owned() };
            Finding::failed("last_delivery", &error.into())
        };
        let denied = of_table("service error: unhandled error (AccessDeniedException)");
        assert_eq!(denied.severity, Severity::Warning);
        assert_eq!(denied.mend.as_deref(), Some("allow dynamodb:Query to the user or role that runs this"));
        let other = of_table("the network is down");
        assert!(other.mend.is_none() && other.what.contains("the network is down"), "{other:?}");
    }

    #[test]
    fn the_worst_comes_first() {
        let mut severities = [Severity::Ok, Severity::Error, Severity::Warning];
        severities.sort();
        assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Ok]);
    }
}
