//! Who publishes alerts: the topic of the stack, or what stands for it on one machine.

use std::future::Future;

/// Takes an alert's message to whoever is to be told.
pub trait Publish: Send + Sync {
    /// Why a message could not be published.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Publishes an alert's message. Publishing it again tells nobody twice, as it carries the alert's id.
    fn publish(&self, message: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
