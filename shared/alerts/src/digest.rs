//! Many notices as one message: a line for each, or what they have in common and where.

use lamplight_rollup::fingerprint::name;

use crate::brief::{Brief, MESSAGE, QUIET, SUMMARY, alarm_icon, headline, icon, watch_icon};
use crate::notice::Notice;
use crate::readable::{cut, line};
use crate::slack::{SECTION, SlackMessage, context, escape, header, section};

/// Notices that get a line each; of more, each kind is listed with its places.
const LINES: usize = 20;

/// Characters of a place's name.
const NAME: usize = 64;

/// Characters of all lines and names together: all blocks of a message stay below 12,000.
const ROOM: usize = 10_000;

/// One message for many notices.
pub(crate) fn digest(notices: &[Notice]) -> SlackMessage {
    let text = format!("{} alerts at once", notices.len());
    let mut page = Page { sections: Vec::new(), room: ROOM, omitted: 0 };
    if notices.len() <= LINES {
        page.list(String::new(), notices.iter().map(|notice| format!("• {}", escape(&headline(notice)))), "\n");
    } else {
        for Kind { icon, name, places } in kinds(notices) {
            let head = format!("{icon} *{name}* · {}\n", places.len());
            page.list(head, places.iter().map(|place| escape(place)), ", ");
        }
    }
    let first = notices.iter().take(3).map(|notice| escape(&headline(notice))).collect::<Vec<_>>().join("; ");
    let mut blocks = vec![header(&format!("🔔 {text}"))];
    blocks.extend(page.sections.iter().map(|text| section(text)));
    if page.omitted > 0 {
        blocks.push(context(&format!("… and {} more: `lamplight issues` lists all", page.omitted)));
    }
    SlackMessage { text: cut(&format!("{text}: {first}"), SECTION), blocks }
}

/// Many notices as lines of plain text, of so many characters at the most, for receivers without sections.
pub(crate) fn brief(notices: &[Notice], characters: usize) -> Brief {
    let lead = format!("{} alerts at once", notices.len());
    let first = notices.iter().take(3).map(headline).collect::<Vec<_>>().join("; ");
    let said = Some(lines(notices, characters));
    Brief { line: format!("🔔 {lead}: {first}"), said, ..Brief::bare("🔔", lead) }
}

/// A line for each notice, or for each kind of many, of so many characters at the most.
pub(crate) fn lines(notices: &[Notice], characters: usize) -> String {
    let lines: Vec<_> = if notices.len() <= LINES {
        notices.iter().map(headline).collect()
    } else {
        let line =
            |kind: &Kind| format!("{} {} · {}: {}", kind.icon, kind.name, kind.places.len(), kind.places.join(", "));
        kinds(notices).iter().map(line).collect()
    };
    let note = "\n… `lamplight issues` lists all";
    let lines = lines.join("\n");
    if lines.chars().count() > characters {
        return cut(&lines, characters - note.chars().count()) + note;
    }
    lines
}

/// A kind of notice.
struct Kind {
    icon: &'static str,
    name: &'static str,
    places: Vec<String>,
}

/// Each kind of notice with the names of its places, in the order of their appearance.
fn kinds(notices: &[Notice]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for notice in notices {
        let (icon, name, place) = kind_and_place(notice);
        let place = line(place, NAME);
        match kinds.iter_mut().find(|kind| (kind.icon, kind.name) == (icon, name)) {
            Some(kind) => kind.places.push(place),
            None => kinds.push(Kind { icon, name, places: vec![place] }),
        }
    }
    kinds
}

fn kind_and_place(notice: &Notice) -> (&'static str, &'static str, &str) {
    match notice {
        Notice::Alert(alert) => (icon(alert.severity), name(alert.issue.kind), &alert.issue.function),
        Notice::Watch(alert) => (watch_icon(&alert.watch), "Watches", alert.watch.place()),
        Notice::Held(alerts) => (QUIET, "Held during quiet hours", &alerts.held.until),
        Notice::Summary(alert) => (SUMMARY, "Summaries", &alert.summary.until),
        Notice::Change(change) => (change.change.what.icon(), "Changes", &change.issue.function),
        Notice::Alarm(alarm) => (alarm_icon(alarm), "Alarms", &alarm.name),
        Notice::Other { subject, text } => (MESSAGE, "Messages", subject.as_deref().unwrap_or(text)),
    }
}

/// Sections that are filled as long as there is room.
struct Page {
    sections: Vec<String>,
    room: usize,
    omitted: usize,
}

impl Page {
    /// A head and what stands under it, in as many sections as it needs.
    fn list(&mut self, head: String, parts: impl Iterator<Item = String>, separator: &str) {
        let mut text = head;
        let mut before = "";
        for part in parts {
            let length = part.chars().count() + separator.len();
            if length > self.room {
                self.omitted += 1;
                continue;
            }
            self.room -= length;
            if text.chars().count() + length > SECTION {
                self.sections.push(std::mem::take(&mut text));
                before = "";
            }
            text.push_str(before);
            text.push_str(&part);
            before = separator;
        }
        if !text.is_empty() {
            self.sections.push(text);
        }
    }
}
