//! The message of a log event, left as it stands in its delivery until somebody needs its text.

use std::borrow::Cow;

use memchr::memchr;

use crate::json::{said, unescape};

/// What was written.
#[derive(Clone)]
pub struct Message<'a> {
    text: Cow<'a, str>,
    /// Whether the text is what stands between the quotes of a JSON string.
    is_escaped: bool,
}

impl<'a> Message<'a> {
    /// A message as it stands between the quotes of a JSON string.
    #[must_use]
    pub const fn in_json(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), is_escaped: true }
    }

    /// The message as it stands between the quotes of a JSON string, if that is where it is from.
    pub(crate) fn escaped(&self) -> Option<&str> {
        self.is_escaped.then_some(&self.text)
    }

    /// The text of the message without the line break at its end, which is written into the scratch space if there are
    /// escapes to take out.
    pub(crate) fn line_in<'s>(&'s self, scratch: &'s mut String) -> &'s str {
        if !self.is_escaped {
            return &self.text;
        }
        let line = self.text.strip_suffix("\\n").unwrap_or(&self.text);
        if memchr(b'\\', line.as_bytes()).is_none() {
            return line;
        }
        unescape(&self.text, scratch);
        scratch
    }

    /// The text of the message.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        if self.is_escaped { said(&self.text) } else { Cow::Borrowed(&self.text) }
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Message<'a> {
    fn from(text: T) -> Self {
        Self { text: text.into(), is_escaped: false }
    }
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text().fmt(formatter)
    }
}

impl PartialEq for Message<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Message<'_> {}
