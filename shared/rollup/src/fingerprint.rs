//! What fails alike: the fingerprint of a failure, from what does not change from one occurrence to the next.

use serde::{Deserialize, Serialize};
use std::fmt;

use lamplight_logs::stack::own_frame;
use lamplight_logs::{Detection, Fact};
use xxhash_rust::xxh3::xxh3_64;

use crate::function::FunctionKey;

/// Names the rules below. Changing them changes every fingerprint, so the number is part of it.
const VERSION: u64 = 2;

/// Characters of a message that matter; what follows is detail.
const MESSAGE_CHARACTERS: usize = 300;

/// What stands for a part that changes.
const MASK: char = '…';

/// The identity of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of what a line raises in a function, with the frame of [`frame`].
    #[must_use]
    pub fn of(key: &FunctionKey, detection: Detection, fact: &Fact<'_>, frame: Option<&str>) -> Self {
        let text = [
            key.account.as_str(),
            key.region.as_str(),
            key.function.as_str(),
            detection.name(),
            error_type(detection, fact),
            &message(detection, fact),
            frame.unwrap_or_default(),
        ]
        .join("\n");
        Self::from_hash(xxh3_64(text.as_bytes()))
    }

    /// The fingerprint of what a function raises of one kind, and what is not told apart.
    #[must_use]
    pub fn of_others(key: &FunctionKey, detection: Detection) -> Self {
        Self::from_hash(xxh3_64(format!("{key}\n{}\nothers", detection.name()).as_bytes()))
    }

    /// The fingerprint of a milestone of a flow that does not come, by the function in which transactions stop.
    #[must_use]
    pub fn of_missing(key: &FunctionKey, flow: &str, milestone: &str) -> Self {
        let kind = Detection::MissingMilestone.name();
        Self::from_hash(xxh3_64(format!("{key}\n{kind}\n{flow}\n{milestone}").as_bytes()))
    }

    /// The fingerprint with this hash, in the current version.
    #[must_use]
    pub const fn from_hash(hash: u64) -> Self {
        Self(VERSION << 60 | hash >> 4)
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// What the issue is called: the same for every occurrence.
#[must_use]
pub fn title(detection: Detection, fact: &Fact<'_>) -> String {
    let message = message(detection, fact);
    match (error_type(detection, fact), message.as_str()) {
        ("", "") => name(detection).to_owned(),
        ("", message) => message.to_owned(),
        (error_type, "") => format!("{}: {error_type}", name(detection)),
        (error_type, message) => format!("{error_type}: {message}"),
    }
}

/// Where in the function's own code a failure arose, as its message tells, with what changes masked. A timeout, memory
/// that ran out, a configuration and a permission are mended in one place, wherever the code was.
#[must_use]
pub fn frame(detection: Detection, message: &str) -> Option<String> {
    let has_place = matches!(detection, Detection::Exception | Detection::Crash | Detection::ErrorLog);
    has_place.then(|| own_frame(message)).flatten().map(|frame| mask(&frame))
}

/// What people call a detection.
#[must_use]
pub const fn name(detection: Detection) -> &'static str {
    match detection {
        Detection::Timeout => "Task timed out",
        Detection::OutOfMemory => "Out of memory",
        Detection::Crash => "Crash",
        Detection::Exception => "Unhandled exception",
        Detection::Configuration => "Configuration error",
        Detection::Permission => "Permission denied",
        Detection::EarlyExit => "Exited before completing",
        Detection::InitTimeout => "Initialisation timed out",
        Detection::InitFailure => "Initialisation failed",
        Detection::LogsDropped => "Logs dropped",
        Detection::ErrorLog => "Error logged",
        Detection::MissingMilestone => "Milestone is missing",
    }
}

fn error_type<'a>(detection: Detection, fact: &'a Fact<'_>) -> &'a str {
    match (detection, fact.error_type.as_deref()) {
        // Every timeout of a function is the same issue, whichever line tells it.
        (Detection::Timeout | Detection::InitTimeout, _)
        | (Detection::OutOfMemory, Some("Runtime.OutOfMemory"))
        | (_, None) => "",
        (_, Some(error_type)) => error_type,
    }
}

/// The message with what changes masked. A configuration error is told by its type: the platform's line, which
/// counts, has no message, the runtime's has.
fn message(detection: Detection, fact: &Fact<'_>) -> String {
    let is_typed = detection == Detection::Configuration && fact.error_type.is_some();
    if is_typed || matches!(detection, Detection::Timeout | Detection::InitTimeout) {
        return String::new();
    }
    fact.error_message.as_deref().map(mask).unwrap_or_default()
}

/// The first line of a message, with numbers, ids, quoted parts, paths, links and ARNs as `…`.
#[must_use]
pub fn mask(message: &str) -> String {
    let line = message.trim_start().lines().next().unwrap_or_default();
    let mut rest: &str = line;
    let mut masked = String::with_capacity(line.len().min(MESSAGE_CHARACTERS));
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        if masked.len() >= MESSAGE_CHARACTERS {
            masked.push(MASK);
            break;
        }
        let taken = match first {
            '\'' | '"' | '`' if !before.is_alphanumeric() => quoted(rest, first),
            '/' if !before.is_alphanumeric() => Some(until_separator(rest)),
            _ if first.is_alphanumeric() && !before.is_alphanumeric() => link(rest).or_else(|| identifier(rest)),
            _ => None,
        };
        let taken = taken.or_else(|| digits(rest, before)).filter(|length| *length > 0);
        let length = taken.unwrap_or(first.len_utf8());
        match taken {
            Some(_) if !masked.ends_with(MASK) => masked.push(MASK),
            Some(_) => {}
            None => masked.push(first),
        }
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    masked.trim_end().to_owned()
}

/// The length of a quoted part; an opening quotation mark without its end quotes nothing.
fn quoted(text: &str, mark: char) -> Option<usize> {
    text[1..].find(mark).map(|end| end + 2)
}

/// The length of an ARN or of a link.
fn link(text: &str) -> Option<usize> {
    let is_link = ["arn:", "http://", "https://", "s3://"].iter().any(|head| text.starts_with(head));
    is_link.then(|| until_separator(text))
}

/// The length of a word that is an id: a UUID, or eight or more hexadecimal digits with a decimal one among them.
fn identifier(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    let word = &text[..end];
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    (word.len() >= 8 && is_hex && word.bytes().any(|b| b.is_ascii_digit())).then_some(end)
}

/// The length of a number. One or two digits that end a word are part of its name (`S3`, `utf8`).
fn digits(text: &str, before: char) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(text.len());
    let end = text[..end].trim_end_matches(['.', ',']).len();
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let is_part_of_name = before.is_ascii_alphabetic() && end <= 2;
    (is_number && !is_part_of_name).then_some(end)
}

fn until_separator(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | ')' | ']' | '>' | ','));
    text[..end.unwrap_or(text.len())].trim_end_matches(['.', ':', ';']).len().max(1)
}

#[cfg(test)]
mod examples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_masked() {
        for (message, masked) in [
            ("order 4711 of user 12.5 failed", "order … of user … failed"),
            ("'b'", "…"),
            ("can't open \"a b\" now", "can't open … now"),
            ("connect ECONNREFUSED 10.0.1.102:5432", "connect ECONNREFUSED …:…"),
            ("request 8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01 lost", "request … lost"),
            ("no such file: /tmp/a/b.txt", "no such file: …"),
            (
                "User: arn:aws:iam::1:role/x is not authorized to perform: s3:GetObject",
                "User: … is not authorized to perform: s3:GetObject",
            ),
            ("GET https://shop.example/orders/1?x=2 answered 502", "GET … answered …"),
            ("cannot decode utf8 in S3 object", "cannot decode utf8 in S3 object"),
            ("first\nsecond", "first"),
            ("日本語 エラー 17", "日本語 エラー …"),
        ] {
            assert_eq!(mask(message), masked, "{message}");
        }
        assert!(mask(&"long ".repeat(1000)).chars().count() <= MESSAGE_CHARACTERS + 1);
    }

    #[test]
    fn the_text_goes_there_and_back_and_names_the_version() {
        let fingerprint = Fingerprint::from_hash(u64::MAX);
        assert_eq!(fingerprint.to_string(), "2fffffffffffffff");
        assert_eq!(Fingerprint::parse("2fffffffffffffff"), Some(fingerprint));
        assert_eq!(Fingerprint::parse("x"), None);
    }
}
