//! Slack's incoming webhooks, and what takes the same.
//!
//! Source: Slack API documentation, "Sending messages using incoming webhooks" and "Rate limits".

use lamplight_alerts::{Buttons, Notice, SlackMessage};
use serde_json::{Value, json};

use super::{Form, Outgoing};

/// A webhook.
pub struct Slack {
    url: String,
    buttons: Buttons,
}

impl Slack {
    /// The webhook of this URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), buttons: Buttons::Hidden }
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
        let message = message(notices, self.buttons)?;
        Some(Outgoing::to(&self.url, &json!(message)).paced(&self.url))
    }

    fn show_buttons(&mut self) {
        self.buttons = Buttons::Shown;
    }

    fn plainer(&self, refused: &Outgoing, reason: &str) -> Option<Outgoing> {
        without_blocks(refused, reason)
    }
}

/// The message of notices; none for what was done with an issue, which is nothing new in a channel.
pub(super) fn message(notices: &[Notice], buttons: Buttons) -> Option<SlackMessage> {
    match notices {
        [Notice::Change(_)] => None,
        [Notice::Alert(alert)] if buttons == Buttons::Shown => {
            Some(SlackMessage::of(&notices[0]).with_buttons(&alert.issue.fingerprint, &alert.issue.state))
        }
        _ => Some(SlackMessage::telling(notices)),
    }
}

/// Malformed blocks would be refused for ever: the text alone still tells what matters.
pub(super) fn without_blocks(refused: &Outgoing, reason: &str) -> Option<Outgoing> {
    let mut body: Value = serde_json::from_str(&refused.body).ok()?;
    let had_blocks = reason.contains("blocks") && body.as_object_mut()?.remove("blocks").is_some();
    had_blocks.then(|| Outgoing { body: body.to_string(), ..refused.clone() })
}
