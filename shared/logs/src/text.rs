//! Reading text lines: tokens, timestamps, request ids, numbers.

use std::borrow::Cow;

use crate::scan::{each, each_without, find};

/// What follows the first run of blanks and tabs after `head`, if the line begins with `head` and such a run.
pub(crate) fn after_word<'a>(line: &'a str, head: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(head)?;
    let trimmed = after_blanks(rest);
    (trimmed.len() < rest.len()).then_some(trimmed)
}

/// The text without the blanks and tabs at its start.
pub(crate) fn after_blanks(text: &str) -> &str {
    let blanks = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &text[blanks..]
}

/// The text without the white space at its start.
pub(crate) fn after_space(text: &str) -> &str {
    let ascii = text.bytes().take_while(u8::is_ascii_whitespace).count();
    let rest = &text[ascii..];
    if rest.as_bytes().first().is_some_and(u8::is_ascii_graphic) { rest } else { rest.trim_start() }
}

/// A column and what follows its tab; nothing if there is no tab.
pub(crate) fn column(text: &str) -> Option<(&str, &str)> {
    let tab = find(text.as_bytes(), 0, |block| each(block, b'\t'))?;
    Some((&text[..tab], &text[tab + 1..]))
}

/// The text up to the first white space, and what follows it.
pub(crate) fn token(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    // Blanks are at most 32 in ASCII, and above 127 elsewhere.
    let stop = find(bytes, 0, |block| each(block, b' ') | each_without(block, 0xe0) | !each_without(block, 0x80));
    let end = match stop {
        Some(stop) if !bytes[stop].is_ascii_whitespace() => text.find(char::is_whitespace),
        stop => stop,
    };
    text.split_at(end.unwrap_or(text.len()))
}

/// The first line of a message, whether its lines are joined by `\n` or by `\r`.
pub(crate) fn first_line(message: &str) -> &str {
    let end = message.find(['\n', '\r']).unwrap_or(message.len());
    &message[..end]
}

/// The decimal number at the start of a text, and what follows it.
///
/// Numbers that no duration, size or limit can have (negative, or over 10⁹) are not read.
pub(crate) fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let value = measure(text[..end].parse().ok()?)?;
    Some((value, &text[end..]))
}

/// The value, if a duration, size or limit can have it.
pub(crate) fn measure(value: f64) -> Option<f64> {
    (0.0..1e9).contains(&value).then_some(value)
}

/// The value as a whole number, as memory sizes are.
pub(crate) fn whole(value: f64) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "measure() bounds it")]
    measure(value).map(|value| value.round() as u64)
}

/// Whether a text has the form of Lambda's request ids: a UUID, or 32 hexadecimal digits.
pub(crate) fn is_request_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    if let Ok(uuid) = <&[u8; 36]>::try_from(bytes) {
        let alphanumerics: u8 = uuid.iter().map(|byte| u8::from(byte.is_ascii_alphanumeric())).sum();
        return alphanumerics == 32 && [8, 13, 18, 23].iter().all(|dash| uuid[*dash] == b'-');
    }
    match bytes.len() {
        32 => bytes.iter().all(u8::is_ascii_hexdigit),
        // A UUID whose groups are one digit short or long stands in real logs, too.
        30..=40 => {
            bytes.iter().filter(|b| **b == b'-').count() == 4
                && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
        }
        _ => false,
    }
}

/// Lambda's id of a request as Lambda writes it: a UUID has small letters.
pub(crate) fn request_id(id: Cow<'_, str>) -> Cow<'_, str> {
    let capitals = |uuid: &[u8; 36]| uuid.iter().map(|byte| u8::from(byte.is_ascii_uppercase())).sum::<u8>();
    let has_capitals = <&[u8; 36]>::try_from(id.as_bytes()).is_ok_and(|uuid| capitals(uuid) > 0);
    if has_capitals && is_request_id(&id) { Cow::Owned(id.to_ascii_lowercase()) } else { id }
}

/// Whether a text begins like an ISO 8601 time with date, `T` and `Z`: `2026-11-20T08:47:12.345Z`.
pub(crate) fn is_utc_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((seconds, fraction)) = bytes.split_first_chunk::<19>() else { return false };
    let form = b"0000-00-00T00:00:00";
    (1..=11).contains(&fraction.len())
        && seconds.iter().zip(form).all(|(byte, form)| byte == form || (*form == b'0' && byte.is_ascii_digit()))
        && match fraction {
            [b'Z'] => true,
            [b'.', digits @ .., b'Z'] => digits.iter().all(u8::is_ascii_digit),
            _ => false,
        }
}

/// Whether a text is a name with dots such as `java.lang.RuntimeException` or `Runtime.ExitError`, or one word.
pub(crate) fn is_type_name(text: &str) -> bool {
    text.len() <= 200
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !text.ends_with('.')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_other_texts() {
        assert!(is_utc_time("2026-11-20T08:47:12.345Z"));
        assert!(is_utc_time("2026-11-20T08:47:12Z"));
        assert!(!is_utc_time("2026-11-20 08:47:12.345Z"));
        assert!(!is_utc_time("2026/11/20T08:47:12.345Z"));
        assert!(!is_utc_time("2026-11-20T08:47:12"));
    }

    #[test]
    fn request_ids_are_told_from_business_keys() {
        assert!(is_request_id("8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01"));
        assert!(is_request_id("6f7f0961f83442118a7af6fe80b88d56"));
        assert!(!is_request_id("1123"));
        assert!(!is_request_id("bQXj1gWQoAMESyA="));
    }

    #[test]
    fn a_uuid_has_small_letters_and_a_business_key_what_it_has() {
        let id = |text| request_id(Cow::Borrowed(text));
        assert_eq!(id("8B9E7C2A-3a44-4A7E-9D2A-7F5F3C1C0A01"), "8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01");
        assert!(matches!(id("8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01"), Cow::Borrowed(_)));
        for other in ["A-1", "", "ORDER 4711 OF THE THIRTY-SIX LETTERS"] {
            assert_eq!(id(other), other);
        }
    }

    #[test]
    fn numbers_end_where_their_unit_begins() {
        assert_eq!(number("12.50 ms"), Some((12.5, " ms")));
        assert_eq!(number("12ms"), Some((12.0, "ms")));
        assert_eq!(number("-1 ms"), None);
        assert_eq!(number("1.2.3"), None);
    }
}
