//! Archives that are cut, damaged, followed by something, or cannot be read.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use terrane_slug::{Error, Limits, inspect, unpack};

use crate::{
    archive::{Archive, Header, gzip},
    yard::Yard,
};

fn sample() -> Archive {
    Archive::new()
        .directory("modules/")
        .long(b'L', "modules/".to_owned() + &"n".repeat(150))
        .entry("cut", b'0', &(0..=255).cycle().take(3000).collect::<Vec<u8>>())
        .pax(b'x', &[("path", "modules/é")])
        .file("cut")
        .symlink("link", "modules/é")
}

fn refused(archive: &[u8]) -> Error {
    Yard::new().take(archive, &Limits::default()).unwrap_err()
}

#[test]
fn what_is_not_gzip_is_told_so() {
    for bytes in [&b""[..], b"PK\x03\x04", b"\x1f", &sample().ended()] {
        let error = refused(bytes);
        if bytes == b"\x1f" {
            assert!(matches!(error, Error::Truncated(_)), "{error}");
        } else {
            assert!(matches!(error, Error::NotGzip), "{error}");
        }
    }
}

#[test]
fn a_cut_archive_is_refused_wherever_it_is_cut() {
    let whole = sample().gzip();
    assert!(inspect(whole.as_slice(), &Limits::default()).is_ok());
    for length in 1..whole.len() {
        let error = inspect(&whole[..length], &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Truncated(_)), "at {length}: {error}");
    }
    for length in (1..whole.len()).step_by(97) {
        refused(&whole[..length]);
    }
}

#[test]
fn a_cut_tar_inside_whole_gzip_is_refused_wherever_it_is_cut() {
    let whole = sample().ended();
    for length in (0..whole.len()).step_by(64).chain([1, 511, 513, whole.len() - 1, whole.len() - 513]) {
        let error = refused(&gzip(&whole[..length]));
        assert!(matches!(error, Error::Truncated(_)), "at {length}: {error}");
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let whole = sample().gzip();
    for more in [&b"\0"[..], b"x", b"\n", &[0; 600], b"PK\x03\x04"] {
        let error = refused(&[&whole[..], more].concat());
        assert!(matches!(error, Error::TrailingData(_)), "{error}");
    }
    assert!(matches!(refused(&[&whole[..], b"\x1f\x8b"].concat()), Error::Truncated(_)));
    let mut tar = sample().ended();
    tar.extend([0; 512]);
    tar.push(1);
    assert!(matches!(refused(&gzip(&tar)), Error::TrailingData(_)));
    let lone_zero_block = Archive { bytes: vec![0; 512] }.file("a");
    assert!(matches!(refused(&lone_zero_block.gzip()), Error::TrailingData(_)));
}

#[test]
fn a_damaged_archive_never_passes_unnoticed() {
    let whole = sample().gzip();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let result = inspect(damaged.as_slice(), &Limits::default());
        // Some bits mean nothing: the header's time, or what fills a byte up. Then all is as it was.
        let is_harmless = || {
            let mut tar = Vec::new();
            GzDecoder::new(damaged.as_slice()).read_to_end(&mut tar).is_ok() && tar == sample().ended()
        };
        assert!(result.is_err() || is_harmless(), "at {at}");
    }
}

#[test]
fn a_failing_reader_is_not_the_archives_fault() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let whole = sample().gzip();
    for length in [0, 1, 5, 100, whole.len() - 1, whole.len()] {
        let error = inspect((&whole[..length]).chain(Failing), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Read(_)) && !error.is_archive_fault(), "at {length}: {error}");
    }
}

#[test]
fn bytes_may_arrive_one_by_one() {
    struct OneByOne<'a>(&'a [u8], bool);
    impl Read for OneByOne<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }
    let whole = sample().gzip();
    let yard = Yard::new();
    let summary = unpack(OneByOne(&whole, false), &yard.root(), &Limits::default()).unwrap();
    assert_eq!(summary, inspect(whole.as_slice(), &Limits::default()).unwrap());
}

#[test]
fn a_write_error_names_the_entry() {
    let yard = Yard::new();
    // A directory in place of the file: as if someone else wrote into the target meanwhile.
    struct Meddling<'a>(&'a [u8], std::path::PathBuf);
    impl Read for Meddling<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let _ = std::fs::create_dir(&self.1);
            self.0.read(buffer)
        }
    }
    let archive = Archive::new().header(&mut Header::new(b"a", b'0', 0)).gzip();
    let error =
        unpack(Meddling(&archive, yard.root().join("a")), &yard.root(), &Limits::default()).unwrap_err();
    assert!(matches!(&error, Error::Write { name, .. } if name == "\"a\""), "{error}");
    assert!(!error.is_archive_fault());
}

#[test]
fn a_link_swapped_in_meanwhile_is_not_followed() {
    struct Meddling<'a>(&'a [u8], std::path::PathBuf);
    impl Read for Meddling<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let _ = std::os::unix::fs::symlink("..", self.1.join("a"));
            let _ = std::os::unix::fs::symlink("../canary", self.1.join("b"));
            self.0.read(buffer)
        }
    }
    for archive in [Archive::new().file("a/c"), Archive::new().file("b")] {
        let yard = Yard::new();
        let archive = archive.gzip();
        let error = unpack(Meddling(&archive, yard.root()), &yard.root(), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Write { .. }), "{error}");
        assert!(!yard.outside().join("c").exists());
        assert_eq!(std::fs::read_to_string(yard.outside().join("canary")).unwrap(), "alive");
    }
}
