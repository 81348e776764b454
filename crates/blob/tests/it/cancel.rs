//! Callers come and go: a request that is cancelled must not change what the next call gives.

use crate::store::{FRAME, Store, noise};
use std::time::Duration;
use terrane_blob::{Error, ObjectId};
use tokio::time::timeout;

#[tokio::test]
async fn a_cancelled_next_loses_nothing() {
    let store = Store::new();
    let plain = noise(7 * FRAME + 3, 8);
    let object = store.put(&plain).await;
    let mut reader = store.blobs.read(&object).await.unwrap();
    let (mut served, mut cancelled) = (Vec::new(), 0);
    loop {
        match timeout(Duration::from_micros(50), reader.next()).await {
            Err(_) => cancelled += 1,
            Ok(Some(bytes)) => served.extend_from_slice(&bytes.unwrap()),
            Ok(None) => break,
        }
    }
    assert!(served == plain && cancelled > 0, "{} bytes, {cancelled} cancelled", served.len());
}

#[tokio::test]
async fn a_cancelled_write_gives_what_was_accepted_or_nothing() {
    let store = Store::new();
    let plain = noise(9 * FRAME, 9);
    for micros in (0..2_000).step_by(100) {
        let mut writer = store.blobs.writer(ObjectId::random());
        let _ = timeout(Duration::from_micros(micros), writer.write(&plain)).await;
        let accepted = writer.bytes_written() as usize;
        match writer.finish().await {
            Ok(object) => assert!(store.blobs.get(&object, u64::MAX).await.unwrap() == plain[..accepted]),
            Err(Error::WriterFailed { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
