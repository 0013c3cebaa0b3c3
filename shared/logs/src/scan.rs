//! Finding bytes, many at once.

use wide::u8x16;

/// Bytes that are looked at together: as many as every processor compares by one instruction.
pub(crate) const WIDTH: usize = 16;

/// The index of the first byte from `at` on that `hits` sets to something else than zero in a block.
#[inline]
pub(crate) fn find(bytes: &[u8], mut at: usize, hits: impl Fn(u8x16) -> u8x16) -> Option<usize> {
    while let Some(block) = block(bytes, at) {
        let hits = hits(block).to_bitmask();
        if hits != 0 {
            return Some(at + first(hits));
        }
        at += WIDTH;
    }
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    // What is left is the end of a block that begins earlier, or all that there is.
    let (block, start) = match bytes.last_chunk() {
        Some(last) => (*last, WIDTH - rest.len()),
        None => {
            let mut padded = [0; WIDTH];
            padded[..rest.len()].copy_from_slice(rest);
            (padded, 0)
        }
    };
    let hits = hits(u8x16::new(block)).to_bitmask() >> start;
    (first(hits) < rest.len()).then(|| at + first(hits))
}

/// The block that begins at `at`, if there is a whole one.
#[inline]
pub(crate) fn block(bytes: &[u8], at: usize) -> Option<u8x16> {
    bytes.get(at..)?.first_chunk().map(|block| u8x16::new(*block))
}

/// Each byte that is this one.
#[inline]
pub(crate) fn each(block: u8x16, byte: u8) -> u8x16 {
    block.simd_eq(u8x16::splat(byte))
}

/// Each byte whose bits under the mask are all zero.
#[inline]
pub(crate) fn each_without(block: u8x16, mask: u8) -> u8x16 {
    (block & u8x16::splat(mask)).simd_eq(u8x16::ZERO)
}

/// The index of the lowest bit that is set.
pub(crate) const fn first(hits: u32) -> usize {
    hits.trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        for length in 0..50 {
            let mut bytes = vec![b'#'; length];
            assert_eq!(find(&bytes, 0, |block| each(block, b'!')), None);
            for at in 0..length {
                bytes[at..].fill(b'!');
                for from in 0..=at {
                    assert_eq!(find(&bytes, from, |block| each(block, b'!')), Some(at), "{from} {at} {length}");
                }
                bytes[at..].fill(b'#');
            }
        }
        assert_eq!(find(b"!", 2, |block| each(block, b'!')), None);
        assert_eq!(find(b"###", 0, |block| each_without(block, 0xe0)), None);
        assert_eq!(find(b"##\x1f", 0, |block| each_without(block, 0xe0)), Some(2));
    }
}
