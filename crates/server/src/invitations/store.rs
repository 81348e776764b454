//! The `invitations` table.

use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const PUT: &str = "INSERT INTO invitations (user_id, digest, created_at, expires_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, created_at = excluded.created_at, \
     expires_at = excluded.expires_at";
const FIND: &str = "SELECT i.user_id, u.username FROM invitations i JOIN users u ON u.id = i.user_id \
     WHERE i.digest = $1 AND i.expires_at > $2";
const TAKE: &str = "DELETE FROM invitations WHERE digest = $1 AND expires_at > $2";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[PUT, FIND, TAKE];

/// Somebody who is invited.
#[derive(Debug, sqlx::FromRow)]
pub struct Guest {
    /// Who.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// Their name.
    pub username: String,
}

/// Makes one; it takes the place of the user's earlier one.
pub async fn put(
    tx: &mut Tx,
    user: &UserId,
    digest: Vec<u8>,
    now: Time,
    expires_at: Time,
) -> Result<(), DbError> {
    tx.run(sql(PUT).bind(user).bind(digest).bind(now).bind(expires_at)).await.map(drop)
}

/// Who is invited, while the invitation is good.
pub async fn find(exec: impl Exec, digest: &[u8], now: Time) -> Result<Option<Guest>, DbError> {
    exec.optional(sql(FIND).bind(digest).bind(now)).await
}

/// Uses one up; false when it is good no more.
pub async fn take(tx: &mut Tx, digest: &[u8], now: Time) -> Result<bool, DbError> {
    Ok(tx.run(sql(TAKE).bind(digest).bind(now)).await? == 1)
}
