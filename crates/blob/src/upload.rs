//! Sealed bytes on their way into the store: nothing is readable under the object's name before [`Upload::publish`],
//! and when that returns the object is durable.
//!
//! A small object is one `put` that refuses to overwrite. A large one goes in parts:
//!
//! * On disk the parts grow a file in `unfinished/`, which is synced, then hard-linked to its name (a link refuses to
//!   overwrite), then the folder is synced. So the order is: data on disk, name on disk, answer.
//! * In a bucket it is a multipart upload, which becomes visible when it is completed. Completing cannot refuse to
//!   overwrite on every store, so the name is looked up just before. Between the two a second writer of the *same* id
//!   could slip in; ids are random and given out once, and the loser's row would answer [`Error::Corrupt`], never with
//!   other bytes.

use crate::error::Error;
use crate::format::HEADER;
use crate::id::ObjectId;
use crate::place::Place;
use bytes::BytesMut;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutMode, PutPayload};
use tokio::runtime::Handle;

/// On disk a part is only a write; this bounds memory.
const PART_BYTES_LOCAL: usize = 256 * 1024;
/// The smallest part S3 and GCS take; R2 wants all parts of one size.
const PART_BYTES_BUCKET: usize = 5 * 1024 * 1024;

/// An object being stored.
pub(crate) struct Upload {
    place: Place,
    id: ObjectId,
    /// What is not yet in the store: less than one part.
    pending: BytesMut,
    parts: Option<Parts>,
    stored_bytes: u64,
}

/// Not `Sync`, so methods that await take `&mut self`: then their futures may still move between threads.
struct Parts {
    upload: Box<dyn MultipartUpload>,
    path: Path,
}

impl Upload {
    /// An upload that has touched nothing yet.
    pub(crate) fn new(place: Place, id: ObjectId) -> Self {
        let pending = BytesMut::from(&HEADER[..]);
        Self { place, id, pending, parts: None, stored_bytes: HEADER.len() as u64 }
    }

    /// Adds sealed bytes; full parts go to the store.
    pub(crate) async fn append(&mut self, sealed: &[u8]) -> Result<(), Error> {
        self.stored_bytes += sealed.len() as u64;
        self.pending.extend_from_slice(sealed);
        let part_bytes = if self.place.is_local() { PART_BYTES_LOCAL } else { PART_BYTES_BUCKET };
        while self.pending.len() >= part_bytes {
            let part = self.pending.split_to(part_bytes);
            self.send(part).await?;
        }
        Ok(())
    }

    /// Makes the object visible under its name; durable on return. Gives its stored size.
    pub(crate) async fn publish(mut self) -> Result<u64, Error> {
        self.place.make_folder(&self.id).await?;
        let rest = self.pending.split();
        if self.parts.is_none() {
            self.put(rest.freeze().into()).await?;
            return Ok(self.stored_bytes);
        }
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        let published = self.complete().await;
        if published.is_err() {
            self.discard().await;
        }
        published.map(|()| self.stored_bytes)
    }

    /// Removes what was stored so far.
    pub(crate) async fn discard(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            // The caller gives the object up either way; a bucket's lifecycle rule or the next start removes the rest.
            let _ = parts.upload.abort().await;
        }
    }

    async fn send(&mut self, part: BytesMut) -> Result<(), Error> {
        if self.parts.is_none() {
            let path = if self.place.is_local() {
                self.place.unfinished(&self.id, ObjectId::random().as_str())
            } else {
                self.place.path(&self.id)
            };
            let upload =
                self.place.store().put_multipart(&path).await.map_err(|error| self.failed(&error))?;
            self.parts = Some(Parts { upload, path });
        }
        let parts = self.parts.as_mut().expect("made above");
        let sent = parts.upload.put_part(part.freeze().into()).await;
        sent.map_err(|error| self.failed(&error))
    }

    async fn put(&mut self, payload: PutPayload) -> Result<(), Error> {
        let path = self.place.path(&self.id);
        match self.place.store().put_opts(&path, payload.clone(), PutMode::Create.into()).await {
            // A bucket whose conditional writes are switched off.
            Err(object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }) => {
                self.refuse_existing(&path).await?;
                let put = self.place.store().put_opts(&path, payload, PutMode::Overwrite.into()).await;
                put.map_err(|error| self.failed(&error))?;
            }
            put => {
                put.map_err(|error| self.failed(&error))?;
            }
        }
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), Error> {
        let target = self.place.path(&self.id);
        if !self.place.is_local() {
            self.refuse_existing(&target).await?;
        }
        let Some(parts) = self.parts.as_mut() else { return Ok(()) };
        let completed = parts.upload.complete().await;
        let unfinished = parts.path.clone();
        completed.map_err(|error| self.failed(&error))?;
        self.parts = None;
        if unfinished == target {
            return Ok(());
        }
        let linked = self.place.store().copy_if_not_exists(&unfinished, &target).await;
        // Whether the link was made or not, the other name has no use; a file that stays is swept at a later start.
        let _ = self.place.store().delete(&unfinished).await;
        linked.map_err(|error| self.failed(&error))
    }

    async fn refuse_existing(&mut self, path: &Path) -> Result<(), Error> {
        match self.place.store().head(path).await {
            Ok(_) => Err(Error::Exists { id: self.id.clone() }),
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &object_store::Error) -> Error {
        self.place.error("write object", &self.id, error)
    }
}

/// A writer that is dropped leaves nothing behind: buckets keep, and bill, the parts of an upload nobody aborts.
impl Drop for Upload {
    fn drop(&mut self) {
        if let (Some(mut parts), Ok(runtime)) = (self.parts.take(), Handle::try_current()) {
            runtime.spawn(async move { parts.upload.abort().await });
        }
    }
}
