//! Archives that must work, and what they become.

use std::fs;

use terrane_slug::{Error, Limits, Summary, unpack};

use crate::{
    archive::{Archive, Header, gzip},
    yard::Yard,
};

fn listing(archive: &[u8]) -> (Summary, Vec<String>) {
    let yard = Yard::new();
    let summary = yard.take(archive, &Limits::default()).unwrap();
    yard.assert_links_stay_inside();
    (summary, yard.listing())
}

#[test]
fn an_empty_archive_is_valid() {
    let (summary, lines) = listing(&Archive::new().gzip());
    assert_eq!((summary, lines.len()), (Summary::default(), 0));
}

#[test]
fn a_configuration_unpacks() {
    let archive = Archive::new()
        .directory("./")
        .file("./main.tf")
        .directory("modules/")
        .file("modules/net/main.tf")
        .directory("modules/net/")
        .directory("modules/net")
        .symlink("modules/net/versions.tf", "../../main.tf")
        .header(Header::new(b"run.sh", b'0', 0).put(100, b"0000755\0"))
        .gzip();
    let (summary, lines) = listing(&archive);
    assert_eq!(summary, Summary { files: 3, directories: 2, symlinks: 1, unpacked_bytes: 14 });
    assert_eq!(
        lines,
        [
            "main.tf 644 content",
            "modules/ 755",
            "modules/net/ 755",
            "modules/net/main.tf 644 content",
            "modules/net/versions.tf -> ../../main.tf",
            "run.sh 755 ",
        ]
    );
}

#[test]
fn modes_are_reduced_to_what_the_owner_may() {
    let mut archive = Archive::new();
    for (name, mode) in
        [("a", "0006777"), ("b", "0007666"), ("c", "0000000"), ("d", "0000077"), ("e", "0100755")]
    {
        archive = archive.header(Header::new(name.as_bytes(), b'0', 0).put(100, mode.as_bytes()));
    }
    let archive = archive.header(Header::new(b"f/", b'5', 0).put(100, b"0001000")).gzip();
    assert_eq!(listing(&archive).1, ["a 755 ", "b 644 ", "c 644 ", "d 644 ", "e 755 ", "f/ 755"]);
}

#[test]
fn files_of_the_packer_are_left_out() {
    let archive = Archive::new()
        .pax(b'g', &[("comment", "0123456789abcdef")])
        .file("pax_global_header")
        .file("._main.tf")
        .file("modules/._main.tf")
        .file("main.tf")
        .gzip();
    let (summary, lines) = listing(&archive);
    assert_eq!(summary.files, 1);
    assert_eq!(lines, ["main.tf 644 content"]);
}

#[test]
fn long_names_come_in_three_ways() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let target = format!("../{long}");
    let archive = Archive::new()
        .long(b'L', &long)
        .file("cut")
        .pax(b'x', &[("path", "x/é\n"), ("mtime", "1.5"), ("size", "7")])
        .file("cut")
        .header(Header::new(b"name", b'0', 0).put(345, b"prefix/of/it"))
        .long(b'K', &target)
        .long(b'L', "l/1")
        .symlink("cut", "cut")
        .pax(b'x', &[("linkpath", &target), ("path", "l/2")])
        .symlink("cut", "cut")
        .pax(b'x', &[("path", "")])
        .file("own")
        .gzip();
    let (summary, lines) = listing(&archive);
    assert_eq!(summary.files, 4);
    assert!(lines.contains(&format!("{long} 644 content")));
    assert!(lines.contains(&"x/é\n 644 content".to_owned()));
    assert!(lines.contains(&"prefix/of/it/name 644 ".to_owned()));
    assert!(lines.contains(&format!("l/1 -> {target}")) && lines.contains(&format!("l/2 -> {target}")));
    assert!(lines.contains(&"own 644 content".to_owned()));
}

#[test]
fn links_inside_survive() {
    let archive = Archive::new()
        .symlink("a/b/up", "../..")
        .symlink("dangling", "nothing/here")
        .symlink("loop", "loop")
        .symlink("chain", "a/b/up")
        .symlink("round", "x/../main.tf")
        .symlink("deep/round", "../x/y/../../main.tf")
        .file("x/y/file")
        .file("main.tf")
        .gzip();
    let (summary, lines) = listing(&archive);
    assert_eq!(summary.symlinks, 6);
    assert!(lines.contains(&"deep/round -> ../x/y/../../main.tf".to_owned()));
}

#[test]
fn twins_by_letter_case_are_two_files() {
    let archive = Archive::new().file("Main.tf").file("main.tf").file("MAIN.tf/x").gzip();
    assert_eq!(listing(&archive).0.files, 3);
}

#[test]
fn old_ways_to_say_directory_and_file() {
    let archive = Archive::new().entry("old/", b'0', b"").entry("old/file", 0, b"text").gzip();
    assert_eq!(listing(&archive).1, ["old/ 755", "old/file 644 text"]);
}

#[test]
fn padding_and_members_are_accepted() {
    let mut tar = Archive::new().file("main.tf").ended();
    tar.resize(10_240, 0);
    let expected = ["main.tf 644 content"];
    assert_eq!(listing(&gzip(&tar)).1, expected);
    for cut in [0, 1, 511, 512, 700, tar.len()] {
        let members = [gzip(&tar[..cut]), gzip(b""), gzip(&tar[cut..])].concat();
        assert_eq!(listing(&members).1, expected, "cut at {cut}");
    }
}

#[test]
fn the_target_must_be_an_empty_directory() {
    let archive = Archive::new().file("main.tf").gzip();
    let yard = Yard::new();
    let limits = Limits::default();
    fs::write(yard.root().join("old"), "").unwrap();
    let error = unpack(archive.as_slice(), &yard.root(), &limits).unwrap_err();
    assert!(matches!(error, Error::TargetNotEmpty) && !error.is_archive_fault());
    let error = unpack(archive.as_slice(), &yard.root().join("missing"), &limits).unwrap_err();
    assert!(matches!(error, Error::Target(_)), "{error}");
    let error = unpack(archive.as_slice(), &yard.root().join("old"), &limits).unwrap_err();
    assert!(matches!(error, Error::Target(_)), "{error}");
}
