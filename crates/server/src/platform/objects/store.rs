//! The rows of stored objects.

use crate::clock::Time;
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_blob::{Object, ObjectId};

const INSERT: &str = "INSERT INTO objects (id, format_version, size_bytes, stored_bytes, sha256, wrapped_key, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
const FIND: &str =
    "SELECT id, format_version, size_bytes, stored_bytes, sha256, wrapped_key FROM objects WHERE id = $1";
const DELETE: &str = "DELETE FROM objects WHERE id = $1";
const DISCARD: &str =
    "INSERT INTO object_garbage (object_id, since) VALUES ($1, $2) ON CONFLICT (object_id) DO NOTHING";
const DISCARD_OF_WORKSPACE: &str = "INSERT INTO object_garbage (object_id, since) \
     SELECT o.id, CAST($2 AS BIGINT) FROM objects o WHERE o.id IN ( \
       SELECT c.object_id FROM configuration_versions c WHERE c.workspace_id = $1 \
       UNION SELECT p.plan_file_object_id FROM plans p JOIN runs r ON r.id = p.run_id WHERE r.workspace_id = $1 \
       UNION SELECT p.json_object_id FROM plans p JOIN runs r ON r.id = p.run_id WHERE r.workspace_id = $1 \
       UNION SELECT p.redacted_object_id FROM plans p JOIN runs r ON r.id = p.run_id WHERE r.workspace_id = $1 \
       UNION SELECT a.errored_state_object_id FROM applies a JOIN runs r ON r.id = a.run_id WHERE r.workspace_id = $1 \
       UNION SELECT l.object_id FROM logs l JOIN runs r ON r.id = l.run_id WHERE r.workspace_id = $1 \
       UNION SELECT u.object_id FROM job_uploads u JOIN jobs j ON j.id = u.job_id JOIN runs r ON r.id = j.run_id \
         WHERE r.workspace_id = $1 \
       UNION SELECT s.object_id FROM state_versions s WHERE s.workspace_id = $1 \
       UNION SELECT s.json_object_id FROM state_versions s WHERE s.workspace_id = $1) ON CONFLICT (object_id) DO NOTHING";
const GARBAGE: &str = "SELECT object_id FROM object_garbage WHERE since < $1 ORDER BY since LIMIT 100";
const SWEPT: &str = "DELETE FROM object_garbage WHERE object_id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT, FIND, DELETE, DISCARD, DISCARD_OF_WORKSPACE, GARBAGE, SWEPT];

#[derive(sqlx::FromRow)]
struct ObjectRow {
    id: String,
    format_version: i64,
    size_bytes: i64,
    stored_bytes: i64,
    sha256: Vec<u8>,
    wrapped_key: Vec<u8>,
}

/// Names a stored object in a row; the object itself is durable before. Ids are random, so one that is there already is
/// the same object.
pub async fn insert(tx: &mut Tx, object: &Object, now: Time) -> Result<(), DbError> {
    let bytes = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let query = sql(INSERT)
        .bind(object.id.as_str())
        .bind(object.format_version)
        .bind(bytes(object.size_bytes))
        .bind(bytes(object.stored_bytes))
        .bind(object.sha256.as_slice())
        .bind(object.wrapped_key.clone())
        .bind(now);
    tx.run(query).await.map(drop)
}

/// The object a row names.
pub async fn find(exec: impl Exec, id: &str) -> Result<Option<Object>, DbError> {
    let row: Option<ObjectRow> = exec.optional(sql(FIND).bind(id)).await?;
    Ok(row.and_then(|row| {
        Some(Object {
            id: ObjectId::parse(&row.id).ok()?,
            format_version: row.format_version,
            size_bytes: u64::try_from(row.size_bytes).ok()?,
            stored_bytes: u64::try_from(row.stored_bytes).ok()?,
            sha256: row.sha256.try_into().ok()?,
            wrapped_key: row.wrapped_key,
        })
    }))
}

/// Marks an object that nothing names.
pub async fn discard(tx: &mut Tx, id: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(DISCARD).bind(id).bind(now)).await.map(drop)
}

/// Marks every object of a workspace that is about to be deleted.
pub async fn discard_workspace(tx: &mut Tx, workspace_id: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(DISCARD_OF_WORKSPACE).bind(workspace_id).bind(now)).await.map(drop)
}

/// Takes the mark away: something else names the object now.
pub async fn spare(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    tx.run(sql(SWEPT).bind(id)).await.map(drop)
}

/// Objects marked before a time.
pub async fn garbage(exec: impl Exec, before: Time) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(GARBAGE).bind(before)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Forgets a deleted object: without its wrapped key not even a copy of its bytes can be read.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await?;
    tx.run(sql(SWEPT).bind(id)).await.map(drop)
}
