//! Writing an object piece by piece.

use crate::cpu::Cpu;
use crate::error::Error;
use crate::format::{FRAME_BYTES, VERSION};
use crate::frame::Sealer;
use crate::id::ObjectId;
use crate::object::Object;
use crate::place::Place;
use crate::upload::Upload;
use crate::wrap::Wrapper;
use std::fmt;
use std::io;
use tokio::task::JoinHandle;

/// An object being written. Nothing is readable before [`Writer::finish`]; a dropped or aborted writer leaves nothing.
///
/// One frame is sealed on a blocking thread while the caller fills the next. A writer holds about 2 MiB, in a bucket
/// about 6 MiB, because buckets take parts of at least 5 MiB. After an error, or after a cancelled call that had begun
/// to send, the writer refuses everything else with [`Error::WriterFailed`].
pub struct Writer {
    id: ObjectId,
    cpu: Cpu,
    upload: Upload,
    wrapped_key: Vec<u8>,
    /// Plain bytes of the frame being filled.
    plain: Vec<u8>,
    bytes_written: u64,
    /// At rest here, on a blocking thread in `sealing`, or gone after a failure.
    step: Option<Box<Step>>,
    sealing: Option<JoinHandle<io::Result<Box<Step>>>>,
}

/// What moves to the blocking thread and back.
struct Step {
    sealer: Sealer,
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

impl Step {
    fn seal(mut self: Box<Self>, last: bool) -> io::Result<Box<Self>> {
        self.sealer.frame(&self.plain, last, &mut self.sealed)?;
        Ok(self)
    }
}

impl Writer {
    pub(crate) fn new(place: Place, cpu: Cpu, wrapper: &Wrapper, id: ObjectId) -> Self {
        let (key, wrapped_key) = wrapper.make(&id);
        // Without memory for zstd the writer is born failed: its first call says so.
        let sealer = Sealer::new(id.clone(), &key).ok();
        let step = sealer.map(|sealer| Box::new(Step { sealer, plain: Vec::new(), sealed: Vec::new() }));
        let upload = Upload::new(place, id.clone());
        Self { id, cpu, upload, wrapped_key, plain: Vec::new(), bytes_written: 0, step, sealing: None }
    }

    /// The name of the object.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// Plain bytes accepted so far.
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// Adds bytes. Fails with [`Error::Store`] when the store refuses them, [`Error::WriterFailed`] after a failure.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        if self.step.is_none() && self.sealing.is_none() {
            return Err(self.failed_earlier());
        }
        while !bytes.is_empty() {
            // Sealed only now that more follows: the frame that stays at the end is the last one.
            if self.plain.len() == FRAME_BYTES {
                self.seal(false).await?;
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(FRAME_BYTES - self.plain.len()));
            self.plain.extend_from_slice(taken);
            self.bytes_written += taken.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Stores the rest and makes the object visible. On return it is durable: on disk the data and the folder are
    /// synced. [`Error::Exists`] when something is stored under this id already; that stays as it is.
    ///
    /// When the caller stops waiting for this, the object may or may not be there; without its row it cannot be read.
    pub async fn finish(mut self) -> Result<Object, Error> {
        match self.seal_rest().await {
            Ok((size_bytes, sha256)) => {
                let stored_bytes = self.upload.publish().await?;
                let (id, wrapped_key) = (self.id, self.wrapped_key);
                let format_version = i64::from(VERSION);
                Ok(Object { id, format_version, size_bytes, stored_bytes, sha256, wrapped_key })
            }
            Err(error) => {
                self.upload.discard().await;
                Err(error)
            }
        }
    }

    /// Gives the object up and removes what was stored of it. Dropping the writer does the same in the background.
    pub async fn abort(mut self) {
        self.upload.discard().await;
    }

    async fn seal_rest(&mut self) -> Result<(u64, [u8; 32]), Error> {
        self.seal(true).await?;
        self.settle().await?;
        let step = self.step.take().ok_or_else(|| self.failed_earlier())?;
        let mut footer = step.sealed;
        let (size_bytes, sha256) = step.sealer.finish(&mut footer);
        self.upload.append(&footer).await?;
        Ok((size_bytes, sha256))
    }

    /// Starts sealing the full frame, after the one before it has been sent.
    async fn seal(&mut self, last: bool) -> Result<(), Error> {
        self.settle().await?;
        let permit = self.cpu.permit().await;
        let mut step = self.step.take().ok_or_else(|| self.failed_earlier())?;
        std::mem::swap(&mut step.plain, &mut self.plain);
        self.plain.clear();
        self.sealing = Some(permit.spawn(move || step.seal(last)));
        Ok(())
    }

    /// Waits for the frame being sealed and sends it.
    async fn settle(&mut self) -> Result<(), Error> {
        let Some(sealing) = self.sealing.as_mut() else { return Ok(()) };
        let sealed = sealing.await;
        self.sealing = None;
        let reason = match sealed {
            Ok(Ok(mut step)) => {
                self.upload.append(&step.sealed).await?;
                step.sealed.clear();
                self.step = Some(step);
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(Error::Store { action: "seal a frame of object", id: self.id.to_string(), reason })
    }

    fn failed_earlier(&self) -> Error {
        Error::WriterFailed { id: self.id.clone() }
    }
}

/// Only name and size.
impl fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Writer")
            .field("id", &self.id)
            .field("bytes_written", &self.bytes_written)
            .finish_non_exhaustive()
    }
}
