//! Archives that are too much: bytes, entries, ratio.

use terrane_slug::{Error, Limits, Refusal};

use crate::{
    archive::{Archive, Header, gzip},
    yard::Yard,
};

fn take(archive: &[u8], limits: &Limits) -> Result<(), Error> {
    Yard::new().take(archive, limits).map(drop)
}

#[test]
fn a_size_that_does_not_fit_is_refused_before_it_is_read() {
    let limits = Limits { unpacked_bytes_max: 4096, ..Limits::default() };
    let archive = |content: usize| Archive::new().entry("a", b'0', &vec![b'x'; content]).gzip();
    // Header, content and the two blocks at the end.
    assert!(take(&archive(4096 - 3 * 512), &limits).is_ok());
    assert!(matches!(take(&archive(4096 - 2 * 512), &limits), Err(Error::TooLarge { limit_bytes: 4096 })));
    let error = take(&archive(4096), &limits).unwrap_err();
    assert!(
        matches!(error, Error::Entry { reason: Refusal::TooLarge { size_bytes: 4096, .. }, .. }),
        "{error}"
    );

    let petabyte = Header::new(b"a", b'0', 0).put(124, b"\x80\0\0\0\0\x04\0\0\0\0\0\0").sealed();
    let error = take(&gzip(&petabyte), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Entry { reason: Refusal::TooLarge { .. }, .. }), "{error}");
}

#[test]
fn what_follows_the_end_counts_too() {
    let limits = Limits { unpacked_bytes_max: 100_000, ..Limits::default() };
    let mut tar = Archive::new().file("a").ended();
    tar.resize(200_000, 0);
    assert!(matches!(take(&gzip(&tar), &limits), Err(Error::TooLarge { .. })));
}

#[test]
fn entries_are_counted_with_the_directories_they_imply() {
    let limits = Limits { entries_max: 4, ..Limits::default() };
    let too_many =
        |archive: Archive| matches!(take(&archive.gzip(), &limits), Err(Error::TooManyEntries { limit: 4 }));
    assert!(!too_many(Archive::new().file("a").file("b").file("c").file("d")));
    assert!(too_many(Archive::new().file("a").file("b").file("c").file("d").file("e")));
    assert!(!too_many(Archive::new().file("a/b/c/d")));
    assert!(too_many(Archive::new().file("a/b/c/d/e")));
    assert!(too_many(
        Archive::new().directory("a").directory("a").directory("a").directory("a").directory("a")
    ));
    assert!(too_many(Archive::new().file("._1").file("._2").file("._3").file("._4").file("._5")));
    let comments = (0..5).fold(Archive::new(), |archive, _| archive.pax(b'g', &[("comment", "x")]));
    assert!(too_many(comments));
}

#[test]
fn the_ratio_matters_above_a_free_part() {
    let zeros = Archive::new().entry("a", b'0', &vec![0; 2 << 20]).gzip();
    let ratio = (2 << 20) / zeros.len() as u64;
    assert!(ratio > 200, "{ratio}");
    let limits = Limits { ratio_free_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(take(&zeros, &limits), Err(Error::RatioTooHigh { limit: 200 })));
    assert!(take(&zeros, &Limits { ratio_max: 2000, ..limits.clone() }).is_ok());
    assert!(take(&zeros, &Limits::default()).is_ok(), "64 MiB are free");
    // A member at a time, the same ratio.
    let tar = Archive::new().entry("a", b'0', &vec![0; 2 << 20]).ended();
    let members: Vec<u8> = tar.chunks(300_000).flat_map(gzip).collect();
    assert!(matches!(take(&members, &limits), Err(Error::RatioTooHigh { .. })));
}

#[test]
fn by_default_a_bomb_of_zeros_is_refused() {
    let bomb = Archive::new().entry("a", b'0', &vec![0; 65 << 20]).gzip();
    let error = terrane_slug::inspect(bomb.as_slice(), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::RatioTooHigh { .. }), "{error}");
}

#[test]
fn empty_members_without_end_are_refused() {
    let empty = gzip(b"");
    let error = terrane_slug::inspect(empty.repeat(100_001).as_slice(), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::DamagedGzip(_)), "{error}");
}

#[test]
fn links_that_have_to_wait_are_limited() {
    let mut archive = Archive::new().file("d/f");
    for number in 0..4097 {
        archive = archive.symlink(&format!("link{number}"), "d/../d/f");
    }
    let error = terrane_slug::inspect(archive.gzip().as_slice(), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Entry { reason: Refusal::TooManyUnclearTargets(4096), .. }), "{error}");
}
