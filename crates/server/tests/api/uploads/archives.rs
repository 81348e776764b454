//! Archives byte by byte, also those that no packer would make.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const BLOCK_BYTES: usize = 512;

/// One entry of an archive.
pub struct Entry {
    name: Vec<u8>,
    kind: u8,
    target: String,
    content: Vec<u8>,
}

impl Entry {
    pub fn file(name: &str, content: &[u8]) -> Self {
        Self::of_kind(name, b'0', "", content)
    }

    pub fn folder(name: &str) -> Self {
        Self::of_kind(name, b'5', "", b"")
    }

    pub fn link(name: &str, target: &str) -> Self {
        Self::of_kind(name, b'2', target, b"")
    }

    fn of_kind(name: &str, kind: u8, target: &str, content: &[u8]) -> Self {
        Self { name: name.as_bytes().to_vec(), kind, target: target.to_owned(), content: content.to_vec() }
    }

    fn write(&self, tar: &mut Vec<u8>) {
        let mut header = [0_u8; BLOCK_BYTES];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.name);
        put(100, b"0000644\0");
        put(124, format!("{:011o}\0", self.content.len()).as_bytes());
        put(148, b"        ");
        put(156, &[self.kind]);
        put(157, self.target.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(&self.content);
        tar.resize(tar.len().next_multiple_of(BLOCK_BYTES), 0);
    }
}

fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    entries.iter().for_each(|entry| entry.write(&mut tar));
    tar.extend_from_slice(&[0; 2 * BLOCK_BYTES]);
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

pub fn archive_of(entries: &[Entry]) -> Vec<u8> {
    gzip(&tar_of(entries))
}

/// Archives that must be refused, with what the refusal says. The limits are those of the test's setup.
pub fn bad_archives() -> Vec<(&'static str, Vec<u8>)> {
    let one = |entry: Entry| archive_of(&[Entry::file("main.tf", b"# fine\n"), entry]);
    let good = archive_of(&[Entry::file("main.tf", &b"resource ".repeat(500))]);
    let tar = tar_of(&[Entry::file("main.tf", b"# fine\n")]);
    let many: Vec<Entry> = (0..60).map(|number| Entry::file(&format!("{number}.tf"), b"")).collect();
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    vec![
        ("not gzip-compressed", Vec::new()),
        ("not gzip-compressed", b"hello".to_vec()),
        ("not gzip-compressed", tar.clone()),
        ("not gzip-compressed", b"PK\x03\x04 a zip file".to_vec()),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("truncated", good[..good.len() - 1].to_vec()),
        ("truncated", good[..12].to_vec()),
        ("truncated", gzip(&tar[..BLOCK_BYTES + 3])),
        ("the archive", damaged),
        (
            "the archive",
            gzip(b"no tar at all, but some text that is long enough to be looked at".repeat(20).as_slice()),
        ),
        ("an absolute name", one(Entry::file("/etc/terrane", b""))),
        ("a `..` component", one(Entry::file("../outside.tf", b""))),
        ("a `..` component", one(Entry::file("a/../../outside.tf", b""))),
        ("the absolute path", one(Entry::link("passwd", "/etc/passwd"))),
        ("leaves the archive", one(Entry::link("up", "../../secret"))),
        (
            "which is a symbolic link",
            archive_of(&[Entry::link("a", "b"), Entry::folder("b/"), Entry::file("a/x", b"")]),
        ),
        ("not allowed", one(Entry::of_kind("hard", b'1', "main.tf", b""))),
        ("not allowed", one(Entry::of_kind("tty", b'3', "", b""))),
        ("not allowed", one(Entry::of_kind("disk", b'4', "", b""))),
        ("not allowed", one(Entry::of_kind("pipe", b'6', "", b""))),
        ("more than once", one(Entry::file("main.tf", b""))),
        ("more than 50 entries", archive_of(&many)),
        ("times its compressed size", one(Entry::file("zeros", &vec![0; 3 * 1024 * 1024]))),
        ("more than is left of the limit", one(Entry::file("zeros", &vec![0; 5 * 1024 * 1024]))),
    ]
}
