//! The part of the document that is in memory: what was not consumed yet, and what is being kept.

use std::io::{self, Read};

use crate::Error;

const WINDOW_BYTES: usize = 128 * 1024;
/// One element: far above the largest resource ever seen, and small enough to hold.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// A buffer over a reader that can keep everything from a mark on, as long as that is not too much.
pub(crate) struct Window<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The next byte in the buffer.
    position: usize,
    /// The end of what was read into the buffer.
    end: usize,
    /// Where in the document the buffer starts.
    base: u64,
    /// Where in the buffer the kept part starts.
    mark: Option<usize>,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; WINDOW_BYTES], position: 0, end: 0, base: 0, mark: None }
    }

    /// Where in the document the next byte is.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.position as u64
    }

    /// The bytes at hand, or none at the document's end.
    pub(crate) fn bytes(&mut self) -> Result<&[u8], Error> {
        if self.position == self.end {
            self.fill()?;
        }
        Ok(&self.buffer[self.position..self.end])
    }

    /// The next byte, which the document must have.
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        match self.bytes()?.first() {
            Some(byte) => Ok(*byte),
            None => Err(Error::Truncated { offset: self.offset() }),
        }
    }

    /// Consumes bytes that were at hand.
    pub(crate) fn advance(&mut self, count: usize) {
        self.position += count;
    }

    /// Keeps everything from here on.
    pub(crate) fn start_keeping(&mut self) {
        self.mark = Some(self.position);
    }

    /// What was kept; from now on nothing is.
    pub(crate) fn take_kept(&mut self) -> Result<&[u8], Error> {
        let start = self.mark.take().unwrap_or(self.position);
        // Checked here, too, so that the answer does not depend on how the bytes arrived.
        if self.position - start > KEPT_BYTES_MAX {
            return Err(self.too_large());
        }
        Ok(&self.buffer[start..self.position])
    }

    fn too_large(&self) -> Error {
        Error::ElementTooLarge { offset: self.offset(), limit_bytes: KEPT_BYTES_MAX }
    }

    /// Reads more, dropping what is neither kept nor yet to be consumed.
    fn fill(&mut self) -> Result<(), Error> {
        let start = self.mark.unwrap_or(self.position);
        if self.end - start > KEPT_BYTES_MAX {
            return Err(self.too_large());
        }
        self.buffer.copy_within(start..self.end, 0);
        self.base += start as u64;
        self.position -= start;
        self.end -= start;
        self.mark = self.mark.map(|_| 0);
        if self.mark.is_none() && self.buffer.len() > WINDOW_BYTES {
            // One large element must not cost its memory for the rest of the document.
            self.buffer.truncate(WINDOW_BYTES);
            self.buffer.shrink_to_fit();
        } else if self.end * 2 > self.buffer.len() {
            let size_bytes = (self.buffer.len() * 2).min(KEPT_BYTES_MAX + WINDOW_BYTES);
            self.buffer.resize(size_bytes, 0);
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Read(error)),
            }
        }
    }
}
