//! Format version 1: what lies where in a stored object, and what each sealed piece is bound to.
//!
//! ```text
//! header   8 bytes   "terrane", version
//! frame 0            seal(zstd(up to 256 KiB of plain bytes))
//! …                  every frame but the last holds exactly 256 KiB; an empty object has one empty frame
//! footer             seal(size_bytes u64, frames u32, stored length of each frame u32), little endian
//! ```
//!
//! `seal` is ChaCha20-Poly1305 under the object's own key and appends 16 bytes. The length of the footer follows from
//! the size in the row, so that one read from the tail finds every frame.

use crate::id::ObjectId;
use std::ops::Range;

/// The version in the header and in the row.
pub(crate) const VERSION: u8 = 1;
/// How every object begins.
pub(crate) const HEADER: [u8; 8] = [b't', b'e', b'r', b'r', b'a', b'n', b'e', VERSION];
/// Plain bytes in every frame but the last.
pub(crate) const FRAME_BYTES: usize = 256 * 1024;
/// What sealing adds to a piece.
pub(crate) const TAG_BYTES: usize = 16;

const FRAME_BYTES_U64: u64 = FRAME_BYTES as u64;
const HEADER_BYTES: u64 = HEADER.len() as u64;
const TAG_BYTES_U64: u64 = TAG_BYTES as u64;
const FOOTER_FIXED_BYTES: usize = 12;
/// An empty frame is the shortest: no zstd frame is shorter than this.
const FRAME_STORED_BYTES_MIN: u64 = TAG_BYTES_U64 + 1;

/// A sealed part of an object.
#[derive(Clone, Copy)]
pub(crate) enum Piece {
    /// A frame, counted from 0.
    Frame { number: u64, last: bool },
    /// The index at the end.
    Footer,
}

impl Piece {
    /// The nonce: never repeated under one key, because every object has its own key and every piece its own number.
    pub(crate) fn nonce(self) -> [u8; 12] {
        let (kind, number) = match self {
            Self::Frame { number, .. } => (0, number),
            Self::Footer => (1, 0),
        };
        let mut nonce = [0; 12];
        nonce[0] = kind;
        nonce[4..].copy_from_slice(&number.to_le_bytes());
        nonce
    }

    /// What the piece is bound to: a piece moved to another object, another place or another role does not open.
    pub(crate) fn associated_data(self, id: &ObjectId) -> Vec<u8> {
        let (kind, number, last) = match self {
            Self::Frame { number, last } => (0, number, last),
            Self::Footer => (1, 0, true),
        };
        let mut data = Vec::with_capacity(HEADER.len() + 10 + id.as_str().len());
        data.extend_from_slice(&HEADER);
        data.push(kind);
        data.push(u8::from(last));
        data.extend_from_slice(&number.to_le_bytes());
        data.extend_from_slice(id.as_str().as_bytes());
        data
    }
}

/// How many frames hold this many plain bytes.
pub(crate) fn frame_count(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(FRAME_BYTES_U64).max(1)
}

/// Where the sealed footer lies, from the two sizes in the row; `None` when no object has these sizes.
pub(crate) fn footer_range(size_bytes: u64, stored_bytes: u64) -> Option<Range<u64>> {
    let frames = frame_count(size_bytes);
    let footer_bytes = frames * 4 + FOOTER_FIXED_BYTES as u64 + TAG_BYTES_U64;
    let start = stored_bytes.checked_sub(footer_bytes)?;
    (start >= HEADER_BYTES + frames * FRAME_STORED_BYTES_MIN).then_some(start..stored_bytes)
}

/// The plain footer.
pub(crate) fn encode_footer(size_bytes: u64, frame_lengths: &[u32]) -> Vec<u8> {
    let frames = u32::try_from(frame_lengths.len()).expect("2^32 frames are a pebibyte");
    let mut footer = Vec::with_capacity(FOOTER_FIXED_BYTES + 4 * frame_lengths.len() + TAG_BYTES);
    footer.extend_from_slice(&size_bytes.to_le_bytes());
    footer.extend_from_slice(&frames.to_le_bytes());
    footer.extend(frame_lengths.iter().flat_map(|length| length.to_le_bytes()));
    footer
}

/// Where each frame lies in the store.
#[derive(Debug)]
pub(crate) struct Index {
    size_bytes: u64,
    /// Where each frame ends, counted from the beginning of the stored object.
    ends: Vec<u64>,
}

impl Index {
    /// Reads a footer that has been authenticated and compares it with the row.
    pub(crate) fn decode(footer: &[u8], size_bytes: u64, stored_bytes: u64) -> Result<Self, &'static str> {
        let (fixed, lengths) =
            footer.split_at_checked(FOOTER_FIXED_BYTES).ok_or("the footer is shorter than its fixed part")?;
        let (size, frames) = fixed.split_at(8);
        if size != size_bytes.to_le_bytes() {
            return Err("the footer and the row disagree about the size");
        }
        let frames_in_lengths = u32::try_from(lengths.len() / 4).ok().filter(|_| lengths.len() % 4 == 0);
        if frames_in_lengths.map(u32::to_le_bytes).as_ref().map(|count| &count[..]) != Some(frames) {
            return Err("the footer holds another number of frames than it says");
        }
        let mut end = HEADER_BYTES;
        let mut ends = Vec::with_capacity(lengths.len() / 4);
        for length in lengths.chunks_exact(4) {
            end += u64::from(u32::from_le_bytes(length.try_into().expect("chunks of four bytes")));
            ends.push(end);
        }
        let footer_bytes = (footer.len() + TAG_BYTES) as u64;
        if ends.len() as u64 != frame_count(size_bytes) || end + footer_bytes != stored_bytes {
            return Err("the frames in the footer do not add up to the sizes in the row");
        }
        Ok(Self { size_bytes, ends })
    }

    /// How many frames the object has, at least one.
    pub(crate) fn frames(&self) -> usize {
        self.ends.len()
    }

    /// Whether this is the last frame.
    pub(crate) fn is_last(&self, frame: usize) -> bool {
        frame + 1 == self.ends.len()
    }

    /// Where a frame lies in the store.
    pub(crate) fn stored(&self, frame: usize) -> Range<u64> {
        let start = frame.checked_sub(1).map_or(HEADER_BYTES, |before| self.ends[before]);
        start..self.ends[frame]
    }

    /// Plain bytes of a frame.
    pub(crate) fn plain_bytes(&self, frame: usize) -> usize {
        let start = frame as u64 * FRAME_BYTES_U64;
        usize::try_from((self.size_bytes - start).min(FRAME_BYTES_U64)).expect("a frame fits in memory")
    }
}

/// The frames that hold a range of plain bytes, and how many bytes of the first one come before the range.
pub(crate) fn frames_of(range: &Range<u64>) -> (Range<usize>, usize) {
    let index = |number: u64| usize::try_from(number).expect("frame numbers are below 2^32");
    let first = range.start / FRAME_BYTES_U64;
    let end = range.end.div_ceil(FRAME_BYTES_U64);
    (index(first)..index(end), index(range.start % FRAME_BYTES_U64))
}

#[cfg(test)]
mod tests {
    use super::{FRAME_BYTES_U64, Index, encode_footer, footer_range, frame_count, frames_of};

    #[test]
    fn frames_are_counted_at_the_borders() {
        let counts =
            [(0, 1), (1, 1), (FRAME_BYTES_U64, 1), (FRAME_BYTES_U64 + 1, 2), (2 * FRAME_BYTES_U64, 2)];
        for (size_bytes, frames) in counts {
            assert_eq!(frame_count(size_bytes), frames, "{size_bytes}");
        }
        assert_eq!(frames_of(&(FRAME_BYTES_U64 - 1..FRAME_BYTES_U64 + 1)), (0..2, 0x3_FFFF));
        assert_eq!(frames_of(&(FRAME_BYTES_U64..FRAME_BYTES_U64 + 1)), (1..2, 0));
    }

    #[test]
    fn the_footer_comes_back() {
        let size_bytes = FRAME_BYTES_U64 + 5;
        let footer = encode_footer(size_bytes, &[100, 21]);
        let stored_bytes = 8 + 121 + footer.len() as u64 + 16;
        let index = Index::decode(&footer, size_bytes, stored_bytes).unwrap();
        assert_eq!((index.stored(0), index.stored(1)), (8..108, 108..129));
        assert_eq!((index.plain_bytes(0), index.plain_bytes(1)), (262_144, 5));
        assert_eq!(footer_range(size_bytes, stored_bytes), Some(129..stored_bytes));
        assert!(Index::decode(&footer, size_bytes + 1, stored_bytes).is_err());
        assert!(Index::decode(&footer, size_bytes, stored_bytes + 1).is_err());
        assert!(Index::decode(&footer[..13], size_bytes, stored_bytes).is_err());
    }

    #[test]
    fn impossible_sizes_have_no_footer() {
        for (size_bytes, stored_bytes) in [(0, 0), (0, 40), (u64::MAX, 1_000), (u64::MAX, 1 << 40)] {
            assert_eq!(footer_range(size_bytes, stored_bytes), None, "{size_bytes} {stored_bytes}");
        }
    }
}
