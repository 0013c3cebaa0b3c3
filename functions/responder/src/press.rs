//! Which button was pressed, by whom, on which message.
//!
//! Source: Slack API documentation, "Reference: block_actions payloads".

use lamplight_alerts::readable::line;
use lamplight_alerts::{Button, SlackMessage};
use lamplight_rollup::Fingerprint;
use lamplight_table::{Act, Mute};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Refusal;

/// Characters of a user's name.
const NAME: usize = 80;

const HOUR_MS: i64 = 3_600_000;

/// A button that somebody pressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Press {
    /// The button.
    pub button: Button,
    /// The issue that its message tells of.
    pub fingerprint: Fingerprint,
    /// What Slack calls whoever pressed it.
    pub by: String,
    /// Where the message can be changed.
    pub response_url: Option<String>,
    /// The message, as Slack has it.
    pub message: Option<SlackMessage>,
}

#[derive(Deserialize)]
struct Payload {
    user: User,
    #[serde(default)]
    actions: Vec<Action>,
    response_url: Option<String>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    text: String,
    #[serde(default)]
    blocks: Vec<Value>,
}

impl Press {
    /// Reads the body of a request; nothing if none of our buttons was pressed. Slack tells of links as well.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`].
    pub fn read(body: &[u8]) -> Result<Option<Self>, Refusal> {
        let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
        let (_, payload) = payload.ok_or_else(|| Refusal::Malformed("it has no payload".to_owned()))?;
        let payload: Payload = serde_json::from_str(&payload).map_err(|error| Refusal::Malformed(error.to_string()))?;
        let pressed = payload.actions.iter().find_map(|action| Some((Button::from_name(&action.action_id)?, action)));
        let Some((button, action)) = pressed else {
            return Ok(None);
        };
        let fingerprint = action.value.as_deref().and_then(Fingerprint::parse);
        let User { id, name, username } = payload.user;
        let names = [name, username].into_iter().flatten().map(|name| line(&name, NAME));
        Ok(Some(Self {
            button,
            fingerprint: fingerprint.ok_or_else(|| Refusal::Malformed("it names no issue".to_owned()))?,
            by: names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| line(&id, NAME)),
            response_url: payload.response_url,
            message: payload.message.map(|Message { text, blocks }| SlackMessage { text, blocks }),
        }))
    }

    /// What is to be done. Mutes last from the time of the request: one that comes again does not make them longer.
    #[must_use]
    pub fn act(&self, at_ms: i64) -> Act {
        let muted = |hours: i64| Act::Mute(Mute::Until(at_ms + hours * HOUR_MS));
        match self.button {
            Button::Resolve => Act::Resolve,
            Button::MuteHour => muted(1),
            Button::MuteDay => muted(24),
            Button::MuteWeek => muted(7 * 24),
            Button::Unmute => Act::Unmute,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(payload: &Value) -> Result<Option<Press>, Refusal> {
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        Press::read(body.as_bytes())
    }

    fn payload(action: Value) -> Value {
        json!({"type": "block_actions", "user": {"id": "U1", "name": "ada"}, "actions": [action]})
    }

    #[test]
    fn a_press_says_what_and_who() {
        let press = read(&payload(json!({"action_id": "mute_1d", "value": "000000000000001a"}))).unwrap().unwrap();
        assert_eq!((press.button, press.by.as_str()), (Button::MuteDay, "ada"));
        assert_eq!(press.act(5), Act::Mute(Mute::Until(86_400_005)));
        assert_eq!((press.response_url, press.message), (None, None));
    }

    #[test]
    fn a_link_is_none_of_ours_and_a_button_without_an_issue_is_refused() {
        assert_eq!(read(&payload(json!({"action_id": "x7Q", "url": "https://a.example"}))), Ok(None));
        assert_eq!(read(&json!({"type": "view_closed", "user": {"id": "U1"}})), Ok(None));
        for value in [json!(null), json!("x"), json!("000000000000001a1"), json!("../../etc/passwd")] {
            let read = read(&payload(json!({"action_id": "resolve", "value": value})));
            assert!(matches!(read, Err(Refusal::Malformed(_))), "{value}: {read:?}");
        }
        for body in ["", "payload", "payload=", "payload={}", "payload=[]", "payload=%ff%fe", "x=y", "{\"user\":1}"] {
            assert!(matches!(Press::read(body.as_bytes()), Err(Refusal::Malformed(_))), "{body}");
        }
        let nested = format!("payload={}", "[".repeat(100_000));
        assert!(Press::read(nested.as_bytes()).is_err(), "not a stack that overflows");
    }

    #[test]
    fn who_has_no_name_is_called_by_the_id_and_names_are_a_line() {
        for (user, by) in [
            (json!({"id": "U1"}), "U1"),
            (json!({"id": "U1", "name": " ", "username": "ada"}), "ada"),
            (json!({"id": "U1", "name": "a\n\u{1b}[31mb"}), "a b"),
        ] {
            let mut payload = payload(json!({"action_id": "resolve", "value": "000000000000001a"}));
            payload["user"] = user;
            assert_eq!(read(&payload).unwrap().unwrap().by, by);
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Press::read(&body);
            let _ = Press::read(&[b"payload=", body.as_slice()].concat());
        }
    }
}
