//! Ids of traces, in all the forms that libraries write.

use std::borrow::Cow;

use base64_simd::STANDARD;

/// Bytes of an id in X-Ray's form.
const XRAY_BYTES: usize = 35;

/// The id of a trace that a text names; nothing where a placeholder stands instead of one.
pub(crate) fn trace_id(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    known(xray_trace_id(text))
}

/// An id, unless it is one of those that libraries write where they have none: empty, zeros, a dash, `N/A`, `null`.
pub(crate) fn known(id: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let word = id.trim();
    let digits = word.strip_prefix("1-").unwrap_or(word);
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    let is_word = word.len() <= 9
        && ["n/a", "none", "null", "nil", "undefined", "unknown"].iter().any(|none| word.eq_ignore_ascii_case(none));
    (!is_zero && !is_word).then_some(id)
}

/// The trace of Zipkin's single header: `<trace id>-<span id>-<sampled>-<parent>`, of which the last two may be missing.
/// Source: openzipkin/b3-propagation.
pub(crate) fn b3_trace_id(header: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let (id, _) = header.split_once('-')?;
    trace_id(Cow::Owned(id.to_owned()))
}

/// Whether an id has X-Ray's form.
pub(crate) fn is_xray(id: &str) -> bool {
    id.len() == XRAY_BYTES && id.starts_with("1-") && id.as_bytes()[10] == b'-'
}

/// The id of a trace as X-Ray writes it (`1-<8 hex>-<24 hex>`), where the text is such an id, an X-Ray header
/// (`Root=1-…;Parent=…;Sampled=…`), W3C's 32 digits (with `0x` before them, or in base64, too), or a `traceparent`; any
/// other text as it stands.
///
/// Sources: the X-Ray developer guide ("Sending trace data", "Tracing header"), W3C Trace Context, and the OpenTelemetry
/// protocol's JSON, which libraries write with base64 as Protocol Buffers do.
#[must_use]
pub fn xray_trace_id(text: Cow<'_, str>) -> Cow<'_, str> {
    let root = match &text {
        Cow::Borrowed(text) => root_of(text).map(Cow::Borrowed),
        Cow::Owned(text) => root_of(text).map(|root| Cow::Owned(root.to_owned())),
    };
    if let Some(root) = root {
        return root;
    }
    let digits = match text.len() {
        32 => text.as_ref(),
        34 if text.starts_with("0x") => &text[2..],
        24 if text.ends_with("==") => return from_base64(&text).map_or(text, Cow::Owned),
        // 00-<trace id>-<parent id>-<flags>, and more in versions to come
        55.. if text.as_bytes()[2] == b'-' && text.as_bytes()[35] == b'-' => text.get(3..35).unwrap_or(""),
        _ => return text,
    };
    if !is_hex(digits) || digits.bytes().all(|b| b == b'0') {
        return text;
    }
    Cow::Owned(in_xray_form(digits))
}

fn in_xray_form(digits: &str) -> String {
    format!("1-{}-{}", &digits[..8], &digits[8..]).to_ascii_lowercase()
}

fn from_base64(text: &str) -> Option<String> {
    let bytes = STANDARD.decode_to_vec(text).ok()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    (bytes.len() == 16 && bytes.iter().any(|byte| *byte != 0)).then(|| in_xray_form(&digits))
}

/// The trace of an X-Ray header.
fn root_of(header: &str) -> Option<&str> {
    // Mostly the trace stands first, and has X-Ray's form.
    let first = header.strip_prefix("Root=");
    if let Some((root, ";")) =
        first.and_then(|root| Some((root.get(..XRAY_BYTES)?, root.get(XRAY_BYTES..=XRAY_BYTES)?)))
        && is_xray(root)
    {
        return Some(root);
    }
    let root = first.or_else(|| header.split(';').find_map(|part| part.trim().strip_prefix("Root=")))?;
    Some(root.split_once(';').map_or(root, |(root, _)| root).trim())
}

fn is_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_trace_becomes_the_same_id() {
        let id = "1-6a52d530-0ba60ad2785ec2ae7971737c";
        for form in [
            id,
            "Root=1-6a52d530-0ba60ad2785ec2ae7971737c;Parent=53995c3f42cd8ad8;Sampled=1",
            "Self=1-x;Root=1-6a52d530-0ba60ad2785ec2ae7971737c",
            " Root=1-6a52d530-0ba60ad2785ec2ae7971737c ; Parent=1",
            "6a52d5300ba60ad2785ec2ae7971737c",
            "6A52D5300BA60AD2785EC2AE7971737C",
            "00-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01",
            "cc-6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-01-more",
            "0x6a52d5300ba60ad2785ec2ae7971737c",
            "alLVMAumCtJ4XsKueXFzfA==",
        ] {
            assert_eq!(xray_trace_id(Cow::Borrowed(form)), id, "{form}");
        }
    }

    #[test]
    fn other_ids_stay_as_they_are() {
        for form in
            ["3172564172058669914", "order-4711", "", "00000000000000000000000000000000", "ü".repeat(16).as_str()]
        {
            assert_eq!(xray_trace_id(Cow::Borrowed(form)), form);
        }
    }

    #[test]
    fn placeholders_are_no_ids() {
        for form in [
            "",
            "0",
            "-",
            "N/A",
            "null",
            "undefined",
            "00000000000000000000000000000000",
            "00000000-0000-0000-0000-000000000000",
            "1-00000000-000000000000000000000000",
            "00-00000000000000000000000000000000-0000000000000000-00",
        ] {
            assert_eq!(trace_id(Cow::Borrowed(form)), None, "{form}");
        }
        assert_eq!(trace_id(Cow::Borrowed("order-0")).as_deref(), Some("order-0"));
    }

    #[test]
    fn a_single_header_of_zipkin_names_its_trace() {
        let read = |header| b3_trace_id(Cow::Borrowed(header));
        assert_eq!(
            read("6a52d5300ba60ad2785ec2ae7971737c-00f067aa0ba902b7-1-05e3ac9a4f6e3b90").as_deref(),
            Some("1-6a52d530-0ba60ad2785ec2ae7971737c")
        );
        assert_eq!(read("463ac35c9f6413ad-00f067aa0ba902b7").as_deref(), Some("463ac35c9f6413ad"));
        assert_eq!(read("0"), None);
    }
}
