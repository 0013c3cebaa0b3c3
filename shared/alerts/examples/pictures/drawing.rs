//! Block Kit as an SVG: near enough to see what a message looks like, with the fonts that are there.

use std::fmt::Write;

use lamplight_alerts::SlackMessage;
use serde_json::Value;

const WIDTH: usize = 860;
/// Where the text begins, beside the picture of the sender.
const LEFT: usize = 72;
const SANS: &str = "Lato, Helvetica, Arial, sans-serif";
const MONO: &str = "Menlo, Consolas, monospace";
const DARK: &str = "#1d1c1d";
const GREY: &str = "#616061";
const LINK: &str = "#1264a3";

/// A picture that grows downwards.
struct Drawing {
    body: String,
    bottom: usize,
}

/// A message as it looks.
pub fn svg(message: &SlackMessage) -> String {
    let mut drawing = Drawing { body: String::new(), bottom: 44 };
    drawing.line(LEFT, 34, 15, DARK, true, "Lamplight");
    message.blocks.iter().for_each(|block| drawing.block(block));
    let (height, label) = (drawing.bottom + 12, attribute(&message.text));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#ffffff\" stroke=\"#dddddd\"/>\n\
         <rect x=\"20\" y=\"20\" width=\"36\" height=\"36\" rx=\"6\" fill=\"#3b2f63\"/>\
         <path d=\"M38 27v5M30 44h16l-3-10H33zM35 49h6\" stroke=\"#ffd25f\" stroke-width=\"2.5\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\n\
         {}</svg>\n",
        WIDTH - 1,
        height - 1,
        drawing.body
    )
}

impl Drawing {
    fn block(&mut self, block: &Value) {
        match block["type"].as_str() {
            Some("header") => self.paragraph(text(&block["text"]), 18, 74, true),
            Some("section") if block["fields"].is_array() => self.fields(block),
            Some("section") => self.section(text(&block["text"])),
            Some("context") => {
                let parts: Vec<_> = list(&block["elements"]).map(text).collect();
                self.bottom += 22;
                self.line(LEFT, self.bottom, 13, GREY, false, &parts.join("  "));
            }
            Some("actions") => self.buttons(block),
            _ => {}
        }
    }

    /// Text, and code between fences.
    fn section(&mut self, markup: &str) {
        for (i, part) in markup.split("```").enumerate() {
            let part = part.trim_matches('\n');
            match (part.is_empty(), i % 2) {
                (true, _) => {}
                (false, 0) => self.paragraph(part, 15, 96, false),
                (false, _) => self.code(part),
            }
        }
    }

    fn paragraph(&mut self, markup: &str, size: usize, columns: usize, is_bold: bool) {
        for line in markup.lines().flat_map(|line| wrapped(line, columns)) {
            self.bottom += size + 7;
            self.line(LEFT, self.bottom, size, DARK, is_bold, &line);
        }
        self.bottom += 6;
    }

    fn code(&mut self, code: &str) {
        let lines: Vec<_> = code.lines().flat_map(|line| wrapped(line, 104)).collect();
        let height = 17 * lines.len() + 14;
        let top = self.bottom + 4;
        let _ = writeln!(
            self.body,
            "<rect x=\"{LEFT}\" y=\"{top}\" width=\"768\" height=\"{height}\" rx=\"4\" fill=\"#f8f8f8\" stroke=\"#dddddd\"/>"
        );
        for (i, line) in lines.iter().enumerate() {
            let _ = writeln!(
                self.body,
                "<text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"{DARK}\" xml:space=\"preserve\" font-family=\"{MONO}\">{line}</text>",
                LEFT + 10,
                top + 20 + 17 * i
            );
        }
        self.bottom = top + height + 4;
    }

    /// Two in a row, each with its label above.
    fn fields(&mut self, block: &Value) {
        let fields: Vec<_> = list(&block["fields"]).map(text).collect();
        for row in fields.chunks(2) {
            for (column, field) in row.iter().enumerate() {
                let (label, value) = field.split_once('\n').unwrap_or((field, ""));
                let left = LEFT + 390 * column;
                self.line(left, self.bottom + 24, 15, DARK, false, label);
                self.line(left, self.bottom + 45, 15, DARK, false, value);
            }
            self.bottom += 52;
        }
    }

    fn buttons(&mut self, block: &Value) {
        let (mut left, top) = (LEFT, self.bottom + 8);
        for button in list(&block["elements"]) {
            let label = text(&button["text"]);
            let width = 8 * label.chars().count() + 26;
            let (fill, ink) = match button["style"].as_str() {
                Some("primary") => ("#007a5a", "#ffffff"),
                Some("danger") => ("#e01e5a", "#ffffff"),
                _ => ("#ffffff", DARK),
            };
            let _ = writeln!(
                self.body,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"30\" rx=\"4\" fill=\"{fill}\" stroke=\"#bbbbbb\"/>\
                 <text x=\"{}\" y=\"{}\" font-size=\"14\" font-weight=\"700\" fill=\"{ink}\" text-anchor=\"middle\" font-family=\"{SANS}\">{label}</text>",
                left + width / 2,
                top + 20
            );
            left += width + 10;
        }
        self.bottom = top + 32;
    }

    fn line(&mut self, x: usize, y: usize, size: usize, colour: &str, is_bold: bool, markup: &str) {
        let weight = if is_bold { 700 } else { 400 };
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\" font-weight=\"{weight}\" xml:space=\"preserve\" font-family=\"{SANS}\">{}</text>",
            runs(markup)
        );
    }
}

/// Slack's mark-up as spans: code, bold text and links. What is left of it is plain, and its entities are XML's.
fn runs(markup: &str) -> String {
    let mut spans = String::new();
    for (i, part) in markup.split('`').enumerate() {
        if i % 2 == 1 {
            let _ = write!(spans, "<tspan font-family=\"{MONO}\" fill=\"#c01343\">{part}</tspan>");
            continue;
        }
        for (i, part) in part.split('*').enumerate() {
            let part = linked(part);
            let span = if i % 2 == 1 { format!("<tspan font-weight=\"700\">{part}</tspan>") } else { part };
            spans.push_str(&span);
        }
    }
    spans
}

/// `<url|label>` as a label that looks like a link.
fn linked(text: &str) -> String {
    let mut parts = text.split('<');
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, after) = part.split_once('>').unwrap_or((part, ""));
        let label = link.split_once('|').map_or(link, |(_, label)| label);
        let _ = write!(linked, "<tspan fill=\"{LINK}\">{label}</tspan>{after}");
    }
    linked
}

/// A line in pieces of so many characters, broken between words.
fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let is_full = lines.last().is_some_and(|last| last.chars().count() + word.trim_end().chars().count() > columns);
        if is_full {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
    }
    lines
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value["text"].as_str().unwrap_or_default()
}

fn attribute(text: &str) -> String {
    text.replace('"', "&quot;").replace('\n', " ")
}
