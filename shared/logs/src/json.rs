//! Reading JSON objects member by member, without a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The value of a member, as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a>(&'a str);

impl<'a> Member<'a> {
    /// The text of a string; nothing for an empty one and for other values.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if inner.is_empty() {
            None
        } else if inner.contains('\\') {
            serde_json::from_str(self.0).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// The text of a string, or the digits of a number: ids are written both ways.
    pub(crate) fn text_or_digits(self) -> Option<Cow<'a, str>> {
        let is_number = self.0.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if is_number { Some(Cow::Borrowed(self.0)) } else { self.text() }
    }

    /// The value of a number.
    pub(crate) fn number(self) -> Option<f64> {
        self.0.parse().ok()
    }

    /// The text of an object, for [`members`].
    pub(crate) fn object(self) -> Option<&'a str> {
        self.0.starts_with('{').then_some(self.0)
    }

    /// The text of an array.
    pub(crate) fn array(self) -> Option<&'a str> {
        self.0.starts_with('[').then_some(self.0)
    }
}

/// Hands every member of the object to `visit`; false if the text is not one whole object.
///
/// serde_json bounds the nesting, so that no input can exhaust the stack.
pub(crate) fn members<'a>(text: &'a str, visit: impl FnMut(&str, Member<'a>)) -> bool {
    read(text, visit).is_ok()
}

/// Hands the whole members of an object that ends too early to `visit`; false if the text is something else.
pub(crate) fn members_of_cut<'a>(text: &'a str, visit: impl FnMut(&str, Member<'a>)) -> bool {
    read(text, visit).is_err_and(|error| error.is_eof())
}

fn read<'a>(text: &'a str, visit: impl FnMut(&str, Member<'a>)) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Members(visit))?;
    reader.end()
}

struct Members<F>(F);

impl<'de, F: FnMut(&str, Member<'de>)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let value: &'de RawValue = map.next_value()?;
            (self.0)(&key, Member(value.get()));
        }
        Ok(())
    }
}

/// A key, borrowed unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_order_with_their_values() {
        let mut seen = Vec::new();
        let whole = members(r#"{"a":"x\ty","b":1.5,"c":{"d":[1]},"":null}"#, |key, value| {
            seen.push((key.to_owned(), value.text().map(Cow::into_owned), value.number()));
        });
        assert!(whole);
        assert_eq!(seen[0], ("a".to_owned(), Some("x\ty".to_owned()), None));
        assert_eq!(seen[1], ("b".to_owned(), None, Some(1.5)));
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn a_cut_object_gives_its_whole_members() {
        let mut seen = Vec::new();
        assert!(members_of_cut(r#"{"a":1,"b":{"c":"#, |key, _| seen.push(key.to_owned())));
        assert_eq!(seen, ["a"]);
        assert!(!members_of_cut(r#"{"a":1}"#, |_, _| {}));
        assert!(!members_of_cut("{'a':1}", |_, _| {}));
    }

    #[test]
    fn what_is_not_one_whole_object_is_refused() {
        let nested = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        for text in ["", "[]", "{\"a\":1", "{\"a\":1} x", "null", nested.as_str()] {
            assert!(!members(text, |_, _| {}), "{}", &text[..text.len().min(20)]);
        }
    }
}
