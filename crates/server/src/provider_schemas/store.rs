//! The `provider_schemas` table.

use crate::clock::Time;
use crate::platform::db::{DbError, Exec, Tx, sql};

const FIND: &str = "SELECT object_id, used_at FROM provider_schemas WHERE sha256 = $1";
const TOUCH: &str = "UPDATE provider_schemas SET used_at = $1 WHERE sha256 = $2";
const INSERT: &str = "INSERT INTO provider_schemas (sha256, object_id, used_at) VALUES ($1, $2, $3) \
     ON CONFLICT (sha256) DO UPDATE SET used_at = $3 RETURNING object_id, used_at";
const FORGET: &str = "DELETE FROM provider_schemas WHERE used_at < $1 AND NOT EXISTS \
     (SELECT 1 FROM plans p WHERE p.schemas_object_id = provider_schemas.object_id) RETURNING object_id, used_at";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, TOUCH, INSERT, FORGET];

/// Where schemas are stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Kept {
    /// The stored object.
    pub object_id: String,
    /// When a plan came with them last.
    #[sqlx(try_from = "i64")]
    pub used_at: Time,
}

/// Those with a digest (lower-case hex).
pub async fn find(exec: impl Exec, sha256: &str) -> Result<Option<Kept>, DbError> {
    exec.optional(sql(FIND).bind(sha256)).await
}

/// Notes that they are in use; false when they are gone.
pub async fn touch(tx: &mut Tx, sha256: &str, now: Time) -> Result<bool, DbError> {
    Ok(tx.run(sql(TOUCH).bind(now).bind(sha256)).await? == 1)
}

/// Keeps an object as the one with its digest, and answers which one is: another may have been first.
pub async fn insert(tx: &mut Tx, sha256: &str, object: &str, now: Time) -> Result<Kept, DbError> {
    tx.one(sql(INSERT).bind(sha256).bind(object).bind(now)).await
}

/// Forgets what no plan names and none has come with since a time; which they were.
pub async fn forget_unused(tx: &mut Tx, before: Time) -> Result<Vec<Kept>, DbError> {
    tx.all(sql(FORGET).bind(before)).await
}
