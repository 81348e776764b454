//! What is written comes back.

use crate::store::{FRAME, KI, Store, json, noise, open};
use bytes::Bytes;
use futures_util::StreamExt as _;
use terrane_blob::{Error, MasterKey, ObjectId};

const SIZES: [usize; 10] =
    [0, 1, 255 * KI - 1, 255 * KI, 255 * KI + 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 5 * KI * KI];

#[tokio::test]
async fn every_size_comes_back() {
    let store = Store::new();
    for size in SIZES {
        for plain in [noise(size, size as u64), json(size)] {
            let object = store.put(&plain).await;
            assert_eq!(object.size_bytes, size as u64);
            assert_eq!(object.format_version, 1);
            assert_eq!(object.stored_bytes, std::fs::metadata(store.file(&object.id)).unwrap().len());
            assert!(store.blobs.get(&object, size as u64).await.unwrap() == plain, "{size}");

            let reader = store.blobs.read(&object).await.unwrap();
            assert_eq!(reader.size_bytes(), size as u64);
            let parts: Vec<Bytes> = reader.into_stream().map(Result::unwrap).collect().await;
            assert!(parts.concat() == plain, "{size} as a stream");
            assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= FRAME));
        }
    }
}

/// As the layer does that compresses an answer.
#[tokio::test]
async fn a_stream_may_be_polled_after_its_end() {
    let store = Store::new();
    let object = store.put(&noise(FRAME + 1, 3)).await;
    let mut stream = std::pin::pin!(store.blobs.read(&object).await.unwrap().into_stream());
    while stream.next().await.is_some() {}
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn pieces_of_any_size_make_the_same_object() {
    let store = Store::new();
    let plain = noise(3 * FRAME + 17, 5);
    for piece in [1_000, FRAME - 1, FRAME, FRAME + 1, plain.len()] {
        let mut writer = store.blobs.writer(ObjectId::random());
        for bytes in plain.chunks(piece) {
            writer.write(bytes).await.unwrap();
            writer.write(&[]).await.unwrap();
        }
        assert_eq!(writer.bytes_written(), plain.len() as u64);
        let object = writer.finish().await.unwrap();
        assert!(store.blobs.get(&object, u64::MAX).await.unwrap() == plain, "{piece}");
        let whole = store.put(&plain).await;
        assert_eq!((object.sha256, object.stored_bytes), (whole.sha256, whole.stored_bytes));
    }
}

#[tokio::test]
async fn objects_outlive_the_process_and_nothing_plain_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::generate();
    let canary = b"canary-8c1f-never-on-disk".repeat(100);
    let object = open(folder.path(), &master).put(ObjectId::random(), canary.clone().into()).await.unwrap();
    let store = Store { blobs: open(folder.path(), &MasterKey::parse(&master.to_hex()).unwrap()), folder };
    assert!(store.blobs.get(&object, u64::MAX).await.unwrap() == canary);
    for file in store.files() {
        let stored = std::fs::read(&file).unwrap();
        assert!(!stored.windows(10).any(|window| window == &canary[..10]));
    }
}

#[tokio::test]
async fn json_shrinks() {
    let store = Store::new();
    let object = store.put(&json(5 * KI * KI)).await;
    assert!(object.stored_bytes < object.size_bytes / 5, "{} of {}", object.stored_bytes, object.size_bytes);
}

#[tokio::test]
async fn get_keeps_to_the_limit() {
    let store = Store::new();
    let object = store.put(&json(1_000)).await;
    assert!(store.blobs.get(&object, 1_000).await.is_ok());
    let refused = store.blobs.get(&object, 999).await;
    assert!(matches!(refused, Err(Error::TooLarge { size_bytes: 1_000, bytes_max: 999, .. })));
}

#[tokio::test]
async fn many_writers_and_readers_at_once() {
    let store = Store::new();
    let tasks = (0..16_u64).map(|seed| {
        let blobs = store.blobs.clone();
        tokio::spawn(async move {
            let plain = noise(2 * FRAME + seed as usize, seed);
            let mut writer = blobs.writer(ObjectId::random());
            for bytes in plain.chunks(100_000) {
                writer.write(bytes).await.unwrap();
            }
            let object = writer.finish().await.unwrap();
            assert!(blobs.get(&object, u64::MAX).await.unwrap() == plain);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
