//! Trace ids in X-Ray's form.

use std::borrow::Cow;

/// The id of a trace as X-Ray writes it (`1-<8 hex>-<24 hex>`), where the text is such an id, an X-Ray header
/// (`Root=1-…;Parent=…;Sampled=…`), W3C's 32 digits, or a `traceparent`; any other text as it stands.
///
/// Sources: the X-Ray developer guide ("Sending trace data", "Tracing header"), W3C Trace Context.
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
        // 00-<trace id>-<parent id>-<flags>
        55 if text.as_bytes()[2] == b'-' && text.as_bytes()[35] == b'-' => text.get(3..35).unwrap_or(""),
        _ => return text,
    };
    if !is_hex(digits) || digits.bytes().all(|b| b == b'0') {
        return text;
    }
    Cow::Owned(format!("1-{}-{}", &digits[..8], &digits[8..]).to_ascii_lowercase())
}

/// The trace of an X-Ray header.
fn root_of(header: &str) -> Option<&str> {
    // An id has no `=`, and mostly the trace stands first.
    let first = header.strip_prefix("Root=");
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
}
