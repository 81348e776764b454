//! A range is the same slice of the whole, wherever it begins and ends.

use crate::store::{FRAME, Store, json, noise};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use std::ops::Range;
use terrane_blob::{Error, Object};

const LARGEST: usize = 9 * FRAME + 1;
const SIZES: [usize; 7] = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME + 77, LARGEST];

/// A place in an object: anywhere, and often within two bytes of a border between frames or of the end.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..=LARGEST,
        (0..=LARGEST / FRAME + 1, -2..=2_isize)
            .prop_map(|(frame, off)| (frame * FRAME).saturating_add_signed(off)),
        (-2..=0_isize).prop_map(|off| LARGEST.saturating_add_signed(off)),
    ]
}

async fn check(store: &Store, plain: &[u8], object: &Object, range: Range<usize>) {
    let read = store.blobs.read_range(object, range.start as u64..range.end as u64).await;
    match plain.get(range.clone()) {
        Some(wanted) => assert!(read.unwrap() == wanted, "{range:?} of {}", plain.len()),
        None => assert!(matches!(read, Err(Error::Range { .. })), "{range:?} of {}", plain.len()),
    }
}

#[test]
fn any_range_is_the_slice() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::new();
    let objects: Vec<(Vec<u8>, Object)> = SIZES
        .iter()
        .flat_map(|size| [noise(*size, *size as u64), json(*size)])
        .map(|plain| {
            let object = runtime.block_on(store.put(&plain));
            (plain, object)
        })
        .collect();
    let mut runner = TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    let strategy = (any::<proptest::sample::Index>(), place(), place());
    runner
        .run(&strategy, |(chosen, one, other)| {
            let (plain, object) = &objects[chosen.index(objects.len())];
            runtime.block_on(check(&store, plain, object, one.min(other)..one.max(other)));
            runtime.block_on(check(&store, plain, object, one..one + 1));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn backwards_and_boundless_ranges_are_refused() {
    let store = Store::new();
    let plain = json(100);
    let object = store.put(&plain).await;
    check(&store, &plain, &object, 0..0).await;
    check(&store, &plain, &object, 100..100).await;
    check(&store, &plain, &object, 101..101).await;
    for (start, end) in [(60, 50), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        let read = store.blobs.read_range(&object, Range { start, end }).await;
        assert!(matches!(read, Err(Error::Range { .. })), "{start}..{end}");
    }
}
