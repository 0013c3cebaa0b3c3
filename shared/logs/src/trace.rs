//! Ids of traces, in all the forms that libraries write.

mod digits;
mod span_id;

use std::borrow::Cow;

use digits::{hex_of_base64, is_hex, is_zero, respelled, unprefixed};
pub use span_id::{parent_span_id, span_id};

/// Bytes of an id in X-Ray's form.
const XRAY_BYTES: usize = 35;

/// Hexadecimal digits of W3C's id of a trace.
const DIGITS: usize = 32;

/// The id of a trace, and whether it was written as X-Ray writes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TraceId<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) is_xray: bool,
}

impl<'a> TraceId<'a> {
    /// The id that a text names; nothing where a placeholder stands instead of one.
    pub(crate) fn read(text: Cow<'a, str>) -> Option<Self> {
        if let Cow::Borrowed(text) = text
            && let (id, true) = xray_part(text)
        {
            return (!is_zero(&id[2..], DIGITS / 2)).then(|| Self { id: in_small_letters(id), is_xray: true });
        }
        let (_, is_xray) = xray_part(&text);
        let id = known(xray_trace_id(text))?;
        // What still has this form names no trace: its version is none, or its id is zero.
        traceparent(&id).is_none().then_some(Self { id, is_xray })
    }

    /// The trace of Zipkin's single header.
    pub(crate) fn of_b3(header: &str) -> Option<TraceId<'static>> {
        let TraceId { id, is_xray } = TraceId::read(Cow::Borrowed(b3_trace(header.trim())?))?;
        Some(TraceId { id: Cow::Owned(id.into_owned()), is_xray })
    }
}

/// The id of a trace that a text names; nothing where a placeholder stands instead of one.
pub(crate) fn trace_id(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    TraceId::read(text).map(|trace| trace.id)
}

/// An id without the blanks around it, unless it is one of those that libraries write where they have none: empty, zeros,
/// a dash, `N/A`, `null`.
pub(crate) fn known(id: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let id = respelled(id, |id| Cow::Borrowed(id.trim()));
    let is_word = id.len() <= 9
        && ["n/a", "none", "null", "nil", "undefined", "unknown"].iter().any(|none| id.eq_ignore_ascii_case(none));
    let is_none = is_word || is_zero(id.strip_prefix("1-").unwrap_or(&id), DIGITS / 2);
    (!is_none).then_some(id)
}

/// The id under which a transaction is kept that somebody asks for: any form in which a line may name a trace, Zipkin's
/// single header too, is that of the trace. Any other text is the id, without the blanks around it.
#[must_use]
pub fn transaction_id(asked: &str) -> Cow<'_, str> {
    let asked = asked.trim();
    xray_trace_id(Cow::Borrowed(b3_trace(asked).unwrap_or(asked)))
}

/// The id of a trace as X-Ray writes it (`1-<8 hex>-<24 hex>`), where the text is such an id, an X-Ray header
/// (`Root=1-…;Parent=…;Sampled=…`), W3C's 32 digits (with `0x` before them, or in base64, too), or a `traceparent`; any
/// other text as it stands, without the blanks around it.
///
/// Sources: the X-Ray developer guide ("Sending trace data", "Tracing header"), W3C Trace Context, and the OpenTelemetry
/// protocol's JSON, which libraries write with base64 as Protocol Buffers do.
#[must_use]
pub fn xray_trace_id(text: Cow<'_, str>) -> Cow<'_, str> {
    respelled(text, spelled)
}

fn spelled(text: &str) -> Cow<'_, str> {
    let (id, is_xray) = xray_part(text);
    if is_xray {
        return in_small_letters(id);
    }
    let digits = match id.len() {
        DIGITS => id,
        34 => unprefixed(id),
        22 | 24 => return of_base64(id),
        55.. => {
            traceparent(id).filter(|(version, _)| !version.eq_ignore_ascii_case("ff")).map_or("", |(_, trace)| trace)
        }
        _ => "",
    };
    let is_trace = is_hex(digits, DIGITS) && !is_zero(digits, DIGITS / 2);
    if is_trace { Cow::Owned(in_xray_form(digits)) } else { Cow::Borrowed(id) }
}

/// Whether an id has X-Ray's form.
fn is_xray(id: &str) -> bool {
    id.len() == XRAY_BYTES && id.starts_with("1-") && id.as_bytes()[10] == b'-'
}

/// The id in X-Ray's form with the small letters that X-Ray writes.
fn in_small_letters(id: &str) -> Cow<'_, str> {
    let capitals = |bytes: &[u8; XRAY_BYTES]| bytes.iter().map(|byte| u8::from(byte.is_ascii_uppercase())).sum::<u8>();
    let has_capitals = id.as_bytes().first_chunk().is_some_and(|bytes| capitals(bytes) > 0);
    let is_hex = || id.bytes().skip(2).all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if has_capitals && is_hex() { Cow::Owned(id.to_ascii_lowercase()) } else { Cow::Borrowed(id) }
}

fn in_xray_form(digits: &str) -> String {
    let mut id = String::with_capacity(XRAY_BYTES);
    for part in ["1-", &digits[..8], "-", &digits[8..]] {
        id.push_str(part);
    }
    id.make_ascii_lowercase();
    id
}

fn of_base64(text: &str) -> Cow<'_, str> {
    let digits = hex_of_base64::<{ DIGITS / 2 }>(text).filter(|digits| !is_zero(digits, DIGITS / 2));
    digits.map_or(Cow::Borrowed(text), |digits| Cow::Owned(in_xray_form(&digits)))
}

/// The version and the trace of what has the form `<version>-<trace id>-<parent id>-<flags>`; versions to come may have
/// more behind it.
fn traceparent(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let has_form = bytes.len() >= 55 && bytes[2] == b'-' && bytes[35] == b'-' && bytes[52] == b'-';
    let (version, trace) = Some((text.get(..2)?, text.get(3..35)?)).filter(|_| has_form)?;
    (is_hex(version, 2) && is_hex(trace, DIGITS)).then_some((version, trace))
}

/// The trace of `<trace id>-<span id>-<sampled>-<parent>`, of which the last two may be missing. Source:
/// openzipkin/b3-propagation.
fn b3_trace(header: &str) -> Option<&str> {
    let mut parts = header.split('-');
    let trace = parts.next().filter(|trace| is_hex(trace, DIGITS) || is_hex(trace, 16))?;
    let is_b3 = parts.next().is_some_and(|span| is_hex(span, 16))
        && parts.next().is_none_or(|sampled| matches!(sampled, "0" | "1" | "d"))
        && parts.next().is_none_or(|parent| is_hex(parent, 16))
        && parts.next().is_none();
    is_b3.then_some(trace)
}

/// The trace of an X-Ray header, or a text that is none without the blanks around it; and whether that has X-Ray's form.
fn xray_part(text: &str) -> (&str, bool) {
    // Mostly the trace stands first, and has X-Ray's form.
    let first = text.strip_prefix("Root=");
    if let Some((root, ";")) =
        first.and_then(|root| Some((root.get(..XRAY_BYTES)?, root.get(XRAY_BYTES..=XRAY_BYTES)?)))
        && is_xray(root)
    {
        return (root, true);
    }
    if is_xray(text) {
        return (text, true);
    }
    let text = text.trim();
    let root = text.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    let id = root.map_or(text, str::trim);
    (id, is_xray(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";

    #[test]
    fn every_form_of_one_trace_becomes_the_same_id() {
        for form in [
            ID,
            "1-6A52D530-0BA60AD2785EC2AE7971737C",
            " 1-6a52d530-0ba60ad2785ec2ae7971737c\n",
            "Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-6A52D530-0ba60ad2785ec2ae7971737c;Sampled=1",
            "Root=6a52d5300ba60ad2785ec2ae7971737c",
            "Root=6A52d5300ba60ad2785ec2ae7971737c;Parent=53995c3f42cd8ad8;Sampled=1",
            "Self=1-x;Root=1-6a52d530-0ba60ad2785ec2ae7971737c",
            " Root=1-6a52d530-0ba60ad2785ec2ae7971737c ; Parent=1",
            "6a52d5300ba60ad2785ec2ae7971737c",
            "6A52D5300BA60AD2785EC2AE7971737C",
            "\t6a52d5300ba60ad2785ec2ae7971737c ",
            "00-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
            "cc-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01-more",
            "0x6a52d5300ba60ad2785ec2ae7971737c",
            "0X6A52D5300ba60ad2785ec2ae7971737c",
            "alLVMAumCtJ4XsKueXFzfA==",
            "alLVMAumCtJ4XsKueXFzfA",
        ] {
            for text in [Cow::Borrowed(form), Cow::Owned(form.to_owned())] {
                assert_eq!(xray_trace_id(text), ID, "{form}");
            }
            assert_eq!(trace_id(Cow::Borrowed(form)).as_deref(), Some(ID), "{form}");
            assert_eq!(transaction_id(form), ID, "{form}");
        }
        for form in ["+/8AESIzRFVmd4iZqrvM3Q==", "-_8AESIzRFVmd4iZqrvM3Q==", "-_8AESIzRFVmd4iZqrvM3Q"] {
            assert_eq!(xray_trace_id(Cow::Borrowed(form)), "1-fbff0011-2233445566778899aabbccdd", "{form}");
        }
    }

    #[test]
    fn other_ids_stay_as_they_are() {
        for form in [
            "3172564172058669914",
            "order-4711",
            "",
            "00000000000000000000000000000000",
            "ü".repeat(16).as_str(),
            "1-ORDER567-Z12345678901234567890123",
            "payment-of-orders-long",
            "ff-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
            "zz-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
            "8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01",
        ] {
            assert_eq!(xray_trace_id(Cow::Borrowed(form)), form);
            assert_eq!(transaction_id(form), form);
        }
        assert_eq!(transaction_id(" order-4711\n"), "order-4711");
    }

    #[test]
    fn placeholders_are_no_ids() {
        for form in [
            "",
            "0",
            "-",
            "N/A",
            " null ",
            "undefined",
            "0x0",
            "0x00000000000000000000000000000000",
            "0X0",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "00000000000000000000000000000000",
            "00000000-0000-0000-0000-000000000000",
            "1-00000000-000000000000000000000000",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "00-00000000000000000000000000000000-0000000000000000-00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace_id(Cow::Borrowed(form)), None, "{form}");
        }
        assert_eq!(trace_id(Cow::Borrowed("order-0")).as_deref(), Some("order-0"));
    }

    #[test]
    fn an_id_tells_whether_it_was_written_as_xray_does() {
        let is_xray = |form| TraceId::read(Cow::Borrowed(form)).map(|trace| trace.is_xray);
        for form in [
            ID,
            "Root=1-6A52D530-0ba60ad2785ec2ae7971737c;Sampled=1",
            " Self=1;Root=1-6a52d530-0ba60ad2785ec2ae7971737c",
        ] {
            assert_eq!(is_xray(form), Some(true), "{form}");
        }
        for form in ["6a52d5300ba60ad2785ec2ae7971737c", "Root=6a52d5300ba60ad2785ec2ae7971737c", "order-1"] {
            assert_eq!(is_xray(form), Some(false), "{form}");
        }
    }

    #[test]
    fn a_single_header_of_zipkin_names_its_trace() {
        let read = |header| TraceId::of_b3(header).map(|trace| trace.id);
        for (header, id) in [
            ("6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-1-05e3ac9a4f6e3b90", ID),
            (" 6A52D5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7 ", ID),
            ("463ac35c9f6413ad-00f067aa0ba902b7-d", "463ac35c9f6413ad"),
        ] {
            assert_eq!(read(header).as_deref(), Some(id), "{header}");
            assert_eq!(transaction_id(header), id, "{header}");
        }
        for header in ["0", "6a52d5300ba60ad2785ec2ae7971737c", "0000000000000000-00f067aa0ba902b7", "a-b"] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
