//! Slack with a bot's token: one message for each issue, which is edited, and answered in its thread.
//!
//! Source: Slack API documentation, "chat.postMessage", "chat.update" (errors of both) and "Rate limits".

use lamplight_alerts::{Alert, Buttons, Notice, Reason, SlackMessage};
use lamplight_aws::web::Answer;
use lamplight_table::Thread;
use serde::Deserialize;
use serde_json::{Value, json};

use super::slack::{message, without_blocks};
use super::{Form, Outgoing, Threaded, Verdict};

const API: &str = "https://slack.com/api";

/// Slack has a bad time, or has had too much.
const LATER: [&str; 9] = [
    "accesslimited",
    "fatal_error",
    "internal_error",
    "message_limit_exceeded",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
];

/// Another token may do.
const TOKEN: [&str; 7] = [
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
];

/// The blocks are malformed; the text may do.
const BLOCKS: [&str; 4] = ["block_mismatch", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"];

/// The message that is edited or answered is not there.
const GONE: [&str; 4] = ["cannot_reply_to_message", "invalid_thread_ts", "message_not_found", "thread_not_found"];

/// A bot that posts to a channel.
pub struct SlackBot {
    api: String,
    address: String,
    token: String,
    channel: String,
    buttons: Buttons,
}

/// As much of an answer as matters. One that went wrong has the status 200 as well.
#[derive(Deserialize)]
struct Said {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
}

impl SlackBot {
    /// The bot with this token, in the channel of this id.
    #[must_use]
    pub fn new(token: &str, channel: &str) -> Self {
        Self::at(API, token, channel)
    }

    /// The same, with Slack's methods below this URL.
    #[must_use]
    pub fn at(api: &str, token: &str, channel: &str) -> Self {
        let address = format!("{token}:{channel}");
        Self {
            api: api.to_owned(),
            address,
            token: token.to_owned(),
            channel: channel.to_owned(),
            buttons: Buttons::Hidden,
        }
    }

    fn call(&self, method: &str, body: &Value) -> Outgoing {
        let mut outgoing = Outgoing::to(&format!("{}/{method}", self.api), body);
        outgoing.headers.push(("authorization", format!("Bearer {}", self.token)));
        outgoing.headers.push(("content-type", "application/json; charset=utf-8".to_owned()));
        outgoing
    }

    /// A new message. Links in it are not unfolded.
    fn message(&self, message: &SlackMessage) -> Value {
        json!({"channel": self.channel, "text": message.text, "blocks": message.blocks,
            "unfurl_links": false, "unfurl_media": false})
    }
}

impl Form for SlackBot {
    fn name(&self) -> &'static str {
        "the Slack bot"
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn request(&self, notices: &[Notice], _now_ms: i64) -> Option<Outgoing> {
        let message = self.message(&message(notices, self.buttons)?);
        Some(self.call("chat.postMessage", &message).paced(&self.channel))
    }

    fn show_buttons(&mut self) {
        self.buttons = Buttons::Shown;
    }

    fn plainer(&self, refused: &Outgoing, reason: &str) -> Option<Outgoing> {
        without_blocks(refused, reason)
    }

    /// What is not listed is refused: an error that nobody knows is hardly one that passes, and among the dead letters
    /// it is seen at once.
    fn verdict(&self, answer: &Answer) -> (Verdict, String) {
        if !(200..=299).contains(&answer.status) {
            return (Verdict::of_status(answer.status), answer.body.clone());
        }
        let Ok(said) = serde_json::from_str::<Said>(&answer.body) else {
            return (Verdict::Later, "what is no answer of Slack".to_owned());
        };
        let error = said.error.unwrap_or_default();
        let is_among = |errors: &[&str]| errors.contains(&error.as_str());
        let verdict = match said.ok {
            true => Verdict::Taken,
            false if is_among(&LATER) => Verdict::Later,
            false if is_among(&TOKEN) => Verdict::Replaced,
            false if is_among(&BLOCKS) => Verdict::Malformed,
            false if is_among(&GONE) => Verdict::Gone,
            false => Verdict::Refused,
        };
        (verdict, error)
    }

    fn threaded(&self) -> Option<&dyn Threaded> {
        Some(self)
    }
}

impl Threaded for SlackBot {
    fn channel(&self) -> &str {
        &self.channel
    }

    fn place(&self, answer: &Answer) -> Option<(String, String)> {
        let said: Said = serde_json::from_str(&answer.body).ok()?;
        Some((said.channel?, said.ts?))
    }

    fn edit(&self, notice: &Notice, thread: &Thread) -> Option<Outgoing> {
        let message = match notice {
            Notice::Change(change) => {
                let shown = Notice::Alert(Box::new(Alert::parse(&thread.shown)?));
                SlackMessage::of(&shown).changed(change, self.buttons)
            }
            _ => message(std::slice::from_ref(notice), self.buttons)?,
        };
        let body = json!({"channel": thread.channel, "ts": thread.message, "text": message.text,
            "blocks": message.blocks});
        Some(self.call("chat.update", &body))
    }

    /// What is back is shown in the channel as well.
    fn reply(&self, notice: &Notice, thread: &Thread) -> Option<Outgoing> {
        let message = match notice {
            Notice::Change(change) => SlackMessage::saying(change),
            _ => SlackMessage::of(notice),
        };
        let mut body = self.message(&message);
        body["channel"] = json!(thread.channel);
        body["thread_ts"] = json!(thread.message);
        let is_back = matches!(notice, Notice::Alert(alert) if alert.reason == Reason::Regressed);
        body["reply_broadcast"] = json!(is_back);
        Some(self.call("chat.postMessage", &body).paced(&self.channel))
    }
}
