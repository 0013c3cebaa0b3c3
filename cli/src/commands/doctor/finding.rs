//! What is found.

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
        let action = refusal.action;
        if refusal.is_denied() {
            Self::warning(check, format!("could not be looked at: {action} is not allowed"))
                .mended_by(format!("allow {action} to the user or role that runs this"))
        } else {
            Self::warning(check, format!("could not be looked at: {action}: {}", refusal.reason()))
        }
    }

    /// Something could not be looked at.
    pub fn failed(check: &'static str, error: &CliError) -> Self {
        Self::warning(check, format!("could not be looked at: {error}"))
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
