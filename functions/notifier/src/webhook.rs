//! Slack's incoming webhook.
//!
//! Source: Slack API documentation, "Sending messages using incoming webhooks" and "Rate limits".

use std::time::Duration;

use lamplight_alerts::SlackMessage;
use lamplight_aws::Web;
use lamplight_aws::secret::Secret;
use lamplight_aws::web::Answer;

use crate::error::PostError;
use crate::tell::Post;

/// Posts of one message in one run; after that the queue keeps it.
const ATTEMPTS: usize = 3;

/// The longest wait that Slack is given within a run.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where the webhook's URL comes from.
#[derive(Debug)]
enum Address {
    /// A secret by name.
    Secret(Secret),
    /// The URL itself, on one machine.
    Url(String),
}

/// A webhook.
#[derive(Debug)]
pub struct Webhook {
    web: Web,
    address: Address,
}

impl Webhook {
    /// The webhook whose URL is a secret.
    #[must_use]
    pub const fn of_secret(web: Web, secret: Secret) -> Self {
        Self { web, address: Address::Secret(secret) }
    }

    /// The webhook of this URL.
    #[must_use]
    pub const fn of_url(web: Web, url: String) -> Self {
        Self { web, address: Address::Url(url) }
    }

    async fn send(&self, body: String) -> Result<Answer, PostError> {
        let url = match &self.address {
            Address::Secret(secret) => secret.value().await?,
            Address::Url(url) => url.clone(),
        };
        Ok(self.web.post_json(&url, body).await?)
    }

    /// A webhook that was replaced answers 403, 404 or 410: its new URL may be in the secret already.
    async fn forget_url(&self) {
        if let Address::Secret(secret) = &self.address {
            secret.forget().await;
        }
    }
}

impl Post for Webhook {
    async fn post(&self, message: &SlackMessage) -> Result<(), PostError> {
        let whole = serde_json::to_string(message).unwrap_or_default();
        let mut body = whole;
        let mut attempt = 1;
        loop {
            let answer = self.send(body.clone()).await?;
            let reason = answer.body.chars().take(100).collect::<String>();
            let wait = Duration::from_secs(answer.retry_after_s.unwrap_or(1));
            match answer.status {
                200..=299 => return Ok(()),
                429 if attempt < ATTEMPTS && wait <= LONGEST_WAIT => tokio::time::sleep(wait).await,
                429 | 500.. => {
                    return Err(PostError::Later { status: answer.status, reason });
                }
                // Malformed blocks would be refused for ever: the text alone still tells what matters.
                400 if reason.contains("blocks") && attempt == 1 => {
                    body = serde_json::json!({ "text": message.text }).to_string();
                }
                403 | 404 | 410 if attempt == 1 && matches!(self.address, Address::Secret(_)) => {
                    self.forget_url().await;
                }
                status => return Err(PostError::Refused { status, reason }),
            }
            attempt += 1;
        }
    }
}
