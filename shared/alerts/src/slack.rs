//! Slack messages: a text for notifications, and Block Kit within its limits by construction.
//!
//! Source: Slack API documentation, "Reference: blocks"; the limit of all blocks together is not documented.

use serde::Serialize;
use serde_json::{Value, json};

use crate::brief::Brief;
use crate::digest;
use crate::notice::Notice;
use crate::readable::cut;

/// Characters of a header, which is plain text.
const HEADER: usize = 150;

/// Characters of a section's text. Slack takes 3000; all blocks together stay below 12,000.
pub(crate) const SECTION: usize = 2_900;

/// Characters of any other value.
const VALUE: usize = 300;

/// Characters of a button's link.
const LINK: usize = 3_000;

/// A message as Slack's incoming webhooks take it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlackMessage {
    /// What a notification shows.
    pub text: String,
    /// What the channel shows.
    pub blocks: Vec<Value>,
}

impl SlackMessage {
    /// The message of a notice.
    #[must_use]
    pub fn of(notice: &Notice) -> Self {
        let brief = Brief::of(notice);
        let lead = match notice {
            Notice::Other { .. } => brief.lead.clone(),
            Notice::Alert(_) | Notice::Change(_) | Notice::Alarm(_) => format!("{} {}", brief.icon, brief.lead),
        };
        let mut blocks = vec![header(&lead)];
        blocks.extend(brief.title.map(|title| section(&format!("*{}*", cut(&escape(&title), SECTION - 2)))));
        blocks.extend(brief.said.map(|said| section(&escape(&said))));
        blocks.extend(fields(&brief.facts));
        blocks.extend(brief.excerpt.map(|excerpt| section(&code(&excerpt))));
        blocks.extend(buttons(&brief.links));
        blocks.extend(brief.issue.map(|issue| {
            let issue = escape(&issue);
            context(&format!("issue `{issue}` · `lamplight issue {issue}`"))
        }));
        Self { text: cut(&escape(&brief.line), SECTION), blocks }
    }

    /// The message of one notice, or of many.
    #[must_use]
    pub fn telling(notices: &[Notice]) -> Self {
        match notices {
            [notice] => Self::of(notice),
            _ => Self::digest(notices),
        }
    }

    /// One message for many notices.
    #[must_use]
    pub fn digest(notices: &[Notice]) -> Self {
        digest::digest(notices)
    }
}

pub(crate) fn header(text: &str) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER), "emoji": true}})
}

pub(crate) fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION)}})
}

/// A section of the facts; Slack takes none without any.
fn fields(facts: &[(&str, String)]) -> Option<Value> {
    let field = |(label, value): &(&str, String)| {
        let value = cut(&escape(value), VALUE);
        json!({"type": "mrkdwn", "text": format!("*{label}*\n{value}")})
    };
    (!facts.is_empty()).then(|| json!({"type": "section", "fields": facts.iter().map(field).collect::<Vec<_>>()}))
}

pub(crate) fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, VALUE)}]})
}

/// The links that Slack takes; it takes no block without any.
fn buttons(links: &[(&str, String)]) -> Option<Value> {
    let elements: Vec<_> = links
        .iter()
        .filter(|(_, url)| url.len() <= LINK)
        .map(|(label, url)| json!({"type": "button", "text": {"type": "plain_text", "text": label}, "url": url}))
        .collect();
    (!elements.is_empty()).then(|| json!({"type": "actions", "elements": elements}))
}

/// A log excerpt as a code block.
fn code(excerpt: &str) -> String {
    format!("```\n{}\n```", cut(&escape(excerpt), SECTION - 10))
}

/// Slack's three control characters as entities: nothing that was logged can mention a channel or make a link. What
/// looks like a fence would begin a code block or end one.
pub(crate) fn escape(text: &str) -> String {
    text.replace("```", "'''").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;

    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
            Value::Object(members) => members.values().for_each(|value| texts(value, found)),
            _ => {}
        }
    }

    /// What Slack refuses, as far as it is known.
    fn check(message: &SlackMessage) {
        assert!(!message.text.is_empty() && message.text.chars().count() < 4_000);
        assert!(!message.blocks.is_empty() && message.blocks.len() <= 50);
        let mut found = Vec::new();
        for block in &message.blocks {
            assert!(block.is_object(), "{block}");
            let text = block["text"]["text"].as_str().unwrap_or("x");
            let limit = if block["type"] == "header" { 150 } else { 3_000 };
            assert!(!text.is_empty() && text.chars().count() <= limit, "{block}");
            for field in block["fields"].as_array().into_iter().flatten() {
                assert!(field["text"].as_str().unwrap().chars().count() <= 2_000);
            }
            texts(block, &mut found);
        }
        assert!(found.iter().map(|text| text.chars().count()).sum::<usize>() < 12_000);
        // Slack reads no mark-up in a header: it is plain text.
        let headers: Vec<_> =
            message.blocks.iter().filter_map(|block| block["text"]["text"].as_str()).take(1).collect();
        for text in found.iter().filter(|text| !headers.contains(&text.as_str())).chain([&message.text]) {
            assert!(!text.contains("<!") && !text.contains("<@"), "{text}");
        }
    }

    #[test]
    fn an_alert_says_what_where_how_many_and_since_when() {
        let alert = alert("mailer", "2026-11-20T08:47:12.345Z 8b9e7c2a-1 Task timed out after 3.00 seconds");
        let message = SlackMessage::of(&Notice::Alert(Box::new(alert)));
        check(&message);
        assert_eq!(message.text, "🔴 Task timed out in mailer, 3 times since 2026-11-20 08:47:12 UTC");
        let all = serde_json::to_string(&message).unwrap();
        for part in
            ["3 times", "2026-11-20 08:47:12 UTC", "8b9e7c2a-1", "eu-central-1", "log-events", "lamplight issue"]
        {
            assert!(all.contains(part), "{part}");
        }
    }

    #[test]
    fn hostile_text_stays_within_the_limits_and_harmless() {
        for text in [
            "<!channel> & <@U1> ``` *bold* <https://x|y>".to_owned(),
            "&<>".repeat(50_000),
            "😀\u{202e}\u{1b}[31m".repeat(20_000),
            "\n".repeat(10_000),
            "a\r\nb".repeat(5_000),
        ] {
            check(&SlackMessage::of(&Notice::Alert(Box::new(alert("f", &format!("panic: no {text}"))))));
            check(&SlackMessage::of(&Notice::Other { subject: Some(text.clone()), text: text.clone() }));
            let alarm = format!(r#"{{"AlarmName":{0},"NewStateValue":"ALARM","NewStateReason":{0}}}"#, json!(text));
            check(&SlackMessage::of(&Notice::of(None, &alarm)));
            let many = vec![Notice::Other { subject: None, text }; 200];
            check(&SlackMessage::digest(&many));
        }
    }

    #[test]
    fn a_digest_names_each_place_as_long_as_there_is_room() {
        let many = |count: usize, word: &str| -> Vec<_> {
            let alert = |i| Notice::Alert(Box::new(alert(&format!("{word}-{i}"), "panic: no card")));
            (0..count).map(alert).collect()
        };
        for count in [4, 20, 21, 200] {
            let message = SlackMessage::digest(&many(count, "a-function-of-a-usual-name"));
            check(&message);
            let all = serde_json::to_string(&message.blocks).unwrap();
            assert!((0..count).all(|i| all.contains(&format!("a-function-of-a-usual-name-{i}"))), "{all}");
            assert!(message.text.starts_with(&format!("{count} alerts at once")));
        }
        let message = SlackMessage::digest(&many(900, &"long".repeat(12)));
        check(&message);
        let rest = message.blocks.last().unwrap()["elements"][0]["text"].as_str().unwrap();
        let named = serde_json::to_string(&message.blocks).unwrap().matches("longlong").count() / 6;
        assert_eq!(rest, format!("… and {} more: `lamplight issues` lists all", 900 - named));
    }

    #[test]
    fn an_alarm_is_shown_with_its_state() {
        let alarm = r#"{"AlarmName":"orders stuck","NewStateValue":"OK","OldStateValue":"ALARM","NewStateReason":"1 datapoint < 5"}"#;
        let message = SlackMessage::of(&Notice::of(None, alarm));
        check(&message);
        assert_eq!(message.text, "🟢 orders stuck is OK: 1 datapoint &lt; 5");
    }
}
