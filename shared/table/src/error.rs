//! What can go wrong with the table.

use std::error::Error;

use aws_sdk_dynamodb::error::SdkError;

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
    /// What is said of something is more than is held at once.
    #[error("what is said of {key} is too much to be looked at")]
    TooLarge {
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
        SdkError<E, R>: Error,
    {
        move |error| Self::Call { operation, reason: reasons(&error) }
    }

    /// The error of a request that cannot be made of its parts.
    pub(crate) fn not_built<E: Error>(operation: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Call { operation, reason: error.to_string() }
    }
}

/// What an error says, with what caused it: the SDK's errors say little themselves.
#[must_use]
pub fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some repeat what caused them.
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
