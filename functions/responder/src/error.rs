//! Why a request is turned away, or fails.

use lamplight_aws::AwsError;
use lamplight_table::TableError;

/// Why a request is turned away. Anybody can send one: it is no failure of the function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is larger than any of Slack's.
    #[error("the body is too large")]
    TooLarge,
    /// It has no signature or no time.
    #[error("the request is not signed")]
    Unsigned,
    /// It was signed too long ago, or is of the future.
    #[error("the request is not of this time")]
    Stale,
    /// The signature is not that of the secret.
    #[error("the signature does not fit; see that the signing secret is that of the Slack app")]
    Forged,
    /// It is signed, and not of a form that is known.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Unsigned | Self::Stale | Self::Forged => 401,
            Self::Malformed(_) => 400,
        }
    }
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// It is turned away.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The signing secret could not be read, or the function is not set up.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It took longer than Slack waits. Pressing the button again does nothing twice.
    #[error("the table or the secret took too long")]
    Overdue,
}

impl ResponderError {
    /// The name that Lambda shows as the type of the error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "Refused",
            Self::Aws(_) => "AwsFailed",
            Self::Table(_) => "TableFailed",
            Self::Overdue => "Overdue",
        }
    }
}
