//! Reading an object as a stream.

use crate::error::Error;
use crate::frames::Frames;
use crate::object::Object;
use bytes::Bytes;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt as _};
use std::fmt;

/// The plain bytes of an object, frame by frame (256 KiB, the last one shorter; an empty object gives nothing).
///
/// Every frame is authenticated before it is handed out, and the SHA-256 of the whole is checked before the last one
/// is. A reader holds about 2 MiB. After an error the stream ends.
pub struct Reader {
    frames: Frames,
    /// The first frame, verified before the caller has promised anything to anybody.
    first: Option<Bytes>,
    ended: bool,
    size_bytes: u64,
}

impl Reader {
    pub(crate) async fn open(frames: Frames, object: &Object) -> Result<Self, Error> {
        let mut frames = frames.all(object.sha256);
        let first = frames.next().await?.filter(|bytes| !bytes.is_empty());
        Ok(Self { frames, first, ended: false, size_bytes: object.size_bytes })
    }

    /// Size of the whole object in plain bytes, as authenticated.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The next bytes; `None` at the end. [`Error::Corrupt`] when the stored bytes are not the written ones. Safe to
    /// cancel.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if self.ended {
            return None;
        }
        let next = self.frames.next().await;
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }

    /// The reader as a stream. It may be polled after its end: what compresses an answer does so.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        unfold(self, |mut reader| async move { reader.next().await.map(|item| (item, reader)) }).fuse()
    }
}

/// Only the size.
impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reader").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}
