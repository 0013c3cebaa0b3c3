//! A Slack message as text, for a terminal.

use serde_json::Value;

use crate::slack::SlackMessage;

/// The message as it would read in Slack, line by line.
#[must_use]
pub fn text(message: &SlackMessage) -> String {
    let mut lines = Vec::new();
    for block in &message.blocks {
        match block["type"].as_str() {
            Some("header") => lines.push(format!("━━ {}", own(&block["text"]))),
            Some("section") => {
                lines.extend(own(&block["text"]).lines().map(indented));
                lines.extend(list(&block["fields"]).map(|field| indented(own(field).replace('\n', ": "))));
            }
            Some("context") => lines.extend(list(&block["elements"]).map(|element| indented(own(element)))),
            Some("actions") => {
                let labels: Vec<_> =
                    list(&block["elements"]).map(|button| format!("[{}]", own(&button["text"]))).collect();
                lines.push(indented(labels.join(" ")));
            }
            _ => {}
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The text of a text object, without mark-up and entities, and without what a terminal would act on.
fn own(value: &Value) -> String {
    let text = value["text"].as_str().unwrap_or_default();
    let text = text.replace("```", "").replace(['*', '`'], "");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.replace('\t', " ").chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

fn indented(line: impl AsRef<str>) -> String {
    format!("   {}", line.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;
    use crate::notice::Notice;

    #[test]
    fn the_message_can_be_read_in_a_terminal() {
        let alert = alert("mailer", "panic: no <card>\u{1b}[31m");
        let text = text(&SlackMessage::of(&Notice::Alert(Box::new(alert))));
        assert!(text.starts_with("━━ 🔴 Crash in mailer"), "{text}");
        assert!(text.contains("no <card>\n") && text.contains("[Log lines] [Function]"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
