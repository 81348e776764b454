//! Nothing but the written bytes is ever served.

use crate::store::{FRAME, Store, json, noise, open};
use terrane_blob::{Error, MasterKey, Object, ObjectId};

/// Footer of an object with `frames` frames: size, count, a length for each, tag.
fn footer_bytes(frames: usize) -> usize {
    8 + 4 + 4 * frames + 16
}

/// Every way of reading: each gives the written bytes or `Corrupt`; reading all of it gives `Corrupt`.
async fn assert_corrupt(store: &Store, plain: &[u8], object: &Object, what: &str) {
    let got = store.blobs.get(object, u64::MAX).await;
    assert!(matches!(got, Err(Error::Corrupt { .. })), "{what}: {got:?}");
    assert_stream_breaks(store, plain, object, what).await;
    for start in (0..plain.len()).step_by(FRAME) {
        let end = (start + 1_000).min(plain.len());
        match store.blobs.read_range(object, start as u64..end as u64).await {
            Ok(bytes) => assert!(bytes == plain[start..end], "{what}: wrong bytes at {start}"),
            Err(Error::Corrupt { .. }) => {}
            Err(other) => panic!("{what}: {other}"),
        }
    }
}

async fn assert_stream_breaks(store: &Store, plain: &[u8], object: &Object, what: &str) {
    let mut served = Vec::new();
    match store.blobs.read(object).await {
        Err(Error::Corrupt { .. }) => return,
        Err(other) => panic!("{what}: {other}"),
        Ok(mut reader) => loop {
            match reader.next().await {
                Some(Ok(bytes)) => served.extend_from_slice(&bytes),
                Some(Err(Error::Corrupt { .. })) => {
                    assert!(reader.next().await.is_none(), "{what}: goes on after an error");
                    break;
                }
                other => panic!("{what}: {other:?}"),
            }
        },
    }
    assert!(served.len() < plain.len() && plain.starts_with(&served), "{what}: wrong bytes in the stream");
}

#[tokio::test]
async fn five_hundred_flips_are_all_found() {
    let store = Store::new();
    let mut plain = json(2 * FRAME + 5_000);
    plain[FRAME + 100..FRAME + 9_000].copy_from_slice(&noise(8_900, 1));
    let object = store.put(&plain).await;
    let file = store.file(&object.id);
    let stored = std::fs::read(&file).unwrap();
    let ends = 60;
    let middle = (0..500 - 2 * ends).map(|step| ends + step * (stored.len() - 2 * ends) / (500 - 2 * ends));
    let places: Vec<usize> = (0..ends).chain(middle).chain(stored.len() - ends..stored.len()).collect();
    assert_eq!(places.len(), 500);
    for (number, at) in places.into_iter().enumerate() {
        let mut flipped = stored.clone();
        flipped[at] ^= 1 << (number % 8);
        std::fs::write(&file, flipped).unwrap();
        assert_corrupt(&store, &plain, &object, &format!("flip at {at} of {}", stored.len())).await;
    }
    std::fs::write(&file, stored).unwrap();
    assert!(store.blobs.get(&object, u64::MAX).await.unwrap() == plain);
}

#[tokio::test]
async fn cut_and_grown_objects_are_found() {
    let store = Store::new();
    for plain in [noise(2 * FRAME + 9, 3), json(40), Vec::new()] {
        let object = store.put(&plain).await;
        let file = store.file(&object.id);
        let stored = std::fs::read(&file).unwrap();
        let frames = plain.len().div_ceil(FRAME).max(1);
        let footer = stored.len() - footer_bytes(frames);
        for length in [0, 1, 7, 8, 9, footer / 2, footer - 1, footer, footer + 1, stored.len() - 1] {
            std::fs::write(&file, &stored[..length]).unwrap();
            let what = format!("cut to {length} of {}", stored.len());
            assert_corrupt(&store, &plain, &object, &what).await;
            let row = Object { stored_bytes: length as u64, ..object.clone() };
            assert_corrupt(&store, &plain, &row, &format!("{what}, and the row says so")).await;
        }
        std::fs::write(&file, [&stored[..], b"x"].concat()).unwrap();
        assert_corrupt(&store, &plain, &object, "one byte more").await;
    }
}

#[tokio::test]
async fn frames_do_not_change_places() {
    let store = Store::new();
    let plain = noise(4 * FRAME, 4);
    let object = store.put(&plain).await;
    let file = store.file(&object.id);
    let stored = std::fs::read(&file).unwrap();
    // Noise does not compress, so all frames are stored in the same length and the index still fits after a swap.
    let frame = (stored.len() - 8 - footer_bytes(4)) / 4;
    for (one, other) in [(0, 1), (1, 2), (0, 3), (2, 3)] {
        let mut swapped = stored.clone();
        let (low, high) = swapped.split_at_mut(8 + other * frame);
        low[8 + one * frame..8 + (one + 1) * frame].swap_with_slice(&mut high[..frame]);
        std::fs::write(&file, &swapped).unwrap();
        assert_corrupt(&store, &plain, &object, &format!("frames {one} and {other} swapped")).await;
        let mut doubled = stored.clone();
        doubled.copy_within(8 + one * frame..8 + (one + 1) * frame, 8 + other * frame);
        std::fs::write(&file, &doubled).unwrap();
        assert_corrupt(&store, &plain, &object, &format!("frame {one} also at {other}")).await;
    }
}

#[tokio::test]
async fn another_object_under_this_name_is_found() {
    let store = Store::new();
    let plain = noise(FRAME + 5, 6);
    let (one, other) = (store.put(&plain).await, store.put(&noise(FRAME + 5, 7)).await);
    assert_eq!(one.stored_bytes, other.stored_bytes);
    std::fs::copy(store.file(&other.id), store.file(&one.id)).unwrap();
    assert_corrupt(&store, &plain, &one, "bytes of the other").await;
    let row = Object { id: one.id.clone(), ..other.clone() };
    assert_corrupt(&store, &plain, &row, "bytes, key and digest of the other").await;
    let row = Object { wrapped_key: one.wrapped_key.clone(), ..other.clone() };
    assert_corrupt(&store, &plain, &row, "key of another id").await;
}

#[tokio::test]
async fn a_changed_row_is_found() {
    let store = Store::new();
    let plain = json(FRAME + 5);
    let good = store.put(&plain).await;
    let mut digest = good.sha256;
    digest[31] ^= 1;
    assert_corrupt(&store, &plain, &Object { sha256: digest, ..good.clone() }, "digest").await;
    for size_bytes in [good.size_bytes - 1, good.size_bytes + 1, 2 * FRAME as u64 + 1, u64::MAX] {
        let got = store.blobs.get(&Object { size_bytes, ..good.clone() }, u64::MAX).await;
        assert!(matches!(got, Err(Error::Corrupt { .. })), "{size_bytes}: {got:?}");
    }
    for wrapped_key in [Vec::new(), vec![2; 73], good.wrapped_key[..40].to_vec()] {
        let got = store.blobs.get(&Object { wrapped_key, ..good.clone() }, u64::MAX).await;
        assert!(matches!(got, Err(Error::Corrupt { .. })), "{got:?}");
    }
    let got = store.blobs.get(&Object { format_version: 2, ..good }, u64::MAX).await;
    assert!(matches!(got, Err(Error::Version { version: 2, .. })), "{got:?}");
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    let store = Store::new();
    let object = store.put(b"secret").await;
    let other = open(store.folder.path(), &MasterKey::generate());
    assert!(matches!(other.get(&object, 100).await, Err(Error::Corrupt { .. })));
    assert!(matches!(other.read(&object).await, Err(Error::Corrupt { .. })));
    assert!(matches!(other.read_range(&object, 0..1).await, Err(Error::Corrupt { .. })));
}

#[tokio::test]
async fn a_missing_object_is_missing_and_not_corrupt() {
    let store = Store::new();
    let object = Object { id: ObjectId::random(), ..store.put(b"x").await };
    // The key is bound to the name, so a row for a name that never was does not even open its key.
    assert!(matches!(store.blobs.get(&object, 100).await, Err(Error::Corrupt { .. })));
    let object = store.put(b"x").await;
    std::fs::remove_file(store.file(&object.id)).unwrap();
    assert!(matches!(store.blobs.get(&object, 100).await, Err(Error::Missing { .. })));
    assert!(matches!(store.blobs.read_range(&object, 0..1).await, Err(Error::Missing { .. })));
}
