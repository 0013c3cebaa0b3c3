//! Values of structured events by which transactions are found, such as `orderId`.

use crate::json::{Json, Reader, members};
use crate::message::Message;

/// Bytes of a value: what is longer is no id.
pub const VALUE_BYTES: usize = 128;

/// The names and values of those members of an event that have one of these names. They are the members of the
/// outermost object, or of the object in the message column of Node.js; and those that it lacks of the object that is its
/// message, as Node.js has it in JSON mode.
#[must_use]
pub fn labels(message: &Message<'_>, names: &[String]) -> Vec<(String, String)> {
    // To take out the escapes of every message costs as much as reading it.
    if names.is_empty() {
        return Vec::new();
    }
    let text = message.text();
    let Some(start) = text.find('{') else {
        return Vec::new();
    };
    let (mut found, mut within) = (Vec::new(), Vec::new());
    let is_object = members(Json::Plain(text[start..].trim_end()), |key, value| {
        take(&mut found, names, key, value);
        if key == "message" {
            value.members(|key, value| take(&mut within, names, key, value));
        }
    });
    if !is_object {
        return Vec::new();
    }
    within.retain(|(name, _)| !found.iter().any(|(outer, _)| outer == name));
    found.append(&mut within);
    found
}

fn take(found: &mut Vec<(String, String)>, names: &[String], key: &str, value: &mut Reader<'_>) {
    if names.iter().any(|name| name == key)
        && let Some(value) = value.text_or_digits().filter(|value| value.len() <= VALUE_BYTES)
    {
        found.push((key.to_owned(), value.into_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_that_are_asked_for_are_found_and_no_others() {
        let names = ["orderId".to_owned(), "customer".to_owned()];
        let read = |line: &str| labels(&Message::from(line.to_owned()), &names);
        let order = |value: &str| vec![("orderId".to_owned(), value.to_owned())];
        assert_eq!(read(r#"{"level":"INFO","orderId":4711,"note":"x","customer":{"name":"Ada"}}"#), order("4711"));
        assert_eq!(read("2026-11-20T08:47:12.345Z\ta-1\tINFO\t{\"orderId\":\"A-7\"}\n"), order("A-7"));
        assert_eq!(read(r#"{"level":"INFO","message":{"orderId":"A-7","note":{"customer":"x"}}}"#), order("A-7"));
        assert_eq!(read(r#"{"message":{"orderId":"A-7"},"orderId":4711}"#), order("4711"));
        assert_eq!(read(&format!(r#"{{"orderId":"{}"}}"#, "x".repeat(VALUE_BYTES + 1))), []);
        assert_eq!(read(r#"{"orderId":"A-7""#), []);
        assert_eq!(read("orderId=4711"), []);
        assert_eq!(labels(&Message::from(r#"{"orderId":"A-7"}"#), &[]), []);
    }
}
