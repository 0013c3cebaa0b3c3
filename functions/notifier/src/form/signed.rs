//! Any other webhook: notices as JSON, signed with a secret that both sides know.
//!
//! The header `Lamplight-Signature` is `t=<seconds since the epoch>,v1=<hexadecimal HMAC-SHA256>`, the latter of the
//! time, a full stop and the body as it was sent.

use hmac::{Hmac, KeyInit, Mac};
use lamplight_alerts::Notice;
use lamplight_alerts::alarm::Alarm;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{AtOnce, Form, Outgoing, hexadecimal};

/// The header with time and signature.
pub const SIGNATURE: &str = "lamplight-signature";

/// Names the form of the body; another form would have another number.
const VERSION: u32 = 1;

/// Notices in a request: below 3 MB, as a message on the topic has 256 KB at the most.
const NOTICES: usize = 10;

/// A webhook that verifies a signature.
pub struct Signed {
    secret: String,
    url: String,
}

impl Signed {
    /// The webhook of this URL, which knows this secret.
    #[must_use]
    pub fn new(secret: &str, url: &str) -> Self {
        Self { secret: secret.to_owned(), url: url.to_owned() }
    }

    fn signature(&self, seconds: i64, body: &str) -> Option<String> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).ok()?;
        mac.update(format!("{seconds}.{body}").as_bytes());
        Some(format!("t={seconds},v1={}", hexadecimal(&mac.finalize().into_bytes())))
    }
}

impl Form for Signed {
    fn name(&self) -> &'static str {
        "the webhook"
    }

    fn address(&self) -> &str {
        &self.url
    }

    fn at_once(&self) -> AtOnce {
        AtOnce::UpTo(NOTICES)
    }

    fn request(&self, notices: &[Notice], now_ms: i64) -> Option<Outgoing> {
        let body = json!({"lamplight": VERSION, "notices": notices.iter().map(told).collect::<Vec<_>>()});
        let mut outgoing = Outgoing::to(&self.url, &body);
        outgoing.headers.push((SIGNATURE, self.signature(now_ms / 1000, &outgoing.body)?));
        Some(outgoing)
    }
}

fn told(notice: &Notice) -> Value {
    match notice {
        Notice::Alert(alert) => json!({"type": "alert", "alert": alert}),
        Notice::Watch(alert) => json!({"type": "watch", "watch": alert}),
        Notice::Held(alerts) => json!({"type": "held", "held": alerts}),
        Notice::Summary(alert) => json!({"type": "summary", "summary": alert}),
        Notice::Change(change) => json!({"type": "change", "change": change}),
        Notice::Alarm(alarm) => json!({"type": "alarm", "alarm": of_alarm(alarm)}),
        Notice::Other { subject, text } => json!({"type": "message", "subject": subject, "text": text}),
    }
}

fn of_alarm(alarm: &Alarm) -> Value {
    json!({"name": alarm.name, "description": alarm.description, "state": alarm.state, "old_state": alarm.old_state,
        "reason": alarm.reason, "metric": alarm.metric, "at": alarm.at, "account": alarm.account,
        "region": alarm.region})
}
