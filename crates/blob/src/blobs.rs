//! The store: where objects are written, read and deleted.

use crate::cpu::Cpu;
use crate::error::Error;
use crate::format::{FRAME_BYTES, frames_of};
use crate::frames::Frames;
use crate::id::ObjectId;
use crate::key::MasterKey;
use crate::object::Object;
use crate::place::Place;
use crate::reader::Reader;
use crate::recent::Recent;
use crate::source::Extent;
use crate::wrap::Wrapper;
use crate::writer::Writer;
use bytes::{Bytes, BytesMut};
use object_store::ObjectStoreExt as _;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A store of write-once objects. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    pub(crate) place: Place,
    pub(crate) cpu: Cpu,
    pub(crate) wrapper: Arc<Wrapper>,
    pub(crate) recent: Recent,
}

impl Blobs {
    /// Opens the store at a URL: `file:///absolute/path` or a plain path (made if missing, mode 0700), `s3://bucket/…`,
    /// `gs://bucket/…`, `az://container/…`. Buckets take their options and credentials from the environment
    /// (`AWS_*`, `GOOGLE_*`, `AZURE_*`). Touches the disk, but no network: see [`Blobs::check`].
    ///
    /// [`Error::Open`] names the URL without credentials.
    pub fn open(url: &str, master: &MasterKey) -> Result<Self, Error> {
        Ok(Self::over(Place::open(url)?, master))
    }

    /// A store over an opened place.
    pub(crate) fn over(place: Place, master: &MasterKey) -> Self {
        Self { place, cpu: Cpu::new(), wrapper: Arc::new(Wrapper::new(master)), recent: Recent::default() }
    }

    /// Whether the store works: writes, reads and removes a probe; in a bucket only until that has worked once, from
    /// then on it reads one entry of the listing. [`Error::Store`] says what is wrong.
    pub async fn check(&self) -> Result<(), Error> {
        crate::probe::check(&self.place).await
    }

    /// Starts an object. Nothing is stored under the id before [`Writer::finish`].
    pub fn writer(&self, id: ObjectId) -> Writer {
        Writer::new(self.place.clone(), self.cpu.clone(), &self.wrapper, id)
    }

    /// Writes an object that is in memory already; errors as for [`Writer::finish`].
    pub async fn put(&self, id: ObjectId, bytes: Bytes) -> Result<Object, Error> {
        let mut writer = self.writer(id);
        writer.write(&bytes).await?;
        writer.finish().await
    }

    /// All bytes of an object, verified. [`Error::TooLarge`] above `bytes_max`, [`Error::Missing`], and
    /// [`Error::Corrupt`] when what is stored is not what was written.
    pub async fn get(&self, object: &Object, bytes_max: u64) -> Result<Bytes, Error> {
        let (id, size_bytes) = (&object.id, object.size_bytes);
        let too_large = || Error::TooLarge { id: id.clone(), size_bytes, bytes_max };
        let capacity =
            usize::try_from(size_bytes).ok().filter(|_| size_bytes <= bytes_max).ok_or_else(too_large)?;
        let frames = Frames::open(self, object, Extent::Whole).await?;
        collect(frames.all(object.sha256), capacity).await
    }

    /// An object as a stream of verified frames. When this returns, the first frame has been verified, so a caller may
    /// begin its answer; the SHA-256 of the whole is checked before the last frame is handed out.
    pub async fn read(&self, object: &Object) -> Result<Reader, Error> {
        let frames = Frames::open(self, object, Extent::Whole).await?;
        Reader::open(frames, object).await
    }

    /// A range of the plain bytes; only the frames it touches are fetched and verified. [`Error::Range`] when it does
    /// not lie inside the object. The range is held in memory: the caller bounds it.
    pub async fn read_range(&self, object: &Object, range: Range<u64>) -> Result<Bytes, Error> {
        let Range { start, end } = range;
        if start > end || end > object.size_bytes {
            return Err(Error::Range { id: object.id.clone(), start, end, size_bytes: object.size_bytes });
        }
        let frames = Frames::open(self, object, Extent::Range).await?;
        if start == end {
            return Ok(Bytes::new());
        }
        let (wanted, skipped) = frames_of(&range);
        let length = usize::try_from(end - start).map_err(|_| Error::TooLarge {
            id: object.id.clone(),
            size_bytes: end - start,
            bytes_max: usize::MAX as u64,
        })?;
        let capacity = wanted.len() * FRAME_BYTES;
        let frames = collect(frames.only(wanted), capacity).await?;
        Ok(frames.slice(skipped..skipped + length))
    }

    /// Removes an object, durably; a missing one is fine. Without its wrapped key an object is unreadable anyway.
    pub async fn delete(&self, id: &ObjectId) -> Result<(), Error> {
        match self.place.store().delete(&self.place.path(id)).await {
            Ok(()) => self.place.sync_folder(id).await,
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.place.error("delete object", id, &error)),
        }
    }
}

/// Only the place.
impl fmt::Debug for Blobs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Blobs").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Joins frames; a single one is not copied.
async fn collect(mut frames: Frames, capacity: usize) -> Result<Bytes, Error> {
    let first = frames.next().await?.unwrap_or_default();
    let Some(second) = frames.next().await? else { return Ok(first) };
    let mut joined = BytesMut::with_capacity(capacity);
    joined.extend_from_slice(&first);
    joined.extend_from_slice(&second);
    while let Some(frame) = frames.next().await? {
        joined.extend_from_slice(&frame);
    }
    Ok(joined.freeze())
}

/// Buckets, played by the store in memory: they take the path of multipart uploads and listings.
#[cfg(test)]
mod tests {
    use super::Blobs;
    use crate::place::Place;
    use crate::redact::Secrets;
    use crate::{Error, MasterKey, ObjectId};
    use futures_util::StreamExt as _;
    use object_store::memory::InMemory;
    use object_store::{ObjectStore as _, ObjectStoreExt as _};
    use std::sync::Arc;

    fn bucket() -> (Arc<InMemory>, Blobs) {
        let store = Arc::new(InMemory::new());
        let place =
            Place::new(store.clone(), "some/prefix".into(), "memory".to_owned(), Secrets::default(), None);
        (store, Blobs::over(place, &MasterKey::generate()))
    }

    /// Bytes that stay larger than two parts of a bucket.
    fn large() -> Vec<u8> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33).to_le_bytes()
        };
        std::iter::repeat_with(&mut next).flatten().take(24 << 20).collect()
    }

    #[tokio::test]
    async fn a_bucket_keeps_what_a_folder_keeps() {
        let (store, blobs) = bucket();
        blobs.check().await.unwrap();
        blobs.check().await.unwrap();
        for plain in [Vec::new(), b"small".to_vec(), large()] {
            let object = blobs.put(ObjectId::random(), plain.clone().into()).await.unwrap();
            assert!(blobs.get(&object, u64::MAX).await.unwrap() == plain);
            let middle = plain.len() / 2;
            let read = blobs.read_range(&object, middle as u64..plain.len() as u64).await.unwrap();
            assert!(read == plain[middle..]);
            let again = blobs.put(object.id.clone(), plain.clone().into()).await;
            assert!(matches!(again, Err(Error::Exists { .. })), "{}", plain.len());
            let path = blobs.place.path(&object.id);
            assert!(path.as_ref().starts_with("some/prefix/v1/"));
            let stored = store.get(&path).await.unwrap().bytes().await.unwrap();
            store.put(&path, stored.slice(..stored.len() - 1).into()).await.unwrap();
            assert!(matches!(blobs.get(&object, u64::MAX).await, Err(Error::Corrupt { .. })));
            blobs.delete(&object.id).await.unwrap();
            assert!(matches!(blobs.get(&object, u64::MAX).await, Err(Error::Missing { .. })));
        }
        assert_eq!(store.list(None).count().await, 0);
    }
}
