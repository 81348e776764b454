//! Made-up archives: inspecting and unpacking agree, and nothing gets out.

use proptest::{collection::vec, prelude::*};
use terrane_slug::{Limits, inspect};

use crate::{
    archive::{Archive, gzip},
    yard::Yard,
};

#[derive(Debug, Clone)]
enum Part {
    File(String, usize),
    Directory(String),
    Symlink(String, String),
    Other(u8, String),
    LongName(String),
    LongTarget(String),
    Pax(Vec<(&'static str, String)>),
    Raw(Vec<u8>),
}

/// Few names, so that entries meet.
fn path() -> impl Strategy<Value = String> {
    let component = prop_oneof![
        8 => "[abc]".boxed(),
        1 => prop_oneof![Just(".."), Just("."), Just(""), Just("._a"), Just("é"), Just("\0")]
            .prop_map(str::to_owned)
            .boxed(),
    ];
    vec(component, 1..5).prop_map(|components| components.join("/"))
}

fn target() -> impl Strategy<Value = String> {
    let component =
        prop_oneof![3 => "[abc]".boxed(), 3 => Just("..".to_owned()).boxed(), 1 => "[/.]".boxed()];
    vec(component, 1..5).prop_map(|components| components.join("/"))
}

fn part() -> impl Strategy<Value = Part> {
    let key = prop_oneof![Just("path"), Just("linkpath"), Just("size"), Just("comment")];
    prop_oneof![
        8 => (path(), 0_usize..1200).prop_map(|(path, size)| Part::File(path, size)),
        4 => path().prop_map(Part::Directory),
        8 => (path(), target()).prop_map(|(path, target)| Part::Symlink(path, target)),
        1 => (any::<u8>(), path()).prop_map(|(kind, path)| Part::Other(kind, path)),
        1 => path().prop_map(Part::LongName),
        1 => target().prop_map(Part::LongTarget),
        1 => vec((key, path()), 0..3).prop_map(Part::Pax),
        1 => vec(any::<u8>(), 0..600).prop_map(Part::Raw),
    ]
}

/// Archives of which a good share is accepted: names that are refused come only now and then.
fn tame_part() -> impl Strategy<Value = Part> {
    let name = |prefix: &'static str| {
        vec("[abc]", 1..4).prop_map(move |components| format!("{}{prefix}", components.join("/")))
    };
    prop_oneof![
        (name("f"), 0_usize..600).prop_map(|(path, size)| Part::File(path, size)),
        name("").prop_map(Part::Directory),
        (name("l"), "((\\.\\./)?[abc](l|f)?/)(\\.\\./)?[abc](l|f)?")
            .prop_map(|(path, target)| Part::Symlink(path, target)),
    ]
}

fn build(parts: &[Part]) -> Vec<u8> {
    let archive = parts.iter().fold(Archive::new(), |archive, part| match part {
        Part::File(path, size) => archive.entry(path, b'0', &vec![b'x'; *size]),
        Part::Directory(path) => archive.directory(path),
        Part::Symlink(path, target) => archive.symlink(path, target),
        Part::Other(kind, path) => archive.entry(path, *kind, b""),
        Part::LongName(path) => archive.long(b'L', path),
        Part::LongTarget(target) => archive.long(b'K', target),
        Part::Pax(records) => {
            let records: Vec<_> = records.iter().map(|(key, value)| (*key, value.as_str())).collect();
            archive.pax(b'x', &records)
        }
        Part::Raw(bytes) => archive.content(bytes),
    });
    archive.ended()
}

fn check(tar: &[u8], cut: prop::sample::Index, limits: &Limits) {
    let (first, second) = tar.split_at(cut.index(tar.len()));
    let yard = Yard::new();
    if let Ok(summary) = yard.take(&[gzip(first), gzip(second)].concat(), limits) {
        let lines = yard.listing();
        let count = |test: &dyn Fn(&&String) -> bool| lines.iter().filter(test).count() as u64;
        assert_eq!(count(&|line| line.contains("/ 7")), summary.directories);
        assert_eq!(count(&|line| line.contains(" -> ")), summary.symlinks);
        assert_eq!(lines.len() as u64, summary.directories + summary.symlinks + summary.files);
    }
    // Also what was written before a refusal must not lead out.
    yard.assert_links_stay_inside();
}

fn small_limits() -> impl Strategy<Value = Limits> {
    (500_u64..20_000, 1_u64..30, 3_usize..40, 1_usize..5).prop_map(|(bytes, entries, path, depth)| Limits {
        unpacked_bytes_max: bytes,
        entries_max: entries,
        path_bytes_max: path,
        depth_max: depth,
        ratio_max: 20,
        ratio_free_bytes: bytes / 2,
    })
}

proptest! {
    #[test]
    fn inspecting_and_unpacking_agree(parts in vec(part(), 0..12), cut in any::<prop::sample::Index>()) {
        check(&build(&parts), cut, &Limits::default());
    }

    #[test]
    fn they_agree_on_what_is_accepted(parts in vec(tame_part(), 0..10), cut in any::<prop::sample::Index>()) {
        check(&build(&parts), cut, &Limits::default());
    }

    #[test]
    fn they_agree_at_the_limits(
        parts in vec(part(), 0..12),
        cut in any::<prop::sample::Index>(),
        limits in small_limits(),
    ) {
        check(&build(&parts), cut, &limits);
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..2000)) {
        let limits = Limits::default();
        prop_assert!(inspect(bytes.as_slice(), &limits).is_err());
        prop_assert!(inspect([&[0x1f, 0x8b, 8, 0][..], &bytes].concat().as_slice(), &limits).is_err());
        prop_assert!(inspect(gzip(&bytes).as_slice(), &limits).is_err());
    }

    #[test]
    fn a_damaged_archive_does_no_harm(
        parts in vec(part(), 1..8),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut tar = build(&parts);
        for (at, byte) in damage {
            let at = at.index(tar.len());
            tar[at] = byte;
        }
        Yard::new().take(&gzip(&tar), &Limits::default()).ok();
    }
}
