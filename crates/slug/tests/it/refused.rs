//! Archives that must be refused, each with its reason, without a byte written outside the root.

use terrane_slug::{Error, Limits, Refusal};

use crate::{
    archive::{Archive, Header, gzip},
    yard::Yard,
};

/// Refuses every archive, for the reason that its neighbour tells.
fn assert_refused(vectors: Vec<(&str, Archive)>) {
    for (reason, archive) in vectors {
        let yard = Yard::new();
        let error = yard.take(&archive.gzip(), &Limits::default()).expect_err(reason);
        assert!(error.is_archive_fault(), "{error}");
        let text = error.to_string();
        assert!(text.contains(reason), "expected {reason:?}, got {text:?}");
        assert!(!text.ends_with('.'), "{text}");
        yard.assert_links_stay_inside();
    }
}

#[test]
fn names_that_lead_out() {
    let yard = Yard::new();
    let absolute = yard.outside().join("written").to_str().unwrap().to_owned();
    assert_refused(vec![
        (r#"entry "../a" has a name with a `..` component"#, Archive::new().file("../a")),
        ("a `..` component", Archive::new().file("a/../b")),
        ("a `..` component", Archive::new().file("a/..")),
        ("a `..` component", Archive::new().file("..")),
        ("a `..` component", Archive::new().directory("../a/")),
        ("a `..` component", Archive::new().directory("a/b/../../../c/")),
        ("a `..` component", Archive::new().symlink("../a", "b")),
        ("a `..` component", Archive::new().long(b'L', "../../a").file("a")),
        ("a `..` component", Archive::new().pax(b'x', &[("path", "../a")]).file("a")),
        ("a `..` component", Archive::new().header(Header::new(b"a", b'0', 0).put(345, b".."))),
        ("a `..` component", Archive::new().file("../._a")),
        ("an absolute name", Archive::new().long(b'L', &absolute).file("a")),
        ("an absolute name", Archive::new().file("/etc/terrane-canary")),
        ("an absolute name", Archive::new().file("//a")),
        ("an absolute name", Archive::new().directory("/")),
    ]);
}

#[test]
fn names_that_are_not_names() {
    let long = "a/".repeat(512);
    let deep = "a/".repeat(65);
    assert_refused(vec![
        ("an empty name", Archive::new().file("")),
        ("an empty name", Archive::new().long(b'L', "").file("a")),
        ("a NUL byte in its name", Archive::new().file(b"a\0/../../b")),
        ("a NUL byte in its name", Archive::new().long(b'L', b"a\0../b").file("a")),
        ("a NUL byte in its name", Archive::new().pax(b'x', &[("path", "a\0b")]).file("a")),
        ("a NUL byte in its link target", Archive::new().symlink("a", b"b\0c")),
        ("a name that is not UTF-8", Archive::new().file(b"a\xff")),
        ("a link target that is not UTF-8", Archive::new().symlink("a", b"\xc3\x28")),
        ("a name longer than 1024 bytes", Archive::new().long(b'L', format!("{long}a")).file("a")),
        (
            "a name longer than 1024 bytes",
            Archive::new().pax(b'x', &[("path", &format!("{long}a"))]).file("a"),
        ),
        (
            "a link target longer than 1024 bytes",
            Archive::new().long(b'K', format!("{long}a")).symlink("a", "b"),
        ),
        ("a name component longer than 255", Archive::new().long(b'L', "a".repeat(256)).file("a")),
        ("more than 64 directories deep", Archive::new().long(b'L', deep).directory("a")),
        ("stands for the archive's root", Archive::new().file("./.")),
        ("stands for the archive's root", Archive::new().symlink(".", "a")),
    ]);
}

#[test]
fn links_that_lead_out() {
    assert_refused(vec![
        ("the absolute path", Archive::new().symlink("a", "/etc/passwd")),
        ("which leaves the archive", Archive::new().symlink("a", "..")),
        ("which leaves the archive", Archive::new().symlink("a", "../canary")),
        ("which leaves the archive", Archive::new().symlink("a/b", "../../canary")),
        ("which leaves the archive", Archive::new().symlink("a/b", "../c/../../canary")),
        ("which leaves the archive", Archive::new().symlink("a", "./../root/b")),
        ("without a target", Archive::new().symlink("a", "")),
        ("the absolute path", Archive::new().pax(b'x', &[("linkpath", "/etc")]).symlink("a", "b")),
        ("which leaves the archive", Archive::new().long(b'K', "../x").symlink("a", "b")),
        // Each link is fine by the letter; together they lead out.
        (
            "goes up from something that is not a directory",
            Archive::new().symlink("x/y/top", "../..").symlink("x/y/out", "top/../canary"),
        ),
        (
            "goes up from something that is not a directory",
            Archive::new().symlink("x/y/out", "top/../canary").symlink("x/y/top", "../.."),
        ),
        ("goes up from something that is not a directory", Archive::new().symlink("a/b", "missing/../../c")),
        ("goes up from something that is not a directory", Archive::new().file("f").symlink("a", "f/../f")),
    ]);
}

#[test]
fn writing_through_something() {
    assert_refused(vec![
        (r#"lies below "a", which is a symbolic link"#, Archive::new().symlink("a", "b").file("a/c")),
        ("which is a symbolic link", Archive::new().directory("b").symlink("a", "b").file("a/c")),
        ("which is a symbolic link", Archive::new().symlink("a", "b").directory("a/c/")),
        ("which is a symbolic link", Archive::new().symlink("a", "b").symlink("a/c", "d")),
        ("which is a symbolic link", Archive::new().symlink("x/a", "b").file("x/./a//c/d/e")),
        ("which is a symbolic link", Archive::new().symlink("a", "x/../b").file("a/c")),
        (r#"lies below "a/b", which is a file"#, Archive::new().file("a/b").file("a/b/c")),
        ("appears more than once", Archive::new().symlink("a", "b").file("a")),
        ("appears more than once", Archive::new().symlink("a", "b").directory("a")),
        ("appears more than once", Archive::new().file("a").file("a")),
        ("appears more than once", Archive::new().file("a").file("./a")),
        ("appears more than once", Archive::new().file("a").symlink("a", "b")),
        ("appears more than once", Archive::new().file("a").directory("a")),
        ("appears more than once", Archive::new().directory("a").file("a")),
        ("appears more than once", Archive::new().directory("a").symlink("a", "b")),
        ("appears more than once", Archive::new().file("a/b").symlink("a", "c")),
    ]);
}

#[test]
fn kinds_that_are_not_allowed() {
    assert_refused(vec![
        ("is a hard link", Archive::new().link(b'1', "a", "../canary")),
        ("is a hard link", Archive::new().file("b").link(b'1', "a", "b")),
        ("is a character device", Archive::new().entry("a", b'3', b"")),
        ("is a block device", Archive::new().entry("a", b'4', b"")),
        ("is a named pipe", Archive::new().entry("a", b'6', b"")),
        ("is a contiguous file", Archive::new().entry("a", b'7', b"x")),
        ("of a kind this server does not know", Archive::new().entry("a", b'V', b"")),
        ("of a kind this server does not know", Archive::new().entry("a", b'M', b"")),
        ("is a sparse file", Archive::new().entry("a", b'S', b"x")),
        (
            "is a sparse file",
            Archive::new()
                .pax(b'x', &[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "1125899906842624")])
                .file("a"),
        ),
        ("is not a file but has content", Archive::new().entry("a/", b'5', b"x")),
        ("is not a file but has content", Archive::new().entry("a/", b'0', b"x")),
        ("is not a file but has content", Archive::new().header(Header::new(b"a", b'2', 9).put(157, b"b"))),
    ]);
}

#[test]
fn headers_that_readers_would_see_differently() {
    let pax = |records: &[(&str, &str)]| Archive::new().pax(b'x', records);
    assert_refused(vec![
        ("gives another size", pax(&[("size", "0")]).file("a")),
        ("gives another size", pax(&[("size", "1125899906842624")]).file("a")),
        ("has a size that is no number", pax(&[("size", "-1")]).file("a")),
        ("has the same record twice", pax(&[("path", "a"), ("path", "b")]).file("c")),
        ("contradicts a long name", pax(&[("path", "a")]).long(b'L', "b").file("c")),
        ("contradicts a long name", pax(&[("linkpath", "a")]).long(b'K', "b").symlink("c", "d")),
        ("follows another of its kind", pax(&[]).pax(b'x', &[]).file("a")),
        ("follows another of its kind", Archive::new().long(b'L', "a").long(b'L', "a").file("a")),
        ("applies to the whole archive", Archive::new().pax(b'g', &[("path", "a")]).file("b")),
        ("describes another header", pax(&[]).pax(b'g', &[]).file("b")),
        ("is malformed", Archive::new().entry("x", b'x', b"99 path=a\n").file("a")),
        ("is longer than 1 MiB", Archive::new().entry("x", b'x', &vec![b' '; (1 << 20) + 1]).file("a")),
        ("describes an entry that is missing", Archive::new().long(b'L', "a")),
        ("its checksum is wrong", Archive { bytes: vec![1; 512] }),
        (
            "its size is not a number",
            Archive::new().header(Header::new(b"a", b'0', 0).put(124, b"12345678x")),
        ),
        ("its size is not a number", Archive::new().header(Header::new(b"a", b'0', 0).put(124, &[0xff; 12]))),
        ("its mode is not a number", Archive::new().header(Header::new(b"a", b'0', 0).put(100, b"rw-r--r-"))),
    ]);
}

#[test]
fn errors_name_the_entry_fit_to_be_shown() {
    let hostile = Archive::new().file("../\u{1b}[31m\n\u{202e}");
    let error = Yard::new().take(&hostile.gzip(), &Limits::default()).unwrap_err();
    let Error::Entry { name, reason } = &error else { panic!("{error}") };
    assert_eq!(*reason, Refusal::ParentComponent);
    assert!(name.is_ascii(), "{name}");
    let long = Archive::new().long(b'L', "../a".repeat(200)).file("a");
    let error = Yard::new().take(&long.gzip(), &Limits::default()).unwrap_err();
    assert!(error.to_string().len() < 250, "{error}");
}

#[test]
fn a_second_archive_behind_the_first() {
    let yard = Yard::new();
    let first = Archive::new().file("a").ended();
    let second = Archive::new().file("b").ended();
    let error = yard.take(&gzip(&[first.clone(), second.clone()].concat()), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::TrailingData(_)), "{error}");
    let yard = Yard::new();
    let error = yard.take(&[gzip(&first), gzip(&second)].concat(), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::TrailingData(_)), "{error}");
}
