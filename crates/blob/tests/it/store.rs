//! A store in a temporary folder, and bytes to put into it.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use terrane_blob::{Blobs, MasterKey, Object, ObjectId};

pub(crate) const KI: usize = 1024;
pub(crate) const FRAME: usize = 256 * KI;

pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) blobs: Blobs,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = open(folder.path(), &MasterKey::generate());
        Self { folder, blobs }
    }

    pub(crate) async fn put(&self, bytes: &[u8]) -> Object {
        self.blobs.put(ObjectId::random(), bytes.to_vec().into()).await.unwrap()
    }

    /// The file an object lies in.
    pub(crate) fn file(&self, id: &ObjectId) -> PathBuf {
        self.folder.path().join("v1").join(&id.as_str()[4..6]).join(id.as_str())
    }

    /// Every file in the store.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

pub(crate) fn open(folder: &Path, master: &MasterKey) -> Blobs {
    Blobs::open(folder.to_str().unwrap(), master).unwrap()
}

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

/// Bytes that compress as plans do.
pub(crate) fn json(length: usize) -> Vec<u8> {
    let change = |number: usize| {
        format!(
            r#"{{"address":"null_resource.n[{number}]","change":{{"actions":["create"],"after":{{"id":{number}}}}}}}"#
        )
    };
    (0..).flat_map(|number| change(number).into_bytes()).take(length).collect()
}
