//! Slack's incoming webhooks, and what takes the same.
//!
//! Source: Slack API documentation, "Sending messages using incoming webhooks" and "Rate limits".

use lamplight_alerts::{Notice, SlackMessage};
use serde_json::json;

use super::{Form, Outgoing};

/// A webhook.
pub struct Slack {
    url: String,
}

impl Slack {
    /// The webhook of this URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl Form for Slack {
    fn name(&self) -> &'static str {
        "Slack"
    }

    fn address(&self) -> &str {
        &self.url
    }

    fn request(&self, notices: &[Notice], _now_ms: i64) -> Option<Outgoing> {
        Some(Outgoing::to(&self.url, &json!(SlackMessage::telling(notices))))
    }

    /// Malformed blocks would be refused for ever: the text alone still tells what matters.
    fn plainer(&self, notices: &[Notice], reason: &str) -> Option<Outgoing> {
        let text = SlackMessage::telling(notices).text;
        reason.contains("blocks").then(|| Outgoing::to(&self.url, &json!({ "text": text })))
    }
}
