//! Slack messages: a text for notifications, and Block Kit within its limits by construction.
//!
//! Source: Slack API documentation, "Reference: blocks"; the limit of all blocks together is not documented.

use lamplight_rollup::fingerprint::name;
use lamplight_rollup::function::UNKNOWN;
use serde::Serialize;
use serde_json::{Value, json};

use crate::alarm::Alarm;
use crate::alert::{Alert, Reason, Severity};
use crate::digest;
use crate::links;
use crate::notice::Notice;

/// Characters of a header, which is plain text.
const HEADER: usize = 150;

/// Characters of a section's text. Slack takes 3000; all blocks together stay below 12,000.
pub(crate) const SECTION: usize = 2_900;

/// Characters of a log excerpt.
const EXCERPT: usize = 1_500;

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
        match notice {
            Notice::Alert(alert) => of_alert(alert),
            Notice::Alarm(alarm) => of_alarm(alarm),
            Notice::Other { subject, text } => of_other(subject.as_deref(), text),
        }
    }

    /// One message for many notices.
    #[must_use]
    pub fn digest(notices: &[Notice]) -> Self {
        digest::digest(notices)
    }
}

/// One line that says what, where and how serious.
pub(crate) fn headline(notice: &Notice) -> String {
    match notice {
        Notice::Alert(alert) => {
            let issue = &alert.issue;
            let title = cut(&issue.title, 120);
            format!("{} {} in {}: {}", icon(alert.severity), name(issue.kind), escape(&issue.function), escape(&title))
        }
        Notice::Alarm(alarm) => {
            format!("{} {} is {}", alarm_icon(alarm), escape(&cut(&alarm.name, 120)), escape(&alarm.state))
        }
        Notice::Other { subject, text } => escape(&cut(subject.as_deref().unwrap_or(text), 120)),
    }
}

fn of_alert(alert: &Alert) -> SlackMessage {
    let issue = &alert.issue;
    let what = match alert.reason {
        Reason::New => name(issue.kind).to_owned(),
        Reason::Regressed => format!("{} is back", name(issue.kind)),
        Reason::Escalating => format!("{} escalates", name(issue.kind)),
    };
    let title = format!("{} {what} in {}", icon(alert.severity), issue.function);
    let times = if issue.count == 1 { "once".to_owned() } else { format!("{} times", issue.count) };
    let since = issue.first_seen.as_deref().map(|at| format!(", first at {}", moment(at))).unwrap_or_default();
    let mut blocks = vec![
        header(&title),
        section(&format!("*{}*\nSeen {times}{since}", escape(&cut(&issue.title, VALUE)))),
        fields(&[
            ("Function", Some(issue.function.as_str())),
            ("Account and region", Some(&format!("{} · {}", issue.account, issue.region))),
            ("Request", issue.sample.request_id.as_deref()),
            ("Trace", issue.sample.trace_id.as_deref()),
        ]),
    ];
    if !issue.sample.message.trim().is_empty() {
        blocks.push(section(&code(&issue.sample.message)));
    }
    if let Some(buttons) = buttons(alert) {
        blocks.push(buttons);
    }
    blocks.push(context(&format!("issue `{}` · `lamplight issue {}`", issue.fingerprint, issue.fingerprint)));
    let text = format!("{title}: {}", cut(&issue.title, VALUE));
    SlackMessage { text: cut(&escape(&text), SECTION), blocks }
}

fn of_alarm(alarm: &Alarm) -> SlackMessage {
    let title = format!("{} {} is {}", alarm_icon(alarm), alarm.name, alarm.state);
    let place =
        [alarm.account.as_deref(), alarm.region.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let mut blocks = vec![header(&title)];
    let told = [alarm.description.as_deref(), Some(alarm.reason.as_str())]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty());
    let told = told.map(|text| escape(&cut(text, 1_200))).collect::<Vec<_>>().join("\n");
    if !told.is_empty() {
        blocks.push(section(&told));
    }
    blocks.push(fields(&[
        ("State before", alarm.old_state.as_deref()),
        ("Metric", alarm.metric.as_deref()),
        ("Changed at", alarm.at.as_deref()),
        ("Account and region", Some(place.as_str()).filter(|place| !place.is_empty())),
    ]));
    blocks.retain(|block| block != &Value::Null);
    SlackMessage { text: cut(&escape(&format!("{title}: {}", alarm.reason)), SECTION), blocks }
}

fn of_other(subject: Option<&str>, text: &str) -> SlackMessage {
    let title = subject.filter(|subject| !subject.trim().is_empty()).unwrap_or("Message on the alert topic");
    let mut blocks = vec![header(title)];
    if !text.trim().is_empty() {
        blocks.push(section(&code(text)));
    }
    SlackMessage { text: cut(&escape(&format!("{title}: {text}")), SECTION), blocks }
}

pub(crate) const fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "🟡",
        Severity::Error => "🔴",
        Severity::Critical => "🚨",
    }
}

pub(crate) fn alarm_icon(alarm: &Alarm) -> &'static str {
    match alarm.state.as_str() {
        "OK" => "🟢",
        "ALARM" => "🔴",
        _ => "⚪",
    }
}

pub(crate) fn header(text: &str) -> Value {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    json!({"type": "header", "text": {"type": "plain_text", "text": cut(&line, HEADER), "emoji": true}})
}

pub(crate) fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION)}})
}

/// The fields that have a value; Slack takes no section without any.
fn fields(pairs: &[(&str, Option<&str>)]) -> Value {
    let known = pairs.iter().filter_map(|(label, value)| Some((label, (*value)?)));
    let fields: Vec<_> = known
        .map(|(label, value)| json!({"type": "mrkdwn", "text": format!("*{label}*\n{}", escape(&cut(value, VALUE)))}))
        .collect();
    if fields.is_empty() { Value::Null } else { json!({"type": "section", "fields": fields}) }
}

pub(crate) fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, VALUE)}]})
}

/// Links to the log lines, the function and the trace, as far as the place is known.
fn buttons(alert: &Alert) -> Option<Value> {
    let issue = &alert.issue;
    if issue.region == UNKNOWN {
        return None;
    }
    let sample = &issue.sample;
    let at_ms = sample.timestamp.as_deref().and_then(lamplight_rollup::time::from_rfc3339);
    let logs = sample.log_group.as_deref().map(|group| {
        links::log_lines(&issue.region, group, sample.log_stream.as_deref(), sample.request_id.as_deref(), at_ms)
    });
    let trace = sample.trace_id.as_deref().and_then(|trace_id| links::trace(&issue.region, trace_id));
    let function = links::function(&issue.region, &issue.function);
    let elements: Vec<_> = [("Log lines", logs), ("Trace", trace), ("Function", Some(function))]
        .into_iter()
        .filter_map(|(label, url)| Some((label, url?)))
        .filter(|(_, url)| url.len() <= LINK)
        .map(|(label, url)| json!({"type": "button", "text": {"type": "plain_text", "text": label}, "url": url}))
        .collect();
    Some(json!({"type": "actions", "elements": elements}))
}

/// A log excerpt as a code block: what looks like a fence inside would end it.
fn code(text: &str) -> String {
    let excerpt = cut(text.trim(), EXCERPT).replace("```", "'''").replace('\r', "\n");
    format!("```\n{}\n```", cut(&escape(&excerpt), SECTION - 10))
}

/// A time without its fraction of a second.
fn moment(rfc3339: &str) -> String {
    let seconds = rfc3339.split('.').next().unwrap_or(rfc3339);
    format!("{} UTC", seconds.trim_end_matches('Z').replace('T', " "))
}

/// Slack's three control characters as entities: nothing that was logged can mention a channel or make a link.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text up to a number of characters, with an ellipsis where it was cut. Entities are not cut in two.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters - 1).collect();
    let whole = match kept.rfind('&') {
        Some(start) if !kept[start..].contains(';') && kept.len() - start < 5 => &kept[..start],
        _ => &kept,
    };
    format!("{whole}…")
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
        assert_eq!(message.text, "🔴 Task timed out in mailer: Task timed out");
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
