//! Why something could not be told.

use lamplight_aws::AwsError;
use lamplight_table::TableError;

/// Why a message could not be posted.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The receiver refused it, and would again: a matter of its address or of the message.
    #[error(
        "the message is refused with {status} {reason}; see that webhook or token are valid and the channel is open"
    )]
    Refused {
        /// The status.
        status: u16,
        /// What the receiver says.
        reason: String,
    },
    /// The receiver cannot take it now.
    #[error("the answer is {status} {reason}")]
    Later {
        /// The status.
        status: u16,
        /// What the receiver says.
        reason: String,
    },
    /// Its channel has had as many messages as it takes.
    #[error("the channel has had as many messages as it takes; this one waits")]
    Paced,
    /// The line names no receiver; it may when the message comes again.
    #[error("line {line} of the secret names no receiver")]
    Unnamed {
        /// The line, the first of which is 1.
        line: usize,
    },
    /// The receiver or the secret could not be reached.
    #[error(transparent)]
    Unreachable(#[from] AwsError),
    /// It is not known where the message stands.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Why an event failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// It is neither an SQS nor an SNS event.
    #[error("the event is neither of SQS nor of SNS: {0}")]
    UnknownEvent(String),
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Some of its notices could not be told.
    #[error("{count} of the event's notices could not be told")]
    Untold {
        /// How many.
        count: usize,
    },
    /// The function is not set up.
    #[error(transparent)]
    Setup(#[from] AwsError),
}

impl NotifierError {
    /// The name that Lambda shows as the type of the error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownEvent(_) => "UnknownEvent",
            Self::Table(_) => "TableFailed",
            Self::Untold { .. } => "Untold",
            Self::Setup(_) => "NotSetUp",
        }
    }
}
