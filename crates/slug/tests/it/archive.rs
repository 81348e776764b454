//! Builds archives byte by byte, also those that no packer would make.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

pub(crate) const BLOCK_BYTES: usize = 512;

/// A tar archive in the making; `gzip` ends it.
#[derive(Clone, Default)]
pub(crate) struct Archive {
    pub(crate) bytes: Vec<u8>,
}

/// One header before its checksum.
pub(crate) struct Header(pub(crate) [u8; BLOCK_BYTES]);

impl Header {
    pub(crate) fn new(name: &[u8], kind: u8, size_bytes: usize) -> Self {
        let mut header = Self([0; BLOCK_BYTES]);
        header
            .put(0, name)
            .put(100, b"0000644\0")
            .put(108, b"0000000\0")
            .put(116, b"0000000\0")
            .put(124, format!("{size_bytes:011o}\0").as_bytes())
            .put(136, b"00000000000\0")
            .put(156, &[kind])
            .put(257, b"ustar\x0000");
        header
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn sealed(&mut self) -> [u8; BLOCK_BYTES] {
        self.put(148, b"        ");
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.put(148, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

impl Archive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn header(mut self, header: &mut Header) -> Self {
        self.bytes.extend(header.sealed());
        self
    }

    /// Content with its padding.
    pub(crate) fn content(mut self, content: &[u8]) -> Self {
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        self
    }

    pub(crate) fn entry(self, name: impl AsRef<[u8]>, kind: u8, content: &[u8]) -> Self {
        self.header(&mut Header::new(name.as_ref(), kind, content.len())).content(content)
    }

    pub(crate) fn file(self, name: impl AsRef<[u8]>) -> Self {
        self.entry(name, b'0', b"content")
    }

    pub(crate) fn directory(self, name: impl AsRef<[u8]>) -> Self {
        self.entry(name, b'5', b"")
    }

    pub(crate) fn link(self, kind: u8, name: &str, target: impl AsRef<[u8]>) -> Self {
        self.header(Header::new(name.as_bytes(), kind, 0).put(157, target.as_ref()))
    }

    pub(crate) fn symlink(self, name: &str, target: impl AsRef<[u8]>) -> Self {
        self.link(b'2', name, target)
    }

    /// A GNU header with the name (`L`) or link target (`K`) of the next entry.
    pub(crate) fn long(self, kind: u8, text: impl AsRef<[u8]>) -> Self {
        self.entry("././@LongLink", kind, &[text.as_ref(), b"\0"].concat())
    }

    /// An extended header for the next entry (`x`) or for all (`g`).
    pub(crate) fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let data: String = records.iter().map(|(key, value)| record(key, value)).collect();
        self.entry("PaxHeaders/x", kind, data.as_bytes())
    }

    pub(crate) fn ended(mut self) -> Vec<u8> {
        self.bytes.extend([0; 2 * BLOCK_BYTES]);
        self.bytes
    }

    pub(crate) fn gzip(self) -> Vec<u8> {
        gzip(&self.ended())
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
