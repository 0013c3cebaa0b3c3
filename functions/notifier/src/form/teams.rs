//! Microsoft Teams: an Adaptive Card to a webhook of Workflows.
//!
//! Source: Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams" (a message is at most 28 KB)
//! and the Adaptive Card schema 1.4. Text that was logged stands in text runs, in which no mark-up is read.

use lamplight_alerts::{Brief, Notice};
use serde_json::{Value, json};

use super::{Form, Outgoing, brief};

/// Bytes of a message: below the 28 KB that Teams takes, however it counts them.
const MESSAGE: usize = 26_000;

/// Characters of a digest.
const DIGEST: usize = 4_000;

/// Bytes of a link.
const LINK: usize = 2_000;

/// Characters of any text, tried in this order until the message is small enough.
const TEXTS: [usize; 3] = [4_000, 600, 100];

/// Lines of a text; each is a block of its own, as a line end in a text run is not shown everywhere.
const LINES: usize = 40;

/// A webhook.
pub struct Teams {
    url: String,
}

impl Teams {
    /// The webhook of this URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl Form for Teams {
    fn name(&self) -> &'static str {
        "Microsoft Teams"
    }

    fn address(&self) -> &str {
        &self.url
    }

    fn request(&self, notices: &[Notice], _now_ms: i64) -> Option<Outgoing> {
        let brief = brief(notices, DIGEST)?;
        let mut sizes = TEXTS.into_iter().map(|characters| message(&brief, characters));
        let fitting = sizes.find(|message| message.to_string().len() <= MESSAGE);
        Some(Outgoing::to(&self.url, &fitting.unwrap_or_else(|| message(&bare(&brief), TEXTS[2]))))
    }
}

/// What remains when even short texts are too many.
fn bare(brief: &Brief) -> Brief {
    Brief { title: None, said: None, excerpt: None, facts: Vec::new(), links: Vec::new(), ..brief.clone() }
}

fn message(brief: &Brief, characters: usize) -> Value {
    let lead = format!("{} {}", brief.icon, cut(&brief.lead, characters));
    let mut body = vec![block(&json!([{"type": "TextRun", "text": lead, "size": "Large", "weight": "Bolder"}]))];
    body.extend(
        brief
            .title
            .iter()
            .map(|title| block(&json!([{"type": "TextRun", "text": cut(title, characters), "weight": "Bolder"}]))),
    );
    body.extend(lines(brief.said.as_deref(), "Default", characters));
    body.extend(brief.facts.iter().map(|(label, value)| {
        let label = json!({"type": "TextRun", "text": format!("{label}: "), "weight": "Bolder"});
        tight(&json!([label, {"type": "TextRun", "text": cut(value, characters)}]))
    }));
    body.extend(lines(brief.excerpt.as_deref(), "Monospace", characters));
    body.extend(brief.issue.iter().map(|issue| {
        let text = format!("lamplight issue {issue}");
        block(&json!([{"type": "TextRun", "text": text, "isSubtle": true, "size": "Small"}]))
    }));
    let links = brief.links.iter().filter(|(_, url)| url.len() <= LINK);
    let actions: Vec<_> =
        links.map(|(label, url)| json!({"type": "Action.OpenUrl", "title": label, "url": url})).collect();
    let card = json!({"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
        "version": "1.4", "fallbackText": cut(&brief.line, 300), "msteams": {"width": "Full"}, "body": body,
        "actions": actions});
    let attachment = json!({"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
        "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

fn lines(text: Option<&str>, font: &str, characters: usize) -> Vec<Value> {
    let text = cut(text.unwrap_or_default(), characters);
    let line = |text: &str| json!([{"type": "TextRun", "text": text, "fontType": font, "size": "Small"}]);
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    lines.enumerate().map(|(i, text)| if i == 0 { block(&line(text)) } else { tight(&line(text)) }).collect()
}

fn block(inlines: &Value) -> Value {
    json!({"type": "RichTextBlock", "inlines": inlines})
}

fn tight(inlines: &Value) -> Value {
    json!({"type": "RichTextBlock", "spacing": "None", "inlines": inlines})
}

fn cut(text: &str, characters: usize) -> String {
    lamplight_alerts::readable::cut(text, characters)
}
