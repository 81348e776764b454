//! Forwards the states an apply writes, in order, until the server has each.

use std::{io, time::Duration};

use axum::body::Body;
use terrane_wire::{Job, StoredObject};
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use super::folder::Folder;
use crate::{
    client::{Backoff, CallError, Connection, SentState},
    state_service::{StateFiles, StateMeta},
};

/// How soon a state is seen.
const LOOK_AFTER: Duration = Duration::from_millis(20);
const READ_BYTES: usize = 256 * 1024;

/// Why states are not with the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForwardError {
    /// It does not want them: the job is another's, or gone.
    #[error("the server does not take a state of the apply: {0}")]
    Refused(String),
    /// The disk failed.
    #[error("a state of the apply cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Sends states until the phase has ended and all of them are acknowledged; how many there are.
pub(super) struct Forwarder {
    connection: Connection,
    job_id: String,
    lease_epoch: i64,
    files: StateFiles,
    phase_ended: CancellationToken,
}

impl Forwarder {
    pub(super) fn new(
        connection: Connection,
        job: &Job,
        folder: &Folder,
        phase_ended: CancellationToken,
    ) -> Self {
        let files = StateFiles::of(folder);
        Self { connection, job_id: job.id.clone(), lease_epoch: job.lease_epoch, files, phase_ended }
    }

    pub(super) async fn run(self) -> Result<u64, ForwardError> {
        let mut count = 0;
        loop {
            // Asked before looking: what was written before the end is then seen.
            let is_over = self.phase_ended.is_cancelled();
            let next = self.files.read_meta(count + 1)?;
            // The JSON form of a state may come after it, so the last one is looked at again.
            let first = if is_over { 1 } else { count.max(1) };
            for sequence in first..=count {
                self.forward_json(sequence).await?;
            }
            if let Some(meta) = next {
                count += 1;
                self.forward_state(count, &meta).await?;
            } else if is_over {
                return Ok(count);
            } else {
                let _ = tokio::time::timeout(LOOK_AFTER, self.phase_ended.cancelled()).await;
            }
        }
    }

    async fn forward_state(&self, sequence: u64, meta: &StateMeta) -> Result<(), ForwardError> {
        if self.files.is_sent(sequence) {
            return Ok(());
        }
        let mut backoff = Backoff::new();
        loop {
            let (size_bytes, body) = open(&self.files.state(sequence)).await?;
            let sent = self.connection.put_state(self.said(sequence, meta), size_bytes, body).await;
            if is_done(sent, Some(&meta.sha256))? {
                self.files.mark_sent(sequence);
                return Ok(());
            }
            backoff.wait().await;
        }
    }

    async fn forward_json(&self, sequence: u64) -> Result<(), ForwardError> {
        if self.files.is_json_sent(sequence) || !self.files.json(sequence).exists() {
            return Ok(());
        }
        let Some(meta) = self.files.read_meta(sequence)? else { return Ok(()) };
        let mut backoff = Backoff::new();
        loop {
            let (size_bytes, body) = open(&self.files.json(sequence)).await?;
            let sent = self.connection.put_state_json(self.said(sequence, &meta), size_bytes, body).await;
            if is_done(sent, None)? {
                self.files.mark_json_sent(sequence);
                return Ok(());
            }
            backoff.wait().await;
        }
    }

    fn said<'a>(&'a self, sequence: u64, meta: &'a StateMeta) -> SentState<'a> {
        SentState {
            job_id: &self.job_id,
            lease_epoch: self.lease_epoch,
            sequence,
            serial: meta.serial,
            lineage: &meta.lineage,
            md5: &meta.md5,
        }
    }
}

async fn open(path: &camino::Utf8Path) -> io::Result<(u64, Body)> {
    let file = tokio::fs::File::open(path).await?;
    let size_bytes = file.metadata().await?.len();
    Ok((size_bytes, Body::from_stream(ReaderStream::with_capacity(file, READ_BYTES))))
}

/// Whether the server has it; false to try again. States are too precious to give up for anything but its word that
/// the job is gone.
fn is_done(sent: Result<StoredObject, CallError>, sha256: Option<&str>) -> Result<bool, ForwardError> {
    match sent {
        Ok(stored) if sha256.is_none_or(|own| own == stored.sha256) => Ok(true),
        Ok(_) => {
            tracing::warn!("the server received another state than was sent, trying again");
            Ok(false)
        }
        Err(error) if error.is_lost() => Err(ForwardError::Refused(error.reason())),
        Err(error) => {
            tracing::warn!(%error, "failed to forward a state, trying again");
            Ok(false)
        }
    }
}
