//! Why a call failed: a permission that is missing is told from everything else.

use std::error::Error;
use std::fmt;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

use crate::error::CliError;
use crate::stack::reason;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was called, as IAM names it.
    pub action: &'static str,
    /// The name of the error; empty if the service has not answered.
    pub code: String,
    text: String,
}

impl Refusal {
    /// The refusal of a call that IAM names like this.
    pub fn of<E, R>(action: &'static str) -> impl Fn(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: fmt::Debug + 'static,
    {
        move |error| Self { action, code: error.code().unwrap_or_default().to_owned(), text: reason(error) }
    }

    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        ["AccessDenied", "NotAuthorized", "Unauthorized", "AuthorizationError"]
            .iter()
            .any(|name| self.code.contains(name))
    }

    /// What the service says.
    pub fn reason(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} failed: {}", self.action, self.text)
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
