//! What can go wrong outside.

/// Why AWS or the web could not be used.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// A variable that Lambda or the stack sets is missing.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable has a value that it cannot have.
    #[error("the environment variable {name} cannot be {value:?}: {expected}")]
    Odd {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A call of an AWS service failed.
    #[error("{operation} failed: {reason}")]
    Call {
        /// The operation.
        operation: &'static str,
        /// What the service or the network says.
        reason: String,
    },
    /// A request could not be made. Its URL may be a secret and is not told.
    #[error("the URL cannot be posted to: {reason}")]
    Request {
        /// What is wrong with it.
        reason: String,
    },
    /// A request was not answered.
    #[error("the request was not answered: {0}")]
    Unanswered(String),
    /// A parameter has no value.
    #[error("the parameter {0} in SSM Parameter Store has no value")]
    EmptyParameter(String),
}
