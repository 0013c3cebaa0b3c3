//! What ids are made of: hexadecimal digits, or bytes in base64.

use std::borrow::Cow;
use std::fmt::Write;

use base64_simd::{Out, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Digits of a base in which one stands for six bits.
const fn base64_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(6)
}

/// Whether a text is so many hexadecimal digits.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The text without the `0x` that some libraries write before digits.
pub(super) fn unprefixed(text: &str) -> &str {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text)
}

/// Whether a text is nothing but zeros, in digits or as so many bytes in base64.
pub(super) fn is_zero(text: &str, bytes: usize) -> bool {
    let is_zero_in_base64 = || {
        let digits = text.trim_end_matches('=');
        digits.len() == base64_length(bytes) && digits.bytes().all(|byte| byte == b'A')
    };
    unprefixed(text).bytes().all(|byte| matches!(byte, b'0' | b'-'))
        || (text.starts_with("AAAA") && is_zero_in_base64())
}

/// The hexadecimal digits of so many bytes that a text has in base64, in either alphabet. They may lack the `=` at their
/// end: then they have letters of both cases, as nearly all random bytes have, and a few words joined by dashes have not.
pub(super) fn hex_of_base64<const BYTES: usize>(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=');
    let is_padded = text.len() == base64_length(BYTES).next_multiple_of(4);
    if digits.len() != base64_length(BYTES) || !(is_padded || (text.len() == digits.len() && is_mixed(digits))) {
        return None;
    }
    let is_of_urls = digits.bytes().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if is_of_urls { URL_SAFE_NO_PAD } else { STANDARD_NO_PAD };
    let mut bytes = [0; BYTES];
    alphabet.decode(digits.as_bytes(), Out::from_slice(&mut bytes)).ok()?;
    Some(bytes.iter().fold(String::with_capacity(2 * BYTES), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase()) && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The text in another spelling; one that is a part of it is borrowed where the text is.
pub(super) fn respelled(text: Cow<'_, str>, spell: fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => spell(text),
        Cow::Owned(text) => {
            let other = match spell(&text) {
                Cow::Borrowed(part) if part.len() == text.len() => None,
                other => Some(other.into_owned()),
            };
            Cow::Owned(other.unwrap_or(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_both_alphabets_with_and_without_their_end() {
        for text in ["+/8AESIzRFU=", "-_8AESIzRFU=", "+/8AESIzRFU", "-_8AESIzRFU"] {
            assert_eq!(hex_of_base64::<8>(text).as_deref(), Some("fbff001122334455"), "{text}");
        }
        for text in ["", "=", "+_8AESIzRFU=", "+/8AESIzRF=", "+/8AESIzRFV", "-_8aesizrfu", "+/8AESIzRFU=="] {
            assert_eq!(hex_of_base64::<8>(text), None, "{text}");
        }
    }

    #[test]
    fn zeros_are_told_in_every_form() {
        for text in ["", "0", "0x0", "0X00", "00-0", "AAAAAAAAAAA=", "AAAAAAAAAAA"] {
            assert!(is_zero(text, 8), "{text}");
        }
        for text in ["1", "0x1", "AAAAAAAAAAB", "AAAA", "x0"] {
            assert!(!is_zero(text, 8), "{text}");
        }
    }

    #[test]
    fn what_is_borrowed_stays_borrowed() {
        let trim = |text| respelled(text, |text| Cow::Borrowed(text.trim()));
        assert!(matches!(trim(Cow::Borrowed(" a ")), Cow::Borrowed("a")));
        assert_eq!(trim(Cow::Owned(" a ".to_owned())), "a");
        assert_eq!(trim(Cow::Owned("a".to_owned())), "a");
    }
}
