//! What those who subscribe to the topic themselves get: each protocol in a form that it can use.
//!
//! Source: Amazon SNS developer guide, "Sending platform-specific messages" (`MessageStructure` `json`).

mod amazon_q;

use serde_json::json;

use crate::brief::Brief;
use crate::notice::Notice;
use crate::readable::cut;

/// Characters of an e-mail's subject, which SNS takes in ASCII only.
const SUBJECT: usize = 99;

/// Characters of a text message: what one has room for in Unicode.
const TEXT_MESSAGE: usize = 70;

/// A message of the topic for each protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByProtocol {
    /// The subject of e-mails.
    pub subject: String,
    /// A JSON object with a message for each protocol. `default`, which queues and functions get, is the message as it
    /// stands.
    pub message: String,
}

/// A message of the topic for each protocol: as text for `email` and `sms`, as a custom notification of Amazon Q
/// Developer for `https`, as it stands for all others.
#[must_use]
pub fn by_protocol(message: &str) -> ByProtocol {
    let notice = Notice::of(None, message);
    let brief = Brief::of(&notice);
    let messages = json!({
        "default": message,
        "email": mail(&brief),
        "sms": cut(&brief.line, TEXT_MESSAGE),
        "https": amazon_q::custom_notification(&notice, &brief).to_string(),
    });
    ByProtocol { subject: subject(&brief), message: messages.to_string() }
}

/// The lead in ASCII; SNS takes no subject that begins with a blank.
fn subject(brief: &Brief) -> String {
    let ascii = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let subject: String = brief.lead.chars().map(ascii).take(SUBJECT).collect();
    format!("Lamplight: {subject}").chars().take(SUBJECT).collect()
}

/// The brief as text.
fn mail(brief: &Brief) -> String {
    let facts = brief.facts.iter().map(|(label, value)| format!("{label}: {value}\n"));
    let links = brief.links.iter().map(|(label, url)| format!("{label}: {url}\n"));
    let parts = [
        Some(brief.lead.clone()),
        brief.title.clone(),
        brief.said.clone(),
        Some(facts.collect()),
        brief.excerpt.clone(),
        Some(links.collect()),
        brief.issue.as_ref().map(|issue| format!("lamplight issue {issue}")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::alert::tests::alert;

    fn parsed(message: &str) -> (String, Value) {
        let ByProtocol { subject, message } = by_protocol(message);
        (subject, serde_json::from_str(&message).unwrap())
    }

    #[test]
    fn queues_and_functions_get_the_message_as_it_stands() {
        for message in [alert("mailer", "panic: no card").to_json(), "the crane\nis down".to_owned(), String::new()] {
            assert_eq!(parsed(&message).1["default"], *message);
        }
    }

    #[test]
    fn people_get_text() {
        let (subject, messages) = parsed(&alert("mailer", "panic: no card 😀").to_json());
        assert_eq!(subject, "Lamplight: Crash in mailer, 3 times since 2026-11-20 08:47:12 UTC");
        let mail = messages["email"].as_str().unwrap();
        assert!(mail.starts_with("Crash in mailer, 3 times"), "{mail}");
        assert!(
            mail.contains("\n\npanic: no card 😀\n\n") && mail.contains("\nAccount and region: 210987654321"),
            "{mail}"
        );
        assert!(messages["sms"].as_str().unwrap().chars().count() <= TEXT_MESSAGE);
    }

    #[test]
    fn a_subject_is_what_sns_takes() {
        for name in ["ß😀\u{1b}[31m\n".repeat(90), "x".repeat(900), String::new()] {
            let subject = parsed(&alert(&name, "panic: no card").to_json()).0;
            assert!(subject.chars().all(|c| c.is_ascii_graphic() || c == ' ') && subject.len() < 100, "{subject}");
        }
    }

    #[test]
    fn all_protocols_together_are_below_what_sns_takes() {
        for text in ["\u{1}", "日本", "\"\\", "😀"] {
            let alert = alert(&text.repeat(500), &format!("panic: no card {}", text.repeat(100_000)));
            let length = by_protocol(&alert.to_json()).message.len();
            assert!(length < 200 << 10, "{text}: {length}");
        }
    }
}
