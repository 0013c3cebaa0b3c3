//! What can go wrong with the table.

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};

/// Why the table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// DynamoDB refused a call or could not be reached.
    #[error("{operation} on the table failed: {reason}")]
    Call {
        /// The operation.
        operation: &'static str,
        /// What DynamoDB or the network says.
        reason: String,
    },
    /// Others wrote the same item again and again.
    #[error("the item {key} is written by too many at once; trying again later is safe")]
    Contention {
        /// The item's key.
        key: String,
    },
    /// The template has no table that could be made.
    #[error("the template's table cannot be read: {0}")]
    Template(String),
    /// An item does not have the form that this version writes.
    #[error("the item {key} is not of this version's form: {attribute} is missing or odd")]
    Malformed {
        /// The item's key.
        key: String,
        /// The attribute that is missing or odd.
        attribute: &'static str,
    },
}

impl TableError {
    /// The error of a call.
    pub(crate) fn call<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> Self
    where
        SdkError<E, R>: std::error::Error,
    {
        move |error| Self::Call { operation, reason: DisplayErrorContext(&error).to_string() }
    }
}
