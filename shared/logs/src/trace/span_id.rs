//! Ids of spans: one spelling for all forms of one id.

use std::borrow::Cow;

use super::digits::{hex_of_base64, is_hex, is_zero, respelled, unprefixed};

/// Hexadecimal digits of an id.
const DIGITS: usize = 16;

/// The id of a span as W3C writes it: 16 hexadecimal digits in small letters. The text may have them in capitals, with
/// `0x` before them, or as bytes in base64, as libraries write that treat OpenTelemetry's protocol like any other of
/// Protocol Buffers. An id of any other form is left as it stands, without the blanks around it.
#[must_use]
pub fn span_id(text: Cow<'_, str>) -> Cow<'_, str> {
    respelled(text, spelled)
}

/// The id of the span within which another was made; only zeros are none.
#[must_use]
pub fn parent_span_id(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let id = span_id(text);
    (!is_zero(&id, DIGITS / 2)).then_some(id)
}

fn spelled(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let digits = unprefixed(text);
    if is_hex(digits, DIGITS) {
        let has_capitals = digits.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_capitals { Cow::Owned(digits.to_ascii_lowercase()) } else { Cow::Borrowed(digits) };
    }
    hex_of_base64::<{ DIGITS / 2 }>(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_span_becomes_the_same_id() {
        for form in [
            "53995c3f42cd8ad8",
            "53995C3F42CD8AD8",
            "0x53995c3f42cd8ad8",
            "0X53995C3F42CD8AD8",
            " U5lcP0LNitg=\n",
            "U5lcP0LNitg",
        ] {
            assert_eq!(span_id(Cow::Borrowed(form)), "53995c3f42cd8ad8", "{form}");
            assert_eq!(span_id(Cow::Owned(form.to_owned())), "53995c3f42cd8ad8", "{form}");
        }
    }

    #[test]
    fn other_ids_stay_as_they_are() {
        for form in ["A1", "7", "17301234567890123456", "order-place", "0xA1", "", "53995C3F42CD8AD", "ü"] {
            assert_eq!(span_id(Cow::Borrowed(form)), form);
        }
    }

    #[test]
    fn zeros_are_no_parent() {
        for form in ["", " ", "0", "0000000000000000", "0x0000000000000000", "AAAAAAAAAAA=", "AAAAAAAAAAA"] {
            assert_eq!(parent_span_id(Cow::Borrowed(form)), None, "{form}");
        }
        assert_eq!(parent_span_id(Cow::Borrowed("0x53995C3F42CD8AD8")).as_deref(), Some("53995c3f42cd8ad8"));
    }
}
