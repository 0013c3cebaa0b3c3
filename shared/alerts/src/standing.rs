//! Where an issue stands, on its Slack message: the buttons that make sense, and a line on what was done last.
//!
//! Both are recognised in a message that Slack hands back, so that it can be changed there.
//!
//! Source: Slack API documentation, "Block elements: button" (action_id and block_id 255 characters, value 2000).

use lamplight_rollup::{Fingerprint, State};
use serde_json::{Value, json};

use crate::change::Change;
use crate::slack::{SlackMessage, context, escape};

/// What the id of the line on what was done begins with. Each iteration of a message needs another id.
const STANDING: &str = "lamplight-standing-";

/// A button that does something with an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// It is mended.
    Resolve,
    /// Nobody is told of it for an hour.
    MuteHour,
    /// Nobody is told of it for a day.
    MuteDay,
    /// Nobody is told of it for a week.
    MuteWeek,
    /// People are told of it again.
    Unmute,
}

/// Whether messages have buttons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Buttons {
    /// Nobody would hear them.
    #[default]
    Hidden,
    /// The stack has a responder.
    Shown,
}

impl Button {
    const ALL: [Self; 5] = [Self::Resolve, Self::MuteHour, Self::MuteDay, Self::MuteWeek, Self::Unmute];

    /// Its name, which Slack gives back when it is pressed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::MuteHour => "mute_1h",
            Self::MuteDay => "mute_1d",
            Self::MuteWeek => "mute_1w",
            Self::Unmute => "unmute",
        }
    }

    /// The button of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.name() == name)
    }

    /// What stands on it.
    const fn label(self) -> &'static str {
        match self {
            Self::Resolve => "Resolve",
            Self::MuteHour => "Mute 1 h",
            Self::MuteDay => "Mute 1 d",
            Self::MuteWeek => "Mute 1 w",
            Self::Unmute => "Unmute",
        }
    }

    /// The buttons that make sense for an issue in this state.
    fn of(state: &str) -> &'static [Self] {
        match State::from_name(state) {
            Some(State::Resolved) => &[],
            Some(State::Muted) => &[Self::Resolve, Self::Unmute],
            _ => &[Self::Resolve, Self::MuteHour, Self::MuteDay, Self::MuteWeek],
        }
    }
}

impl SlackMessage {
    /// The same with buttons for an issue in this state.
    #[must_use]
    pub fn with_buttons(mut self, fingerprint: &str, state: &str) -> Self {
        self.blocks.extend(row(fingerprint, state));
        self
    }

    /// The same after something was done with its issue: a line below the header says what, and the buttons are those
    /// that make sense then.
    #[must_use]
    pub fn changed(self, change: &Change, buttons: Buttons) -> Self {
        let mut blocks: Vec<_> = self.blocks.into_iter().filter(|block| !is_standing(block)).collect();
        let mut said = context(&escape(&said(change)));
        said["block_id"] = json!(format!("{STANDING}{:x}", change.at_ms().unwrap_or_default()));
        blocks.insert(blocks.len().min(1), said);
        if buttons == Buttons::Shown {
            blocks.extend(row(&change.issue.fingerprint, &change.issue.state));
        }
        Self { blocks, ..self }
    }

    /// What was done with an issue, for its thread.
    #[must_use]
    pub fn saying(change: &Change) -> Self {
        let text = escape(&said(change));
        Self { blocks: vec![context(&text)], text }
    }
}

fn said(change: &Change) -> String {
    format!("{} {}", change.change.what.icon(), change.change.sentence())
}

/// A row of buttons; nothing where none makes sense, or for what is no issue of ours.
fn row(fingerprint: &str, state: &str) -> Option<Value> {
    let fingerprint = Fingerprint::parse(fingerprint)?.to_string();
    let buttons: Vec<_> = Button::of(state)
        .iter()
        .map(|button| {
            json!({"type": "button", "text": {"type": "plain_text", "text": button.label()},
                "action_id": button.name(), "value": fingerprint})
        })
        .collect();
    (!buttons.is_empty()).then(|| json!({"type": "actions", "elements": buttons}))
}

/// Whether a block is one of those that change with where the issue stands.
fn is_standing(block: &Value) -> bool {
    let is_ours = |element: &Value| element["action_id"].as_str().and_then(Button::from_name).is_some();
    let is_row = block["elements"].as_array().is_some_and(|elements| elements.iter().any(is_ours));
    is_row || block["block_id"].as_str().is_some_and(|id| id.starts_with(STANDING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;
    use crate::change::tests::change;
    use crate::notice::Notice;

    fn shown(message: &SlackMessage) -> Vec<&str> {
        let elements = message.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
        elements.filter_map(|element| element["action_id"].as_str()).collect()
    }

    fn message() -> SlackMessage {
        SlackMessage::of(&Notice::Alert(Box::new(alert("mailer", "panic: no card"))))
    }

    #[test]
    fn a_message_has_the_buttons_that_make_sense() {
        let new = message().with_buttons("000000000000001a", "new");
        assert_eq!(shown(&new), ["resolve", "mute_1h", "mute_1d", "mute_1w"]);
        assert!(new.blocks.last().unwrap().to_string().contains("000000000000001a"));
        assert_eq!(message().with_buttons("<forged>", "new"), message(), "what is no issue has no buttons");
        let muted = new.clone().changed(&change("mailer", "muted", &[]), Buttons::Shown);
        assert_eq!(shown(&muted), ["resolve", "unmute"]);
        let resolved = muted.clone().changed(&change("mailer", "resolved", &[]), Buttons::Shown);
        assert_eq!(shown(&resolved), [""; 0]);
        assert_eq!(shown(&muted.changed(&change("mailer", "unmuted", &[]), Buttons::Hidden)), [""; 0]);
        assert_eq!(resolved.text, new.text);
    }

    #[test]
    fn the_line_on_what_was_done_stands_once_below_the_header() {
        let muted = message().changed(&change("mailer", "muted", &[]), Buttons::Shown);
        let resolved = muted.changed(&change("mailer", "resolved", &[]), Buttons::Hidden);
        assert_eq!(resolved.blocks.len(), message().blocks.len() + 1);
        assert_eq!(resolved.blocks[1]["elements"][0]["text"], "✅ Resolved by ada at 2026-11-20 08:48:20 UTC");
        let mut evil = change("mailer", "assigned", &[("to", "<!channel>")]);
        evil.change.by = "<@U1>&".repeat(9_000);
        let line = SlackMessage::saying(&evil);
        assert!(!line.text.contains('<') && line.text.chars().count() < 900, "{}", line.text);
        let empty = SlackMessage { text: String::new(), blocks: vec![] }.changed(&evil, Buttons::Hidden);
        assert_eq!(empty.blocks.len(), 1);
    }
}
