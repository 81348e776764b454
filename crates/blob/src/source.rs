//! The stored bytes of one object, fetched by range and compared with the sizes in its row.

use crate::error::Error;
use crate::id::ObjectId;
use crate::object::Object;
use crate::place::Place;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStoreExt as _};
use std::ops::Range;

/// A whole object of up to this many stored bytes costs one request.
const WHOLE_BYTES_MAX: u64 = 512 * 1024;
/// For a range, fetching everything pays only when it is little more than the range.
const WHOLE_BYTES_MAX_FOR_RANGE: u64 = 64 * 1024;

/// How much of an object will be read.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// All of it: also what stands behind its end is looked for.
    Whole,
    /// Some frames.
    Range,
}

/// A stored object.
#[derive(Clone)]
pub(crate) struct Source {
    place: Place,
    id: ObjectId,
    path: Path,
    stored_bytes: u64,
    /// All of a small object: one request serves the footer and the frames.
    whole: Option<Bytes>,
}

impl Source {
    /// The stored object a row speaks of; nothing is fetched yet.
    pub(crate) fn new(place: Place, object: &Object) -> Self {
        let path = place.path(&object.id);
        Self { place, id: object.id.clone(), path, stored_bytes: object.stored_bytes, whole: None }
    }

    /// The bytes of the tail, and with them all of a small object. When the whole is to be read, checks that the store
    /// holds exactly as many bytes as the row says; a range is authenticated without that and spares a hop between
    /// threads.
    pub(crate) async fn tail(&mut self, tail: Range<u64>, extent: Extent) -> Result<Bytes, Error> {
        let (sized, whole_bytes_max) = match extent {
            Extent::Whole => (true, WHOLE_BYTES_MAX),
            Extent::Range => (false, WHOLE_BYTES_MAX_FOR_RANGE),
        };
        let small = self.stored_bytes <= whole_bytes_max;
        let wanted = if small { 0..self.stored_bytes } else { tail.clone() };
        let fetched = if sized { self.sized(wanted).await? } else { self.fetch(wanted).await? };
        if !small {
            return Ok(fetched);
        }
        self.whole = Some(fetched);
        self.fetch(tail).await
    }

    /// The bytes of a range.
    pub(crate) async fn fetch(&self, range: Range<u64>) -> Result<Bytes, Error> {
        if let Some(whole) = &self.whole {
            let bound = |at: u64| usize::try_from(at).ok().filter(|at| *at <= whole.len());
            let bounds = bound(range.start).zip(bound(range.end));
            return bounds
                .map(|(start, end)| whole.slice(start..end))
                .ok_or_else(|| self.corrupt("it ends early"));
        }
        let ranges = [range.clone()];
        match self.place.store().get_ranges(&self.path, &ranges).await {
            Ok(mut fetched) => self.complete(fetched.pop().unwrap_or_default(), &range),
            Err(error) => Err(self.explain(&error).await),
        }
    }

    /// The bytes of a range, by a request whose answer also tells the size of what is stored.
    async fn sized(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let fetched = match self.place.store().get_opts(&self.path, options).await {
            Ok(answer) => {
                self.compare_size(answer.meta.size)?;
                answer.bytes().await
            }
            Err(error) => Err(error),
        };
        match fetched {
            Ok(bytes) => self.complete(bytes, &range),
            Err(error) => Err(self.explain(&error).await),
        }
    }

    fn complete(&self, bytes: Bytes, range: &Range<u64>) -> Result<Bytes, Error> {
        if bytes.len() as u64 == range.end - range.start {
            Ok(bytes)
        } else {
            Err(self.corrupt("it ends early"))
        }
    }

    /// Stores answer a range outside the object in many ways; asking for the size tells truncation from trouble.
    async fn explain(&self, error: &object_store::Error) -> Error {
        if let Ok(stored) = self.place.store().head(&self.path).await
            && let Err(corrupt) = self.compare_size(stored.size)
        {
            return corrupt;
        }
        self.place.error("read object", &self.id, error)
    }

    fn compare_size(&self, size: u64) -> Result<(), Error> {
        if size == self.stored_bytes {
            return Ok(());
        }
        Err(self.corrupt(&format!("the store holds {size} bytes, the row says {}", self.stored_bytes)))
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::Corrupt { id: self.id.clone(), what: what.to_owned() }
    }
}
