//! What Slack sends when somebody presses a button, and where its secret is kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use lamplight_aws::AwsError;
use lamplight_responder::{Request, SigningSecret};
use serde_json::{Value, json};
use sha2::Sha256;

/// The signing secret of the Slack app.
pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// A parameter whose value was replaced after it was read first.
#[derive(Debug)]
pub struct Parameter {
    values: [&'static str; 2],
    readings: AtomicUsize,
}

impl SigningSecret for &Parameter {
    async fn value(&self) -> Result<String, AwsError> {
        let is_renewed = self.readings.load(Ordering::SeqCst) > 0;
        Ok(self.values[usize::from(is_renewed)].to_owned())
    }

    async fn renewed(&self) -> Result<String, AwsError> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        Ok(self.values[1].to_owned())
    }
}

impl Parameter {
    /// One with this value, and that one after it was read again.
    pub fn of(values: [&'static str; 2]) -> Self {
        Self { values, readings: AtomicUsize::new(0) }
    }

    /// How often it was read again.
    pub fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }
}

/// What Slack says when ada presses a button of an issue.
pub fn pressed(button: &str, fingerprint: &str) -> Value {
    json!({"type": "block_actions", "user": {"id": "U1", "username": "ada", "name": "ada"}, "api_app_id": "A1",
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C1", "is_ephemeral": false},
        "actions": [{"type": "button", "action_id": button, "value": fingerprint, "block_id": "x",
            "action_ts": "1.0"}]})
}

fn form(payload: &Value) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

/// A request with this payload, signed at this time.
pub fn signed(payload: &Value, now_ms: i64, secret: &str) -> Request {
    signed_body(&form(payload), now_ms, secret)
}

/// A request with this body, signed at this time.
pub fn signed_body(body: &str, now_ms: i64, secret: &str) -> Request {
    let timestamp = (now_ms / 1000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let event = json!({"version": "2.0", "rawPath": "/", "headers": {"x-slack-signature": format!("v0={signature}"),
        "x-slack-request-timestamp": timestamp, "content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": "POST"}}, "body": body, "isBase64Encoded": false});
    serde_json::from_value(event).unwrap()
}
