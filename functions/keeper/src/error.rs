//! Why a run of the keeper failed. The next minute's run does what is left.

use lamplight_aws::AwsError;
use lamplight_table::TableError;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Something could not be done in a day of trying.
    #[error("{count} transactions were given up; the log has their ids")]
    GivenUp {
        /// How many transactions.
        count: usize,
    },
    /// The function is not set up.
    #[error(transparent)]
    Setup(#[from] AwsError),
}

impl KeeperError {
    /// The name that Lambda shows as the type of the error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Table(_) => "TableFailed",
            Self::GivenUp { .. } => "GivenUp",
            Self::Setup(_) => "NotSetUp",
        }
    }
}
