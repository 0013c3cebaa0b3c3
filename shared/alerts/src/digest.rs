//! Many notices as one message: a line for each, or what they have in common and where.

use lamplight_rollup::fingerprint::name;

use crate::brief::{alarm_icon, headline, icon};
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
        for (kind, places) in kinds(notices) {
            page.list(format!("{kind} · {}\n", places.len()), places.into_iter(), ", ");
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

/// Each kind of notice with the names of its places, in the order of their appearance.
fn kinds(notices: &[Notice]) -> Vec<(String, Vec<String>)> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for notice in notices {
        let (kind, place) = kind_and_place(notice);
        let place = escape(&line(place, NAME));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, places)) => places.push(place),
            None => kinds.push((kind, vec![place])),
        }
    }
    kinds
}

fn kind_and_place(notice: &Notice) -> (String, &str) {
    match notice {
        Notice::Alert(alert) => {
            (format!("{} *{}*", icon(alert.severity), name(alert.issue.kind)), alert.issue.function.as_str())
        }
        Notice::Alarm(alarm) => (format!("{} *Alarms*", alarm_icon(alarm)), alarm.name.as_str()),
        Notice::Other { subject, text } => ("*Messages*".to_owned(), subject.as_deref().unwrap_or(text)),
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
