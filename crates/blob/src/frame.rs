//! Sealing and opening frames: pure computing, meant for blocking threads.

use crate::format::{Piece, TAG_BYTES, encode_footer};
use crate::id::ObjectId;
use crate::wrap::DataKey;
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use sha2::{Digest as _, Sha256};
use std::io;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

const ZSTD_LEVEL: i32 = 3;

/// Turns plain frames into sealed ones, in order.
pub(crate) struct Sealer {
    id: ObjectId,
    cipher: ChaCha20Poly1305,
    compressor: Compressor<'static>,
    hash: Sha256,
    size_bytes: u64,
    frame_lengths: Vec<u32>,
}

impl Sealer {
    /// A sealer for one object. Fails only when zstd has no memory.
    pub(crate) fn new(id: ObjectId, key: &DataKey) -> io::Result<Self> {
        Ok(Self {
            id,
            cipher: ChaCha20Poly1305::new((&**key).into()),
            compressor: Compressor::new(ZSTD_LEVEL)?,
            hash: Sha256::new(),
            size_bytes: 0,
            frame_lengths: Vec::new(),
        })
    }

    /// Appends the next frame, sealed, to `out`.
    pub(crate) fn frame(&mut self, plain: &[u8], last: bool, out: &mut Vec<u8>) -> io::Result<()> {
        self.hash.update(plain);
        self.size_bytes += plain.len() as u64;
        let start = out.len();
        out.resize(start + compress_bound(plain.len()), 0);
        let compressed_bytes = self.compressor.compress_to_buffer(plain, &mut out[start..])?;
        out.truncate(start + compressed_bytes);
        self.seal(Piece::Frame { number: self.frame_lengths.len() as u64, last }, start, out);
        self.frame_lengths.push(u32::try_from(out.len() - start).expect("a frame is far below 4 GiB"));
        Ok(())
    }

    /// Appends the footer to `out`; gives the plain size and the SHA-256 of the plain bytes.
    pub(crate) fn finish(self, out: &mut Vec<u8>) -> (u64, [u8; 32]) {
        let start = out.len();
        out.extend_from_slice(&encode_footer(self.size_bytes, &self.frame_lengths));
        self.seal(Piece::Footer, start, out);
        (self.size_bytes, self.hash.finalize().into())
    }

    fn seal(&self, piece: Piece, start: usize, out: &mut Vec<u8>) {
        let nonce = Nonce::from(piece.nonce());
        let data = piece.associated_data(&self.id);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce, &data, (&mut out[start..]).into())
            .expect("a piece is far below the cipher's limit of 256 GiB");
        out.extend_from_slice(&tag);
    }
}

/// Turns sealed pieces into plain ones.
pub(crate) struct Opener {
    id: ObjectId,
    cipher: ChaCha20Poly1305,
    decompressor: Decompressor<'static>,
    scratch: Vec<u8>,
}

impl Opener {
    /// An opener for one object. Fails only when zstd has no memory.
    pub(crate) fn new(id: ObjectId, key: &DataKey) -> io::Result<Self> {
        let cipher = ChaCha20Poly1305::new((&**key).into());
        Ok(Self { id, cipher, decompressor: Decompressor::new()?, scratch: Vec::new() })
    }

    /// The plain bytes of a frame that must hold exactly `plain_bytes`; the error says which check failed.
    pub(crate) fn frame(
        &mut self,
        sealed: &[u8],
        piece: Piece,
        plain_bytes: usize,
    ) -> Result<Vec<u8>, &'static str> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let opened = self.open(sealed, piece, &mut scratch);
        let plain = opened.and_then(|()| {
            self.decompressor.decompress(&scratch, plain_bytes).map_err(|_| "does not decompress to its size")
        });
        self.scratch = scratch;
        plain.and_then(|plain| if plain.len() == plain_bytes { Ok(plain) } else { Err("has another size") })
    }

    /// The plain bytes of the footer.
    pub(crate) fn footer(&self, sealed: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut footer = Vec::new();
        self.open(sealed, Piece::Footer, &mut footer)?;
        Ok(footer)
    }

    fn open(&self, sealed: &[u8], piece: Piece, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let (body, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or("is shorter than its tag")?;
        out.clear();
        out.extend_from_slice(body);
        let nonce = Nonce::from(piece.nonce());
        let data = piece.associated_data(&self.id);
        self.cipher
            .decrypt_inout_detached(&nonce, &data, out.as_mut_slice().into(), &Tag::from(*tag))
            .map_err(|_| "fails authentication")
    }
}
