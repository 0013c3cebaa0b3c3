//! Inflating deliveries, within a bound.

use std::cell::RefCell;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use libdeflater::Decompressor;
use memchr::memchr_iter;

/// What a member begins with: gzip, compressed by deflate.
const MEMBER: &[u8] = b"\x1f\x8b\x08";

thread_local! {
    /// Tables that every use fills anew: to make them takes as long as to inflate a small delivery.
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// What the data inflates to; nothing if that is more than `limit` bytes.
///
/// A delivery is one member whose trailer tells its size, and libdeflate inflates such a one at once, in half of the
/// time that a stream takes. Several members, and what is broken, are inflated as a stream. Source: RFC 1952.
///
/// # Errors
///
/// What is wrong with the data.
pub(crate) fn inflate(data: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    match at_once(data, limit) {
        Some(inflated) => Ok(Some(inflated)),
        None => as_stream(data, limit),
    }
}

fn at_once(data: &[u8], limit: usize) -> Option<Vec<u8>> {
    // Another member would begin like the first; in compressed data the same bytes stand once in 16 MB.
    if memchr_iter(MEMBER[0], data).skip(1).any(|at| data[at..].starts_with(MEMBER)) {
        return None;
    }
    let size = data.last_chunk()?;
    let size = usize::try_from(u32::from_le_bytes(*size)).ok().filter(|size| *size <= limit)?;
    let mut inflated = vec![0; size];
    let length = DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.gzip_decompress(data, &mut inflated)).ok()?;
    (length == size).then_some(inflated)
}

fn as_stream(data: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(data).take(limit as u64 + 1).read_to_end(&mut inflated)?;
    Ok((inflated.len() <= limit).then_some(inflated))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_member_is_inflated_at_once_and_several_are_all_inflated() {
        let one = member(b"one");
        assert_eq!(at_once(&one, 3).unwrap(), b"one");
        assert_eq!(inflate(&one, 3).unwrap().unwrap(), b"one");
        let two = [one, member(b"two")].concat();
        assert_eq!(at_once(&two, 100), None);
        assert_eq!(inflate(&two, 6).unwrap().unwrap(), b"onetwo");
        assert_eq!(inflate(&two, 5).unwrap(), None);
    }

    #[test]
    fn a_trailer_that_lies_changes_nothing() {
        let mut lying = member(&[b'x'; 1_000]);
        let end = lying.len();
        for size in [0_u32, 999, 1_001, u32::MAX] {
            lying[end - 4..].copy_from_slice(&size.to_le_bytes());
            assert!(inflate(&lying, 2_000).is_err(), "{size}");
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        for broken in [&b""[..], b"x", b"no gzip at all", &member(b"cut")[..15]] {
            assert!(inflate(broken, 100).is_err());
        }
    }
}
