//! Where the document is written.

use std::io::{self, BufWriter, Write};

const BUFFER_BYTES: usize = 128 * 1024;
/// A long text is escaped in pieces, so that it is not in memory once more.
const PIECE_BYTES: usize = 32 * 1024;

/// A writer whose first error is kept until it is asked for.
pub(crate) struct Sink<W: Write> {
    inner: BufWriter<W>,
    error: Option<io::Error>,
    size_bytes: u64,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner: BufWriter::with_capacity(BUFFER_BYTES, inner), error: None, size_bytes: 0 }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.size_bytes += bytes.len() as u64;
            self.error = self.inner.write_all(bytes).err();
        }
    }

    /// Writes a text as a JSON string.
    pub(crate) fn put_text(&mut self, text: &str) {
        self.put(serde_json::Value::from(text).to_string().as_bytes());
    }

    /// Writes a part of a text, as it stands within a JSON string.
    pub(crate) fn put_part(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
            let quoted = serde_json::Value::from(piece).to_string();
            self.put(&quoted.as_bytes()[1..quoted.len() - 1]);
            rest = left;
        }
    }

    /// Whether everything could be written so far.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Writes what is left, and says how much there was.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.check()?;
        self.inner.flush()?;
        Ok(self.size_bytes)
    }
}
