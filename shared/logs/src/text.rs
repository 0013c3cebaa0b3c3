//! Reading text lines: tokens, timestamps, request ids, numbers.

/// What follows the first run of blanks and tabs after `head`, if the line begins with `head` and such a run.
pub(crate) fn after_word<'a>(line: &'a str, head: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(head)?;
    let trimmed = rest.trim_start_matches([' ', '\t']);
    (trimmed.len() < rest.len()).then_some(trimmed)
}

/// The text up to the first white space, and what follows it.
pub(crate) fn token(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
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
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
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
    match bytes.len() {
        36 => bytes.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_alphanumeric(),
        }),
        32 => bytes.iter().all(u8::is_ascii_hexdigit),
        // A UUID whose groups are one digit short or long stands in real logs, too.
        30..=40 => {
            bytes.iter().filter(|b| **b == b'-').count() == 4
                && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
        }
        _ => false,
    }
}

/// Whether a text begins like an ISO 8601 time with date, `T` and `Z`: `2026-11-20T08:47:12.345Z`.
pub(crate) fn is_utc_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let punctuation = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    (20..=30).contains(&bytes.len())
        && bytes[bytes.len() - 1] == b'Z'
        && punctuation.iter().all(|(i, b)| bytes[*i] == *b)
        && bytes[..bytes.len() - 1]
            .iter()
            .enumerate()
            .all(|(i, b)| b.is_ascii_digit() || punctuation.iter().any(|(at, _)| *at == i) || (i == 19 && *b == b'.'))
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
    fn numbers_end_where_their_unit_begins() {
        assert_eq!(number("12.50 ms"), Some((12.5, " ms")));
        assert_eq!(number("12ms"), Some((12.0, "ms")));
        assert_eq!(number("-1 ms"), None);
        assert_eq!(number("1.2.3"), None);
    }
}
