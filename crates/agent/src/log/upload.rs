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
    /// The server has this many bytes.
    sent_bytes: u64,
}

impl Uploader {
    pub(super) fn new(connection: Connection, job_id: String, lease_epoch: i64) -> Self {
        Self { connection, job_id, lease_epoch, sent_bytes: 0 }
    }

    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Sends everything in the buffer and empties it, however long the server is away.
    pub(super) async fn send(&mut self, buffer: &mut Vec<u8>) -> Result<(), Lost> {
        let mut rest = Bytes::from(std::mem::take(buffer));
        let mut backoff = Backoff::new();
        while !rest.is_empty() {
            let piece = rest.slice(..rest.len().min(LOG_BODY_BYTES_MAX));
            let answer =
                self.connection.put_log(&self.job_id, self.lease_epoch, self.sent_bytes, piece.clone()).await;
            let next_offset = match answer {
                Ok(ack) => ack.next_offset,
                Err(CallError::Status { next_offset: Some(next_offset), .. }) => next_offset,
                Err(error) if error.is_lost() => return Err(Lost),
                Err(error) => {
                    tracing::warn!(job = self.job_id, %error, "failed to send a log, trying again");
                    backoff.wait().await;
                    continue;
                }
            };
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
}
