//! Sends what was scrubbed, by offset.

use bytes::Bytes;
use terrane_wire::LOG_BODY_BYTES_MAX;

use crate::client::{Backoff, CallError, Connection};

/// The job is no longer this agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

/// The server's end of one log.
pub(super) struct Uploader {
    connection: Connection,
    job_id: String,
    lease_epoch: i64,
    /// Where this attempt's log begins on the server.
    first_offset: u64,
    /// The server has this many bytes.
    sent_bytes: u64,
    /// Bytes of the stream that the server has from an earlier process, still to be left out.
    skip_bytes: u64,
}

impl Uploader {
    pub(super) fn new(connection: Connection, job_id: String, lease_epoch: i64, first_offset: u64) -> Self {
        Self { connection, job_id, lease_epoch, first_offset, sent_bytes: first_offset, skip_bytes: 0 }
    }

    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Asks how much an earlier process has sent, by sending nothing.
    pub(super) async fn resume(&mut self) -> Result<(), Lost> {
        let next_offset = self.put(self.first_offset, Bytes::new()).await?;
        self.sent_bytes = next_offset.max(self.first_offset);
        self.skip_bytes = self.sent_bytes - self.first_offset;
        Ok(())
    }

    /// Sends everything in the buffer and empties it, however long the server is away.
    pub(super) async fn send(&mut self, buffer: &mut Vec<u8>) -> Result<(), Lost> {
        let mut rest = Bytes::from(std::mem::take(buffer));
        let skipped = self.skip_bytes.min(rest.len() as u64);
        self.skip_bytes -= skipped;
        rest = rest.slice(usize::try_from(skipped).unwrap_or(rest.len())..);
        let mut backoff = Backoff::new();
        while !rest.is_empty() {
            let piece = rest.slice(..rest.len().min(LOG_BODY_BYTES_MAX));
            let next_offset = self.put(self.sent_bytes, piece).await?;
            // An earlier try may have arrived without its answer, but never more than was sent.
            match next_offset.checked_sub(self.sent_bytes) {
                Some(taken) if taken > 0 && taken <= rest.len() as u64 => {
                    let taken = usize::try_from(taken).unwrap_or(rest.len());
                    rest = rest.slice(taken..);
                    self.sent_bytes = next_offset;
                    backoff = Backoff::new();
                }
                _ => {
                    let (job, sent_bytes) = (&self.job_id, self.sent_bytes);
                    tracing::warn!(job, next_offset, sent_bytes, "the server has another log than was sent");
                    backoff.wait().await;
                }
            }
        }
        Ok(())
    }

    /// Sends one piece until it is answered; the answer is the offset the server wants next.
    async fn put(&self, offset: u64, piece: Bytes) -> Result<u64, Lost> {
        let mut backoff = Backoff::new();
        loop {
            match self.connection.put_log(&self.job_id, self.lease_epoch, offset, piece.clone()).await {
                Ok(ack) => return Ok(ack.next_offset),
                Err(CallError::Status { next_offset: Some(next_offset), .. }) => return Ok(next_offset),
                Err(error) if error.is_lost() => return Err(Lost),
                Err(error) => {
                    tracing::warn!(job = self.job_id, %error, "failed to send a log, trying again");
                    backoff.wait().await;
                }
            }
        }
    }
}
