//! Strings: where they end, and what they say.

use std::borrow::Cow;

use memchr::memchr;
use wide::u8x32;

use super::reader::Fault;
use crate::scan::{WIDTH, block, each, each_without, find, first};

/// The index of the first quote, backslash or control character from `at` on.
#[inline]
pub(super) fn special(bytes: &[u8], at: usize) -> Option<usize> {
    find(bytes, at, |block| each(block, b'"') | each(block, b'\\') | each_without(block, 0xe0))
}

/// The index of the first backslash from `at` on.
#[inline]
pub(super) fn backslash(bytes: &[u8], at: usize) -> Option<usize> {
    find(bytes, at, |block| each(block, b'\\'))
}

/// Whether there is a control character.
pub(super) fn has_controls(bytes: &[u8]) -> bool {
    find(bytes, 0, |block| each_without(block, 0xe0)).is_some()
}

/// The index of the quote that ends the string which begins at `at`. What stands in it is not looked at.
///
/// A quote behind a backslash is none, unless that backslash is behind one. Blocks do not wait for one another but for
/// one bit, whether the last byte was a backslash; two backslashes in a row are seldom, and looked at one by one.
pub(super) fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    let quote = at + memchr(b'"', &bytes[at..])?;
    if quote == at || bytes[quote - 1] != b'\\' {
        return Some(quote);
    }
    let mut carried = 0;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk).map(|block| u8x32::new(*block)) {
        let each = |byte| block.simd_eq(u8x32::splat(byte)).to_bitmask();
        let (quotes, backslashes) = (each(b'"'), each(b'\\'));
        let escaped = backslashes << 1 | carried;
        if (quotes & !escaped) | (backslashes & escaped) == 0 {
            carried = backslashes >> (u32::BITS - 1);
            at += 2 * WIDTH;
        } else if backslashes & escaped == 0 {
            return Some(at + first(quotes & !escaped));
        } else {
            match one_by_one(bytes, at + usize::from(carried != 0), at + 2 * WIDTH) {
                Passed::Quote(found) => return Some(found),
                Passed::Until(end) => (at, carried) = (end, 0),
            }
        }
    }
    match one_by_one(bytes, at + usize::from(carried != 0), bytes.len()) {
        Passed::Quote(found) => Some(found),
        Passed::Until(_) => None,
    }
}

enum Passed {
    Quote(usize),
    Until(usize),
}

fn one_by_one(bytes: &[u8], mut at: usize, end: usize) -> Passed {
    while at < end {
        match bytes[at] {
            b'"' => return Passed::Quote(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    Passed::Until(at)
}

/// The length of an escape behind its backslash.
pub(super) fn escape_length(rest: &[u8]) -> Result<usize, Fault> {
    match rest.first().ok_or(Fault::Ended)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(1),
        b'u' => {
            let digits = rest.get(1..5).ok_or(Fault::Ended)?;
            if digits.iter().all(u8::is_ascii_hexdigit) { Ok(5) } else { Err(Fault::Wrong) }
        }
        _ => Err(Fault::Wrong),
    }
}

/// What the text between the quotes of a JSON string says.
pub(crate) fn said(text: &str) -> Cow<'_, str> {
    if memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut said = String::new();
    unescape(text, &mut said);
    Cow::Owned(said)
}

/// Writes into `out` what the text between the quotes of a JSON string says. Half a surrogate pair is replaced.
///
/// Whole blocks are copied, and what is behind a backslash is taken back: most of a text has no escapes.
pub(crate) fn unescape(text: &str, out: &mut String) {
    let mut said = std::mem::take(out).into_bytes();
    said.clear();
    said.reserve(text.len() + WIDTH);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(block) = block(bytes, at) {
        said.extend_from_slice(block.as_array());
        let hits = each(block, b'\\').to_bitmask();
        if hits == 0 {
            at += WIDTH;
            continue;
        }
        let before = first(hits);
        said.truncate(said.len() - WIDTH + before);
        at = escape(bytes, at + before + 1, &mut said);
    }
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == b'\\' { at = escape(bytes, at, &mut said) } else { said.push(*byte) }
    }
    *out = String::from_utf8(said).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
}

/// Appends what an escape stands for whose backslash is passed; where it ends.
#[inline]
fn escape(bytes: &[u8], at: usize, said: &mut Vec<u8>) -> usize {
    let Some(byte) = bytes.get(at) else { return at };
    said.push(match byte {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(bytes, at + 1, said),
        byte => *byte,
    });
    at + 1
}

/// Appends the character of an escape with four digits, or of the pair that it begins; where it ends.
fn unicode(bytes: &[u8], at: usize, said: &mut Vec<u8>) -> usize {
    let high = unit(bytes, at);
    let low = if bytes.get(at + 4..at + 6) == Some(b"\\u") { unit(bytes, at + 6) } else { None };
    let (character, end) = match (high, low) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
            (char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)), at + 10)
        }
        (Some(unit), _) => (char::from_u32(unit), at + 4),
        (None, _) => (None, at),
    };
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    said.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    end
}

fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for special_byte in [b'"', b'\\', 0, 0x1f] {
            for length in 0..20 {
                for at in 0..length {
                    let mut bytes = vec![b'#'; length];
                    bytes[at] = special_byte;
                    bytes[length - 1] = if at + 1 < length { b'"' } else { special_byte };
                    assert_eq!(special(&bytes, 0), Some(at), "{special_byte} at {at} of {length}");
                }
            }
        }
        assert_eq!(special("é ÿ\u{7f} and more text".as_bytes(), 0), None);
        assert_eq!(special(b"\"", 2), None);
    }

    #[test]
    fn escapes_say_what_they_stand_for() {
        let says = |text: &str| {
            let mut out = String::new();
            unescape(text, &mut out);
            out
        };
        assert_eq!(says(r#"a\tb\n\"\\\/\u00e9\ud83d\ude00é"#), "a\tb\n\"\\/é😀é");
        assert_eq!(says(r"\ud83d \ude00 \ud83dA \u12"), "\u{fffd} \u{fffd} \u{fffd}A \u{fffd}12");
        assert_eq!(says("\\"), "");
    }
}
