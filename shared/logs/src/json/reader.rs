//! A place in a JSON text, at which a value is read or passed over.

use std::borrow::Cow;

use super::Json;
use super::string::{backslash, closing_quote, escape_length, has_controls, special, unescape};

/// Objects and arrays that may stand in one another.
const DEPTH: u8 = 128;

/// Why a text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends too early.
    Ended,
    /// Something stands in it that may not.
    Wrong,
}

/// Reads a text from its start to its end. Whoever visits a member finds it at the value, and takes the value by one of
/// the methods; a value that is not taken is passed over.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the value begins that is shown.
    value_at: usize,
    /// Whether the text stands in a JSON string itself.
    is_escaped: bool,
    /// Whether a member of the outermost object is shown only if it is whole.
    is_cut: bool,
    /// Whether the string that was read last has escapes.
    has_escapes: bool,
    depth: u8,
    /// The first fault that was found: nothing is read behind it.
    fault: Option<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(json: Json<'a>) -> Self {
        let (text, is_escaped) = match json {
            Json::Plain(text) => (text, false),
            Json::Escaped(text) => (text, true),
        };
        Self { text, at: 0, value_at: 0, is_escaped, is_cut: false, has_escapes: false, depth: 0, fault: None }
    }

    pub(super) const fn of_cut(self) -> Self {
        Self { is_cut: true, ..self }
    }

    /// Reads the whole text as one object.
    pub(super) fn object(mut self, visit: impl FnMut(&str, &mut Self)) -> Result<(), Fault> {
        // In a string they may not stand at all: it is enough to look once.
        if self.is_escaped && has_controls(self.text.as_bytes()) {
            return Err(Fault::Wrong);
        }
        self.blanks();
        if !self.takes(b'{') {
            return Err(self.unexpected());
        }
        self.each_member(visit);
        self.blanks();
        match self.fault {
            Some(fault) => Err(fault),
            None if self.at < self.text.len() => Err(Fault::Wrong),
            None => Ok(()),
        }
    }

    /// The text of a string; nothing for an empty one and for other values.
    #[inline]
    pub fn text(&mut self) -> Option<Cow<'a, str>> {
        if !self.is_untaken() || !self.takes_quote() {
            return None;
        }
        let text = self.string().filter(|text| !text.is_empty())?;
        Some(self.said(text))
    }

    /// The text of a string as it stands in a text that is plain, empty or not. What is wrong in it is left to whoever
    /// takes out its escapes.
    pub fn text_as_it_stands(&mut self) -> Option<&'a str> {
        if self.is_escaped || !self.is_untaken() || !self.takes_quote() {
            return None;
        }
        let end = closing_quote(self.text.as_bytes(), self.at).or_else(|| self.fail(Fault::Ended))?;
        let text = &self.text[self.at..end];
        self.at = end + 1;
        Some(text)
    }

    /// The text of a string, or the digits of a number: ids are written both ways.
    pub fn text_or_digits(&mut self) -> Option<Cow<'a, str>> {
        match self.digits() {
            Some(digits) => Some(Cow::Borrowed(digits)),
            None => self.text(),
        }
    }

    /// The value of a number.
    pub fn number(&mut self) -> Option<f64> {
        self.digits()?.parse().ok()
    }

    /// The value of a whole number.
    pub fn integer(&mut self) -> Option<i64> {
        if !self.is_untaken() {
            return None;
        }
        // What has a sign, a fraction, an exponent, a leading zero or too many digits is looked at again.
        let rest = &self.text.as_bytes()[self.at..];
        let (mut value, mut count) = (0_i64, 0);
        while let Some(digit @ b'0'..=b'9') = rest.get(count) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            count += 1;
        }
        if (1..=18).contains(&count) && rest[0] != b'0' && !matches!(rest.get(count), Some(b'.' | b'e' | b'E')) {
            self.at += count;
            return Some(value);
        }
        self.digits()?.parse().ok()
    }

    /// Whether the value is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.is_untaken() && self.peek() == Some(b'[')
    }

    /// Hands every member of an object to `visit`; false if the value is something else.
    pub fn members(&mut self, visit: impl FnMut(&str, &mut Self)) -> bool {
        let is_object = self.is_untaken() && self.takes(b'{');
        if is_object {
            self.each_member(visit);
        }
        is_object
    }

    /// Hands every element of an array to `visit`; false if the value is something else.
    pub fn elements(&mut self, visit: impl FnMut(&mut Self)) -> bool {
        let is_array = self.is_untaken() && self.takes(b'[');
        if is_array {
            self.each_element(visit);
        }
        is_array
    }

    /// Whatever the value is, as it stands in the text; nothing if it was taken.
    pub fn as_it_stands(&mut self) -> &'a str {
        let start = self.at;
        if self.is_untaken() {
            self.skip();
        }
        &self.text[start..self.at]
    }

    fn digits(&mut self) -> Option<&'a str> {
        if self.is_untaken() && matches!(self.peek(), Some(b'-' | b'0'..=b'9')) { self.numeral() } else { None }
    }

    /// What a string says that was read last.
    #[inline]
    fn said(&self, text: &'a str) -> Cow<'a, str> {
        if self.has_escapes { Cow::Owned(self.without_escapes(text)) } else { Cow::Borrowed(text) }
    }

    fn without_escapes(&self, text: &str) -> String {
        let mut said = String::new();
        unescape(text, &mut said);
        if self.is_escaped {
            let escaped = std::mem::take(&mut said);
            unescape(&escaped, &mut said);
        }
        said
    }

    /// Whether the value that is shown was not taken yet.
    const fn is_untaken(&self) -> bool {
        self.at == self.value_at && self.fault.is_none()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a byte, with or without blanks before it.
    #[inline]
    fn takes_next(&mut self, byte: u8) -> bool {
        self.takes(byte) || {
            self.blanks();
            self.takes(byte)
        }
    }

    /// Takes the quote that begins a string.
    #[inline]
    fn takes_quote(&mut self) -> bool {
        if !self.is_escaped {
            return self.takes(b'"');
        }
        let is_next = self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\\"");
        self.at += 2 * usize::from(is_next);
        is_next
    }

    fn unexpected(&self) -> Fault {
        if self.at < self.text.len() { Fault::Wrong } else { Fault::Ended }
    }

    fn fail<T>(&mut self, fault: Fault) -> Option<T> {
        self.fault.get_or_insert(fault);
        None
    }

    #[inline]
    fn blanks(&mut self) {
        loop {
            match self.text.as_bytes().get(self.at..) {
                Some([b' ' | b'\n' | b'\r' | b'\t', ..]) => self.at += 1,
                Some([b'\\', b'n' | b'r' | b't', ..]) if self.is_escaped => self.at += 2,
                _ => return,
            }
        }
    }

    /// Reads a string behind its quote, and the quote that ends it.
    #[inline(always)]
    fn string(&mut self) -> Option<&'a str> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        // A string that holds another has no quote but behind a backslash.
        let stop = if self.is_escaped { backslash(bytes, start) } else { special(bytes, start) };
        let Some(stop) = stop else { return self.fail(Fault::Ended) };
        let quote = stop + usize::from(self.is_escaped);
        if bytes.get(quote) == Some(&b'"') {
            self.has_escapes = false;
            self.at = quote + 1;
            return Some(&self.text[start..stop]);
        }
        self.string_with_escapes(start, stop)
    }

    /// Reads on where something stands in a string that does not end it.
    fn string_with_escapes(&mut self, start: usize, mut stop: usize) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        self.has_escapes = true;
        loop {
            let at = match (bytes[stop], self.is_escaped, bytes.get(stop + 1)) {
                (b'"', false, _) => {
                    self.at = stop + 1;
                    return Some(&self.text[start..stop]);
                }
                (b'\\', true, Some(b'"')) => {
                    self.at = stop + 2;
                    return Some(&self.text[start..stop]);
                }
                (b'\\', ..) => self.escape_end(stop + 1),
                _ => Err(Fault::Wrong),
            };
            let next = at.and_then(|at| {
                if self.is_escaped { backslash(bytes, at) } else { special(bytes, at) }.ok_or(Fault::Ended)
            });
            match next {
                Ok(next) => stop = next,
                Err(fault) => return self.fail(fault),
            }
        }
    }

    /// Where an escape ends whose backslash is passed. Inside of a string its backslash is one that is escaped.
    fn escape_end(&self, at: usize) -> Result<usize, Fault> {
        let bytes = self.text.as_bytes();
        let at = match (self.is_escaped, bytes.get(at)) {
            (true, Some(b'\\')) => at + 1,
            (true, Some(_)) => return Err(Fault::Wrong),
            (_, None) => return Err(Fault::Ended),
            (false, Some(_)) => at,
        };
        let rest = &bytes[at..];
        let length = match rest {
            [b'\\', b'"' | b'\\', ..] if self.is_escaped => 2,
            [b'\\' | b'"', ..] if self.is_escaped => return Err(Fault::Wrong),
            _ => escape_length(rest)?,
        };
        Ok(at + length)
    }

    fn numeral(&mut self) -> Option<&'a str> {
        let text = &self.text[self.at..];
        let bytes = text.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = usize::from(bytes.first() == Some(&b'-'));
        let whole = if bytes.get(end) == Some(&b'0') { 1 } else { digits(end) };
        end += whole;
        let mut is_number = whole > 0;
        if is_number && bytes.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            is_number = fraction > 0;
            end += 1 + fraction;
        }
        if is_number && matches!(bytes.get(end), Some(b'e' | b'E')) {
            end += 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end);
            is_number = exponent > 0;
            end += exponent;
        }
        self.at += end;
        if is_number { Some(&text[..end]) } else { self.fail(self.unexpected()) }
    }

    fn literal(&mut self, word: &str) {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
        } else {
            self.fault = Some(if word.as_bytes().starts_with(rest) { Fault::Ended } else { Fault::Wrong });
        }
    }

    /// Passes over a value.
    fn skip(&mut self) {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                self.each_member(|_, _| {});
            }
            Some(b'[') => {
                self.at += 1;
                self.each_element(|_| {});
            }
            Some(b'-' | b'0'..=b'9') => drop(self.numeral()),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ if self.takes_quote() => drop(self.string()),
            _ => self.fault = Some(self.unexpected()),
        }
    }

    /// Reads an object behind its brace.
    #[inline]
    fn each_member(&mut self, mut visit: impl FnMut(&str, &mut Self)) {
        self.list(b'}', |reader| {
            if !reader.takes_quote() {
                reader.fault = Some(reader.unexpected());
                return;
            }
            let Some(key) = reader.string() else { return };
            let key = reader.said(key);
            if !reader.takes_next(b':') {
                reader.fault = Some(reader.unexpected());
                return;
            }
            reader.value(|value| visit(&key, value));
        });
    }

    /// Reads an array behind its bracket.
    fn each_element(&mut self, mut visit: impl FnMut(&mut Self)) {
        self.list(b']', |reader| reader.value(&mut visit));
    }

    /// Reads what stands between commas, up to the byte that ends it.
    #[inline]
    fn list(&mut self, end: u8, mut item: impl FnMut(&mut Self)) {
        if self.depth == DEPTH {
            self.fault = Some(Fault::Wrong);
            return;
        }
        self.depth += 1;
        let mut is_over = self.takes_next(end);
        while !is_over {
            item(self);
            if self.fault.is_some() {
                return;
            }
            if self.takes_next(b',') {
                self.blanks();
            } else if self.takes(end) {
                is_over = true;
            } else {
                self.fault = Some(self.unexpected());
                return;
            }
        }
        self.depth -= 1;
    }

    /// Shows a value, and passes over it if it is not taken.
    #[inline]
    fn value(&mut self, visit: impl FnOnce(&mut Self)) {
        self.blanks();
        let start = self.at;
        if self.is_cut && self.depth == 1 {
            self.skip();
            if self.fault.is_some() {
                return;
            }
            self.at = start;
        }
        self.value_at = start;
        visit(self);
        if self.at == start && self.fault.is_none() {
            self.skip();
        }
    }
}
