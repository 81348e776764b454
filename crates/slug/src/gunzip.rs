//! Gzip members to bytes, held to the size and ratio limits.
//!
//! Several members in a row are read as one stream, as Go's reader does, and count together. Anything
//! else after a member is refused.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::{Error, Limits};

const SOURCE_BUFFER_BYTES: usize = 64 * 1024;
/// Empty members cost time and unpack to nothing, so no other limit holds them.
const MEMBERS_MAX: u32 = 100_000;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The decompressed archive.
pub(crate) struct Gunzip<R> {
    /// `None` once the last member and its checksum were read.
    decoder: Option<GzDecoder<Source<R>>>,
    members: u32,
    unpacked_bytes: u64,
    unpacked_bytes_max: u64,
    ratio_max: u64,
    ratio_free_bytes: u64,
}

impl<R: Read> Gunzip<R> {
    pub(crate) fn new(archive: R, limits: &Limits) -> Result<Self, Error> {
        let mut source = Source::new(archive);
        if !source.starts_with_magic().map_err(Error::Read)? {
            return Err(Error::NotGzip);
        }
        Ok(Self {
            decoder: Some(GzDecoder::new(source)),
            members: 1,
            unpacked_bytes: 0,
            unpacked_bytes_max: limits.unpacked_bytes_max,
            ratio_max: limits.ratio_max,
            ratio_free_bytes: limits.ratio_free_bytes,
        })
    }

    /// Decompressed bytes handed out so far.
    pub(crate) fn unpacked_bytes(&self) -> u64 {
        self.unpacked_bytes
    }

    /// Decompressed bytes that may still come.
    pub(crate) fn left_bytes(&self) -> u64 {
        self.unpacked_bytes_max - self.unpacked_bytes
    }

    /// Reads some bytes; 0 means that the archive ended where gzip says it does.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        while let Some(mut decoder) = self.decoder.take() {
            match decoder.read(buffer) {
                Ok(0) => {
                    let mut source = decoder.into_inner();
                    if source.at_end().map_err(Error::Read)? {
                        break;
                    }
                    if !source.starts_with_magic().map_err(Error::Read)? {
                        return Err(Error::TrailingData(
                            "bytes that are not gzip follow the compressed data",
                        ));
                    }
                    self.members += 1;
                    if self.members > MEMBERS_MAX {
                        return Err(Error::DamagedGzip(format!("it has more than {MEMBERS_MAX} members")));
                    }
                    self.decoder = Some(GzDecoder::new(source));
                }
                Ok(count) => {
                    let packed_bytes = decoder.get_ref().consumed_bytes;
                    self.decoder = Some(decoder);
                    self.account(count, packed_bytes)?;
                    return Ok(count);
                }
                Err(error) => return Err(classify(error, decoder.get_ref().failed)),
            }
        }
        Ok(0)
    }

    /// Reads until the buffer is full or the archive ends; says how many bytes there were.
    pub(crate) fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn account(&mut self, count: usize, packed_bytes: u64) -> Result<(), Error> {
        let unpacked_bytes = self.unpacked_bytes + count as u64;
        if unpacked_bytes > self.unpacked_bytes_max {
            return Err(Error::TooLarge { limit_bytes: self.unpacked_bytes_max });
        }
        if unpacked_bytes > self.ratio_free_bytes
            && unpacked_bytes > packed_bytes.saturating_mul(self.ratio_max)
        {
            return Err(Error::RatioTooHigh { limit: self.ratio_max });
        }
        self.unpacked_bytes = unpacked_bytes;
        Ok(())
    }
}

fn classify(error: io::Error, source_failed: bool) -> Error {
    if source_failed {
        return Error::Read(error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Truncated("inside the compressed data"),
        _ => Error::DamagedGzip(error.to_string()),
    }
}

/// The compressed bytes. Fills its buffer whole before handing it on, so that what a limit sees does
/// not depend on how the bytes arrived.
struct Source<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes the decoder took, which is what the ratio is measured against.
    consumed_bytes: u64,
    /// Set when an error came from the reader, not from the decoder above it.
    failed: bool,
}

impl<R: Read> Source<R> {
    fn new(inner: R) -> Self {
        let buffer = vec![0; SOURCE_BUFFER_BYTES].into_boxed_slice();
        Self { inner, buffer, start: 0, end: 0, consumed_bytes: 0, failed: false }
    }

    fn at_end(&mut self) -> io::Result<bool> {
        self.fill_buf().map(<[u8]>::is_empty)
    }

    fn starts_with_magic(&mut self) -> io::Result<bool> {
        let first = self.ahead(GZIP_MAGIC.len())?;
        // One byte of the magic is an archive that was cut, which the decoder reports.
        Ok(!first.is_empty() && GZIP_MAGIC.starts_with(first))
    }

    /// The next bytes without consuming them: `count` of them unless the source ends before.
    fn ahead(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    fn fill(&mut self) -> io::Result<()> {
        while self.end < self.buffer.len() {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.consumed_bytes += count as u64;
    }
}
