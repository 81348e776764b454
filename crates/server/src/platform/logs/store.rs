//! Log bytes while their phase runs.

use crate::ids::PlanId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const GROW: &str = "UPDATE plans SET log_size_bytes = $1 WHERE id = $2 AND log_size_bytes = $3";
const INSERT: &str = "INSERT INTO log_chunks (plan_id, start_offset, bytes) VALUES ($1, $2, $3)";
const FROM: &str = "SELECT start_offset, bytes FROM log_chunks WHERE plan_id = $1 AND start_offset >= \
     (SELECT COALESCE(MAX(start_offset), 0) FROM log_chunks WHERE plan_id = $1 AND start_offset <= $2) \
     ORDER BY start_offset LIMIT 32";
const DELETE: &str = "DELETE FROM log_chunks WHERE plan_id = $1";
const UNCOMPACTED: &str = "SELECT p.id FROM plans p WHERE p.log_object_id IS NULL AND p.log_size_bytes > 0 \
     AND p.status IN ('finished', 'errored', 'canceled') LIMIT 100";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[GROW, INSERT, FROM, DELETE, UNCOMPACTED];

/// Some bytes of a log.
#[derive(Debug, sqlx::FromRow)]
pub struct Chunk {
    /// Where they begin.
    pub start_offset: i64,
    /// At most 64 KiB.
    pub bytes: Vec<u8>,
}

/// Raises a log's size from one value to another; false when it had another size.
pub async fn grow(tx: &mut Tx, plan: &PlanId, from: i64, to: i64) -> Result<bool, DbError> {
    Ok(tx.run(sql(GROW).bind(to).bind(plan).bind(from)).await? == 1)
}

/// Adds a chunk.
pub async fn insert(tx: &mut Tx, plan: &PlanId, start_offset: i64, bytes: &[u8]) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(plan).bind(start_offset).bind(bytes)).await.map(drop)
}

/// The chunk that holds an offset and those after it, 32 at the most.
pub async fn from(exec: impl Exec, plan: &PlanId, offset: i64) -> Result<Vec<Chunk>, DbError> {
    exec.all(sql(FROM).bind(plan).bind(offset)).await
}

/// Deletes the chunks of a log that is an object now.
pub async fn delete(tx: &mut Tx, plan: &PlanId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(plan)).await.map(drop)
}

/// Plans that have ended and whose log is still in rows: a server died before it was compacted.
pub async fn uncompacted(exec: impl Exec) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(UNCOMPACTED)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
