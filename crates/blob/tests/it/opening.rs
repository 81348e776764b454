//! Opening a store: where it may lie, and what its errors tell.

use crate::store::{FRAME, Store, noise};
use std::os::unix::fs::PermissionsExt as _;
use terrane_blob::{Blobs, Error, MasterKey, ObjectId};

fn fails(url: &str) -> String {
    let error = Blobs::open(url, &MasterKey::generate()).unwrap_err();
    format!("{error} {error:?}")
}

#[tokio::test]
async fn a_path_and_a_file_url_are_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/blobs and more");
    let master = MasterKey::generate();
    let by_path = Blobs::open(path.to_str().unwrap(), &master).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let object = by_path.put(ObjectId::random(), "x".into()).await.unwrap();
    let url = format!("file://{}", path.to_str().unwrap().replace(' ', "%20"));
    let by_url = Blobs::open(&url, &master).unwrap();
    assert_eq!(by_url.get(&object, 1).await.unwrap(), "x");
    by_url.check().await.unwrap();
}

#[test]
fn buckets_open_without_a_network() {
    for url in ["s3://bucket", "s3://bucket/some/prefix", "gs://bucket/prefix"] {
        let blobs = Blobs::open(url, &MasterKey::generate()).unwrap();
        assert!(format!("{blobs:?}").contains(url));
    }
}

#[test]
fn errors_name_the_place_but_no_credentials() {
    for url in [
        "s3://user:canary1@bucket/prefix",
        "s3://canary1@bucket/prefix",
        "s3://user:can/canary1@bucket",
        "s3://user:a b canary1@bucket",
        "az://container:canary1@account/prefix",
        "gs://bucket/prefix?key=canary1",
        "https://user:canary1@example.com/prefix",
        "ftp://user:canary1@example.com",
        "s3://user:canary1@[bad",
    ] {
        let text = fails(url);
        assert!(text.contains("://") && !text.contains("canary1"), "{text}");
    }
    assert!(fails("").contains("empty"));
    assert!(fails("file://relative").contains("absolute"));
}

#[test]
fn a_place_that_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below")] {
        let text = fails(path.to_str().unwrap());
        assert!(text.contains("create folder") && text.contains(file.to_str().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn a_store_that_breaks_later_says_why() {
    let store = Store::new();
    store.blobs.check().await.unwrap();
    assert!(store.files().is_empty());
    let root = store.folder.path().to_owned();
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, "a file where the store was").unwrap();
    let error = store.blobs.check().await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error}");
    for size in [10, 10 * FRAME] {
        let id = ObjectId::random();
        let mut writer = store.blobs.writer(id.clone());
        let written = writer.write(&noise(size, 1)).await;
        let error = match written {
            Ok(()) => writer.finish().await.unwrap_err(),
            Err(error) => {
                assert!(matches!(writer.write(b"x").await, Err(Error::WriterFailed { .. })));
                assert!(matches!(writer.finish().await, Err(Error::WriterFailed { .. })));
                error
            }
        };
        assert!(matches!(error, Error::Store { .. }) && error.to_string().contains(id.as_str()), "{error}");
    }
    std::fs::remove_file(root).unwrap();
}

#[tokio::test]
async fn debug_shows_no_key_and_no_digest() {
    let store = Store::new();
    let object = store.put(b"x").await;
    let reader = store.blobs.read(&object).await.unwrap();
    let writer = store.blobs.writer(ObjectId::random());
    let text = format!("{object:?} {reader:?} {writer:?} {:?}", store.blobs);
    for hidden in ["wrapped_key", "sha256", "cipher", "key"] {
        assert!(!text.contains(hidden), "{text}");
    }
}
