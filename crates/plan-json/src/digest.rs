//! Hashes and counts the bytes on the way in.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// Sits below every buffer, so that it sees each byte once and all of them at the end.
pub(crate) struct Digest<R> {
    inner: R,
    hash: Sha256,
    size_bytes: u64,
}

impl<R: Read> Digest<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), size_bytes: 0 }
    }

    /// The hash and the number of the bytes read so far.
    pub(crate) fn finish(self) -> ([u8; 32], u64) {
        (self.hash.finalize().into(), self.size_bytes)
    }
}

impl<R: Read> Read for Digest<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.size_bytes += count as u64;
        Ok(count)
    }
}
