//! Discord's webhooks: a line and an embed.
//!
//! Source: Discord developer documentation, "Webhook resource", "Embed limits" and "Allowed mentions object".

use lamplight_alerts::readable::cut;
use lamplight_alerts::{Brief, Notice};
use serde_json::{Value, json};

use super::{Form, Outgoing, brief};

/// Characters of the line above the embed; Discord takes 2000.
const CONTENT: usize = 500;

/// Characters of an embed's title; Discord takes 256.
const TITLE: usize = 250;

/// Characters of an embed's description. Discord takes 4096, and 6000 in the whole embed.
const DESCRIPTION: usize = 3_000;

/// Characters of a field's value; Discord takes 1024.
const VALUE: usize = 300;

/// Characters of all links; Discord takes 1024 in a field.
const LINKS: usize = 1_000;

/// What Discord reads as mark-up.
const MARKUP: [char; 13] = ['\\', '*', '_', '~', '`', '|', '>', '#', '[', ']', '(', ')', '<'];

/// A webhook.
pub struct Discord {
    url: String,
}

impl Discord {
    /// The webhook of this URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl Form for Discord {
    fn name(&self) -> &'static str {
        "Discord"
    }

    fn address(&self) -> &str {
        &self.url
    }

    fn request(&self, notices: &[Notice], _now_ms: i64) -> Option<Outgoing> {
        let brief = brief(notices, DESCRIPTION / 2)?;
        let content = escaped(&format!("{} {}", brief.icon, brief.lead), CONTENT);
        let body = json!({"content": content, "embeds": [embed(&brief)], "allowed_mentions": {"parse": []}});
        Some(Outgoing::to(&self.url, &body))
    }
}

fn embed(brief: &Brief) -> Value {
    let excerpt = brief.excerpt.as_deref().map(|excerpt| {
        let excerpt = cut(&excerpt.replace("```", "'''"), DESCRIPTION - 10);
        format!("```\n{excerpt}\n```")
    });
    let description = excerpt.or_else(|| brief.said.as_deref().map(|said| escaped(said, DESCRIPTION)));
    let mut fields: Vec<_> = brief
        .facts
        .iter()
        .map(|(label, value)| json!({"name": label, "value": escaped(value, VALUE), "inline": true}))
        .collect();
    fields.extend(links(&brief.links).map(|links| json!({"name": "Links", "value": links})));
    let mut embed = json!({"color": color(brief.icon), "fields": fields});
    for (name, value) in [
        ("title", brief.title.as_deref().map(|title| json!(escaped(title, TITLE)))),
        ("description", description.map(|description| json!(description))),
        ("footer", brief.issue.as_deref().map(|issue| json!({"text": format!("lamplight issue {issue}")}))),
    ] {
        if let Some(value) = value {
            embed[name] = value;
        }
    }
    // Discord takes no embed without anything to show.
    if embed["title"].is_null() && embed["description"].is_null() && fields_of(&embed) == 0 {
        embed["title"] = json!("Lamplight");
    }
    embed
}

fn fields_of(embed: &Value) -> usize {
    embed["fields"].as_array().map_or(0, Vec::len)
}

/// The links for which there is room.
fn links(links: &[(&str, String)]) -> Option<String> {
    let mut text = String::new();
    for (label, url) in links {
        let link = format!("[{label}]({url})\n");
        if text.len() + link.len() <= LINKS {
            text.push_str(&link);
        }
    }
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

fn color(icon: &str) -> u32 {
    match icon {
        "🚨" | "🔴" => 0x00dd_2e44,
        "🟡" => 0x00fd_cb58,
        "🟢" => 0x0078_b159,
        _ => 0x0099_aab5,
    }
}

/// The text without mark-up, cut where no character is torn from its escape.
fn escaped(text: &str, characters: usize) -> String {
    let mut escaped = String::new();
    let mut room = characters - 1;
    for c in text.chars() {
        let width = 1 + usize::from(MARKUP.contains(&c));
        if width > room {
            escaped.push('…');
            break;
        }
        room -= width;
        if width == 2 {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
