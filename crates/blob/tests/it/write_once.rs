//! An object is written once, all of it or nothing.

use crate::store::{FRAME, Store, json, noise};
use std::time::Duration;
use terrane_blob::{Error, ObjectId};

#[tokio::test]
async fn nothing_is_overwritten() {
    let store = Store::new();
    for size in [10, 5 * FRAME] {
        let (plain, id) = (noise(size, 1), ObjectId::random());
        let object = store.blobs.put(id.clone(), plain.clone().into()).await.unwrap();
        for other in [noise(10, 2), noise(5 * FRAME, 2), plain.clone()] {
            let again = store.blobs.put(id.clone(), other.into()).await;
            assert!(matches!(again, Err(Error::Exists { id: existing }) if existing == id));
        }
        assert!(store.blobs.get(&object, u64::MAX).await.unwrap() == plain);
    }
    assert_eq!(store.files().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_of_one_name_one_wins() {
    let store = Store::new();
    for size in [100, 3 * FRAME] {
        let id = ObjectId::random();
        let tasks = (0..8_u64).map(|seed| {
            let (blobs, id) = (store.blobs.clone(), id.clone());
            tokio::spawn(async move { (seed, blobs.put(id, noise(size, seed).into()).await) })
        });
        let mut won = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                (seed, Ok(object)) => won.push((seed, object)),
                (_, Err(Error::Exists { .. })) => {}
                (_, Err(other)) => panic!("{other}"),
            }
        }
        let [(seed, object)] = &won[..] else { panic!("{} winners", won.len()) };
        assert!(store.blobs.get(object, u64::MAX).await.unwrap() == noise(size, *seed));
    }
    assert_eq!(store.files().len(), 2);
}

#[tokio::test]
async fn nothing_is_readable_before_finish() {
    let store = Store::new();
    let id = ObjectId::random();
    let mut writer = store.blobs.writer(id.clone());
    writer.write(&noise(10 * FRAME, 1)).await.unwrap();
    assert!(!store.file(&id).exists());
    assert_eq!(store.files().len(), 1, "the parts grow elsewhere");
    writer.finish().await.unwrap();
    assert_eq!(store.files(), [store.file(&id)]);
}

#[tokio::test]
async fn an_aborted_or_dropped_writer_leaves_nothing() {
    let store = Store::new();
    for size in [0, 10, 10 * FRAME] {
        let mut aborted = store.blobs.writer(ObjectId::random());
        aborted.write(&noise(size, 1)).await.unwrap();
        aborted.abort().await;
        assert!(store.files().is_empty(), "{size}");
        let mut dropped = store.blobs.writer(ObjectId::random());
        dropped.write(&noise(size, 1)).await.unwrap();
        drop(dropped);
        for _ in 0..500 {
            if store.files().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(store.files().is_empty(), "{size} dropped");
    }
}

#[tokio::test]
async fn deleting_is_final_and_may_be_repeated() {
    let store = Store::new();
    let object = store.put(&json(1_000)).await;
    store.blobs.delete(&object.id).await.unwrap();
    store.blobs.delete(&object.id).await.unwrap();
    store.blobs.delete(&ObjectId::random()).await.unwrap();
    assert!(matches!(store.blobs.get(&object, u64::MAX).await, Err(Error::Missing { .. })));
    assert!(store.files().is_empty());
}
