//! The `passwords` table.

use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const OF_NAME: &str = "SELECT u.id AS user_id, p.hash FROM users u LEFT JOIN passwords p ON p.user_id = u.id \
     WHERE u.username = $1";
const SET: &str = "INSERT INTO passwords (user_id, hash, set_at) VALUES ($1, $2, $3) \
     ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[OF_NAME, SET];

/// A user, and the hash of their password.
#[derive(sqlx::FromRow)]
pub struct Known {
    /// Who.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// None was set.
    pub hash: Option<String>,
}

/// The user of this name.
pub async fn of_name(exec: impl Exec, username: &str) -> Result<Option<Known>, DbError> {
    exec.optional(sql(OF_NAME).bind(username)).await
}

/// Sets a user's password.
pub async fn set(tx: &mut Tx, user: &UserId, hash: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(SET).bind(user).bind(hash).bind(now)).await.map(drop)
}
