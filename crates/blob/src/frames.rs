//! A run of frames of one object, fetched in windows and opened in order.

use crate::blobs::Blobs;
use crate::cpu::Cpu;
use crate::error::Error;
use crate::format::{HEADER, Index, Piece, VERSION, footer_range};
use crate::frame::Opener;
use crate::id::ObjectId;
use crate::object::Object;
use crate::source::{Extent, Source};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How much is fetched at once. Two windows are held: one being opened, one on its way.
const WINDOW_BYTES: u64 = 512 * 1024;

/// Opens frames in order. Safe to cancel at any await.
pub(crate) struct Frames {
    id: ObjectId,
    source: Source,
    index: Arc<Index>,
    cpu: Cpu,
    /// Frames not yet opened.
    rest: Range<usize>,
    window: Option<Window>,
    fetching: Option<JoinHandle<Result<Window, Error>>>,
    /// At rest here, or on a blocking thread in `opening`.
    opener: Option<Box<Worker>>,
    opening: Option<JoinHandle<Opened>>,
}

type Opened = (Box<Worker>, Result<Vec<u8>, String>);

/// Stored bytes of some whole frames.
struct Window {
    frames: Range<usize>,
    start: u64,
    bytes: Bytes,
}

/// A window not yet fetched.
struct Wanted {
    frames: Range<usize>,
    stored: Range<u64>,
}

impl Wanted {
    async fn fetch(self, source: Source) -> Result<Window, Error> {
        let start = self.stored.start;
        Ok(Window { frames: self.frames, start, bytes: source.fetch(self.stored).await? })
    }
}

/// What moves to the blocking thread and back.
struct Worker {
    opener: Opener,
    /// Set for a read of the whole: the digest so far and what it must become.
    digest: Option<(Sha256, [u8; 32])>,
}

impl Worker {
    fn open(
        &mut self,
        sealed: &[u8],
        number: usize,
        last: bool,
        plain_bytes: usize,
    ) -> Result<Vec<u8>, String> {
        let piece = Piece::Frame { number: number as u64, last };
        let plain =
            self.opener.frame(sealed, piece, plain_bytes).map_err(|what| format!("frame {number} {what}"))?;
        if let Some((digest, wanted)) = &mut self.digest {
            digest.update(&plain);
            // Before the last frame goes out, so that nobody ever holds all bytes of an object with another digest.
            if last && *wanted != <[u8; 32]>::from(digest.finalize_reset()) {
                return Err("the bytes have another SHA-256 than the row".to_owned());
            }
        }
        Ok(plain)
    }
}

impl Frames {
    /// Finds the object, opens its key and its footer.
    pub(crate) async fn open(blobs: &Blobs, object: &Object, extent: Extent) -> Result<Self, Error> {
        let id = object.id.clone();
        if object.format_version != i64::from(VERSION) {
            return Err(Error::Version { id, version: object.format_version });
        }
        let key = blobs.wrapper.open(&id, &object.wrapped_key)?;
        let opener = Opener::new(id.clone(), &key).map_err(|error| Error::Store {
            action: "read object",
            id: id.to_string(),
            reason: error.to_string(),
        })?;
        let mut source = Source::new(blobs.place.clone(), object);
        let index = match extent {
            Extent::Whole => read_index(&mut source, &opener, object, extent).await?,
            Extent::Range => match blobs.recent.get(object) {
                Some(index) => index,
                None => {
                    let index = read_index(&mut source, &opener, object, extent).await?;
                    blobs.recent.put(object, &index);
                    index
                }
            },
        };
        let opener = Some(Box::new(Worker { opener, digest: None }));
        let (cpu, rest) = (blobs.cpu.clone(), 0..0);
        Ok(Self { id, source, index, cpu, rest, window: None, fetching: None, opener, opening: None })
    }

    /// Chooses some frames.
    pub(crate) fn only(mut self, frames: Range<usize>) -> Self {
        self.rest = frames;
        self
    }

    /// Chooses all frames, and the digest they must have.
    pub(crate) fn all(mut self, sha256: [u8; 32]) -> Self {
        self.rest = 0..self.index.frames();
        if let Some(worker) = &mut self.opener {
            worker.digest = Some((Sha256::new(), sha256));
        }
        self
    }

    /// The next frame; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.opening.is_none() {
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.start().await?;
        }
        let Some(opening) = self.opening.as_mut() else { return Ok(None) };
        let opened = opening.await;
        self.opening = None;
        let (worker, plain) = opened.map_err(|error| self.broken(&error.to_string()))?;
        self.opener = Some(worker);
        plain.map(|plain| Some(plain.into())).map_err(|what| self.corrupt(what))
    }

    /// Gives the next frame to a blocking thread.
    async fn start(&mut self) -> Result<(), Error> {
        let frame = self.rest.start;
        let sealed = self.sealed(frame).await?;
        let permit = self.cpu.permit().await;
        let mut worker = self.opener.take().ok_or_else(|| self.broken("a step failed earlier"))?;
        let (last, plain_bytes) = (self.index.is_last(frame), self.index.plain_bytes(frame));
        self.rest.start += 1;
        self.opening = Some(permit.spawn(move || {
            let plain = worker.open(&sealed, frame, last, plain_bytes);
            (worker, plain)
        }));
        Ok(())
    }

    /// The stored bytes of a frame; sets the fetching of the next window going when it takes up a new one.
    async fn sealed(&mut self, frame: usize) -> Result<Bytes, Error> {
        if self.window.as_ref().is_none_or(|window| !window.frames.contains(&frame)) {
            self.window = None;
            let window = match self.fetching.as_mut() {
                Some(fetching) => {
                    let fetched = fetching.await;
                    self.fetching = None;
                    fetched.map_err(|error| self.broken(&error.to_string()))??
                }
                // Awaited at once, so a task of its own would only cost the way to another thread.
                None => self.window_from(frame).fetch(self.source.clone()).await?,
            };
            if frame == 0 && !window.bytes.starts_with(&HEADER) {
                return Err(self.corrupt("the header is not that of version 1".to_owned()));
            }
            if window.frames.end < self.rest.end {
                let next = self.window_from(window.frames.end);
                self.fetching = Some(tokio::spawn(next.fetch(self.source.clone())));
            }
            self.window = Some(window);
        }
        let Some(window) = &self.window else { return Err(self.broken("no window")) };
        let stored = self.index.stored(frame);
        let within = |at: u64| usize::try_from(at - window.start).expect("a window is small");
        Ok(window.bytes.slice(within(stored.start)..within(stored.end)))
    }

    /// Which stored bytes to fetch next: as many frames as fit into a window, at least one.
    fn window_from(&self, first: usize) -> Wanted {
        // With the first frame comes the header, which is checked too.
        let start = if first == 0 { 0 } else { self.index.stored(first).start };
        let mut end_frame = first + 1;
        while end_frame < self.rest.end && self.index.stored(end_frame).end - start <= WINDOW_BYTES {
            end_frame += 1;
        }
        Wanted { frames: first..end_frame, stored: start..self.index.stored(end_frame - 1).end }
    }

    fn corrupt(&self, what: String) -> Error {
        Error::Corrupt { id: self.id.clone(), what }
    }

    fn broken(&self, reason: &str) -> Error {
        Error::Store { action: "read object", id: self.id.to_string(), reason: reason.to_owned() }
    }
}

async fn read_index(
    source: &mut Source,
    opener: &Opener,
    object: &Object,
    extent: Extent,
) -> Result<Arc<Index>, Error> {
    let corrupt = |what: String| Error::Corrupt { id: object.id.clone(), what };
    let (size_bytes, stored_bytes) = (object.size_bytes, object.stored_bytes);
    let tail = footer_range(size_bytes, stored_bytes)
        .ok_or_else(|| corrupt("no object has the sizes in the row".to_owned()))?;
    let footer = source.tail(tail, extent).await?;
    let footer = opener.footer(&footer).map_err(|what| corrupt(format!("the footer {what}")))?;
    let index = Index::decode(&footer, size_bytes, stored_bytes).map_err(|what| corrupt(what.to_owned()))?;
    Ok(Arc::new(index))
}

/// A reader that is dropped stops what it had begun to fetch.
impl Drop for Frames {
    fn drop(&mut self) {
        if let Some(fetching) = &self.fetching {
            fetching.abort();
        }
    }
}
