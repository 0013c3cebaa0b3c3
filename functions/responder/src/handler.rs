//! A request of Slack: verified, done, answered.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use lamplight_alerts::{Buttons, Change, SlackMessage};
use lamplight_rollup::{Entry, Fingerprint, Issue, State};
use lamplight_table::Acted;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Refusal, ResponderError};
use crate::press::Press;
use crate::signature::SigningSecret;

/// Bytes of a body. Slack's messages are below 50 KB, and encoding makes at most three times of that.
const BODY: usize = 256 << 10;

/// How long secret and table may take: Slack waits three seconds, and the message is to be changed in the rest of them.
const DEADLINE: Duration = Duration::from_millis(1_900);

/// A request to the function's URL. AWS writes the names of headers in lower case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether the body is in base64.
    #[serde(default)]
    pub is_base64_encoded: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The status.
    pub status_code: u16,
    /// What is wrong with the request, if something is.
    pub body: String,
}

/// What Slack is to show.
enum Shown {
    /// The message itself, changed.
    Instead(SlackMessage),
    /// A line that only the one sees who pressed the button.
    Beside(&'static str),
}

/// Does what a button says with its issue, and changes the message. What is not Slack's is turned away.
///
/// # Errors
///
/// [`ResponderError`] where it is not the request's fault. Nothing is done twice if the button is pressed again.
pub async fn handle<S: SigningSecret>(
    request: &Request,
    context: &Context<S>,
    now_ms: i64,
) -> Result<Answer, ResponderError> {
    let answered = tokio::time::timeout(DEADLINE, answer(request, context, now_ms)).await;
    match answered.unwrap_or(Err(ResponderError::Overdue)) {
        Ok(pressed) => {
            if let Some((press, shown)) = pressed {
                show(&press, shown, context).await;
            }
            Ok(Answer { status_code: 200, body: String::new() })
        }
        Err(ResponderError::Refused(refusal)) => {
            tracing::warn!(%refusal, "a request was turned away");
            Ok(Answer { status_code: refusal.status(), body: refusal.to_string() })
        }
        Err(error) => Err(error),
    }
}

/// What is to be shown after a request; nothing if none of our buttons was pressed.
async fn answer<S: SigningSecret>(
    request: &Request,
    context: &Context<S>,
    now_ms: i64,
) -> Result<Option<(Press, Shown)>, ResponderError> {
    let body = body(request)?;
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let at_ms = context.verifier.verify(timestamp, signature, &body, now_ms).await?;
    let Some(press) = Press::read(&body)? else {
        return Ok(None);
    };
    let shown = act(&press, context, at_ms, now_ms).await?;
    Ok(Some((press, shown)))
}

/// The body as it was signed.
fn body(request: &Request) -> Result<Cow<'_, [u8]>, Refusal> {
    let text = request.body.as_deref().unwrap_or_default();
    if text.len() > BODY {
        return Err(Refusal::TooLarge);
    }
    if !request.is_base64_encoded {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let decoded = base64_simd::STANDARD.decode_to_vec(text);
    decoded.map(Cow::Owned).map_err(|_| Refusal::Malformed("it is not base64".to_owned()))
}

/// Does what the button says; what is to be shown then.
async fn act<S>(press: &Press, context: &Context<S>, at_ms: i64, now_ms: i64) -> Result<Shown, ResponderError> {
    let told = OnceLock::new();
    let text = |alert_id: &str, entry: &Entry, fingerprint: Fingerprint, state: State, issue: &Issue| {
        let change = Change::of(alert_id, entry, fingerprint, state, issue);
        let text = change.as_ref().map(Change::to_json).unwrap_or_default();
        told.get_or_init(|| change);
        text
    };
    let (act, by, fingerprint) = (press.act(at_ms), &press.by, press.fingerprint);
    let acted = context.table.act(fingerprint, &act, by, now_ms, text).await?;
    let (button, is_done) = (press.button.name(), matches!(acted, Acted::Done(_)));
    tracing::info!(%fingerprint, by, button, is_done, "a button was pressed");
    Ok(match acted {
        Acted::Done(_) => match (told.into_inner().flatten(), &press.message) {
            (Some(change), Some(message)) => Shown::Instead(message.clone().changed(&change, Buttons::Shown)),
            _ => Shown::Beside("It is done."),
        },
        Acted::Already(_) => Shown::Beside("Nothing was changed: the issue was like that before."),
        Acted::Unknown => Shown::Beside("There is no such issue any more."),
    })
}

/// Has Slack show what came of it. If it does not, it was done all the same.
async fn show<S>(press: &Press, shown: Shown, context: &Context<S>) {
    let Some(url) = press.response_url.as_deref() else {
        return;
    };
    if !url.starts_with(&context.responses) {
        tracing::warn!("a request wants its answer elsewhere than at Slack");
        return;
    }
    let body: Value = match shown {
        Shown::Instead(SlackMessage { text, blocks }) => {
            json!({"replace_original": true, "text": text, "blocks": blocks})
        }
        Shown::Beside(text) => json!({"response_type": "ephemeral", "replace_original": false, "text": text}),
    };
    match context.web.post_json(url, &[], body.to_string()).await {
        Ok(answer) if answer.status < 300 => {}
        Ok(answer) => tracing::warn!(status = answer.status, "Slack does not show what was done"),
        Err(error) => tracing::warn!(%error, "Slack cannot be told what was done"),
    }
}
