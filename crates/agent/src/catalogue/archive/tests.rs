//! Archives of a release's kind, whole and broken. They are written here byte by byte, as a release never is, too.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, Crc, write::DeflateEncoder};
use proptest::prelude::proptest;

use super::{ArchiveError, CatalogueLimits, leads_out, unpack_program};

const PROGRAM: &[u8] = b"#!/bin/sh\necho a program\n";

/// One entry, with what the list says of it.
struct Given<'a> {
    name: &'a str,
    content: Vec<u8>,
    method: u16,
    size_bytes: u32,
    crc: u32,
    flags: u16,
}

fn deflated<'a>(name: &'a str, content: &[u8]) -> Given<'a> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory takes it");
    let mut crc = Crc::new();
    crc.update(content);
    let size_bytes = u32::try_from(content.len()).expect("small");
    let content = encoder.finish().expect("memory takes it");
    Given { name, content, method: 8, size_bytes, crc: crc.sum(), flags: 0 }
}

fn zip(entries: &[Given<'_>]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = u32::try_from(bytes.len()).expect("small");
        let name_bytes = u16::try_from(entry.name.len()).expect("short");
        let packed = u32::try_from(entry.content.len()).expect("small");
        let mut common = Vec::new();
        for half in [20, entry.flags, entry.method, 0, 0] {
            common.extend(half.to_le_bytes());
        }
        for word in [entry.crc, packed, entry.size_bytes] {
            common.extend(word.to_le_bytes());
        }
        common.extend(name_bytes.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(entry.name.as_bytes());
        bytes.extend(&entry.content);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&common);
        list.extend([0; 10]);
        list.extend(offset.to_le_bytes());
        list.extend(entry.name.as_bytes());
    }
    let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
    let (list_at, list_bytes) = (bytes.len() as u32, list.len() as u32);
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\x00\x00\x00\x00");
    bytes.extend([count, count].concat());
    bytes.extend(list_bytes.to_le_bytes());
    bytes.extend(list_at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

struct Place {
    _folder: tempfile::TempDir,
    path: Utf8PathBuf,
}

fn unpack(archive: &[u8], limits: &CatalogueLimits) -> Result<Vec<u8>, ArchiveError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("utf-8").to_owned();
    let place = Place { _folder: folder, path };
    std::fs::write(place.path.join("a.zip"), archive).expect("written");
    let target = place.path.join("program");
    unpack_program(&place.path.join("a.zip"), "tofu", &target, limits)?;
    Ok(std::fs::read(target).expect("a program"))
}

fn refused(archive: &[u8], text: &str) {
    let error = unpack(archive, &CatalogueLimits::default()).expect_err(text).to_string();
    assert!(error.contains(text), "{text}: {error}");
}

#[test]
fn the_program_comes_out_and_nothing_else() {
    let stored = Given { content: PROGRAM.to_vec(), method: 0, ..deflated("tofu", PROGRAM) };
    for program in [deflated("tofu", PROGRAM), stored] {
        let archive = zip(&[deflated("LICENSE", b"free"), program, deflated("docs/tofu", b"not this")]);
        assert_eq!(unpack(&archive, &CatalogueLimits::default()).expect("unpacked"), PROGRAM);
        let commented = [&archive[..archive.len() - 2], &[5, 0], b"hello"].concat();
        assert_eq!(unpack(&commented, &CatalogueLimits::default()).expect("unpacked"), PROGRAM);
    }
}

#[test]
fn entries_that_lead_out_are_refused() {
    for name in ["../tofu", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", ""] {
        assert!(leads_out(name), "{name}");
        refused(&zip(&[deflated("tofu", PROGRAM), deflated(name, b"x")]), "leads out of it");
    }
    assert!(!leads_out("docs/a.b/README") && !leads_out("./tofu"));
}

#[test]
fn bombs_are_refused_by_what_they_say_and_by_what_they_do() {
    let limits = CatalogueLimits { program_bytes_max: 1000, ..CatalogueLimits::default() };
    let bomb = deflated("tofu", &[0; 100_000]);
    assert!(matches!(unpack(&zip(&[bomb]), &limits), Err(ArchiveError::TooLarge { bytes_max: 1000 })));
    let liar = Given { size_bytes: 10, ..deflated("tofu", &[0; 100_000]) };
    assert!(matches!(unpack(&zip(&[liar]), &limits), Err(ArchiveError::TooLarge { bytes_max: 1000 })));
    let many: Vec<_> = (0..101).map(|_| deflated("a", b"")).collect();
    refused(&zip(&many), "101 entries");
}

#[test]
fn what_is_not_a_release_s_archive_is_refused() {
    let whole = || zip(&[deflated("tofu", PROGRAM)]);
    refused(b"<html>not found</html>", "no end");
    refused(b"", "no end");
    refused(&whole()[..whole().len() - 30], "no end");
    refused(&zip(&[deflated("terraform", PROGRAM)]), "no program tofu");
    refused(&zip(&[deflated("tofu", PROGRAM), deflated("tofu", b"another")]), "twice");
    refused(&zip(&[Given { crc: 1, ..deflated("tofu", PROGRAM) }]), "not the one that was packed");
    refused(&zip(&[Given { size_bytes: 1, ..deflated("tofu", PROGRAM) }]), "not the one that was packed");
    refused(&zip(&[Given { flags: 1, ..deflated("tofu", PROGRAM) }]), "encrypted");
    refused(&zip(&[Given { method: 12, ..deflated("tofu", PROGRAM) }]), "packed in a way");
    refused(&zip(&[Given { content: vec![0xff; 30], ..deflated("tofu", PROGRAM) }]), "cannot be unpacked");
}

proptest! {
    #[test]
    fn no_changed_byte_gives_another_program(at in 0_usize..150, byte: u8) {
        let mut archive = zip(&[deflated("tofu", PROGRAM)]);
        let at = at % archive.len();
        archive[at] = byte;
        if let Ok(program) = unpack(&archive, &CatalogueLimits::default()) {
            assert_eq!(program, PROGRAM);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes: Vec<u8>) {
        let _ = unpack(&[&bytes[..], b"PK\x05\x06", &bytes].concat(), &CatalogueLimits::default());
    }
}
