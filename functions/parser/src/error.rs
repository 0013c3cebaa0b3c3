//! Why a delivery could not be dealt with. Lambda tries it again and keeps it in the end.

use lamplight_aws::AwsError;
use lamplight_logs::DeliveryError;
use lamplight_table::TableError;

/// Why a payload failed.
#[derive(Debug, thiserror::Error)]
pub enum ParserError {
    /// It cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// What it adds could not be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The function is not set up.
    #[error(transparent)]
    Setup(#[from] AwsError),
}

impl ParserError {
    /// The name that Lambda shows as the type of the error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delivery(DeliveryError::NotJson(_) | DeliveryError::UnknownShape) => "UnknownPayload",
            Self::Delivery(DeliveryError::TooLarge { .. }) => "DeliveryTooLarge",
            Self::Delivery(_) => "UnreadableDelivery",
            Self::Table(_) => "TableFailed",
            Self::Setup(_) => "NotSetUp",
        }
    }
}
