//! The `sessions` table.

use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const FIND: &str = "SELECT s.user_id, u.username, u.is_site_admin, s.expires_at \
     FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.digest = $1 AND s.expires_at > $2";
const INSERT: &str = "INSERT INTO sessions (digest, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
const DELETE: &str = "DELETE FROM sessions WHERE digest = $1";
const DELETE_OF_USER: &str = "DELETE FROM sessions WHERE user_id = $1";
const DELETE_ENDED: &str = "DELETE FROM sessions WHERE expires_at <= $1";
const DELETE_OLDEST: &str = "DELETE FROM sessions WHERE user_id = $1 AND digest NOT IN \
     (SELECT s.digest FROM sessions s WHERE s.user_id = $1 ORDER BY s.created_at DESC, s.digest LIMIT $2)";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, INSERT, DELETE, DELETE_OF_USER, DELETE_ENDED, DELETE_OLDEST];

/// A signed-in user, as the session's row and the user's say.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SignedIn {
    /// Who.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// Sees and manages every organization.
    pub is_site_admin: bool,
    /// When the session ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Time,
}

/// Whose session it is, while it lasts.
pub async fn find(exec: impl Exec, digest: &[u8], now: Time) -> Result<Option<SignedIn>, DbError> {
    exec.optional(sql(FIND).bind(digest).bind(now)).await
}

/// Begins one.
pub async fn insert(
    tx: &mut Tx,
    digest: Vec<u8>,
    user: &UserId,
    now: Time,
    expires_at: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(digest).bind(user).bind(now).bind(expires_at)).await.map(drop)
}

/// Ends one.
pub async fn delete(tx: &mut Tx, digest: &[u8]) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(digest)).await.map(drop)
}

/// Ends all of a user.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.run(sql(DELETE_OF_USER).bind(user)).await.map(drop)
}

/// Forgets those whose time is over, anybody's, and of a user's all but the newest.
pub async fn tidy(tx: &mut Tx, user: &UserId, newest: i64, now: Time) -> Result<(), DbError> {
    tx.run(sql(DELETE_ENDED).bind(now)).await?;
    tx.run(sql(DELETE_OLDEST).bind(user).bind(newest)).await.map(drop)
}
