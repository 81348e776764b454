//! Logs, and their bytes while their phase runs.

use super::model::LogId;
use crate::ids::RunId;
use crate::plans::model::{EngineName, PlanStatus};
use crate::platform::db::{DbError, Exec, Tx, sql};
use crate::platform::scheduler::Phase;
use crate::status_times::StatusTimes;

const CREATE: &str = "INSERT INTO logs (id, run_id, size_bytes) VALUES ($1, $2, 0)";
const OF_PLAN: &str = "SELECT p.status, p.status_times, p.engine, p.engine_version, l.size_bytes, l.object_id \
     FROM logs l JOIN plans p ON p.id = l.id WHERE l.id = $1";
const OF_APPLY: &str = "SELECT a.status, a.status_times, p.engine, p.engine_version, l.size_bytes, l.object_id \
     FROM logs l JOIN applies a ON a.id = l.id JOIN plans p ON p.run_id = a.run_id WHERE l.id = $1";
const SIZE: &str = "SELECT size_bytes FROM logs WHERE id = $1";
const GROW: &str = "UPDATE logs SET size_bytes = $1 WHERE id = $2 AND size_bytes = $3 AND object_id IS NULL";
const SET_OBJECT: &str =
    "UPDATE logs SET object_id = $1 WHERE id = $2 AND size_bytes = $3 AND object_id IS NULL";
const INSERT: &str = "INSERT INTO log_chunks (log_id, start_offset, bytes) VALUES ($1, $2, $3)";
const FROM: &str = "SELECT start_offset, bytes FROM log_chunks WHERE log_id = $1 AND start_offset >= \
     (SELECT COALESCE(MAX(start_offset), 0) FROM log_chunks WHERE log_id = $1 AND start_offset <= $2) \
     ORDER BY start_offset LIMIT 32";
const DELETE: &str = "DELETE FROM log_chunks WHERE log_id = $1";
const UNCOMPACTED: &str = "SELECT l.id FROM logs l WHERE l.object_id IS NULL AND l.size_bytes > 0 \
     AND (EXISTS (SELECT 1 FROM plans p WHERE p.id = l.id AND p.status IN ('finished', 'errored', 'canceled')) \
     OR EXISTS (SELECT 1 FROM applies a WHERE a.id = l.id AND a.status IN ('finished', 'errored', 'canceled'))) LIMIT 100";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[CREATE, OF_PLAN, OF_APPLY, SIZE, GROW, SET_OBJECT, INSERT, FROM, DELETE, UNCOMPACTED];

/// A log, with what its frame needs of its phase.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Log {
    /// The phase's status.
    #[sqlx(try_from = "String")]
    pub status: PlanStatus,
    #[sqlx(try_from = "String")]
    status_times: StatusTimes,
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Its version, once the run's plan was started.
    pub engine_version: Option<String>,
    /// Stored bytes.
    pub size_bytes: i64,
    /// The object with the whole log, once compacted.
    pub object_id: Option<String>,
}

impl Log {
    /// Whether the phase ever left `pending`.
    pub fn was_queued(&self) -> bool {
        self.status_times.get("queued-at").is_some()
    }
}

/// Some bytes of a log.
#[derive(Debug, sqlx::FromRow)]
pub struct Chunk {
    /// Where they begin.
    pub start_offset: i64,
    /// At most 64 KiB.
    pub bytes: Vec<u8>,
}

/// Makes the empty log of a phase.
pub async fn create(tx: &mut Tx, log: &LogId, run: &RunId) -> Result<(), DbError> {
    tx.run(sql(CREATE).bind(log).bind(run)).await.map(drop)
}

/// A log by id.
pub async fn find(exec: impl Exec, log: &LogId) -> Result<Option<Log>, DbError> {
    let statement = match log.phase() {
        Phase::Plan => OF_PLAN,
        Phase::Apply => OF_APPLY,
    };
    exec.optional(sql(statement).bind(log)).await
}

/// Stored bytes; 0 for a log that is not there.
pub async fn size(exec: impl Exec, log: &LogId) -> Result<i64, DbError> {
    let row: Option<(i64,)> = exec.optional(sql(SIZE).bind(log)).await?;
    Ok(row.map_or(0, |(size,)| size))
}

/// Raises a log's size from one value to another; false when it had another size, or takes no more.
pub async fn grow(tx: &mut Tx, log: &LogId, from: i64, to: i64) -> Result<bool, DbError> {
    Ok(tx.run(sql(GROW).bind(to).bind(log).bind(from)).await? == 1)
}

/// Names the object that holds the whole log; false when the log has grown or has an object already.
pub async fn set_object(tx: &mut Tx, log: &LogId, object: &str, size: i64) -> Result<bool, DbError> {
    Ok(tx.run(sql(SET_OBJECT).bind(object).bind(log).bind(size)).await? == 1)
}

/// Adds a chunk.
pub async fn insert(tx: &mut Tx, log: &LogId, start_offset: i64, bytes: &[u8]) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(log).bind(start_offset).bind(bytes)).await.map(drop)
}

/// The chunk that holds an offset and those after it, 32 at the most.
pub async fn from(exec: impl Exec, log: &LogId, offset: i64) -> Result<Vec<Chunk>, DbError> {
    exec.all(sql(FROM).bind(log).bind(offset)).await
}

/// Deletes the chunks of a log that is an object now.
pub async fn delete(tx: &mut Tx, log: &LogId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(log)).await.map(drop)
}

/// Logs of ended phases that are still in rows: a server died before they were compacted.
pub async fn uncompacted(exec: impl Exec) -> Result<Vec<LogId>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(UNCOMPACTED)).await?;
    Ok(rows.into_iter().map(|(id,)| LogId::of(id)).collect())
}
