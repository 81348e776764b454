//! Adds bytes at the end of a log.

use super::model::LogId;
use super::store;
use crate::platform::db::{DbError, Tx};

/// Bytes of one row.
const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The log now ends here. Bytes that were there already are not added again.
    Next(i64),
    /// The bytes begin beyond the log's end, which is here.
    Gap(i64),
}

/// Adds bytes that begin at `offset`. A repeat is harmless; a part that is there already is skipped.
pub async fn append(tx: &mut Tx, log: &LogId, offset: i64, bytes: &[u8]) -> Result<Appended, DbError> {
    let size = store::size(&mut *tx, log).await?;
    if offset > size {
        return Ok(Appended::Gap(size));
    }
    let known = usize::try_from(size - offset).unwrap_or(usize::MAX);
    let fresh = bytes.get(known..).unwrap_or_default();
    let end = size + i64::try_from(fresh.len()).unwrap_or(i64::MAX);
    if fresh.is_empty() {
        return Ok(Appended::Next(size));
    }
    if !store::grow(tx, log, size, end).await? {
        return Ok(Appended::Gap(size));
    }
    let mut start = size;
    for chunk in fresh.chunks(CHUNK_BYTES_MAX) {
        store::insert(tx, log, start, chunk).await?;
        start += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
    }
    Ok(Appended::Next(end))
}

/// Adds a line of the server's own, such as why a run ended without its agent.
pub async fn append_line(tx: &mut Tx, log: &LogId, text: &str) -> Result<(), DbError> {
    let size = store::size(&mut *tx, log).await?;
    let newline = if ends_in_line(tx, log, size).await? { "\n" } else { "" };
    append(tx, log, size, format!("{newline}terrane: {text}\n").as_bytes()).await.map(drop)
}

/// Whether the last line has no end yet.
async fn ends_in_line(tx: &mut Tx, log: &LogId, size: i64) -> Result<bool, DbError> {
    if size == 0 {
        return Ok(false);
    }
    let last = store::from(&mut *tx, log, size - 1).await?;
    Ok(last.last().and_then(|chunk| chunk.bytes.last()) != Some(&b'\n'))
}
